//! Following the reader through a timeline: fetches further pages, holds what they look at where it is, goes
//! where the address points, marks as read what they have seen.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use protocol::MessageId;
use protocol::snapshot::Anchor;

use super::context::{Chat, Screen};
use super::sending;
use super::settling::focus_composer;
use crate::app::store::Stage;
use crate::app::store::timeline::Timeline;
use crate::browser::dom::HtmlElement;
use crate::browser::listener::Listener;
use crate::browser::{focus, scroll};

/// Pixels from an edge at which the next page is fetched: before anybody sees the edge.
const AHEAD: i32 = 600;
/// Pixels from the end that still count as being there.
const NEAR_END: i32 = 40;
/// How long the end has to be in view to count as read.
const READ_AFTER: Duration = Duration::from_millis(300);

/// A reader in a timeline. A handle; copies share it.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    chat: Chat,
    timeline: StoredValue<Timeline>,
    scroller: NodeRef<html::Div>,
    held: StoredValue<Option<scroll::Anchor>>,
    is_far: RwSignal<bool>,
    looks_soon: StoredValue<bool>,
    reads_soon: StoredValue<bool>,
    went_to: StoredValue<Option<MessageId>>,
    focused: StoredValue<Option<MessageId>>,
}

impl Reading {
    /// Begins to follow.
    pub(super) fn watch(chat: Chat, timeline: &Timeline, scroller: NodeRef<html::Div>) -> Self {
        let reading = Self {
            chat,
            timeline: StoredValue::new(timeline.clone()),
            scroller,
            held: StoredValue::new(None),
            is_far: RwSignal::new(false),
            looks_soon: StoredValue::new(false),
            reads_soon: StoredValue::new(false),
            went_to: StoredValue::new(None),
            focused: StoredValue::new(None),
        };
        let (slots, stage) = (timeline.slots.clone(), timeline.stage.clone());
        // Rows came or went: after they are drawn, what was in view goes back to where it was.
        Effect::new(move |_| {
            slots.track();
            stage.track();
            chat.target();
            request_animation_frame(move || {
                reading.hold();
                reading.keep_focus();
                reading.go_to_target();
                reading.look();
            });
        });
        // Back from a message to the channel itself: what is new is at its end.
        let channel = timeline.channel;
        Effect::new(move |before: Option<Option<MessageId>>| {
            let target = chat.target();
            let is_here = chat.screen.get_untracked() == Screen::Channel(channel);
            if target.is_none() && before.flatten().is_some() && is_here {
                sending::to_end(chat, channel);
            }
            target
        });
        Effect::new(move |before: Option<u32>| {
            let count = chat.to_end.get();
            if before.is_some_and(|before| before != count) {
                request_animation_frame(move || reading.go_to_end());
            }
            count
        });
        // Coming back to the window reads what is in view.
        Effect::new(move |_: Option<[Listener; 2]>| {
            ["focus", "visibilitychange"].map(|event| Listener::new(event, move |_| reading.read_soon()))
        });
        reading
    }

    /// Whether the end is more than two screens away. Tracks.
    pub(super) fn far(self) -> bool {
        self.is_far.get()
    }

    /// Looks in the next frame, once for however many events ask for it.
    pub(super) fn look_soon(self) {
        if self.looks_soon.try_get_value() != Some(false) {
            return;
        }
        self.looks_soon.set_value(true);
        request_animation_frame(move || {
            self.looks_soon.try_set_value(false);
            self.look();
        });
    }

    fn parts(self) -> Option<(Timeline, HtmlElement)> {
        Some((self.timeline.try_get_value()?, self.scroller.try_get_untracked()??.into()))
    }

