//! Server functions: who is calling → the action → its result. One file per noun, nothing decided here. And what the
//! two halves do differently for all of `app`: [`once`], [`follower`].

use std::future::Future;

use leptos::prelude::*;
use leptos::server::codee::{Decoder, Encoder};
use leptos::server_fn::codec::Post;
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use protocol::Error;
use protocol::json::{self, Unreadable};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub mod accounts;
pub mod attachments;
pub mod channels;
pub mod dms;
pub mod document;
pub mod guilds;
pub mod inbox;
pub mod invites;
pub mod messages;
pub mod pages;
pub mod pins;
pub mod plain_forms;
pub mod previews;
pub mod reactions;
pub mod search;
pub mod threads;

#[cfg(feature = "ssr")]
pub mod caller;
#[cfg(feature = "ssr")]
pub mod form_files;

/// A refused call: [`protocol::Error`] in the shape the framework wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal(pub Error);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl FromServerFnError for Refusal {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        // The framework's own texts name functions and types; people get ours.
        let error = match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Error::Disconnected,
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Error::Malformed,
            _ => Error::Internal,
        };
        // Left alone, the framework answers 500 also for a body that cannot be read.
        #[cfg(feature = "ssr")]
        caller::set_status(&error);
        Self(error)
    }
}

/// JSON as the framework's own, read with [`protocol::json`] by answers and by what comes along with a page: a second
/// reader for every type is a second copy of it to download.
pub struct JsonText;

/// Answers of server functions.
pub type JsonAnswer = Post<JsonText>;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = Unreadable;

    fn decode(bytes: Bytes) -> Result<T, Unreadable> {
        json::read(std::str::from_utf8(&bytes).map_err(|_| Unreadable)?)
    }
}

impl<T: Serialize> Encoder<T> for JsonText {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value).map(|text| quoted_otherwise(&text))
    }
}

impl<T: DeserializeOwned> Decoder<T> for JsonText {
    type Error = Unreadable;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, Unreadable> {
        json::read(&quoted_otherwise(text))
    }
}

/// A text with its double and single quotes exchanged; twice, and it is as before. A page carries JSON inside a string
/// of a script, where each double quote takes a backslash and the time to write it.
fn quoted_otherwise(text: &str) -> String {
    let other = |byte| match byte {
        b'"' => b'\'',
        b'\'' => b'"',
        byte => byte,
    };
    // Both are ASCII: what was UTF-8 stays UTF-8.
    String::from_utf8(text.bytes().map(other).collect()).unwrap_or_default()
}

/// What a page waits for before it is sent, and finds in itself when it is taken over.
pub fn once<T>(answer: impl Future<Output = T> + Send + 'static) -> OnceResource<T, JsonText>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    OnceResource::new_with_options(answer, false)
}

/// What every server function answers.
pub type Answer<T> = Result<T, Refusal>;

/// A value that follows others, in a view that is there many times: passed on when it is another one.
///
/// A page on the backend is written once, and what is read there once or twice is computed when it is read. To keep it
/// costs more than that, and was a tenth of a page's time.
#[cfg(not(feature = "ssr"))]
pub type Follower<T> = Memo<T>;
/// A value that follows others, in a view that is there many times; on the backend computed when it is read.
#[cfg(feature = "ssr")]
pub type Follower<T> = Signal<T>;

/// See [`Follower`].
pub fn follower<T: PartialEq + Send + Sync + 'static>(
    value: impl Fn() -> T + Send + Sync + 'static,
) -> Follower<T> {
    #[cfg(not(feature = "ssr"))]
    let follower = Memo::new(move |_| value());
    #[cfg(feature = "ssr")]
    let follower = Signal::derive(value);
    follower
}

#[cfg(test)]
mod tests {
    use leptos::server::codee::{Decoder, Encoder};

    use super::JsonText;

    #[test]
    fn what_comes_along_with_a_page_is_read_as_it_was_written() {
        for words in ["plain", "it's \"quoted\"", "\\'\\\"", "ünï'cödé \u{1f600} \u{2028}", "</script>", ""]
        {
            let written = <JsonText as Encoder<Vec<String>>>::encode(&vec![words.to_owned()]).unwrap();
            assert!(!written.contains('"') || words.contains('\''), "{written}");
            let read: Vec<String> = <JsonText as Decoder<Vec<String>>>::decode(&written).unwrap();
            assert_eq!(read, [words]);
        }
    }
}
