//! What the person does with messages: send, edit, delete, copy, read.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::parse::Content;
use protocol::snapshot::Anchor;
use protocol::{ChannelId, MessageId};

use super::context::Chat;
use super::settling::focus_composer;
use crate::api::Refusal;
use crate::api::messages::{delete_message, edit_message, mark_read, mark_unread as mark_message_unread};
use crate::app::store::outbox::Outgoing;
use crate::browser::{clipboard, focus, time};

/// Puts a message in its channel and on its way, with the files of the channel's tray. The error of the first rule it
/// breaks, and nothing happens.
pub(super) fn send(chat: Chat, channel: ChannelId, text: &str) -> Result<(), protocol::Error> {
    let (store, live, files) = (chat.store(), chat.live(), chat.files());
    if let Some(fault) = files.fault_in(channel) {
        return Err(fault);
    }
    let content = match Content::parse_optional(text)? {
        None if files.any_in(channel) => String::new(),
        content => content.map_or_else(|| Content::parse(text), Ok)?.into_string(),
    };
    let nonce = time::nonce();
    let attachments = files.give(channel, &nonce);
    store.enqueue(Outgoing {
        reply_to: chat.replying.get_untracked().map(|message| message.id),
        uploading: attachments.is_none(),
        attachments: attachments.unwrap_or_default(),
        ..Outgoing::new(nonce, channel, content, time::now_ms())
    });
    chat.answer(channel, None);
    live.deliver();
    to_end(chat, channel);
    Ok(())
}

/// Brings the reader to the newest message, fetching it when it is not here. The address leaves the message it
/// pointed at.
pub(super) fn to_end(chat: Chat, channel: ChannelId) {
    if untrack(|| chat.target()).is_some() {
        // Whoever follows the address comes back here.
        return chat.go(&chat.channel_path(channel), true);
    }
    let detached =
        chat.store().timeline(channel).is_some_and(|timeline| timeline.edges.get_untracked().newer);
    if detached {
        chat.live().page(channel, Anchor::Latest);
    }
    chat.to_end.update(|count| *count = count.wrapping_add(1));
}

/// An edit on its way to the backend.
#[derive(Clone, Copy, Default)]
pub(super) struct Saving {
    /// It is on its way; nothing is typed meanwhile.
    pub pending: RwSignal<bool>,
    /// Why it was not saved.
    pub problem: RwSignal<Option<String>>,
}

/// Saves another text for a message. The editor stays until the backend has it, so that nothing is typed twice. An
/// unchanged text only ends the editing; an empty one asks about deleting.
pub(super) fn save_edit(chat: Chat, id: MessageId, text: &str, saving: Saving) {
    let Some(message) = chat.message(id).filter(|_| !saving.pending.get_untracked()) else { return };
    if text.trim().is_empty() {
        chat.end_editing(id);
        return chat.delete(id, false);
    }
    let content = match Content::parse(text) {
        Ok(content) => content.into_string(),
        Err(problem) => return saving.problem.set(Some(problem.to_string())),
    };
    if content == chat.typed(&message.content) {
        return chat.end_editing(id);
    }
    let (store, toasts) = (chat.store(), chat.toasts());
    saving.pending.set(true);
    spawn_local(async move {
        let result = edit_message(message.channel_id, id, content, String::new()).await;
        saving.pending.try_set(false);
        match result {
            Ok(message) => {
                store.edited(message);
                chat.end_editing(id);
            }
            Err(Refusal(error)) => {
                let problem = ["Not changed. ", &error.to_string()].concat();
                // The editor may be out of sight.
                if saving.problem.try_set(Some(problem)).is_some() {
                    toasts.failed("Not changed", error.to_string());
                }
            }
        }
    });
}

/// Deletes a message of the channel on screen.
pub(super) fn delete(chat: Chat, id: MessageId) {
    let Some(message) = chat.message(id) else { return };
    let (store, toasts) = (chat.store(), chat.toasts());
    let channel = message.channel_id;
    // A button of the message's toolbar may have the keyboard, and goes with it; from a row the keyboard goes to the next.
    request_animation_frame(move || match focus::by_id(&format!("m{id}")) {
        Some(row) if !focus::is_writing() => focus::focus_in_place(&row),
        None if focus::is_lost() => focus_composer(),
        _ => {}
    });
    spawn_local(async move {
        match delete_message(channel, id, String::new()).await {
            Ok(()) => store.deleted(channel, id),
            Err(Refusal(error)) => toasts.failed("Not deleted", error.to_string()),
        }
    });
}

/// Marks a channel as read up to its newest message, here at once and on the other devices.
pub(super) fn read_to_end(chat: Chat, channel: ChannelId) {
    let store = chat.store();
    store.stop_keeping_unread(channel);
    let read = store.read_state(channel);
    let Some(last) = read.last_message_id.filter(|_| read.is_unread()) else { return };
    store.read_to(channel, last);
    spawn_local(async move {
        // A mark that is lost is set again by the next message that is read.
        _ = mark_read(channel, last).await;
    });
}

/// Marks the channel on screen as unread from a message on, here and on the other devices. It stays so while they look.
pub(super) fn mark_unread(chat: Chat, id: MessageId) {
    let Some(message) = chat.message(id) else { return };
    let (store, toasts) = (chat.store(), chat.toasts());
    // From now on, and not only from the answer: what has just come into view would be read meanwhile.
    store.keep_unread(message.channel_id);
    spawn_local(async move {
        // What changes on screen comes as an event, as it does on the other devices.
        if let Err(Refusal(error)) = mark_message_unread(message.channel_id, id).await {
            store.stop_keeping_unread(message.channel_id);
            toasts.failed("Not marked", error.to_string());
        }
    });
}

/// Copies the address of a message.
pub(super) fn copy_link(chat: Chat, id: MessageId) {
    let Some(message) = chat.message(id) else { return };
    let origin = location().origin().unwrap_or_default();
    let link = format!("{origin}{}/{id}", chat.channel_path(message.channel_id));
    copy(chat, link, "Link copied");
}

/// Copies the text of a message as it was typed.
pub(super) fn copy_text(chat: Chat, id: MessageId) {
    if let Some(message) = chat.message(id) {
        copy(chat, chat.typed(&message.content), "Text copied");
    }
}

/// Copies a text and says so.
pub(super) fn copy(chat: Chat, text: String, done: &'static str) {
    let toasts = chat.toasts();
    spawn_local(async move {
        if clipboard::copy(&text).await {
            toasts.done(done);
        } else {
            toasts.failed("Not copied", "The browser does not allow it on this page.");
        }
    });
}
