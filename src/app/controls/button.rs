//! The button that submits, which does more than a plain `<button>`.

use leptos::prelude::*;

use super::Spinner;
use crate::app::view::view;

/// Submits the form it stands in. While the answer is awaited it shows a spinner and cannot be pressed again,
/// but keeps the focus.
#[component]
pub fn SubmitButton(
    /// Classes besides `button`, such as `button--primary`.
    #[prop(default = "button--primary")]
    class: &'static str,
    /// The answer is awaited.
    #[prop(optional, into)]
    pending: Signal<bool>,
    /// What the form holds cannot be sent; the backend checks again.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// A name for those who cannot see which row the button belongs to.
    #[prop(optional, into)]
    label: Option<String>,
    /// The button's words.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            class=format!("button {class}")
            type="submit"
            aria-label=label
            aria-busy=move || pending.get().then_some("true")
            disabled=move || disabled.get()
            on:click=move |event| {
                if pending.get_untracked() {
                    event.prevent_default();
                }
            }
        >
            <Show when=move || pending.get()>
                <Spinner/>
            </Show>
            {children()}
        </button>
    }
}
