//! What this device remembers: drafts, and messages that were not confirmed. Other tabs see it; the backend never does,
//! nor does anybody else who signs in here.

use std::sync::Arc;

use protocol::entity::Attachment;
use protocol::{ChannelId, Error, MessageId, UserId, json};
use wasm_bindgen::JsCast;
use web_sys::{Event, StorageEvent};

fn storage() -> Option<web_sys::Storage> {
    // Refused in some private windows: then all of it lasts as long as the page.
    web_sys::window()?.local_storage().ok()?
}

fn draft_key(person: UserId, channel: ChannelId) -> String {
    ["draft", &person.to_string(), &channel.to_string()].join(":")
}

/// What the person was writing in a channel.
pub fn draft(person: UserId, channel: ChannelId) -> Option<String> {
    storage()?.get_item(&draft_key(person, channel)).ok()?.filter(|text| !text.is_empty())
}

/// Remembers what is being written; an empty text is forgotten.
pub fn set_draft(person: UserId, channel: ChannelId, text: &str) {
    let Some(storage) = storage() else { return };
    // A full storage loses the draft after a reload, and nothing else.
    _ = if text.is_empty() {
        storage.remove_item(&draft_key(person, channel))
    } else {
        storage.set_item(&draft_key(person, channel), text)
    };
}

/// What another tab made of a draft: what it was, and what it is now.
pub fn changed_draft(event: &Event, person: UserId, channel: ChannelId) -> Option<(String, String)> {
    let event: &StorageEvent = event.dyn_ref()?;
    let is_it = event.key()? == draft_key(person, channel);
    is_it.then(|| (event.old_value().unwrap_or_default(), event.new_value().unwrap_or_default()))
}

/// A message that was written here and not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Its retry key.
    pub nonce: Arc<str>,
    /// Where it goes.
    pub channel: ChannelId,
    /// What it answers.
    pub reply_to: Option<MessageId>,
    /// When it was written: milliseconds since the Unix epoch, by the clock here.
    pub written_ms: i64,
    /// Why it was refused, so that it is up to the person what becomes of it.
    pub refused: Option<Error>,
    /// Its files, which the backend has.
    pub attachments: Vec<Attachment>,
    /// Its text.
    pub content: String,
}

impl Unsent {
    /// Three numbers, the error and the files, each on its line, and the text.
    fn to_text(&self) -> String {
        let reply = self.reply_to.map(|id| id.get()).unwrap_or_default();
        let numbers = [self.channel.get(), reply, self.written_ms].map(|number| number.to_string());
        let refused = serde_json::to_string(&self.refused).unwrap_or_default();
        let files = serde_json::to_string(&self.attachments).unwrap_or_default();
        [&numbers.join("\n"), "\n", &refused, "\n", &files, "\n", &self.content].concat()
    }

    fn from_text(nonce: &str, text: &str) -> Option<Self> {
        let mut lines = text.splitn(6, '\n');
        let mut number = || lines.next()?.parse::<i64>().ok();
        let (channel, reply, written_ms) = (number()?, number()?, number()?);
        Some(Self {
            nonce: nonce.into(),
            channel: ChannelId::new(channel)?,
            reply_to: MessageId::new(reply),
            written_ms,
            refused: json::read(lines.next()?).ok()?,
            attachments: json::read(lines.next()?).ok()?,
            content: lines.next()?.to_owned(),
        })
    }
}

fn unsent_keys(person: UserId) -> String {
    ["unsent", &person.to_string(), ""].join(":")
}

/// Remembers a message until [`forget_unsent`].
pub fn keep_unsent(person: UserId, unsent: &Unsent) {
    if let Some(storage) = storage() {
        // A full storage loses the message with the page, and nothing else.
        _ = storage.set_item(&[&unsent_keys(person), &*unsent.nonce].concat(), &unsent.to_text());
    }
}

/// Forgets a message: it arrived, or was taken back.
pub fn forget_unsent(person: UserId, nonce: &str) {
    if let Some(storage) = storage() {
        _ = storage.remove_item(&[&unsent_keys(person), nonce].concat());
    }
}

/// The person's messages that no page got confirmed, in the order they were written.
pub fn unsent(person: UserId) -> Vec<Unsent> {
    let Some(storage) = storage() else { return Vec::new() };
    let prefix = unsent_keys(person);
    let count = storage.length().unwrap_or_default();
    let keys = (0..count).filter_map(|at| storage.key(at).ok().flatten());
    let found =
        keys.filter_map(|key| Unsent::from_text(key.strip_prefix(&prefix)?, &storage.get_item(&key).ok()??));
    // Few, and each put in its place: a sort of their own would be more to load than all of this.
    let mut all: Vec<Unsent> = Vec::new();
    for unsent in found {
        let at = all.partition_point(|known| known.written_ms <= unsent.written_ms);
        all.insert(at, unsent);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsent_message_is_read_as_it_was_written() {
        let unsent = Unsent {
            nonce: "abc".into(),
            channel: ChannelId::from_trusted(7),
            reply_to: None,
            written_ms: 1_760_000_000_000,
            refused: None,
            attachments: Vec::new(),
            content: "two\nlines\n".to_owned(),
        };
        let answer = Unsent { reply_to: MessageId::new(9), refused: Some(Error::TooLarge), ..unsent.clone() };
        let file = r#"{"id":"7","filename":"a\nb.png","content_type":"image/png","size":1}"#;
        let with_file = Unsent { attachments: vec![json::read(file).unwrap()], ..unsent.clone() };
        for one in [unsent, answer, with_file] {
            assert_eq!(Unsent::from_text("abc", &one.to_text()), Some(one));
        }
    }

    #[test]
    fn what_something_else_has_stored_is_no_message() {
        for text in [
            "",
            "7",
            "7\n0\n1\nnull\n[]",
            "0\n0\n1\nnull\n[]\nno channel",
            "7\n0\n1\n\n[]\nno error",
            "7\n0\n1\nnull\nno files\n",
            "a\nb\nc\nd\ne\nf",
        ] {
            assert_eq!(Unsent::from_text("abc", text), None, "{text:?}");
        }
    }
}
