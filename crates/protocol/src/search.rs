//! Searching for messages: what is asked, and what is found.
//!
//! A search is a line of text. [`SearchQuery::parse`] reads it, in `query`; the backend finds the messages, and tells with
//! each the pieces of text that were meant, which [`pieces`] finds again in what a page shows.

mod pieces;
mod query;
#[cfg(test)]
mod query_tests;

pub use pieces::{Piece, is_unspaced, pieces};
pub use query::{Filter, Has, Person, Place, SearchQuery};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::entity::Message;
use crate::{ChannelId, GuildId, Id, MessageId};

/// Where is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum SearchScope {
    /// All channels of a guild whose history the searcher may read.
    Guild {
        /// Which.
        guild: GuildId,
    },
    /// One channel of a guild, or a direct conversation.
    Channel {
        /// Which.
        channel: ChannelId,
    },
}

/// What stands first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchOrder {
    /// The newest message.
    #[default]
    Newest,
    /// The message in which the words say most: of the newest [`crate::limits::SEARCH_RANKED`] that have them.
    Relevant,
}

impl SearchOrder {
    /// The value in addresses and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Relevant => "relevant",
        }
    }

    /// From the value in an address or a form; anything else is the default.
    pub fn from_text(text: &str) -> Self {
        if text == Self::Relevant.as_str() { Self::Relevant } else { Self::Newest }
    }
}

/// A search as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Where.
    pub scope: SearchScope,
    /// What, as typed; see [`SearchQuery`].
    pub query: String,
    /// What stands first.
    #[serde(default)]
    pub order: SearchOrder,
    /// How far the searcher's clock is east of UTC, in minutes: their days begin at their midnight. One number for all
    /// days, so a day beyond a change of summer time begins an hour off.
    #[serde(default)]
    pub offset_minutes: i32,
    /// The page after this; none for the first.
    #[serde(default)]
    pub after: Option<SearchCursor>,
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SearchPage {
    /// At most [`crate::limits::SEARCH_PAGE`], in the order that was asked for.
    pub found: Vec<Found>,
    /// Where the next page begins; none after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<SearchCursor>,
    /// Filters that name nobody and nothing the searcher knows, as typed: nothing is found then. Whether there is such
    /// a channel that they cannot see is not told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// As it is now, with what it quotes; without reactions.
    pub message: Message,
    /// What to highlight in it, for [`pieces`]. Each stands in the message exactly so, whatever was typed: `Café` where
    /// somebody looked for `cafe`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<String>,
}

/// Where a page of results ended. Text on the wire and in addresses, `score-id-newest`, of no use but to be sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SearchCursor {
    /// How much the last message said; 0 where the newest stand first.
    pub score: u32,
    /// The last message.
    pub id: MessageId,
    /// The newest message that was there for the first page: what is said meanwhile must not move the others.
    pub newest: MessageId,
}

impl fmt::Display for SearchCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.score, self.id, self.newest)
    }
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

impl FromStr for SearchCursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let mut parts = text.split('-');
        let score = parts.next().and_then(|part| part.parse().ok()).ok_or(NotACursor)?;
        let mut id = || parts.next().and_then(|part| part.parse().ok().and_then(Id::new)).ok_or(NotACursor);
        let (last, newest) = (id()?, id()?);
        if parts.next().is_some() { Err(NotACursor) } else { Ok(Self { score, id: last, newest }) }
    }
}

impl Serialize for SearchCursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SearchCursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = SearchCursor;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a cursor of a search")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<SearchCursor, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::SearchCursor;
    use crate::Id;

    #[test]
    fn a_cursor_travels_as_text_and_nothing_else_is_one() {
        let cursor = SearchCursor { score: 7, id: Id::from_trusted(12), newest: Id::from_trusted(30) };
        assert_eq!(serde_json::to_string(&cursor).unwrap(), r#""7-12-30""#);
        assert_eq!(serde_json::from_str::<SearchCursor>(r#""7-12-30""#).unwrap(), cursor);
        for odd in
            ["", "7", "7-12", "7-12-0", "-7-12-30", "7-12-30-1", "7-12-x", "4294967296-1-1", "7--12-30"]
        {
            assert!(odd.parse::<SearchCursor>().is_err(), "{odd}");
        }
    }
}
