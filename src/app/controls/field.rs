//! Text fields: label above, hint below, and an error that takes the hint's place and is linked to the input.

use leptos::prelude::*;

use super::{Icon, typed};
use crate::app::view::view;

/// The line under a field. Its id is the field's id with `-note`, which the input names in `aria-describedby`.
#[component]
pub fn FieldNote(
    /// The field's id.
    #[prop(into)]
    field: String,
    /// What to know before typing.
    hint: Option<String>,
    /// What is wrong with what was typed.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let id = note_id(&field);
    move || match (error.get(), hint.clone()) {
        (Some(error), _) => view! {
            <p class="field__error" id=id.clone() role="alert">
                <Icon name="warning"/>
                <span>{error}</span>
            </p>
        },
        (None, Some(hint)) => view! { <p class="field__hint" id=id.clone()>{hint}</p> },
        (None, None) => ().into_any(),
    }
}

/// The id of a field's note.
pub(super) fn note_id(field: &str) -> String {
    format!("{field}-note")
}

/// A one-line input with everything around it.
#[component]
pub fn TextField(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// The name it is sent under; empty for a field that is not sent.
    name: &'static str,
    /// The words above it, which are also its accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// The `type` attribute.
    #[prop(default = "text")]
    kind: &'static str,
    /// What it holds at first, unless its form came back. Later changes of this value do not touch what somebody typed.
    #[prop(optional, into)]
    value: String,
    /// What to know before typing.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is wrong with what was typed.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// The `autocomplete` attribute.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// May be left empty; said beside the label.
    #[prop(optional)]
    optional: bool,
    /// Most characters; a looser bound than the parser's is fine.
    #[prop(optional)]
    max: Option<usize>,
    /// 44 px high, for the pages without a frame.
    #[prop(optional)]
    large: bool,
    /// Gets the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// Shown for copying only.
    #[prop(optional)]
    readonly: bool,
    /// Runs with the whole text on every change.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
) -> impl IntoView {
    let note = note_id(&id);
    let noted = hint.is_some();
    let value = typed(name).unwrap_or(value);
    // Without script, who comes back to a form begins where it went wrong.
    let autofocus = autofocus || error.with_untracked(Option::is_some);
    view! {
        <div class="field">
            <FieldLabel field=id.clone() label optional/>
            <input
                class=if large { "input input--large" } else { "input" }
                id=id.clone()
                name=(!name.is_empty()).then_some(name)
                type=kind
                value=value
                autocomplete=autocomplete
                spellcheck=if kind == "text" { None } else { Some("false") }
                required=!optional && !readonly
                readonly=readonly
                autofocus=autofocus
                maxlength=max.map(|max| max.to_string())
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || (noted || error.with(Option::is_some)).then(|| note.clone())
                on:input=move |event| {
                    if let Some(on_input) = on_input {
                        on_input.run(event_target_value(&event));
                    }
                }
            />
            <FieldNote field=id hint error/>
        </div>
    }
}

/// The label row. "optional" stands beside the label, not in it: a name stays a name.
#[component]
pub(super) fn FieldLabel(
    /// The input's id.
    #[prop(into)]
    field: String,
    /// The words.
    #[prop(into)]
    label: Signal<String>,
    /// Whether to say that it may be left empty.
    optional: bool,
) -> impl IntoView {
    let label = view! { <label class="field__label" for=field>{label}</label> };
    if optional {
        view! {
            <div class="field__row">
                {label}
                <span class="field__label field__optional">"optional"</span>
            </div>
        }
    } else {
        label
    }
}

/// An error that belongs to no single field, at the head of its form.
#[component]
pub fn FormAlert(
    /// What happened and what to do.
    #[prop(into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    move || {
        error.get().map(|error| {
            view! {
                <div class="banner banner--danger banner--flat" role="alert">
                    <Icon name="warning"/>
                    <span class="banner__text">{error}</span>
                </div>
            }
        })
    }
}
