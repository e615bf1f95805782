//! Messages.

use std::collections::HashMap;

use protocol::entity::{Attachment, Embed, Message, MessageKind, Preview, Quoted, ThreadSummary, User};
use protocol::snapshot::Anchor;
use protocol::{ChannelId, GuildId, Id, MessageId, Result, Timestamp, UserId};
use sqlx::FromRow;

use super::mentions::{self, Called};
use super::search::listed;
use super::tx::Conn;
use super::{Db, Tx, now_ms, search_index};

/// Columns of a message with its author and what it quotes. A literal, because statements are static text.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select m.id, m.channel_id, m.author_id, u.username, u.display_name, m.kind, m.content, m.edited_at, m.pinned_at,
                m.reply_to_id, q.author_id as quoted_author_id, q.content as quoted_content,
                qu.username as quoted_username, qu.display_name as quoted_display_name
            from messages m join users u on u.id = m.author_id
            left join messages q on q.channel_id = m.channel_id and q.id = m.reply_to_id
            left join users qu on qu.id = q.author_id ",
            $rest
        )
    };
}

#[derive(FromRow)]
struct Row {
    id: i64,
    channel_id: i64,
    author_id: i64,
    username: String,
    display_name: String,
    kind: i64,
    content: String,
    edited_at: Option<i64>,
    pinned_at: Option<i64>,
    reply_to_id: Option<i64>,
    quoted_author_id: Option<i64>,
    quoted_content: Option<String>,
    quoted_username: Option<String>,
    quoted_display_name: Option<String>,
}

impl Row {
    fn preview(&mut self) -> Option<Preview> {
        let author = User {
            id: Id::from_trusted(self.quoted_author_id?),
            username: self.quoted_username.take()?,
            display_name: self.quoted_display_name.take()?,
        };
        Some(Preview::of(author, self.quoted_content.take()?))
    }

    /// Whether there may be something behind links of it.
    fn may_link(&self) -> bool {
        self.content.contains("://")
    }

    fn into_message(mut self, Parts { called, attachments, embeds, thread }: Parts) -> Message {
        let Called { names, everyone, here, roles } = called;
        let preview = self.preview();
        Message {
            id: Id::from_trusted(self.id),
            channel_id: Id::from_trusted(self.channel_id),
            author: User {
                id: Id::from_trusted(self.author_id),
                username: self.username,
                display_name: self.display_name,
            },
            kind: MessageKind::from_number(self.kind).unwrap_or(MessageKind::Default),
            content: self.content,
            edited_at: self.edited_at.map(Timestamp::from_millis),
            reply_to: self.reply_to_id.map(|id| Quoted { id: Id::from_trusted(id), preview }),
            mentions: names,
            mention_everyone: everyone,
            mention_here: here,
            mention_roles: roles,
            attachments,
            embeds,
            reactions: Vec::new(),
            pinned: self.pinned_at.is_some(),
            thread,
            nonce: None,
        }
    }
}

/// What messages have in tables of their own.
#[derive(Default)]
struct Parts {
    called: Called,
    attachments: Vec<Attachment>,
    embeds: Vec<Embed>,
    thread: Option<ThreadSummary>,
}

/// A new message.
#[derive(Debug)]
pub struct NewMessage<'a> {
    /// In which guild; none for direct conversations.
    pub guild: Option<GuildId>,
    /// Where.
    pub channel: ChannelId,
    /// Taken by the caller, above the channel's newest.
    pub id: MessageId,
    /// Who.
    pub author: UserId,
    /// What kind.
    pub kind: MessageKind,
    /// Checked text.
    pub content: &'a str,
    /// What it answers.
    pub reply_to: Option<MessageId>,
}

/// A message by id.
pub async fn get(db: &mut impl Db, channel: ChannelId, id: MessageId) -> Result<Option<Message>> {
    let sql = select!("where m.channel_id = $1 and m.id = $2");
    let Some(row) = query!(fetch_optional Row, db, sql, channel.get(), id.get())? else { return Ok(None) };
    let parts = parts_between(db, channel, std::slice::from_ref(&row)).await?.remove(&id.get());
    Ok(Some(row.into_message(parts.unwrap_or_default())))
}

