//! A small world for tests: it knows the truth, tells it as events, and can be photographed as a page.

use std::collections::{BTreeMap, BTreeSet};

use protocol::entity::{
    Addressed, Channel, ChannelKind, ChannelPlace, Embed, Guild, Me, Member, Message, MessageKind, MovedBack,
    Preview, Quoted, Reaction, ReadMark, Role, Settings, User,
};
use protocol::event::Event;
use protocol::permissions::Permissions;
use protocol::{ChannelId, GuildId, MessageId, Rev, RoleId, Stream, Timestamp, UserId};

use super::sample_parts::keep_called;

/// The person whose client is tested.
pub(super) const ME: i64 = 101;

pub(super) fn user(number: i64, name: &str) -> User {
    User {
        id: UserId::from_trusted(number),
        username: format!("user{number}"),
        display_name: name.to_owned(),
    }
}

/// One guild that is on screen, one that is only listed, one conversation.
#[derive(Clone)]
pub(super) struct World {
    pub(super) users: BTreeMap<UserId, User>,
    pub(super) guild: Guild,
    pub(super) other: Guild,
    pub(super) roles: Vec<Role>,
    pub(super) members: Vec<UserId>,
    pub(super) channels: Vec<Channel>,
    pub(super) dm: ChannelId,
    pub(super) messages: Vec<Message>,
    pub(super) reactors: BTreeMap<(MessageId, String), BTreeSet<UserId>>,
    pub(super) threads: Vec<Channel>,
    /// The threads the person follows, and whether they are muted.
    pub(super) followed: BTreeMap<ChannelId, bool>,
    pub(super) marks: BTreeMap<ChannelId, Option<MessageId>>,
    pub(super) turns: BTreeMap<ChannelId, u32>,
    pub(super) revs: BTreeMap<Stream, Rev>,
    pub(super) next_id: i64,
    pub(super) log: Vec<(Stream, Rev, Event)>,
}

impl World {
    pub(super) fn new() -> Self {
        let (one, two) = (GuildId::from_trusted(1), GuildId::from_trusted(2));
        let guild = |id: GuildId, name: &str| Guild {
            id,
            name: name.to_owned(),
            owner_id: UserId::from_trusted(102),
            system_channel_id: None,
        };
        let role = Role {
            id: one.cast(),
            name: "@everyone".to_owned(),
            permissions: Permissions::EVERYONE_DEFAULT,
            position: 0,
        };
        let users = [(ME, "Me"), (102, "Ana"), (103, "Ben"), (104, "Cleo")];
        let users = users.into_iter().map(|(id, name)| (UserId::from_trusted(id), user(id, name))).collect();
        let mut world = Self {
            users,
            guild: guild(one, "Lanternfish"),
            other: guild(two, "Hikers"),
            roles: vec![role],
            members: [ME, 102, 103].map(UserId::from_trusted).to_vec(),
            channels: Vec::new(),
            dm: ChannelId::from_trusted(77),
            messages: Vec::new(),
            reactors: BTreeMap::new(),
            threads: Vec::new(),
            followed: BTreeMap::new(),
            marks: BTreeMap::new(),
            turns: BTreeMap::new(),
            revs: BTreeMap::new(),
            next_id: 1_000,
            log: Vec::new(),
        };
        for (id, name) in [(11, "general"), (12, "art")] {
            world.channels.push(world.channel(id, name, ChannelKind::Text));
        }
        world
    }

    pub(super) fn me(&self) -> UserId {
        UserId::from_trusted(ME)
    }

    pub(super) fn channel(&self, id: i64, name: &str, kind: ChannelKind) -> Channel {
        Channel {
            id: ChannelId::from_trusted(id),
            guild_id: self.guild.id,
            kind,
            name: name.to_owned(),
            topic: String::new(),
            parent_id: None,
            position: i32::try_from(id).unwrap_or_default(),
            overwrites: Vec::new(),
            last_message_id: None,
            thread: None,
        }
    }

    /// The channel in the guild that is only listed.
    pub(super) fn far_channel(&self) -> ChannelId {
        ChannelId::from_trusted(21)
    }

