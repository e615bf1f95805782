//! Files of messages: taking them in and giving them out.
//!
//! Whatever somebody uploaded is served as what it was found to be, never as what it claims; a page of its own, if it is
//! opened as one, may do nothing at all; and everything that a browser does not show as picture, sound, film or plain text
//! is saved instead.

use std::fmt::Write;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, ETAG,
    IF_RANGE, LAST_MODIFIED, RANGE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use protocol::entity::Attachment;
use protocol::{AttachmentId, ChannelId, Error, Result};
use serde::Deserialize;
use tower_http::services::ServeFile;

use super::limits::MERCY_BYTES;
use super::refusal::refusal;
use crate::actions::{attachments, previews};
use crate::auth::session;
use crate::media::{Served, is_shown};
use crate::{Actor, AppState};

/// May be kept, and has to be asked for each time: who has lost access, or whose file was deleted, gets 404 and not what
/// their browser remembers.
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("private, no-cache");
/// What never changes under its address, and is kept by the browser of whoever could see it.
const KEEP: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// A file opened as a page: no script, no form, no frame, nothing loaded, an origin of its own.
const NOTHING: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");

/// What an upload says beside its body.
#[derive(Deserialize)]
pub(super) struct About {
    channel_id: ChannelId,
    filename: String,
}

/// Takes in one file: the body as it is.
pub(super) async fn upload(
    State(state): State<AppState>,
    about: Result<Query<About>, QueryRejection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = body.into_data_stream();
    match receive(&state, about, &parts, &mut body).await {
        Ok(attachment) => Json(attachment).into_response(),
        Err(error) => {
            // Who is cut off while they still send never see why.
            let mut seen = 0;
            while let Some(Ok(piece)) = body.next().await {
                seen += piece.len();
                if seen > MERCY_BYTES {
                    break;
                }
            }
            refusal(&error)
        }
    }
}

async fn receive(
    state: &AppState,
    about: Result<Query<About>, QueryRejection>,
    parts: &Parts,
    body: &mut axum::body::BodyDataStream,
) -> Result<Attachment> {
    let actor = session::actor(state, parts).await?;
    let Query(about) = about.map_err(|_| Error::Malformed)?;
    let size = parts.headers.get(CONTENT_LENGTH).and_then(|size| size.to_str().ok()?.parse().ok());
    attachments::upload(state, &actor, about.channel_id, &about.filename, size, body).await
}

/// Gives out a file.
pub(super) async fn file(
    State(state): State<AppState>,
    path: Result<Path<(AttachmentId, String)>, axum::extract::rejection::PathRejection>,
    request: Request,
) -> Response {
    let found = async |actor: &Actor| {
        let Path((id, filename)) = path.map_err(|_| Error::NotFound)?;
        attachments::file(&state, actor, id, &filename).await
    };
    give(&state, request, ASK_EACH_TIME, found).await
}

/// Gives out the smaller copy of a picture.
pub(super) async fn preview(
    State(state): State<AppState>,
    path: Result<Path<AttachmentId>, axum::extract::rejection::PathRejection>,
    request: Request,
) -> Response {
    let found = async |actor: &Actor| {
        let Path(id) = path.map_err(|_| Error::NotFound)?;
        attachments::preview(&state, actor, id).await
    };
    give(&state, request, ASK_EACH_TIME, found).await
}

/// Gives out the picture of something behind a link.
pub(super) async fn embedded(
    State(state): State<AppState>,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
    request: Request,
) -> Response {
    let found = async |actor: &Actor| {
        let Path(key) = path.map_err(|_| Error::NotFound)?;
        previews::picture(&state, actor, &key).await
    };
    give(&state, request, KEEP, found).await
}

async fn give(
    state: &AppState,
    request: Request,
    caching: HeaderValue,
    found: impl AsyncFnOnce(&Actor) -> Result<Served>,
) -> Response {
    let (parts, _) = request.into_parts();
    let served = async {
        // Whether there is a file is nothing that somebody without a session may know.
        let actor = session::actor(state, &parts).await?;
        found(&actor).await
    };
    match served.await {
        Ok(served) => send(&parts, &served, caching).await,
        Err(error) => refusal(&error),
    }
}

/// Sends a file, or the part of it that is asked for.
async fn send(asked: &Parts, served: &Served, caching: HeaderValue) -> Response {
    let mut response = read(asked, served, &asked.headers).await;
    // A part is only wanted of the file that the rest is already there of; otherwise all of it.
    if response.status() == StatusCode::PARTIAL_CONTENT && !is_the_same(&asked.headers, response.headers()) {
        let mut headers = asked.headers.clone();
        headers.remove(RANGE);
        response = read(asked, served, &headers).await;
    }
    let status = response.status();
    if status.is_success() || matches!(status, StatusCode::NOT_MODIFIED | StatusCode::RANGE_NOT_SATISFIABLE) {
        describe(&mut response, served, caching);
    }
    response
}

async fn read(asked: &Parts, served: &Served, headers: &HeaderMap) -> Response {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = asked.method.clone();
    *request.headers_mut() = headers.clone();
    request.headers_mut().remove(COOKIE);
    match ServeFile::new(&served.path).try_call(request).await {
        Ok(response) => response.map(Body::new),
        // A row without its file: a restored database has it, and the folder does not.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => refusal(&Error::NotFound),
        Err(error) => {
            tracing::error!(%error, "a file cannot be read");
            refusal(&Error::Internal)
        }
    }
}

/// Whether what `If-Range` names is what there is.
fn is_the_same(asked: &HeaderMap, found: &HeaderMap) -> bool {
    let known = [ETAG, LAST_MODIFIED].map(|name| found.get(name).cloned());
    asked.get(IF_RANGE).is_none_or(|wanted| known.iter().flatten().any(|known| known == wanted))
}

/// Says what a file is and what may be done with it.
fn describe(response: &mut Response, served: &Served, caching: HeaderValue) {
    let shown = is_shown(&served.content_type);
    let content_type = match served.content_type.as_str() {
        "text/plain" => "text/plain; charset=utf-8",
        // What rows hold was found out here; what was not is not said.
        known if shown => known,
        _ => "application/octet-stream",
    };
    let disposition = disposition(shown, &served.filename);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, caching);
    headers.insert(CONTENT_SECURITY_POLICY, NOTHING);
    if let (Ok(content_type), Ok(disposition)) =
        (HeaderValue::from_str(content_type), HeaderValue::from_str(&disposition))
    {
        headers.insert(CONTENT_TYPE, content_type);
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
}

/// Whether to show or to save, and under which name: in ASCII for old programs, in full for all others (RFC 6266, RFC 8187).
fn disposition(shown: bool, filename: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -._()[]".contains(c);
    let plain: String = filename.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut text = format!("{}; filename=\"{plain}\"", if shown { "inline" } else { "attachment" });
    if plain != filename {
        text.push_str("; filename*=UTF-8''");
        for byte in filename.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
                text.push(char::from(byte));
            } else {
                // Writing into a string cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_is_said_in_ascii_and_in_full() {
        for (shown, name, said) in [
            (true, "cat.png", "inline; filename=\"cat.png\""),
            (false, "my report (2).pdf", "attachment; filename=\"my report (2).pdf\""),
            (
                false,
                "Größe\".txt",
                "attachment; filename=\"Gr__e_.txt\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%22.txt",
            ),
            (false, "a;b\\c%41", "attachment; filename=\"a_b_c_41\"; filename*=UTF-8''a%3Bb%5Cc%2541"),
        ] {
            assert_eq!(disposition(shown, name), said);
        }
    }
}
