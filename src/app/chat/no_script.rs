//! What the page of a single message offers to readers without script: answer, change, delete. Plain forms,
//! hidden as soon as the page is interactive (`html[data-hydrated] .no-script`).

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use protocol::entity::Message;

use super::context::Chat;
use super::thread_line::may_start_thread;
use crate::api::messages::{DeleteMessage, EditMessage, SendMessage};
use crate::api::pins::{PinMessage, UnpinMessage};
use crate::app::controls::{FieldNote, initial_text};
use crate::app::form::{CallField, Submission};
use crate::app::pages::start_thread_path;
use crate::app::view::view;

/// The forms for one message.
#[component]
pub(super) fn MessageForms(
    /// The message the page is about.
    message: Message,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let back = chat.channel_path(message.channel_id);
    let here = format!("{back}/{}", message.id);
    view! {
        <div class="message__extras no-script">
            {chat.may_send(message.channel_id).then(|| reply_form(&message, back.clone()))}
            {chat.may_edit(&message).then(|| edit_form(chat, &message, here))}
            {chat.may_pin(&message).then(|| pin_form(&message))}
            {thread_link(chat, &message)}
            {chat.may_delete(&message).then(|| delete_form(&message, back.clone()))}
            <a class="link" href=back.clone()>"Back to the newest messages"</a>
        </div>
    }
}

fn thread_link(chat: Chat, message: &Message) -> Option<AnyView> {
    let guild = chat.guild().filter(|_| may_start_thread(chat, message))?;
    let href = start_thread_path(guild.id(), message.channel_id, message.id);
    Some(view! { <a class="button button--small" href=href>"Start thread"</a> })
}

fn reply_form(message: &Message, next: String) -> AnyView {
    let id = message.id.to_string();
    let reply = Submission::about::<SendMessage>("reply_to", &id);
    view! {
        <form class="plain-form" method="post" aria-label="Reply">
            <CallField of=SendMessage::PATH/>
            <input type="hidden" name="channel_id" value=message.channel_id.to_string()/>
            <input type="hidden" name="reply_to" value=id/>
            <input type="hidden" name="next" value=next/>
            {text_field("reply-text", "Your reply", reply, String::new())}
            <button class="button button--small" type="submit">"Reply"</button>
        </form>
    }
}

fn edit_form(chat: Chat, message: &Message, next: String) -> AnyView {
    let id = message.id.to_string();
    let edit = Submission::about::<EditMessage>("message_id", &id);
    view! {
        <form class="plain-form" method="post" aria-label="Edit message">
            <CallField of=EditMessage::PATH/>
            <input type="hidden" name="channel_id" value=message.channel_id.to_string()/>
            <input type="hidden" name="message_id" value=id/>
            <input type="hidden" name="next" value=next/>
            {text_field("edit-text", "New text", edit, chat.typed(&message.content))}
            <button class="button button--small" type="submit">"Edit message"</button>
        </form>
    }
}

fn pin_form(message: &Message) -> AnyView {
    let (path, word) = match message.pinned {
        true => (UnpinMessage::PATH, "Unpin message"),
        false => (PinMessage::PATH, "Pin message"),
    };
    view! {
        <form class="plain-form" method="post" aria-label=word>
            <CallField of=path/>
            <input type="hidden" name="channel_id" value=message.channel_id.to_string()/>
            <input type="hidden" name="message_id" value=message.id.to_string()/>
            <button class="button button--small" type="submit">{word}</button>
        </form>
    }
}

/// Some lines of text, as they were sent if the form came back, and why it did.
fn text_field(id: &'static str, label: &'static str, form: Submission, text: String) -> AnyView {
    let refused = form.refusal().get_untracked().map(|error| error.to_string());
    let text = form.typed("content").unwrap_or(text);
    view! {
        <label class="field__label" for=id>{label}</label>
        <textarea
            class="input"
            id=id
            name="content"
            rows="3"
            aria-describedby=format!("{id}-note")
            aria-invalid=refused.is_some().then_some("true")
            required=true
        >
            {initial_text(text)}
        </textarea>
        <FieldNote field=id hint=None error=Signal::stored(refused)/>
    }
}

/// Two steps, so that no single press loses a message.
fn delete_form(message: &Message, next: String) -> AnyView {
    let id = message.id.to_string();
    let delete = Submission::about::<DeleteMessage>("message_id", &id);
    let refused = delete.refusal().get_untracked().map(|error| error.to_string());
    view! {
        <details class="confirm" open=delete.came_back()>
            <summary class="button button--small button--danger-ghost">"Delete…"</summary>
            <div class="confirm__body">
                <p>"It will be gone for everybody. This cannot be undone."</p>
                <form class="plain-form" method="post" aria-label="Delete message">
                    <CallField of=DeleteMessage::PATH/>
                    <input type="hidden" name="channel_id" value=message.channel_id.to_string()/>
                    <input type="hidden" name="message_id" value=id/>
                    <input type="hidden" name="next" value=next/>
                    <FieldNote field="delete" hint=None error=Signal::stored(refused)/>
                    <button class="button button--small button--danger" type="submit">"Delete message"</button>
                </form>
            </div>
        </details>
    }
}
