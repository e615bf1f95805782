//! The emoji under a message: toggles with their counts. Without script each is the button of a form.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use protocol::entity::User;
use protocol::permissions::Permissions;
use protocol::{ChannelId, MessageId};

use super::closures::{Follower, follower, part, text};
use super::context::Chat;
use super::picker;
use super::reacting::react;
use crate::api::reactions::{AddReaction, RemoveReaction, reactors};
use crate::app::controls::{Icon, Key, keyed};
use crate::app::form::CallField;
use crate::app::store::timeline::Row;
use crate::app::view::view;
use crate::browser::focus;

/// Names in a tooltip; more are counted.
const NAMED: usize = 8;

/// The line of reactions, while there are any.
pub(super) fn reactions(chat: Chat, row: &Row, id: Follower<Option<MessageId>>) -> AnyView {
    let row = row.clone();
    let channel = row.entry.with_untracked(|entry| entry.message.channel_id);
    let entry = row.entry.clone();
    let emoji = follower(move || {
        let Some(id) = id.get() else { return Vec::new() };
        let shown = entry.with(|entry| chat.with_wishes(id, &entry.message.reactions));
        shown.into_iter().map(|known| known.emoji).collect()
    });
    let some = follower(move || id.get().filter(|_| emoji.with(|emoji| !emoji.is_empty())));
    part(move || {
        let (id, row) = (some.get()?, row.clone());
        let next = [&chat.channel_path(channel), "/", &id.to_string()].concat();
        let chips = keyed(
            move || emoji.get(),
            |emoji| Key::Text(emoji.as_str().into()),
            move |emoji| chip(chat, &row, channel, id, emoji),
        );
        let more = part(move || {
            chat.may_react(channel).then(|| {
                view! {
                    <button
                        class="reaction needs-script"
                        type="button"
                        aria-label="Add reaction"
                        on:click=move |event| picker::open(chat, id, &event)
                    >
                        <Icon name="smile-plus"/>
                    </button>
                }
            })
        });
        Some(view! {
            <div class="message__extras">
                <div class="reactions" role="group" aria-label="Reactions">{chips}{more}</div>
                {form(form_id(id, false), AddReaction::PATH, channel, id, next.clone())}
                {form(form_id(id, true), RemoveReaction::PATH, channel, id, next)}
            </div>
        })
    })
}

/// What the buttons send without script: all of them share two forms, for adding and for taking back.
fn form(form_id: String, call: &'static str, channel: ChannelId, id: MessageId, next: String) -> AnyView {
    view! {
        <form id=form_id method="post" hidden=true>
            <CallField of=call/>
            <input type="hidden" name="channel_id" value=channel.to_string()/>
            <input type="hidden" name="message_id" value=id.to_string()/>
            <input type="hidden" name="next" value=next/>
        </form>
    }
}

fn form_id(id: MessageId, takes_back: bool) -> String {
    ["m", &id.to_string(), if takes_back { "-unreact" } else { "-react" }].concat()
}

fn chip(chat: Chat, row: &Row, channel: ChannelId, id: MessageId, emoji: String) -> AnyView {
    let (entry, known) = (row.entry.clone(), emoji.clone());
    // Asked for four times below.
    let state = Memo::new(move |_| {
        let shown = entry.with(|entry| chat.with_wishes(id, &entry.message.reactions));
        shown
            .into_iter()
            .find(|reaction| reaction.emoji == known)
            .map(|reaction| (reaction.count, reaction.me))
            .unwrap_or_default()
    });
    let shown = emoji.clone();
    let label = text(move || [&shown, " ", &state.get().0.to_string()].concat());
    let who = Who {
        channel,
        message: id,
        emoji: emoji.clone(),
        asked: RwSignal::new(0),
        names: RwSignal::new(None),
    };
    let (names, asked_again) = (who.names, who.clone());
    let (toggled, drawn) = (emoji.clone(), emoji.clone());
    let tooltip_id = [&row_id(id), "-", &emoji].concat();
    let described_by = tooltip_id.clone();
    view! {
        <span class="reaction-with-names">
            <button
                class="reaction"
                type="submit"
                name="emoji"
                value=emoji
                form=text(move || form_id(id, state.get().1))
                aria-pressed=Signal::derive(move || if state.get().1 { "true" } else { "false" })
                aria-label=label
                aria-describedby=described_by
                on:pointerenter=move |_| who.ask(state.get_untracked().0)
                on:focus=move |_| asked_again.ask(state.get_untracked().0)
                on:click=move |event| {
                    event.prevent_default();
                    react(chat, id, &toggled, !state.get_untracked().1);
                    keep_keyboard(id);
                }
            >
                <span class="emoji" aria-hidden="true">{drawn}</span>
                <span aria-hidden="true">{text(move || state.get().0.to_string())}</span>
            </button>
            <span class="tooltip" role="tooltip" id=tooltip_id hidden=move || names.get().is_none()>
                {text(move || names.get().unwrap_or_default())}
            </span>
        </span>
    }
}

fn row_id(message: MessageId) -> String {
    ["m", &message.to_string()].concat()
}

/// Whoever takes the last of something back has pressed what is gone then: the keyboard stays at the message.
pub(super) fn keep_keyboard(message: MessageId) {
    request_animation_frame(move || {
        if focus::is_lost()
            && let Some(row) = focus::by_id(&row_id(message))
        {
            focus::focus_in_place(&row);
        }
    });
}

/// Who reacted with one emoji, found out when somebody wants to know.
#[derive(Clone)]
struct Who {
    channel: ChannelId,
    message: MessageId,
    emoji: String,
    /// How many they were when it was asked last; 0 before.
    asked: RwSignal<u32>,
    names: RwSignal<Option<String>>,
}

impl Who {
    /// Asks, once for each time they are another number.
    fn ask(&self, count: u32) {
        if self.asked.get_untracked() == count {
            return;
        }
        self.asked.set(count);
        let Self { channel, message, emoji, asked, names } = self.clone();
        spawn_local(async move {
            let found = reactors(channel, message, emoji).await;
            if asked.try_get_untracked() != Some(count) {
                return;
            }
            match found {
                Ok(people) => _ = names.try_set(Some(sentence(people, count))),
                // Asked again the next time.
                Err(_) => _ = asked.try_set(0),
            }
        });
    }
}

/// Their names; many are counted.
fn sentence(people: Vec<User>, count: u32) -> String {
    let mut names: Vec<String> = people.into_iter().take(NAMED).map(|user| user.display_name).collect();
    let more = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(names.len());
    if more > 0 {
        names.push([&more.to_string(), " more"].concat());
    }
    names.join(", ")
}

impl Chat {
    /// Whether the person may react with an emoji that is not there yet. Tracks.
    pub(super) fn may_react(self, channel: ChannelId) -> bool {
        self.store().access(channel).contains(Permissions::ADD_REACTIONS | Permissions::READ_HISTORY)
    }
}
