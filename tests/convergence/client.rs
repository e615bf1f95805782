//! A client: the browser's own store, fed with what the backend gives this person and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use backend::actions::sync::{How, Missed, catch_up, standing};
use backend::actions::{guilds, messages, pages};
use harmony::app::store::normal::NormalForm;
use harmony::app::store::{Store, Want};
use leptos::prelude::GetUntracked;
use protocol::entity::Message;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::snapshot::{Anchor, Place};
use protocol::{Error, Result, Rev, Stream, UserId};
use rig::{Person, Socket, TestApp};

/// How events reach a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// All that was missed, at the end of a part, stream by stream: a device that was away.
    Log,
    /// The same after every step: the order in which things happened.
    StepByStep,
    /// Over a socket, as they happen.
    Socket,
}

/// How much was compared.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) guilds: usize,
    pub(crate) timelines: usize,
    pub(crate) messages: usize,
    pub(crate) unread: usize,
}

impl Compared {
    pub(crate) fn add(&mut self, other: Self) {
        self.guilds += other.guilds;
        self.timelines += other.timelines;
        self.messages += other.messages;
        self.unread += other.unread;
    }
}

pub(crate) struct Client {
    person: Person,
    place: Place,
    store: Store,
    socket: Option<Socket>,
    pings: u64,
    seed: u64,
    /// A snapshot that was read and has not arrived yet.
    in_flight: Option<Box<dyn FnOnce(&Store)>>,
    /// A page the reader asked for, likewise.
    page_in_flight: Option<Box<dyn FnOnce(&Store)>>,
    fetches: u64,
    is_slow: bool,
}

impl Client {
    /// Somebody opens a page.
    pub(crate) async fn open(app: &TestApp, person: Person, place: Place, way: Way, seed: u64) -> Self {
        let store = Store::new(person.page(place).await);
        let socket = match (way, store.hello()) {
            (Way::Socket, ClientFrame::Hello { cursors, .. }) => Some(app.connect(&person, cursors).await),
            _ => None,
        };
        let is_slow = way == Way::StepByStep;
        Self {
            person,
            place,
            store,
            socket,
            pings: 0,
            seed,
            in_flight: None,
            page_in_flight: None,
            fetches: 0,
            is_slow,
        }
    }

    /// Takes everything there is to know by now.
    pub(crate) async fn catch_up(&mut self, app: &TestApp) {
        if self.socket.is_some() {
            self.listen(app).await;
        } else {
            self.replay(app).await;
            self.fetch(app).await;
        }
    }

    /// The end of a part: nothing is on its way any more.
    pub(crate) async fn come_to_rest(&mut self, app: &TestApp) {
        let is_slow = std::mem::take(&mut self.is_slow);
        self.catch_up(app).await;
        self.catch_up(app).await;
        self.is_slow = is_slow;
    }

    /// What the gateway sends after a hello, without the socket.
    async fn replay(&mut self, app: &TestApp) {
        let ClientFrame::Hello { cursors, .. } = self.store.hello() else {
            panic!("a client says hello first")
        };
        let found = catch_up(&app.state, self.person.id(), &cursors).await.unwrap();
        for s in found.gone {
            self.store.receive(ServerFrame::Gone { s }, 0);
        }
        let mut revs: BTreeMap<Stream, Rev> = BTreeMap::new();
        for Missed { stream: s, rev, how } in found.missed {
            match how {
                How::Reset => self.store.receive(ServerFrame::Reset { s }, 0),
                How::Replay { events, .. } => {
                    for (rev, json) in events {
                        let e = protocol::json::read(&json).unwrap();
                        self.store.receive(ServerFrame::Event { s, rev, e }, 0);
                    }
                    revs.insert(s, rev);
                }
            }
        }
        self.store.receive(ServerFrame::Pong { n: 0, revs }, 0);
    }

