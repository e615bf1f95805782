//! Threads, and who follows them.
//!
//! A thread counts only together with its parent: threads of a deleted channel are there until the purge comes to them, and
//! whatever reads them asks for the parent's row as well, or is asked about a parent that was found.

use std::collections::HashMap;

use protocol::entity::{Channel, ChannelKind, FollowedThread, ReadMark, Thread, ThreadSummary};
use protocol::{ChannelId, GuildId, Id, MessageId, Result, UserId};
use sqlx::FromRow;

use super::{Db, Tx, purges, reads};

/// Columns of a thread with its channel. A literal, because statements are static text.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select t.id, t.guild_id, t.parent_id, t.owner_id, t.starter_id, t.message_count, t.active_id,
                t.auto_archive_minutes, t.archived_at, c.name, c.last_message_id,
                (select s.id from messages s where s.channel_id = t.parent_id and s.id = t.starter_id) as found_starter
            from threads t join channels c on c.id = t.id ",
            $rest
        )
    };
}

#[derive(FromRow)]
struct Row {
    id: i64,
    guild_id: i64,
    parent_id: i64,
    owner_id: i64,
    starter_id: Option<i64>,
    message_count: i64,
    active_id: i64,
    auto_archive_minutes: i64,
    archived_at: Option<i64>,
    name: String,
    last_message_id: Option<i64>,
    found_starter: Option<i64>,
}

impl From<Row> for Channel {
    fn from(row: Row) -> Self {
        let active: MessageId = Id::from_trusted(row.active_id);
        let thread = Thread {
            owner_id: Id::from_trusted(row.owner_id),
            starter_id: row.starter_id.map(Id::from_trusted),
            starter_gone: row.starter_id != row.found_starter,
            message_count: u32::try_from(row.message_count).unwrap_or_default(),
            active_at: active.created_at(),
            auto_archive_minutes: u32::try_from(row.auto_archive_minutes).unwrap_or(u32::MAX),
            is_archived: row.archived_at.is_some(),
        };
        Self {
            id: Id::from_trusted(row.id),
            guild_id: Id::from_trusted(row.guild_id),
            kind: ChannelKind::Thread,
            name: row.name,
            topic: String::new(),
            parent_id: Some(Id::from_trusted(row.parent_id)),
            position: 0,
            overwrites: Vec::new(),
            last_message_id: row.last_message_id.map(Id::from_trusted),
            thread: Some(thread),
        }
    }
}

/// A new thread.
#[derive(Debug)]
pub struct NewThread<'a> {
    /// Where.
    pub guild: GuildId,
    /// Of which channel.
    pub parent: ChannelId,
    /// Who starts it.
    pub owner: UserId,
    /// Its name.
    pub name: &'a str,
    /// From which message.
    pub starter: Option<MessageId>,
    /// After so many minutes of silence it is archived.
    pub auto_archive_minutes: u32,
}

/// A thread by id, as long as its parent is there.
pub async fn by_id(db: &mut impl Db, id: ChannelId) -> Result<Option<Channel>> {
    let sql = select!("join channels p on p.id = t.parent_id where t.id = $1");
    Ok(query!(fetch_optional Row, db, sql, id.get())?.map(Channel::from))
}

/// The thread that was started from a message.
pub async fn of_starter(
    db: &mut impl Db,
    parent: ChannelId,
    starter: MessageId,
) -> Result<Option<ChannelId>> {
    let sql = "select id from threads where parent_id = $1 and starter_id = $2";
    let row = query!(fetch_optional(i64,), db, sql, parent.get(), starter.get())?;
    Ok(row.map(|(id,)| Id::from_trusted(id)))
}

/// The threads that were started from a stretch of messages, by message.
pub(super) async fn between(
    db: &mut impl Db,
    parent: ChannelId,
    first: i64,
    last: i64,
) -> Result<HashMap<i64, ThreadSummary>> {
    let sql = "select t.starter_id, t.id, c.name, t.message_count, c.last_message_id, t.archived_at
        from threads t join channels c on c.id = t.id
        where t.parent_id = $1 and t.starter_id >= $2 and t.starter_id <= $3";
    type Row = (i64, i64, String, i64, Option<i64>, Option<i64>);
    let rows = query!(fetch_all Row, db, sql, parent.get(), first, last)?;
    let summary = |(starter, id, name, count, last, archived_at): Row| {
        let summary = ThreadSummary {
            id: Id::from_trusted(id),
            name,
            message_count: u32::try_from(count).unwrap_or_default(),
            last_message_id: last.map(Id::from_trusted),
            is_archived: archived_at.is_some(),
        };
        (starter, summary)
    };
    Ok(rows.into_iter().map(summary).collect())
}

