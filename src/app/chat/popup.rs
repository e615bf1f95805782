//! What opens at a point, above everything: a menu, a card. Escape and a press elsewhere close it.

use leptos::html;
use leptos::prelude::*;

use super::context::Chat;
use crate::app::view::view;
use crate::browser::dom::{self, HtmlElement, KeyboardEvent};
use crate::browser::focus;
use crate::browser::listener::Listener;

/// Something to be shown. In the browser only.
pub(super) struct Popup {
    /// Its classes.
    pub class: &'static str,
    /// Its role.
    pub role: &'static str,
    /// Its accessible name.
    pub label: String,
    /// The hue of whom it is about.
    pub hue: Option<u8>,
    /// Pixels from the window's left and upper edge.
    pub at: (i32, i32),
    /// The id of what has the focus afterwards; empty for what had it before.
    pub back: String,
    /// Takes it away.
    pub close: fn(Chat),
    /// What keys do in it, where Tab does not go on to the next thing: in a menu it leaves.
    pub pressed: Option<fn(&KeyboardEvent)>,
}

impl Popup {
    /// The element around some content.
    pub(super) fn show(self, chat: Chat, content: AnyView) -> AnyView {
        let Self { class, role, label, hue, at, back, close, pressed } = self;
        let element = NodeRef::<html::Div>::new();
        let before = StoredValue::new_local(None::<HtmlElement>);
        Effect::new(move |_| {
            if let Some(popup) = element.get() {
                before.set_value(focus::by_id(&back).or_else(focus::active));
                dom::show_popover_at(&popup, at);
                focus::focus(&dom::first_in(&popup, first_stop()).unwrap_or_else(|| popup.into()));
            }
        });
        // A press outside closes it; presses inside do not come this far.
        Effect::new(move |_: Option<[Listener; 3]>| {
            let width = dom::window_width();
            let resized = move |_| match element.get_untracked() {
                // A keyboard on the screen takes room from below.
                Some(popup) if dom::window_width() == width => dom::show_popover_at(&popup, at),
                _ => close(chat),
            };
            [
                Listener::new("pointerdown", move |_| close(chat)),
                Listener::new("blur", move |_| close(chat)),
                Listener::new("resize", resized),
            ]
        });
        view! {
            <div
                node_ref=element
                class=class
                role=role
                popover="manual"
                tabindex="-1"
                aria-label=label
                data-hue=hue.map(|hue| hue.to_string())
                on:pointerdown=move |event| event.stop_propagation()
                on:contextmenu=move |event| event.prevent_default()
                on:keydown=move |event| {
                    event.stop_propagation();
                    match (event.key().as_str(), pressed) {
                        ("Escape", _) | ("Tab", Some(_)) => {
                            event.prevent_default();
                            close(chat);
                            before.get_value().iter().for_each(focus::focus);
                        }
                        (_, Some(pressed)) => pressed(&event),
                        _ => {}
                    }
                }
            >
                {content}
            </div>
        }
    }
}

/// Where the keyboard begins. A finger does not type yet: its keyboard would cover half of what opens.
fn first_stop() -> &'static str {
    if focus::media("(pointer: coarse)") { "button, a" } else { "input:not([type=hidden]), button, a" }
}
