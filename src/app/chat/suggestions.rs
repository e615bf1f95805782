//! The list of people, channels and emoji above a box that is written in. The focus stays in the box.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::entity::{ChannelKind, User};
use protocol::permissions::{Permissions, everyone_role};
use protocol::{ChannelId, RoleId};

use super::closures::part;
use super::context::Chat;
use super::picker;
use super::suggesting::{Asked, Sign, asked, best, marked, rank_name, rank_person};
use crate::api::guilds::find_members;
use crate::app::controls::{Avatar, AvatarSize, Icon};
use crate::app::view::view;
use crate::browser::dom::{HtmlTextAreaElement, KeyboardEvent};
use crate::browser::emoji::{self, Emoji, Group};

/// Rows of the list.
const MOST: usize = 8;
/// Of them for roles and words that call many, below the people.
const MOST_CALLS: usize = 3;
/// What each of those words does.
const CALLS: [(&str, &str); 2] =
    [("everyone", "Notify all who can see this channel"), ("here", "Notify all who are online")];

/// One row.
#[derive(Clone, PartialEq)]
enum Choice {
    Person(User),
    Channel(ChannelId, String),
    Role(RoleId, String),
    /// One of [`CALLS`].
    Call(&'static str, &'static str),
    Emoji(Emoji),
}

impl Choice {
    /// What it puts into the text.
    fn text(&self) -> String {
        match self {
            Self::Person(user) => ["@", &user.username].concat(),
            // With anything else in it a name is not read as one word.
            Self::Channel(id, name)
                if name.contains(|one: char| !one.is_alphanumeric() && !"-_".contains(one)) =>
            {
                ["<#", &id.to_string(), ">"].concat()
            }
            Self::Channel(_, name) => ["#", name].concat(),
            Self::Role(id, name)
                if name.contains(|one: char| !one.is_alphanumeric() && !"-_ ".contains(one)) =>
            {
                ["<@&", &id.to_string(), ">"].concat()
            }
            Self::Role(_, name) => ["@", name].concat(),
            Self::Call(word, _) => ["@", word].concat(),
            Self::Emoji(emoji) => emoji.text.clone(),
        }
    }

    /// Whether the text has it already: then Enter means the message.
    fn is_typed(&self, query: &str) -> bool {
        match self {
            Self::Person(user) => user.username == query,
            Self::Channel(_, name) | Self::Role(_, name) => name.to_lowercase() == query,
            Self::Call(word, _) => *word == query,
            Self::Emoji(_) => false,
        }
    }
}

/// What is suggested for one box. A handle; copies share it.
#[derive(Clone, Copy)]
pub(super) struct Suggestions {
    chat: Chat,
    channel: ChannelId,
    input: NodeRef<html::Textarea>,
    /// Id of the list, unique on the page.
    id: &'static str,
    asked: RwSignal<Option<Asked>>,
    choices: RwSignal<Vec<Choice>>,
    active: RwSignal<usize>,
    /// All emoji, fetched when the first is asked for.
    emoji: RwSignal<Option<Vec<Group>>>,
}

impl Suggestions {
    pub(super) fn new(
        chat: Chat,
        channel: ChannelId,
        input: NodeRef<html::Textarea>,
        id: &'static str,
    ) -> Self {
        let asked = RwSignal::new(None);
        let choices = RwSignal::new(Vec::new());
        Self {
            chat,
            channel,
            input,
            id,
            asked,
            choices,
            active: RwSignal::new(0),
            emoji: RwSignal::new(None),
        }
    }

    /// The text or the caret has changed.
    pub(super) fn typed(self) {
        let now = self.input.get_untracked().and_then(|input| asked(&before_caret(&input)));
        if now == self.asked.get_untracked() {
            return;
        }
        self.asked.set(now.clone());
        self.active.set(0);
        let Some(now) = now else { return self.choices.set(Vec::new()) };
        match now.sign {
            Sign::Person => self.suggest_people(now),
            Sign::Channel => self.choices.set(self.channels(&now.query)),
            Sign::Emoji => self.suggest_emoji(now),
        }
    }

    /// Takes the list away.
    pub(super) fn close(self) {
        self.choices.try_set(Vec::new());
    }

