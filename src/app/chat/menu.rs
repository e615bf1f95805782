//! The context menu of a message: the same actions as in its toolbar, in words, with their keys.

use leptos::prelude::*;
use protocol::MessageId;
use protocol::entity::Message;

use super::context::{Chat, MenuAt, ProfileAt};
use super::message_list::message_at;
use super::popup::Popup;
use super::thread_line::{may_start_thread, start_thread};
use super::{picker, pins, sending};
use crate::app::controls::Icon;
use crate::app::view::view;
use crate::browser::dom::{self, Element, HtmlElement, KeyboardEvent, MouseEvent};
use crate::browser::focus;

/// Opens the menu where the pointer, or a long press, asks for it. Over a link, a picture or selected text the
/// browser's own menu is more use.
pub(super) fn open_at_pointer(chat: Chat, event: &MouseEvent) {
    let Some((message, _)) = message_at(event) else { return };
    if chat.menu.with_untracked(|menu| menu.is_some_and(|menu| menu.message == message)) {
        return event.prevent_default(); // A long press has opened it already.
    }
    let native =
        dom::target(event).and_then(|target| dom::closest(&target, "a, img, textarea, input")).is_some();
    if native || !crate::browser::clipboard::selection().is_empty() {
        return;
    }
    event.prevent_default();
    chat.menu.set(Some(MenuAt { message, x: event.client_x(), y: event.client_y() }));
}

/// Opens the menu below the element that was pressed.
pub(super) fn open_below(chat: Chat, message: MessageId, event: &MouseEvent) {
    if let Some(pressed) = dom::listener(event) {
        open_at_element(chat, message, &pressed);
    }
}

/// Opens the menu below an element.
pub(super) fn open_at_element(chat: Chat, message: MessageId, element: &Element) {
    let (x, y) = dom::below(element);
    chat.menu.set(Some(MenuAt { message, x, y }));
}

/// The menu, while it is open.
#[component]
pub(super) fn MessageMenu() -> impl IntoView {
    let chat: Chat = expect_context();
    move || {
        let at = chat.menu.get()?;
        let message = untrack(|| chat.message(at.message))?;
        Some(menu(chat, at, message))
    }
}

fn close(chat: Chat) {
    if chat.menu.try_get_untracked().flatten().is_some() {
        chat.menu.set(None);
    }
}

fn menu(chat: Chat, at: MenuAt, message: Message) -> AnyView {
    let label = ["Message by ", &untrack(|| chat.name_of(&message.author))].concat();
    let popup = Popup {
        class: "popover menu",
        role: "menu",
        label,
        hue: None,
        at: (at.x, at.y),
        // The focus goes back to the row when the menu closes.
        back: format!("m{}", at.message),
        close,
        pressed: Some(move_within),
    };
    popup.show(chat, items(chat, at, &message))
}

fn items(chat: Chat, at: MenuAt, message: &Message) -> AnyView {
    let (id, author) = (message.id, message.author.id);
    let (may_send, may_edit, may_delete) =
        untrack(|| (chat.may_send(message.channel_id), chat.may_edit(message), chat.may_delete(message)));
    let (may_react, may_pin) = untrack(|| (chat.may_react(message.channel_id), chat.may_pin(message)));
    let may_thread = untrack(|| may_start_thread(chat, message));
    let pin = if message.pinned { "Unpin message" } else { "Pin message" };
    view! {
        {may_react.then(|| item(chat, "smile-plus", "Add reaction", "+", move |_| picker::open_at_row(chat, id)))}
        {may_send.then(|| item(chat, "reply", "Reply", "R", move |_| chat.reply(id)))}
        {may_edit.then(|| item(chat, "edit", "Edit message", "E", move |_| chat.edit(id)))}
        {item(chat, "eye-off", "Mark unread", "U", move |_| sending::mark_unread(chat, id))}
        {item(chat, "copy", "Copy text", "Ctrl C", move |_| sending::copy_text(chat, id))}
        {may_pin.then(|| item(chat, "pin", pin, "P", move |_| pins::turn(chat, id)))}
        {may_thread.then(|| item(chat, "thread", "Start thread", "T", move |_| start_thread(chat, id)))}
        {item(chat, "link", "Copy link", "", move |_| sending::copy_link(chat, id))}
        {item(chat, "user", "Profile", "", move |_| chat.profile.set(Some(ProfileAt { person: author, x: at.x, y: at.y, from: Some(id) })))}
        {may_delete.then(|| view! {
            <div class="menu__separator" role="separator"></div>
            {item(chat, "trash", "Delete message", "Del", move |shift| chat.delete(id, shift))}
        })}
    }
}

fn item(
    chat: Chat,
    icon: &'static str,
    label: &'static str,
    key: &'static str,
    act: impl Fn(bool) + 'static,
) -> AnyView {
    let class = if icon == "trash" { "menu__item menu__item--danger" } else { "menu__item" };
    view! {
        <button class=class type="button" role="menuitem" tabindex="-1" on:click=move |event| {
            // First of all back to the message: what the action opens gives the keyboard back to where it was.
            let message = chat.menu.get_untracked().map(|menu| menu.message);
            close(chat);
            if let Some(row) = message.and_then(|message| focus::by_id(&format!("m{message}"))) {
                focus::focus_in_place(&row);
            }
            act(event.shift_key());
        }>
            <Icon name=icon/>
            <span class="menu__label">{label}</span>
            {(!key.is_empty()).then(|| view! { <span class="menu__shortcut" aria-hidden="true">{key}</span> })}
        </button>
    }
}

/// Arrows move, Home and End jump, a letter goes to the item that begins with it.
fn move_within(event: &KeyboardEvent) {
    let Some(menu) = dom::listener(event) else { return };
    let items = focus::find_all(&menu, ".menu__item");
    let Some(active) = focus::active() else { return };
    let key = event.key();
    match key.as_str() {
        "ArrowDown" => _ = focus::step(&items, &active, true),
        "ArrowUp" => _ = focus::step(&items, &active, false),
        "Home" => items.first().into_iter().for_each(focus::focus),
        "End" => items.last().into_iter().for_each(focus::focus),
        letter if letter.chars().count() == 1 => {
            let letter = letter.to_lowercase();
            let begins = |item: &&HtmlElement| {
                item.text_content().is_some_and(|text| text.to_lowercase().starts_with(&letter))
            };
            items.iter().find(begins).into_iter().for_each(focus::focus);
        }
        _ => return,
    }
    if key.chars().count() > 1 {
        event.prevent_default();
    }
}
