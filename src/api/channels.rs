//! Channels and categories.

use leptos::prelude::*;
use protocol::entity::Channel;
use protocol::{ChannelId, GuildId};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, redirect, state};
use super::{Answer, JsonAnswer};

/// Makes a channel (`kind` empty or `text`) or a category (`kind` = `category`).
#[server(endpoint = "channels/create", output = JsonAnswer)]
pub async fn create_channel(
    guild_id: GuildId,
    name: String,
    #[server(default)] kind: String,
    #[server(default)] parent_id: String,
    #[server(default)] nonce: String,
) -> Answer<Channel> {
    use backend::actions::channels::{NewChannel, create};
    let state = state();
    let actor = actor(&state).await?;
    let new = NewChannel { name: &name, kind: &kind, parent_id: &parent_id, nonce: &nonce };
    let channel = answer(create(&state, &actor, guild_id, new).await)?;
    match channel.kind {
        protocol::entity::ChannelKind::Category => redirect(&format!("/channels/{guild_id}")),
        _ => redirect(&format!("/channels/{guild_id}/{}", channel.id)),
    }
    Ok(channel)
}

/// Changes name and topic.
#[server(endpoint = "channels/update", output = JsonAnswer)]
pub async fn update_channel(
    channel_id: ChannelId,
    name: String,
    #[server(default)] topic: String,
) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::channels::update(&state, &actor, channel_id, &name, &topic).await)
}

/// Puts a channel at a place (0 is first) among the channels under `parent_id` (empty: under none). A category
/// moves among categories.
#[server(endpoint = "channels/move", output = JsonAnswer)]
pub async fn move_channel(
    channel_id: ChannelId,
    #[server(default)] parent_id: String,
    position: u32,
) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::channels::move_to(&state, &actor, channel_id, &parent_id, position).await)
}

/// Deletes a channel with its messages; a category loses only its heading.
#[server(endpoint = "channels/delete", output = JsonAnswer)]
pub async fn delete_channel(channel_id: ChannelId) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::channels::delete(&state, &actor, channel_id).await)
}
