//! What a line begins: a heading, a quote, an item, nothing.

/// Columns a tab stands for at the start of a line.
const TAB: usize = 4;
/// Blanks that may stand before `#` and `>`. More of them is an indented text, such as a poem.
const MAX_INDENT: usize = 3;
/// Digits of an item's number: what fits `u32` in any case.
const MAX_DIGITS: usize = 9;

/// A line, or a part of one: byte offsets into the source, without the line end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Line {
    /// The text of the line.
    pub(super) fn of(self, source: &str) -> &str {
        slice(source, self.start, self.end)
    }

    /// The same line from a later start.
    pub(super) fn from(self, start: usize) -> Self {
        Self { start, end: self.end }
    }

    /// The line without white space at its end.
    pub(super) fn trimmed_end(self, source: &str) -> Self {
        Self { start: self.start, end: self.start + self.of(source).trim_end().len() }
    }

    /// The line without white space around it.
    pub(super) fn trimmed(self, source: &str) -> Self {
        let trimmed = self.trimmed_end(source);
        trimmed.from(trimmed.end - trimmed.of(source).trim_start().len())
    }
}

/// The text between two offsets; empty where there is none, as no input may make this panic.
pub(super) fn slice(source: &str, start: usize, end: usize) -> &str {
    source.get(start..end).unwrap_or_default()
}

/// What a line begins. `content` is the offset behind the marker and the blanks after it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// Nothing to see.
    Blank,
    /// `# ` to `### `.
    Heading { level: u8, content: usize },
    /// `> `.
    Quote { content: usize },
    /// `>>> `.
    QuoteRest { content: usize },
    /// `- `, `* ` or `1. `.
    Item(Marker),
    /// None of these.
    Text,
}

/// The start of an item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marker {
    /// Columns before it.
    pub(super) indent: usize,
    pub(super) ordered: bool,
    /// 1 unless ordered.
    pub(super) number: u32,
    pub(super) content: usize,
}

/// Cuts a text into lines.
pub(super) fn split(source: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for text in source.split('\n') {
        lines.push(Line { start, end: start + text.len() });
        start += text.len() + 1;
    }
    lines
}

/// Says what a line begins. A marker with nothing behind it is text: nobody wants an empty heading.
pub(super) fn start(source: &str, line: Line, quoted: bool) -> Start {
    let text = line.of(source);
    let rest = text.trim_start();
    if rest.is_empty() {
        return Start::Blank;
    }
    let indent = indent(text);
    let at = line.end - rest.len();
    if indent <= MAX_INDENT {
        if let Some(start) = heading(rest, at) {
            return start;
        }
        if !quoted && let Some(start) = quote(rest, at) {
            return start;
        }
    }
    item(rest, at, indent).map_or(Start::Text, Start::Item)
}

/// Columns before the first character that is neither space nor tab.
pub(super) fn indent(text: &str) -> usize {
    let blanks = text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
    blanks.map(|byte| if byte == b'\t' { TAB } else { 1 }).sum()
}

/// Whether running text ends before this line.
pub(super) fn interrupts(source: &str, line: Line, quoted: bool) -> bool {
    !matches!(start(source, line, quoted), Start::Blank | Start::Text)
}

/// The text of a further line of a quote. A lone `>` counts here, because editors cut the blank behind it.
pub(super) fn continued_quote(source: &str, line: Line) -> Option<usize> {
    if let Start::Quote { content } = start(source, line, false) {
        return Some(content);
    }
    (line.of(source).trim() == ">").then_some(line.end)
}

/// The offset behind the blanks after a marker, if there is a blank and something behind it.
fn content(after_marker: &str, at: usize) -> Option<usize> {
    let rest = after_marker.trim_start();
    let shown = !rest.is_empty() && rest.len() < after_marker.len();
    shown.then(|| at + after_marker.len() - rest.len())
}

fn heading(rest: &str, at: usize) -> Option<Start> {
    let title = rest.trim_start_matches('#');
    let level = rest.len() - title.len();
    let level = u8::try_from(level).ok().filter(|level| (1..=3).contains(level))?;
    content(title, at + usize::from(level)).map(|content| Start::Heading { level, content })
}

fn quote(rest: &str, at: usize) -> Option<Start> {
    if let Some(after) = rest.strip_prefix(">>> ") {
        return Some(Start::QuoteRest { content: at + rest.len() - after.len() });
    }
    let after = rest.strip_prefix("> ")?;
    // Only one blank belongs to the marker: what is quoted may itself be indented.
    (!after.trim_start().is_empty()).then_some(Start::Quote { content: at + 2 })
}

fn item(rest: &str, at: usize, indent: usize) -> Option<Marker> {
    if let Some(after) = rest.strip_prefix(['-', '*']) {
        let content = content(after, at + 1)?;
        return Some(Marker { indent, ordered: false, number: 1, content });
    }
    let digits = rest.bytes().take(MAX_DIGITS + 1).take_while(u8::is_ascii_digit).count();
    let number = slice(rest, 0, digits).parse().ok().filter(|_| digits <= MAX_DIGITS)?;
    let after = rest.get(digits..)?.strip_prefix('.')?;
    let content = content(after, at + digits + 1)?;
    Some(Marker { indent, ordered: true, number, content })
}
