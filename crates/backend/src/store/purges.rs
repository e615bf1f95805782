//! Removing the messages of deleted channels in small steps, so that no commit is long.

use protocol::{ChannelId, GuildId, Id, Result};

use super::{Db, Tx};

/// Notes that a channel's messages are to go.
pub async fn schedule(tx: &mut Tx, channel: ChannelId) -> Result<()> {
    query!(run tx, "insert into purges (channel_id) values ($1) on conflict do nothing", channel.get())?;
    Ok(())
}

/// The same for all channels of a guild.
pub async fn schedule_guild(tx: &mut Tx, guild: GuildId) -> Result<()> {
    let sql =
        "insert into purges (channel_id) select id from channels where guild_id = $1 on conflict do nothing";
    query!(run tx, sql, guild.get())?;
    Ok(())
}

/// A channel whose messages are to go.
pub async fn next(db: &mut impl Db) -> Result<Option<ChannelId>> {
    Ok(query!(fetch_optional(i64,), db, "select channel_id from purges limit 1")?
        .map(|(id,)| Id::from_trusted(id)))
}

/// Removes up to `limit` messages; when none are left, forgets the channel. Returns whether there is more.
pub async fn step(tx: &mut Tx, channel: ChannelId, limit: i64) -> Result<bool> {
    let sql = "delete from messages where channel_id = $1
        and id in (select id from messages where channel_id = $1 order by id limit $2)";
    let removed = query!(run tx, sql, channel.get(), limit)?;
    if removed > 0 {
        return Ok(true);
    }
    query!(run tx, "delete from mentions where channel_id = $1", channel.get())?;
    query!(run tx, "delete from purges where channel_id = $1", channel.get())?;
    Ok(false)
}
