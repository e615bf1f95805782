//! Names in messages, and whom they address.

use std::collections::HashMap;

use protocol::entity::{ChannelKind, User};
use protocol::markup;
use protocol::{ChannelId, GuildId, Result, UserId, limits};

use super::access::{ChannelAccess, in_channel};
use crate::store::{Tx, channels, dms, users};

/// Turns `@username` and `#channel` into ids, where such people and channels are in the guild (or the
/// conversation).
pub(super) async fn resolve(
    tx: &mut Tx,
    access: &ChannelAccess,
    channel: ChannelId,
    content: String,
) -> Result<String> {
    if !content.contains(['@', '#']) {
        return Ok(content);
    }
    let names = markup::candidate_names(&content);
    let mut people: HashMap<String, UserId> = HashMap::new();
    for name in names.users {
        if let Some(user) = person_named(tx, access, channel, &name).await? {
            people.insert(name, user.id);
        }
    }
    let mut places: HashMap<String, ChannelId> = HashMap::new();
    if let (Some(guild), false) = (access.guild_id, names.channels.is_empty()) {
        for place in visible_channels(tx, access.user.id, guild).await? {
            places.entry(place.1.to_lowercase()).or_insert(place.0);
        }
    }
    let resolved =
        markup::resolve_names(&content, &mut |name| people.get(&name.to_lowercase()).copied(), &mut |name| {
            places.get(&name.to_lowercase()).copied()
        });
    // Ids are longer than names; a text that was just short enough stays as typed.
    if resolved.chars().count() > limits::CONTENT_CHARS { Ok(content) } else { Ok(resolved) }
}

async fn visible_channels(tx: &mut Tx, user: UserId, guild: GuildId) -> Result<Vec<(ChannelId, String)>> {
    let hidden = crate::store::access::hidden_channels(tx, user, guild).await?;
    let all = channels::of_guild(tx, guild).await?;
    let text = all.into_iter().filter(|c| c.kind == ChannelKind::Text && !hidden.contains(&c.id));
    Ok(text.map(|c| (c.id, c.name)).collect())
}

async fn person_named(
    tx: &mut Tx,
    access: &ChannelAccess,
    channel: ChannelId,
    name: &str,
) -> Result<Option<User>> {
    match access.guild_id {
        Some(guild) => users::members_named(tx, guild, name).await,
        None => {
            let other = dms::get(tx, channel, access.user.id).await?.map(|dm| dm.recipient);
            Ok([Some(access.user.clone()), other].into_iter().flatten().find(|user| user.username == name))
        }
    }
}

/// The people a text addresses: those who can read it, at most [`limits::MENTIONS_PER_MESSAGE`].
pub(super) async fn mentioned(
    tx: &mut Tx,
    access: &ChannelAccess,
    channel: ChannelId,
    content: &str,
) -> Result<Vec<User>> {
    if !content.contains("<@") {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for id in markup::user_mentions(content) {
        if in_channel(tx, id, channel).await.is_ok() {
            found.extend(users::by_id(tx, id).await?);
        }
    }
    // In one order, the same as when they are read back.
    found.sort_unstable_by_key(|user| user.id);
    debug_assert!(found.len() <= limits::MENTIONS_PER_MESSAGE, "{:?}", access.stream);
    Ok(found)
}
