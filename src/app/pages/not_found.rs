//! The page of an address without a page.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::document::set_status;
use crate::app::controls::EmptyState;
use crate::app::view::view;

/// Says so, with status 404, and leads home.
#[component]
pub fn NotFound() -> impl IntoView {
    set_status(404);
    view! {
        <Title text="Not found"/>
        <main class="page page--plain" id="conversation" tabindex="-1">
            <h1 class="visually-hidden">"Not found"</h1>
            <EmptyState icon="compass" title="Nothing at this address" text="It may be deleted, you may not see it, or the link is mistyped.">
                <a class="button button--primary" href="/channels/@me">"Go home"</a>
            </EmptyState>
        </main>
    }
}
