//! The conversation: rail, sidebar, messages, message box, members.
//!
//! | where | what |
//! |---|---|
//! | `context` | what the parts share: the place, the message being answered or edited, open drawers |
//! | `live`, `sending`, `keeping` | towards the backend: socket, fetches, what the person does with messages, what outlives the page |
//! | `rail`, `channel_list`, `dm_list`, `self_bar` | the navigation |
//! | `conversation`, `topbar`, `message_list`, `reading`, `message_row`, `attachments`, `embeds`, `composer` | the middle |
//! | `files`, `tray`, `taking` | files of a message that is being written or sent |
//! | `departed` | saying that what was on screen is gone |
//! | `toolbar`, `menu`, `editor`, `deletion`, `reactions`, `picker`, `thread_line`, `no_script` | acting on a message |
//! | `profile`, `popup` | the card of a person, and what opens above everything |
//! | `panel`, `pins`, `inbox`, `searching`, `search_panel`, `hit` | what stands beside the conversation when the address says so |
//! | `overlay`, `switcher`, `goals`, `viewer`, `keys` | what covers everything: find or jump, pictures in full size, the list of keys |
//! | `member_list`, `drawers`, `banner`, `shortcuts`, `settling` | the side panel, narrow screens, the connection, keys |
//!
//! The first render is the same on both sides: it knows neither clock nor storage nor window. Whatever needs
//! those happens in effects afterwards.

#![allow(unreachable_pub, reason = "the component macro makes a hidden public copy of every component")]

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::snapshot::{Anchor, Place};

mod attachments;
mod badge;
mod banner;
mod channel_list;
mod closures;
mod composer;
mod context;
mod conversation;
mod deletion;
mod departed;
mod dm_list;
mod drawers;
mod editor;
mod embeds;
mod files;
mod goals;
mod hit;
mod inbox;
mod intro;
mod keeping;
mod keys;
mod live;
mod markup_view;
mod member_list;
mod menu;
mod message_list;
mod message_row;
mod no_script;
mod overlay;
mod panel;
mod picker;
mod pins;
mod popup;
mod press;
mod profile;
mod rail;
mod reacting;
mod reactions;
mod reading;
mod search_panel;
mod searching;
mod self_bar;
mod sending;
mod settling;
mod shortcuts;
mod suggesting;
mod suggestions;
mod switcher;
mod taking;
mod thread_line;
mod times;
mod toolbar;
mod topbar;
mod tray;
mod typing;
mod unsent;
mod viewer;

pub use inbox::InboxAsked;
pub use live::{Live, connect};
pub use panel::fetch_panels;
pub use searching::search_of;
pub use settling::settle_in_composer;

use banner::Notices;
use channel_list::Sidebar;
use closures::{flag, part, word};
use context::{Chat, Drawer, Screen, channel_name};
use conversation::Conversation;
use deletion::DeletionDialog;
use member_list::MemberPanel;
use overlay::Overlays;
use panel::SidePanel;
use profile::Profile;
use rail::Rail;
use self_bar::SelfBar;
use topbar::PlainTopbar;

use crate::app::controls::{EmptyState, Icon, Spinner, at_once};
use crate::app::pages::{CreateChannelOpener, CreateOrJoinOpener, NewMessageOpener};
use crate::app::store::reads::totals;
use crate::app::store::{Link, Stage, Store};
use crate::app::view::view;

