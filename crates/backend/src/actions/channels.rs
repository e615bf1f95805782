//! Channels: making, naming, ordering, deleting.

use protocol::entity::{Channel, ChannelKind, ChannelPlace};
use protocol::error::{Field, Problem};
use protocol::event::Event;
use protocol::parse::{ChannelName, Topic};
use protocol::permissions::{Permissions, everyone_role};
use protocol::{ChannelId, Error, GuildId, Result, Stream, UserId, limits};

use super::access::{in_channel_for_write, in_guild_for_write, require};
use crate::AppState;
use crate::auth::session::Actor;
use crate::store::{Tx, channels, guilds, nonces, purges};

/// The form of a new channel, as typed.
#[derive(Debug, Clone, Copy)]
pub struct NewChannel<'a> {
    /// Its name.
    pub name: &'a str,
    /// Empty or `text`, or `category`.
    pub kind: &'a str,
    /// The category's id, or empty.
    pub parent_id: &'a str,
    /// Retry key, or empty.
    pub nonce: &'a str,
}

fn parse_parent(text: &str) -> Result<Option<ChannelId>> {
    let unknown = Error::Invalid { field: Field::CategoryName, problem: Problem::Unknown };
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| unknown) }
}

/// Makes a channel or category at the end of its place.
pub async fn create(state: &AppState, actor: &Actor, guild: GuildId, new: NewChannel<'_>) -> Result<Channel> {
    state.rates.change(actor.user_id)?;
    let (kind, name) = match new.kind {
        "" | "text" => (ChannelKind::Text, ChannelName::parse(new.name)?),
        "category" => (ChannelKind::Category, ChannelName::parse_category(new.name)?),
        _ => return Err(Error::Invalid { field: Field::Setting, problem: Problem::Unknown }),
    };
    let parent = if kind == ChannelKind::Category { None } else { parse_parent(new.parent_id)? };
    let (nonce, user, name) = (super::nonce(new.nonce)?, actor.user_id, name.into_string());
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            require(in_guild_for_write(tx, user, guild).await?, Permissions::MANAGE_CHANNELS)?;
            let place = Place { guild, kind, parent };
            make(tx, user, &place, &name, nonce.as_deref()).await
        })
    });
    change.await
}

struct Place {
    guild: GuildId,
    kind: ChannelKind,
    parent: Option<ChannelId>,
}

async fn make(tx: &mut Tx, user: UserId, place: &Place, name: &str, nonce: Option<&str>) -> Result<Channel> {
    let parent = place.parent.map_or(0, protocol::Id::get).to_le_bytes();
    let kind = [place.kind.number()];
    let body: [&[u8]; 5] = [b"channel", &place.guild.get().to_le_bytes(), &kind, &parent, name.as_bytes()];
    // Before anything else is checked: the first try may have filled the guild, its category may be gone since.
    if let Some(nonce) = nonce
        && let Some(earlier) = nonces::target(tx, user, nonce, &body).await?
    {
        return made_earlier(tx, earlier).await;
    }
    let all = channels::of_guild(tx, place.guild).await?;
    if all.len() >= limits::CHANNELS_PER_GUILD {
        return Err(Error::LimitReached);
    }
    check_parent(&all, place.parent)?;
    let is_category = place.kind == ChannelKind::Category;
    let siblings = all
        .iter()
        .filter(|c| c.parent_id == place.parent && (c.kind == ChannelKind::Category) == is_category);
    let position = siblings.map(|c| c.position).max().map_or(0, |last| last + 1);
    let id = channels::insert(tx, place.guild, place.kind, name, place.parent, position).await?;
    if let Some(nonce) = nonce
        && let Some(earlier) = nonces::claim(tx, user, nonce, &body, id.get()).await?
    {
        // The first try was not over yet.
        channels::delete(tx, place.guild, id).await?;
        return made_earlier(tx, earlier).await;
    }
    let channel = channels::by_id(tx, id).await?.ok_or(Error::Internal)?;
    tx.emit(Stream::Guild(place.guild), Event::ChannelCreated { channel: channel.clone() }).await?;
    Ok(channel)
}

async fn made_earlier(tx: &mut Tx, earlier: i64) -> Result<Channel> {
    let earlier = ChannelId::new(earlier).ok_or(Error::NonceReused)?;
    channels::by_id(tx, earlier).await?.ok_or(Error::NotFound)
}

fn check_parent(all: &[Channel], parent: Option<ChannelId>) -> Result<()> {
    let is_category = |id| all.iter().any(|c| c.id == id && c.kind == ChannelKind::Category);
    match parent {
        Some(id) if !is_category(id) => {
            Err(Error::Invalid { field: Field::CategoryName, problem: Problem::Unknown })
        }
        _ => Ok(()),
    }
}

/// The guild of a channel somebody may manage.
async fn manageable(tx: &mut Tx, user: UserId, channel: ChannelId) -> Result<(GuildId, Channel)> {
    let access = in_channel_for_write(tx, user, channel).await?;
    access.require(Permissions::MANAGE_CHANNELS)?;
    let guild = access.guild_id.ok_or(Error::Forbidden)?;
    let found = channels::by_id(tx, channel).await?.ok_or(Error::NotFound)?;
    Ok((guild, found))
}

