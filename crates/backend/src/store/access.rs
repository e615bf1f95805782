//! What the permission function needs to know, read in as few steps as possible.

use std::collections::{HashMap, HashSet};

use protocol::entity::User;
use protocol::permissions::{self, Permissions, Standing};
use protocol::{ChannelId, GuildId, Id, MessageId, Result, RoleId, UserId};
use sqlx::FromRow;

use super::search::listed;
use super::tx::Conn;
use super::{Db, channels, members};

/// A channel with somebody's standing in it.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The guild; none for direct conversations.
    pub guild_id: Option<GuildId>,
    /// [`protocol::entity::ChannelKind`]'s number.
    pub kind: i64,
    /// The newest message.
    pub last_message_id: Option<MessageId>,
    /// The person.
    pub user: User,
    /// What the person may do here.
    pub permissions: Permissions,
    /// What is special about a thread.
    pub thread: Option<ThreadSeat>,
}

/// What decides who may do what in a thread.
#[derive(Debug, Clone, Copy)]
pub struct ThreadSeat {
    /// The channel it belongs to, whose permissions are its own.
    pub parent: ChannelId,
    /// Who started it.
    pub owner: UserId,
    /// Whether it was put away.
    pub is_archived: bool,
}

/// A channel that not every member can view.
#[derive(Debug, Clone)]
pub struct RestrictedChannel {
    /// Which.
    pub channel: ChannelId,
    /// Who can.
    pub viewers: HashSet<UserId>,
}

/// Somebody's standing in a guild; none for non-members.
pub async fn standing(db: &mut impl Db, guild: GuildId, user: UserId) -> Result<Option<Standing>> {
    let sql = "select g.owner_id, r.permissions from members m
        join guilds g on g.id = m.guild_id join roles r on r.id = g.id
        where m.guild_id = $1 and m.user_id = $2";
    let Some((owner, everyone)) = query!(fetch_optional(i64, i64), db, sql, guild.get(), user.get())? else {
        return Ok(None);
    };
    let roles = members::roles_of(db, guild, user).await?;
    Ok(Some(standing_of(guild, user, owner, everyone, roles)))
}

fn standing_of(
    guild: GuildId,
    user: UserId,
    owner: i64,
    everyone: i64,
    roles: Vec<(RoleId, i64)>,
) -> Standing {
    Standing {
        user,
        is_owner: owner == user.get(),
        everyone_role: permissions::everyone_role(guild),
        everyone: Permissions::from_bits(everyone as u64),
        roles: roles.into_iter().map(|(id, bits)| (id, Permissions::from_bits(bits as u64))).collect(),
    }
}

#[derive(FromRow)]
struct SeatRow {
    guild_id: Option<i64>,
    kind: i64,
    last_message_id: Option<i64>,
    owner_id: Option<i64>,
    everyone: Option<i64>,
    username: String,
    display_name: String,
    is_member: bool,
    is_party: bool,
    has_roles: bool,
    has_overwrites: bool,
    parent_id: Option<i64>,
    starter: Option<i64>,
    archived_at: Option<i64>,
    has_parent: bool,
}

impl SeatRow {
    fn thread(&self) -> Option<ThreadSeat> {
        Some(ThreadSeat {
            parent: Id::from_trusted(self.parent_id?),
            owner: Id::from_trusted(self.starter?),
            is_archived: self.archived_at.is_some(),
        })
    }
}

