//! One channel or conversation: head, messages, message box, and a voice for those who listen.

use std::time::Duration;

use leptos::prelude::*;
use protocol::ChannelId;
use protocol::snapshot::{Anchor, Place};

use super::composer::Composer;
use super::context::{Chat, channel_name};
use super::message_list::MessageList;
use super::settling::settle_in_composer;
use super::topbar::Topbar;
use crate::app::store::Stage;
use crate::app::store::timeline::Timeline;
use crate::app::view::view;

/// How long an announcement stays: long enough to be picked up, short enough not to be read twice.
const ANNOUNCED_FOR: Duration = Duration::from_secs(1);

/// Everything in `<main>` for a channel.
#[component]
pub(super) fn Conversation(
    /// Which.
    channel: ChannelId,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let store = chat.store();
    let timeline = store.open_timeline(channel);
    arrive(chat, &timeline);
    let in_guild = matches!(chat.place.get_untracked(), Place::Guild { .. });
    let name = if in_guild {
        Signal::derive(move || channel_name(&store, channel).unwrap_or_default())
    } else {
        let recipient = store.recipient(channel);
        Signal::derive(move || recipient.as_ref().map(|user| chat.name_of(user)).unwrap_or_default())
    };
    let (messages, composer) =
        if in_guild { ("Messages in ", "Message #") } else { ("Messages with ", "Message @") };
    let messages = Signal::derive(move || [messages, &name.get()].concat());
    let composer = Signal::derive(move || [composer, &name.get()].concat());
    let announced = announcements(chat, &timeline);
    view! {
        <Topbar channel name/>
        <MessageList timeline label=messages/>
        <Composer channel label=composer/>
        <div class="visually-hidden" role="log" aria-label="New messages">{announced}</div>
    }
}

/// Fetches what is missing and draws the line between old and new. The page that was rendered has both.
fn arrive(chat: Chat, timeline: &Timeline) {
    let timeline = timeline.clone();
    // In the browser only. The first time, the page itself said where the line is.
    Effect::new(move |_| {
        let store = chat.store();
        chat.resume(timeline.channel);
        let loaded = timeline.stage.get_untracked() == Stage::Loaded;
        let detached = timeline.edges.get_untracked().newer;
        if !store.is_first_arrival() {
            store.arrive(&timeline);
            settle_in_composer();
        }
        match untrack(|| chat.target()) {
            // The reading goes there by itself when the first page is here.
            Some(target) if !loaded => chat.live().page(timeline.channel, Anchor::Around(target)),
            None if !loaded || detached => chat.live().page(timeline.channel, Anchor::Latest),
            _ => {}
        }
        timeline.follow(true);
    });
}

/// What others write while somebody listens.
fn announcements(chat: Chat, timeline: &Timeline) -> RwSignal<String> {
    let announced = RwSignal::new(String::new());
    let latest = timeline.latest.clone();
    let before = latest.get_untracked().map(|message| message.id);
    Effect::new(move |_| {
        let Some(message) = latest.get().filter(|message| Some(message.id) != before) else { return };
        let words = untrack(|| [chat.name_of(&message.author), chat.excerpt(&message.content)].join(": "));
        announced.set(words);
        set_timeout(move || _ = announced.try_set(String::new()), ANNOUNCED_FOR);
    });
    announced
}
