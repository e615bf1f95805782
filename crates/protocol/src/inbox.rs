//! The inbox: what somebody was addressed by lately, wherever that was.

use serde::{Deserialize, Serialize};

use crate::entity::Message;
use crate::{GuildId, MessageId};

/// A page of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InboxPage {
    /// Newest first, at most [`crate::limits::INBOX_PAGE`]. There may be fewer and yet a next page.
    pub mentions: Vec<Mentioned>,
    /// The next page is what was said before this one; none after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<MessageId>,
}

/// A message that addresses the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mentioned {
    /// As it is now; without reactions.
    pub message: Message,
    /// Where it was said; none for a direct conversation, which is that with its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<MentionPlace>,
}

/// A channel of a guild, or a thread of one, that need not be on screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionPlace {
    /// The guild.
    pub guild_id: GuildId,
    /// Its name.
    pub guild_name: String,
    /// The name of the channel or thread.
    pub channel_name: String,
}
