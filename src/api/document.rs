//! What the page around the app takes from the request and adds to the answer. In the browser there is
//! neither, and each of these does nothing.

use protocol::entity::{Density, Settings, TextSize, Theme};

#[cfg(feature = "ssr")]
pub use answer::{assets, origin, remember_look, remembered_look, send_policy, set_status, title_text};
#[cfg(not(feature = "ssr"))]
pub use nothing::{assets, origin, remember_look, remembered_look, send_policy, set_status, title_text};

/// Cookie that lets the first byte of a page have the right colours: `theme.density.size`, see [`look_text`].
/// Not a secret; no script reads it.
pub const LOOK_COOKIE: &str = "harmony-look";

/// The value of [`LOOK_COOKIE`].
pub fn look_text(look: Settings) -> String {
    format!("{}.{}.{}", look.theme.as_str(), look.density.as_str(), look.text_size.as_str())
}

/// Reads the value of [`LOOK_COOKIE`]; anything odd counts as the default.
pub fn parse_look(text: &str) -> Settings {
    let mut parts = text.split('.');
    let mut next = || parts.next().unwrap_or_default();
    Settings {
        theme: Theme::from_text(next()).unwrap_or_default(),
        density: Density::from_text(next()).unwrap_or_default(),
        text_size: TextSize::from_text(next()).unwrap_or_default(),
    }
}

/// Addresses of the built files, with their hashes. Script and WASM name each other and their parts, and a change of a
/// part changes these names in them without changing their own; so they are in a folder that is named after all of it.
/// There is no such folder on disk: the router leaves that step out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assets {
    /// The style sheet.
    pub css: String,
    /// The script that loads the WASM.
    pub js: String,
    /// The WASM.
    pub wasm: String,
}

#[cfg(feature = "ssr")]
mod answer {
    use std::sync::OnceLock;

    use axum::http::StatusCode;
    use axum::http::header::{CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderValue};
    use axum::http::request::Parts;
    use leptos::config::LeptosOptions;
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;
    use protocol::entity::Settings;

    use super::{Assets, LOOK_COOKIE, look_text, parse_look};
    use crate::api::caller::{set_cookie, state};

    /// The look this device showed last.
    pub fn remembered_look() -> Settings {
        let parts = use_context::<Parts>();
        let cookies = parts.iter().flat_map(|parts| parts.headers.get_all(COOKIE));
        cookies
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .find_map(|cookie| cookie.trim().strip_prefix(LOOK_COOKIE)?.strip_prefix('='))
            .map(parse_look)
            .unwrap_or_default()
    }

    /// Lets this device remember a look, if it does not yet.
    pub fn remember_look(look: Settings) {
        if remembered_look() == look {
            return;
        }
        let secure = if state().config.secure_cookies() { "; Secure" } else { "" };
        // A year: longer than any session, and worth nothing to anybody else.
        set_cookie(&format!(
            "{LOOK_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}",
            look_text(look)
        ));
    }

