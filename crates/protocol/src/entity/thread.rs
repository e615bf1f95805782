//! Threads: conversations on the side of a channel.

use serde::{Deserialize, Serialize};

use super::{Channel, MovedBack, ReadMark, is_zero};
use crate::{ChannelId, MessageId, Timestamp, UserId};

/// What a thread has besides what every channel has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Who started it.
    pub owner_id: UserId,
    /// The message of its parent that it was started from; none for one that began empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starter_id: Option<MessageId>,
    /// Whether that message was deleted since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub starter_gone: bool,
    /// Messages in it.
    pub message_count: u32,
    /// When it was started, written in or opened again last.
    pub active_at: Timestamp,
    /// After so many minutes without any of that it is archived.
    pub auto_archive_minutes: u32,
    /// Whether it was put away: nobody is told of it until somebody writes in it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_archived: bool,
}

/// A thread as it stands under the message it was started from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadSummary {
    /// Which.
    pub id: ChannelId,
    /// Its name.
    pub name: String,
    /// Messages in it.
    pub message_count: u32,
    /// The newest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_id: Option<MessageId>,
    /// Whether it was put away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_archived: bool,
}

impl ThreadSummary {
    /// What stands under the message that a thread was started from; none for a channel that is no thread.
    pub fn of(channel: &Channel) -> Option<Self> {
        let thread = channel.thread.as_ref()?;
        Some(Self {
            id: channel.id,
            name: channel.name.clone(),
            message_count: thread.message_count,
            last_message_id: channel.last_message_id,
            is_archived: thread.is_archived,
        })
    }
}

/// That somebody follows a thread: only of those something can be unread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Following {
    /// Whether only what addresses them counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_muted: bool,
    /// How far they have read.
    pub mark: ReadMark,
    /// When that was counted; none while nothing was said in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<MovedBack>,
}

/// A thread that somebody follows, with what is unread in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedThread {
    /// Which.
    pub thread_id: ChannelId,
    /// Of which channel.
    pub parent_id: ChannelId,
    /// Whether only what addresses them counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_muted: bool,
    /// Whether it was put away: then nothing counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_archived: bool,
    /// Its newest message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_id: Option<MessageId>,
    /// How far it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_read_id: Option<MessageId>,
    /// Mentions not yet read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: u32,
    /// How often its read mark was moved back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub turns: u32,
}
