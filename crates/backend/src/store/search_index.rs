//! What the search index holds of each message, and how far it is.
//!
//! A channel is indexed from both ends of what is done already: what is new upwards, what was there before the index
//! downwards. Position and entries are of one commit, so a crash at any moment neither loses nor doubles any. An entry
//! always says what its message says now: edits and deletions change it in their own commit.

use std::collections::BTreeMap;
use std::fmt::Write;

use protocol::entity::MessageKind;
use protocol::markup::Visible;
use protocol::search::Has;
use protocol::{ChannelId, Id, MessageId, Result, markup};
use sqlx::FromRow;

use super::tokens::{singles, tokens};
use super::tx::Conn;
use super::{Db, Tx};

/// Entries of SQLite's index taken out in one commit of a purge. Each word is taken out of its page, a millisecond for a
/// message in a large index.
const TAKEN_OUT: i64 = 20;

/// What a message has that can be looked for: bits of `searchable.features`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features(i64);

impl Features {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// A link.
    pub const LINK: Self = Self(1);
    /// A picture.
    pub const IMAGE: Self = Self(1 << 1);
    /// A file.
    pub const FILE: Self = Self(1 << 2);
    /// A poll.
    pub const POLL: Self = Self(1 << 3);
    /// It is pinned.
    pub const PINNED: Self = Self(1 << 4);

    /// Their marks in the index.
    const MARKS: [(Self, &str); 5] = [
        (Self::LINK, "hlink"),
        (Self::IMAGE, "himage"),
        (Self::FILE, "hfile"),
        (Self::POLL, "hpoll"),
        (Self::PINNED, "pinned"),
    ];

    /// What a search asks for.
    pub const fn of(has: Has) -> Self {
        match has {
            Has::Link => Self::LINK,
            Has::Image => Self::IMAGE,
            Has::File => Self::FILE,
            Has::Poll => Self::POLL,
        }
    }

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The marks of those that are set.
    pub(super) fn marks(self) -> impl Iterator<Item = &'static str> {
        Self::MARKS.into_iter().filter(move |(one, _)| self.0 & one.0 != 0).map(|(_, mark)| mark)
    }
}

/// The mark of something with an id: a channel, a guild, an author, somebody addressed.
pub(super) fn mark<T>(kind: char, id: Id<T>) -> String {
    format!("{kind}{:x}", id.get())
}

/// A message as the index is to have it.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Text {
    id: i64,
    channel_id: i64,
    author_id: i64,
    kind: i64,
    content: String,
    pinned_at: Option<i64>,
    #[sqlx(skip)]
    mentions: Vec<i64>,
    /// What its files are.
    #[sqlx(skip)]
    files: Vec<String>,
}

/// The message as it is now; read before it changes, it is what its entry was made of.
pub(super) async fn text(db: &mut impl Db, channel: ChannelId, id: MessageId) -> Result<Option<Text>> {
    let sql = "select id, channel_id, author_id, kind, content, pinned_at from messages where channel_id = $1 and id = $2";
    let Some(mut text) = query!(fetch_optional Text, db, sql, channel.get(), id.get())? else {
        return Ok(None);
    };
    text.read_rest(db).await?;
    Ok(Some(text))
}

impl Text {
    /// Whom it addresses, and what its files are.
    async fn read_rest(&mut self, db: &mut impl Db) -> Result<()> {
        let sql =
            "select content_type from attachments where channel_id = $1 and message_id = $2 order by place";
        let rows = query!(fetch_all(String,), db, sql, self.channel_id, self.id)?;
        self.files = rows.into_iter().map(|(content_type,)| content_type).collect();
        if self.content.contains("<@") {
            // Those who are named: nobody looks for what everybody was told.
            let sql =
                "select user_id from mentions where channel_id = $1 and message_id = $2 and (ways & 1) <> 0
                order by user_id";
            let rows = query!(fetch_all(i64,), db, sql, self.channel_id, self.id)?;
            self.mentions = rows.into_iter().map(|(user,)| user).collect();
        }
        Ok(())
    }

    /// Nobody looks for “joined”.
    fn is_searchable(&self) -> bool {
        MessageKind::from_number(self.kind).is_some_and(|kind| !kind.is_system())
    }

    /// Everything a message can be found by, but for what the database of the place knows.
    fn entry(&self, seen: &Visible, guild: Option<i64>, features: Features) -> Entry {
        let tokens = tokens(&seen.text);
        let mut marks = vec![format!("c{:x}", self.channel_id), format!("a{:x}", self.author_id)];
        marks.extend(guild.map(|guild| format!("g{guild:x}")));
        marks.extend(self.mentions.iter().map(|user| format!("m{user:x}")));
        marks.extend(features.marks().map(str::to_owned));
        marks.extend(singles(&tokens).into_iter().map(String::from));
        Entry { words: tokens.into_iter().map(|token| token.text).collect(), marks }
    }
}

