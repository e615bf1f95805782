//! The sidebar of a server: its name with a menu, then channels under their categories.

use leptos::prelude::*;
use protocol::entity::Channel;
use protocol::permissions::{Permissions, Subject, everyone_role};
use protocol::snapshot::Place;
use protocol::{ChannelId, GuildId};

use super::badge::badge;
use super::closures::{flag, follower, part, word};
use super::context::{Chat, Screen};
use super::{overlay, shortcuts};
use crate::app::controls::{Icon, Key, Menu, keyed};
use crate::app::pages::{CreateChannelOpener, InviteOpener};
use crate::app::store::GuildEntry;
use crate::app::store::guild::{ChannelGroup, grouped};
use crate::app::store::reads::{Interest, ReadState, Reads};
use crate::app::view::view;
use crate::app::words;

/// Channels of a guild, or the direct conversations.
#[component]
pub(super) fn Sidebar() -> impl IntoView {
    let chat: Chat = expect_context();
    let guild = Memo::new(move |_| match chat.place.get() {
        Place::Guild { guild, .. } => chat.store().watch_guild(guild).map(|entry| entry.id()),
        _ => None,
    });
    move || match guild.get().and_then(|id| chat.store().guild(id)) {
        Some(guild) => channels(chat, &guild),
        None => super::dm_list::conversations(chat),
    }
}

fn channels(chat: Chat, guild: &GuildEntry) -> AnyView {
    let names = guild.guild.clone();
    let name = Signal::derive(move || names.with(|guild| guild.name.clone()));
    let groups = {
        let channels = guild.channels.clone();
        Memo::new(move |_| channels.with(|channels| grouped(channels)))
    };
    let entry = guild.clone();
    view! {
        <nav class="channel-sidebar" aria-label=name on:keydown=move |event| shortcuts::in_list(&event)>
            {header(guild, name)}
            {overlay::switcher_button(chat)}
            <div class="channel-sidebar__scroll">
                {keyed(move || groups.get(), group_key, move |group| group_view(chat, &entry, group, groups))}
            </div>
        </nav>
    }
}

fn header(guild: &GuildEntry, name: Signal<String>) -> AnyView {
    let id = guild.id();
    let access = guild.access.clone();
    let may = move |bits: Permissions| access.with(|access| access.guild.contains(bits));
    let (may_invite, may_create) = {
        let may_create = may.clone();
        (
            Memo::new(move |_| may(Permissions::CREATE_INVITE)),
            Memo::new(move |_| may_create(Permissions::MANAGE_CHANNELS)),
        )
    };
    let menu_label = Signal::derive(move || [&name.get(), " menu"].concat());
    view! {
        <header class="channel-sidebar__header">
            <button class="server-name" type="button" popovertarget="server-menu">
                <span class="truncate" dir="auto">{name}</span>
                <Icon name="chevron-down"/>
            </button>
            <Menu id="server-menu" label=menu_label>
                {part(move || may_invite.get().then(|| view! {
                    <li>
                        <InviteOpener guild=id class="menu__item" label="">
                            <Icon name="user-plus"/>
                            <span class="menu__label">"Invite people"</span>
                        </InviteOpener>
                    </li>
                }))}
                {part(move || may_create.get().then(|| view! {
                    <li>
                        <CreateChannelOpener guild=id class="menu__item" label="">
                            <Icon name="plus"/>
                            <span class="menu__label">"Create channel"</span>
                        </CreateChannelOpener>
                    </li>
                }))}
                <li>
                    <a class="menu__item" href=format!("/servers/{id}/settings")>
                        <Icon name="gear"/>
                        <span class="menu__label">{words::GUILD_SETTINGS}</span>
                    </a>
                </li>
            </Menu>
            {part(move || may_create.get().then(|| view! {
                <CreateChannelOpener guild=id class="icon-button"><Icon name="plus"/></CreateChannelOpener>
            }))}
            {part(move || may_invite.get().then(|| view! {
                <InviteOpener guild=id class="icon-button"><Icon name="user-plus"/></InviteOpener>
            }))}
            {super::drawers::close_link("Close navigation")}
        </header>
    }
}

