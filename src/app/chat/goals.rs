//! What can be gone to by name, best first.

use leptos::prelude::*;
use protocol::entity::{ChannelKind, User};
use protocol::permissions::Permissions;
use protocol::snapshot::Destination;
use protocol::{ChannelId, GuildId, UserId};

use super::context::{Chat, Screen};
use super::searching::Asked;
use super::suggesting::{best, rank_name, rank_person};
use crate::app::store::GuildEntry;
use crate::app::words;

/// Rows of a group.
const MOST: usize = 8;

/// What a row leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Goal {
    /// An address.
    Path(String),
    /// The conversation with somebody, which may have to be begun.
    Person(UserId),
    /// The list of keys.
    Keys,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    /// Under which heading it stands.
    pub group: &'static str,
    /// Its sign, where it has no colour.
    pub icon: &'static str,
    /// The colour of a person or a server.
    pub hue: Option<u8>,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub beside: String,
    /// Whether something is new there.
    pub is_unread: bool,
    /// How much of it addresses the person.
    pub mentions: u32,
    /// Where it leads.
    pub goal: Goal,
}

impl Choice {
    fn new(group: &'static str, icon: &'static str, name: String, beside: String, goal: Goal) -> Self {
        Self { group, icon, hue: None, name, beside, is_unread: false, mentions: 0, goal }
    }
}

/// The rows for what was typed. A sign in front of it asks for one kind. Tracks.
pub(super) fn choices(
    chat: Chat,
    known: Option<&[Destination]>,
    people: &[User],
    typed: &str,
) -> Vec<Choice> {
    let (kind, query) = match typed.chars().next() {
        Some(sign @ ('#' | '@' | '>')) => (Some(sign), typed.get(1..).unwrap_or_default().trim()),
        _ => (None, typed),
    };
    let query = query.to_lowercase();
    let wants = |sign| kind.is_none_or(|kind| kind == sign);
    let mut all = Vec::new();
    if wants('#') {
        let mut places = channels(chat, known);
        if kind.is_none() {
            places.extend(conversations(chat));
            places.extend(servers(chat).filter(|_| !query.is_empty()));
        }
        all.extend(if query.is_empty() && kind.is_none() {
            newest(chat, places)
        } else {
            fitting(places, &query)
        });
    }
    if wants('@') {
        all.extend(found(chat, people, &query, kind.is_some()));
    }
    if wants('>') && (kind.is_some() || !query.is_empty()) {
        all.extend(fitting(actions(chat), &query));
    }
    if kind.is_none() && !query.is_empty() {
        all.extend(search(chat, typed));
    }
    all
}

fn fitting(all: Vec<Choice>, query: &str) -> Vec<Choice> {
    best(all.into_iter(), |choice| rank_name(&choice.name, query), |choice| choice.name.clone(), MOST)
}

/// Where somebody is addressed, where else something is new, then where the person was last.
fn newest(chat: Chat, all: Vec<Choice>) -> Vec<Choice> {
    let (unread, read): (Vec<Choice>, Vec<Choice>) = all.into_iter().partition(|choice| choice.is_unread);
    let (addressed, unread): (Vec<Choice>, Vec<Choice>) =
        unread.into_iter().partition(|choice| choice.mentions > 0);
    let last = chat.visited.get().into_iter().rev().filter_map(|(guild, channel)| {
        let goal = Goal::Path(path_of(guild, channel));
        read.iter().find(|choice| choice.goal == goal).cloned()
    });
    let all = addressed.into_iter().chain(unread).chain(last).take(MOST);
    all.map(|choice| Choice { group: "Recent and unread", ..choice }).collect()
}

fn path_of(guild: GuildId, channel: ChannelId) -> String {
    ["/channels/", &guild.to_string(), "/", &channel.to_string()].concat()
}

fn channels(chat: Chat, known: Option<&[Destination]>) -> Vec<Choice> {
    let guilds = chat.store().guilds.get();
    let here = match chat.screen.get() {
        Screen::Channel(channel) => Some(channel),
        _ => None,
    };
    let in_guild = |guild: &GuildEntry| -> Vec<(ChannelId, String)> {
        let id = guild.id();
        match known {
            Some(known) => {
                let of_it = known.iter().filter(|one| one.guild_id == id);
                of_it.map(|one| (one.channel_id, one.name.clone())).collect()
            }
            None => guild.channels.with(|all| {
                let texts = all.iter().filter(|channel| channel.kind == ChannelKind::Text);
                texts.map(|channel| (channel.id, channel.name.clone())).collect()
            }),
        }
    };
    let mut all = Vec::new();
    for guild in &guilds {
        let server = guild.guild.with(|guild| guild.name.clone());
        for (id, name) in in_guild(guild).into_iter().filter(|(id, _)| Some(*id) != here) {
            let path = path_of(guild.id(), id);
            let news =
                guild.reads.with(|reads| reads.get(&id).map(|read| (read.is_unread(), read.mentions())));
            let (is_unread, mentions) = news.unwrap_or_default();
            let choice = Choice::new("Places", "hash", name, server.clone(), Goal::Path(path));
            all.push(Choice { is_unread, mentions, ..choice });
        }
    }
    all
}

