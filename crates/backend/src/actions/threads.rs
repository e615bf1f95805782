//! Threads: starting, changing and removing them, following them, listing them.
//!
//! Who may see and do what in one is decided by its parent, see [`in_channel`]; here is only what channels do not have.

use std::collections::HashSet;

use protocol::entity::{Channel, ChannelKind, Following, MovedBack};
use protocol::error::{Field, Problem};
use protocol::event::Event;
use protocol::parse::ThreadName;
use protocol::permissions::Permissions;
use protocol::snapshot::ThreadPage;
use protocol::{ChannelId, Error, GuildId, MessageId, Result, Stream, UserId, limits};

use super::access::{ChannelAccess, in_channel, in_channel_for_write};
use crate::AppState;
use crate::auth::session::Actor;
use crate::store::access::ThreadSeat;
use crate::store::{Tx, messages, nonces, reads, streams, threads, users};

/// The form of a new thread, as typed.
#[derive(Debug, Clone, Copy)]
pub struct NewThread<'a> {
    /// Its name.
    pub name: &'a str,
    /// The message it is about; none for one that begins empty.
    pub message: Option<MessageId>,
    /// One of [`limits::AUTO_ARCHIVE_MINUTES`]; none for [`limits::AUTO_ARCHIVE_DEFAULT`].
    pub auto_archive_minutes: Option<u32>,
    /// Retry key, or empty.
    pub nonce: &'a str,
}

fn parse_minutes(minutes: Option<u32>) -> Result<Option<u32>> {
    match minutes {
        Some(minutes) if !limits::AUTO_ARCHIVE_MINUTES.contains(&minutes) => {
            Err(Error::Invalid { field: Field::AutoArchive, problem: Problem::Unknown })
        }
        minutes => Ok(minutes),
    }
}

/// Starts a thread in a text channel, which its starter follows from then on. A repeat with the same nonce returns the
/// first one.
///
/// # Errors
/// [`Error::ThreadExists`] when the message has one; [`Error::LimitReached`] while the guild has
/// [`limits::ACTIVE_THREADS`]; [`Error::Forbidden`] in anything but a text channel.
pub async fn create(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    new: NewThread<'_>,
) -> Result<Channel> {
    state.rates.change(actor.user_id)?;
    let name = ThreadName::parse(new.name)?.into_string();
    let minutes = parse_minutes(new.auto_archive_minutes)?.unwrap_or(limits::AUTO_ARCHIVE_DEFAULT);
    let (nonce, user, starter) = (super::nonce(new.nonce)?, actor.user_id, new.message);
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let access = in_channel_for_write(tx, user, channel).await?;
            let guild = access.guild_id.ok_or(Error::Forbidden)?;
            let new = threads::NewThread {
                guild,
                parent: channel,
                owner: user,
                name: &name,
                starter,
                auto_archive_minutes: minutes,
            };
            make(tx, &access, &new, nonce.as_deref()).await
        })
    });
    change.await
}

async fn make(
    tx: &mut Tx,
    access: &ChannelAccess,
    new: &threads::NewThread<'_>,
    nonce: Option<&str>,
) -> Result<Channel> {
    let (user, parent) = (new.owner, new.parent.get().to_le_bytes());
    let starter = new.starter.map_or(0, protocol::Id::get).to_le_bytes();
    let minutes = new.auto_archive_minutes.to_le_bytes();
    let body: [&[u8]; 5] = [b"thread", &parent, &starter, &minutes, new.name.as_bytes()];
    // Before anything else is checked: the first try may have given the message its thread, or filled the guild.
    if let Some(nonce) = nonce
        && let Some(earlier) = nonces::target(tx, user, nonce, &body).await?
    {
        return made_earlier(tx, user, earlier).await;
    }
    access.require(Permissions::CREATE_PUBLIC_THREADS)?;
    if access.kind != i64::from(ChannelKind::Text.number()) {
        return Err(Error::Forbidden);
    }
    if let Some(starter) = new.starter {
        access.require(Permissions::READ_HISTORY)?;
        let message = messages::get(tx, new.parent, starter).await?.ok_or(Error::NotFound)?;
        if message.kind.is_system() {
            return Err(Error::Forbidden);
        }
        if let Some(thread) = message.thread {
            return Err(Error::ThreadExists { thread_id: thread.id });
        }
    }
    room_for_one(tx, new.guild).await?;
    let id = threads::insert(tx, new).await?;
    if let Some(nonce) = nonce
        && let Some(earlier) = nonces::claim(tx, user, nonce, &body, id.get()).await?
    {
        // The first try was not over yet.
        threads::delete(tx, id).await?;
        return made_earlier(tx, user, earlier).await;
    }
    let thread = threads::by_id(tx, id).await?.ok_or(Error::Internal)?;
    tx.emit(access.stream, Event::ThreadCreated { thread: thread.clone() }).await?;
    follow(tx, user, new.guild, id, None).await?;
    Ok(thread)
}

