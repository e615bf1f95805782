//! What of a small world is left out: whom an edited message does not address any more, what is not on a page.

use protocol::entity::Message;
use protocol::limits;
use protocol::snapshot::{Anchor, History};

/// Leaves of whom a message addresses those its text names: `@me`, `@everyone` or `@here`, `@crew` (the person's role) and
/// `@others` (one of others).
pub(super) fn keep_called(message: &mut Message) {
    let content = message.content.as_str();
    let says = |word: &str| content.contains(word);
    message.mentions.retain(|_| says("@me"));
    message.mention_everyone &= says("@everyone") || says("@here");
    message.mention_here = message.mention_here.take().filter(|_| message.mention_everyone);
    message.mention_roles.retain(|role| says(if role.get() == 60 { "@others" } else { "@crew" }));
}

/// One page of a channel's whole history.
pub(super) fn page_of(mut history: History, anchor: Anchor) -> History {
    let (count, size) = (history.messages.len(), limits::HISTORY_PAGE);
    let before = |id| history.messages.partition_point(|message| message.id < id);
    let (from, to) = match anchor {
        Anchor::Latest => (count.saturating_sub(size), count),
        Anchor::Before(id) => (before(id).saturating_sub(size), before(id)),
        Anchor::After(id) => {
            let from = history.messages.partition_point(|message| message.id <= id);
            (from, count.min(from + size))
        }
        Anchor::Around(id) => (before(id).saturating_sub(size / 2), count.min(before(id) + size / 2)),
    };
    (history.has_older, history.has_newer) = (from > 0, to < count);
    history.messages.truncate(to);
    history.messages.drain(..from);
    history
}
