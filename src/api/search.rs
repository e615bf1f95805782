//! Searching for messages.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use protocol::search::{Search, SearchPage};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, state};
use super::{Answer, JsonAnswer};

/// A page of the messages that a search finds.
#[server(SearchMessages, endpoint = "messages/search", output = JsonAnswer, input = Json)]
pub async fn search_messages(search: Search) -> Answer<SearchPage> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::search::find(&state, &actor, &search).await)
}
