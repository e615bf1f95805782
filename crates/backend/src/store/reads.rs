//! How far people have read.

use protocol::entity::ReadMark;
use protocol::snapshot::UnreadChannel;
use protocol::{ChannelId, GuildId, Id, MessageId, Result, UserId};

use super::{Db, Tx};

/// One mark, with the mentions after it.
pub async fn get(db: &mut impl Db, user: UserId, channel: ChannelId) -> Result<ReadMark> {
    let sql = "select last_read_id, turns from read_marks where user_id = $1 and channel_id = $2";
    let (last, turns) = query!(fetch_optional(i64, i64), db, sql, user.get(), channel.get())?.unzip();
    let sql = "select count(*) from mentions where user_id = $1 and channel_id = $2 and message_id > $3";
    let (mentions,) = query!(fetch_one(i64,), db, sql, user.get(), channel.get(), last.unwrap_or(0))?;
    Ok(mark((channel.get(), last, turns, mentions)))
}

/// Moves a mark forward; false if it was there or further.
pub async fn advance(tx: &mut Tx, user: UserId, channel: ChannelId, to: MessageId) -> Result<bool> {
    let sql = "insert into read_marks (user_id, channel_id, last_read_id) values ($1, $2, $3)
        on conflict (user_id, channel_id) do update set last_read_id = excluded.last_read_id
        where read_marks.last_read_id < excluded.last_read_id";
    Ok(query!(run tx, sql, user.get(), channel.get(), to.get())? == 1)
}

/// Moves a mark back to before a message.
pub async fn turn_back(tx: &mut Tx, user: UserId, channel: ChannelId, before: MessageId) -> Result<()> {
    // Marks are compared and nothing more: there need not be a message of that id.
    let sql = "update read_marks set last_read_id = $3 - 1, turns = turns + 1
        where user_id = $1 and channel_id = $2 and last_read_id >= $3";
    query!(run tx, sql, user.get(), channel.get(), before.get())?;
    Ok(())
}

/// Marks a channel of a new member as read: what was said before they came is not unread.
pub async fn start_at_end(tx: &mut Tx, user: UserId, guild: GuildId) -> Result<()> {
    let sql = "insert into read_marks (user_id, channel_id, last_read_id)
        select $1, id, last_message_id from channels where guild_id = $2 and last_message_id is not null
        on conflict (user_id, channel_id) do update set last_read_id = excluded.last_read_id
        where read_marks.last_read_id < excluded.last_read_id";
    query!(run tx, sql, user.get(), guild.get())?;
    Ok(())
}

/// Channel, newest message seen, moves back, mentions after it.
type MarkRow = (i64, Option<i64>, Option<i64>, i64);

fn mark((channel, last, turns, mentions): MarkRow) -> ReadMark {
    ReadMark {
        channel_id: Id::from_trusted(channel),
        last_read_id: last.map(Id::from_trusted),
        mentions: u32::try_from(mentions).unwrap_or(u32::MAX),
        turns: turns_of(turns),
    }
}

fn turns_of(turns: Option<i64>) -> u32 {
    turns.map_or(0, |turns| u32::try_from(turns).unwrap_or(u32::MAX))
}

/// Marks of a guild's channels that have any messages.
pub async fn of_guild(db: &mut impl Db, user: UserId, guild: GuildId) -> Result<Vec<ReadMark>> {
    let sql = "select c.id, r.last_read_id, r.turns,
            (select count(*) from mentions n where n.user_id = $1 and n.channel_id = c.id
                and n.message_id > coalesce(r.last_read_id, 0))
        from channels c left join read_marks r on r.user_id = $1 and r.channel_id = c.id
        where c.guild_id = $2 and (r.last_read_id is not null or c.last_message_id is not null) order by c.id";
    Ok(query!(fetch_all MarkRow, db, sql, user.get(), guild.get())?.into_iter().map(mark).collect())
}

/// Marks of somebody's conversations.
pub async fn of_dms(db: &mut impl Db, user: UserId) -> Result<Vec<ReadMark>> {
    let sql = "select d.channel_id, r.last_read_id, r.turns,
            (select count(*) from mentions n where n.user_id = $1 and n.channel_id = d.channel_id
                and n.message_id > coalesce(r.last_read_id, 0))
        from dm_members d left join read_marks r on r.user_id = $1 and r.channel_id = d.channel_id
        where d.user_id = $1 and d.is_open order by d.channel_id";
    Ok(query!(fetch_all MarkRow, db, sql, user.get())?.into_iter().map(mark).collect())
}

/// Channels with something unread, in all of somebody's guilds.
pub async fn unread(db: &mut impl Db, user: UserId) -> Result<Vec<(GuildId, UnreadChannel)>> {
    let sql = "select c.guild_id, c.id, c.last_message_id, r.last_read_id, r.turns,
            (select count(*) from mentions n where n.user_id = $1 and n.channel_id = c.id
                and n.message_id > coalesce(r.last_read_id, 0))
        from members m join channels c on c.guild_id = m.guild_id
        left join read_marks r on r.user_id = $1 and r.channel_id = c.id
        where m.user_id = $1 and c.last_message_id > coalesce(r.last_read_id, 0) order by c.id";
    let rows = query!(fetch_all(i64, i64, i64, Option<i64>, Option<i64>, i64), db, sql, user.get())?;
    let unread =
        |(guild, channel, last, read, turns, mentions): (i64, i64, i64, Option<i64>, Option<i64>, i64)| {
            let channel = UnreadChannel {
                channel_id: Id::from_trusted(channel),
                last_message_id: Id::from_trusted(last),
                last_read_id: read.map(Id::from_trusted),
                mentions: u32::try_from(mentions).unwrap_or(u32::MAX),
                turns: turns_of(turns),
            };
            (Id::from_trusted(guild), channel)
        };
    Ok(rows.into_iter().map(unread).collect())
}
