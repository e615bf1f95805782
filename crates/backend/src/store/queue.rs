//! Work that is owed: written in the commit that makes it necessary, taken by whoever is free, done at least once.

use protocol::{Result, SessionId};
use sqlx::FromRow;

use super::tx::Conn;
use super::{Db, Tx};

/// Work that was taken. It belongs to whoever holds it until its time comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What sort of work.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// All that is to be known for it.
    pub payload: String,
    /// How often it failed before.
    pub attempts: u32,
    id: i64,
    lease: i64,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    kind: String,
    key: String,
    payload: String,
    attempts: i64,
}

/// Owes some work, in place of what was owed of that kind for that key. Whoever is at that has lost it.
pub async fn owe(tx: &mut Tx, kind: &str, key: &str, payload: &str, run_at_ms: i64) -> Result<()> {
    let id: SessionId = tx.new_id();
    let sql = "insert into queue (id, kind, key, payload, run_at, attempts) values ($1, $2, $3, $4, $5, 0)
        on conflict (kind, key) do update
        set payload = excluded.payload, run_at = excluded.run_at, attempts = 0, lease = null, last_error = null";
    query!(run tx, sql, id.get(), kind, key, payload, run_at_ms)?;
    Ok(())
}

/// Owes it no more.
pub async fn forgive(tx: &mut Tx, kind: &str, key: &str) -> Result<()> {
    query!(run tx, "delete from queue where kind = $1 and key = $2", kind, key)?;
    Ok(())
}

const TAKE_SQLITE: &str = "update queue set run_at = $2, lease = $3
    where id in (select id from queue where run_at <= $1 order by run_at limit $4 + 0)
    returning id, kind, key, payload, attempts";
const TAKE_POSTGRES: &str = "update queue set run_at = $2, lease = $3
    where id in (select id from queue where run_at <= $1 order by run_at limit $4 for update skip locked)
    returning id, kind, key, payload, attempts";

/// Takes up to `most` of the work whose time has come, and holds it until `until_ms`.
pub async fn take(tx: &mut Tx, now_ms: i64, until_ms: i64, most: usize) -> Result<Vec<Taken>> {
    let sql = match tx.conn() {
        Conn::Sqlite(_) => TAKE_SQLITE,
        Conn::Postgres(_) => TAKE_POSTGRES,
    };
    let lease: SessionId = tx.new_id();
    let rows = query!(fetch_all Row, tx, sql, now_ms, until_ms, lease.get(), most as i64)?;
    let taken = |Row { id, kind, key, payload, attempts }| Taken {
        kind,
        key,
        payload,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        id,
        lease: lease.get(),
    };
    Ok(rows.into_iter().map(taken).collect())
}

/// Notes that it is done. False when it does not belong to its holder any more: it was taken anew, is owed anew, or is
/// owed no more, and nothing that it found may be written.
pub async fn done(tx: &mut Tx, taken: &Taken) -> Result<bool> {
    let sql = "delete from queue where id = $1 and lease = $2";
    Ok(query!(run tx, sql, taken.id, taken.lease)? == 1)
}

/// Puts it off, because of an error or because its turn has not come. Likewise false.
pub async fn put_off(tx: &mut Tx, taken: &Taken, run_at_ms: i64, error: Option<&str>) -> Result<bool> {
    let sql = "update queue set run_at = $3, attempts = attempts + $4, last_error = $5, lease = null
        where id = $1 and lease = $2";
    let failed = i64::from(error.is_some());
    Ok(query!(run tx, sql, taken.id, taken.lease, run_at_ms, failed, error)? == 1)
}

/// When the next of it is to be done, in milliseconds since the Unix epoch.
pub async fn next_at(db: &mut impl Db) -> Result<Option<i64>> {
    let sql = "select run_at from queue order by run_at limit 1";
    Ok(query!(fetch_optional(i64,), db, sql)?.map(|(at,)| at))
}
