//! The ways by which files come into the message box: its button, pasting, and dropping them anywhere on the page.

use leptos::html;
use leptos::prelude::*;
use protocol::ChannelId;

use super::closures::part;
use super::context::Chat;
use super::settling::focus_composer;
use crate::app::controls::Icon;
use crate::app::view::view;
use crate::browser::dom::Event;
use crate::browser::listener::Listener;
use crate::browser::upload::{self, Chosen};

/// Takes files for the next message of a channel. A handle; copies share it.
#[derive(Clone, Copy)]
pub(super) struct Taking {
    chat: Chat,
    channel: ChannelId,
    /// What the message box says is wrong.
    problem: RwSignal<Option<String>>,
    /// Whether files are held over the page.
    pub over: RwSignal<bool>,
}

impl Taking {
    pub(super) fn new(chat: Chat, channel: ChannelId, problem: RwSignal<Option<String>>) -> Self {
        let taking = Self { chat, channel, problem, over: RwSignal::new(false) };
        Effect::new(move |_: Option<[Listener; 3]>| {
            ["dragover", "dragleave", "drop"]
                .map(|name| Listener::new(name, move |event| taking.dragged(name, &event)))
        });
        taking
    }

    fn may_take(self) -> bool {
        untrack(|| self.chat.may_attach(self.channel))
    }

    fn take(self, chosen: Vec<Chosen>) {
        if chosen.is_empty() {
            return;
        }
        self.problem.set(self.chat.files().add(self.channel, chosen).err().map(|error| error.to_string()));
        focus_composer();
    }

    fn dragged(self, name: &str, event: &Event) {
        if !upload::carries_files(event) {
            return;
        }
        match name {
            "dragover" => self.over.set(self.may_take()),
            "dragleave" if !upload::has_left(event) => {}
            "dragleave" => self.over.set(false),
            _ => {
                self.over.set(false);
                if self.may_take() {
                    self.take(upload::carried(event));
                }
            }
        }
    }

    /// Files that are pasted; text is the box's own affair.
    pub(super) fn paste(self, event: &Event) {
        let chosen = if self.may_take() { upload::carried(event) } else { Vec::new() };
        if !chosen.is_empty() {
            event.prevent_default();
            self.take(chosen);
        }
    }

    /// Says that files may be let go.
    pub(super) fn hint(self) -> AnyView {
        part(move || {
            self.over.get().then(|| view! { <p class="drop-hint">"Drop to add to your message"</p> })
        })
    }

    /// The button, which is the browser's own field: without script, files go along with the form. What was chosen in it
    /// before script was here is taken over.
    pub(super) fn input(self) -> AnyView {
        let input = NodeRef::<html::Input>::new();
        let take = move || {
            if let Some(input) = input.get_untracked() {
                self.take(upload::taken(&input));
            }
        };
        Effect::new(move |_| {
            input.track();
            take();
        });
        part(move || {
            self.chat.may_attach(self.channel).then(|| {
                view! {
                    <label class="icon-button composer__attach" title="Attach files">
                        <Icon name="plus"/>
                        <input
                            node_ref=input
                            type="file"
                            name="files"
                            multiple=true
                            aria-label="Attach files"
                            on:change=move |_| take()
                        />
                    </label>
                }
            })
        })
    }
}
