//! A message in a list outside its conversation: pinned, found. It leads to where it was said.

use leptos::prelude::*;
use protocol::entity::Message;

use super::attachments::attachments;
use super::closures::text;
use super::context::Chat;
use super::drawers::panel_is_over;
use super::markup_view::{Words, message_body};
use super::times;
use crate::app::controls::{Avatar, AvatarSize};
use crate::app::pages::current_query;
use crate::app::view::view;

/// One row of such a list: a message that was said at the address `place`. `marked` is what was looked for.
pub(super) fn hit(
    chat: Chat,
    message: Message,
    place: &str,
    marked: &[String],
    action: Option<AnyView>,
) -> AnyView {
    let id = message.id;
    let path = format!("{place}/{id}");
    let with_panel = current_query();
    let hue = message.author.hue();
    let person = chat.store().person_of(&message.author);
    let name = Signal::derive(move || person.with(|user| user.display_name.clone()));
    let (at, clock) = (id.created_at(), chat.store().clock.clone());
    let goes = path.clone();
    let follow = move |event: leptos::ev::MouseEvent| {
        // Beside the conversation the list stays; over it, it would hide what was looked for.
        let elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key();
        if !(elsewhere || panel_is_over()) {
            event.prevent_default();
            chat.go(&[goes.as_str(), "?", &with_panel].concat(), false);
        }
    };
    let label = format!("hit{id}");
    let labelled_by = label.clone();
    view! {
        <li>
            <article class="search-hit" aria-labelledby=labelled_by>
                <div><Avatar name hue size=AvatarSize::Small/></div>
                <div>
                    <header class="message__header">
                        <h3 class="message__author" id=label data-hue=hue.to_string() dir="auto">{name}</h3>
                        <time class="message__time" datetime=at.to_string()>
                            <a class="search-hit__link" href=path on:click=follow>{text(move || times::moment(at, &clock.get()))}</a>
                        </time>
                        {action}
                    </header>
                    {Words::of(&message).map(|words| message_body(chat, &words, marked))}
                    {attachments(&message.attachments)}
                </div>
            </article>
        </li>
    }
}