    /// Keys that belong to the list while it is open. True if the key was one of them.
    pub(super) fn pressed(self, event: &KeyboardEvent) -> bool {
        let count = self.choices.with_untracked(Vec::len);
        if count == 0 || event.is_composing() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return false;
        }
        let at = self.active.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => self.active.set((at + 1) % count),
            "ArrowUp" => self.active.set((at + count - 1) % count),
            "Escape" => self.close(),
            "Enter" if event.shift_key() || self.is_typed(at) => {
                self.close();
                return false;
            }
            "Tab" if event.shift_key() => return false,
            "Enter" | "Tab" => self.accept(at),
            "ArrowLeft" | "ArrowRight" | "Home" | "End" => {
                self.close();
                return false;
            }
            _ => return false,
        }
        event.prevent_default();
        event.stop_propagation();
        true
    }

    fn is_typed(self, at: usize) -> bool {
        let query = self.asked.with_untracked(|asked| asked.as_ref().map(|asked| asked.query.clone()));
        self.choices.with_untracked(|choices| {
            choices.get(at).zip(query).is_some_and(|(choice, query)| choice.is_typed(&query))
        })
    }

    /// Puts a choice in place of the word before the caret.
    fn accept(self, at: usize) {
        let choice = self.choices.with_untracked(|choices| choices.get(at).cloned());
        let (Some(choice), Some(asked), Some(input)) =
            (choice, self.asked.get_untracked(), self.input.get_untracked())
        else {
            return;
        };
        if let Choice::Emoji(emoji) = &choice {
            emoji::used(self.chat.store().my_id(), &emoji.text, picker::RECENT);
        }
        let (text, before) = (input.value(), before_caret(&input));
        let after = text.get(before.len()..).unwrap_or_default();
        let space = if after.starts_with(char::is_whitespace) { "" } else { " " };
        let head = [before.get(..asked.start).unwrap_or_default(), &choice.text(), space].concat();
        input.set_value(&[&head, after].concat());
        // Behind the space, whoever put it there.
        let caret = units(&head) + u32::from(space.is_empty());
        // Fails for no textarea.
        _ = input.set_selection_range(caret, caret);
        self.asked.set(None);
        self.close();
        // As if it had been typed: drafts and limits go by it.
        crate::browser::dom::tell_input(&input);
    }

    fn suggest_people(self, now: Asked) {
        let guild = self.chat.store().guild_of(self.channel);
        let local: Vec<User> = match &guild {
            Some(guild) => {
                guild.members.with_untracked(|all| all.iter().map(|one| one.user.clone()).collect())
            }
            None => self.chat.store().recipient(self.channel).into_iter().collect(),
        };
        let calls = self.calls(&now.query);
        self.choices.set(people(local.clone(), &calls, &now.query));
        let Some(guild) = guild.filter(|guild| guild.member_count.get_untracked() as usize > local.len())
        else {
            return;
        };
        spawn_local(async move {
            let Ok(more) = find_members(guild.id(), now.query.clone()).await else { return };
            if self.asked.try_get_untracked().flatten().as_ref() != Some(&now) {
                return;
            }
            let mut all = local;
            all.extend(
                more.into_iter()
                    .filter(|user| !all.iter().any(|known| known.id == user.id))
                    .collect::<Vec<_>>(),
            );
            self.choices.try_set(people(all, &calls, &now.query));
        });
    }

    /// Words and roles that call many, for those who may.
    fn calls(self, query: &str) -> Vec<Choice> {
        let store = self.chat.store();
        let may = untrack(|| store.access(self.channel)).contains(Permissions::MENTION_EVERYONE);
        let Some(guild) = store.guild_of(self.channel).filter(|_| may) else { return Vec::new() };
        let mut all: Vec<(String, Choice)> =
            CALLS.iter().map(|(word, what)| ((*word).to_owned(), Choice::Call(word, what))).collect();
        let everyone = everyone_role(guild.id());
        guild.roles.with_untracked(|roles| {
            let roles = roles.iter().filter(|role| role.id != everyone);
            all.extend(roles.map(|role| (role.name.clone(), Choice::Role(role.id, role.name.clone()))));
        });
        let found =
            best(all.into_iter(), |(name, _)| rank_name(name, query), |(name, _)| name.clone(), MOST_CALLS);
        found.into_iter().map(|(_, choice)| choice).collect()
    }

    fn channels(self, query: &str) -> Vec<Choice> {
        let Some(guild) = self.chat.store().guild_of(self.channel) else { return Vec::new() };
        let channels: Vec<(ChannelId, String)> = guild.channels.with_untracked(|channels| {
            let text = channels.iter().filter(|channel| channel.kind == ChannelKind::Text);
            text.map(|channel| (channel.id, channel.name.clone())).collect()
        });
        let found =
            best(channels.into_iter(), |(_, name)| rank_name(name, query), |(_, name)| name.clone(), MOST);
        found.into_iter().map(|(id, name)| Choice::Channel(id, name)).collect()
    }

    fn suggest_emoji(self, now: Asked) {
        let suggest = move |groups: &[Group]| {
            let found = picker::found(groups, &now.query.replace('_', " "), MOST);
            self.choices.try_set(found.into_iter().map(Choice::Emoji).collect());
        };
        if let Some(groups) = self.emoji.get_untracked() {
            return suggest(&groups);
        }
        spawn_local(async move {
            let Some(groups) = emoji::list().await else { return };
            self.emoji.try_set(Some(groups));
            // Somebody may have typed on meanwhile.
            if self.asked.try_update(Option::take).flatten().is_some() {
                self.typed();
            }
        });
    }

    /// The list, while there is something in it.
    pub(super) fn show(self) -> AnyView {
        part(move || {
            let asked = self.asked.get()?;
            let choices = self.choices.get();
            if choices.is_empty() {
                return None;
            }
            let what = match asked.sign {
                Sign::Person => "People",
                Sign::Channel => "Channels",
                Sign::Emoji => "Emoji",
            };
            let label = if asked.query.is_empty() {
                what.to_owned()
            } else {
                [what, " matching ", &asked.query].concat()
            };
            let rows: Vec<AnyView> = choices
                .into_iter()
                .enumerate()
                .map(|(at, choice)| self.option(at, choice, &asked.query))
                .collect();
            Some(view! {
                <div class="popover autocomplete autocomplete--above" role="listbox" id=self.id aria-label=label>
                    {rows}
                </div>
            })
        })
    }

    /// For the box: the row that Enter takes.
    pub(super) fn active_id(self) -> Signal<Option<String>> {
        Signal::derive(move || {
            let is_open = self.choices.with(|choices| !choices.is_empty());
            is_open.then(|| self.option_id(self.active.get()))
        })
    }

    /// For the box: the list it controls.
    pub(super) fn list_id(self) -> Signal<Option<&'static str>> {
        Signal::derive(move || self.choices.with(|choices| !choices.is_empty()).then_some(self.id))
    }

    fn option_id(self, at: usize) -> String {
        [self.id, "-", &at.to_string()].concat()
    }

    fn option(self, at: usize, choice: Choice, query: &str) -> AnyView {
        let (sign, name, note) = match choice {
            Choice::Person(user) => {
                let hue = user.hue();
                let face = view! { <Avatar name=user.display_name.clone() hue size=AvatarSize::Small/> };
                (face, user.display_name, ["@", &user.username].concat())
            }
            Choice::Channel(_, name) => (view! { <Icon name="hash"/> }, name, String::new()),
            Choice::Role(_, name) => {
                (view! { <Icon name="users"/> }, name, "Notify all with this role".to_owned())
            }
            Choice::Call(word, what) => {
                (view! { <Icon name="megaphone"/> }, ["@", word].concat(), what.to_owned())
            }
            Choice::Emoji(emoji) => {
                let face = view! { <span class="emoji" aria-hidden="true">{emoji.text}</span> };
                (face, emoji.name, String::new())
            }
        };
        let (before, hit, after) = marked(&name, query);
        view! {
            <div
                class="autocomplete__option"
                role="option"
                id=self.option_id(at)
                aria-selected=Signal::derive(move || if self.active.get() == at { "true" } else { "false" })
                // The box keeps the focus.
                on:pointerdown=move |event| event.prevent_default()
                on:click=move |_| self.accept(at)
            >
                {sign}
                <span class="truncate" dir="auto">{before}<mark>{hit}</mark>{after}</span>
                <small>{note}</small>
            </div>
        }
    }
}

/// People, and below them what calls many.
fn people(all: Vec<User>, calls: &[Choice], query: &str) -> Vec<Choice> {
    let name = |user: &User| user.username.clone();
    let room = MOST.saturating_sub(calls.len());
    let people = best(all.into_iter(), |user| rank_person(user, query), name, room);
    people.into_iter().map(Choice::Person).chain(calls.iter().cloned()).collect()
}

/// The text before the caret.
fn before_caret(input: &HtmlTextAreaElement) -> String {
    let text: Vec<u16> = input.value().encode_utf16().collect();
    let caret = input.selection_start().ok().flatten().map_or(text.len(), |at| at as usize);
    String::from_utf16_lossy(text.get(..caret).unwrap_or(&text))
}

/// How long the browser takes a text to be.
fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}
