//! The line somebody types into the search box, read into what it asks for.
//!
//! - Words and `"phrases"`: a message has all of them.
//! - `from:` `mentions:` a username, with or without `@`, or `me`; `in:` a channel's name, with or without `#`. Also as
//!   the message box stores them, `<@id>` and `<#id>`. Several of one sort mean any of them.
//! - `has:` `link`, `image`, `file` or `poll`; several mean all of them. `pinned:` `true` or `false`.
//! - `before:` `after:` `during:` a day `2026-11-28`, a month `2026-11` or a year `2026`. `after:` begins when it is over.
//!   Several mean all of them.
//!
//! A value with blanks stands in quotes, and may stand apart (`from: ana`). What has a colon and is no filter, such as an
//! address, is a word like others; a filter whose value makes no sense is an error that names it, because to look for
//! the words `before:yesterday` would find nothing and not say why.

use crate::error::{Error, Field, Problem, Result};
use crate::parse::Username;
use crate::timestamp::{DAY_MS, Timestamp, days_from_civil};
use crate::{ChannelId, UserId, limits};

use serde::{Deserialize, Serialize};

/// What a search asks for. Made by [`SearchQuery::parse`] alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SearchQuery {
    /// Words and phrases, as typed. A message has all of them.
    pub terms: Vec<String>,
    /// Who wrote it: one of these.
    pub from: Vec<Person>,
    /// Whom it addresses: one of these.
    pub mentions: Vec<Person>,
    /// Where it stands: in one of these.
    pub places: Vec<Place>,
    /// What it has: all of these.
    pub has: Vec<Has>,
    /// Whether it is pinned.
    pub pinned: Option<bool>,
    /// It was sent then or later.
    pub since: Option<Timestamp>,
    /// It was sent before that.
    pub before: Option<Timestamp>,
}

/// Somebody named in a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// The searcher.
    Me,
    /// By username.
    Named(Username),
    /// By mention.
    Id(UserId),
}

/// A channel named in a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// By name, in small letters.
    Named(String),
    /// By mention.
    Id(ChannelId),
}

/// What a message can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Has {
    /// An address that is shown as a link.
    Link,
    /// A picture.
    Image,
    /// A file of any kind.
    File,
    /// A poll.
    Poll,
}

impl Has {
    /// The value in a query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Image => "image",
            Self::File => "file",
            Self::Poll => "poll",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::Link, Self::Image, Self::File, Self::Poll].into_iter().find(|has| has.as_str() == text)
    }
}

macro_rules! filters {
    ($($(#[$doc:meta])* $filter:ident = $name:literal, $takes:literal;)*) => {
        /// What stands before a colon in a search.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Filter { $($(#[$doc])* $filter,)* }

        impl Filter {
            /// All of them, in the order they are offered.
            pub const ALL: &[Self] = &[$(Self::$filter,)*];

            /// As it is typed, without the colon.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$filter => $name,)* }
            }

            /// What can stand behind the colon, to end a sentence.
            pub const fn takes(self) -> &'static str {
                match self { $(Self::$filter => $takes,)* }
            }
        }
    };
}

filters! {
    /// Who wrote it.
    From = "from", "a username, or me";
    /// In which channel.
    In = "in", "the name of a channel";
    /// What it has.
    Has = "has", "link, image, file or poll";
    /// Whom it addresses.
    Mentions = "mentions", "a username, or me";
    /// Whether it is pinned.
    Pinned = "pinned", "true or false";
    /// Sent before a day, month or year.
    Before = "before", "a date such as 2026-11-28, 2026-11 or 2026";
    /// Sent after a day, month or year.
    After = "after", "a date such as 2026-11-28, 2026-11 or 2026";
    /// Sent on a day, in a month or year.
    During = "during", "a date such as 2026-11-28, 2026-11 or 2026";
}

impl Filter {
    fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|filter| filter.as_str().eq_ignore_ascii_case(text))
    }

    fn refused<T>(self) -> Result<T> {
        Err(Error::Invalid { field: Field::Query, problem: Problem::Filter { filter: self } })
    }
}

