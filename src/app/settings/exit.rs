//! Leaving the settings. Escape goes back to where somebody came from; who has changed something is asked first,
//! whichever way they go.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate};

use crate::app::controls::Question;
use crate::app::view::view;
use crate::browser::dom::{self, Event, MouseEvent};
use crate::browser::focus;
use crate::browser::history::{self, Hold};
use crate::browser::listener::Listener;

/// The ways out. A handle; copies share it.
#[derive(Clone, Copy)]
pub struct Exit {
    /// Where somebody wants to go, while they are asked.
    to: RwSignal<Option<String>>,
    asks: RwSignal<bool>,
    go: Callback<String>,
}

/// Whether something on the page was changed and not saved; see [`super::saving`].
fn is_unsaved() -> bool {
    focus::find("[data-changed]").is_some()
}

impl Exit {
    /// Watches for as long as the caller's owner lives. `back` is where Escape leads.
    pub(super) fn watch(back: String) -> Self {
        let navigate = use_navigate();
        let go = Callback::new(move |path: String| navigate(&path, Default::default()));
        let location = use_location();
        let exit = Self { to: RwSignal::new(None), asks: RwSignal::new(false), go };
        Effect::new(move |_: Option<(Hold, [Listener; 2])>| {
            let back = back.clone();
            let hold = Hold::new(move || {
                let stays = is_unsaved();
                if stays {
                    exit.ask(history::here());
                    // The router's address is still that of this page.
                    history::stay(&location.pathname.get_untracked());
                }
                stays
            });
            let listeners = [
                Listener::new("keydown", move |event| exit.pressed(&event, &back)),
                // Closing the tab, or going to another site: the browser asks in its own words.
                Listener::new("beforeunload", |event| {
                    if is_unsaved() {
                        event.prevent_default();
                    }
                }),
            ];
            (hold, listeners)
        });
        exit
    }

    /// A link was pressed: whoever would lose something is asked instead.
    pub(super) fn clicked(self, event: &MouseEvent) {
        let is_plain =
            !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.default_prevented());
        let link = dom::target(event).and_then(|target| dom::closest(&target, "a[href^='/']"));
        if let Some(link) = link.filter(|_| is_plain && is_unsaved()) {
            event.prevent_default();
            self.ask(dom::attribute(&link, "href"));
        }
    }

    fn pressed(self, event: &Event, back: &str) {
        let is_escape = dom::as_key(event).is_some_and(|key| key.key() == "Escape" && !key.is_composing());
        if !is_escape || event.default_prevented() || focus::find("dialog[open]").is_some() {
            return;
        }
        if is_unsaved() {
            // What the browser does for Escape comes last, and would close the dialog that it opens.
            event.prevent_default();
            self.ask(Some(back.to_owned()));
        } else {
            self.go.run(back.to_owned());
        }
    }

    fn ask(self, to: Option<String>) {
        self.asks.set(to.is_some());
        self.to.set(to);
    }
}

/// The question.
#[component]
pub(super) fn ExitDialog(exit: Exit) -> impl IntoView {
    let leave = Callback::new(move |()| {
        if let Some(to) = exit.to.get_untracked() {
            exit.go.run(to);
        }
    });
    view! {
        <Question
            id="unsaved"
            title="Discard changes?"
            open=exit.asks
            keep="Keep editing"
            act="Discard changes"
            acted=leave
        >
            <p>"What you changed here is not saved."</p>
        </Question>
    }
}
