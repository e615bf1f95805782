//! Transactions: what a write may do, and the two kinds of connection behind one face.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use protocol::event::Event;
use protocol::{Error, Id, Result, Rev, Stream};
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};

use super::{Committed, Snowflakes, hints, now_ms, streams};

/// A connection to either database, for the moment of one statement.
pub enum Conn<'c> {
    /// Embedded.
    Sqlite(&'c mut SqliteConnection),
    /// A server.
    Postgres(&'c mut PgConnection),
}

/// Whatever statements can run on.
pub trait Db: Send {
    /// The connection.
    fn conn(&mut self) -> Conn<'_>;
}

impl<D: Db> Db for &mut D {
    fn conn(&mut self) -> Conn<'_> {
        (**self).conn()
    }
}

/// A read transaction. Dropping it ends it.
pub enum Reader {
    /// Embedded.
    Sqlite(Transaction<'static, Sqlite>),
    /// A server.
    Postgres(Transaction<'static, Postgres>),
}

impl Db for Reader {
    fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(tx) => Conn::Sqlite(tx),
            Self::Postgres(tx) => Conn::Postgres(tx),
        }
    }
}

pub(crate) enum Owned {
    Sqlite(Box<SqliteConnection>),
    Postgres(Transaction<'static, Postgres>),
}

/// A write transaction.
pub struct Tx {
    pub(crate) conn: Owned,
    pub(crate) emitted: Vec<Committed>,
    pub(crate) snowflakes: Snowflakes,
    pub(crate) is_heard: Arc<AtomicBool>,
}

impl Db for Tx {
    fn conn(&mut self) -> Conn<'_> {
        match &mut self.conn {
            Owned::Sqlite(conn) => Conn::Sqlite(conn),
            Owned::Postgres(tx) => Conn::Postgres(tx),
        }
    }
}

impl Tx {
    /// A new id, taken inside the write so that ids of one channel sort like their revisions.
    pub fn new_id<T>(&self) -> Id<T> {
        self.snowflakes.next()
    }

    /// A new id above `floor`, whatever this machine's clock says: another node's may be ahead.
    pub fn new_id_after<T>(&self, floor: Option<Id<T>>) -> Id<T> {
        floor.map_or_else(|| self.snowflakes.next(), |floor| self.snowflakes.next_after(floor))
    }

    /// The time of this write, in milliseconds.
    pub fn now_ms(&self) -> i64 {
        now_ms()
    }

    /// Waits for earlier writes of a stream, so that what is checked next still holds at the commit. SQLite
    /// has one writer and needs nothing; PostgreSQL takes the stream's row. Returns whether it had to wait its
    /// turn, so that what was read before is outdated.
    pub async fn lock(&mut self, stream: Stream) -> Result<bool> {
        match self.conn {
            Owned::Sqlite(_) => Ok(false),
            Owned::Postgres(_) => streams::lock(self, stream).await.map(|()| true),
        }
    }

    /// Logs an event and remembers it for publishing after the commit. There is no other way to publish.
    pub async fn emit(&mut self, stream: Stream, event: Event) -> Result<Rev> {
        let json: Arc<str> = serde_json::to_string(&event).map_err(|_| Error::Internal)?.into();
        let (rev, audience) = streams::append(self, stream, &event, &json).await?;
        if !self.is_heard.load(Ordering::Relaxed) {
            hints::leave(self, stream, rev).await?;
        }
        self.emitted.push(Committed { stream, rev, audience, event: Arc::new(event), json });
        Ok(rev)
    }
}
