//! What is shown behind the links of messages.

use leptos::prelude::*;
use protocol::{ChannelId, MessageId};

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, state};
use super::{Answer, JsonAnswer};

/// Takes away what is shown behind the links of a message, for good.
#[server(endpoint = "previews/suppress", output = JsonAnswer)]
pub async fn suppress_embeds(channel_id: ChannelId, message_id: MessageId) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::previews::suppress(&state, &actor, channel_id, message_id).await)
}
