//! Get people in: a link that works until it is revoked.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local_scoped_with_cancellation;
use leptos_router::hooks::use_params_map;
use protocol::{Error, GuildId};

use super::NotFound;
use super::dialogs::AskPage;
use super::signed_in::{Extra, invite_link, take_extra};
use crate::api::Refusal;
use crate::api::invites::{StandingInvite, standing_invite};
use crate::app::controls::{CopyField, FormAlert, Spinner, SubmitButton};
use crate::app::form::{CallField, Submission};
use crate::app::view::view;

/// What the link is.
const ABOUT: &str = "Whoever opens this link can join. It works until somebody revokes it in the settings.";

/// `/servers/:guild/invite`. Looking at a page makes nothing: where there is no link yet, a button does. It is a plain
/// form also with script, which has the dialog instead.
#[component]
pub fn InvitePeoplePage() -> impl IntoView {
    let guild = use_params_map().read_untracked().get_str("guild").and_then(|id| id.parse::<GuildId>().ok());
    let Some(guild) = guild else { return view! { <NotFound/> } };
    let link = match take_extra() {
        Extra::InviteLink(link) => Some(link),
        _ => None,
    };
    let refusal = Submission::of::<StandingInvite>().refusal();
    let content = match link {
        Some(link) => view! { <Link link/> },
        None => view! {
            <form method="post">
                <CallField of=StandingInvite::PATH/>
                <input type="hidden" name="guild_id" value=guild.to_string()/>
                <FormAlert error=Signal::derive(move || refusal.get().map(|error| error.to_string()))/>
                <div class="button-row">
                    <SubmitButton>"Create invite link"</SubmitButton>
                </div>
            </form>
        },
    };
    view! {
        <AskPage title="Invite people" back=format!("/channels/{guild}")>
            <div class="dialog__body">
                <p>{ABOUT}</p>
                {content}
            </div>
        </AskPage>
    }
}

/// The link to take along.
#[component]
fn Link(link: String) -> impl IntoView {
    view! { <CopyField id="invite-link-made" label="Invite link" text=link/> }
}

/// The dialog: the link, made if there is none yet.
#[component]
pub(super) fn InvitePeople(
    /// To which server.
    guild: GuildId,
) -> impl IntoView {
    let link = RwSignal::new(None);
    Effect::new(move |_| {
        spawn_local_scoped_with_cancellation(async move {
            let answer = standing_invite(guild).await;
            link.try_set(Some(
                answer.map(|invite| invite_link(&invite.code)).map_err(|Refusal(error)| error),
            ));
        });
    });
    view! {
        <div class="dialog__body">
            <p>{ABOUT}</p>
            {move || match link.get() {
                None => view! { <p class="muted with-icon"><Spinner/>"Making a link"</p> },
                Some(Ok(link)) => view! { <Link link/> },
                Some(Err(error)) => {
                    let error: Error = error;
                    view! { <FormAlert error=Some(error.to_string())/> }
                }
            }}
        </div>
    }
}
