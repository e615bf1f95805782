//! What was on screen is not there any more: says so, and goes where there is something.

use leptos::prelude::*;
use protocol::snapshot::Place;

use super::context::{Chat, Screen, channel_name};
use crate::app::controls::{Toast, ToastKind};

/// What was on screen, to tell when it goes away by itself.
#[derive(Clone, PartialEq)]
struct Seen {
    place: Place,
    screen: Screen,
    channel: String,
    guild: String,
}

/// Watches for as long as the caller's owner lives.
pub(super) fn watch(chat: Chat) {
    Effect::new(move |before: Option<Seen>| {
        let now = seen(chat);
        let gone = before.filter(|before| {
            before.place == now.place
                && before.screen != now.screen
                && matches!(
                    (before.screen, now.screen),
                    (Screen::Channel(_), Screen::Channel(_) | Screen::Nothing | Screen::NoChannels(_))
                )
        });
        if let Some(gone) = gone {
            leave(chat, gone);
        }
        now
    });
}

fn seen(chat: Chat) -> Seen {
    let (place, screen) = (chat.place.get(), chat.screen.get());
    let channel = match screen {
        Screen::Channel(channel) => channel_name(&chat.store(), channel).unwrap_or_default(),
        _ => String::new(),
    };
    let guild = chat.guild().map(|guild| guild.guild.with(|guild| guild.name.clone())).unwrap_or_default();
    Seen { place, screen, channel, guild }
}

fn leave(chat: Chat, gone: Seen) {
    let Place::Guild { guild, .. } = gone.place else { return };
    let is_member = chat.store().guild(guild).is_some();
    let (text, detail, path) = if is_member {
        let text = ["#", &gone.channel, " is gone"].concat();
        (text, "It was deleted, or you can no longer see it.", ["/channels/", &guild.to_string()].concat())
    } else {
        let text = ["You are no longer in ", &gone.guild].concat();
        (text, "It was deleted, or you were removed.", "/channels/@me".to_owned())
    };
    let is_waiting = matches!(gone.screen, Screen::Channel(channel) if chat.store().is_waiting_in(channel));
    let kept = if is_waiting { " What you had not sent there is kept on this device." } else { "" };
    chat.toasts().show(Toast { kind: ToastKind::Note, text, detail: [detail, kept].concat() });
    chat.go(&path, true);
}
