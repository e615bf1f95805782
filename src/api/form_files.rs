//! The message box without script, when it has files: a form in several parts. Each file is uploaded while it arrives, by
//! the same action as with script, so that none is ever whole in memory; what the function is called with names them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use backend::actions::attachments;
use backend::{Actor, AppState};
use futures_util::StreamExt;
use leptos::server_fn::ServerFn;
use multer::{Field, Multipart};
use protocol::entity::NewAttachment;
use protocol::error::{Field as About, Problem};
use protocol::{ChannelId, Error, Result, limits};

use super::messages::SendMessage;
use super::plain_forms::CALL;

/// The field of the files: one that takes several, or several.
pub const FILES: &str = "files";
/// What the file shows that comes after it, and whether to hide that one.
const DESCRIPTION: &str = "description";
const IS_SPOILER: &str = "is_spoiler";
/// Bytes of all fields that are no files: as much as a form without files may have.
const TEXT_BYTES: usize = 192 * 1024;
/// Bytes that may wait for the end of a part's head, or of anything else that has to be seen whole.
const UNREAD_BYTES: usize = 1024 * 1024;

/// What came with a form.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The fields that are no files, as they were sent.
    pub(super) fields: Vec<(String, String)>,
    /// The files, uploaded.
    files: Vec<NewAttachment>,
    /// Why it was refused.
    pub(super) refused: Option<Error>,
    text_bytes: usize,
    description: String,
    is_spoiler: bool,
}

/// Whether a form comes in parts.
pub(super) fn is_in_parts(headers: &HeaderMap) -> bool {
    boundary(headers).is_some()
}

fn boundary(headers: &HeaderMap) -> Option<String> {
    multer::parse_boundary(headers.get(CONTENT_TYPE)?.to_str().ok()?).ok()
}

/// Reads a form to its end, also when it is refused: the page that comes back holds what was typed behind the files, and
/// whoever is cut off while they still send never see it. Of those who are not signed in nothing is read.
pub(super) async fn take(state: &AppState, form: &Parts, body: Body) -> Taken {
    let mut taken = Taken::default();
    let (Some(boundary), actor) = (boundary(&form.headers), backend::auth::session::actor(state, form).await)
    else {
        return Taken { refused: Some(Error::Malformed), ..taken };
    };
    let actor = match actor {
        Ok(actor) => actor,
        Err(error) => return Taken { refused: Some(error), ..taken },
    };
    let unread = Arc::new(AtomicUsize::new(0));
    let seen = unread.clone();
    let pieces = body.into_data_stream().map(move |piece| {
        let piece = piece.map_err(|error| error.to_string())?;
        let waiting = seen.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
        if waiting > UNREAD_BYTES { Err("a part has no end".to_owned()) } else { Ok(piece) }
    });
    let mut parts = Multipart::new(pieces, boundary);
    loop {
        let part = match parts.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(_) => {
                taken.refused.get_or_insert(Error::Malformed);
                break;
            }
        };
        unread.store(0, Ordering::Relaxed);
        let result = taken.take_part(state, &actor, part, &unread).await;
        taken.refused = taken.refused.or(result.err());
    }
    taken
}

impl Taken {
    async fn take_part(
        &mut self,
        state: &AppState,
        actor: &Actor,
        part: Field<'_>,
        unread: &AtomicUsize,
    ) -> Result<()> {
        let name = part.name().unwrap_or_default().to_owned();
        let filename = part.file_name().map(str::to_owned);
        let mut pieces = part.inspect(|_| unread.store(0, Ordering::Relaxed));
        let Some(filename) = filename else {
            let mut text = Vec::new();
            while let Some(piece) = pieces.next().await {
                let piece = piece.map_err(|_| Error::Malformed)?;
                self.text_bytes += piece.len();
                if self.text_bytes <= TEXT_BYTES {
                    text.extend_from_slice(&piece);
                }
            }
            if self.text_bytes > TEXT_BYTES {
                return Err(Error::TooLarge);
            }
            let text = String::from_utf8(text).map_err(|_| Error::Malformed)?;
            match name.as_str() {
                DESCRIPTION => self.description = text,
                IS_SPOILER => self.is_spoiler = true,
                _ => self.fields.push((name, text)),
            }
            return Ok(());
        };
        // What a browser sends for a field that nothing was chosen in.
        if filename.is_empty() {
            return Ok(());
        }
        let result = match &self.refused {
            None if name == FILES => self.take_file(state, actor, &filename, &mut pieces).await,
            None => Err(Error::Malformed),
            Some(_) => Ok(()),
        };
        // What is left of a file that is not wanted.
        while let Some(Ok(_)) = pieces.next().await {}
        result
    }

    async fn take_file(
        &mut self,
        state: &AppState,
        actor: &Actor,
        filename: &str,
        pieces: &mut (impl futures_util::Stream<Item = multer::Result<Bytes>> + Unpin),
    ) -> Result<()> {
        let field =
            |name| self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        // Both stand before the files in the form, so it is known who may send them before they are read.
        if field(CALL) != Some(SendMessage::PATH) {
            return Err(Error::Malformed);
        }
        let channel: ChannelId =
            field("channel_id").and_then(|id| id.parse().ok()).ok_or(Error::Malformed)?;
        let max = limits::ATTACHMENTS_PER_MESSAGE;
        if self.files.len() >= max {
            return Err(Error::Invalid { field: About::Attachments, problem: Problem::TooMany { max } });
        }
        let file = attachments::upload(state, actor, channel, filename, None, pieces).await?;
        let description = std::mem::take(&mut self.description);
        let is_spoiler = std::mem::take(&mut self.is_spoiler);
        self.files.push(NewAttachment { id: file.id, description, is_spoiler });
        Ok(())
    }

    /// The fields as the function wants them.
    pub(super) fn arguments(&self) -> Vec<(String, String)> {
        let mut all = self.fields.clone();
        for (at, file) in self.files.iter().enumerate() {
            let NewAttachment { id, description, is_spoiler } = file;
            let named = [
                ("id", id.to_string()),
                ("description", description.clone()),
                ("is_spoiler", is_spoiler.to_string()),
            ];
            all.extend(named.map(|(name, value)| (format!("attachments[{at}][{name}]"), value)));
        }
        all
    }

    /// Takes the files back when the form was refused: the page that comes back cannot hold them, so nobody is going to
    /// send them.
    pub(super) async fn give_back(&self, state: &AppState, form: &Parts) {
        let Ok(actor) = backend::auth::session::actor(state, form).await else { return };
        for file in &self.files {
            if let Err(error) = attachments::remove(state, &actor, file.id).await {
                tracing::debug!(%error, "a file of a refused form waits until it expires");
            }
        }
    }
}
