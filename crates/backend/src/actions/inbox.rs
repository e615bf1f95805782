//! The inbox: what somebody was addressed by, wherever they may read it now.

use std::collections::HashMap;

use protocol::inbox::{InboxPage, MentionPlace, Mentioned};
use protocol::permissions::Permissions;
use protocol::{ChannelId, MessageId, Result, UserId, limits};

use super::access::in_channel;
use crate::AppState;
use crate::auth::session::Actor;
use crate::store::{Db, channels, guilds, mentions, messages, threads};

/// Mentions looked at together: twice a page, because few are of channels that their reader lost sight of.
const AT_ONCE: usize = 2 * limits::INBOX_PAGE;
/// How often that is done for one page. Where nearly everything is out of sight the page is short, and the next goes on.
const ROUNDS: usize = 4;

/// The newest messages before one (or of all) that address somebody, in all guilds and conversations they are in: by name
/// only, or also by a role they have, `@everyone` and `@here`.
pub async fn mentions(
    state: &AppState,
    actor: &Actor,
    before: Option<MessageId>,
    only_named: bool,
) -> Result<InboxPage> {
    state.rates.read(actor.user_id)?;
    let mut reader = state.store.read().await?;
    let (db, user) = (&mut reader, actor.user_id);
    let mut page = InboxPage { mentions: Vec::new(), next: before };
    let mut places: HashMap<ChannelId, Option<Place>> = HashMap::new();
    for _ in 0..ROUNDS {
        let some = mentions::newest(db, user, page.next, only_named, AT_ONCE).await?;
        let is_last = some.len() < AT_ONCE;
        for (channel, id) in some {
            if page.mentions.len() == limits::INBOX_PAGE {
                return Ok(page);
            }
            page.next = Some(id);
            if let Some(Place { place, is_for_all }) = place_of(db, user, channel, &mut places).await?
                && let Some(message) = messages::get(db, channel, id).await?
                && (is_for_all || message.mentions.iter().any(|named| named.id == user))
            {
                page.mentions.push(Mentioned { message, place });
            }
        }
        if is_last {
            return Ok(InboxPage { next: None, ..page });
        }
    }
    Ok(page)
}

/// Where something was said.
#[derive(Clone)]
struct Place {
    /// None for a conversation.
    place: Option<MentionPlace>,
    /// Whether what is said to many is said to the reader: not in a thread that they do not follow.
    is_for_all: bool,
}

/// What a channel or thread is called, for those who may read in it now; none for everybody else, and where it is gone.
async fn place_of(
    db: &mut impl Db,
    user: UserId,
    channel: ChannelId,
    known: &mut HashMap<ChannelId, Option<Place>>,
) -> Result<Option<Place>> {
    if let Some(place) = known.get(&channel) {
        return Ok(place.clone());
    }
    let place = match in_channel(db, user, channel).await {
        Ok(access) if access.permissions.contains(Permissions::READ_HISTORY) => match access.guild_id {
            None => Some(Place { place: None, is_for_all: true }),
            Some(guild) => {
                let (named, is_for_all) = match access.thread {
                    None => (channels::by_id(db, channel).await?, true),
                    Some(_) => {
                        let follows = threads::following(db, user, guild, channel).await?.is_some();
                        (threads::by_id(db, channel).await?, follows)
                    }
                };
                let named = named.zip(guilds::by_id(db, guild).await?);
                named.map(|(channel, guild)| {
                    let (guild_id, guild_name, channel_name) = (guild.id, guild.name, channel.name);
                    Place { place: Some(MentionPlace { guild_id, guild_name, channel_name }), is_for_all }
                })
            }
        },
        Ok(_) | Err(protocol::Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    known.insert(channel, place.clone());
    Ok(place)
}
