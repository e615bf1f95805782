//! Where the keyboard is, and whether anybody is looking.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Whether this window has the focus and is in view.
pub fn is_attended() -> bool {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return false };
    document.visibility_state() == web_sys::VisibilityState::Visible && document.has_focus().unwrap_or(false)
}

/// Whether this tab is in view.
pub fn is_visible() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.visibility_state() == web_sys::VisibilityState::Visible)
}

/// Whether the device says it has a network. It may be wrong about "yes", not about "no".
pub fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Whether a media query holds.
pub fn media(query: &str) -> bool {
    let found = web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
    found.is_some_and(|list| list.matches())
}

/// The element that has the focus.
pub fn active() -> Option<HtmlElement> {
    web_sys::window()?.document()?.active_element()?.dyn_into().ok()
}

/// The element with an id.
pub fn by_id(id: &str) -> Option<HtmlElement> {
    web_sys::window()?.document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// The first element that matches a selector.
pub fn find(selector: &str) -> Option<HtmlElement> {
    web_sys::window()?.document()?.query_selector(selector).ok()??.dyn_into().ok()
}

/// Every element within another that matches a selector, in the order of the page.
pub fn find_all(within: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = within.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect()
}

/// Whether the focus is nowhere, as after the element that had it is gone.
pub fn is_lost() -> bool {
    active().is_none_or(|active| active.tag_name() == "BODY")
}

/// Whether the keyboard is in a box of several lines.
pub fn is_writing() -> bool {
    active().is_some_and(|active| active.tag_name() == "TEXTAREA")
}

/// Moves the focus without scrolling to it.
pub fn focus_in_place(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    _ = element.focus_with_options(&options);
}

/// Moves the focus; an element that cannot have it leaves it where it is.
pub fn focus(element: &HtmlElement) {
    _ = element.focus();
}

/// Moves the focus to the neighbour of `from` among `items`, without going around the ends.
pub fn step(items: &[HtmlElement], from: &HtmlElement, forward: bool) -> bool {
    let Some(at) = items.iter().position(|item| item == from) else { return false };
    let next = if forward { at.checked_add(1) } else { at.checked_sub(1) };
    match next.and_then(|next| items.get(next)) {
        Some(item) => {
            focus(item);
            true
        }
        None => false,
    }
}