    /// Reads the socket until the backend has considered everything for it.
    async fn listen(&mut self, app: &TestApp) {
        let mut wanted: BTreeMap<Stream, Rev> =
            standing(&app.state, self.person.id()).await.unwrap().into_iter().collect();
        // Of a conversation that another has opened nothing is told before the first message.
        let listed = pages::home(&app.state, &self.person.actor).await.unwrap().dms;
        wanted.retain(|stream, _| match stream {
            Stream::Dm(channel) => {
                listed.iter().any(|dm| dm.id == *channel) || self.store.cursor(*stream).is_some()
            }
            _ => true,
        });
        let mut seen = BTreeMap::new();
        // A connection may send 120 frames in a minute.
        for round in 0..30 {
            self.pings += 1;
            let socket = self.socket.as_mut().unwrap();
            let frames = socket.settle(self.pings).await;
            let Some(ServerFrame::Pong { revs, .. }) = frames.last() else { panic!("{frames:?}") };
            seen.extend(revs.clone());
            for frame in frames {
                self.store.receive(frame, 0);
            }
            // As in the browser: whatever a frame makes necessary is fetched while others come.
            self.fetch(app).await;
            let ClientFrame::Hello { cursors, .. } = self.store.hello() else {
                panic!("a client says hello first")
            };
            let is_done =
                wanted.iter().all(|(stream, rev)| cursors.get(stream).is_some_and(|here| here >= rev));
            if is_done && cursors.keys().all(|stream| wanted.contains_key(stream)) {
                return;
            }
            // Who may view what is found out beside the commits; it takes milliseconds.
            tokio::time::sleep(Duration::from_millis(5 << round.min(8))).await;
        }
        panic!(
            "seed {}: {} never hears of {wanted:?}, only of {seen:?}",
            self.seed, self.person.user.username
        );
    }

    /// Fetches what the store wants, one after the other. Of a slow client every other answer takes until the next
    /// call, and what happens meanwhile is told before it. The same goes for the pages somebody asks for who scrolls;
    /// of two answers either comes first.
    async fn fetch(&mut self, app: &TestApp) {
        let mut answers = [self.in_flight.take(), self.page_in_flight.take()];
        if (self.fetches + self.seed).is_multiple_of(3) {
            answers.reverse();
        }
        for install in answers.into_iter().flatten() {
            install(&self.store);
        }
        if self.is_slow {
            self.page_in_flight = self.scroll(app).await;
        }
        while let Some(want) = self.store.next_want() {
            let install = self.read(app, want).await;
            self.fetches += 1;
            if self.is_slow && (self.fetches + self.seed).is_multiple_of(2) {
                self.in_flight = Some(install);
                return;
            }
            install(&self.store);
        }
    }

    /// Asks for a page of the channel on screen; it is read now.
    async fn scroll(&self, app: &TestApp) -> Option<Box<dyn FnOnce(&Store)>> {
        let (Place::Dm { channel, .. } | Place::Guild { channel: Some(channel), .. }) = self.place else {
            return None;
        };
        let timeline = self.store.timeline(channel)?;
        let edge = timeline.oldest_id().filter(|_| timeline.edges.get_untracked().older);
        let anchor = edge.map_or(Anchor::Latest, Anchor::Before);
        timeline.expect();
        match messages::history(&app.state, &self.person.actor, channel, anchor).await {
            Ok(page) => Some(Box::new(move |store| store.install_history(&timeline, page, anchor))),
            Err(error) => {
                timeline.refuse(error);
                None
            }
        }
    }

    async fn read(&self, app: &TestApp, want: Want) -> Box<dyn FnOnce(&Store)> {
        let actor = &self.person.actor;
        let read: Result<Box<dyn FnOnce(&Store)>> = match want {
            Want::Home => match pages::home(&app.state, actor).await {
                Ok(home) => Ok(Box::new(move |store| store.install_home(home))),
                Err(error) => Err(error),
            },
            Want::Guild(guild) => match guilds::snapshot(&app.state, actor, guild).await {
                Ok(snapshot) => Ok(Box::new(move |store| store.install_guild(snapshot))),
                Err(error) => Err(error),
            },
            Want::History(channel) => {
                match messages::history(&app.state, actor, channel, Anchor::Latest).await {
                    Ok(history) => Ok(Box::new(move |store| store.install_latest(history))),
                    Err(error) => Err(error),
                }
            }
        };
        read.unwrap_or_else(|error| {
            assert!(!error.is_temporary(), "{error:?}");
            Box::new(move |store| store.give_up(want, &error))
        })
    }

