//! What both halves say to each other: ids, limits, errors, permissions, markup, entities, events, frames.
//!
//! This crate does no I/O, knows no clock and no framework. It compiles into the backend and into the
//! browser, so a rule written here holds on both sides: the same constructor that the backend trusts
//! tells the person at the keyboard what is wrong before anything is sent.

pub mod entity;
pub mod error;
pub mod event;
pub mod frame;
pub mod id;
pub mod inbox;
pub mod json;
#[cfg(test)]
mod json_tests;
pub mod limits;
pub mod markup;
pub mod parse;
pub mod permissions;
pub mod search;
pub mod snapshot;
pub mod stream;
mod tagged;
pub mod timestamp;

pub use error::{Error, Result};
pub use id::{AttachmentId, ChannelId, GuildId, Id, InviteId, MessageId, RoleId, SessionId, UserId};
pub use stream::{Cursors, Rev, Stream};
pub use timestamp::Timestamp;
