//! A look at one address: the page or picture there, and what is kept of it.

use protocol::entity::{EmbedKind, EmbedPicture};
use protocol::limits::{EMBED_DESCRIPTION_CHARS, EMBED_SITE_CHARS, EMBED_TITLE_CHARS};
use protocol::parse::from_foreign_page;
use protocol::{AttachmentId, Error, Result};
use rand::TryRng;
use rand::rngs::SysRng;
use serde::Deserialize;
use url::Url;

use super::page::{self, Page};
use crate::AppState;
use crate::media::Upload;
use crate::outbound::{Answer, Fault, Wants};
use crate::store::previews::Found;

/// Bytes of a page that are read: what it says of itself stands at its beginning.
const PAGE_BYTES: usize = 512 * 1024;
/// Bytes of a picture: beyond what pages show of themselves.
const PICTURE_BYTES: usize = 5 * 1024 * 1024;
/// Bytes of an answer of oEmbed, a few lines of JSON.
const OEMBED_BYTES: usize = 64 * 1024;

/// What a look has found. The picture's file goes with its [`Upload`], unless that is kept.
pub(super) struct Seen {
    pub(super) found: Found,
    pub(super) picture: Option<Upload>,
}

impl Seen {
    /// Nothing to show.
    pub(super) fn nothing() -> Self {
        let (site_name, title, description) = Default::default();
        Self { found: Found { kind: None, site_name, title, description, picture: None }, picture: None }
    }
}

/// Looks at an address. What it finds is named by `id`.
///
/// # Errors
/// The fault, when it can be tried again; otherwise there is nothing to show.
pub(super) async fn at(state: &AppState, url: &Url, id: AttachmentId) -> Result<Seen, Fault> {
    match state.previews.outbound().fetch(url.clone(), page_or_picture).await {
        Ok(answer) if answer.content_type.starts_with("image/") => {
            Ok(picture_alone(state, url, id, answer).await)
        }
        Ok(answer) => Ok(described(state, url, id, page::read(&answer)).await),
        Err(Fault::Refused) => Ok(Seen::nothing()),
        Err(fault) => Err(fault),
    }
}

fn page_or_picture(content_type: &str) -> Wants {
    match content_type {
        "text/html" | "application/xhtml+xml" => Wants::Beginning(PAGE_BYTES),
        other => picture_only(other),
    }
}

fn picture_only(content_type: &str) -> Wants {
    if content_type.starts_with("image/") { Wants::Whole(PICTURE_BYTES) } else { Wants::Nothing }
}

fn json_only(content_type: &str) -> Wants {
    match content_type {
        "application/json" | "text/json" | "application/json+oembed" => Wants::Whole(OEMBED_BYTES),
        _ => Wants::Nothing,
    }
}

async fn picture_alone(state: &AppState, url: &Url, id: AttachmentId, answer: Answer) -> Seen {
    match keep(state, id, answer.body).await {
        Some((picture, size, upload)) => Seen {
            found: Found {
                kind: Some(EmbedKind::Image),
                site_name: host(url),
                title: String::new(),
                description: String::new(),
                picture: Some((picture, size)),
            },
            picture: Some(upload),
        },
        None => Seen::nothing(),
    }
}

/// What is shown of a page. Without a title there is nothing to call it.
async fn described(state: &AppState, url: &Url, id: AttachmentId, mut page: Page) -> Seen {
    if page.title.is_empty() || page.picture.is_none() {
        ask_oembed(state, &mut page).await;
    }
    let title = from_foreign_page(&page.title, EMBED_TITLE_CHARS);
    if title.is_empty() {
        return Seen::nothing();
    }
    let mut picture = None;
    if let Some(source) = page.picture
        && let Ok(answer) = state.previews.outbound().fetch(source, picture_only).await
    {
        picture = keep(state, id, answer.body).await;
    }
    let site_name =
        Some(from_foreign_page(&page.site_name, EMBED_SITE_CHARS)).filter(|name| !name.is_empty());
    let (picture, upload) = match picture {
        Some((picture, size, upload)) => (Some((picture, size)), Some(upload)),
        None => (None, None),
    };
    let found = Found {
        kind: Some(EmbedKind::Link),
        site_name: site_name.unwrap_or_else(|| host(url)),
        title,
        description: from_foreign_page(&page.description, EMBED_DESCRIPTION_CHARS),
        picture,
    };
    Seen { found, picture: upload }
}

/// The fields of oEmbed that are text or a picture. Its `html` is nothing that is shown here.
#[derive(Deserialize, Default)]
#[serde(default)]
struct OEmbed {
    title: Option<String>,
    author_name: Option<String>,
    provider_name: Option<String>,
    thumbnail_url: Option<String>,
}

/// Asks where a page says that more is said of it, for what it does not say itself.
async fn ask_oembed(state: &AppState, page: &mut Page) {
    let Some(source) = page.oembed.take() else { return };
    let Ok(answer) = state.previews.outbound().fetch(source, json_only).await else { return };
    let said: OEmbed = serde_json::from_slice(&answer.body).unwrap_or_default();
    let fill = |text: &mut String, said: Option<String>| {
        if text.is_empty() {
            *text = said.unwrap_or_default();
        }
    };
    fill(&mut page.title, said.title);
    fill(&mut page.description, said.author_name);
    fill(&mut page.site_name, said.provider_name);
    if page.picture.is_none() {
        page.picture = said.thumbnail_url.and_then(|picture| answer.url.join(&picture).ok());
    }
}

/// Takes a picture in, as small as it is shown; none when it is no picture that can be.
async fn keep(state: &AppState, id: AttachmentId, bytes: Vec<u8>) -> Option<(EmbedPicture, u64, Upload)> {
    let (upload, small) = state.media.take_in_small(id, bytes.into()).await.ok()?;
    let picture = EmbedPicture { id: key().ok()?, width: small.width, height: small.height };
    Some((picture, small.size, upload))
}

/// 128 bits nobody can guess.
fn key() -> Result<String> {
    let mut bytes = [0; 16];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| Error::Internal)?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

/// The site, by the name that its link leads to.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    from_foreign_page(host.strip_prefix("www.").unwrap_or(host), EMBED_SITE_CHARS)
}
