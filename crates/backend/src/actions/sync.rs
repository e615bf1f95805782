//! What a socket needs from the database: whose it is, which streams are theirs, what they missed.

use std::collections::HashSet;

use http::request::Parts;
use protocol::entity::User;
use protocol::event::Event;
use protocol::limits::REPLAY_EVENTS;
use protocol::permissions::{Permissions, everyone_role};
use protocol::{ChannelId, Cursors, GuildId, Result, Rev, SessionId, Stream, UserId};

use crate::actions::access::in_channel;
use crate::auth::session;
use crate::store::access::Sight;
use crate::store::streams::Logged;
use crate::store::{Reader, access, streams};
use crate::{Actor, AppState};

/// Bytes of events one connection is replayed at most, all streams together. Beyond it snapshots are cheaper, and
/// what is held for a slow reader stays bounded.
pub const REPLAY_BYTES: usize = 2 * 1024 * 1024;

/// Events read at once: what does not fit is noticed after at most so many, a megabyte of the longest.
const REPLAY_STEP: usize = 64;

/// What somebody missed in one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Which stream.
    pub stream: Stream,
    /// How far it is.
    pub rev: Rev,
    /// How the client gets there.
    pub how: How,
}

/// How a client gets to the present of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It begins with `after` and applies these encoded events; there may be none.
    Replay {
        /// The client's cursor.
        after: Rev,
        /// Those it may see, oldest first.
        events: Vec<(Rev, String)>,
    },
    /// It fetches the snapshot.
    Reset,
}

/// What a client that comes back has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatchUp {
    /// Every stream of the person, their own first: it explains the others.
    pub missed: Vec<Missed>,
    /// Streams the client named that are not the person's.
    pub gone: Vec<Stream>,
}

/// The person behind a request for a socket.
///
/// # Errors
/// [`Error::Unauthorized`] without a valid session.
pub async fn caller(state: &AppState, parts: &Parts) -> Result<Actor> {
    session::actor(state, parts).await
}

/// Whether a socket's session is still good.
pub async fn is_signed_in(state: &AppState, session: SessionId) -> Result<bool> {
    session::is_alive(&state.store, session).await
}

/// The streams somebody has a part in and how far each is.
pub async fn standing(state: &AppState, user: UserId) -> Result<Vec<(Stream, Rev)>> {
    streams::of_user(&mut state.store.read().await?, user).await
}

/// What somebody with these cursors missed, read at one moment and only what they may see at that moment.
pub async fn catch_up(state: &AppState, user: UserId, cursors: &Cursors) -> Result<CatchUp> {
    let mut reader = state.store.read().await?;
    let mut standing = streams::of_user(&mut reader, user).await?;
    standing.sort_unstable_by_key(|(stream, _)| (!matches!(stream, Stream::User(_)), *stream));
    let theirs: HashSet<Stream> = standing.iter().map(|(stream, _)| *stream).collect();
    let gone = cursors.keys().filter(|stream| !theirs.contains(stream)).copied().collect();
    let mut missed = Vec::with_capacity(standing.len());
    let mut room = REPLAY_BYTES;
    for (stream, rev) in standing {
        let how = match cursors.get(&stream) {
            Some(cursor) => since(&mut reader, user, stream, *cursor, rev, &mut room).await?,
            None => How::Reset,
        };
        missed.push(Missed { stream, rev, how });
    }
    Ok(CatchUp { missed, gone })
}

async fn since(
    reader: &mut Reader,
    user: UserId,
    stream: Stream,
    after: Rev,
    rev: Rev,
    room: &mut usize,
) -> Result<How> {
    if after == rev {
        return Ok(How::Replay { after, events: Vec::new() });
    }
    // A cursor from the future belongs to a database that was since restored from a backup.
    if after < 0 || after > rev || rev - after > REPLAY_EVENTS as i64 || *room == 0 {
        return Ok(How::Reset);
    }
    if streams::oldest_rev(reader, stream).await?.is_none_or(|oldest| oldest > after + 1) {
        return Ok(How::Reset);
    }
    let Some(logged) = read_log(reader, stream, after, room).await? else { return Ok(How::Reset) };
    let events = match stream {
        Stream::Guild(guild) => {
            let sight = access::sight(reader, user, guild).await?;
            visible(logged, guild, &sight, user)
        }
        // Whose these are sees all of them.
        Stream::Dm(_) | Stream::User(_) => {
            Some(logged.into_iter().map(|entry| (entry.rev, entry.json)).collect())
        }
    };
    Ok(events.map_or(How::Reset, |events| How::Replay { after, events }))
}

