//! Closures in views, in one type each. A closure that stands in a view by itself has a type of its own, and
//! every such type is a copy of the framework's code for it in what the browser loads.

use leptos::prelude::*;

pub(super) use crate::api::{Follower, follower};

/// A part of a view that changes.
pub(super) fn part(view: impl FnMut() -> Option<AnyView> + Send + 'static) -> AnyView {
    let view: Box<dyn FnMut() -> Option<AnyView> + Send> = Box::new(view);
    view.into_any()
}

/// A text that changes.
pub(super) fn text(text: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(text)
}

/// An attribute that is there while something holds.
pub(super) fn word(
    holds: impl Fn() -> bool + Send + Sync + 'static,
    word: &'static str,
) -> Signal<Option<&'static str>> {
    Signal::derive(move || holds().then_some(word))
}

/// A class or a property that is there while something holds.
pub(super) fn flag(holds: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    Signal::derive(holds)
}
