//! Files of messages. Names of fields are Discord's where it has them.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::AttachmentId;

/// A file that belongs to a message, or waits for its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Which.
    pub id: AttachmentId,
    /// Its name: without a path, without characters that lie, never empty.
    pub filename: String,
    /// What it is, as found out from its content; `application/octet-stream` for everything that is only downloaded.
    pub content_type: String,
    /// Its bytes, as they are served.
    pub size: u64,
    /// Pixels across, as it is shown; pictures alone have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Whether there is a smaller, still copy of it at [`Attachment::preview_path`], of at most
    /// [`PREVIEW_PIXELS`](crate::limits::PREVIEW_PIXELS) on either side.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_preview: bool,
    /// Whether the picture moves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_animated: bool,
    /// What it shows, for those who do not see it; empty when nobody said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it is hidden until somebody wants to see it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_spoiler: bool,
}

impl Attachment {
    /// The address of its bytes.
    pub fn path(&self) -> String {
        format!("/files/{}/{}", self.id, escaped(&self.filename))
    }

    /// The address of its smaller copy, where there is one.
    pub fn preview_path(&self) -> Option<String> {
        self.has_preview.then(|| format!("/previews/{}", self.id))
    }

    /// What a page shows in its place: its first part, such as `image` or `video`; `application` is a link.
    pub fn family(&self) -> &str {
        self.content_type.split('/').next().unwrap_or_default()
    }
}

/// Percent-encodes what is not a letter, a digit, `-`, `.`, `_` or `~` (RFC 3986, section 2.3).
fn escaped(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

/// A file that was uploaded, as a new message names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAttachment {
    /// Which.
    pub id: AttachmentId,
    /// What it shows.
    #[serde(default)]
    pub description: String,
    /// Whether to hide it until somebody wants to see it.
    #[serde(default)]
    pub is_spoiler: bool,
}

impl From<Attachment> for NewAttachment {
    fn from(file: Attachment) -> Self {
        Self { id: file.id, description: file.description, is_spoiler: file.is_spoiler }
    }
}

#[cfg(test)]
mod tests {
    use super::Attachment;
    use crate::AttachmentId;

    #[test]
    fn any_name_is_one_piece_of_an_address() {
        let named = |filename: &str| Attachment {
            id: AttachmentId::from_trusted(7),
            filename: filename.to_owned(),
            content_type: "image/png".to_owned(),
            size: 1,
            width: None,
            height: None,
            has_preview: false,
            is_animated: false,
            description: String::new(),
            is_spoiler: false,
        };
        assert_eq!(named("cat_1.png").path(), "/files/7/cat_1.png");
        assert_eq!(named("a b?c#d%/é").path(), "/files/7/a%20b%3Fc%23d%25%2F%C3%A9");
        assert_eq!(named("cat.png").preview_path(), None);
        assert_eq!(named("cat.png").family(), "image");
        let json = serde_json::to_string(&named("cat.png")).unwrap();
        assert_eq!(json, r#"{"id":"7","filename":"cat.png","content_type":"image/png","size":1}"#);
        assert_eq!(crate::json::read::<Attachment>(&json).unwrap(), named("cat.png"));
    }
}
