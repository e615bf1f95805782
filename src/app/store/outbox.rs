//! Messages on their way: shown at once, settled by the answer or by their own echo, whichever comes first.

use std::sync::Arc;

use leptos::prelude::{GetUntracked, Track, Update, WithUntracked};
use protocol::entity::{Attachment, Message, MessageKind, Preview, Quoted};
use protocol::id::{EPOCH_MS, NODE_BITS, SEQUENCE_BITS};
use protocol::{ChannelId, Error, MessageId};

use super::timeline::{Delivery, Timeline};
use super::{Store, lock};

/// A message that the backend has not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its retry key: sent again with it, it is still the same message.
    pub nonce: Arc<str>,
    /// Where.
    pub channel: ChannelId,
    /// Its text as typed.
    pub content: String,
    /// What it answers.
    pub reply_to: Option<MessageId>,
    /// Its files, as far as the backend has them.
    pub attachments: Vec<Attachment>,
    /// Whether more of them are on their way: it is not sent before they are there.
    pub uploading: bool,
    /// How it stands.
    pub delivery: Delivery,
    /// How often it went out.
    pub tries: u32,
    /// When it was written: milliseconds since the Unix epoch, by the clock here.
    pub written_ms: i64,
}

impl Outgoing {
    /// A text that nobody has sent yet. `written_ms` is milliseconds since the Unix epoch, by the clock here; the
    /// backend's time replaces it.
    pub fn new(nonce: Arc<str>, channel: ChannelId, content: String, written_ms: i64) -> Self {
        Self {
            nonce,
            channel,
            content,
            reply_to: None,
            attachments: Vec::new(),
            uploading: false,
            delivery: Delivery::Pending,
            tries: 0,
            written_ms,
        }
    }

    /// Whether it is sent without anybody doing anything. One that was refused for good waits for the person.
    fn is_in_line(&self) -> bool {
        !self.uploading && matches!(self.delivery, Delivery::Pending | Delivery::Unknown)
    }
}

impl Store {
    /// Puts a message at the end of its channel and in line for sending.
    pub fn enqueue(&self, outgoing: Outgoing) {
        self.stop_keeping_unread(outgoing.channel);
        let timeline = self.open_timeline(outgoing.channel);
        self.put_in_line(&timeline, outgoing);
    }

    /// Takes over a message that an earlier page could not get confirmed. If it had arrived after all, its
    /// answer says so, and the row that is here already makes way.
    pub fn restore(&self, outgoing: Outgoing) {
        let timeline = self.background_timeline(outgoing.channel);
        if self.outgoing(&outgoing.nonce).is_none() {
            self.put_in_line(&timeline, outgoing);
        }
    }

    fn put_in_line(&self, timeline: &Timeline, outgoing: Outgoing) {
        self.show(timeline, &outgoing);
        lock(&self.outbox).push(outgoing);
        self.outbox_changed();
    }

    /// Shows what is not confirmed at the end of a channel.
    fn show(&self, timeline: &Timeline, outgoing: &Outgoing) {
        let Outgoing { nonce, channel, content, reply_to, attachments, written_ms, delivery, .. } =
            outgoing.clone();
        let quoted = reply_to.map(|id| Quoted {
            id,
            preview: timeline.row(id).map(|row| {
                row.entry.with_untracked(|entry| {
                    Preview::of(entry.message.author.clone(), entry.message.content.clone())
                })
            }),
        });
        let message = Message {
            id: MessageId::from_trusted((written_ms - EPOCH_MS) << (SEQUENCE_BITS + NODE_BITS)),
            channel_id: channel,
            author: self.me.with_untracked(|me| me.user.clone()),
            kind: if reply_to.is_some() { MessageKind::Reply } else { MessageKind::Default },
            content,
            edited_at: None,
            reply_to: quoted,
            mentions: Vec::new(),
            mention_everyone: false,
            mention_here: None,
            mention_roles: Vec::new(),
            attachments,
            embeds: Vec::new(),
            reactions: Vec::new(),
            pinned: false,
            thread: None,
            nonce: Some(nonce.to_string()),
        };
        timeline.enqueue(nonce.clone(), message, &self.clock.get_untracked());
        if delivery != Delivery::Pending {
            timeline.deliver(&nonce, delivery);
        }
    }

