//! Elements and events, by the names the rest of the app knows them by. The casts between them are here.

use wasm_bindgen::JsCast;
pub use web_sys::{
    Element, Event, HtmlElement, HtmlTextAreaElement, KeyboardEvent, MouseEvent, PointerEvent,
};

/// Pixels a popover keeps from the window's edges.
const MARGIN: i32 = 8;

/// What an event happened to.
pub fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// What listens to it.
pub fn listener(event: &Event) -> Option<HtmlElement> {
    event.current_target()?.dyn_into().ok()
}

/// The event as one of the keyboard.
pub fn as_key(event: &Event) -> Option<&KeyboardEvent> {
    event.dyn_ref()
}

/// The nearest element from this one upwards that matches a selector.
pub fn closest(element: &Element, selector: &str) -> Option<HtmlElement> {
    element.closest(selector).ok()??.dyn_into().ok()
}

/// The first element within another that matches a selector.
pub fn first_in(element: &Element, selector: &str) -> Option<HtmlElement> {
    element.query_selector(selector).ok()??.dyn_into().ok()
}

/// Tells whoever listens that the text of a box has changed, as typing does.
pub fn tell_input(element: &HtmlElement) {
    let options = web_sys::EventInit::new();
    options.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict("input", &options) {
        // Fails only for an event that is being told already.
        _ = element.dispatch_event(&event);
    }
}

/// Adds a word at the end of what stands in an input.
pub fn append_word(field: &Element, word: &str) {
    if let Some(field) = field.dyn_ref::<web_sys::HtmlInputElement>() {
        let before = field.value();
        let gap = if before.is_empty() || before.ends_with(' ') { "" } else { " " };
        field.set_value(&[before.as_str(), gap, word].concat());
    }
}

/// What an attribute says.
pub fn attribute(element: &Element, name: &str) -> Option<String> {
    element.get_attribute(name)
}

/// Closes the dialog that matches a selector, if there is one.
pub fn close_dialog(selector: &str) {
    let found = web_sys::window().and_then(|window| window.document()?.query_selector(selector).ok()?);
    if let Some(dialog) = found.and_then(|found| found.dyn_into::<web_sys::HtmlDialogElement>().ok()) {
        dialog.close();
    }
}

/// The element around this one.
pub fn parent(element: &Element) -> Option<HtmlElement> {
    element.parent_element()?.dyn_into().ok()
}

/// Whether one element is another, or within it.
pub fn holds(outer: &Element, inner: &Element) -> bool {
    outer.contains(Some(inner))
}

/// Whether an element takes up room on screen.
pub fn is_shown(element: &HtmlElement) -> bool {
    element.offset_width() > 0 && element.offset_height() > 0
}

/// Puts an element at the end of another, away from where it was.
pub fn move_into(element: &Element, parent: &Element) {
    // Fails only for a parent within the element.
    _ = parent.append_child(element);
}

/// Scrolls what is around an element so that it stands at the upper edge.
pub fn bring_to_top(element: &Element) {
    element.scroll_into_view_with_bool(true);
}

/// Where an element's lower left corner is, in pixels from the window's.
pub fn below(element: &Element) -> (i32, i32) {
    let place = element.get_bounding_client_rect();
    (place.left() as i32, place.bottom() as i32)
}

fn pixels(length: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>) -> i32 {
    length.ok().and_then(|length| length.as_f64()).map_or(i32::MAX, |length| length as i32)
}

/// How wide the window is, in pixels.
pub fn window_width() -> i32 {
    web_sys::window().map_or(i32::MAX, |window| pixels(window.inner_width()))
}

/// Opens a popover at a point, or as near to it as the window allows.
pub fn show_popover_at(popover: &HtmlElement, (x, y): (i32, i32)) {
    // Without popovers the element is where the style puts it.
    _ = popover.show_popover();
    let Some(window) = web_sys::window() else { return };
    let size = popover.get_bounding_client_rect();
    let fit = |from: i32, size: f64, limit: i32| from.min(limit - size as i32 - MARGIN).max(MARGIN);
    let left = fit(x, size.width(), pixels(window.inner_width())).to_string() + "px";
    let top = fit(y, size.height(), pixels(window.inner_height())).to_string() + "px";
    let style = popover.style();
    let places =
        [("position-area", "none"), ("inset", "auto"), ("margin", "0"), ("left", &left), ("top", &top)];
    for (name, value) in places {
        // An unknown property is left out by older browsers, which do not need it.
        _ = style.set_property(name, value);
    }
}