    pub(super) fn fresh_id(&mut self) -> i64 {
        // A second apart, so that days and groups stay the same while a test runs.
        self.next_id += 1;
        self.next_id << 32
    }

    pub(super) fn stream_of(&self, channel: ChannelId) -> Stream {
        if channel == self.dm {
            Stream::Dm(channel)
        } else if channel == self.far_channel() {
            Stream::Guild(self.other.id)
        } else {
            Stream::Guild(self.guild.id)
        }
    }

    pub(super) fn emit(&mut self, stream: Stream, event: Event) {
        let rev = self.revs.entry(stream).or_default();
        *rev += 1;
        self.log.push((stream, *rev, event));
    }

    pub(super) fn emit_guild(&mut self, event: Event) {
        self.emit(Stream::Guild(self.guild.id), event);
    }

    pub(super) fn post(
        &mut self,
        channel: ChannelId,
        author: UserId,
        content: &str,
        nonce: Option<&str>,
        reply_to: Option<MessageId>,
    ) -> Message {
        self.wake(channel);
        let (before, parent_id) = (self.last(channel), self.parent_of(channel));
        let id = MessageId::from_trusted(self.fresh_id());
        let mut message = Message {
            id,
            channel_id: channel,
            author: self.users[&author].clone(),
            kind: if reply_to.is_some() { MessageKind::Reply } else { MessageKind::Default },
            content: content.to_owned(),
            edited_at: None,
            reply_to: reply_to.map(|id| Quoted { id, preview: None }),
            mentions: vec![self.users[&self.me()].clone()],
            mention_everyone: channel != self.dm,
            mention_here: content.contains("@here").then(|| vec![self.me()]),
            mention_roles: self.crew(channel).into_iter().chain([RoleId::from_trusted(60)]).collect(),
            attachments: Vec::new(),
            embeds: Vec::new(),
            reactions: Vec::new(),
            pinned: false,
            thread: None,
            nonce: nonce.map(str::to_owned),
        };
        keep_called(&mut message);
        self.messages.push(message);
        let message = self.told(id).expect("just posted");
        let mine = author == self.me();
        if mine {
            self.marks.insert(channel, Some(id));
        }
        self.count_said(channel, Some(id));
        self.emit(self.stream_of(channel), Event::MessageCreated { message: message.clone(), parent_id });
        // Whoever is one of many that are addressed does not follow it.
        if mine || message.mentions.iter().any(|user| user.id == self.me()) {
            self.follow(channel, if mine { Some(id) } else { before });
        }
        message
    }

    pub(super) fn edit(&mut self, id: MessageId, content: &str) {
        let Some(message) = self.messages.iter_mut().find(|message| message.id == id) else { return };
        content.clone_into(&mut message.content);
        let before = message.addressed();
        keep_called(message);
        let taken_back = before.without(&message.addressed());
        message.edited_at = Some(Timestamp::from_millis(self.next_id));
        self.next_id += 1;
        let message = self.told(id).expect("just edited");
        self.emit(self.stream_of(message.channel_id), Event::MessageUpdated { message, taken_back });
    }

    /// Somebody reacts to a message, or takes it back if they had.
    pub(super) fn react(&mut self, id: MessageId, user: UserId, emoji: &str) {
        let me = user == self.me();
        let Some(message) = self.messages.iter_mut().find(|message| message.id == id) else { return };
        let by = self.reactors.entry((id, emoji.to_owned())).or_default();
        let added = by.insert(user);
        if !added {
            by.remove(&user);
        }
        let count = u32::try_from(by.len()).expect("a handful");
        match message.reactions.iter_mut().find(|known| known.emoji == emoji) {
            Some(known) => (known.count, known.me) = (count, if me { added } else { known.me }),
            None => message.reactions.push(Reaction { emoji: emoji.to_owned(), count, me: me && added }),
        }
        message.reactions.retain(|known| known.count > 0);
        let (channel_id, emoji) = (message.channel_id, emoji.to_owned());
        let changed =
            Event::ReactionChanged { channel_id, message_id: id, user_id: user, emoji, added, count };
        self.emit(self.stream_of(channel_id), changed);
    }

