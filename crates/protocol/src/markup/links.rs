//! What may become a link: http and https, nothing else, and no text that pretends to be another address.

use super::lines::slice;
use super::scan::{Piece, begins_word, is_word};
use crate::parse::is_unsafe_in_names;

/// Parentheses within a masked address. Each level would let a hostile text have an address without an end
/// searched once more.
const MAX_PARENTHESES: usize = 4;
/// Endings of file names that are no top-level domains, so that `[Node.js](…)` stays a link. Endings that are
/// both, such as `.md` and `.rs`, are left out: the address could be a lie.
const FILE_ENDINGS: [&str; 17] = [
    "css", "csv", "exe", "html", "jpg", "js", "json", "log", "pdf", "png", "sql", "toml", "ts", "txt", "xml",
    "yaml", "yml",
];

/// Whether an address begins here.
pub(super) fn has_scheme(text: &str) -> bool {
    without_scheme(text).is_some()
}

fn without_scheme(text: &str) -> Option<&str> {
    ["https://", "http://"].iter().find_map(|scheme| {
        let begins = text.get(..scheme.len())?.eq_ignore_ascii_case(scheme);
        if begins { text.get(scheme.len()..) } else { None }
    })
}

/// The server an address leads to, with its port.
fn authority(text: &str) -> Option<&str> {
    without_scheme(text)?.split(['/', '?', '#']).next()
}

/// Whether an address may become a link. A name before the host (`https://bank.example@evil.example`) serves
/// to deceive and nothing else, so it may not.
pub(super) fn is_link(url: &str) -> bool {
    let Some(authority) = authority(url) else { return false };
    let begins_well = authority.starts_with(|c: char| c.is_ascii_alphanumeric() || !c.is_ascii());
    begins_well
        && authority.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || "-._:".contains(c))
        && url.chars().all(is_url_char)
}

/// Browsers drop some of these and read `\` as `/`, so with them an address is not what it looks like.
fn is_url_char(c: char) -> bool {
    !c.is_whitespace()
        && !is_unsafe_in_names(c)
        && !matches!(c, '"' | '<' | '>' | '`' | '\\' | '\u{200C}' | '\u{200D}')
}

/// The same address with a scheme in small letters, for whoever looks at it with `starts_with`.
pub(super) fn normalized(url: &str) -> String {
    let rest = without_scheme(url).unwrap_or_default();
    let mut normalized = slice(url, 0, url.len() - rest.len()).to_ascii_lowercase();
    normalized.push_str(rest);
    normalized
}

/// Bytes of an address in running text: without and with the signs at its end that belong to the sentence.
/// `closes` says whether a marker at an offset ends what holds the address.
pub(super) fn bare(text: &str, closes: impl Fn(usize) -> bool) -> (usize, usize) {
    let end = text.char_indices().find_map(|(at, c)| {
        let marker = matches!(c, '*' | '_' | '~' | '|' | ']') && closes(at);
        (marker || !is_url_char(c)).then_some(at)
    });
    let end = end.unwrap_or(text.len());
    let mut url = slice(text, 0, end);
    let count = |wanted: char| url.chars().filter(|c| *c == wanted).count();
    let (mut round, mut square) =
        (count(')').saturating_sub(count('(')), count(']').saturating_sub(count('[')));
    // What ends a sentence does not belong to the address, and neither does a bracket around it.
    while let Some(last) = url.chars().next_back() {
        match last {
            '.' | ',' | ':' | ';' | '!' | '?' | '"' | '\'' | '…' | '”' | '’' | '»' => {}
            '。' | '、' | '，' | '！' | '？' | '）' | '」' => {}
            ')' if round > 0 => round -= 1,
            ']' if square > 0 => square -= 1,
            _ => break,
        }
        url = slice(url, 0, url.len() - last.len_utf8());
    }
    (url.len(), end)
}

/// Bytes of an address that is followed by `>`.
pub(super) fn in_angles(text: &str) -> Option<usize> {
    if !has_scheme(text) {
        return None;
    }
    let length = text.find(|c| !is_url_char(c))?;
    (text.as_bytes().get(length) == Some(&b'>') && is_link(slice(text, 0, length))).then_some(length)
}

