//! How far the person has read in each channel, and what waits for them after that.

use litemap::LiteMap;

use protocol::entity::{FollowedThread, MovedBack, ReadMark};
use protocol::snapshot::UnreadChannel;
use protocol::{ChannelId, MessageId, Rev};

use super::sync::LooseMark;

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
    turns: u32,
    /// The newest message of the person's own that arrived: it moved the mark, and no event says so,
    written: Option<MessageId>,
    /// unless it is not newer than this one, which is known by the mark.
    written_to: Option<MessageId>,
    counted: u32,
    counted_to: Option<MessageId>,
    mentioned: Vec<MessageId>,
    /// Revision of the channel's stream up to which what was taken back was not counted.
    counted_rev: Rev,
    /// Mentions that were taken back lately: a mark that is told on another stream may have counted them.
    gone: Vec<(Rev, MessageId)>,
    /// What is special about a thread.
    thread: Option<ThreadReads>,
    /// All that is known is that something in it was taken back: not even what its newest message is.
    is_unheard: bool,
}

/// What of a thread waits for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Nothing: they do not follow it.
    None,
    /// What addresses them: they follow it, muted.
    Muted,
    /// All of it.
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ThreadReads {
    parent: ChannelId,
    interest: Interest,
    /// Revision of the person's stream at which that was known.
    told: Rev,
    /// Put away: nothing in it waits.
    is_archived: bool,
}

/// Mentions taken back that are remembered: far more than come between two streams' events.
const GONE: usize = 20;

/// A message that was deleted.
pub(super) struct Removed {
    pub(super) rev: Rev,
    pub(super) message: MessageId,
    /// Whether the person wrote it.
    pub(super) mine: bool,
    /// Whether it addressed the person.
    pub(super) addressed: bool,
    /// The channel's newest message now.
    pub(super) last: Option<MessageId>,
}

impl ReadState {
    /// From a snapshot: its newest message, and the mark if there is one.
    pub(super) fn from_snapshot(last_message_id: Option<MessageId>, mark: Option<&ReadMark>) -> Self {
        Self {
            last_message_id,
            last_read_id: mark.and_then(|mark| mark.last_read_id),
            turns: mark.map_or(0, |mark| mark.turns),
            written: None,
            written_to: last_message_id.max(mark.and_then(|mark| mark.last_read_id)),
            counted: mark.map_or(0, |mark| mark.mentions),
            counted_to: last_message_id,
            mentioned: Vec::new(),
            counted_rev: 0,
            gone: Vec::new(),
            thread: None,
            is_unheard: false,
        }
    }

    /// From a snapshot, of a thread the person follows; `told` is the revision of their stream that it is of.
    pub(super) fn followed(thread: &FollowedThread, told: Rev) -> Self {
        let FollowedThread { thread_id, parent_id, is_muted, is_archived, last_message_id, .. } = *thread;
        let mark = ReadMark {
            channel_id: thread_id,
            last_read_id: thread.last_read_id,
            mentions: thread.mentions,
            turns: thread.turns,
        };
        let interest = if is_muted { Interest::Muted } else { Interest::Full };
        let thread = Some(ThreadReads { parent: parent_id, interest, told, is_archived });
        Self { thread, ..Self::from_snapshot(last_message_id, Some(&mark)) }
    }

    /// Takes note that this is a thread of a channel; of one that was not known nothing waits.
    pub(super) fn is_thread_of(&mut self, parent: ChannelId, told: Rev) -> &mut Self {
        self.thread.get_or_insert(ThreadReads { parent, interest: Interest::None, told, is_archived: false });
        self
    }

    /// The channel of the thread this is.
    pub(super) fn parent(&self) -> Option<ChannelId> {
        self.thread.map(|thread| thread.parent)
    }

    /// What of the thread waits for the person; of a channel everything does.
    pub fn interest(&self) -> Interest {
        self.thread.map_or(Interest::Full, |thread| thread.interest)
    }

    /// The person follows the thread in another way, unless something newer is known.
    pub(super) fn set_interest(&mut self, interest: Interest, told: Rev) {
        if let Some(thread) = self.thread.as_mut().filter(|thread| thread.told <= told) {
            (thread.interest, thread.told) = (interest, told);
        }
    }

    /// The thread was put away or opened again.
    pub(super) fn set_archived(&mut self, is_archived: bool) {
        if let Some(thread) = &mut self.thread {
            thread.is_archived = is_archived;
        }
    }

    /// Whether the person followed the thread after a revision of their stream.
    pub(super) fn is_followed_since(&self, rev: Rev) -> bool {
        self.thread.is_some_and(|thread| thread.told > rev && thread.interest != Interest::None)
    }

    /// From the summary of a guild whose channels are not loaded.
    pub(super) fn from_summary(unread: &UnreadChannel) -> Self {
        let UnreadChannel { channel_id, last_message_id, last_read_id, mentions, turns } = *unread;
        let mark = ReadMark { channel_id, last_read_id, mentions, turns };
        Self::from_snapshot(Some(last_message_id), Some(&mark))
    }

