//! Pages of a channel's history: what was asked for, and what becomes of the answer.
//!
//! An answer is as old as the moment it was read. What happened since the request went out is noted for each
//! request by itself and applied again on top of its answer. Where the stream's cursor moves without events, as
//! a snapshot makes it, the notes are not complete: then the store wants the newest page, which ends all others.

use leptos::prelude::{GetUntracked, Set, Update, WithUntracked};
use protocol::entity::Message;
use protocol::event::Event;
use protocol::snapshot::{Anchor, History};
use protocol::{Error, Rev, UserId};

use super::clock::Clock;
use super::guild::Stage;
use super::order::in_order;
use super::timeline::{Delivery, Edges, Entry, Slot, Timeline};

/// What happened while a request was on its way.
pub(super) type Noted = Vec<(Rev, Event)>;

impl Timeline {
    /// A page is being asked for by the reader: what happens from now on is noted, because the answer may not
    /// know it.
    pub fn expect(&self) {
        self.quiet(|quiet| quiet.page = Some(Noted::new()));
    }

    /// The same for the newest page that the store asks for.
    pub(super) fn expect_wanted(&self) {
        self.quiet(|quiet| quiet.wanted = Some(Noted::new()));
    }

    pub(super) fn record(&self, rev: Rev, event: &Event) {
        self.quiet(|quiet| {
            for noted in [&mut quiet.page, &mut quiet.wanted].into_iter().flatten() {
                noted.push((rev, event.clone()));
            }
        });
    }

    /// No answer came.
    pub fn refuse(&self, error: Error) {
        self.quiet(|quiet| (quiet.page, quiet.wanted) = (None, None));
        if self.stage.get_untracked() != Stage::Loaded {
            self.stage.set(Stage::Refused(error));
        }
    }

    /// Takes the page the reader asked for, unless it does not fit any more what is here: then false.
    pub(super) fn install(&self, history: History, anchor: Anchor, me: UserId, clock: &Clock) -> bool {
        let edges = self.edges.get_untracked();
        let fits = match anchor {
            Anchor::Before(id) => edges.older && self.oldest_id() == Some(id),
            Anchor::After(id) => edges.newer && self.newest_id() == Some(id),
            Anchor::Latest | Anchor::Around(_) => true,
        };
        match self.quiet(|quiet| quiet.page.take()).filter(|_| fits) {
            Some(noted) => self.put(history, anchor, noted, me, clock),
            // The reader looks again, and asks for what is missing now.
            None => {
                self.arrange(clock);
                return false;
            }
        }
        true
    }

    /// Takes the newest page that the store asked for. False if it has to ask again.
    pub(super) fn install_wanted(&self, history: History, me: UserId, clock: &Clock) -> bool {
        // A page that is still on its way may have been read before the cursor moved, or lie anywhere.
        let noted = self.quiet(|quiet| {
            quiet.page = None;
            quiet.wanted.take()
        });
        let Some(noted) = noted else { return false };
        self.put(history, Anchor::Latest, noted, me, clock);
        true
    }

    /// Puts a page in its place. Rows that are here already stay the same rows.
    fn put(&self, history: History, anchor: Anchor, noted: Noted, me: UserId, clock: &Clock) {
        let History { messages, has_older, has_newer, access, rev, .. } = history;
        self.slots.update(|slots| {
            let (mut sent, mut unsent): (Vec<Slot>, Vec<Slot>) =
                std::mem::take(slots).into_iter().partition(|slot| slot.id.is_some());
            let page: Vec<Slot> =
                messages.into_iter().map(|message| reuse(&mut sent, &mut unsent, message, me)).collect();
            *slots = match anchor {
                Anchor::Before(_) => page.into_iter().chain(sent).collect(),
                Anchor::After(_) => sent.into_iter().chain(page).collect(),
                Anchor::Latest | Anchor::Around(_) => page,
            };
            // All of them have an id: the others are apart.
            *slots = in_order(std::mem::take(slots), |slot| (slot.id.map_or(0, |id| id.get()), 0));
            slots.append(&mut unsent);
        });
        self.edges.update(|edges| match anchor {
            Anchor::Before(_) => edges.older = has_older,
            Anchor::After(_) => edges.newer = has_newer,
            Anchor::Latest | Anchor::Around(_) => *edges = Edges { older: has_older, newer: has_newer },
        });
        self.trim(matches!(anchor, Anchor::Before(_)));
        self.access.set(access);
        self.stage.set(Stage::Loaded);
        for (at, event) in noted {
            if at > rev {
                self.apply(event, me, clock, false);
            }
        }
        if !self.edges.get_untracked().newer {
            // Everything has its place now. What has none is gone, or its event comes yet.
            self.slots.update(|slots| slots.retain(|slot| slot.id.is_some() || slot.message_id().is_none()));
        }
        self.arrange(clock);
    }
}

/// The slot of a message: the one it has among `sent`, that of its nonce among `unsent`, or a new one.
fn reuse(sent: &mut Vec<Slot>, unsent: &mut Vec<Slot>, message: Message, me: UserId) -> Slot {
    let at_home = sent.iter().position(|slot| slot.id == Some(message.id)).map(|at| sent.remove(at));
    let known = at_home.or_else(|| {
        let nonce = message.nonce.as_deref().filter(|_| message.author.id == me)?;
        let at = unsent.iter().position(|slot| slot.row.key.is_own(nonce))?;
        Some(unsent.remove(at))
    });
    let Some(slot) = known else { return Slot::sent(message) };
    let id = Some(message.id);
    let entry = Entry { message, delivery: Delivery::Sent };
    if slot.row.entry.with_untracked(|known| *known != entry) {
        slot.row.entry.set(entry);
    }
    Slot { id, ..slot }
}
