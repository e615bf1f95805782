//! What one reader hears, checked while it hears it: revisions and ids have to rise, and nothing is left out.

use std::collections::{BTreeMap, HashMap};

use protocol::{ChannelId, Cursors, MessageId, Rev, Stream};

use super::checker::{Key, Violation};

/// A reader's history.
#[derive(Debug)]
pub(super) struct Heard {
    /// Which reader.
    pub(super) reader: usize,
    /// How far it got, and what its next hello says.
    pub(super) cursors: Cursors,
    /// Messages in the order it heard them.
    pub(super) messages: Vec<(ChannelId, MessageId, Key)>,
    /// What was wrong on the way.
    pub(super) broken: Vec<Violation>,
    /// How often a stream was reset and fetched.
    pub(super) resets: u32,
    newest: HashMap<ChannelId, MessageId>,
    /// Fetched after a reset: events up to here, and messages up to there, are known although they come again.
    fetched: BTreeMap<Stream, Rev>,
    fetched_messages: HashMap<ChannelId, MessageId>,
}

impl Heard {
    /// Begins with the cursors of a page.
    pub(super) fn new(reader: usize, cursors: Cursors) -> Self {
        Self {
            reader,
            cursors,
            messages: Vec::new(),
            broken: Vec::new(),
            resets: 0,
            newest: HashMap::new(),
            fetched: BTreeMap::new(),
            fetched_messages: HashMap::new(),
        }
    }

    /// A durable change, with the message if it is one of a writer's.
    pub(super) fn event(&mut self, stream: Stream, rev: Rev, message: Option<(ChannelId, MessageId, Key)>) {
        if self.fetched.get(&stream).is_some_and(|fetched| rev <= *fetched) {
            return;
        }
        let before = self.cursors.insert(stream, rev).unwrap_or(0);
        if rev <= before {
            self.broken.push(Violation::RevFalls { reader: self.reader, stream, before, after: rev });
        } else if rev != before + 1 && matches!(stream, Stream::Guild(_)) {
            self.broken.push(Violation::RevSkips { reader: self.reader, stream, before, after: rev });
        }
        let Some((channel, id, key)) = message else { return };
        if self.fetched_messages.get(&channel).is_some_and(|fetched| id <= *fetched) {
            return;
        }
        self.message(channel, id, key);
    }

    fn message(&mut self, channel: ChannelId, id: MessageId, key: Key) {
        if let Some(before) = self.newest.insert(channel, id).filter(|before| *before >= id) {
            self.broken.push(Violation::IdFalls { reader: self.reader, channel, before, after: id });
        }
        self.messages.push((channel, id, key));
    }

    /// The server says that it has considered a stream up to here for this reader, who may see all of it.
    pub(super) fn considered(&mut self, stream: Stream, rev: Rev) {
        let before = self.cursors.get(&stream).copied().unwrap_or(0);
        if rev > before {
            if matches!(stream, Stream::Guild(_)) {
                self.broken.push(Violation::RevSkips { reader: self.reader, stream, before, after: rev });
            }
            self.cursors.insert(stream, rev);
        }
    }

    /// The newest message known of a channel.
    pub(super) fn newest(&self, channel: ChannelId) -> Option<MessageId> {
        self.newest.get(&channel).copied()
    }

    /// After a reset: what was fetched beyond the newest known, oldest first, and the revision it was read at.
    pub(super) fn fetched(&mut self, stream: Stream, rev: Rev, messages: Vec<(ChannelId, MessageId, Key)>) {
        self.resets += 1;
        for (channel, id, key) in messages {
            self.message(channel, id, key);
            self.fetched_messages.insert(channel, id);
        }
        self.fetched.insert(stream, rev);
        self.cursors.insert(stream, rev);
    }
}

#[cfg(test)]
mod tests {
    use protocol::{ChannelId, GuildId, MessageId, Stream};

    use super::{Heard, Key};

    #[test]
    fn what_was_fetched_after_a_reset_may_come_again_and_counts_once() {
        let stream = Stream::Guild(GuildId::from_trusted(3));
        let message = |number: u32| {
            let id = MessageId::from_trusted(100 + i64::from(number));
            (ChannelId::from_trusted(7), id, Key { writer: 0, number })
        };
        let mut heard = Heard::new(0, [(stream, 4)].into());
        heard.event(stream, 5, Some(message(1)));
        // Revision 9 is read with the messages up to 3; the event of message 3 is number 10 all the same.
        heard.fetched(stream, 9, vec![message(2), message(3)]);
        heard.event(stream, 9, Some(message(2)));
        heard.event(stream, 10, Some(message(3)));
        heard.event(stream, 11, Some(message(4)));
        assert_eq!(heard.broken, []);
        assert_eq!(heard.messages, [message(1), message(2), message(3), message(4)]);
        assert_eq!((heard.resets, heard.cursors[&stream]), (1, 11));
    }
}
