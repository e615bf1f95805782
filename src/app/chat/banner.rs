//! What has to be said about the whole page: the state of the connection, a message that is not there. It lies over
//! what is on screen, so that nothing moves when it comes and goes.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::location::Url;

use super::closures::{part, text};
use super::context::{Chat, Screen};
use crate::api::document::set_status;
use crate::app::controls::{Icon, Spinner};
use crate::app::pages::current_path;
use crate::app::store::Link;
use crate::app::view::view;
use crate::browser::socket;

/// How long a connection may be away before anybody is told. Most come back sooner.
const SILENT_FOR: Duration = Duration::from_secs(3);
/// How long "Back online" stays.
const BACK_FOR: Duration = Duration::from_secs(4);

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notice {
    Nothing,
    Away,
    Back,
}

/// The banners, while there is something to say.
#[component]
pub(super) fn Notices() -> impl IntoView {
    let chat: Chat = expect_context();
    let missing = chat.is_target_missing();
    if missing.get_untracked() {
        // On the backend, where the page is made for that message.
        set_status(404);
    }
    view! {
        <div class="conversation__notices">
            <div role="status">{link_banner(chat)}</div>
            <div role="status">{part(move || missing.get().then(|| missing_banner(chat)))}</div>
        </div>
    }
}

fn link_banner(chat: Chat) -> AnyView {
    let store = chat.store();
    let notice = RwSignal::new(Notice::Nothing);
    let link = store.link.clone();
    Effect::new(move |_| match link.get() {
        Link::Live => {
            if notice.get_untracked() == Notice::Away {
                notice.set(Notice::Back);
                set_timeout(
                    move || {
                        if notice.try_get_untracked() == Some(Notice::Back) {
                            notice.set(Notice::Nothing);
                        }
                    },
                    BACK_FOR,
                );
            }
        }
        Link::Connecting | Link::Lost => {
            let link = link.clone();
            set_timeout(
                move || {
                    if matches!(link.get_untracked(), Link::Connecting | Link::Lost) {
                        notice.try_set(Notice::Away);
                    }
                },
                SILENT_FOR,
            );
        }
        Link::SignedOut => {}
    });
    let (link, outdated, caught_up) = (store.link.clone(), store.outdated.clone(), store.caught_up.clone());
    let signed_out = Memo::new(move |_| link.get() == Link::SignedOut);
    part(move || match notice.get() {
        _ if signed_out.get() => Some(signed_out_banner()),
        _ if outdated.get() => Some(outdated_banner()),
        Notice::Nothing => None,
        Notice::Away => Some(away_banner()),
        Notice::Back => Some(back_banner(caught_up.get_untracked())),
    })
}

/// Instead of the message the address names.
fn missing_banner(chat: Chat) -> AnyView {
    let newest = move || match chat.screen.get() {
        Screen::Channel(channel) => chat.channel_path(channel),
        _ => String::new(),
    };
    view! {
        <div class="banner">
            <Icon name="warning"/>
            <span class="banner__text">"That message is gone. This is where it was."</span>
            <a class="button button--small" href=text(newest)>"Newest messages"</a>
        </div>
    }
}

fn signed_out_banner() -> AnyView {
    let href = format!("/login?next={}", Url::escape(&current_path()));
    view! {
        <div class="banner banner--danger">
            <Icon name="warning"/>
            <span class="banner__text">"You were signed out on this device."</span>
            <a class="button button--small" href=href rel="external">"Sign in"</a>
        </div>
    }
}

fn outdated_banner() -> AnyView {
    let reload = move |_| {
        // Fails only while the page is being left anyway.
        _ = location().reload();
    };
    view! {
        <div class="banner">
            <Icon name="refresh"/>
            <span class="banner__text">"A new version is ready."</span>
            <button class="button button--small" type="button" on:click=reload>"Reload"</button>
        </div>
    }
}

fn away_banner() -> AnyView {
    view! {
        <div class="banner banner--attention">
            <Spinner/>
            <span class="banner__text">"Reconnecting. What you write is kept."</span>
            <button class="button button--small button--ghost" type="button" on:click=move |_| socket::hurry()>
                "Try now"
            </button>
        </div>
    }
}

fn back_banner(caught_up: u32) -> AnyView {
    let words = match caught_up {
        0 => "Back online.".to_owned(),
        1 => "Back online. 1 message caught up.".to_owned(),
        count => ["Back online. ", &count.to_string(), " messages caught up."].concat(),
    };
    view! {
        <div class="banner banner--live">
            <Icon name="check"/>
            <span class="banner__text">{words}</span>
        </div>
    }
}
