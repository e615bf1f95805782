//! Guilds: making, naming, handing over, deleting, showing.

use std::collections::HashSet;

use protocol::entity::{Channel, ChannelKind, Guild};
use protocol::error::{Field, Problem};
use protocol::event::Event;
use protocol::parse::{GuildName, Username};
use protocol::permissions::{self, Permissions};
use protocol::snapshot::{Destination, GuildSnapshot};
use protocol::{Error, GuildId, Result, Stream, UserId, limits};

use super::access::{in_guild, in_guild_for_write, require};
use crate::AppState;
use crate::auth::session::Actor;
use crate::store::{
    Db, Tx, access, channels, guilds, members, nonces, purges, reads, streams, threads, users,
};

/// Makes a guild with one category and `general` in it, and its maker as owner.
pub async fn create(state: &AppState, actor: &Actor, name: &str, nonce: &str) -> Result<Guild> {
    state.rates.change(actor.user_id)?;
    let name = GuildName::parse(name)?.into_string();
    let (nonce, owner) = (super::nonce(nonce)?, actor.user_id);
    let change =
        state.store.write(move |tx| Box::pin(async move { make(tx, owner, &name, nonce.as_deref()).await }));
    change.await
}

pub(super) async fn make(tx: &mut Tx, owner: UserId, name: &str, nonce: Option<&str>) -> Result<Guild> {
    let body: [&[u8]; 2] = [b"guild", name.as_bytes()];
    // Before anything else is checked: the guild of the first try may be the one that filled the allowance.
    if let Some(nonce) = nonce
        && let Some(earlier) = nonces::target(tx, owner, nonce, &body).await?
    {
        return made_earlier(tx, owner, earlier).await;
    }
    if guilds::count_of_user(tx, owner).await? >= limits::GUILDS_PER_USER as i64 {
        return Err(Error::LimitReached);
    }
    let id = guilds::insert(tx, name, owner, Permissions::EVERYONE_DEFAULT).await?;
    if let Some(nonce) = nonce
        && let Some(earlier) = nonces::claim(tx, owner, nonce, &body, id.get()).await?
    {
        // The first try was not over yet.
        guilds::delete(tx, id).await?;
        return made_earlier(tx, owner, earlier).await;
    }
    let category = channels::insert(tx, id, ChannelKind::Category, "Text channels", None, 0).await?;
    let general = channels::insert(tx, id, ChannelKind::Text, "general", Some(category), 0).await?;
    guilds::set_system_channel(tx, id, Some(general)).await?;
    members::insert(tx, id, owner).await?;
    let guild = guilds::by_id(tx, id).await?.ok_or(Error::Internal)?;
    tx.emit(Stream::User(owner), Event::GuildJoined { guild: guild.clone() }).await?;
    Ok(guild)
}

async fn made_earlier(tx: &mut Tx, owner: UserId, earlier: i64) -> Result<Guild> {
    let earlier = GuildId::new(earlier).ok_or(Error::NonceReused)?;
    // Who has left since may not know what became of it.
    in_guild(tx, owner, earlier).await?;
    guilds::by_id(tx, earlier).await?.ok_or(Error::NotFound)
}

/// Renames a guild.
pub async fn rename(state: &AppState, actor: &Actor, guild: GuildId, name: &str) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let name = GuildName::parse(name)?.into_string();
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            require(in_guild_for_write(tx, user, guild).await?, Permissions::MANAGE_GUILD)?;
            guilds::set_name(tx, guild, &name).await?;
            announce(tx, guild).await
        })
    });
    change.await
}

async fn announce(tx: &mut Tx, id: GuildId) -> Result<()> {
    let guild = guilds::by_id(tx, id).await?.ok_or(Error::NotFound)?;
    tx.emit(Stream::Guild(id), Event::GuildUpdated { guild }).await?;
    Ok(())
}

/// Hands a guild over to another member. Only its owner can.
pub async fn transfer(state: &AppState, actor: &Actor, guild: GuildId, username: &str) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let username = Username::parse(username)?.into_string();
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            in_guild_for_write(tx, user, guild).await?;
            require_owner(tx, user, guild).await?;
            let heir = users::members_named(tx, guild, &username).await?;
            let unknown = Error::Invalid { field: Field::Username, problem: Problem::Unknown };
            guilds::set_owner(tx, guild, heir.ok_or(unknown)?.id).await?;
            announce(tx, guild).await
        })
    });
    change.await
}

