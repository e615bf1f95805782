//! The rows of a channel never have a hole nobody knows of: whatever was asked for, in whatever order answers come.

use std::sync::Arc;

use leptos::prelude::{GetUntracked, WithUntracked};
use proptest::prelude::*;
use protocol::frame::ServerFrame;
use protocol::snapshot::{Anchor, History};
use protocol::{ChannelId, MessageId, Stream, UserId};

use super::outbox::Outgoing;
use super::samples::World;
use super::timeline::{Edges, RowKey, Timeline, WINDOW};
use super::{Store, Want};

/// Something that happens to somebody who reads a channel.
#[derive(Debug, Clone)]
enum Step {
    /// Others write some messages.
    Burst(usize),
    /// The reader writes one.
    Own,
    /// The oldest of the reader's messages without an answer gets it.
    Answer,
    Delete(usize),
    /// So many events are told.
    Tell(usize),
    Follow(bool),
    /// The reader asks for a page as they scroll: up, down, to the end, to a message.
    Ask(u8, usize),
    /// The page is read, and arrives.
    ReadPage,
    TakePage,
    /// The end is wanted although a page is on its way.
    WantEnd,
    WantGuild,
    /// The stream cannot be continued: what was not told yet will not be.
    Reset,
    /// What the store wants is asked for, read, and arrives.
    Fetch,
    ReadWanted,
    TakeWanted,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..90_usize).prop_map(Step::Burst),
        2 => Just(Step::Own),
        2 => Just(Step::Answer),
        2 => any::<usize>().prop_map(Step::Delete),
        5 => (1..120_usize).prop_map(Step::Tell),
        2 => any::<bool>().prop_map(Step::Follow),
        6 => (0..4_u8, any::<usize>()).prop_map(|(way, which)| Step::Ask(way, which)),
        4 => Just(Step::ReadPage),
        4 => Just(Step::TakePage),
        1 => Just(Step::WantEnd),
        1 => Just(Step::WantGuild),
        2 => Just(Step::Reset),
        4 => Just(Step::Fetch),
        4 => Just(Step::ReadWanted),
        4 => Just(Step::TakeWanted),
    ]
}

type Install = Box<dyn FnOnce(&Store)>;

struct Reader {
    world: World,
    store: Store,
    place: ChannelId,
    timeline: Timeline,
    told: usize,
    page: Option<(Anchor, Option<History>)>,
    wanted: Option<(Want, Option<Install>)>,
    nonces: usize,
    unanswered: Vec<(Arc<str>, MessageId)>,
}

impl Reader {
    fn open(place: ChannelId, messages: usize) -> Self {
        let mut world = World::new();
        for _ in 0..messages {
            world.post(place, UserId::from_trusted(102), "before", None, None);
        }
        let store = Store::new(world.page(place));
        let timeline = store.open_timeline(place);
        let told = world.log.len();
        let (page, wanted, unanswered) = (None, None, Vec::new());
        Self { world, store, place, timeline, told, page, wanted, nonces: 0, unanswered }
    }

    fn general(messages: usize) -> Self {
        Self::open(ChannelId::from_trusted(11), messages)
    }

    fn say(&mut self, count: usize) {
        for _ in 0..count {
            self.world.post(self.place, UserId::from_trusted(102), "more", None, None);
        }
    }

    fn write(&mut self) {
        let nonce: Arc<str> = format!("nonce-{}", self.nonces).into();
        self.nonces += 1;
        self.store.enqueue(Outgoing::new(nonce.clone(), self.place, "mine".to_owned(), 1_700_000_000_000));
        let id = self.world.post(self.place, self.world.me(), "mine", Some(&nonce), None).id;
        self.unanswered.push((nonce, id));
    }

    fn answer(&mut self) {
        if self.unanswered.is_empty() {
            return;
        }
        let (nonce, id) = self.unanswered.remove(0);
        if let Some(message) = self.world.told(id) {
            self.store.answered(&nonce, Ok(message));
        }
    }

    fn tell(&mut self, count: usize) {
        for (s, rev, e) in self.world.log.iter().skip(self.told).take(count).cloned() {
            self.told += 1;
            self.store.receive(ServerFrame::Event { s, rev, e }, 0);
        }
    }

    fn tell_all(&mut self) {
        self.tell(usize::MAX);
    }

    fn reset(&mut self) {
        self.told = self.world.log.len();
        let guild = Stream::Guild(self.world.guild.id);
        let s = if self.place == self.world.dm { Stream::Dm(self.place) } else { guild };
        self.store.receive(ServerFrame::Reset { s }, 0);
    }

    fn ask(&mut self, anchor: Anchor) {
        if self.page.is_none() {
            self.timeline.expect();
            self.page = Some((anchor, None));
        }
    }

