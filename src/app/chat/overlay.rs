//! What covers everything for a moment: pictures in full size, the way to any place by its name, the list of keys. A file
//! of its own, fetched when the first of them is opened.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use protocol::entity::Attachment;

use super::attachments::is_picture;
use super::closures::part;
use super::context::Chat;
use super::message_list::message_at;
use super::{keys, switcher, viewer};
use crate::app::controls::Icon;
use crate::app::later::{Arriving, NOT_FETCHED, here, when_here};
use crate::app::view::view;
use crate::browser::dom::{self, MouseEvent};

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Overlay {
    /// The pictures of a message, and which of them is looked at.
    Pictures(Vec<Attachment>, usize),
    /// Going somewhere by name.
    Switcher,
    /// The keys.
    Keys,
}

/// Opens one. It takes the place of another.
pub(super) fn open(chat: Chat, overlay: Overlay) {
    let toasts = chat.toasts();
    when_here(fetch_overlay, move |is_here| {
        if is_here {
            chat.overlay.set(Some(overlay));
        } else {
            toasts.failed("Not loaded", NOT_FETCHED);
        }
    });
}

fn fetch_overlay() -> Arriving<()> {
    Box::pin(fetch())
}

#[wasm_split(overlay, wasm_split_path = leptos::wasm_split, fallible, preload(fetch))]
fn show(chat: Chat, overlay: Overlay) -> Result<AnyView, SplitLoaderError> {
    Ok(match overlay {
        Overlay::Pictures(all, at) => viewer::viewer(chat, all, at),
        Overlay::Switcher => switcher::switcher(chat),
        Overlay::Keys => keys::keys(chat),
    })
}

/// Whichever is open.
#[component]
pub(super) fn Overlays() -> impl IntoView {
    let chat: Chat = expect_context();
    part(move || chat.overlay.get().and_then(|overlay| here(Box::pin(show(chat, overlay)))))
}

/// Opens the picture that was pressed. With a key that means another tab, it is left to the browser.
pub(super) fn pressed(chat: Chat, event: &MouseEvent) {
    if event.ctrl_key() || event.meta_key() || event.shift_key() {
        return;
    }
    let link = dom::target(event).and_then(|target| dom::closest(&target, ".image-grid__item"));
    let address = link.and_then(|link| dom::attribute(&link, "href"));
    let message = message_at(event).and_then(|(id, _)| chat.message(id));
    let (Some(address), Some(message)) = (address, message) else { return };
    let pictures: Vec<Attachment> = message.attachments.into_iter().filter(is_picture).collect();
    if let Some(at) = pictures.iter().position(|picture| picture.path() == address) {
        event.prevent_default();
        open(chat, Overlay::Pictures(pictures, at));
    }
}

/// The button in the sidebar.
pub(super) fn switcher_button(chat: Chat) -> AnyView {
    view! {
        <button
            class="jump-button"
            type="button"
            aria-haspopup="dialog"
            on:click=move |_| open(chat, Overlay::Switcher)
        >
            <Icon name="search"/>
            "Find or jump"
            <kbd class="kbd" aria-hidden="true">"Ctrl K"</kbd>
        </button>
    }
}

/// Closes whichever is open. The browser gives the keyboard back to what had it.
pub(super) fn close(chat: Chat) {
    dom::close_dialog("dialog.overlay[open]");
    if chat.overlay.try_get_untracked().flatten().is_some() {
        chat.overlay.set(None);
    }
}

/// The dialog around one.
pub(super) fn modal(chat: Chat, class: &'static str, label: &'static str, content: AnyView) -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get()
            && !dialog.open()
        {
            // Fails only for an element outside the document, and then there is nothing to show.
            _ = dialog.show_modal();
        }
    });
    view! {
        <dialog
            node_ref=dialog
            class=["dialog overlay ", class].concat()
            aria-label=label
            on:close=move |_| {
                // It is told a moment later: the same element may show the next by then, or be gone.
                if dialog.get_untracked().is_some_and(|dialog| dialog.is_connected() && !dialog.open()) {
                    chat.overlay.set(None);
                }
            }
            on:pointerdown=move |event| {
                if event.target() == event.current_target() {
                    close(chat);
                }
            }
        >
            {content}
        </dialog>
    }
}
