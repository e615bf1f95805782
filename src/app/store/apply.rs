//! The reducer: one durable event after the other. No page, no network, no clock.

use leptos::prelude::{ArcRwSignal, GetUntracked, Set, Update, WithUntracked};
use protocol::entity::{Addressed, Dm, Member, Message, User};
use protocol::event::Event;
use protocol::{ChannelId, GuildId, Rev, RoleId, Stream, UserId};

use super::guild::{GuildEntry, Stage};
use super::reads::{ReadState, Reads, Removed};
use super::sync::{LooseMark, Want};
use super::{DmEntry, Store, lock};

/// What decides whether a message counts for the person.
struct Counting<'a> {
    reads: &'a ArcRwSignal<Reads>,
    me: UserId,
    /// Their roles where it was said.
    roles: Vec<RoleId>,
    rev: Rev,
}

fn count_up(changes: &ArcRwSignal<u32>) {
    changes.update(|count| *count = count.wrapping_add(1));
}

/// Applies an event of a stream. False if it was known already.
pub fn apply(store: &Store, stream: Stream, rev: Rev, event: Event) -> bool {
    if !store.advance(stream, rev) {
        return false;
    }
    match stream {
        Stream::Guild(id) => {
            if let Some(guild) = store.guild(id) {
                store.guild_event(&guild, rev, event);
            }
        }
        Stream::Dm(channel) => store.dm_event(channel, rev, event),
        Stream::User(_) => store.user_event(rev, event),
    }
    true
}

impl Store {
    fn guild_event(&self, guild: &GuildEntry, rev: Rev, event: Event) {
        if let Event::MemberUpdated { member } = &event {
            self.review_roles(guild, member);
        }
        match event {
            Event::MessageCreated { .. }
            | Event::MessageUpdated { .. }
            | Event::MessageDeleted { .. }
            | Event::ReactionChanged { .. }
            | Event::MessagePinned { .. }
            | Event::MessageEmbeds { .. } => {
                self.message_event(Some(guild), rev, event);
            }
            Event::GuildDeleted { guild_id } => self.forget_guild(guild_id),
            Event::GuildUpdated { guild: new } => {
                guild.guild.set(new);
                self.review_access(guild);
            }
            Event::ChannelDeleted { channel_id } => {
                self.note_end(channel_id);
                guild.remove_channel(channel_id).into_iter().for_each(|gone| self.forget_timeline(gone));
            }
            Event::ThreadCreated { .. } | Event::ThreadUpdated { .. } | Event::ThreadDeleted { .. } => {
                self.thread_event(guild, rev, event);
            }
            // A message from there may have been the last that was heard of them.
            Event::MemberUpdated { member }
                if guild.stage.get_untracked() == Stage::Listed && !self.hears_renames_of(member.user.id) =>
            {
                self.know(&member.user);
            }
            // The rest is about channels and members, of which a listed guild has none.
            _ if guild.stage.get_untracked() == Stage::Listed => {}
            Event::RoleUpdated { role } => {
                guild.put_role(role);
                self.review_access(guild);
            }
            Event::ChannelCreated { channel } | Event::ChannelUpdated { channel, .. } => {
                let (id, last) = (channel.id, channel.last_message_id);
                let is_text = channel.kind != protocol::entity::ChannelKind::Category;
                guild.put_channel(channel);
                if is_text && guild.reads.with_untracked(|reads| !reads.contains_key(&id)) {
                    let mark = self.loose_mark(id);
                    let read = ReadState::after_mark(last, mark);
                    guild.reads.update(|reads| _ = reads.insert(id, read));
                }
                self.review_access(guild);
            }
            Event::ChannelsMoved { places } => guild.channels.update(|channels| {
                for place in places {
                    if let Some(channel) = channels.iter_mut().find(|channel| channel.id == place.id) {
                        channel.parent_id = place.parent_id;
                        channel.position = place.position;
                    }
                }
            }),
            Event::MemberJoined { member } => {
                self.know(&member.user);
                guild.put_member(member, true);
            }
            Event::MemberUpdated { member } => {
                self.know(&member.user);
                let me = member.user.id == self.my_id();
                guild.put_member(member, false);
                if me {
                    self.review_access(guild);
                }
            }
            Event::MemberLeft { user_id } => guild.remove_member(user_id),
            // Not events of a guild's stream.
            _ => {}
        }
    }