async fn made_earlier(tx: &mut Tx, user: UserId, earlier: i64) -> Result<Channel> {
    let earlier = ChannelId::new(earlier).ok_or(Error::NonceReused)?;
    in_channel(tx, user, earlier).await?;
    threads::by_id(tx, earlier).await?.ok_or(Error::NotFound)
}

/// # Errors
/// [`Error::LimitReached`] when no further thread of the guild may be active.
async fn room_for_one(tx: &mut Tx, guild: GuildId) -> Result<()> {
    let active = threads::count_active(tx, guild).await?;
    if active < limits::ACTIVE_THREADS { Ok(()) } else { Err(Error::LimitReached) }
}

/// What is to be different about a thread; none where it stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThreadChange<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// Whether it is archived.
    pub archived: Option<bool>,
    /// One of [`limits::AUTO_ARCHIVE_MINUTES`].
    pub auto_archive_minutes: Option<u32>,
}

/// Changes a thread: who started it as long as they may write in it, and others who may manage threads.
///
/// # Errors
/// [`Error::LimitReached`] for opening one more than [`limits::ACTIVE_THREADS`].
pub async fn update(
    state: &AppState,
    actor: &Actor,
    thread: ChannelId,
    change: ThreadChange<'_>,
) -> Result<Channel> {
    state.rates.change(actor.user_id)?;
    let name = change.name.map(ThreadName::parse).transpose()?.map(ThreadName::into_string);
    let minutes = parse_minutes(change.auto_archive_minutes)?;
    let (user, archived) = (actor.user_id, change.archived);
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let (access, guild, seat) = in_thread_for_write(tx, user, thread).await?;
            let owns = seat.owner == user && access.permissions.contains(Permissions::SEND_MESSAGES);
            if !owns {
                access.require(Permissions::MANAGE_THREADS)?;
            }
            let before = threads::by_id(tx, thread).await?.ok_or(Error::NotFound)?;
            let minutes = minutes
                .or(before.thread.as_ref().map(|thread| thread.auto_archive_minutes))
                .unwrap_or_default();
            let (name, archived) =
                (name.unwrap_or_else(|| before.name.clone()), archived.unwrap_or(seat.is_archived));
            if seat.is_archived && !archived {
                room_for_one(tx, guild).await?;
            }
            threads::update(tx, thread, &name, minutes, archived).await?;
            let after = threads::by_id(tx, thread).await?.ok_or(Error::Internal)?;
            if after != before {
                tx.emit(access.stream, Event::ThreadUpdated { thread: after.clone() }).await?;
            }
            Ok(after)
        })
    });
    change.await
}

/// Deletes a thread with its messages. What it was started from stays.
pub async fn remove(state: &AppState, actor: &Actor, thread: ChannelId) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let (access, _, seat) = in_thread_for_write(tx, user, thread).await?;
            access.require(Permissions::MANAGE_THREADS)?;
            // While its row is there: the row says for whose eyes this is.
            let gone = Event::ThreadDeleted { thread_id: thread, parent_id: seat.parent };
            tx.emit(access.stream, gone).await?;
            threads::delete(tx, thread).await
        })
    });
    change.await?;
    state.jobs.purge_soon();
    Ok(())
}

/// # Errors
/// [`Error::NotFound`] for a channel that is no thread.
async fn in_thread_for_write(
    tx: &mut Tx,
    user: UserId,
    thread: ChannelId,
) -> Result<(ChannelAccess, GuildId, ThreadSeat)> {
    let access = in_channel_for_write(tx, user, thread).await?;
    let (guild, seat) = access.guild_id.zip(access.thread).ok_or(Error::NotFound)?;
    Ok((access, guild, seat))
}

/// Follows a thread, from its end on; with `muted`, only what addresses the person counts.
pub async fn set_following(state: &AppState, actor: &Actor, thread: ChannelId, muted: bool) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let (access, guild, _) = in_thread_for_write(tx, user, thread).await?;
            match threads::following(tx, user, guild, thread).await? {
                None => {
                    follow(tx, user, guild, thread, access.last_message_id).await?;
                    if muted {
                        mute(tx, user, guild, thread, true).await?;
                    }
                    Ok(())
                }
                Some(_) => mute(tx, user, guild, thread, muted).await,
            }
        })
    });
    change.await
}

/// Stops following a thread. What is said in it is not unread any more.
pub async fn unfollow(state: &AppState, actor: &Actor, thread: ChannelId) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let (_, guild, _) = in_thread_for_write(tx, user, thread).await?;
            let_go(tx, user, guild, thread).await
        })
    });
    change.await
}

/// Makes somebody follow a thread, who has read up to `read`. Nothing happens when they follow it already.
async fn follow(
    tx: &mut Tx,
    user: UserId,
    guild: GuildId,
    thread: ChannelId,
    read: Option<MessageId>,
) -> Result<()> {
    if threads::following(tx, user, guild, thread).await?.is_some() {
        return Ok(());
    }
    threads::follow(tx, user, guild, thread, false).await?;
    if let Some(read) = read {
        reads::advance(tx, user, thread, read).await?;
    }
    tell_following(tx, user, guild, thread, false).await?;
    match threads::surplus(tx, user, guild, limits::FOLLOWED_THREADS).await? {
        Some(quiet) => let_go(tx, user, guild, quiet).await,
        None => Ok(()),
    }
}

