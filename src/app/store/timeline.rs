//! The messages of one channel that are on screen or were, as rows that never lose their identity.

use std::sync::{Arc, Mutex, PoisonError};

use leptos::prelude::{ArcRwSignal, GetUntracked, Set, Update, WithUntracked};
use protocol::entity::{Attachment, Message, MessageKind, Reaction, User};
use protocol::event::Event;
use protocol::markup::quotation;
use protocol::permissions::Permissions;
use protocol::{ChannelId, Error, MessageId, UserId};

use super::clock::Clock;
use super::guild::Stage;
use super::history::Noted;
use super::layout::Layout;

/// Rows kept when paging through history; the far end is dropped beyond it. About twelve screens.
pub const WINDOW: usize = 200;
/// Rows a reader who has scrolled up may collect below before new messages are only counted.
const SLACK: usize = 100;

/// What a row is known by for as long as it exists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RowKey {
    /// Somebody's message, or an old one.
    Message(MessageId),
    /// A message written in this tab, by its nonce; kept after it got an id.
    Own(Arc<str>),
}

/// How far a message has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The backend has it.
    Sent,
    /// On its way, or waiting for the connection.
    Pending,
    /// No answer came in time. It may have arrived; sending it again with the same nonce is safe.
    Unknown,
    /// It was refused or could not be sent.
    Failed(Error),
}

/// What a row shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The message. Until it is sent its id is made up and only says when it was written.
    pub message: Message,
    /// How far it has got.
    pub delivery: Delivery,
}

impl Entry {
    /// Takes the message as it is now. Pages of history say which reactions and thread it has, or events of their own.
    fn renew(&mut self, message: Message) {
        let (reactions, thread) = (std::mem::take(&mut self.message.reactions), self.message.thread.take());
        self.message = Message { reactions, thread, ..message };
    }

    /// The message's id, once it has one.
    pub fn id(&self) -> Option<MessageId> {
        (self.delivery == Delivery::Sent).then_some(self.message.id)
    }
}

/// One message on screen. Cloning shares its signals.
#[derive(Clone)]
pub struct Row {
    /// What it is known by.
    pub key: RowKey,
    /// What it shows.
    pub entry: ArcRwSignal<Entry>,
    /// How it stands among its neighbours.
    pub layout: ArcRwSignal<Layout>,
}

/// A row in its place.
#[derive(Clone)]
pub struct Slot {
    /// The row.
    pub row: Row,
    /// The message's id, once it stands among those that were sent.
    pub id: Option<MessageId>,
    /// Days since 1970-01-01 where the reader is.
    pub day: i64,
}

/// What lies beyond the rows that are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Edges {
    /// There are older messages.
    pub older: bool,
    /// There are newer ones; while this is set, new messages are counted and not shown.
    pub newer: bool,
}

/// Somebody who is writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typist {
    /// Who.
    pub user: User,
    /// Until when, in milliseconds since the Unix epoch.
    pub until_ms: i64,
}

/// A channel's messages. Cloning shares them.
#[derive(Clone)]
pub struct Timeline(Arc<TimelineSignals>);

/// What can be watched of a timeline.
pub struct TimelineSignals {
    /// Where.
    pub channel: ChannelId,
    /// From old to new, without a hole. What has no place among them comes last: what is not sent yet, and
    /// one's own messages that arrived while newer ones were not here.
    pub slots: ArcRwSignal<Vec<Slot>>,
    /// Whether a page of history is here.
    pub stage: ArcRwSignal<Stage>,
    /// What lies beyond.
    pub edges: ArcRwSignal<Edges>,
    /// What the person may do here.
    pub access: ArcRwSignal<Permissions>,
    /// Messages of others that came while the reader was not at the end.
    pub unseen: ArcRwSignal<u32>,
    /// The newest message of somebody else that came live, for announcing it.
    pub latest: ArcRwSignal<Option<Message>>,
    /// Who is writing.
    pub typing: ArcRwSignal<Vec<Typist>>,
    /// A page of history is on its way.
    pub busy: ArcRwSignal<bool>,
    /// The message that was deleted last.
    pub deleted: ArcRwSignal<Option<MessageId>>,
    /// Where the line between old and new is: after this message. Fixed when the reader arrives.
    pub divider: ArcRwSignal<Option<MessageId>>,
    quiet: Mutex<Quiet>,
}

/// What nobody watches.
pub(super) struct Quiet {
    following: bool,
    /// A page the reader asked for is on its way; at most one is.
    pub(super) page: Option<Noted>,
    /// The newest page is, because the stream is read anew or the end was wanted; again at most one.
    pub(super) wanted: Option<Noted>,
}

