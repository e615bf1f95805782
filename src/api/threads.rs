//! Threads.

use leptos::prelude::*;
use protocol::entity::Channel;
use protocol::snapshot::ThreadPage;
use protocol::{ChannelId, MessageId};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, redirect, state};
use super::{Answer, JsonAnswer};

/// Starts a thread in a channel, from a message or empty. A repeat with the same `nonce` returns the first one. A form goes
/// on to the new thread.
#[server(endpoint = "threads/create", output = JsonAnswer)]
pub async fn create_thread(
    channel_id: ChannelId,
    name: String,
    message_id: Option<MessageId>,
    auto_archive_minutes: Option<u32>,
    #[server(default)] nonce: String,
) -> Answer<Channel> {
    use backend::actions::threads::{NewThread, create};
    let state = state();
    let actor = actor(&state).await?;
    let new = NewThread { name: &name, message: message_id, auto_archive_minutes, nonce: &nonce };
    let thread = answer(create(&state, &actor, channel_id, new).await)?;
    redirect(&format!("/channels/{}/{}", thread.guild_id, thread.id));
    Ok(thread)
}

/// Changes what is named of a thread: its name, whether it is archived, after how many minutes of silence it will be.
#[server(endpoint = "threads/update", output = JsonAnswer)]
pub async fn update_thread(
    thread_id: ChannelId,
    name: Option<String>,
    archived: Option<bool>,
    auto_archive_minutes: Option<u32>,
    #[server(default)] next: String,
) -> Answer<Channel> {
    use backend::actions::threads::{ThreadChange, update};
    let state = state();
    let actor = actor(&state).await?;
    let change = ThreadChange { name: name.as_deref(), archived, auto_archive_minutes };
    let thread = answer(update(&state, &actor, thread_id, change).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(thread)
}

/// Deletes a thread with its messages.
#[server(endpoint = "threads/delete", output = JsonAnswer)]
pub async fn delete_thread(thread_id: ChannelId, #[server(default)] next: String) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::threads::remove(&state, &actor, thread_id).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(())
}

/// Follows a thread; with `muted`, only what addresses the person counts as unread.
#[server(endpoint = "threads/follow", output = JsonAnswer)]
pub async fn follow_thread(
    thread_id: ChannelId,
    #[server(default)] muted: bool,
    #[server(default)] next: String,
) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::threads::set_following(&state, &actor, thread_id, muted).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(())
}

/// Stops following a thread.
#[server(endpoint = "threads/unfollow", output = JsonAnswer)]
pub async fn unfollow_thread(thread_id: ChannelId, #[server(default)] next: String) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::threads::unfollow(&state, &actor, thread_id).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(())
}

/// A page of a channel's threads, archived ones or the others, the one that was active last first. `before` is the `next`
/// of the page before it.
#[server(endpoint = "threads/list", output = JsonAnswer)]
pub async fn list_threads(
    channel_id: ChannelId,
    #[server(default)] archived: bool,
    before: Option<MessageId>,
) -> Answer<ThreadPage> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::threads::list(&state, &actor, channel_id, archived, before).await)
}