    fn look(self) {
        let Some((timeline, scroller)) = self.parts() else { return };
        if timeline.stage.get_untracked() != Stage::Loaded {
            return;
        }
        let edges = timeline.edges.get_untracked();
        let above = scroll::above_end(&scroller);
        let at_end = above <= NEAR_END && !edges.newer;
        timeline.follow(at_end);
        let far = above > scroller.client_height() * 2 || edges.newer;
        if self.is_far.try_get_untracked().is_some_and(|known| known != far) {
            self.is_far.set(far);
        }
        self.held.try_set_value(if at_end { None } else { scroll::Anchor::of(&scroller) });
        if at_end {
            self.read_soon();
        }
        let live = self.chat.live();
        if edges.older && scroll::below_start(&scroller) < AHEAD {
            // Where every row was deleted there is nothing to go on from.
            live.page(timeline.channel, timeline.oldest_id().map_or(Anchor::Latest, Anchor::Before));
        } else if edges.newer && above < AHEAD {
            live.page(timeline.channel, timeline.newest_id().map_or(Anchor::Latest, Anchor::After));
        }
    }

    fn hold(self) {
        if let (Some((_, scroller)), Some(Some(held))) = (self.parts(), self.held.try_get_value()) {
            held.hold(&scroller);
        }
    }

    /// The keyboard is at a message, or has left it.
    pub(super) fn focused(self, message: Option<MessageId>) {
        self.focused.try_set_value(message);
    }

    /// The message that had the keyboard is gone: its neighbour has it now, or the keyboard would be at the top of
    /// the page.
    fn keep_focus(self) {
        let (Some((timeline, _)), Some(Some(id))) = (self.parts(), self.focused.try_get_value()) else {
            return;
        };
        if !focus::is_lost() || focus::by_id(&row_id(id)).is_some() {
            return;
        }
        self.focused.try_set_value(None);
        let neighbour = timeline.neighbour(id).and_then(|id| focus::by_id(&row_id(id)));
        match neighbour {
            Some(row) => focus::focus_in_place(&row),
            None => focus_composer(),
        }
    }

    fn go_to_end(self) {
        if let Some((_, scroller)) = self.parts() {
            self.held.try_set_value(None);
            scroll::to_end(&scroller);
            self.look();
        }
    }

    /// Brings the message of the address into view, once. It is fetched if it is not here, and if it is nowhere, what
    /// stood beside it is shown.
    fn go_to_target(self) {
        let Some((timeline, _)) = self.parts() else { return };
        let store = self.chat.store();
        let Some(target) = untrack(|| self.chat.target()) else {
            self.went_to.try_set_value(None);
            // What is gone is looked for anew the next time: what stands beside it may not be here by then.
            store.forget_lack(timeline.channel);
            return;
        };
        if self.went_to.try_get_value() == Some(Some(target))
            || timeline.stage.get_untracked() != Stage::Loaded
        {
            return;
        }
        match focus::by_id(&row_id(target)) {
            Some(row) => {
                self.went_to.try_set_value(Some(target));
                self.held.try_set_value(None);
                scroll::to_middle(&row);
                focus::focus(&row);
                store.forget_lack(timeline.channel);
            }
            None if store.lacking.get_untracked() == Some((timeline.channel, target)) => {
                self.went_to.try_set_value(Some(target));
                if let Some(row) = timeline.beside(target).and_then(|near| focus::by_id(&row_id(near))) {
                    self.held.try_set_value(None);
                    scroll::to_middle(&row);
                    focus::focus_in_place(&row);
                }
            }
            None => self.chat.live().page(timeline.channel, Anchor::Around(target)),
        }
    }

    /// Marks the channel as read when its end stays in view of somebody for a moment.
    fn read_soon(self) {
        if self.reads_soon.try_get_value() != Some(false) {
            return;
        }
        self.reads_soon.set_value(true);
        set_timeout(
            move || {
                self.reads_soon.try_set_value(false);
                let Some((timeline, scroller)) = self.parts() else { return };
                let at_end =
                    scroll::above_end(&scroller) <= NEAR_END && !timeline.edges.get_untracked().newer;
                let is_kept = self.chat.store().keeps_unread(timeline.channel);
                if at_end && !is_kept && focus::is_attended() {
                    sending::read_to_end(self.chat, timeline.channel);
                }
            },
            READ_AFTER,
        );
    }
}

fn row_id(message: MessageId) -> String {
    ["m", &message.to_string()].concat()
}
