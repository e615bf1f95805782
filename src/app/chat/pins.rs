//! The pinned messages of a channel, in the panel beside it; and pinning.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::entity::Message;
use protocol::{ChannelId, MessageId};

use super::closures::part;
use super::context::Chat;
use super::hit::hit;
use crate::api::Refusal;
use crate::api::pins::{pin_message, pinned_messages, unpin_message};
use crate::app::controls::{EmptyState, Icon, Spinner};
use crate::app::pages::{Extra, take_extra};
use crate::app::view::view;

/// Pins a message of the channel on screen, or takes it down. What changes on screen comes as an event.
pub(super) fn turn(chat: Chat, id: MessageId) {
    let Some(message) = chat.message(id) else { return };
    if !untrack(|| chat.may_pin(&message)) {
        return;
    }
    let toasts = chat.toasts();
    spawn_local(async move {
        let (channel, next) = (message.channel_id, String::new());
        let (result, failed) = if message.pinned {
            (unpin_message(channel, id, next).await, "Not unpinned")
        } else {
            (pin_message(channel, id, next).await, "Not pinned")
        };
        if let Err(Refusal(error)) = result {
            toasts.failed(failed, error.to_string());
        }
    });
}

/// What the panel knows.
#[derive(Clone, Copy)]
struct Listed {
    messages: RwSignal<Option<Vec<Message>>>,
    problem: RwSignal<Option<String>>,
    /// Answers to anything but the latest question come too late.
    asked: StoredValue<u32>,
}

impl Listed {
    fn fetch(self, channel: ChannelId) {
        self.problem.set(None);
        let number = self.asked.try_update_value(|asked| {
            *asked = asked.wrapping_add(1);
            *asked
        });
        spawn_local(async move {
            let result = pinned_messages(channel).await;
            if self.asked.try_get_value() != number {
                return;
            }
            match result {
                Ok(messages) => self.messages.set(Some(messages)),
                // What is shown is still better than nothing.
                Err(Refusal(error)) => self.problem.set(Some(error.to_string())),
            }
        });
    }
}

/// The list.
#[component]
pub(super) fn Pins(
    /// The conversation.
    chat: Chat,
    /// Of which channel.
    channel: ChannelId,
) -> impl IntoView {
    let come_along = match take_extra() {
        Extra::Pins(messages) => Some(messages),
        _ => None,
    };
    let is_here = come_along.is_some();
    let listed = Listed {
        messages: RwSignal::new(come_along),
        problem: RwSignal::new(None),
        asked: StoredValue::new(0),
    };
    let changed = chat.store().pins_changed.clone();
    Effect::new(move |before: Option<u32>| {
        let count = changed.get();
        if before.map_or(!is_here, |before| before != count) {
            listed.fetch(channel);
        }
        count
    });
    let rows = part(move || {
        let messages = listed.messages.get()?;
        Some(if messages.is_empty() {
            view! {
                <EmptyState
                    icon="pin"
                    title="Nothing is pinned"
                    text="What is worth finding again can be pinned from a message’s menu."
                />
            }
        } else {
            let rows: Vec<AnyView> = messages.into_iter().map(|message| row(chat, message)).collect();
            view! { <ul class="hits" aria-label="Pinned messages">{rows}</ul> }
        })
    });
    let note = part(move || {
        let problem = listed.problem.get();
        if problem.is_none() && listed.messages.with(Option::is_some) {
            return None;
        }
        Some(match problem {
            None => view! { <p class="hits__note with-icon" role="status"><Spinner/>"Loading"</p> },
            Some(problem) => view! {
                <div class="hits__note" role="alert">
                    <p>"Not loaded. "{problem}</p>
                    <button type="button" class="button button--small" on:click=move |_| listed.fetch(channel)>
                        "Try again"
                    </button>
                </div>
            },
        })
    });
    view! {
        {note}
        {rows}
    }
}

fn row(chat: Chat, message: Message) -> AnyView {
    let (channel, id) = (message.channel_id, message.id);
    let may = chat.may_pin(&message);
    let toasts = chat.toasts();
    let unpin = may.then(|| {
        view! {
            <button
                type="button"
                class="icon-button search-hit__action needs-script"
                aria-label="Unpin message"
                on:click=move |_| {
                    let toasts = toasts.clone();
                    spawn_local(async move {
                        if let Err(Refusal(error)) = unpin_message(channel, id, String::new()).await {
                            toasts.failed("Not unpinned", error.to_string());
                        }
                    });
                }
            >
                <Icon name="close"/>
            </button>
        }
    });
    hit(chat, message, &chat.channel_path(channel), &[], unpin)
}
