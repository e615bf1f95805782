//! The access log: one line for each request, without anything a person typed. Routes are written as their
//! pattern, because a path can hold a secret (an invite's code), and never with the query.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use tracing::Instrument;

use super::REQUEST_ID;

/// Gives the request an id, which every line written on its behalf carries, and notes how it went.
pub(super) async fn access(request: Request, next: Next) -> Response {
    let started = Instant::now();
    // Ours, whatever the client sends: what it chooses could be mistaken for somebody else's.
    let id = format!("{:016x}", rand::random::<u64>());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", id);
    let mut response = next.run(request).instrument(span).await;
    let status = response.status().as_u16();
    let route = matched.as_ref().map_or("(file)", MatchedPath::as_str);
    let ms = started.elapsed().as_secs_f64() * 1e3;
    match status {
        500.. => tracing::error!(target: "access", id, %method, route, status, ms, "answered"),
        _ if route == "(file)" || route == "/healthz" => {
            tracing::debug!(target: "access", id, %method, route, status, ms, "answered");
        }
        _ => tracing::info!(target: "access", id, %method, route, status, ms, "answered"),
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
