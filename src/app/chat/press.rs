//! The long press of a finger, which opens what a right click opens. Not every browser says "contextmenu" then.

use std::time::Duration;

use leptos::prelude::*;

use super::context::{Chat, MenuAt};
use super::message_list::message_at;
use crate::browser::dom::PointerEvent;

/// How long a press is long; about what telephones use themselves.
const LONG: Duration = Duration::from_millis(500);
/// Pixels a finger may tremble.
const STILL: i32 = 10;

/// A finger on the messages. A handle; copies share it.
#[derive(Clone, Copy)]
pub(super) struct Press {
    chat: Chat,
    from: StoredValue<Option<(i32, i32)>>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Press {
    /// Nothing is pressed.
    pub(super) fn new(chat: Chat) -> Self {
        Self { chat, from: StoredValue::new(None), timer: StoredValue::new(None) }
    }

    /// A finger has come down.
    pub(super) fn down(self, event: &PointerEvent) {
        self.end();
        let Some((message, _)) = message_at(event).filter(|_| event.pointer_type() == "touch") else {
            return;
        };
        let (x, y) = (event.client_x(), event.client_y());
        let open = move || self.chat.menu.try_set(Some(MenuAt { message, x, y }));
        self.from.set_value(Some((x, y)));
        self.timer.set_value(set_timeout_with_handle(move || _ = open(), LONG).ok());
    }

    /// It moves: scrolling is no press.
    pub(super) fn moved(self, event: &PointerEvent) {
        let far =
            |(x, y): (i32, i32)| (event.client_x() - x).abs() > STILL || (event.client_y() - y).abs() > STILL;
        if self.from.get_value().is_some_and(far) {
            self.end();
        }
    }

    /// It is gone.
    pub(super) fn end(self) {
        self.from.try_set_value(None);
        if let Some(Some(timer)) = self.timer.try_update_value(Option::take) {
            timer.clear();
        }
    }
}
