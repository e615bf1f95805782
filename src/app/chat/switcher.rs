//! Going to any channel, server or person by name, and to what the product can do.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::entity::User;
use protocol::snapshot::Destination;

use super::badge::badge;
use super::closures::{part, text};
use super::context::Chat;
use super::goals::{Choice, Goal, choices};
use super::overlay::{self, Overlay, close, modal};
use super::settling::settle_in_composer;
use super::suggesting::marked;
use crate::api::Refusal;
use crate::api::dms::{find_people, open_dm};
use crate::api::guilds::destinations;
use crate::app::controls::{Avatar, AvatarSize, Icon};
use crate::app::view::view;
use crate::browser::dom::KeyboardEvent;
use crate::browser::{focus, scroll};

const LIST: &str = "switcher-list";
/// How long somebody may pause between letters before people are looked for.
const PAUSE: Duration = Duration::from_millis(120);

/// What it knows and shows. A handle; copies share it.
#[derive(Clone, Copy)]
struct Switcher {
    chat: Chat,
    query: RwSignal<String>,
    /// Channels of all servers; until they are here, those that are known anyway.
    destinations: RwSignal<Option<Vec<Destination>>>,
    /// Who was found for the query.
    people: RwSignal<Vec<User>>,
    choices: Memo<Vec<Choice>>,
    active: RwSignal<usize>,
}

/// The dialog.
pub(super) fn switcher(chat: Chat) -> AnyView {
    let (query, destinations) = (RwSignal::new(String::new()), RwSignal::new(None));
    let people = RwSignal::new(Vec::new());
    let choices = Memo::new(move |_| {
        destinations.with(|known| {
            people.with(|people| query.with(|query| choices(chat, known.as_deref(), people, query.trim())))
        })
    });
    let switcher = Switcher { chat, query, destinations, people, choices, active: RwSignal::new(0) };
    switcher.fetch();
    modal(chat, "quick-switcher", "Find or jump", switcher.show())
}

impl Switcher {
    fn fetch(self) {
        spawn_local(async move {
            // Without them the channels that are here already are found.
            if let Ok(all) = destinations().await {
                self.destinations.try_set(Some(all));
            }
        });
    }

    fn typed(self, typed: String) {
        self.active.set(0);
        self.query.set(typed.clone());
        let name = typed.trim().trim_start_matches('@').to_owned();
        if name.is_empty() || typed.starts_with(['#', '>']) {
            return self.people.set(Vec::new());
        }
        set_timeout(
            move || {
                let is_asked = move || self.query.try_get_untracked().is_some_and(|query| query == typed);
                if is_asked() {
                    spawn_local(async move {
                        let found = find_people(name).await.unwrap_or_default();
                        if is_asked() {
                            self.people.set(found);
                        }
                    });
                }
            },
            PAUSE,
        );
    }

    fn pressed(self, event: &KeyboardEvent) {
        let count = self.choices.with_untracked(Vec::len);
        let at = self.active.get_untracked();
        match event.key().as_str() {
            _ if event.is_composing() || count == 0 => return,
            "ArrowDown" => self.active.set((at + 1) % count),
            "ArrowUp" => self.active.set((at + count - 1) % count),
            "Enter" => self.take(at),
            _ => return,
        }
        event.prevent_default();
        request_animation_frame(move || {
            focus::find(&["#", LIST, " [aria-selected='true']"].concat()).iter().for_each(scroll::reveal);
        });
    }

    /// Goes where a row says.
    fn take(self, at: usize) {
        let Some(goal) = self.choices.with_untracked(|all| all.get(at).map(|choice| choice.goal.clone()))
        else {
            return;
        };
        let chat = self.chat;
        close(chat);
        match goal {
            Goal::Path(path) => {
                chat.go(&path, false);
                settle_in_composer();
            }
            Goal::Keys => overlay::open(chat, Overlay::Keys),
            Goal::Person(person) => spawn_local(async move {
                match open_dm(person).await {
                    Ok(dm) => {
                        chat.go(&["/channels/@me/", &dm.id.to_string()].concat(), false);
                        settle_in_composer();
                    }
                    Err(Refusal(error)) => chat.toasts().failed("Not opened", error.to_string()),
                }
            }),
        }
    }

    fn show(self) -> AnyView {
        let input = NodeRef::<html::Input>::new();
        let (active, choices) = (self.active, self.choices);
        let active_id = text(move || option_id(active.get()));
        view! {
            <div class="quick-switcher__search">
                <Icon name="search"/>
                <input
                    node_ref=input
                    type="text"
                    role="combobox"
                    aria-label="Find or jump"
                    placeholder="Where to?"
                    aria-expanded="true"
                    aria-autocomplete="list"
                    aria-controls=LIST
                    aria-activedescendant=active_id
                    autocomplete="off"
                    spellcheck="false"
                    autofocus=true
                    on:input=move |event| self.typed(event_target_value(&event))
                    on:keydown=move |event| self.pressed(&event)
                />
                <kbd class="kbd">"Esc"</kbd>
            </div>
            <div class="quick-switcher__results" id=LIST role="listbox" aria-label="Results" tabindex="-1">
                {part(move || Some(self.rows(&choices.get())))}
            </div>
            <div class="quick-switcher__foot" aria-hidden="true">
                <span><kbd class="kbd">"↑"</kbd><kbd class="kbd">"↓"</kbd>"choose"</span>
                <span><kbd class="kbd">"Enter"</kbd>"open"</span>
                <span><kbd class="kbd">"#"</kbd>"channels"</span>
                <span><kbd class="kbd">"@"</kbd>"people"</span>
                <span><kbd class="kbd">">"</kbd>"actions"</span>
            </div>
        }
    }

    fn rows(self, choices: &[Choice]) -> AnyView {
        if choices.is_empty() {
            return view! { <p class="quick-switcher__heading" role="status">"Nothing of that name."</p> };
        }
        let mut rows: Vec<AnyView> = Vec::with_capacity(choices.len() + 4);
        let mut group = "";
        for (at, choice) in choices.iter().enumerate() {
            if choice.group != group {
                group = choice.group;
                rows.push(view! { <div class="quick-switcher__heading" role="presentation">{group}</div> });
            }
            rows.push(self.row(at, choice));
        }
        rows.into_any()
    }

    fn row(self, at: usize, choice: &Choice) -> AnyView {
        let active = self.active;
        let name = self.query.with_untracked(|query| {
            marked(&choice.name, query.trim().trim_start_matches(['#', '@', '>']).trim())
        });
        let sign = match choice.hue {
            Some(hue) => view! { <Avatar name=choice.name.clone() hue size=AvatarSize::Small/> },
            None => view! { <Icon name=choice.icon/> },
        };
        view! {
            <div
                class="quick-switcher__option"
                role="option"
                id=option_id(at)
                aria-selected=text(move || (active.get() == at).to_string())
                on:pointermove=move |_| active.set(at)
                on:click=move |_| self.take(at)
            >
                {sign}
                <span class="truncate" dir="auto">{name.0}<mark>{name.1}</mark>{name.2}</span>
                <span class="quick-switcher__where">
                    {badge(choice.is_unread, choice.mentions)}
                    {choice.beside.clone()}
                </span>
            </div>
        }
    }
}

fn option_id(at: usize) -> String {
    ["switcher-", &at.to_string()].concat()
}
