//! One live socket as the hub sees it: whose it is, what it listens to, what waits for it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use axum::extract::ws::Utf8Bytes;
use protocol::frame::CloseCode;
use protocol::{GuildId, Rev, SessionId, Stream, UserId};

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

/// What waits for a connection, and who waits for it.
#[derive(Debug, Default)]
struct Waiting {
    outbox: Outbox,
    /// The task of the connection, once it found nothing to do.
    task: Option<Waker>,
}

impl Waiting {
    /// Under the lock of the outbox: one of its own would be one more for each of a thousand recipients. A task's waker
    /// only puts it in its queue, and comes back into nothing of ours.
    fn wake(&self) {
        if let Some(task) = &self.task {
            task.wake_by_ref();
        }
    }

    fn wait(&mut self, task: &Waker) {
        if !self.task.as_ref().is_some_and(|known| known.will_wake(task)) {
            self.task = Some(task.clone());
        }
    }
}

/// A live socket. Kept small: there is one for every open tab.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) listening: Mutex<Listening>,
    waiting: Mutex<Waiting>,
    /// Its socket takes no more bytes for now, so it is no use to wait for it.
    stalled: AtomicBool,
}

impl Connection {
    pub(super) fn new(user: UserId, session: SessionId) -> Self {
        Self {
            user,
            session,
            listening: Mutex::default(),
            waiting: Mutex::default(),
            stalled: AtomicBool::new(false),
        }
    }

    /// Puts a frame into the outbox. True when the outbox fills up although the socket takes bytes: then its
    /// task only needs a turn.
    pub(super) fn push(&self, frame: Utf8Bytes, kind: Kind) -> bool {
        let mut waiting = locked(&self.waiting);
        match waiting.outbox.push(frame, kind) {
            Pushed::Queued { wake, crowded } => {
                if wake {
                    waiting.wake();
                }
                crowded && !self.stalled.load(Ordering::Relaxed)
            }
            Pushed::Overflowed => {
                waiting.wake();
                false
            }
            Pushed::Shed | Pushed::Closed => false,
        }
    }

    /// Whether the outbox fills up although the socket takes bytes.
    pub(super) fn needs_a_turn(&self) -> bool {
        !self.stalled.load(Ordering::Relaxed) && locked(&self.waiting).outbox.needs_a_turn()
    }

    /// Ends the connection: what waits is dropped, nothing more is taken, its task says goodbye.
    pub(super) fn close(&self, code: CloseCode) {
        let mut waiting = locked(&self.waiting);
        if waiting.outbox.close(code) {
            waiting.wake();
        }
    }

    /// Swaps what waits into `batch`, or says why there will be no more. While nothing waits the task of `context` is the
    /// one that is woken.
    pub(super) fn poll_take(
        &self,
        batch: &mut VecDeque<Queued>,
        context: &Context<'_>,
    ) -> Poll<Result<(), CloseCode>> {
        let mut waiting = locked(&self.waiting);
        if let Some(code) = waiting.outbox.closed() {
            return Poll::Ready(Err(code));
        }
        waiting.outbox.take(batch);
        if !batch.is_empty() {
            return Poll::Ready(Ok(()));
        }
        waiting.wait(context.waker());
        Poll::Pending
    }

    /// Why it was closed, once it is; frames that wait are left alone. Wakes as [`Connection::poll_take`] does.
    pub(super) fn poll_closed(&self, context: &Context<'_>) -> Poll<CloseCode> {
        let mut waiting = locked(&self.waiting);
        if let Some(code) = waiting.outbox.closed() {
            return Poll::Ready(code);
        }
        waiting.wait(context.waker());
        Poll::Pending
    }

    /// Drops waiting events for which `is_known` holds.
    pub(super) fn forget(&self, is_known: impl FnMut(Stream, Rev) -> bool) {
        locked(&self.waiting).outbox.forget(is_known);
    }

    /// Lets events be dropped until [`Connection::end_catching_up`].
    pub(super) fn begin_catching_up(&self) {
        locked(&self.waiting).outbox.begin_catching_up();
    }

    /// Whether nothing was dropped meanwhile.
    pub(super) fn end_catching_up(&self) -> bool {
        locked(&self.waiting).outbox.end_catching_up()
    }

    /// Notes whether the socket takes bytes at the moment.
    pub(super) fn set_stalled(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::Relaxed);
    }
}
