//! The nouns both sides speak of, as they travel.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::permissions::{Overwrite, Permissions};
use crate::{ChannelId, GuildId, MessageId, Rev, RoleId, SessionId, Timestamp, UserId};

mod addressed;
mod attachment;
mod embed;
mod invite;
mod thread;

pub use addressed::Addressed;
pub use attachment::{Attachment, NewAttachment};
pub use embed::{Embed, EmbedKind, EmbedPicture};
pub use invite::{Invite, InvitePreview};
pub use thread::{FollowedThread, Following, Thread, ThreadSummary};

/// What everybody may know about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// Unique, for signing in and for `@username`.
    pub username: String,
    /// How they want to be called.
    pub display_name: String,
}

impl User {
    /// One of the twelve hues of the palette, 1 to 12: the same everywhere without storing a colour.
    pub fn hue(&self) -> u8 {
        hue_of(self.id.get())
    }
}

/// The hue (1 to 12) of anything with a snowflake. The low bits are a sequence, mostly 0, so time is mixed in.
pub fn hue_of(id: i64) -> u8 {
    let mixed = (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    (mixed % 12) as u8 + 1
}

/// Up to two letters that stand for a name without a picture.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next().or_else(|| name.chars().next());
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

/// A community with channels; "server" on screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guild {
    /// Which.
    pub id: GuildId,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner_id: UserId,
    /// Where system messages go, if anywhere.
    pub system_channel_id: Option<ChannelId>,
}

/// Named permission bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Which; @everyone's equals the guild's id.
    pub id: RoleId,
    /// Its name.
    pub name: String,
    /// What it gives.
    pub permissions: Permissions,
    /// Higher stands above lower; @everyone is 0.
    pub position: i32,
}

/// A person in a guild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user: User,
    /// Since when.
    pub joined_at: Timestamp,
    /// Roles besides @everyone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleId>,
}

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }
        impl $name {
            /// The published number.
            pub const fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)* }
            }
            /// From the published number.
            pub const fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u8(self.number())
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number = u8::deserialize(deserializer)?;
                Self::from_number(number.into()).ok_or_else(|| serde::de::Error::custom("unknown type number"))
            }
        }
    };
}

numbered! {
    /// What a channel is for. Numbers are Discord's `ChannelType`.
    ChannelKind {
        /// Text in a guild.
        Text = 0,
        /// Two people.
        Dm = 1,
        /// A heading over channels.
        Category = 4,
        /// A conversation on the side of a text channel (`PUBLIC_THREAD`).
        Thread = 11,
    }
}

numbered! {
    /// What a message is. Numbers are Discord's `MessageType`.
    MessageKind {
        /// Somebody said something.
        Default = 0,
        /// Somebody left (`RECIPIENT_REMOVE`).
        Leave = 2,
        /// Somebody joined (`USER_JOIN`).
        Join = 7,
        /// Somebody answered a message.
        Reply = 19,
    }
}

impl MessageKind {
    /// Written by the backend, not by a person.
    pub const fn is_system(self) -> bool {
        matches!(self, Self::Join | Self::Leave)
    }
}

/// A place for messages inside a guild, or a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Which.
    pub id: ChannelId,
    /// Where.
    pub guild_id: GuildId,
    /// Text, category or thread.
    pub kind: ChannelKind,
    /// Its name.
    pub name: String,
    /// What it is about; empty when nobody said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// The category it stands under, or the channel a thread belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<ChannelId>,
    /// Order among its siblings, ties broken by id.
    pub position: i32,
    /// Exceptions to the guild's permissions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overwrites: Vec<Overwrite>,
    /// Newest message, for unread marks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_id: Option<MessageId>,
    /// What only threads have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
}

/// Where a channel stands, for reordering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelPlace {
    /// Which channel.
    pub id: ChannelId,
    /// Under which category.
    pub parent_id: Option<ChannelId>,
    /// At which place.
    pub position: i32,
}

/// A conversation of two people, seen by one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dm {
    /// The channel.
    pub id: ChannelId,
    /// The other one.
    pub recipient: User,
    /// Newest message, for order and unread marks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_id: Option<MessageId>,
}

/// The message a reply answers, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// Which; may be gone.
    pub id: MessageId,
    /// Who wrote it and how it begins; `None` once it is deleted.
    pub preview: Option<Preview>,
}

/// Author and beginning of a quoted message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Who wrote it.
    pub author: User,
    /// The beginning of its text, as `markup::quotation` leaves it: one that `markup::excerpt`, which knows the names,
    /// makes the same line of as of the whole.
    pub content: String,
}

impl Preview {
    /// A preview of a message by its author and its whole text.
    pub fn of(author: User, content: String) -> Self {
        let content = crate::markup::quotation(content);
        Self { author, content }
    }
}

/// One emoji under a message, as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// How many people reacted with it; never 0.
    pub count: u32,
    /// Whether this person did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub me: bool,
}

