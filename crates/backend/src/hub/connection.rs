//! One live socket as the hub sees it: whose it is, what it listens to, what waits for it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::ws::Utf8Bytes;
use protocol::frame::CloseCode;
use protocol::{GuildId, Rev, SessionId, Stream, UserId};
use tokio::sync::Notify;

use super::locked;
use super::outbox::{Kind, Outbox, Pushed, Queued};
use super::topic::Topic;

/// What the person said they look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Focus {
    /// Nothing was said yet.
    #[default]
    Unsaid,
    /// Direct conversations.
    Home,
    /// A guild.
    Guild(GuildId),
}

impl Focus {
    /// Whether presence in a stream is on screen.
    pub(super) fn shows(self, stream: Stream) -> bool {
        match (self, stream) {
            (Self::Guild(focused), Stream::Guild(guild)) => focused == guild,
            (Self::Home, Stream::Dm(_)) => true,
            _ => false,
        }
    }
}

/// A place in a topic's list.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) topic: Arc<Topic>,
    pub(super) slot: u32,
    /// Made by an event, not by the hello: the answer to a question asked before must not undo it.
    pub(super) joined: bool,
    /// The revision the last pong named; see [`protocol::frame::ServerFrame::Pong`].
    pub(super) reported: Rev,
}

/// What a connection listens to.
#[derive(Debug, Default)]
pub(super) struct Listening {
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) focus: Focus,
    /// The socket is gone; nothing may be added any more.
    pub(super) has_left: bool,
}

impl Listening {
    pub(super) fn find(&self, stream: Stream) -> Option<usize> {
        self.subscriptions.iter().position(|subscription| subscription.topic.stream == stream)
    }
}

/// A live socket. Kept small: there is one for every open tab.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) listening: Mutex<Listening>,
    outbox: Mutex<Outbox>,
    woken: Notify,
    /// Its socket takes no more bytes for now, so it is no use to wait for it.
    stalled: AtomicBool,
}

impl Connection {
    pub(super) fn new(user: UserId, session: SessionId) -> Self {
        Self {
            user,
            session,
            listening: Mutex::default(),
            outbox: Mutex::default(),
            woken: Notify::new(),
            stalled: AtomicBool::new(false),
        }
    }

    /// Puts a frame into the outbox. True when the outbox fills up although the socket takes bytes: then its
    /// task only needs a turn.
    pub(super) fn push(&self, frame: Utf8Bytes, kind: Kind) -> bool {
        let pushed = locked(&self.outbox).push(frame, kind);
        match pushed {
            Pushed::Queued { wake, crowded } => {
                if wake {
                    self.woken.notify_one();
                }
                crowded && !self.stalled.load(Ordering::Relaxed)
            }
            Pushed::Overflowed => {
                self.woken.notify_one();
                false
            }
            Pushed::Shed | Pushed::Closed => false,
        }
    }

    /// Whether the outbox fills up although the socket takes bytes.
    pub(super) fn needs_a_turn(&self) -> bool {
        !self.stalled.load(Ordering::Relaxed) && locked(&self.outbox).needs_a_turn()
    }

    /// Ends the connection: what waits is dropped, nothing more is taken, its task says goodbye.
    pub(super) fn close(&self, code: CloseCode) {
        if locked(&self.outbox).close(code) {
            self.woken.notify_one();
        }
    }

    /// Why it was closed, if it was.
    pub(super) fn closed(&self) -> Option<CloseCode> {
        locked(&self.outbox).closed()
    }

    /// Swaps what waits into `batch`, or says why there will be no more.
    pub(super) fn take(&self, batch: &mut VecDeque<Queued>) -> Option<CloseCode> {
        let mut outbox = locked(&self.outbox);
        let closed = outbox.closed();
        if closed.is_none() {
            outbox.take(batch);
        }
        closed
    }

    /// Drops waiting events for which `is_known` holds.
    pub(super) fn forget(&self, is_known: impl FnMut(Stream, Rev) -> bool) {
        locked(&self.outbox).forget(is_known);
    }

    /// Lets events be dropped until [`Connection::end_catching_up`].
    pub(super) fn begin_catching_up(&self) {
        locked(&self.outbox).begin_catching_up();
    }

    /// Whether nothing was dropped meanwhile.
    pub(super) fn end_catching_up(&self) -> bool {
        locked(&self.outbox).end_catching_up()
    }

    /// Waits until something was pushed or the connection was closed.
    pub(super) async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Notes whether the socket takes bytes at the moment.
    pub(super) fn set_stalled(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::Relaxed);
    }
}
