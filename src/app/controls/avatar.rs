//! The sign of a person or a place: initials on a hue, with the presence in a notch.

use leptos::prelude::*;
use protocol::entity::{Presence, initials};

use crate::app::view::view;

/// Edge length of an [`Avatar`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AvatarSize {
    /// 20 px: inside a line of text.
    Tiny,
    /// 24 px: reply excerpts, suggestions.
    Small,
    /// 32 px: lists.
    Medium,
    /// 40 px: beside a message.
    #[default]
    Normal,
    /// 64 px: profile cards.
    Large,
    /// 96 px: the profile of a direct conversation.
    Huge,
}

impl AvatarSize {
    const fn class(self) -> &'static str {
        match self {
            Self::Tiny => " avatar--tiny",
            Self::Small => " avatar--small",
            Self::Medium => " avatar--medium",
            Self::Normal => "",
            Self::Large => " avatar--large",
            Self::Huge => " avatar--huge",
        }
    }
}

/// Initials standing for a picture. People are round; `place` makes it square, for servers.
#[component]
pub fn Avatar(
    /// Whose initials.
    #[prop(into)]
    name: Signal<String>,
    /// Hue 1 to 12, see `protocol::entity::hue_of`.
    hue: u8,
    /// How large.
    #[prop(default = AvatarSize::Normal)]
    size: AvatarSize,
    /// A server instead of a person.
    #[prop(optional)]
    place: bool,
    /// Whether the person is here; `None` in the signal while that is unknown.
    #[prop(optional)]
    presence: Option<Signal<Option<Presence>>>,
) -> impl IntoView {
    let kind = if place { " avatar--place" } else { "" };
    let notch = if presence.is_some() { " avatar--presence" } else { "" };
    let class = format!("avatar{}{kind}{notch}", size.class());
    view! {
        <span class=class data-hue=hue.to_string()>
            <span class="avatar__picture" aria-hidden="true">
                {move || name.with(|name| initials(name))}
            </span>
            {presence.map(|presence| view! { <PresenceMark presence/> })}
        </span>
    }
}

/// The mark in the notch: a shape, a colour and a hidden word.
#[component]
fn PresenceMark(presence: Signal<Option<Presence>>) -> impl IntoView {
    let online = move || presence.get() == Some(Presence::Online);
    view! {
        <span class="presence" class:presence--online=online class:presence--offline=move || !online()>
            <span class="visually-hidden">{move || if online() { "Online" } else { "Offline" }}</span>
        </span>
    }
}
