//! The block reader: one walk over the lines of a text, and one over the lines of each quote in it.

use super::code::Barren;
use super::lines::{self, Line, Marker, Start};
use super::scan::{Notes, Place, Scanner, Stop};
use super::{Block, Inline, Item, LIST_DEPTH, List, build};

/// Columns an item has to be further in to belong to the item above.
const NESTED: usize = 2;

/// Reads a text into blocks and notes what stands outside code and links.
pub(super) fn read(source: &str, notes: &mut Notes) -> Vec<Block> {
    read_lines(source, &lines::split(source), false, notes)
}

fn read_lines(source: &str, lines: &[Line], quoted: bool, notes: &mut Notes) -> Vec<Block> {
    let barren = Barren::default();
    let mut reader = Reader { source, lines, quoted, row: 0, notes, barren, blocks: Vec::new() };
    while let Some(line) = reader.line(reader.row) {
        match lines::start(source, line, quoted) {
            Start::Blank => reader.row += 1,
            Start::Heading { level, content } => reader.heading(level, line.from(content)),
            Start::Quote { .. } => reader.quote(),
            Start::QuoteRest { content } => reader.quote_rest(content),
            Start::Item(marker) => reader.list(marker),
            Start::Text => reader.paragraph(line.start),
        }
    }
    reader.blocks
}

struct Reader<'a> {
    source: &'a str,
    lines: &'a [Line],
    /// Within a quote `>` has no meaning.
    quoted: bool,
    /// Index of the next line.
    row: usize,
    notes: &'a mut Notes,
    barren: Barren,
    blocks: Vec<Block>,
}

/// A list that is being read, and how far in its items are.
struct Level {
    indent: usize,
    list: List,
}

impl Reader<'_> {
    fn line(&self, row: usize) -> Option<Line> {
        self.lines.get(row).copied()
    }

    /// Reads lines in which no other block can begin.
    fn leaf(&mut self, lines: &[Line]) -> Vec<Inline> {
        let start = lines.first().map_or(0, |line| line.start);
        let scanner = Scanner::new(self.source, lines, Place::Leaf, &mut self.barren, self.notes);
        build::inlines(self.source, scanner.run(start).0)
    }

    fn heading(&mut self, level: u8, line: Line) {
        let content = self.leaf(&[line.trimmed_end(self.source)]);
        self.blocks.push(Block::Heading { level, content });
        self.row += 1;
    }

    fn quote(&mut self) {
        let mut inner = Vec::new();
        while let Some(line) = self.line(self.row)
            && let Some(content) = lines::continued_quote(self.source, line)
        {
            inner.push(line.from(content));
            self.row += 1;
        }
        self.blocks.push(Block::Quote(read_lines(self.source, &inner, true, self.notes)));
    }

    fn quote_rest(&mut self, content: usize) {
        let mut inner = self.lines.get(self.row..).unwrap_or_default().to_vec();
        if let Some(first) = inner.first_mut() {
            *first = first.from(content);
        }
        let blocks = read_lines(self.source, &inner, true, self.notes);
        if blocks.is_empty() {
            // `>>>` and nothing after it.
            self.paragraph(self.line(self.row).map_or(0, |line| line.start));
        } else {
            self.blocks.push(Block::Quote(blocks));
            self.row = self.lines.len();
        }
    }

    /// Reads running text, and the code blocks that stand within its lines.
    fn paragraph(&mut self, mut from: usize) {
        let place = Place::Paragraph { quoted: self.quoted };
        loop {
            let lines = self.lines.get(self.row..).unwrap_or_default();
            let scanner = Scanner::new(self.source, lines, place, &mut self.barren, self.notes);
            let (pieces, stop) = scanner.run(from);
            let content = build::inlines(self.source, pieces);
            if !content.is_empty() {
                self.blocks.push(Block::Paragraph(content));
            }
            match stop {
                Stop::Line(rows) => {
                    self.row += rows;
                    return;
                }
                Stop::Fence(fence) => {
                    self.blocks.push(Block::Code { language: fence.language, text: fence.text });
                    self.row += fence.line;
                    let Some(line) = self.line(self.row) else { return };
                    let rest = line.from(fence.at).trimmed(self.source);
                    if rest.start == rest.end {
                        self.row += 1;
                        return;
                    }
                    from = rest.start;
                }
            }
        }
    }

    /// Reads items until something else follows. Empty lines between them do not matter.
    fn list(&mut self, first: Marker) {
        let mut levels = Vec::new();
        let mut next = Some(first);
        while let Some(marker) = next {
            self.place_item(&mut levels, marker);
            let content = self.item_lines(marker);
            let content = self.leaf(&content);
            if let Some(item) = levels.last_mut().and_then(|level| level.list.items.last_mut()) {
                item.content = content;
            }
            next = self.next_item();
        }
        close_levels(&mut levels, 1);
        self.blocks.extend(levels.pop().map(|level| Block::List(level.list)));
    }

    /// The lines of an item: its own, and those below it that are further in than its marker.
    fn item_lines(&mut self, marker: Marker) -> Vec<Line> {
        let mut content = Vec::new();
        if let Some(line) = self.line(self.row) {
            content.push(line.from(marker.content).trimmed_end(self.source));
        }
        self.row += 1;
        while let Some(line) = self.line(self.row)
            && matches!(lines::start(self.source, line, self.quoted), Start::Text)
        {
            let text = line.of(self.source);
            if lines::indent(text) <= marker.indent || text.trim_start().starts_with("```") {
                break;
            }
            content.push(line.trimmed(self.source));
            self.row += 1;
        }
        content
    }

    /// The item that continues the list, if one does.
    fn next_item(&mut self) -> Option<Marker> {
        let mut row = self.row;
        loop {
            match lines::start(self.source, self.line(row)?, self.quoted) {
                Start::Blank => row += 1,
                Start::Item(marker) => {
                    self.row = row;
                    return Some(marker);
                }
                _ => return None,
            }
        }
    }

    /// Adds an empty item where its indent says.
    fn place_item(&mut self, levels: &mut Vec<Level>, marker: Marker) {
        let depth = levels.iter().filter(|level| level.indent <= marker.indent).count().max(1);
        close_levels(levels, depth);
        let item = Item { content: Vec::new(), children: Vec::new() };
        if let Some(level) = levels.last_mut() {
            let nested = marker.indent >= level.indent + NESTED && depth < LIST_DEPTH;
            if !nested && level.list.ordered == marker.ordered {
                level.list.items.push(item);
                return;
            }
            if !nested {
                // Dots after numbers: a list of its own on the same level.
                if depth > 1 {
                    close_levels(levels, depth - 1);
                } else {
                    self.blocks.extend(levels.pop().map(|level| Block::List(level.list)));
                }
            }
        }
        let list = List { ordered: marker.ordered, start: marker.number, items: vec![item] };
        levels.push(Level { indent: marker.indent, list });
    }
}

/// Hands finished lists to the items they belong to until `depth` levels are left.
fn close_levels(levels: &mut Vec<Level>, depth: usize) {
    while levels.len() > depth
        && let Some(inner) = levels.pop()
    {
        if let Some(item) = levels.last_mut().and_then(|level| level.list.items.last_mut()) {
            item.children.push(inner.list);
        }
    }
}
