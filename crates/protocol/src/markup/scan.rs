//! The inline scanner: one walk over the lines of a paragraph, a heading or an item.
//!
//! It decides from left to right and never goes back, so whatever begins first wins, as in Discord. What
//! could make it read the same text again and again is bounded: a search that found nothing is remembered
//! in [`Barren`], and everything else that is looked at twice is cut off by a small constant.

use super::code::{Barren, Fence};
use super::lines::{self, Line, slice};
use super::pairs::{Kind, Open};
use super::{links, names};
use crate::{ChannelId, RoleId, UserId};

/// Digits of the largest id.
const ID_DIGITS: usize = 19;

/// A stretch of the text, in order. Offsets are into the source.
#[derive(Debug)]
pub(super) enum Piece {
    /// Shown as it is.
    Text(usize, usize),
    /// A marker that was used up.
    Nothing,
    Break,
    Code(String),
    /// An address that stands for itself.
    Url(usize, usize),
    Mention(MentionAt),
    /// What begins here ends at the matching `Close`.
    Open,
    Close(Kind),
}

/// Whom or what a mention names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    User(UserId),
    Channel(ChannelId),
    Role(RoleId),
    Everyone,
    Here,
}

/// A mention and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct MentionAt {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) target: Target,
    /// An underscore behind it would end italics.
    pub(super) in_underscores: bool,
    /// A name in its place would be read differently: as part of the address that ends where this starts, or
    /// as part of a link that is refused now.
    pub(super) is_fixed: bool,
}

/// An `@` or `#` that begins a word of running text.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameAt {
    pub(super) at: usize,
    pub(super) sort: NameSort,
}

/// What a name may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameSort {
    /// A channel's may hold anything, so where it ends is left to whoever knows the channels.
    Channel,
    /// A person's ends there at the latest, if it may be a person's at all. A role's may hold anything, too.
    PersonOrRole(Option<usize>),
}

/// What stands outside code and links, in order.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) names: Vec<NameAt>,
    pub(super) mentions: Vec<MentionAt>,
    /// Addresses between angle brackets: whoever wrote them wants nothing of what is behind them.
    pub(super) bare_only: Vec<String>,
}

/// Why the scanner stopped.
pub(super) enum Stop {
    /// Before this line, which begins another block or does not exist.
    Line(usize),
    Fence(Fence),
}

/// What running text may be interrupted by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A paragraph, in a quote or not: other blocks and code blocks end it.
    Paragraph { quoted: bool },
    /// A heading or an item: nothing does.
    Leaf,
}

pub(super) struct Scanner<'a> {
    pub(super) source: &'a str,
    pub(super) lines: &'a [Line],
    /// The line being read, and its index.
    pub(super) row: usize,
    pub(super) line: Line,
    /// The offset being read.
    pub(super) at: usize,
    pub(super) place: Place,
    /// Where the plain text begins that is not yet among the pieces.
    pub(super) plain: usize,
    pub(super) pieces: Vec<Piece>,
    /// Markers that wait for their partner, outermost first.
    pub(super) open: Vec<Open>,
    /// Where the last address in running text ended, with the signs behind it.
    url_reach: Option<usize>,
    pub(super) barren: &'a mut Barren,
    pub(super) notes: &'a mut Notes,
}

impl<'a> Scanner<'a> {
    /// A scanner for `lines`. The caller has cut the first one to where reading starts.
    pub(super) fn new(
        source: &'a str,
        lines: &'a [Line],
        place: Place,
        barren: &'a mut Barren,
        notes: &'a mut Notes,
    ) -> Self {
        let line = Line { start: 0, end: 0 };
        let (pieces, open) = (Vec::new(), Vec::new());
        Self {
            source,
            lines,
            row: 0,
            line,
            at: 0,
            place,
            plain: 0,
            pieces,
            open,
            url_reach: None,
            barren,
            notes,
        }
    }

