//! Members: joining, leaving, removing, listing.

use protocol::entity::{Member, MessageKind, Presence, User};
use protocol::error::{Field, Problem};
use protocol::event::Event;
use protocol::permissions::Permissions;
use protocol::snapshot::MembersPage;
use protocol::{Error, GuildId, Result, Stream, UserId, limits};

use super::access::{in_guild, in_guild_for_write, require};
use crate::AppState;
use crate::auth::session::Actor;
use crate::store::{Tx, guilds, invites, members, reads};

/// Adds somebody to a guild, with everything that goes with it. Returns false if they were in.
pub(super) async fn join(tx: &mut Tx, guild_id: GuildId, user: UserId) -> Result<bool> {
    let guild = guilds::by_id(tx, guild_id).await?.ok_or(Error::InviteGone)?;
    if guilds::count_of_user(tx, user).await? >= limits::GUILDS_PER_USER as i64 {
        return Err(Error::LimitReached);
    }
    // Behind the guild, which the caller has: what is told next is the name they have at the commit.
    tx.lock(Stream::User(user)).await?;
    if !members::insert(tx, guild_id, user).await? {
        return Ok(false);
    }
    reads::start_at_end(tx, user, guild_id).await?;
    let member = members::get(tx, guild_id, user).await?.ok_or(Error::Internal)?;
    tx.emit(Stream::Guild(guild_id), Event::MemberJoined { member }).await?;
    super::messages::announce(tx, &guild, user, MessageKind::Join).await?;
    tx.emit(Stream::User(user), Event::GuildJoined { guild }).await?;
    Ok(true)
}

/// Takes somebody out of a guild. From the commit on, nothing of it reaches them.
async fn remove(tx: &mut Tx, guild_id: GuildId, user: UserId) -> Result<()> {
    let guild = guilds::by_id(tx, guild_id).await?.ok_or(Error::NotFound)?;
    if !members::delete(tx, guild_id, user).await? {
        return Err(Error::NotFound);
    }
    tx.emit(Stream::Guild(guild_id), Event::MemberLeft { user_id: user }).await?;
    super::messages::announce(tx, &guild, user, MessageKind::Leave).await?;
    tx.emit(Stream::User(user), Event::GuildLeft { guild_id }).await?;
    Ok(())
}

/// Leaves a guild. An owner hands it over first.
pub async fn leave(state: &AppState, actor: &Actor, guild: GuildId) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            in_guild_for_write(tx, user, guild).await?;
            if guilds::by_id(tx, guild).await?.is_some_and(|guild| guild.owner_id == user) {
                return Err(Error::OwnerCannotLeave);
            }
            remove(tx, guild, user).await
        })
    });
    change.await
}

/// Removes a member, and the ways back in that they made. Nobody removes the owner or themselves.
pub async fn kick(state: &AppState, actor: &Actor, guild: GuildId, target: UserId) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            require(in_guild_for_write(tx, user, guild).await?, Permissions::KICK_MEMBERS)?;
            let owner = guilds::by_id(tx, guild).await?.ok_or(Error::NotFound)?.owner_id;
            if target == owner || target == user {
                return Err(Error::Forbidden);
            }
            invites::delete_of_inviter(tx, guild, target).await?;
            remove(tx, guild, target).await
        })
    });
    change.await
}

/// The members after one.
pub async fn page(
    state: &AppState,
    actor: &Actor,
    guild: GuildId,
    after: Option<UserId>,
) -> Result<MembersPage> {
    state.rates.read(actor.user_id)?;
    let mut reader = state.store.read().await?;
    in_guild(&mut reader, actor.user_id, guild).await?;
    let mut found = members::page(&mut reader, guild, after, limits::MEMBERS_PAGE + 1).await?;
    let has_more = found.len() > limits::MEMBERS_PAGE;
    found.truncate(limits::MEMBERS_PAGE);
    let presence = online_of(state, &found).into_iter().map(|user| (user, Presence::Online)).collect();
    Ok(MembersPage { members: found, has_more, presence })
}

/// Members whose username or display name begins with `query`, by username; an empty one finds nobody.
pub async fn find(state: &AppState, actor: &Actor, guild: GuildId, query: &str) -> Result<Vec<User>> {
    state.rates.search(actor.user_id)?;
    let query = searched(query)?;
    let mut reader = state.store.read().await?;
    in_guild(&mut reader, actor.user_id, guild).await?;
    if query.is_empty() {
        return Ok(Vec::new());
    }
    members::find(&mut reader, guild, &query, limits::PEOPLE_FOUND).await
}

/// What is looked for among names, in small letters and without the `@` that people type before them.
pub(super) fn searched(query: &str) -> Result<String> {
    let query = query.trim().trim_start_matches('@').to_lowercase();
    let max = limits::DISPLAY_NAME_CHARS;
    if query.chars().count() > max {
        return Err(Error::Invalid { field: Field::Query, problem: Problem::TooLong { max } });
    }
    if query.chars().any(char::is_control) {
        return Err(Error::Invalid { field: Field::Query, problem: Problem::Characters });
    }
    Ok(query)
}

/// One member.
///
/// # Errors
/// [`Error::NotFound`] for somebody who is not in the guild, whoever they are.
pub async fn one(state: &AppState, actor: &Actor, guild: GuildId, user: UserId) -> Result<Member> {
    state.rates.read(actor.user_id)?;
    let mut reader = state.store.read().await?;
    in_guild(&mut reader, actor.user_id, guild).await?;
    members::get(&mut reader, guild, user).await?.ok_or(Error::NotFound)
}

/// Who of these is here.
pub(super) fn online_of(state: &AppState, members: &[Member]) -> Vec<UserId> {
    members.iter().map(|member| member.user.id).filter(|user| state.hub.is_online(*user)).collect()
}
