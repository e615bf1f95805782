//! Code, in a line and as a block: everything between two rows of backticks, as it stands.

use super::lines::{Line, slice};
use super::scan::{Piece, Place, Scanner};

/// Longest row of backticks that can open a code block, and longest that can open inline code in a place
/// where no block may stand.
const MAX_FENCE: usize = 8;
const MAX_CODE: usize = 3;
/// Longest name of a programming language.
const LANGUAGE_BYTES: usize = 32;

/// Searches known to find nothing, for the lines of one quote or of the whole text. Without it a row of
/// openers that never close would cost the square of its length.
pub(super) struct Barren {
    /// Per length of a row of backticks: no such row stands before this offset.
    code: [usize; MAX_CODE + 1],
    /// Rows longer than this do not close any more.
    fence: usize,
}

impl Default for Barren {
    fn default() -> Self {
        Self { code: [0; MAX_CODE + 1], fence: MAX_FENCE }
    }
}

/// A code block that was met within running text.
pub(super) struct Fence {
    pub(super) language: Option<String>,
    pub(super) text: String,
    /// Index of the line it ends in, among the lines of the scanner.
    pub(super) line: usize,
    /// Offset behind it.
    pub(super) at: usize,
}

impl Scanner<'_> {
    /// A row of backticks.
    pub(super) fn backticks(&mut self) -> Option<Fence> {
        let count = self.row_of(b'`', self.at);
        let behind = self.at + count;
        let may_be_block = matches!(self.place, Place::Paragraph { .. });
        if count >= 3 && may_be_block {
            if let Some(fence) = self.fence(count) {
                self.flush(self.at);
                return Some(fence);
            }
        } else if let Some((text, row, end)) = self.code(count) {
            self.put(Piece::Code(text), end);
            if row != self.row {
                let line = self.lines.get(row).copied().unwrap_or(self.line);
                self.enter(row, line);
                self.skip_to(end);
            }
            return None;
        }
        self.at = behind;
        None
    }

    /// Inline code: up to the next row of exactly as many backticks, at most to the end of the paragraph.
    fn code(&mut self, count: usize) -> Option<(String, usize, usize)> {
        let barren = self.barren.code.get(count).copied()?;
        if self.at < barren {
            return None;
        }
        let mut text = String::new();
        let (mut row, mut line) = (self.row, self.line.from(self.at + count));
        loop {
            if let Some(start) = find_row(self.source, line, |length| length == count) {
                text.push_str(slice(self.source, line.start, start));
                return Some((without_padding(text), row, start + count));
            }
            text.push_str(line.of(self.source));
            row += 1;
            match self.lines.get(row) {
                Some(next) if !self.ends_code(*next) => {
                    text.push('\n');
                    line = *next;
                }
                _ => break,
            }
        }
        if let Some(barren) = self.barren.code.get_mut(count) {
            *barren = line.end;
        }
        None
    }

    /// A forgotten backtick must not swallow what comes paragraphs later.
    fn ends_code(&self, line: Line) -> bool {
        let rest = line.of(self.source).trim_start();
        rest.is_empty() || self.interrupted_by(line) || (rest.starts_with("```") && self.place != Place::Leaf)
    }

    /// A code block: up to the next row of at least as many backticks. `None` if there is none or if nothing
    /// stands between them.
    fn fence(&mut self, count: usize) -> Option<Fence> {
        if count > self.barren.fence {
            return None;
        }
        let opened = self.line.from(self.at + count);
        let (mut row, mut line) = (self.row, opened);
        let closing = loop {
            if let Some(start) = find_row(self.source, line, |length| length >= count) {
                break start;
            }
            row += 1;
            match self.lines.get(row) {
                Some(next) => line = *next,
                None => {
                    self.barren.fence = count - 1;
                    return None;
                }
            }
        };
        let length = slice(self.source, closing, line.end).bytes().take_while(|byte| *byte == b'`').count();
        // Two blocks without a gap: the row closes one and opens the other.
        let at = closing + if length >= 2 * count { count } else { length };
        if row == self.row {
            let text = slice(self.source, opened.start, closing).trim();
            return (!text.is_empty()).then(|| Fence {
                language: None,
                text: text.to_owned(),
                line: row,
                at,
            });
        }
        let last = Line { start: line.start, end: closing };
        let between = self.lines.get(self.row + 1..row).unwrap_or_default();
        let (language, text) = self.code_lines(opened, between, last);
        (!text.is_empty()).then_some(Fence { language, text, line: row, at })
    }

    /// The language and the text of a code block of several lines.
    fn code_lines(&self, opened: Line, between: &[Line], last: Line) -> (Option<String>, String) {
        let before = slice(self.source, self.line.start, self.at);
        // A block that stands indented, below an item for instance, is not code with an indent.
        let indent = if before.trim_start().is_empty() { before.len() } else { 0 };
        let first = opened.of(self.source).trim_end();
        let is_language = first.len() <= LANGUAGE_BYTES
            && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-.#".contains(&byte));
        let mut text = String::new();
        if !is_language {
            text.push_str(first);
            text.push('\n');
        }
        for line in between.iter().chain(std::iter::once(&last)) {
            let line = line.of(self.source);
            let blanks = line.bytes().take(indent).take_while(u8::is_ascii_whitespace).count();
            let line = slice(line, blanks, line.len());
            if !(text.is_empty() && line.trim().is_empty()) {
                text.push_str(line);
                text.push('\n');
            }
        }
        text.truncate(text.trim_end().len());
        if text.is_empty() {
            // Nothing but the first line: then that is the code.
            return (None, first.to_owned());
        }
        ((is_language && !first.is_empty()).then(|| first.to_owned()), text)
    }
}

/// Where the first row of backticks stands whose length is wanted.
fn find_row(source: &str, line: Line, wanted: impl Fn(usize) -> bool) -> Option<usize> {
    let mut start = line.start;
    let mut rest = line.of(source);
    while let Some(gap) = rest.find('`') {
        let row = slice(rest, gap, rest.len());
        let behind = row.trim_start_matches('`');
        let length = row.len() - behind.len();
        if wanted(length) {
            return Some(start + gap);
        }
        start += gap + length;
        rest = behind;
    }
    None
}

/// One blank on either side is there to keep a backtick apart from the marker.
fn without_padding(text: String) -> String {
    match text.strip_prefix(' ').and_then(|rest| rest.strip_suffix(' ')) {
        Some(inner) if !inner.trim().is_empty() => inner.to_owned(),
        _ => text,
    }
}
