//! Whom messages address: people row by row, all who have a role with one row.

use std::collections::HashMap;

use protocol::entity::User;
use protocol::id::{EPOCH_MS, NODE_BITS, SEQUENCE_BITS};
use protocol::{ChannelId, GuildId, Id, MessageId, Result, RoleId, UserId, permissions};

use super::tx::Conn;
use super::{Db, Tx};

/// By name.
const NAMED: i64 = 1;
/// By `@here`.
const HERE: i64 = 2;
/// The author by their own hand, for whom it does not count.
const OWN: i64 = 4;
/// In place of a role: `@here`.
const HERE_ROLE: i64 = 0;

/// Whom one message addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Called {
    /// People by name, by id.
    pub names: Vec<User>,
    /// Everybody who can view the channel,
    pub everyone: bool,
    /// but of those only these, by id: they were here.
    pub here: Option<Vec<UserId>>,
    /// All with one of these roles, by id.
    pub roles: Vec<RoleId>,
}

/// Notes whom a new message addresses.
pub async fn insert(
    tx: &mut Tx,
    guild: Option<GuildId>,
    channel: ChannelId,
    message: MessageId,
    author: UserId,
    called: &Called,
) -> Result<()> {
    for user in &called.names {
        let ways = if user.id == author { NAMED | OWN } else { NAMED };
        add(tx, user.id, channel, message, ways).await?;
    }
    for user in called.here.iter().flatten() {
        add(tx, *user, channel, message, HERE).await?;
    }
    let everyone = guild.filter(|_| called.everyone).map(|guild| match called.here {
        Some(_) => HERE_ROLE,
        None => permissions::everyone_role(guild).get(),
    });
    for role in everyone.into_iter().chain(called.roles.iter().map(|role| role.get())) {
        let sql =
            "insert into broad_mentions (channel_id, message_id, role_id, author_id) values ($1, $2, $3, $4)";
        query!(run tx, sql, channel.get(), message.get(), role, author.get())?;
    }
    Ok(())
}

async fn add(tx: &mut Tx, user: UserId, channel: ChannelId, message: MessageId, ways: i64) -> Result<()> {
    let sql = "insert into mentions (user_id, channel_id, message_id, ways) values ($1, $2, $3, $4)
        on conflict (user_id, channel_id, message_id) do update set ways = mentions.ways | excluded.ways";
    query!(run tx, sql, user.get(), channel.get(), message.get(), ways)?;
    Ok(())
}

/// Takes back what a message addressed before and not any more.
pub async fn keep_only(
    tx: &mut Tx,
    channel: ChannelId,
    message: MessageId,
    before: &Called,
    now: &Called,
) -> Result<()> {
    for user in before.names.iter().filter(|user| !now.names.contains(user)) {
        let sql =
            "update mentions set ways = ways & $4 where user_id = $1 and channel_id = $2 and message_id = $3";
        query!(run tx, sql, user.id.get(), channel.get(), message.get(), HERE)?;
    }
    if before.everyone && !now.everyone {
        let sql = "update mentions set ways = ways & $3 where channel_id = $1 and message_id = $2";
        query!(run tx, sql, channel.get(), message.get(), NAMED | OWN)?;
        let sql = "delete from broad_mentions where channel_id = $1 and message_id = $2
            and role_id in ($3, (select coalesce(c.guild_id, t.guild_id) from channels c
                left join threads t on t.id = c.id where c.id = $1))";
        query!(run tx, sql, channel.get(), message.get(), HERE_ROLE)?;
    }
    for role in before.roles.iter().filter(|role| !now.roles.contains(role)) {
        let sql = "delete from broad_mentions where channel_id = $1 and message_id = $2 and role_id = $3";
        query!(run tx, sql, channel.get(), message.get(), role.get())?;
    }
    let sql = "delete from mentions where channel_id = $1 and message_id = $2 and ways = 0";
    query!(run tx, sql, channel.get(), message.get())?;
    Ok(())
}

/// Takes back all that a message addressed.
pub async fn delete(tx: &mut Tx, channel: ChannelId, message: MessageId) -> Result<()> {
    let sql = "delete from mentions where channel_id = $1 and message_id = $2";
    query!(run tx, sql, channel.get(), message.get())?;
    let sql = "delete from broad_mentions where channel_id = $1 and message_id = $2";
    query!(run tx, sql, channel.get(), message.get())?;
    Ok(())
}