    /// Shows what waits for a channel that is here again.
    pub(super) fn show_unsent(&self, timeline: &Timeline) {
        let unsent: Vec<Outgoing> = lock(&self.outbox)
            .iter()
            .filter(|outgoing| outgoing.channel == timeline.channel)
            .cloned()
            .collect();
        unsent.iter().for_each(|outgoing| self.show(timeline, outgoing));
    }

    /// A channel is out of sight. What was written there waits for the person, in case it comes back.
    pub(super) fn strand(&self, channel: ChannelId) {
        let mut outbox = lock(&self.outbox);
        let mut changed = false;
        for outgoing in outbox.iter_mut().filter(|outgoing| outgoing.channel == channel) {
            outgoing.delivery = Delivery::Failed(Error::NotFound);
            changed = true;
        }
        drop(outbox);
        if changed {
            self.outbox_changed();
        }
    }

    /// Everything that is not confirmed, in the order it was written. Tracks.
    pub fn unsent(&self) -> Vec<Outgoing> {
        self.outbox_changes.track();
        lock(&self.outbox).clone()
    }

    /// Takes out of line what `gone` says, because it arrived or was taken back.
    pub(super) fn drop_outgoing(&self, gone: impl Fn(&Outgoing) -> bool) {
        let mut outbox = lock(&self.outbox);
        let before = outbox.len();
        outbox.retain(|outgoing| !gone(outgoing));
        let changed = outbox.len() != before;
        drop(outbox);
        if changed {
            self.outbox_changed();
        }
    }

    fn outbox_changed(&self) {
        self.outbox_changes.update(|count| *count = count.wrapping_add(1));
    }

    /// Whether something is not confirmed in a channel.
    pub fn is_waiting_in(&self, channel: ChannelId) -> bool {
        lock(&self.outbox).iter().any(|outgoing| outgoing.channel == channel)
    }

    /// Whether anything is in line.
    pub fn has_outgoing(&self) -> bool {
        lock(&self.outbox).iter().any(Outgoing::is_in_line)
    }

    /// The message to send next. They go out one at a time, those of a channel in the order they were written:
    /// one without an answer is sent again before the next. Channels take turns, so that it holds up no other.
    pub fn next_outgoing(&self) -> Option<Outgoing> {
        let mut outbox = lock(&self.outbox);
        let mut next: Option<usize> = None;
        for (at, outgoing) in outbox.iter().enumerate() {
            let waits = |earlier: &Outgoing| earlier.is_in_line() && earlier.channel == outgoing.channel;
            if outgoing.is_in_line()
                && !outbox.iter().take(at).any(waits)
                && next.and_then(|next| outbox.get(next)).is_none_or(|next| outgoing.tries < next.tries)
            {
                next = Some(at);
            }
        }
        let next = outbox.get_mut(next?)?;
        next.tries += 1;
        Some(next.clone())
    }

    /// The backend has answered. An answer that comes after the echo says nothing new.
    pub fn answered(&self, nonce: &str, answer: Result<Message, Error>) {
        let Some(outgoing) = self.outgoing(nonce) else { return };
        match answer {
            Ok(message) => {
                self.drop_outgoing(|outgoing| *outgoing.nonce == *nonce);
                if let Some(timeline) = self.timeline(outgoing.channel) {
                    self.know_message(&message);
                    timeline.settle(nonce, message, &self.clock.get_untracked());
                }
            }
            // It arrived, and somebody took it away: there is nothing for the person to decide.
            Err(Error::MessageGone) => _ = self.discard(nonce),
            Err(error) => self.set_delivery(nonce, Delivery::Failed(error)),
        }
    }

