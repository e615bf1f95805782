//! One of several: a segmented row of radios, and a drop-down.

use leptos::prelude::*;

use super::{Icon, typed};
use crate::app::view::view;

/// A radio group on one line; posts like any radio group.
#[component]
pub fn Segmented(
    /// The name it is sent under.
    name: &'static str,
    /// The group's accessible name.
    label: &'static str,
    /// Values and their words.
    options: Vec<(&'static str, &'static str)>,
    /// The value chosen at first.
    selected: &'static str,
    /// Runs with the value that was chosen.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
) -> impl IntoView {
    let selected = typed(name).unwrap_or_else(|| selected.to_owned());
    let options = options
        .into_iter()
        .map(|(value, words)| {
            view! {
                <label class="segmented__option">
                    <input
                        type="radio"
                        name=name
                        value=value
                        checked=value == selected
                        on:change=move |event| {
                            if let Some(on_change) = on_change {
                                on_change.run(event_target_value(&event));
                            }
                        }
                    />
                    <span>{words}</span>
                </label>
            }
        })
        .collect_view();
    view! { <div class="segmented" role="radiogroup" aria-label=label>{options}</div> }
}

/// A drop-down with its label.
#[component]
pub fn Select(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// The name it is sent under.
    name: &'static str,
    /// The words above it.
    #[prop(into)]
    label: String,
    /// Values and their words.
    options: Vec<(String, String)>,
    /// The value chosen at first.
    #[prop(optional, into)]
    selected: String,
) -> impl IntoView {
    let selected = typed(name).unwrap_or(selected);
    let options = options
        .into_iter()
        .map(|(value, words)| {
            let chosen = value == selected;
            view! { <option value=value selected=chosen>{words}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>{label}</label>
            <div class="select select--block">
                <select class="input" id=id name=name>{options}</select>
                <Icon name="chevron-down"/>
            </div>
        </div>
    }
}
