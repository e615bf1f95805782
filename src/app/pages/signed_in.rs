//! The layout of every signed-in page: loads what the first page needs, once, and keeps the live state for all
//! that follow.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::location::Url;
use leptos_router::params::ParamsMap;
use protocol::entity::{Device, Invite, Member, Message};
use protocol::inbox::InboxPage;
use protocol::search::SearchPage;
use protocol::snapshot::PageData;
use protocol::{ChannelId, Error};
use serde::{Deserialize, Serialize};

use super::address::{Address, current_path, parse_address};
use super::dialogs::{DialogHost, provide_dialogs};
use super::{ErrorPage, NotFound};
use crate::api::accounts::devices;
use crate::api::document::{origin, remember_look, set_status};
use crate::api::guilds::member;
use crate::api::inbox::inbox_mentions;
use crate::api::invites::{find_standing_invite, list_invites};
use crate::api::pages::load_page;
use crate::api::pins::pinned_messages;
use crate::api::search::search_messages;
use crate::api::{Answer, Refusal, once};
use crate::app::chat::{InboxAsked, connect, search_of};
use crate::app::controls::Spinner;
use crate::app::settings::show_look;
use crate::app::store::{Link, Store, StoreCtx};
use crate::app::view::view;
use protocol::snapshot::Place;

/// What a signed-in page starts from.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Start {
    page: PageData,
    extra: Extra,
}

/// What the page at the address of the first request shows besides the store. It is loaded together with the
/// rest, because a resource made inside a suspended view would never finish on the backend.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub enum Extra {
    /// Nothing.
    #[default]
    None,
    /// The list of `/settings/devices`.
    Devices(Vec<Device>),
    /// The list of a server's invites.
    Invites(Vec<Invite>),
    /// The link of "Invite people", where there is one.
    InviteLink(String),
    /// Somebody in a server.
    Member(Member),
    /// The pinned messages of the channel on screen.
    Pins(Vec<Message>),
    /// The page of the inbox that the address names.
    Inbox(InboxPage),
    /// What the search of the address found.
    Found(Result<SearchPage, Error>),
}

/// [`Extra`] of the first page, taken by whoever it is for.
#[derive(Clone, Copy)]
struct ExtraCtx(StoredValue<Extra>);

/// Takes what came along with the first page; [`Extra::None`] after a navigation in the browser.
pub fn take_extra() -> Extra {
    use_context::<ExtraCtx>().and_then(|extra| extra.0.try_update_value(std::mem::take)).unwrap_or_default()
}

/// The link somebody can send to others.
pub fn invite_link(code: &str) -> String {
    format!("{}/invite/{code}", origin())
}

/// How long the answer to signing out may take.
const LEFT_WITHIN: Duration = Duration::from_secs(15);

/// Whether the person is signing out here: then the end of the session is no news.
#[derive(Clone, Copy)]
pub struct Leaving(StoredValue<bool>);

impl Leaving {
    /// They are, unless the page is still here soon: the browser asks whoever would lose something, and they may stay.
    pub fn begin(self) {
        self.0.set_value(true);
        set_timeout(move || _ = self.0.try_set_value(false), LEFT_WITHIN);
    }
}

/// The conversation somebody was in last, for going back to it.
#[derive(Clone, Copy)]
pub struct CameFrom(StoredValue<Option<String>>);

impl CameFrom {
    /// Its address. None on the first page, and in a first render.
    pub fn path(self) -> Option<String> {
        self.0.get_value()
    }

    /// Notes every conversation from here on.
    fn follow() -> Self {
        let from = Self(StoredValue::new(None));
        let path = use_location().pathname;
        Effect::new(move |_| {
            let path = path.get();
            if path.starts_with("/channels/") {
                from.0.set_value(Some(path));
            }
        });
        from
    }
}

/// What the page can do without. A refused call has given the page its own status; the page itself is well.
fn allowed<T>(answer: Answer<T>) -> Option<T> {
    answer.map_err(|_| set_status(200)).ok()
}

