//! Server functions: who is calling → the action → its result. One file per noun, nothing decided here.

use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use protocol::Error;
use serde::{Deserialize, Serialize};

pub mod accounts;
pub mod channels;
pub mod dms;
pub mod document;
pub mod guilds;
pub mod invites;
pub mod messages;
pub mod pages;

#[cfg(feature = "ssr")]
pub mod caller;

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
    type Encoder = JsonEncoding;

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

/// What every server function answers.
pub type Answer<T> = Result<T, Refusal>;
