//! Get people in: a link that works until it is revoked.

use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;
use leptos_router::hooks::use_params_map;
use protocol::{Error, GuildId};

use super::NotFound;
use super::dialogs::AskPage;
use super::signed_in::{Extra, invite_link, take_extra};
use crate::api::Refusal;
use crate::api::invites::standing_invite;
use crate::app::controls::{CopyField, FormAlert, Spinner};

/// `/servers/:guild/invite`.
#[component]
pub fn InvitePeoplePage() -> impl IntoView {
    let guild = use_params_map().read_untracked().get_str("guild").and_then(|id| id.parse::<GuildId>().ok());
    match guild {
        None => view! { <NotFound/> }.into_any(),
        Some(guild) => view! {
            <AskPage title="Invite people" back=format!("/channels/{guild}")>
                <InvitePeople guild/>
            </AskPage>
        }
        .into_any(),
    }
}

/// The link, made if there is none yet.
#[component]
pub(super) fn InvitePeople(
    /// To which server.
    guild: GuildId,
) -> impl IntoView {
    let first = match take_extra() {
        Extra::InviteLink(link) => Some(Ok(link)),
        _ => None,
    };
    let link = RwSignal::new(first);
    Effect::new(move |_| {
        if link.with_untracked(Option::is_none) {
            spawn_local_scoped_with_cancellation(async move {
                let answer = standing_invite(guild).await;
                link.try_set(Some(
                    answer.map(|invite| invite_link(&invite.code)).map_err(|Refusal(error)| error),
                ));
            });
        }
    });
    view! {
        <div class="dialog__body">
            <p>"Whoever opens this link can join. It works until somebody revokes it in the settings."</p>
            {move || match link.get() {
                None => view! { <p class="muted with-icon"><Spinner/>"Making a link"</p> }.into_any(),
                Some(Ok(link)) => view! { <CopyField id="invite-link-made" label="Invite link" text=link/> }.into_any(),
                Some(Err(error)) => {
                    let error: Error = error;
                    view! { <FormAlert error=Some(error.to_string())/> }.into_any()
                }
            }}
        </div>
    }
}