/// Up to `limit` messages as somebody sees them, oldest first, and whether there are more before and after them.
pub async fn page(
    db: &mut impl Db,
    viewer: UserId,
    channel: ChannelId,
    anchor: Anchor,
    limit: usize,
) -> Result<(Vec<Message>, bool, bool)> {
    let (mut rows, has_older, has_newer) = match anchor {
        Anchor::Latest => {
            let (rows, more) = older(db, channel, i64::MAX, limit).await?;
            (rows, more, false)
        }
        Anchor::Before(id) => {
            let (rows, more) = older(db, channel, id.get(), limit).await?;
            (rows, more, true)
        }
        Anchor::After(id) => {
            let (rows, more) = newer(db, channel, id.get(), limit).await?;
            (rows, true, more)
        }
        Anchor::Around(id) => {
            let (mut rows, has_older) = older(db, channel, id.get().saturating_add(1), limit / 2).await?;
            let (after, has_newer) = newer(db, channel, id.get(), limit - limit / 2).await?;
            rows.extend(after);
            (rows, has_older, has_newer)
        }
    };
    rows.sort_unstable_by_key(|row| row.id);
    let (first, last) = (rows.first().map_or(0, |r| r.id), rows.last().map_or(0, |r| r.id));
    let mut parts = parts_between(db, channel, &rows).await?;
    let mut reactions = super::reactions::between(db, channel, first, last, viewer).await?;
    let whole = |row: Row| {
        let (parts, reactions) = (parts.remove(&row.id), reactions.remove(&row.id).unwrap_or_default());
        Message { reactions, ..row.into_message(parts.unwrap_or_default()) }
    };
    Ok((rows.into_iter().map(whole).collect(), has_older, has_newer))
}

/// Messages that were found, in no order; without reactions.
pub async fn several(db: &mut impl Db, ids: &[MessageId]) -> Result<Vec<Message>> {
    let sql = match db.conn() {
        Conn::Sqlite(_) => select!(
            "where (m.channel_id, m.id) in (select s.channel_id, s.message_id from searchable s
                where s.message_id in (select value from json_each($1)))"
        ),
        Conn::Postgres(_) => select!(
            "where (m.channel_id, m.id) in (select s.channel_id, s.message_id from searchable s where s.message_id in
                (select cast(value as bigint) from json_array_elements_text(cast($1 as json))))"
        ),
    };
    let rows = query!(fetch_all Row, db, sql, listed(ids.iter().copied()))?;
    standing_apart(db, rows).await
}

/// The pinned messages of a channel, the one pinned last first; without reactions.
pub async fn pinned(db: &mut impl Db, channel: ChannelId, most: usize) -> Result<Vec<Message>> {
    let sql = select!(
        "where m.channel_id = $1 and m.pinned_at is not null order by m.pinned_at desc, m.id desc limit $2 + 0"
    );
    let rows = query!(fetch_all Row, db, sql, channel.get(), most as i64)?;
    standing_apart(db, rows).await
}

/// Messages that stand far apart, with all that belongs to them.
async fn standing_apart(db: &mut impl Db, rows: Vec<Row>) -> Result<Vec<Message>> {
    let mut whole = Vec::with_capacity(rows.len());
    for row in rows {
        let channel = Id::from_trusted(row.channel_id);
        let parts = parts_between(db, channel, std::slice::from_ref(&row)).await?.remove(&row.id);
        whole.push(row.into_message(parts.unwrap_or_default()));
    }
    Ok(whole)
}

