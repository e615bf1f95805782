//! What waits for one connection: a bounded queue that sheds what may be lost, and gives up rather than skip
//! what may not.

use std::collections::VecDeque;

use axum::extract::ws::Utf8Bytes;
use protocol::frame::CloseCode;
use protocol::limits::{OUTBOX_BYTES, OUTBOX_FRAMES};
use protocol::{Rev, Stream};

/// What may happen to a frame when there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A durable event; losing it silently would be a lie.
    Event(Stream, Rev),
    /// An answer or an order such as `reset`; as important as an event.
    Control,
    /// Typing or presence: worth nothing in a minute.
    Ephemeral,
}

/// A frame in the queue.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    /// The bytes, shared with every other recipient.
    pub(crate) frame: Utf8Bytes,
    /// Its rank.
    pub(crate) kind: Kind,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It waits. `wake`: nothing waited before, so the owner has to be told. `crowded`: see [`Outbox::needs_a_turn`].
    Queued { wake: bool, crowded: bool },
    /// It was shed, as ephemeral frames are.
    Shed,
    /// There was no room: the connection is closed from now on, and its owner has to be told.
    Overflowed,
    /// The connection had been closed before.
    Closed,
}

/// The queue itself.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: VecDeque<Queued>,
    bytes: usize,
    closed: Option<CloseCode>,
    /// While its owner is still catching up nobody reads this, and what it holds is in the log as well: events
    /// that find no room are dropped, and read from the log once more.
    is_catching_up: bool,
    has_lost: bool,
}

impl Outbox {
    /// Adds a frame.
    pub(crate) fn push(&mut self, frame: Utf8Bytes, kind: Kind) -> Pushed {
        if self.closed.is_some() {
            return Pushed::Closed;
        }
        if kind == Kind::Ephemeral && self.is_crowded() {
            return Pushed::Shed;
        }
        if !self.has_room(frame.len()) {
            self.shed();
            if self.is_catching_up {
                self.has_lost = true;
            } else if !self.has_room(frame.len()) {
                self.close(CloseCode::TooSlow);
                return Pushed::Overflowed;
            }
        }
        let wake = self.queue.is_empty();
        self.bytes += frame.len();
        self.queue.push_back(Queued { frame, kind });
        Pushed::Queued { wake, crowded: self.needs_a_turn() }
    }

    /// From now on events may be dropped, because what was missed will be read from the log.
    pub(crate) fn begin_catching_up(&mut self) {
        self.is_catching_up = true;
        self.has_lost = false;
    }

    /// Whether nothing was dropped since. If so, events are kept from now on; otherwise it has to begin again.
    pub(crate) fn end_catching_up(&mut self) -> bool {
        self.is_catching_up = self.has_lost;
        !self.has_lost
    }

    /// Marks the end. Whatever waits is dropped: who was signed out gets nothing more.
    pub(crate) fn close(&mut self, code: CloseCode) -> bool {
        if self.closed.is_some() {
            return false;
        }
        self.closed = Some(code);
        self.queue = VecDeque::new();
        self.bytes = 0;
        true
    }

    /// Why it was closed, if it was.
    pub(crate) fn closed(&self) -> Option<CloseCode> {
        self.closed
    }

    /// Swaps everything that waits into `batch`, which has to be empty: both sides keep their memory.
    pub(crate) fn take(&mut self, batch: &mut VecDeque<Queued>) {
        debug_assert!(batch.is_empty(), "frames would be lost or reordered");
        if !self.queue.is_empty() {
            std::mem::swap(&mut self.queue, batch);
            self.bytes = 0;
        }
    }

    /// Whether its owner has fallen behind and could catch up by reading. Not while it reads the log instead.
    pub(crate) fn needs_a_turn(&self) -> bool {
        self.is_crowded() && !self.is_catching_up && self.closed.is_none()
    }

    /// Drops events for which `is_known` holds.
    pub(crate) fn forget(&mut self, mut is_known: impl FnMut(Stream, Rev) -> bool) {
        self.queue.retain(|queued| !matches!(queued.kind, Kind::Event(stream, rev) if is_known(stream, rev)));
        self.bytes = self.queue.iter().map(|queued| queued.frame.len()).sum();
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.queue.len() < OUTBOX_FRAMES && self.bytes + bytes <= OUTBOX_BYTES
    }

    fn is_crowded(&self) -> bool {
        self.queue.len() >= OUTBOX_FRAMES / 2 || self.bytes >= OUTBOX_BYTES / 2
    }

