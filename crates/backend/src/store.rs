//! The only SQL. A write is a closure that gets a transaction; its events are logged in the same commit and
//! handed to the sink after it, before the caller is answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use protocol::event::Event;
use protocol::{ChannelId, Error, Result, Rev, Stream};
use sqlx::{PgPool, SqlitePool};
use tokio::sync::mpsc;

/// Runs one SQL text on whichever database `$db` is. `$1`-style placeholders work in both drivers.
///
/// What is asked often writes `limit $n + 0`: SQLite looks into a bare bound limit when it plans, and therefore
/// prepares the statement anew each time it is bound (`sqlite3ExprIsInteger`).
macro_rules! query {
    (run $db:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $crate::store::tx::Db::conn($db) {
            $crate::store::tx::Conn::Sqlite(c) => {
                sqlx::query::<sqlx::Sqlite>($sql)$(.bind($arg))*.execute(c).await.map(|done| done.rows_affected())
            }
            $crate::store::tx::Conn::Postgres(c) => {
                sqlx::query::<sqlx::Postgres>($sql)$(.bind($arg))*.execute(c).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::store::fault)
    };
    (raw $db:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $crate::store::tx::Db::conn($db) {
            $crate::store::tx::Conn::Sqlite(c) => {
                sqlx::query::<sqlx::Sqlite>($sql)$(.bind($arg))*.execute(c).await.map(|_| ())
            }
            $crate::store::tx::Conn::Postgres(c) => {
                sqlx::query::<sqlx::Postgres>($sql)$(.bind($arg))*.execute(c).await.map(|_| ())
            }
        }
    };
    ($fetch:ident $row:ty, $db:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $crate::store::tx::Db::conn($db) {
            $crate::store::tx::Conn::Sqlite(c) => {
                sqlx::query_as::<sqlx::Sqlite, $row>($sql)$(.bind($arg))*.$fetch(c).await
            }
            $crate::store::tx::Conn::Postgres(c) => {
                sqlx::query_as::<sqlx::Postgres, $row>($sql)$(.bind($arg))*.$fetch(c).await
            }
        }
        .map_err($crate::store::fault)
    };
}

pub mod access;
pub mod attachments;
pub mod backup;
pub mod channels;
pub mod dms;
pub mod guilds;
pub mod hints;
pub mod invites;
pub mod members;
pub mod mentions;
pub mod messages;
pub mod migrate;
pub mod node;
pub mod nonces;
pub mod pins;
pub mod postgres;
pub mod previews;
pub mod purges;
pub mod queue;
pub mod reactions;
pub mod reads;
pub mod search;
pub mod search_index;
pub mod seed;
pub mod sessions;
pub mod snowflake;
pub mod sqlite;
pub mod streams;
pub mod threads;
pub mod tokens;
#[cfg(test)]
mod tokens_tests;
pub mod tx;
pub mod users;

pub use snowflake::Snowflakes;
pub use tx::{Db, Reader, Tx};

/// An event that is safely in the log.
#[derive(Debug, Clone)]
pub struct Committed {
    /// Where it belongs.
    pub stream: Stream,
    /// Its place there.
    pub rev: Rev,
    /// The channel whose viewers it is for, where it is about a thread of that.
    pub audience: Option<ChannelId>,
    /// What happened.
    pub event: Arc<Event>,
    /// The event encoded once; everybody who sends it shares these bytes.
    pub json: Arc<str>,
}

/// Where committed events go. The store waits for it before it answers the action, so when an action returns,
/// its events are on their way (and whoever may not see more does not).
pub trait CommitSink: Send + Sync + 'static {
    /// Takes the events of one commit. On SQLite batches come in revision order; on PostgreSQL the commits of
    /// different transactions may overtake each other.
    fn committed(&self, batch: Arc<[Committed]>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// How the store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Answer before the commit. Loses acknowledged writes on a crash: only for proving that the crash test
    /// notices (its negative control).
    pub answer_before_commit: bool,
}

pub(crate) enum Backend {
    Sqlite { readers: SqlitePool, writer: mpsc::Sender<sqlite::Job>, path: std::path::PathBuf },
    Postgres { pool: PgPool },
}

pub(crate) struct Inner {
    pub(crate) backend: Backend,
    pub(crate) snowflakes: Snowflakes,
    pub(crate) lease: node::Lease,
    pub(crate) sink: OnceLock<Arc<dyn CommitSink>>,
    /// Whether somebody listens to what this process commits; otherwise it leaves hints for the one that serves.
    pub(crate) is_heard: Arc<AtomicBool>,
    pub(crate) answer_before_commit: bool,
}

/// A handle to the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// A boxed future that may borrow the transaction.
pub type Work<'t, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 't>>;

impl Store {
    /// Opens the database, brings its schema up to date and leases a node number for ids.
    ///
    /// # Errors
    /// [`OpenError`] with a sentence for the operator.
    pub async fn open(options: &Options) -> std::result::Result<Self, OpenError> {
        if options.url.starts_with("postgres://") || options.url.starts_with("postgresql://") {
            postgres::open(options).await
        } else {
            sqlite::open(options).await
        }
    }

    /// Sets where committed events go; once, at start.
    pub fn set_sink(&self, sink: Arc<dyn CommitSink>) {
        // A second sink would be a second publisher; the first one stays.
        let _ = self.inner.sink.set(sink);
    }

    /// From here on this process serves: what it commits is heard, and needs no [`hints`].
    pub(crate) fn serve(&self) {
        self.inner.is_heard.store(true, Ordering::Relaxed);
    }

    /// A read transaction: everything read through it is of one moment.
    pub async fn read(&self) -> Result<Reader> {
        match &self.inner.backend {
            Backend::Sqlite { readers, .. } => Ok(Reader::Sqlite(readers.begin().await.map_err(fault)?)),
            Backend::Postgres { pool } => {
                let begin = "begin isolation level repeatable read read only";
                Ok(Reader::Postgres(pool.begin_with(begin).await.map_err(fault)?))
            }
        }
    }

    /// The only way to change anything. The closure checks and writes; what it emitted is published after
    /// the commit and before this returns. Nothing of it happens when it returns an error.
    ///
    /// # Errors
    /// The closure's own, or [`Error::Busy`] when the commit failed: the outcome is unknown and the caller
    /// may repeat it with the same nonce.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        match &self.inner.backend {
            Backend::Sqlite { writer, .. } => sqlite::write(writer, work).await,
            Backend::Postgres { .. } => postgres::write(self.clone(), work).await,
        }
    }

    /// Hands committed events on and waits until they are on their way.
    pub(crate) async fn publish(&self, events: Vec<Committed>) {
        if let Some(sink) = self.inner.sink.get().filter(|_| !events.is_empty()) {
            sink.committed(events.into()).await;
        }
    }

    /// The generator of ids.
    pub fn snowflakes(&self) -> &Snowflakes {
        &self.inner.snowflakes
    }

    /// Whether the database answers.
    pub async fn is_alive(&self) -> bool {
        let Ok(mut reader) = self.read().await else { return false };
        query!(fetch_one(i32,), &mut reader, "select 1").is_ok()
    }

    /// Finishes queued writes and closes every connection.
    pub async fn close(&self) {
        node::release(self).await;
        match &self.inner.backend {
            Backend::Sqlite { readers, writer, .. } => {
                sqlite::stop(writer).await;
                readers.close().await;
            }
            Backend::Postgres { pool } => pool.close().await,
        }
    }
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or server could not be reached.
    #[error("cannot open the database {url}: {source}")]
    Connect {
        /// Without credentials.
        url: String,
        /// The driver's reason.
        source: sqlx::Error,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the database up to date: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    /// The database was written by a newer version.
    #[error(
        "the database was written by a newer version (schema {found}, this version knows {known}): start that version or restore a backup"
    )]
    Newer {
        /// Schema found.
        found: i64,
        /// Newest schema this binary knows.
        known: i64,
    },
    /// A safety setting did not take.
    #[error("the database does not keep its promises: {0}")]
    Unsafe(String),
    /// No node number is free.
    #[error("all 1024 node numbers are leased; wait a minute")]
    NoNode,
}

/// A database error on its way to a person: logged here, said there in one word.
pub(crate) fn fault(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_) => {
            tracing::error!(%error, "database unavailable");
            Error::Busy
        }
        // Deadlocks, serialisation failures, and what took too long or waited too long for a lock: safe to repeat
        // (PostgreSQL, classes 40, 57 and 55). SQLite: busy.
        sqlx::Error::Database(cause)
            if matches!(cause.code().as_deref(), Some("40001" | "40P01" | "57014" | "55P03" | "5")) =>
        {
            tracing::warn!(%error, "database busy");
            Error::Busy
        }
        // The disk is full (SQLite 13; PostgreSQL, class 53) or the server is stopping (class 57).
        sqlx::Error::Database(cause)
            if cause
                .code()
                .is_some_and(|code| code == "13" || code.starts_with("53") || code.starts_with("57P")) =>
        {
            tracing::error!(%error, "the database takes nothing at the moment");
            Error::Busy
        }
        _ => {
            tracing::error!(%error, "database error");
            Error::Internal
        }
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}
