//! Finding messages. Each database has its own way to the newest of many.
//!
//! SQLite's index knows a message by its id and walks from the newest, so that it stops when a page is full, however
//! common a word is. PostgreSQL's gives all messages that have a word, in no order. So the newest messages of the place are
//! looked through first: where a word is common that is the answer, and where it is not the index holds few.

use protocol::id::{EPOCH_MS, NODE_BITS, SEQUENCE_BITS};
use protocol::{ChannelId, GuildId, Id, MessageId, Result, Timestamp, UserId};

use super::search_index::{Features, mark};
use super::tokens::Phrase;
use super::tx::Conn;
use super::{Db, fault};

/// Channels that are named to the index one by one. Looking each up costs SQLite 40 µs and PostgreSQL more; with more of
/// them the guild is named, and what is found is compared with the list.
const NAMED: usize = 64;
/// Messages that PostgreSQL looks through before it asks the index, at about 0.5 µs each.
const WINDOW: i64 = 4_000;
/// The same once more, where the first window had many but not enough.
const WIDE_WINDOW: i64 = 24_000;
/// Matches in the first window from which looking through the wide one costs less than fetching all that the index has:
/// with 33 in 4,000 those are 8,000 in a million, of which each costs twice as much as one that is looked through.
const MANY: usize = 33;
/// How long a search may take on PostgreSQL, in milliseconds; it has connections for other things to do.
const TIMEOUT_MS: i64 = 2_000;

/// Where messages are looked for: what the searcher may read.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The guild of the channels; none for a conversation.
    pub guild: Option<GuildId>,
    /// The channels, and no others.
    pub channels: Vec<ChannelId>,
}

/// What messages are looked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where.
    pub reach: Reach,
    /// Written by one of these; by anybody if there are none.
    pub from: Vec<UserId>,
    /// Addressed to one of these; to anybody or nobody if there are none.
    pub mentions: Vec<UserId>,
    /// With all of these.
    pub features: Features,
    /// Pinned or not; either if none.
    pub pinned: Option<bool>,
    /// With all of these.
    pub phrases: Vec<Phrase>,
    /// Sent then or later.
    pub since: Option<Timestamp>,
    /// Sent before that.
    pub before: Option<Timestamp>,
    /// At most this id.
    pub up_to: Option<MessageId>,
}

/// The first id of a moment. The ends of time are the first and the last id.
fn id_at(at: Timestamp) -> i64 {
    let ms = at.as_millis().saturating_sub(EPOCH_MS).clamp(0, i64::MAX >> (NODE_BITS + SEQUENCE_BITS));
    ms << (NODE_BITS + SEQUENCE_BITS)
}

impl Wanted {
    /// The first id wanted, and the first that is not any more.
    fn range(&self) -> (i64, i64) {
        let before = self.before.map_or(i64::MAX, id_at);
        let up_to = self.up_to.map_or(i64::MAX, |id| id.get().saturating_add(1));
        (self.since.map_or(0, id_at), before.min(up_to))
    }

    /// Whether the guild is named to the index instead of the channels.
    fn is_wide(&self) -> bool {
        self.reach.channels.len() > NAMED
    }

    /// Groups of marks: a message has one of each group.
    fn groups(&self) -> Vec<Vec<String>> {
        let place = match self.reach.guild {
            Some(guild) if self.is_wide() => vec![mark('g', guild)],
            _ => self.reach.channels.iter().map(|channel| mark('c', *channel)).collect(),
        };
        let people = |kind: char, people: &[UserId]| people.iter().map(|one| mark(kind, *one)).collect();
        let mut groups = vec![place, people('a', &self.from), people('m', &self.mentions)];
        groups.retain(|group: &Vec<String>| !group.is_empty());
        groups.extend(self.features.marks().map(|mark| vec![mark.to_owned()]));
        groups.extend(self.phrases.iter().filter_map(|phrase| match phrase {
            Phrase::Single(c) => Some(vec![c.to_string()]),
            Phrase::Row(_) => None,
        }));
        if self.pinned == Some(true) {
            groups.extend(Features::PINNED.marks().map(|mark| vec![mark.to_owned()]));
        }
        groups
    }

