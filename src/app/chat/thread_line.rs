//! The line under a message that leads to the thread that was started from it.

use leptos::prelude::*;
use protocol::MessageId;
use protocol::entity::{Message, ThreadSummary};
use protocol::permissions::Permissions;

use super::closures::{follower, part};
use super::context::Chat;
use crate::app::controls::Icon;
use crate::app::store::timeline::Row;
use crate::app::view::view;

/// Whether the person may start a thread about a message, which has none yet. Tracks.
pub(super) fn may_start_thread(chat: Chat, message: &Message) -> bool {
    let needed = Permissions::CREATE_PUBLIC_THREADS | Permissions::READ_HISTORY;
    !message.kind.is_system()
        && message.thread.is_none()
        && chat.store().access(message.channel_id).contains(needed)
}

/// Asks what a thread about a message shall be called, and starts it.
pub(super) fn start_thread(chat: Chat, id: MessageId) {
    let place = untrack(|| chat.guild()).map(|guild| guild.id()).zip(chat.message(id));
    if let (Some(asking), Some((guild, message))) = (chat.asking(), place)
        && untrack(|| may_start_thread(chat, &message))
    {
        asking.start_thread(guild, message.channel_id, id);
    }
}

/// The line, while there is a thread.
pub(super) fn thread_line(chat: Chat, row: &Row) -> AnyView {
    let entry = row.entry.clone();
    let thread = follower(move || entry.with(|entry| entry.message.thread.clone()));
    part(move || thread.get().map(|thread| line(chat, thread)))
}

fn line(chat: Chat, thread: ThreadSummary) -> AnyView {
    let ThreadSummary { id, name, message_count, is_archived, .. } = thread;
    let count = match message_count {
        1 => "1 message".to_owned(),
        count => [&count.to_string(), " messages"].concat(),
    };
    view! {
        <a class="message__thread" href=chat.channel_path(id) tabindex=chat.link_tab_stop>
            <Icon name="thread"/>
            <span class="message__thread-name" dir="auto">{name}</span>
            <span class="muted">{count}{is_archived.then_some(", archived")}</span>
        </a>
    }
}
