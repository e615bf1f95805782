//! Puts what arrives out of order back into order: an item waits until its predecessor is in.

use std::collections::BTreeMap;

use protocol::Rev;

/// Items that may wait before the log is read anew instead: a stalled stream must not fill the memory.
const WAITING: usize = 2_048;

/// The order of one stream.
#[derive(Debug)]
pub(super) struct Sequence<T> {
    considered: Rev,
    /// The log was read up to here: a revision below it that is not waiting does not exist any more.
    read_to: Rev,
    waiting: BTreeMap<Rev, T>,
}

impl<T> Sequence<T> {
    /// Begins after `considered`.
    pub(super) fn new(considered: Rev) -> Self {
        Self { considered, read_to: considered, waiting: BTreeMap::new() }
    }

    /// The last revision that was handed out or passed over.
    pub(super) fn considered(&self) -> Rev {
        self.considered
    }

    /// Whether this revision was handed out or waits already.
    pub(super) fn knows(&self, rev: Rev) -> bool {
        rev <= self.considered || self.waiting.contains_key(&rev)
    }

    /// Takes an item; one that is known is ignored. What exceeds the bound is dropped from the far end, where
    /// the log will bring it back.
    pub(super) fn offer(&mut self, rev: Rev, item: T) {
        if self.knows(rev) {
            return;
        }
        self.waiting.insert(rev, item);
        if self.waiting.len() > WAITING {
            self.waiting.pop_last();
            // What was dropped is not gone for good: it has to be read again.
            let last = self.waiting.last_key_value().map_or(self.considered, |(rev, _)| *rev);
            self.read_to = self.read_to.min(last);
        }
    }

    /// The next item in order, if it is here and `is_ready`.
    pub(super) fn next(&mut self, is_ready: impl FnOnce(&T) -> bool) -> Option<(Rev, T)> {
        let first = self.waiting.first_entry()?;
        let rev = *first.key();
        // Everything between was looked for in the log and is not there.
        let follows = rev == self.considered + 1 || self.read_to >= rev - 1;
        if !follows || !is_ready(first.get()) {
            return None;
        }
        let item = first.remove();
        self.considered = rev;
        Some((rev, item))
    }

    /// Notes that the log was read up to `rev`. With nothing left to wait for, order continues from there.
    pub(super) fn read_to(&mut self, rev: Rev) {
        self.read_to = self.read_to.max(rev);
        if self.waiting.first_key_value().is_none_or(|(first, _)| *first > self.read_to) {
            self.considered = self.considered.max(self.read_to);
        }
    }

    /// Whether something waits for a predecessor that is not here.
    pub(super) fn has_gap(&self) -> bool {
        self.waiting
            .first_key_value()
            .is_some_and(|(rev, _)| *rev != self.considered + 1 && self.read_to < rev - 1)
    }

    /// Everything that waits, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.values()
    }
}

#[cfg(test)]
mod tests {
    use super::{Sequence, WAITING};

    fn drain(sequence: &mut Sequence<&'static str>) -> Vec<(i64, &'static str)> {
        std::iter::from_fn(|| sequence.next(|_| true)).collect()
    }

    #[test]
    fn an_item_waits_for_its_predecessor() {
        let mut sequence = Sequence::new(4);
        sequence.offer(6, "six");
        assert!(drain(&mut sequence).is_empty() && sequence.has_gap());
        sequence.offer(5, "five");
        assert!(!sequence.has_gap());
        assert_eq!(drain(&mut sequence), [(5, "five"), (6, "six")]);
        assert_eq!(sequence.considered(), 6);
    }

    #[test]
    fn what_is_known_is_not_handed_out_again() {
        let mut sequence = Sequence::new(4);
        sequence.offer(4, "old");
        sequence.offer(5, "five");
        sequence.offer(5, "five again");
        assert_eq!(drain(&mut sequence), [(5, "five")]);
        sequence.offer(5, "five once more");
        assert!(drain(&mut sequence).is_empty());
    }

    #[test]
    fn revisions_the_log_does_not_have_any_more_are_passed_over() {
        let mut sequence = Sequence::new(4);
        sequence.offer(8, "eight");
        sequence.read_to(7);
        assert_eq!(drain(&mut sequence), [(8, "eight")]);
        sequence.read_to(11);
        assert_eq!(sequence.considered(), 11);
        assert!(!sequence.has_gap());
    }

    #[test]
    fn an_item_that_is_not_ready_holds_up_those_behind_it() {
        let mut sequence = Sequence::new(0);
        sequence.offer(1, "needs something");
        sequence.offer(2, "does not");
        assert_eq!(sequence.next(|item| *item == "does not"), None);
        assert!(!sequence.has_gap(), "nothing is missing, it only waits");
        sequence.read_to(2);
        assert_eq!(sequence.considered(), 0, "reading the log does not pass over what waits");
        assert_eq!(drain(&mut sequence).len(), 2);
    }

    #[test]
    fn a_stalled_stream_keeps_its_oldest_items_and_asks_for_the_rest() {
        let mut sequence = Sequence::new(0);
        for rev in 1..=WAITING as i64 + 10 {
            sequence.offer(rev, "x");
        }
        assert_eq!(drain(&mut sequence).len(), WAITING);
        sequence.offer(WAITING as i64 + 11, "the next one");
        assert!(sequence.has_gap());
    }
}