    fn rows(&self) -> impl Iterator<Item = &[String]> {
        self.phrases.iter().filter_map(|phrase| match phrase {
            Phrase::Row(row) => Some(row.as_slice()),
            Phrase::Single(_) => None,
        })
    }

    /// In the words of FTS5. Tokens hold no quotes.
    fn matching(&self) -> String {
        let quoted = |marks: Vec<String>| {
            marks.iter().map(|mark| format!("\"{mark}\"")).collect::<Vec<_>>().join(" OR ")
        };
        let rows = self.rows().map(|row| format!("words : \"{}\"", row.join(" ")));
        let groups = self.groups().into_iter().map(|group| format!("marks : ({})", quoted(group)));
        let all = rows.chain(groups).collect::<Vec<_>>().join(" AND ");
        if self.pinned == Some(false) { format!("({all}) NOT marks : \"pinned\"") } else { all }
    }

    /// As PostgreSQL reads a `tsquery`. Tokens hold neither quotes nor backslashes.
    fn tsquery(&self) -> String {
        let quoted = |row: &[String]| row.iter().map(|token| format!("'{token}'")).collect::<Vec<_>>();
        let rows = self.rows().map(|row| format!("({})", quoted(row).join(" <-> ")));
        let marks = |group: Vec<String>| {
            let marks: Vec<String> = group.iter().map(|mark| format!("':{mark}'")).collect();
            format!("({})", marks.join(" | "))
        };
        let mut all: Vec<String> = rows.chain(self.groups().into_iter().map(marks)).collect();
        if self.pinned == Some(false) {
            all.push("!':pinned'".to_owned());
        }
        all.join(" & ")
    }

    /// The channels whose messages count, for comparing with what was found.
    fn channels(&self) -> String {
        listed(self.reach.channels.iter().copied())
    }
}

/// Ids as a list in JSON, which both databases can take apart.
pub(super) fn listed<T>(ids: impl IntoIterator<Item = Id<T>>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.get().to_string()).collect();
    format!("[{}]", ids.join(","))
}

/// Bounds what the following statements of this reader may take. SQLite needs none of it: its index stops by itself.
pub async fn limit_time(db: &mut impl Db) -> Result<()> {
    if let Conn::Postgres(conn) = db.conn() {
        let limit =
            sqlx::query("select set_config('statement_timeout', $1, true)").bind(TIMEOUT_MS.to_string());
        limit.execute(conn).await.map_err(fault)?;
    }
    Ok(())
}

/// The newest messages that are wanted, up to `limit`, newest first.
pub async fn newest(db: &mut impl Db, wanted: &Wanted, limit: usize) -> Result<Vec<MessageId>> {
    let (since, before) = wanted.range();
    if since >= before || wanted.reach.channels.is_empty() {
        return Ok(Vec::new());
    }
    let found = match db.conn() {
        Conn::Sqlite(_) => walk(db, wanted, limit).await?,
        Conn::Postgres(_) => look(db, wanted, limit).await?,
    };
    Ok(found.into_iter().map(Id::from_trusted).collect())
}