/// Whom the messages from one to another address, by message.
pub async fn between(
    db: &mut impl Db,
    channel: ChannelId,
    first: i64,
    last: i64,
) -> Result<HashMap<i64, Called>> {
    let mut found: HashMap<i64, Called> = HashMap::new();
    // First, because what is said of those who were here depends on it.
    let sql = "select b.message_id, b.role_id, coalesce(c.guild_id, t.guild_id) from broad_mentions b
        join channels c on c.id = b.channel_id left join threads t on t.id = c.id
        where b.channel_id = $1 and b.message_id >= $2 and b.message_id <= $3 order by b.message_id, b.role_id";
    for (message, role, guild) in
        query!(fetch_all(i64, i64, Option<i64>), db, sql, channel.get(), first, last)?
    {
        let called = found.entry(message).or_default();
        match role {
            HERE_ROLE => (called.everyone, called.here) = (true, Some(Vec::new())),
            role if guild == Some(role) => called.everyone = true,
            role => called.roles.push(Id::from_trusted(role)),
        }
    }
    let sql = "select n.message_id, n.ways, u.id, u.username, u.display_name from mentions n join users u on u.id = n.user_id
        where n.channel_id = $1 and n.message_id >= $2 and n.message_id <= $3 order by n.message_id, u.id";
    for (message, ways, id, username, display_name) in
        query!(fetch_all(i64, i64, i64, String, String), db, sql, channel.get(), first, last)?
    {
        let called = found.entry(message).or_default();
        let id = Id::from_trusted(id);
        if ways & HERE != 0
            && let Some(here) = &mut called.here
        {
            here.push(id);
        }
        if ways & NAMED != 0 {
            called.names.push(User { id, username, display_name });
        }
    }
    Ok(found)
}

/// The newest messages before one that address somebody, as channel and id, newest first, up to `limit`. Only those by
/// name, or all.
///
/// Of roles those count that they have now, and what was said since they joined: what everybody was told before they came
/// was not for them. Who may read what is not asked here.
pub async fn newest(
    db: &mut impl Db,
    user: UserId,
    before: Option<MessageId>,
    only_named: bool,
    limit: usize,
) -> Result<Vec<(ChannelId, MessageId)>> {
    let before = before.map_or(i64::MAX, Id::get);
    let ways = if only_named { NAMED } else { NAMED | HERE };
    let sql = "select channel_id, message_id from mentions where user_id = $1 and message_id < $2
        and ways < $3 and (ways & $4) <> 0 order by message_id desc limit $5 + 0";
    let mut found = query!(fetch_all(i64, i64), db, sql, user.get(), before, OWN, ways, limit as i64)?;
    if !only_named {
        found.extend(newest_broad(db, user, before, limit).await?);
        found.sort_unstable_by_key(|(_, message)| std::cmp::Reverse(*message));
        found.dedup();
        found.truncate(limit);
    }
    let ids = |(channel, message)| (Id::from_trusted(channel), Id::from_trusted(message));
    Ok(found.into_iter().map(ids).collect())
}

/// The newest of each role, which are a few steps along its index each.
async fn newest_broad(db: &mut impl Db, user: UserId, before: i64, limit: usize) -> Result<Vec<(i64, i64)>> {
    let sql = match db.conn() {
        Conn::Sqlite(_) => {
            "select b.channel_id, b.message_id from members m join roles r on r.guild_id = m.guild_id
                join broad_mentions b on b.role_id = r.id
            where m.user_id = $1 and (r.id = m.guild_id or exists (select 1 from member_roles mr
                    where mr.guild_id = m.guild_id and mr.user_id = $1 and mr.role_id = r.id))
                and b.message_id in (select x.message_id from broad_mentions x
                    where x.role_id = r.id and x.message_id < $2 and x.message_id >= (m.joined_at - $4) << $5
                        and x.author_id <> $1 order by x.message_id desc limit $3 + 0)"
        }
        Conn::Postgres(_) => {
            "select b.channel_id, b.message_id from members m join roles r on r.guild_id = m.guild_id
                cross join lateral (select x.channel_id, x.message_id from broad_mentions x
                    where x.role_id = r.id and x.message_id < $2 and x.message_id >= (m.joined_at - $4) << cast($5 as int)
                        and x.author_id <> $1 order by x.message_id desc limit $3 + 0) b
            where m.user_id = $1 and (r.id = m.guild_id or exists (select 1 from member_roles mr
                    where mr.guild_id = m.guild_id and mr.user_id = $1 and mr.role_id = r.id))"
        }
    };
    let clock = i64::from(NODE_BITS + SEQUENCE_BITS);
    query!(fetch_all(i64, i64), db, sql, user.get(), before, limit as i64, EPOCH_MS, clock)
}
