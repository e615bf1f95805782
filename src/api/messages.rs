//! Messages, history, read marks.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use protocol::entity::{Message, NewAttachment};
use protocol::snapshot::{Anchor, History};
use protocol::{ChannelId, MessageId};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, redirect, state};
use super::{Answer, JsonAnswer};

/// Sends a message, with files that were uploaded for it. A repeat with the same `nonce` returns the first one. `next` is
/// for forms: where to go afterwards instead of back.
#[server(endpoint = "messages/send", output = JsonAnswer)]
pub async fn send_message(
    channel_id: ChannelId,
    content: String,
    reply_to: Option<MessageId>,
    #[server(default)] nonce: String,
    #[server(default)] attachments: Vec<NewAttachment>,
    #[server(default)] next: String,
) -> Answer<Message> {
    use backend::actions::messages::{Draft, send};
    let state = state();
    let actor = actor(&state).await?;
    let draft = Draft { content: &content, reply_to, nonce: &nonce, attachments: &attachments };
    let message = answer(send(&state, &actor, channel_id, draft).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(message)
}

/// Changes the text of one's own message.
#[server(endpoint = "messages/edit", output = JsonAnswer)]
pub async fn edit_message(
    channel_id: ChannelId,
    message_id: MessageId,
    content: String,
    #[server(default)] next: String,
) -> Answer<Message> {
    let state = state();
    let actor = actor(&state).await?;
    let message =
        answer(backend::actions::messages::edit(&state, &actor, channel_id, message_id, &content).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(message)
}

/// Deletes a message.
#[server(endpoint = "messages/delete", output = JsonAnswer)]
pub async fn delete_message(
    channel_id: ChannelId,
    message_id: MessageId,
    #[server(default)] next: String,
) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::messages::delete(&state, &actor, channel_id, message_id).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(())
}

/// A page of messages.
#[server(LoadHistory, endpoint = "messages/history", output = JsonAnswer, input = Json)]
pub async fn history(channel_id: ChannelId, anchor: Anchor) -> Answer<History> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::messages::history(&state, &actor, channel_id, anchor).await)
}

/// Moves the read mark back to before a message, on all devices.
#[server(endpoint = "messages/unread", output = JsonAnswer)]
pub async fn mark_unread(channel_id: ChannelId, message_id: MessageId) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::messages::mark_unread(&state, &actor, channel_id, message_id).await)
}

/// Moves the read mark forward to a message, on all devices.
#[server(endpoint = "messages/read", output = JsonAnswer)]
pub async fn mark_read(channel_id: ChannelId, message_id: MessageId) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::messages::mark_read(&state, &actor, channel_id, message_id).await)
}