/// A channel and what somebody may do in it; none when it does not exist. In a thread it is what they may do in its parent,
/// as [`permissions::in_thread`] has it. This is on the path of every message, so the common case (no roles, no
/// exceptions) is one statement.
pub async fn seat(db: &mut impl Db, channel: ChannelId, user: UserId) -> Result<Option<Seat>> {
    let sql = "select coalesce(c.guild_id, t.guild_id) as guild_id, c.kind, c.last_message_id, g.owner_id,
            r.permissions as everyone, u.username, u.display_name,
            exists (select 1 from members m
                where m.guild_id = coalesce(c.guild_id, t.guild_id) and m.user_id = $2) as is_member,
            exists (select 1 from dm_members d where d.channel_id = c.id and d.user_id = $2) as is_party,
            exists (select 1 from member_roles mr
                where mr.guild_id = coalesce(c.guild_id, t.guild_id) and mr.user_id = $2) as has_roles,
            exists (select 1 from overwrites o where o.channel_id = coalesce(t.parent_id, c.id)) as has_overwrites,
            t.parent_id, t.owner_id as starter, t.archived_at,
            exists (select 1 from channels p where p.id = t.parent_id) as has_parent
        from channels c join users u on u.id = $2 left join threads t on t.id = c.id
        left join guilds g on g.id = coalesce(c.guild_id, t.guild_id)
        left join roles r on r.id = coalesce(c.guild_id, t.guild_id)
        where c.id = $1";
    let Some(row) = query!(fetch_optional SeatRow, db, sql, channel.get(), user.get())? else {
        return Ok(None);
    };
    let guild_id: Option<GuildId> = row.guild_id.map(Id::from_trusted);
    let thread = row.thread();
    let permissions = match guild_id {
        None if row.is_party => Permissions::DM,
        None => Permissions::NONE,
        Some(_) if !row.is_member => Permissions::NONE,
        // Of a thread whose channel is gone nobody may know; the purge comes to it.
        Some(_) if thread.is_some() && !row.has_parent => Permissions::NONE,
        Some(guild) => {
            let place = thread.map_or(channel, |thread| thread.parent);
            let roles = if row.has_roles { members::roles_of(db, guild, user).await? } else { Vec::new() };
            let overwrites =
                if row.has_overwrites { channels::overwrites(db, place).await? } else { Vec::new() };
            let (owner, everyone) = (row.owner_id.unwrap_or(0), row.everyone.unwrap_or(0));
            let standing = standing_of(guild, user, owner, everyone, roles);
            let bits = permissions::in_channel(Some(&standing), &overwrites);
            if thread.is_some() { permissions::in_thread(bits) } else { bits }
        }
    };
    let last_message_id = row.last_message_id.map(Id::from_trusted);
    let user = User { id: user, username: row.username, display_name: row.display_name };
    Ok(Some(Seat { guild_id, kind: row.kind, last_message_id, user, permissions, thread }))
}

/// Channels of a guild that not every member can view, with who can. Empty for nearly all guilds, and then
/// one statement.
pub async fn restricted(db: &mut impl Db, guild: GuildId) -> Result<Vec<RestrictedChannel>> {
    let sql = "select r.permissions, g.owner_id from guilds g join roles r on r.id = g.id where g.id = $1";
    let Some((everyone, owner)) = query!(fetch_optional(i64, i64), db, sql, guild.get())? else {
        return Ok(Vec::new());
    };
    let all_see = Permissions::from_bits(everyone as u64).contains(Permissions::VIEW_CHANNEL);
    let channels = channels::of_guild(db, guild).await?;
    let suspects: Vec<_> = channels.into_iter().filter(|c| !all_see || !c.overwrites.is_empty()).collect();
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    let mut roles: HashMap<i64, Vec<(RoleId, i64)>> = HashMap::new();
    let sql = "select m.user_id, r.id, r.permissions from member_roles m join roles r on r.id = m.role_id
        where m.guild_id = $1";
    for (user, role, bits) in query!(fetch_all(i64, i64, i64), db, sql, guild.get())? {
        roles.entry(user).or_default().push((Id::from_trusted(role), bits));
    }
    let people: Vec<Standing> = members::ids(db, guild)
        .await?
        .into_iter()
        .map(|user| standing_of(guild, user, owner, everyone, roles.remove(&user.get()).unwrap_or_default()))
        .collect();
    let viewers = |overwrites: &[permissions::Overwrite]| {
        people
            .iter()
            .filter(|standing| {
                permissions::in_channel(Some(standing), overwrites).contains(Permissions::VIEW_CHANNEL)
            })
            .map(|standing| standing.user)
            .collect::<HashSet<_>>()
    };
    let found = suspects.iter().map(|c| RestrictedChannel { channel: c.id, viewers: viewers(&c.overwrites) });
    Ok(found.filter(|c| c.viewers.len() < people.len()).collect())
}

