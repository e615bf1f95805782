//! Who is listening: streams with their listeners, bounded outboxes, who is online. Knows nobody above it; what
//! it needs from the database it says with a [`Want`].
//!
//! Locks are taken in this order and never the other way: people, a connection's subscriptions, the map of topics,
//! a topic, an outbox. None is held over an await.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::extract::ws::Utf8Bytes;
use protocol::event::Event;
use protocol::frame::{CloseCode, ServerFrame};
use protocol::{GuildId, Rev, SessionId, Stream, UserId};
use tokio::sync::{Notify, mpsc};

mod connection;
mod link;
mod outbox;
mod people;
mod presence;
mod seats;
mod sequence;
mod topic;
mod viewers;

use connection::{Connection, Subscription};
use people::People;
use topic::{Outcome, Topic};

pub(crate) use link::{Batch, CaughtUp, Link};
pub use presence::GATHER;
pub use seats::{Seat, SeatLimits};
pub(crate) use topic::Arrival;
pub use viewers::Restricted;

/// Something the hub has to know and cannot find out itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// Who can view a guild's restricted channels; the guild stands still until it is known.
    Viewers(GuildId),
    /// The log of a stream, where an event has not come in time.
    Log(Stream),
    /// Whether somebody has a part in a stream.
    Standing(UserId, Stream),
    /// Which of somebody's sessions have ended.
    Sessions(UserId),
}

struct Shared {
    topics: RwLock<HashMap<Stream, Arc<Topic>>>,
    people: Mutex<People>,
    seats: seats::Seats,
    /// Topics in which somebody's presence may have changed.
    stirred: Mutex<Vec<Arc<Topic>>>,
    stir: Notify,
    wants: mpsc::UnboundedSender<Want>,
    wanted: Mutex<Option<mpsc::UnboundedReceiver<Want>>>,
}

/// All listeners of this process; cheap to clone.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

impl Default for Hub {
    fn default() -> Self {
        // Not bounded here, but by what is behind it: one log and one viewers' question per topic at a time.
        let (wants, wanted) = mpsc::unbounded_channel();
        Self {
            shared: Arc::new(Shared {
                topics: RwLock::default(),
                people: Mutex::default(),
                seats: seats::Seats::default(),
                stirred: Mutex::default(),
                stir: Notify::new(),
                wants,
                wanted: Mutex::new(Some(wanted)),
            }),
        }
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hub")
    }
}

/// Sessions and people.
impl Hub {
    /// Ends the sockets of a session. Nothing more is put into their outboxes once this returns.
    pub fn close_session(&self, session: SessionId, code: CloseCode) {
        locked(&self.shared.people).of_session(session).for_each(|connection| connection.close(code));
    }

    /// Ends all sockets of a person, likewise.
    pub fn close_user(&self, user: UserId, code: CloseCode) {
        locked(&self.shared.people).of(user).iter().for_each(|connection| connection.close(code));
    }

    /// The sessions somebody has sockets of.
    pub(crate) fn sessions_of(&self, user: UserId) -> BTreeSet<SessionId> {
        locked(&self.shared.people).of(user).iter().map(|connection| connection.session).collect()
    }

    /// Ends all sockets and takes no more: the instance is stopping.
    pub fn close_all(&self) {
        let mut people = locked(&self.shared.people);
        people.close();
        people.all().for_each(|connection| connection.close(CloseCode::Restarting));
    }

    /// A mark of the person's streams, for [`Hub::join`] and [`Hub::leave`]; none when they are not connected.
    pub(crate) fn epoch(&self, user: UserId) -> Option<u64> {
        locked(&self.shared.people).epoch(user)
    }

    /// Lets all connections of somebody listen to one more stream, whose snapshot they are told to fetch. False if
    /// the mark is not the person's any more: then the answer this is based on may be outdated.
    pub(crate) fn join(&self, user: UserId, stream: Stream, rev: Rev, epoch: u64) -> bool {
        let mut people = locked(&self.shared.people);
        let Some(current) = people.epoch(user) else { return true };
        if current != epoch {
            return false;
        }
        people.turn_epoch(user);
        let reset = encode(&ServerFrame::Reset { s: stream });
        for connection in people.of(user) {
            self.attach(connection, stream, rev, Some(&reset));
        }
        if people.is_online(user) {
            // Those who look at the stream do not know yet that its new member is here.
            self.stir(self.topic(stream).iter(), user);
        }
        true
    }