    /// Reads from offset `from` of the first line on.
    pub(super) fn run(mut self, from: usize) -> (Vec<Piece>, Stop) {
        let Some(first) = self.lines.first() else {
            return (self.pieces, Stop::Line(0));
        };
        self.enter(0, first.from(from));
        loop {
            if let Some(fence) = self.read_line() {
                return (self.pieces, Stop::Fence(fence));
            }
            self.flush(self.line.end);
            let next = self.row + 1;
            match self.lines.get(next) {
                Some(line) if !self.interrupted_by(*line) => {
                    self.pieces.push(Piece::Break);
                    self.enter(next, *line);
                }
                _ => return (self.pieces, Stop::Line(next)),
            }
        }
    }

    /// Reads on at the start of a line.
    pub(super) fn enter(&mut self, row: usize, line: Line) {
        (self.row, self.line) = (row, line);
        (self.at, self.plain) = (line.start, line.start);
    }

    /// Whether a line begins what ends the text being read.
    pub(super) fn interrupted_by(&self, line: Line) -> bool {
        match self.place {
            Place::Paragraph { quoted } => lines::interrupts(self.source, line, quoted),
            Place::Leaf => false,
        }
    }

    /// Reads to the end of the line, or to a code block.
    fn read_line(&mut self) -> Option<Fence> {
        while let Some(byte) = self.byte(self.at) {
            match byte {
                b'`' => {
                    if let Some(fence) = self.backticks() {
                        return Some(fence);
                    }
                }
                b'\\' => self.escape(),
                b'*' | b'_' | b'~' | b'|' => self.markers(byte),
                b'[' => self.open_bracket(),
                b']' => self.close_bracket(),
                b'<' => self.angle(),
                b'h' | b'H' => self.bare_url(),
                b'@' | b'#' => self.name(byte == b'@'),
                _ => self.at += 1,
            }
        }
        None
    }

    /// A byte of the line being read.
    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        if at < self.line.end { self.source.as_bytes().get(at).copied() } else { None }
    }

    /// The rest of the line being read.
    pub(super) fn rest(&self, at: usize) -> &'a str {
        slice(self.source, at, self.line.end)
    }

    /// The character before an offset, on the same line.
    pub(super) fn before(&self, at: usize) -> Option<char> {
        slice(self.source, self.line.start, at).chars().next_back()
    }

    /// How often `byte` stands from an offset on.
    pub(super) fn row_of(&self, byte: u8, at: usize) -> usize {
        self.rest(at).bytes().take_while(|other| *other == byte).count()
    }

    /// Ends the plain text at an offset.
    pub(super) fn flush(&mut self, end: usize) {
        if self.plain < end {
            self.pieces.push(Piece::Text(self.plain, end));
        }
    }

    /// Puts a piece in place of the text up to `end` and reads on there.
    pub(super) fn put(&mut self, piece: Piece, end: usize) {
        self.flush(self.at);
        self.pieces.push(piece);
        self.skip_to(end);
    }

    /// Reads on at an offset; nothing of what was skipped is text.
    pub(super) fn skip_to(&mut self, at: usize) {
        (self.at, self.plain) = (at, at);
    }

    /// `\*` is a star. In front of anything but ASCII punctuation a backslash is a backslash.
    fn escape(&mut self) {
        if self.byte(self.at + 1).is_some_and(|byte| byte.is_ascii_punctuation()) {
            self.flush(self.at);
            self.plain = self.at + 1;
            self.at += 2;
        } else {
            self.at += 1;
        }
    }

    /// `<@id>`, `<@!id>`, `<@&id>`, `<#id>` or `<https://…>`.
    fn angle(&mut self) {
        let start = self.at;
        let rest = self.rest(start + 1);
        if let Some((target, length)) = mention(rest) {
            let end = start + 1 + length;
            let is_fixed = self.url_reach == Some(start);
            let mention = MentionAt { start, end, target, in_underscores: self.waits(b'_'), is_fixed };
            self.notes.mentions.push(mention);
            self.put(Piece::Mention(mention), end);
        } else if let Some(length) = links::in_angles(rest) {
            self.notes.bare_only.push(links::normalized(slice(rest, 0, length)));
            self.put(Piece::Url(start + 1, start + 1 + length), start + length + 2);
        } else {
            self.at += 1;
        }
    }

    /// An address in running text. One that may not become a link is passed over whole.
    fn bare_url(&mut self) {
        let inside_word = self.before(self.at).is_some_and(|c| c.is_ascii_alphanumeric());
        let rest = self.rest(self.at);
        if inside_word || !links::has_scheme(rest) {
            self.at += 1;
            return;
        }
        let (length, reach) = links::bare(rest, |at| self.closes_at(self.at + at));
        let end = self.at + length;
        self.url_reach = Some(self.at + reach);
        if links::is_link(slice(self.source, self.at, end)) {
            self.put(Piece::Url(self.at, end), end);
        } else {
            self.at = end.max(self.at + 1);
        }
    }

    /// A name that may become a mention. That of a person is passed over whole, so that `@_ana_` is the same
    /// before and after.
    fn name(&mut self, is_user: bool) {
        let at = self.at;
        self.at += 1;
        if !begins_word(self.before(at)) {
            return;
        }
        if !is_user {
            self.notes.names.push(NameAt { at, sort: NameSort::Channel });
            return;
        }
        let rest = self.rest(at + 1);
        let length = names::username_length(rest, self.waits(b'_'));
        let name = slice(rest, 0, length.unwrap_or_default());
        if let Some((target, length)) = call(name) {
            let end = at + 1 + length;
            let mention = MentionAt { start: at, end, target, in_underscores: false, is_fixed: true };
            self.notes.mentions.push(mention);
            self.at = at;
            self.put(Piece::Mention(mention), end);
            return;
        }
        self.at += name.len();
        let sort = NameSort::PersonOrRole(length.map(|_| self.at));
        self.notes.names.push(NameAt { at, sort });
    }
}

