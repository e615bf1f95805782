//! What the parts of the conversation share: where the person is, and what they are about to do.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use protocol::entity::{Channel, ChannelKind, Message, User};
use protocol::markup::{self, Named};
use protocol::permissions::Permissions;
use protocol::snapshot::Place;
use protocol::{ChannelId, GuildId, MessageId, RoleId, UserId};

use super::closures::{flag, word};
use super::files::Files;
use super::live::Live;
use super::overlay::Overlay;
use super::panel::Panel;
use super::reacting::Wish;
use super::searching::Asked;
use super::settling::focus_composer;
use crate::app::controls::{Toasts, use_toasts};
use crate::app::pages::{Address, Asking, parse_address};
use crate::app::store::{GuildEntry, Link, Stage, Store, StoreCtx};
use crate::browser::focus;
use crate::browser::listener::Listener;

/// What the conversation's place on screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Screen {
    /// No conversation is open.
    Home,
    /// A channel's messages.
    Channel(ChannelId),
    /// The guild is being fetched.
    Loading,
    /// The guild has no channel the person can see.
    NoChannels(GuildId),
    /// There is nothing at this address, or it may not be seen.
    Nothing,
}

fn target_of(place: Place) -> Option<MessageId> {
    match place {
        Place::Guild { message, .. } | Place::Dm { message, .. } => message,
        Place::Home => None,
    }
}

/// Which part slides over the conversation on a narrow screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drawer {
    /// Servers and channels.
    Navigation,
    /// Members.
    Members,
}

/// Where the menu of a message is open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MenuAt {
    /// The message.
    pub message: MessageId,
    /// Pixels from the window's left edge.
    pub x: i32,
    /// Pixels from its top.
    pub y: i32,
}

type Navigate = Box<dyn Fn(&str, NavigateOptions) + Send + Sync>;

/// Whose card is open, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ProfileAt {
    /// Whose.
    pub person: UserId,
    /// Pixels from the window's left edge.
    pub x: i32,
    /// Pixels from its top.
    pub y: i32,
    /// The message whose menu it was opened from: the keyboard goes back there.
    pub from: Option<MessageId>,
}

/// The state of the frame. A handle; copies share it.
#[derive(Clone, Copy)]
pub(super) struct Chat {
    store: StoredValue<Store>,
    live: StoredValue<Live>,
    toasts: StoredValue<Toasts>,
    files: StoredValue<Files>,
    asking: StoredValue<Option<Asking>>,
    navigate: StoredValue<Navigate>,
    edited: StoredValue<Option<(MessageId, String)>>,
    /// What is being answered, in each channel at most one. It goes with the draft.
    answered: StoredValue<Vec<Message>>,
    /// Where the address leads.
    pub place: Memo<Place>,
    /// What that shows.
    pub screen: Memo<Screen>,
    /// What stands beside the conversation instead of the members.
    pub panel: Memo<Option<Panel>>,
    /// What the address searches for.
    pub asked: Memo<Asked>,
    /// Counts up when somebody asks, also for the same again.
    pub searches: RwSignal<u32>,
    /// The channel last seen of each guild, in this tab.
    pub visited: RwSignal<Vec<(GuildId, ChannelId)>>,
    /// The message being answered in the channel on screen; set by [`Chat::answer`].
    pub replying: RwSignal<Option<Message>>,
    /// The message being edited.
    pub editing: RwSignal<Option<MessageId>>,
    /// The message whose deletion is asked about.
    pub deleting: RwSignal<Option<MessageId>>,
    /// The message with the toolbar.
    pub active: RwSignal<Option<MessageId>>,
    /// The open menu.
    pub menu: RwSignal<Option<MenuAt>>,
    /// Where the emoji picker is open.
    pub picking: RwSignal<Option<MenuAt>>,
    /// Reactions that the backend does not have yet.
    pub wishes: RwSignal<Vec<Wish>>,
    /// What covers everything.
    pub overlay: RwSignal<Option<Overlay>>,
    /// The open card of a person.
    pub profile: RwSignal<Option<ProfileAt>>,
    /// The open drawer.
    pub drawer: RwSignal<Option<Drawer>>,
    /// Whether the member list is put away on a wide screen; unknown, and shown, in the first render.
    pub members_away: RwSignal<bool>,
    /// A text for the message box, from a message that could not be sent.
    pub composing: RwSignal<Option<String>>,
    /// Counts up when the reader is to be brought to the end.
    pub to_end: RwSignal<u32>,
    /// Whether the device says it has a network.
    pub has_network: RwSignal<bool>,
    /// Whether script has taken over. A message is one stop of the Tab key then, with keys of its own for what
    /// its links do without script.
    pub interactive: RwSignal<bool>,
    /// The tab stop of links in messages: once script has taken over, none.
    pub link_tab_stop: Signal<Option<&'static str>>,
}

