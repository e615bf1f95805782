//! The emoji under a message: toggles with their counts. Without script each is the button of a form.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use protocol::entity::Reaction;
use protocol::permissions::Permissions;
use protocol::{ChannelId, MessageId};

use super::closures::{part, text};
use super::context::Chat;
use super::picker;
use crate::api::Refusal;
use crate::api::reactions::{AddReaction, RemoveReaction, add_reaction, reactors, remove_reaction};
use crate::app::controls::{Icon, Key, keyed};
use crate::app::form::CallField;
use crate::app::store::timeline::Row;

/// Names in a tooltip; more are counted.
const NAMED: usize = 8;

/// The line of reactions, while there are any.
pub(super) fn reactions(chat: Chat, row: &Row, id: Memo<Option<MessageId>>) -> AnyView {
    let row = row.clone();
    let channel = row.entry.with_untracked(|entry| entry.message.channel_id);
    let entry = row.entry.clone();
    let emoji = Memo::new(move |_| {
        entry
            .with(|entry| entry.message.reactions.iter().map(|known| known.emoji.clone()).collect::<Vec<_>>())
    });
    let some = Memo::new(move |_| id.get().filter(|_| emoji.with(|emoji| !emoji.is_empty())));
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
                .into_any()
            })
        });
        Some(
            view! {
                <div class="message__extras">
                    <div class="reactions" role="group" aria-label="Reactions">{chips}{more}</div>
                    {form(form_id(id, false), AddReaction::PATH, channel, id, next.clone())}
                    {form(form_id(id, true), RemoveReaction::PATH, channel, id, next)}
                </div>
            }
            .into_any(),
        )
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
    .into_any()
}

fn form_id(id: MessageId, takes_back: bool) -> String {
    ["m", &id.to_string(), if takes_back { "-unreact" } else { "-react" }].concat()
}

fn chip(chat: Chat, row: &Row, channel: ChannelId, id: MessageId, emoji: String) -> AnyView {
    let (entry, known) = (row.entry.clone(), emoji.clone());
    let state = Memo::new(move |_| {
        entry
            .with(|entry| {
                let of = |reaction: &&Reaction| reaction.emoji == known;
                entry.message.reactions.iter().find(of).map(|reaction| (reaction.count, reaction.me))
            })
            .unwrap_or_default()
    });
    let shown = emoji.clone();
    let label = text(move || [&shown, " ", &state.get().0.to_string()].concat());
    let who = RwSignal::new(None::<String>);
    let (asked, toggled, drawn) = (emoji.clone(), emoji.clone(), emoji.clone());
    let ask = move || ask_who(channel, id, &asked, state.get_untracked().0, who);
    let asked_again = ask.clone();
    view! {
        <button
            class="reaction"
            type="submit"
            name="emoji"
            value=emoji
            form=text(move || form_id(id, state.get().1))
            aria-pressed=Signal::derive(move || if state.get().1 { "true" } else { "false" })
            aria-label=label
            title=who
            on:pointerenter=move |_| ask()
            on:focus=move |_| asked_again()
            on:click=move |event| {
                event.prevent_default();
                react(chat, id, &toggled, !state.get_untracked().1);
                who.set(None);
            }
        >
            <span class="emoji" aria-hidden="true">{drawn}</span>
            <span aria-hidden="true">{text(move || state.get().0.to_string())}</span>
        </button>
    }
    .into_any()
}

/// Finds out who reacted, once for each time the count is another.
fn ask_who(channel: ChannelId, id: MessageId, emoji: &str, count: u32, who: RwSignal<Option<String>>) {
    if who.with_untracked(Option::is_some) {
        return;
    }
    let emoji = emoji.to_owned();
    spawn_local(async move {
        // Nobody misses a tooltip that does not come.
        let Ok(people) = reactors(channel, id, emoji).await else { return };
        let mut names: Vec<String> = people.into_iter().take(NAMED).map(|user| user.display_name).collect();
        let more = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(names.len());
        if more > 0 {
            names.push([&more.to_string(), " more"].concat());
        }
        who.try_set(Some(names.join(", ")));
    });
}

/// Reacts, or takes it back: here at once, then for everybody.
pub(super) fn react(chat: Chat, id: MessageId, emoji: &str, add: bool) {
    let Some(message) = chat.message(id) else { return };
    let channel = message.channel_id;
    let known = message.reactions.iter().find(|known| known.emoji == emoji);
    let (count, mine) = known.map_or((0, false), |known| (known.count, known.me));
    if mine == add {
        return;
    }
    let (store, toasts, emoji) = (chat.store(), chat.toasts(), emoji.to_owned());
    let now = if add { count.saturating_add(1) } else { count.saturating_sub(1) };
    store.reacted(channel, id, &emoji, now, add);
    spawn_local(async move {
        let done = if add {
            add_reaction(channel, id, emoji.clone(), String::new()).await
        } else {
            remove_reaction(channel, id, emoji.clone(), String::new()).await
        };
        if let Err(Refusal(error)) = done {
            store.reacted(channel, id, &emoji, count, mine);
            toasts.failed("Not reacted", error.to_string());
        }
    });
}

impl Chat {
    /// Whether the person may react with an emoji that is not there yet. Tracks.
    pub(super) fn may_react(self, channel: ChannelId) -> bool {
        self.store().access(channel).contains(Permissions::ADD_REACTIONS | Permissions::READ_HISTORY)
    }
}
