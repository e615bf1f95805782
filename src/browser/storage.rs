//! What this device remembers: one draft for each channel. Other tabs see it; the backend never does.

use protocol::ChannelId;

fn storage() -> Option<web_sys::Storage> {
    // Refused in some private windows: then drafts last as long as the page.
    web_sys::window()?.local_storage().ok()?
}

fn key(channel: ChannelId) -> String {
    let mut key = "draft:".to_owned();
    key.push_str(&channel.to_string());
    key
}

/// What was being written in a channel.
pub fn draft(channel: ChannelId) -> Option<String> {
    storage()?.get_item(&key(channel)).ok()?.filter(|text| !text.is_empty())
}

/// Remembers what is being written; an empty text is forgotten.
pub fn set_draft(channel: ChannelId, text: &str) {
    let Some(storage) = storage() else { return };
    // A full storage loses the draft after a reload, and nothing else.
    _ = if text.is_empty() {
        storage.remove_item(&key(channel))
    } else {
        storage.set_item(&key(channel), text)
    };
}
