//! How far the person has read in each channel, and what waits for them after that.

use litemap::LiteMap;

use protocol::entity::ReadMark;
use protocol::snapshot::UnreadChannel;
use protocol::{ChannelId, MessageId};

/// Read states of the channels of one guild, or of all direct conversations.
pub type Reads = LiteMap<ChannelId, ReadState>;

/// How far one channel was read.
///
/// The number of mentions has two parts: those a snapshot counted, of which only the number is known, and those
/// that arrived since, which are known one by one. So a read mark that overtakes a message on another stream,
/// or falls behind it, still leaves the right number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadState {
    /// The newest message.
    pub last_message_id: Option<MessageId>,
    /// The newest message seen.
    pub last_read_id: Option<MessageId>,
    counted: u32,
    counted_to: Option<MessageId>,
    mentioned: Vec<MessageId>,
}

impl ReadState {
    /// From a snapshot: its newest message, and the mark if there is one.
    pub(super) fn from_snapshot(last_message_id: Option<MessageId>, mark: Option<&ReadMark>) -> Self {
        Self {
            last_message_id,
            last_read_id: mark.and_then(|mark| mark.last_read_id),
            counted: mark.map_or(0, |mark| mark.mentions),
            counted_to: last_message_id,
            mentioned: Vec::new(),
        }
    }

    /// From the summary of a guild whose channels are not loaded.
    pub(super) fn from_summary(unread: &UnreadChannel) -> Self {
        let UnreadChannel { channel_id, last_message_id, last_read_id, mentions } = *unread;
        Self::from_snapshot(Some(last_message_id), Some(&ReadMark { channel_id, last_read_id, mentions }))
    }

    /// A channel nothing was known of: everything before its first message that arrives had been read, or the
    /// summary would have named it.
    pub(super) fn before(message: MessageId) -> Self {
        let last_read_id = MessageId::new(message.get().saturating_sub(1));
        Self { last_read_id, counted_to: last_read_id, ..Self::default() }
    }

    /// Whether there is something new.
    pub fn is_unread(&self) -> bool {
        self.last_message_id > self.last_read_id
    }

    /// How often the person was addressed since they last looked.
    pub fn mentions(&self) -> u32 {
        if !self.is_unread() {
            return 0;
        }
        self.counted.saturating_add(u32::try_from(self.mentioned.len()).unwrap_or(u32::MAX))
    }

    /// A message has come; `mine` if the person wrote it, which reads everything before it.
    pub(super) fn arrived(&mut self, message: MessageId, mine: bool, addressed: bool) {
        let message = Some(message);
        self.last_message_id = self.last_message_id.max(message);
        if mine {
            self.read_to(message);
        } else if addressed && message > self.last_read_id && message > self.counted_to {
            self.mentioned.extend(message.filter(|id| !self.mentioned.contains(id)));
        }
    }

    /// A message is gone; `last` is the newest one now.
    pub(super) fn removed(&mut self, message: MessageId, addressed: bool, last: Option<MessageId>) {
        if let Some(at) = self.mentioned.iter().position(|id| *id == message) {
            self.mentioned.remove(at);
        } else if addressed && Some(message) > self.last_read_id && Some(message) <= self.counted_to {
            self.counted = self.counted.saturating_sub(1);
        }
        self.last_message_id = last;
    }

    /// The person has seen everything up to a message. Marks only move forward.
    pub(super) fn read_to(&mut self, message: Option<MessageId>) {
        self.last_read_id = self.last_read_id.max(message);
        self.mentioned.retain(|id| Some(*id) > self.last_read_id);
        if self.last_read_id >= self.counted_to {
            self.counted = 0;
        }
    }

    /// A mark was set, here or on another device.
    pub(super) fn marked(&mut self, mark: &ReadMark) {
        self.read_to(mark.last_read_id);
        if self.last_read_id < self.counted_to {
            let since = u32::try_from(self.mentioned.len()).unwrap_or(u32::MAX);
            self.counted = self.counted.min(mark.mentions.saturating_sub(since));
        }
    }
}

/// Channels with something unread, and mentions, added up.
pub fn totals(reads: &Reads) -> (usize, u32) {
    reads
        .values()
        .filter(|read| read.is_unread())
        .fold((0, 0), |(unread, mentions), read| (unread + 1, mentions.saturating_add(read.mentions())))
}

#[cfg(test)]
mod tests {
    use protocol::entity::ReadMark;
    use protocol::{ChannelId, MessageId};

    use super::ReadState;

    fn id(number: i64) -> Option<MessageId> {
        MessageId::new(number)
    }

    fn mark(last_read: i64, mentions: u32) -> ReadMark {
        ReadMark { channel_id: ChannelId::from_trusted(1), last_read_id: id(last_read), mentions }
    }

    #[test]
    fn a_mark_that_overtakes_a_mention_keeps_it_read() {
        let mut read = ReadState::from_snapshot(id(10), Some(&mark(10, 0)));
        read.marked(&mark(12, 0));
        read.arrived(MessageId::from_trusted(12), false, true);
        assert!(!read.is_unread());
        assert_eq!(read.mentions(), 0);
        read.arrived(MessageId::from_trusted(13), false, true);
        assert_eq!(read.mentions(), 1);
    }

    #[test]
    fn a_mark_that_falls_behind_a_mention_does_not_clear_it() {
        let mut read = ReadState::from_snapshot(id(10), Some(&mark(8, 1)));
        read.arrived(MessageId::from_trusted(11), false, true);
        assert_eq!(read.mentions(), 2);
        read.marked(&mark(10, 0));
        assert_eq!(read.mentions(), 1, "message 11 is still unread");
    }

    #[test]
    fn writing_reads_everything_before_it() {
        let mut read = ReadState::from_snapshot(id(10), Some(&mark(5, 3)));
        read.arrived(MessageId::from_trusted(11), true, false);
        assert!(!read.is_unread());
    }

    #[test]
    fn deleting_an_unread_mention_lowers_the_count_wherever_it_was_counted() {
        let mut read = ReadState::from_snapshot(id(10), Some(&mark(5, 2)));
        read.arrived(MessageId::from_trusted(11), false, true);
        read.removed(MessageId::from_trusted(9), true, id(11));
        read.removed(MessageId::from_trusted(11), true, id(10));
        assert_eq!(read.mentions(), 1);
        read.removed(MessageId::from_trusted(3), true, id(10));
        assert_eq!(read.mentions(), 1, "a mention already read was not counted");
    }
}
