//! How much a request may bring and how long it may take.

use std::time::Duration;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use protocol::Error;

use super::refusal::refusal;

/// Bytes of a request's body. The largest honest one is a message of 4,000 characters, which percent-encoding makes
/// at most 48,000 bytes.
const BODY_BYTES: usize = 64 * 1024;
/// How long a request may take until its answer begins.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Refuses bodies that are too large, whether they say so beforehand or not.
pub(super) async fn size(request: Request, next: Next) -> Response {
    match request.body().size_hint().upper() {
        Some(bytes) if bytes <= BODY_BYTES as u64 => next.run(request).await,
        Some(_) => refusal(&Error::TooLarge),
        // Its length is not announced: it is read here, up to the limit. Nobody further in would do less.
        None => {
            let (parts, body) = request.into_parts();
            match to_bytes(body, BODY_BYTES).await {
                Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
                Err(_) => refusal(&Error::TooLarge),
            }
        }
    }
}

/// Ends what takes too long. A write it has begun is finished all the same; repeating it with its nonce is safe.
pub(super) async fn time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!("a request took too long");
            refusal(&Error::Busy)
        }
    }
}
