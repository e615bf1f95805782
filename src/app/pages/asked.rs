//! What is asked in dialogs, and on pages where there is no script: one part, fetched when the first thing is asked.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use protocol::{ChannelId, GuildId, MessageId, UserId};

use super::create_channel::{CreateChannel, CreateChannelPage};
use super::create_or_join::{CreateOrJoin, CreateOrJoinPage};
use super::invite_people::{InvitePeople, InvitePeoplePage};
use super::member::{MemberPage, RemoveMember};
use super::new_message::{NewMessage, NewMessagePage};
use super::start_thread::{StartThread, StartThreadPage};
use crate::app::later::{Arriving, as_page, later};
use crate::app::view::view;

/// What is asked in a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    CreateOrJoin,
    CreateChannel(GuildId, Option<ChannelId>),
    StartThread(GuildId, ChannelId, MessageId),
    Invite(GuildId),
    NewMessage,
    Remove(GuildId, UserId),
}

/// Closes the dialog.
#[derive(Clone, Copy)]
pub(super) struct Closing {
    /// The keyboard goes back to what opened it.
    pub(super) done: Callback<()>,
    /// The keyboard goes to the message box.
    pub(super) found: Callback<()>,
}

/// The same, and more, as pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedPage {
    /// `/servers/new`.
    CreateOrJoin,
    /// `/servers/:guild/channels/new`.
    CreateChannel,
    /// `/servers/:guild/threads/new`.
    StartThread,
    /// `/servers/:guild/invite`.
    InvitePeople,
    /// `/channels/@me/new`.
    NewMessage,
    /// `/servers/:guild/members/:user`.
    Member,
}

#[derive(Clone, Copy)]
enum Asked {
    Dialog(Ask, Closing),
    Page(AskedPage),
}

/// One of the pages.
pub fn asked_page(page: AskedPage) -> AnyView {
    later(fetch_asked, as_page, move || Box::pin(show(Asked::Page(page))))
}

/// Body and footer of a dialog.
pub(super) fn asked_in_dialog(ask: Ask, closing: Closing) -> Arriving<AnyView> {
    Box::pin(show(Asked::Dialog(ask, closing)))
}

/// Fetches all of it.
pub fn fetch_asked() -> Arriving<()> {
    Box::pin(fetch())
}

#[wasm_split(asked, wasm_split_path = leptos::wasm_split, fallible, preload(fetch))]
fn show(asked: Asked) -> Result<AnyView, SplitLoaderError> {
    Ok(match asked {
        Asked::Dialog(ask, closing) => dialog(ask, closing),
        Asked::Page(AskedPage::CreateOrJoin) => view! { <CreateOrJoinPage/> },
        Asked::Page(AskedPage::CreateChannel) => view! { <CreateChannelPage/> },
        Asked::Page(AskedPage::StartThread) => view! { <StartThreadPage/> },
        Asked::Page(AskedPage::InvitePeople) => view! { <InvitePeoplePage/> },
        Asked::Page(AskedPage::NewMessage) => view! { <NewMessagePage/> },
        Asked::Page(AskedPage::Member) => view! { <MemberPage/> },
    })
}

fn dialog(ask: Ask, Closing { done, found }: Closing) -> AnyView {
    match ask {
        Ask::CreateOrJoin => view! { <CreateOrJoin done/> },
        Ask::CreateChannel(guild, parent) => view! { <CreateChannel guild parent done/> },
        Ask::StartThread(_, channel, message) => view! { <StartThread channel message=Some(message) done/> },
        Ask::Invite(guild) => view! { <InvitePeople guild/> },
        Ask::NewMessage => view! { <NewMessage done found/> },
        Ask::Remove(guild, user) => view! { <RemoveMember guild user done/> },
    }
}
