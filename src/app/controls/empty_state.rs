//! An empty place: what it is for, and the one thing to do next.

use leptos::prelude::*;

use crate::app::view::view;

/// Arcs around an icon, a title, a sentence, and at most one filled button.
#[component]
pub fn EmptyState(
    /// The symbol in the middle.
    icon: &'static str,
    /// What this place is.
    #[prop(into)]
    title: Signal<String>,
    /// What it is for, in one line.
    #[prop(into)]
    text: Signal<String>,
    /// What to do next.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty-state">
            <svg
                class="empty-state__art"
                viewBox="0 0 136 88"
                fill="none"
                stroke="currentColor"
                stroke-width="2"
                stroke-linecap="round"
                aria-hidden="true"
            >
                <path d="M38 26a26 26 0 0 0 0 36M98 26a26 26 0 0 1 0 36" opacity="0.75"></path>
                <path d="M26 17a40 40 0 0 0 0 54M110 17a40 40 0 0 1 0 54" opacity="0.4"></path>
                <path d="M14 8a54 54 0 0 0 0 72M122 8a54 54 0 0 1 0 72" opacity="0.18"></path>
                <rect x="45" y="21" width="46" height="46" rx="14" fill="currentColor" fill-opacity="0.13" stroke="none"></rect>
                <use href=format!("/icons.svg#{icon}") x="55" y="31" width="26" height="26"></use>
            </svg>
            <h2 class="empty-state__title">{move || title.get()}</h2>
            <p class="empty-state__text">{move || text.get()}</p>
            {children.map(|children| view! { <div class="empty-state__actions">{children()}</div> })}
        </div>
    }
}
