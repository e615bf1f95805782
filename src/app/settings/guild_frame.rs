//! The contents of a server's settings, and who gets to see which.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use protocol::entity::hue_of;
use protocol::permissions::Permissions;
use protocol::{Error, GuildId};

use super::frame::{Chapter, Part, SettingsFrame};
use crate::app::chat::Live;
use crate::app::controls::{Avatar, AvatarSize, FormAlert, Spinner};
use crate::app::pages::NotFound;
use crate::app::store::{GuildEntry, Stage, StoreCtx};
use crate::app::view::view;
use crate::app::words;

/// Finds the guild of the address and shows `page` for it, or that there is none.
#[component]
pub(super) fn GuildSettings<V: IntoView + 'static>(
    /// The page's title.
    title: &'static str,
    /// What it shows.
    page: fn(GuildEntry) -> V,
) -> impl IntoView {
    let StoreCtx(store) = expect_context();
    let id = use_params_map().read_untracked().get_str("guild").and_then(|id| id.parse::<GuildId>().ok());
    let Some(entry) = id.and_then(|id| store.guild(id)) else {
        return view! { <NotFound/> };
    };
    let id = entry.id();
    if !entry.is_loaded() {
        // Reached from somewhere that did not need the guild's channels.
        if let Some(live) = use_context::<Live>() {
            Effect::new(move |_| live.load_guild(id));
        }
    }
    let name = Signal::derive({
        let guild = entry.guild.clone();
        move || guild.with(|guild| guild.name.clone())
    });
    let head = view! {
        <Avatar name=name hue=hue_of(id.get()) size=AvatarSize::Medium place=true/>
        <p class="settings-navigation__title">
            <b dir="auto">{move || name.get()}</b>
            <span>{words::GUILD_SETTINGS}</span>
        </p>
    };
    let stage = entry.stage.clone();
    view! {
        <SettingsFrame label=words::GUILD_SETTINGS back=format!("/channels/{id}") head parts=parts(id) title>
            {move || match stage.get() {
                Stage::Loaded => page(entry.clone()).into_any(),
                Stage::Listed => view! { <p class="muted with-icon"><Spinner/>"Loading"</p> },
                Stage::Refused(error) => {
                    let error: Error = error;
                    view! { <FormAlert error=Some(error.to_string())/> }
                }
            }}
        </SettingsFrame>
    }
}

fn parts(id: GuildId) -> Vec<Part> {
    let chapter =
        |tail: &str, icon, words| Chapter { href: format!("/servers/{id}/settings{tail}"), icon, words };
    vec![
        Part {
            heading: "",
            chapters: vec![chapter("", "home", "Overview"), chapter("/channels", "hash", "Channels")],
        },
        Part { heading: "People", chapters: vec![chapter("/invites", "link", "Invites")] },
    ]
}

/// Whether the person may do something in the guild as a whole. Tracks.
pub(super) fn may(entry: &GuildEntry, wanted: Permissions) -> bool {
    entry.access.with(|access| access.guild.contains(wanted))
}
