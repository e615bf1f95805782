//! What is behind the links of messages: having it looked up, taking it away, seeing its pictures.

use protocol::event::Event;
use protocol::permissions::Permissions;
use protocol::{ChannelId, Error, MessageId, Result, limits, markup};

use super::access::{ChannelAccess, in_channel_for_write};
use crate::AppState;
use crate::auth::session::Actor;
use crate::media::Served;
use crate::store::previews::{self, Wanted};
use crate::store::{Tx, messages};

/// The links of a text whose targets may be shown with it.
pub(super) fn links(content: &str) -> Vec<String> {
    if !content.contains("://") {
        return Vec::new();
    }
    let mut links = markup::shown_links(content);
    links.truncate(limits::EMBEDS_PER_MESSAGE);
    links
}

/// Has somebody find out what is behind the links of a message that is about to be, if its author may show that. Nobody
/// waits for it.
pub(super) async fn want(
    tx: &mut Tx,
    access: &ChannelAccess,
    channel: ChannelId,
    message: MessageId,
    links: Vec<String>,
) -> Result<()> {
    if links.is_empty() || !access.permissions.contains(Permissions::EMBED_LINKS) {
        return Ok(());
    }
    let wanted = Wanted { channel_id: channel, message_id: message, author_id: access.user.id, links };
    previews::want(tx, &wanted).await
}

/// Takes a message's new text for what is to be shown: what is behind links that it still has stays until somebody has
/// looked anew; of what cannot be told then, nothing is shown until it can.
pub(super) async fn renew(
    tx: &mut Tx,
    access: &ChannelAccess,
    channel: ChannelId,
    message: MessageId,
    links: Vec<String>,
    is_wanted: bool,
) -> Result<()> {
    previews::unwant(tx, channel, message).await?;
    previews::keep(tx, channel, message, &links).await?;
    let is_suppressed = previews::is_suppressed(tx, channel, message).await?.unwrap_or(true);
    if is_suppressed || !is_wanted { Ok(()) } else { want(tx, access, channel, message, links).await }
}

/// Takes away what is shown behind the links of a message, for good: whoever wrote it may, and whoever may manage messages.
pub async fn suppress(state: &AppState, actor: &Actor, channel: ChannelId, message: MessageId) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let access = in_channel_for_write(tx, user, channel).await?;
            let found = messages::get(tx, channel, message).await?.ok_or(Error::NotFound)?;
            if found.author.id != user || found.kind.is_system() {
                access.require(Permissions::MANAGE_MESSAGES)?;
            }
            if previews::is_suppressed(tx, channel, message).await? != Some(false) {
                return Ok(());
            }
            previews::unwant(tx, channel, message).await?;
            previews::suppress(tx, channel, message).await?;
            if !found.embeds.is_empty() {
                let embeds = Vec::new();
                let changed = Event::MessageEmbeds { channel_id: channel, message_id: message, embeds };
                tx.emit(access.stream, changed).await?;
            }
            Ok(())
        })
    });
    change.await
}

/// The picture of something behind a link. It is of the public web and is shared by all messages that link to it, so what
/// is asked is that somebody is signed in and knows its key: 128 random bits, told only with a message, to those who may
/// read that. The id of the link or the message leads nowhere.
pub async fn picture(state: &AppState, actor: &Actor, key: &str) -> Result<Served> {
    state.rates.file(actor.user_id)?;
    let id = previews::picture(&mut state.store.read().await?, key).await?.ok_or(Error::NotFound)?;
    state.media.small(id).await
}
