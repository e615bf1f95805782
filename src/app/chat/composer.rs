//! The message box: a form first. Enter sends, Shift+Enter breaks the line. Drafts are kept per channel.

use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use protocol::{ChannelId, limits};

use super::closures::{part, text};
use super::context::Chat;
use super::sending;
use super::suggestions::Suggestions;
use super::taking::Taking;
use super::tray::tray;
use super::typing::Typing;
use crate::api::messages::SendMessage;
use crate::app::controls::{Icon, initial_text};
use crate::app::form::{CallField, Submission};
use crate::app::view::view;
use crate::browser::dom::{HtmlTextAreaElement, KeyboardEvent};
use crate::browser::listener::Listener;
use crate::browser::{focus, storage, time};

/// Where messages are written, or why they cannot be.
#[component]
pub(super) fn Composer(
    /// Where they go.
    channel: ChannelId,
    /// The box's accessible name and placeholder.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let may_send = Memo::new(move |_| chat.may_send(channel));
    let over = RwSignal::new(0_usize);
    view! {
        <div class="composer-dock">
            {part(move || Some(if may_send.get() {
                view! { <MessageForm channel label over/> }
            } else {
                view! {
                    <div class="composer composer--locked">
                        <Icon name="lock"/>
                        <span>"You can read here, but not write."</span>
                    </div>
                }
            }))}
            <div class="composer-foot">
                <Typing channel/>
                <span class="no-script">"Live updates are off. Reload to see new messages."</span>
                {part(move || {
                    let over = over.get();
                    (over > 0).then(|| view! {
                        <span class="composer-foot__limit--over" role="status">
                            {["−", &over.to_string(), " characters"].concat()}
                        </span>
                    })
                })}
            </div>
        </div>
    }
}

/// The form. What is typed stays in the page's own textarea; the draft is a copy.
#[component]
fn MessageForm(channel: ChannelId, label: Signal<String>, over: RwSignal<usize>) -> impl IntoView {
    let chat: Chat = expect_context();
    let input = NodeRef::<html::Textarea>::new();
    let (problem, first) = problem(chat, channel);
    let told_at = StoredValue::new(0_i64);
    let changed = move |text: &str| {
        storage::set_draft(chat.store().my_id(), channel, text);
        over.set(excess(text));
        problem.set(None);
        tell_typing(chat, channel, told_at, text);
    };
    let submit = move || {
        let Some(input) = input.get_untracked() else { return };
        if input.value().trim().is_empty() && !chat.files().any_in(channel) {
            return;
        }
        match sending::send(chat, channel, &input.value()) {
            Ok(()) => {
                input.set_value("");
                changed("");
            }
            Err(error) => problem.set(Some(error.to_string())),
        }
    };
    keep_draft(chat, channel, input, over);
    let taking = Taking::new(chat, channel, problem);
    view! {
        <form
            class="composer"
            method="post"
            enctype="multipart/form-data"
            aria-label="New message"
            novalidate=chat.interactive
            class:composer--drop=taking.over
            on:paste=move |event| taking.paste(&event)
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            {part(move || chat.replying.get().map(|message| reply_context(chat, &message)))}
            {part(move || problem.get().map(|problem| view! {
                <p class="composer__context" role="alert"><Icon name="warning"/><span>{problem}</span></p>
            }))}
            <CallField of=SendMessage::PATH/>
            <input type="hidden" name="channel_id" value=channel.to_string()/>
            <input type="hidden" name="next" value=chat.channel_path(channel)/>
            {tray(chat, channel)}
            {taking.hint()}
            <div class="composer__row">
                {taking.input()}
                {text_box(chat, channel, input, label, first, changed, submit)}
                {send_button()}
            </div>
        </form>
    }
}

/// The box itself, with the list of what can be meant over it.
fn text_box(
    chat: Chat,
    channel: ChannelId,
    input: NodeRef<html::Textarea>,
    label: Signal<String>,
    first: String,
    changed: impl Fn(&str) + 'static,
    submit: impl Fn() + 'static,
) -> AnyView {
    let suggestions = Suggestions::new(chat, channel, input, "suggestions");
    view! {
        {suggestions.show()}
        <textarea
            node_ref=input
            class="composer__input"
            id="composer"
            name="content"
            rows="1"
            enterkeyhint="send"
            aria-label=label
            placeholder=label
            autocomplete="off"
            aria-autocomplete="list"
            aria-controls=suggestions.list_id()
            aria-activedescendant=suggestions.active_id()
            on:input=move |event| {
                changed(&event_target_value(&event));
                suggestions.typed();
            }
            on:click=move |_| suggestions.typed()
            on:blur=move |_| suggestions.close()
            on:keydown=move |event| {
                if !suggestions.pressed(&event) {
                    pressed(chat, channel, input, &event, &submit);
                }
            }
        >{initial_text(first)}</textarea>
    }
}

/// The box keeps the focus: a telephone would put its keyboard away after every message.
fn send_button() -> AnyView {
    view! {
        <button
            class="icon-button composer__send"
            type="submit"
            aria-label="Send message"
            on:mousedown=move |event| event.prevent_default()
        >
            <Icon name="send" class="icon--mirror"/>
        </button>
    }
}

