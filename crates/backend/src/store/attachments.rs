//! Files of messages: whose they are, where they belong, how much room they take.

use std::collections::{BTreeMap, HashMap, HashSet};

use protocol::entity::{Attachment, NewAttachment};
use protocol::{AttachmentId, ChannelId, Error, Id, MessageId, Result, UserId};
use sqlx::FromRow;

use super::{Db, Tx};

/// The end of what is not wanted any more: before every time there is.
const ENDED: i64 = 0;
/// Under whom the room that all files take is counted. No person has this id.
pub(super) const EVERYBODY: i64 = 0;

/// Columns of a file. A literal, because statements are static text.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, channel_id, message_id, author_id, filename, content_type, size, preview_size, width, height,
                is_animated, description, is_spoiler, expires_at from attachments ",
            $rest
        )
    };
}

#[derive(FromRow)]
struct Row {
    id: i64,
    channel_id: i64,
    message_id: Option<i64>,
    author_id: i64,
    filename: String,
    content_type: String,
    size: i64,
    preview_size: i64,
    width: Option<i64>,
    height: Option<i64>,
    is_animated: bool,
    description: String,
    is_spoiler: bool,
    expires_at: Option<i64>,
}

impl Row {
    fn into_attachment(self) -> Attachment {
        let pixels = |side: Option<i64>| side.and_then(|side| u32::try_from(side).ok());
        Attachment {
            id: Id::from_trusted(self.id),
            filename: self.filename,
            content_type: self.content_type,
            size: self.size.cast_unsigned(),
            width: pixels(self.width),
            height: pixels(self.height),
            has_preview: self.preview_size > 0,
            is_animated: self.is_animated,
            description: self.description,
            is_spoiler: self.is_spoiler,
        }
    }
}

/// A file and where it belongs.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The file.
    pub attachment: Attachment,
    /// Where it was uploaded to.
    pub channel: ChannelId,
    /// The message it belongs to; none while it waits.
    pub message: Option<MessageId>,
    /// Who uploaded it.
    pub author: UserId,
}

/// How many bytes files may take.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Those of one person.
    pub of_person: u64,
    /// All together.
    pub in_all: u64,
}

/// A file that is wanted, by id.
pub async fn get(db: &mut impl Db, id: AttachmentId, now_ms: i64) -> Result<Option<Stored>> {
    let row = query!(fetch_optional Row, db, select!("where id = $1"), id.get())?;
    let row = row.filter(|row| row.expires_at.is_none_or(|end| end > now_ms));
    Ok(row.map(|row| Stored {
        channel: Id::from_trusted(row.channel_id),
        message: row.message_id.map(Id::from_trusted),
        author: Id::from_trusted(row.author_id),
        attachment: row.into_attachment(),
    }))
}

/// The files of the messages from `first` to `last`, by message, in their order.
pub async fn between(
    db: &mut impl Db,
    channel: ChannelId,
    first: i64,
    last: i64,
) -> Result<HashMap<i64, Vec<Attachment>>> {
    let sql =
        select!("where channel_id = $1 and message_id >= $2 and message_id <= $3 order by message_id, place");
    let mut found: HashMap<i64, Vec<Attachment>> = HashMap::new();
    for row in query!(fetch_all Row, db, sql, channel.get(), first, last)? {
        found.entry(row.message_id.unwrap_or_default()).or_default().push(row.into_attachment());
    }
    Ok(found)
}

/// Adds a file that waits for its message until `expires_at`, and counts the room it takes.
///
/// # Errors
/// [`Error::QuotaReached`] or [`Error::InstanceFull`] when there is not enough; then nothing of this write may stay.
pub async fn insert(tx: &mut Tx, new: &Stored, preview_size: u64, expires_at: i64, room: Room) -> Result<()> {
    let file = &new.attachment;
    let (size, preview_size) = (file.size.cast_signed(), preview_size.cast_signed());
    let (author, channel) = (new.author.get(), new.channel.get());
    if count(tx, author, size + preview_size).await? > room.of_person {
        return Err(Error::QuotaReached);
    }
    if count(tx, EVERYBODY, size + preview_size).await? > room.in_all {
        return Err(Error::InstanceFull);
    }
    let sql = "insert into attachments (id, channel_id, author_id, place, filename, content_type, size, preview_size,
            width, height, is_animated, description, is_spoiler, expires_at)
        values ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, '', false, $11)";
    let (name, kind) = (file.filename.as_str(), file.content_type.as_str());
    let (width, height) = (file.width.map(i64::from), file.height.map(i64::from));
    let animated = file.is_animated;
    query!(run tx, sql, file.id.get(), channel, author, name, kind, size, preview_size, width, height, animated, expires_at)?;
    Ok(())
}

/// Adds to somebody's room, or takes from it; returns how much they take now.
pub(super) async fn count(tx: &mut Tx, owner: i64, bytes: i64) -> Result<u64> {
    let sql = "insert into stored (owner_id, bytes) values ($1, $2)
        on conflict (owner_id) do update set bytes = stored.bytes + $2 returning bytes";
    let (bytes,) = query!(fetch_one(i64,), tx, sql, owner, bytes)?;
    Ok(bytes.max(0).cast_unsigned())
}

