//! Listening to the window for as long as something lives.

use leptos::leptos_dom::helpers::{WindowListenerHandle, window_event_listener_untyped};
use web_sys::Event;

/// Listens until it is dropped.
pub struct Listener(Option<WindowListenerHandle>);

impl Listener {
    /// Calls `then` on every event of this name that reaches the window.
    pub fn new(event: &str, then: impl Fn(Event) + 'static) -> Self {
        Self(Some(window_event_listener_untyped(event, then)))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            handle.remove();
        }
    }
}
