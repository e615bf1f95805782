//! Invites and joining.

use leptos::prelude::*;
use protocol::entity::{Invite, InvitePreview};
use protocol::{GuildId, InviteId};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, redirect, request, state};
use super::{Answer, JsonAnswer};

/// Makes an invite. `max_age_s` and `max_uses` are decimal numbers; empty or 0 means without limit.
#[server(endpoint = "invites/create", output = JsonAnswer)]
pub async fn create_invite(
    guild_id: GuildId,
    #[server(default)] max_age_s: String,
    #[server(default)] max_uses: String,
) -> Answer<Invite> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::invites::create(&state, &actor, guild_id, &max_age_s, &max_uses).await)
}

/// The caller's own live invite that never expires and has no limit, made if there is none: what the
/// "Invite people" dialog shows at once, and its page after a press of a button.
#[server(endpoint = "invites/standing", output = JsonAnswer)]
pub async fn standing_invite(guild_id: GuildId) -> Answer<Invite> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::invites::standing(&state, &actor, guild_id).await)
}

/// The same if there is one, for the page while it is rendered. In the browser nobody asks: there is none.
pub async fn find_standing_invite(guild_id: GuildId) -> Answer<Option<Invite>> {
    #[cfg(feature = "ssr")]
    {
        let state = state();
        let actor = actor(&state).await?;
        answer(backend::actions::invites::find_standing(&state, &actor, guild_id).await)
    }
    #[cfg(not(feature = "ssr"))]
    {
        _ = guild_id;
        Ok(None)
    }
}

/// A guild's live invites.
#[server(endpoint = "invites/list", output = JsonAnswer)]
pub async fn list_invites(guild_id: GuildId) -> Answer<Vec<Invite>> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::invites::list(&state, &actor, guild_id).await)
}

/// Ends an invite.
#[server(endpoint = "invites/revoke", output = JsonAnswer)]
pub async fn revoke_invite(invite_id: InviteId) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::invites::revoke(&state, &actor, invite_id).await)
}

/// What an invite leads to; works signed out.
#[server(endpoint = "invites/preview", output = JsonAnswer)]
pub async fn preview_invite(code: String) -> Answer<InvitePreview> {
    let (state, request) = (state(), request()?);
    answer(backend::actions::invites::preview(&state, &request, &code).await)
}

/// Joins by code or link and goes to the server; who is in already just goes there.
#[server(endpoint = "invites/join", output = JsonAnswer)]
pub async fn join(code: String) -> Answer<GuildId> {
    let state = state();
    let actor = actor(&state).await?;
    let guild = answer(backend::actions::invites::join(&state, &actor, &code).await)?;
    redirect(&format!("/channels/{guild}"));
    Ok(guild)
}