/// Why a message that was sent without script was refused, and its text. One that answers another stands with that.
fn refused_message() -> (RwSignal<Option<String>>, String) {
    let refused = Submission::about::<SendMessage>("reply_to", "");
    let problem = refused.refusal().get_untracked().map(|error| error.to_string());
    (RwSignal::new(problem), refused.typed("content").unwrap_or_default())
}

/// Brings back what was being written here, and what could not be sent.
fn keep_draft(chat: Chat, channel: ChannelId, input: NodeRef<html::Textarea>, over: RwSignal<usize>) {
    let me = chat.store().my_id();
    Effect::new(move |_| {
        let Some(input) = input.get() else { return };
        let Some(draft) = storage::draft(me, channel) else { return };
        // Whoever typed before the page was interactive goes on, behind what they had left here.
        let typed = input.value();
        if !typed.contains(&draft) {
            let text = if typed.is_empty() { draft } else { [draft, typed].join("\n") };
            input.set_value(&text);
            storage::set_draft(me, channel, &text);
            over.set(excess(&text));
        }
    });
    // Another tab wrote on, or sent it: a box that shows the same follows, so that nothing is sent twice.
    Effect::new(move |_: Option<Listener>| {
        Listener::new("storage", move |event| {
            let changed = storage::changed_draft(&event, me, channel);
            if let (Some(input), Some((before, now))) = (input.get_untracked(), changed)
                && input.value() == before
            {
                input.set_value(&now);
                over.set(excess(&now));
            }
        })
    });
    Effect::new(move |_| {
        let Some(text) = chat.composing.get() else { return };
        chat.composing.set(None);
        if let Some(input) = input.get_untracked() {
            let before = input.value();
            input.set_value(&if before.is_empty() { text } else { [before, text].join("\n") });
            storage::set_draft(me, channel, &input.value());
            focus::focus(&input);
        }
    });
}

/// Characters too many.
fn excess(text: &str) -> usize {
    text.chars().count().saturating_sub(limits::CONTENT_CHARS)
}

/// What is wrong with what is being written, and what the box holds: that of a plain form which was refused. Whoever is
/// answering a message that is deleted meanwhile is told, and goes on without it.
fn problem(chat: Chat, channel: ChannelId) -> (RwSignal<Option<String>>, String) {
    let (problem, first) = refused_message();
    Effect::new(move |_| {
        let Some(timeline) = chat.store().timeline(channel) else { return };
        let deleted = timeline.deleted.get();
        let answered = chat.replying.with_untracked(|message| message.as_ref().map(|message| message.id));
        if answered.is_some() && answered == deleted {
            chat.answer(channel, None);
            problem.set(Some("The message you were answering was deleted. Your text is kept.".to_owned()));
        }
    });
    (problem, first)
}

/// Tells the others that somebody is writing, at most once in a while, and anew after each message.
fn tell_typing(chat: Chat, channel: ChannelId, told_at: StoredValue<i64>, text: &str) {
    if text.is_empty() {
        told_at.set_value(0);
    }
    let now = time::now_ms();
    if text.trim().is_empty() || now - told_at.get_value() < i64::from(limits::TYPING_EVERY_MS) {
        return;
    }
    told_at.set_value(now);
    chat.live().typing(channel);
}

fn reply_context(chat: Chat, message: &protocol::entity::Message) -> AnyView {
    let (author, channel) = (message.author.clone(), message.channel_id);
    view! {
        <div class="composer__context">
            <Icon name="reply" class="icon--mirror"/>
            <span class="truncate">"Replying to " <b><bdi>{text(move || chat.name_of(&author))}</bdi></b></span>
            <button
                class="icon-button icon-button--small"
                type="button"
                aria-label="Stop replying"
                on:click=move |_| chat.answer(channel, None)
            >
                <Icon name="close"/>
            </button>
        </div>
    }
}

fn pressed(
    chat: Chat,
    channel: ChannelId,
    input: NodeRef<html::Textarea>,
    event: &KeyboardEvent,
    submit: &impl Fn(),
) {
    let is_empty = |input: HtmlTextAreaElement| input.value().is_empty();
    match event.key().as_str() {
        // While a character is being composed (Japanese, Chinese), Enter chooses it.
        "Enter" if !event.shift_key() && !event.is_composing() => {
            event.prevent_default();
            submit();
        }
        "ArrowUp" if !has_modifier(event) && input.get_untracked().is_some_and(is_empty) => {
            let store = chat.store();
            let last = store.timeline(channel).and_then(|timeline| timeline.last_own(store.my_id()));
            if let Some(message) = last {
                event.prevent_default();
                chat.edit(message.id);
            }
        }
        "Escape" => {
            if chat.replying.with_untracked(Option::is_some) {
                chat.answer(channel, None);
            } else {
                sending::read_to_end(chat, channel);
            }
        }
        _ => {}
    }
}

fn has_modifier(event: &KeyboardEvent) -> bool {
    event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key()
}
