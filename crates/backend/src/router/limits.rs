//! How much a request may bring and how long it may take.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use protocol::Error;

use super::refusal::refusal;

/// Bytes of a request's body. The largest honest one is a message of 4,000 characters, which percent-encoding makes
/// at most 48,000 bytes.
const BODY_BYTES: usize = 64 * 1024;
/// Bytes of a body that is too large which are read nevertheless, before it is refused: whoever is cut off while they
/// still send never see the refusal. More than that is no mistake.
const MERCY_BYTES: usize = 1024 * 1024;
/// How long a request may take until its answer begins.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Refuses bodies that are too large, whether they say so beforehand or not.
pub(super) async fn size(request: Request, next: Next) -> Response {
    match request.body().size_hint().upper() {
        Some(bytes) if bytes <= BODY_BYTES as u64 => next.run(request).await,
        // Its length is not announced: it is read here, up to the limit. Nobody further in would do less. One that is
        // announced as too large is read as well, and thrown away.
        _ => {
            let (parts, body) = request.into_parts();
            match read(body).await {
                Some(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
                None => refusal(&Error::TooLarge),
            }
        }
    }
}

/// A whole body; none if it is too large or breaks off.
async fn read(body: Body) -> Option<Bytes> {
    let mut pieces = body.into_data_stream();
    let (mut kept, mut seen) = (Vec::new(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.ok()?;
        seen += piece.len();
        if seen > MERCY_BYTES {
            return None;
        }
        if seen <= BODY_BYTES {
            kept.extend_from_slice(&piece);
        }
    }
    (seen <= BODY_BYTES).then(|| Bytes::from(kept))
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