async fn require_owner(db: &mut impl Db, user: UserId, guild: GuildId) -> Result<()> {
    let found = guilds::by_id(db, guild).await?.ok_or(Error::NotFound)?;
    if found.owner_id == user { Ok(()) } else { Err(Error::Forbidden) }
}

/// Deletes a guild with everything in it. Only its owner can, and the name has to be typed. The commit is short however
/// many were in it and however much was said: nothing of it is reached any more from then on, and timed work removes it.
pub async fn delete(state: &AppState, actor: &Actor, guild: GuildId, confirmation: &str) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let (user, confirmation) = (actor.user_id, confirmation.trim().to_owned());
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            in_guild_for_write(tx, user, guild).await?;
            require_owner(tx, user, guild).await?;
            let found = guilds::by_id(tx, guild).await?.ok_or(Error::NotFound)?;
            if found.name != confirmation {
                return Err(Error::Invalid { field: Field::Confirmation, problem: Problem::Mismatch });
            }
            purges::schedule_guild(tx, guild).await?;
            guilds::delete(tx, guild).await?;
            tx.emit(Stream::Guild(guild), Event::GuildDeleted { guild_id: guild }).await?;
            Ok(())
        })
    });
    change.await?;
    state.jobs.purge_soon();
    Ok(())
}

/// The text channels of all of somebody's guilds that they may see: for going there by name.
pub async fn destinations(state: &AppState, actor: &Actor) -> Result<Vec<Destination>> {
    state.rates.read(actor.user_id)?;
    let mut db = state.store.read().await?;
    let mut all = Vec::new();
    for guild in guilds::of_user(&mut db, actor.user_id).await? {
        let standing = access::standing(&mut db, guild.id, actor.user_id).await?;
        let channels = channels::of_guild(&mut db, guild.id).await?;
        let visible = channels.into_iter().filter(|channel| {
            let here = permissions::in_channel(standing.as_ref(), &channel.overwrites);
            channel.kind == ChannelKind::Text && here.contains(Permissions::VIEW_CHANNEL)
        });
        all.extend(visible.map(|channel| Destination {
            guild_id: guild.id,
            channel_id: channel.id,
            name: channel.name,
        }));
    }
    Ok(all)
}

/// A guild with all that its sidebar and member list need, as somebody may see it.
pub async fn snapshot(state: &AppState, actor: &Actor, guild: GuildId) -> Result<GuildSnapshot> {
    state.rates.read(actor.user_id)?;
    let mut reader = state.store.read().await?;
    let mut snapshot = read_snapshot(&mut reader, actor.user_id, guild).await?;
    snapshot.online = super::members::online_of(state, &snapshot.members);
    Ok(snapshot)
}

/// The same inside a reader; who is online is left to the caller.
pub(super) async fn read_snapshot(db: &mut impl Db, user: UserId, id: GuildId) -> Result<GuildSnapshot> {
    let standing = access::standing(db, id, user).await?.ok_or(Error::NotFound)?;
    let guild = guilds::by_id(db, id).await?.ok_or(Error::NotFound)?;
    let access = permissions::in_guild(Some(&standing));
    let mut channel_access = Vec::new();
    let mut visible = channels::of_guild(db, id).await?;
    visible.retain(|channel| {
        let here = permissions::in_channel(Some(&standing), &channel.overwrites);
        if here != access {
            channel_access.push((channel.id, here));
        }
        here.contains(Permissions::VIEW_CHANNEL)
    });
    let seen: HashSet<_> = visible.iter().map(|channel| channel.id).collect();
    channel_access.retain(|(channel, _)| seen.contains(channel));
    let mut marks = reads::of_guild(db, user, id).await?;
    marks.retain(|mark| seen.contains(&mark.channel_id));
    let mut followed = threads::followed(db, user, Some(id)).await?;
    followed.retain(|(_, thread)| seen.contains(&thread.parent_id));
    let followed = followed.into_iter().map(|(_, thread)| thread).collect();
    let is_seen = |thread: &Channel| thread.parent_id.is_some_and(|parent| seen.contains(&parent));
    visible.extend(threads::active(db, id).await?.into_iter().filter(is_seen));
    Ok(GuildSnapshot {
        guild,
        channels: visible,
        roles: guilds::roles(db, id).await?,
        members: members::page(db, id, None, limits::MEMBERS_PAGE).await?,
        member_count: guilds::member_count(db, id).await?,
        own_roles: standing.roles.iter().map(|(role, _)| *role).collect(),
        marks,
        followed,
        own_rev: streams::rev(db, Stream::User(user)).await?,
        access,
        channel_access,
        online: Vec::new(),
        rev: streams::rev(db, Stream::Guild(id)).await?,
    })
}
