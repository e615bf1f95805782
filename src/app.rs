//! The user interface: the document around it, its addresses, and what is shown at each.
//!
//! | where | what |
//! |---|---|
//! | [`pages`] | one file per address outside the conversation, and the dialogs that are pages without script |
//! | [`chat`] | servers, channels, messages, composer, members |
//! | [`settings`] | a person's and a server's settings |
//! | [`controls`] | buttons, fields, dialogs, menus: props in, callbacks out |
//! | [`store`] | the reactive state everything signed-in shows |

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

pub mod chat;
pub mod controls;
pub mod form;
pub mod later;
pub mod pages;
pub mod settings;
pub mod shell;
pub mod store;
mod view;
pub mod words;

pub use shell::shell;

use chat::fetch_panels;
use controls::{Toaster, provide_toasts};
use later::Arriving;
use pages::{
    AskedPage, Entrance, Front, NotFound, SignedIn, asked_page, entrance, fetch_asked, fetch_entrance,
};
use settings::Page;
use view::view;

/// The title of the window, with the product's name.
fn full_title(text: String) -> String {
    if text.is_empty() {
        return words::PRODUCT.to_owned();
    }
    crate::api::document::title_text(&format!("{text} · {}", words::PRODUCT))
}

/// Everything inside `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_toasts();
    form::provide_refused_form();
    // Effects run in the browser only, after the page has been taken over: from here on clicks count.
    Effect::new(|_| {
        if let Some(root) = document().document_element() {
            // Cannot fail: the name is a valid attribute name.
            _ = root.set_attribute("data-hydrated", "");
        }
        form::forget_refused_form();
    });
    view! {
        <Title formatter=full_title/>
        <div class="skip-links">
            <a href="#conversation" target="_self">"Skip to content"</a>
        </div>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Front ssr=SsrMode::Async/>
                <Route path=path!("/login") view=|| entrance(Entrance::Login) ssr=SsrMode::Async/>
                <Route path=path!("/register") view=|| entrance(Entrance::Register) ssr=SsrMode::Async/>
                <Route path=path!("/invite/:code") view=|| entrance(Entrance::Invite) ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=SignedIn ssr=SsrMode::Async>
                    <Route path=path!("/channels/@me/new") view=|| asked_page(AskedPage::NewMessage)/>
                    // One route for every conversation: going from one to the next keeps the frame.
                    <Route path=path!("/channels/*place") view=chat::ChatFrame/>
                    <Route path=path!("/servers/new") view=|| asked_page(AskedPage::CreateOrJoin)/>
                    <Route path=path!("/servers/:guild/channels/new") view=|| asked_page(AskedPage::CreateChannel)/>
                    <Route path=path!("/servers/:guild/threads/new") view=|| asked_page(AskedPage::StartThread)/>
                    <Route path=path!("/servers/:guild/invite") view=|| asked_page(AskedPage::InvitePeople)/>
                    <Route path=path!("/servers/:guild/members/:user") view=|| asked_page(AskedPage::Member)/>
                    <Route path=path!("/servers/:guild/settings") view=|| settings::page(Page::GuildOverview)/>
                    <Route path=path!("/servers/:guild/settings/channels") view=|| settings::page(Page::GuildChannels)/>
                    <Route path=path!("/servers/:guild/settings/invites") view=|| settings::page(Page::GuildInvites)/>
                    <Route path=path!("/settings") view=|| settings::page(Page::Account)/>
                    <Route path=path!("/settings/devices") view=|| settings::page(Page::Devices)/>
                    <Route path=path!("/settings/appearance") view=|| settings::page(Page::Appearance)/>
                </ParentRoute>
            </Routes>
        </Router>
        <Toaster/>
    }
}

/// Fetches the part that the page at an address shows, if it shows one.
pub fn fetch_part_of(path: &str, query: &str) -> Arriving<()> {
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
    match steps.as_slice() {
        ["login" | "register"] | ["invite", _] => fetch_entrance(),
        ["settings", ..] | ["servers", _, "settings", ..] => settings::fetch(),
        ["servers", ..] | ["channels", "@me", "new"] => fetch_asked(),
        // Whatever is asked for, in whatever spelling: what the backend rendered has to be here.
        ["channels", ..] if !query.is_empty() => fetch_panels(),
        _ => Box::pin(async { Ok(()) }),
    }
}
