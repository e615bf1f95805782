//! What is not confirmed outlives the page and the session: it is kept on this device, and goes out when the person is
//! back. Several tabs may send the same message then; it has one retry key, so it arrives once.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::{Error, limits};

use crate::app::store::Store;
use crate::app::store::outbox::Outgoing;
use crate::app::store::timeline::Delivery;
use crate::browser::storage::{self, Unsent};
use crate::browser::time;

/// Until when a message goes out by itself. The backend knows a retry key for seven days
/// (`protocol::limits::NONCE_DAYS`); a day less allows for clocks.
const SENT_WITHIN_MS: i64 = (limits::NONCE_DAYS - 1) * 24 * 60 * 60 * 1_000;

/// Until when a message is kept that waits for the person: they may be shut out of its channel, and come back.
const KEPT_FOR_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Keeps on this device what the store has not got confirmed, for as long as that is so.
pub(super) fn keep(store: &Store) {
    let store = store.clone();
    Effect::new(move |kept: Option<Vec<(Arc<str>, Option<Error>)>>| {
        let (me, unsent) = (store.my_id(), store.unsent());
        let kept = kept.unwrap_or_default();
        for (nonce, _) in &kept {
            if !unsent.iter().any(|outgoing| outgoing.nonce == *nonce) {
                storage::forget_unsent(me, nonce);
            }
        }
        let mut now = Vec::with_capacity(unsent.len());
        for outgoing in unsent {
            let Outgoing { nonce, channel, content, reply_to, attachments, delivery, written_ms, .. } =
                outgoing;
            let refused = match delivery {
                // Files on this device go with the page.
                _ if outgoing.uploading => Some(Error::AttachmentGone),
                Delivery::Failed(error) => Some(error),
                _ => None,
            };
            now.push((nonce.clone(), refused.clone()));
            if !kept.contains(&(nonce.clone(), refused.clone())) {
                let unsent = Unsent { nonce, channel, reply_to, written_ms, refused, attachments, content };
                storage::keep_unsent(me, &unsent);
            }
        }
        now
    });
}

/// Takes over what an earlier page could not send. What was refused, or is too old to be sure that it arrives once,
/// waits for the person.
pub(super) fn bring_back(store: &Store) {
    let (me, now) = (store.my_id(), time::now_ms());
    for Unsent { nonce, channel, reply_to, written_ms, refused, attachments, content } in storage::unsent(me)
    {
        let age_ms = now - written_ms;
        if age_ms > KEPT_FOR_MS {
            storage::forget_unsent(me, &nonce);
            continue;
        }
        let too_old = (age_ms > SENT_WITHIN_MS).then_some(Error::Disconnected);
        let delivery = refused.or(too_old).map_or(Delivery::Pending, Delivery::Failed);
        let text = Outgoing::new(nonce, channel, content, written_ms);
        store.restore(Outgoing { reply_to, attachments, delivery, ..text });
    }
}
