//! People.

use protocol::entity::{Me, Settings, User};
use protocol::{Id, Result, UserId};
use sqlx::FromRow;

use super::tx::Conn;
use super::{Db, Tx, fault};

/// PostgreSQL's advisory lock for making the first account; any number nobody else uses.
const FIRST_ACCOUNT: i64 = 1;

#[derive(FromRow)]
struct Row {
    id: i64,
    username: String,
    display_name: String,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self { id: Id::from_trusted(row.id), username: row.username, display_name: row.display_name }
    }
}

/// What signing in needs.
#[derive(Debug)]
pub struct Credentials {
    /// Who.
    pub id: UserId,
    /// In PHC form.
    pub password_hash: String,
}

/// A new account.
#[derive(Debug)]
pub struct NewUser {
    /// Checked.
    pub username: String,
    /// Checked.
    pub display_name: String,
    /// Checked, lower-case.
    pub email: Option<String>,
    /// In PHC form.
    pub password_hash: String,
    /// Whether the instance is theirs.
    pub is_instance_owner: bool,
}

/// What is already taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The username.
    pub username: bool,
    /// The address.
    pub email: bool,
}

/// Somebody by id.
pub async fn by_id(db: &mut impl Db, id: UserId) -> Result<Option<User>> {
    let sql = "select id, username, display_name from users where id = $1";
    Ok(query!(fetch_optional Row, db, sql, id.get())?.map(User::from))
}

/// Somebody by exact username.
pub async fn by_username(db: &mut impl Db, username: &str) -> Result<Option<User>> {
    let sql = "select id, username, display_name from users where username = $1";
    Ok(query!(fetch_optional Row, db, sql, username)?.map(User::from))
}

/// What signing in needs, by username or, with an `@` in it, by address.
pub async fn credentials(db: &mut impl Db, login: &str) -> Result<Option<Credentials>> {
    let row = if login.contains('@') {
        query!(
            fetch_optional(i64, String),
            db,
            "select id, password_hash from users where email = $1",
            login
        )?
    } else {
        query!(
            fetch_optional(i64, String),
            db,
            "select id, password_hash from users where username = $1",
            login
        )?
    };
    Ok(row.map(|(id, password_hash)| Credentials { id: Id::from_trusted(id), password_hash }))
}

/// What checking one's own password needs.
pub async fn password_hash(db: &mut impl Db, id: UserId) -> Result<Option<String>> {
    let row = query!(fetch_optional(String,), db, "select password_hash from users where id = $1", id.get())?;
    Ok(row.map(|(hash,)| hash))
}

/// The person with what only they see.
pub async fn me(db: &mut impl Db, id: UserId) -> Result<Option<Me>> {
    #[derive(FromRow)]
    struct MeRow {
        username: String,
        display_name: String,
        email: Option<String>,
        is_instance_owner: bool,
        settings: String,
    }
    let sql = "select username, display_name, email, is_instance_owner, settings from users where id = $1";
    let Some(row) = query!(fetch_optional MeRow, db, sql, id.get())? else { return Ok(None) };
    Ok(Some(Me {
        user: User { id, username: row.username, display_name: row.display_name },
        email: row.email,
        is_instance_owner: row.is_instance_owner,
        // Written by this program; a value of a newer version falls back to its default.
        settings: serde_json::from_str::<Settings>(&row.settings).unwrap_or_default(),
    }))
}

/// Whether there is any account yet.
pub async fn any(db: &mut impl Db) -> Result<bool> {
    Ok(query!(fetch_optional(i64,), db, "select id from users limit 1")?.is_some())
}

/// The same for a write that depends on it: of two that find nobody, one waits until the other is done and looks
/// again. SQLite has one writer and needs nothing.
pub async fn any_for_write(tx: &mut Tx) -> Result<bool> {
    if any(tx).await? {
        return Ok(true);
    }
    if let Conn::Postgres(conn) = tx.conn() {
        let lock = sqlx::query("select pg_advisory_xact_lock($1)").bind(FIRST_ACCOUNT);
        lock.execute(conn).await.map_err(fault)?;
    }
    any(tx).await
}

