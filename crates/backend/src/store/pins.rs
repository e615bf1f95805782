//! Which messages are pinned. Their rows say so themselves.

use protocol::{ChannelId, MessageId, Result};

use super::{Db, Tx, search_index};

/// Pinned messages of a channel.
pub async fn count(db: &mut impl Db, channel: ChannelId) -> Result<usize> {
    let sql = "select count(*) from messages where channel_id = $1 and pinned_at is not null";
    let (count,) = query!(fetch_one(i64,), db, sql, channel.get())?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Pins a message, or takes it down, also in the search index.
pub async fn set(tx: &mut Tx, channel: ChannelId, message: MessageId, pinned: bool) -> Result<()> {
    let at = pinned.then(|| tx.now_ms());
    let sql = "update messages set pinned_at = $3 where channel_id = $1 and id = $2";
    query!(run tx, sql, channel.get(), message.get(), at)?;
    search_index::refresh(tx, channel, message).await
}
