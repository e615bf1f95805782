//! What stands beside the conversation instead of the members. The address says what (`?panel=pins`), so it is a page
//! without script, survives a reload, and the browser's Back closes it.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use protocol::ChannelId;

use super::closures::part;
use super::context::Chat;
use super::inbox::Inbox;
use super::pins::Pins;
use super::search_panel::SearchPanel;
use crate::app::controls::Icon;
use crate::app::later::{self, Arriving, later};
use crate::app::view::view;
use crate::browser::dom::{self, Event, KeyboardEvent};
use crate::browser::{focus, scroll};
use leptos::wasm_split::{SplitLoaderError, wasm_split};

/// Its id in the page.
const ID: &str = "panel";

/// What can stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Panel {
    /// The pinned messages of the channel.
    Pins,
    /// What addressed the person lately, everywhere.
    Inbox,
    /// What was searched for in the server, or in the conversation.
    Search,
}

impl Panel {
    const ALL: [Self; 3] = [Self::Pins, Self::Inbox, Self::Search];

    /// From the part of the address behind the `?`.
    pub(super) fn of(query: &ParamsMap) -> Option<Self> {
        let named = query.get_str("panel")?;
        Self::ALL.into_iter().find(|panel| panel.word() == named)
    }

    /// Its word in the address.
    fn word(self) -> &'static str {
        match self {
            Self::Pins => "pins",
            Self::Inbox => "inbox",
            Self::Search => "search",
        }
    }

    /// What it is called.
    fn title(self) -> &'static str {
        match self {
            Self::Pins => "Pinned messages",
            Self::Inbox => "Inbox",
            Self::Search => "Search",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Pins => "pin",
            Self::Inbox => "inbox",
            Self::Search => "search",
        }
    }
}

/// The button in the head of the conversation that opens a panel, and closes it again: without script a form that leads
/// to the address.
pub(super) fn opener(chat: Chat, panel: Panel, channel: ChannelId) -> AnyView {
    let is_open = move || chat.panel.get() == Some(panel);
    let path = chat.channel_path(channel);
    let press = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        let here = chat.here(channel);
        match untrack(is_open) {
            true => chat.go(&here, true),
            false => chat.go(&[&here, "?panel=", panel.word()].concat(), false),
        }
    };
    view! {
        <form method="get" action=path>
            {part(move || (!is_open()).then(|| view! { <input type="hidden" name="panel" value=panel.word()/> }))}
            <button
                class="icon-button"
                type="submit"
                aria-label=panel.title()
                aria-expanded=Signal::derive(move || if is_open() { "true" } else { "false" })
                data-opens=panel.word()
                on:click=press
            >
                <Icon name=panel.icon()/>
            </button>
        </form>
    }
}

/// The panel of the address.
#[component]
pub(super) fn SidePanel(
    /// Which.
    panel: Panel,
    /// The channel on screen.
    channel: ChannelId,
) -> impl IntoView {
    let chat: Chat = expect_context();
    take_keyboard(chat);
    view! {
        <aside
            class="side-panel side-panel--wide"
            id=ID
            aria-label=panel.title()
            tabindex="-1"
            data-open=""
            on:keydown=move |event| pressed(chat, panel, channel, &event)
        >
            <div class="panel-header">
                <h2 class="panel-header__title">{panel.title()}</h2>
                <a
                    class="icon-button"
                    href=chat.channel_path(channel)
                    aria-label=["Close ", &panel.title().to_lowercase()].concat()
                    on:click=move |event| close(chat, panel, channel, &event)
                >
                    <Icon name="close"/>
                </a>
            </div>
            {later(fetch_panels, later::in_place, move || Box::pin(show(chat, panel, channel)))}
        </aside>
    }
}

/// Fetches what is in panels.
pub fn fetch_panels() -> Arriving<()> {
    Box::pin(fetch())
}

#[wasm_split(panels, wasm_split_path = leptos::wasm_split, fallible, preload(fetch))]
fn show(chat: Chat, panel: Panel, channel: ChannelId) -> Result<AnyView, SplitLoaderError> {
    Ok(match panel {
        Panel::Pins => view! { <Pins chat channel/> },
        Panel::Inbox => view! { <Inbox chat channel/> },
        Panel::Search => view! { <SearchPanel chat channel/> },
    })
}

/// Whoever opens a panel goes into it. The page that was rendered with one has the keyboard where the reader puts it.
fn take_keyboard(chat: Chat) {
    let opened = chat.interactive.get_untracked();
    Effect::new(move |_| {
        if opened {
            focus::by_id(ID).iter().for_each(focus::focus);
        }
    });
}

/// Goes to the beginning of what is in the panel.
pub(super) fn to_start() {
    if let Some(panel) = focus::by_id(ID) {
        scroll::to_top(&panel);
        focus::focus(&panel);
    }
}

fn pressed(chat: Chat, panel: Panel, channel: ChannelId, event: &KeyboardEvent) {
    if event.key() == "Escape" {
        close(chat, panel, channel, event);
    }
}

/// Closes the panel, and gives the keyboard back to what opened it.
fn close(chat: Chat, panel: Panel, channel: ChannelId, event: &Event) {
    event.prevent_default();
    event.stop_propagation();
    // In place of the panel's address: a telephone's Back would open it again.
    chat.go(&chat.here(channel), true);
    request_animation_frame(move || {
        let button = focus::find(&["[data-opens='", panel.word(), "']"].concat());
        let opener = button.filter(dom::is_shown).or_else(|| focus::find(".topbar__search [name='q']"));
        opener.iter().for_each(focus::focus);
    });
}
