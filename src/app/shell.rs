//! The document around the app: head, look, loader.

use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;
use protocol::entity::{Settings, Theme};

use super::App;
use crate::api::document::{assets, remembered_look, send_policy};
use crate::app::view::view;

/// The whole HTML document of a page. Also sends the headers that belong to it.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    if let Some(nonce) = use_nonce() {
        send_policy(&nonce);
    }
    let look = remembered_look();
    let css = assets(&options).css;
    view! {
        <!DOCTYPE html>
        <html
            lang="en"
            data-theme=theme_attribute(look)
            data-density=look.density.as_str()
            data-text-size=look.text_size.as_str()
        >
            <head>
                <meta charset="utf-8"/>
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <meta name="color-scheme" content="light dark"/>
                <meta name="robots" content="noindex"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link
                    rel="preload"
                    href="/fonts/atkinson-hyperlegible-next-latin-wght-normal.woff2"
                    r#as="font"
                    type="font/woff2"
                    crossorigin="anonymous"
                />
                <link id="leptos" rel="stylesheet" href=css/>
                <Loader options=options.clone()/>
                <AutoReload options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The value of `data-theme`; none follows the device.
pub(super) fn theme_attribute(look: Settings) -> Option<&'static str> {
    match look.theme {
        Theme::System => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    }
}

/// Loads the WASM and starts it, once the whole page is there. Leptos' own `HydrationScripts` does the same
/// with preload links. Those are fetched even where scripts are off, and there the policy refuses them, because
/// a nonce is worth nothing without script; and it reads hash.txt anew for every page.
#[component]
fn Loader(options: LeptosOptions) -> impl IntoView {
    let files = assets(&options);
    let script = format!(
        "const w=fetch({:?});import({:?}).then(async m=>{{await m.default({{module_or_path:w}});\
         if(document.readyState===\"loading\")await new Promise(r=>addEventListener(\"DOMContentLoaded\",r));\
         m.hydrate()}})",
        files.wasm, files.js
    );
    view! {
        <script type="module" r#async=true nonce=use_nonce()>
            {script}
        </script>
    }
}