    /// No answer came in time. The message stays in line.
    pub fn unanswered(&self, nonce: &str) {
        self.set_delivery(nonce, Delivery::Unknown);
    }

    /// Puts a message back in line, with the same nonce.
    pub fn retry(&self, nonce: &str) {
        self.set_delivery(nonce, Delivery::Pending);
    }

    /// Puts a message back in line without what it answers, which is gone. Nothing was written under its nonce.
    pub fn retry_without_reply(&self, nonce: &str) {
        let mut channel = None;
        for outgoing in lock(&self.outbox).iter_mut().filter(|outgoing| *outgoing.nonce == *nonce) {
            outgoing.reply_to = None;
            channel = Some(outgoing.channel);
        }
        if let Some(timeline) = channel.and_then(|channel| self.timeline(channel)) {
            timeline.unquote(nonce);
        }
        self.retry(nonce);
    }

    /// The backend has all files of a message: it is in line.
    pub fn uploaded(&self, nonce: &str, attachments: Vec<Attachment>) {
        let mut channel = None;
        for outgoing in lock(&self.outbox).iter_mut().filter(|outgoing| *outgoing.nonce == *nonce) {
            outgoing.attachments.clone_from(&attachments);
            outgoing.uploading = false;
            channel = Some(outgoing.channel);
        }
        if let Some(timeline) = channel.and_then(|channel| self.timeline(channel)) {
            timeline.attach(nonce, attachments);
        }
        self.retry(nonce);
    }

    /// There is a connection again: everything of which nobody knows whether it arrived is on its way.
    pub fn retry_unknown(&self) {
        let unknown: Vec<Arc<str>> = lock(&self.outbox)
            .iter()
            .filter(|outgoing| outgoing.delivery == Delivery::Unknown)
            .map(|outgoing| outgoing.nonce.clone())
            .collect();
        unknown.iter().for_each(|nonce| self.retry(nonce));
    }

    /// Takes a message back that was not sent. Its text, for editing it.
    pub fn discard(&self, nonce: &str) -> Option<Outgoing> {
        let outgoing = self.outgoing(nonce)?;
        self.drop_outgoing(|outgoing| *outgoing.nonce == *nonce);
        if let Some(timeline) = self.timeline(outgoing.channel) {
            timeline.discard(nonce, &self.clock.get_untracked());
        }
        Some(outgoing)
    }

    /// Takes the answer to an edit, which comes before or after the event about it.
    pub fn edited(&self, message: Message) {
        if let Some(timeline) = self.timeline(message.channel_id) {
            timeline.edited(message);
        }
    }

    /// The backend has, or has no more, a reaction of the person's own. The event about it comes before or after.
    pub fn reacted(&self, channel: ChannelId, message: MessageId, emoji: &str, mine: bool) {
        if let Some(timeline) = self.timeline(channel) {
            timeline.reacted_myself(message, emoji, mine);
        }
    }

    /// Takes a deleted message off the screen; the event about it does the rest.
    pub fn deleted(&self, channel: ChannelId, message: MessageId) {
        if let Some(timeline) = self.timeline(channel) {
            timeline.removed(message, &self.clock.get_untracked());
        }
    }

    fn outgoing(&self, nonce: &str) -> Option<Outgoing> {
        lock(&self.outbox).iter().find(|outgoing| *outgoing.nonce == *nonce).cloned()
    }

    fn set_delivery(&self, nonce: &str, delivery: Delivery) {
        let mut channel = None;
        for outgoing in lock(&self.outbox).iter_mut().filter(|outgoing| *outgoing.nonce == *nonce) {
            outgoing.delivery = delivery.clone();
            channel = Some(outgoing.channel);
        }
        if let Some(timeline) = channel.and_then(|channel| self.timeline(channel)) {
            timeline.deliver(nonce, delivery);
        }
        self.outbox_changed();
    }
}