/// Every conversation, at whichever address. Going from one to the next changes what is in it, not the frame.
#[component]
pub fn ChatFrame() -> impl IntoView {
    let chat = Chat::provide();
    follow_place(chat);
    try_again(chat);
    departed::watch(chat);
    shortcuts::listen(chat);
    drawers::close_on_back(chat);
    let panel = part(move || {
        let Screen::Channel(channel) = chat.screen.get() else { return None };
        if let Some(panel) = chat.panel.get() {
            return Some(view! { <SidePanel panel channel/> });
        }
        let guild = chat.guild().filter(|guild| guild.stage.get() == Stage::Loaded)?;
        Some(view! { <MemberPanel guild/> })
    });
    let navigation_open = move || chat.drawer.get() == Some(Drawer::Navigation);
    let heading = heading(chat);
    let frame = view! {
        <Title text=move || heading.get()/>
        // Only where there is one: a link to nothing is no way to skip.
        {part(move || matches!(chat.screen.get(), Screen::Channel(_)).then(|| view! {
            <div class="skip-links"><a href="#composer" target="_self">"Skip to message box"</a></div>
        }))}
        <div class="app">
            <div
                class="navigation"
                id="navigation"
                data-open=word(navigation_open, "")
                on:keydown=move |event| drawers::pressed(chat, &event)
                on:click=move |event| drawers::chosen(chat, &event)
            >
                <Rail/>
                <Sidebar/>
                <SelfBar/>
            </div>
            <a
                class="scrim"
                href="#conversation"
                target="_self"
                tabindex="-1"
                aria-hidden="true"
                on:click=move |event| {
                    event.prevent_default();
                    drawers::close(chat);
                }
            ></a>
            <div class="sheet" inert=flag(navigation_open) on:click=move |event| drawers::beside(chat, &event)>
                <main
                    class="conversation"
                    id="conversation"
                    tabindex="-1"
                    inert=flag(move || drawers::is_members(chat))
                >
                    {part(move || Some(middle(chat.screen.get())))}
                    <Notices/>
                </main>
                {panel}
            </div>
        </div>
        <DeletionDialog/>
        <Profile/>
        <Overlays/>
    };
    at_once(frame)
}

/// What can be done before anything is open.
fn home() -> Option<AnyView> {
    let chat: Chat = expect_context();
    let is_new = chat.store().guilds.with(Vec::is_empty) && chat.store().dms.with(Vec::is_empty);
    Some(if is_new {
        view! {
            <EmptyState
                icon="users"
                title="Welcome".to_owned()
                text="Make a place for your people, or join one with the link somebody sent you.".to_owned()
            >
                <CreateOrJoinOpener class="button button--primary" label="">
                    <Icon name="plus"/>
                    "Get started"
                </CreateOrJoinOpener>
            </EmptyState>
        }
    } else {
        view! {
            <EmptyState
                icon="message"
                title="No conversation open".to_owned()
                text="Choose one on the side, or write to somebody.".to_owned()
            >
                <NewMessageOpener class="button button--primary" label="">
                    <Icon name="edit"/>
                    "Write a message"
                </NewMessageOpener>
            </EmptyState>
        }
    })
}

/// What stands in the middle.
fn middle(screen: Screen) -> AnyView {
    match screen {
        Screen::Channel(channel) => view! { <Conversation channel/> },
        Screen::Home => view! { <PlainTopbar title="Messages"/>{part(home)} },
        Screen::Loading => view! {
            <PlainTopbar title=""/>
            <div class="empty-state" role="status"><p class="muted with-icon"><Spinner/>"Loading"</p></div>
        },
        Screen::NoChannels(guild) => view! {
            <PlainTopbar title="No channels"/>
            <EmptyState
                icon="hash"
                title="No channels yet".to_owned()
                text="There is nothing here that you can see.".to_owned()
            >
                {may_create(guild).then(|| view! {
                    <CreateChannelOpener guild class="button button--primary" label="">"Create the first one"</CreateChannelOpener>
                })}
            </EmptyState>
        },
        Screen::Nothing => view! {
            <PlainTopbar title="Nothing here"/>
            <EmptyState
                icon="compass"
                title="Nothing here".to_owned()
                text="This does not exist, or you cannot see it.".to_owned()
            >
                <a class="button" href="/channels/@me">"Back to your messages"</a>
            </EmptyState>
        },
    }
}