    fn scroll(&mut self, way: u8, which: usize) {
        let (edges, ids) = (self.timeline.edges.get_untracked(), self.world.message_ids());
        let anchor = match way {
            0 => self.timeline.oldest_id().filter(|_| edges.older).map(Anchor::Before),
            1 => self.timeline.newest_id().filter(|_| edges.newer).map(Anchor::After),
            2 => Some(Anchor::Latest),
            _ => ids.get(which % ids.len().max(1)).copied().map(Anchor::Around),
        };
        if let Some(anchor) = anchor {
            self.ask(anchor);
        }
    }

    fn read_page(&mut self) {
        if let Some((anchor, read @ None)) = &mut self.page {
            *read = Some(self.world.history_page(self.place, *anchor));
        }
    }

    fn take_page(&mut self) {
        self.read_page();
        if let Some((anchor, Some(page))) = self.page.take() {
            self.store.install_history(&self.timeline, page, anchor);
        }
    }

    fn fetch(&mut self) {
        if self.wanted.is_none() {
            self.wanted = self.store.next_want().map(|want| (want, None));
        }
    }

    fn read_wanted(&mut self) {
        if let Some((want, read @ None)) = &mut self.wanted {
            *read = Some(match *want {
                Want::Home => {
                    let home = self.world.home();
                    Box::new(move |store| store.install_home(home))
                }
                Want::Guild(_) => {
                    let guild = self.world.guild_snapshot();
                    Box::new(move |store| store.install_guild(guild))
                }
                Want::History(channel) => {
                    let page = self.world.history_page(channel, Anchor::Latest);
                    Box::new(move |store| store.install_latest(page))
                }
            });
        }
    }

    fn take_wanted(&mut self) {
        self.read_wanted();
        if let Some((_, Some(install))) = self.wanted.take() {
            install(&self.store);
        }
    }

    fn take_all_wanted(&mut self) {
        self.fetch();
        while self.wanted.is_some() {
            self.take_wanted();
            self.fetch();
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Burst(count) => self.say(count),
            Step::Own => self.write(),
            Step::Answer => self.answer(),
            Step::Delete(which) => {
                let ids = self.world.message_ids();
                if let Some(id) = ids.get(which % ids.len().max(1)) {
                    self.world.delete(*id);
                }
            }
            Step::Tell(count) => self.tell(count),
            Step::Follow(following) => {
                let following = following && !self.timeline.edges.get_untracked().newer;
                self.timeline.follow(following);
            }
            Step::Ask(way, which) => self.scroll(way, which),
            Step::ReadPage => self.read_page(),
            Step::TakePage => self.take_page(),
            Step::WantEnd => self.store.want(Want::History(self.place)),
            Step::WantGuild => self.store.want(Want::Guild(self.world.guild.id)),
            Step::Reset => self.reset(),
            Step::Fetch => self.fetch(),
            Step::ReadWanted => self.read_wanted(),
            Step::TakeWanted => self.take_wanted(),
        }
    }

    /// Everything arrives, in some order.
    fn rest(&mut self, page_first: bool) {
        if page_first {
            self.take_page();
        }
        self.tell_all();
        self.take_wanted();
        self.take_page();
        self.fetch();
        while self.wanted.is_some() {
            self.take_wanted();
            self.fetch();
        }
        while !self.unanswered.is_empty() {
            self.answer();
        }
    }

    fn ids(&self) -> Vec<MessageId> {
        self.timeline.slots.with_untracked(|slots| slots.iter().filter_map(|slot| slot.id).collect())
    }

    /// What is here is everything between its first and its last message, and the edges say what is not.
    fn check(&self) {
        let (here, there) = (self.ids(), self.world.message_ids());
        let Edges { older, newer } = self.timeline.edges.get_untracked();
        let from = here.first().map_or(0, |first| there.partition_point(|id| id < first));
        let to = here.last().map_or(from, |last| there.partition_point(|id| id <= last));
        assert_eq!(here, there[from..to], "a hole, something twice or something that is gone");
        assert!(older || from == 0, "{from} older messages nobody knows of");
        assert!(newer || to == there.len() || here.is_empty() && older, "newer messages nobody knows of");
        if !newer {
            let lost = |slot: &super::timeline::Slot| slot.id.is_none() && slot.message_id().is_some();
            assert!(!self.timeline.slots.with_untracked(|slots| slots.iter().any(lost)));
        }
    }