impl Chat {
    /// Makes it for everything below the caller.
    pub(super) fn provide() -> Self {
        let StoreCtx(store) = expect_context();
        let path = use_location().pathname;
        let query = use_query_map();
        let place = Memo::new(move |before: Option<&Place>| match parse_address(&path.get()) {
            Address::Known(place) => place,
            // On the way to a page that is none of ours: nothing moves any more.
            Address::Unknown => before.copied().unwrap_or(Place::Home),
        });
        let screen = {
            let store = store.clone();
            Memo::new(move |_| screen_of(&store, place.get()))
        };
        let interactive = RwSignal::new(false);
        let chat = Self {
            asking: StoredValue::new(use_context()),
            files: StoredValue::new(expect_context()),
            store: StoredValue::new(store),
            live: StoredValue::new(expect_context()),
            toasts: StoredValue::new(use_toasts()),
            navigate: StoredValue::new(Box::new(use_navigate()) as Navigate),
            edited: StoredValue::new(None),
            answered: StoredValue::new(Vec::new()),
            visited: RwSignal::new(Vec::new()),
            place,
            screen,
            panel: Memo::new(move |_| query.with(Panel::of)),
            asked: Memo::new(move |_| query.with(Asked::of)),
            searches: RwSignal::new(0),
            replying: RwSignal::new(None),
            editing: RwSignal::new(None),
            deleting: RwSignal::new(None),
            active: RwSignal::new(None),
            menu: RwSignal::new(None),
            picking: RwSignal::new(None),
            wishes: RwSignal::new(Vec::new()),
            overlay: RwSignal::new(None),
            profile: RwSignal::new(None),
            drawer: RwSignal::new(None),
            members_away: RwSignal::new(false),
            composing: RwSignal::new(None),
            to_end: RwSignal::new(0),
            has_network: RwSignal::new(true),
            interactive,
            link_tab_stop: word(move || interactive.get(), "-1"),
        };
        Effect::new(move |_: Option<[Listener; 2]>| {
            chat.interactive.set(true);
            let look = move || _ = chat.has_network.try_set(focus::is_online());
            look();
            ["online", "offline"].map(|event| Listener::new(event, move |_| look()))
        });
        provide_context(chat);
        chat
    }

    /// What the client knows.
    pub(super) fn store(self) -> Store {
        self.store.get_value()
    }

    /// What ties it to the backend.
    pub(super) fn live(self) -> Live {
        self.live.get_value()
    }

    /// Files that have no message yet.
    pub(super) fn files(self) -> Files {
        self.files.get_value()
    }

    /// The dialogs that all pages share.
    pub(super) fn asking(self) -> Option<Asking> {
        self.asking.get_value()
    }

    /// Notes about results.
    pub(super) fn toasts(self) -> Toasts {
        self.toasts.get_value()
    }

    /// Goes to another address; `replace` leaves the one before out of the history.
    pub(super) fn go(self, path: &str, replace: bool) {
        let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
        self.navigate.with_value(|navigate| navigate(path, options));
    }

    /// The guild on screen. Tracks.
    pub(super) fn guild(self) -> Option<GuildEntry> {
        match self.place.get() {
            Place::Guild { guild, .. } => self.store().watch_guild(guild),
            _ => None,
        }
    }

    /// Whether the person is here themselves. Without a live connection yet they are shown as others will see them in a
    /// moment. Tracks.
    pub(super) fn am_here(self) -> bool {
        matches!(self.store().link.get(), Link::Live | Link::Connecting)
    }

    /// The message the address points at. Tracks.
    pub(super) fn target(self) -> Option<MessageId> {
        target_of(self.place.get())
    }

