//! Keys: between servers, channels and regions everywhere, and on the message that has the focus.

use leptos::prelude::*;
use protocol::MessageId;
use protocol::snapshot::Place;

use super::context::{Chat, Screen};
use super::message_list::message_at;
use super::overlay::Overlay;
use super::settling::focus_composer;
use super::thread_line::start_thread;
use super::{drawers, menu, overlay, picker, pins, searching, sending};
use crate::app::store::guild::grouped;
use crate::browser::dom::{self, HtmlElement, KeyboardEvent};
use crate::browser::listener::Listener;
use crate::browser::{clipboard, focus};

/// Regions F6 goes through, in order, by what gets the focus there.
const REGIONS: [&str; 5] = [
    ".server-rail [aria-current], .server-rail a",
    ".channel-sidebar [aria-current], .channel-sidebar a, .channel-sidebar button",
    ".timeline article[tabindex='0']",
    "#composer",
    ".side-panel:not([hidden])",
];

/// Listens for keys that mean the same everywhere, for as long as the caller's owner lives.
pub(super) fn listen(chat: Chat) {
    Effect::new(move |_: Option<Listener>| {
        Listener::new("keydown", move |event| {
            let Some(event) = dom::as_key(&event) else { return };
            if event.default_prevented() || focus::find("dialog[open]").is_some() {
                return;
            }
            let key = event.key();
            let vertical = match key.as_str() {
                "ArrowUp" => Some(false),
                "ArrowDown" => Some(true),
                _ => None,
            };
            let path = match vertical {
                Some(down) if event.alt_key() && event.ctrl_key() => next_guild(chat, down),
                Some(down) if event.alt_key() => next_channel(chat, down, event.shift_key()),
                _ => None,
            };
            if let Some(path) = path {
                event.prevent_default();
                chat.go(&path, false);
            } else if key == "F6" {
                event.prevent_default();
                next_region(!event.shift_key());
            } else if let Some(overlay) = overlay_of(&key, event) {
                event.prevent_default();
                overlay::open(chat, overlay);
            } else if key == "f" && (event.ctrl_key() || event.meta_key()) {
                // A second press is left to the browser, whose own search looks through what is on screen.
                if let (Screen::Channel(channel), false) =
                    (chat.screen.get_untracked(), searching::is_begun())
                {
                    event.prevent_default();
                    searching::begin(chat, channel);
                }
            } else if key == "Escape" {
                drawers::close(chat);
            }
        })
    });
}

/// What covers everything when a key is pressed.
fn overlay_of(key: &str, event: &KeyboardEvent) -> Option<Overlay> {
    let with_control = event.ctrl_key() || event.meta_key();
    match key {
        "k" if with_control => Some(Overlay::Switcher),
        "/" if with_control => Some(Overlay::Keys),
        "?" if !focus::is_writing() => Some(Overlay::Keys),
        _ => None,
    }
}

/// The neighbour of `here`; after the last one comes the first.
fn next<T: PartialEq>(all: &[T], here: Option<&T>, forward: bool) -> Option<usize> {
    let count = all.len();
    let at = here.and_then(|here| all.iter().position(|one| one == here));
    match (at, forward) {
        _ if count == 0 => None,
        (None, true) => Some(0),
        (None, false) => Some(count - 1),
        (Some(at), true) => Some((at + 1) % count),
        (Some(at), false) => Some((at + count - 1) % count),
    }
}

fn next_guild(chat: Chat, forward: bool) -> Option<String> {
    let guilds = chat.store().guilds.get_untracked();
    let ids: Vec<_> = guilds.iter().map(|guild| guild.id()).collect();
    let here = match chat.place.get_untracked() {
        Place::Guild { guild, .. } => Some(guild),
        _ => None,
    };
    // The direct conversations stand before the first one.
    if here.is_some() && here.as_ref() == ids.first() && !forward {
        return Some("/channels/@me".to_owned());
    }
    let guild = guilds.get(next(&ids, here.as_ref(), forward)?)?;
    Some(untrack(|| chat.guild_path(guild)))
}