/// The address of a masked link and the bytes up to and with the closing parenthesis.
pub(super) fn in_parentheses(text: &str) -> Option<(String, usize)> {
    let inner = text.trim_start_matches(' ');
    let (url, behind) = if let Some(inner) = inner.strip_prefix('<') {
        let (url, behind) = inner.split_at_checked(in_angles(inner)?)?;
        (url, behind.strip_prefix('>')?)
    } else {
        inner.split_at_checked(masked(inner)?)?
    };
    let rest = behind.trim_start_matches(' ').strip_prefix(')')?;
    is_link(url).then(|| (normalized(url), text.len() - rest.len()))
}

fn masked(text: &str) -> Option<usize> {
    if !has_scheme(text) {
        return None;
    }
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' if depth == MAX_PARENTHESES => return None,
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            c if !is_url_char(c) => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether the text of a masked link can be believed: something is visible, its direction is not turned
/// around, and every address in it leads to the host the link leads to.
pub(super) fn is_honest(source: &str, pieces: &[Piece], url: &str) -> bool {
    let mut shown = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(start, end) | Piece::Url(start, end) => shown.push_str(slice(source, *start, *end)),
            Piece::Mention(mention) => shown.push_str(slice(source, mention.start, mention.end)),
            Piece::Code(text) => shown.push_str(text),
            Piece::Break => shown.push(' '),
            Piece::Nothing | Piece::Open | Piece::Close(_) => {}
        }
    }
    if shown.chars().any(|c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')) {
        return false;
    }
    // As a reader sees it: without what is invisible, and a dot is a dot in any width.
    let seen: String = shown.chars().filter(|c| !is_invisible(*c)).map(plain_punctuation).collect();
    let host = authority(url).and_then(|authority| authority.split(':').next()).unwrap_or_default();
    !seen.trim().is_empty() && seen.split_whitespace().all(|word| leads_to(word, host))
}

fn is_invisible(c: char) -> bool {
    // White space keeps words apart and so has to stay, even what counts as unsafe in a name.
    !c.is_whitespace()
        && (is_unsafe_in_names(c)
            || matches!(c, '\u{200C}' | '\u{200D}' | '\u{2800}' | '\u{FE00}'..='\u{FE0F}'))
}

fn plain_punctuation(c: char) -> char {
    match c {
        '。' | '．' | '｡' | '․' => '.',
        '：' | '︰' | '∶' => ':',
        '／' | '∕' | '⁄' => '/',
        c => c,
    }
}

/// Whether a word is no address, or one at `host`.
fn leads_to(word: &str, host: &str) -> bool {
    if let Some((_, rest)) = word.split_once("://") {
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        let shown = authority.split(':').next().unwrap_or_default();
        return is_same(shown.trim_end_matches(|c: char| !is_word(c)), host);
    }
    // Behind a slash stand paths.
    let head = word.trim_start_matches('/').split('/').next().unwrap_or_default();
    let mut end = 0;
    head.split_inclusive(|c| !is_host_char(c)).all(|part| {
        // What follows an `@` is a person, even if called like a host; unless it is an email address.
        let before = slice(head, 0, end).strip_suffix('@');
        let is_person = before.is_some_and(|before| begins_word(before.chars().next_back()));
        end += part.len();
        let name = part.trim_end_matches(|c| !is_host_char(c)).trim_matches(['.', '-']);
        is_person || !looks_like_host(name) || is_same(name, host)
    })
}

fn is_host_char(c: char) -> bool {
    is_word(c) || c == '-' || c == '.'
}

fn looks_like_host(name: &str) -> bool {
    let Some((first, last)) = name.rsplit_once('.') else { return false };
    if name.split('.').any(str::is_empty) {
        return false;
    }
    let letters = last.chars().all(|c| !c.is_ascii() || c.is_ascii_alphabetic());
    let is_file = FILE_ENDINGS.iter().any(|ending| ending.eq_ignore_ascii_case(last));
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    (letters && last.chars().nth(1).is_some() && !is_file)
        || without_prefix(last, "xn--").len() < last.len()
        || without_prefix(name, "www.").len() < name.len()
        || (first.split('.').count() == 3 && name.split('.').all(is_number))
}

/// The same host, or a part of it: `example.org` may be shown for `docs.example.org`.
fn is_same(shown: &str, host: &str) -> bool {
    let (shown, host) = (without_prefix(shown, "www."), without_prefix(host, "www."));
    let Some(start) = host.len().checked_sub(shown.len()) else { return false };
    let (before, end) = (slice(host, 0, start), slice(host, start, host.len()));
    end.eq_ignore_ascii_case(shown) && (before.is_empty() || (before.ends_with('.') && shown.contains('.')))
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> &'a str {
    match text.split_at_checked(prefix.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(prefix) => rest,
        _ => text,
    }
}