async fn mute(tx: &mut Tx, user: UserId, guild: GuildId, thread: ChannelId, muted: bool) -> Result<()> {
    if threads::follow(tx, user, guild, thread, muted).await? {
        tell_following(tx, user, guild, thread, muted).await?;
    }
    Ok(())
}

async fn let_go(tx: &mut Tx, user: UserId, guild: GuildId, thread: ChannelId) -> Result<()> {
    if threads::unfollow(tx, user, guild, thread).await?
        && let Some(parent_id) = threads::by_id(tx, thread).await?.and_then(|thread| thread.parent_id)
    {
        let told = Event::ThreadFollowed { guild_id: guild, thread_id: thread, parent_id, following: None };
        tx.emit(Stream::User(user), told).await?;
    }
    Ok(())
}

async fn tell_following(
    tx: &mut Tx,
    user: UserId,
    guild: GuildId,
    thread: ChannelId,
    is_muted: bool,
) -> Result<()> {
    let mark = reads::get(tx, user, thread).await?;
    let Channel { parent_id, last_message_id, .. } =
        threads::by_id(tx, thread).await?.ok_or(Error::Internal)?;
    let parent_id = parent_id.ok_or(Error::Internal)?;
    let rev = streams::rev(tx, Stream::Guild(guild)).await?;
    let back = last_message_id.map(|newest_id| MovedBack {
        guild_id: Some(guild),
        newest_id,
        rev,
        from_id: newest_id,
    });
    let following = Some(Following { is_muted, mark, back });
    let told = Event::ThreadFollowed { guild_id: guild, thread_id: thread, parent_id, following };
    tx.emit(Stream::User(user), told).await?;
    Ok(())
}

/// Opens an archived thread, because somebody is about to write in it; nothing happens in any other channel.
///
/// # Errors
/// [`Error::LimitReached`] when no further thread of the guild may be active.
pub(super) async fn wake(tx: &mut Tx, access: &ChannelAccess, channel: ChannelId) -> Result<()> {
    let (Some(seat), Some(guild)) = (access.thread, access.guild_id) else { return Ok(()) };
    if !seat.is_archived {
        return Ok(());
    }
    room_for_one(tx, guild).await?;
    let before = threads::by_id(tx, channel).await?.ok_or(Error::NotFound)?;
    let minutes = before.thread.map_or(limits::AUTO_ARCHIVE_DEFAULT, |thread| thread.auto_archive_minutes);
    threads::update(tx, channel, &before.name, minutes, false).await?;
    let thread = threads::by_id(tx, channel).await?.ok_or(Error::NotFound)?;
    tx.emit(access.stream, Event::ThreadUpdated { thread }).await?;
    Ok(())
}

/// Lets those follow a thread in whom a message that was just said in it concerns: who wrote it, and whom it addresses, who
/// have read up to the one before it.
pub(super) async fn follow_said(
    tx: &mut Tx,
    access: &ChannelAccess,
    thread: ChannelId,
    said: MessageId,
    mentioned: impl Iterator<Item = UserId>,
) -> Result<()> {
    let (Some(_), Some(guild)) = (access.thread, access.guild_id) else { return Ok(()) };
    let author = access.user.id;
    let mut people: Vec<UserId> = mentioned.chain([author]).collect();
    // In one order, whoever writes: two that mention the same people must not wait for each other.
    people.sort_unstable();
    people.dedup();
    for person in people {
        let read = if person == author { Some(said) } else { access.last_message_id };
        follow(tx, person, guild, thread, read).await?;
    }
    Ok(())
}

/// A page of a channel's threads, archived ones or the others, the one that was active last first. `before` is the
/// [`next`](ThreadPage::next) of the page before it.
pub async fn list(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    archived: bool,
    before: Option<MessageId>,
) -> Result<ThreadPage> {
    state.rates.read(actor.user_id)?;
    let mut db = state.store.read().await?;
    in_channel(&mut db, actor.user_id, channel).await?.require(Permissions::READ_HISTORY)?;
    let mut found = threads::list(&mut db, channel, archived, before, limits::THREADS_PAGE + 1).await?;
    let more = found.len() > limits::THREADS_PAGE;
    found.truncate(limits::THREADS_PAGE);
    let next = found.last().map(|(place, _)| *place).filter(|_| more);
    let threads: Vec<Channel> = found.into_iter().map(|(_, thread)| thread).collect();
    let people: HashSet<UserId> =
        threads.iter().filter_map(|channel| Some(channel.thread.as_ref()?.owner_id)).collect();
    let mut owners = Vec::with_capacity(people.len());
    for person in people {
        owners.extend(users::by_id(&mut db, person).await?);
    }
    owners.sort_unstable_by_key(|owner| owner.id);
    Ok(ThreadPage { threads, owners, next })
}
