//! The inbox.

use leptos::prelude::*;
use protocol::MessageId;
use protocol::inbox::InboxPage;

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, state};
use super::{Answer, JsonAnswer};

/// What addressed the person lately, everywhere, before a message or at all: by name only, or in whatever way.
#[server(endpoint = "inbox/mentions", output = JsonAnswer)]
pub async fn inbox_mentions(
    before: Option<MessageId>,
    #[server(default)] only_named: bool,
) -> Answer<InboxPage> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::inbox::mentions(&state, &actor, before, only_named).await)
}
