//! Forms of server functions. Without script the browser sends them; with it they are sent in place, and what became
//! of them is shown where they stand.
//!
//! The framework's `ActionForm` does the same with types of its own for every server function. Those were a tenth of
//! all the code a browser had to load; here all forms share one type.

use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use leptos::server_fn::redirect::{REDIRECT_HEADER, call_redirect_hook};
use leptos::task::spawn_local;
use protocol::Error;

use crate::api::Refusal;
use crate::browser::form::{self, Fields, Reply};

/// Calls of one server function, by forms or by [`Submission::send`], and what became of the last.
#[derive(Debug, Clone, Copy)]
pub struct Submission {
    path: &'static str,
    /// How many calls are on their way.
    waiting: RwSignal<u32>,
    /// How often a call has worked.
    done: RwSignal<u32>,
    outcome: RwSignal<Option<Result<(), Error>>>,
}

impl Submission {
    /// Nothing sent yet, unless a form without script was refused: then the address of the page says why.
    pub fn of<S: ServerFn>() -> Self {
        Self::to(S::PATH)
    }

    fn to(path: &'static str) -> Self {
        let refused = use_context::<ServerActionError>()
            .filter(|refused| refused.path() == path)
            .map(|refused| ServerFnUrlError::<Refusal>::decode_err(refused.err()))
            .map(|Refusal(error)| Err(error));
        Self { path, waiting: RwSignal::new(0), done: RwSignal::new(0), outcome: RwSignal::new(refused) }
    }

    /// Whether an answer is awaited.
    pub fn pending(self) -> Signal<bool> {
        Signal::derive(move || self.waiting.get() > 0)
    }

    /// How often a call has worked: changes with each that does.
    pub fn done(self) -> Signal<u32> {
        self.done.into()
    }

    /// Whether the last call worked.
    pub fn worked(self) -> Signal<bool> {
        Signal::derive(move || self.outcome.with(|outcome| matches!(outcome, Some(Ok(())))))
    }

    /// What the last call was refused for, here or by the backend.
    pub fn refusal(self) -> Signal<Option<Error>> {
        Signal::derive(move || self.outcome.with(|outcome| outcome.clone().and_then(Result::err)))
    }

    /// Runs `then` each time a call has worked.
    pub fn when_done(self, then: Option<Callback<()>>) {
        let Some(then) = then else { return };
        Effect::new(move |_| {
            if self.done.get() > 0 {
                then.run(());
            }
        });
    }

    /// Calls with fields that no form holds. Browser only.
    pub fn send(self, fields: &[(&str, &str)]) {
        // Fails in no browser: there is nothing in it that could be refused.
        if let Some(fields) = Fields::with(fields) {
            self.post(fields);
        }
    }

    fn refuse(self, error: Error) {
        // The page may have been left.
        self.outcome.try_set(Some(Err(error)));
    }

    fn post(self, fields: Fields) {
        self.waiting.update(|waiting| *waiting += 1);
        spawn_local(async move {
            let reply = form::post(self.path, fields, REDIRECT_HEADER).await;
            self.waiting.try_update(|waiting| *waiting = waiting.saturating_sub(1));
            match reply {
                None => self.refuse(Error::Disconnected),
                Some(Reply { status: 400.., body, .. }) => self.refuse(refusal_in(&body)),
                Some(Reply { location, .. }) => {
                    if let Some(location) = location {
                        call_redirect_hook(&location);
                    }
                    self.outcome.try_set(Some(Ok(())));
                    self.done.try_update(|done| *done += 1);
                }
            }
        });
    }
}

/// The error a refused call answers; a proxy in between answers something else.
fn refusal_in(body: &str) -> Error {
    serde_json::from_str(body).map_or(Error::Internal, |Refusal(error)| error)
}

/// What is wrong with what somebody filled in, found with the parsers that the backend uses too.
pub type Check = fn(&Fields) -> Option<Error>;

/// A form. A `submit` event whose default was prevented is left to whoever prevented it.
#[component]
pub fn Form(
    /// What it calls.
    to: Submission,
    /// Runs before anything is sent: what it finds is shown, and nothing is sent.
    #[prop(optional)]
    check: Option<Check>,
    /// The inputs, named after the server function's arguments.
    children: Children,
) -> impl IntoView {
    view! {
        <form
            method="post"
            action=to.path
            on:submit=move |event| {
                if event.default_prevented() {
                    return;
                }
                // A form that cannot be read is left to the browser.
                let Some(fields) = Fields::of(&event) else { return };
                event.prevent_default();
                match check.and_then(|check| check(&fields)) {
                    Some(error) => to.refuse(error),
                    None => to.post(fields),
                }
            }
        >
            {children()}
        </form>
    }
}