/// Those of `users` who are members of a guild and can view a channel of it, in a few statements.
pub async fn viewers_among(
    db: &mut impl Db,
    guild: GuildId,
    channel: ChannelId,
    users: &[UserId],
) -> Result<Vec<UserId>> {
    let sql = "select g.owner_id, r.permissions from guilds g join roles r on r.id = g.id where g.id = $1";
    let Some((owner, everyone)) = query!(fetch_optional(i64, i64), db, sql, guild.get())? else {
        return Ok(Vec::new());
    };
    let overwrites = channels::overwrites(db, channel).await?;
    let sql = match db.conn() {
        Conn::Sqlite(_) => {
            "select m.user_id, r.id, r.permissions from members m
                left join member_roles mr on mr.guild_id = m.guild_id and mr.user_id = m.user_id
                left join roles r on r.id = mr.role_id
            where m.guild_id = $1 and m.user_id in (select value from json_each($2)) order by m.user_id"
        }
        Conn::Postgres(_) => {
            "select m.user_id, r.id, r.permissions from members m
                left join member_roles mr on mr.guild_id = m.guild_id and mr.user_id = m.user_id
                left join roles r on r.id = mr.role_id
            where m.guild_id = $1 and m.user_id in
                (select cast(value as bigint) from json_array_elements_text(cast($2 as json))) order by m.user_id"
        }
    };
    let list = listed(users.iter().copied());
    let rows = query!(fetch_all(i64, Option<i64>, Option<i64>), db, sql, guild.get(), list)?;
    let mut people: Vec<Standing> = Vec::new();
    for (user, role, bits) in rows {
        let user = Id::from_trusted(user);
        if people.last().is_none_or(|last| last.user != user) {
            people.push(standing_of(guild, user, owner, everyone, Vec::new()));
        }
        if let (Some(standing), Some(role), Some(bits)) = (people.last_mut(), role, bits) {
            standing.roles.push((Id::from_trusted(role), Permissions::from_bits(bits as u64)));
        }
    }
    people.retain(|one| permissions::in_channel(Some(one), &overwrites).contains(Permissions::VIEW_CHANNEL));
    Ok(people.into_iter().map(|standing| standing.user).collect())
}

/// Channels of a guild that somebody cannot view.
pub async fn hidden_channels(db: &mut impl Db, user: UserId, guild: GuildId) -> Result<HashSet<ChannelId>> {
    Ok(sight(db, user, guild).await?.hidden)
}

/// What somebody sees of a guild.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// Channels they cannot view.
    pub hidden: HashSet<ChannelId>,
    /// Whether some channel may be closed to somebody, so that roles and owners decide who sees what.
    pub is_divided: bool,
}

/// What somebody sees of a guild, and whether others may see more or less.
pub async fn sight(db: &mut impl Db, user: UserId, guild: GuildId) -> Result<Sight> {
    let standing = standing(db, guild, user).await?;
    let channels = channels::of_guild(db, guild).await?;
    let all_see = standing.as_ref().is_some_and(|one| one.everyone.contains(Permissions::VIEW_CHANNEL));
    let hidden = channels.iter().filter(|channel| {
        !permissions::in_channel(standing.as_ref(), &channel.overwrites).contains(Permissions::VIEW_CHANNEL)
    });
    Ok(Sight {
        hidden: hidden.map(|channel| channel.id).collect(),
        is_divided: !all_see || channels.iter().any(|channel| !channel.overwrites.is_empty()),
    })
}

/// Guilds of somebody in which some channel may be closed to some members.
pub async fn guilds_with_exceptions(db: &mut impl Db, user: UserId) -> Result<Vec<GuildId>> {
    let sql = "select m.guild_id from members m join roles r on r.id = m.guild_id where m.user_id = $1 and
        ((r.permissions & $2) = 0 or exists
            (select 1 from channels c join overwrites o on o.channel_id = c.id where c.guild_id = m.guild_id))";
    let view = Permissions::VIEW_CHANNEL.bits() as i64;
    let rows = query!(fetch_all(i64,), db, sql, user.get(), view)?;
    Ok(rows.into_iter().map(|(id,)| Id::from_trusted(id)).collect())
}