    /// What the person may do may be different now, and with it which channels there are.
    fn review_access(&self, guild: &GuildEntry) {
        if !guild.is_loaded() {
            return;
        }
        match guild.review_access(self.my_id()) {
            Some(hidden) => hidden.into_iter().for_each(|channel| self.forget_timeline(channel)),
            None => self.want(Want::Guild(guild.id())),
        }
    }

    /// Whether the person has other roles now: then other messages address them, and how many only a snapshot can say.
    fn review_roles(&self, guild: &GuildEntry, member: &Member) {
        let is_new = member.user.id == self.my_id() && guild.own_roles.get_untracked() != member.roles;
        if is_new {
            guild.own_roles.set(member.roles.clone());
            self.want(if guild.is_loaded() { Want::Guild(guild.id()) } else { Want::Home });
        }
    }

    fn dm_event(&self, channel: ChannelId, rev: Rev, event: Event) {
        match event {
            Event::MessageCreated { ref message, .. } => {
                self.raise_dm(channel, message);
                self.message_event(None, rev, event);
            }
            Event::MessageUpdated { .. }
            | Event::MessageDeleted { .. }
            | Event::ReactionChanged { .. }
            | Event::MessagePinned { .. }
            | Event::MessageEmbeds { .. } => self.message_event(None, rev, event),
            Event::RecipientUpdated { user } => self.know(&user),
            _ => {}
        }
    }

    /// A conversation with a new message comes first, also when it was not in the list.
    fn raise_dm(&self, channel: ChannelId, message: &Message) {
        let known = self.dms.with_untracked(|dms| dms.iter().find(|dm| dm.id == channel).copied());
        let other = Some(message.author.id).filter(|author| *author != self.my_id());
        let Some(entry) = known.or_else(|| Some(DmEntry { id: channel, recipient: other? })) else {
            return self.want(Want::Home); // Written on another device to somebody not known here.
        };
        self.dms.update(|dms| {
            dms.retain(|dm| dm.id != channel);
            dms.insert(0, entry);
        });
    }

    fn message_event(&self, guild: Option<&GuildEntry>, rev: Rev, event: Event) {
        let counting = Counting {
            reads: guild.map_or(&self.dm_reads, |guild| &guild.reads),
            me: self.my_id(),
            roles: guild.map(|guild| guild.own_roles.get_untracked()).unwrap_or_default(),
            rev,
        };
        let (channel, parent) = match &event {
            Event::MessageCreated { message, parent_id } => {
                self.know_message(message);
                self.message_created(&counting, message, *parent_id);
                let channel = message.channel_id;
                // A channel that became visible without a word about it: only a snapshot can say what it is.
                let place = parent_id.unwrap_or(channel);
                let unknown = |guild: &&GuildEntry| guild.is_loaded() && !guild.has_channel(place);
                if let Some(guild) = guild.filter(unknown) {
                    self.want(Want::Guild(guild.id()));
                }
                if let (Some(guild), Some(_)) = (guild, parent_id) {
                    guild.thread_said(channel, message.id);
                }
                (channel, *parent_id)
            }
            Event::MessageUpdated { message, taken_back } => {
                self.know_message(message);
                self.message_updated(&counting, message, taken_back);
                (message.channel_id, None)
            }
            Event::MessageDeleted {
                channel_id,
                message_id,
                author_id,
                mentions,
                mention_everyone,
                mention_roles,
                last_message_id,
                parent_id,
            } => {
                let addressed = Addressed {
                    mentions: mentions.clone(),
                    mention_everyone: *mention_everyone,
                    mention_roles: mention_roles.clone(),
                };
                let mine = *author_id == counting.me;
                let addressed = !mine && addressed.includes(counting.me, &counting.roles);
                let gone = Removed { rev, message: *message_id, mine, addressed, last: *last_message_id };
                self.message_deleted(&counting, *channel_id, *parent_id, &gone);
                match (guild, parent_id) {
                    (Some(guild), Some(_)) => guild.thread_unsaid(*channel_id),
                    (Some(guild), None) => guild.starter_gone(*channel_id, *message_id),
                    (None, _) => {}
                }
                (*channel_id, *parent_id)
            }
            Event::MessagePinned { channel_id, .. } => {
                count_up(&self.pins_changed);
                (*channel_id, None)
            }
            Event::ReactionChanged { channel_id, .. } | Event::MessageEmbeds { channel_id, .. } => {
                (*channel_id, None)
            }
            _ => return,
        };
        if let Some(parent) = parent {
            self.show_event(parent, rev, event.clone());
        }
        self.show_event(channel, rev, event);
    }

