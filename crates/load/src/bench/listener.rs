//! Sockets that count what they hear: each message carries a mark with its run, its number and when it was due.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use memchr::memmem::Finder;
use protocol::frame::ClientFrame;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval_at};

use crate::client::socket::Socket;
use crate::stats::Samples;

/// How often a socket sends its heartbeat; the server ends one that is silent for 75 s.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// What a mark begins with; nothing else in a frame does.
const MARK: &[u8] = b"~hm.";

/// A message's mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Of which run.
    pub(super) run: u64,
    /// Which one of its messages, from 0.
    pub(super) number: u64,
    /// When it was to be sent, in microseconds on the board's clock.
    pub(super) due_us: u64,
}

impl Mark {
    /// A message of so many characters with this mark in front.
    pub(super) fn content(self, characters: usize) -> String {
        let Self { run, number, due_us } = self;
        let mut text = format!("~hm.{run}.{number}.{due_us}~ ");
        while text.len() < characters {
            let _ = write!(text, "{} ", text.len());
        }
        text.truncate(characters);
        text.trim_end().to_owned()
    }

    fn find(finder: &Finder<'_>, frame: &[u8]) -> Option<Self> {
        let rest = frame.get(finder.find(frame)? + MARK.len()..)?;
        let end = memchr::memchr(b'~', rest)?;
        let mut numbers =
            std::str::from_utf8(rest.get(..end)?).ok()?.split('.').map(|text| text.parse().ok());
        Some(Self { run: numbers.next()??, number: numbers.next()??, due_us: numbers.next()?? })
    }
}

/// Where all sockets write what they heard.
#[derive(Debug)]
pub(super) struct Board {
    clock: Instant,
    finder: Finder<'static>,
    run: AtomicU64,
    heard: AtomicU64,
    doubled: AtomicU64,
    closed: AtomicU64,
    took: Mutex<Samples>,
    /// Rung when a socket has heard something.
    changed: Notify,
}

/// What was heard of one run.
#[derive(Debug)]
pub(super) struct Heard {
    /// Deliveries, each counted once.
    pub(super) once: u64,
    /// Deliveries that came again.
    pub(super) doubled: u64,
    /// From when they were due until they were heard.
    pub(super) took: Samples,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            clock: Instant::now(),
            finder: Finder::new(MARK),
            run: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            doubled: AtomicU64::new(0),
            closed: AtomicU64::new(0),
            took: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Microseconds on the board's clock.
    pub(super) fn at_us(&self, moment: Instant) -> u64 {
        moment.saturating_duration_since(self.clock).as_micros() as u64
    }

