//! Built files, compressed beforehand, and the end of the line for what does not exist.

use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::any;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use protocol::Error;
use tower_http::services::ServeDir;

use super::refusal::refusal;

/// A name that contains a hash of the content never gets other content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Icons and the like may change with a new version; ten minutes spare most of the requests.
const A_WHILE: HeaderValue = HeaderValue::from_static("public, max-age=600");
/// A build without hashes in its names: asked for again each time, answered with 304.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// Length of the hash cargo-leptos puts into names: 128 bits in base64.
const HASH_CHARS: usize = 22;

/// Serves the files of the built site.
pub(super) fn service(root: &Path) -> Router {
    let files = ServeDir::new(root)
        .append_index_html_on_directories(false)
        .call_fallback_on_method_not_allowed(true)
        .precompressed_br()
        .precompressed_gzip()
        .fallback(any(not_found));
    Router::new().fallback_service(files).layer(from_fn(describe))
}

/// Leads from the address of a build to its file, says how long a file may be kept and how its text is encoded.
async fn describe(mut request: Request, next: Next) -> Response {
    let keep = keep(request.uri().path());
    if let Some(uri) = without_build(request.uri().path()).and_then(|path| path.parse().ok()) {
        *request.uri_mut() = uri;
    }
    let mut response = next.run(request).await;
    if !(response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED) {
        return response;
    }
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, keep);
    if let Some(typed) = headers.get(CONTENT_TYPE).and_then(with_charset) {
        headers.insert(CONTENT_TYPE, typed);
    }
    response
}

fn keep(path: &str) -> HeaderValue {
    if path.starts_with("/fonts/") || (path.starts_with("/pkg/") && is_hashed(path)) {
        FOR_EVER
    } else if path.starts_with("/pkg/") {
        ASK_AGAIN
    } else {
        A_WHILE
    }
}

/// `/pkg/{build}/{name}` as the file `/pkg/{name}`: files that name each other are told apart by their build.
fn without_build(path: &str) -> Option<String> {
    let (build, name) = path.strip_prefix("/pkg/")?.split_once('/')?;
    (is_hash(build) && !name.contains('/')).then(|| ["/pkg/", name].concat())
}

fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split('.').skip(1).any(is_hash)
}

fn is_hash(part: &str) -> bool {
    part.len() == HASH_CHARS && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn with_charset(value: &HeaderValue) -> Option<HeaderValue> {
    let text = value.to_str().ok()?;
    let is_bare_text = text.starts_with("text/") && !text.contains("charset");
    is_bare_text.then(|| HeaderValue::from_str(&format!("{text}; charset=utf-8")).ok())?
}

/// A page for people, an error for programs; neither costs more than a few microseconds.
async fn not_found(headers: HeaderMap) -> Response {
    let wants_page =
        headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|a| a.contains("text/html"));
    if wants_page {
        (StatusCode::NOT_FOUND, Html(NOT_FOUND)).into_response()
    } else {
        refusal(&Error::NotFound)
    }
}

const NOT_FOUND: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
    <title>Not found · Harmony</title></head>\
    <body><main><h1>Nothing at this address</h1><p>It may be gone, or the link is mistyped.</p>\
    <p><a href=\"/\">Go home</a></p></main></body></html>\n";

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::{A_WHILE, ASK_AGAIN, FOR_EVER, keep, with_charset, without_build};

    #[test]
    fn the_name_of_a_build_in_an_address_is_no_folder() {
        let file = |path| without_build(path);
        assert_eq!(
            file("/pkg/rL1eWpd0AaB-_9xYzQwErT/harmony.aL1eWpd0AaB-_9xYzQwErT.js").as_deref(),
            Some("/pkg/harmony.aL1eWpd0AaB-_9xYzQwErT.js")
        );
        for path in
            ["/pkg/snippets/inline0.js", "/pkg/rL1eWpd0AaB-_9xYzQwErT/../x", "/pkg/a.js", "/fonts/a", "//pkg"]
        {
            assert_eq!(file(path), None, "{path}");
        }
    }

    #[test]
    fn only_names_that_change_with_their_content_are_kept_for_ever() {
        for path in [
            "/pkg/harmony.rL1eWpd0AaB-_9xYzQwErT.wasm",
            "/pkg/harmony.rL1eWpd0AaB-_9xYzQwErT.css",
            "/fonts/a.woff2",
        ] {
            assert_eq!(keep(path), FOR_EVER, "{path}");
        }
        for path in ["/pkg/harmony.wasm", "/pkg/snippets/a/inline0.js", "/pkg/rL1eWpd0AaB-_9xYzQwErT"] {
            assert_eq!(keep(path), ASK_AGAIN, "{path}");
        }
        assert_eq!(keep("/icons.svg"), A_WHILE);
    }

    #[test]
    fn text_says_how_it_is_encoded() {
        let typed = |text: &'static str| with_charset(&HeaderValue::from_static(text));
        assert_eq!(typed("text/css"), Some(HeaderValue::from_static("text/css; charset=utf-8")));
        assert_eq!(typed("text/css; charset=utf-8"), None);
        assert_eq!(typed("application/wasm"), None);
    }
}
