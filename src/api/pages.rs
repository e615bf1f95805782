//! What a page starts from.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use protocol::snapshot::{HomeSnapshot, PageData, Place};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, state};
use super::{Answer, JsonAnswer};

/// Everything a signed-in page shows first, read in one database snapshot.
#[server(endpoint = "pages/load", output = JsonAnswer, input = Json)]
pub async fn load_page(place: Place) -> Answer<PageData> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::pages::load(&state, &actor, place).await)
}

/// The person's own stream anew, after a `reset` of it.
#[server(ReloadHome, endpoint = "pages/home", output = JsonAnswer)]
pub async fn home_snapshot() -> Answer<HomeSnapshot> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::pages::home(&state, &actor).await)
}

/// What somebody who is not signed in may know about this instance.
#[server(DescribeInstance, endpoint = "pages/instance", output = JsonAnswer)]
pub async fn instance() -> Answer<Instance> {
    let state = state();
    let (registration_open, needs_setup_code) =
        answer(backend::actions::accounts::registration_needs(&state).await)?;
    Ok(Instance { registration_open, needs_setup_code })
}

/// How one gets in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Instance {
    /// Anybody may register; otherwise an invite is needed, or nothing helps.
    pub registration_open: bool,
    /// No account exists yet and the address is reachable from elsewhere: the printed code is asked for.
    pub needs_setup_code: bool,
}
