//! What a process that serves nobody has told in which stream. Nobody hears its bus: whoever sets a new password on the
//! command line is gone before anybody could. So each of its commits notes here how far its streams are, and the
//! process that serves looks for that every moment. What serves leaves nothing here.

use protocol::id::{EPOCH_MS, NODE_BITS, SEQUENCE_BITS};
use protocol::{Result, Rev, Stream};

use super::{Db, Tx, now_ms, streams};

/// Milliseconds in which a hint is looked for, whatever the clocks of two machines say. It is read again and again
/// meanwhile, which costs nothing: there is none nearly always.
const HEARD_FOR_MS: i64 = 10 * 60_000;
/// Hints read at once, the newest. More are of a command that changed thousands of streams; the rest waits for the
/// comparison with the database.
const AT_ONCE: i64 = 1_000;

/// Ids below this were made so many milliseconds ago.
fn made_before(age_ms: i64) -> i64 {
    (now_ms() - EPOCH_MS - age_ms) << (NODE_BITS + SEQUENCE_BITS)
}

/// Leaves a hint that a stream has got this far.
pub(super) async fn leave(tx: &mut Tx, stream: Stream, rev: Rev) -> Result<()> {
    let id: protocol::SessionId = tx.new_id();
    let (kind, of) = streams::key(stream);
    let sql = "insert into hints (id, stream_kind, stream_id, rev) values ($1, $2, $3, $4)";
    query!(run tx, sql, id.get(), kind, of, rev)?;
    Ok(())
}

/// The streams that hints of late are about, and how far each is.
pub async fn of_late(db: &mut impl Db) -> Result<Vec<(Stream, Rev)>> {
    let sql = "select stream_kind, stream_id, rev from hints where id > $1 order by id desc limit $2 + 0";
    let rows = query!(fetch_all(i64, i64, i64), db, sql, made_before(HEARD_FOR_MS), AT_ONCE)?;
    Ok(rows.into_iter().map(|(kind, id, rev)| (streams::from_key(kind, id), rev)).collect())
}

/// Removes up to `limit` hints nobody looks for any more; returns whether there may be more.
pub async fn delete_old(tx: &mut Tx, limit: i64) -> Result<bool> {
    let sql = "delete from hints where id in (select id from hints where id < $1 order by id limit $2)";
    Ok(query!(run tx, sql, made_before(HEARD_FOR_MS), limit)?.cast_signed() >= limit)
}
