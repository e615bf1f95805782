//! The contents of a person's settings.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::frame::{Chapter, Part, SettingsFrame};
use crate::api::accounts::Logout;
use crate::app::controls::{Avatar, AvatarSize, Icon};
use crate::app::form::CallField;
use crate::app::pages::Leaving;
use crate::app::store::StoreCtx;
use crate::app::view::view;

/// A page of a person's settings.
#[component]
pub(super) fn UserFrame(
    /// The page's title.
    title: &'static str,
    /// Sections.
    children: Children,
) -> impl IntoView {
    let StoreCtx(store) = expect_context();
    let me = store.me.clone();
    let user = me.with_untracked(|me| me.user.clone());
    let hue = user.hue();
    let name = Signal::derive({
        let me = me.clone();
        move || me.with(|me| me.user.display_name.clone())
    });
    let head = view! {
        <Avatar name=name hue size=AvatarSize::Medium/>
        <p class="settings-navigation__title">
            <b dir="auto">{move || name.get()}</b>
            <span>{format!("@{}", user.username)}</span>
        </p>
    };
    let chapter = |href: &str, icon, words| Chapter { href: href.to_owned(), icon, words };
    let parts = vec![
        Part {
            heading: "You",
            chapters: vec![
                chapter("/settings", "user", "Account"),
                chapter("/settings/devices", "monitor", "Devices"),
            ],
        },
        Part {
            heading: "This app",
            chapters: vec![chapter("/settings/appearance", "palette", "Appearance")],
        },
    ];
    view! {
        <SettingsFrame label="User settings" back="/channels/@me" head parts foot=view! { <SignOut/> } title>
            {children()}
        </SettingsFrame>
    }
}

/// A plain form and a whole new page: nothing of this account stays in memory.
#[component]
fn SignOut() -> impl IntoView {
    let leaving = use_context::<Leaving>();
    view! {
        <ul>
            <li>
                <form
                    method="post"
                    on:submit=move |_| {
                        if let Some(leaving) = leaving {
                            leaving.begin();
                        }
                    }
                >
                    <CallField of=Logout::PATH/>
                    <button class="nav-row nav-row--danger" type="submit">
                        <Icon name="leave"/>
                        <span class="truncate">"Sign out"</span>
                    </button>
                </form>
            </li>
        </ul>
    }
}
