//! One stream and those who listen to it: order, audience, fan-out.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::ws::Utf8Bytes;
use protocol::event::Event;
use protocol::frame::{CloseCode, ServerFrame};
use protocol::{ChannelId, Rev, Stream, UserId};

use super::connection::{Connection, Focus};
use super::outbox::Kind;
use super::sequence::Sequence;
use super::viewers::{Access, Restricted};
use super::{encode, event_frame, locked};

/// How a listener looks at a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attention {
    /// It never said what it looks at.
    Unsaid,
    /// It has the stream on screen.
    Here,
    /// It has something else on screen.
    Elsewhere,
}

impl Attention {
    fn of(focus: Focus, stream: Stream) -> Self {
        match focus {
            Focus::Unsaid => Self::Unsaid,
            _ if focus.shows(stream) => Self::Here,
            _ => Self::Elsewhere,
        }
    }
}

#[derive(Debug)]
struct Slot {
    connection: Arc<Connection>,
    /// Events up to here reached the connection by replay or snapshot.
    floor: Rev,
    attention: Attention,
}

#[derive(Debug)]
struct Item {
    frame: Utf8Bytes,
    /// The channel whose viewers it is for; none: all who listen.
    channel: Option<ChannelId>,
    /// How much of [`Access`] has to be known before this is handed out.
    needs: u32,
    event: Arc<Event>,
}

/// An event in the form a topic takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) rev: Rev,
    /// The channel whose viewers it is for, where it is about a thread of that.
    pub(crate) audience: Option<ChannelId>,
    pub(crate) event: &'a Arc<Event>,
    pub(crate) json: &'a str,
}

/// Somebody writes in a channel.
#[derive(Debug)]
pub(super) struct Signal {
    pub(super) frame: Utf8Bytes,
    /// The channel whose viewers it is for.
    pub(super) channel: ChannelId,
    pub(super) from: UserId,
}

/// Signals kept while it is found out who may see them. That takes milliseconds; more would be a flood.
const LATE_SIGNALS: usize = 16;

/// What handing events out led to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Events that change who listens to what; handed out by now.
    pub(super) effects: Vec<Arc<Event>>,
    /// Healthy connections need a turn before more is handed out.
    pub(super) is_crowded: bool,
    /// A predecessor is missing and nobody was asked for it yet.
    pub(super) wants_log: bool,
    /// The viewers of restricted channels have to be read and nobody was asked yet.
    pub(super) wants_viewers: bool,
}

#[derive(Debug)]
struct Inner {
    /// A slab: a place stays what it is while others come and go.
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    live: usize,
    watchers: usize,
    sequence: Sequence<Item>,
    access: Access,
    /// People whose presence may have changed since it was last shown.
    stirred: Vec<UserId>,
    /// Signals that came while it was not known who may see their channel.
    late: Vec<Signal>,
    log_is_asked: bool,
    viewers_are_asked: bool,
}

/// A stream with at least one listener.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) stream: Stream,
    considered: AtomicI64,
    inner: Mutex<Inner>,
}

impl Topic {
    /// Begins after `considered`, which was read from the database.
    pub(super) fn new(stream: Stream, considered: Rev) -> Self {
        Self {
            stream,
            considered: AtomicI64::new(considered),
            inner: Mutex::new(Inner {
                slots: Vec::new(),
                free: Vec::new(),
                live: 0,
                watchers: 0,
                sequence: Sequence::new(considered),
                access: Access::new(stream),
                stirred: Vec::new(),
                late: Vec::new(),
                log_is_asked: false,
                viewers_are_asked: false,
            }),
        }
    }

    /// The last revision whose frames are in every listener's outbox, or were not for them.
    pub(super) fn considered(&self) -> Rev {
        self.considered.load(Ordering::Acquire)
    }

    /// Adds a listener; `first` is put into its outbox before anything of this stream.
    pub(super) fn add(&self, connection: &Arc<Connection>, focus: Focus, first: Option<Utf8Bytes>) -> u32 {
        let mut inner = locked(&self.inner);
        if let Some(frame) = first {
            connection.push(frame, Kind::Control);
        }
        let attention = Attention::of(focus, self.stream);
        let slot = Slot { connection: Arc::clone(connection), floor: Rev::MIN, attention };
        inner.live += 1;
        inner.watchers += usize::from(attention == Attention::Here);
        if let Some(place) = inner.free.pop() {
            inner.slots[place as usize] = Some(slot);
            return place;
        }
        inner.slots.push(Some(slot));
        (inner.slots.len() - 1) as u32
    }

    /// Removes a listener. Nothing of this stream reaches it once this returns.
    pub(super) fn remove(&self, place: u32) {
        let mut inner = locked(&self.inner);
        let Some(slot) = inner.slots.get_mut(place as usize).and_then(Option::take) else { return };
        inner.live -= 1;
        inner.watchers -= usize::from(slot.attention == Attention::Here);
        inner.free.push(place);
    }

    /// Whether nobody listens.
    pub(super) fn is_empty(&self) -> bool {
        locked(&self.inner).live == 0
    }

