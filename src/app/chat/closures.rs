//! Closures in views, in one type each. A closure that stands in a view by itself has a type of its own, and
//! every such type is a copy of the framework's code for it in what the browser loads.

use leptos::prelude::*;

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

/// A value of a row that follows others and is passed on when it is another one.
#[cfg(not(feature = "ssr"))]
pub(super) type Follower<T> = Memo<T>;

/// A page on the backend is written once: what is read there once or twice is computed when it is read. Keeping it
/// as a memo costs more than that, and was a tenth of a page's time.
#[cfg(feature = "ssr")]
pub(super) type Follower<T> = Signal<T>;

/// See [`Follower`].
pub(super) fn follower<T: PartialEq + Send + Sync + 'static>(
    value: impl Fn() -> T + Send + Sync + 'static,
) -> Follower<T> {
    #[cfg(not(feature = "ssr"))]
    let follower = Memo::new(move |_| value());
    #[cfg(feature = "ssr")]
    let follower = Signal::derive(value);
    follower
}
