//! Forms of server functions. Without script the browser sends them to the page they stand on (`api::plain_forms`);
//! with it they are sent in place. What became of them is shown where they stand.
//!
//! The framework's `ActionForm` does the same with types of its own for every server function. Those were a tenth of
//! all the code a browser had to load; here all forms share one type.

use leptos::context::Provider;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::server_fn::redirect::{REDIRECT_HEADER, call_redirect_hook};
use leptos::task::spawn_local;
use protocol::{Error, json};

use crate::api::plain_forms::{CALL, RefusedForm, refused_form};
use crate::api::{JsonText, Refusal};
use crate::app::controls::Typed;
use crate::app::view::view;
use crate::browser::form::{self, Fields, Reply};

/// The form that brought this page back, until script has taken over.
#[derive(Clone, Copy)]
struct Refused(StoredValue<Option<RefusedForm>>);

/// Lets the forms below the caller know which of them was refused.
pub fn provide_refused_form() {
    // Embedded in the page: both halves have to make the same of it.
    let form = SharedValue::<_, JsonText>::new_with_encoding(refused_form);
    provide_context(Refused(StoredValue::new(form.into_inner())));
}

/// From here on forms are new. Browser only.
pub fn forget_refused_form() {
    if let Some(Refused(form)) = use_context() {
        form.set_value(None);
    }
}

/// Calls of one server function, by forms or by [`Submission::send`], and what became of the last.
#[derive(Debug, Clone, Copy)]
pub struct Submission {
    path: &'static str,
    /// How many calls are on their way.
    waiting: RwSignal<u32>,
    /// How often a call has worked.
    done: RwSignal<u32>,
    outcome: RwSignal<Option<Result<(), Error>>>,
    typed: StoredValue<Typed>,
}

impl Submission {
    /// Nothing sent yet, unless a form without script was refused and this page is the answer.
    pub fn of<S: ServerFn>() -> Self {
        Self::to(S::PATH, None)
    }

    /// The same where a page has several forms of one function: the one whose hidden field has this value. One that
    /// is not there counts as empty.
    pub fn about<S: ServerFn>(name: &str, value: &str) -> Self {
        Self::to(S::PATH, Some((name, value)))
    }

    /// The same for many forms that share one answer: none of them comes back filled in.
    pub fn of_many<S: ServerFn>() -> Self {
        let submission = Self::of::<S>();
        submission.typed.set_value(Typed::default());
        submission
    }

    fn to(path: &'static str, about: Option<(&str, &str)>) -> Self {
        let is_this = |form: &RefusedForm| {
            form.call == path && about.is_none_or(|(name, value)| form.field(name) == value)
        };
        let refused = use_context().and_then(|Refused(form)| form.get_value()).filter(is_this);
        let (outcome, typed) = match refused {
            Some(RefusedForm { error, fields, .. }) => (Some(Err(error)), fields),
            None => (None, Vec::new()),
        };
        Self {
            path,
            waiting: RwSignal::new(0),
            done: RwSignal::new(0),
            outcome: RwSignal::new(outcome),
            typed: StoredValue::new(Typed(typed)),
        }
    }

    /// What a field held when the form was sent without script and refused.
    pub fn typed(self, name: &str) -> Option<String> {
        self.typed.with_value(|typed| typed.field(name))
    }

    /// Whether it was refused before this page was made.
    pub fn came_back(self) -> bool {
        self.outcome.with_untracked(Option::is_some)
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
    json::read(body).map_or(Error::Internal, |Refusal(error)| error)
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
            on:submit=move |event| {
                if event.default_prevented() {
                    return;
                }
                // A form that cannot be read is left to the browser.
                let Some(fields) = Fields::of(&event) else { return };
                event.prevent_default();
                // Once is enough.
                if to.waiting.get_untracked() > 0 {
                    return;
                }
                match check.and_then(|check| check(&fields)) {
                    Some(error) => to.refuse(error),
                    None => to.post(fields),
                }
            }
        >
            <CallField of=to.path/>
            // Not for what stands beside this form.
            <Provider value=to.typed.get_value()>{children()}</Provider>
        </form>
    }
}

/// Names the function a form calls when the browser sends it. For forms that script does not look after; a [`Form`]
/// has one.
#[component]
pub fn CallField(
    /// Its path.
    of: &'static str,
) -> impl IntoView {
    view! { <input type="hidden" name=CALL value=of/> }
}
