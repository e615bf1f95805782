//! What is searched for, as the address has it: `?panel=search&q=…`. And the way in from the head of the conversation.

use leptos::prelude::*;
use leptos_router::location::Url;
use leptos_router::params::ParamsMap;
use protocol::search::{Search, SearchOrder, SearchScope};
use protocol::snapshot::Place;
use protocol::{ChannelId, limits};

use super::context::Chat;
use crate::app::controls::Icon;
use crate::app::view::view;
use crate::browser::form::Fields;
use crate::browser::{dom, focus};

/// A search in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// As typed.
    pub(super) text: String,
    /// What stands first.
    pub(super) order: SearchOrder,
    /// The page after this one; empty for the first.
    pub(super) after: String,
}

impl Asked {
    /// From the part of the address behind the `?`.
    pub(super) fn of(query: &ParamsMap) -> Self {
        let value = |name| query.get_str(name).unwrap_or_default();
        Self {
            text: value("q").trim().to_owned(),
            order: SearchOrder::from_text(value("order")),
            after: value("after").to_owned(),
        }
    }

    /// Its address in a channel.
    pub(super) fn path(&self, channel_path: &str) -> String {
        let mut path = [channel_path, "?panel=search&q=", &Url::escape(&self.text)].concat();
        if self.order != SearchOrder::default() {
            path.push_str("&order=");
            path.push_str(self.order.as_str());
        }
        if !self.after.is_empty() {
            path.push_str("&after=");
            path.push_str(&self.after);
        }
        path
    }

    /// As the backend takes it; none when nothing is asked.
    pub(super) fn search(&self, place: Place, channel: ChannelId, offset_minutes: i32) -> Option<Search> {
        let scope = match place {
            Place::Guild { guild, .. } => SearchScope::Guild { guild },
            _ => SearchScope::Channel { channel },
        };
        (!self.text.is_empty()).then(|| Search {
            scope,
            query: self.text.clone(),
            order: self.order,
            offset_minutes,
            after: self.after.parse().ok(),
        })
    }
}

/// What the address of a page searches for.
pub fn search_of(query: &ParamsMap, place: Place, channel: ChannelId) -> Option<Search> {
    // The reader's clock is not known yet.
    Asked::of(query).search(place, channel, 0)
}

/// The name of the search box: where it looks.
pub(super) fn label(chat: Chat, channel: ChannelId) -> Signal<String> {
    let (store, guild) = (chat.store(), chat.guild());
    Signal::derive(move || {
        let place = match &guild {
            Some(guild) => guild.guild.with(|guild| guild.name.clone()),
            None => store.recipient(channel).map(|user| chat.name_of(&user)).unwrap_or_default(),
        };
        ["Search ", &place].concat()
    })
}

/// Goes to what a form of the search asks for.
pub(super) fn submitted(chat: Chat, channel: ChannelId, event: &leptos::ev::SubmitEvent) {
    let Some(fields) = Fields::of(event) else { return };
    event.prevent_default();
    let asked = Asked {
        text: fields.get("q").trim().to_owned(),
        order: SearchOrder::from_text(&fields.get("order")),
        after: String::new(),
    };
    chat.searches.update(|count| *count = count.wrapping_add(1));
    chat.go(&asked.path(&chat.here(channel)), false);
}

/// The box in the head of the conversation, and where there is no room for it a button that leads to another.
pub(super) fn search_box(chat: Chat, channel: ChannelId) -> AnyView {
    let label = label(chat, channel);
    let path = chat.channel_path(channel);
    view! {
        <form
            class="topbar__search input-group"
            role="search"
            method="get"
            action=path.clone()
            on:submit=move |event| submitted(chat, channel, &event)
        >
            <input type="hidden" name="panel" value="search"/>
            <Icon name="search"/>
            <input
                class="input"
                type="search"
                name="q"
                aria-label=label
                placeholder=label
                autocomplete="off"
                maxlength=limits::SEARCH_CHARS
            />
        </form>
        <form
            class="topbar__search-button"
            method="get"
            action=path
            on:submit=move |event| submitted(chat, channel, &event)
        >
            <input type="hidden" name="panel" value="search"/>
            <button class="icon-button" type="submit" aria-label=label data-opens="search"><Icon name="search"/></button>
        </form>
    }
}

/// Whether the keyboard is in a search box.
pub(super) fn is_begun() -> bool {
    focus::active().is_some_and(|active| dom::attribute(&active, "name").as_deref() == Some("q"))
}

/// Puts the keyboard into the search box that is in view, or opens the panel with one.
pub(super) fn begin(chat: Chat, channel: ChannelId) {
    let boxes = focus::find(".side-panel [name='q']").or_else(|| focus::find(".topbar [name='q']"));
    match boxes.filter(dom::is_shown) {
        Some(field) => focus::focus(&field),
        None => chat.go(&Asked::default().path(&chat.here(channel)), false),
    }
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;
    use protocol::search::SearchOrder;

    use super::Asked;

    #[test]
    fn an_address_says_what_is_searched_for() {
        let mut query = ParamsMap::new();
        query.insert("q", " two words ".to_owned());
        query.insert("order", "relevant".to_owned());
        let asked = Asked::of(&query);
        assert_eq!((asked.text.as_str(), asked.order), ("two words", SearchOrder::Relevant));
        assert_eq!(Asked::of(&ParamsMap::new()), Asked::default());
    }
}