/// SQLite: along the index from the newest.
async fn walk(db: &mut impl Db, wanted: &Wanted, limit: usize) -> Result<Vec<i64>> {
    let ((since, before), matching) = (wanted.range(), wanted.matching());
    let rows = if wanted.is_wide() {
        let sql = "select w.rowid from search_words w cross join searchable s on s.message_id = w.rowid
            where w.search_words match $1 and w.rowid < $2 and w.rowid >= $3
                and s.channel_id in (select value from json_each($5))
            order by w.rowid desc limit $4 + 0";
        query!(fetch_all(i64,), db, sql, matching, before, since, limit as i64, wanted.channels())?
    } else {
        let sql = "select rowid from search_words where search_words match $1 and rowid < $2 and rowid >= $3
            order by rowid desc limit $4 + 0";
        query!(fetch_all(i64,), db, sql, matching, before, since, limit as i64)?
    };
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// PostgreSQL: through the newest messages of the place; and if that was not enough, all that the index has.
async fn look(db: &mut impl Db, wanted: &Wanted, limit: usize) -> Result<Vec<i64>> {
    let (found, is_all) = window(db, wanted, WINDOW, limit).await?;
    if is_all || found.len() >= limit {
        return Ok(found);
    }
    if found.len() >= MANY {
        let (found, is_all) = window(db, wanted, WIDE_WINDOW, limit).await?;
        if is_all || found.len() >= limit {
            return Ok(found);
        }
    }
    let (since, before) = wanted.range();
    // Walled off, or the planner would walk along the ids and compare the words of each message.
    let sql = "with hits as materialized (
            select message_id, channel_id from searchable where words @@ cast($1 as tsquery))
        select message_id from hits where message_id < $2 and message_id >= $3
            and channel_id in (select cast(value as bigint) from json_array_elements_text(cast($5 as json)))
        order by message_id desc limit $4 + 0";
    let rows =
        query!(fetch_all(i64,), db, sql, wanted.tsquery(), before, since, limit as i64, wanted.channels())?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What is wanted of the newest `size` messages of the place, and whether these were all.
async fn window(db: &mut impl Db, wanted: &Wanted, size: i64, limit: usize) -> Result<(Vec<i64>, bool)> {
    let (since, before) = wanted.range();
    // Compared as rows and sorted by both: that is the order of no other index. Along the ids alone a planner that does
    // not know the place walks through the messages of all others.
    let of_channel = "with recent as materialized (
            select message_id, channel_id, words from searchable
            where (channel_id, message_id) < ($1, $2) and (channel_id, message_id) >= ($1, $3)
            order by channel_id desc, message_id desc limit $4 + 0)
        select (select count(*) from recent), hit.message_id from (select 1) one left join (
            select message_id from recent where words @@ cast($5 as tsquery)
                and channel_id in (select cast(value as bigint) from json_array_elements_text(cast($7 as json)))
            order by message_id desc limit $6 + 0) hit on true";
    let of_guild = "with recent as materialized (
            select message_id, channel_id, words from searchable
            where (guild_id, message_id) < ($1, $2) and (guild_id, message_id) >= ($1, $3)
            order by guild_id desc, message_id desc limit $4 + 0)
        select (select count(*) from recent), hit.message_id from (select 1) one left join (
            select message_id from recent where words @@ cast($5 as tsquery)
                and channel_id in (select cast(value as bigint) from json_array_elements_text(cast($7 as json)))
            order by message_id desc limit $6 + 0) hit on true";
    let (sql, place) = match (wanted.reach.guild, wanted.reach.channels.as_slice()) {
        (_, [only]) => (of_channel, only.get()),
        (guild, _) => (of_guild, guild.map_or(0, Id::get)),
    };
    let rows = query!(
        fetch_all(i64, Option<i64>),
        db,
        sql,
        place,
        before,
        since,
        size,
        wanted.tsquery(),
        limit as i64,
        wanted.channels()
    )?;
    let is_all = rows.first().is_none_or(|(seen, _)| *seen < size);
    let mut found: Vec<i64> = rows.into_iter().filter_map(|(_, id)| id).collect();
    found.sort_unstable_by(|one, other| other.cmp(one));
    Ok((found, is_all))
}

/// The texts of messages that were found, with their ids.
pub async fn contents(db: &mut impl Db, ids: &[MessageId]) -> Result<Vec<(MessageId, String)>> {
    let sql = match db.conn() {
        Conn::Sqlite(_) => {
            "select m.id, m.content from searchable s cross join messages m
                on m.channel_id = s.channel_id and m.id = s.message_id
            where s.message_id in (select value from json_each($1))"
        }
        Conn::Postgres(_) => {
            "select m.id, m.content from searchable s join messages m
                on m.channel_id = s.channel_id and m.id = s.message_id
            where s.message_id in
                (select cast(value as bigint) from json_array_elements_text(cast($1 as json)))"
        }
    };
    let rows = query!(fetch_all(i64, String), db, sql, listed(ids.iter().copied()))?;
    Ok(rows.into_iter().map(|(id, content)| (Id::from_trusted(id), content)).collect())
}