/// What messages of a channel that follow each other have in tables of their own, by message.
async fn parts_between(db: &mut impl Db, channel: ChannelId, rows: &[Row]) -> Result<HashMap<i64, Parts>> {
    let mut parts: HashMap<i64, Parts> = HashMap::new();
    let (Some(first), Some(last)) = (rows.first().map(|row| row.id), rows.last().map(|row| row.id)) else {
        return Ok(parts);
    };
    for (id, called) in mentions::between(db, channel, first, last).await? {
        parts.entry(id).or_default().called = called;
    }
    for (id, attachments) in super::attachments::between(db, channel, first, last).await? {
        parts.entry(id).or_default().attachments = attachments;
    }
    for (id, thread) in super::threads::between(db, channel, first, last).await? {
        parts.entry(id).or_default().thread = Some(thread);
    }
    // What is behind a link goes when an edit takes the link away.
    if rows.iter().any(Row::may_link) {
        for (id, embeds) in super::previews::between(db, channel, first, last).await? {
            parts.entry(id).or_default().embeds = embeds;
        }
    }
    Ok(parts)
}

async fn older(db: &mut impl Db, channel: ChannelId, before: i64, limit: usize) -> Result<(Vec<Row>, bool)> {
    let sql = select!("where m.channel_id = $1 and m.id < $2 order by m.id desc limit $3 + 0");
    let mut rows = query!(fetch_all Row, db, sql, channel.get(), before, limit as i64 + 1)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok((rows, more))
}

async fn newer(db: &mut impl Db, channel: ChannelId, after: i64, limit: usize) -> Result<(Vec<Row>, bool)> {
    let sql = select!("where m.channel_id = $1 and m.id > $2 order by m.id limit $3 + 0");
    let mut rows = query!(fetch_all Row, db, sql, channel.get(), after, limit as i64 + 1)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok((rows, more))
}

/// Adds a message and makes it the channel's newest.
pub async fn insert(tx: &mut Tx, new: &NewMessage<'_>, called: &Called) -> Result<()> {
    let sql = "insert into messages (channel_id, id, author_id, kind, content, reply_to_id) values ($1, $2, $3, $4, $5, $6)";
    let (channel, id, kind) = (new.channel.get(), new.id.get(), i64::from(new.kind.number()));
    query!(run tx, sql, channel, id, new.author.get(), kind, new.content, new.reply_to.map(Id::get))?;
    query!(run tx, "update channels set last_message_id = $2 where id = $1", channel, id)?;
    mentions::insert(tx, new.guild, new.channel, new.id, new.author, called).await
}

/// Replaces the text, also in the search index, and takes back whom it does not address any more.
pub async fn set_content(
    tx: &mut Tx,
    channel: ChannelId,
    id: MessageId,
    content: &str,
    (called, still): (&Called, &Called),
) -> Result<()> {
    let before = search_index::text(tx, channel, id).await?;
    mentions::keep_only(tx, channel, id, called, still).await?;
    let sql = "update messages set content = $3, edited_at = $4 where channel_id = $1 and id = $2";
    query!(run tx, sql, channel.get(), id.get(), content, now_ms())?;
    match before {
        Some(before) => search_index::renew(tx, &before).await,
        None => Ok(()),
    }
}

/// Removes a message with its mentions and its words in the search index, and its reactions but for who they are of, and
/// lets go of its files and of what is behind its links; returns the channel's newest message after that.
pub async fn delete(tx: &mut Tx, channel: ChannelId, id: MessageId) -> Result<Option<MessageId>> {
    if let Some(before) = search_index::text(tx, channel, id).await? {
        search_index::forget(tx, &before).await?;
    }
    mentions::delete(tx, channel, id).await?;
    super::reactions::clear(tx, channel, id).await?;
    super::attachments::release_all(tx, channel, id).await?;
    super::previews::hide(tx, channel, id).await?;
    super::previews::unwant(tx, channel, id).await?;
    query!(run tx, "delete from messages where channel_id = $1 and id = $2", channel.get(), id.get())?;
    let newest = "select id from messages where channel_id = $1 order by id desc limit 1";
    let newest = query!(fetch_optional(i64,), tx, newest, channel.get())?.map(|(id,)| id);
    query!(run tx, "update channels set last_message_id = $2 where id = $1", channel.get(), newest)?;
    Ok(newest.map(Id::from_trusted))
}
