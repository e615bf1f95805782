//! The HTTP side in one place: every route, grouped by who calls it, and the protections around all of them.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, StatusCode};
use protocol::Error;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::gateway::canonical_origin;
use crate::{AppState, Config, gateway};

mod attachments;
mod files;
mod headers;
mod limits;
mod log;
mod refusal;

use refusal::refusal;

/// The backend's own routes. Pages and server functions are merged in by the caller, and everything goes through
/// [`protect`].
pub fn routes(state: AppState) -> Router {
    let files = files::service(&state.config.site_root);
    Router::new()
        // Clients, signed in.
        .route("/gateway", get(open_gateway))
        .route(limits::UPLOAD, post(attachments::upload))
        .route("/files/{id}/{filename}", get(attachments::file))
        .route("/previews/{id}", get(attachments::preview))
        .route("/embeds/{key}", get(attachments::embedded))
        // Operators, containers, load balancers.
        .route("/healthz", get(health))
        // Everybody: script, WASM, style, fonts, icons; what is none of these does not exist.
        .fallback_service(files)
        .with_state(state)
}

/// Puts the same walls around every route, whoever made it. From the outside in: log, headers, panics, compression,
/// time, size, origin.
pub fn protect(router: Router, state: &AppState) -> Router {
    walls(router, &state.config)
}

fn walls(router: Router, config: &Config) -> Router {
    let limits = limits::Limits::new(config.files.one);
    let router = router
        .layer(same_origin_only(config))
        .layer(from_fn_with_state(limits, limits::size))
        .layer(from_fn(limits::time));
    // Behind a proxy on the internet bytes are dear; on a loopback address they are free and compressing is not.
    let router = if config.public_url.is_some() { router.layer(compression()) } else { router };
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(headers::Headers::new(config), headers::add))
        .layer(from_fn(log::access))
}

async fn open_gateway(State(state): State<AppState>, request: Request) -> Response {
    gateway::upgrade(state, request).await.unwrap_or_else(|error| refusal(&error))
}

/// 200 while the instance can serve: the database answers and nobody asked the process to stop.
async fn health(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if state.shutdown.token().is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    if state.store.is_alive().await {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    }
}

/// Changes come from our own pages alone: everything but GET, HEAD and OPTIONS has to say so, by `Sec-Fetch-Site` or
/// `Origin`. A request with neither is not from a browser and brings no cookie it was not given on purpose.
fn same_origin_only(config: &Config) -> CsrfLayer<impl FnMut(ProtectionError) -> Response + Clone + use<>> {
    // The configured origin counts even when a proxy has rewritten `Host`.
    let trusted = config.origin().and_then(canonical_origin);
    let layer =
        trusted.and_then(|origin| CsrfLayer::new().add_trusted_origin(origin).ok()).unwrap_or_default();
    layer.with_rejection_response(|_: ProtectionError| refusal(&Error::Forbidden))
}

fn compression() -> CompressionLayer<impl Predicate + use<>> {
    // Pages and answers only: files are compressed at build time, and a socket is neither.
    let is_text = |_: StatusCode, _: http::Version, headers: &http::HeaderMap, _: &http::Extensions| {
        let content_type = headers.get(http::header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        content_type.starts_with(b"text/html") || content_type.starts_with(b"application/json")
    };
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(1024).and(is_text))
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    // The panic hook has written what and where; the access log has this request's id.
    tracing::error!("a request panicked");
    refusal(&Error::Internal)
}

/// The header that carries a request's id, for finding it in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[cfg(test)]
mod tests;