    /// A channel whose mark was here before it.
    pub(super) fn after_mark(last_message_id: Option<MessageId>, loose: Option<LooseMark>) -> Self {
        let mut read = Self::from_snapshot(last_message_id, loose.as_ref().map(|loose| &loose.mark));
        if let Some(back) = loose.and_then(|loose| loose.back) {
            read.counted_to = Some(back.newest_id);
            read.counted_rev = back.rev;
            read.written_to = read.written_to.max(Some(back.from_id));
        }
        read
    }

    /// A channel nothing was known of: everything before its first message that arrives had been read, or the
    /// summary would have named it.
    pub(super) fn before(message: MessageId, loose: Option<LooseMark>) -> Self {
        let last_read_id = MessageId::new(message.get().saturating_sub(1));
        let mut read =
            Self { last_read_id, written_to: last_read_id, counted_to: last_read_id, ..Self::default() };
        loose.iter().for_each(|loose| read.marked(&loose.mark, loose.back));
        read
    }

    /// A channel nothing was known of, in which a message does not address the person any more: it was all read.
    pub(super) fn unheard(message: MessageId, loose: Option<LooseMark>) -> Self {
        Self { is_unheard: loose.is_none(), ..Self::before(message, loose) }
    }

    /// A channel nothing was known of, from which a message is gone: it was all read.
    pub(super) fn read(gone: &Removed, loose: Option<LooseMark>) -> Self {
        let mut read = Self::before(gone.message, loose);
        if read.turns == 0 {
            read.read_to(gone.last);
        }
        read
    }

    /// Whether there is something new that waits for the person.
    pub fn is_unread(&self) -> bool {
        let counts = match self.thread {
            None => true,
            Some(ThreadReads { is_archived: true, .. } | ThreadReads { interest: Interest::None, .. }) => {
                false
            }
            Some(ThreadReads { interest: Interest::Muted, .. }) => self.addressed() > 0,
            Some(ThreadReads { interest: Interest::Full, .. }) => true,
        };
        counts && self.last_message_id > self.last_read_id
    }

    /// How often the person was addressed since they last looked.
    pub fn mentions(&self) -> u32 {
        if self.is_unread() { self.addressed() } else { 0 }
    }

    fn addressed(&self) -> u32 {
        self.counted.saturating_add(u32::try_from(self.mentioned.len()).unwrap_or(u32::MAX))
    }

    /// A message has come; `mine` if the person wrote it, which reads everything before it.
    pub(super) fn arrived(&mut self, message: MessageId, mine: bool, addressed: bool) {
        let message = Some(message);
        self.is_unheard = false;
        self.last_message_id = self.last_message_id.max(message);
        if mine && message > self.written_to {
            self.written = self.written.max(message);
            self.read_to(message);
        } else if addressed && message > self.last_read_id && message > self.counted_to {
            self.mentioned.extend(message.filter(|id| !self.mentioned.contains(id)));
        }
    }

    /// A message is gone, which may be all that is told of it.
    pub(super) fn removed(&mut self, gone: &Removed) {
        let Removed { rev, message, mine, addressed, last } = *gone;
        // Who missed that they wrote it learns here that they had read what was before it.
        if mine && Some(message) > self.last_message_id.max(self.written_to) {
            self.written = self.written.max(Some(message));
            self.read_to(Some(message));
        }
        if addressed {
            self.taken_back(rev, message);
        }
        self.is_unheard = false;
        self.last_message_id = last;
    }

    /// A message does not address the person any more.
    pub(super) fn taken_back(&mut self, rev: Rev, message: MessageId) {
        if let Some(at) = self.mentioned.iter().position(|id| *id == message) {
            self.mentioned.remove(at);
        } else if rev > self.counted_rev && self.is_counted(message) {
            self.counted = self.counted.saturating_sub(1);
        }
        self.gone.push((rev, message));
        self.gone.drain(..self.gone.len().saturating_sub(GONE));
    }

    fn is_counted(&self, message: MessageId) -> bool {
        Some(message) > self.last_read_id && Some(message) <= self.counted_to
    }

    /// The person has seen everything up to a message.
    pub(super) fn read_to(&mut self, message: Option<MessageId>) {
        self.last_read_id = self.last_read_id.max(message);
        self.mentioned.retain(|id| Some(*id) > self.last_read_id);
        if self.last_read_id >= self.counted_to {
            self.counted = 0;
        }
    }

    /// The newer one of what is known here and what is known elsewhere of the same channel's mark; `self` has the messages.
    pub(super) fn join(&mut self, known: &Self) {
        if known.turns > self.turns {
            let Self { last_message_id, thread, is_unheard, .. } = *self;
            *self = Self { last_message_id, thread, is_unheard, ..known.clone() };
        } else if known.turns == self.turns {
            self.read_to(known.last_read_id);
        }
        if let Some(thread) = known.thread {
            self.set_interest(thread.interest, thread.told);
        }
    }

