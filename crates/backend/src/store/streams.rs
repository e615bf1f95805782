//! Streams and the event log.

use std::collections::HashMap;

use protocol::event::Event;
use protocol::{ChannelId, GuildId, Id, MessageId, Result, Rev, Stream, UserId};

use super::tx::Conn;
use super::{Db, Tx, now_ms};

/// An event as it stands in the log.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its place.
    pub rev: Rev,
    /// The channel it is about; none: everybody of the stream may see it.
    pub channel_id: Option<ChannelId>,
    /// The channel whose viewers may see it, where it is about a thread of that.
    pub audience: Option<ChannelId>,
    /// The encoded event.
    pub json: String,
}

/// How a stream is stored: its kind's number and its id.
pub(super) fn key(stream: Stream) -> (i64, i64) {
    match stream {
        Stream::Guild(id) => (0, id.get()),
        Stream::Dm(id) => (1, id.get()),
        Stream::User(id) => (2, id.get()),
    }
}

pub(super) fn from_key(kind: i64, id: i64) -> Stream {
    match kind {
        0 => Stream::Guild(Id::from_trusted(id)),
        1 => Stream::Dm(Id::from_trusted(id)),
        _ => Stream::User(Id::from_trusted(id)),
    }
}

/// Takes the stream's row, which every writer of the stream needs.
pub(super) async fn lock(tx: &mut Tx, stream: Stream) -> Result<()> {
    let (kind, id) = key(stream);
    let sql = "insert into streams (kind, id, rev) values ($1, $2, 0)
        on conflict (kind, id) do update set rev = streams.rev";
    query!(run tx, sql, kind, id)?;
    Ok(())
}

/// Counts the stream up and logs the event at that revision. Answers also for whose eyes it is, where it is about a thread:
/// the thread's row has to be there.
pub(super) async fn append(
    tx: &mut Tx,
    stream: Stream,
    event: &Event,
    json: &str,
) -> Result<(Rev, Option<ChannelId>)> {
    let (kind, id) = key(stream);
    let count = "insert into streams (kind, id, rev) values ($1, $2, 1)
        on conflict (kind, id) do update set rev = streams.rev + 1 returning rev";
    let (rev,) = query!(fetch_one(i64,), tx, count, kind, id)?;
    let log =
        "insert into events (stream_kind, stream_id, rev, kind, channel_id, message_id, payload, created_at, audience_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, (select parent_id from threads where id = $5)) returning audience_id";
    let (channel, message) = (event.channel_id().map(Id::get), event.message_id().map(Id::get));
    type Row = (Option<i64>,);
    let (audience,) =
        query!(fetch_one Row, tx, log, kind, id, rev, event.kind(), channel, message, json, now_ms())?;
    Ok((rev, audience.map(Id::from_trusted)))
}

/// How far streams are. Those that never had an event are not in the answer.
pub async fn revs(db: &mut impl Db, streams: &[Stream]) -> Result<HashMap<Stream, Rev>> {
    let mut found = HashMap::with_capacity(streams.len());
    for stream in streams {
        found.insert(*stream, rev(db, *stream).await?);
    }
    Ok(found)
}

/// How far a stream is; 0 before its first event.
pub async fn rev(db: &mut impl Db, stream: Stream) -> Result<Rev> {
    let (kind, id) = key(stream);
    let row =
        query!(fetch_optional(i64,), db, "select rev from streams where kind = $1 and id = $2", kind, id)?;
    Ok(row.map_or(0, |(rev,)| rev))
}