/// How many threads of a guild are not archived.
pub async fn count_active(db: &mut impl Db, guild: GuildId) -> Result<usize> {
    let sql = "select count(*) from threads where guild_id = $1 and archived_at is null";
    let (count,) = query!(fetch_one(i64,), db, sql, guild.get())?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// The threads of a guild that are not archived, whoever may see them.
pub async fn active(db: &mut impl Db, guild: GuildId) -> Result<Vec<Channel>> {
    let sql = select!("where t.guild_id = $1 and t.archived_at is null order by t.id");
    Ok(query!(fetch_all Row, db, sql, guild.get())?.into_iter().map(Channel::from).collect())
}

/// Threads of a channel, archived ones or the others, the one that was active last first; those before `before`, with where
/// each stands in this order.
pub async fn list(
    db: &mut impl Db,
    parent: ChannelId,
    archived: bool,
    before: Option<MessageId>,
    limit: usize,
) -> Result<Vec<(MessageId, Channel)>> {
    let sql = if archived {
        select!(
            "where t.parent_id = $1 and t.archived_at is not null and t.active_id < $2
            order by t.active_id desc limit $3 + 0"
        )
    } else {
        select!(
            "where t.parent_id = $1 and t.archived_at is null and t.active_id < $2
            order by t.active_id desc limit $3 + 0"
        )
    };
    let before = before.map_or(i64::MAX, Id::get);
    let rows = query!(fetch_all Row, db, sql, parent.get(), before, limit as i64)?;
    Ok(rows.into_iter().map(|row| (Id::from_trusted(row.active_id), Channel::from(row))).collect())
}

/// The threads of a guild that were active last, archived or not, each with its parent.
pub async fn latest(db: &mut impl Db, guild: GuildId, limit: usize) -> Result<Vec<(ChannelId, ChannelId)>> {
    let sql = "select id, parent_id from threads where guild_id = $1 order by active_id desc limit $2 + 0";
    let rows = query!(fetch_all(i64, i64), db, sql, guild.get(), limit as i64)?;
    Ok(rows.into_iter().map(|(id, parent)| (Id::from_trusted(id), Id::from_trusted(parent))).collect())
}

/// Adds a thread.
pub async fn insert(tx: &mut Tx, new: &NewThread<'_>) -> Result<ChannelId> {
    let id: ChannelId = tx.new_id();
    let sql = "insert into channels (id, kind, name) values ($1, $2, $3)";
    query!(run tx, sql, id.get(), i64::from(ChannelKind::Thread.number()), new.name)?;
    let sql =
        "insert into threads (id, guild_id, parent_id, owner_id, starter_id, active_id, auto_archive_minutes)
        values ($1, $2, $3, $4, $5, $1, $6)";
    let (guild, parent, owner) = (new.guild.get(), new.parent.get(), new.owner.get());
    let minutes = i64::from(new.auto_archive_minutes);
    query!(run tx, sql, id.get(), guild, parent, owner, new.starter.map(Id::get), minutes)?;
    Ok(id)
}

/// Replaces what its owner may change. One that is opened again counts as active from now on.
pub async fn update(tx: &mut Tx, id: ChannelId, name: &str, minutes: u32, archived: bool) -> Result<()> {
    query!(run tx, "update channels set name = $2 where id = $1", id.get(), name)?;
    let sql = "update threads set auto_archive_minutes = $2 where id = $1";
    query!(run tx, sql, id.get(), i64::from(minutes))?;
    if archived {
        let (sql, now) =
            ("update threads set archived_at = $2 where id = $1 and archived_at is null", tx.now_ms());
        query!(run tx, sql, id.get(), now)?;
    } else {
        let now: MessageId = tx.new_id();
        let sql =
            "update threads set archived_at = null, active_id = $2 where id = $1 and archived_at is not null";
        query!(run tx, sql, id.get(), now.get())?;
    }
    Ok(())
}

/// Counts a message that was said in a thread, which makes it active.
pub async fn said(tx: &mut Tx, id: ChannelId, message: MessageId) -> Result<()> {
    let sql = "update threads set message_count = message_count + 1, active_id = $2 where id = $1";
    query!(run tx, sql, id.get(), message.get())?;
    Ok(())
}

/// Counts a message of a thread that was deleted.
pub async fn unsaid(tx: &mut Tx, id: ChannelId) -> Result<()> {
    query!(run tx, "update threads set message_count = message_count - 1 where id = $1", id.get())?;
    Ok(())
}

/// Removes a thread. Its messages, marks and followers are left to the purge.
pub async fn delete(tx: &mut Tx, id: ChannelId) -> Result<()> {
    purges::schedule(tx, id).await?;
    query!(run tx, "delete from channels where id = $1", id.get())?;
    Ok(())
}

/// Notes and removes threads of a channel, those that are not archived and the others: each along its index.
const OF_CHANNEL: [(&str, &str); 2] = [
    (
        "insert into purges (channel_id) select id from threads where parent_id = $1 and archived_at is null
            order by active_id limit $2 on conflict do nothing",
        "delete from channels where id in (select id from threads where parent_id = $1 and archived_at is null
            order by active_id limit $2)",
    ),
    (
        "insert into purges (channel_id) select id from threads where parent_id = $1 and archived_at is not null
            order by active_id limit $2 on conflict do nothing",
        "delete from channels where id in (select id from threads where parent_id = $1 and archived_at is not null
            order by active_id limit $2)",
    ),
];

