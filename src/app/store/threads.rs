//! Threads: how they are known, what of them waits for the person, and their lines under messages.

use std::sync::atomic::Ordering;

use leptos::prelude::{Get, Set, Update, WithUntracked};
use protocol::entity::{Channel, Following, Thread, ThreadSummary};
use protocol::event::Event;
use protocol::snapshot::History;
use protocol::{ChannelId, MessageId, Rev};

use super::guild::{GuildEntry, Stage, is_archived};
use super::reads::{Interest, ReadState};
use super::sync::LooseMark;
use super::timeline::{Entry, Row, Timeline};
use super::{Store, lock};

/// Ends that are remembered: far more than come between two streams' events.
const ENDED: usize = 100;

impl Store {
    /// Takes note that somebody went to a channel; true if it is not here and its messages have to be asked for.
    pub fn seek(&self, channel: ChannelId) -> bool {
        let is_known = self.guild_of(channel).is_some();
        if !is_known {
            // Its messages have a place to come to.
            self.open_timeline(channel);
        }
        self.sought.set((!is_known).then_some(channel));
        !is_known
    }

    /// Whether it is still being found out if a channel that is not here exists. Tracks.
    pub fn is_sought(&self, channel: ChannelId) -> bool {
        self.sought.get() == Some(channel)
            && self
                .timeline(channel)
                .is_some_and(|timeline| !matches!(timeline.stage.get(), Stage::Refused(_)))
    }

    /// No snapshot holds an archived thread; its messages bring it.
    pub(super) fn meet_thread(&self, history: &mut History) {
        if let Some(thread) = history.thread.take()
            && let Some(guild) = self.guild(thread.guild_id)
        {
            guild.meet_thread(thread);
        }
    }

    pub(super) fn thread_event(&self, guild: &GuildEntry, rev: Rev, event: Event) {
        let parent = match &event {
            Event::ThreadCreated { thread } | Event::ThreadUpdated { thread } => {
                let Some(parent) = thread.parent_id else { return };
                let (id, last) = (thread.id, thread.last_message_id);
                let archived = is_archived(thread);
                // While its channels are not here, those threads are known that may wait for the person.
                if guild.is_loaded() {
                    guild.put_channel(thread.clone());
                    let mark = self.loose_mark(id);
                    guild.reads.update(|reads| {
                        let read = reads.entry(id).or_insert_with(|| ReadState::after_mark(last, mark));
                        read.is_thread_of(parent, 0).set_archived(archived);
                    });
                } else if guild.reads.with_untracked(|reads| reads.contains_key(&id)) {
                    guild.reads.update(|reads| {
                        reads.get_mut(&id).into_iter().for_each(|read| read.set_archived(archived));
                    });
                }
                parent
            }
            Event::ThreadDeleted { thread_id, parent_id } => {
                self.note_end(*thread_id);
                guild.remove_channel(*thread_id);
                self.forget_timeline(*thread_id);
                *parent_id
            }
            _ => return,
        };
        self.show_event(parent, rev, event);
    }

    /// Takes note that a channel or a thread is gone for good.
    pub(super) fn note_end(&self, channel: ChannelId) {
        let ended = &mut lock(&self.sync).ended;
        ended.push(channel);
        ended.drain(..ended.len().saturating_sub(ENDED));
    }

    /// The person follows a thread, or does not any more.
    pub(super) fn thread_followed(&self, rev: Rev, event: Event) {
        let Event::ThreadFollowed { guild_id, thread_id, parent_id, following } = event else { return };
        let Some(guild) = self.guild(guild_id) else { return };
        let is_over = lock(&self.sync).ended.iter().any(|ended| [thread_id, parent_id].contains(ended));
        if is_over || rev <= guild.own_rev.load(Ordering::Relaxed) {
            return; // It comes late: of the thread there is nothing more, or the snapshot had it already.
        }
        guild.reads.update(|reads| match following {
            Some(Following { is_muted, mark, back }) => {
                let newest = back.map(|back| back.newest_id);
                let read = reads
                    .entry(thread_id)
                    .or_insert_with(|| ReadState::after_mark(newest, Some(LooseMark { mark, back })));
                read.marked(&mark, back);
                let interest = if is_muted { Interest::Muted } else { Interest::Full };
                read.is_thread_of(parent_id, rev).set_interest(interest, rev);
            }
            None => {
                if let Some(read) = reads.get_mut(&thread_id) {
                    read.is_thread_of(parent_id, rev).set_interest(Interest::None, rev);
                }
            }
        });
    }
}