/// What a message has. **The one place to read it**: whoever adds another feature looks here for whether a message has it,
/// and calls [`refresh`] in the write that changes that.
fn features(text: &Text, seen: &Visible) -> Features {
    let has = |holds: bool, feature: Features| if holds { feature } else { Features::NONE };
    let pictures = text.files.iter().any(|content_type| content_type.starts_with("image/"));
    has(seen.has_link, Features::LINK)
        .and(has(text.pinned_at.is_some(), Features::PINNED))
        .and(has(pictures, Features::IMAGE))
        .and(has(!text.files.is_empty(), Features::FILE))
}

/// The words of a message in their order, and its marks.
struct Entry {
    words: Vec<String>,
    marks: Vec<String>,
}

impl Entry {
    /// As PostgreSQL reads a `tsvector`. Words hold neither quotes nor backslashes; see [`super::tokens`].
    fn vector(&self) -> String {
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, word) in self.words.iter().enumerate() {
            places.entry(word).or_default().push(at + 1);
        }
        let mut text = String::new();
        for (word, places) in places {
            let places: Vec<String> = places.iter().map(usize::to_string).collect();
            // Writing into a string does not fail.
            let _ = write!(text, "'{word}':{} ", places.join(","));
        }
        for mark in &self.marks {
            let _ = write!(text, "':{mark}' ");
        }
        text
    }
}

fn is_embedded(tx: &mut Tx) -> bool {
    matches!(tx.conn(), Conn::Sqlite(_))
}

/// Adds an entry; on PostgreSQL not twice, whatever another process did.
async fn put(tx: &mut Tx, text: &Text, guild: Option<i64>) -> Result<()> {
    let seen = markup::visible(&text.content);
    let features = features(text, &seen);
    let entry = text.entry(&seen, guild, features);
    if is_embedded(tx) {
        let sql =
            "insert into searchable (message_id, channel_id, guild_id, features) values ($1, $2, $3, $4)";
        query!(run tx, sql, text.id, text.channel_id, guild, features.0)?;
        let sql = "insert into search_words (rowid, words, marks) values ($1, $2, $3)";
        query!(run tx, sql, text.id, entry.words.join(" "), entry.marks.join(" "))?;
    } else {
        let sql = "insert into searchable (message_id, channel_id, guild_id, features, words)
            values ($1, $2, $3, $4, cast($5 as tsvector)) on conflict do nothing";
        query!(run tx, sql, text.id, text.channel_id, guild, features.0, entry.vector())?;
    }
    Ok(())
}

/// Takes the entry out that was made of this text; returns its guild, or nothing where there was no entry.
async fn take(tx: &mut Tx, text: &Text) -> Result<Option<Option<i64>>> {
    let sql = "delete from searchable where message_id = $1 returning guild_id, features";
    let Some((guild, features)) = query!(fetch_optional(Option<i64>, i64), tx, sql, text.id)? else {
        return Ok(None);
    };
    if is_embedded(tx) {
        // The index finds what it holds by being told it once more.
        let entry = text.entry(&markup::visible(&text.content), guild, Features(features));
        let sql =
            "insert into search_words (search_words, rowid, words, marks) values ('delete', $1, $2, $3)";
        query!(run tx, sql, text.id, entry.words.join(" "), entry.marks.join(" "))?;
    }
    Ok(Some(guild))
}

/// How far a channel is in the index. Whoever asks has it to themselves until the commit: what is indexed is not edited
/// meanwhile, and what is edited not indexed.
async fn position(tx: &mut Tx, channel: i64) -> Result<(i64, i64)> {
    let sql = "insert into search_positions (channel_id, from_id, to_id) values ($1, $2, 0)
        on conflict (channel_id) do update set to_id = search_positions.to_id returning from_id, to_id";
    query!(fetch_one(i64, i64), tx, sql, channel, i64::MAX)
}

/// Takes a message out that was deleted, in the same write. `before` is what it was.
pub(super) async fn forget(tx: &mut Tx, before: &Text) -> Result<()> {
    if !is_embedded(tx) {
        position(tx, before.channel_id).await?;
    }
    take(tx, before).await.map(|_| ())
}

/// Puts what a message is now in place of what it was, after it was changed in the same write. Does nothing for a message
/// that is not in the index yet.
pub(super) async fn renew(tx: &mut Tx, before: &Text) -> Result<()> {
    if !is_embedded(tx) {
        position(tx, before.channel_id).await?;
    }
    let Some(guild) = take(tx, before).await? else { return Ok(()) };
    let (channel, id) = (Id::from_trusted(before.channel_id), Id::from_trusted(before.id));
    match text(tx, channel, id).await? {
        Some(now) => put(tx, &now, guild).await,
        None => Ok(()),
    }
}

