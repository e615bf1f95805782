//! Find or start a conversation: type the beginning of a name, Enter takes the first match.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;
use protocol::Error;
use protocol::entity::User;
use protocol::error::{Field, Problem};

use super::dialogs::{AskPage, Cancel};
use crate::api::dms::{OpenDm, OpenDmByName, find_people};
use crate::app::controls::{Avatar, AvatarSize, FieldNote, SubmitButton, typed};
use crate::app::form::{Form, Submission};
use crate::app::view::view;

/// Typing faster than this asks once. Below 200 ms an answer still feels immediate.
const PAUSE: Duration = Duration::from_millis(120);
const NOBODY: &str = "Nobody by that name. A full username finds anybody.";
const LIST_ID: &str = "people-found";
const FIELD_ID: &str = "people-query";

/// `/channels/@me/new`.
#[component]
pub fn NewMessagePage() -> impl IntoView {
    view! {
        <AskPage title="New message" back="/channels/@me">
            <NewMessage/>
        </AskPage>
    }
}

/// What is on screen while somebody types.
#[derive(Clone, Copy)]
struct Finding {
    /// People who match, best first.
    people: RwSignal<Vec<User>>,
    /// Which of them Enter takes.
    active: RwSignal<usize>,
    /// What was typed last; answers to anything else come too late.
    query: RwSignal<String>,
    /// Whether `people` belongs to `query`.
    settled: RwSignal<bool>,
}

impl Finding {
    fn typed(self, text: String) {
        self.settled.set(false);
        self.query.set(text.clone());
        if text.trim().is_empty() {
            self.people.set(Vec::new());
            return;
        }
        set_timeout(
            move || {
                if self.query.try_get_untracked().as_ref() == Some(&text) {
                    self.ask(text);
                }
            },
            PAUSE,
        );
    }

    fn ask(self, text: String) {
        spawn_local_scoped_with_cancellation(async move {
            // A failed look-up shows no suggestions; Enter still asks the backend by name.
            let found = find_people(text.clone()).await.unwrap_or_default();
            if self.query.try_get_untracked().as_ref() == Some(&text) {
                self.active.set(0);
                self.people.set(found);
                self.settled.set(true);
            }
        });
    }

    fn step(self, by: isize) {
        let count = self.people.with_untracked(Vec::len);
        if count > 0 {
            self.active.update(|at| *at = at.saturating_add_signed(by).min(count - 1));
        }
    }

    /// Who Enter takes, if the list belongs to what was typed.
    fn chosen(self) -> Option<User> {
        if !self.settled.get_untracked() {
            return None;
        }
        self.people.with_untracked(|people| people.get(self.active.get_untracked()).cloned())
    }
}

/// A combobox with its list.
#[component]
pub(super) fn NewMessage(
    /// Closes the dialog, where there is one.
    #[prop(optional)]
    done: Option<Callback<()>>,
    /// Runs when a conversation was opened; the call leads to it itself.
    #[prop(optional)]
    found: Option<Callback<()>>,
) -> impl IntoView {
    let by_name = Submission::of::<OpenDmByName>();
    let by_id = Submission::of::<OpenDm>();
    by_name.when_done(found);
    by_id.when_done(found);
    let finding = Finding {
        people: RwSignal::new(Vec::new()),
        active: RwSignal::new(0),
        query: RwSignal::new(String::new()),
        settled: RwSignal::new(false),
    };
    let refused = by_name.refusal();
    let refused_by_id = by_id.refusal();
    let either = Signal::derive(move || {
        refused_by_id.get().or_else(|| refused.get()).map(|error| match error {
            Error::Invalid { field: Field::Query, problem: Problem::Unknown } => NOBODY.to_owned(),
            error => error.to_string(),
        })
    });
    let pending = Signal::derive(move || by_name.pending().get() || by_id.pending().get());
    view! {
        <Form
            to=by_name
            on:submit:capture=move |event| {
                if let Some(user) = finding.chosen() {
                    event.prevent_default();
                    by_id.send(&[("user_id", &user.id.to_string())]);
                }
            }
        >
            <div class="dialog__body">
                <div class="field">
                    <label class="field__label" for=FIELD_ID>"Find or start a conversation"</label>
                    <Combobox finding/>
                    <FieldNote
                        field=FIELD_ID
                        hint=Some("People from your servers by name, anybody by full username.".to_owned())
                        error=either
                    />
                </div>
                <PeopleList finding open=by_id/>
            </div>
            <div class="dialog__footer">
                <Cancel done/>
                <SubmitButton pending>"Open conversation"</SubmitButton>
            </div>
        </Form>
    }
}

#[component]
fn Combobox(finding: Finding) -> impl IntoView {
    let expanded = move || finding.people.with(|people| !people.is_empty());
    let active_id = move || {
        let at = finding.active.get();
        finding.people.with(|people| people.get(at).map(option_id))
    };
    view! {
        <input
            class="input"
            id=FIELD_ID
            name="query"
            type="text"
            value=typed("query")
            role="combobox"
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            required=true
            autofocus=true
            aria-autocomplete="list"
            aria-controls=LIST_ID
            aria-expanded=move || if expanded() { "true" } else { "false" }
            aria-activedescendant=active_id
            aria-describedby=format!("{FIELD_ID}-note")
            on:input=move |event| finding.typed(event_target_value(&event))
            on:keydown=move |event| {
                let by = match event.key().as_str() {
                    "ArrowDown" => 1,
                    "ArrowUp" => -1,
                    _ => return,
                };
                event.prevent_default();
                finding.step(by);
            }
        />
    }
}

fn option_id(user: &User) -> String {
    format!("person-{}", user.id)
}

#[component]
fn PeopleList(finding: Finding, open: Submission) -> impl IntoView {
    let nobody = move || {
        finding.settled.get()
            && finding.people.with(Vec::is_empty)
            && finding.query.with(|query| !query.trim().is_empty())
    };
    view! {
        <ul class="listbox needs-script" id=LIST_ID role="listbox" aria-label="People">
            {move || {
                finding
                    .people
                    .get()
                    .into_iter()
                    .enumerate()
                    .map(|(at, user)| view! { <PersonOption finding at user open/> })
                    .collect_view()
            }}
        </ul>
        <p class="muted listbox-note" role="status">{move || nobody().then_some(NOBODY)}</p>
    }
}

#[component]
fn PersonOption(finding: Finding, at: usize, user: User, open: Submission) -> impl IntoView {
    let id = user.id;
    view! {
        <li
            class="autocomplete__option"
            role="option"
            id=option_id(&user)
            aria-selected=move || if finding.active.get() == at { "true" } else { "false" }
            // Before the click, so that the field keeps the focus.
            on:pointerdown=move |event| event.prevent_default()
            on:click=move |_| {
                open.send(&[("user_id", &id.to_string())]);
            }
        >
            <Avatar name=user.display_name.clone() hue=user.hue() size=AvatarSize::Small/>
            <span class="truncate" dir="auto">{user.display_name.clone()}</span>
            <small>{format!("@{}", user.username)}</small>
        </li>
    }
}
