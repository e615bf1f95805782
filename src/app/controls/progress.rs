//! Signs that something is going on.

use leptos::prelude::*;

use crate::app::view::view;

/// A turning ring. The words beside it, or `aria-busy`, say what is awaited.
#[component]
pub fn Spinner() -> impl IntoView {
    view! { <span class="spinner" aria-hidden="true"></span> }
}

/// Three rising bars: somebody is typing or speaking.
#[component]
pub fn Chord() -> impl IntoView {
    view! { <span class="chord" aria-hidden="true"><i></i><i></i><i></i></span> }
}