/// The log of a stream after a revision; none, and no room left, when it does not fit.
async fn read_log(
    reader: &mut Reader,
    stream: Stream,
    after: Rev,
    room: &mut usize,
) -> Result<Option<Vec<Logged>>> {
    let mut logged: Vec<Logged> = Vec::new();
    loop {
        let from = logged.last().map_or(after, |entry| entry.rev);
        let step = streams::events_after(reader, stream, from, REPLAY_STEP).await?;
        let bytes: usize = step.iter().map(|entry| entry.json.len()).sum();
        if bytes > *room {
            *room = 0;
            return Ok(None);
        }
        *room -= bytes;
        let is_last = step.len() < REPLAY_STEP;
        logged.extend(step);
        if is_last {
            return Ok(Some(logged));
        }
    }
}

/// Leaves out what is not for somebody who sees this much of a guild now. None when leaving out is not enough, because
/// a channel may have disappeared for them, or appeared with messages they were never told of.
fn visible(logged: Vec<Logged>, guild: GuildId, sight: &Sight, user: UserId) -> Option<Vec<(Rev, String)>> {
    let deleted: HashSet<ChannelId> = logged
        .iter()
        .filter(|entry| is_end(kind(&entry.json)))
        .filter_map(|entry| entry.channel_id)
        .collect();
    let mut events = Vec::with_capacity(logged.len());
    for Logged { rev, channel_id, audience, json } in logged {
        let kind = kind(&json);
        if may_change_sight(kind)
            && serde_json::from_str(&json).map_or(true, |event| changes_sight(&event, guild, sight, user))
        {
            return None;
        }
        let is_hidden = audience.or(channel_id).is_some_and(|channel| sight.hidden.contains(&channel));
        // Of a channel that is gone by now nothing but its end is told, and of its threads nothing at all: whether it was
        // for these eyes is not known any more.
        let is_past = audience.is_some_and(|channel| deleted.contains(&channel))
            || !is_end(kind) && channel_id.is_some_and(|channel| deleted.contains(&channel));
        if !is_hidden && !is_past {
            events.push((rev, json));
        }
    }
    Some(events)
}

/// Kinds of events that are worth being read for [`changes_sight`]; most are not.
fn may_change_sight(kind: &str) -> bool {
    matches!(kind, "channel_updated" | "role_updated" | "guild_updated" | "member_updated")
}

/// Whether somebody may see more or less of a guild since this happened. What they saw before it cannot be asked any
/// more, only what they see now. So each event that can close or open channels to everybody counts by itself, even
/// where nothing is closed by now; the others count where something is. Where nothing is closed now and was before,
/// one of the first kind is there as well.
fn changes_sight(event: &Event, guild: GuildId, sight: &Sight, user: UserId) -> bool {
    match event {
        Event::ChannelUpdated { exceptions_changed, .. } => *exceptions_changed,
        Event::RoleUpdated { role } => sight.is_divided || role.id == everyone_role(guild),
        // An owner sees everything, and it may be another one now.
        Event::GuildUpdated { .. } => sight.is_divided,
        Event::MemberUpdated { member } => sight.is_divided && member.user.id == user,
        _ => false,
    }
}

/// Whether an event of this kind is the last of a channel.
fn is_end(kind: &str) -> bool {
    matches!(kind, "channel_deleted" | "thread_deleted")
}