/// Removes threads of a channel that is gone, up to `limit` of either kind; returns how many.
pub(super) async fn delete_some_of_channel(tx: &mut Tx, parent: ChannelId, limit: i64) -> Result<u64> {
    let mut removed = 0;
    for (note, delete) in OF_CHANNEL {
        query!(run tx, note, parent.get(), limit)?;
        removed += query!(run tx, delete, parent.get(), limit)?;
    }
    Ok(removed)
}

/// Removes up to `limit` threads of a guild that is gone; returns how many.
pub(super) async fn delete_some_of_guild(tx: &mut Tx, guild: GuildId, limit: i64) -> Result<u64> {
    let note =
        "insert into purges (channel_id) select id from threads where guild_id = $1 order by active_id limit $2
        on conflict do nothing";
    query!(run tx, note, guild.get(), limit)?;
    let sql = "delete from channels where id in (select id from threads where guild_id = $1 order by active_id limit $2)";
    query!(run tx, sql, guild.get(), limit)
}

/// Threads in which nothing has happened since a moment, of those that are archived after so many minutes: up to `limit`,
/// after one of them, the one that was quiet for longest first; each with its guild and where it stands in this order.
pub async fn idle(
    db: &mut impl Db,
    minutes: u32,
    since: MessageId,
    after: MessageId,
    limit: i64,
) -> Result<Vec<(MessageId, GuildId, ChannelId)>> {
    let sql = "select active_id, guild_id, id from threads
        where archived_at is null and auto_archive_minutes = $1 and active_id < $2 and active_id > $3
        order by active_id limit $4 + 0";
    let rows =
        query!(fetch_all(i64, i64, i64), db, sql, i64::from(minutes), since.get(), after.get(), limit)?;
    let ids = |(active, guild, id)| (Id::from_trusted(active), Id::from_trusted(guild), Id::from_trusted(id));
    Ok(rows.into_iter().map(ids).collect())
}

/// Archives a thread if nothing has happened in it since a moment; false if something has.
pub async fn archive_idle(tx: &mut Tx, id: ChannelId, since: MessageId) -> Result<bool> {
    let now = tx.now_ms();
    let sql = "update threads set archived_at = $2 where id = $1 and archived_at is null and active_id < $3";
    Ok(query!(run tx, sql, id.get(), now, since.get())? == 1)
}

