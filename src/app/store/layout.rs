//! How rows stand among their neighbours: where a day, a group and the unread part begin.

use leptos::prelude::{GetUntracked, Set, Update, WithUntracked};
use protocol::entity::Message;
use protocol::{MessageId, UserId, limits};

use super::clock::Clock;
use super::timeline::{Entry, Timeline};

/// A row's place among its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// It begins a group: it shows picture, name and time.
    pub first: bool,
    /// The line between old and new stands above it.
    pub divider: bool,
    /// It is the newest: the one the Tab key stops at.
    pub last: bool,
}

/// What of a row decides about the next one.
struct Before {
    author: UserId,
    sent_ms: i64,
    day: i64,
    system: bool,
}

impl Before {
    fn of(message: &Message, day: i64) -> Self {
        Self {
            author: message.author.id,
            sent_ms: message.created_at().as_millis(),
            day,
            system: message.kind.is_system(),
        }
    }

    /// A group is one author, one day, at most [`limits::GROUP_MINUTES`] since the message before, no reply and
    /// no system row between.
    fn continues(&self, message: &Message, day: i64) -> bool {
        self.author == message.author.id
            && self.day == day
            && !self.system
            && !message.kind.is_system()
            && message.reply_to.is_none()
            && message.created_at().as_millis() - self.sent_ms <= limits::GROUP_MINUTES * 60_000
    }
}

impl Timeline {
    /// Says anew for every row where it stands. Only rows that changed their place notify anybody.
    pub(super) fn arrange(&self, clock: &Clock) {
        let divider = self.divider.get_untracked();
        self.slots.update(|slots| {
            let count = slots.len();
            let mut before: Option<Before> = None;
            let mut divided = divider.is_none();
            for (at, slot) in slots.iter_mut().enumerate() {
                let id = slot.id;
                let (layout, next) = slot.row.entry.with_untracked(|Entry { message, .. }| {
                    let day = clock.day_of(message.created_at());
                    // A clock that is ahead or behind must not tear a day in two.
                    let day = before.as_ref().map_or(day, |before| before.day.max(day));
                    let divider_here = !divided && id > divider;
                    divided |= divider_here;
                    let first =
                        divider_here || !before.as_ref().is_some_and(|before| before.continues(message, day));
                    let layout = Layout { first, divider: divider_here, last: at + 1 == count };
                    (layout, Before::of(message, day))
                });
                slot.day = next.day;
                before = Some(next);
                if slot.row.layout.get_untracked() != layout {
                    slot.row.layout.set(layout);
                }
            }
        });
    }

    /// Puts the line between old and new after a message, or takes it away.
    pub(super) fn divide(&self, after: Option<MessageId>, clock: &Clock) {
        self.divider.set(after);
        self.arrange(clock);
    }
}
