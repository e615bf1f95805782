//! Invites.

use protocol::entity::{Invite, User};
use protocol::{GuildId, Id, InviteId, Result, Timestamp, UserId};
use sqlx::FromRow;

use super::{Db, Tx};

#[derive(FromRow)]
struct Row {
    id: i64,
    code: String,
    guild_id: i64,
    expires_at: Option<i64>,
    max_uses: Option<i64>,
    uses: i64,
    inviter_id: i64,
    username: String,
    display_name: String,
}

impl From<Row> for Invite {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_trusted(row.id),
            code: row.code,
            guild_id: Id::from_trusted(row.guild_id),
            inviter: User {
                id: Id::from_trusted(row.inviter_id),
                username: row.username,
                display_name: row.display_name,
            },
            expires_at: row.expires_at.map(Timestamp::from_millis),
            max_uses: row.max_uses.and_then(|n| u32::try_from(n).ok()),
            uses: u32::try_from(row.uses).unwrap_or(u32::MAX),
        }
    }
}

/// A new invite.
#[derive(Debug)]
pub struct NewInvite<'a> {
    /// The secret of the link.
    pub code: &'a str,
    /// Where it leads.
    pub guild: GuildId,
    /// Who makes it.
    pub inviter: UserId,
    /// Milliseconds; none: never.
    pub expires_at: Option<i64>,
    /// None: without limit.
    pub max_uses: Option<i64>,
}

/// An invite that can still be used, by its code.
pub async fn live_by_code(db: &mut impl Db, code: &str, now_ms: i64) -> Result<Option<Invite>> {
    let sql = "select i.id, i.code, i.guild_id, i.expires_at, i.max_uses, i.uses, i.inviter_id, u.username, u.display_name
        from invites i join users u on u.id = i.inviter_id
        where i.code = $1 and (i.expires_at is null or i.expires_at > $2) and (i.max_uses is null or i.uses < i.max_uses)";
    Ok(query!(fetch_optional Row, db, sql, code, now_ms)?.map(Invite::from))
}

/// An invite by its code, live or not.
pub async fn by_code(db: &mut impl Db, code: &str) -> Result<Option<Invite>> {
    let sql = "select i.id, i.code, i.guild_id, i.expires_at, i.max_uses, i.uses, i.inviter_id, u.username, u.display_name
        from invites i join users u on u.id = i.inviter_id where i.code = $1";
    Ok(query!(fetch_optional Row, db, sql, code)?.map(Invite::from))
}

/// An invite by id, live or not.
pub async fn guild_of(db: &mut impl Db, id: InviteId) -> Result<Option<(GuildId, UserId)>> {
    let sql = "select guild_id, inviter_id from invites where id = $1";
    let row = query!(fetch_optional(i64, i64), db, sql, id.get())?;
    Ok(row.map(|(guild, inviter)| (Id::from_trusted(guild), Id::from_trusted(inviter))))
}

/// The live invites of a guild, newest first.
pub async fn live_of_guild(db: &mut impl Db, guild: GuildId, now_ms: i64) -> Result<Vec<Invite>> {
    let sql = "select i.id, i.code, i.guild_id, i.expires_at, i.max_uses, i.uses, i.inviter_id, u.username, u.display_name
        from invites i join users u on u.id = i.inviter_id
        where i.guild_id = $1 and (i.expires_at is null or i.expires_at > $2) and (i.max_uses is null or i.uses < i.max_uses)
        order by i.id desc";
    Ok(query!(fetch_all Row, db, sql, guild.get(), now_ms)?.into_iter().map(Invite::from).collect())
}

/// The oldest of somebody's invites to a guild that have no limit and no end.
pub async fn standing(db: &mut impl Db, guild: GuildId, inviter: UserId) -> Result<Option<Invite>> {
    let sql = "select i.id, i.code, i.guild_id, i.expires_at, i.max_uses, i.uses, i.inviter_id, u.username, u.display_name
        from invites i join users u on u.id = i.inviter_id
        where i.guild_id = $1 and i.inviter_id = $2 and i.expires_at is null and i.max_uses is null
        order by i.id limit 1";
    Ok(query!(fetch_optional Row, db, sql, guild.get(), inviter.get())?.map(Invite::from))
}

/// Adds an invite.
pub async fn insert(tx: &mut Tx, new: &NewInvite<'_>) -> Result<InviteId> {
    let id: InviteId = tx.new_id();
    let sql = "insert into invites (id, code, guild_id, inviter_id, expires_at, max_uses) values ($1, $2, $3, $4, $5, $6)";
    query!(run tx, sql, id.get(), new.code, new.guild.get(), new.inviter.get(), new.expires_at, new.max_uses)?;
    Ok(id)
}

/// Counts a use, if one is left at this moment; false otherwise. The statement itself is the check, so fifty
/// people who race for the last use make one winner.
pub async fn take_use(tx: &mut Tx, id: InviteId, now_ms: i64) -> Result<bool> {
    let sql = "update invites set uses = uses + 1 where id = $1
        and (expires_at is null or expires_at > $2) and (max_uses is null or uses < max_uses)";
    Ok(query!(run tx, sql, id.get(), now_ms)? == 1)
}

/// Removes an invite.
pub async fn delete(tx: &mut Tx, id: InviteId) -> Result<()> {
    query!(run tx, "delete from invites where id = $1", id.get())?;
    Ok(())
}

/// Removes the invites somebody made to a guild.
pub async fn delete_of_inviter(tx: &mut Tx, guild: GuildId, inviter: UserId) -> Result<u64> {
    let sql = "delete from invites where guild_id = $1 and inviter_id = $2";
    query!(run tx, sql, guild.get(), inviter.get())
}

/// Removes up to `limit` invites that expired or are used up; returns whether there may be more.
pub async fn delete_dead(tx: &mut Tx, now_ms: i64, limit: i64) -> Result<bool> {
    let expired = "delete from invites where id in (select id from invites where expires_at < $1 limit $2)";
    let room = limit - query!(run tx, expired, now_ms, limit)?.cast_signed();
    let used_up = "delete from invites where id in (select id from invites where uses >= max_uses limit $1)";
    Ok(query!(run tx, used_up, room)?.cast_signed() >= room)
}
