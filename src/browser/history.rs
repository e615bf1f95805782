//! The addresses this tab has been to.

/// Path and query of the address in the bar.
pub fn here() -> Option<String> {
    let location = web_sys::window()?.location();
    Some(location.pathname().ok()? + &location.search().ok()?)
}

/// Puts an address back into the bar after the browser has left it. Loads nothing.
pub fn stay(path: &str) {
    let history = web_sys::window().and_then(|window| window.history().ok());
    if let Some(history) = history {
        // Refused only where a page changes it hundreds of times.
        _ = history.push_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(path));
    }
}
