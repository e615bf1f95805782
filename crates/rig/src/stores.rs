//! The store without the rest of the backend, with a sink that remembers what it was given.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backend::store::users::{self, NewUser};
use backend::store::{CommitSink, Committed, Options, Store};
use protocol::{Rev, Stream, UserId};
use tokio::sync::Notify;

use crate::database::Database;

/// Remembers every commit it was told of, one entry each.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    commits: Mutex<Vec<Vec<Committed>>>,
    arrived: Notify,
}

impl Recorder {
    /// The commits so far.
    pub fn commits(&self) -> Vec<Vec<Committed>> {
        self.0.commits.lock().unwrap().clone()
    }

    /// The events so far, as stream and revision.
    pub fn events(&self) -> Vec<(Stream, Rev)> {
        self.commits().iter().flatten().map(|event| (event.stream, event.rev)).collect()
    }

    /// Waits until this many events have come.
    pub async fn until(&self, events: usize) {
        let enough = async {
            loop {
                let arrived = self.0.arrived.notified();
                if self.events().len() >= events {
                    return;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), enough).await.expect("these events never came");
    }

    /// The revisions of one stream in the order they came.
    pub fn revs(&self, stream: Stream) -> Vec<Rev> {
        self.commits()
            .iter()
            .flatten()
            .filter(|event| event.stream == stream)
            .map(|event| event.rev)
            .collect()
    }
}

impl CommitSink for Recorder {
    fn committed(&self, batch: Arc<[Committed]>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            // Whoever does not wait for the sink is noticed.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            self.0.commits.lock().unwrap().push(batch.to_vec());
            self.0.arrived.notify_one();
        })
    }
}

/// Opens a store with a recorder.
pub async fn open(database: &Database) -> (Store, Recorder) {
    crate::log();
    let options = Options { url: database.url.clone(), answer_before_commit: false };
    let (store, recorder) = (Store::open(&options).await.unwrap(), Recorder::default());
    store.set_sink(Arc::new(recorder.clone()));
    (store, recorder)
}

/// Runs a test body with a store on both databases.
pub async fn on_both_stores(body: impl AsyncFn(&Store, &Recorder, &Database)) {
    let databases = [Some(Database::sqlite()), Database::postgres().await];
    for database in databases.into_iter().flatten() {
        let (store, recorder) = open(&database).await;
        body(&store, &recorder, &database).await;
        store.close().await;
        database.remove().await;
    }
}

/// The row of somebody who never signs in.
pub fn new_user(username: &str) -> NewUser {
    NewUser {
        username: username.to_owned(),
        display_name: username.to_uppercase(),
        email: None,
        password_hash: "none".to_owned(),
        is_instance_owner: false,
    }
}

/// Adds somebody who never signs in.
pub async fn add_user(store: &Store, username: &str) -> UserId {
    let new = new_user(username);
    store.write(move |tx| Box::pin(async move { Ok(users::insert(tx, &new).await?.unwrap()) })).await.unwrap()
}
