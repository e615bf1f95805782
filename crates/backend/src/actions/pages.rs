//! What a page starts from, read in one database snapshot together with the cursors it belongs to.

use std::collections::{HashMap, HashSet};

use protocol::entity::{ChannelKind, FollowedThread};
use protocol::snapshot::{Anchor, GuildSnapshot, GuildSummary, HomeSnapshot, PageData, Place, UnreadChannel};
use protocol::{ChannelId, Cursors, Error, GuildId, Result, Stream, UserId, limits};

use super::guilds::read_snapshot;
use super::messages::read_history;
use crate::AppState;
use crate::auth::session::Actor;
use crate::store::{Reader, access, dms, guilds, members, reads, streams, threads, users};

/// Everything a signed-in page shows first.
///
/// # Errors
/// [`Error::NotFound`] for places that do not exist or may not be seen.
pub async fn load(state: &AppState, actor: &Actor, place: Place) -> Result<PageData> {
    state.rates.read(actor.user_id)?;
    let mut reader = state.store.read().await?;
    let user = actor.user_id;
    let (home, cursors) = read_home(&mut reader, user).await?;
    let (mut guild, target) = match place {
        Place::Home => (None, None),
        Place::Dm { channel, message } => {
            dms::get(&mut reader, channel, user).await?.ok_or(Error::NotFound)?;
            (None, Some((channel, message)))
        }
        Place::Guild { guild, channel, message } => {
            let snapshot = read_snapshot(&mut reader, user, guild).await?;
            let channel = match channel {
                Some(id) => Some(place_for_messages(&mut reader, &snapshot, id).await?),
                None => first_channel(&snapshot),
            };
            (Some(snapshot), channel.map(|channel| (channel, message)))
        }
    };
    let history = match target {
        Some((channel, message)) => {
            let anchor = message.map_or(Anchor::Latest, Anchor::Around);
            // Without the message itself when that is gone: the page says so, among those around it.
            Some(read_history(&mut reader, user, channel, anchor).await?)
        }
        None => None,
    };
    drop(reader);
    if let Some(snapshot) = &mut guild {
        snapshot.online = super::members::online_of(state, &snapshot.members);
    }
    let (build, file_bytes) = (state.config.build.clone(), state.config.files.one);
    Ok(PageData { home, guild, history, cursors, build, file_bytes })
}

/// A channel of the guild with messages. A thread may be archived and so not in the snapshot; then it is visible where its
/// parent is.
async fn place_for_messages(
    reader: &mut Reader,
    snapshot: &GuildSnapshot,
    id: ChannelId,
) -> Result<ChannelId> {
    let known = |id: ChannelId| snapshot.channels.iter().find(|channel| channel.id == id);
    let is_there = match known(id) {
        Some(channel) => channel.kind != ChannelKind::Category,
        None => {
            let thread = threads::by_id(reader, id).await?;
            thread.and_then(|thread| thread.parent_id).and_then(known).is_some()
        }
    };
    if is_there { Ok(id) } else { Err(Error::NotFound) }
}

/// The channel on top of the sidebar: first those without a category, then category by category.
fn first_channel(snapshot: &GuildSnapshot) -> Option<ChannelId> {
    let place = |parent: Option<ChannelId>| {
        let category = parent.and_then(|id| snapshot.channels.iter().find(|c| c.id == id));
        category.map_or((-1, 0), |c| (c.position, c.id.get()))
    };
    let text = snapshot.channels.iter().filter(|c| c.kind == ChannelKind::Text);
    text.min_by_key(|c| (place(c.parent_id), c.position, c.id)).map(|c| c.id)
}

/// The person's own stream anew.
pub async fn home(state: &AppState, actor: &Actor) -> Result<HomeSnapshot> {
    state.rates.read(actor.user_id)?;
    Ok(read_home(&mut state.store.read().await?, actor.user_id).await?.0)
}

async fn read_home(reader: &mut Reader, user: UserId) -> Result<(HomeSnapshot, Cursors)> {
    let me = users::me(reader, user).await?.ok_or(Error::Unauthorized)?;
    let cursors: Cursors = streams::of_user(reader, user).await?.into_iter().collect();
    let rev_of = |stream| cursors.get(&stream).copied().unwrap_or(0);
    let (mut unread, mut followed) = unread_by_guild(reader, user).await?;
    let guilds = guilds::of_user(reader, user).await?;
    let mut own_roles = members::roles_by_guild(reader, user).await?;
    let summaries = guilds.into_iter().map(|guild| GuildSummary {
        unread: unread.remove(&guild.id).unwrap_or_default(),
        own_roles: own_roles.remove(&guild.id).unwrap_or_default(),
        followed: followed.remove(&guild.id).unwrap_or_default(),
        rev: rev_of(Stream::Guild(guild.id)),
        guild,
    });
    let home = HomeSnapshot {
        me,
        guilds: summaries.collect(),
        dms: dms::open_of_user(reader, user, limits::DMS_LISTED).await?,
        dm_marks: reads::of_dms(reader, user).await?,
        rev: rev_of(Stream::User(user)),
    };
    Ok((home, cursors))
}

/// What is unread in each guild: channels with something new, and threads that are followed.
type News = (HashMap<GuildId, Vec<UnreadChannel>>, HashMap<GuildId, Vec<FollowedThread>>);

/// Unread channels and followed threads, without those the person cannot view.
async fn unread_by_guild(reader: &mut Reader, user: UserId) -> Result<News> {
    let mut unread: HashMap<GuildId, Vec<UnreadChannel>> = HashMap::new();
    for (guild, channel) in reads::unread(reader, user).await? {
        unread.entry(guild).or_default().push(channel);
    }
    let mut threads = threads::followed(reader, user, None).await?;
    if !unread.is_empty() || !threads.is_empty() {
        for guild in access::guilds_with_exceptions(reader, user).await? {
            let of_guild = unread.get_mut(&guild);
            if of_guild.is_none() && !threads.iter().any(|(of, _)| *of == guild) {
                continue;
            }
            let hidden: HashSet<ChannelId> = access::hidden_channels(reader, user, guild).await?;
            if let Some(unread) = of_guild {
                unread.retain(|channel| !hidden.contains(&channel.channel_id));
            }
            threads.retain(|(_, thread)| !hidden.contains(&thread.parent_id));
        }
    }
    let mut followed: HashMap<GuildId, Vec<FollowedThread>> = HashMap::new();
    for (guild, thread) in threads {
        followed.entry(guild).or_default().push(thread);
    }
    Ok((unread, followed))
}