    fn shed(&mut self) {
        let is_kept = |kind| match kind {
            Kind::Event(..) => !self.is_catching_up,
            Kind::Control => true,
            Kind::Ephemeral => false,
        };
        self.queue.retain(|queued| is_kept(queued.kind));
        self.bytes = self.queue.iter().map(|queued| queued.frame.len()).sum();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use axum::extract::ws::Utf8Bytes;
    use protocol::frame::CloseCode;
    use protocol::limits::{OUTBOX_BYTES, OUTBOX_FRAMES};
    use protocol::{GuildId, Stream};

    use super::{Kind, Outbox, Pushed};

    fn event(rev: i64) -> Kind {
        Kind::Event(Stream::Guild(GuildId::from_trusted(7)), rev)
    }

    fn taken(outbox: &mut Outbox) -> Vec<String> {
        let mut batch = VecDeque::new();
        outbox.take(&mut batch);
        batch.into_iter().map(|queued| queued.frame.to_string()).collect()
    }

    #[test]
    fn only_the_first_of_waiting_frames_wakes_the_owner() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.push("a".into(), event(1)), Pushed::Queued { wake: true, crowded: false });
        assert_eq!(outbox.push("b".into(), event(2)), Pushed::Queued { wake: false, crowded: false });
        assert_eq!(taken(&mut outbox), ["a", "b"]);
        assert_eq!(outbox.push("c".into(), event(3)), Pushed::Queued { wake: true, crowded: false });
    }

    #[test]
    fn ephemeral_frames_are_shed_first_and_no_event_is_lost_before_the_end() {
        let mut outbox = Outbox::default();
        for rev in 0..(OUTBOX_FRAMES as i64 / 2) - 1 {
            outbox.push("e".into(), event(rev));
        }
        assert!(matches!(outbox.push("typing".into(), Kind::Ephemeral), Pushed::Queued { .. }));
        assert_eq!(
            outbox.push("typing".into(), Kind::Ephemeral),
            Pushed::Shed,
            "half full: no room for these"
        );
        for rev in 0..OUTBOX_FRAMES as i64 / 2 {
            assert!(matches!(outbox.push("e".into(), event(rev)), Pushed::Queued { .. }), "{rev}");
        }
        let frames = outbox.queue.len();
        assert!(
            matches!(outbox.push("last".into(), event(999)), Pushed::Queued { .. }),
            "takes the typing's place"
        );
        assert_eq!(outbox.queue.len(), frames, "the typing line made room for it");
        assert_eq!(outbox.push("more".into(), event(1000)), Pushed::Overflowed);
        assert_eq!(outbox.closed(), Some(CloseCode::TooSlow));
        assert_eq!(outbox.push("later".into(), event(1001)), Pushed::Closed);
        assert!(taken(&mut outbox).is_empty(), "after a hole nothing more is sent");
    }

    #[test]
    fn while_its_owner_catches_up_events_give_way_and_that_is_noticed() {
        let mut outbox = Outbox::default();
        outbox.begin_catching_up();
        outbox.push("reset".into(), Kind::Control);
        for rev in 0..OUTBOX_FRAMES as i64 {
            assert!(matches!(outbox.push("e".into(), event(rev)), Pushed::Queued { .. }));
        }
        assert!(!outbox.end_catching_up(), "it has to read the log again");
        assert_eq!(taken(&mut outbox), ["reset", "e"], "orders stay");
        outbox.begin_catching_up();
        outbox.push("e".into(), event(1_000));
        assert!(outbox.end_catching_up());
        for rev in 0..OUTBOX_FRAMES as i64 {
            outbox.push("e".into(), event(rev));
        }
        assert_eq!(outbox.closed(), Some(CloseCode::TooSlow), "from then on nothing is dropped silently");
    }

    #[test]
    fn bytes_count_as_well_as_frames() {
        let mut outbox = Outbox::default();
        let large = Utf8Bytes::from("x".repeat(OUTBOX_BYTES / 3));
        for rev in 0..3 {
            assert!(matches!(outbox.push(large.clone(), event(rev)), Pushed::Queued { .. }));
        }
        assert_eq!(outbox.push(large, event(3)), Pushed::Overflowed);
    }

    #[test]
    fn closing_drops_what_waits_and_the_first_reason_stays() {
        let mut outbox = Outbox::default();
        outbox.push("secret".into(), event(1));
        assert!(outbox.close(CloseCode::SignedOut));
        assert!(!outbox.close(CloseCode::Restarting));
        assert_eq!(outbox.closed(), Some(CloseCode::SignedOut));
        assert!(taken(&mut outbox).is_empty());
    }

    #[test]
    fn what_a_replay_already_covered_is_dropped_from_the_queue() {
        let mut outbox = Outbox::default();
        for rev in 1..=4 {
            outbox.push(rev.to_string().into(), event(rev));
        }
        outbox.push("pong".into(), Kind::Control);
        outbox.forget(|_, rev| rev <= 2);
        assert_eq!(taken(&mut outbox), ["3", "4", "pong"]);
    }
}