/// What of these is already taken by somebody other than `except`.
pub async fn taken(
    db: &mut impl Db,
    username: &str,
    email: Option<&str>,
    except: Option<UserId>,
) -> Result<Taken> {
    let except = except.map_or(0, Id::get);
    let name = query!(
        fetch_optional(i64,),
        db,
        "select id from users where username = $1 and id <> $2",
        username,
        except
    )?;
    let mail = match email {
        Some(email) => query!(
            fetch_optional(i64,),
            db,
            "select id from users where email = $1 and id <> $2",
            email,
            except
        )?,
        None => None,
    };
    Ok(Taken { username: name.is_some(), email: mail.is_some() })
}

/// Adds an account. The unique keys are the last word on names that two people want at once.
pub async fn insert(tx: &mut Tx, new: &NewUser) -> Result<Option<UserId>> {
    let id: UserId = tx.new_id();
    let now = tx.now_ms();
    let sql =
        "insert into users (id, username, display_name, email, password_hash, is_instance_owner, created_at, folded_name)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    let added = query!(
        run tx, sql, id.get(), &new.username, &new.display_name, &new.email, &new.password_hash,
        new.is_instance_owner, now, new.display_name.to_lowercase()
    )?;
    Ok((added == 1).then_some(id))
}

/// Replaces names and address; false when somebody else has the address.
pub async fn update_profile(
    tx: &mut Tx,
    id: UserId,
    display_name: &str,
    email: Option<&str>,
) -> Result<bool> {
    let sql = "update users set display_name = $2, email = $3, folded_name = $4 where id = $1";
    match query!(raw tx, sql, id.get(), display_name, email, display_name.to_lowercase()) {
        Err(sqlx::Error::Database(cause)) if cause.is_unique_violation() => Ok(false),
        other => other.map(|()| true).map_err(fault),
    }
}

/// Replaces the password.
pub async fn set_password(tx: &mut Tx, id: UserId, hash: &str) -> Result<()> {
    query!(run tx, "update users set password_hash = $2 where id = $1", id.get(), hash)?;
    Ok(())
}

/// Replaces the settings.
pub async fn set_settings(tx: &mut Tx, id: UserId, settings: &Settings) -> Result<()> {
    let json = serde_json::to_string(settings).map_err(|_| protocol::Error::Internal)?;
    query!(run tx, "update users set settings = $2 where id = $1", id.get(), json)?;
    Ok(())
}

/// People who share a guild or a conversation with somebody and whose username or display name begins with
/// `prefix` (lower-case).
pub async fn find_near(db: &mut impl Db, user: UserId, prefix: &str, limit: usize) -> Result<Vec<User>> {
    let sql = "select u.id, u.username, u.display_name from users u
        where (u.username like $2 escape '\\' or u.folded_name like $2 escape '\\') and u.id <> $1
        and (u.id in (select o.user_id from members m join guilds g on g.id = m.guild_id
              join members o on o.guild_id = m.guild_id where m.user_id = $1)
          or u.id in (select o.user_id from dm_members m join dm_members o on o.channel_id = m.channel_id where m.user_id = $1))
        order by u.username limit $3 + 0";
    let rows = query!(fetch_all Row, db, sql, user.get(), begins_with(prefix), limit as i64)?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// The pattern of what begins with `prefix`, for `like … escape '\'`.
pub(super) fn begins_with(prefix: &str) -> String {
    let escaped = prefix.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("{escaped}%")
}

/// Members of a guild by exact usernames, for turning `@name` into a mention.
pub async fn members_named(
    db: &mut impl Db,
    guild: protocol::GuildId,
    username: &str,
) -> Result<Option<User>> {
    let sql = "select u.id, u.username, u.display_name from users u
        join members m on m.user_id = u.id join guilds g on g.id = m.guild_id
        where u.username = $1 and m.guild_id = $2";
    Ok(query!(fetch_optional Row, db, sql, username, guild.get())?.map(User::from))
}
