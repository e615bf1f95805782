//! Parts of the interface that the browser fetches when they are first needed.
//!
//! Such a part is one function with `#[wasm_split]`. Whatever only that function reaches is in a file of its own, which
//! calling it fetches first; so the call is a future, ready at once where the file has arrived before. On the backend
//! everything is there.

use std::future::Future;
use std::pin::Pin;

use futures_util::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;

use super::controls::{EmptyState, Spinner};
use super::pages::current_path;
use crate::app::view::view;

/// What a part's function answers, or its fetching alone.
pub type Arriving<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// Fetches the file of a part. Asking again costs nothing once it is here.
pub type Fetch = fn() -> Arriving<()>;

/// Why a part is not here. After an update the file of the earlier version is gone, and only a new page helps.
pub const NOT_FETCHED: &str =
    "The connection dropped, or there is a new version. For a new version, reload the page.";

/// How far the file of a part is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fetched {
    Waiting,
    Here,
    Failed,
}

/// Calls `then` with whether the part is here: now, where it is.
pub fn when_here(fetch: Fetch, then: impl FnOnce(bool) + 'static) {
    if let Some(outcome) = fetch().now_or_never() {
        return then(outcome.is_ok());
    }
    spawn_local(async move { then(fetch().await.is_ok()) });
}

/// A view out of a part that is here; nothing where it is not.
pub fn here(view: Arriving<AnyView>) -> Option<AnyView> {
    view.now_or_never()?.ok()
}

/// What stands around the word that a part is on its way, or has not arrived.
pub type Frame = fn(AnyView) -> AnyView;

/// A page of its own.
pub fn as_page(content: AnyView) -> AnyView {
    view! { <main class="page page--plain" id="conversation" tabindex="-1">{content}</main> }
}

/// Nothing: it stands where the part will.
pub fn in_place(content: AnyView) -> AnyView {
    content
}

/// Shows what is in a part, and as long as it is on its way that it is.
pub fn later(fetch: Fetch, frame: Frame, show: impl Fn() -> Arriving<AnyView> + Send + 'static) -> AnyView {
    let fetched = RwSignal::new(Fetched::Waiting);
    let again = move || {
        fetched.set(Fetched::Waiting);
        when_here(fetch, move |is_here| {
            // Whoever wanted to see it may be gone.
            _ = fetched.try_set(if is_here { Fetched::Here } else { Fetched::Failed });
        });
    };
    again();
    if fetched.get_untracked() == Fetched::Here {
        return here(show()).into_any();
    }
    (move || match fetched.get() {
        Fetched::Waiting => frame(view! { <Waiting/> }),
        // Made here and not where it is fetched: here is its context.
        Fetched::Here => here(show()).into_any(),
        Fetched::Failed => frame(view! { <Unfetched again/> }),
    })
    .into_any()
}

/// Says that a part is on its way.
#[component]
fn Waiting() -> impl IntoView {
    view! {
        <p class="arriving muted with-icon" role="status"><Spinner/>"Loading"</p>
    }
}

/// Says that a part did not arrive.
#[component]
fn Unfetched(
    /// Tries once more.
    again: impl Fn() + Send + 'static,
) -> impl IntoView {
    view! {
        <EmptyState icon="offline" title="This could not be loaded" text=NOT_FETCHED>
            <button type="button" class="button button--primary" on:click=move |_| again()>"Try again"</button>
            <a class="button button--ghost" href=current_path() rel="external">"Reload the page"</a>
        </EmptyState>
    }
}
