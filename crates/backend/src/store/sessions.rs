//! Where people are signed in.

use protocol::entity::Device;
use protocol::{Id, Result, SessionId, Timestamp, UserId};

use super::{Db, Tx, now_ms};

/// A session that exists; whether it is still good is for `auth` to say.
#[derive(Debug, Clone)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// Milliseconds; for the idle limit.
    pub last_used_at: i64,
    /// Milliseconds; the absolute limit.
    pub expires_at: i64,
}

/// A new session.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Whose.
    pub user_id: UserId,
    /// SHA-256 of the token.
    pub token_hash: &'a [u8],
    /// Browser and system, in words.
    pub device: &'a str,
    /// Milliseconds.
    pub expires_at: i64,
}

/// The session of a token.
pub async fn by_token_hash(db: &mut impl Db, hash: &[u8]) -> Result<Option<Session>> {
    let sql = "select id, user_id, last_used_at, expires_at from sessions where token_hash = $1";
    let row = query!(fetch_optional(i64, i64, i64, i64), db, sql, hash)?;
    Ok(row.map(|(id, user, last_used_at, expires_at)| Session {
        id: Id::from_trusted(id),
        user_id: Id::from_trusted(user),
        last_used_at,
        expires_at,
    }))
}

/// Whether a session is still there and not past its absolute limit.
pub async fn exists(db: &mut impl Db, id: SessionId, now_ms: i64) -> Result<bool> {
    let sql = "select id from sessions where id = $1 and expires_at > $2";
    Ok(query!(fetch_optional(i64,), db, sql, id.get(), now_ms)?.is_some())
}

/// Adds a session.
pub async fn insert(tx: &mut Tx, new: &NewSession<'_>) -> Result<SessionId> {
    let id: SessionId = tx.new_id();
    let now = tx.now_ms();
    let sql = "insert into sessions (id, user_id, token_hash, device, created_at, last_used_at, expires_at)
        values ($1, $2, $3, $4, $5, $5, $6)";
    query!(run tx, sql, id.get(), new.user_id.get(), new.token_hash, new.device, now, new.expires_at)?;
    Ok(id)
}

/// Notes that a session was used.
pub async fn touch(tx: &mut Tx, id: SessionId) -> Result<()> {
    query!(run tx, "update sessions set last_used_at = $2 where id = $1", id.get(), now_ms())?;
    Ok(())
}

/// Ends one of somebody's sessions; false if it is not theirs.
pub async fn delete(tx: &mut Tx, user: UserId, id: SessionId) -> Result<bool> {
    let gone = query!(run tx, "delete from sessions where id = $1 and user_id = $2", id.get(), user.get())?;
    Ok(gone == 1)
}

/// Ends all of somebody's sessions but one; returns those that ended.
pub async fn delete_others(tx: &mut Tx, user: UserId, keep: Option<SessionId>) -> Result<Vec<SessionId>> {
    let sql = "delete from sessions where user_id = $1 and id <> $2 returning id";
    let rows = query!(fetch_all(i64,), tx, sql, user.get(), keep.map_or(0, Id::get))?;
    Ok(rows.into_iter().map(|(id,)| Id::from_trusted(id)).collect())
}

/// Somebody's sessions, last used first.
pub async fn of_user(db: &mut impl Db, user: UserId, current: SessionId) -> Result<Vec<Device>> {
    let sql = "select id, device, created_at, last_used_at from sessions where user_id = $1 order by last_used_at desc, id";
    let rows = query!(fetch_all(i64, String, i64, i64), db, sql, user.get())?;
    let device = |(id, name, created_at, last_used_at): (i64, String, i64, i64)| Device {
        id: Id::from_trusted(id),
        name,
        created_at: Timestamp::from_millis(created_at),
        last_used_at: Timestamp::from_millis(last_used_at),
        is_current: id == current.get(),
    };
    Ok(rows.into_iter().map(device).collect())
}

/// Both limits of a session, each walked along its index from the oldest on.
const EXPIRED: [&str; 2] = [
    "delete from sessions where id in
        (select id from sessions where expires_at < $1 order by expires_at limit $2) returning id",
    "delete from sessions where id in
        (select id from sessions where last_used_at < $1 order by last_used_at limit $2) returning id",
];

/// Removes up to `limit` sessions past their limits; returns them.
pub async fn delete_expired(
    tx: &mut Tx,
    now_ms: i64,
    idle_before_ms: i64,
    limit: usize,
) -> Result<Vec<SessionId>> {
    let mut ended = Vec::new();
    for (sql, before_ms) in EXPIRED.into_iter().zip([now_ms, idle_before_ms]) {
        let room = (limit - ended.len()) as i64;
        let rows = query!(fetch_all(i64,), tx, sql, before_ms, room)?;
        ended.extend(rows.into_iter().map(|(id,)| Id::from_trusted(id)));
    }
    Ok(ended)
}
