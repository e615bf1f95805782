//! What a search found, in the panel beside the conversation.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::search::{Filter, Found, SearchOrder, SearchPage};
use protocol::{ChannelId, limits};

use super::closures::{flag, part, text, word};
use super::context::{Chat, channel_name};
use super::hit::hit;
use super::panel;
use super::searching::{Asked, label, submitted};
use crate::api::Refusal;
use crate::api::search::search_messages;
use crate::app::controls::{EmptyState, Icon};
use crate::app::pages::{Extra, take_extra};
use crate::app::view::view;
use crate::browser::dom;
use crate::browser::focus;

/// The id of the box.
const BOX: &str = "search-text";

/// What the panel knows.
#[derive(Clone, Copy)]
struct Results {
    page: RwSignal<Option<SearchPage>>,
    problem: RwSignal<Option<String>>,
    is_asking: RwSignal<bool>,
    /// Answers to anything but the latest question come too late.
    asked: StoredValue<u32>,
}

impl Results {
    fn fetch(self, chat: Chat, channel: ChannelId, asked: &Asked) {
        let number = self.asked.try_update_value(|asked| {
            *asked = asked.wrapping_add(1);
            *asked
        });
        self.problem.set(None);
        let clock = chat.store().clock.get_untracked();
        let now = protocol::Timestamp::from_millis(crate::browser::time::now_ms());
        let Some(search) = asked.search(chat.place.get_untracked(), channel, (clock.offset_at)(now)) else {
            self.is_asking.set(false);
            return self.page.set(None);
        };
        self.is_asking.set(true);
        spawn_local(async move {
            let result = search_messages(search).await;
            if self.asked.try_get_value() != number {
                return;
            }
            self.is_asking.set(false);
            match result {
                Ok(page) => self.page.set(Some(page)),
                Err(Refusal(error)) => {
                    self.page.set(None);
                    self.problem.set(Some(error.to_string()));
                }
            }
        });
    }
}

/// Box, filters, results.
#[component]
pub(super) fn SearchPanel(
    /// The conversation.
    chat: Chat,
    /// Which channel is on screen.
    channel: ChannelId,
) -> impl IntoView {
    let (page, problem) = match take_extra() {
        Extra::Found(Ok(page)) => (Some(page), None),
        Extra::Found(Err(error)) => (None, Some(error.to_string())),
        _ => (None, None),
    };
    let came_along = page.is_some() || problem.is_some();
    let results = Results {
        page: RwSignal::new(page),
        problem: RwSignal::new(problem),
        is_asking: RwSignal::new(false),
        asked: StoredValue::new(0),
    };
    // The page that was rendered with it leaves the keyboard where the reader puts it.
    let opened = chat.interactive.get_untracked();
    Effect::new(move |before: Option<(Asked, u32)>| {
        let now = (chat.asked.get(), chat.searches.get());
        if before.as_ref().map_or(!came_along, |before| *before != now) {
            results.fetch(chat, channel, &now.0);
        }
        if before.is_none() && opened && now.0.text.is_empty() {
            focus::by_id(BOX).iter().for_each(focus::focus);
        }
        // Another page begins at its beginning.
        if before.is_some_and(|(before, _)| before.after != now.0.after) {
            panel::to_start();
        }
        now
    });
    view! {
        <div class="search-panel__query">
            {query(chat, channel)}
            {filters()}
            <p class="search-panel__count" role="status">{text(move || count(results))}</p>
        </div>
        {part(move || results.problem.get().map(|problem| {
            view! {
                <div class="hits__note" role="alert">
                    <p>{problem}</p>
                    <button
                        type="button"
                        class="button button--small"
                        on:click=move |_| results.fetch(chat, channel, &chat.asked.get_untracked())
                    >
                        "Try again"
                    </button>
                </div>
            }
        }))}
        <div aria-busy=word(move || results.is_asking.get(), "true")>
            {part(move || results.page.with(|page| page.as_ref().map(|page| found(chat, channel, page))))}
        </div>
    }
}

