//! What a file is, by its content alone. What somebody claims about it is never asked.

use image::ImageFormat;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sniffed {
    /// The type it is served as.
    pub(super) content_type: &'static str,
    /// Endings that fit it, the usual one first; none: it keeps its own.
    pub(super) endings: &'static [&'static str],
    /// How to read it, if it is a picture.
    pub(super) picture: Option<ImageFormat>,
}

/// Bytes at the beginning of a file that tell what it is.
pub(super) const HEAD_BYTES: usize = 8 * 1024;

/// What everything is that a page does not show.
const DOWNLOAD: Sniffed = Sniffed { content_type: "application/octet-stream", endings: &[], picture: None };
/// Text without markup. It is shown as text whatever it holds.
const TEXT: Sniffed = Sniffed { content_type: "text/plain", endings: &[], picture: None };

/// Pictures that are decoded here. Others, such as SVG, which may hold script, and those that browsers do not agree on
/// are downloaded.
const PICTURES: [(ImageFormat, &str, &[&str]); 4] = [
    (ImageFormat::Png, "image/png", &["png"]),
    (ImageFormat::Jpeg, "image/jpeg", &["jpg", "jpeg", "jpe", "jfif"]),
    (ImageFormat::Gif, "image/gif", &["gif"]),
    (ImageFormat::WebP, "image/webp", &["webp"]),
];

/// Sound and film that browsers play: as they are recognised, as they are served, and their endings.
const PLAYED: [(&str, &str, &[&str]); 12] = [
    ("video/mp4", "video/mp4", &["mp4", "m4v"]),
    ("video/x-m4v", "video/mp4", &["m4v", "mp4"]),
    ("video/webm", "video/webm", &["webm"]),
    ("video/quicktime", "video/quicktime", &["mov", "qt"]),
    ("audio/mpeg", "audio/mpeg", &["mp3"]),
    ("audio/m4a", "audio/mp4", &["m4a"]),
    ("audio/aac", "audio/aac", &["aac"]),
    ("audio/ogg", "audio/ogg", &["ogg", "oga", "opus"]),
    ("audio/opus", "audio/ogg", &["opus", "ogg", "oga"]),
    ("audio/x-flac", "audio/flac", &["flac"]),
    ("audio/x-wav", "audio/wav", &["wav"]),
    ("audio/x-aiff", "audio/aiff", &["aiff", "aif"]),
];

/// What a file is, by its first [`HEAD_BYTES`].
pub(super) fn sniff(head: &[u8]) -> Sniffed {
    let format = image::guess_format(head).ok();
    if let Some((format, content_type, endings)) = PICTURES.into_iter().find(|(of, ..)| Some(*of) == format) {
        return Sniffed { content_type, endings, picture: Some(format) };
    }
    let found = infer::get(head).map(|kind| kind.mime_type());
    if let Some((_, content_type, endings)) = PLAYED.into_iter().find(|(of, ..)| Some(*of) == found) {
        return Sniffed { content_type, endings, picture: None };
    }
    // What is known by another name is not text, even where it reads as such at first. A script is, and what begins with
    // the two or three letters that some pictures begin with.
    let may_be_text = found.is_none_or(|found| found == "text/x-shellscript" || found.starts_with("image/"));
    if may_be_text && is_text(head) { TEXT } else { DOWNLOAD }
}

/// Whether a page may show a type that [`sniff`] found, instead of offering it for saving.
pub fn is_shown(content_type: &str) -> bool {
    let types = PICTURES.iter().map(|(_, served, _)| *served);
    let types = types.chain(PLAYED.iter().map(|(_, served, _)| *served));
    types.chain([TEXT.content_type]).any(|shown| shown == content_type)
}

/// Whether it reads as text, and not as markup that something might take for a page.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character may be cut where the head ends.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let begins = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    !begins.is_empty()
        && !begins.starts_with('<')
        && !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::{is_shown, sniff};

    #[test]
    fn a_file_is_what_it_holds() {
        for (head, content_type) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"GIF89a", "image/gif"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"),
            (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0", "audio/ogg"),
            (b"fLaC\0\0\0\x22", "audio/flac"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
            ("GIF is a format. Größe 東京".as_bytes(), "text/plain"),
            (b"#!/bin/sh\necho hello\n", "text/plain"),
            ("cut in a character é".as_bytes().split_last().unwrap().1, "text/plain"),
            // What could run is only ever downloaded.
            (b"<!DOCTYPE html><script>alert(1)</script>", "application/octet-stream"),
            (b"\xef\xbb\xbf  <html>", "application/octet-stream"),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>", "application/octet-stream"),
            (b"<?xml version=\"1.0\"?><svg/>", "application/octet-stream"),
            (b"%PDF-1.7\n1 0 obj", "application/octet-stream"),
            (b"PK\x03\x04\x14\0", "application/octet-stream"),
            (b"MZ\x90\0", "application/octet-stream"),
            (b"CWS\x06", "application/octet-stream"),
            (b"binary\0here", "application/octet-stream"),
            (b"\xff\xfeh\0t\0m\0l\0", "application/octet-stream"),
            (b" \n", "application/octet-stream"),
            (b"", "application/octet-stream"),
        ] {
            assert_eq!(sniff(head).content_type, content_type, "{:?}", String::from_utf8_lossy(head));
        }
        let film = [&b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm"[..], &[0; 300]].concat();
        assert_eq!(sniff(&film).content_type, "video/webm");
    }

    #[test]
    fn only_what_was_found_out_is_shown() {
        for shown in ["image/png", "audio/mpeg", "video/webm", "text/plain"] {
            assert!(is_shown(shown), "{shown}");
        }
        for saved in ["application/octet-stream", "image/svg+xml", "text/html", "", "application/pdf"] {
            assert!(!is_shown(saved), "{saved}");
        }
    }
}