/// The streams somebody takes part in, with how far each is: their own, their guilds, their conversations.
pub async fn of_user(db: &mut impl Db, user: UserId) -> Result<Vec<(Stream, Rev)>> {
    // A bare number is of 32 bits to PostgreSQL.
    let sql =
        "select cast(2 as bigint), $1, coalesce((select rev from streams where kind = 2 and id = $1), 0)
        union all
        select cast(0 as bigint), m.guild_id, coalesce(s.rev, 0) from members m
            join guilds g on g.id = m.guild_id left join streams s on s.kind = 0 and s.id = m.guild_id where m.user_id = $1
        union all
        select cast(1 as bigint), d.channel_id, coalesce(s.rev, 0) from dm_members d
            left join streams s on s.kind = 1 and s.id = d.channel_id where d.user_id = $1";
    let rows = query!(fetch_all(i64, i64, i64), db, sql, user.get())?;
    Ok(rows.into_iter().map(|(kind, id, rev)| (from_key(kind, id), rev)).collect())
}

/// Events after a revision, oldest first. Events whose text was deleted are left out, and those of a channel or a
/// stream that ended, or of a thread of such a channel: they are in the log until the purge comes to them, of which nobody
/// may notice anything. That something ended is told. Who reacted to a message is told only while it is there.
pub async fn events_after(db: &mut impl Db, stream: Stream, after: Rev, limit: usize) -> Result<Vec<Logged>> {
    let (kind, id) = key(stream);
    let sql = "select e.rev, e.channel_id, e.audience_id, e.payload from events e
        where e.stream_kind = $1 and e.stream_id = $2 and e.rev > $3 and e.payload is not null
            and (e.kind in ('channel_deleted', 'guild_deleted') or (
                (e.kind = 'thread_deleted' or not exists (select 1 from purges p where p.channel_id = e.channel_id))
                and not exists (select 1 from purges p where p.channel_id = e.audience_id)
                and not exists (select 1 from ended_streams s where s.kind = $1 and s.id = $2)))
            and (e.kind <> 'reaction_changed' or exists (
                select 1 from messages m where m.channel_id = e.channel_id and m.id = e.message_id))
        order by e.rev limit $4 + 0";
    type Row = (i64, Option<i64>, Option<i64>, String);
    let rows = query!(fetch_all Row, db, sql, kind, id, after, limit as i64)?;
    let logged = |(rev, channel, audience, json): Row| Logged {
        rev,
        channel_id: channel.map(Id::from_trusted),
        audience: audience.map(Id::from_trusted),
        json,
    };
    Ok(rows.into_iter().map(logged).collect())
}

/// The oldest revision still in the log; a cursor older than just before it cannot be replayed.
pub async fn oldest_rev(db: &mut impl Db, stream: Stream) -> Result<Option<Rev>> {
    let (kind, id) = key(stream);
    let sql = "select rev from events where stream_kind = $1 and stream_id = $2 order by rev limit 1";
    Ok(query!(fetch_optional(i64,), db, sql, kind, id)?.map(|(rev,)| rev))
}

/// Takes a quotation out of an event, in the words of each database. PostgreSQL's own JSON would reorder the keys,
/// so there it is done on the text: an object with strings and at most one object in it.
const UNQUOTE_SQLITE: &str =
    "update events set payload = json_replace(payload, '$.message.reply_to.preview', null)
    where channel_id = $1 and payload is not null and kind in ('message_created', 'message_updated')
        and message_id in (select id from messages where channel_id = $1 and reply_to_id = $2)";
const UNQUOTE_POSTGRES: &str = "update events set payload = regexp_replace(payload,
        '\"preview\":\\{(\"([^\"\\\\]|\\\\.)*\"|[^\"{}]|\\{(\"([^\"\\\\]|\\\\.)*\"|[^\"{}])*\\})*\\}', '\"preview\":null')
    where channel_id = $1 and payload is not null and kind in ('message_created', 'message_updated')
        and message_id in (select id from messages where channel_id = $1 and reply_to_id = $2)";

