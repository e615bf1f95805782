//! Pieces into the tree. Markers are paired already, so this is one walk with a stack of open nodes.

use std::mem;

use super::Inline;
use super::lines::slice;
use super::links::normalized;
use super::pairs::Kind;
use super::scan::{Piece, Target};

/// Builds the content of a paragraph, a heading or an item, without white space at its end.
pub(super) fn inlines(source: &str, mut pieces: Vec<Piece>) -> Vec<Inline> {
    trim_end(source, &mut pieces);
    let mut outer = Vec::new();
    let mut content = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(start, end) => push_text(&mut content, slice(source, start, end)),
            Piece::Nothing => {}
            Piece::Break => content.push(Inline::Break),
            Piece::Code(text) => content.push(Inline::Code(text)),
            Piece::Url(start, end) => {
                let text = slice(source, start, end);
                content.push(Inline::Link {
                    url: normalized(text),
                    content: vec![Inline::Text(text.to_owned())],
                });
            }
            Piece::Mention(mention) => content.push(match mention.target {
                Target::User(id) => Inline::User(id),
                Target::Channel(id) => Inline::Channel(id),
                Target::Role(id) => Inline::Role(id),
                Target::Everyone => Inline::Everyone,
                Target::Here => Inline::Here,
            }),
            Piece::Open => outer.push(mem::take(&mut content)),
            Piece::Close(kind) => {
                let inner = mem::replace(&mut content, outer.pop().unwrap_or_default());
                content.push(wrap(kind, inner));
            }
        }
    }
    content
}

/// Empty lines before the next block are the renderer's business.
fn trim_end(source: &str, pieces: &mut Vec<Piece>) {
    while let Some(last) = pieces.last_mut() {
        match last {
            Piece::Break => {}
            Piece::Text(start, end) => {
                *end = *start + slice(source, *start, *end).trim_end().len();
                if start < end {
                    return;
                }
            }
            _ => return,
        }
        pieces.pop();
    }
}

/// Neighbouring texts become one: a star that stayed a star is no reason for a second node.
fn push_text(content: &mut Vec<Inline>, text: &str) {
    if let Some(Inline::Text(last)) = content.last_mut() {
        last.push_str(text);
    } else {
        content.push(Inline::Text(text.to_owned()));
    }
}

fn wrap(kind: Kind, content: Vec<Inline>) -> Inline {
    match kind {
        Kind::Bold => Inline::Bold(content),
        Kind::Italic => Inline::Italic(content),
        Kind::Underline => Inline::Underline(content),
        Kind::Strike => Inline::Strike(content),
        Kind::Spoiler => Inline::Spoiler(content),
        Kind::Link(url) => Inline::Link { url, content },
    }
}
