//! The question before a message is deleted. Nobody is asked who holds Shift.

use leptos::prelude::*;

use super::closures::text;
use super::context::Chat;
use super::sending;
use crate::app::controls::Question;
use crate::app::view::view;

/// The dialog, while a message is to be deleted.
#[component]
pub(super) fn DeletionDialog() -> impl IntoView {
    let chat: Chat = expect_context();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(chat.deleting.get().is_some()));
    Effect::new(move |before: Option<bool>| {
        let now = open.get();
        if before == Some(true) && !now {
            chat.deleting.set(None);
        }
        now
    });
    let message = Memo::new(move |_| chat.deleting.get().and_then(|id| untrack(|| chat.message(id))));
    let quote = move || {
        message.get().map(|message| {
            let author = message.author.clone();
            view! {
                <blockquote class="muted">
                    <b><bdi>{text(move || chat.name_of(&author))}</bdi></b>
                    " "
                    <span dir="auto">{chat.excerpt(&message.content)}</span>
                </blockquote>
            }
        })
    };
    let delete = Callback::new(move |()| {
        if let Some(id) = chat.deleting.get_untracked() {
            sending::delete(chat, id);
        }
    });
    view! {
        <Question
            id="delete-message"
            title="Delete message?"
            open
            keep="Cancel"
            act="Delete message"
            acted=delete
        >
            <p>"It will be gone for everybody. This cannot be undone."</p>
            {quote}
        </Question>
    }
}
