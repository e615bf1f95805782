//! The generator of ids: never the same twice, never backwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use protocol::Id;
use protocol::id::{EPOCH_MS, NODE_BITS, SEQUENCE_BITS};

use super::now_ms;

/// Makes snowflakes for one node. Clones share the state.
#[derive(Debug, Clone)]
pub struct Snowflakes {
    node: i64,
    /// The last id without its node: milliseconds << 12 | sequence.
    last: Arc<AtomicI64>,
}

impl Snowflakes {
    /// For a leased node number.
    pub fn new(node: i64) -> Self {
        Self { node, last: Arc::new(AtomicI64::new(0)) }
    }

    /// The leased node number.
    pub fn node(&self) -> i64 {
        self.node
    }

    /// The next id. When the clock steps back, or a millisecond's 4,096 numbers are used up, it borrows from
    /// the following milliseconds.
    pub fn next<T>(&self) -> Id<T> {
        self.at_least(now_ms() - EPOCH_MS, 0)
    }

    /// The next id that is above `floor`.
    pub fn next_after<T>(&self, floor: Id<T>) -> Id<T> {
        let floor_ms = floor.get() >> (SEQUENCE_BITS + NODE_BITS);
        self.at_least(now_ms() - EPOCH_MS, (floor_ms + 1) << SEQUENCE_BITS)
    }

    fn at_least<T>(&self, ms: i64, floor: i64) -> Id<T> {
        let wanted = (ms.max(0) << SEQUENCE_BITS).max(1);
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            // `floor` is the first tick after a foreign id; it only matters when that one is ahead of us.
            let next = if wanted >= floor { wanted } else { floor }.max(last + 1);
            match self.last.compare_exchange_weak(last, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Id::from_trusted(self.assemble(next)),
                Err(seen) => last = seen,
            }
        }
    }

    fn assemble(&self, ticks: i64) -> i64 {
        let sequence = ticks & ((1 << SEQUENCE_BITS) - 1);
        let ms = ticks >> SEQUENCE_BITS;
        (ms << (SEQUENCE_BITS + NODE_BITS)) | (self.node << SEQUENCE_BITS) | sequence
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use protocol::id::{EPOCH_MS, MessageMark};
    use protocol::{Id, MessageId};

    use super::{Snowflakes, now_ms};

    #[test]
    fn a_hundred_thousand_ids_rise_and_none_repeats() {
        let snowflakes = Snowflakes::new(7);
        let ids: Vec<MessageId> = (0..100_000).map(|_| snowflakes.next()).collect();
        assert!(ids.is_sorted() && ids.iter().collect::<HashSet<_>>().len() == ids.len());
        assert!(ids.iter().all(|id| (id.get() >> 12) & 0x3FF == 7));
    }

    #[test]
    fn threads_share_one_sequence() {
        let snowflakes = Snowflakes::new(1);
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let snowflakes = snowflakes.clone();
                std::thread::spawn(move || {
                    (0..20_000).map(|_| snowflakes.next::<MessageMark>().get()).collect::<Vec<_>>()
                })
            })
            .collect();
        let all: Vec<i64> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 80_000);
    }

    #[test]
    fn a_clock_that_steps_back_is_ignored() {
        let snowflakes = Snowflakes::new(1);
        let ahead: MessageId = snowflakes.at_least(now_ms() - EPOCH_MS + 60_000, 0);
        let after: MessageId = snowflakes.next();
        assert!(after > ahead);
    }

    #[test]
    fn an_id_of_a_node_whose_clock_is_ahead_is_topped() {
        let foreign: MessageId =
            Id::from_trusted(((now_ms() - EPOCH_MS + 5_000) << 22) | (1023 << 12) | 4095);
        let ours: MessageId = Snowflakes::new(0).next_after(foreign);
        assert!(ours > foreign);
    }
}
