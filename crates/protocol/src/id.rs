//! Snowflake ids: positive 64-bit numbers that sort by time and travel as decimal strings.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Timestamp;

/// Milliseconds from the Unix epoch to 2015-01-01T00:00:00Z, the epoch of Discord's snowflakes. Client
/// libraries derive creation times from ids, so the epoch has to be theirs.
pub const EPOCH_MS: i64 = 1_420_070_400_000;
/// Bits of the sequence within one millisecond and node.
pub const SEQUENCE_BITS: u32 = 12;
/// Bits of the node number.
pub const NODE_BITS: u32 = 10;

/// A snowflake: milliseconds since [`EPOCH_MS`] << 22 | node << 12 | sequence. `T` says of what.
pub struct Id<T> {
    value: i64,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// Wraps a number; `None` unless it is positive.
    pub const fn new(value: i64) -> Option<Self> {
        if value > 0 { Some(Self { value, of: PhantomData }) } else { None }
    }

    /// Wraps a number that came out of our own database or generator, where only positive ones exist.
    /// Anything else becomes 1, which no generator ever hands out.
    pub const fn from_trusted(value: i64) -> Self {
        Self { value: if value > 0 { value } else { 1 }, of: PhantomData }
    }

    /// The number itself.
    pub const fn get(self) -> i64 {
        self.value
    }

    /// When it was taken.
    pub const fn created_at(self) -> Timestamp {
        Timestamp::from_millis((self.value >> (SEQUENCE_BITS + NODE_BITS)) + EPOCH_MS)
    }

    /// The same number as the id of something else, for the ids that are equal by rule (@everyone's role id
    /// equals its guild's id).
    pub const fn cast<U>(self) -> Id<U> {
        Id { value: self.value, of: PhantomData }
    }
}

// Derives would ask for `T: Clone` and so on; the marker is never there.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)
    }
}
impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)
    }
}

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

impl<T> FromStr for Id<T> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // `parse` alone would take "+5" and "007": one id has one spelling, or caches and links disagree.
        if text.is_empty() || text.starts_with('0') || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAnId);
        }
        text.parse().ok().and_then(Self::new).ok_or(NotAnId)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<T>(PhantomData<fn() -> T>);
        impl<T> de::Visitor<'_> for Text<T> {
            type Value = Id<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id as a decimal string")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id<T>, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text(PhantomData))
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $marker:ident => $alias:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $marker {}
        $(#[$doc])*
        pub type $alias = Id<$marker>;
    )*};
}

ids! {
    /// A community with channels.
    GuildMark => GuildId;
    /// A place for messages, in a guild or between two people.
    ChannelMark => ChannelId;
    /// A person.
    UserMark => UserId;
    /// A chat message.
    MessageMark => MessageId;
    /// A file that belongs to a message.
    AttachmentMark => AttachmentId;
    /// Named permission bits. @everyone's role id equals the guild's id.
    RoleMark => RoleId;
    /// A login on one device.
    SessionMark => SessionId;
    /// An invite, for its owner; the code it is used by is a secret of its own.
    InviteMark => InviteId;
}

#[cfg(test)]
mod tests {
    use super::{GuildId, UserId};

    #[test]
    fn an_id_travels_as_a_decimal_string() {
        let id = UserId::new(175_928_847_299_117_063).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"175928847299117063\"");
        assert_eq!(serde_json::from_str::<UserId>("\"175928847299117063\"").unwrap(), id);
    }

    #[test]
    fn the_time_of_a_published_snowflake_is_the_published_time() {
        // Example of Discord's reference: 2016-04-30 11:18:25.796 UTC.
        let id = UserId::new(175_928_847_299_117_063).unwrap();
        assert_eq!(id.created_at().as_millis(), 1_462_015_105_796);
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in ["", "0", "-1", "+1", "007", " 1", "1 ", "1e3", "9223372036854775808", "x"] {
            assert!(text.parse::<GuildId>().is_err(), "{text:?} must not be an id");
        }
        assert!(serde_json::from_str::<UserId>("5").is_err(), "a bare number loses digits in JavaScript");
    }
}