fn may_create(guild: protocol::GuildId) -> bool {
    let chat: Chat = expect_context();
    let bits = protocol::permissions::Permissions::MANAGE_CHANNELS;
    chat.store().guild(guild).is_some_and(|guild| guild.access.get().guild.contains(bits))
}

/// Goes along when the address changes: fetches a server that is only listed, says what is on screen, closes
/// what was open.
fn follow_place(chat: Chat) {
    Effect::new(move |before: Option<Place>| {
        let place = chat.place.get();
        let (store, live) = (chat.store(), chat.live());
        let guild = match place {
            Place::Guild { guild, .. } => store.watch_guild(guild),
            _ => None,
        };
        if before != Some(place) {
            chat.note_visit(place);
            live.focus(guild.as_ref().map(|guild| guild.id()));
            chat.menu.set(None);
            chat.picking.set(None);
            chat.profile.set(None);
            chat.drawer.set(None);
        }
        match guild.as_ref().map(|guild| guild.stage.get()) {
            Some(Stage::Listed) => guild.into_iter().for_each(|guild| live.load_guild(guild.id())),
            // An archived thread is here when its messages are.
            Some(Stage::Loaded) => {
                if let Place::Guild { channel: Some(channel), .. } = place
                    && untrack(|| store.seek(channel))
                {
                    live.page(channel, Anchor::Latest);
                }
            }
            _ => {}
        }
        place
    });
}

/// What could not be fetched is asked for again when the connection is back.
fn try_again(chat: Chat) {
    Effect::new(move |_| {
        let (store, live) = (chat.store(), chat.live());
        if store.link.get() != Link::Live {
            return;
        }
        if let Some(guild) = untrack(|| chat.guild()).filter(|guild| is_refused(&guild.stage.get_untracked()))
        {
            live.load_guild(guild.id());
        }
        if let Screen::Channel(channel) = chat.screen.get_untracked()
            && store.timeline(channel).is_some_and(|timeline| is_refused(&timeline.stage.get_untracked()))
        {
            live.page(channel, Anchor::Latest);
        }
    });
}

fn is_refused(stage: &Stage) -> bool {
    matches!(stage, Stage::Refused(_))
}

/// The title as a value of its own. The server asks for it after the page, when this request's scope is not the
/// thread's any more: whatever lives in an arena would be gone then, or another request's.
fn heading(chat: Chat) -> ArcRwSignal<String> {
    let heading = ArcRwSignal::new(untrack(|| title(chat)));
    Effect::new({
        let heading = heading.clone();
        move |_| heading.set(title(chat))
    });
    heading
}

/// The window's title: what waits, where one is.
fn title(chat: Chat) -> String {
    let store = chat.store();
    let name = match (chat.screen.get(), chat.guild()) {
        (Screen::Channel(channel), Some(guild)) => {
            let server = guild.guild.with(|guild| guild.name.clone());
            [channel_name(&store, channel).unwrap_or_default(), server].join(", ")
        }
        (Screen::Channel(channel), None) => {
            store.recipient(channel).map(|user| chat.name_of(&user)).unwrap_or_default()
        }
        (Screen::Nothing, _) => "Nothing here".to_owned(),
        (_, Some(guild)) => guild.guild.with(|guild| guild.name.clone()),
        (_, None) => "Messages".to_owned(),
    };
    match waiting(&store) {
        0 => name,
        count => ["(", &count.to_string(), ") ", &name].concat(),
    }
}

/// Mentions everywhere, and conversations with something new.
fn waiting(store: &Store) -> u32 {
    let conversations = store.dm_reads.with(|reads| totals(reads).0);
    let mentions = store
        .guilds
        .get()
        .iter()
        .map(|guild| guild.reads.with(|reads| totals(reads).1))
        .fold(0, u32::saturating_add);
    mentions.saturating_add(u32::try_from(conversations).unwrap_or(u32::MAX))
}
