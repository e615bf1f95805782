//! The card of a person: opens where their name or picture is pressed, in messages and in the member list.

use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;
use protocol::entity::User;
use protocol::snapshot::Place;
use protocol::{Timestamp, UserId};

use super::closures::part;
use super::context::{Chat, ProfileAt};
use super::popup::Popup;
use super::settling::settle_in_composer;
use crate::api::guilds::member;
use crate::app::controls::Icon;
use crate::app::pages::{Asking, may_remove, member_path, profile};
use crate::app::store::GuildEntry;
use crate::app::view::view;
use crate::app::words;
use crate::browser::dom::{self, Event, HtmlElement, MouseEvent};

/// How wide the card is, with the room beside it. In the member list it opens on the other side of the names.
const WIDTH: i32 = 336;

/// Where a person's name leads without script: their page in the server on screen. A conversation has none.
pub(super) fn link(chat: Chat, person: UserId) -> Option<String> {
    match chat.place.get_untracked() {
        Place::Guild { guild, .. } => Some(member_path(guild, person)),
        _ => None,
    }
}

/// Opens the card of whoever was pressed.
pub(super) fn pressed(chat: Chat, event: &MouseEvent) {
    let is_plain = !(event.ctrl_key() || event.meta_key() || event.shift_key());
    if let Some((name, person)) = person_at(event).filter(|_| is_plain) {
        event.prevent_default();
        let (x, y) = dom::below(&name);
        let x = if dom::closest(&name, ".side-panel").is_some() { x - WIDTH } else { x };
        chat.profile.set(Some(ProfileAt { person, x, y, from: None }));
    }
}

/// Whose name or picture an event happened at, and that itself: what has `data-person`.
pub(super) fn person_at(event: &Event) -> Option<(HtmlElement, UserId)> {
    let name = dom::closest(&dom::target(event)?, "[data-person]")?;
    let person = dom::attribute(&name, "data-person")?.parse().ok()?;
    Some((name, person))
}

fn close(chat: Chat) {
    if chat.profile.try_get_untracked().flatten().is_some() {
        chat.profile.set(None);
    }
}

/// The card, while it is open.
#[component]
pub(super) fn Profile() -> impl IntoView {
    let chat: Chat = expect_context();
    part(move || {
        let ProfileAt { person, x, y, from } = chat.profile.get()?;
        let user = chat.store().person(person)?.get_untracked();
        let popup = Popup {
            class: "popover profile-card",
            role: "dialog",
            label: ["Profile of ", &user.display_name].concat(),
            hue: Some(user.hue()),
            at: (x, y),
            back: from.map(|message| format!("m{message}")).unwrap_or_default(),
            close,
            pressed: None,
        };
        Some(popup.show(chat, card(chat, user, untrack(|| chat.guild()))))
    })
}

fn card(chat: Chat, user: User, guild: Option<GuildEntry>) -> AnyView {
    let joined = RwSignal::new(None);
    let remove =
        guild.clone().map_or_else(|| ().into_any(), |guild| membership(chat, guild, user.id, joined));
    let done = Callback::new(move |()| {
        close(chat);
        settle_in_composer();
    });
    profile(&chat.store(), guild.as_ref(), user, joined.into(), Some(done), remove)
}

/// Finds out since when somebody is in the server. The button takes them out of it.
fn membership(chat: Chat, guild: GuildEntry, id: UserId, joined: RwSignal<Option<Timestamp>>) -> AnyView {
    let (server, me) = (guild.id(), chat.store().my_id());
    match guild.member(id) {
        Some(member) => joined.set(Some(member.joined_at)),
        // Somebody the list has not come to, or who has left.
        None => spawn_local_scoped_with_cancellation(async move {
            if let Ok(member) = member(server, id).await {
                joined.try_set(Some(member.joined_at));
            }
        }),
    }
    let asking = use_context::<Asking>();
    part(move || {
        let asking = asking.filter(|_| joined.get().is_some() && may_remove(&guild, me, id))?;
        let ask = move |_| {
            close(chat);
            asking.remove(server, id);
        };
        let button = view! {
            <button class="button button--small button--danger-ghost" type="button" on:click=ask>
                <Icon name="user-minus"/>
                {words::REMOVE_MEMBER}
            </button>
        };
        Some(button)
    })
}
