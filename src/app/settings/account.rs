//! `/settings`: names, address, password.

use leptos::prelude::*;
use protocol::error::Field;
use protocol::parse::{DisplayName, Email, Password};
use protocol::{Error, limits};

use super::frame::{Saved, Section};
use super::saving::Saving;
use super::user_frame::UserFrame;
use crate::api::accounts::{ChangePassword, UpdateProfile};
use crate::app::controls::{FormAlert, PasswordField, SubmitButton, TextField};
use crate::app::form::{Form, Submission};
use crate::app::pages::{about, about_none_of, password_hint};
use crate::app::store::StoreCtx;
use crate::app::view::view;
use crate::browser::form::Fields;

/// Names and password.
#[component]
pub fn AccountPage() -> impl IntoView {
    view! {
        <UserFrame title="Account">
            <ProfileSection/>
            <PasswordSection/>
        </UserFrame>
    }
}

fn check_profile(form: &Fields) -> Option<Error> {
    let name = DisplayName::parse(&form.get("display_name")).err();
    name.or_else(|| Email::parse_optional(&form.get("email")).err())
}

fn check_password(form: &Fields) -> Option<Error> {
    Password::parse(&form.get("new_password")).err()
}

#[component]
fn ProfileSection() -> impl IntoView {
    let StoreCtx(store) = expect_context();
    let me = store.me.get_untracked();
    let update = Submission::of::<UpdateProfile>();
    let refused = update.refusal();
    view! {
        <Section id="s-profile" title="How people see you">
            <Form to=update check=check_profile>
                <Saving save=update>
                    <FormAlert error=about_none_of(refused, &[Field::DisplayName, Field::Email])/>
                    <TextField
                        id="display-name"
                        name="display_name"
                        label=Field::DisplayName.label()
                        value=me.user.display_name.clone()
                        autocomplete="name"
                        error=about(refused, Field::DisplayName)
                        max=limits::DISPLAY_NAME_CHARS
                    />
                    <TextField
                        id="username"
                        name=""
                        label=Field::Username.label()
                        value=me.user.username.clone()
                        hint="This one stays: people mention you by it."
                        readonly=true
                    />
                    <TextField
                        id="email"
                        name="email"
                        label=Field::Email.label()
                        kind="email"
                        value=me.email.clone().unwrap_or_default()
                        autocomplete="email"
                        hint="Only for signing in. Nobody else sees it."
                        error=about(refused, Field::Email)
                        optional=true
                        max=limits::EMAIL_CHARS
                    />
                </Saving>
            </Form>
        </Section>
    }
}

#[component]
fn PasswordSection() -> impl IntoView {
    let change = Submission::of::<ChangePassword>();
    let refused = change.refusal();
    view! {
        <Section id="s-password" title="Password" lead="Changing it signs every other device out.">
            <Form to=change check=check_password>
                <div class="form-stack">
                    <FormAlert error=about_none_of(refused, &[Field::CurrentPassword, Field::Password])/>
                    <PasswordField
                        id="current-password"
                        name="current_password"
                        label="Current password"
                        autocomplete="current-password"
                        error=about(refused, Field::CurrentPassword)
                    />
                    <PasswordField
                        id="new-password"
                        name="new_password"
                        label="New password"
                        autocomplete="new-password"
                        hint=password_hint()
                        error=about(refused, Field::Password)
                    />
                    <div class="button-row">
                        <SubmitButton class="" pending=change.pending()>"Change password"</SubmitButton>
                        <Saved
                            worked=change.worked()
                            text="Changed. Every other device is signed out."
                        />
                    </div>
                </div>
            </Form>
        </Section>
    }
}
