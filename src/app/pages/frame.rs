//! The frame of signing in and signing up: a form beside a picture of sound.

use leptos::prelude::*;

use crate::app::view::view;
use crate::app::words::PRODUCT;

/// A symbol of the sprite and a few words.
pub(super) type Fact = (&'static str, &'static str);

/// The mark and the name, leading to the front.
#[component]
pub(super) fn Brand() -> impl IntoView {
    view! {
        <a class="auth__brand" href="/">
            <img src="/logo.svg" alt="" width="32" height="32"/>
            {PRODUCT}
        </a>
    }
}

/// Title, lead and form on one side; waves, a line and facts on the other.
#[component]
pub(super) fn AuthFrame(
    /// The page's title.
    title: &'static str,
    /// A sentence below it.
    #[prop(into)]
    lead: String,
    /// The large line on the picture.
    quote: &'static str,
    /// What is said below it.
    facts: &'static [Fact],
    /// The form.
    children: Children,
) -> impl IntoView {
    let facts = facts
        .iter()
        .map(|(icon, words)| view! { <li><crate::app::controls::Icon name=icon/>{*words}</li> })
        .collect_view();
    view! {
        <div class="page auth">
            <div class="auth__panel">
                <header><Brand/></header>
                <main id="conversation" class="auth__form" tabindex="-1">
                    <div>
                        <h1 class="auth__title">{title}</h1>
                        <p class="auth__lead">{lead}</p>
                    </div>
                    {children()}
                </main>
            </div>
            <aside class="auth__picture" aria-label=format!("About {PRODUCT}")>
                <img class="auth__waves" src="/waves.svg" alt="" width="900" height="900"/>
                <p class="auth__quote">{quote}</p>
                <ul class="auth__facts">{facts}</ul>
            </aside>
        </div>
    }
}
