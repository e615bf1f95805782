//! The page when the one asked for could not be made.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::Error;

use super::current_path;
use crate::api::document::set_status;
use crate::app::controls::EmptyState;
use crate::app::view::view;

/// Says what happened and offers the same address again.
#[component]
pub fn ErrorPage(
    /// Why.
    error: Error,
) -> impl IntoView {
    set_status(error.status());
    // Left to the browser: the router would see that the address is the same and do nothing.
    let again = current_path();
    view! {
        <Title text="Not loaded"/>
        <main class="page page--plain" id="conversation" tabindex="-1">
            <h1 class="visually-hidden">"Not loaded"</h1>
            <EmptyState icon="offline" title="This page could not be loaded" text=error.to_string()>
                <a class="button button--primary" href=again rel="external">"Try again"</a>
            </EmptyState>
        </main>
    }
}
