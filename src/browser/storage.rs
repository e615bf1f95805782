//! What this device remembers: one draft for each person and channel. Other tabs see it; the backend never does,
//! nor does anybody else who signs in here.

use protocol::{ChannelId, UserId};

fn storage() -> Option<web_sys::Storage> {
    // Refused in some private windows: then drafts last as long as the page.
    web_sys::window()?.local_storage().ok()?
}

fn key(person: UserId, channel: ChannelId) -> String {
    ["draft", &person.to_string(), &channel.to_string()].join(":")
}

/// What the person was writing in a channel.
pub fn draft(person: UserId, channel: ChannelId) -> Option<String> {
    storage()?.get_item(&key(person, channel)).ok()?.filter(|text| !text.is_empty())
}

/// Remembers what is being written; an empty text is forgotten.
pub fn set_draft(person: UserId, channel: ChannelId, text: &str) {
    let Some(storage) = storage() else { return };
    // A full storage loses the draft after a reload, and nothing else.
    _ = if text.is_empty() {
        storage.remove_item(&key(person, channel))
    } else {
        storage.set_item(&key(person, channel), text)
    };
}
