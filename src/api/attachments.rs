//! Files of messages. They come by another way, because their bodies are streams: see `backend::router`, and
//! [`form_files`](super::form_files) for forms without script.

use leptos::prelude::*;
use protocol::AttachmentId;

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, redirect, state};
use super::{Answer, JsonAnswer};

/// Takes one's own file back: one that waits for its message, or one of a message that has other content.
#[server(endpoint = "attachments/remove", output = JsonAnswer)]
pub async fn remove_attachment(attachment_id: AttachmentId, #[server(default)] next: String) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::attachments::remove(&state, &actor, attachment_id).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(())
}
