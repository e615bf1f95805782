//! Removing what deleted messages, channels and guilds leave behind in small steps, so that no commit is long.
//!
//! Whatever is noted here is not told any more, from the commit that notes it on:
//! [`events_after`](super::streams::events_after) leaves it out of the log, and everything else is reached through the
//! row of the message, the channel or the guild, which is gone.

use protocol::{ChannelId, GuildId, Id, MessageId, Result};

use super::{Db, Tx, search_index, threads};

/// Notes that what was said in a channel is to go.
pub async fn schedule(tx: &mut Tx, channel: ChannelId) -> Result<()> {
    query!(run tx, "insert into purges (channel_id) values ($1) on conflict do nothing", channel.get())?;
    Ok(())
}

/// The same for all channels of a guild, and for its members and its log.
pub async fn schedule_guild(tx: &mut Tx, guild: GuildId) -> Result<()> {
    let sql =
        "insert into purges (channel_id) select id from channels where guild_id = $1 on conflict do nothing";
    query!(run tx, sql, guild.get())?;
    let sql = "insert into ended_streams (kind, id) values (0, $1) on conflict do nothing";
    query!(run tx, sql, guild.get())?;
    Ok(())
}

/// The same for those who reacted to a message.
pub async fn schedule_reactors(tx: &mut Tx, channel: ChannelId, message: MessageId) -> Result<()> {
    let sql = "insert into reactor_purges (channel_id, message_id) values ($1, $2) on conflict do nothing";
    query!(run tx, sql, channel.get(), message.get())?;
    Ok(())
}

/// A channel of which something is left.
pub async fn next(db: &mut impl Db) -> Result<Option<ChannelId>> {
    Ok(query!(fetch_optional(i64,), db, "select channel_id from purges limit 1")?
        .map(|(id,)| Id::from_trusted(id)))
}

/// A deleted guild of which something is left.
pub async fn next_guild(db: &mut impl Db) -> Result<Option<GuildId>> {
    Ok(query!(fetch_optional(i64,), db, "select id from ended_streams where kind = 0 limit 1")?
        .map(|(id,)| Id::from_trusted(id)))
}

/// A deleted message that has reactors left.
pub async fn next_message(db: &mut impl Db) -> Result<Option<(ChannelId, MessageId)>> {
    let row =
        query!(fetch_optional(i64, i64), db, "select channel_id, message_id from reactor_purges limit 1")?;
    Ok(row.map(|(channel, message)| (Id::from_trusted(channel), Id::from_trusted(message))))
}

/// What a channel leaves, in the order it is removed: up to `$2` rows each. That it was deleted stays in the log.
const LEFT: [&str; 10] = [
    "delete from events where (stream_kind, stream_id, rev) in (select stream_kind, stream_id, rev from events
        where channel_id = $1 and kind not in ('channel_deleted', 'thread_deleted') limit $2)",
    "delete from messages where channel_id = $1
        and id in (select id from messages where channel_id = $1 order by id limit $2)",
    // Their files go after this, with their rows.
    "update attachments set message_id = null, expires_at = 0 where id in (select id from attachments
        where channel_id = $1 and (expires_at is null or expires_at > 0) limit $2)",
    // So do their previews, which are looked for by who shows them.
    "delete from embeds where (message_id, place) in (select message_id, place from embeds
        where channel_id = $1 limit $2) and channel_id = $1",
    "delete from mentions where (user_id, channel_id, message_id) in (select user_id, channel_id, message_id
        from mentions where channel_id = $1 limit $2)",
    "delete from broad_mentions where channel_id = $1 and (message_id, role_id) in (select message_id, role_id
        from broad_mentions where channel_id = $1 limit $2)",
    "delete from reactors where (message_id, emoji, user_id) in (select message_id, emoji, user_id from reactors
        where channel_id = $1 limit $2) and channel_id = $1",
    "delete from reactions where (message_id, emoji) in (select message_id, emoji from reactions
        where channel_id = $1 limit $2) and channel_id = $1",
    "delete from read_marks where (user_id, channel_id) in (select user_id, channel_id from read_marks
        where channel_id = $1 limit $2)",
    "delete from thread_members where thread_id = $1 and (user_id, guild_id) in (select user_id, guild_id
        from thread_members where thread_id = $1 limit $2)",
];

/// Removes up to `limit` rows of what a channel left; when nothing is left, forgets the channel. Returns whether
/// there may be more.
pub async fn step(tx: &mut Tx, channel: ChannelId, limit: i64) -> Result<bool> {
    // While this one is noted nothing of its threads is told; after that each is noted itself.
    if threads::delete_some_of_channel(tx, channel, limit).await? > 0 {
        return Ok(true);
    }
    // Before the messages, because it is found by the texts of the messages.
    if search_index::forget_some(tx, channel, limit).await? > 0 {
        return Ok(true);
    }
    let mut room = limit;
    for sql in LEFT {
        room -= query!(run tx, sql, channel.get(), room)?.cast_signed();
        if room <= 0 {
            return Ok(true);
        }
    }
    search_index::forget_position(tx, channel).await?;
    query!(run tx, "delete from purges where channel_id = $1", channel.get())?;
    Ok(false)
}

/// What a guild leaves, likewise. Its end stays in the log: those who are on their way back are told.
const LEFT_OF_GUILD: [&str; 3] = [
    "delete from member_roles where guild_id = $1 and (user_id, role_id) in (select user_id, role_id
        from member_roles where guild_id = $1 order by user_id, role_id limit $2)",
    "delete from members where guild_id = $1
        and user_id in (select user_id from members where guild_id = $1 order by user_id limit $2)",
    "delete from events where stream_kind = 0 and stream_id = $1 and rev in (select rev from events
        where stream_kind = 0 and stream_id = $1 and kind <> 'guild_deleted' order by rev limit $2)",
];

/// Removes up to `limit` rows of what a deleted guild left; when nothing is left, forgets that. Returns whether there
/// may be more.
pub async fn step_guild(tx: &mut Tx, guild: GuildId, limit: i64) -> Result<bool> {
    if threads::delete_some_of_guild(tx, guild, limit).await? > 0 {
        return Ok(true);
    }
    let mut room = limit;
    for sql in LEFT_OF_GUILD {
        room -= query!(run tx, sql, guild.get(), room)?.cast_signed();
        if room <= 0 {
            return Ok(true);
        }
    }
    query!(run tx, "delete from ended_streams where kind = 0 and id = $1", guild.get())?;
    Ok(false)
}

/// Removes up to `limit` of those who reacted to a deleted message; when nobody is left, forgets the message. Returns
/// whether there may be more.
pub async fn step_message(tx: &mut Tx, channel: ChannelId, message: MessageId, limit: i64) -> Result<bool> {
    let sql = "delete from reactors where channel_id = $1 and message_id = $2 and (emoji, user_id) in (
        select emoji, user_id from reactors where channel_id = $1 and message_id = $2 limit $3)";
    if query!(run tx, sql, channel.get(), message.get(), limit)?.cast_signed() >= limit {
        return Ok(true);
    }
    let sql = "delete from reactor_purges where channel_id = $1 and message_id = $2";
    query!(run tx, sql, channel.get(), message.get())?;
    Ok(false)
}