    /// Lets the messages of a channel follow an event, if they are here.
    pub(super) fn show_event(&self, channel: ChannelId, rev: Rev, event: Event) {
        if let Some(timeline) = self.timeline(channel) {
            timeline.record(rev, &event);
            timeline.apply(event, self.my_id(), &self.clock.get_untracked(), true);
        }
    }

    fn message_created(&self, counting: &Counting<'_>, message: &Message, parent: Option<ChannelId>) {
        let (channel, id, mine) = (message.channel_id, message.id, message.author.id == counting.me);
        let addressed = message.addresses(counting.me, &counting.roles);
        let loose = self.loose_mark(channel);
        counting.reads.update(|reads: &mut Reads| {
            let read = reads.entry(channel).or_insert_with(|| ReadState::before(id, loose));
            if let Some(parent) = parent {
                read.is_thread_of(parent, 0);
            }
            read.arrived(id, mine, addressed);
        });
        if addressed {
            count_up(&self.mentions_changed);
        }
        if mine && let Some(nonce) = &message.nonce {
            self.drop_outgoing(|outgoing| *outgoing.nonce == **nonce);
        }
    }

    fn message_updated(&self, counting: &Counting<'_>, message: &Message, taken_back: &Addressed) {
        let (channel, id) = (message.channel_id, message.id);
        let is_addressed = message.addresses(counting.me, &counting.roles);
        let mine = message.author.id == counting.me;
        let was_addressed = !mine && taken_back.includes(counting.me, &counting.roles);
        if was_addressed && !is_addressed {
            let loose = self.loose_mark(channel);
            counting.reads.update(|reads| {
                let read = reads.entry(channel).or_insert_with(|| ReadState::unheard(id, loose));
                read.taken_back(counting.rev, id);
            });
        }
        if was_addressed || is_addressed {
            count_up(&self.mentions_changed);
        }
        if message.pinned {
            count_up(&self.pins_changed);
        }
    }

    fn message_deleted(
        &self,
        counting: &Counting<'_>,
        channel: ChannelId,
        parent: Option<ChannelId>,
        gone: &Removed,
    ) {
        let loose = self.loose_mark(channel);
        counting.reads.update(|reads| {
            let read = reads.entry(channel).or_insert_with(|| ReadState::read(gone, loose));
            if let Some(parent) = parent {
                read.is_thread_of(parent, 0);
            }
            read.removed(gone);
        });
        if gone.addressed {
            count_up(&self.mentions_changed);
        }
        // It may have been pinned; what is told of it does not say so.
        count_up(&self.pins_changed);
    }

    fn user_event(&self, rev: Rev, event: Event) {
        match event {
            Event::GuildJoined { guild } if self.guild(guild.id).is_none() => {
                self.guilds.update(|guilds| guilds.push(GuildEntry::listed(guild, Vec::new(), Reads::new())));
                // It may have ended since: whoever was away is told nothing of a stream they had no cursor of.
                self.want(Want::Home);
            }
            Event::GuildLeft { guild_id } => self.forget_guild(guild_id),
            Event::DmOpened { dm } => self.dm_opened(&dm),
            Event::ReadMarked { mark, back } => self.marked(LooseMark { mark, back }),
            Event::ThreadFollowed { .. } => self.thread_followed(rev, event),
            Event::MeUpdated { me } => {
                self.know(&me.user);
                self.me.set(me);
            }
            Event::SettingsUpdated { settings } => self.me.update(|me| me.settings = settings),
            Event::DevicesChanged => self.devices.update(|count| *count = count.wrapping_add(1)),
            _ => {}
        }
    }

