//! What is not confirmed outlives the page: it is kept on this device, and goes out when the person is back. Several
//! tabs may send the same message then; it has one retry key, so it arrives once.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::{ChannelId, UserId, limits};

use crate::app::store::Store;
use crate::app::store::outbox::Outgoing;
use crate::app::store::timeline::Delivery;
use crate::browser::storage::{self, Unsent};
use crate::browser::time;

/// Until when a message goes out by itself. The backend knows a retry key for seven days
/// (`protocol::limits::NONCE_DAYS`); a day less allows for clocks.
const SENT_WITHIN_MS: i64 = (limits::NONCE_DAYS - 1) * 24 * 60 * 60 * 1_000;

/// Keeps on this device what the store has in line, for as long as it is.
pub(super) fn keep(store: &Store) {
    let store = store.clone();
    Effect::new(move |kept: Option<Vec<(Arc<str>, bool)>>| {
        let (me, unsent) = (store.my_id(), store.unsent());
        let kept = kept.unwrap_or_default();
        for (nonce, _) in &kept {
            if !unsent.iter().any(|outgoing| outgoing.nonce == *nonce) {
                storage::forget_unsent(me, nonce);
            }
        }
        let mut now = Vec::with_capacity(unsent.len());
        for outgoing in unsent {
            let Outgoing { nonce, channel, content, reply_to, delivery, written_ms, .. } = outgoing;
            let refused = matches!(delivery, Delivery::Failed(_));
            now.push((nonce.clone(), refused));
            if !kept.contains(&(nonce.clone(), refused)) {
                storage::keep_unsent(me, &Unsent { nonce, channel, reply_to, written_ms, refused, content });
            }
        }
        now
    });
}

/// Puts back in line what an earlier page could not send. What was refused, or is too old to be sure that it
/// arrives once, becomes the draft of its channel instead: the person decides.
pub(super) fn bring_back(store: &Store) {
    let me = store.my_id();
    let waits = |unsent: &Unsent| unsent.refused || time::now_ms() - unsent.written_ms > SENT_WITHIN_MS;
    let (waiting, going): (Vec<Unsent>, Vec<Unsent>) = storage::unsent(me).into_iter().partition(waits);
    for Unsent { nonce, channel, content, .. } in waiting.into_iter().rev() {
        put_before_draft(me, channel, content);
        storage::forget_unsent(me, &nonce);
    }
    for Unsent { nonce, channel, reply_to, written_ms, content, .. } in going {
        let delivery = Delivery::Pending;
        store.restore(Outgoing { nonce, channel, content, reply_to, delivery, tries: 0, written_ms });
    }
}

/// The page is about to be left for good: what was not sent waits where it was written, for the same person.
pub(super) fn keep_as_drafts(store: &Store) {
    for Outgoing { channel, content, .. } in store.discard_all().into_iter().rev() {
        put_before_draft(store.my_id(), channel, content);
    }
}

fn put_before_draft(me: UserId, channel: ChannelId, text: String) {
    let texts: Vec<String> = [text].into_iter().chain(storage::draft(me, channel)).collect();
    storage::set_draft(me, channel, &texts.join("\n"));
}
