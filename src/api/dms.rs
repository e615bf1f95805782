//! Conversations between two people.

use leptos::prelude::*;
use protocol::UserId;
use protocol::entity::{Dm, User};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, redirect, state};
use super::{Answer, JsonAnswer};

/// Opens the conversation with somebody, the same one whoever opens it first, and goes to it.
#[server(endpoint = "dms/open", output = JsonAnswer)]
pub async fn open_dm(user_id: UserId) -> Answer<Dm> {
    let state = state();
    let actor = actor(&state).await?;
    let dm = answer(backend::actions::dms::open(&state, &actor, user_id).await)?;
    redirect(&format!("/channels/@me/{}", dm.id));
    Ok(dm)
}

/// The same by username, for the form that works without script: takes the first match.
#[server(endpoint = "dms/open-by-name", output = JsonAnswer)]
pub async fn open_dm_by_name(query: String) -> Answer<Dm> {
    let state = state();
    let actor = actor(&state).await?;
    let dm = answer(backend::actions::dms::open_by_name(&state, &actor, &query).await)?;
    redirect(&format!("/channels/@me/{}", dm.id));
    Ok(dm)
}

/// People one shares a server or a conversation with, by the beginning of their names; a full username finds
/// anybody. At most [`protocol::limits::PEOPLE_FOUND`].
#[server(endpoint = "dms/find-people", output = JsonAnswer)]
pub async fn find_people(query: String) -> Answer<Vec<User>> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::dms::find_people(&state, &actor, &query).await)
}
