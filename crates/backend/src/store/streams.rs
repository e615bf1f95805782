//! Streams and the event log.

use std::collections::HashMap;

use protocol::event::Event;
use protocol::{ChannelId, Id, MessageId, Result, Rev, Stream, UserId};

use super::{Db, Tx, now_ms};

/// An event as it stands in the log.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its place.
    pub rev: Rev,
    /// The channel whose viewers may see it; none: everybody of the stream.
    pub channel_id: Option<ChannelId>,
    /// The encoded event.
    pub json: String,
}

/// How a stream is stored: its kind's number and its id.
fn key(stream: Stream) -> (i64, i64) {
    match stream {
        Stream::Guild(id) => (0, id.get()),
        Stream::Dm(id) => (1, id.get()),
        Stream::User(id) => (2, id.get()),
    }
}

fn from_key(kind: i64, id: i64) -> Stream {
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

/// Counts the stream up and logs the event at that revision.
pub(super) async fn append(tx: &mut Tx, stream: Stream, event: &Event, json: &str) -> Result<Rev> {
    let (kind, id) = key(stream);
    let count = "insert into streams (kind, id, rev) values ($1, $2, 1)
        on conflict (kind, id) do update set rev = streams.rev + 1 returning rev";
    let (rev,) = query!(fetch_one(i64,), tx, count, kind, id)?;
    let log =
        "insert into events (stream_kind, stream_id, rev, kind, channel_id, message_id, payload, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (channel, message) = (event.channel_id().map(Id::get), event.message_id().map(Id::get));
    query!(run tx, log, kind, id, rev, event.kind(), channel, message, json, now_ms())?;
    Ok(rev)
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
            left join streams s on s.kind = 0 and s.id = m.guild_id where m.user_id = $1
        union all
        select cast(1 as bigint), d.channel_id, coalesce(s.rev, 0) from dm_members d
            left join streams s on s.kind = 1 and s.id = d.channel_id where d.user_id = $1";
    let rows = query!(fetch_all(i64, i64, i64), db, sql, user.get())?;
    Ok(rows.into_iter().map(|(kind, id, rev)| (from_key(kind, id), rev)).collect())
}

/// Events after a revision, oldest first. Events whose text was deleted are left out.
pub async fn events_after(db: &mut impl Db, stream: Stream, after: Rev, limit: usize) -> Result<Vec<Logged>> {
    let (kind, id) = key(stream);
    let sql = "select rev, channel_id, payload from events
        where stream_kind = $1 and stream_id = $2 and rev > $3 and payload is not null order by rev limit $4";
    let rows = query!(fetch_all(i64, Option<i64>, String), db, sql, kind, id, after, limit as i64)?;
    let logged = |(rev, channel, json): (i64, Option<i64>, String)| Logged {
        rev,
        channel_id: channel.map(Id::from_trusted),
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

/// Takes a message's text out of the log, also where a reply quotes it.
pub async fn scrub_message(tx: &mut Tx, channel: ChannelId, message: MessageId) -> Result<()> {
    let scrub = "update events set payload = null where channel_id = $1 and message_id = $2";
    query!(run tx, scrub, channel.get(), message.get())?;
    let quoting = "select e.stream_kind, e.stream_id, e.rev, e.payload from messages m
        join events e on e.channel_id = m.channel_id and e.message_id = m.id
        where m.channel_id = $1 and m.reply_to_id = $2 and e.payload is not null";
    let rows = query!(fetch_all(i64, i64, i64, String), tx, quoting, channel.get(), message.get())?;
    for (kind, id, rev, payload) in rows {
        let Ok(mut event) = serde_json::from_str::<Event>(&payload) else { continue };
        if let Event::MessageCreated { message } | Event::MessageUpdated { message } = &mut event
            && let Some(quoted) = &mut message.reply_to
        {
            quoted.preview = None;
        }
        let payload = serde_json::to_string(&event).map_err(|_| protocol::Error::Internal)?;
        let replace = "update events set payload = $4 where stream_kind = $1 and stream_id = $2 and rev = $3";
        query!(run tx, replace, kind, id, rev, payload)?;
    }
    Ok(())
}

/// Takes everything said in a channel out of the log.
pub async fn scrub_channel(tx: &mut Tx, channel: ChannelId) -> Result<()> {
    query!(run tx, "update events set payload = null where channel_id = $1", channel.get())?;
    Ok(())
}

/// Empties the log of a stream that ends.
pub async fn scrub_stream(tx: &mut Tx, stream: Stream) -> Result<()> {
    let (kind, id) = key(stream);
    query!(run tx, "delete from events where stream_kind = $1 and stream_id = $2", kind, id)?;
    Ok(())
}

/// Removes events of one stream older than a time; returns how many. Keeps the newest event of the stream,
/// so that the log always says where it ends.
pub async fn expire(tx: &mut Tx, stream: Stream, before_ms: i64) -> Result<u64> {
    let (kind, id) = key(stream);
    let sql = "delete from events where stream_kind = $1 and stream_id = $2 and created_at < $3
        and rev < (select rev from streams where kind = $1 and id = $2)";
    query!(run tx, sql, kind, id, before_ms)
}

/// Streams in key order after one, for going through all of them step by step.
pub async fn page(db: &mut impl Db, after: Option<Stream>, limit: i64) -> Result<Vec<Stream>> {
    let (kind, id) = after.map_or((-1, 0), key);
    let sql =
        "select kind, id from streams where kind > $1 or (kind = $1 and id > $2) order by kind, id limit $3";
    let rows = query!(fetch_all(i64, i64), db, sql, kind, id, limit)?;
    Ok(rows.into_iter().map(|(kind, id)| from_key(kind, id)).collect())
}
