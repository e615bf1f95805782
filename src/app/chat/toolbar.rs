//! The toolbar of a message. There is one for each timeline; it moves to the row under the pointer or the focus.

use leptos::html;
use leptos::prelude::*;
use protocol::MessageId;
use protocol::entity::Message;

use super::closures::{flag, part};
use super::context::Chat;
use super::thread_line::{may_start_thread, start_thread};
use super::{menu, picker, pins, sending};
use crate::app::controls::Icon;
use crate::app::view::view;
use crate::browser::dom::{self, Element, KeyboardEvent};
use crate::browser::focus;

/// What can be done with the active message, as buttons. One tab stop, arrows inside.
#[component]
pub(super) fn Toolbar(
    /// The toolbar's element, for moving it.
    element: NodeRef<html::Div>,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let message = Memo::new(move |_| chat.active.get().and_then(|id| chat.message(id)));
    let editing = move || chat.editing.with(Option::is_some) && chat.editing.get() == chat.active.get();
    view! {
        <div
            node_ref=element
            class="message-toolbar"
            role="toolbar"
            aria-label="Message actions"
            hidden=flag(editing)
            // A press leaves the keyboard where it is: with a button that has it the bar would stay at this row.
            on:mousedown=move |event| event.prevent_default()
            on:keydown=move |event| move_within(element, &event)
        >
            {part(move || message.get().map(|message| buttons(chat, &message)))}
        </div>
    }
}

fn buttons(chat: Chat, message: &Message) -> AnyView {
    let id = message.id;
    let may_send = chat.may_send(message.channel_id);
    let (may_edit, may_delete) = (chat.may_edit(message), chat.may_delete(message));
    let may_react = chat.may_react(message.channel_id);
    view! {
        {may_react.then(|| view! {
            <button
                class="icon-button"
                type="button"
                aria-label="Add reaction"
                tabindex="0"
                on:click=move |event| picker::open(chat, id, &event)
            >
                <Icon name="smile-plus"/>
            </button>
        })}
        {may_send.then(|| button("reply", "Reply", if may_react { "-1" } else { "0" }, move || chat.reply(id)))}
        {may_edit.then(|| button("edit", "Edit message", "-1", move || chat.edit(id)))}
        {chat.may_pin(message).then(|| pin_button(chat, id))}
        {may_start_thread(chat, message).then(|| button("thread", "Start thread", "-1", move || start_thread(chat, id)))}
        {button("eye-off", "Mark unread", "-1", move || sending::mark_unread(chat, id))}
        {button("link", "Copy link", if may_send || may_react { "-1" } else { "0" }, move || sending::copy_link(chat, id))}
        {may_delete.then(|| view! {
            <button
                class="icon-button icon-button--danger"
                type="button"
                aria-label="Delete message"
                tabindex="-1"
                on:click=move |event| chat.delete(id, event.shift_key())
            >
                <Icon name="trash"/>
            </button>
        })}
        <button
            class="icon-button"
            type="button"
            aria-label="More actions"
            aria-haspopup="menu"
            tabindex="-1"
            on:click=move |event| menu::open_below(chat, id, &event)
        >
            <Icon name="more"/>
        </button>
    }
}

fn button(
    icon: &'static str,
    label: &'static str,
    tabindex: &'static str,
    press: impl Fn() + 'static,
) -> AnyView {
    view! {
        <button class="icon-button" type="button" aria-label=label tabindex=tabindex on:click=move |_| press()>
            <Icon name=icon/>
        </button>
    }
}

/// Its word changes in place: the keyboard may be on it.
fn pin_button(chat: Chat, id: MessageId) -> AnyView {
    let label = Signal::derive(move || if chat.is_pinned(id) { "Unpin message" } else { "Pin message" });
    view! {
        <button
            class="icon-button"
            type="button"
            aria-label=label
            tabindex="-1"
            on:click=move |_| pins::turn(chat, id)
        >
            <Icon name="pin"/>
        </button>
    }
}

/// Arrows move along the buttons; Escape and the arrow before the first go back to the message.
fn move_within(element: NodeRef<html::Div>, event: &KeyboardEvent) {
    let Some(toolbar) = element.get_untracked() else { return };
    let Some(active) = focus::active() else { return };
    let forward = match event.key().as_str() {
        "ArrowRight" => true,
        "ArrowLeft" => false,
        "Escape" => {
            event.stop_propagation();
            return focus_row(&toolbar);
        }
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let moved = focus::step(&focus::find_all(&toolbar, "button"), &active, forward);
    if !moved && !forward {
        focus_row(&toolbar);
    }
}

fn focus_row(toolbar: &Element) {
    dom::parent(toolbar).iter().for_each(focus::focus);
}
