//! Message text into a typed tree, in Discord's dialect. One scanner for the page, previews and mentions.
//!
//! The text of a message is stored as it was typed. Both sides turn it into the same [`Document`] and show
//! that as views, so there is no HTML of a stranger anywhere. Whatever the text is, reading it takes time
//! linear in its length, nests no deeper than [`MAX_DEPTH`] and yields some tree: a marker without its
//! partner is ordinary text.
//!
//! How a text is read, from the outside in:
//! - `blocks` goes through the lines (`lines` says what a line begins) and finds quotes, lists, headings, code;
//! - `scan` cuts the lines between them into pieces and pairs the markers as it goes (`pairs`); `code`
//!   takes what stands between backticks, and `links` decides what may become a link;
//! - `build` folds the pieces into [`Inline`] nodes.
//!
//! Mentions and names are noted on the way, with their places, so that what is rewritten before storing
//! (`names`) is exactly what the page would have shown as text.

mod blocks;
mod build;
mod code;
mod emoji;
mod excerpt;
mod lines;
mod linked;
mod links;
mod names;
mod pairs;
mod scan;
mod visible;

pub use emoji::is_emoji_only;
pub use excerpt::{Named, excerpt, quotation};
pub use linked::shown_links;
pub use names::{Names, candidate_names, resolve_names, unresolve_names};
pub use visible::{Visible, visible};

use crate::{ChannelId, RoleId, UserId, limits};

/// Levels of nodes a [`Document`] can have: a quote, five lists, eight formats, a link and a leaf.
/// Renderers may recurse without counting.
pub const MAX_DEPTH: usize = 1 + LIST_DEPTH + INLINE_DEPTH + 1 + 1;
/// Lists within lists. Deeper items stay on the last level.
const LIST_DEPTH: usize = 5;
/// Formats around one character. Discord knows six kinds; eight leaves room for both sorts of italics.
const INLINE_DEPTH: usize = 8;

/// A message, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// From top to bottom.
    pub blocks: Vec<Block>,
}

/// What stands below one another. None is ever empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Running text. Empty lines within it are kept, as [`Inline::Break`]s.
    Paragraph(Vec<Inline>),
    /// `# `, `## ` or `### `.
    Heading {
        /// 1 to 3.
        level: u8,
        /// The rest of the line.
        content: Vec<Inline>,
    },
    /// `> ` lines, or everything after `>>> `. Holds no further quote.
    Quote(Vec<Block>),
    /// `- `, `* ` or `1. ` lines.
    List(List),
    /// Between two rows of three backticks.
    Code {
        /// What stood behind the opening row: letters, digits and `_+-.#`, as typed.
        language: Option<String>,
        /// The lines between, without the line end before the closing row.
        text: String,
    },
}

/// Items of one sort on one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Numbers instead of dots.
    pub ordered: bool,
    /// Number of the first item; 1 if the list has dots.
    pub start: u32,
    /// At least one.
    pub items: Vec<Item>,
}

/// One line of a list, with what is indented below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its text.
    pub content: Vec<Inline>,
    /// Lists within it.
    pub children: Vec<List>,
}

/// What stands beside one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Text to be shown as it is. Two never follow each other.
    Text(String),
    /// A new line.
    Break,
    /// `**…**`
    Bold(Vec<Inline>),
    /// `*…*` or `_…_`
    Italic(Vec<Inline>),
    /// `__…__`
    Underline(Vec<Inline>),
    /// `~~…~~`
    Strike(Vec<Inline>),
    /// `||…||`, hidden until asked for.
    Spoiler(Vec<Inline>),
    /// Between backticks. May hold line ends.
    Code(String),
    /// A link. Its content holds no further link and no mention.
    Link {
        /// Begins with `http://` or `https://` in small letters and holds no white space, control or
        /// invisible character, `"`, `<`, `>`, `` ` `` or `\`, and no name before its host.
        url: String,
        /// What is shown: the address itself, or a text that does not pretend to be another address.
        content: Vec<Inline>,
    },
    /// `<@id>` or `<@!id>`
    User(UserId),
    /// `<#id>`
    Channel(ChannelId),
    /// `<@&id>`
    Role(RoleId),
    /// `@everyone`. Whether it calls anybody its author's permissions say; where it does not it is text like any other.
    Everyone,
    /// `@here`, likewise.
    Here,
}

impl Inline {
    /// The text of what calls many and may be ordinary text as well.
    pub const fn call(&self) -> Option<&'static str> {
        match self {
            Self::Everyone => Some("@everyone"),
            Self::Here => Some("@here"),
            _ => None,
        }
    }
}

/// Reads the text of a message.
pub fn parse(source: &str) -> Document {
    Document { blocks: blocks::read(source, &mut scan::Notes::default()) }
}

/// Whom the text of a message mentions, whoever wrote it: exactly what [`parse`] yields, outside code and links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// People: each once, in order, the first [`limits::MENTIONS_PER_MESSAGE`] of them.
    pub users: Vec<UserId>,
    /// Roles, likewise.
    pub roles: Vec<RoleId>,
    /// Whether `@everyone` is there.
    pub everyone: bool,
    /// Whether `@here` is there.
    pub here: bool,
}

/// Whom a text mentions.
pub fn mentions(source: &str) -> Mentions {
    fn add<T: PartialEq>(list: &mut Vec<T>, id: T) {
        if list.len() < limits::MENTIONS_PER_MESSAGE && !list.contains(&id) {
            list.push(id);
        }
    }
    let mut notes = scan::Notes::default();
    blocks::read(source, &mut notes);
    let mut found = Mentions::default();
    for mention in notes.mentions {
        match mention.target {
            scan::Target::User(id) => add(&mut found.users, id),
            scan::Target::Role(id) => add(&mut found.roles, id),
            scan::Target::Everyone => found.everyone = true,
            scan::Target::Here => found.here = true,
            scan::Target::Channel(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_calls;
#[cfg(test)]
mod tests_links;
