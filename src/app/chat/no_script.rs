//! What the page of a single message offers to readers without script: answer, change, delete. Plain forms,
//! hidden as soon as the page is interactive (`html[data-hydrated] .no-script`).

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use protocol::entity::Message;

use super::context::Chat;
use crate::api::messages::{DeleteMessage, EditMessage, SendMessage};
use crate::app::form::CallField;

/// The forms for one message.
#[component]
pub(super) fn MessageForms(
    /// The message the page is about.
    message: Message,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let channel = message.channel_id.to_string();
    let id = message.id.to_string();
    let back = chat.channel_path(message.channel_id);
    let reply = chat.may_send(message.channel_id).then(|| {
        view! {
            <form class="button-row" method="post" aria-label="Reply">
                <CallField of=SendMessage::PATH/>
                <input type="hidden" name="channel_id" value=channel.clone()/>
                <input type="hidden" name="reply_to" value=id.clone()/>
                <input type="hidden" name="next" value=back.clone()/>
                <input class="input" name="content" aria-label="Your reply" autocomplete="off" required=true/>
                <button class="button button--small" type="submit">"Reply"</button>
            </form>
        }
    });
    // A `<textarea>` with children would let a stored text escape into the page (leptos 0.8 does not escape
    // there), so this is one line: line breaks of the message become spaces if it is saved.
    let edit = chat.may_edit(&message).then(|| {
        view! {
            <form class="button-row" method="post" aria-label="Edit message">
                <CallField of=EditMessage::PATH/>
                <input type="hidden" name="channel_id" value=channel.clone()/>
                <input type="hidden" name="message_id" value=id.clone()/>
                <input type="hidden" name="next" value=format!("{back}/{id}")/>
                <input
                    class="input"
                    name="content"
                    aria-label="New text"
                    autocomplete="off"
                    required=true
                    value=chat.typed(&message.content)
                />
                <button class="button button--small" type="submit">"Edit message"</button>
            </form>
        }
    });
    let delete = chat.may_delete(&message).then(|| {
        view! {
            <form class="button-row" method="post" aria-label="Delete message">
                <CallField of=DeleteMessage::PATH/>
                <input type="hidden" name="channel_id" value=channel.clone()/>
                <input type="hidden" name="message_id" value=id.clone()/>
                <input type="hidden" name="next" value=back.clone()/>
                <button class="button button--small button--danger" type="submit">"Delete message"</button>
            </form>
        }
    });
    view! {
        <div class="message__extras no-script">
            {reply}
            {edit}
            {delete}
            <a class="link" href=back.clone()>"Back to the newest messages"</a>
        </div>
    }
}
