//! Conversations between two people.

use protocol::entity::{ChannelKind, Dm, User};
use protocol::{ChannelId, Id, Result, UserId};
use sqlx::FromRow;

use super::{Db, Tx};

#[derive(FromRow)]
struct Row {
    channel_id: i64,
    last_message_id: Option<i64>,
    user_id: i64,
    username: String,
    display_name: String,
}

impl From<Row> for Dm {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_trusted(row.channel_id),
            recipient: User {
                id: Id::from_trusted(row.user_id),
                username: row.username,
                display_name: row.display_name,
            },
            last_message_id: row.last_message_id.map(Id::from_trusted),
        }
    }
}

/// A conversation as one of its two people sees it; none if it is not theirs.
pub async fn get(db: &mut impl Db, channel: ChannelId, user: UserId) -> Result<Option<Dm>> {
    let sql = "select c.id as channel_id, c.last_message_id, o.user_id, u.username, u.display_name
        from dm_members m join channels c on c.id = m.channel_id
        join dm_members o on o.channel_id = m.channel_id and o.user_id <> m.user_id
        join users u on u.id = o.user_id where m.channel_id = $1 and m.user_id = $2";
    Ok(query!(fetch_optional Row, db, sql, channel.get(), user.get())?.map(Dm::from))
}

/// Open conversations of somebody, newest first; one without messages counts from when it was opened.
pub async fn open_of_user(db: &mut impl Db, user: UserId, limit: usize) -> Result<Vec<Dm>> {
    let sql = "select c.id as channel_id, c.last_message_id, o.user_id, u.username, u.display_name
        from dm_members m join channels c on c.id = m.channel_id
        join dm_members o on o.channel_id = m.channel_id and o.user_id <> m.user_id
        join users u on u.id = o.user_id where m.user_id = $1 and m.is_open
        order by coalesce(c.last_message_id, c.id) desc limit $2 + 0";
    Ok(query!(fetch_all Row, db, sql, user.get(), limit as i64)?.into_iter().map(Dm::from).collect())
}

/// The conversation of two people, made if there is none. Two who open it at the same instant get the same:
/// the pair is a unique key.
pub async fn find_or_insert(tx: &mut Tx, one: UserId, other: UserId) -> Result<ChannelId> {
    let (low, high) = (one.min(other).get(), one.max(other).get());
    if let Some(found) = find(tx, one, other).await? {
        return Ok(found);
    }
    let id: ChannelId = tx.new_id();
    let channel = "insert into channels (id, kind, name) values ($1, $2, '')";
    query!(run tx, channel, id.get(), i64::from(ChannelKind::Dm.number()))?;
    let pair =
        "insert into dms (channel_id, low_user_id, high_user_id) values ($1, $2, $3) on conflict do nothing";
    if query!(run tx, pair, id.get(), low, high)? == 0 {
        // Somebody else was first, in another transaction.
        query!(run tx, "delete from channels where id = $1", id.get())?;
        return find(tx, one, other).await?.ok_or(protocol::Error::Busy);
    }
    for user in [low, high] {
        let member = "insert into dm_members (user_id, channel_id, is_open) values ($1, $2, $3)";
        query!(run tx, member, user, id.get(), false)?;
    }
    Ok(id)
}

/// The conversation of two people, if there is one.
pub async fn find(db: &mut impl Db, one: UserId, other: UserId) -> Result<Option<ChannelId>> {
    let (low, high) = (one.min(other).get(), one.max(other).get());
    let sql = "select channel_id from dms where low_user_id = $1 and high_user_id = $2";
    Ok(query!(fetch_optional(i64,), db, sql, low, high)?.map(|(id,)| Id::from_trusted(id)))
}

/// Puts a conversation into somebody's list; false if it was there.
pub async fn set_open(tx: &mut Tx, channel: ChannelId, user: UserId) -> Result<bool> {
    let sql = "update dm_members set is_open = $3 where channel_id = $1 and user_id = $2 and is_open = $4";
    Ok(query!(run tx, sql, channel.get(), user.get(), true, false)? == 1)
}

/// Those of a conversation who do not have it in their list.
pub async fn closed_for(db: &mut impl Db, channel: ChannelId) -> Result<Vec<UserId>> {
    let sql = "select user_id from dm_members where channel_id = $1 and is_open = $2";
    Ok(query!(fetch_all(i64,), db, sql, channel.get(), false)?
        .into_iter()
        .map(|(id,)| Id::from_trusted(id))
        .collect())
}

/// How many conversations somebody has, open or not.
pub async fn count_of_user(db: &mut impl Db, user: UserId) -> Result<i64> {
    Ok(query!(fetch_one(i64,), db, "select count(*) from dm_members where user_id = $1", user.get())?.0)
}

/// Every conversation of somebody, open or not.
pub async fn ids_of_user(db: &mut impl Db, user: UserId) -> Result<Vec<ChannelId>> {
    let rows =
        query!(fetch_all(i64,), db, "select channel_id from dm_members where user_id = $1", user.get())?;
    Ok(rows.into_iter().map(|(id,)| Id::from_trusted(id)).collect())
}
