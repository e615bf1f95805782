//! Pinned messages.

use leptos::prelude::*;
use protocol::entity::Message;
use protocol::{ChannelId, MessageId};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, redirect, state};
use super::{Answer, JsonAnswer};

/// Pins a message. `next` is for forms: where to go afterwards instead of back.
#[server(endpoint = "pins/add", output = JsonAnswer)]
pub async fn pin_message(
    channel_id: ChannelId,
    message_id: MessageId,
    #[server(default)] next: String,
) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::pins::pin(&state, &actor, channel_id, message_id).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(())
}

/// Takes a pinned message down.
#[server(endpoint = "pins/remove", output = JsonAnswer)]
pub async fn unpin_message(
    channel_id: ChannelId,
    message_id: MessageId,
    #[server(default)] next: String,
) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::pins::unpin(&state, &actor, channel_id, message_id).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(())
}

/// The pinned messages of a channel, the one pinned last first.
#[server(endpoint = "pins/list", output = JsonAnswer)]
pub async fn pinned_messages(channel_id: ChannelId) -> Answer<Vec<Message>> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::pins::list(&state, &actor, channel_id).await)
}
