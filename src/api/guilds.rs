//! Guilds and their members.

use leptos::prelude::*;
use protocol::entity::{Guild, Member, User};
use protocol::snapshot::{Destination, GuildSnapshot, MembersPage};
use protocol::{GuildId, UserId};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, redirect, state};
use super::{Answer, JsonAnswer};

/// Makes a guild and goes to it.
#[server(endpoint = "guilds/create", output = JsonAnswer)]
pub async fn create_guild(name: String, #[server(default)] nonce: String) -> Answer<Guild> {
    let state = state();
    let actor = actor(&state).await?;
    let guild = answer(backend::actions::guilds::create(&state, &actor, &name, &nonce).await)?;
    redirect(&format!("/channels/{}", guild.id));
    Ok(guild)
}

/// Renames a guild.
#[server(endpoint = "guilds/rename", output = JsonAnswer)]
pub async fn rename_guild(guild_id: GuildId, name: String) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::guilds::rename(&state, &actor, guild_id, &name).await)
}

/// Deletes a guild; `confirmation` is its name, typed.
#[server(endpoint = "guilds/delete", output = JsonAnswer)]
pub async fn delete_guild(guild_id: GuildId, confirmation: String) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::guilds::delete(&state, &actor, guild_id, &confirmation).await)?;
    redirect("/channels/@me");
    Ok(())
}

/// Leaves a guild.
#[server(endpoint = "guilds/leave", output = JsonAnswer)]
pub async fn leave_guild(guild_id: GuildId) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::members::leave(&state, &actor, guild_id).await)?;
    redirect("/channels/@me");
    Ok(())
}

/// Hands a guild over to another member, found by username.
#[server(endpoint = "guilds/transfer", output = JsonAnswer)]
pub async fn transfer_guild(guild_id: GuildId, username: String) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::guilds::transfer(&state, &actor, guild_id, &username).await)
}

/// Removes a member. `next` is for forms: where to go afterwards.
#[server(endpoint = "guilds/kick", output = JsonAnswer)]
pub async fn kick_member(guild_id: GuildId, user_id: UserId, #[server(default)] next: String) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::members::kick(&state, &actor, guild_id, user_id).await)?;
    if !next.is_empty() {
        redirect(&next);
    }
    Ok(())
}

/// One member: who they are and since when they are in.
#[server(LoadMember, endpoint = "guilds/member", output = JsonAnswer)]
pub async fn member(guild_id: GuildId, user_id: UserId) -> Answer<Member> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::members::one(&state, &actor, guild_id, user_id).await)
}

/// Members whose names begin with something: for mentions while they are typed.
#[server(endpoint = "guilds/find_members", output = JsonAnswer)]
pub async fn find_members(guild_id: GuildId, query: String) -> Answer<Vec<User>> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::members::find(&state, &actor, guild_id, &query).await)
}

/// The channels one may go to, of all one's guilds.
#[server(endpoint = "guilds/destinations", output = JsonAnswer)]
pub async fn destinations() -> Answer<Vec<Destination>> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::guilds::destinations(&state, &actor).await)
}

/// A guild anew: when it is opened, or after a `reset` of its stream.
#[server(ReloadGuild, endpoint = "guilds/snapshot", output = JsonAnswer)]
pub async fn guild_snapshot(guild_id: GuildId) -> Answer<GuildSnapshot> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::guilds::snapshot(&state, &actor, guild_id).await)
}

/// The members after one.
#[server(endpoint = "guilds/members", output = JsonAnswer)]
pub async fn members(guild_id: GuildId, after: Option<UserId>) -> Answer<MembersPage> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::members::page(&state, &actor, guild_id, after).await)
}
