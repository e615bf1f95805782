//! `/register`.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::error::Field;
use protocol::parse::{DisplayName, Email, Password, Username};
use protocol::{Error, limits};

use super::frame::{AuthFrame, Fact};
use super::login::{next_of_address, with_next};
use super::refusals::{about, about_none_of};
use crate::api::accounts::Register;
use crate::api::pages::{Instance, instance};
use crate::api::{Answer, once};
use crate::app::controls::{FormAlert, PasswordField, SubmitButton, TextField};
use crate::app::form::{Form, Submission};
use crate::app::view::view;
use crate::browser::form::Fields;

const FIELDS: &[Field] = &[Field::DisplayName, Field::Username, Field::Email, Field::Password];
const FIELDS_AND_CODE: &[Field] =
    &[Field::DisplayName, Field::Username, Field::Email, Field::Password, Field::SetupCode];
const FACTS: &[Fact] = &[
    ("users", "Servers, channels, direct messages"),
    ("lock", "Kept here, nowhere else"),
    ("keyboard", "Every action by keyboard"),
];

/// Makes an account.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let instance = once(instance());
    let next = next_of_address();
    let login = with_next("/login", &next);
    view! {
        <Title text="Create an account"/>
        <AuthFrame
            title="Create your account"
            lead="It lives on this instance, and nowhere else."
            quote="Bring your people. Keep your words."
            facts=FACTS
        >
            <Suspense>
                {move || {
                    let next = next.clone();
                    Suspend::new(async move {
                        let instance: Answer<Instance> = instance.await;
                        // Unknown counts as open: the backend decides anyway.
                        let needs_code = instance.as_ref().is_ok_and(|instance| instance.needs_setup_code);
                        let closed = instance.is_ok_and(|instance| !instance.registration_open);
                        let invite = invite_in(&next).unwrap_or_default().to_owned();
                        if closed && invite.is_empty() {
                            view! { <FormAlert error=Some(Error::RegistrationClosed.to_string())/> }
                        } else {
                            view! { <RegisterForm next invite needs_code/> }
                        }
                    })
                }}
            </Suspense>
            <p class="muted">"Already have one? " <a class="link" href=login>"Sign in"</a></p>
        </AuthFrame>
    }
}

/// The invite somebody came with: it opens instances that ask for one.
fn invite_in(next: &str) -> Option<&str> {
    next.strip_prefix("/invite/").filter(|code| !code.is_empty() && !code.contains('/'))
}

#[component]
fn RegisterForm(next: String, invite: String, needs_code: bool) -> impl IntoView {
    let register = Submission::of::<Register>();
    let refused = register.refusal();
    let shown = if needs_code { FIELDS_AND_CODE } else { FIELDS };
    view! {
        <Form to=register check=first_fault>
            <input type="hidden" name="next" value=next/>
            <input type="hidden" name="invite" value=invite/>
            <div class="auth__fields">
                <FormAlert error=about_none_of(refused, shown)/>
                {needs_code.then(|| view! { <SetupCodeField refused/> })}
                <TextField
                    id="display-name"
                    name="display_name"
                    label=Field::DisplayName.label()
                    autocomplete="name"
                    hint="Any script, any language. You can change it later."
                    error=about(refused, Field::DisplayName)
                    max=limits::DISPLAY_NAME_CHARS
                    large=true
                />
                <TextField
                    id="username"
                    name="username"
                    label=Field::Username.label()
                    autocomplete="username"
                    hint="Small letters, digits, dots and underscores."
                    error=about(refused, Field::Username)
                    max=limits::USERNAME_MAX
                    large=true
                />
                <TextField
                    id="email"
                    name="email"
                    label=Field::Email.label()
                    kind="email"
                    autocomplete="email"
                    hint="Only for signing in."
                    error=about(refused, Field::Email)
                    max=limits::EMAIL_CHARS
                    optional=true
                    large=true
                />
                <PasswordField
                    id="password"
                    name="password"
                    label=Field::Password.label()
                    autocomplete="new-password"
                    hint=password_hint()
                    error=about(refused, Field::Password)
                    large=true
                />
                <SubmitButton class="button--primary button--large button--block" pending=register.pending()>
                    "Create account"
                </SubmitButton>
            </div>
        </Form>
    }
}

/// Asked of whoever comes first to an instance that others can reach.
#[component]
fn SetupCodeField(refused: Signal<Option<Error>>) -> impl IntoView {
    view! {
        <TextField
            id="setup-code"
            name="setup_code"
            label=Field::SetupCode.label()
            hint="Printed when this instance was started. Only the first account needs it."
            error=about(refused, Field::SetupCode)
            large=true
        />
    }
}

/// What a new password needs.
pub(in crate::app) fn password_hint() -> String {
    format!("At least {} characters. Four words are better than one clever one.", limits::PASSWORD_MIN)
}

/// The first field that the backend would refuse as well.
fn first_fault(form: &Fields) -> Option<Error> {
    DisplayName::parse(&form.get("display_name"))
        .err()
        .or_else(|| Username::parse(&form.get("username")).err())
        .or_else(|| Email::parse_optional(&form.get("email")).err())
        .or_else(|| Password::parse(&form.get("password")).err())
}
