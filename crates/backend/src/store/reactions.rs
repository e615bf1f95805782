//! Reactions: emoji under messages, with how many and who.

use std::collections::HashMap;

use protocol::entity::{Reaction, User};
use protocol::{ChannelId, Id, MessageId, Result, UserId};

use super::{Db, Tx};

/// How many people react to a message with an emoji; `None` when nobody does.
pub async fn count(
    db: &mut impl Db,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
) -> Result<Option<u32>> {
    let sql = "select count from reactions where channel_id = $1 and message_id = $2 and emoji = $3";
    let row = query!(fetch_optional(i64,), db, sql, channel.get(), message.get(), emoji)?;
    Ok(row.map(|(count,)| u32::try_from(count).unwrap_or(u32::MAX)))
}

/// How many different emoji are under a message.
pub async fn kinds(db: &mut impl Db, channel: ChannelId, message: MessageId) -> Result<usize> {
    let sql = "select count(*) from reactions where channel_id = $1 and message_id = $2";
    let (count,) = query!(fetch_one(i64,), db, sql, channel.get(), message.get())?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Adds somebody's reaction; false when it was there. `place` orders an emoji that is new under the message.
pub async fn add(
    tx: &mut Tx,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
    user: UserId,
    place: i64,
) -> Result<bool> {
    let sql = "insert into reactors (channel_id, message_id, emoji, user_id) values ($1, $2, $3, $4)
        on conflict do nothing";
    if query!(run tx, sql, channel.get(), message.get(), emoji, user.get())? == 0 {
        return Ok(false);
    }
    let sql = "insert into reactions (channel_id, message_id, emoji, place, count) values ($1, $2, $3, $4, 1)
        on conflict (channel_id, message_id, emoji) do update set count = reactions.count + 1";
    query!(run tx, sql, channel.get(), message.get(), emoji, place)?;
    Ok(true)
}

/// Takes somebody's reaction back; false when there was none.
pub async fn remove(
    tx: &mut Tx,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
    user: UserId,
) -> Result<bool> {
    let sql =
        "delete from reactors where channel_id = $1 and message_id = $2 and emoji = $3 and user_id = $4";
    if query!(run tx, sql, channel.get(), message.get(), emoji, user.get())? == 0 {
        return Ok(false);
    }
    let sql =
        "update reactions set count = count - 1 where channel_id = $1 and message_id = $2 and emoji = $3";
    query!(run tx, sql, channel.get(), message.get(), emoji)?;
    let sql = "delete from reactions where channel_id = $1 and message_id = $2 and emoji = $3 and count = 0";
    query!(run tx, sql, channel.get(), message.get(), emoji)?;
    Ok(true)
}

/// Takes away what a message that is deleted shows of them, which is a few rows. Those who reacted may be everybody: they
/// are left to the [purge](super::purges).
pub async fn clear(tx: &mut Tx, channel: ChannelId, message: MessageId) -> Result<()> {
    let sql = "delete from reactions where channel_id = $1 and message_id = $2";
    if query!(run tx, sql, channel.get(), message.get())? > 0 {
        super::purges::schedule_reactors(tx, channel, message).await?;
    }
    Ok(())
}

/// The reactions to the messages from `first` to `last` as somebody sees them, by message.
pub async fn between(
    db: &mut impl Db,
    channel: ChannelId,
    first: i64,
    last: i64,
    viewer: UserId,
) -> Result<HashMap<i64, Vec<Reaction>>> {
    let sql = "select r.message_id, r.emoji, r.count, m.user_id from reactions r
        left join reactors m on m.user_id = $4 and m.channel_id = r.channel_id and m.message_id = r.message_id
            and m.emoji = r.emoji
        where r.channel_id = $1 and r.message_id >= $2 and r.message_id <= $3 order by r.message_id, r.place";
    let rows =
        query!(fetch_all(i64, String, i64, Option<i64>), db, sql, channel.get(), first, last, viewer.get())?;
    let mut found: HashMap<i64, Vec<Reaction>> = HashMap::new();
    for (message, emoji, count, mine) in rows {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        found.entry(message).or_default().push(Reaction { emoji, count, me: mine.is_some() });
    }
    Ok(found)
}

/// Up to `limit` people who react to a message with an emoji.
pub async fn people(
    db: &mut impl Db,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
    limit: usize,
) -> Result<Vec<User>> {
    let sql = "select u.id, u.username, u.display_name from reactors r join users u on u.id = r.user_id
        where r.channel_id = $1 and r.message_id = $2 and r.emoji = $3 order by r.user_id limit $4 + 0";
    let (channel, message, limit) = (channel.get(), message.get(), limit as i64);
    let rows = query!(fetch_all(i64, String, String), db, sql, channel, message, emoji, limit)?;
    let user = |(id, username, display_name)| User { id: Id::from_trusted(id), username, display_name };
    Ok(rows.into_iter().map(user).collect())
}
