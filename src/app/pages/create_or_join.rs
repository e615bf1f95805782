//! Make a server, or join one by its invite.

use leptos::prelude::*;
use protocol::parse::{GuildName, InviteCode};
use protocol::{Error, limits};

use super::dialogs::AskPage;
use super::refusals::about_none_of;
use crate::api::guilds::CreateGuild;
use crate::api::invites::Join;
use crate::app::controls::{SubmitButton, TextField};
use crate::app::form::{Form, Submission};
use crate::app::view::view;
use crate::app::words;
use crate::browser::form::Fields;

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

fn check_name(form: &Fields) -> Option<Error> {
    GuildName::parse(&form.get("name")).err()
}

fn check_code(form: &Fields) -> Option<Error> {
    InviteCode::parse(&form.get("code")).err()
}

#[component]
fn CreateForm(done: Option<Callback<()>>) -> impl IntoView {
    let create = Submission::of::<CreateGuild>();
    create.when_done(done);
    view! {
        <Form to=create check=check_name>
            <div class="ask-form">
                <TextField
                    id="guild-name"
                    name="name"
                    label=words::GUILD_NAME
                    hint="Your own place, with channels. You can change the name later."
                    error=about_none_of(create.refusal(), &[])
                    max=limits::GUILD_NAME_CHARS
                    autofocus=true
                />
                <SubmitButton pending=create.pending()>"Create"</SubmitButton>
            </div>
        </Form>
    }
}

#[component]
fn JoinForm(done: Option<Callback<()>>) -> impl IntoView {
    let join = Submission::of::<Join>();
    join.when_done(done);
    view! {
        <Form to=join check=check_code>
            <div class="ask-form">
                <TextField
                    id="invite-link"
                    name="code"
                    label="Invite link"
                    hint="Somebody who is in sends it to you."
                    error=about_none_of(join.refusal(), &[])
                />
                <SubmitButton class="" pending=join.pending()>"Join"</SubmitButton>
            </div>
        </Form>
    }
}