    pub(super) fn pin(&mut self, id: MessageId, pinned: bool) {
        let Some(message) = self.messages.iter_mut().find(|message| message.id == id) else { return };
        message.pinned = pinned;
        let channel_id = message.channel_id;
        self.emit(self.stream_of(channel_id), Event::MessagePinned { channel_id, message_id: id, pinned });
    }

    pub(super) fn embed(&mut self, id: MessageId, embeds: Vec<Embed>) {
        let Some(message) = self.messages.iter_mut().find(|message| message.id == id) else { return };
        message.embeds.clone_from(&embeds);
        let channel_id = message.channel_id;
        self.emit(self.stream_of(channel_id), Event::MessageEmbeds { channel_id, message_id: id, embeds });
    }

    pub(super) fn delete(&mut self, id: MessageId) {
        let Some(at) = self.messages.iter().position(|message| message.id == id) else { return };
        let message = self.messages.remove(at);
        self.count_said(message.channel_id, None);
        let Addressed { mentions, mention_everyone, mention_roles } = message.addressed();
        self.emit(
            self.stream_of(message.channel_id),
            Event::MessageDeleted {
                channel_id: message.channel_id,
                message_id: id,
                author_id: message.author.id,
                mentions,
                mention_everyone,
                mention_roles,
                last_message_id: self.last(message.channel_id),
                parent_id: self.parent_of(message.channel_id),
            },
        );
    }

    pub(super) fn mark_read(&mut self, channel: ChannelId) {
        let last = self.last(channel);
        if self.marks.get(&channel).copied().flatten() >= last || !self.can_be_unread(channel) {
            return;
        }
        self.marks.insert(channel, last);
        let mark = self.mark(channel);
        self.emit(Stream::User(self.me()), Event::ReadMarked { mark, back: None });
    }

    pub(super) fn mark_unread(&mut self, message: MessageId) {
        let channel = self.messages.iter().find(|known| known.id == message).map(|known| known.channel_id);
        let Some(channel) = channel.filter(|channel| self.can_be_unread(*channel)) else { return };
        let from = self.marks.get(&channel).copied().flatten();
        let Some(from_id) = from.filter(|read| *read >= message) else { return };
        self.marks.insert(channel, MessageId::new(message.get() - 1));
        *self.turns.entry(channel).or_default() += 1;
        let guild_id = match self.stream_of(channel) {
            Stream::Guild(guild) => Some(guild),
            _ => None,
        };
        let newest_id = self.last(channel).unwrap_or(message);
        let rev = self.rev(self.stream_of(channel));
        let back = Some(MovedBack { guild_id, newest_id, rev, from_id });
        self.emit(Stream::User(self.me()), Event::ReadMarked { mark: self.mark(channel), back });
    }

    pub(super) fn rename(&mut self, id: UserId, name: &str) {
        let Some(user) = self.users.get_mut(&id) else { return };
        name.clone_into(&mut user.display_name);
        let user = user.clone();
        if self.members.contains(&id) {
            self.emit_guild(Event::MemberUpdated { member: self.member(id) });
        }
        // Everybody who writes is in the listed guild as well, and a new name is told wherever somebody is.
        let member = self.member_with(id, self.far_channel());
        self.emit(Stream::Guild(self.other.id), Event::MemberUpdated { member });
        if id == self.me() {
            self.emit(Stream::User(id), Event::MeUpdated { me: self.own() });
        } else if id == UserId::from_trusted(102) {
            self.emit(Stream::Dm(self.dm), Event::RecipientUpdated { user });
        }
    }

    pub(super) fn join(&mut self, id: UserId) {
        if !self.members.contains(&id) {
            self.members.push(id);
            self.members.sort();
            self.emit_guild(Event::MemberJoined { member: self.member(id) });
        }
    }

    pub(super) fn leave_if_there(&mut self, id: UserId) {
        if self.members.contains(&id) {
            self.members.retain(|member| *member != id);
            self.emit_guild(Event::MemberLeft { user_id: id });
        }
    }

