//! How far people have read.

use protocol::entity::ReadMark;
use protocol::snapshot::UnreadChannel;
use protocol::{ChannelId, GuildId, Id, MessageId, Result, UserId};
use sqlx::FromRow;

use super::{Db, Tx};

/// A channel `c` as somebody (`$1`) has read it up to their mark `r`, with how often they were addressed after it: by name
/// or as one of those who were here, and otherwise by @everyone or one of their roles. A literal, because statements are
/// static text.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select c.guild_id, c.id, c.last_message_id, r.last_read_id, r.turns,
                (select count(*) from mentions n where n.user_id = $1 and n.channel_id = c.id
                    and n.message_id > coalesce(r.last_read_id, 0) and n.ways < 4)
                + (select count(distinct b.message_id) from broad_mentions b where b.channel_id = c.id
                    and b.message_id > coalesce(r.last_read_id, 0) and b.author_id <> $1
                    and (b.role_id = c.guild_id or exists (select 1 from member_roles mr
                        where mr.guild_id = c.guild_id and mr.user_id = $1 and mr.role_id = b.role_id))
                    and not exists (select 1 from mentions n where n.user_id = $1 and n.channel_id = c.id
                        and n.message_id = b.message_id)) as addressed ",
            $rest
        )
    };
}

#[derive(FromRow)]
struct Row {
    guild_id: Option<i64>,
    id: i64,
    last_message_id: Option<i64>,
    last_read_id: Option<i64>,
    turns: Option<i64>,
    addressed: i64,
}

impl Row {
    fn mark(self) -> ReadMark {
        ReadMark {
            channel_id: Id::from_trusted(self.id),
            last_read_id: self.last_read_id.map(Id::from_trusted),
            mentions: counter(self.addressed),
            turns: counter(self.turns.unwrap_or(0)),
        }
    }
}

fn counter(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// One mark, with the mentions after it; also of a thread, whose guild its own row names.
pub async fn get(db: &mut impl Db, user: UserId, channel: ChannelId) -> Result<ReadMark> {
    let sql = select!(
        "from (select p.id, p.last_message_id, coalesce(p.guild_id, t.guild_id) as guild_id
            from channels p left join threads t on t.id = p.id where p.id = $2) c
        left join read_marks r on r.user_id = $1 and r.channel_id = c.id"
    );
    let row = query!(fetch_optional Row, db, sql, user.get(), channel.get())?;
    let none = ReadMark { channel_id: channel, last_read_id: None, mentions: 0, turns: 0 };
    Ok(row.map_or(none, Row::mark))
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

/// Marks of a guild's channels that have any messages.
pub async fn of_guild(db: &mut impl Db, user: UserId, guild: GuildId) -> Result<Vec<ReadMark>> {
    let sql = select!(
        "from channels c left join read_marks r on r.user_id = $1 and r.channel_id = c.id
        where c.guild_id = $2 and (r.last_read_id is not null or c.last_message_id is not null) order by c.id"
    );
    Ok(query!(fetch_all Row, db, sql, user.get(), guild.get())?.into_iter().map(Row::mark).collect())
}

/// Marks of the threads that somebody follows in a guild, or in all without one.
pub(super) async fn of_followed(
    db: &mut impl Db,
    user: UserId,
    guild: Option<GuildId>,
) -> Result<Vec<ReadMark>> {
    let sql = select!(
        "from (select p.id, p.last_message_id, f.guild_id from thread_members f join channels p on p.id = f.thread_id
            where f.user_id = $1 and f.guild_id between $2 and $3) c
        left join read_marks r on r.user_id = $1 and r.channel_id = c.id order by c.id"
    );
    let (from, to) = guild.map_or((0, i64::MAX), |guild| (guild.get(), guild.get()));
    Ok(query!(fetch_all Row, db, sql, user.get(), from, to)?.into_iter().map(Row::mark).collect())
}

/// Marks of somebody's conversations.
pub async fn of_dms(db: &mut impl Db, user: UserId) -> Result<Vec<ReadMark>> {
    let sql = select!(
        "from dm_members d join channels c on c.id = d.channel_id
        left join read_marks r on r.user_id = $1 and r.channel_id = c.id
        where d.user_id = $1 and d.is_open order by c.id"
    );
    Ok(query!(fetch_all Row, db, sql, user.get())?.into_iter().map(Row::mark).collect())
}

/// Channels with something unread, in all of somebody's guilds.
pub async fn unread(db: &mut impl Db, user: UserId) -> Result<Vec<(GuildId, UnreadChannel)>> {
    let sql = select!(
        "from members m join channels c on c.guild_id = m.guild_id
        left join read_marks r on r.user_id = $1 and r.channel_id = c.id
        where m.user_id = $1 and c.last_message_id > coalesce(r.last_read_id, 0) order by c.id"
    );
    let rows = query!(fetch_all Row, db, sql, user.get())?;
    let unread = |row: Row| {
        let guild = Id::from_trusted(row.guild_id?);
        let last_message_id = Id::from_trusted(row.last_message_id?);
        let ReadMark { channel_id, last_read_id, mentions, turns } = row.mark();
        Some((guild, UnreadChannel { channel_id, last_message_id, last_read_id, mentions, turns }))
    };
    Ok(rows.into_iter().filter_map(unread).collect())
}
