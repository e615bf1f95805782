//! Reactions to messages.

use leptos::prelude::*;
use protocol::entity::User;
use protocol::{ChannelId, MessageId};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, redirect, state};
use super::{Answer, JsonAnswer};

/// Reacts to a message. `next` is for forms: where to go afterwards instead of back.
#[server(endpoint = "reactions/add", output = JsonAnswer)]
pub async fn add_reaction(
    channel_id: ChannelId,
    message_id: MessageId,
    emoji: String,
    #[server(default)] next: String,
) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::reactions::add(&state, &actor, channel_id, message_id, &emoji).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(())
}

/// Takes one's own reaction back.
#[server(endpoint = "reactions/remove", output = JsonAnswer)]
pub async fn remove_reaction(
    channel_id: ChannelId,
    message_id: MessageId,
    emoji: String,
    #[server(default)] next: String,
) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::reactions::remove(&state, &actor, channel_id, message_id, &emoji).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(())
}

/// Who reacted with an emoji.
#[server(endpoint = "reactions/people", output = JsonAnswer)]
pub async fn reactors(channel_id: ChannelId, message_id: MessageId, emoji: String) -> Answer<Vec<User>> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::reactions::people(&state, &actor, channel_id, message_id, &emoji).await)
}
