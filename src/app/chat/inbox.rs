//! The inbox in the panel beside the conversation: what addressed the person lately, in all servers and conversations.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use protocol::inbox::{InboxPage, MentionPlace, Mentioned};
use protocol::{ChannelId, MessageId};

use super::closures::{part, word};
use super::context::Chat;
use super::hit::hit;
use super::panel;
use crate::api::Refusal;
use crate::api::inbox::inbox_mentions;
use crate::app::controls::{EmptyState, Icon, Spinner};
use crate::app::pages::{Extra, take_extra};
use crate::app::view::view;

/// Which page of it, as the address has it: `?panel=inbox&only=names&before=…`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboxAsked {
    /// What was said before this; of all, the newest.
    pub before: Option<MessageId>,
    /// Only where the person was named.
    pub only_named: bool,
}

/// The value of `only` in the address.
const NAMES: &str = "names";

impl InboxAsked {
    /// From the part of the address behind the `?`.
    pub fn of(query: &ParamsMap) -> Self {
        Self {
            before: query.get_str("before").and_then(|id| id.parse().ok()),
            only_named: query.get_str("only") == Some(NAMES),
        }
    }

    /// Its address in a channel.
    fn path(self, channel_path: &str) -> String {
        let only = if self.only_named { ["&only=", NAMES].concat() } else { String::new() };
        let before = self.before.map(|id| format!("&before={id}")).unwrap_or_default();
        [channel_path, "?panel=inbox", &only, &before].concat()
    }
}

/// What the panel knows.
#[derive(Clone, Copy)]
struct Listed {
    page: RwSignal<Option<InboxPage>>,
    problem: RwSignal<Option<String>>,
    /// Answers to anything but the latest question come too late.
    asked: StoredValue<u32>,
}

impl Listed {
    fn fetch(self, asked: InboxAsked) {
        self.problem.set(None);
        let number = self.asked.try_update_value(|asked| {
            *asked = asked.wrapping_add(1);
            *asked
        });
        spawn_local(async move {
            let result = inbox_mentions(asked.before, asked.only_named).await;
            if self.asked.try_get_value() != number {
                return;
            }
            match result {
                Ok(page) => self.page.set(Some(page)),
                // What is shown is still better than nothing.
                Err(Refusal(error)) => self.problem.set(Some(error.to_string())),
            }
        });
    }
}

/// The list.
#[component]
pub(super) fn Inbox(
    /// The conversation.
    chat: Chat,
    /// Which channel is on screen.
    channel: ChannelId,
) -> impl IntoView {
    let come_along = match take_extra() {
        Extra::Inbox(page) => Some(page),
        _ => None,
    };
    let is_here = come_along.is_some();
    let listed =
        Listed { page: RwSignal::new(come_along), problem: RwSignal::new(None), asked: StoredValue::new(0) };
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(InboxAsked::of));
    let changes = chat.store().mentions_changed.clone();
    Effect::new(move |before: Option<(InboxAsked, u32)>| {
        let now = (asked.get(), changes.get());
        if before.map_or(!is_here, |before| before != now) {
            listed.fetch(now.0);
        }
        // Another page begins at its beginning.
        if before.is_some_and(|(before, _)| before != now.0) {
            panel::to_start();
        }
        now
    });
    let rows = part(move || {
        let page = listed.page.get()?;
        Some(if page.mentions.is_empty() && page.next.is_none() {
            view! {
                <EmptyState icon="inbox" title="No mentions" text="Mentions land here."/>
            }
        } else {
            list(chat, channel, asked.get_untracked(), page)
        })
    });
    view! {
        {filters(chat, channel, asked)}
        {note(listed, asked)}
        {rows}
    }
}

/// All of it, or only where the person was named.
fn filters(chat: Chat, channel: ChannelId, asked: Memo<InboxAsked>) -> AnyView {
    let path = chat.channel_path(channel);
    let link = |only_named: bool, words: &'static str| {
        let href = InboxAsked { before: None, only_named }.path(&path);
        let current = word(move || asked.get().only_named == only_named, "true");
        view! { <a class="chip" href=href aria-current=current>{words}</a> }
    };
    view! {
        <nav class="search-panel__query search-panel__filters" aria-label="Mentions">
            {link(false, "All mentions")}
            {link(true, "By name")}
        </nav>
    }
}

fn note(listed: Listed, asked: Memo<InboxAsked>) -> AnyView {
    part(move || {
        let problem = listed.problem.get();
        if problem.is_none() && listed.page.with(Option::is_some) {
            return None;
        }
        Some(match problem {
            None => {
                view! { <p class="hits__note with-icon" role="status"><Spinner/>"Loading"</p> }
            }
            Some(problem) => view! {
                <div class="hits__note" role="alert">
                    <p>"Not loaded. "{problem}</p>
                    <button
                        type="button"
                        class="button button--small"
                        on:click=move |_| listed.fetch(asked.get_untracked())
                    >
                        "Try again"
                    </button>
                </div>
            },
        })
    })
}

fn list(chat: Chat, channel: ChannelId, asked: InboxAsked, page: InboxPage) -> AnyView {
    let mut rows: Vec<AnyView> = Vec::new();
    let mut said_in = None;
    for Mentioned { message, place } in page.mentions {
        let path = match &place {
            Some(place) => format!("/channels/{}/{}", place.guild_id, message.channel_id),
            None => format!("/channels/@me/{}", message.channel_id),
        };
        if said_in != Some(message.channel_id) {
            said_in = Some(message.channel_id);
            rows.push(heading(place));
        }
        rows.push(hit(chat, message, &path, &[], None));
    }
    let here = chat.channel_path(channel);
    let link =
        |href: String, words: &'static str| view! { <a class="button button--small" href=href>{words}</a> };
    let first = asked.before.map(|_| link(InboxAsked { before: None, ..asked }.path(&here), "Newest"));
    let next = page.next.map(|id| link(InboxAsked { before: Some(id), ..asked }.path(&here), "Older"));
    let pages = (first.is_some() || next.is_some()).then(|| {
        view! { <nav class="search-panel__pages" aria-label="Pages of the inbox">{first}{next}</nav> }
    });
    view! {
        <ul class="hits" aria-label="Inbox">{rows}</ul>
        {pages}
    }
}

/// Where the following ones were said.
fn heading(place: Option<MentionPlace>) -> AnyView {
    match place {
        Some(place) => view! {
            <li class="search-panel__group">
                <Icon name="hash"/>
                <span dir="auto">{place.channel_name}</span>
                <span dir="auto">{place.guild_name}</span>
            </li>
        },
        None => {
            view! { <li class="search-panel__group"><Icon name="message"/>"Direct message"</li> }
        }
    }
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;
    use protocol::MessageId;

    use super::InboxAsked;

    #[test]
    fn an_address_says_which_page_of_the_inbox_it_is() {
        let asked = InboxAsked { before: MessageId::new(7), only_named: true };
        assert_eq!(asked.path("/channels/1/2"), "/channels/1/2?panel=inbox&only=names&before=7");
        let mut query = ParamsMap::new();
        query.insert("only", "names".to_owned());
        query.insert("before", "7".to_owned());
        assert_eq!(InboxAsked::of(&query), asked);
        query.replace("before", "x".to_owned());
        query.replace("only", "all".to_owned());
        assert_eq!(InboxAsked::of(&query), InboxAsked::default());
    }
}
