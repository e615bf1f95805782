//! A menu on the browser's own popover: opens without script, closes by itself on Escape and outside presses.

use leptos::html;
use leptos::prelude::*;

use crate::app::view::view;
use crate::browser::focus;

/// A list of `menu__item` links, buttons and forms. Open it with `<button popovertarget=id>`. Arrow keys move
/// between the items; choosing one closes it.
#[component]
pub fn Menu(
    /// Unique on the page; the `popovertarget` of its button.
    #[prop(into)]
    id: String,
    /// Its accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// Classes besides `popover menu`, such as `popover--above`.
    #[prop(optional)]
    class: &'static str,
    /// `<li>` elements.
    children: Children,
) -> impl IntoView {
    let list = NodeRef::<html::Ul>::new();
    let close = move |_| {
        if let Some(list) = list.get_untracked() {
            // Fails when it is closed already.
            _ = list.hide_popover();
        }
    };
    view! {
        <ul
            node_ref=list
            class=format!("popover menu {class}")
            id=id
            popover="auto"
            aria-label=move || label.get()
            on:click=close
            on:keydown=move |event| {
                let Some(list) = list.get_untracked() else { return };
                let items = focus::find_all(&list, ".menu__item:not(:disabled)");
                let active = focus::active();
                let at = items.iter().position(|item| active.as_ref() == Some(item));
                if let Some(item) = next_item(items.len(), at, &event.key()).and_then(|next| items.get(next)) {
                    event.prevent_default();
                    focus::focus(item);
                }
            }
        >
            {children()}
        </ul>
    }
}

/// The item a key leads to from the one at `at`; nothing when the key means nothing here.
fn next_item(count: usize, at: Option<usize>, key: &str) -> Option<usize> {
    let last = count.checked_sub(1)?;
    match key {
        "ArrowDown" => Some(at.filter(|at| *at < last).map_or(0, |at| at + 1)),
        "ArrowUp" => Some(at.and_then(|at| at.checked_sub(1)).unwrap_or(last)),
        "Home" => Some(0),
        "End" => Some(last),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::next_item;

    #[test]
    fn arrow_keys_go_round_and_home_and_end_jump() {
        assert_eq!(next_item(3, None, "ArrowDown"), Some(0));
        assert_eq!(next_item(3, Some(2), "ArrowDown"), Some(0));
        assert_eq!(next_item(3, Some(0), "ArrowUp"), Some(2));
        assert_eq!(next_item(3, Some(2), "ArrowUp"), Some(1));
        assert_eq!(next_item(3, Some(1), "Home"), Some(0));
        assert_eq!(next_item(3, Some(1), "End"), Some(2));
        assert_eq!(next_item(3, Some(1), "a"), None);
        assert_eq!(next_item(0, None, "ArrowDown"), None);
    }
}
