//! What was found behind links, and which messages show it.

use std::collections::HashMap;

use protocol::entity::{Embed, EmbedKind, EmbedPicture};
use protocol::{AttachmentId, ChannelId, Error, Id, MessageId, Result, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::queue::{self, Taken};
use super::{Db, Tx, attachments};

/// The kind of work in the queue.
pub const KIND: &str = "preview";
/// Discord's flag of a message whose links are not shown with what is behind them.
const SUPPRESS_EMBEDS: i64 = 1 << 2;
/// Nothing to show.
const NOTHING: i64 = 0;
/// A page.
const LINK: i64 = 1;
/// A picture.
const IMAGE: i64 = 2;

/// What somebody has to find out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Where.
    pub channel_id: ChannelId,
    /// For which message.
    pub message_id: MessageId,
    /// Who wrote it.
    pub author_id: UserId,
    /// Behind which links.
    pub links: Vec<String>,
}

/// Has it found out what is behind the links of a message, and nothing else for that message.
pub async fn want(tx: &mut Tx, wanted: &Wanted) -> Result<()> {
    let payload = serde_json::to_string(wanted).map_err(|_| Error::Internal)?;
    let (key, now) = (key(wanted.channel_id, wanted.message_id), tx.now_ms());
    queue::owe(tx, KIND, &key, &payload, now).await
}

/// Nothing is to be found out for a message.
pub async fn unwant(tx: &mut Tx, channel: ChannelId, message: MessageId) -> Result<()> {
    queue::forgive(tx, KIND, &key(channel, message)).await
}

/// What is to be found out; none when that cannot be read.
pub fn wanted(taken: &Taken) -> Option<Wanted> {
    serde_json::from_str(&taken.payload).ok()
}

fn key(channel: ChannelId, message: MessageId) -> String {
    format!("{channel}/{message}")
}

/// What was found behind an address. Pictures are kept among the files of messages, under this id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is; none when there is nothing to show.
    pub kind: Option<EmbedKind>,
    /// What its site is called.
    pub site_name: String,
    /// What it is called.
    pub title: String,
    /// More about it.
    pub description: String,
    /// How it looks, and how many bytes that takes.
    pub picture: Option<(EmbedPicture, u64)>,
}

/// What a message shows behind one of its links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The link, as it is in the message.
    pub url: String,
    /// What was found there.
    pub preview: AttachmentId,
}

#[derive(FromRow)]
struct Row {
    message_id: i64,
    url: String,
    kind: i64,
    site_name: String,
    title: String,
    description: String,
    picture_key: Option<String>,
    width: Option<i64>,
    height: Option<i64>,
}

impl Row {
    fn into_embed(self) -> Embed {
        let pixels = |side: Option<i64>| side.and_then(|side| u32::try_from(side).ok()).unwrap_or(1);
        let (width, height) = (pixels(self.width), pixels(self.height));
        Embed {
            kind: if self.kind == IMAGE { EmbedKind::Image } else { EmbedKind::Link },
            url: self.url,
            site_name: self.site_name,
            title: self.title,
            description: self.description,
            picture: self.picture_key.map(|id| EmbedPicture { id, width, height }),
        }
    }
}

/// What the messages from `first` to `last` show behind their links, by message, in order.
pub async fn between(
    db: &mut impl Db,
    channel: ChannelId,
    first: i64,
    last: i64,
) -> Result<HashMap<i64, Vec<Embed>>> {
    let sql = "select e.message_id, e.url, p.kind, p.site_name, p.title, p.description, p.picture_key, p.width, p.height
        from embeds e join previews p on p.id = e.preview_id
        where e.channel_id = $1 and e.message_id >= $2 and e.message_id <= $3 order by e.message_id, e.place";
    let mut found: HashMap<i64, Vec<Embed>> = HashMap::new();
    for row in query!(fetch_all Row, db, sql, channel.get(), first, last)? {
        found.entry(row.message_id).or_default().push(row.into_embed());
    }
    Ok(found)
}

/// What one message shows behind its links.
pub async fn of_message(db: &mut impl Db, channel: ChannelId, message: MessageId) -> Result<Vec<Embed>> {
    Ok(between(db, channel, message.get(), message.get()).await?.remove(&message.get()).unwrap_or_default())
}

/// Shows these, and nothing else, behind the links of a message.
pub async fn show(tx: &mut Tx, channel: ChannelId, message: MessageId, shown: &[Shown]) -> Result<()> {
    hide(tx, channel, message).await?;
    for (place, Shown { url, preview }) in shown.iter().enumerate() {
        let sql =
            "insert into embeds (channel_id, message_id, place, url, preview_id) values ($1, $2, $3, $4, $5)";
        query!(run tx, sql, channel.get(), message.get(), place as i64, url.as_str(), preview.get())?;
    }
    Ok(())
}

/// Shows nothing of them any more; returns whether anything was shown.
pub async fn hide(tx: &mut Tx, channel: ChannelId, message: MessageId) -> Result<bool> {
    let sql = "delete from embeds where channel_id = $1 and message_id = $2";
    Ok(query!(run tx, sql, channel.get(), message.get())? > 0)
}

