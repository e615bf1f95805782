//! The addresses this tab has been to, and who wants to be asked before it goes back to one.

use std::cell::RefCell;
use std::rc::Rc;

use super::listener::Listener;

/// Whether to stay, although the address has changed already.
type Keeper = Rc<dyn Fn() -> bool>;

thread_local! {
    static KEEPER: RefCell<Option<Keeper>> = const { RefCell::new(None) };
}

/// Has the browser's own buttons ask the [`Hold`] of the moment. A window calls its listeners in the order in which they
/// came, capturing or not: before the router there is only the beginning.
pub fn watch() {
    let listener = Listener::new("popstate", |event| {
        let keeper = KEEPER.with_borrow(Clone::clone);
        if keeper.is_some_and(|keeper| keeper()) {
            event.stop_immediate_propagation();
        }
    });
    // For as long as the page is open.
    std::mem::forget(listener);
}

/// Until it is dropped, `stays` is asked whenever the browser's own buttons have changed the address. When it says yes,
/// nobody else hears of it.
pub struct Hold(Keeper);

impl Hold {
    /// Takes the place of whoever was asked before.
    pub fn new(stays: impl Fn() -> bool + 'static) -> Self {
        let keeper: Keeper = Rc::new(stays);
        KEEPER.set(Some(Rc::clone(&keeper)));
        Self(keeper)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Pages overlap: the next one may be asked already.
        KEEPER.with_borrow_mut(|keeper| {
            keeper.take_if(|keeper| Rc::ptr_eq(keeper, &self.0));
        });
    }
}

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
