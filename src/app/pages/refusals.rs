//! Why a form was refused, told apart by the field it is about.

use leptos::prelude::*;
use protocol::Error;
use protocol::error::Field;

/// The sentence for one field.
pub fn about(refusal: Signal<Option<Error>>, field: Field) -> Signal<Option<String>> {
    Signal::derive(move || {
        refusal
            .with(|error| error.as_ref().filter(|error| error.field() == Some(field)).map(Error::to_string))
    })
}

/// The sentence for the form as a whole: whatever none of its fields shows.
pub fn about_none_of(refusal: Signal<Option<Error>>, fields: &'static [Field]) -> Signal<Option<String>> {
    Signal::derive(move || {
        refusal.with(|error| {
            let shown = |error: &&Error| !error.field().is_some_and(|field| fields.contains(&field));
            error.as_ref().filter(shown).map(Error::to_string)
        })
    })
}