    /// Begins to count another run; returns its number.
    pub(super) fn begin(&self) -> u64 {
        self.heard.store(0, Ordering::Relaxed);
        self.doubled.store(0, Ordering::Relaxed);
        *self.took.lock().unwrap_or_else(PoisonError::into_inner) = Samples::default();
        self.run.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Waits until so many deliveries of this run were heard, or nothing more came for a while.
    pub(super) async fn settle(&self, expected: u64, patience: Duration) -> Heard {
        while self.heard.load(Ordering::Relaxed) < expected {
            if tokio::time::timeout(patience, self.changed.notified()).await.is_err() {
                break;
            }
        }
        let took = std::mem::take(&mut *self.took.lock().unwrap_or_else(PoisonError::into_inner));
        Heard {
            once: self.heard.load(Ordering::Relaxed),
            doubled: self.doubled.load(Ordering::Relaxed),
            took,
        }
    }

    /// Sockets the server has closed.
    pub(super) fn closed(&self) -> u64 {
        self.closed.load(Ordering::Relaxed)
    }

    /// Counts a frame if it is a marked message of the present run.
    fn note(&self, ear: &mut Ear, frame: &[u8]) {
        if !frame.starts_with(br#"{"op":"event""#) {
            return;
        }
        let Some(mark) = Mark::find(&self.finder, frame) else { return };
        if mark.run != self.run.load(Ordering::Relaxed) {
            return;
        }
        if ear.is_new(mark) {
            let took = self.clock.elapsed().saturating_sub(Duration::from_micros(mark.due_us));
            self.took.lock().unwrap_or_else(PoisonError::into_inner).add(took);
            self.heard.fetch_add(1, Ordering::Relaxed);
        } else {
            self.doubled.fetch_add(1, Ordering::Relaxed);
        }
        self.changed.notify_one();
    }
}

/// What one socket has heard of the present run.
#[derive(Debug, Default)]
struct Ear {
    run: u64,
    /// All numbers below were heard: nearly always that is all there is to know.
    below: u64,
    above: HashSet<u64>,
}

impl Ear {
    fn is_new(&mut self, mark: Mark) -> bool {
        if self.run != mark.run {
            *self = Self { run: mark.run, ..Self::default() };
        }
        if mark.number < self.below || !self.above.insert(mark.number) {
            return false;
        }
        while self.above.remove(&self.below) {
            self.below += 1;
        }
        true
    }
}

/// Listens until the socket closes, with a heartbeat; `number` spreads the heartbeats over time.
pub(super) async fn listen(mut socket: Socket, board: &Board, number: u32) {
    let mut ear = Ear::default();
    let first = tokio::time::Instant::now() + HEARTBEAT * (number % 100) / 100;
    let mut heartbeat = interval_at(first, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut n = 0;
    loop {
        let goes_on = tokio::select! {
            heard = socket.listen(|frame| board.note(&mut ear, frame)) => heard,
            _ = heartbeat.tick() => {
                n += 1;
                socket.say(&ClientFrame::Ping { n }).await
            }
        };
        if goes_on.is_err() {
            board.closed.fetch_add(1, Ordering::Relaxed);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use memchr::memmem::Finder;

    use super::{Board, Ear, MARK, Mark};

    const A_MARK: Mark = Mark { run: 3, number: 17, due_us: 1_234_567 };

    #[test]
    fn a_mark_is_found_again_in_a_frame() {
        let content = A_MARK.content(100);
        assert!((95..=100).contains(&content.len()), "{content:?}");
        let frame =
            format!(r#"{{"op":"event","s":"g:1","rev":9,"e":{{"content":"{content}","nonce":"x"}}}}"#);
        assert_eq!(Mark::find(&Finder::new(MARK), frame.as_bytes()), Some(A_MARK));
        assert_eq!(Mark::find(&Finder::new(MARK), br#"{"op":"event","content":"~hm.broken"}"#), None);
    }

    #[test]
    fn what_comes_twice_is_counted_once_whatever_the_order() {
        let mut ear = Ear::default();
        let mut hear = |run, number| ear.is_new(Mark { run, number, due_us: 0 });
        assert!(hear(1, 0) && hear(1, 2) && hear(1, 1) && hear(1, 3));
        assert!(!hear(1, 0) && !hear(1, 2) && !hear(1, 3));
        assert!(hear(2, 0), "another run begins anew");
    }

    #[tokio::test]
    async fn a_delivery_that_does_not_come_is_missed_and_a_second_one_does_not_make_up_for_it() {
        let board = Board::new();
        let run = board.begin();
        let mut ear = Ear::default();
        let frame = |run, number| {
            format!(r#"{{"op":"event","c":"{}"}}"#, Mark { run, number, due_us: 0 }.content(60))
        };
        for (run, number) in [(run, 0), (run, 2), (run, 2), (run + 1, 1)] {
            board.note(&mut ear, frame(run, number).as_bytes());
        }
        board.note(&mut ear, br#"{"op":"presence","users":{}}"#);
        let heard = board.settle(3, std::time::Duration::from_millis(10)).await;
        assert_eq!((heard.once, heard.doubled, heard.took.len()), (2, 1, 2));
    }
}
