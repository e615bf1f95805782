//! SQLite: one writer with group commit, several readers.
//!
//! The writer drains its queue into one transaction, a savepoint for each write, and commits once. A commit
//! costs one `fdatasync` whatever it holds, so under load durability is shared instead of relaxed.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use protocol::{Error, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::tx::Owned;
use super::{
    Backend, Committed, Inner, OpenError, Options, Snowflakes, Store, Tx, Work, fault, migrate, node,
};

/// Writes in one commit. More would delay the first of them; at 256 the fsync's share is below 2 µs each.
const BATCH: usize = 256;
/// Writes that may wait. At a thousand a second that is two seconds; beyond it callers are told to wait.
const QUEUE: usize = 2048;
/// Reading connections. Two cores serve pages; more connections only cost page cache.
const READERS: u32 = 8;

type Settle = Box<dyn FnOnce(bool) + Send>;
type Run =
    Box<dyn for<'t> FnOnce(&'t mut Tx) -> Pin<Box<dyn Future<Output = (bool, Settle)> + Send + 't>> + Send>;

/// A message to the writer.
pub enum Job {
    /// A write.
    Write(Run),
    /// Answer when everything before this is committed, then stop.
    Stop(oneshot::Sender<()>),
}

/// Opens or creates the database file.
pub(super) async fn open(options: &Options) -> std::result::Result<Store, OpenError> {
    let connect = |source| OpenError::Connect { url: options.url.clone(), source };
    let settings = SqliteConnectOptions::from_str(&options.url)
        .map_err(connect)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(256)
        .pragma("cache_size", "-8192")
        .pragma("temp_store", "memory")
        .disable_statement_logging();
    let path = settings.get_filename().to_path_buf();
    let mut writer = settings.connect().await.map_err(connect)?;
    migrate::sqlite(&mut writer).await?;
    assert_safe(&mut writer).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(settings.pragma("query_only", "on"))
        .await
        .map_err(connect)?;
    let (sender, receiver) = mpsc::channel(QUEUE);
    let lease = node::lease_sqlite(&mut writer).await?;
    let snowflakes = Snowflakes::new(lease.node);
    let is_heard = Arc::default();
    let store = Store {
        inner: Arc::new(Inner {
            backend: Backend::Sqlite { readers, writer: sender, path },
            snowflakes: snowflakes.clone(),
            lease,
            sink: OnceLock::new(),
            is_heard: Arc::clone(&is_heard),
            answer_before_commit: options.answer_before_commit,
        }),
    };
    let tx = Tx { conn: Owned::Sqlite(Box::new(writer)), emitted: Vec::new(), snowflakes, is_heard };
    tokio::spawn(Writer { tx, store: Arc::downgrade(&store.inner) }.run(receiver));
    node::keep(&store);
    Ok(store)
}

/// sqlx leaves these to the file or the build; a wrong one would lose acknowledged messages silently.
async fn assert_safe(conn: &mut SqliteConnection) -> std::result::Result<(), OpenError> {
    let journal: String =
        sqlx::query_scalar("pragma journal_mode").fetch_one(&mut *conn).await.unwrap_or_default();
    let synchronous: i64 =
        sqlx::query_scalar("pragma synchronous").fetch_one(&mut *conn).await.unwrap_or_default();
    let foreign_keys: i64 =
        sqlx::query_scalar("pragma foreign_keys").fetch_one(&mut *conn).await.unwrap_or_default();
    if journal != "wal" || synchronous != 2 || foreign_keys != 1 {
        let found = format!("journal_mode={journal} synchronous={synchronous} foreign_keys={foreign_keys}");
        return Err(OpenError::Unsafe(found));
    }
    Ok(())
}

