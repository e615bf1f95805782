//! The list of keys.

use leptos::prelude::*;

use super::context::Chat;
use super::overlay::{close, modal};
use crate::app::controls::Icon;
use crate::app::view::view;

/// Keys that stand for each other, each as it is pressed, and what they do.
type Row = (&'static [&'static str], &'static str);

/// Where keys work, and which.
const KEYS: &[(&str, &[Row])] = &[
    (
        "Everywhere",
        &[
            (&["Ctrl K"], "Find or jump"),
            (&["Ctrl F"], "Search"),
            (&["Ctrl /", "?"], "This list"),
            (&["Alt ↑", "Alt ↓"], "Previous or next channel"),
            (&["Alt Shift ↑", "Alt Shift ↓"], "Previous or next unread channel"),
            (&["Ctrl Alt ↑", "Ctrl Alt ↓"], "Previous or next server"),
            (&["F6", "Shift F6"], "Next or previous part of the page"),
            (&["Esc"], "Close what is open"),
        ],
    ),
    (
        "In the message box",
        &[
            (&["Enter"], "Send"),
            (&["Shift Enter"], "New line"),
            (&["↑"], "Edit your last message, when the box is empty"),
            (&["Esc"], "Stop replying, or mark the channel as read"),
        ],
    ),
    (
        "On a message",
        &[
            (&["↑", "↓"], "Previous or next message"),
            (&["→"], "Its toolbar"),
            (&["R"], "Reply"),
            (&["E"], "Edit"),
            (&["+"], "Add reaction"),
            (&["T"], "Start thread"),
            (&["P"], "Pin"),
            (&["U"], "Mark unread"),
            (&["Del"], "Delete"),
            (&["Ctrl C"], "Copy text"),
        ],
    ),
];

/// The list.
pub(super) fn keys(chat: Chat) -> AnyView {
    let groups: Vec<AnyView> = KEYS.iter().map(|(place, keys)| group(place, keys)).collect();
    let content = view! {
        <div class="dialog__header">
            <h2 class="dialog__title">"Keyboard shortcuts"</h2>
            <button class="icon-button" type="button" aria-label="Close" on:click=move |_| close(chat)>
                <Icon name="close"/>
            </button>
        </div>
        <div class="dialog__body key-list">{groups}</div>
    };
    modal(chat, "key-sheet", "Keyboard shortcuts", content)
}

fn group(place: &'static str, rows: &'static [Row]) -> AnyView {
    let rows: Vec<AnyView> = rows
        .iter()
        .map(|(keys, does)| {
            let keys: Vec<AnyView> = keys.iter().map(|key| view! { <kbd class="kbd">{*key}</kbd> }).collect();
            view! { <tr><th scope="row">{*does}</th><td>{keys}</td></tr> }
        })
        .collect();
    view! {
        <table class="key-list__group">
            <caption>{place}</caption>
            <tbody>{rows}</tbody>
        </table>
    }
}
