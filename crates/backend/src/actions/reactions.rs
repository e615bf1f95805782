//! Reactions: adding one, taking it back, asking who reacted.

use protocol::entity::User;
use protocol::event::Event;
use protocol::parse::Emoji;
use protocol::permissions::Permissions;
use protocol::{ChannelId, Error, MessageId, Result, limits};

use super::access::{in_channel, in_channel_for_write};
use crate::AppState;
use crate::auth::session::Actor;
use crate::store::{messages, reactions};

/// Reacts to a message. Reacting again changes nothing. With an emoji that is there already everybody may who can
/// read the message, with a new one those who may add reactions.
///
/// # Errors
/// [`Error::LimitReached`] for one kind of emoji too many.
pub async fn add(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let emoji = Emoji::parse(emoji)?.into_string();
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let access = in_channel_for_write(tx, user, channel).await?;
            access.require(Permissions::READ_HISTORY)?;
            messages::get(tx, channel, message).await?.ok_or(Error::NotFound)?;
            let before = reactions::count(tx, channel, message, &emoji).await?;
            if before.is_none() {
                access.require(Permissions::ADD_REACTIONS)?;
                if reactions::kinds(tx, channel, message).await? >= limits::REACTION_KINDS {
                    return Err(Error::LimitReached);
                }
            }
            let place = tx.new_id_after::<()>(None).get();
            if reactions::add(tx, channel, message, &emoji, user, place).await? {
                let count = before.unwrap_or_default() + 1;
                let changed = Event::ReactionChanged {
                    channel_id: channel,
                    message_id: message,
                    user_id: user,
                    emoji,
                    added: true,
                    count,
                };
                tx.emit(access.stream, changed).await?;
            }
            Ok(())
        })
    });
    change.await
}

/// Takes one's own reaction back; nothing happens when there is none.
pub async fn remove(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let emoji = Emoji::parse(emoji)?.into_string();
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let access = in_channel_for_write(tx, user, channel).await?;
            access.require(Permissions::READ_HISTORY)?;
            messages::get(tx, channel, message).await?.ok_or(Error::NotFound)?;
            if reactions::remove(tx, channel, message, &emoji, user).await? {
                let count = reactions::count(tx, channel, message, &emoji).await?.unwrap_or_default();
                let changed = Event::ReactionChanged {
                    channel_id: channel,
                    message_id: message,
                    user_id: user,
                    emoji,
                    added: false,
                    count,
                };
                tx.emit(access.stream, changed).await?;
            }
            Ok(())
        })
    });
    change.await
}

/// Who reacted to a message with an emoji: the first [`limits::REACTORS_PAGE`].
pub async fn people(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
) -> Result<Vec<User>> {
    state.rates.read(actor.user_id)?;
    let emoji = Emoji::parse(emoji)?.into_string();
    let mut db = state.store.read().await?;
    in_channel(&mut db, actor.user_id, channel).await?.require(Permissions::READ_HISTORY)?;
    messages::get(&mut db, channel, message).await?.ok_or(Error::NotFound)?;
    reactions::people(&mut db, channel, message, &emoji, limits::REACTORS_PAGE).await
}
