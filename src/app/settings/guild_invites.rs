//! `/servers/:guild/settings/invites`: the links that lead in.

use leptos::prelude::*;
use protocol::GuildId;
use protocol::entity::Invite;
use protocol::permissions::Permissions;

use super::frame::Section;
use super::guild_frame::{GuildSettings, may};
use super::listed::listed;
use crate::api::invites::{CreateInvite, RevokeInvite, list_invites};
use crate::app::controls::{EmptyState, FormAlert, Select, Spinner, SubmitButton};
use crate::app::form::{Form, Submission};
use crate::app::pages::{Extra, about_none_of, take_extra};
use crate::app::store::GuildEntry;
use crate::app::view::view;
use crate::app::words::day;

/// Lives offered for a new invite, in seconds.
const LIVES: &[(&str, &str)] = &[
    ("0", "Never"),
    ("1800", "After 30 minutes"),
    ("3600", "After 1 hour"),
    ("86400", "After 1 day"),
    ("604800", "After 7 days"),
    ("2592000", "After 30 days"),
];
/// Numbers of uses offered for a new invite.
const USES: &[(&str, &str)] = &[
    ("0", "No limit"),
    ("1", "1 use"),
    ("5", "5 uses"),
    ("10", "10 uses"),
    ("25", "25 uses"),
    ("100", "100 uses"),
];

/// Make, see and revoke invites.
#[component]
pub fn GuildInvitesPage() -> impl IntoView {
    view! { <GuildSettings title="Invites" page=invites/> }
}

fn invites(entry: GuildEntry) -> impl IntoView {
    let id = entry.id();
    let create = Submission::of::<CreateInvite>();
    let manages = Memo::new({
        let entry = entry.clone();
        move |_| may(&entry, Permissions::MANAGE_GUILD)
    });
    let invites = Memo::new(move |_| may(&entry, Permissions::CREATE_INVITE));
    view! {
        {move || invites.get().then(|| view! { <CreateSection id create/> })}
        {move || {
            if manages.get() {
                view! { <ListSection id create/> }
            } else {
                view! {
                    <Section id="g-invites" title="Invites">
                        <p class="muted">"Those who manage this place see its invites here."</p>
                    </Section>
                }
            }
        }}
    }
}

#[component]
fn CreateSection(id: GuildId, create: Submission) -> impl IntoView {
    let options = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect()
    };
    view! {
        <Section id="g-new-invite" title="New invite">
            <Form to=create>
                <input type="hidden" name="guild_id" value=id.to_string()/>
                <div class="form-stack">
                    <FormAlert error=about_none_of(create.refusal(), &[])/>
                    <div class="form-columns">
                        <Select id="max-age" name="max_age_s" label="Expires" options=options(LIVES) selected="604800"/>
                        <Select id="max-uses" name="max_uses" label="Number of uses" options=options(USES) selected="0"/>
                    </div>
                    <div class="button-row">
                        <SubmitButton pending=create.pending()>"Create invite"</SubmitButton>
                    </div>
                </div>
            </Form>
        </Section>
    }
}

#[component]
fn ListSection(id: GuildId, create: Submission) -> impl IntoView {
    let first = match take_extra() {
        Extra::Invites(invites) => Some(invites),
        _ => None,
    };
    let revoke = Submission::of::<RevokeInvite>();
    let changes = move || (create.done().get(), revoke.done().get());
    let list = listed(first, changes, move || list_invites(id));
    view! {
        <Section id="g-invites" title="Invites" lead="Whoever holds one of these can join.">
            <FormAlert error=about_none_of(revoke.refusal(), &[])/>
            {move || match list.get() {
                None => view! { <p class="muted with-icon"><Spinner/>"Loading"</p> },
                Some(Err(error)) => view! { <FormAlert error=Some(error.to_string())/> },
                Some(Ok(invites)) if invites.is_empty() => {
                    view! { <EmptyState icon="link" title="No invites" text="Nobody new can come in until you make one."/> }
                }
                Some(Ok(invites)) => view! { <InviteTable invites revoke/> },
            }}
        </Section>
    }
}

#[component]
fn InviteTable(invites: Vec<Invite>, revoke: Submission) -> impl IntoView {
    view! {
        <div class="table-frame" role="region" aria-label="Table of invites" tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Invite"</th>
                        <th scope="col">"Made by"</th>
                        <th scope="col" class="table__number">"Uses"</th>
                        <th scope="col">"Expires"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    {invites.into_iter().map(|invite| view! { <InviteRow invite revoke/> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn InviteRow(invite: Invite, revoke: Submission) -> impl IntoView {
    let uses = match invite.max_uses {
        Some(max) => format!("{} of {max}", invite.uses),
        None => invite.uses.to_string(),
    };
    let expires = invite.expires_at.map_or_else(|| "Never".to_owned(), day);
    let label = format!("Revoke {}", invite.code);
    view! {
        <tr>
            <th scope="row"><a class="link" href=format!("/invite/{}", invite.code)><code>{invite.code.clone()}</code></a></th>
            <td dir="auto">{invite.inviter.display_name.clone()}</td>
            <td class="table__number">{uses}</td>
            <td>{expires}</td>
            <td>
                <Form to=revoke>
                    <input type="hidden" name="invite_id" value=invite.id.to_string()/>
                    <SubmitButton class="button--small button--danger-ghost" label>"Revoke"</SubmitButton>
                </Form>
            </td>
        </tr>
    }
}