impl GuildEntry {
    /// A thread that is known here. Does not track.
    pub fn thread(&self, id: ChannelId) -> Option<Channel> {
        self.channels.with_untracked(|channels| {
            let at = channels.binary_search_by_key(&id, |known| known.id).ok()?;
            channels.get(at).filter(|channel| channel.thread.is_some()).cloned()
        })
    }

    /// Takes a thread that came with its messages, unless it is known: then by its events.
    pub(super) fn meet_thread(&self, thread: Channel) {
        if self.is_loaded() && !self.has_channel(thread.id) {
            self.put_channel(thread);
        }
    }

    /// Changes what is told of a thread.
    fn change_thread(&self, id: ChannelId, change: impl FnOnce(&mut Thread)) {
        // Asked first: whoever watches the channels is told of messages in threads only, not of every one.
        if self.thread(id).is_some() {
            self.channels.update(|channels| {
                let known = channels.iter_mut().find(|channel| channel.id == id);
                if let Some(thread) = known.and_then(|channel| channel.thread.as_mut()) {
                    change(thread);
                }
            });
        }
    }

    /// Somebody wrote in a thread.
    pub(super) fn thread_said(&self, id: ChannelId, message: MessageId) {
        self.change_thread(id, |thread| {
            thread.message_count = thread.message_count.saturating_add(1);
            thread.active_at = message.created_at();
        });
    }

    /// A message of a thread is gone.
    pub(super) fn thread_unsaid(&self, id: ChannelId) {
        self.change_thread(id, |thread| thread.message_count = thread.message_count.saturating_sub(1));
    }

    /// A message is gone, from which a thread may have been started.
    pub(super) fn starter_gone(&self, channel: ChannelId, message: MessageId) {
        let started = self.channels.with_untracked(|channels| {
            let is_it = |known: &&Channel| {
                known.parent_id == Some(channel)
                    && known.thread.as_ref().is_some_and(|thread| thread.starter_id == Some(message))
            };
            channels.iter().find(is_it).map(|known| known.id)
        });
        started.into_iter().for_each(|id| self.change_thread(id, |thread| thread.starter_gone = true));
    }
}

impl Timeline {
    /// Follows what concerns the line under a message from which a thread was started; gives back everything else.
    pub(super) fn apply_to_thread(&self, event: Event) -> Option<Event> {
        match event {
            Event::MessageCreated { message, .. } if message.channel_id != self.channel => {
                self.thread_changed(message.channel_id, |thread| {
                    thread.message_count = thread.message_count.saturating_add(1);
                    thread.last_message_id = Some(message.id);
                });
            }
            Event::MessageDeleted { channel_id, last_message_id, .. } if channel_id != self.channel => {
                self.thread_changed(channel_id, |thread| {
                    thread.message_count = thread.message_count.saturating_sub(1);
                    thread.last_message_id = last_message_id;
                });
            }
            Event::ThreadCreated { thread } | Event::ThreadUpdated { thread } => {
                let starter = thread.thread.as_ref().and_then(|thread| thread.starter_id);
                if let Some(row) = starter.and_then(|starter| self.row(starter)) {
                    row.entry.update(|entry| entry.message.thread = ThreadSummary::of(&thread));
                }
            }
            Event::ThreadDeleted { thread_id, .. } => {
                if let Some(row) = self.starter_of(thread_id) {
                    row.entry.update(|entry| entry.message.thread = None);
                }
            }
            event => return Some(event),
        }
        None
    }

    /// The row of the message that a thread was started from.
    fn starter_of(&self, thread: ChannelId) -> Option<Row> {
        self.slots.with_untracked(|slots| {
            let starts =
                |entry: &Entry| entry.message.thread.as_ref().is_some_and(|known| known.id == thread);
            slots.iter().find(|slot| slot.row.entry.with_untracked(starts)).map(|slot| slot.row.clone())
        })
    }

    /// Something was said in a thread, or is gone from it: its line under a message follows.
    fn thread_changed(&self, thread: ChannelId, change: impl FnOnce(&mut ThreadSummary)) {
        if let Some(row) = self.starter_of(thread) {
            row.entry.update(|entry| {
                if let Some(thread) = &mut entry.message.thread {
                    change(thread);
                }
            });
        }
    }
}