    /// Whether the message the address points at was looked for and is not there.
    pub(super) fn is_target_missing(self) -> Signal<bool> {
        flag(move || {
            let Screen::Channel(channel) = self.screen.get() else { return false };
            let (store, target) = (self.store(), self.target());
            // Who may not read gets nothing at all, and nothing can be said then.
            let may_read = store.access(channel).contains(Permissions::READ_HISTORY);
            may_read && target.is_some_and(|target| store.lacking.get() == Some((channel, target)))
        })
    }

    /// A message of the channel on screen.
    pub(super) fn message(self, id: MessageId) -> Option<Message> {
        let Screen::Channel(channel) = self.screen.get_untracked() else { return None };
        let row = self.store().timeline(channel)?.row(id)?;
        Some(row.entry.with_untracked(|entry| entry.message.clone()))
    }

    /// Whether a message of the channel on screen is pinned. Tracks.
    pub(super) fn is_pinned(self, id: MessageId) -> bool {
        let Screen::Channel(channel) = self.screen.get_untracked() else { return false };
        let row = self.store().timeline(channel).and_then(|timeline| timeline.row(id));
        row.is_some_and(|row| row.entry.with(|entry| entry.message.pinned))
    }

    /// The address of the channel on screen.
    pub(super) fn channel_path(self, channel: ChannelId) -> String {
        match self.place.get_untracked() {
            Place::Guild { guild, .. } => format!("/channels/{guild}/{channel}"),
            _ => format!("/channels/@me/{channel}"),
        }
    }

    /// The address of what is on screen, with the message it points at: what panels change is only what follows the `?`.
    /// Does not track.
    pub(super) fn here(self, channel: ChannelId) -> String {
        let path = self.channel_path(channel);
        match untrack(|| self.target()) {
            Some(message) => format!("{path}/{message}"),
            None => path,
        }
    }

    /// Whether the person may write in a channel. Tracks.
    pub(super) fn may_send(self, channel: ChannelId) -> bool {
        self.store().access(channel).contains(Permissions::SEND_MESSAGES)
    }

    /// Whether the person may send files with a message. Tracks.
    pub(super) fn may_attach(self, channel: ChannelId) -> bool {
        self.store().access(channel).contains(Permissions::SEND_MESSAGES | Permissions::ATTACH_FILES)
    }

    /// Whether the person may change a message.
    pub(super) fn may_edit(self, message: &Message) -> bool {
        !message.kind.is_system() && message.author.id == self.store().my_id()
    }

    /// Whether the person may delete a message. Tracks.
    pub(super) fn may_delete(self, message: &Message) -> bool {
        self.may_edit(message)
            || self.store().access(message.channel_id).contains(Permissions::MANAGE_MESSAGES)
    }

    /// Whether the person may pin a message, or take it down. Tracks.
    pub(super) fn may_pin(self, message: &Message) -> bool {
        let needed = Permissions::PIN_MESSAGES | Permissions::READ_HISTORY;
        !message.kind.is_system() && self.store().access(message.channel_id).contains(needed)
    }

    /// Remembers where somebody is in a guild.
    pub(super) fn note_visit(self, place: Place) {
        if let Place::Guild { guild, channel: Some(channel), .. } = place {
            self.visited.update(|visited| {
                visited.retain(|(other, _)| *other != guild);
                visited.push((guild, channel));
            });
        }
    }

    /// The address of a guild: where the person last was in it, if that is still there. Tracks.
    pub(super) fn guild_path(self, guild: &GuildEntry) -> String {
        let id = guild.id();
        let last =
            self.visited.with(|visited| visited.iter().find(|(other, _)| *other == id).map(|(_, at)| *at));
        let last =
            last.filter(|last| guild.channels.with(|all| all.iter().any(|channel| channel.id == *last)));
        let mut path = ["/channels/", &id.to_string()].concat();
        if let Some(channel) = last {
            path.push('/');
            path.push_str(&channel.to_string());
        }
        path
    }

    /// Begins answering a message.
    pub(super) fn reply(self, id: MessageId) {
        if let Some(message) = self.message(id) {
            self.editing.set(None);
            self.answer(message.channel_id, Some(message));
            focus_composer();
        }
    }

    /// What is being written in a channel answers this message, or none.
    pub(super) fn answer(self, channel: ChannelId, message: Option<Message>) {
        self.answered.update_value(|answered| {
            answered.retain(|other| other.channel_id != channel);
            answered.extend(message.clone());
        });
        self.replying.set(message);
    }

