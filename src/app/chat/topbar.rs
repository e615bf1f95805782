//! The head of the conversation: where am I, what is it for, what can I open.

use leptos::prelude::*;
use protocol::ChannelId;
use protocol::entity::Channel;
use protocol::snapshot::Place;

use super::badge::badge;
use super::closures::{part, text, word};
use super::context::{Chat, Drawer, Screen, channel_name};
use super::panel::{self, Panel};
use super::searching::search_box;
use super::{dm_list, drawers};
use crate::app::controls::{Avatar, AvatarSize, Icon};
use crate::app::view::view;

/// The way to the navigation on a narrow screen.
fn navigation_link(chat: Chat) -> AnyView {
    let news = Memo::new(move |_| {
        chat.store().news(match chat.screen.get() {
            Screen::Channel(channel) => Some(channel),
            _ => None,
        })
    });
    let label = text(move || {
        let label = "Open navigation";
        match news.get() {
            (false, _) => label.to_owned(),
            (true, 0) => [label, ", unread"].concat(),
            (true, count) => [label, ", ", &count.to_string(), " for you"].concat(),
        }
    });
    view! {
        <a
            class="icon-button only-narrow"
            href="#navigation"
            target="_self"
            aria-label=label
            on:click=move |event| drawers::open(chat, Drawer::Navigation, &event)
        >
            <Icon name="menu"/>
            {part(move || badge(news.get().0, news.get().1))}
        </a>
    }
}

/// The head of a page without a channel.
#[component]
pub(super) fn PlainTopbar(
    /// Its title.
    title: &'static str,
) -> impl IntoView {
    let chat: Chat = expect_context();
    view! {
        <header class="topbar">
            {navigation_link(chat)}
            <h1 class="topbar__title"><span>{title}</span></h1>
            <p class="topbar__topic"></p>
        </header>
    }
}

/// The head of a channel or conversation.
#[component]
pub(super) fn Topbar(
    /// Which.
    channel: ChannelId,
    /// Its name.
    name: Signal<String>,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let store = chat.store();
    let in_guild = matches!(chat.place.get_untracked(), Place::Guild { .. });
    let thread = store.guild_of(channel).and_then(|guild| guild.thread(channel));
    let mark = if in_guild {
        view! { <Icon name=if thread.is_some() { "thread" } else { "hash" }/> }
    } else {
        let dm = store.dms.with_untracked(|dms| dms.iter().find(|dm| dm.id == channel).copied());
        dm.map(|dm| {
            let (hue, presence) =
                (protocol::entity::hue_of(dm.recipient.get()), dm_list::presence_of(chat, dm));
            view! { <Avatar name hue size=AvatarSize::Small presence/> }
        })
        .into_any()
    };
    let topic = Memo::new(move |_| {
        let guild = store.guild_of(channel)?;
        guild.channels.with(|channels| {
            channels.iter().find(|known| known.id == channel).map(|known| known.topic.clone())
        })
    });
    view! {
        <header class="topbar">
            {navigation_link(chat)}
            <h1 class="topbar__title">{mark}<span dir="auto">{name}</span></h1>
            {match thread {
                Some(thread) => parent_link(chat, &thread),
                None => view! { <p class="topbar__topic" dir="auto" title=topic>{topic}</p> },
            }}
            <div class="topbar__actions">
                {panel::opener(chat, Panel::Pins, channel)}
                {panel::opener(chat, Panel::Inbox, channel)}
                {search_box(chat, channel)}
                {in_guild.then(|| members_link(chat))}
            </div>
        </header>
    }
}

/// Where a thread belongs.
fn parent_link(chat: Chat, thread: &Channel) -> AnyView {
    let store = chat.store();
    let parent = thread.parent_id.unwrap_or(thread.id);
    let name = text(move || channel_name(&store, parent).unwrap_or_default());
    let href = format!("/channels/{}/{parent}", thread.guild_id);
    view! { <p class="topbar__topic">"Thread in "<a href=href dir="auto">"#" {name}</a></p> }
}

fn members_link(chat: Chat) -> AnyView {
    view! {
        <a
            class="icon-button topbar__members"
            href="#members"
            target="_self"
            aria-label="Member list"
            aria-expanded=word(move || chat.members_away.get() || chat.panel.get().is_some(), "false")
            on:click=move |event| drawers::toggle_members(chat, &event)
        >
            <Icon name="users"/>
        </a>
    }
}
