//! One line of plain text for previews: above replies, in notifications, in lists.

use super::{Block, Inline, List, parse};
use crate::{ChannelId, RoleId, UserId, limits};

/// What a preview shows of a spoiler, however long it is.
const HIDDEN: &str = "▒▒▒";

/// One line of plain text of at most [`limits::EXCERPT_CHARS`] characters, with `…` at its end if there was
/// more. Spoilers stay hidden. Someone or something that is not found by name is `@unknown` or `#unknown`.
pub fn excerpt(source: &str, name: &mut dyn FnMut(Named) -> Option<String>) -> String {
    let mut line = Excerpt { text: String::new(), chars: 0, gap: false, name: Name::Known(name) };
    line.blocks(&parse(source).blocks);
    line.finish()
}

/// Bytes of a text that is quoted as it is: what is longer than its excerpt by so little is not worth rewriting.
const SHORT: usize = 4 * limits::EXCERPT_CHARS;

/// As much of a text as its [`excerpt`] can show, with ids in place of names, whose length nobody knows here. The
/// excerpt of it is the excerpt of the whole, whatever people and channels are called.
pub fn quotation(source: String) -> String {
    if source.len() <= SHORT {
        return source;
    }
    let mut line = Excerpt { text: String::new(), chars: 0, gap: false, name: Name::Kept };
    line.blocks(&parse(&source).blocks);
    line.text
}

/// What is called by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A person.
    User(UserId),
    /// A channel.
    Channel(ChannelId),
    /// A role.
    Role(RoleId),
}

/// What stands where somebody or something is mentioned.
enum Name<'a> {
    /// What it is called.
    Known(&'a mut dyn FnMut(Named) -> Option<String>),
    /// The mention itself, and signs are escaped: the line is to be read once more.
    Kept,
}

struct Excerpt<'a> {
    text: String,
    chars: usize,
    /// White space stands before what comes next.
    gap: bool,
    name: Name<'a>,
}

impl Excerpt<'_> {
    fn is_full(&self) -> bool {
        self.chars > limits::EXCERPT_CHARS
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.gap = true;
            match block {
                Block::Paragraph(content) | Block::Heading { content, .. } => self.inlines(content),
                Block::Quote(inner) => self.blocks(inner),
                Block::List(list) => self.list(list),
                Block::Code { text, .. } => self.push(text),
            }
        }
    }

    fn list(&mut self, list: &List) {
        for item in &list.items {
            self.gap = true;
            self.inlines(&item.content);
            for list in &item.children {
                self.list(list);
            }
        }
    }

    fn inlines(&mut self, content: &[Inline]) {
        for inline in content {
            if self.is_full() {
                return;
            }
            match inline {
                Inline::Text(text) | Inline::Code(text) => self.push(text),
                Inline::Break => self.gap = true,
                Inline::Bold(inner) | Inline::Italic(inner) | Inline::Underline(inner) => self.inlines(inner),
                Inline::Strike(inner) | Inline::Link { content: inner, .. } => self.inlines(inner),
                Inline::Spoiler(_) => self.push(HIDDEN),
                Inline::User(id) => self.mention("@", id.get(), Named::User(*id)),
                Inline::Channel(id) => self.mention("#", id.get(), Named::Channel(*id)),
                Inline::Role(id) => self.mention("@&", id.get(), Named::Role(*id)),
                Inline::Everyone | Inline::Here => self.push(inline.call().unwrap_or_default()),
            }
        }
    }

    fn mention(&mut self, marker: &str, id: i64, named: Named) {
        match &mut self.name {
            Name::Known(name) => {
                let name = name(named);
                marker.chars().take(1).for_each(|sign| self.sign(sign));
                self.push(name.as_deref().unwrap_or("unknown"));
            }
            // It counts as its sign alone, which is the least it can be shown as.
            Name::Kept => {
                self.space();
                self.text.push_str(&format!("<{marker}{id}>"));
                self.chars += 1;
            }
        }
    }

    /// Adds text with each stretch of white space as one blank, and one character more than fits: that is how
    /// [`Self::finish`] knows that something is missing.
    fn push(&mut self, text: &str) {
        for c in text.chars() {
            if self.is_full() {
                return;
            }
            if c.is_whitespace() {
                self.gap = true;
                continue;
            }
            self.sign(c);
        }
    }

    /// Adds a character that is no white space.
    fn sign(&mut self, c: char) {
        self.space();
        if matches!(self.name, Name::Kept) && c.is_ascii_punctuation() {
            self.text.push('\\');
        }
        self.text.push(c);
        self.chars += 1;
    }

    /// Adds the blank that stands before what comes next, if one does.
    fn space(&mut self) {
        if self.gap && !self.text.is_empty() {
            self.text.push(' ');
            self.chars += 1;
        }
        self.gap = false;
    }

    fn finish(mut self) -> String {
        if !self.is_full() {
            return self.text;
        }
        let room = limits::EXCERPT_CHARS - 1;
        let end = self.text.char_indices().nth(room).map_or(self.text.len(), |(at, _)| at);
        self.text.truncate(end);
        self.text.truncate(self.text.trim_end().len());
        self.text.push('…');
        self.text
    }
}
