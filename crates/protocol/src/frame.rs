//! What travels on the gateway's socket. `docs/PROTOCOL.md` describes it; a test keeps the two together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::entity::{Presence, User};
use crate::event::Event;
use crate::tagged::tagged;
use crate::{ChannelId, Cursors, GuildId, Rev, Stream, UserId};

/// The version of the protocol this crate speaks.
pub const VERSION: u32 = 1;

/// A unit from client to server: `{"op": "...", ...}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ClientFrame {
    /// First frame of every connection: where the client stands.
    Hello {
        /// [`VERSION`].
        v: u32,
        /// How far it got; streams it does not name are sent as `reset`.
        cursors: Cursors,
    },
    /// A heartbeat.
    Ping {
        /// Returned in the answer.
        n: u64,
    },
    /// The person is writing: given every [`crate::limits::TYPING_EVERY_MS`] while they do, and anew after each message. At
    /// most three in that time have an effect.
    Typing {
        /// Where.
        channel: ChannelId,
    },
    /// What the person looks at; presence is sent for that alone.
    Focus {
        /// The guild on screen, or none (then: the direct conversations).
        guild: Option<GuildId>,
    },
}

tagged! {
    "op",
    /// A unit from server to client: `{"op": "...", ...}`.
    #[allow(clippy::large_enum_variant, reason = "frames are decoded one by one and never kept in bulk")]
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum ServerFrame as "ServerFrame" {
        /// Answer to hello. Replayed events follow, then `live`.
        Ready {
            /// The protocol's version.
            v: u32,
            /// Milliseconds between pings.
            heartbeat_ms: u32,
            /// Which build answers; another one than the page's means: reload when convenient.
            build: String,
        },
        /// A durable change.
        Event {
            /// Its stream.
            s: Stream,
            /// Its revision: the client's cursor from now on.
            rev: Rev,
            /// What happened.
            e: Event,
        },
        /// Everything that was missed has been sent; what follows happens now.
        Live,
        /// The stream's snapshot has to be fetched anew.
        Reset {
            /// Which stream.
            s: Stream,
        },
        /// The person has no part in this stream any more; what is known of it is to be forgotten.
        Gone {
            /// Which stream.
            s: Stream,
        },
        /// Answer to ping.
        Pong {
            /// The ping's number.
            n: u64,
            /// How far the server has considered each stream for this connection, where that changed since the
            /// last pong. Frames come in order: what lies between a cursor and this was not for this person.
            revs: BTreeMap<Stream, Rev>,
        },
        /// Somebody is writing. Never stored.
        Typing {
            /// Where.
            channel: ChannelId,
            /// Who.
            user: User,
        },
        /// Who is here. Never stored.
        Presence {
            /// Set when this replaces all that is known for the guild in focus (or, without a guild, the DMs).
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            all: bool,
            /// The guild this is about; none for direct conversations.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            guild: Option<GuildId>,
            /// Who and how.
            users: BTreeMap<UserId, Presence>,
        },
        /// The server closes the connection.
        Bye {
            /// Why.
            code: CloseCode,
            /// Milliseconds to wait before coming back; none means: do not come back by yourself.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            retry_after_ms: Option<u32>,
        },
    }
}

/// Why a connection ends; also the WebSocket close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// 4000: the server is stopping. Come back after the time given.
    Restarting,
    /// 4001: the session ended. Sign in again.
    SignedOut,
    /// 4002: a frame could not be understood.
    Malformed,
    /// 4003: the first frame was no hello, or spoke another version.
    NoHello,
    /// 4008: the client reads too slowly. Come back and resume.
    TooSlow,
    /// 4009: no heartbeat for two and a half intervals.
    Silent,
    /// 4029: too many frames or connections.
    TooMany,
}

impl CloseCode {
    /// The number on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Self::Restarting => 4000,
            Self::SignedOut => 4001,
            Self::Malformed => 4002,
            Self::NoHello => 4003,
            Self::TooSlow => 4008,
            Self::Silent => 4009,
            Self::TooMany => 4029,
        }
    }

    /// From the number on the wire.
    pub const fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            4000 => Self::Restarting,
            4001 => Self::SignedOut,
            4002 => Self::Malformed,
            4003 => Self::NoHello,
            4008 => Self::TooSlow,
            4009 => Self::Silent,
            4029 => Self::TooMany,
            _ => return None,
        })
    }
}

impl Serialize for CloseCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.number())
    }
}

impl<'de> Deserialize<'de> for CloseCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_number(u16::deserialize(deserializer)?)
            .ok_or_else(|| serde::de::Error::custom("unknown close code"))
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientFrame, CloseCode, ServerFrame};

    #[test]
    fn frames_look_as_documented() {
        let hello = r#"{"op":"hello","v":1,"cursors":{"g:123":42,"d:77":9,"u:5":3}}"#;
        let frame: ClientFrame = serde_json::from_str(hello).unwrap();
        assert_eq!(serde_json::to_string(&frame).unwrap(), hello);
        let bye = ServerFrame::Bye { code: CloseCode::SignedOut, retry_after_ms: None };
        assert_eq!(serde_json::to_string(&bye).unwrap(), r#"{"op":"bye","code":4001}"#);
    }

    #[test]
    fn an_unknown_op_is_an_error() {
        assert!(serde_json::from_str::<ClientFrame>(r#"{"op":"shutdown"}"#).is_err());
    }
}
