//! Buttons that do more than a plain `<button>`: the one that submits, and the one that is only an icon.

use leptos::prelude::*;

use super::{Icon, Spinner};

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

/// A square button with a picture, named in words.
#[component]
pub fn IconButton(
    /// The symbol in the sprite.
    icon: &'static str,
    /// What it does, in words.
    #[prop(into)]
    label: Signal<String>,
    /// Classes besides `icon-button`.
    #[prop(optional)]
    class: &'static str,
    /// Runs when it is pressed.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            class=format!("icon-button {class}")
            type="button"
            aria-label=move || label.get()
            on:click=move |_| on_press.run(())
        >
            <Icon name=icon/>
        </button>
    }
}
