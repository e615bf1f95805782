//! Reads what writers, readers and the database say at the end, and names every promise that was broken.
//!
//! Nothing in here talks to a server: histories go in, violations come out.

use std::collections::{BTreeMap, HashMap};

use protocol::{ChannelId, MessageId, Rev, Stream};
use serde::Serialize;

use super::order::Heard;

/// Which message of which writer. Its text is the retry key and the beginning of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(super) struct Key {
    /// The writer, from 0.
    pub(super) writer: u16,
    /// Its message, from 1.
    pub(super) number: u32,
}

impl Key {
    pub(super) fn text(self) -> String {
        format!("w{}-{}", self.writer, self.number)
    }

    /// From a message's text; none when no writer wrote it.
    pub(super) fn of_content(content: &str) -> Option<Self> {
        let (writer, number) = content.split(' ').next()?.strip_prefix('w')?.split_once('-')?;
        Some(Self { writer: writer.parse().ok()?, number: number.parse().ok()? })
    }
}

/// A message that was answered with "sent".
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Sent {
    pub(super) key: Key,
    pub(super) channel: ChannelId,
    /// What the answer said.
    pub(super) id: MessageId,
    /// When it was first sent and when it was answered, on one clock, in microseconds.
    pub(super) invoked_us: u64,
    pub(super) acked_us: u64,
}

/// A message that is in the history.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Stored {
    pub(super) channel: ChannelId,
    pub(super) id: MessageId,
    pub(super) key: Key,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "broken", rename_all = "snake_case")]
pub(super) enum Violation {
    /// It was answered and is not there.
    Lost { key: Key, id: MessageId },
    /// One send, several messages.
    Doubled { key: Key, times: usize },
    /// It is there, but not as it was answered.
    Changed { key: Key, answered: MessageId, stored: MessageId },
    /// Nobody sent it.
    Invented { key: Key, id: MessageId },
    /// The history does not rise.
    HistoryFalls { channel: ChannelId, before: MessageId, after: MessageId },
    /// It was sent after another one was answered, and stands before it.
    Overtaken { earlier: Key, later: Key },
    /// A reader's revisions do not rise.
    RevFalls { reader: usize, stream: Stream, before: Rev, after: Rev },
    /// A reader's revisions leave some out although it may see everything.
    RevSkips { reader: usize, stream: Stream, before: Rev, after: Rev },
    /// A reader's messages do not rise.
    IdFalls { reader: usize, channel: ChannelId, before: MessageId, after: MessageId },
    /// It is in the history, and a reader never heard of it.
    Missed { reader: usize, id: MessageId },
    /// A reader heard of it, and it is not in the history.
    Phantom { reader: usize, id: MessageId },
    /// A reader heard something else than the history holds.
    Misheard { reader: usize, id: MessageId },
    /// A request was refused that had to be taken, or answered with something else.
    Refused { who: String, why: String },
}

/// The kinds the verdict counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Lost,
    Duplicate,
    OutOfOrder,
    Diverged,
    Refused,
}

impl Violation {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Lost { .. } => Kind::Lost,
            Self::Doubled { .. } | Self::Changed { .. } => Kind::Duplicate,
            Self::HistoryFalls { .. }
            | Self::Overtaken { .. }
            | Self::RevFalls { .. }
            | Self::IdFalls { .. } => Kind::OutOfOrder,
            Self::Invented { .. }
            | Self::RevSkips { .. }
            | Self::Missed { .. }
            | Self::Phantom { .. }
            | Self::Misheard { .. } => Kind::Diverged,
            Self::Refused { .. } => Kind::Refused,
        }
    }
}

/// Everything that is wrong. `stored` is in the order the history shows, channel by channel.
pub(super) fn judge(sent: &[Sent], stored: &[Stored], readers: &[Heard]) -> Vec<Violation> {
    let mut found = multiplicity(sent, stored);
    found.extend(history_order(stored));
    found.extend(overtaken(sent));
    let truth: HashMap<MessageId, Stored> = stored.iter().map(|message| (message.id, *message)).collect();
    for reader in readers {
        found.extend(reader.broken.iter().cloned());
        found.extend(divergence(&truth, stored, reader));
    }
    found
}

/// Each answered message exactly once, as it was answered; nothing else.
fn multiplicity(sent: &[Sent], stored: &[Stored]) -> Vec<Violation> {
    let mut by_key: BTreeMap<Key, Vec<&Stored>> = BTreeMap::new();
    for message in stored {
        by_key.entry(message.key).or_default().push(message);
    }
    let mut found = Vec::new();
    for message in sent {
        let Sent { key, id, channel, .. } = *message;
        match by_key.remove(&key).as_deref() {
            None | Some([]) => found.push(Violation::Lost { key, id }),
            Some([one]) if one.id == id && one.channel == channel => {}
            Some([one]) => found.push(Violation::Changed { key, answered: id, stored: one.id }),
            Some(several) => found.push(Violation::Doubled { key, times: several.len() }),
        }
    }
    found.extend(
        by_key
            .into_iter()
            .filter_map(|(key, messages)| Some(Violation::Invented { key, id: messages.first()?.id })),
    );
    found
}