/// The tag of an encoded event, which serde writes first.
fn kind(json: &str) -> &str {
    json.strip_prefix(r#"{"kind":""#).and_then(|rest| rest.split_once('"')).map_or("", |(kind, _)| kind)
}

/// Where somebody is allowed to be seen writing, by the viewers of which channel, and as whom.
///
/// # Errors
/// [`protocol::Error::NotFound`] where they may not know of the channel, [`protocol::Error::Forbidden`] where they
/// may not write.
pub async fn typist(state: &AppState, user: UserId, channel: ChannelId) -> Result<(Stream, ChannelId, User)> {
    let mut reader = state.store.read().await?;
    let access = in_channel(&mut reader, user, channel).await?;
    access.require(Permissions::SEND_MESSAGES)?;
    Ok((access.stream, access.thread.map_or(channel, |thread| thread.parent), access.user))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use protocol::entity::{Channel, ChannelKind, Guild, Member, Role, User};
    use protocol::event::Event;
    use protocol::permissions::Permissions;
    use protocol::{ChannelId, GuildId, RoleId, Timestamp, UserId};

    use super::{Logged, Sight, kind, may_change_sight, visible};

    const GUILD: i64 = 1;
    const OPEN: i64 = 10;
    const SECRET: i64 = 11;

    fn logged(rev: i64, event: &Event) -> Logged {
        let json = serde_json::to_string(event).unwrap();
        Logged { rev, channel_id: event.channel_id(), audience: None, json }
    }

    fn channel(id: i64) -> Channel {
        Channel {
            id: ChannelId::from_trusted(id),
            guild_id: GuildId::from_trusted(GUILD),
            kind: ChannelKind::Text,
            name: "name".into(),
            topic: String::new(),
            parent_id: None,
            position: 0,
            overwrites: Vec::new(),
            last_message_id: None,
            thread: None,
        }
    }

    fn member(id: i64) -> Event {
        let user = User { id: UserId::from_trusted(id), username: "ana".into(), display_name: "Ana".into() };
        Event::MemberUpdated {
            member: Member { user, joined_at: Timestamp::from_millis(0), roles: Vec::new() },
        }
    }

    fn updated(id: i64, exceptions_changed: bool) -> Event {
        Event::ChannelUpdated { channel: channel(id), exceptions_changed }
    }

    fn role(id: i64) -> Event {
        let role = Role {
            id: RoleId::from_trusted(id),
            name: "role".into(),
            permissions: Permissions::EVERYONE_DEFAULT,
            position: 0,
        };
        Event::RoleUpdated { role }
    }

    fn seen_with(sight: &Sight, events: &[(i64, Event)]) -> Option<Vec<i64>> {
        let log = events.iter().map(|(rev, event)| logged(*rev, event)).collect();
        visible(log, GuildId::from_trusted(GUILD), sight, UserId::from_trusted(5))
            .map(|events| events.into_iter().map(|(rev, _)| rev).collect())
    }

    fn revs(events: &[(i64, Event)], hidden: &[i64]) -> Option<Vec<i64>> {
        let hidden: HashSet<_> = hidden.iter().copied().map(ChannelId::from_trusted).collect();
        seen_with(&Sight { is_divided: !hidden.is_empty(), hidden }, events)
    }

    #[test]
    fn events_of_hidden_channels_are_left_out() {
        let log = [
            (1, Event::ChannelCreated { channel: channel(OPEN) }),
            (2, Event::ChannelCreated { channel: channel(SECRET) }),
            (3, Event::MemberLeft { user_id: UserId::from_trusted(9) }),
        ];
        assert_eq!(revs(&log, &[SECRET]), Some(vec![1, 3]));
        assert_eq!(revs(&log, &[]), Some(vec![1, 2, 3]));
    }

    #[test]
    fn what_happens_in_threads_is_left_out_with_their_channels() {
        let thread = ChannelId::from_trusted(SECRET + 100);
        let ended = |parent: i64| Event::ThreadDeleted {
            thread_id: thread,
            parent_id: ChannelId::from_trusted(parent),
        };
        let seen = |parent: i64, hidden: &[i64], rest: &[(i64, Event)]| {
            let said = Event::MessagePinned {
                channel_id: thread,
                message_id: protocol::MessageId::from_trusted(1),
                pinned: true,
            };
            let in_thread = |rev, event: &Event| Logged {
                audience: Some(ChannelId::from_trusted(parent)),
                ..logged(rev, event)
            };
            let mut log = vec![in_thread(1, &said), in_thread(3, &ended(parent))];
            log.extend(rest.iter().map(|(rev, event)| logged(*rev, event)));
            let hidden: HashSet<_> = hidden.iter().copied().map(ChannelId::from_trusted).collect();
            let sight = Sight { is_divided: !hidden.is_empty(), hidden };
            let seen = visible(log, GuildId::from_trusted(GUILD), &sight, UserId::from_trusted(5));
            seen.unwrap().into_iter().map(|(rev, _)| rev).collect::<Vec<_>>()
        };
        assert_eq!(seen(OPEN, &[SECRET], &[]), [3], "of a thread that is gone only its end is told");
        assert!(seen(SECRET, &[SECRET], &[]).is_empty(), "and not even that to who may not know of it");
        let parent_ended = Event::ChannelDeleted { channel_id: ChannelId::from_trusted(SECRET) };
        assert_eq!(seen(SECRET, &[], &[(4, parent_ended)]), [4], "nor when its channel is gone, too");
    }

    #[test]
    fn of_a_channel_that_is_gone_only_its_end_is_told() {
        let log = [
            (1, Event::ChannelCreated { channel: channel(OPEN) }),
            (2, updated(OPEN, false)),
            (3, Event::ChannelDeleted { channel_id: ChannelId::from_trusted(OPEN) }),
        ];
        assert_eq!(revs(&log, &[]), Some(vec![3]));
    }

    #[test]
    fn a_change_of_what_one_sees_asks_for_the_snapshot() {
        assert_eq!(revs(&[(1, updated(SECRET, true))], &[SECRET]), None, "it was closed");
        assert_eq!(revs(&[(1, updated(SECRET, true))], &[]), None, "it was opened");
        assert_eq!(revs(&[(1, updated(SECRET, false))], &[]), Some(vec![1]), "a rename is only a rename");
        assert_eq!(revs(&[(1, updated(SECRET, false))], &[SECRET]), Some(vec![]), "and not told of");
        assert_eq!(revs(&[(1, member(5))], &[SECRET]), None, "one's own roles changed");
        assert_eq!(revs(&[(1, member(6))], &[SECRET]), Some(vec![1]));
    }

    #[test]
    fn where_others_see_less_roles_and_owners_may_have_opened_a_channel() {
        let guild = Guild {
            id: GuildId::from_trusted(GUILD),
            name: "name".into(),
            owner_id: UserId::from_trusted(5),
            system_channel_id: None,
        };
        let owner = Event::GuildUpdated { guild };
        for (event, is_reset) in [(member(5), true), (member(6), false), (role(8), true), (owner, true)] {
            let divided = Sight { hidden: HashSet::new(), is_divided: true };
            let seen = seen_with(&divided, &[(1, event.clone())]);
            assert_eq!(seen.is_none(), is_reset, "{event:?}");
            let open = seen_with(&Sight::default(), &[(1, event.clone())]);
            assert!(open.is_some(), "nothing is closed, and this closed or opened nothing: {event:?}");
        }
    }

    #[test]
    fn what_everyone_may_do_may_have_been_closed_before_it_was_open() {
        assert_eq!(revs(&[(1, role(GUILD))], &[]), None);
    }

    #[test]
    fn every_event_that_changes_what_one_sees_is_read() {
        let events = [updated(OPEN, true), role(GUILD), member(5)];
        assert!(events.iter().all(|event| may_change_sight(event.kind())));
    }

    #[test]
    fn the_kind_is_read_off_the_encoded_event() {
        let event = Event::MemberLeft { user_id: UserId::from_trusted(9) };
        assert_eq!(kind(&serde_json::to_string(&event).unwrap()), event.kind());
        assert_eq!(kind("{}"), "");
    }
}