    /// Takes all connections of somebody out of a stream; nothing of it is put into their outboxes once this
    /// returns. With a mark it is an answer like that of [`Hub::join`], and false if that is outdated.
    pub(crate) fn leave(&self, user: UserId, stream: Stream, epoch: Option<u64>) -> bool {
        let mut people = locked(&self.shared.people);
        let Some(current) = people.epoch(user) else { return true };
        if epoch.is_some_and(|epoch| epoch != current) {
            return false;
        }
        people.turn_epoch(user);
        for connection in people.of(user) {
            self.detach(connection, stream);
        }
        true
    }

    /// Adds a connection to a stream's listeners. With `reset` this is the doing of an event: the frame goes out
    /// before anything of the stream does.
    fn attach(&self, connection: &Arc<Connection>, stream: Stream, rev: Rev, reset: Option<&Utf8Bytes>) {
        let mut listening = locked(&connection.listening);
        if listening.has_left {
            return;
        }
        if let Some(index) = listening.find(stream) {
            listening.subscriptions[index].joined |= reset.is_some();
            return;
        }
        let mut topics = self.shared.topics.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = !topics.contains_key(&stream);
        let topic = topics.entry(stream).or_insert_with(|| Arc::new(Topic::new(stream, rev)));
        let slot = topic.add(connection, listening.focus, reset.cloned());
        let topic = Arc::clone(topic);
        drop(topics);
        if is_new {
            let outcome = topic.resume();
            self.follow_up(&topic, &outcome);
        }
        listening.subscriptions.push(Subscription {
            topic,
            slot,
            joined: reset.is_some(),
            reported: Rev::MIN,
        });
    }

    fn detach(&self, connection: &Connection, stream: Stream) {
        let mut listening = locked(&connection.listening);
        let Some(index) = listening.find(stream) else { return };
        let subscription = listening.subscriptions.swap_remove(index);
        drop(listening);
        subscription.topic.remove(subscription.slot);
        self.retire(&subscription.topic);
    }

    /// Forgets a topic nobody listens to.
    fn retire(&self, topic: &Arc<Topic>) {
        if !topic.is_empty() {
            return;
        }
        let mut topics = self.shared.topics.write().unwrap_or_else(PoisonError::into_inner);
        // Listeners are added under this lock, so that it is empty now means that it stays so.
        let is_same = topics.get(&topic.stream).is_some_and(|current| Arc::ptr_eq(current, topic));
        if is_same && topic.is_empty() {
            topics.remove(&topic.stream);
        }
    }
}

/// Events.
impl Hub {
    /// Takes an event of a stream, from wherever it comes and in whatever order. True when the outboxes of healthy
    /// connections fill up: give their tasks a turn and call [`Hub::resume`].
    pub(crate) fn offer(&self, stream: Stream, arrival: &Arrival<'_>) -> bool {
        let Some(topic) = self.topic(stream) else { return false };
        if topic.considered() < arrival.rev {
            self.take_away(stream, arrival.event);
        }
        let outcome = topic.offer(arrival);
        self.follow_up(&topic, &outcome)
    }