impl SearchQuery {
    /// Reads what was typed, with days that begin at midnight `offset_minutes` east of UTC.
    ///
    /// # Errors
    /// [`Error::Invalid`] of [`Field::Query`]: empty, longer than [`limits::SEARCH_CHARS`], more than
    /// [`limits::SEARCH_PARTS`] parts, or a filter with a value that makes no sense. [`Error::Malformed`] for an offset
    /// that no place on Earth has.
    pub fn parse(text: &str, offset_minutes: i32) -> Result<Self> {
        let invalid = |problem| Err(Error::Invalid { field: Field::Query, problem });
        if !(-limits::OFFSET_MINUTES..=limits::OFFSET_MINUTES).contains(&offset_minutes) {
            return Err(Error::Malformed);
        }
        if text.chars().nth(limits::SEARCH_CHARS).is_some() {
            return invalid(Problem::TooLong { max: limits::SEARCH_CHARS });
        }
        let mut words = Words { rest: text };
        let mut query = Self::default();
        let mut parts = 0;
        while let Some(word) = words.next() {
            parts += 1;
            if parts > limits::SEARCH_PARTS {
                return invalid(Problem::TooMany { max: limits::SEARCH_PARTS });
            }
            let Some((filter, value)) = word.filter() else {
                query.terms.push(word.text.to_owned());
                continue;
            };
            let value = if value.is_empty() { words.next_value() } else { value };
            query.add(filter, value.trim(), offset_minutes)?;
        }
        if parts == 0 { invalid(Problem::Empty) } else { Ok(query) }
    }

    /// Whether there is no filter in it.
    pub fn is_text(&self) -> bool {
        Self { terms: Vec::new(), ..self.clone() } == Self::default()
    }

    fn add(&mut self, filter: Filter, value: &str, offset_minutes: i32) -> Result<()> {
        if value.is_empty() {
            return filter.refused();
        }
        match filter {
            Filter::From => self.from.push(person(filter, value)?),
            Filter::Mentions => self.mentions.push(person(filter, value)?),
            Filter::In => match mention(value, "<#").and_then(|id| id.parse().ok()) {
                Some(id) => self.places.push(Place::Id(id)),
                None => self.places.push(Place::Named(value.trim_start_matches('#').to_lowercase())),
            },
            Filter::Has => match Has::from_text(&value.to_ascii_lowercase()) {
                Some(has) => self.has.push(has),
                None => return filter.refused(),
            },
            Filter::Pinned => match value.to_ascii_lowercase().as_str() {
                "true" | "yes" => self.pinned = Some(true),
                "false" | "no" => self.pinned = Some(false),
                _ => return filter.refused(),
            },
            Filter::Before | Filter::After | Filter::During => {
                let Some((begin, end)) = period(value, offset_minutes) else { return filter.refused() };
                let since = match filter {
                    Filter::Before => None,
                    Filter::After => Some(end),
                    _ => Some(begin),
                };
                let before = match filter {
                    Filter::Before => Some(begin),
                    Filter::After => None,
                    _ => Some(end),
                };
                self.since = self.since.max(since);
                self.before = [self.before, before].into_iter().flatten().min();
            }
        }
        Ok(())
    }
}

fn person(filter: Filter, value: &str) -> Result<Person> {
    if value.eq_ignore_ascii_case("me") {
        return Ok(Person::Me);
    }
    if let Some(id) = mention(value, "<@").and_then(|id| id.trim_start_matches('!').parse().ok()) {
        return Ok(Person::Id(id));
    }
    match Username::parse(value.trim_start_matches('@')) {
        Ok(name) => Ok(Person::Named(name)),
        Err(_) => filter.refused(),
    }
}

fn mention<'t>(value: &'t str, opening: &str) -> Option<&'t str> {
    value.strip_prefix(opening)?.strip_suffix('>')
}

