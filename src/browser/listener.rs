//! Listening to the window for as long as something lives.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::Event;

/// Listens until it is dropped.
pub struct Listener {
    event: &'static str,
    is_first: bool,
    then: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls `then` on every event of this name that reaches the window.
    pub fn new(event: &'static str, then: impl Fn(Event) + 'static) -> Self {
        Self::listen(event, false, Closure::new(then))
    }

    /// The same before anybody else hears of it, so that `then` can keep it from them.
    pub fn first(event: &'static str, then: impl Fn(Event) + 'static) -> Self {
        Self::listen(event, true, Closure::new(then))
    }

    fn listen(event: &'static str, is_first: bool, then: Closure<dyn FnMut(Event)>) -> Self {
        if let Some(window) = web_sys::window() {
            let call = then.as_ref().unchecked_ref();
            // Fails for nothing that is a function.
            _ = window.add_event_listener_with_callback_and_bool(event, call, is_first);
        }
        Self { event, is_first, then }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let call = self.then.as_ref().unchecked_ref();
            _ = window.remove_event_listener_with_callback_and_bool(self.event, call, self.is_first);
        }
    }
}
