//! Names in messages, and whom they address.

use std::collections::HashMap;

use protocol::entity::{ChannelKind, Message, User};
use protocol::markup::{self, Mentions};
use protocol::permissions::{Permissions, everyone_role};
use protocol::{ChannelId, GuildId, Result, RoleId, UserId, limits};

use super::access::{ChannelAccess, in_channel};
use crate::hub::Hub;
use crate::store::mentions::Called;
use crate::store::{Tx, access, channels, dms, guilds, users};

/// Turns `@username`, `#channel` and `@Role` into ids, where such people, channels and roles are in the guild (or the
/// conversation). Roles only for those who may address them; for others their names are text.
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
    let roles = match access.guild_id {
        Some(guild) if may_address_many(access) => roles_of(tx, guild).await?,
        _ => Vec::new(),
    };
    let resolved = markup::resolve_names(
        &content,
        &mut |name| people.get(&name.to_lowercase()).copied(),
        &mut |name| places.get(&name.to_lowercase()).copied(),
        &roles,
    );
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

fn may_address_many(access: &ChannelAccess) -> bool {
    access.permissions.contains(Permissions::MENTION_EVERYONE)
}

/// The roles of a guild that can be addressed: all but @everyone, which has a word of its own.
async fn roles_of(tx: &mut Tx, guild: GuildId) -> Result<Vec<(RoleId, String)>> {
    let roles = guilds::roles(tx, guild).await?.into_iter().filter(|role| role.id != everyone_role(guild));
    Ok(roles.map(|role| (role.id, role.name)).collect())
}

/// Whom a new text addresses: people who can read it, at most [`limits::MENTIONS_PER_MESSAGE`]; and where its author may
/// do that, everyone, those who are here, and roles.
pub(super) async fn called(
    tx: &mut Tx,
    hub: &Hub,
    access: &ChannelAccess,
    channel: ChannelId,
    content: &str,
) -> Result<Called> {
    let mut called = Called::default();
    if !content.contains('@') {
        return Ok(called);
    }
    let Mentions { users: named, roles, everyone, here } = markup::mentions(content);
    for id in named {
        if in_channel(tx, id, channel).await.is_ok() {
            called.names.extend(users::by_id(tx, id).await?);
        }
    }
    // In one order, the same as when they are read back.
    called.names.sort_unstable_by_key(|user| user.id);
    let Some(guild) = access.guild_id.filter(|_| may_address_many(access)) else { return Ok(called) };
    if !roles.is_empty() {
        let known = roles_of(tx, guild).await?;
        called.roles.extend(roles.into_iter().filter(|role| known.iter().any(|(id, _)| id == role)));
        called.roles.sort_unstable();
    }
    called.everyone = everyone || here;
    if here && !everyone {
        called.here = who_is_here(tx, hub, access, guild, channel).await?;
    }
    Ok(called)
}

/// Who is online and can read what is said now, but for its author; none where that is everyone, because they are too
/// many to be addressed one by one.
///
/// Who is here is known to nobody but the sockets, and only now. So it is written down with the message: then every
/// device counts the same, also one that was away, and after a crash.
async fn who_is_here(
    tx: &mut Tx,
    hub: &Hub,
    access: &ChannelAccess,
    guild: GuildId,
    channel: ChannelId,
) -> Result<Option<Vec<UserId>>> {
    // Who can view a thread is known of its parent.
    let channel = access.thread.map_or(channel, |thread| thread.parent);
    // One more than there is room for, and the author.
    let mut here = hub.here(guild, channel, limits::HERE_ADDRESSED + 2);
    here.retain(|user| *user != access.user.id);
    if here.len() > limits::HERE_ADDRESSED {
        return Ok(None);
    }
    // Sockets may be a moment behind: who may view the channel, the database says.
    access::viewers_among(tx, guild, channel, &here).await.map(Some)
}

/// Whom an edited message still addresses: whoever its text names as before, of many only where its author still may.
/// Nobody else is called, whatever the text says: who was called once is not called twice.
pub(super) fn still_called(before: &Called, access: &ChannelAccess, content: &str) -> Called {
    let found = markup::mentions(content);
    let may = may_address_many(access);
    let everyone = before.everyone && may && (found.everyone || found.here);
    let is_named = |user: &&User| found.users.contains(&user.id);
    let is_addressed = |role: &&RoleId| may && found.roles.contains(role);
    Called {
        names: before.names.iter().filter(is_named).cloned().collect(),
        everyone,
        here: before.here.clone().filter(|_| everyone),
        roles: before.roles.iter().filter(is_addressed).copied().collect(),
    }
}

/// What a message addresses, as it is stored.
pub(super) fn called_by(message: &Message) -> Called {
    Called {
        names: message.mentions.clone(),
        everyone: message.mention_everyone,
        here: message.mention_here.clone(),
        roles: message.mention_roles.clone(),
    }
}
