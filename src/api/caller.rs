//! Server side only: the caller of a server function, and the status of its answer.

use axum::http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use axum::response::Response;
use backend::{Actor, AppState};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use protocol::Error;

use super::{Answer, Refusal};

/// The backend's handles.
pub fn state() -> AppState {
    expect_context::<AppState>()
}

/// Headers and address of the request at hand.
pub fn request() -> Answer<Parts> {
    use_context::<Parts>().ok_or(Refusal(Error::Internal))
}

/// Who is signed in, or [`Error::Unauthorized`].
pub async fn actor(state: &AppState) -> Answer<Actor> {
    answer(backend::auth::session::actor(state, &request()?).await)
}

/// Turns an action's result into an answer, with the HTTP status the error asks for.
pub fn answer<T>(result: protocol::Result<T>) -> Answer<T> {
    result.map_err(|error| {
        set_status(&error);
        Refusal(error)
    })
}

/// Gives the answer at hand the status an error asks for.
pub(super) fn set_status(error: &Error) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    response.set_status(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    if let Error::RateLimited { retry_after_ms } = error {
        header(&response, RETRY_AFTER, &retry_after_ms.div_ceil(1000).to_string());
    }
}

/// An answer that says nothing but how long to wait, where it is that.
pub(super) fn refusal(error: &Error) -> Response {
    let mut response = Response::default();
    if let Error::RateLimited { retry_after_ms } = error {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_ms.div_ceil(1000)));
    }
    response
}

/// Hands a cookie to the browser.
pub fn set_cookie(cookie: &str) {
    if let Some(response) = use_context::<ResponseOptions>() {
        header(&response, SET_COOKIE, cookie);
    }
}

fn header(response: &ResponseOptions, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.append_header(name, value);
    }
}

/// Sends the caller on: a real redirect for a form, a client-side navigation for the hydrated page.
/// Only to paths of this site.
pub fn redirect(path: &str) {
    leptos_axum::redirect(if is_local(path) { path } else { "/channels/@me" });
}

/// One leading slash and nothing a browser could read as another host.
fn is_local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t'])
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn a_redirect_never_leaves_the_site() {
        assert!(is_local("/invite/abc?x=1"));
        for path in
            ["//evil.example", "https://evil.example", "/\\evil.example", "", "evil", "/\t/evil.example"]
        {
            assert!(!is_local(path), "{path}");
        }
    }
}
