//! A message that was sent is one row, whatever comes first: the answer, the echo, a replay, a page of history.

use std::sync::Arc;

use leptos::prelude::{GetUntracked, WithUntracked};
use proptest::prelude::*;
use protocol::entity::Attachment;
use protocol::event::Event;
use protocol::frame::ServerFrame;
use protocol::snapshot::Anchor;
use protocol::{ChannelId, Error, MessageId, Rev, Stream, UserId};

use super::outbox::Outgoing;
use super::samples::World;
use super::timeline::{Delivery, RowKey, WINDOW};
use super::{Store, apply};

fn channel() -> ChannelId {
    ChannelId::from_trusted(11)
}

fn nonce(number: usize) -> Arc<str> {
    format!("nonce-{number}").into()
}

/// One thing that reaches the client.
#[derive(Debug, Clone)]
enum Arrival {
    /// The answer to a request to send.
    Answer(usize),
    /// The request to send got no answer in time.
    Silence(usize),
    /// The next event of the stream.
    Event,
    /// Everything so far once more.
    Replay,
    /// A page that was asked for now.
    Page,
    /// A page that was asked for before the last event.
    LatePage,
    /// The message written on another tab, or by somebody else.
    Foreign,
}

fn arrival(messages: usize) -> impl Strategy<Value = Arrival> {
    prop_oneof![
        3 => (0..messages).prop_map(Arrival::Answer),
        1 => (0..messages).prop_map(Arrival::Silence),
        4 => Just(Arrival::Event),
        1 => Just(Arrival::Replay),
        1 => Just(Arrival::Page),
        1 => Just(Arrival::LatePage),
        1 => Just(Arrival::Foreign),
    ]
}

/// A message that an earlier page wrote and could not get confirmed.
fn left_over(number: usize) -> Outgoing {
    Outgoing::new(nonce(number), channel(), "hi".to_owned(), 1_700_000_000_000)
}

struct Run {
    world: World,
    store: Store,
    sent: Vec<MessageId>,
    told: usize,
}

impl Run {
    fn start(messages: usize) -> Self {
        let mut world = World::new();
        let store = Store::new(world.page(channel()));
        let me = world.me();
        for number in 0..messages {
            store.enqueue(Outgoing::new(nonce(number), channel(), "hi".to_owned(), 1_700_000_000_000));
        }
        let sent = (0..messages)
            .map(|number| world.post(channel(), me, "hi", Some(&nonce(number)), None).id)
            .collect();
        Self { world, store, sent, told: 0 }
    }

    fn tell(&mut self) {
        if let Some((s, rev, e)) = self.world.log.get(self.told).cloned() {
            self.told += 1;
            self.store.receive(ServerFrame::Event { s, rev, e }, 0);
        }
    }

    fn arrive(&mut self, arrival: &Arrival) {
        match *arrival {
            Arrival::Answer(number) => {
                let message = self.world.told(self.sent[number]).expect("never deleted here");
                self.store.answered(&nonce(number), Ok(message));
            }
            Arrival::Silence(number) => self.store.unanswered(&nonce(number)),
            Arrival::Event => self.tell(),
            Arrival::Replay => {
                for (s, rev, e) in self.world.log.iter().take(self.told).cloned() {
                    self.store.receive(ServerFrame::Event { s, rev, e }, 0);
                }
            }
            Arrival::Page => {
                let timeline = self.store.timeline(channel()).expect("open");
                timeline.expect();
                self.store.install_history(&timeline, self.world.history(channel()), Anchor::Latest);
            }
            Arrival::LatePage => {
                let timeline = self.store.timeline(channel()).expect("open");
                timeline.expect();
                let page = self.world.history(channel());
                self.arrive(&Arrival::Foreign);
                while self.told < self.world.log.len() {
                    self.tell();
                }
                self.store.install_history(&timeline, page, Anchor::Latest);
            }
            Arrival::Foreign => {
                self.world.post(channel(), UserId::from_trusted(102), "and you?", None, None);
            }
        }
    }