/// Whether somebody follows a thread, and if so whether it is muted for them.
pub async fn following(
    db: &mut impl Db,
    user: UserId,
    guild: GuildId,
    thread: ChannelId,
) -> Result<Option<bool>> {
    let sql = "select is_muted from thread_members where user_id = $1 and guild_id = $2 and thread_id = $3";
    let row = query!(fetch_optional(bool,), db, sql, user.get(), guild.get(), thread.get())?;
    Ok(row.map(|(is_muted,)| is_muted))
}

/// Follows a thread, in this way; false if that was so already.
pub async fn follow(
    tx: &mut Tx,
    user: UserId,
    guild: GuildId,
    thread: ChannelId,
    muted: bool,
) -> Result<bool> {
    let sql = "insert into thread_members (user_id, guild_id, thread_id, is_muted) values ($1, $2, $3, $4)
        on conflict (user_id, guild_id, thread_id) do update set is_muted = excluded.is_muted
        where thread_members.is_muted <> excluded.is_muted";
    Ok(query!(run tx, sql, user.get(), guild.get(), thread.get(), muted)? == 1)
}

/// Stops following a thread; false if that was so already. The read mark stays and counts for nothing.
pub async fn unfollow(tx: &mut Tx, user: UserId, guild: GuildId, thread: ChannelId) -> Result<bool> {
    let sql = "delete from thread_members where user_id = $1 and guild_id = $2 and thread_id = $3";
    Ok(query!(run tx, sql, user.get(), guild.get(), thread.get())? == 1)
}

/// Stops following all threads of a guild.
pub(super) async fn unfollow_all(tx: &mut Tx, user: UserId, guild: GuildId) -> Result<()> {
    let sql = "delete from thread_members where user_id = $1 and guild_id = $2";
    query!(run tx, sql, user.get(), guild.get())?;
    Ok(())
}

/// The thread that somebody follows beyond the `most` that were active last; none while they follow no more.
pub async fn surplus(
    db: &mut impl Db,
    user: UserId,
    guild: GuildId,
    most: usize,
) -> Result<Option<ChannelId>> {
    let sql = "select f.thread_id from thread_members f join threads t on t.id = f.thread_id
        where f.user_id = $1 and f.guild_id = $2 order by t.active_id desc limit 1 offset $3";
    let row = query!(fetch_optional(i64,), db, sql, user.get(), guild.get(), most as i64)?;
    Ok(row.map(|(id,)| Id::from_trusted(id)))
}

#[derive(FromRow)]
struct FollowedRow {
    guild_id: i64,
    parent_id: i64,
    thread_id: i64,
    is_muted: bool,
    archived_at: Option<i64>,
    last_message_id: Option<i64>,
}

/// The threads somebody follows, in a guild or in all without one, each with its guild, whether they may still see them or
/// not.
pub async fn followed(
    db: &mut impl Db,
    user: UserId,
    guild: Option<GuildId>,
) -> Result<Vec<(GuildId, FollowedThread)>> {
    let sql = "select f.guild_id, t.parent_id, f.thread_id, f.is_muted, t.archived_at, c.last_message_id
        from thread_members f join threads t on t.id = f.thread_id join channels c on c.id = t.id
        join channels p on p.id = t.parent_id
        where f.user_id = $1 and f.guild_id between $2 and $3 order by f.thread_id";
    let (from, to) = guild.map_or((0, i64::MAX), |guild| (guild.get(), guild.get()));
    let rows = query!(fetch_all FollowedRow, db, sql, user.get(), from, to)?;
    let marks = reads::of_followed(db, user, guild).await?.into_iter();
    let marks: HashMap<ChannelId, ReadMark> = marks.map(|mark| (mark.channel_id, mark)).collect();
    let thread = |row: FollowedRow| {
        let thread_id = Id::from_trusted(row.thread_id);
        let mark = marks.get(&thread_id);
        let thread = FollowedThread {
            thread_id,
            parent_id: Id::from_trusted(row.parent_id),
            is_muted: row.is_muted,
            is_archived: row.archived_at.is_some(),
            last_message_id: row.last_message_id.map(Id::from_trusted),
            last_read_id: mark.and_then(|mark| mark.last_read_id),
            mentions: mark.map_or(0, |mark| mark.mentions),
            turns: mark.map_or(0, |mark| mark.turns),
        };
        (Id::from_trusted(row.guild_id), thread)
    };
    Ok(rows.into_iter().map(thread).collect())
}