/// Takes a message's text and what is behind its links out of the log, also where a reply quotes it: two statements, however many replies. The
/// reactions to it stay, because everybody may have reacted and they hold no text; [`events_after`] tells none of them.
pub async fn scrub_message(tx: &mut Tx, channel: ChannelId, message: MessageId) -> Result<()> {
    let scrub = "update events set payload = null where channel_id = $1 and message_id = $2
        and kind in ('message_created', 'message_updated', 'message_embeds')";
    query!(run tx, scrub, channel.get(), message.get())?;
    let unquote = match tx.conn() {
        Conn::Sqlite(_) => UNQUOTE_SQLITE,
        Conn::Postgres(_) => UNQUOTE_POSTGRES,
    };
    query!(run tx, unquote, channel.get(), message.get())?;
    Ok(())
}

/// Removes what is older than a time from the logs of some streams, up to `limit` events in all; returns whether
/// there may be more. A log loses its beginning: it is walked along its key as far as it is old, so no index on the
/// time is needed, which every event would pay for. The newest event of a stream is kept, so that the log always
/// says where it ends.
pub async fn expire(tx: &mut Tx, streams: &[Stream], before_ms: i64, limit: i64) -> Result<bool> {
    let mut room = limit;
    for stream in streams {
        let (kind, id) = key(*stream);
        let oldest = "select rev, created_at from events where stream_kind = $1 and stream_id = $2
            and rev < (select rev from streams where kind = $1 and id = $2) order by rev limit $3 + 0";
        let rows = query!(fetch_all(i64, i64), tx, oldest, kind, id, room)?;
        let old = rows.into_iter().take_while(|(_, created_at)| *created_at < before_ms);
        let Some((last, _)) = old.last() else { continue };
        let sql = "delete from events where stream_kind = $1 and stream_id = $2 and rev <= $3";
        room -= query!(run tx, sql, kind, id, last)?.cast_signed();
        if room <= 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Streams in key order after one, for going through all of them step by step; each with the time of its oldest
/// event that may expire.
pub async fn page(db: &mut impl Db, after: Option<Stream>, limit: i64) -> Result<Vec<(Stream, Option<i64>)>> {
    let (kind, id) = after.map_or((-1, 0), key);
    let sql = "select s.kind, s.id, (select e.created_at from events e
            where e.stream_kind = s.kind and e.stream_id = s.id and e.rev < s.rev order by e.rev limit 1)
        from streams s where s.kind > $1 or (s.kind = $1 and s.id > $2) order by s.kind, s.id limit $3 + 0";
    let rows = query!(fetch_all(i64, i64, Option<i64>), db, sql, kind, id, limit)?;
    Ok(rows.into_iter().map(|(kind, id, oldest)| (from_key(kind, id), oldest)).collect())
}

/// Guilds that are gone and whose end nobody has to be told any more: it is older than a time, and the log was
/// removed up to it.
pub async fn over(db: &mut impl Db, before_ms: i64, limit: i64) -> Result<Vec<GuildId>> {
    let sql = "select s.id from streams s where s.kind = 0
            and not exists (select 1 from guilds g where g.id = s.id)
            and not exists (select 1 from ended_streams n where n.kind = 0 and n.id = s.id)
            and not exists (select 1 from events e where e.stream_kind = 0 and e.stream_id = s.id
                and (e.created_at >= $1 or e.rev < s.rev))
        order by s.id limit $2 + 0";
    let rows = query!(fetch_all(i64,), db, sql, before_ms, limit)?;
    Ok(rows.into_iter().map(|(id,)| Id::from_trusted(id)).collect())
}

/// Forgets the stream of a guild that is gone, with its last event. Its counter may go because the id of a guild is
/// never given again; that of a guild that exists would begin anew, so it stays.
pub async fn forget(tx: &mut Tx, guild: GuildId) -> Result<()> {
    let sql = "delete from streams where kind = 0 and id = $1
        and not exists (select 1 from guilds where guilds.id = $1)";
    if query!(run tx, sql, guild.get())? == 1 {
        query!(run tx, "delete from events where stream_kind = 0 and stream_id = $1", guild.get())?;
    }
    Ok(())
}