    /// Comes back to what was being answered in a channel.
    pub(super) fn resume(self, channel: ChannelId) {
        let answered = self
            .answered
            .with_value(|answered| answered.iter().find(|message| message.channel_id == channel).cloned());
        self.replying.set(answered);
    }

    /// Begins editing a message, or does nothing when it is somebody else's.
    pub(super) fn edit(self, id: MessageId) {
        if self.message(id).is_some_and(|message| self.may_edit(&message)) {
            self.edited.set_value(None);
            self.editing.set(Some(id));
        }
    }

    /// Ends the editing of a message, and goes on in the message box.
    pub(super) fn end_editing(self, id: MessageId) {
        if self.editing.try_get_untracked().flatten() == Some(id) {
            self.editing.set(None);
            focus_composer();
        }
    }

    /// The other text of the message being edited, from an editor that is out of sight: scrolled away, or in another
    /// channel.
    pub(super) fn edited(self, id: MessageId) -> Option<String> {
        self.edited
            .with_value(|edited| edited.clone().filter(|(edited, _)| *edited == id).map(|(_, text)| text))
    }

    /// Keeps it, should the editor get out of sight.
    pub(super) fn keep_edited(self, id: MessageId, text: String) {
        self.edited.set_value(Some((id, text)));
    }

    /// Asks whether to delete a message; `at_once` skips the question.
    pub(super) fn delete(self, id: MessageId, at_once: bool) {
        if !untrack(|| self.message(id).is_some_and(|message| self.may_delete(&message))) {
            return;
        }
        if at_once {
            super::sending::delete(self, id);
        } else {
            self.deleting.set(Some(id));
        }
    }

    /// How a person is called. Tracks.
    pub(super) fn name_of(self, user: &User) -> String {
        self.store().person_of(user).with(|user| user.display_name.clone())
    }

    /// One line of a message's text.
    pub(super) fn excerpt(self, content: &str) -> String {
        let store = self.store();
        markup::excerpt(content, &mut |named| match named {
            Named::User(id) => store.person(id).map(|user| user.with(|user| user.display_name.clone())),
            Named::Channel(id) => channel_name(&store, id),
            Named::Role(id) => role_name(&store, id),
        })
    }

    /// A message's text as it is typed, with names instead of ids.
    pub(super) fn typed(self, content: &str) -> String {
        let store = self.store();
        markup::unresolve_names(
            content,
            &mut |id| store.person(id).map(|user| user.with_untracked(|user| user.username.clone())),
            &mut |id| untrack(|| channel_name(&store, id)),
            &mut |id| untrack(|| role_name(&store, id)),
        )
    }
}

/// The name of a role in any loaded guild. Tracks.
pub(super) fn role_name(store: &Store, id: RoleId) -> Option<String> {
    store.guilds.get().iter().find_map(|guild| {
        guild.roles.with(|roles| roles.iter().find(|role| role.id == id).map(|role| role.name.clone()))
    })
}

/// The name of a channel in any loaded guild. Tracks.
pub(super) fn channel_name(store: &Store, id: ChannelId) -> Option<String> {
    store
        .guild_of(id)?
        .channels
        .with(|channels| channels.iter().find(|channel| channel.id == id).map(|channel| channel.name.clone()))
}

fn screen_of(store: &Store, place: Place) -> Screen {
    match place {
        Place::Home => Screen::Home,
        Place::Dm { channel, .. } => {
            let listed = store.dms.with(|dms| dms.iter().any(|dm| dm.id == channel));
            if listed { Screen::Channel(channel) } else { Screen::Nothing }
        }
        Place::Guild { guild: id, channel, .. } => {
            let Some(guild) = store.watch_guild(id) else { return Screen::Nothing };
            if guild.stage.get() != Stage::Loaded {
                return Screen::Loading;
            }
            let has_messages = |channel| {
                let is_it = |known: &Channel| known.id == channel && known.kind != ChannelKind::Category;
                guild.channels.with(|channels| channels.iter().any(is_it))
            };
            match channel {
                None => guild.first_channel().map_or(Screen::NoChannels(id), Screen::Channel),
                Some(channel) if has_messages(channel) => Screen::Channel(channel),
                Some(channel) if store.is_sought(channel) => Screen::Loading,
                Some(_) => Screen::Nothing,
            }
        }
    }
}