fn group_view(
    chat: Chat,
    guild: &GuildEntry,
    group: ChannelGroup,
    groups: Memo<Vec<ChannelGroup>>,
) -> AnyView {
    let category = group.category.as_ref().map(|category| category.id);
    let guild = guild.clone();
    let threads = shown_threads(chat, &guild);
    let channels = move || {
        groups.with(|groups| {
            let of = |group: &&ChannelGroup| group.category.as_ref().map(|category| category.id) == category;
            let channels = groups.iter().find(of).map(|group| group.channels.clone()).unwrap_or_default();
            threads.with(|threads| with_threads(channels, threads))
        })
    };
    let list = view! {
        <ul class="channel-list">
            {keyed(
                channels,
                channel_key,
                move |channel| channel_row(chat, guild.id(), guild.reads.clone(), &channel),
            )}
        </ul>
    };
    match group.category {
        None => list,
        Some(category) => view! {
            <details class="category" open=true>
                <summary class="category__summary">
                    <Icon name="chevron-down"/>
                    <span class="category__name" dir="auto">{category.name}</span>
                </summary>
                {list}
            </details>
        },
    }
}

/// Threads that stand under their channels: those that are followed and not archived, and the one on screen.
fn shown_threads(chat: Chat, guild: &GuildEntry) -> Memo<Vec<Channel>> {
    let (reads, channels) = (guild.reads.clone(), guild.channels.clone());
    let followed = Memo::new(move |_| {
        let is_followed = |read: &ReadState| read.interest() != Interest::None;
        reads.with(|reads| {
            reads.iter().filter(|(_, read)| is_followed(read)).map(|(id, _)| *id).collect::<Vec<_>>()
        })
    });
    Memo::new(move |_| {
        let here = chat.screen.get();
        channels.with(|channels| {
            followed.with(|followed| {
                let is_shown = |channel: &&Channel| {
                    channel.thread.as_ref().is_some_and(|thread| {
                        here == Screen::Channel(channel.id)
                            || !thread.is_archived && followed.binary_search(&channel.id).is_ok()
                    })
                };
                channels.iter().filter(is_shown).cloned().collect::<Vec<_>>()
            })
        })
    })
}

/// Channels, each with its threads after it, the oldest first.
fn with_threads(channels: Vec<Channel>, threads: &[Channel]) -> Vec<Channel> {
    let mut all = Vec::with_capacity(channels.len() + threads.len());
    for channel in channels {
        let id = Some(channel.id);
        all.push(channel);
        all.extend(threads.iter().filter(|thread| thread.parent_id == id).cloned());
    }
    all
}

/// A group is made anew when it is renamed.
fn group_key(group: &ChannelGroup) -> Key {
    group.category.as_ref().map_or(Key::Number(0), |category| {
        Key::Text([&category.id.to_string(), " ", &category.name].concat().into())
    })
}

/// A channel is made anew when it is renamed or closed to some.
fn channel_key(channel: &Channel) -> Key {
    let open = if is_private(channel) { " - " } else { " + " };
    Key::Text([&channel.id.to_string(), open, &channel.name].concat().into())
}

/// Whether @everyone cannot see it.
fn is_private(channel: &Channel) -> bool {
    let everyone = Subject::Role(everyone_role(channel.guild_id));
    channel.overwrites.iter().any(|o| o.subject == everyone && o.deny.contains(Permissions::VIEW_CHANNEL))
}

fn channel_row(chat: Chat, guild: GuildId, reads: ArcRwSignal<Reads>, channel: &Channel) -> AnyView {
    let id: ChannelId = channel.id;
    let news = follower(move || {
        reads.with(|reads| reads.get(&id).map_or((false, 0), |read| (read.is_unread(), read.mentions())))
    });
    let here = follower(move || chat.screen.get() == Screen::Channel(id));
    let is_thread = channel.thread.is_some();
    let icon = if is_thread {
        "thread"
    } else if is_private(channel) {
        "lock"
    } else {
        "hash"
    };
    view! {
            <li>
                <div
                    class=if is_thread { "channel-row channel-row--thread" } else { "channel-row" }
                    class:channel-row--unread=flag(move || news.get().0)
                    class:channel-row--current=flag(move || here.get())
                >
                    <a
                        class="channel-row__link"
                        href=format!("/channels/{guild}/{id}")
                        aria-current=word(move || here.get(), "page")
                    >
                        <Icon name=icon/>
                        <span class="channel-row__name" dir="auto">{channel.name.clone()}</span>
    {part(move || {
                        let (unread, mentions) = news.get();
                        badge(unread, mentions)
                    })}
                    </a>
                </div>
            </li>
        }
}
