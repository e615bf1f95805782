//! The sidebar of the direct conversations, newest first.

use leptos::prelude::*;
use protocol::entity::Presence;

use super::badge::badge;
use super::closures::{flag, follower, part, word};
use super::context::{Chat, Screen};
use super::{overlay, shortcuts};
use crate::app::controls::{Avatar, AvatarSize, EmptyState, Icon, Key, keyed};
use crate::app::pages::NewMessageOpener;
use crate::app::store::DmEntry;
use crate::app::view::view;

/// The conversations.
pub(super) fn conversations(chat: Chat) -> AnyView {
    let dms = chat.store().dms.clone();
    let none = {
        let dms = dms.clone();
        Memo::new(move |_| dms.with(Vec::is_empty))
    };
    view! {
        <nav class="channel-sidebar" aria-label="Direct messages" on:keydown=move |event| shortcuts::in_list(&event)>
            <header class="channel-sidebar__header">
                <span class="server-name"><span class="truncate">"Messages"</span></span>
                <NewMessageOpener class="icon-button"><Icon name="edit"/></NewMessageOpener>
                {super::drawers::close_link("Close navigation")}
            </header>
            {overlay::switcher_button(chat)}
            <div class="channel-sidebar__scroll">
                <ul class="channel-list">
                    {keyed(move || dms.get(), |dm| Key::Number(dm.id.get()), move |dm| row(chat, dm))}
                </ul>
                {part(move || none.get().then(|| view! {
                    <EmptyState
                        icon="message"
                        title="No conversations yet".to_owned()
                        text="Write to somebody you share a server with.".to_owned()
                    />
                }))}
            </div>
        </nav>
    }
}

/// Whether somebody is here, for their avatar.
pub(super) fn presence_of(chat: Chat, dm: DmEntry) -> Signal<Option<Presence>> {
    let online = chat.store().dm_online.clone();
    Signal::derive(move || {
        let here = online.with(|online| online.contains(&dm.recipient));
        Some(if here { Presence::Online } else { Presence::Offline })
    })
}

/// How the other one of a conversation is called.
pub(super) fn recipient_name(chat: Chat, dm: DmEntry) -> Signal<String> {
    let person = chat.store().person(dm.recipient);
    Signal::derive(move || {
        person.as_ref().map(|user| user.with(|user| user.display_name.clone())).unwrap_or_default()
    })
}

fn row(chat: Chat, dm: DmEntry) -> AnyView {
    let DmEntry { id, recipient } = dm;
    let name = recipient_name(chat, dm);
    let reads = chat.store().dm_reads.clone();
    let news = follower(move || {
        reads.with(|reads| reads.get(&id).map_or((false, 0), |read| (read.is_unread(), read.mentions())))
    });
    let here = follower(move || chat.screen.get() == Screen::Channel(id));
    let hue = protocol::entity::hue_of(recipient.get());
    view! {
            <li>
                <a
                    class="dm-row"
                    class:dm-row--unread=flag(move || news.get().0)
                    href=format!("/channels/@me/{id}")
                    aria-current=word(move || here.get(), "page")
                >
                    <Avatar name hue size=AvatarSize::Medium presence=presence_of(chat, dm)/>
                    <span class="dm-row__text">
                        <span class="dm-row__name" dir="auto">{name}</span>
                    </span>
    {part(move || {
                        let (unread, mentions) = news.get();
                        badge(unread, mentions)
                    })}
                </a>
            </li>
        }
}
