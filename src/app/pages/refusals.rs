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

/// A form whose input the browser checks before it is sent, with the parsers the backend uses too.
pub struct Checked<S>
where
    S: ServerFn<Error = Refusal> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    action: ServerAction<S>,
    found: RwSignal<Option<Error>>,
}

impl<S> Clone for Checked<S>
where
    S: ServerFn<Error = Refusal> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Checked<S>
where
    S: ServerFn<Error = Refusal> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
}

impl<S> Checked<S>
where
    S: ServerFn<Error = Refusal> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    /// Nothing found yet.
    pub fn new(action: ServerAction<S>) -> Self {
        Self { action, found: RwSignal::new(None) }
    }

    /// Checks what is about to be sent, and stops it when something is wrong. A form that cannot be read is
    /// left to the backend.
    pub fn check(
        &self,
        event: &leptos::ev::SubmitEvent,
        form: Option<S>,
        check: impl FnOnce(&S) -> Option<Error>,
    ) {
        let found = form.as_ref().and_then(check);
        if found.is_some() {
            event.prevent_default();
        }
        self.found.set(found);
    }

    /// What was found here, or else what the backend answered.
    pub fn refusal(&self) -> Signal<Option<Error>> {
        let (found, answered) = (self.found, refusal(self.action));
        Signal::derive(move || found.get().or_else(|| answered.get()))
    }
}

/// Runs `done` when a call has worked.
pub fn when_done<S>(action: ServerAction<S>, done: Option<Callback<()>>)
where
    S: ServerFn<Error = Refusal> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let value = action.value();
    Effect::new(move |_| {
        if value.with(|answer| matches!(answer, Some(Ok(_))))
            && let Some(done) = done
        {
            done.run(());
        }
    });
}