fn history_order(stored: &[Stored]) -> Vec<Violation> {
    let neighbours = stored.iter().zip(stored.iter().skip(1));
    let falling =
        neighbours.filter(|(before, after)| before.channel == after.channel && before.id >= after.id);
    falling
        .map(|(before, after)| Violation::HistoryFalls {
            channel: before.channel,
            before: before.id,
            after: after.id,
        })
        .collect()
}

/// Real time: what was answered before something else was sent stands before it.
fn overtaken(sent: &[Sent]) -> Vec<Violation> {
    let mut channels: BTreeMap<ChannelId, Vec<&Sent>> = BTreeMap::new();
    for message in sent {
        channels.entry(message.channel).or_default().push(message);
    }
    let mut found = Vec::new();
    for messages in channels.values_mut() {
        let mut by_answer = messages.clone();
        by_answer.sort_unstable_by_key(|message| message.acked_us);
        messages.sort_unstable_by_key(|message| message.invoked_us);
        let mut answered = by_answer.into_iter().peekable();
        let mut highest: Option<&Sent> = None;
        for later in messages.iter() {
            while let Some(earlier) = answered.next_if(|earlier| earlier.acked_us < later.invoked_us) {
                if highest.is_none_or(|highest| earlier.id > highest.id) {
                    highest = Some(earlier);
                }
            }
            if let Some(earlier) = highest.filter(|earlier| earlier.id >= later.id) {
                found.push(Violation::Overtaken { earlier: earlier.key, later: later.key });
            }
        }
    }
    found
}

/// What a reader put together against what is there.
fn divergence(truth: &HashMap<MessageId, Stored>, stored: &[Stored], reader: &Heard) -> Vec<Violation> {
    let number = reader.reader;
    let mut found = Vec::new();
    let mut heard: HashMap<MessageId, usize> = HashMap::new();
    for (channel, id, key) in &reader.messages {
        *heard.entry(*id).or_default() += 1;
        match truth.get(id) {
            None => found.push(Violation::Phantom { reader: number, id: *id }),
            Some(there) if there.channel != *channel || there.key != *key => {
                found.push(Violation::Misheard { reader: number, id: *id });
            }
            Some(_) => {}
        }
    }
    let missed = stored.iter().filter(|message| !heard.contains_key(&message.id));
    found.extend(missed.map(|message| Violation::Missed { reader: number, id: message.id }));
    found
}

#[cfg(test)]
mod tests {
    use protocol::{ChannelId, GuildId, MessageId, Rev, Stream};

    use super::{Key, Kind, Sent, Stored, Violation, judge};
    use crate::chaos::order::Heard;

    fn key(number: u32) -> Key {
        Key { writer: 1, number }
    }

    fn id(number: i64) -> MessageId {
        MessageId::from_trusted(number)
    }

    fn channel() -> ChannelId {
        ChannelId::from_trusted(7)
    }

    fn stream() -> Stream {
        Stream::Guild(GuildId::from_trusted(3))
    }

    /// Message n: id 100 + n, sent and answered one after the other, n-th in its stream.
    fn sent(number: u32) -> Sent {
        let (invoked_us, id) = (u64::from(number) * 10, id(100 + i64::from(number)));
        Sent { key: key(number), channel: channel(), id, invoked_us, acked_us: invoked_us + 5 }
    }

    fn stored(number: u32) -> Stored {
        Stored { channel: channel(), id: id(100 + i64::from(number)), key: key(number) }
    }

    fn heard(events: &[(Rev, u32)]) -> Heard {
        let mut heard = Heard::new(0, [(stream(), 0)].into());
        for (rev, number) in events {
            heard.event(stream(), *rev, Some((channel(), id(100 + i64::from(*number)), key(*number))));
        }
        heard
    }

    fn all<T>(one: impl Fn(u32) -> T) -> Vec<T> {
        (1..=3).map(one).collect()
    }

    const EVENTS: [(Rev, u32); 3] = [(1, 1), (2, 2), (3, 3)];

    #[test]
    fn a_clean_history_passes() {
        assert_eq!(judge(&all(sent), &all(stored), &[heard(&EVENTS)]), []);
    }

    #[test]
    fn an_answered_message_that_is_not_there_is_lost() {
        let found = judge(&all(sent), &[stored(1), stored(3)], &[heard(&[(1, 1), (2, 3)])]);
        assert_eq!(found, [Violation::Lost { key: key(2), id: id(102) }]);
        assert_eq!(found[0].kind(), Kind::Lost);
    }

