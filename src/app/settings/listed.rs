//! Lists that come with the first page, or are fetched when the page was reached without a reload.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;
use protocol::Error;

use crate::api::{Answer, Refusal};

/// A list being shown.
pub(super) type Listed<T> = RwSignal<Option<Result<Vec<T>, Error>>>;

/// Begins with `first` if it came along, and asks for the list otherwise and whenever one of the signals that
/// `changes` reads changes.
pub(super) fn listed<T, C, F>(
    first: Option<Vec<T>>,
    changes: impl Fn() -> C + Send + Sync + 'static,
    ask: impl Fn() -> F + Send + Sync + 'static,
) -> Listed<T>
where
    T: Send + Sync + 'static,
    F: Future<Output = Answer<Vec<T>>> + 'static,
{
    let came_along = first.is_some();
    let list = RwSignal::new(first.map(Ok));
    Effect::new(move |ran: Option<()>| {
        _ = changes();
        if ran.is_none() && came_along {
            return;
        }
        let answer = ask();
        spawn_local_scoped_with_cancellation(async move {
            list.try_set(Some(answer.await.map_err(|Refusal(error)| error)));
        });
    });
    list
}
