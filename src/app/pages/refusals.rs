//! Why a form was refused, told apart by the field it is about.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use protocol::Error;
use protocol::error::Field;

use crate::api::Refusal;

/// What the last call of an action was refused for. Without script it comes back in the address.
pub fn refusal<S>(action: ServerAction<S>) -> Signal<Option<Error>>
where
    S: ServerFn<Error = Refusal> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let value = action.value();
    Signal::derive(move || {
        value.with(|answer| match answer {
            Some(Err(Refusal(error))) => Some(error.clone()),
            _ => None,
        })
    })
}

/// The sentence for one field.
pub fn about(refusal: Signal<Option<Error>>, field: Field) -> Signal<Option<String>> {
    Signal::derive(move || {
        refusal.with(|error| error.as_ref().filter(|error| error.field() == Some(field)).map(Error::to_string))
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