/// What calls many, if a name is that, and how long it is without the dots of a sentence that ends there.
fn call(name: &str) -> Option<(Target, usize)> {
    match name.trim_end_matches('.') {
        "everyone" => Some((Target::Everyone, "everyone".len())),
        "here" => Some((Target::Here, "here".len())),
        _ => None,
    }
}

/// What stands behind a `<`, if it is a mention, and how long it is.
fn mention(rest: &str) -> Option<(Target, usize)> {
    let (sign, id) = match rest.strip_prefix('@') {
        Some(id) if id.starts_with('&') => ('&', id.strip_prefix('&')?),
        Some(id) => ('@', id.strip_prefix('!').unwrap_or(id)),
        None => ('#', rest.strip_prefix('#')?),
    };
    let digits = id.bytes().take(ID_DIGITS + 1).take_while(u8::is_ascii_digit).count();
    if id.as_bytes().get(digits) != Some(&b'>') {
        return None;
    }
    let number = slice(id, 0, digits);
    let target = match sign {
        '@' => Target::User(number.parse().ok()?),
        '&' => Target::Role(number.parse().ok()?),
        _ => Target::Channel(number.parse().ok()?),
    };
    Some((target, rest.len() - id.len() + digits + 1))
}

/// Letters and digits of scripts that put blanks between words. Where they do not (Thai, Chinese, Japanese,
/// Korean with its particles) a marker or a name may touch the next word. Ranges instead of Unicode's
/// tables, which would travel to every browser.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{C0}'..='\u{DFF}' if !matches!(c, '×' | '÷'))
}

/// Whether an `@` or `#` behind this character begins a name: not in an address, a path or an entity.
pub(super) fn begins_word(before: Option<char>) -> bool {
    before.is_none_or(|c| !is_word(c) && !matches!(c, '@' | '#' | '&' | '/' | '<'))
}