    /// A mark was set, here or on another device.
    pub(super) fn marked(&mut self, mark: &ReadMark, back: Option<MovedBack>) {
        if mark.turns < self.turns {
            return;
        }
        if mark.turns > self.turns {
            return self.turned(mark, back);
        }
        self.read_to(mark.last_read_id);
        if self.last_read_id < self.counted_to {
            let since = u32::try_from(self.mentioned.len()).unwrap_or(u32::MAX);
            self.counted = self.counted.min(mark.mentions.saturating_sub(since));
        }
    }

    fn turned(&mut self, mark: &ReadMark, back: Option<MovedBack>) {
        self.turns = mark.turns;
        self.last_read_id = mark.last_read_id;
        if let Some(back) = back.filter(|_| self.is_unheard) {
            self.is_unheard = false;
            self.last_message_id = Some(back.newest_id);
        }
        // A snapshot of which only the mark counts does not say what it counted to; what is here is about as new.
        self.counted_to = back.map_or(self.last_message_id, |back| Some(back.newest_id));
        self.counted_rev = back.map_or(Rev::MAX, |back| back.rev);
        self.mentioned.retain(|id| Some(*id) > self.counted_to);
        let gone =
            self.gone.iter().filter(|(rev, id)| *rev > self.counted_rev && self.is_counted(*id)).count();
        self.counted = mark.mentions.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
        // Written since, and so read.
        self.written_to = self.written_to.max(back.map(|back| back.from_id));
        self.read_to(self.written.filter(|_| self.written > self.written_to));
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
    use protocol::entity::{MovedBack, ReadMark};
    use protocol::{ChannelId, MessageId};

    use super::{Interest, ReadState, Removed};

    fn id(number: i64) -> Option<MessageId> {
        MessageId::new(number)
    }

    fn mark(last_read: i64, mentions: u32) -> ReadMark {
        ReadMark { channel_id: ChannelId::from_trusted(1), last_read_id: id(last_read), mentions, turns: 0 }
    }

    #[test]
    fn a_channel_of_which_only_an_edit_was_heard_can_be_marked_unread() {
        let mut read = ReadState::unheard(MessageId::from_trusted(5), None);
        read.taken_back(1, MessageId::from_trusted(5));
        assert!(!read.is_unread());
        let (newest_id, from_id) = (MessageId::from_trusted(12), MessageId::from_trusted(12));
        let back = MovedBack { guild_id: None, newest_id, rev: 2, from_id };
        read.marked(&ReadMark { turns: 1, ..mark(9, 0) }, Some(back));
        assert!(read.is_unread());
        // What is known of the newest message by its own stream counts more.
        let mut read = ReadState::from_snapshot(None, None);
        read.marked(&ReadMark { turns: 1, ..mark(9, 0) }, Some(back));
        assert!(!read.is_unread());
    }

    #[test]
    fn a_mark_that_overtakes_a_mention_keeps_it_read() {
        let mut read = ReadState::from_snapshot(id(10), Some(&mark(10, 0)));
        read.marked(&mark(12, 0), None);
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
        read.marked(&mark(10, 0), None);
        assert_eq!(read.mentions(), 1, "message 11 is still unread");
    }

    #[test]
    fn of_a_thread_only_what_one_follows_waits_and_of_a_muted_one_only_mentions() {
        let mut read = ReadState::from_snapshot(id(10), None);
        read.is_thread_of(ChannelId::from_trusted(1), 5);
        assert!(!read.is_unread(), "nobody has to read what they do not follow");
        read.set_interest(Interest::Full, 6);
        assert!(read.is_unread());
        read.set_interest(Interest::None, 4);
        assert!(read.is_unread(), "what was said earlier on that stream comes late");
        read.set_interest(Interest::Muted, 7);
        assert!(!read.is_unread());
        read.arrived(MessageId::from_trusted(11), false, true);
        assert_eq!((read.is_unread(), read.mentions()), (true, 1));
        read.set_archived(true);
        assert_eq!((read.is_unread(), read.mentions()), (false, 0));
        read.set_archived(false);
        assert_eq!(read.mentions(), 1);
    }

    #[test]
    fn writing_reads_everything_before_it() {
        let mut read = ReadState::from_snapshot(id(10), Some(&mark(5, 3)));
        read.arrived(MessageId::from_trusted(11), true, false);
        assert!(!read.is_unread());
    }

    #[test]
    fn deleting_an_unread_mention_lowers_the_count_wherever_it_was_counted() {
        let removed = |message, last| Removed {
            rev: 1,
            message: MessageId::from_trusted(message),
            mine: false,
            addressed: true,
            last: id(last),
        };
        let mut read = ReadState::from_snapshot(id(10), Some(&mark(5, 2)));
        read.arrived(MessageId::from_trusted(11), false, true);
        read.removed(&removed(9, 11));
        read.removed(&removed(11, 10));
        assert_eq!(read.mentions(), 1);
        read.removed(&removed(3, 10));
        assert_eq!(read.mentions(), 1, "a mention already read was not counted");
    }
}
