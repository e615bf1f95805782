//! A picture of the sprite `/icons.svg`, for sighted people only: the words beside it carry the meaning.

use leptos::prelude::*;

use crate::app::view::view;

/// One symbol of the sprite, in the colour of the text around it.
#[component]
pub fn Icon(
    /// The symbol's id, such as `hash`.
    name: &'static str,
    /// Classes besides `icon`, such as `icon--small` or `icon--mirror`.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let class = if class.is_empty() { "icon".to_owned() } else { format!("icon {class}") };
    view! {
        <svg class=class aria-hidden="true">
            <use href=format!("/icons.svg#{name}")></use>
        </svg>
    }
}
