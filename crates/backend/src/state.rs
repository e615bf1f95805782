//! The backend's handles, made once at start and cloned everywhere.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::password::Passwords;
use crate::auth::setup::SetupCode;
use crate::bus::{Bus, LocalBus};
use crate::config::Config;
use crate::delivery::{self, Delivery};
use crate::hub::Hub;
use crate::indexing::{self, Indexing};
use crate::jobs::{self, Jobs};
use crate::media::Media;
use crate::previews::Previews;
use crate::queue::{self, Queue};
use crate::rate::Rates;
use crate::store::{OpenError, Options, Store};

/// All handles; cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    /// Settings.
    pub config: Arc<Config>,
    /// The database.
    pub store: Store,
    /// Who is listening.
    pub hub: Hub,
    /// The files of messages.
    pub media: Media,
    /// The hashing pool.
    pub passwords: Passwords,
    /// How often somebody may do something.
    pub rates: Rates,
    /// The code the first account needs, if any.
    pub setup_code: SetupCode,
    /// Timed work.
    pub jobs: Jobs,
    /// Work that is owed.
    pub queue: Queue,
    /// Looking behind links.
    pub previews: Previews,
    /// What the search index lacks.
    pub indexing: Indexing,
    /// Stopping in order.
    pub shutdown: Shutdown,
    bus: Ends,
}

/// The bus, which has nothing to show.
#[derive(Clone)]
struct Ends(Arc<dyn Bus>);

impl std::fmt::Debug for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bus")
    }
}

/// Stopping in order: sockets watch the token, long tasks are tracked.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Shutdown {
    /// Cancelled when the process begins to stop.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Tasks that have to end before the process does.
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Runs what has no end of its own: it is dropped when the process begins to stop.
    pub fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        let token = self.token.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = token.cancelled() => {}
                () = work => {}
            }
        });
    }
}

impl AppState {
    /// Opens the database and puts the parts together. Nothing runs yet: commands look into a database that another
    /// process serves from, and leave the timed work to that one.
    ///
    /// # Errors
    /// [`OpenError`] with a sentence for the operator.
    pub async fn open(config: Config) -> Result<Self, OpenError> {
        let options =
            Options { url: config.database_url.clone(), answer_before_commit: config.answer_before_commit };
        if options.answer_before_commit {
            tracing::error!(
                "answering before the commit: messages WILL be lost in a crash (crash-test control)"
            );
        }
        let store = Store::open(&options).await?;
        let hub = Hub::default();
        let bus: Arc<dyn Bus> = Arc::new(LocalBus::default().attach());
        let indexing = Indexing::default();
        store.set_sink(Arc::new(Delivery::new(hub.clone(), bus.clone(), indexing.clone())));
        let no_randomness = |_| OpenError::Unsafe("the system gives no random numbers".into());
        let setup_code = if config.is_exposed() {
            SetupCode::generate().map_err(no_randomness)?
        } else {
            SetupCode::default()
        };
        Ok(Self {
            rates: Rates::new(&config.limits),
            media: Media::new(&config),
            config: Arc::new(config),
            store,
            hub,
            passwords: Passwords::default(),
            setup_code,
            jobs: Jobs::default(),
            queue: Queue::default(),
            previews: Previews::default(),
            indexing,
            shutdown: Shutdown::default(),
            bus: Ends(bus),
        })
    }

    /// Starts what serving needs beside requests: delivery, timed work, work that is owed, the search index. Once, by the process that serves.
    pub fn start(&self) {
        self.start_delivery();
        jobs::start(self);
        queue::start(self);
        indexing::start(self);
    }

    /// Starts delivery alone; tests do timed work when they want it.
    pub fn start_delivery(&self) {
        self.store.serve();
        delivery::start(self, self.bus.0.as_ref());
    }

    /// Stops in order: sockets are told to come back, tasks end, queued writes are finished.
    pub async fn close(&self) {
        self.shutdown.token.cancel();
        self.shutdown.tasks.close();
        self.shutdown.tasks.wait().await;
        self.store.close().await;
    }
}
