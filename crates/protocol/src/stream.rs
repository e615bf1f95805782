//! Streams and revisions: the one source of order.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::NotAnId;
use crate::{ChannelId, GuildId, UserId};

/// How many changes a stream has seen. Commit order is revision order.
pub type Rev = i64;

/// What a durable change belongs to. Exactly one stream per event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// A guild with its channels, members and messages: `g:123`.
    Guild(GuildId),
    /// A conversation between two people: `d:77`.
    Dm(ChannelId),
    /// A person's own settings, read marks, guild and DM lists: `u:5`.
    User(UserId),
}

/// How far a client has got in each of its streams.
pub type Cursors = BTreeMap<Stream, Rev>;

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guild(id) => write!(f, "g:{id}"),
            Self::Dm(id) => write!(f, "d:{id}"),
            Self::User(id) => write!(f, "u:{id}"),
        }
    }
}

impl FromStr for Stream {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        match text.split_once(':') {
            Some(("g", id)) => Ok(Self::Guild(id.parse()?)),
            Some(("d", id)) => Ok(Self::Dm(id.parse()?)),
            Some(("u", id)) => Ok(Self::User(id.parse()?)),
            _ => Err(NotAnId),
        }
    }
}

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Stream;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a stream such as g:123")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Stream, E> {
                text.parse().map_err(|_| E::custom("not a stream"))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursors, Stream};

    #[test]
    fn cursors_are_a_json_object_keyed_by_stream() {
        let cursors: Cursors = serde_json::from_str(r#"{"g:123":42,"d:77":9,"u:5":3}"#).unwrap();
        assert_eq!(cursors.get(&"g:123".parse::<Stream>().unwrap()), Some(&42));
        assert_eq!(serde_json::to_string(&cursors).unwrap(), r#"{"g:123":42,"d:77":9,"u:5":3}"#);
    }

    #[test]
    fn a_stream_that_is_none_is_refused() {
        for text in ["", "g", "g:", "x:1", "g:0", "g:-1", "g:1:2"] {
            assert!(text.parse::<Stream>().is_err(), "{text:?}");
        }
    }
}
