//! Listening to the window for as long as something lives.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::Event;

/// Listens until it is dropped.
pub struct Listener {
    event: &'static str,
    then: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls `then` on every event of this name that reaches the window.
    pub fn new(event: &'static str, then: impl Fn(Event) + 'static) -> Self {
        let then: Closure<dyn FnMut(Event)> = Closure::new(then);
        if let Some(window) = web_sys::window() {
            // Fails for nothing that is a function.
            _ = window.add_event_listener_with_callback(event, then.as_ref().unchecked_ref());
        }
        Self { event, then }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let call = self.then.as_ref().unchecked_ref();
            _ = window.remove_event_listener_with_callback(self.event, call);
        }
    }
}
