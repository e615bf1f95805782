//! Who may do what: bits, overwrites, and the one pure function that decides.
//!
//! Bits and the order of overwrites are Discord's published ones, so that bots and habits carry over.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Id, RoleId, UserId};

/// A set of permission bits; a decimal string in JSON, as more than 53 bits are in use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u64);

impl Permissions {
    /// Nothing at all.
    pub const NONE: Self = Self(0);
    /// Make invites.
    pub const CREATE_INVITE: Self = Self(1 << 0);
    /// Remove members.
    pub const KICK_MEMBERS: Self = Self(1 << 1);
    /// Everything, past every overwrite.
    pub const ADMINISTRATOR: Self = Self(1 << 3);
    /// Make, change, order and delete channels.
    pub const MANAGE_CHANNELS: Self = Self(1 << 4);
    /// Rename the guild, see and revoke its invites.
    pub const MANAGE_GUILD: Self = Self(1 << 5);
    /// React with an emoji that nobody has reacted with yet.
    pub const ADD_REACTIONS: Self = Self(1 << 6);
    /// Know that the channel exists and read what arrives.
    pub const VIEW_CHANNEL: Self = Self(1 << 10);
    /// Write messages.
    pub const SEND_MESSAGES: Self = Self(1 << 11);
    /// Delete other people's messages.
    pub const MANAGE_MESSAGES: Self = Self(1 << 13);
    /// Have the links of one's messages shown with what is behind them.
    pub const EMBED_LINKS: Self = Self(1 << 14);
    /// Add files to one's messages.
    pub const ATTACH_FILES: Self = Self(1 << 15);
    /// Read what was written before.
    pub const READ_HISTORY: Self = Self(1 << 16);
    /// Address many at once: `@everyone`, `@here`, and all who have a role. Roles have no switch of their own for it.
    pub const MENTION_EVERYONE: Self = Self(1 << 17);
    /// Rename, archive and delete other people's threads.
    pub const MANAGE_THREADS: Self = Self(1 << 34);
    /// Start threads.
    pub const CREATE_PUBLIC_THREADS: Self = Self(1 << 35);
    /// Write in threads.
    pub const SEND_MESSAGES_IN_THREADS: Self = Self(1 << 38);
    /// Pin messages, and take them down.
    pub const PIN_MESSAGES: Self = Self(1 << 51);
    /// Every bit this version knows.
    pub const ALL: Self = Self(
        Self::CREATE_INVITE.0
            | Self::KICK_MEMBERS.0
            | Self::ADMINISTRATOR.0
            | Self::MANAGE_CHANNELS.0
            | Self::MANAGE_GUILD.0
            | Self::ADD_REACTIONS.0
            | Self::VIEW_CHANNEL.0
            | Self::SEND_MESSAGES.0
            | Self::MANAGE_MESSAGES.0
            | Self::EMBED_LINKS.0
            | Self::ATTACH_FILES.0
            | Self::READ_HISTORY.0
            | Self::MENTION_EVERYONE.0
            | Self::MANAGE_THREADS.0
            | Self::CREATE_PUBLIC_THREADS.0
            | Self::SEND_MESSAGES_IN_THREADS.0
            | Self::PIN_MESSAGES.0,
    );
    /// What everybody may do who may talk somewhere.
    const TALK: Self = Self(
        Self::VIEW_CHANNEL.0
            | Self::SEND_MESSAGES.0
            | Self::EMBED_LINKS.0
            | Self::ATTACH_FILES.0
            | Self::READ_HISTORY.0
            | Self::ADD_REACTIONS.0,
    );
    /// What @everyone gets in a new guild.
    pub const EVERYONE_DEFAULT: Self = Self(
        Self::CREATE_INVITE.0
            | Self::TALK.0
            | Self::CREATE_PUBLIC_THREADS.0
            | Self::SEND_MESSAGES_IN_THREADS.0,
    );
    /// What the two people of a direct conversation may do in it.
    pub const DM: Self = Self(Self::TALK.0 | Self::PIN_MESSAGES.0);

    /// From stored bits; unknown ones are kept, a newer version may have set them.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether every bit of `wanted` is here.
    pub const fn contains(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

impl BitOr for Permissions {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
impl BitOrAssign for Permissions {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
impl BitAnd for Permissions {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
impl Not for Permissions {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}
impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permissions({:#x})", self.0)
    }
}
impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Permissions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("permission bits as a decimal string")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Permissions, E> {
                text.parse().map(Permissions).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Whom an [`Overwrite`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "of", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// Everybody with this role; the guild's own id means @everyone.
    Role(RoleId),
    /// One person.
    Member(UserId),
}

/// A channel's exception for a role or a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overwrite {
    /// For whom.
    pub subject: Subject,
    /// Bits given.
    pub allow: Permissions,
    /// Bits taken.
    pub deny: Permissions,
}

/// All that is known about somebody's place in a guild. `None` in its place means: not a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub user: UserId,
    /// Whether the guild is theirs.
    pub is_owner: bool,
    /// The guild's @everyone role id, equal to the guild's id.
    pub everyone_role: RoleId,
    /// What @everyone may do.
    pub everyone: Permissions,
    /// The person's other roles.
    pub roles: Vec<(RoleId, Permissions)>,
}

/// What somebody may do in a guild as a whole.
pub fn in_guild(standing: Option<&Standing>) -> Permissions {
    let Some(standing) = standing else { return Permissions::NONE };
    if standing.is_owner {
        return Permissions::ALL;
    }
    let base = standing.roles.iter().fold(standing.everyone, |sum, (_, bits)| sum | *bits);
    if base.contains(Permissions::ADMINISTRATOR) { Permissions::ALL } else { base }
}

/// What somebody may do in one channel: the guild's bits, then the channel's exceptions for @everyone, for all
/// roles together, for the person. Who cannot view a channel can do nothing in it.
pub fn in_channel(standing: Option<&Standing>, overwrites: &[Overwrite]) -> Permissions {
    let Some(standing) = standing else { return Permissions::NONE };
    let base = in_guild(Some(standing));
    if base.contains(Permissions::ADMINISTRATOR) {
        return Permissions::ALL;
    }
    let sum = |applies: &dyn Fn(Subject) -> bool| {
        overwrites
            .iter()
            .filter(|o| applies(o.subject))
            .fold((Permissions::NONE, Permissions::NONE), |(allow, deny), o| (allow | o.allow, deny | o.deny))
    };
    let everyone = sum(&|subject| subject == Subject::Role(standing.everyone_role));
    let roles = sum(
        &|subject| matches!(subject, Subject::Role(id) if standing.roles.iter().any(|(role, _)| *role == id)),
    );
    let member = sum(&|subject| subject == Subject::Member(standing.user));
    let bits = [everyone, roles, member].iter().fold(base, |bits, (allow, deny)| (bits & !*deny) | *allow);
    if bits.contains(Permissions::VIEW_CHANNEL) { bits } else { Permissions::NONE }
}

/// What somebody may do in a thread, from what they may do in its parent: the same, but that writing has a permission of
/// its own, and that no thread begins in a thread.
pub fn in_thread(parent: Permissions) -> Permissions {
    let bits = parent & !(Permissions::SEND_MESSAGES | Permissions::CREATE_PUBLIC_THREADS);
    if parent.contains(Permissions::SEND_MESSAGES_IN_THREADS) {
        bits | Permissions::SEND_MESSAGES
    } else {
        bits
    }
}

/// The id of a guild's @everyone role.
pub fn everyone_role<T>(guild: Id<T>) -> RoleId {
    guild.cast()
}

#[cfg(test)]
mod tests;