    /// Notes what a listener has already.
    pub(super) fn set_floor(&self, place: u32, floor: Rev) {
        if let Some(Some(slot)) = locked(&self.inner).slots.get_mut(place as usize) {
            slot.floor = floor;
        }
    }

    /// Takes an event. It is handed out when everything before it is in and what is known of access suffices.
    pub(super) fn offer(&self, arrival: &Arrival<'_>) -> Outcome {
        let mut inner = locked(&self.inner);
        if !inner.sequence.knows(arrival.rev) {
            inner.take_in(self.stream, arrival);
        }
        self.hand_out(&mut inner)
    }

    /// Takes what the log holds up to `rev`.
    pub(super) fn fill<'a>(&self, rev: Rev, arrivals: impl Iterator<Item = Arrival<'a>>) -> Outcome {
        let mut inner = locked(&self.inner);
        for arrival in arrivals {
            if !inner.sequence.knows(arrival.rev) {
                inner.take_in(self.stream, &arrival);
            }
        }
        inner.sequence.read_to(rev);
        inner.log_is_asked = false;
        self.hand_out(&mut inner)
    }

    /// Takes note that the log could not be read or had nothing new.
    pub(super) fn log_was_read(&self) {
        locked(&self.inner).log_is_asked = false;
    }

    /// Whether the predecessor of something is still missing.
    pub(super) fn has_gap(&self) -> bool {
        locked(&self.inner).sequence.has_gap()
    }

    /// Whether a healthy listener has fallen behind.
    pub(super) fn is_crowded(&self) -> bool {
        locked(&self.inner).slots.iter().flatten().any(|slot| slot.connection.needs_a_turn())
    }

    /// Goes on handing out.
    pub(super) fn resume(&self) -> Outcome {
        self.hand_out(&mut locked(&self.inner))
    }

    /// The version of the viewers to read, if they are stale.
    pub(super) fn viewers_wanted(&self) -> Option<u32> {
        let mut inner = locked(&self.inner);
        let wanted = inner.access.wanted();
        inner.viewers_are_asked = wanted.is_some();
        wanted
    }

    /// Takes the viewers of restricted channels. Whoever sees other channels than before is told to fetch the
    /// stream anew: the events of a channel that appears to them were not for them before.
    pub(super) fn set_viewers(&self, version: u32, restricted: Vec<Restricted>) -> Outcome {
        let mut inner = locked(&self.inner);
        let created = inner.sequence.waiting().filter_map(|item| match &*item.event {
            Event::ChannelCreated { channel } => Some(channel.id),
            _ => None,
        });
        let created: HashSet<ChannelId> = created.collect();
        let change = inner.access.learn(version, restricted, created);
        let reset = encode(&ServerFrame::Reset { s: self.stream });
        for slot in inner.slots.iter().flatten() {
            if change.concerns(&inner.access, slot.connection.user) {
                slot.connection.push(reset.clone(), Kind::Control);
            }
        }
        if inner.access.wanted().is_none() {
            for signal in std::mem::take(&mut inner.late) {
                inner.spread(&signal);
            }
        }
        self.hand_out(&mut inner)
    }

    /// Ends every listener's connection; they come back and catch up.
    pub(super) fn sever(&self) {
        for slot in locked(&self.inner).slots.iter().flatten() {
            slot.connection.close(CloseCode::Restarting);
        }
    }

    /// Everybody who listens.
    pub(super) fn listeners(&self) -> Vec<Arc<Connection>> {
        locked(&self.inner).slots.iter().flatten().map(|slot| Arc::clone(&slot.connection)).collect()
    }

    fn hand_out(&self, inner: &mut Inner) -> Outcome {
        let mut outcome = Outcome::default();
        let Inner { slots, sequence, access, .. } = inner;
        while let Some((rev, item)) = sequence.next(|item| access.suffices(item.needs)) {
            let crowded = fan_out(slots, access, self.stream, rev, &item);
            self.considered.store(rev, Ordering::Release);
            if changes_listeners(&item.event) {
                outcome.effects.push(item.event);
            }
            if crowded {
                outcome.is_crowded = true;
                break;
            }
        }
        self.considered.store(sequence.considered(), Ordering::Release);
        outcome.wants_log = sequence.has_gap() && !inner.log_is_asked;
        inner.log_is_asked |= outcome.wants_log;
        outcome.wants_viewers = access.wanted().is_some() && !inner.viewers_are_asked;
        inner.viewers_are_asked |= outcome.wants_viewers;
        outcome
    }
}

/// Presence and typing.
impl Topic {
    /// Notes what a listener looks at now.
    pub(super) fn attend(&self, place: u32, focus: Focus) {
        let mut inner = locked(&self.inner);
        let Some(Some(slot)) = inner.slots.get_mut(place as usize) else { return };
        let attention = Attention::of(focus, self.stream);
        let before = std::mem::replace(&mut slot.attention, attention);
        inner.watchers += usize::from(attention == Attention::Here);
        inner.watchers -= usize::from(before == Attention::Here);
    }

