//! A password field that can show what was typed.

use leptos::prelude::*;

use super::field::{FieldLabel, note_id};
use super::{FieldNote, Icon};
use crate::app::view::view;

/// A password with a button that shows it. It never comes back with a form. The button needs script and stays away without it.
#[component]
pub fn PasswordField(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// The name it is sent under.
    name: &'static str,
    /// The words above it.
    #[prop(into)]
    label: String,
    /// `current-password` or `new-password`: what the browser's keeper should offer.
    autocomplete: &'static str,
    /// What to know before typing.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is wrong with what was typed.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// 44 px high, for the pages without a frame.
    #[prop(optional)]
    large: bool,
    /// Runs with the whole text on every change.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let note = note_id(&id);
    let noted = hint.is_some();
    let autofocus = error.with_untracked(Option::is_some);
    view! {
        <div class="field">
            <FieldLabel field=id.clone() label optional=false/>
            <div class="input-group">
                <input
                    class=if large { "input input--large" } else { "input" }
                    id=id.clone()
                    name=name
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    required=true
                    autofocus=autofocus
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=move || (noted || error.with(Option::is_some)).then(|| note.clone())
                    on:input=move |event| {
                        if let Some(on_input) = on_input {
                            on_input.run(event_target_value(&event));
                        }
                    }
                />
                // Named without the word on the label: who looks for the password shall find one thing.
                <button
                    class="icon-button needs-script"
                    type="button"
                    aria-label="Show what you typed"
                    aria-pressed=move || if shown.get() { "true" } else { "false" }
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    {move || view! { <Icon name=if shown.get() { "eye-off" } else { "eye" }/> }}
                </button>
            </div>
            <FieldNote field=id hint error/>
        </div>
    }
}