    /// The state of this client and that of a page opened now, as far as both know something.
    async fn both(&self, app: &TestApp) -> (NormalForm, NormalForm) {
        let page = match pages::load(&app.state, &self.person.actor, self.place).await {
            Err(Error::NotFound) => self.person.page(Place::Home).await,
            page => page.unwrap(),
        };
        let (mut known, mut fresh) = (self.store.normal_form(), Store::new(page).normal_form());
        known.messages.retain(|channel, _| fresh.messages.contains_key(channel));
        fresh.messages.retain(|channel, _| known.messages.contains_key(channel));
        let heard_of = heard_of(&fresh);
        for message in known.messages.values_mut().chain(fresh.messages.values_mut()).flatten() {
            forget_names(message, &heard_of);
        }
        for (one, other) in known.guilds.iter_mut().zip(&mut fresh.guilds) {
            if one.loaded.is_none() || other.loaded.is_none() {
                (one.loaded, other.loaded) = (None, None);
            }
        }
        (known, fresh)
    }

    pub(crate) async fn agrees(&self, app: &TestApp) -> bool {
        let (known, fresh) = self.both(app).await;
        known == fresh
    }

    pub(crate) async fn compare(&self, app: &TestApp, told: &[String]) -> Compared {
        let (known, fresh) = self.both(app).await;
        if known != fresh {
            let difference = difference(&format!("{known:#?}"), &format!("{fresh:#?}"));
            let (seed, who, place) = (self.seed, &self.person.user, self.place);
            panic!(
                "seed {seed}, {who:?} at {place:?}: known (-) and fresh (+) differ\n{difference}\n{told:#?}"
            );
        }
        let loaded = fresh.guilds.iter().filter(|guild| guild.loaded.is_some()).count();
        Compared {
            guilds: loaded,
            timelines: fresh.messages.len(),
            messages: fresh.messages.values().map(Vec::len).sum(),
            unread: fresh.guilds.iter().map(|guild| guild.unread.len()).sum::<usize>()
                + fresh.dm_unread.len(),
        }
    }

    /// Pretends to have heard everything.
    pub(crate) async fn skip(&mut self, app: &TestApp) {
        let revs = standing(&app.state, self.person.id()).await.unwrap().into_iter().collect();
        self.store.receive(ServerFrame::Pong { n: 0, revs }, 0);
        self.catch_up(app).await;
    }
}

/// Whose renames this person is told: their own, those of people they talk with, those of members of the guild on
/// screen. Somebody who has left keeps the name they left with until the page is opened anew.
fn heard_of(fresh: &NormalForm) -> BTreeSet<UserId> {
    let members =
        fresh.guilds.iter().filter_map(|guild| guild.loaded.as_ref()).flat_map(|loaded| &loaded.members);
    let mut found: BTreeSet<UserId> = members.map(|member| member.user.id).collect();
    found.extend(fresh.dms.values().map(|(user, _)| user.id));
    found.insert(fresh.me.user.id);
    found
}

fn forget_names(message: &mut Message, heard_of: &BTreeSet<UserId>) {
    let quoted = message.reply_to.as_mut().and_then(|reply| reply.preview.as_mut());
    let people = [&mut message.author].into_iter().chain(&mut message.mentions);
    for user in people.chain(quoted.map(|preview| &mut preview.author)) {
        if !heard_of.contains(&user.id) {
            user.display_name.clear();
        }
    }
}

/// The lines only one of two texts has, between those that both have before and after.
fn difference(one: &str, other: &str) -> String {
    let (one, other): (Vec<&str>, Vec<&str>) = (one.lines().collect(), other.lines().collect());
    let before = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let rest = one.len().min(other.len()) - before;
    let after = one.iter().rev().zip(other.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let from = before.saturating_sub(12);
    let mut shown: Vec<String> = one[from..before].iter().map(|line| format!("  {line}")).collect();
    shown.extend(one[before..one.len() - after].iter().take(60).map(|line| format!("- {line}")));
    shown.extend(other[before..other.len() - after].iter().take(60).map(|line| format!("+ {line}")));
    shown.join("\n")
}
