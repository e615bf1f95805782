//! `/settings`: names, address, password.

use leptos::form::{ActionForm, FromFormData};
use leptos::prelude::*;
use protocol::error::Field;
use protocol::limits;
use protocol::parse::{DisplayName, Email, Password};

use super::frame::{Saved, Section};
use super::user_frame::UserFrame;
use crate::api::accounts::{ChangePassword, UpdateProfile};
use crate::app::controls::{FormAlert, PasswordField, SubmitButton, TextField};
use crate::app::pages::{Checked, about, about_none_of, password_hint};
use crate::app::store::StoreCtx;

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

/// Whether the last call of an action worked.
pub(super) fn worked<O: Clone + Send + Sync + 'static, E: Clone + Send + Sync + 'static>(
    answer: Option<Result<O, E>>,
) -> bool {
    matches!(answer, Some(Ok(_)))
}

#[component]
fn ProfileSection() -> impl IntoView {
    let StoreCtx(store) = expect_context();
    let me = store.me.get_untracked();
    let update = ServerAction::<UpdateProfile>::new();
    let checked = Checked::new(update);
    let refused = checked.refusal();
    view! {
        <Section id="s-profile" title="How people see you">
            <ActionForm
                action=update
                on:submit:capture=move |event| {
                    checked
                        .check(&event, UpdateProfile::from_event(&event).ok(), |form| {
                            DisplayName::parse(&form.display_name)
                                .err()
                                .or_else(|| Email::parse_optional(&form.email).err())
                        });
                }
            >
                <div class="form-stack">
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
                    <div class="button-row">
                        <SubmitButton pending=update.pending()>"Save changes"</SubmitButton>
                        <Saved worked=Signal::derive(move || update.value().with(|answer| worked(answer.clone())))/>
                    </div>
                </div>
            </ActionForm>
        </Section>
    }
}

#[component]
fn PasswordSection() -> impl IntoView {
    let change = ServerAction::<ChangePassword>::new();
    let checked = Checked::new(change);
    let refused = checked.refusal();
    view! {
        <Section id="s-password" title="Password" lead="Changing it signs every other device out.">
            <ActionForm
                action=change
                on:submit:capture=move |event| {
                    checked
                        .check(&event, ChangePassword::from_event(&event).ok(), |form| {
                            Password::parse(&form.new_password).err()
                        });
                }
            >
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
                            worked=Signal::derive(move || change.value().with(|answer| worked(answer.clone())))
                            text="Changed. Every other device is signed out."
                        />
                    </div>
                </div>
            </ActionForm>
        </Section>
    }
}
