//! The person themselves, under rail and sidebar.

use leptos::prelude::*;
use protocol::entity::Presence;

use super::closures::text;
use super::context::Chat;
use crate::app::controls::{Avatar, AvatarSize, Icon};
use crate::app::view::view;

/// Name, connection, and the way to the settings.
#[component]
pub(super) fn SelfBar() -> impl IntoView {
    let chat: Chat = expect_context();
    let store = chat.store();
    let me = store.me.clone();
    let user = Memo::new(move |_| me.with(|me| me.user.clone()));
    let name = Signal::derive(move || user.with(|user| user.display_name.clone()));
    let presence =
        Signal::derive(move || Some(if chat.am_here() { Presence::Online } else { Presence::Offline }));
    view! {
        <section class="self-bar" aria-label="Your status">
            <div class="self-bar__row">
                <div class="self-bar__me">
                    <Avatar name hue=user.with_untracked(|user| user.hue()) size=AvatarSize::Medium presence/>
                    <span class="self-bar__text">
                        <span class="self-bar__name" dir="auto">{name}</span>
                        <span class="self-bar__status">{text(move || user.with(|user| ["@", &user.username].concat()))}</span>
                    </span>
                </div>
                <a class="icon-button" href="/settings" aria-label="User settings"><Icon name="gear"/></a>
            </div>
        </section>
    }
}