    /// Lists a conversation, first.
    pub fn dm_opened(&self, dm: &Dm) {
        self.know(&dm.recipient);
        if self.dms.with_untracked(|dms| dms.iter().any(|known| known.id == dm.id)) {
            return;
        }
        let mark = self.loose_mark(dm.id);
        // Of a stream that is followed every message is told, or was; this one may say more than that already.
        let is_followed = self.cursor(Stream::Dm(dm.id)).is_some();
        if dm.last_message_id.is_some() && mark.is_none() && !is_followed {
            self.want(Want::Home); // An old conversation; how far it was read is not known here.
        }
        let last = dm.last_message_id.filter(|_| !is_followed);
        let read = ReadState::after_mark(last, mark);
        self.dm_reads.update(|reads| _ = reads.entry(dm.id).or_insert(read));
        self.dms.update(|dms| dms.insert(0, DmEntry { id: dm.id, recipient: dm.recipient.id }));
    }

    /// The other one of a conversation.
    pub fn recipient(&self, channel: ChannelId) -> Option<User> {
        let entry = self.dms.with_untracked(|dms| dms.iter().find(|dm| dm.id == channel).copied())?;
        self.person(entry.recipient).map(|person| person.get_untracked())
    }

    /// Forgets a guild with everything in it.
    pub(super) fn forget_guild(&self, id: GuildId) {
        let Some(guild) = self.guild(id) else { return };
        let channels: Vec<ChannelId> = guild.reads.with_untracked(|reads| reads.keys().copied().collect());
        self.guilds.update(|guilds| guilds.retain(|guild| guild.id() != id));
        channels.into_iter().for_each(|channel| self.forget_timeline(channel));
        self.forget_stream(Stream::Guild(id));
    }

    /// Forgets a conversation.
    pub(super) fn forget_dm(&self, channel: ChannelId) {
        self.dms.update(|dms| dms.retain(|dm| dm.id != channel));
        self.dm_reads.update(|reads| _ = reads.remove(&channel));
        self.forget_timeline(channel);
        self.forget_stream(Stream::Dm(channel));
    }

    /// Something was read. Streams are not ordered among each other: a mark can be here before the message it is
    /// about, and before anything else of its channel.
    fn marked(&self, loose: LooseMark) {
        let mark = loose.mark;
        if loose.back.is_some() {
            self.keep_unread(mark.channel_id);
            if let Some(timeline) = self.timeline(mark.channel_id) {
                timeline.divide(mark.last_read_id, &self.clock.get_untracked());
            }
        } else if mark.last_read_id >= self.read_state(mark.channel_id).last_message_id {
            // Read on another device: here, too, it is read from now on.
            self.stop_keeping_unread(mark.channel_id);
        }
        if self.change_read(mark.channel_id, |read| read.marked(&mark, loose.back)) {
            return;
        }
        // Of a guild that is only listed, channels without anything new are not here.
        let listed = loose.back.and_then(|back| Some((self.guild(back.guild_id?)?, back)));
        if let Some((guild, back)) = listed.filter(|(guild, _)| !guild.is_loaded()) {
            guild.reads.update(|reads| {
                _ = reads.insert(mark.channel_id, ReadState::after_mark(Some(back.newest_id), Some(loose)))
            });
            return;
        }
        let mut sync = lock(&self.sync);
        let known = sync.loose_marks.entry(mark.channel_id).or_insert(loose);
        if (known.mark.turns, known.mark.last_read_id) < (mark.turns, mark.last_read_id) {
            *known = loose;
        }
    }

    /// Marks that were here before their channel.
    pub(super) fn use_loose_marks(&self, guild: &GuildEntry) {
        let marks = lock(&self.sync).loose_marks.clone();
        if marks.is_empty() {
            return;
        }
        guild.reads.update(|reads| {
            for (channel, read) in reads {
                marks.get(channel).into_iter().for_each(|loose| read.marked(&loose.mark, loose.back));
            }
        });
    }

    pub(super) fn loose_mark(&self, channel: ChannelId) -> Option<LooseMark> {
        lock(&self.sync).loose_marks.get(&channel).copied()
    }
}