/// Changes name and topic.
pub async fn update(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    name: &str,
    topic: &str,
) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let name = ChannelName::parse(name)?.into_string();
    let topic = Topic::parse(topic)?.into_string();
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let (guild, _) = manageable(tx, user, channel).await?;
            channels::update(tx, channel, &name, &topic).await?;
            let channel = channels::by_id(tx, channel).await?.ok_or(Error::NotFound)?;
            let told = Event::ChannelUpdated { channel, exceptions_changed: false };
            tx.emit(Stream::Guild(guild), told).await?;
            Ok(())
        })
    });
    change.await
}

/// Puts a channel at a place among its siblings.
pub async fn move_to(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    parent: &str,
    position: u32,
) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let (user, parent) = (actor.user_id, parse_parent(parent)?);
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let (guild, moved) = manageable(tx, user, channel).await?;
            let parent = if moved.kind == ChannelKind::Category { None } else { parent };
            let all = channels::of_guild(tx, guild).await?;
            check_parent(&all, parent)?;
            let places = arrange(&all, &moved, parent, position as usize);
            for place in &places {
                channels::set_place(tx, place.id, place.parent_id, place.position).await?;
            }
            tell_places(tx, guild, &all, places).await
        })
    });
    change.await
}

/// Tells all members where the open channels stand, and of each of the others only those who can view it.
async fn tell_places(tx: &mut Tx, guild: GuildId, all: &[Channel], places: Vec<ChannelPlace>) -> Result<()> {
    let everyone = everyone_role(guild);
    let roles = guilds::roles(tx, guild).await?;
    let may_be_closed =
        !roles.iter().any(|role| role.id == everyone && role.permissions.contains(Permissions::VIEW_CHANNEL));
    let is_open = |place: &ChannelPlace| {
        !may_be_closed && all.iter().any(|channel| channel.id == place.id && channel.overwrites.is_empty())
    };
    let (open, closed): (Vec<_>, Vec<_>) = places.into_iter().partition(is_open);
    if !open.is_empty() {
        tx.emit(Stream::Guild(guild), Event::ChannelsMoved { places: open }).await?;
    }
    for place in closed {
        tx.emit(Stream::Guild(guild), Event::ChannelsMoved { places: vec![place] }).await?;
    }
    Ok(())
}

/// The new places of those siblings that have to move for `moved` to stand at `position`.
fn arrange(
    all: &[Channel],
    moved: &Channel,
    parent: Option<ChannelId>,
    position: usize,
) -> Vec<ChannelPlace> {
    let is_category = moved.kind == ChannelKind::Category;
    let mut siblings: Vec<&Channel> = all
        .iter()
        .filter(|c| {
            c.id != moved.id && c.parent_id == parent && (c.kind == ChannelKind::Category) == is_category
        })
        .collect();
    siblings.insert(position.min(siblings.len()), moved);
    let places = siblings
        .iter()
        .enumerate()
        .filter(|(index, channel)| channel.position != *index as i32 || channel.parent_id != parent);
    places
        .map(|(index, channel)| ChannelPlace { id: channel.id, parent_id: parent, position: index as i32 })
        .collect()
}

/// Deletes a channel with its messages; a category loses only its heading. The commit is short however much was said:
/// nothing of it is told any more from then on, and timed work removes it.
pub async fn delete(state: &AppState, actor: &Actor, channel: ChannelId) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let (guild_id, _) = manageable(tx, user, channel).await?;
            let guild = guilds::by_id(tx, guild_id).await?.ok_or(Error::NotFound)?;
            purges::schedule(tx, channel).await?;
            channels::delete(tx, guild_id, channel).await?;
            tx.emit(Stream::Guild(guild_id), Event::ChannelDeleted { channel_id: channel }).await?;
            if guild.system_channel_id == Some(channel) {
                guilds::set_system_channel(tx, guild_id, None).await?;
                let guild = guilds::by_id(tx, guild_id).await?.ok_or(Error::NotFound)?;
                tx.emit(Stream::Guild(guild_id), Event::GuildUpdated { guild }).await?;
            }
            Ok(())
        })
    });
    change.await?;
    state.jobs.purge_soon();
    Ok(())
}

#[cfg(test)]
mod tests {
    use protocol::entity::{Channel, ChannelKind};
    use protocol::{ChannelId, GuildId};

    use super::arrange;

    fn channel(id: i64, position: i32) -> Channel {
        Channel {
            id: ChannelId::from_trusted(id),
            guild_id: GuildId::from_trusted(1),
            kind: ChannelKind::Text,
            name: id.to_string(),
            topic: String::new(),
            parent_id: None,
            position,
            overwrites: Vec::new(),
            last_message_id: None,
            thread: None,
        }
    }

    #[test]
    fn only_those_between_the_old_and_the_new_place_move() {
        let all: Vec<Channel> = (0..5).map(|n| channel(10 + i64::from(n), n)).collect();
        let places = arrange(&all, &all[3], None, 1);
        let moved: Vec<(i64, i32)> = places.iter().map(|place| (place.id.get(), place.position)).collect();
        assert_eq!(moved, [(13, 1), (11, 2), (12, 3)]);
        assert!(arrange(&all, &all[2], None, 2).is_empty(), "where it stands already");
        assert_eq!(arrange(&all, &all[0], None, 99).last().map(|place| place.position), Some(4));
    }
}