/// Begin and end of a day, a month or a year.
fn period(value: &str, offset_minutes: i32) -> Option<(Timestamp, Timestamp)> {
    let number = |text: &str, digits: usize| -> Option<i64> {
        (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let mut parts = value.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map(|text| number(text, 2)).map_or(Some(None), |n| n.map(Some))?;
    let day = parts.next().map(|text| number(text, 2)).map_or(Some(None), |n| n.map(Some))?;
    if parts.next().is_some() || month.is_some_and(|month| !(1..=12).contains(&month)) {
        return None;
    }
    let first = |year: i64, month: i64| days_from_civil(year, month as u8, 1);
    let (begin, end) = match (month, day) {
        (None, _) => (first(year, 1), first(year + 1, 1)),
        (Some(12), None) => (first(year, 12), first(year + 1, 1)),
        (Some(month), None) => (first(year, month), first(year, month + 1)),
        (Some(month), Some(day)) => {
            let (begin, end) = (first(year, month), first(year + month / 12, month % 12 + 1));
            let date = begin + day - 1;
            if !(begin..end).contains(&date) {
                return None;
            }
            (date, date + 1)
        }
    };
    let at = |days: i64| Timestamp::from_millis(days * DAY_MS - i64::from(offset_minutes) * 60_000);
    Some((at(begin), at(end)))
}

/// A part of the line: without its quotes, and whether it began with one.
#[derive(Debug, Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    is_quoted: bool,
}

impl<'t> Word<'t> {
    /// The filter this is, with what stands behind its colon, which may be nothing.
    fn filter(self) -> Option<(Filter, &'t str)> {
        if self.is_quoted {
            return None;
        }
        let (name, value) = self.text.split_once(':')?;
        let filter = Filter::from_text(name)?;
        Some((filter, value.strip_prefix(is_quote).map_or(value, |inner| inner.trim_end_matches(is_quote))))
    }
}

/// Phones and word processors write curly ones unasked.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

/// Control characters too: what is pasted may have line ends or worse in it, which nobody means.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

struct Words<'t> {
    rest: &'t str,
}

impl<'t> Words<'t> {
    /// What stands behind a filter's colon and blanks.
    fn next_value(&mut self) -> &'t str {
        let before = self.rest;
        match self.next() {
            // `from: has:link` misses its value; the next filter is not it.
            Some(word) if word.filter().is_some() => {
                self.rest = before;
                ""
            }
            Some(word) => word.text,
            None => "",
        }
    }

    fn take(&mut self, end: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = Word<'t>;

    fn next(&mut self) -> Option<Word<'t>> {
        loop {
            self.rest = self.rest.trim_start_matches(is_gap);
            let first = self.rest.chars().next()?;
            if is_quote(first) {
                self.take(first.len_utf8());
                // A quote that does not end goes as far as the line.
                let end = self.rest.find(is_quote).unwrap_or(self.rest.len());
                let text = self.take(end);
                self.take(self.rest.chars().next().map_or(0, char::len_utf8));
                if text.chars().all(is_gap) {
                    continue;
                }
                return Some(Word { text, is_quoted: true });
            }
            let end = self.rest.find(|c| is_gap(c) || is_quote(c)).unwrap_or(self.rest.len());
            let opens = self.rest.get(end..).and_then(|rest| rest.chars().next()).filter(|c| is_quote(*c));
            // `in:"off topic"` is one word.
            let name = self.rest.get(..end).and_then(|head| head.strip_suffix(':'));
            let end = match (opens, name.and_then(Filter::from_text)) {
                (Some(quote), Some(_)) => {
                    let inner = end + quote.len_utf8();
                    let closing = self.rest.get(inner..).and_then(|rest| {
                        rest.char_indices()
                            .find(|(_, c)| is_quote(*c))
                            .map(|(at, c)| inner + at + c.len_utf8())
                    });
                    closing.unwrap_or(self.rest.len())
                }
                _ => end,
            };
            return Some(Word { text: self.take(end), is_quoted: false });
        }
    }
}
