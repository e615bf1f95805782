//! The device's own way of closing what is open: a telephone's Back.

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    // <https://html.spec.whatwg.org/multipage/interaction.html#the-closewatcher-interface>, not in `web-sys` yet.
    type CloseWatcher;

    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<CloseWatcher, JsValue>;

    #[wasm_bindgen(method, setter)]
    fn set_onclose(this: &CloseWatcher, then: &Closure<dyn FnMut()>);

    #[wasm_bindgen(method)]
    fn destroy(this: &CloseWatcher);
}

/// Until it is dropped, Back closes something instead of leaving the page.
pub struct OnBack {
    watcher: CloseWatcher,
    _then: Closure<dyn FnMut()>,
}

impl OnBack {
    /// Calls `then` when somebody goes back. `None` in browsers that do not tell.
    pub fn new(then: impl Fn() + 'static) -> Option<Self> {
        let watcher = CloseWatcher::new().ok()?;
        let then: Closure<dyn FnMut()> = Closure::new(then);
        watcher.set_onclose(&then);
        Some(Self { watcher, _then: then })
    }
}

impl Drop for OnBack {
    fn drop(&mut self) {
        self.watcher.destroy();
    }
}
