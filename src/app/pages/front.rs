//! `/`: nothing of its own, only the way in.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use crate::app::view::view;

/// Leads to the conversations; who is not signed in goes on to `/login` from there.
#[component]
pub fn Front() -> impl IntoView {
    view! { <Redirect path="/channels/@me"/> }
}