    /// The reader goes to the beginning, and from there to the end.
    fn walk(&mut self) {
        for way in [0, 1] {
            for _ in 0..100 {
                self.scroll(way, 0);
                if self.page.is_none() {
                    break;
                }
                self.take_page();
                self.check();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_pages_events_and_resets_leaves_a_hole(
        in_guild in any::<bool>(),
        page_first in any::<bool>(),
        before in 0..150_usize,
        steps in proptest::collection::vec(step(), 0..40),
    ) {
        let place = if in_guild { 11 } else { 77 };
        let mut reader = Reader::open(ChannelId::from_trusted(place), before);
        for step in &steps {
            reader.step(step);
        }
        reader.rest(page_first);
        reader.check();
        reader.walk();
    }
}

#[test]
fn ones_own_message_that_is_answered_before_others_are_told_leaves_no_hole() {
    let mut reader = Reader::general(60);
    reader.timeline.follow(false);
    reader.say(WINDOW + 90);
    reader.write();
    reader.answer();
    reader.say(5);
    reader.tell_all();
    reader.check();
    assert!(reader.timeline.edges.get_untracked().newer, "what comes after it is only counted");
    reader.walk();
}

#[test]
fn a_page_that_comes_after_a_reset_is_not_put_before_what_it_does_not_reach() {
    let mut reader = Reader::general(100);
    reader.scroll(0, 0);
    reader.read_page();
    reader.say(800);
    reader.reset();
    reader.take_all_wanted();
    reader.take_page();
    reader.check();
    assert!(reader.timeline.edges.get_untracked().older);
}

#[test]
fn a_page_of_history_does_not_fit_rows_that_were_pushed_out() {
    let mut reader = Reader::general(60);
    reader.scroll(0, 0);
    reader.read_page();
    reader.say(WINDOW);
    reader.tell_all();
    reader.take_page();
    reader.check();
}

#[test]
fn what_happens_between_two_answers_is_kept_by_the_second() {
    let mut reader = Reader::general(60);
    reader.ask(Anchor::Latest);
    reader.store.want(Want::History(reader.place));
    reader.fetch();
    reader.read_wanted();
    reader.take_page();
    reader.say(1);
    reader.tell_all();
    reader.take_wanted();
    reader.check();
}

#[test]
fn an_own_message_does_not_hide_the_gap_before_it() {
    let mut reader = Reader::general(300);
    reader.timeline.follow(false);
    for _ in 0..5 {
        reader.scroll(0, 0);
        reader.take_page();
    }
    assert!(reader.timeline.edges.get_untracked().newer, "the window is full");
    reader.write();
    reader.answer();
    let shown = reader.timeline.slots.with_untracked(|slots| slots.last().map(|slot| slot.row.key.clone()));
    assert_eq!(shown, Some(RowKey::Own("nonce-0".into())), "it stays on screen, last");
    reader.check();
    reader.walk();
    let slots = reader.timeline.slots.get_untracked();
    assert_eq!(slots.last().map(|slot| slot.row.key.clone()), shown, "and stays the same row");
    assert_eq!(slots.len(), WINDOW);
}

#[test]
fn an_own_message_that_is_confirmed_late_does_not_hide_the_gap_after_it() {
    let mut reader = Reader::general(60);
    reader.write();
    reader.say(800);
    reader.reset();
    reader.take_all_wanted();
    reader.answer();
    reader.check();
}

#[test]
fn messages_before_a_snapshot_that_overtook_them_are_fetched() {
    let mut reader = Reader::general(10);
    reader.say(3);
    reader.store.want(Want::Guild(reader.world.guild.id));
    reader.fetch();
    reader.take_wanted();
    reader.rest(false);
    reader.check();
}

#[test]
fn the_end_that_was_wanted_is_shown_although_another_page_comes_later() {
    let mut reader = Reader::general(300);
    let middle = reader.world.message_ids()[100];
    reader.ask(Anchor::Around(middle));
    reader.store.want(Want::History(reader.place));
    reader.fetch();
    reader.take_wanted();
    reader.take_page();
    assert!(!reader.timeline.edges.get_untracked().newer);
    reader.check();
}

#[test]
fn a_message_that_is_gone_is_noticed_until_something_else_is_on_screen() {
    let mut reader = Reader::general(300);
    let there = reader.world.message_ids()[100];
    let gone = MessageId::from_trusted(there.get() + 1);
    assert!(!reader.world.message_ids().contains(&gone));
    let lacking = |reader: &Reader| reader.store.lacking.get_untracked();
    let look_for = |reader: &mut Reader, message| {
        reader.ask(Anchor::Around(message));
        reader.take_page();
    };
    look_for(&mut reader, gone);
    assert_eq!(lacking(&reader), Some((reader.place, gone)));
    assert_eq!(reader.timeline.beside(gone), Some(there));
    look_for(&mut reader, there);
    assert_eq!(lacking(&reader), None);
    look_for(&mut reader, gone);
    reader.store.want(Want::History(reader.place));
    reader.fetch();
    reader.take_wanted();
    assert_eq!(lacking(&reader), None, "the end is on screen");
}