fn next_channel(chat: Chat, forward: bool, unread_only: bool) -> Option<String> {
    let store = chat.store();
    let all: Vec<_> = match chat.place.get_untracked() {
        Place::Guild { guild, .. } => store.guild(guild)?.channels.with_untracked(|channels| {
            grouped(channels).iter().flat_map(|group| &group.channels).map(|channel| channel.id).collect()
        }),
        _ => store.dms.with_untracked(|dms| dms.iter().map(|dm| dm.id).collect()),
    };
    let here = match chat.screen.get_untracked() {
        Screen::Channel(channel) => Some(channel),
        _ => None,
    };
    let wanted: Vec<_> = all
        .into_iter()
        .filter(|channel| !unread_only || Some(*channel) == here || store.read_state(*channel).is_unread())
        .collect();
    let id = wanted.get(next(&wanted, here.as_ref(), forward)?)?;
    Some(chat.channel_path(*id))
}

fn next_region(forward: bool) {
    let found: Vec<HtmlElement> =
        REGIONS.iter().filter_map(|region| focus::find(region)).filter(dom::is_shown).collect();
    let Some(active) = focus::active() else { return };
    let holder = |one: &HtmlElement| {
        let region = dom::closest(one, ".server-rail, .channel-sidebar, .timeline, .composer, .side-panel");
        region.is_some_and(|region| dom::holds(&region, &active))
    };
    let at = found.iter().position(holder);
    let count = found.len().max(1);
    let target = match (at, forward) {
        (None, true) => 0,
        (None, false) => count - 1,
        (Some(at), true) => (at + 1) % count,
        (Some(at), false) => (at + count - 1) % count,
    };
    found.get(target).into_iter().for_each(focus::focus);
}

/// Arrows, Home and End move along the links of a list.
pub(super) fn in_list(event: &KeyboardEvent) {
    if event.alt_key() || event.ctrl_key() || event.meta_key() {
        return;
    }
    let Some(list) = dom::listener(event) else { return };
    let Some(active) = focus::active().filter(|active| dom::closest(active, "[popover]").is_none()) else {
        return;
    };
    let links: Vec<HtmlElement> = focus::find_all(&list, "li > a, li > .channel-row > a, summary")
        .into_iter()
        .filter(dom::is_shown)
        .collect();
    let moved = match event.key().as_str() {
        "ArrowDown" => focus::step(&links, &active, true),
        "ArrowUp" => focus::step(&links, &active, false),
        "Home" => links.first().map(focus::focus).is_some(),
        "End" => links.last().map(focus::focus).is_some(),
        _ => false,
    };
    if moved {
        event.prevent_default();
    }
}

/// Keys on the message that has the focus itself, not on something within it.
pub(super) fn in_timeline(chat: Chat, event: &KeyboardEvent) {
    let Some((id, row)) = message_at(event) else { return };
    let on_row = focus::active().is_some_and(|active| active == row);
    if !on_row || event.alt_key() || event.meta_key() {
        return;
    }
    if act(chat, event, id, &row) {
        event.prevent_default();
        event.stop_propagation();
    }
}

fn may_react(chat: Chat, id: MessageId) -> bool {
    untrack(|| chat.message(id).is_some_and(|message| chat.may_react(message.channel_id)))
}

fn act(chat: Chat, event: &KeyboardEvent, id: MessageId, row: &HtmlElement) -> bool {
    let key = event.key();
    if event.ctrl_key() {
        let copies = key.eq_ignore_ascii_case("c") && clipboard::selection().is_empty();
        if copies {
            sending::copy_text(chat, id);
        }
        return copies;
    }
    match key.as_str() {
        "ArrowUp" | "ArrowDown" => {
            let Some(timeline) = dom::closest(row, ".timeline") else { return false };
            let rows = focus::find_all(&timeline, "article.message");
            let moved = rows
                .iter()
                .find(|one| *one == row)
                .is_some_and(|here| focus::step(&rows, here, key == "ArrowDown"));
            if !moved && key == "ArrowDown" {
                focus_composer();
            }
        }
        "ArrowRight" => {
            dom::first_in(row, ".message-toolbar button").iter().for_each(focus::focus);
        }
        "ContextMenu" => menu::open_at_element(chat, id, row),
        "F10" if event.shift_key() => menu::open_at_element(chat, id, row),
        "Delete" | "Backspace" => chat.delete(id, event.shift_key()),
        "e" | "E" => chat.edit(id),
        "r" | "R" => chat.reply(id),
        "p" | "P" => pins::turn(chat, id),
        "t" | "T" => start_thread(chat, id),
        "u" | "U" => sending::mark_unread(chat, id),
        "+" if may_react(chat, id) => picker::open_at_row(chat, id),
        _ => return false,
    }
    true
}
