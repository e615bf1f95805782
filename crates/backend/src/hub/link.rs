//! The gateway's hold on its connection. Dropping it takes the connection out of everything.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use protocol::entity::User;
use protocol::frame::{CloseCode, ServerFrame};
use protocol::{ChannelId, GuildId, Rev, SessionId, Stream, UserId};

use super::connection::Connection;
use super::outbox::{Kind, Queued};
use super::topic::Signal;
use super::{Hub, Want, encode, locked};

/// Frames taken out of an outbox.
pub(crate) type Batch = VecDeque<Queued>;

/// How far a connection is in one stream after catching up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CaughtUp {
    pub(crate) stream: Stream,
    /// Events up to here were replayed, skipped, or are in the snapshot to be fetched.
    pub(crate) rev: Rev,
    /// The revision the client will know of: that of the last event it was sent, or its own.
    pub(crate) told: Rev,
}

/// A live connection.
#[derive(Debug)]
pub(crate) struct Link {
    hub: Hub,
    connection: Arc<Connection>,
    is_present: bool,
}

impl Hub {
    /// Registers a connection: from here on it can be closed by session and by person. None while stopping.
    pub(crate) fn connect(&self, user: UserId, session: SessionId) -> Option<Link> {
        let connection = Arc::new(Connection::new(user, session));
        let is_added = locked(&self.shared.people).add(&connection);
        is_added.then(|| Link { hub: self.clone(), connection, is_present: false })
    }
}

impl Link {
    /// Whose it is.
    pub(crate) fn user(&self) -> UserId {
        self.connection.user
    }

    /// The session it came with.
    pub(crate) fn session(&self) -> SessionId {
        self.connection.session
    }

    /// Listens to these streams. The revisions were read before; what happened since waits in the outbox or is
    /// covered by what is read after this.
    pub(crate) fn subscribe(&self, streams: &[(Stream, Rev)]) {
        for (stream, rev) in streams {
            self.hub.attach(&self.connection, *stream, *rev, None);
        }
    }

    /// Squares the subscriptions with what the database says the person's streams are, read after `subscribe`.
    /// What the replay covers is taken out of the outbox; streams the person has no part in any more are left.
    pub(crate) fn settle(&self, standing: &[CaughtUp]) {
        let by_stream: HashMap<Stream, CaughtUp> = standing.iter().map(|one| (one.stream, *one)).collect();
        let mut listening = locked(&self.connection.listening);
        let mut dropped = Vec::new();
        listening.subscriptions.retain_mut(|subscription| {
            let stream = subscription.topic.stream;
            if let Some(caught_up) = by_stream.get(&stream) {
                subscription.topic.set_floor(subscription.slot, caught_up.rev);
                subscription.reported = caught_up.told;
                return true;
            }
            if !subscription.joined {
                subscription.topic.remove(subscription.slot);
                dropped.push(Arc::clone(&subscription.topic));
            }
            subscription.joined
        });
        let subscribed: HashSet<Stream> =
            listening.subscriptions.iter().map(|one| one.topic.stream).collect();
        // Still under the lock: what is attached after this may be in the outbox already, and has to stay there.
        self.connection.forget(|stream, rev| {
            !subscribed.contains(&stream)
                || by_stream.get(&stream).is_some_and(|caught_up| rev <= caught_up.rev)
        });
        drop(listening);
        for topic in dropped {
            self.hub.retire(&topic);
        }
        for one in standing.iter().filter(|one| !subscribed.contains(&one.stream)) {
            // Joined between the two questions, and the event of that may have come before this connection did.
            self.hub.want(Want::Standing(self.connection.user, one.stream));
        }
    }

    /// Begins to catch up: until [`Link::end_catching_up`] the outbox may drop events instead of closing.
    pub(crate) fn begin_catching_up(&self) {
        self.connection.begin_catching_up();
    }

    /// Whether everything since is in the outbox. Otherwise so much happened that the log has to be read again, from
    /// where the last reading ended.
    pub(crate) fn end_catching_up(&self) -> bool {
        self.connection.end_catching_up()
    }

    /// Counts the connection as caught up: the person is online.
    pub(crate) fn arrive(&mut self) {
        if self.is_present {
            return;
        }
        self.is_present = true;
        let user = self.connection.user;
        let came_online = locked(&self.hub.shared.people).arrive(user);
        if came_online {
            let listening = locked(&self.connection.listening);
            self.hub.stir(listening.subscriptions.iter().map(|subscription| &subscription.topic), user);
        }
    }

    /// Queues an answer behind everything that waits.
    pub(crate) fn answer(&self, frame: &ServerFrame) {
        self.connection.push(encode(frame), Kind::Control);
    }

    /// Queues the answer to a ping: how far each stream was considered for this connection, where that changed since
    /// the last one. All frames up to there are in front of it in the outbox; this takes the client over events
    /// that were not for it.
    pub(crate) fn pong(&self, n: u64) {
        let mut listening = locked(&self.connection.listening);
        let mut revs = BTreeMap::new();
        for subscription in &mut listening.subscriptions {
            let rev = subscription.topic.considered();
            if rev > subscription.reported {
                subscription.reported = rev;
                revs.insert(subscription.topic.stream, rev);
            }
        }
        drop(listening);
        self.answer(&ServerFrame::Pong { n, revs });
    }

    /// Notes what the person looks at and queues who is there. False if they have no part in that guild.
    pub(crate) fn focus(&self, guild: Option<GuildId>) -> bool {
        self.hub.focus(&self.connection, guild)
    }

    /// Tells those who look at the stream and can view `audience` that the person is writing in a channel.
    pub(crate) fn typing(&self, stream: Stream, audience: ChannelId, channel: ChannelId, user: User) {
        let from = user.id;
        if let Some(topic) = self.hub.topic(stream) {
            let frame = encode(&ServerFrame::Typing { channel, user });
            topic.signal(Signal { frame, channel: audience, from });
        }
    }

    /// Whether the connection listens to a stream.
    pub(crate) fn hears(&self, stream: Stream) -> bool {
        locked(&self.connection.listening).find(stream).is_some()
    }

    /// Swaps what waits into `batch`, which has to be empty, or says why there will be no more. Only one task may wait.
    pub(crate) fn poll_take(&self, batch: &mut Batch, context: &Context<'_>) -> Poll<Result<(), CloseCode>> {
        self.connection.poll_take(batch, context)
    }

    /// Waits until the connection was closed, and says why. Only one task may wait.
    pub(crate) async fn closing(&self) -> CloseCode {
        poll_fn(|context| self.connection.poll_closed(context)).await
    }

    /// Notes whether the socket takes bytes at the moment.
    pub(crate) fn set_stalled(&self, stalled: bool) {
        self.connection.set_stalled(stalled);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let user = self.connection.user;
        let went_offline = locked(&self.hub.shared.people).remove(&self.connection, self.is_present);
        let mut listening = locked(&self.connection.listening);
        listening.has_left = true;
        let subscriptions = std::mem::take(&mut listening.subscriptions);
        drop(listening);
        if went_offline {
            self.hub.stir(subscriptions.iter().map(|subscription| &subscription.topic), user);
        }
        for subscription in subscriptions {
            subscription.topic.remove(subscription.slot);
            self.hub.retire(&subscription.topic);
        }
    }
}
