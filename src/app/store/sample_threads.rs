//! Threads in the world of tests.

use protocol::entity::{Channel, ChannelKind, FollowedThread, Following, MovedBack, Thread, ThreadSummary};
use protocol::event::Event;
use protocol::{ChannelId, MessageId, Stream, UserId, limits};

use super::samples::World;

impl World {
    /// Every thread, archived or not.
    pub(super) fn thread_ids(&self) -> Vec<ChannelId> {
        self.threads.iter().map(|thread| thread.id).collect()
    }

    fn thread_mut(&mut self, id: ChannelId) -> Option<&mut Channel> {
        self.threads.iter_mut().find(|thread| thread.id == id)
    }

    /// A thread as the backend tells it now.
    pub(super) fn told_thread(&self, id: ChannelId) -> Option<Channel> {
        let mut channel = self.threads.iter().find(|thread| thread.id == id)?.clone();
        channel.last_message_id = self.last(id);
        if let Some(Thread { starter_id: Some(starter), starter_gone, .. }) = &mut channel.thread {
            *starter_gone = !self.messages.iter().any(|message| message.id == *starter);
        }
        Some(channel)
    }

    /// The channel of the thread this is.
    pub(super) fn parent_of(&self, id: ChannelId) -> Option<ChannelId> {
        self.threads.iter().find(|thread| thread.id == id)?.parent_id
    }

    /// What stands under a message.
    pub(super) fn thread_under(&self, message: MessageId) -> Option<ThreadSummary> {
        let starts =
            |channel: &&Channel| channel.thread.as_ref().is_some_and(|one| one.starter_id == Some(message));
        let id = self.threads.iter().find(starts)?.id;
        ThreadSummary::of(&self.told_thread(id)?)
    }

    pub(super) fn start_thread(&mut self, parent: ChannelId, starter: Option<MessageId>, owner: UserId) {
        if starter.is_some_and(|starter| self.thread_under(starter).is_some()) {
            return;
        }
        let id = self.fresh_id();
        let mut channel = self.channel(id, "on the side", ChannelKind::Thread);
        channel.parent_id = Some(parent);
        channel.position = 0;
        channel.thread = Some(Thread {
            owner_id: owner,
            starter_id: starter,
            starter_gone: false,
            message_count: 0,
            active_at: channel.id.created_at(),
            auto_archive_minutes: limits::AUTO_ARCHIVE_DEFAULT,
            is_archived: false,
        });
        let id = channel.id;
        self.threads.push(channel);
        let thread = self.told_thread(id).expect("just started");
        self.emit_guild(Event::ThreadCreated { thread });
        if owner == self.me() {
            self.follow(id, None);
        }
    }

    pub(super) fn archive(&mut self, id: ChannelId, archived: bool) {
        let Some(thread) = self.thread_mut(id).and_then(|channel| channel.thread.as_mut()) else { return };
        if thread.is_archived != archived {
            thread.is_archived = archived;
            let thread = self.told_thread(id).expect("just changed");
            self.emit_guild(Event::ThreadUpdated { thread });
        }
    }

    pub(super) fn delete_thread(&mut self, id: ChannelId) {
        let Some(parent_id) = self.parent_of(id) else { return };
        self.forget_thread(id);
        self.emit_guild(Event::ThreadDeleted { thread_id: id, parent_id });
    }

    fn forget_thread(&mut self, id: ChannelId) {
        self.threads.retain(|thread| thread.id != id);
        self.messages.retain(|message| message.channel_id != id);
        self.followed.remove(&id);
    }

    pub(super) fn forget_threads_of(&mut self, parent: ChannelId) {
        let of: Vec<_> = self.threads.iter().filter(|thread| thread.parent_id == Some(parent)).collect();
        let of: Vec<_> = of.into_iter().map(|thread| thread.id).collect();
        of.into_iter().for_each(|id| self.forget_thread(id));
    }

    /// Somebody is about to write: an archived thread opens.
    pub(super) fn wake(&mut self, channel: ChannelId) {
        self.archive(channel, false);
    }

    /// A message was counted in a thread, or is gone from it.
    pub(super) fn count_said(&mut self, channel: ChannelId, said: Option<MessageId>) {
        let thread = self.thread_mut(channel).and_then(|channel| channel.thread.as_mut());
        match (thread, said) {
            (Some(thread), Some(said)) => {
                thread.message_count += 1;
                thread.active_at = said.created_at();
            }
            (Some(thread), None) => thread.message_count -= 1,
            (None, _) => {}
        }
    }

    /// The person follows a thread, who has read up to `read`.
    pub(super) fn follow(&mut self, id: ChannelId, read: Option<MessageId>) {
        if self.followed.contains_key(&id) || self.parent_of(id).is_none() {
            return;
        }
        self.followed.insert(id, false);
        let mark = self.marks.entry(id).or_default();
        *mark = (*mark).max(read);
        self.tell_following(id);
    }

    /// The person follows a thread from its end on.
    pub(super) fn follow_by_hand(&mut self, id: ChannelId) {
        self.follow(id, self.last(id));
    }

    pub(super) fn mute(&mut self, id: ChannelId, muted: bool) {
        if let Some(known) = self.followed.get_mut(&id)
            && *known != muted
        {
            *known = muted;
            self.tell_following(id);
        }
    }

    pub(super) fn unfollow(&mut self, id: ChannelId) {
        if let (Some(_), Some(parent_id)) = (self.followed.remove(&id), self.parent_of(id)) {
            let told =
                Event::ThreadFollowed { guild_id: self.guild.id, thread_id: id, parent_id, following: None };
            self.emit(Stream::User(self.me()), told);
        }
    }

    fn tell_following(&mut self, id: ChannelId) {
        let Some(parent_id) = self.parent_of(id) else { return };
        let rev = self.rev(Stream::Guild(self.guild.id));
        let guild_id = self.guild.id;
        let back = self.last(id).map(|newest_id| MovedBack {
            guild_id: Some(guild_id),
            newest_id,
            rev,
            from_id: newest_id,
        });
        let is_muted = self.followed.get(&id).copied().unwrap_or_default();
        let following = Some(Following { is_muted, mark: self.mark(id), back });
        let told = Event::ThreadFollowed { guild_id, thread_id: id, parent_id, following };
        self.emit(Stream::User(self.me()), told);
    }

    /// What the person follows, as snapshots tell it.
    pub(super) fn followed(&self) -> Vec<FollowedThread> {
        let thread = |(id, is_muted): (&ChannelId, &bool)| {
            let (channel, mark) = (self.told_thread(*id)?, self.mark(*id));
            Some(FollowedThread {
                thread_id: *id,
                parent_id: channel.parent_id?,
                is_muted: *is_muted,
                is_archived: channel.thread?.is_archived,
                last_message_id: channel.last_message_id,
                last_read_id: mark.last_read_id,
                mentions: mark.mentions,
                turns: mark.turns,
            })
        };
        self.followed.iter().filter_map(thread).collect()
    }

    /// Whether something can be unread in a channel: of threads only in those that are followed.
    pub(super) fn can_be_unread(&self, channel: ChannelId) -> bool {
        self.parent_of(channel).is_none() || self.followed.contains_key(&channel)
    }

    /// The threads a snapshot of the guild has.
    pub(super) fn active_threads(&self) -> Vec<Channel> {
        let all = self.threads.iter().filter_map(|thread| self.told_thread(thread.id));
        all.filter(|channel| channel.thread.as_ref().is_some_and(|thread| !thread.is_archived)).collect()
    }
}