    /// Notes that somebody's presence may have changed. True if the topic has to be visited for it.
    pub(super) fn stir(&self, user: UserId) -> bool {
        let mut inner = locked(&self.inner);
        // Nobody looks: whoever looks next is told everything.
        if inner.watchers == 0 {
            return false;
        }
        inner.stirred.push(user);
        inner.stirred.len() == 1
    }

    /// Those whose presence may have changed since this was last called.
    pub(super) fn take_stirred(&self) -> Vec<UserId> {
        let mut stirred = std::mem::take(&mut locked(&self.inner).stirred);
        stirred.sort_unstable();
        stirred.dedup();
        stirred
    }

    /// Sends a frame about somebody to all who have the stream on screen, but not to that person.
    pub(super) fn show(&self, frame: &Utf8Bytes, about: Option<UserId>) {
        for slot in locked(&self.inner).slots.iter().flatten() {
            if slot.attention == Attention::Here && about != Some(slot.connection.user) {
                slot.connection.push(frame.clone(), Kind::Ephemeral);
            }
        }
    }

    /// Who listens, each once, at most `limit`. `answer` makes a frame of them for `to`; it is in the outbox before
    /// any later change is.
    pub(super) fn tell_listeners(
        &self,
        to: &Connection,
        limit: usize,
        answer: impl FnOnce(HashSet<UserId>) -> Utf8Bytes,
    ) {
        let inner = locked(&self.inner);
        let mut users = HashSet::new();
        for slot in inner.slots.iter().flatten() {
            if users.len() >= limit {
                break;
            }
            users.insert(slot.connection.user);
        }
        to.push(answer(users), Kind::Ephemeral);
    }

    /// Who listens besides `user`, each once.
    pub(super) fn others(&self, user: UserId) -> HashSet<UserId> {
        let inner = locked(&self.inner);
        inner.slots.iter().flatten().map(|slot| slot.connection.user).filter(|other| *other != user).collect()
    }

    /// Those listeners who may, as far as it is known here, see a channel, and are `wanted`: each once, at most `limit`.
    pub(super) fn viewers(
        &self,
        channel: ChannelId,
        limit: usize,
        wanted: impl Fn(UserId) -> bool,
    ) -> HashSet<UserId> {
        let inner = locked(&self.inner);
        let viewers = inner.access.audience(Some(channel));
        let mut users = HashSet::new();
        for user in inner.slots.iter().flatten().map(|slot| slot.connection.user) {
            if users.len() >= limit {
                break;
            }
            if viewers.is_none_or(|viewers| viewers.contains(&user)) && wanted(user) {
                users.insert(user);
            }
        }
        users
    }

    /// Sends a signal to those who may see its channel and do not look elsewhere.
    pub(super) fn signal(&self, signal: Signal) {
        let mut inner = locked(&self.inner);
        if inner.access.wanted().is_none() {
            inner.spread(&signal);
        } else if inner.late.len() < LATE_SIGNALS {
            // Who may see what is being found out.
            inner.late.push(signal);
        }
    }
}

impl Inner {
    fn spread(&self, signal: &Signal) {
        let audience = self.access.audience(Some(signal.channel));
        for slot in self.slots.iter().flatten() {
            let user = slot.connection.user;
            let may_see = audience.is_none_or(|viewers| viewers.contains(&user));
            if may_see && user != signal.from && slot.attention != Attention::Elsewhere {
                slot.connection.push(signal.frame.clone(), Kind::Ephemeral);
            }
        }
    }

    fn take_in(&mut self, stream: Stream, arrival: &Arrival<'_>) {
        let item = Item {
            frame: event_frame(stream, arrival.rev, arrival.json),
            channel: arrival.audience.or_else(|| arrival.event.channel_id()),
            needs: self.access.arrive(arrival.event),
            event: Arc::clone(arrival.event),
        };
        self.sequence.offer(arrival.rev, item);
    }
}

/// Puts one event into every outbox it is for. True when healthy connections need a turn.
fn fan_out(slots: &[Option<Slot>], access: &Access, stream: Stream, rev: Rev, item: &Item) -> bool {
    let audience = access.audience(item.channel);
    let ends =
        matches!(&*item.event, Event::GuildDeleted { .. }).then(|| encode(&ServerFrame::Gone { s: stream }));
    let mut crowded = false;
    for slot in slots.iter().flatten() {
        let connection = &slot.connection;
        if rev <= slot.floor || audience.is_some_and(|viewers| !viewers.contains(&connection.user)) {
            continue;
        }
        crowded |= connection.push(item.frame.clone(), Kind::Event(stream, rev));
        if let Some(gone) = &ends {
            connection.push(gone.clone(), Kind::Control);
        }
    }
    crowded
}

/// Whether the hub has to do something once this was handed out.
fn changes_listeners(event: &Event) -> bool {
    matches!(
        event,
        Event::GuildJoined { .. }
            | Event::GuildLeft { .. }
            | Event::DmOpened { .. }
            | Event::MemberLeft { .. }
            | Event::GuildDeleted { .. }
            | Event::DevicesChanged
    )
}
