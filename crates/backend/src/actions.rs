//! All an actor may do: check → write, with its events. One file per noun. Permissions are decided here and
//! nowhere else.

pub mod access;
pub mod accounts;
pub mod attachments;
pub mod channels;
pub mod dms;
pub mod guilds;
pub mod inbox;
pub mod invites;
pub mod members;
mod mentions;
pub mod messages;
pub mod pages;
pub mod pins;
pub mod previews;
pub mod reactions;
pub mod search;
pub mod sync;
pub mod threads;

use protocol::Result;
use protocol::parse::Nonce;

/// A retry key from a request; empty means the client did not send one.
fn nonce(text: &str) -> Result<Option<String>> {
    if text.is_empty() { Ok(None) } else { Nonce::parse(text).map(|nonce| Some(nonce.into_string())) }
}