/// Queues a write and waits for its commit.
pub(super) async fn write<T, F>(writer: &mpsc::Sender<Job>, work: F) -> Result<T>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let run: Run = Box::new(move |tx| {
        Box::pin(async move {
            let result = AssertUnwindSafe(work(tx)).catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!("a write panicked");
                Err(Error::Internal)
            });
            let kept = result.is_ok();
            let settle: Settle = Box::new(move |committed| {
                let answer = if kept && !committed { Err(Error::Busy) } else { result };
                // Nobody waits any more when the request was dropped; the write happened all the same.
                let _ = sender.send(answer);
            });
            (kept, settle)
        })
    });
    // Waiting for room would pile up requests; a full queue means two seconds of work are already waiting.
    writer.try_send(Job::Write(run)).map_err(|_| Error::Busy)?;
    receiver.await.map_err(|_| Error::Busy)?
}

/// Finishes what is queued and stops the writer.
pub(super) async fn stop(writer: &mpsc::Sender<Job>) {
    let (sender, receiver) = oneshot::channel();
    if writer.send(Job::Stop(sender)).await.is_ok() {
        let _ = receiver.await;
    }
}

struct Writer {
    tx: Tx,
    store: Weak<Inner>,
}

impl Writer {
    async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH);
        let mut stopped = None;
        while stopped.is_none() && queue.recv_many(&mut jobs, BATCH).await > 0 {
            let mut writes = Vec::with_capacity(jobs.len());
            for job in jobs.drain(..) {
                match job {
                    Job::Write(run) => writes.push(run),
                    Job::Stop(sender) => stopped = Some(sender),
                }
            }
            if !writes.is_empty() {
                self.commit(writes).await;
            }
        }
        if let Owned::Sqlite(conn) = self.tx.conn {
            let _ = conn.close().await;
        }
        if let Some(sender) = stopped {
            let _ = sender.send(());
        }
    }

    /// One transaction for all of them; then publish, then answer.
    async fn commit(&mut self, writes: Vec<Run>) {
        let early = self.store.upgrade().is_some_and(|inner| inner.answer_before_commit);
        let mut settles = Vec::with_capacity(writes.len());
        let mut whole = self.execute("begin immediate").await.is_ok();
        let alone = writes.len() == 1;
        for run in writes {
            // What is left of the batch is never run; dropping it answers Busy.
            if !whole {
                break;
            }
            let (settle, is_whole) = self.one(run, alone).await;
            settles.push(settle);
            whole = is_whole;
            if early {
                // The negative control: the caller hears "done" although nothing is on disk yet.
                settles.drain(..).for_each(|settle: Settle| settle(true));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let committed = whole && self.execute("commit").await.is_ok();
        let events = std::mem::take(&mut self.tx.emitted);
        if committed {
            self.publish(events).await;
        } else {
            let _ = self.execute("rollback").await;
        }
        settles.into_iter().for_each(|settle| settle(committed));
    }

    /// Runs one write; a refused one leaves no trace, neither rows nor events. Returns whether the transaction
    /// still holds all that was kept: when the disk is full, SQLite ends it with everything in it, and what came
    /// next would be a transaction of its own.
    async fn one(&mut self, run: Run, alone: bool) -> (Settle, bool) {
        let before = self.tx.emitted.len();
        if alone {
            let (kept, settle) = run(&mut self.tx).await;
            return (settle, kept);
        }
        let begun = self.execute("savepoint one").await.is_ok();
        let (kept, settle) = run(&mut self.tx).await;
        if !kept {
            self.tx.emitted.truncate(before);
        }
        let undone = kept || self.execute("rollback to one").await.is_ok();
        let ended = self.execute("release one").await.is_ok();
        (settle, begun && undone && ended)
    }

    async fn publish(&self, events: Vec<Committed>) {
        if let Some(inner) = self.store.upgrade() {
            Store { inner }.publish(events).await;
        }
    }

    async fn execute(&mut self, sql: &'static str) -> Result<()> {
        let Owned::Sqlite(conn) = &mut self.tx.conn else { return Err(Error::Internal) };
        sqlx::query(sql).execute(&mut **conn).await.map(|_| ()).map_err(fault)
    }
}

/// The folder the file is in, for messages to the operator.
pub fn file_of(store: &Store) -> Option<PathBuf> {
    match &store.inner.backend {
        Backend::Sqlite { path, .. } => Some(path.clone()),
        Backend::Postgres { .. } => None,
    }
}