fn servers(chat: Chat) -> impl Iterator<Item = Choice> {
    chat.store().guilds.get().into_iter().map(move |guild| {
        let name = guild.guild.with(|guild| guild.name.clone());
        let choice = Choice::new(
            "Channels",
            "",
            name,
            words::GUILD_TITLE.to_owned(),
            Goal::Path(chat.guild_path(&guild)),
        );
        Choice { hue: Some(protocol::entity::hue_of(guild.id().get())), ..choice }
    })
}

/// Conversations where something is new.
fn conversations(chat: Chat) -> Vec<Choice> {
    let store = chat.store();
    let dms = store.dms.get();
    let unread = dms.into_iter().filter_map(|dm| {
        let read =
            store.dm_reads.with(|reads| reads.get(&dm.id).map(|read| (read.is_unread(), read.mentions())));
        let (is_unread, mentions) = read?;
        let user = store.person(dm.recipient)?.get();
        let path = ["/channels/@me/", &dm.id.to_string()].concat();
        let choice = person("Places", &user, Goal::Path(path));
        is_unread.then_some(Choice { is_unread, mentions, ..choice })
    });
    unread.collect()
}

fn person(group: &'static str, user: &User, goal: Goal) -> Choice {
    let choice = Choice::new(group, "", user.display_name.clone(), ["@", &user.username].concat(), goal);
    Choice { hue: Some(user.hue()), ..choice }
}

/// People of open conversations, and those that were found.
fn found(chat: Chat, people: &[User], query: &str, is_asked: bool) -> Vec<Choice> {
    if query.is_empty() && !is_asked {
        return Vec::new();
    }
    let store = chat.store();
    let mut all: Vec<User> =
        store.dms.get().into_iter().filter_map(|dm| Some(store.person(dm.recipient)?.get())).collect();
    for user in people {
        if !all.iter().any(|known| known.id == user.id) {
            all.push(user.clone());
        }
    }
    let rank = |user: &User| if query.is_empty() { Some(0) } else { rank_person(user, query) };
    let fitting = best(all.into_iter(), rank, |user| user.display_name.clone(), MOST);
    fitting.iter().map(|user| person("People", user, Goal::Person(user.id))).collect()
}

fn actions(chat: Chat) -> Vec<Choice> {
    let action = |icon, name: &str, beside: &str, goal| {
        Choice::new("Actions", icon, name.to_owned(), beside.to_owned(), goal)
    };
    let page = |icon, name, beside, path: &str| action(icon, name, beside, Goal::Path(path.to_owned()));
    let mut all = vec![
        page("user", "Account", "Your settings", "/settings"),
        page("monitor", "Devices", "Your settings", "/settings/devices"),
        page("palette", "Appearance", "Your settings", "/settings/appearance"),
        page("edit", "New message", "Direct messages", "/channels/@me/new"),
        page("plus", words::CREATE_OR_JOIN, "", "/servers/new"),
        action("keyboard", "Keyboard shortcuts", "Ctrl /", Goal::Keys),
    ];
    if let Some(guild) = chat.guild() {
        let (id, name) = (guild.id(), guild.guild.with(|guild| guild.name.clone()));
        all.push(page("gear", words::GUILD_SETTINGS, &name, &format!("/servers/{id}/settings")));
        if guild.access.with(|access| access.guild.contains(Permissions::CREATE_INVITE)) {
            all.push(page("user-plus", "Invite people", &name, &format!("/servers/{id}/invite")));
        }
    }
    all
}

/// Looking for it in what was written.
fn search(chat: Chat, typed: &str) -> Option<Choice> {
    let Screen::Channel(channel) = chat.screen.get() else { return None };
    let path = Asked { text: typed.to_owned(), ..Asked::default() }.path(&chat.here(channel));
    let name = ["Search messages for “", typed, "”"].concat();
    Some(Choice::new("Actions", "search", name, String::new(), Goal::Path(path)))
}