fn query(chat: Chat, channel: ChannelId) -> AnyView {
    let order = move |order: SearchOrder, name: &'static str| {
        let selected = flag(move || chat.asked.with(|asked| asked.order == order));
        view! { <option value=order.as_str() selected=selected>{name}</option> }
    };
    view! {
        <form
            class="search-panel__form"
            role="search"
            method="get"
            action=chat.channel_path(channel)
            on:submit=move |event| submitted(chat, channel, &event)
        >
            <input type="hidden" name="panel" value="search"/>
            <div class="input-group">
                <Icon name="search"/>
                <input
                    class="input"
                    id=BOX
                    type="search"
                    name="q"
                    aria-label=label(chat, channel)
                    value=chat.asked.with_untracked(|asked| asked.text.clone())
                    prop:value=text(move || chat.asked.with(|asked| asked.text.clone()))
                    autocomplete="off"
                    maxlength=limits::SEARCH_CHARS
                />
            </div>
            <div class="select">
                <select
                    class="input search-panel__order"
                    name="order"
                    aria-label="Order"
                    on:change=move |event| {
                        let order = SearchOrder::from_text(&event_target_value(&event));
                        let asked = chat.asked.with_untracked(|asked| Asked { order, after: String::new(), ..asked.clone() });
                        chat.go(&asked.path(&chat.here(channel)), true);
                    }
                >
                    {order(SearchOrder::Newest, "Newest first")}
                    {order(SearchOrder::Relevant, "Best match")}
                </select>
                <Icon name="chevron-down"/>
            </div>
            <button class="button button--small no-script" type="submit">"Search"</button>
        </form>
    }
}

/// What can be asked for besides words. Pressing one begins it in the box.
fn filters() -> AnyView {
    let chips: Vec<AnyView> = Filter::ALL
        .iter()
        .map(|filter| {
            let begins = [filter.as_str(), ":"].concat();
            let typed = begins.clone();
            let press = move |_| {
                let Some(field) = focus::by_id(BOX) else { return };
                dom::append_word(&field, &typed);
                focus::focus(&field);
            };
            view! { <button class="chip" type="button" on:click=press>{begins}</button> }
        })
        .collect();
    view! { <div class="search-panel__filters needs-script" role="group" aria-label="Filters">{chips}</div> }
}

fn count(results: Results) -> String {
    if results.is_asking.get() {
        return "Searching".to_owned();
    }
    results.page.with(|page| match page {
        None => String::new(),
        Some(page) => match (page.found.len(), page.next.is_some()) {
            (0, _) => "Nothing found".to_owned(),
            (1, false) => "1 message".to_owned(),
            (count, false) => [&count.to_string(), " messages"].concat(),
            (count, true) => [&count.to_string(), " messages, and more"].concat(),
        },
    })
}

fn found(chat: Chat, channel: ChannelId, page: &SearchPage) -> AnyView {
    if page.found.is_empty() {
        let why = match page.unknown.as_slice() {
            [] => "Fewer words find more. Accents and capital letters do not matter.".to_owned(),
            unknown => {
                ["There is nobody and nothing here that you can see for ", &unknown.join(", "), "."].concat()
            }
        };
        return view! { <EmptyState icon="search" title="Nothing found" text=why/> };
    }
    let mut rows: Vec<AnyView> = Vec::new();
    let mut place = None;
    for Found { message, hits } in &page.found {
        if place != Some(message.channel_id) {
            place = Some(message.channel_id);
            rows.extend(heading(chat, message.channel_id));
        }
        let place = chat.channel_path(message.channel_id);
        rows.push(hit(chat, message.clone(), &place, hits, None));
    }
    view! {
        <ul class="hits" aria-label="Search results">{rows}</ul>
        {pages(chat, channel, page)}
    }
}

/// The channel the following ones were said in. A direct conversation is the only place there is.
fn heading(chat: Chat, channel: ChannelId) -> Option<AnyView> {
    let store = chat.store();
    store.guild_of(channel)?;
    let name = text(move || channel_name(&store, channel).unwrap_or_default());
    Some(view! { <li class="search-panel__group"><Icon name="hash"/><span dir="auto">{name}</span></li> })
}

fn pages(chat: Chat, channel: ChannelId, page: &SearchPage) -> AnyView {
    let asked = chat.asked.get_untracked();
    let path = chat.here(channel);
    let first =
        (!asked.after.is_empty()).then(|| Asked { after: String::new(), ..asked.clone() }.path(&path));
    let next = page.next.map(|cursor| Asked { after: cursor.to_string(), ..asked }.path(&path));
    if first.is_none() && next.is_none() {
        return ().into_any();
    }
    let link =
        |href: String, words: &'static str| view! { <a class="button button--small" href=href>{words}</a> };
    view! {
        <nav class="search-panel__pages" aria-label="Pages of results">
            {first.map(|href| link(href, "First results"))}
            {next.map(|href| link(href, "More results"))}
        </nav>
    }
}
