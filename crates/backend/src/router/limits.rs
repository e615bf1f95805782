//! How much a request may bring and how long it may take.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use protocol::Error;
use protocol::limits::ATTACHMENTS_PER_MESSAGE;
use tokio::time::{Instant, timeout_at};

use super::refusal::refusal;

/// Bytes of a request's body. The largest honest one is a message of 4,000 characters with ten files, each described in
/// 1,000: percent-encoding makes them at most 168,000 bytes.
const BODY_BYTES: usize = 192 * 1024;
/// Bytes of a body that is too large which are read nevertheless, before it is refused: whoever is cut off while they
/// still send never see the refusal. More than that is no mistake.
pub(super) const MERCY_BYTES: usize = 1024 * 1024;
/// How long a request may take until its answer begins.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How long files may take to arrive, in all and until the next piece. Ten of 25 MiB come in half an hour at 1.2 Mbit/s;
/// whoever sends nothing for so long has lost the connection.
const FILES_WITHIN: Duration = Duration::from_secs(30 * 60);
const PIECE_WITHIN: Duration = Duration::from_secs(30);
/// Where a file is uploaded to.
pub(super) const UPLOAD: &str = "/api/attachments/upload";

/// What of it depends on the settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of a body with files.
    files: u64,
}

impl Limits {
    /// From the bytes that one file may have.
    pub(super) fn new(file_bytes: u64) -> Self {
        let files = file_bytes.saturating_mul(ATTACHMENTS_PER_MESSAGE as u64);
        // One byte too many is found out by whoever counts a single file, who can say more about it.
        Self { files: files.saturating_add((BODY_BYTES + MERCY_BYTES) as u64) }
    }
}

/// Whether files come with a request: an upload, or the form of a page. Their bodies are large and slow, so whoever reads
/// one does so piece by piece and asks first who sends it.
fn has_files(request: &Request) -> bool {
    let path = request.uri().path();
    let typed = request.headers().get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    path == UPLOAD || (!path.starts_with("/api/") && typed.starts_with(b"multipart/form-data"))
}

/// Refuses bodies that are too large, whether they say so beforehand or not.
pub(super) async fn size(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    if has_files(&request) {
        return next.run(request.map(|body| in_pieces(body, limits.files))).await;
    }
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

/// A body that breaks off where it becomes too long or too slow.
fn in_pieces(body: Body, bytes: u64) -> Body {
    let end = Instant::now() + FILES_WITHIN;
    let pieces = stream::unfold(Some((body.into_data_stream(), bytes)), move |left| async move {
        let (mut pieces, left) = left?;
        // Whoever reads takes all that is there at once, and keeps it in memory: so it is one piece at a time.
        tokio::task::yield_now().await;
        let deadline = end.min(Instant::now() + PIECE_WITHIN);
        let piece = match timeout_at(deadline, pieces.next()).await {
            Ok(piece) => piece?.map_err(axum::BoxError::from),
            Err(_) => Err("too slow".into()),
        };
        let rest = piece.as_ref().ok().and_then(|piece| left.checked_sub(piece.len() as u64));
        let piece = if rest.is_none() && piece.is_ok() { Err("too long".into()) } else { piece };
        Some((piece, rest.map(|rest| (pieces, rest))))
    });
    // Whoever was refused reads on to the end, and may not know that it is behind them.
    Body::from_stream(pieces.fuse())
}

/// Ends what takes too long. A write it has begun is finished all the same; repeating it with its nonce is safe. Files may
/// take longer, and have their own time.
pub(super) async fn time(request: Request, next: Next) -> Response {
    if has_files(&request) {
        return next.run(request).await;
    }
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!("a request took too long");
            refusal(&Error::Busy)
        }
    }
}
