//! `/login`.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::location::Url;

use super::frame::{AuthFrame, Fact};
use super::refusals::about_none_of;
use crate::api::accounts::Login;
use crate::app::controls::{FormAlert, PasswordField, SubmitButton, TextField};
use crate::app::form::{Form, Submission};
use crate::app::view::view;

/// Where to go after signing in: the `next` of the address.
pub(super) fn next_of_address() -> String {
    use_query_map().read_untracked().get("next").unwrap_or_default()
}

/// A path with the way on that this page was given.
pub(super) fn with_next(path: &str, next: &str) -> String {
    if next.is_empty() { path.to_owned() } else { format!("{path}?next={}", Url::escape(next)) }
}

/// Sign in with username or email.
#[component]
pub fn LoginPage() -> impl IntoView {
    let login = Submission::of::<Login>();
    let remember = !login.came_back() || login.typed("remember").is_some();
    let next = next_of_address();
    let register = with_next("/register", &next);
    const FACTS: &[Fact] = &[
        ("lock", "Runs on your own machine"),
        ("check-circle", "No trackers, no ads"),
        ("database", "One process, one folder"),
    ];
    view! {
        <Title text="Sign in"/>
        <AuthFrame title="Welcome back" lead="Your people left the light on." quote="Many voices, one place." facts=FACTS>
            <Form to=login>
                <input type="hidden" name="next" value=next/>
                <div class="auth__fields">
                    <FormAlert error=about_none_of(login.refusal(), &[])/>
                    <TextField id="login" name="login" label="Email or username" autocomplete="username" large=true/>
                    <PasswordField
                        id="password"
                        name="password"
                        label="Password"
                        autocomplete="current-password"
                        large=true
                    />
                    <label class="choice">
                        <input class="checkbox" type="checkbox" name="remember" value="on" checked=remember/>
                        <span class="choice__text">"Keep me signed in on this device"</span>
                    </label>
                    <SubmitButton class="button--primary button--large button--block" pending=login.pending()>
                        "Sign in"
                    </SubmitButton>
                </div>
            </Form>
            <p class="muted">"New here? " <a class="link" href=register>"Create an account"</a></p>
        </AuthFrame>
    }
}