/// The same where only what the message has was changed (see `features`), and not its text.
pub async fn refresh(tx: &mut Tx, channel: ChannelId, id: MessageId) -> Result<()> {
    match text(tx, channel, id).await? {
        Some(text) => renew(tx, &text).await,
        None => Ok(()),
    }
}

/// Takes up to `limit` messages of a channel out whose row is gone; returns how many there were.
pub(super) async fn forget_some(tx: &mut Tx, channel: ChannelId, limit: i64) -> Result<u64> {
    if !is_embedded(tx) {
        let sql = "delete from searchable where channel_id = $1
            and message_id in (select message_id from searchable where channel_id = $1 limit $2)";
        return query!(run tx, sql, channel.get(), limit);
    }
    let sql = "select message_id from searchable where channel_id = $1 limit $2";
    let rows = query!(fetch_all(i64,), tx, sql, channel.get(), limit.min(TAKEN_OUT))?;
    for (id,) in &rows {
        match text(tx, channel, Id::from_trusted(*id)).await? {
            Some(text) => _ = take(tx, &text).await?,
            None => _ = query!(run tx, "delete from searchable where message_id = $1", id)?,
        }
    }
    Ok(rows.len() as u64)
}

/// Forgets how far a channel is that is gone.
pub(super) async fn forget_position(tx: &mut Tx, channel: ChannelId) -> Result<()> {
    query!(run tx, "delete from search_positions where channel_id = $1", channel.get())?;
    Ok(())
}

/// Up to `limit` channels after one, by id, in which messages are not in the index.
pub async fn behind(db: &mut impl Db, after: Option<ChannelId>, limit: i64) -> Result<Vec<ChannelId>> {
    let sql = "select c.id from channels c left join search_positions p on p.channel_id = c.id
        where c.id > $1 and c.last_message_id is not null
            and (p.channel_id is null or p.from_id > 0 or p.to_id < c.last_message_id)
        order by c.id limit $2 + 0";
    let rows = query!(fetch_all(i64,), db, sql, after.map_or(0, Id::get), limit)?;
    Ok(rows.into_iter().map(|(id,)| Id::from_trusted(id)).collect())
}

/// Indexes up to `limit` messages of a channel: new ones first, then those from before, the newest first. Returns whether
/// there may be more. Nothing happens for a channel that is gone.
pub async fn step(tx: &mut Tx, channel: ChannelId, limit: i64) -> Result<bool> {
    let Some(guild) = guild_of(tx, channel).await? else { return Ok(false) };
    let (from, to) = position(tx, channel.get()).await?;
    let is_first = from == i64::MAX;
    if !is_first {
        let newer = "select id, channel_id, author_id, kind, content, pinned_at from messages
            where channel_id = $1 and id > $2 order by id limit $3 + 0";
        let rows = query!(fetch_all Text, tx, newer, channel.get(), to, limit)?;
        if let Some(to) = rows.last().map(|row| row.id) {
            let more = rows.len() as i64 == limit || from > 0;
            put_all(tx, rows, guild).await?;
            let sql = "update search_positions set to_id = $2 where channel_id = $1";
            query!(run tx, sql, channel.get(), to)?;
            return Ok(more);
        }
        if from == 0 {
            return Ok(false);
        }
    }
    let older = "select id, channel_id, author_id, kind, content, pinned_at from messages
        where channel_id = $1 and id < $2 order by id desc limit $3 + 0";
    let mut rows = query!(fetch_all Text, tx, older, channel.get(), from, limit)?;
    // SQLite's index takes rising ids at once.
    rows.reverse();
    let is_last = (rows.len() as i64) < limit;
    let from = if is_last { 0 } else { rows.first().map_or(0, |row| row.id) };
    let to = if is_first { rows.last().map_or(0, |row| row.id) } else { to };
    put_all(tx, rows, guild).await?;
    let sql = "update search_positions set from_id = $2, to_id = $3 where channel_id = $1";
    query!(run tx, sql, channel.get(), from, to)?;
    Ok(!is_last)
}

async fn put_all(tx: &mut Tx, rows: Vec<Text>, guild: Option<i64>) -> Result<()> {
    for mut text in rows.into_iter().filter(Text::is_searchable) {
        text.read_rest(tx).await?;
        put(tx, &text, guild).await?;
    }
    Ok(())
}

/// The guild of a channel, which stays until the commit: whoever deletes the channel waits, and takes out what was put in.
async fn guild_of(tx: &mut Tx, channel: ChannelId) -> Result<Option<Option<i64>>> {
    let sql = if is_embedded(tx) {
        "select coalesce(c.guild_id, (select t.guild_id from threads t where t.id = c.id)) from channels c
            where c.id = $1"
    } else {
        "select coalesce(c.guild_id, (select t.guild_id from threads t where t.id = c.id)) from channels c
            where c.id = $1 for key share of c"
    };
    type Row = (Option<i64>,);
    Ok(query!(fetch_optional Row, tx, sql, channel.get())?.map(|(guild,)| guild))
}