    /// Sets the HTTP status of the page.
    pub fn set_status(status: u16) {
        if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status))
        {
            response.set_status(status);
        }
    }

    /// A title as HTML: `leptos_meta` 0.8.7 writes it into the page as it is, and names of people and places
    /// are in it.
    pub fn title_text(title: &str) -> String {
        title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    /// Scheme and host people reach this instance by, for links that leave it. No trailing slash.
    pub fn origin() -> String {
        let state = state();
        match state.config.origin() {
            Some(origin) => origin.to_owned(),
            // Not configured: the way this request came, which is plain http or a proxy's secret.
            None => format!("http://{}", host().unwrap_or_else(|| state.config.site_addr.to_string())),
        }
    }

    /// The host this request named, if it reads like one.
    fn host() -> Option<String> {
        use_context::<Parts>()
            .and_then(|parts| parts.headers.get(HOST)?.to_str().ok().map(str::to_owned))
            .filter(|host| host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b)))
    }

    /// Sends the content security policy: our own files, scripts with this page's nonce and what those load,
    /// one socket to our own host, and nothing from anywhere else.
    pub fn send_policy(nonce: &str) {
        let Some(response) = use_context::<ResponseOptions>() else { return };
        // Older browsers do not count `ws:` of the same host as 'self'.
        let mut sockets = host().map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
        if std::env::var_os("LEPTOS_WATCH").is_some() {
            sockets.push_str(" ws://127.0.0.1:3001 ws://localhost:3001");
        }
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
             style-src 'self' 'nonce-{nonce}'; img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; \
             connect-src 'self'{sockets}; worker-src 'self'; manifest-src 'self'; form-action 'self'; \
             base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
        );
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    }

    /// Where the built files are. Their names are read once: they change only with the binary beside them.
    pub fn assets(options: &LeptosOptions) -> Assets {
        static NAMES: OnceLock<Assets> = OnceLock::new();
        NAMES.get_or_init(|| read_names(options)).clone()
    }

    fn read_names(options: &LeptosOptions) -> Assets {
        let hashes = if options.hash_files {
            std::env::current_exe()
                .ok()
                .and_then(|exe| std::fs::read_to_string(exe.parent()?.join(options.hash_file.as_ref())).ok())
                .unwrap_or_else(|| {
                    tracing::error!("hash-files is on, but hash.txt is not beside the binary: the page stays without script and style");
                    String::new()
                })
        } else {
            String::new()
        };
        let hash = |kind: &str| {
            hashes.lines().find_map(|line| line.trim().strip_prefix(kind)?.strip_prefix(':').map(str::trim))
        };
        let path = |kind: &str, folder: &str| {
            let dotted = hash(kind).map(|hash| format!(".{hash}")).unwrap_or_default();
            format!("/{}/{folder}{}{dotted}.{kind}", options.site_pkg_dir, options.output_name)
        };
        let build = hash("split").map(|hash| format!("{hash}/")).unwrap_or_default();
        Assets { css: path("css", ""), js: path("js", &build), wasm: path("wasm", &build) }
    }
}

#[cfg(not(feature = "ssr"))]
mod nothing {
    use leptos::config::LeptosOptions;
    use protocol::entity::Settings;

    use super::Assets;

    /// The look this device showed last: known to the backend only.
    pub fn remembered_look() -> Settings {
        Settings::default()
    }

    /// Does nothing: the backend sets the cookie when it next sends a page.
    pub fn remember_look(_look: Settings) {}

    /// A title as text: the browser sets it as a property, not as HTML.
    pub fn title_text(title: &str) -> String {
        title.to_owned()
    }

    /// Does nothing: the answer is long here.
    pub fn set_status(_status: u16) {}

    /// Does nothing: the page came with its policy.
    pub fn send_policy(_nonce: &str) {}

    /// Scheme and host of this page.
    pub fn origin() -> String {
        leptos::prelude::location().origin().unwrap_or_default()
    }

    /// Nothing: the page has loaded them already.
    pub fn assets(_options: &LeptosOptions) -> Assets {
        Assets::default()
    }
}

#[cfg(test)]
mod tests {
    use protocol::entity::{Density, Settings, TextSize, Theme};

    use super::{look_text, parse_look};

    #[cfg(feature = "ssr")]
    #[test]
    fn a_title_cannot_leave_its_element() {
        let title = super::title_text("</title><script>alert(1)</script> & more");
        assert_eq!(title, "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; more");
    }

    #[test]
    fn a_look_survives_its_cookie() {
        for theme in Theme::ALL {
            for density in Density::ALL {
                for text_size in TextSize::ALL {
                    let look = Settings { theme: *theme, density: *density, text_size: *text_size };
                    assert_eq!(parse_look(&look_text(look)), look);
                }
            }
        }
    }

    #[test]
    fn an_odd_cookie_counts_as_the_default() {
        for text in ["", ".", "purple.x.y", "dark.<b>.large;"] {
            assert_eq!(parse_look(text).density, Density::Cozy, "{text}");
        }
        assert_eq!(parse_look("dark").theme, Theme::Dark);
    }
}
