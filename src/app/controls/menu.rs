//! A menu on the browser's own popover: opens without script, closes by itself on Escape and outside presses.

use leptos::html;
use leptos::prelude::*;

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
                if let Some(list) = list.get_untracked()
                    && move_focus(&list, &event.key())
                {
                    event.prevent_default();
                }
            }
        >
            {children()}
        </ul>
    }
}

/// Moves the focus among the items of `list`; false when the key means nothing here.
fn move_focus(list: &leptos::web_sys::HtmlUListElement, key: &str) -> bool {
    use leptos::wasm_bindgen::JsCast;
    use leptos::web_sys::HtmlElement;

    let Ok(items) = list.query_selector_all(".menu__item:not(:disabled)") else { return false };
    let items: Vec<HtmlElement> =
        (0..items.length()).filter_map(|at| items.item(at)?.dyn_into::<HtmlElement>().ok()).collect();
    let focused = document().active_element();
    let at = items.iter().position(|item| focused.as_ref() == Some(item.as_ref()));
    let count = items.len();
    let next = match key {
        "ArrowDown" => at.map_or(0, |at| (at + 1) % count.max(1)),
        "ArrowUp" => at.map_or(count.saturating_sub(1), |at| (at + count - 1) % count.max(1)),
        "Home" => 0,
        "End" => count.saturating_sub(1),
        _ => return false,
    };
    if let Some(item) = items.get(next) {
        // A failure leaves the focus where it is.
        _ = item.focus();
    }
    true
}
