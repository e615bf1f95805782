//! One line of plain text for previews: above replies, in notifications, in lists.

use super::{Block, Inline, List, parse};
use crate::{ChannelId, UserId, limits};

/// What a preview shows of a spoiler, however long it is.
const HIDDEN: &str = "▒▒▒";

/// One line of plain text of at most [`limits::EXCERPT_CHARS`] characters, with `…` at its end if there was
/// more. Spoilers stay hidden. Someone or something that is not found by name is `@unknown` or `#unknown`.
pub fn excerpt(
    source: &str,
    name_user: &mut dyn FnMut(UserId) -> Option<String>,
    name_channel: &mut dyn FnMut(ChannelId) -> Option<String>,
) -> String {
    let mut line = Excerpt { text: String::new(), chars: 0, gap: false, name_user, name_channel };
    line.blocks(&parse(source).blocks);
    line.finish()
}

struct Excerpt<'a> {
    text: String,
    chars: usize,
    /// White space stands before what comes next.
    gap: bool,
    name_user: &'a mut dyn FnMut(UserId) -> Option<String>,
    name_channel: &'a mut dyn FnMut(ChannelId) -> Option<String>,
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
                Inline::User(id) => {
                    let name = (self.name_user)(*id);
                    self.push("@");
                    self.push(name.as_deref().unwrap_or("unknown"));
                }
                Inline::Channel(id) => {
                    let name = (self.name_channel)(*id);
                    self.push("#");
                    self.push(name.as_deref().unwrap_or("unknown"));
                }
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
            if self.gap && !self.text.is_empty() {
                self.text.push(' ');
                self.chars += 1;
            }
            self.gap = false;
            self.text.push(c);
            self.chars += 1;
        }
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
