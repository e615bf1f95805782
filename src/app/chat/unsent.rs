//! What became of a message that is not sent yet, and what can be done about it.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use protocol::Error;

use super::closures::{part, text};
use super::context::Chat;
use super::tray;
use crate::app::controls::{Icon, Spinner};
use crate::app::store::outbox::Outgoing;
use crate::app::store::timeline::{Delivery, Row, RowKey};
use crate::app::store::{Link, Store};
use crate::app::view::view;
use crate::browser::time;

/// How long a message may be on its way before words say so. Most arrive sooner, and nothing flickers. Where there is
/// no network, words come at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// The line under the text of a message written in this tab, while there is something to say.
pub(super) fn delivery(chat: Chat, row: &Row) -> Option<AnyView> {
    let RowKey::Own(nonce) = row.key.clone() else { return None };
    let late = RwSignal::new(false);
    Effect::new(move |_| set_timeout(move || _ = late.try_set(true), PATIENCE));
    let entry = row.entry.clone();
    let delivery = Memo::new(move |_| entry.with(|entry| entry.delivery.clone()));
    let (files, waiting) = (chat.files(), nonce.clone());
    let waits = Memo::new(move |_| !files.of_message(&waiting).is_empty());
    Some(part(move || match delivery.get() {
        Delivery::Sent => None,
        Delivery::Pending if waits.get() => Some(tray::of_message(chat, nonce.clone())),
        Delivery::Pending => (late.get() || !chat.has_network.get()).then(|| on_its_way(chat)),
        Delivery::Unknown => Some(unanswered(chat, nonce.clone())),
        Delivery::Failed(error) => Some(failed(chat, nonce.clone(), &error)),
    }))
}

fn on_its_way(chat: Chat) -> AnyView {
    let link = chat.store().link.clone();
    let words = text(move || {
        let is_up = link.get() == Link::Live && chat.has_network.get();
        if is_up { "Sending…" } else { "Waiting for the connection" }.to_owned()
    });
    view! { <p class="message__state"><Spinner/>{words}</p> }
}

fn unanswered(chat: Chat, nonce: Arc<str>) -> AnyView {
    view! {
        <p class="message__state">
            <Icon name="clock"/>
            "No answer yet. It is sent again, and arrives once."
            {again(chat, nonce)}
        </p>
    }
}

fn failed(chat: Chat, nonce: Arc<str>, error: &Error) -> AnyView {
    let (edited, discarded) = (nonce.clone(), nonce.clone());
    let retry = match error {
        Error::ReplyGone => unquoted(chat, nonce),
        Error::AttachmentGone => without_files(chat, nonce),
        _ => Some(again(chat, nonce)),
    };
    view! {
        <p class="message__state" role="alert">
            <Icon name="warning"/>
            {["Not sent. ", &error.to_string()].concat()}
            {retry}
            <button class="message__state-action" type="button" on:click=move |_| {
                if let Some(outgoing) = chat.store().discard(&edited) {
                    chat.files().take_back(outgoing.channel, &edited, outgoing.attachments);
                    chat.composing.set(Some(outgoing.content));
                }
            }>"Edit"</button>
            <button class="message__state-action" type="button" on:click=move |_| {
                if let Some(outgoing) = chat.store().discard(&discarded) {
                    chat.files().discard(&discarded, &outgoing.attachments);
                }
            }>"Discard"</button>
        </p>
    }
}

fn again(chat: Chat, nonce: Arc<str>) -> AnyView {
    view! {
        <button class="message__state-action" type="button" on:click=move |_| {
            chat.store().retry(&nonce);
            chat.files().again_for(&nonce);
            chat.live().deliver();
        }>"Try again"</button>
    }
}

/// What a message answers may be gone: it is sent without it.
fn unquoted(chat: Chat, nonce: Arc<str>) -> Option<AnyView> {
    Some(without(chat, "Send without the reply", move |store| store.retry_without_reply(&nonce)))
}

/// Its files may be gone: what has words as well is sent without them. As another message: in another tab the files may
/// still be on their way, and go with this one.
fn without_files(chat: Chat, nonce: Arc<str>) -> Option<AnyView> {
    let unsent = untrack(|| chat.store().unsent());
    let has_words = unsent.iter().any(|outgoing| outgoing.nonce == nonce && !outgoing.content.is_empty());
    has_words.then(|| {
        without(chat, "Send without the files", move |store| {
            if let Some(Outgoing { channel, content, reply_to, .. }) = store.discard(&nonce) {
                let text = Outgoing::new(time::nonce(), channel, content, time::now_ms());
                store.enqueue(Outgoing { reply_to, ..text });
            }
        })
    })
}

fn without(chat: Chat, words: &'static str, retry: impl Fn(Store) + 'static) -> AnyView {
    let retry: Box<dyn Fn(Store)> = Box::new(retry);
    view! {
        <button class="message__state-action" type="button" on:click=move |_| {
            retry(chat.store());
            chat.live().deliver();
        }>{words}</button>
    }
}
