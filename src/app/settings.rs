//! Settings: a person's and a server's. Each page is a plain form that also works without script.

pub mod account;
pub mod appearance;
pub mod devices;
pub mod exit;
pub mod frame;
pub mod guild_channels;
pub mod guild_danger;
pub mod guild_frame;
pub mod guild_invites;
pub mod guild_overview;
pub mod listed;
pub mod saving;
pub mod user_frame;

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

pub use appearance::show_look;

use super::later::{Arriving, as_page, later};
use crate::app::view::view;
use account::AccountPage;
use appearance::AppearancePage;
use devices::DevicesPage;
use guild_channels::GuildChannelsPage;
use guild_invites::GuildInvitesPage;
use guild_overview::GuildOverviewPage;

/// The pages of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// `/settings`.
    Account,
    /// `/settings/devices`.
    Devices,
    /// `/settings/appearance`.
    Appearance,
    /// `/servers/:guild/settings`.
    GuildOverview,
    /// `/servers/:guild/settings/channels`.
    GuildChannels,
    /// `/servers/:guild/settings/invites`.
    GuildInvites,
}

/// One of the pages of settings, which are fetched when the first of them is opened.
pub fn page(page: Page) -> AnyView {
    later(fetch, as_page, move || Box::pin(show(page)))
}

/// Fetches all of them.
pub fn fetch() -> Arriving<()> {
    Box::pin(fetch_settings())
}

#[wasm_split(settings, wasm_split_path = leptos::wasm_split, fallible, preload(fetch_settings))]
fn show(page: Page) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Page::Account => view! { <AccountPage/> },
        Page::Devices => view! { <DevicesPage/> },
        Page::Appearance => view! { <AppearancePage/> },
        Page::GuildOverview => view! { <GuildOverviewPage/> },
        Page::GuildChannels => view! { <GuildChannelsPage/> },
        Page::GuildInvites => view! { <GuildInvitesPage/> },
    })
}
