//! Make a server, or join one by its invite.

use leptos::form::{ActionForm, FromFormData};
use leptos::prelude::*;
use protocol::limits;
use protocol::parse::{GuildName, InviteCode};

use super::dialogs::AskPage;
use super::refusals::{Checked, about_none_of, when_done};
use crate::api::guilds::CreateGuild;
use crate::api::invites::Join;
use crate::app::controls::{SubmitButton, TextField};
use crate::app::words;

/// `/servers/new`.
#[component]
pub fn CreateOrJoinPage() -> impl IntoView {
    view! {
        <AskPage title=words::CREATE_OR_JOIN back="/channels/@me">
            <CreateOrJoin/>
        </AskPage>
    }
}

/// Two forms, one for each way.
#[component]
pub(super) fn CreateOrJoin(
    /// Runs when one of them has worked; both lead to the server themselves.
    #[prop(optional)]
    done: Option<Callback<()>>,
) -> impl IntoView {
    view! {
        <div class="dialog__body">
            <CreateForm done/>
            <div class="auth__or">"or"</div>
            <JoinForm done/>
        </div>
    }
}

#[component]
fn CreateForm(done: Option<Callback<()>>) -> impl IntoView {
    let create = ServerAction::<CreateGuild>::new();
    let checked = Checked::new(create);
    when_done(create, done);
    view! {
        <ActionForm
            action=create
            on:submit:capture=move |event| {
                checked.check(&event, CreateGuild::from_event(&event).ok(), |form| GuildName::parse(&form.name).err());
            }
        >
            <div class="ask-form">
                <TextField
                    id="guild-name"
                    name="name"
                    label=words::GUILD_NAME
                    hint="Your own place, with channels. You can change the name later."
                    error=about_none_of(checked.refusal(), &[])
                    max=limits::GUILD_NAME_CHARS
                    autofocus=true
                />
                <SubmitButton pending=create.pending()>"Create"</SubmitButton>
            </div>
        </ActionForm>
    }
}

#[component]
fn JoinForm(done: Option<Callback<()>>) -> impl IntoView {
    let join = ServerAction::<Join>::new();
    let checked = Checked::new(join);
    when_done(join, done);
    view! {
        <ActionForm
            action=join
            on:submit:capture=move |event| {
                checked.check(&event, Join::from_event(&event).ok(), |form| InviteCode::parse(&form.code).err());
            }
        >
            <div class="ask-form">
                <TextField
                    id="invite-link"
                    name="code"
                    label="Invite link"
                    hint="Somebody who is in sends it to you."
                    error=about_none_of(checked.refusal(), &[])
                />
                <SubmitButton class="" pending=join.pending()>"Join"</SubmitButton>
            </div>
        </ActionForm>
    }
}
