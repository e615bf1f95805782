//! Navigation and member list on narrow screens: drawers. Without script the address opens them (`:target`);
//! with it they open in place, take the focus, and give it back.

use leptos::prelude::*;

use super::context::{Chat, Drawer, Screen};
use crate::app::controls::Icon;
use crate::app::view::view;
use crate::browser::close_watcher::OnBack;
use crate::browser::dom::{self, Event, KeyboardEvent};
use crate::browser::focus;

/// Where the member list slides over the conversation instead of standing beside it.
const PANEL_OVER: &str = "(width < 1200px)";

impl Drawer {
    fn id(self) -> &'static str {
        match self {
            Self::Navigation => "navigation",
            Self::Members => "members",
        }
    }

    /// What opens it.
    fn opener(self) -> &'static str {
        match self {
            Self::Navigation => ".topbar [href='#navigation']",
            Self::Members => ".topbar__members",
        }
    }
}

/// Whether the member list is open as a drawer. Tracks.
pub(super) fn is_members(chat: Chat) -> bool {
    chat.drawer.get() == Some(Drawer::Members)
}

/// Whether what stands beside the conversation on a wide screen covers it.
pub(super) fn panel_is_over() -> bool {
    focus::media(PANEL_OVER)
}

/// Opens a drawer instead of following the link to it.
pub(super) fn open(chat: Chat, drawer: Drawer, event: &Event) {
    event.prevent_default();
    chat.drawer.set(Some(drawer));
    request_animation_frame(move || {
        if let Some(element) = focus::by_id(drawer.id()) {
            let inside =
                focus::find_all(&element, "a[href], button").into_iter().find(|one| one.offset_width() > 0);
            focus::focus(&inside.unwrap_or(element));
        }
    });
}

/// Shows or puts away the member list, as a drawer or beside the conversation.
pub(super) fn toggle_members(chat: Chat, event: &Event) {
    if let (Some(_), Screen::Channel(channel)) = (chat.panel.get_untracked(), chat.screen.get_untracked()) {
        // Something else stands there: the list takes its place.
        chat.members_away.set(false);
        chat.go(&chat.here(channel), true);
        if !panel_is_over() {
            return event.prevent_default();
        }
    }
    if focus::media(PANEL_OVER) {
        chat.members_away.set(false);
        open(chat, Drawer::Members, event);
    } else {
        event.prevent_default();
        chat.members_away.update(|away| *away = !*away);
    }
}

/// Closes whatever is open, and gives the focus back to what opened it.
pub(super) fn close(chat: Chat) {
    let Some(drawer) = chat.drawer.get_untracked() else { return };
    chat.drawer.set(None);
    request_animation_frame(move || {
        if let Some(opener) = focus::find(drawer.opener()) {
            focus::focus(&opener);
        }
    });
}

/// A telephone's Back closes what is open over the conversation.
pub(super) fn close_on_back(chat: Chat) {
    Effect::new(move |_: Option<Option<OnBack>>| {
        let is_open = chat.drawer.get().is_some()
            || chat.menu.with(Option::is_some)
            || chat.picking.with(Option::is_some)
            || chat.profile.with(Option::is_some);
        is_open.then(|| OnBack::new(move || close_top(chat))).flatten()
    });
}

fn close_top(chat: Chat) {
    if chat.drawer.get_untracked().is_some() {
        close(chat);
    }
    chat.menu.set(None);
    chat.picking.set(None);
    chat.profile.set(None);
}

/// Whoever chose a place in the navigation goes there, also when they are there already.
pub(super) fn chosen(chat: Chat, event: &Event) {
    let link = dom::target(event).and_then(|target| dom::closest(&target, "a[href^='/channels/']"));
    if link.is_some() && chat.drawer.get_untracked() == Some(Drawer::Navigation) {
        chat.drawer.set(None);
    }
}

/// A click beside the open member list closes it: the conversation is inert then, and what it stands on is what is hit.
pub(super) fn beside(chat: Chat, event: &Event) {
    if event.target() == event.current_target() && chat.drawer.get_untracked() == Some(Drawer::Members) {
        close(chat);
    }
}

/// Escape closes.
pub(super) fn pressed(chat: Chat, event: &KeyboardEvent) {
    if event.key() == "Escape" && chat.drawer.get_untracked().is_some() {
        event.stop_propagation();
        close(chat);
    }
}

/// The cross in a drawer's corner; without script it leads back to the conversation.
pub(super) fn close_link(label: &'static str) -> AnyView {
    let chat: Chat = expect_context();
    let class = if label == "Close navigation" { "icon-button only-narrow" } else { "icon-button" };
    view! {
        <a class=class href="#conversation" target="_self" aria-label=label on:click=move |event| {
            event.prevent_default();
            close(chat);
        }>
            <Icon name="close"/>
        </a>
    }
}