    #[test]
    fn a_message_that_is_there_twice_is_a_duplicate() {
        let twice = Stored { id: id(104), ..stored(2) };
        let mut reader = heard(&EVENTS);
        reader.event(stream(), 4, Some((channel(), id(104), key(2))));
        let found = judge(&all(sent), &[stored(1), stored(2), stored(3), twice], &[reader]);
        assert_eq!(found, [Violation::Doubled { key: key(2), times: 2 }]);
        assert_eq!(found[0].kind(), Kind::Duplicate);
    }

    #[test]
    fn an_answer_with_another_id_than_the_history_s_is_found() {
        let mut answers = all(sent);
        answers[2].id = id(999);
        let found = judge(&answers, &all(stored), &[heard(&EVENTS)]);
        assert_eq!(found, [Violation::Changed { key: key(3), answered: id(999), stored: id(103) }]);
    }

    #[test]
    fn a_message_nobody_sent_is_found() {
        let found = judge(&all(sent)[..2], &all(stored), &[heard(&EVENTS)]);
        assert_eq!(found, [Violation::Invented { key: key(3), id: id(103) }]);
    }

    #[test]
    fn a_history_that_falls_or_repeats_is_found() {
        let found = judge(&all(sent), &[stored(2), stored(1), stored(3)], &[heard(&EVENTS)]);
        assert_eq!(found, [Violation::HistoryFalls { channel: channel(), before: id(102), after: id(101) }]);
        assert_eq!(found[0].kind(), Kind::OutOfOrder);
    }

    #[test]
    fn what_was_sent_after_an_answer_must_not_stand_before_it() {
        let mut answers = all(sent);
        let mut history = all(stored);
        // The second one was sent when the first was answered, and took a lower id.
        answers[1].id = id(50);
        history[1].id = id(50);
        history.swap(0, 1);
        let mut reader = Heard::new(0, [(stream(), 0)].into());
        for (rev, at) in [(1, 50), (2, 101), (3, 103)] {
            let key = history.iter().find(|message| message.id == id(at)).unwrap().key;
            reader.event(stream(), rev, Some((channel(), id(at), key)));
        }
        let found = judge(&answers, &history, &[reader]);
        assert_eq!(found, [Violation::Overtaken { earlier: key(1), later: key(2) }]);
        // At the same time any order is right.
        answers[1].invoked_us = answers[0].invoked_us;
        answers[1].acked_us = answers[0].acked_us;
        assert!(!judge(&answers, &history, &[]).iter().any(|one| one.kind() == Kind::OutOfOrder));
    }

    #[test]
    fn a_reader_that_hears_a_message_twice_or_backwards_is_found() {
        let found = judge(&all(sent), &all(stored), &[heard(&[(1, 1), (2, 2), (2, 2), (3, 3)])]);
        assert!(
            found.contains(&Violation::RevFalls { reader: 0, stream: stream(), before: 2, after: 2 }),
            "{found:?}"
        );
        let found = judge(&all(sent), &all(stored), &[heard(&[(1, 1), (2, 3), (3, 2)])]);
        assert_eq!(
            found,
            [Violation::IdFalls { reader: 0, channel: channel(), before: id(103), after: id(102) }]
        );
    }

    #[test]
    fn a_reader_that_misses_a_message_is_found_twice_over() {
        let found = judge(&all(sent), &all(stored), &[heard(&[(1, 1), (3, 3)])]);
        let skip = Violation::RevSkips { reader: 0, stream: stream(), before: 1, after: 3 };
        assert_eq!(found, [skip, Violation::Missed { reader: 0, id: id(102) }]);
        assert!(found.iter().all(|one| one.kind() == Kind::Diverged));
    }

    #[test]
    fn a_reader_that_stops_early_is_found() {
        let found = judge(&all(sent), &all(stored), &[heard(&EVENTS[..2])]);
        assert_eq!(found, [Violation::Missed { reader: 0, id: id(103) }]);
        let mut told = heard(&EVENTS[..2]);
        told.considered(stream(), 3);
        let found = judge(&all(sent), &all(stored), &[told]);
        assert!(found.contains(&Violation::RevSkips { reader: 0, stream: stream(), before: 2, after: 3 }));
    }

    #[test]
    fn a_reader_that_heard_what_never_was_is_found() {
        let found = judge(&all(sent)[..2], &all(stored)[..2], &[heard(&EVENTS)]);
        assert_eq!(found, [Violation::Phantom { reader: 0, id: id(103) }]);
        let mut wrong = heard(&EVENTS[..2]);
        wrong.event(stream(), 3, Some((channel(), id(103), key(9))));
        let found = judge(&all(sent), &all(stored), &[wrong]);
        assert_eq!(found, [Violation::Misheard { reader: 0, id: id(103) }]);
    }

    #[test]
    fn a_key_is_read_back_from_a_message() {
        assert_eq!(Key::of_content("w1-22 the harbour scene"), Some(Key { writer: 1, number: 22 }));
        for other in ["", "hello w1-2", "w1", "wx-1", "w-1"] {
            assert_eq!(Key::of_content(other), None, "{other:?}");
        }
    }
}