/// A chat message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Which; sorts by time.
    pub id: MessageId,
    /// Where.
    pub channel_id: ChannelId,
    /// Who.
    pub author: User,
    /// What kind.
    pub kind: MessageKind,
    /// The text in markup, people and channels as `<@id>` and `<#id>`. Empty for system messages, and where files say
    /// it all.
    pub content: String,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Quoted>,
    /// Whom it addresses by name. Whoever is addressed was when it was sent: an edit calls nobody, it only takes back whom
    /// its text does not name any more. The same holds for the following three.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<User>,
    /// Whether the `@everyone` or `@here` in its text calls anybody: its author may do that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mention_everyone: bool,
    /// Of everyone only these, besides those addressed by name and role: it says `@here`, and they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mention_here: Option<Vec<UserId>>,
    /// Roles it addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mention_roles: Vec<RoleId>,
    /// Its files, in the order their author gave them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What is behind its links, in their order; known a moment after it was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub embeds: Vec<Embed>,
    /// Emoji under it, in the order they first came. In pages of history alone: what an event or the answer to a
    /// change brings says nothing about them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// Whether it is pinned in its channel.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// The thread that was started from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<ThreadSummary>,
    /// The sender's retry key, which finds the row that is already on their screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

impl Message {
    /// When it was sent.
    pub fn created_at(&self) -> Timestamp {
        self.id.created_at()
    }

    /// Whether it addresses somebody with these roles, in whatever way. Nobody addresses themselves.
    pub fn addresses(&self, user: UserId, roles: &[RoleId]) -> bool {
        let is_here = self.mention_here.as_ref().is_none_or(|here| here.contains(&user));
        user != self.author.id
            && (self.mention_everyone && is_here
                || self.mentions.iter().any(|mentioned| mentioned.id == user)
                || self.mention_roles.iter().any(|role| roles.contains(role)))
    }

    /// All whom it addresses.
    pub fn addressed(&self) -> Addressed {
        let named = self.mentions.iter().map(|user| user.id);
        let mut mentions: Vec<UserId> = named.chain(self.mention_here.iter().flatten().copied()).collect();
        mentions.sort_unstable();
        mentions.dedup();
        Addressed {
            mentions,
            mention_everyone: self.mention_everyone && self.mention_here.is_none(),
            mention_roles: self.mention_roles.clone(),
        }
    }
}

/// How far somebody has read in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMark {
    /// Where.
    pub channel_id: ChannelId,
    /// The newest message seen; `None` if none ever was.
    pub last_read_id: Option<MessageId>,
    /// Mentions after that.
    pub mentions: u32,
    /// How often it was moved back, by "Mark unread". Of two marks of a channel the one that was moved back more often is
    /// the newer one, and of those moved back equally often the one that is further.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub turns: u32,
}

/// What a client has to know of a channel whose read mark was moved back: it may have listed it as read, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedBack {
    /// The guild it is in; none for a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guild_id: Option<GuildId>,
    /// Its newest message when the mentions were counted.
    pub newest_id: MessageId,
    /// Revision of its stream then: what was deleted up to it was not counted.
    pub rev: Rev,
    /// Where the mark was before. What the person wrote moves it forward without an event of its own: what they wrote up to
    /// here does not any more.
    pub from_id: MessageId,
}

/// Whether a number need not be said.
pub(crate) fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One device somebody is signed in on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The session behind it.
    pub id: SessionId,
    /// Browser and system, in words.
    pub name: String,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last used, to within five minutes.
    pub last_used_at: Timestamp,
    /// The one that asks.
    pub is_current: bool,
}

/// Whether somebody is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// At least one live socket.
    Online,
    /// None.
    Offline,
}

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }
        impl $name {
            /// Every choice, in the order it is offered.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// The value in forms, attributes and JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
            /// From the value in a form.
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

choices! {
    /// Colours.
    Theme {
        /// As the device has it.
        #[default] System = "system",
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
    }
}
choices! {
    /// How close messages stand.
    Density {
        /// Pictures and space.
        #[default] Cozy = "cozy",
        /// Name and words on one line.
        Compact = "compact",
    }
}
choices! {
    /// Size of everything.
    TextSize {
        /// 93.75 %.
        Small = "small",
        /// 100 %.
        #[default] Normal = "normal",
        /// 112.5 %.
        Large = "large",
        /// 125 %.
        Larger = "larger",
    }
}

/// A person's own settings, the same on all their devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Colours.
    pub theme: Theme,
    /// How close messages stand.
    pub density: Density,
    /// Size of everything.
    pub text_size: TextSize,
}

/// The person who is signed in, with what only they may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// What everybody sees.
    pub user: User,
    /// For signing in and recovery.
    pub email: Option<String>,
    /// Whether the instance is theirs.
    pub is_instance_owner: bool,
    /// Their settings.
    pub settings: Settings,
}
