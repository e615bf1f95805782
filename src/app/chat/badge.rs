//! The mark on whatever has something new: a dot for news, a number for what addresses the person. Hidden words
//! say the same.

use leptos::prelude::*;

use crate::app::view::view;

/// The highest number shown; beyond it nobody counts.
const MOST: u32 = 99;

/// A dot or a number, or nothing.
pub(super) fn badge(is_unread: bool, mentions: u32) -> Option<AnyView> {
    is_unread.then(|| match mentions {
        0 => view! {
            <span class="unread-dot"><span class="visually-hidden">", unread"</span></span>
        },
        1 => number(1, " mention"),
        count => number(count, " mentions"),
    })
}

/// A number with a hidden word for what it counts, which begins with a space.
pub(super) fn number(count: u32, what: &'static str) -> AnyView {
    let shown = if count > MOST { "99+".to_owned() } else { count.to_string() };
    view! {
        <span class="visually-hidden">", "</span>
        <span class="count">{shown}<span class="visually-hidden">{what}</span></span>
    }
}
