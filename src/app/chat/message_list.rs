//! The messages of a channel: days of rows in a scroller that starts at its end. `reading` moves it.

use leptos::html;
use leptos::prelude::*;
use protocol::MessageId;

use super::closures::{part, text};
use super::context::Chat;
use super::intro::Intro;
use super::menu::{MessageMenu, open_at_pointer};
use super::message_row::MessageRow;
use super::picker::EmojiPicker;
use super::press::Press;
use super::reading::Reading;
use super::toolbar::Toolbar;
use super::{overlay, profile, sending, shortcuts, times};
use crate::app::controls::{Icon, Key, keyed};
use crate::app::store::timeline::{Row, RowKey, Slot, Timeline};
use crate::app::view::view;
use crate::browser::dom::{self, Event, HtmlElement};
use crate::browser::{focus, scroll};

/// Where the toolbar waits while no message has it.
const REST: &str = "toolbar-rest";

/// Timeline with its overlays.
#[component]
pub(super) fn MessageList(
    /// Whose messages.
    timeline: Timeline,
    /// The accessible name of the group of messages.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let scroller = NodeRef::<html::Div>::new();
    let toolbar = NodeRef::<html::Div>::new();
    let reading = Reading::watch(chat, &timeline, scroller);
    let press = Press::new(chat);
    let slots = timeline.slots.clone();
    let days = {
        let slots = slots.clone();
        Memo::new(move |_| {
            slots.with(|slots| {
                let mut days: Vec<i64> = slots.iter().map(|slot| slot.day).collect();
                days.dedup();
                days
            })
        })
    };
    let busy = timeline.busy.clone();
    let jump = jump_pill(chat, &timeline, reading, scroller);
    view! {
        <div class="timeline-frame">
            <div
                node_ref=scroller
                class="timeline"
                role="group"
                aria-label=label
                aria-busy=Signal::derive(move || Some(if busy.get() { "true" } else { "false" }))
                on:scroll=move |_| reading.look_soon()
                on:mouseover=move |event| lend_toolbar(chat, toolbar, &event)
                on:focusin=move |event| {
                    reading.focused(message_at(&event).map(|(id, _)| id));
                    lend_toolbar(chat, toolbar, &event);
                }
                // Without a place it went to, it has gone with its element, or the window has lost it.
                on:focusout=move |event| {
                    if event.related_target().is_some() {
                        reading.focused(None);
                    }
                }
                on:mouseleave=move |_| put_toolbar_away(chat, toolbar)
                on:click=move |event| {
                    profile::pressed(chat, &event);
                    overlay::pressed(chat, &event);
                }
                on:contextmenu=move |event| open_at_pointer(chat, &event)
                on:keydown=move |event| shortcuts::in_timeline(chat, &event)
                on:pointerdown=move |event| {
                    reading.focused(None);
                    press.down(&event);
                }
                on:pointermove=move |event| press.moved(&event)
                on:pointerup=move |_| press.end()
                on:pointercancel=move |_| press.end()
            >
                <div class="timeline__content">
                    <Intro timeline/>
                    {keyed(move || days.get(), |day| Key::Number(*day), move |day| day_group(chat, day, slots.clone()))}
                </div>
            </div>
            <div class="timeline-frame__bottom">{jump}</div>
            <div id=REST hidden=true><Toolbar element=toolbar/></div>
            <MessageMenu/>
            <EmojiPicker/>
        </div>
    }
}

/// The messages of one day under its date.
fn day_group(chat: Chat, day: i64, slots: ArcRwSignal<Vec<Slot>>) -> AnyView {
    let clock = chat.store().clock.clone();
    let heading = format!("day-{day}");
    let labelled_by = heading.clone();
    let rows = move || {
        slots.with(|slots| {
            slots.iter().filter(|slot| slot.day == day).map(|slot| slot.row.clone()).collect::<Vec<_>>()
        })
    };
    view! {
        <div class="message-day" role="group" aria-labelledby=labelled_by>
            <h2 class="date-divider" id=heading><span>{text(move || times::date_line(day, &clock.get()))}</span></h2>
            {keyed(rows, row_key, |row| view! { <MessageRow row/> })}
        </div>
    }
}

fn row_key(row: &Row) -> Key {
    match &row.key {
        RowKey::Message(id) => Key::Number(id.get()),
        RowKey::Own(nonce) => Key::Text(nonce.clone()),
    }
}

/// What came while the reader was elsewhere, and the way back.
fn jump_pill(chat: Chat, timeline: &Timeline, reading: Reading, scroller: NodeRef<html::Div>) -> AnyView {
    let (channel, unseen) = (timeline.channel, timeline.unseen.clone());
    let state = Memo::new(move |_| (unseen.get(), reading.far()));
    part(move || {
        let (class, words) = match state.get() {
            (0, false) => return None,
            (0, true) => ("jump-pill", "Back to now".to_owned()),
            (1, _) => ("jump-pill jump-pill--new", "1 new message".to_owned()),
            (count, _) => ("jump-pill jump-pill--new", [&count.to_string(), " new messages"].concat()),
        };
        let pill = view! {
            <button
                class=class
                type="button"
                on:click=move |_| sending::to_end(chat, channel)
                // It comes up under a pointer that scrolls.
                on:wheel=move |event| scroller.get_untracked().into_iter().for_each(|all| scroll::turn(&all, &event))
            >
                <Icon name="arrow-down"/>
                {words}
            </button>
        };
        Some(pill)
    })
}

/// The message an event happened in, with its row. Rows that are not sent, or not by a person, have none.
pub(super) fn message_at(event: &Event) -> Option<(MessageId, HtmlElement)> {
    let row = dom::closest(&dom::target(event)?, "article.message[id]:not(.message--system)")?;
    let id = row.id().strip_prefix('m')?.parse().ok()?;
    Some((id, row))
}

/// Moves the one toolbar to the row under the pointer or the focus. It never takes the focus away from itself.
fn lend_toolbar(chat: Chat, toolbar: NodeRef<html::Div>, event: &Event) {
    let (Some((id, row)), Some(toolbar)) = (message_at(event), toolbar.get_untracked()) else { return };
    let is_there = dom::parent(&toolbar).is_some_and(|parent| parent == row);
    let in_use = focus::active().is_some_and(|active| dom::holds(&toolbar, &active));
    if is_there || in_use && event.type_() == "mouseover" {
        return;
    }
    chat.active.set(Some(id));
    dom::move_into(&toolbar, &row);
}

/// Takes the toolbar off the rows, unless the keyboard is in one.
fn put_toolbar_away(chat: Chat, toolbar: NodeRef<html::Div>) {
    let Some(toolbar) = toolbar.get_untracked() else { return };
    let focused = focus::active().zip(dom::parent(&toolbar));
    let in_use = focused.is_some_and(|(active, row)| dom::holds(&row, &active));
    if !in_use && let Some(rest) = focus::by_id(REST) {
        dom::move_into(&toolbar, &rest);
        chat.active.set(None);
    }
}