/// Shows only what is behind these links of all that was shown.
pub async fn keep(tx: &mut Tx, channel: ChannelId, message: MessageId, urls: &[String]) -> Result<()> {
    let sql = "select place, url from embeds where channel_id = $1 and message_id = $2";
    for (place, url) in query!(fetch_all(i64, String), tx, sql, channel.get(), message.get())? {
        if !urls.contains(&url) {
            let sql = "delete from embeds where channel_id = $1 and message_id = $2 and place = $3";
            query!(run tx, sql, channel.get(), message.get(), place)?;
        }
    }
    Ok(())
}

/// Whether a message was said to show nothing behind its links; none when there is no such message.
pub async fn is_suppressed(db: &mut impl Db, channel: ChannelId, message: MessageId) -> Result<Option<bool>> {
    let sql = "select flags from messages where channel_id = $1 and id = $2";
    let row = query!(fetch_optional(i64,), db, sql, channel.get(), message.get())?;
    Ok(row.map(|(flags,)| flags & SUPPRESS_EMBEDS != 0))
}

/// A message shows nothing behind its links from now on, whatever its text.
pub async fn suppress(tx: &mut Tx, channel: ChannelId, message: MessageId) -> Result<()> {
    let sql = "update messages set flags = flags | $3 where channel_id = $1 and id = $2";
    query!(run tx, sql, channel.get(), message.get(), SUPPRESS_EMBEDS)?;
    hide(tx, channel, message).await?;
    Ok(())
}

/// What was found behind an address and is still good: its id, and whether there is anything to show.
pub async fn known(db: &mut impl Db, url: &str, now_ms: i64) -> Result<Option<(AttachmentId, bool)>> {
    let sql = "select id, kind from previews where url_hash = $1 and expires_at > $2 order by expires_at desc limit 1";
    let row = query!(fetch_optional(i64, i64), db, sql, hash_of(url), now_ms)?;
    Ok(row.map(|(id, kind)| (Id::from_trusted(id), kind != NOTHING)))
}

/// Keeps what was found behind an address until `expires_at`, and counts the room of its picture.
///
/// # Errors
/// [`Error::InstanceFull`] when all files together then take more than `room` bytes; nothing of this write may stay.
pub async fn insert(
    tx: &mut Tx,
    id: AttachmentId,
    url: &str,
    found: &Found,
    times: (i64, i64),
    room: u64,
) -> Result<()> {
    let kind = match found.kind {
        None => NOTHING,
        Some(EmbedKind::Link) => LINK,
        Some(EmbedKind::Image) => IMAGE,
    };
    let picture = found.picture.as_ref();
    let size = picture.map_or(0, |(_, size)| size.cast_signed());
    if size > 0 && attachments::count(tx, attachments::EVERYBODY, size).await? > room {
        return Err(Error::InstanceFull);
    }
    let sql =
        "insert into previews (id, url_hash, kind, site_name, title, description, picture_key, picture_size,
            width, height, fetched_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let texts = (found.site_name.as_str(), found.title.as_str(), found.description.as_str());
    let key = picture.map(|(picture, _)| picture.id.as_str());
    let (width, height) = (
        picture.map(|(picture, _)| i64::from(picture.width)),
        picture.map(|(picture, _)| i64::from(picture.height)),
    );
    let (hash, (at, end)) = (hash_of(url), times);
    query!(run tx, sql, id.get(), hash, kind, texts.0, texts.1, texts.2, key, size, width, height, at, end)?;
    Ok(())
}

/// The picture with a key.
pub async fn picture(db: &mut impl Db, key: &str) -> Result<Option<AttachmentId>> {
    let sql = "select id from previews where picture_key = $1";
    Ok(query!(fetch_optional(i64,), db, sql, key)?.map(|(id,)| Id::from_trusted(id)))
}

/// Up to `limit` previews after one, in order, that were good until before a time and that no message shows.
pub async fn over(
    db: &mut impl Db,
    after: Option<AttachmentId>,
    before_ms: i64,
    limit: i64,
) -> Result<Vec<AttachmentId>> {
    let sql = "select id from previews where id > $1 and expires_at < $2
        and not exists (select 1 from embeds where embeds.preview_id = previews.id) order by id limit $3 + 0";
    let rows = query!(fetch_all(i64,), db, sql, after.map_or(0, Id::get), before_ms, limit)?;
    Ok(rows.into_iter().map(|(id,)| Id::from_trusted(id)).collect())
}

/// Forgets previews whose pictures are gone from the disk, and gives back the room they took.
pub async fn forget(tx: &mut Tx, gone: &[AttachmentId]) -> Result<()> {
    let mut bytes = 0;
    for id in gone {
        let sql = "delete from previews where id = $1 returning picture_size";
        bytes += query!(fetch_optional(i64,), tx, sql, id.get())?.map_or(0, |(size,)| size);
    }
    if bytes > 0 {
        attachments::count(tx, attachments::EVERYBODY, -bytes).await?;
    }
    Ok(())
}

fn hash_of(url: &str) -> Vec<u8> {
    Sha256::digest(url.as_bytes()).to_vec()
}