    /// Takes what the log of a stream holds up to `rev`; otherwise as [`Hub::offer`].
    pub(crate) fn fill(&self, stream: Stream, rev: Rev, arrivals: &[Arrival<'_>]) -> bool {
        let Some(topic) = self.topic(stream) else { return false };
        for arrival in arrivals.iter().filter(|arrival| arrival.rev > topic.considered()) {
            self.take_away(stream, arrival.event);
        }
        let outcome = topic.fill(rev, arrivals.iter().copied());
        self.follow_up(&topic, &outcome)
    }

    /// Goes on handing out what waits in a stream; true as in [`Hub::offer`].
    pub(crate) fn resume(&self, stream: Stream) -> bool {
        let Some(topic) = self.topic(stream) else { return false };
        let outcome = topic.resume();
        self.follow_up(&topic, &outcome)
    }

    /// Whether healthy listeners of a stream have fallen behind.
    pub(crate) fn is_crowded(&self, stream: Stream) -> bool {
        self.topic(stream).is_some_and(|topic| topic.is_crowded())
    }

    /// How far a stream is here; none when nobody listens to it.
    pub(crate) fn considered(&self, stream: Stream) -> Option<Rev> {
        self.topic(stream).map(|topic| topic.considered())
    }

    /// Whether an event of the stream waits for one that has not come.
    pub(crate) fn has_gap(&self, stream: Stream) -> bool {
        self.topic(stream).is_some_and(|topic| topic.has_gap())
    }

    /// Takes note that the log of a stream was looked at in vain, so that it can be wanted again.
    pub(crate) fn log_was_read(&self, stream: Stream) {
        if let Some(topic) = self.topic(stream) {
            topic.log_was_read();
        }
    }

    /// Ends the connections of all who listen to a stream that cannot be continued; they come back and catch up.
    pub(crate) fn sever(&self, stream: Stream) {
        if let Some(topic) = self.topic(stream) {
            topic.sever();
        }
    }

    /// The version of a guild's viewers to read, if what is known is stale.
    pub(crate) fn viewers_wanted(&self, guild: GuildId) -> Option<u32> {
        self.topic(Stream::Guild(guild))?.viewers_wanted()
    }

    /// Takes the viewers of a guild's restricted channels, read after `version` was asked for; true as in
    /// [`Hub::offer`].
    pub(crate) fn set_viewers(&self, guild: GuildId, version: u32, restricted: Vec<Restricted>) -> bool {
        let Some(topic) = self.topic(Stream::Guild(guild)) else { return false };
        let outcome = topic.set_viewers(version, restricted);
        self.follow_up(&topic, &outcome)
    }

    /// All streams somebody listens to.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        self.shared.topics.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// What the hub wants to know from now on. Only the first caller gets it.
    pub(crate) fn wants(&self) -> Option<mpsc::UnboundedReceiver<Want>> {
        locked(&self.shared.wanted).take()
    }

    fn topic(&self, stream: Stream) -> Option<Arc<Topic>> {
        self.shared.topics.read().unwrap_or_else(PoisonError::into_inner).get(&stream).cloned()
    }

    fn want(&self, want: Want) {
        // The receiver lives as long as the process serves; in a test without one nobody is waiting either.
        let _ = self.shared.wants.send(want);
    }

    /// Whoever loses a stream loses it when the event arrives, even if that has to wait for its turn.
    fn take_away(&self, stream: Stream, event: &Event) {
        match (stream, event) {
            (Stream::Guild(_), Event::MemberLeft { user_id }) => _ = self.leave(*user_id, stream, None),
            (Stream::User(user), Event::GuildLeft { guild_id }) => {
                _ = self.leave(user, Stream::Guild(*guild_id), None)
            }
            _ => {}
        }
    }

    fn follow_up(&self, topic: &Arc<Topic>, outcome: &Outcome) -> bool {
        for event in &outcome.effects {
            match (topic.stream, &**event) {
                (Stream::User(user), Event::GuildJoined { guild }) => {
                    self.want(Want::Standing(user, Stream::Guild(guild.id)));
                }
                (Stream::User(user), Event::DmOpened { dm }) => {
                    self.want(Want::Standing(user, Stream::Dm(dm.id)))
                }
                // Where a session was ended in this process its sockets are closed by now; where another did it, this
                // is how it is heard of.
                (Stream::User(user), Event::DevicesChanged) => self.want(Want::Sessions(user)),
                // It was taken away on arrival. Had it been given back before this came (out of order), the
                // database knows.
                (Stream::User(user), Event::GuildLeft { guild_id }) => {
                    self.ask_again(user, Stream::Guild(*guild_id));
                }
                (Stream::Guild(_), Event::MemberLeft { user_id }) => self.ask_again(*user_id, topic.stream),
                (Stream::Guild(_), Event::GuildDeleted { .. }) => {
                    for connection in topic.listeners() {
                        self.detach(&connection, topic.stream);
                    }
                }
                _ => {}
            }
        }
        if outcome.wants_log {
            self.want(Want::Log(topic.stream));
        }
        if let (true, Stream::Guild(guild)) = (outcome.wants_viewers, topic.stream) {
            self.want(Want::Viewers(guild));
        }
        outcome.is_crowded
    }

    fn ask_again(&self, user: UserId, stream: Stream) {
        if self.epoch(user).is_some() {
            self.want(Want::Standing(user, stream));
        }
    }
}

/// The frame of an event that is encoded already.
pub(crate) fn event_frame(stream: Stream, rev: Rev, json: &str) -> Utf8Bytes {
    format!(r#"{{"op":"event","s":"{stream}","rev":{rev},"e":{json}}}"#).into()
}

/// A frame in its bytes.
pub(crate) fn encode(frame: &ServerFrame) -> Utf8Bytes {
    serde_json::to_string(frame).expect("every map in a frame has text keys and nothing in it refuses").into()
}

/// Takes a lock. A panic elsewhere must not take everybody's connection with it: each holder leaves things whole
/// between two statements.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
