//! Changing a message where it stands: Enter saves, Escape leaves it as it was.

use leptos::html;
use leptos::prelude::*;
use protocol::entity::Message;

use super::closures::part;
use super::context::Chat;
use super::sending::{self, Saving};
use super::suggestions::Suggestions;
use crate::app::controls::Icon;
use crate::app::view::view;
use crate::browser::dom::KeyboardEvent;
use crate::browser::focus;

/// The form in place of a message's text. In the browser only: without script there is a form on the page of
/// the message.
#[component]
pub(super) fn Editor(
    /// The message as it is.
    message: Message,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let id = message.id;
    let input = NodeRef::<html::Textarea>::new();
    let saving = Saving::default();
    // The row may have scrolled out of the list and back, or another channel was looked at.
    let kept = chat.edited(id);
    let is_new = kept.is_none();
    let text = kept.unwrap_or_else(|| chat.typed(&message.content));
    chat.keep_edited(id, text.clone());
    let end = u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    let save = move || {
        if let Some(input) = input.get_untracked() {
            sending::save_edit(chat, id, &input.value(), saving);
        }
    };
    Effect::new(move |_| {
        if let Some(input) = input.get().filter(|_| is_new) {
            focus::focus(&input);
            _ = input.set_selection_range(end, end);
        }
    });
    let cancel = move || chat.end_editing(id);
    let suggestions = Suggestions::new(chat, message.channel_id, input, "suggestions-edit");
    view! {
        <form
            class="message__editor"
            aria-label="Edit message"
            on:submit=move |event| {
                event.prevent_default();
                save();
            }
        >
            <div class="composer">
                {suggestions.show()}
                <div class="composer__row">
                    <textarea
                        node_ref=input
                        class="composer__input"
                        rows="1"
                        aria-label="Edit message"
                        prop:value=text
                        prop:readOnly=saving.pending
                        autocomplete="off"
                        aria-autocomplete="list"
                        aria-controls=suggestions.list_id()
                        aria-activedescendant=suggestions.active_id()
                        on:input=move |event| {
                            chat.keep_edited(id, event_target_value(&event));
                            suggestions.typed();
                        }
                        on:click=move |_| suggestions.typed()
                        on:blur=move |_| suggestions.close()
                        on:keydown=move |event| pressed(suggestions, &event, save, cancel)
                    ></textarea>
                </div>
            </div>
            {ways_out(cancel)}
            {part(move || saving.problem.get().map(|error| view! {
                <p class="field__error" role="alert"><Icon name="warning"/><span>{error}</span></p>
            }))}
        </form>
    }
}

fn pressed(suggestions: Suggestions, event: &KeyboardEvent, save: impl Fn(), cancel: impl Fn()) {
    event.stop_propagation();
    if suggestions.pressed(event) {
        return;
    }
    match event.key().as_str() {
        "Enter" if !event.shift_key() && !event.is_composing() => {
            event.prevent_default();
            save();
        }
        "Escape" => cancel(),
        _ => {}
    }
}

fn ways_out(cancel: impl Fn() + 'static) -> AnyView {
    view! {
        <p class="message__state message__state--sentence">
            "Escape "
            <button class="message__state-action" type="button" on:click=move |_| cancel()>"cancels"</button>
            ", Enter "
            <button class="message__state-action" type="submit">"saves"</button>
        </p>
    }
}
