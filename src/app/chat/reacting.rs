//! Reacting to a message: shown at once, settled by the answer.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::entity::Reaction;
use protocol::{ChannelId, Error, MessageId};

use super::context::Chat;
use crate::api::Refusal;
use crate::api::reactions::{add_reaction, remove_reaction};
use crate::browser::time;

/// How often a request is made of which nobody knows whether it arrived. Doing it twice is doing it once.
const TRIES: u32 = 5;
/// Milliseconds before it is made again.
const AGAIN_AFTER_MS: u32 = 2_000;

/// What the person wants of one emoji, until the backend has it. While a request is on its way only the last wish
/// counts, so that two clicks in a row cannot overtake each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    message: MessageId,
    emoji: String,
    mine: bool,
}

impl Wish {
    fn is_about(&self, message: MessageId, emoji: &str) -> bool {
        self.message == message && self.emoji == emoji
    }

    /// What is known of the emoji, as it will be.
    fn apply(&self, reactions: &mut Vec<Reaction>) {
        match reactions.iter_mut().find(|known| known.emoji == self.emoji) {
            Some(known) if known.me != self.mine => {
                known.me = self.mine;
                known.count =
                    if self.mine { known.count.saturating_add(1) } else { known.count.saturating_sub(1) };
            }
            Some(_) => {}
            None if self.mine => {
                reactions.push(Reaction { emoji: self.emoji.clone(), count: 1, me: true });
            }
            None => {}
        }
        reactions.retain(|known| known.count > 0);
    }
}

impl Chat {
    /// The reactions to a message with what the person wants of them. Tracks the wishes.
    pub(super) fn with_wishes(self, message: MessageId, reactions: &[Reaction]) -> Vec<Reaction> {
        let mut reactions = reactions.to_vec();
        self.wishes.with(|wishes| {
            wishes.iter().filter(|wish| wish.message == message).for_each(|wish| wish.apply(&mut reactions));
        });
        reactions
    }

    fn wish(self, message: MessageId, emoji: &str) -> Option<bool> {
        self.wishes.try_with_untracked(|wishes| {
            wishes.iter().find(|wish| wish.is_about(message, emoji)).map(|wish| wish.mine)
        })?
    }

    fn forget_wish(self, message: MessageId, emoji: &str) {
        self.wishes.try_update(|wishes| wishes.retain(|wish| !wish.is_about(message, emoji)));
    }
}

/// Reacts, or takes it back: here at once, then for everybody.
pub(super) fn react(chat: Chat, id: MessageId, emoji: &str, add: bool) {
    let Some(message) = chat.message(id) else { return };
    let mut is_on_its_way = false;
    chat.wishes.update(|wishes| match wishes.iter_mut().find(|wish| wish.is_about(id, emoji)) {
        Some(wish) => {
            wish.mine = add;
            is_on_its_way = true;
        }
        None => wishes.push(Wish { message: id, emoji: emoji.to_owned(), mine: add }),
    });
    if !is_on_its_way {
        let emoji = emoji.to_owned();
        spawn_local(async move { fulfil(chat, message.channel_id, id, emoji).await });
    }
}

/// Asks for what is wanted until that is what there is.
async fn fulfil(chat: Chat, channel: ChannelId, id: MessageId, emoji: String) {
    let mut tries = 0;
    while let Some(mine) = chat.wish(id, &emoji) {
        let done = if mine {
            add_reaction(channel, id, emoji.clone(), String::new()).await
        } else {
            remove_reaction(channel, id, emoji.clone(), String::new()).await
        };
        tries += 1;
        match done {
            Ok(()) => {
                chat.store().reacted(channel, id, &emoji, mine);
                if chat.wish(id, &emoji) == Some(mine) {
                    return chat.forget_wish(id, &emoji);
                }
            }
            Err(Refusal(Error::Disconnected | Error::Busy)) if tries < TRIES => {
                time::sleep(AGAIN_AFTER_MS).await;
            }
            Err(Refusal(error)) => {
                chat.forget_wish(id, &emoji);
                return chat.toasts().failed("Not reacted", error.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaction(emoji: &str, count: u32, me: bool) -> Reaction {
        Reaction { emoji: emoji.to_owned(), count, me }
    }

    fn after(mine: bool, mut reactions: Vec<Reaction>) -> Vec<Reaction> {
        Wish { message: MessageId::from_trusted(1), emoji: "👍".to_owned(), mine }.apply(&mut reactions);
        reactions
    }

    #[test]
    fn a_wish_counts_once_whether_or_not_the_backend_has_it_already() {
        assert_eq!(after(true, vec![]), [reaction("👍", 1, true)]);
        assert_eq!(after(true, vec![reaction("👍", 2, false)]), [reaction("👍", 3, true)]);
        assert_eq!(after(true, vec![reaction("👍", 3, true)]), [reaction("👍", 3, true)]);
    }

    #[test]
    fn the_last_reaction_that_is_taken_back_is_gone() {
        let others = reaction("🐟", 1, false);
        assert_eq!(after(false, vec![reaction("👍", 1, true), others.clone()]), [others]);
        assert_eq!(after(false, vec![reaction("👍", 2, true)]), [reaction("👍", 1, false)]);
        assert_eq!(after(false, vec![]), []);
    }
}