    pub(super) fn put_channel(&mut self, channel: Channel) {
        let created = !self.channels.iter().any(|known| known.id == channel.id);
        self.channels.retain(|known| known.id != channel.id);
        self.channels.push(channel.clone());
        let channel = Channel { last_message_id: self.last(channel.id), ..channel };
        self.emit_guild(if created {
            Event::ChannelCreated { channel }
        } else {
            Event::ChannelUpdated { channel, exceptions_changed: false }
        });
    }

    pub(super) fn delete_channel(&mut self, id: ChannelId) {
        self.channels.retain(|channel| channel.id != id);
        self.messages.retain(|message| message.channel_id != id);
        self.forget_threads_of(id);
        for child in self.channels.iter_mut().filter(|child| child.parent_id == Some(id)) {
            child.parent_id = None;
        }
        self.emit_guild(Event::ChannelDeleted { channel_id: id });
    }

    pub(super) fn move_channel(&mut self, id: ChannelId, parent_id: Option<ChannelId>, position: i32) {
        let Some(channel) = self.channels.iter_mut().find(|channel| channel.id == id) else { return };
        channel.parent_id = parent_id;
        channel.position = position;
        self.emit_guild(Event::ChannelsMoved { places: vec![ChannelPlace { id, parent_id, position }] });
    }

    pub(super) fn message_ids(&self) -> Vec<MessageId> {
        self.messages.iter().map(|message| message.id).collect()
    }

    /// A message as the backend tells it now.
    pub(super) fn told(&self, id: MessageId) -> Option<Message> {
        let mut message = self.messages.iter().find(|message| message.id == id)?.clone();
        message.thread = self.thread_under(id);
        message.author = self.users[&message.author.id].clone();
        for mentioned in &mut message.mentions {
            *mentioned = self.users[&mentioned.id].clone();
        }
        if let Some(reply) = &mut message.reply_to {
            let quoted = self.messages.iter().find(|known| known.id == reply.id);
            reply.preview = quoted
                .map(|quoted| Preview::of(self.users[&quoted.author.id].clone(), quoted.content.clone()));
        }
        Some(message)
    }

    pub(super) fn last(&self, channel: ChannelId) -> Option<MessageId> {
        self.messages.iter().filter(|message| message.channel_id == channel).map(|message| message.id).max()
    }

    pub(super) fn mark(&self, channel: ChannelId) -> ReadMark {
        let last_read_id = self.marks.get(&channel).copied().flatten();
        let (me, roles) = (self.me(), Vec::from_iter(self.crew(channel)));
        let unread = self.messages.iter().filter(|message| {
            message.channel_id == channel && Some(message.id) > last_read_id && message.addresses(me, &roles)
        });
        ReadMark {
            channel_id: channel,
            last_read_id,
            mentions: u32::try_from(unread.count()).unwrap_or_default(),
            turns: self.turns.get(&channel).copied().unwrap_or_default(),
        }
    }

    pub(super) fn own(&self) -> Me {
        Me {
            user: self.users[&self.me()].clone(),
            email: None,
            is_instance_owner: false,
            settings: Settings::default(),
        }
    }

    pub(super) fn member(&self, id: UserId) -> Member {
        self.member_with(id, ChannelId::from_trusted(11))
    }

    /// Somebody in the guild of a channel.
    fn member_with(&self, id: UserId, channel: ChannelId) -> Member {
        let roles = self.crew(channel).filter(|_| id == self.me()).into_iter().collect();
        Member { user: self.users[&id].clone(), joined_at: Timestamp::from_millis(0), roles }
    }

    /// The role that the person has in the guild of a channel.
    pub(super) fn crew(&self, channel: ChannelId) -> Option<RoleId> {
        let role = if channel == self.far_channel() { 51 } else { 50 };
        (channel != self.dm).then(|| RoleId::from_trusted(role))
    }

    pub(super) fn rev(&self, stream: Stream) -> Rev {
        self.revs.get(&stream).copied().unwrap_or_default()
    }
}
