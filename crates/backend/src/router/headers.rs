//! Headers every answer carries, errors and files included.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

use crate::Config;

/// The same on every answer, whatever a handler says.
static ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // No other site is told where somebody came from.
    (REFERRER_POLICY, "same-origin"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // Everything a page could ask the device for, except writing to the clipboard ("Copy link").
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(self), \
         geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), \
         picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), \
         xr-spatial-tracking=()",
    ),
];

/// Where a handler has not said otherwise. A page sets its own policy with a nonce; whatever is no page needs to
/// load nothing.
static UNLESS_SET: [(HeaderName, &str); 2] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (CACHE_CONTROL, "no-store, private"),
];

/// Two years, as the preload lists ask for.
const TWO_YEARS: &str = "max-age=63072000; includeSubDomains";

/// What of it depends on the settings.
#[derive(Debug, Clone)]
pub(super) struct Headers {
    is_https: bool,
}

impl Headers {
    pub(super) fn new(config: &Config) -> Self {
        Self { is_https: config.secure_cookies() }
    }
}

/// Adds them.
pub(super) async fn add(State(headers): State<Headers>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let map = response.headers_mut();
    for (name, value) in &ALWAYS {
        map.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in &UNLESS_SET {
        map.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if headers.is_https {
        map.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TWO_YEARS));
    }
    response
}
