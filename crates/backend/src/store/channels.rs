//! Channels, categories, exceptions.

use std::collections::HashMap;

use protocol::entity::{Channel, ChannelKind};
use protocol::permissions::{Overwrite, Permissions, Subject};
use protocol::{ChannelId, GuildId, Id, Result, Stream};
use sqlx::FromRow;

use super::{Db, Tx};

#[derive(FromRow)]
struct Row {
    id: i64,
    guild_id: i64,
    kind: i64,
    name: String,
    topic: String,
    parent_id: Option<i64>,
    position: i64,
    last_message_id: Option<i64>,
}

impl Row {
    fn into_channel(self, overwrites: Vec<Overwrite>) -> Channel {
        Channel {
            id: Id::from_trusted(self.id),
            guild_id: Id::from_trusted(self.guild_id),
            // Written by this program; an unknown number of a newer version shows as text.
            kind: ChannelKind::from_number(self.kind).unwrap_or(ChannelKind::Text),
            name: self.name,
            topic: self.topic,
            parent_id: self.parent_id.map(Id::from_trusted),
            position: self.position as i32,
            overwrites,
            last_message_id: self.last_message_id.map(Id::from_trusted),
            thread: None,
        }
    }
}

/// The stream of a channel, of whatever kind; none when it is gone, or the channel of a thread is.
pub async fn stream(db: &mut impl Db, id: ChannelId) -> Result<Option<Stream>> {
    let sql = "select coalesce(c.guild_id, t.guild_id) from channels c left join threads t on t.id = c.id
        where c.id = $1 and (t.id is null or exists (select 1 from channels p where p.id = t.parent_id))";
    type Row = (Option<i64>,);
    let row = query!(fetch_optional Row, db, sql, id.get())?;
    Ok(row.map(|(guild,)| guild.map_or(Stream::Dm(id), |guild| Stream::Guild(Id::from_trusted(guild)))))
}

/// A guild channel by id; threads are in [`super::threads`].
pub async fn by_id(db: &mut impl Db, id: ChannelId) -> Result<Option<Channel>> {
    let sql = "select id, guild_id, kind, name, topic, parent_id, position, last_message_id from channels
        where id = $1 and guild_id is not null";
    let Some(row) = query!(fetch_optional Row, db, sql, id.get())? else { return Ok(None) };
    let overwrites = overwrites(db, id).await?;
    Ok(Some(row.into_channel(overwrites)))
}

/// All channels of a guild in the order they are shown: by position, then id. Threads are none of them.
pub async fn of_guild(db: &mut impl Db, guild: GuildId) -> Result<Vec<Channel>> {
    let sql = "select id, guild_id, kind, name, topic, parent_id, position, last_message_id from channels
        where guild_id = $1 order by position, id";
    let rows = query!(fetch_all Row, db, sql, guild.get())?;
    let mut exceptions = overwrites_of_guild(db, guild).await?;
    let with_exceptions = |row: Row| {
        let overwrites = exceptions.remove(&row.id).unwrap_or_default();
        row.into_channel(overwrites)
    };
    Ok(rows.into_iter().map(with_exceptions).collect())
}

fn overwrite(kind: i64, id: i64, allow: i64, deny: i64) -> Overwrite {
    let subject =
        if kind == 0 { Subject::Role(Id::from_trusted(id)) } else { Subject::Member(Id::from_trusted(id)) };
    Overwrite {
        subject,
        allow: Permissions::from_bits(allow as u64),
        deny: Permissions::from_bits(deny as u64),
    }
}

/// A channel's exceptions.
pub async fn overwrites(db: &mut impl Db, id: ChannelId) -> Result<Vec<Overwrite>> {
    let sql = "select subject_kind, subject_id, allow, deny from overwrites where channel_id = $1
        order by subject_kind, subject_id";
    let rows = query!(fetch_all(i64, i64, i64, i64), db, sql, id.get())?;
    Ok(rows.into_iter().map(|(kind, id, allow, deny)| overwrite(kind, id, allow, deny)).collect())
}

async fn overwrites_of_guild(db: &mut impl Db, guild: GuildId) -> Result<HashMap<i64, Vec<Overwrite>>> {
    let sql = "select o.channel_id, o.subject_kind, o.subject_id, o.allow, o.deny from channels c
        join overwrites o on o.channel_id = c.id where c.guild_id = $1 order by o.subject_kind, o.subject_id";
    let mut found: HashMap<i64, Vec<Overwrite>> = HashMap::new();
    for (channel, kind, id, allow, deny) in query!(fetch_all(i64, i64, i64, i64, i64), db, sql, guild.get())?
    {
        found.entry(channel).or_default().push(overwrite(kind, id, allow, deny));
    }
    Ok(found)
}

/// Sets one exception; one that allows and denies nothing is taken back.
pub async fn set_overwrite(tx: &mut Tx, channel: ChannelId, overwrite: &Overwrite) -> Result<()> {
    let (kind, subject) = match overwrite.subject {
        Subject::Role(id) => (0, id.get()),
        Subject::Member(id) => (1, id.get()),
    };
    if (overwrite.allow | overwrite.deny) == Permissions::NONE {
        let sql = "delete from overwrites where channel_id = $1 and subject_kind = $2 and subject_id = $3";
        query!(run tx, sql, channel.get(), kind as i64, subject)?;
        return Ok(());
    }
    let sql = "insert into overwrites (channel_id, subject_kind, subject_id, allow, deny) values ($1, $2, $3, $4, $5)
        on conflict (channel_id, subject_kind, subject_id) do update set allow = excluded.allow, deny = excluded.deny";
    let (allow, deny) = (overwrite.allow.bits() as i64, overwrite.deny.bits() as i64);
    query!(run tx, sql, channel.get(), kind as i64, subject, allow, deny)?;
    Ok(())
}

/// Adds a channel to a guild.
pub async fn insert(
    tx: &mut Tx,
    guild: GuildId,
    kind: ChannelKind,
    name: &str,
    parent: Option<ChannelId>,
    position: i32,
) -> Result<ChannelId> {
    let id: ChannelId = tx.new_id();
    let sql = "insert into channels (id, guild_id, kind, name, parent_id, position) values ($1, $2, $3, $4, $5, $6)";
    let (kind, parent) = (i64::from(kind.number()), parent.map(Id::get));
    query!(run tx, sql, id.get(), guild.get(), kind, name, parent, i64::from(position))?;
    Ok(id)
}

/// Replaces name and topic.
pub async fn update(tx: &mut Tx, id: ChannelId, name: &str, topic: &str) -> Result<()> {
    query!(run tx, "update channels set name = $2, topic = $3 where id = $1", id.get(), name, topic)?;
    Ok(())
}

/// Puts a channel somewhere else.
pub async fn set_place(tx: &mut Tx, id: ChannelId, parent: Option<ChannelId>, position: i32) -> Result<()> {
    let sql = "update channels set parent_id = $2, position = $3 where id = $1";
    query!(run tx, sql, id.get(), parent.map(Id::get), i64::from(position))?;
    Ok(())
}

/// Removes a channel; those under it stand alone. Its messages, marks and threads are left to the purge.
pub async fn delete(tx: &mut Tx, guild: GuildId, id: ChannelId) -> Result<()> {
    let lift = "update channels set parent_id = null where guild_id = $1 and parent_id = $2";
    query!(run tx, lift, guild.get(), id.get())?;
    query!(run tx, "delete from channels where id = $1", id.get())?;
    Ok(())
}
