//! Pins: what is worth finding again in a channel.

use protocol::entity::Message;
use protocol::event::Event;
use protocol::permissions::Permissions;
use protocol::{ChannelId, Error, MessageId, Result, limits};

use super::access::{in_channel, in_channel_for_write};
use crate::AppState;
use crate::auth::session::Actor;
use crate::store::{messages, pins};

/// Pins a message. Pinning again changes nothing.
///
/// # Errors
/// [`Error::LimitReached`] for one more than [`limits::PINS`] in the channel.
pub async fn pin(state: &AppState, actor: &Actor, channel: ChannelId, message: MessageId) -> Result<()> {
    set(state, actor, channel, message, true).await
}

/// Takes a pinned message down; nothing happens when it is not pinned.
pub async fn unpin(state: &AppState, actor: &Actor, channel: ChannelId, message: MessageId) -> Result<()> {
    set(state, actor, channel, message, false).await
}

async fn set(state: &AppState, actor: &Actor, channel: ChannelId, id: MessageId, pinned: bool) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let access = in_channel_for_write(tx, user, channel).await?;
            access.require(Permissions::READ_HISTORY)?;
            let message = messages::get(tx, channel, id).await?.ok_or(Error::NotFound)?;
            access.require(Permissions::PIN_MESSAGES)?;
            if message.kind.is_system() {
                return Err(Error::Forbidden);
            }
            if message.pinned == pinned {
                return Ok(());
            }
            if pinned && pins::count(tx, channel).await? >= limits::PINS {
                return Err(Error::LimitReached);
            }
            pins::set(tx, channel, id, pinned).await?;
            let changed = Event::MessagePinned { channel_id: channel, message_id: id, pinned };
            tx.emit(access.stream, changed).await?;
            Ok(())
        })
    });
    change.await
}

/// The pinned messages of a channel, the one pinned last first.
pub async fn list(state: &AppState, actor: &Actor, channel: ChannelId) -> Result<Vec<Message>> {
    state.rates.read(actor.user_id)?;
    let mut db = state.store.read().await?;
    in_channel(&mut db, actor.user_id, channel).await?.require(Permissions::READ_HISTORY)?;
    messages::pinned(&mut db, channel, limits::PINS).await
}