    fn settle(&mut self) {
        while self.told < self.world.log.len() {
            self.tell();
        }
        for number in 0..self.sent.len() {
            self.arrive(&Arrival::Answer(number));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_of_answer_echo_and_replay_gives_one_row(
        arrivals in proptest::collection::vec(arrival(3), 0..25),
    ) {
        let mut run = Run::start(3);
        for arrival in &arrivals {
            run.arrive(arrival);
        }
        run.settle();
        let timeline = run.store.timeline(channel()).expect("open");
        let slots = timeline.slots.get_untracked();
        let ids: Vec<Option<MessageId>> = slots.iter().map(|slot| slot.id).collect();
        let expected: Vec<Option<MessageId>> = run.world.message_ids().into_iter().map(Some).collect();
        prop_assert_eq!(ids, expected, "every message once, in order, and all of them sent");
        let mut keys: Vec<RowKey> = slots.iter().map(|slot| slot.row.key.clone()).collect();
        keys.dedup();
        prop_assert_eq!(keys.len(), slots.len());
        prop_assert!(run.store.next_outgoing().is_none(), "nothing is sent twice");
    }
}

#[test]
fn a_row_keeps_its_key_when_its_message_gets_an_id() {
    let mut run = Run::start(1);
    run.settle();
    let timeline = run.store.timeline(channel()).expect("open");
    let slots = timeline.slots.get_untracked();
    assert_eq!(slots[0].row.key, RowKey::Own(nonce(0)));
    assert_eq!(slots[0].id, Some(run.sent[0]));
}

#[test]
fn an_answer_after_the_message_was_deleted_does_not_bring_it_back() {
    let mut run = Run::start(1);
    let message = run.world.told(run.sent[0]).expect("posted");
    run.world.delete(run.sent[0]);
    while run.told < run.world.log.len() {
        run.tell();
    }
    run.store.answered(&nonce(0), Ok(message));
    let timeline = run.store.timeline(channel()).expect("open");
    assert!(timeline.slots.with_untracked(Vec::is_empty));
}

#[test]
fn an_answer_to_an_edit_takes_nothing_back_that_was_told_since() {
    let mut run = Run::start(1);
    run.settle();
    let id = run.sent[0];
    run.world.edit(id, "see https://a.example/");
    let answer = run.world.told(id).expect("edited");
    run.world.embed(id, vec![super::replay_tests::embed()]);
    run.world.pin(id, true);
    while run.told < run.world.log.len() {
        run.tell();
    }
    run.store.edited(answer);
    let row = run.store.timeline(channel()).and_then(|timeline| timeline.row(id)).expect("there");
    let message = row.entry.get_untracked().message;
    assert_eq!((message.content.as_str(), message.embeds.len()), ("see https://a.example/", 1));
    assert!(message.pinned);
}

#[test]
fn a_refused_message_keeps_its_text_for_another_try() {
    let world = World::new();
    let store = Store::new(world.page(channel()));
    store.enqueue(Outgoing::new(nonce(0), channel(), "important".to_owned(), 1_700_000_000_000));
    assert_eq!(store.next_outgoing().map(|outgoing| outgoing.content).as_deref(), Some("important"));
    store.answered(&nonce(0), Err(Error::Disconnected));
    assert!(store.next_outgoing().is_none());
    let timeline = store.timeline(channel()).expect("open");
    let delivery = || timeline.slots.with_untracked(|slots| slots[0].row.entry.get_untracked().delivery);
    assert_eq!(delivery(), Delivery::Failed(Error::Disconnected));
    store.retry(&nonce(0));
    assert_eq!(delivery(), Delivery::Pending);
    assert_eq!(store.next_outgoing().map(|outgoing| outgoing.tries), Some(2));
    assert_eq!(store.discard(&nonce(0)).map(|outgoing| outgoing.content).as_deref(), Some("important"));
    assert!(timeline.slots.with_untracked(Vec::is_empty));
}

#[test]
fn a_message_that_arrived_and_was_deleted_is_not_offered_for_another_try() {
    let world = World::new();
    let store = Store::new(world.page(channel()));
    store.enqueue(Outgoing::new(nonce(0), channel(), "oops".to_owned(), 1_700_000_000_000));
    store.unanswered(&nonce(0));
    store.answered(&nonce(0), Err(Error::MessageGone));
    assert!(store.unsent().is_empty() && !store.has_outgoing());
    let timeline = store.timeline(channel()).expect("open");
    assert!(timeline.slots.with_untracked(Vec::is_empty));
}

#[test]
fn messages_go_out_in_the_order_they_were_written() {
    let world = World::new();
    let store = Store::new(world.page(channel()));
    for number in 0..3 {
        store.enqueue(Outgoing::new(nonce(number), channel(), format!("{number}"), 1_700_000_000_000));
    }
    store.answered(&nonce(0), Err(Error::Forbidden));
    assert_eq!(store.next_outgoing().map(|outgoing| outgoing.nonce), Some(nonce(1)));
    for _ in 0..5 {
        store.unanswered(&nonce(1));
        assert_eq!(
            store.next_outgoing().map(|outgoing| outgoing.nonce),
            Some(nonce(1)),
            "again, not the next"
        );
    }
    store.unanswered(&nonce(1));
    store.retry_unknown();
    assert_eq!(store.next_outgoing().map(|outgoing| outgoing.nonce), Some(nonce(1)));
    store.answered(&nonce(1), Err(Error::Busy));
    assert_eq!(store.next_outgoing().map(|outgoing| outgoing.nonce), Some(nonce(2)), "the person's turn");
}

#[test]
fn a_message_waits_for_its_files_and_holds_up_nothing_meanwhile() {
    let world = World::new();
    let store = Store::new(world.page(channel()));
    let text = Outgoing::new(nonce(0), channel(), "look".to_owned(), 1_700_000_000_000);
    store.enqueue(Outgoing { uploading: true, ..text });
    store.enqueue(Outgoing::new(nonce(1), channel(), "meanwhile".to_owned(), 1_700_000_000_000));
    assert_eq!(store.next_outgoing().map(|outgoing| outgoing.nonce), Some(nonce(1)));
    store.answered(&nonce(1), Err(Error::Forbidden));
    assert!(!store.has_outgoing());

    store.answered(&nonce(0), Err(Error::Disconnected));
    store.retry(&nonce(0));
    assert!(!store.has_outgoing(), "tried again are the files, not the message");
    let json = r#"{"id":"7","filename":"cat.png","content_type":"image/png","size":1,"description":"a cat"}"#;
    let file: Attachment = protocol::json::read(json).expect("a file");
    store.uploaded(&nonce(0), vec![file.clone()]);
    let next = store.next_outgoing().expect("in line");
    assert_eq!((next.nonce, next.attachments), (nonce(0), vec![file.clone()]));
    let timeline = store.timeline(channel()).expect("open");
    let shown =
        || timeline.slots.with_untracked(|slots| slots[0].row.entry.get_untracked().message.attachments);
    assert_eq!(shown(), [file]);
}

#[test]
fn a_message_without_an_answer_holds_up_its_own_channel_only() {
    let world = World::new();
    let store = Store::new(world.page(channel()));
    for (number, place) in [channel(), channel(), world.dm].into_iter().enumerate() {
        store.enqueue(Outgoing::new(nonce(number), place, format!("{number}"), 1_700_000_000_000));
    }
    assert_eq!(store.next_outgoing().map(|outgoing| outgoing.nonce), Some(nonce(0)));
    store.unanswered(&nonce(0));
    assert_eq!(store.next_outgoing().map(|outgoing| outgoing.nonce), Some(nonce(2)));
    store.unanswered(&nonce(2));
    assert_eq!(store.next_outgoing().map(|outgoing| outgoing.nonce), Some(nonce(0)), "in turn");
}

#[test]
fn what_was_not_sent_waits_for_a_channel_that_goes_away_and_comes_back() {
    let world = World::new();
    let store = Store::new(world.page(channel()));
    store.enqueue(Outgoing::new(nonce(0), channel(), "before".to_owned(), 1_700_000_000_000));
    store.enqueue(Outgoing::new(nonce(1), world.dm, "elsewhere".to_owned(), 1_700_000_000_000));
    store.forget_timeline(channel());
    assert!(store.timeline(channel()).is_none());
    assert_eq!(store.next_outgoing().map(|outgoing| outgoing.nonce), Some(nonce(1)), "the other goes out");
    assert_eq!(store.unsent().len(), 2, "nothing is forgotten");

    let again = store.open_timeline(channel());
    let rows = again.slots.with_untracked(|slots| slots.len());
    assert_eq!(rows, 1, "the message is shown again");
    let delivery = || {
        let row = again.slots.with_untracked(|slots| slots.first().map(|slot| slot.row.clone()));
        row.map(|row| row.entry.with_untracked(|entry| entry.delivery.clone()))
    };
    assert_eq!(delivery(), Some(Delivery::Failed(Error::NotFound)));
    store.retry(&nonce(0));
    assert_eq!(delivery(), Some(Delivery::Pending));
}

fn filled(messages: usize) -> (World, Store, Vec<(Stream, Rev, Event)>) {
    let mut world = World::new();
    let store = Store::new(world.page(channel()));
    for _ in 0..messages {
        world.post(channel(), UserId::from_trusted(102), "more", None, None);
    }
    let log = world.log.clone();
    (world, store, log)
}

#[test]
fn a_reader_at_the_end_keeps_a_window_of_rows() {
    let (_, store, log) = filled(WINDOW + 30);
    for (stream, rev, event) in log {
        apply(&store, stream, rev, event);
    }
    let timeline = store.timeline(channel()).expect("open");
    assert_eq!(timeline.slots.with_untracked(Vec::len), WINDOW);
    assert!(timeline.edges.get_untracked().older, "what was dropped can be fetched again");
    assert!(!timeline.edges.get_untracked().newer);
    assert_eq!(timeline.unseen.get_untracked(), 0);
}

#[test]
fn a_reader_in_the_past_gets_a_number_instead_of_rows() {
    let (world, store, log) = filled(40);
    let timeline = store.timeline(channel()).expect("open");
    timeline.follow(false);
    for (stream, rev, event) in log {
        apply(&store, stream, rev, event);
    }
    assert_eq!(timeline.unseen.get_untracked(), 40);
    timeline.expect();
    let mut page = world.history(channel());
    page.messages.truncate(10);
    page.has_newer = true;
    let around = Anchor::Around(page.messages[5].id);
    store.install_history(&timeline, page, around);
    assert_eq!(timeline.slots.with_untracked(Vec::len), 10);
    assert!(timeline.edges.get_untracked().newer);
    timeline.follow(true);
    assert_eq!(timeline.unseen.get_untracked(), 0);
}

#[test]
fn groups_days_and_the_line_stand_where_they_should() {
    let mut world = World::new();
    let (ana, ben) = (UserId::from_trusted(102), UserId::from_trusted(103));
    let read = world.post(channel(), ana, "one", None, None).id;
    world.mark_read(channel());
    world.post(channel(), ana, "two", None, None);
    world.post(channel(), ana, "three", None, None);
    world.post(channel(), ben, "four", None, None);
    world.post(channel(), ben, "five", None, Some(read));
    let store = Store::new(world.page(channel()));
    let timeline = store.timeline(channel()).expect("open");
    let slots = timeline.slots.get_untracked();
    let layouts: Vec<_> = slots.iter().map(|slot| slot.row.layout.get_untracked()).collect();
    let first: Vec<bool> = layouts.iter().map(|layout| layout.first).collect();
    assert_eq!(first, [true, true, false, true, true], "the line and a reply begin a group");
    let divider: Vec<bool> = layouts.iter().map(|layout| layout.divider).collect();
    assert_eq!(divider, [false, true, false, false, false]);
    assert!(layouts[4].last && !layouts[3].last);
}

#[test]
fn a_message_an_earlier_page_left_behind_is_one_row_whether_or_not_it_had_arrived() {
    let mut world = World::new();
    let me = world.me();
    let arrived = world.post(channel(), me, "hi", Some(&nonce(0)), None);
    let mut page = world.page(channel());
    // A page of history does not know by which key a message was sent.
    page.history
        .iter_mut()
        .flat_map(|history| &mut history.messages)
        .for_each(|message| message.nonce = None);
    let store = Store::new(page);
    for number in [0, 1, 1] {
        store.restore(left_over(number));
    }
    let unsent: Vec<Arc<str>> = store.unsent().into_iter().map(|outgoing| outgoing.nonce).collect();
    assert_eq!(unsent, [nonce(0), nonce(1)]);
    store.answered(&nonce(0), Ok(arrived));
    let sent = world.post(channel(), me, "hi", Some(&nonce(1)), None);
    store.answered(&nonce(1), Ok(sent));
    assert!(store.unsent().is_empty());
    let timeline = store.timeline(channel()).expect("open");
    let texts = timeline.slots.with_untracked(|slots| slots.iter().filter(|slot| slot.id.is_some()).count());
    assert_eq!((texts, timeline.slots.with_untracked(Vec::len)), (2, 2));
}

#[test]
fn messages_left_behind_elsewhere_neither_open_their_channel_nor_lose_their_place_in_line() {
    let world = World::new();
    let store = Store::new(world.page(channel()));
    let elsewhere = world.far_channel();
    for number in 0..3 {
        store.restore(Outgoing { channel: elsewhere, ..left_over(number) });
    }
    assert_eq!(store.timeline(elsewhere).map(|timeline| timeline.slots.with_untracked(Vec::len)), Some(3));
    for number in 0..3 {
        assert_eq!(store.next_outgoing().map(|outgoing| outgoing.nonce), Some(nonce(number)));
        store.discard(&nonce(number));
    }
    assert!(!store.has_outgoing());
}