async fn start(place: Place, path: String, query: ParamsMap) -> Answer<Start> {
    let page = load_page(place).await?;
    if let (Some(panel), Some(history)) = (query.get_str("panel"), &page.history) {
        let extra = beside(panel, &query, place, history.channel_id).await;
        return Ok(Start { page, extra });
    }
    let extra = match (place, path.trim_end_matches('/')) {
        (_, "/settings/devices") => Extra::Devices(devices().await?),
        (Place::Guild { guild, .. }, path) if path.ends_with("/settings/invites") => {
            // Who may not see them gets the page without them, which says so.
            allowed(list_invites(guild).await).map_or(Extra::None, Extra::Invites)
        }
        (Place::Guild { guild, .. }, path) if path.starts_with("/servers/") && path.ends_with("/invite") => {
            allowed(find_standing_invite(guild).await)
                .flatten()
                .map_or(Extra::None, |invite| Extra::InviteLink(invite_link(&invite.code)))
        }
        (Place::Guild { guild, .. }, path) => match path.split_once("/members/") {
            Some((_, user)) => {
                Extra::Member(member(guild, user.parse().map_err(|_| Error::NotFound)?).await?)
            }
            None => Extra::None,
        },
        _ => Extra::None,
    };
    Ok(Start { page, extra })
}

/// What the panel beside the conversation holds.
async fn beside(panel: &str, query: &ParamsMap, place: Place, channel: ChannelId) -> Extra {
    match panel {
        "pins" => allowed(pinned_messages(channel).await).map_or(Extra::None, Extra::Pins),
        "inbox" => {
            let InboxAsked { before, only_named } = InboxAsked::of(query);
            allowed(inbox_mentions(before, only_named).await).map_or(Extra::None, Extra::Inbox)
        }
        "search" => {
            let Some(search) = search_of(query, place, channel) else { return Extra::None };
            // The page is well, whatever was asked.
            let found = search_messages(search).await.map_err(|Refusal(error)| {
                set_status(200);
                error
            });
            Extra::Found(found)
        }
        _ => Extra::None,
    }
}

/// Loads the first page and lays the others into its state. Who is not signed in goes to `/login` and comes
/// back afterwards.
#[component]
pub fn SignedIn() -> impl IntoView {
    let path = use_location().pathname.get_untracked();
    let query = use_query_map().get_untracked();
    let Address::Known(place) = parse_address(&path) else {
        return view! { <NotFound/> };
    };
    // Keyed by nothing: later addresses are the business of the store, which is already there.
    let start = once(start(place, path, query));
    view! {
        <Suspense fallback=Waiting>
            {move || Suspend::new(async move {
                match start.await {
                    Ok(start) => view! { <Loaded start place/> },
                    Err(Refusal(error)) => view! { <Refused error/> },
                }
            })}
        </Suspense>
    }
}

/// Between signing in and the first page, when both happen without a reload.
#[component]
fn Waiting() -> impl IntoView {
    view! {
        <main class="page page--plain" id="conversation" aria-busy="true">
            <p class="muted with-icon"><Spinner/>"Loading"</p>
        </main>
    }
}

#[component]
fn Loaded(start: Start, place: Place) -> impl IntoView {
    provide_context(ExtraCtx(StoredValue::new(start.extra)));
    provide_dialogs();
    let store = Store::new(start.page);
    store.came_for(place);
    provide_context(StoreCtx(store.clone()));
    connect(&store);
    remember_look(store.me.with_untracked(|me| me.settings));
    let settings = store.clone();
    let leaving = Leaving(StoredValue::new(false));
    provide_context(leaving);
    provide_context(CameFrom::follow());
    let link = store.link.clone();
    let here = use_location();
    Effect::new(move |_| {
        if link.get() == Link::SignedOut && !leaving.0.get_value() {
            // A whole new page: nothing of the account that was signed out stays in memory.
            let next = Url::escape(&here.pathname.get_untracked());
            // Fails only while the page is being left anyway.
            _ = location().set_href(&format!("/login?next={next}"));
        }
    });
    // Another device may change the look as well.
    Effect::new(move |_| show_look(settings.me.with(|me| me.settings)));
    view! {
        <Outlet/>
        <DialogHost/>
    }
}

#[component]
fn Refused(error: Error) -> impl IntoView {
    match error {
        Error::Unauthorized => {
            let next = current_path();
            let path = match next.as_str() {
                "/channels/@me" => "/login".to_owned(),
                next => format!("/login?next={}", Url::escape(next)),
            };
            view! { <Redirect path/> }
        }
        Error::NotFound => {
            set_status(404);
            view! { <NotFound/> }
        }
        error => view! { <ErrorPage error/> },
    }
}
