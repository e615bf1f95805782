//! Harmony, the package: pages for the backend to render and for the browser to take over.
//!
//! | where | what |
//! |---|---|
//! | `crates/protocol` | what both halves say: ids, limits, errors, permissions, markup, entities, events |
//! | `crates/backend` | everything that touches disk, clock, network and secrets |
//! | [`api`] | server functions: who is calling → the action → its result |
//! | [`app`] | the user interface, compiled for both halves |
//! | [`browser`] | the code that talks to the browser's own interfaces |
//!
//! With the feature `ssr` this compiles into the binary (`src/main.rs`), with `hydrate` into the WASM that
//! makes a rendered page interactive. Never both at once.

#![recursion_limit = "256"] // Deep views are deep types.

#[allow(missing_docs, reason = "arguments of server functions become fields, which cannot be documented")]
pub mod api;
pub mod app;
pub mod browser;

/// Takes over the page the backend has rendered. The page's loader calls it once, after everything arrived.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        // Failing here as well leaves the page as it was: readable, though dead.
        _ = offer_reload();
    }));
    // What the page shows has to be here before it is taken over. If it does not arrive, the page stays as it is: its links
    // and forms work without.
    let here = browser::history::here().unwrap_or_default();
    let (path, query) = here.split_once('?').unwrap_or((&here, ""));
    if app::fetch_part_of(path, query).await.is_ok() {
        browser::history::watch();
        leptos::mount::hydrate_body(app::App);
    }
}

/// Covers a page that has stopped working with a way out. Plain DOM calls only: whatever panicked may have
/// been the framework, and nothing of it can be trusted any more.
#[cfg(feature = "hydrate")]
fn offer_reload() -> Option<()> {
    use leptos::web_sys::window;

    let document = window()?.document()?;
    if document.get_element_by_id("crash").is_some() {
        return Some(());
    }
    let element = |tag: &str, class: &str, text: &str| -> Option<leptos::web_sys::Element> {
        let element = document.create_element(tag).ok()?;
        element.set_class_name(class);
        element.set_text_content((!text.is_empty()).then_some(text));
        Some(element)
    };
    let place = window()?.location();
    let address = format!("{}{}", place.pathname().ok()?, place.search().ok()?);
    let link = element("a", "button button--primary", "Reload")?;
    link.set_attribute("href", &address).ok()?;
    // Tells the router, should it still run, to leave this link to the browser.
    link.set_attribute("rel", "external").ok()?;
    let overlay = element("div", "crash", "")?;
    overlay.set_id("crash");
    overlay.set_attribute("role", "alertdialog").ok()?;
    overlay.set_attribute("aria-label", "Something broke").ok()?;
    let title = element("p", "crash__title", "Something broke.")?;
    let text = element("p", "crash__text", "What you have sent is safe. Reload to go on.")?;
    overlay.append_child(&title).ok()?;
    overlay.append_child(&text).ok()?;
    overlay.append_child(&link).ok()?;
    document.body()?.append_child(&overlay).ok()?;
    Some(())
}
