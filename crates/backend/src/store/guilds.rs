//! Guilds and roles.

use protocol::entity::{Guild, Role};
use protocol::permissions::Permissions;
use protocol::{ChannelId, GuildId, Id, Result, RoleId, UserId};
use sqlx::FromRow;

use super::{Db, Tx, now_ms};

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    owner_id: i64,
    system_channel_id: Option<i64>,
}

impl From<Row> for Guild {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_trusted(row.id),
            name: row.name,
            owner_id: Id::from_trusted(row.owner_id),
            system_channel_id: row.system_channel_id.map(Id::from_trusted),
        }
    }
}

/// A guild by id.
pub async fn by_id(db: &mut impl Db, id: GuildId) -> Result<Option<Guild>> {
    let sql = "select id, name, owner_id, system_channel_id from guilds where id = $1";
    Ok(query!(fetch_optional Row, db, sql, id.get())?.map(Guild::from))
}

/// The guilds somebody is in, in the order they joined.
pub async fn of_user(db: &mut impl Db, user: UserId) -> Result<Vec<Guild>> {
    let sql = "select g.id, g.name, g.owner_id, g.system_channel_id from members m
        join guilds g on g.id = m.guild_id where m.user_id = $1 order by m.joined_at, g.id";
    Ok(query!(fetch_all Row, db, sql, user.get())?.into_iter().map(Guild::from).collect())
}

/// How many guilds somebody is in.
pub async fn count_of_user(db: &mut impl Db, user: UserId) -> Result<i64> {
    let sql = "select count(*) from members m join guilds g on g.id = m.guild_id where m.user_id = $1";
    Ok(query!(fetch_one(i64,), db, sql, user.get())?.0)
}

/// Adds a guild with its @everyone role.
pub async fn insert(tx: &mut Tx, name: &str, owner: UserId, everyone: Permissions) -> Result<GuildId> {
    let id: GuildId = tx.new_id();
    let sql = "insert into guilds (id, name, owner_id, created_at) values ($1, $2, $3, $4)";
    query!(run tx, sql, id.get(), name, owner.get(), now_ms())?;
    let sql =
        "insert into roles (id, guild_id, name, permissions, position) values ($1, $1, '@everyone', $2, 0)";
    query!(run tx, sql, id.get(), everyone.bits() as i64)?;
    Ok(id)
}

/// Sets where system messages go.
pub async fn set_system_channel(tx: &mut Tx, id: GuildId, channel: Option<ChannelId>) -> Result<()> {
    let channel = channel.map(Id::get);
    query!(run tx, "update guilds set system_channel_id = $2 where id = $1", id.get(), channel)?;
    Ok(())
}

/// Renames a guild.
pub async fn set_name(tx: &mut Tx, id: GuildId, name: &str) -> Result<()> {
    query!(run tx, "update guilds set name = $2 where id = $1", id.get(), name)?;
    Ok(())
}

/// Hands a guild over.
pub async fn set_owner(tx: &mut Tx, id: GuildId, owner: UserId) -> Result<()> {
    query!(run tx, "update guilds set owner_id = $2 where id = $1", id.get(), owner.get())?;
    Ok(())
}

/// Removes a guild with what is bounded in it: channels, roles, exceptions, invites. Members, messages, marks and the log
/// are left to the purge.
pub async fn delete(tx: &mut Tx, id: GuildId) -> Result<()> {
    query!(run tx, "delete from guilds where id = $1", id.get())?;
    Ok(())
}

/// How many members a guild has.
pub async fn member_count(db: &mut impl Db, id: GuildId) -> Result<u32> {
    let row = query!(fetch_optional(i64,), db, "select member_count from guilds where id = $1", id.get())?;
    Ok(row.map_or(0, |(count,)| u32::try_from(count).unwrap_or(0)))
}

/// A guild's roles, @everyone first.
pub async fn roles(db: &mut impl Db, id: GuildId) -> Result<Vec<Role>> {
    let sql = "select id, name, permissions, position from roles where guild_id = $1 order by position, id";
    let rows = query!(fetch_all(i64, String, i64, i64), db, sql, id.get())?;
    let role = |(id, name, permissions, position): (i64, String, i64, i64)| Role {
        id: Id::from_trusted(id),
        name,
        permissions: Permissions::from_bits(permissions as u64),
        position: position as i32,
    };
    Ok(rows.into_iter().map(role).collect())
}

/// Adds a role.
pub async fn insert_role(
    tx: &mut Tx,
    guild: GuildId,
    name: &str,
    permissions: Permissions,
    position: i32,
) -> Result<RoleId> {
    let id: RoleId = tx.new_id();
    let sql = "insert into roles (id, guild_id, name, permissions, position) values ($1, $2, $3, $4, $5)";
    query!(run tx, sql, id.get(), guild.get(), name, permissions.bits() as i64, i64::from(position))?;
    Ok(id)
}

/// Replaces what a role gives.
pub async fn set_role_permissions(tx: &mut Tx, role: RoleId, permissions: Permissions) -> Result<()> {
    query!(run tx, "update roles set permissions = $2 where id = $1", role.get(), permissions.bits() as i64)?;
    Ok(())
}
