//! Putting text on the clipboard.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// Copies a text. False where it is not allowed, such as on a page that came over plain HTTP.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    let clipboard = window.navigator().clipboard();
    // The type says it is always there; pages without a secure context have none.
    if clipboard.is_undefined() {
        return false;
    }
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// The text somebody has selected, if any.
pub fn selection() -> String {
    let selection = js_sys::Reflect::get(&js_sys::global(), &"getSelection".into()).ok();
    let function = selection.and_then(|value| value.dyn_into::<js_sys::Function>().ok());
    let found = function.and_then(|get| get.call0(&js_sys::global()).ok()).filter(|found| found.is_object());
    found.map(|selection| String::from(js_sys::Object::from(selection).to_string())).unwrap_or_default()
}
