//! People in guilds.
//!
//! A member counts only together with the guild: members of a deleted guild are there until the purge comes to them,
//! and whatever reads them asks for the guild's row as well.

use std::collections::HashMap;

use protocol::entity::{Member, User};
use protocol::{GuildId, Id, Result, RoleId, Timestamp, UserId};
use sqlx::FromRow;

use super::users::begins_with;
use super::{Db, Tx, now_ms};

#[derive(FromRow)]
struct Row {
    id: i64,
    username: String,
    display_name: String,
    joined_at: i64,
}

impl Row {
    fn into_member(self, roles: Vec<RoleId>) -> Member {
        let user =
            User { id: Id::from_trusted(self.id), username: self.username, display_name: self.display_name };
        Member { user, joined_at: Timestamp::from_millis(self.joined_at), roles }
    }
}

/// Somebody's place in a guild, with the permission bits of their roles.
pub async fn roles_of(db: &mut impl Db, guild: GuildId, user: UserId) -> Result<Vec<(RoleId, i64)>> {
    let sql = "select r.id, r.permissions from member_roles m join roles r on r.id = m.role_id
        where m.guild_id = $1 and m.user_id = $2 order by r.id";
    let rows = query!(fetch_all(i64, i64), db, sql, guild.get(), user.get())?;
    Ok(rows.into_iter().map(|(id, bits)| (Id::from_trusted(id), bits)).collect())
}

/// Somebody's roles besides @everyone, by guild.
pub async fn roles_by_guild(db: &mut impl Db, user: UserId) -> Result<HashMap<GuildId, Vec<RoleId>>> {
    let sql = "select m.guild_id, r.id from members m join member_roles mr on mr.guild_id = m.guild_id and mr.user_id = m.user_id
        join roles r on r.id = mr.role_id where m.user_id = $1 order by r.id";
    let mut found: HashMap<GuildId, Vec<RoleId>> = HashMap::new();
    for (guild, role) in query!(fetch_all(i64, i64), db, sql, user.get())? {
        found.entry(Id::from_trusted(guild)).or_default().push(Id::from_trusted(role));
    }
    Ok(found)
}

/// Whether somebody is in a guild.
pub async fn is_member(db: &mut impl Db, guild: GuildId, user: UserId) -> Result<bool> {
    let sql = "select m.user_id from members m join guilds g on g.id = m.guild_id
        where m.guild_id = $1 and m.user_id = $2";
    Ok(query!(fetch_optional(i64,), db, sql, guild.get(), user.get())?.is_some())
}

/// Somebody as a member.
pub async fn get(db: &mut impl Db, guild: GuildId, user: UserId) -> Result<Option<Member>> {
    let sql = "select u.id, u.username, u.display_name, m.joined_at from members m
        join guilds g on g.id = m.guild_id join users u on u.id = m.user_id
        where m.guild_id = $1 and m.user_id = $2";
    let Some(row) = query!(fetch_optional Row, db, sql, guild.get(), user.get())? else { return Ok(None) };
    let roles = roles_of(db, guild, user).await?;
    Ok(Some(row.into_member(roles.into_iter().map(|(id, _)| id).collect())))
}

/// Members after one, by id.
pub async fn page(
    db: &mut impl Db,
    guild: GuildId,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<Member>> {
    let after = after.map_or(0, Id::get);
    let sql = "select u.id, u.username, u.display_name, m.joined_at from members m
        join guilds g on g.id = m.guild_id join users u on u.id = m.user_id
        where m.guild_id = $1 and m.user_id > $2 order by m.user_id limit $3 + 0";
    let rows = query!(fetch_all Row, db, sql, guild.get(), after, limit as i64)?;
    let last = rows.last().map_or(after, |row| row.id);
    let sql = "select m.user_id, m.role_id from member_roles m join roles r on r.id = m.role_id
        where m.guild_id = $1 and m.user_id > $2 and m.user_id <= $3";
    let mut roles: HashMap<i64, Vec<RoleId>> = HashMap::new();
    for (user, role) in query!(fetch_all(i64, i64), db, sql, guild.get(), after, last)? {
        roles.entry(user).or_default().push(Id::from_trusted(role));
    }
    let with_roles = |row: Row| {
        let roles = roles.remove(&row.id).unwrap_or_default();
        row.into_member(roles)
    };
    Ok(rows.into_iter().map(with_roles).collect())
}

/// Members whose username or display name begins with `prefix` (small letters), by username.
pub async fn find(db: &mut impl Db, guild: GuildId, prefix: &str, limit: usize) -> Result<Vec<User>> {
    // Names first, along their index, and each part stops at the limit: a large server costs no more than a small one.
    // `cross join` keeps SQLite from beginning with the members.
    let sql = "select id, username, display_name from (
          select * from (select u.id, u.username, u.display_name from users u
            cross join members m cross join guilds g
            where u.username like $2 escape '\\' and m.guild_id = $1 and m.user_id = u.id and g.id = m.guild_id limit $3) one
          union
          select * from (select u.id, u.username, u.display_name from users u
            cross join members m cross join guilds g
            where u.folded_name like $2 escape '\\' and m.guild_id = $1 and m.user_id = u.id and g.id = m.guild_id limit $3) two
          union
          select u.id, u.username, u.display_name from users u
            join members m on m.user_id = u.id join guilds g on g.id = m.guild_id
            where u.username = $4 and m.guild_id = $1
        ) found order by username limit $3";
    let (pattern, limit) = (begins_with(prefix), limit as i64);
    let rows = query!(fetch_all(i64, String, String), db, sql, guild.get(), pattern, limit, prefix)?;
    let user = |(id, username, display_name)| User { id: Id::from_trusted(id), username, display_name };
    Ok(rows.into_iter().map(user).collect())
}

/// All member ids of a guild.
pub async fn ids(db: &mut impl Db, guild: GuildId) -> Result<Vec<UserId>> {
    let sql = "select m.user_id from members m join guilds g on g.id = m.guild_id where m.guild_id = $1";
    let rows = query!(fetch_all(i64,), db, sql, guild.get())?;
    Ok(rows.into_iter().map(|(id,)| Id::from_trusted(id)).collect())
}

/// Adds a member; false if they already were one.
pub async fn insert(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<bool> {
    let sql = "insert into members (guild_id, user_id, joined_at) values ($1, $2, $3) on conflict do nothing";
    let added = query!(run tx, sql, guild.get(), user.get(), now_ms())? == 1;
    if added {
        query!(run tx, "update guilds set member_count = member_count + 1 where id = $1", guild.get())?;
    }
    Ok(added)
}

/// Removes a member with their marks; false if they were none.
pub async fn delete(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<bool> {
    let sql = "delete from members where guild_id = $1 and user_id = $2";
    let removed = query!(run tx, sql, guild.get(), user.get())? == 1;
    if removed {
        query!(run tx, "update guilds set member_count = member_count - 1 where id = $1", guild.get())?;
        let marks = "delete from read_marks where user_id = $2
            and channel_id in (select id from channels where guild_id = $1
                union all select thread_id from thread_members where user_id = $2 and guild_id = $1)";
        query!(run tx, marks, guild.get(), user.get())?;
        super::threads::unfollow_all(tx, user, guild).await?;
    }
    Ok(removed)
}

/// Gives somebody a role.
pub async fn add_role(tx: &mut Tx, guild: GuildId, user: UserId, role: RoleId) -> Result<()> {
    let sql =
        "insert into member_roles (guild_id, user_id, role_id) values ($1, $2, $3) on conflict do nothing";
    query!(run tx, sql, guild.get(), user.get(), role.get())?;
    Ok(())
}
