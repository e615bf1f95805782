//! The rail: one tile for the direct conversations, one for each server, one to get another.

use leptos::prelude::*;
use protocol::entity::{hue_of, initials};
use protocol::snapshot::Place;

use super::badge::{badge, number};
use super::closures::{follower, part, text, word};
use super::context::Chat;
use super::shortcuts;
use crate::app::controls::{Icon, Key, keyed};
use crate::app::pages::CreateOrJoinOpener;
use crate::app::store::GuildEntry;
use crate::app::store::reads::totals;
use crate::app::view::view;
use crate::app::words;

/// Navigation between servers.
#[component]
pub(super) fn Rail() -> impl IntoView {
    let chat: Chat = expect_context();
    let store = chat.store();
    let reads = store.dm_reads.clone();
    let unread = Memo::new(move |_| reads.with(|reads| totals(reads).0));
    let home = Memo::new(move |_| !matches!(chat.place.get(), Place::Guild { .. }));
    let guilds = store.guilds.clone();
    view! {
        <nav class="server-rail" aria-label=words::GUILDS_TITLE on:keydown=move |event| shortcuts::in_list(&event)>
            <ul class="server-rail__list">
                <li>
                    <a
                        class="server-tile server-tile--home"
                        href="/channels/@me"
                        title="Direct messages"
                        aria-current=word(move || home.get(), "page")
                    >
                        <Icon name="logo"/>
                        <span class="visually-hidden">"Direct messages"</span>
                        {part(move || match unread.get() {
                            0 => None,
                            count => Some(number(u32::try_from(count).unwrap_or(u32::MAX), " unread")),
                        })}
                    </a>
                </li>
            </ul>
            <div class="server-rail__separator" role="separator"></div>
            <ul class="server-rail__list">
                {keyed(move || guilds.get(), |guild| Key::Number(guild.id().get()), move |guild| tile(chat, &guild))}
            </ul>
            <div class="server-rail__separator" role="separator"></div>
            <ul class="server-rail__list">
                <li>
                    <CreateOrJoinOpener class="server-tile server-tile--action"><Icon name="plus"/></CreateOrJoinOpener>
                </li>
            </ul>
        </nav>
    }
}

fn tile(chat: Chat, guild: &GuildEntry) -> AnyView {
    let (id, entry) = (guild.id(), guild.clone());
    let (names, reads) = (guild.guild.clone(), guild.reads.clone());
    let name = follower(move || names.with(|guild| guild.name.clone()));
    let news = follower(move || reads.with(totals));
    let here = follower(move || matches!(chat.place.get(), Place::Guild { guild, .. } if guild == id));
    view! {
        <li>
            <a
                class="server-tile server-tile--hue"
                data-hue=hue_of(id.get()).to_string()
                href=text(move || chat.guild_path(&entry))
                title=name
                aria-current=word(move || here.get(), "page")
            >
                <span aria-hidden="true">{text(move || name.with(|name| initials(name)))}</span>
                <span class="visually-hidden">{name}</span>
                {part(move || {
                    let (unread, mentions) = news.get();
                    badge(unread > 0, mentions)
                })}
            </a>
        </li>
    }
}
