//! Pairing of markers: which star ends what which star began.
//!
//! As in Discord a marker that can end something does, whatever was begun since; that stays text. So no kind
//! nests in itself, only a handful of markers wait at any time, and each step takes constant time.

use super::scan::{Piece, Scanner, is_word};
use super::{INLINE_DEPTH, links};

/// Brackets that wait at the same time, so that `[see [1]](…)` works. More of them would let a hostile text
/// have the same words checked over and over.
const MAX_BRACKETS: usize = 4;

/// What a pair of markers does to the text between.
#[derive(Debug)]
pub(super) enum Kind {
    Bold,
    Italic,
    Underline,
    Strike,
    Spoiler,
    /// With its address.
    Link(String),
}

/// A row of one to three markers that waits for its partner. Each of its characters is a piece of its own,
/// text until it is used, because `***` may end as `**` and `*` in either order.
pub(super) struct Open {
    mark: u8,
    /// Characters not used yet.
    left: usize,
    /// Index of the piece of the first character.
    piece: usize,
    /// Offset of the first character.
    at: usize,
}

impl Open {
    fn levels(&self) -> usize {
        match (self.mark, self.left) {
            (b'[', _) => 0,
            (_, 3) => 2,
            _ => 1,
        }
    }
}

impl Scanner<'_> {
    /// A row of `*`, `_`, `~` or `|`.
    pub(super) fn markers(&mut self, mark: u8) {
        let count = self.row_of(mark, self.at);
        let (start, end) = (self.at, self.at + count);
        self.flush(start);
        let mut left = count;
        // What stands around the row decides, also for its second half.
        let may_close = match mark {
            b'*' => !self.before(start).is_none_or(char::is_whitespace),
            b'_' => !self.after(end).is_some_and(is_word),
            _ => true,
        };
        while let Some(used) = self.close(mark, left, may_close) {
            left -= used;
        }
        let size = self.opening_size(mark, left, end);
        if size > 0 {
            self.push_open(mark, size, end - left);
            left -= size;
        }
        if left > 0 {
            self.pieces.push(Piece::Text(end - left, end));
        }
        self.skip_to(end);
    }

    /// Ends what a marker of the same sort began, with some of `left` characters. Says how many it took.
    /// `may_close` is whether the place allows it; a `**` may end anywhere.
    fn close(&mut self, mark: u8, left: usize, may_close: bool) -> Option<usize> {
        let (index, size) = self.open.iter().enumerate().rev().find_map(|(index, open)| {
            let size = closing_size(mark, open.left, left)?;
            let fits = may_close || (mark == b'*' && size == 2);
            (open.mark == mark && fits).then_some((index, size))
        })?;
        self.open.truncate(index + 1);
        let open = self.open.last_mut()?;
        open.left -= size;
        let first = open.piece + open.left;
        if open.left == 0 {
            self.open.pop();
        }
        for used in first..first + size {
            if let Some(piece) = self.pieces.get_mut(used) {
                *piece = if used == first { Piece::Open } else { Piece::Nothing };
            }
        }
        self.pieces.push(Piece::Close(match (mark, size) {
            (b'*', 2) => Kind::Bold,
            (b'_', 2) => Kind::Underline,
            (b'~', _) => Kind::Strike,
            (b'|', _) => Kind::Spoiler,
            _ => Kind::Italic,
        }));
        Some(size)
    }

    /// How many of a row's last `left` characters begin something. Longer rows are lines drawn by hand, or
    /// words blanked out.
    fn opening_size(&self, mark: u8, left: usize, end: usize) -> usize {
        let before_blank = self.after(end).is_none_or(char::is_whitespace);
        let after_word = self.before(end - left).is_some_and(is_word);
        match (mark, left) {
            (b'*', 2) => 2,
            (b'*', 1 | 3) if !before_blank => left,
            (b'_', 1..=3) if !after_word => left,
            (b'~', 2) => 2,
            // Better to hide a `|` too many than to show what was to be hidden.
            (b'|', 2..) => 2,
            _ => 0,
        }
    }

    fn push_open(&mut self, mark: u8, size: usize, at: usize) {
        self.open.retain(|open| open.mark != mark || open.left != size || mark == b'[');
        let piece = self.pieces.len();
        self.pieces.extend((at..at + size).map(|at| Piece::Text(at, at + 1)));
        self.open.push(Open { mark, left: size, piece, at });
        while self.open.iter().map(Open::levels).sum::<usize>() > INLINE_DEPTH {
            self.open.remove(0);
        }
    }

    /// Whether a marker that waits would be ended at this offset, so that an address stops before it.
    pub(super) fn closes_at(&self, at: usize) -> bool {
        let Some(mark) = self.byte(at) else { return false };
        let mut waiting = self.open.iter().filter(|open| open.mark == if mark == b']' { b'[' } else { mark });
        match mark {
            b'*' | b'~' | b'|' | b'_' => {
                // Looked at once per row: the middle of a row is not its start.
                if self.before(at).is_some_and(|c| c == char::from(mark)) {
                    return false;
                }
                let row = self.row_of(mark, at);
                let in_word = mark == b'_' && self.after(at + row).is_some_and(is_word);
                !in_word && waiting.any(|open| closing_size(mark, open.left, row).is_some())
            }
            b']' => self.byte(at + 1) == Some(b'(') && waiting.next().is_some(),
            _ => false,
        }
    }

    /// Whether a marker of a sort waits for its partner.
    pub(super) fn waits(&self, mark: u8) -> bool {
        self.open.iter().any(|open| open.mark == mark)
    }

    pub(super) fn open_bracket(&mut self) {
        let at = self.at;
        self.flush(at);
        self.skip_to(at + 1);
        let waiting = self.open.iter().filter(|open| open.mark == b'[').count();
        if waiting >= MAX_BRACKETS
            && let Some(oldest) = self.open.iter().position(|open| open.mark == b'[')
        {
            self.open.remove(oldest);
        }
        self.push_open(b'[', 1, at);
    }

    /// A `]`: the end of a link, if an address in parentheses follows and the text does not lie about it.
    pub(super) fn close_bracket(&mut self) {
        let Some(index) = self.open.iter().rposition(|open| open.mark == b'[') else {
            self.at += 1;
            return;
        };
        let link = self.rest(self.at + 1).strip_prefix('(').and_then(links::in_parentheses);
        self.flush(self.at);
        self.plain = self.at;
        let Some((piece, at)) = self.open.get(index).map(|open| (open.piece, open.at)) else { return };
        let Some((url, length)) = link else {
            self.open.remove(index);
            self.at += 1;
            return;
        };
        // Names do not become mentions in a link. In one that is refused neither, or it might not be refused
        // any more.
        while self.notes.names.pop_if(|name| name.at > at).is_some() {}
        if links::is_honest(self.source, self.pieces.get(piece + 1..).unwrap_or_default(), &url) {
            if self.rest(self.at + 2).trim_start_matches(' ').starts_with('<') {
                self.notes.bare_only.push(url.clone());
            }
            self.link(piece, at, url);
            self.open.truncate(index);
            // What holds a link cannot become one.
            self.open.retain(|open| open.mark != b'[');
            self.skip_to(self.at + 2 + length);
        } else {
            for mention in self.notes.mentions.iter_mut().rev().take_while(|mention| mention.start > at) {
                mention.is_fixed = true;
            }
            self.open.remove(index);
            self.at += 1;
        }
    }

    fn link(&mut self, piece: usize, at: usize, url: String) {
        for inner in self.pieces.get_mut(piece..).unwrap_or_default() {
            match inner {
                Piece::Url(start, end) => *inner = Piece::Text(*start, *end),
                Piece::Mention(mention) => *inner = Piece::Text(mention.start, mention.end),
                _ => {}
            }
        }
        if let Some(bracket) = self.pieces.get_mut(piece) {
            *bracket = Piece::Open;
        }
        while self.notes.mentions.pop_if(|mention| mention.start > at).is_some() {}
        self.pieces.push(Piece::Close(Kind::Link(url)));
    }

    fn after(&self, at: usize) -> Option<char> {
        self.rest(at).chars().next()
    }
}

/// How many of `row` characters end something that waits with `left` characters: one, two, or none.
fn closing_size(mark: u8, left: usize, row: usize) -> Option<usize> {
    match (mark, left, row) {
        (b'[', ..) | (_, _, 0) => None,
        (b'~' | b'|', _, _) => (row >= 2).then_some(2),
        // `**` is never two single stars.
        (_, 1, 2) => None,
        (_, 1, _) => Some(1),
        (_, 2, _) => (row >= 2).then_some(2),
        // `***` closed by `***`: the single one is the inner one.
        (_, _, 2) => Some(2),
        _ => Some(1),
    }
}
