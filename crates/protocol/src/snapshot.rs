//! What a page carries so that nothing has to be asked twice: state together with the cursors it was read at.

use serde::{Deserialize, Serialize};

use crate::entity::{
    Channel, Dm, FollowedThread, Guild, Me, Member, Message, Presence, ReadMark, Role, User, is_zero,
};
use crate::permissions::Permissions;
use crate::{ChannelId, Cursors, GuildId, MessageId, Rev, RoleId, UserId};

/// Where somebody is or wants to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Place {
    /// Direct messages, none open; also every page without messages, such as settings.
    Home,
    /// A direct conversation.
    Dm {
        /// Which.
        channel: ChannelId,
        /// The message to jump to.
        message: Option<MessageId>,
    },
    /// A guild.
    Guild {
        /// Which.
        guild: GuildId,
        /// The channel; none means the first one that can be seen.
        channel: Option<ChannelId>,
        /// The message to jump to.
        message: Option<MessageId>,
    },
}

/// A channel somebody may go to, of whichever guild of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Where it is.
    pub guild_id: GuildId,
    /// Which.
    pub channel_id: ChannelId,
    /// Its name.
    pub name: String,
}

/// Everything a signed-in page starts from, read in one database snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageData {
    /// The person's own state.
    pub home: HomeSnapshot,
    /// The guild on screen.
    pub guild: Option<GuildSnapshot>,
    /// The messages on screen.
    pub history: Option<History>,
    /// How far each stream in here has been read.
    pub cursors: Cursors,
    /// The running build.
    pub build: String,
    /// Bytes that one file of a message may have.
    pub file_bytes: u64,
}

/// A person's own stream: guild list, conversations, marks, settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeSnapshot {
    /// The person.
    pub me: Me,
    /// Guilds in the order they were joined, with what is unread in each.
    pub guilds: Vec<GuildSummary>,
    /// Open conversations, newest first, at most [`crate::limits::DMS_LISTED`].
    pub dms: Vec<Dm>,
    /// Marks of the conversations listed.
    pub dm_marks: Vec<ReadMark>,
    /// Revision of the person's stream.
    pub rev: Rev,
}

/// A guild as the rail shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuildSummary {
    /// The guild.
    pub guild: Guild,
    /// Channels with something unread, and how many mentions are in it.
    pub unread: Vec<UnreadChannel>,
    /// The person's roles in it, besides @everyone: whether a message is for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_roles: Vec<RoleId>,
    /// Threads the person follows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followed: Vec<FollowedThread>,
    /// Revision of the guild's stream.
    pub rev: Rev,
}

/// A channel with something unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadChannel {
    /// Which.
    pub channel_id: ChannelId,
    /// Its newest message.
    pub last_message_id: MessageId,
    /// How far it was read.
    pub last_read_id: Option<MessageId>,
    /// Mentions not yet read.
    pub mentions: u32,
    /// How often its read mark was moved back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub turns: u32,
}

/// A guild with all that its sidebar and member list need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuildSnapshot {
    /// The guild.
    pub guild: Guild,
    /// Channels the person can see, and those of their threads that are not archived.
    pub channels: Vec<Channel>,
    /// Roles, @everyone first.
    pub roles: Vec<Role>,
    /// The first [`crate::limits::MEMBERS_PAGE`] members by id, which is by age of the account.
    pub members: Vec<Member>,
    /// How many members there are.
    pub member_count: u32,
    /// The person's own roles, besides @everyone; they need not be among the members listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_roles: Vec<RoleId>,
    /// Read marks of the channels listed, where there are any.
    pub marks: Vec<ReadMark>,
    /// Threads the person follows, archived or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followed: Vec<FollowedThread>,
    /// Revision of the person's own stream, on which it is told what they follow.
    pub own_rev: Rev,
    /// What the person may do in the guild as a whole.
    pub access: Permissions,
    /// Where that is different; threads go by their parents.
    pub channel_access: Vec<(ChannelId, Permissions)>,
    /// Who of the members listed is here. Not part of the durable state.
    pub online: Vec<UserId>,
    /// Revision of the guild's stream.
    pub rev: Rev,
}

/// A page of messages, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Where.
    pub channel_id: ChannelId,
    /// Oldest first.
    pub messages: Vec<Message>,
    /// There are older ones.
    pub has_older: bool,
    /// There are newer ones.
    pub has_newer: bool,
    /// How far the person had read; for the line between old and new.
    pub last_read_id: Option<MessageId>,
    /// How often that mark was moved back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub turns: u32,
    /// What the person may do here.
    pub access: Permissions,
    /// The thread this is the history of: no snapshot holds those that are archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Channel>,
    /// Revision of the channel's stream when this was read.
    pub rev: Rev,
}

/// A page of a channel's threads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadPage {
    /// The one that was active last first.
    pub threads: Vec<Channel>,
    /// Who started them.
    pub owners: Vec<User>,
    /// Where the next page begins, if there is one: what to ask for as `before`.
    pub next: Option<MessageId>,
}

/// Which page of history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "page", content = "id", rename_all = "snake_case")]
pub enum Anchor {
    /// The newest.
    Latest,
    /// Those just before a message.
    Before(MessageId),
    /// Those just after a message.
    After(MessageId),
    /// Those on both sides of a message, and itself.
    Around(MessageId),
}

/// A further page of a guild's members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersPage {
    /// By id.
    pub members: Vec<Member>,
    /// Whether there are more after the last one.
    pub has_more: bool,
    /// Who of them is here.
    pub presence: Vec<(UserId, Presence)>,
}