/// How much room somebody's files take, and all together.
pub async fn room_taken(db: &mut impl Db, person: UserId) -> Result<Room> {
    let sql = "select owner_id, bytes from stored where owner_id = $1 or owner_id = 0";
    let rows: BTreeMap<i64, i64> = query!(fetch_all(i64, i64), db, sql, person.get())?.into_iter().collect();
    let of = |owner| rows.get(&owner).copied().unwrap_or(0).max(0).cast_unsigned();
    Ok(Room { of_person: of(person.get()), in_all: of(EVERYBODY) })
}

/// A message and the place in it that a file is given.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Where.
    pub channel: ChannelId,
    /// Of whom.
    pub author: UserId,
    /// In which.
    pub message: MessageId,
    /// At which place.
    pub at: usize,
}

/// Gives a waiting file to a message; `None` when there is none for it: not uploaded by its author, not to its channel,
/// in use already, or at its end.
pub async fn bind(tx: &mut Tx, new: &NewAttachment, to: Place, now_ms: i64) -> Result<Option<Attachment>> {
    let sql = "update attachments set message_id = $4, place = $5, description = $6, is_spoiler = $7, expires_at = null
        where id = $1 and author_id = $2 and channel_id = $3 and message_id is null and expires_at > $8";
    let (id, author, channel, message) = (new.id.get(), to.author.get(), to.channel.get(), to.message.get());
    let (alt, spoiler) = (new.description.as_str(), new.is_spoiler);
    if query!(run tx, sql, id, author, channel, message, to.at as i64, alt, spoiler, now_ms)? == 0 {
        return Ok(None);
    }
    Ok(get(tx, new.id, now_ms).await?.map(|stored| stored.attachment))
}

/// Lets go of all files of a message. From then on nobody finds them; they are removed after the commit.
pub async fn release_all(tx: &mut Tx, channel: ChannelId, message: MessageId) -> Result<()> {
    let sql =
        "update attachments set message_id = null, expires_at = 0 where channel_id = $1 and message_id = $2";
    query!(run tx, sql, channel.get(), message.get())?;
    Ok(())
}

/// Lets go of one file.
pub async fn release(tx: &mut Tx, id: AttachmentId) -> Result<()> {
    query!(run tx, "update attachments set message_id = null, expires_at = 0 where id = $1", id.get())?;
    Ok(())
}

/// Lets go of up to `limit` files that waited too long; returns whether there may be more. From then on no message can
/// get them, whatever clocks do.
pub async fn expire(tx: &mut Tx, now_ms: i64, limit: i64) -> Result<bool> {
    let sql = "update attachments set expires_at = 0 where id in
        (select id from attachments where expires_at <= $1 and expires_at > 0 order by expires_at limit $2)";
    Ok(query!(run tx, sql, now_ms, limit)?.cast_signed() >= limit)
}

/// Up to `limit` files that nobody wants any more.
pub async fn ended(db: &mut impl Db, limit: i64) -> Result<Vec<AttachmentId>> {
    let sql = "select id from attachments where expires_at = 0 limit $1 + 0";
    let rows = query!(fetch_all(i64,), db, sql, limit)?;
    Ok(rows.into_iter().map(|(id,)| Id::from_trusted(id)).collect())
}

/// Forgets files that are gone from the disk, and gives back the room they took.
pub async fn forget(tx: &mut Tx, gone: &[AttachmentId]) -> Result<()> {
    // In one order, as every upload takes them: a person first, everybody last.
    let mut room: BTreeMap<i64, i64> = BTreeMap::new();
    let mut all = 0;
    for id in gone {
        let sql = "delete from attachments where id = $1 and expires_at = $2 returning author_id, size + preview_size";
        if let Some((author, bytes)) = query!(fetch_optional(i64, i64), tx, sql, id.get(), ENDED)? {
            *room.entry(author).or_default() += bytes;
            all += bytes;
        }
    }
    for (owner, bytes) in room.into_iter().chain((all > 0).then_some((EVERYBODY, all))) {
        count(tx, owner, -bytes).await?;
    }
    Ok(())
}

/// Which files from one id to another there are rows of: of messages, and of what is behind links.
pub async fn known(
    db: &mut impl Db,
    first: AttachmentId,
    last: AttachmentId,
) -> Result<HashSet<AttachmentId>> {
    let sql = "select id from attachments where id >= $1 and id <= $2
        union all select id from previews where id >= $1 and id <= $2";
    let rows = query!(fetch_all(i64,), db, sql, first.get(), last.get())?;
    Ok(rows.into_iter().map(|(id,)| Id::from_trusted(id)).collect())
}

/// Whether there is any file at all.
pub async fn is_any(db: &mut impl Db) -> Result<bool> {
    let sql = "select id from (select id from attachments limit 1) a
        union all select id from (select id from previews limit 1) p";
    Ok(!query!(fetch_all(i64,), db, sql)?.is_empty())
}