impl std::ops::Deref for Timeline {
    type Target = TimelineSignals;
    fn deref(&self) -> &TimelineSignals {
        &self.0
    }
}

impl Timeline {
    pub(super) fn new(channel: ChannelId) -> Self {
        Self(Arc::new(TimelineSignals {
            channel,
            slots: ArcRwSignal::default(),
            stage: ArcRwSignal::new(Stage::Listed),
            edges: ArcRwSignal::default(),
            access: ArcRwSignal::new(Permissions::NONE),
            unseen: ArcRwSignal::default(),
            latest: ArcRwSignal::default(),
            typing: ArcRwSignal::default(),
            busy: ArcRwSignal::default(),
            deleted: ArcRwSignal::default(),
            divider: ArcRwSignal::default(),
            quiet: Mutex::new(Quiet { following: true, page: None, wanted: None }),
        }))
    }

    pub(super) fn quiet<T>(&self, f: impl FnOnce(&mut Quiet) -> T) -> T {
        f(&mut self.quiet.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the reader is at the end, so that new messages push old ones out. Being there sees everything.
    pub fn follow(&self, following: bool) {
        self.quiet(|quiet| quiet.following = following);
        if following && self.unseen.get_untracked() != 0 {
            self.unseen.set(0);
        }
    }

    /// The oldest of the messages here that follow each other without a hole.
    pub fn oldest_id(&self) -> Option<MessageId> {
        self.slots.with_untracked(|slots| slots.iter().find_map(|slot| slot.id))
    }

    /// The newest of them.
    pub fn newest_id(&self) -> Option<MessageId> {
        self.slots.with_untracked(|slots| slots.iter().rev().find_map(|slot| slot.id))
    }

    /// What stands where a message was: the next one, or the last.
    pub fn neighbour(&self, message: MessageId) -> Option<MessageId> {
        self.slots.with_untracked(|slots| {
            let ids = || slots.iter().filter_map(|slot| slot.id);
            ids().find(|id| *id >= message).or_else(|| ids().next_back())
        })
    }

    /// The row of a message.
    pub fn row(&self, message: MessageId) -> Option<Row> {
        self.slots.with_untracked(|slots| {
            slots.iter().find(|slot| slot.message_id() == Some(message)).map(|slot| slot.row.clone())
        })
    }

    /// What stands where a message was that is gone: the one before it, or the first.
    pub fn beside(&self, gone: MessageId) -> Option<MessageId> {
        self.slots.with_untracked(|slots| {
            let ids = || slots.iter().filter_map(Slot::message_id);
            ids().rfind(|id| *id < gone).or_else(|| ids().next())
        })
    }

    /// The person's newest message here, for editing it.
    pub fn last_own(&self, me: UserId) -> Option<Message> {
        self.slots.with_untracked(|slots| {
            slots.iter().rev().filter(|slot| slot.id.is_some()).find_map(|slot| {
                slot.row.entry.with_untracked(|entry| {
                    let message = &entry.message;
                    (message.author.id == me && !message.kind.is_system()).then(|| message.clone())
                })
            })
        })
    }

    /// Follows a change of a message. `live` is false for what was seen before and is only repeated.
    pub(super) fn apply(&self, event: Event, me: UserId, clock: &Clock, live: bool) {
        let Some(event) = self.apply_to_thread(event) else { return };
        match event {
            Event::MessageCreated { message, .. } => self.arrived(message, me, clock, live),
            Event::MessageUpdated { message, .. } => self.changed(message),
            Event::MessageDeleted { message_id, .. } => self.removed(message_id, clock),
            Event::MessagePinned { message_id, pinned, .. } => {
                let Some(row) = self.row(message_id) else { return };
                row.entry.update(|entry| entry.message.pinned = pinned);
            }
            Event::MessageEmbeds { message_id, embeds, .. } => {
                let Some(row) = self.row(message_id) else { return };
                row.entry.update(|entry| entry.message.embeds = embeds);
            }
            Event::ReactionChanged { message_id, user_id, emoji, added, count, .. } => {
                self.reacted(message_id, &emoji, count, (user_id == me).then_some(added));
            }
            _ => {}
        }
    }

    fn arrived(&self, message: Message, me: UserId, clock: &Clock, live: bool) {
        let mine = message.author.id == me;
        if mine
            && let Some(nonce) = message.nonce.clone()
            && self.settle(&nonce, message.clone(), clock)
        {
            return;
        }
        if let Some(row) = self.row(message.id) {
            row.entry.update(|entry| entry.renew(message));
            return;
        }
        let (rows, following) = (self.slots.with_untracked(Vec::len), self.quiet(|quiet| quiet.following));
        let edges = self.edges.get_untracked();
        // One's own message may stand at the end before what was written ahead of it is told. Leaving that out would be
        // a hole nobody knows of.
        let is_last = self.newest_id().is_none_or(|newest| newest < message.id);
        let beyond = edges.newer || !following && is_last && rows >= WINDOW + SLACK;
        if live && !mine {
            self.typing.update(|typing| typing.retain(|typist| typist.user.id != message.author.id));
            self.latest.set(Some(message.clone()));
            if beyond || !following {
                self.unseen.update(|unseen| *unseen = unseen.saturating_add(1));
            }
        }
        if self.is_older(message.id) {
            return; // Repeated after it was dropped.
        }
        if beyond {
            self.edges.set(Edges { newer: true, ..edges });
            return;
        }
        self.slots.update(|slots| {
            let at = slots.partition_point(|slot| slot.id.is_some_and(|id| id < message.id));
            slots.insert(at, Slot::sent(message));
        });
        if following {
            self.trim(false);
        }
        self.arrange(clock);
    }

    fn changed(&self, message: Message) {
        self.requote(message.id, Some(&message));
        if let Some(row) = self.row(message.id) {
            row.entry.update(|entry| entry.renew(message));
        }
    }

    /// So many react to a message with an emoji now; `mine` says whether the person does, if that is what changed.
    pub(super) fn reacted(&self, message: MessageId, emoji: &str, count: u32, mine: Option<bool>) {
        let Some(row) = self.row(message) else { return };
        row.entry.update(|entry| {
            let reactions = &mut entry.message.reactions;
            match reactions.iter_mut().find(|known| known.emoji == emoji) {
                Some(known) => {
                    known.count = count;
                    known.me = mine.unwrap_or(known.me);
                }
                None => {
                    let me = mine.unwrap_or_default();
                    reactions.push(Reaction { emoji: emoji.to_owned(), count, me });
                }
            }
            reactions.retain(|known| known.count > 0);
        });
    }

    /// The person reacts, or does not any more, unless that is known already.
    pub(super) fn reacted_myself(&self, message: MessageId, emoji: &str, mine: bool) {
        let Some(row) = self.row(message) else { return };
        let (count, known) = row.entry.with_untracked(|entry| {
            let known = entry.message.reactions.iter().find(|known| known.emoji == emoji);
            known.map_or((0, false), |known| (known.count, known.me))
        });
        if known != mine {
            let count = if mine { count.saturating_add(1) } else { count.saturating_sub(1) };
            self.reacted(message, emoji, count, Some(mine));
        }
    }

    /// Takes a message from the answer to the request that changed it, unless that change was seen, and so what came after it.
    pub(super) fn edited(&self, message: Message) {
        let newer = self.row(message.id).is_some_and(|row| {
            row.entry.with_untracked(|entry| entry.message.edited_at >= message.edited_at)
        });
        if !newer {
            self.changed(message);
        }
    }

    pub(super) fn removed(&self, message: MessageId, clock: &Clock) {
        self.requote(message, None);
        self.deleted.set(Some(message));
        self.slots.update(|slots| slots.retain(|slot| slot.message_id() != Some(message)));
        self.arrange(clock);
    }

    /// Replies show the message they answer as it is now, or that it is gone.
    fn requote(&self, quoted: MessageId, now: Option<&Message>) {
        let slots = self.slots.get_untracked();
        for slot in &slots {
            let quotes = slot.row.entry.with_untracked(|entry| {
                entry
                    .message
                    .reply_to
                    .as_ref()
                    .is_some_and(|reply| reply.id == quoted && reply.preview.is_some())
            });
            if quotes {
                slot.row.entry.update(|entry| {
                    if let Some(reply) = &mut entry.message.reply_to {
                        reply.preview = now.and_then(|message| {
                            let mut preview = reply.preview.take()?;
                            preview.content = quotation(message.content.clone());
                            Some(preview)
                        });
                    }
                });
            }
        }
    }

    /// Adds a message that was just written.
    pub(super) fn enqueue(&self, nonce: Arc<str>, message: Message, clock: &Clock) {
        let row = Row::new(RowKey::Own(nonce), Entry { message, delivery: Delivery::Pending });
        self.slots.update(|slots| slots.push(Slot { row, id: None, day: 0 }));
        self.arrange(clock);
    }

    /// The message with this nonce has got its id. False if there is no such row.
    pub(super) fn settle(&self, nonce: &str, message: Message, clock: &Clock) -> bool {
        let Some(row) = self.own_row(nonce) else { return false };
        let id = message.id;
        if row.entry.with_untracked(|entry| entry.id().is_some_and(|known| known != id)) {
            return false; // The nonce of another message; that one keeps its row.
        }
        row.entry.update(|entry| {
            entry.renew(message);
            entry.delivery = Delivery::Sent;
        });
        let is_older = self.is_older(id);
        if self.edges.get_untracked().newer && !is_older && self.newest_id().is_none_or(|newest| newest < id)
        {
            // What lies between is not here. The row stays where it is until a page brings it.
            return true;
        }
        self.slots.update(|slots| {
            // The same message may have come by another way, such as a page of history.
            slots.retain(|slot| slot.id != Some(id));
            slots.retain(|slot| slot.row.key != row.key);
            if is_older {
                return; // The page it is on brings it.
            }
            let at = slots.partition_point(|slot| slot.id.is_some_and(|known| known < id));
            slots.insert(at, Slot { row, id: Some(id), day: 0 });
        });
        self.arrange(clock);
        true
    }

    /// How the message with this nonce stands now. Nothing happens to one that was sent.
    pub(super) fn deliver(&self, nonce: &str, delivery: Delivery) {
        if let Some(row) = self.own_row(nonce) {
            row.entry.update(|entry| {
                if entry.delivery != Delivery::Sent {
                    entry.delivery = delivery;
                }
            });
        }
    }

    /// A message that was not sent answers nothing any more.
    pub(super) fn unquote(&self, nonce: &str) {
        if let Some(row) = self.own_row(nonce) {
            row.entry.update(|entry| {
                entry.message.reply_to = None;
                entry.message.kind = MessageKind::Default;
            });
        }
    }

    /// A message that was not sent has these files now.
    pub(super) fn attach(&self, nonce: &str, attachments: Vec<Attachment>) {
        if let Some(row) = self.own_row(nonce) {
            row.entry.update(|entry| entry.message.attachments = attachments);
        }
    }

    /// Takes a message that was not sent away again.
    pub(super) fn discard(&self, nonce: &str, clock: &Clock) {
        self.slots.update(|slots| {
            slots.retain(|slot| slot.id.is_some() || !slot.row.key.is_own(nonce));
        });
        self.arrange(clock);
    }

    /// Whether a message belongs before the hole at the old end. Next to it, it would hide the hole.
    fn is_older(&self, message: MessageId) -> bool {
        self.edges.get_untracked().older && self.oldest_id().is_some_and(|oldest| message < oldest)
    }

    fn own_row(&self, nonce: &str) -> Option<Row> {
        self.slots.with_untracked(|slots| {
            slots.iter().find(|slot| slot.row.key.is_own(nonce)).map(|slot| slot.row.clone())
        })
    }

    /// Keeps at most [`WINDOW`] rows, dropping new ones after a step back and old ones otherwise.
    pub(super) fn trim(&self, drop_new: bool) {
        let surplus = self.slots.with_untracked(Vec::len).saturating_sub(WINDOW);
        if surplus == 0 {
            return;
        }
        self.slots.update(|slots| {
            if drop_new {
                let sent = slots.partition_point(|slot| slot.id.is_some());
                slots.drain(sent.saturating_sub(surplus)..sent);
            } else {
                slots.drain(..surplus);
            }
        });
        self.edges.update(|edges| if drop_new { edges.newer = true } else { edges.older = true });
    }
}

impl RowKey {
    pub(super) fn is_own(&self, nonce: &str) -> bool {
        matches!(self, Self::Own(own) if **own == *nonce)
    }
}

impl Row {
    fn new(key: RowKey, entry: Entry) -> Self {
        Self { key, entry: ArcRwSignal::new(entry), layout: ArcRwSignal::default() }
    }
}

impl Slot {
    /// The id of its message, wherever it stands.
    pub(super) fn message_id(&self) -> Option<MessageId> {
        self.row.entry.with_untracked(Entry::id)
    }

    pub(super) fn sent(message: Message) -> Self {
        let id = message.id;
        let entry = Entry { message, delivery: Delivery::Sent };
        Self { row: Row::new(RowKey::Message(id), entry), id: Some(id), day: 0 }
    }
}
