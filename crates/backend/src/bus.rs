//! How the processes of one instance tell one another that a stream has grown.
//!
//! What travels is a hint, never the event: whoever hears it reads the log, so a hint that is lost, doubled or late
//! costs time and nothing else. A process that hears nothing finds out by itself, see [`crate::delivery`].

use std::sync::{Arc, Mutex, PoisonError};

use protocol::{Rev, Stream};
use tokio::sync::mpsc;

/// A stream has got this far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hint {
    /// Which stream.
    pub stream: Stream,
    /// How far.
    pub rev: Rev,
}

/// Hints that may wait for a process. The ones beyond are dropped, which only costs time.
const WAITING: usize = 4_096;

/// A process' end of the bus.
pub trait Bus: Send + Sync + 'static {
    /// Tells all other processes. Does not wait for them.
    fn announce(&self, hints: &[Hint]);

    /// What the others tell. Only the first caller gets it; none where there are no others.
    fn hints(&self) -> Option<mpsc::Receiver<Hint>>;
}

/// A bus inside one process: between the parts of a test that stand for several nodes, and, with a single end,
/// the bus of an instance that is alone.
#[derive(Debug, Clone, Default)]
pub struct LocalBus {
    ends: Arc<Mutex<Vec<mpsc::Sender<Hint>>>>,
}

impl LocalBus {
    /// One more end.
    pub fn attach(&self) -> LocalEnd {
        let (sender, receiver) = mpsc::channel(WAITING);
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.push(sender);
        LocalEnd { bus: self.clone(), index: ends.len() - 1, receiver: Mutex::new(Some(receiver)) }
    }
}

/// One end of a [`LocalBus`].
#[derive(Debug)]
pub struct LocalEnd {
    bus: LocalBus,
    index: usize,
    receiver: Mutex<Option<mpsc::Receiver<Hint>>>,
}

impl Bus for LocalEnd {
    fn announce(&self, hints: &[Hint]) {
        let ends = self.bus.ends.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, end) in ends.iter().enumerate().filter(|(index, _)| *index != self.index) {
            for hint in hints {
                // Full or gone: a hint is not worth waiting for.
                let _ = end.try_send(*hint);
            }
        }
    }

    fn hints(&self) -> Option<mpsc::Receiver<Hint>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use protocol::{GuildId, Stream};

    use super::{Bus, Hint, LocalBus};

    #[test]
    fn a_hint_reaches_every_other_end_and_not_the_one_it_came_from() {
        let bus = LocalBus::default();
        let ends = [bus.attach(), bus.attach(), bus.attach()];
        let mut hints: Vec<_> = ends.iter().map(|end| end.hints().unwrap()).collect();
        let hint = Hint { stream: Stream::Guild(GuildId::from_trusted(1)), rev: 3 };
        ends[1].announce(&[hint]);
        let heard: Vec<_> = hints.iter_mut().map(|hints| hints.try_recv().ok()).collect();
        assert_eq!(heard, [Some(hint), None, Some(hint)]);
    }
}
