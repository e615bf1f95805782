//! Invites: links that let people into a guild.

use serde::{Deserialize, Serialize};

use super::User;
use crate::{GuildId, InviteId, Timestamp};

/// An invite as its makers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// For revoking it.
    pub id: InviteId,
    /// The secret in the link.
    pub code: String,
    /// Where it leads.
    pub guild_id: GuildId,
    /// Who made it.
    pub inviter: User,
    /// Until when; `None` for ever.
    pub expires_at: Option<Timestamp>,
    /// How often at most; `None` without limit.
    pub max_uses: Option<u32>,
    /// How often so far.
    pub uses: u32,
}

/// What an invite shows to anybody who holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitePreview {
    /// The code.
    pub code: String,
    /// The server's id; known anyway after joining.
    pub guild_id: GuildId,
    /// The server's name.
    pub guild_name: String,
    /// How many are in it.
    pub member_count: u32,
    /// Who invites.
    pub inviter: String,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// How many more may use it.
    pub uses_left: Option<u32>,
    /// Whether the caller is already in.
    pub is_member: bool,
    /// Whether the caller is signed in.
    pub signed_in: bool,
}
