//! The backend on a random port.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use backend::{AppState, Config};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::database::Database;
use crate::{Person, Socket};

/// A running backend.
#[derive(Debug)]
pub struct TestApp {
    /// Its handles.
    pub state: AppState,
    /// Where it listens.
    pub addr: SocketAddr,
    database: Database,
    stopping: CancellationToken,
    listening: TaskTracker,
}

/// Settings for tests: like the defaults, with room for many actors from one address.
pub fn config(database: &Database, changes: &[(&str, &str)]) -> Config {
    let mut environment: BTreeMap<String, String> = [
        ("LEPTOS_SITE_ADDR", "127.0.0.1:0".to_owned()),
        ("HARMONY_DATABASE_URL", database.url.clone()),
        ("HARMONY_DATA_DIR", database.folder.path().display().to_string()),
        ("HARMONY_LIMIT_SENDS_PER_SECOND", "100000".to_owned()),
        ("HARMONY_LIMIT_SENDS_BURST", "100000".to_owned()),
        ("HARMONY_LIMIT_UPLOADS_PER_MINUTE", "100000".to_owned()),
        ("HARMONY_LIMIT_FILES_BURST", "100000".to_owned()),
        ("HARMONY_LIMIT_READS_BURST", "100000".to_owned()),
        ("HARMONY_LIMIT_SEARCHES_BURST", "100000".to_owned()),
        ("HARMONY_LIMIT_PROFILE_CHANGES_BURST", "100000".to_owned()),
        ("HARMONY_LIMIT_SOCKETS_PER_MINUTE", "100000".to_owned()),
        ("HARMONY_LIMIT_REGISTRATIONS_PER_ADDRESS", "100000".to_owned()),
        ("HARMONY_LIMIT_INVITE_LOOKUPS_PER_MINUTE", "100000".to_owned()),
        ("HARMONY_LIMIT_CONNECTIONS_PER_ADDRESS", "10000".to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    environment.extend(changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    Config::from_sources("", "none", &environment).unwrap()
}

impl TestApp {
    /// Starts on a database; `changes` are settings as environment variables. Timed work is done where a test asks
    /// for it, so that nothing happens in between.
    pub async fn start(database: Database, changes: &[(&str, &str)]) -> Self {
        crate::log();
        let state = AppState::open(config(&database, changes)).await.unwrap();
        state.start_delivery();
        let router = backend::router::protect(backend::router::routes(state.clone()), &state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        // It listens on when the state is closed, so that what a stopping instance answers can be looked at.
        let (stopping, listening) = (CancellationToken::new(), TaskTracker::new());
        listening.spawn(backend::listen::serve(listener, router, Vec::new(), stopping.clone()));
        Self { state, addr, database, stopping, listening }
    }

    /// Takes no more connections; returns when those that are open have ended, but for sockets.
    pub async fn stop_listening(&self) {
        self.stopping.cancel();
        self.listening.close();
        self.listening.wait().await;
    }

    /// What it runs on.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Every row of every table as text.
    pub async fn content(&self) -> BTreeMap<String, Vec<String>> {
        self.database.content().await
    }

    /// Somebody with an account of this name and a session.
    pub async fn person(&self, username: &str) -> Person {
        Person::register(self, username).await
    }

    /// The same without a password, which is much cheaper.
    pub async fn newcomer(&self, username: &str) -> Person {
        Person::arrive(self, username).await
    }

    /// Opens a socket as somebody and says hello with these cursors.
    pub async fn connect(&self, person: &Person, cursors: protocol::Cursors) -> Socket {
        Socket::connect(self.addr, &person.cookie, cursors).await
    }

    /// Stops and starts again on the same database.
    pub async fn restart(self, changes: &[(&str, &str)]) -> Self {
        let Self { state, database, stopping, .. } = self;
        stopping.cancel();
        state.close().await;
        Self::start(database, changes).await
    }

    /// Stops and removes the database.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.state.close().await;
        self.database.remove().await;
    }
}

/// Runs a test body on both databases.
pub async fn on_both(body: impl AsyncFn(&TestApp)) {
    on_both_with(&[], body).await;
}

/// The same with settings, given as environment variables.
pub async fn on_both_with(changes: &[(&str, &str)], body: impl AsyncFn(&TestApp)) {
    let databases = [Some(Database::sqlite()), Database::postgres().await];
    for database in databases.into_iter().flatten() {
        let app = TestApp::start(database, changes).await;
        body(&app).await;
        app.stop().await;
    }
}
