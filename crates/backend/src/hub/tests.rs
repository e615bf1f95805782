//! The hub from the outside: order, audience, leaving, presence.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::FutureExt;
use protocol::entity::{Guild, Member, User};
use protocol::event::Event;
use protocol::frame::{CloseCode, ServerFrame};
use protocol::{ChannelId, GuildId, MessageId, Rev, SessionId, Stream, Timestamp, UserId};

use super::{Arrival, Batch, CaughtUp, Hub, Link, Want};

fn guild() -> GuildId {
    GuildId::from_trusted(100)
}

fn stream() -> Stream {
    Stream::Guild(guild())
}

fn user(id: i64) -> UserId {
    UserId::from_trusted(id)
}

fn channel(id: i64) -> ChannelId {
    ChannelId::from_trusted(id)
}

/// A connection of somebody, on a session with the same number, that has caught up with these streams.
fn join(hub: &Hub, id: i64, streams: &[(Stream, Rev)]) -> Link {
    let mut link = hub.connect(user(id), SessionId::from_trusted(id)).unwrap();
    link.subscribe(streams);
    link.settle(
        &streams
            .iter()
            .map(|(stream, rev)| CaughtUp { stream: *stream, rev: *rev, told: *rev })
            .collect::<Vec<_>>(),
    );
    link.arrive();
    link
}

/// A hub whose guild has no private channels.
fn open_hub() -> (Hub, Link) {
    let hub = Hub::default();
    let link = join(&hub, 1, &[(stream(), 0)]);
    learn(&hub, &[]);
    (hub, link)
}

fn learn(hub: &Hub, private: &[(i64, &[i64])]) {
    let version = hub.viewers_wanted(guild()).unwrap();
    let viewers = |ids: &[i64]| ids.iter().copied().map(user).collect::<HashSet<_>>();
    let restricted = private.iter().map(|(id, viewing)| (channel(*id), viewers(viewing))).collect();
    hub.set_viewers(guild(), version, restricted);
    assert!(hub.viewers_wanted(guild()).is_none());
}

fn offer(hub: &Hub, stream: Stream, rev: Rev, event: Event) -> bool {
    let json = serde_json::to_string(&event).unwrap();
    hub.offer(stream, &Arrival { rev, audience: None, event: &Arc::new(event), json: &json })
}

/// An event of a thread of a channel.
fn offer_in_thread(hub: &Hub, rev: Rev, thread: i64, parent: i64) {
    let event = said(thread);
    let json = serde_json::to_string(&event).unwrap();
    let arrival = Arrival { rev, audience: Some(channel(parent)), event: &Arc::new(event), json: &json };
    hub.offer(stream(), &arrival);
}

/// Something said in a channel.
fn said(id: i64) -> Event {
    let message_id = MessageId::from_trusted(1);
    Event::MessageDeleted {
        channel_id: channel(id),
        message_id,
        author_id: UserId::from_trusted(1),
        mentions: Vec::new(),
        mention_everyone: false,
        mention_roles: Vec::new(),
        last_message_id: None,
        parent_id: None,
    }
}

fn take(link: &Link, batch: &mut Batch) -> Poll<Result<(), CloseCode>> {
    link.poll_take(batch, &Context::from_waker(Waker::noop()))
}

fn closed(link: &Link) -> Option<CloseCode> {
    link.closing().now_or_never()
}

fn frames(link: &Link) -> Vec<ServerFrame> {
    let mut batch = Batch::new();
    assert!(!matches!(take(link, &mut batch), Poll::Ready(Err(_))));
    batch.into_iter().map(|queued| serde_json::from_str(&queued.frame).unwrap()).collect()
}

fn revs(link: &Link) -> Vec<Rev> {
    let revs = frames(link).into_iter().filter_map(|frame| match frame {
        ServerFrame::Event { rev, .. } => Some(rev),
        _ => None,
    });
    revs.collect()
}

fn left(id: i64) -> Event {
    Event::MemberLeft { user_id: user(id) }
}

fn joined_guild() -> Event {
    let guild = Guild { id: guild(), name: "G".into(), owner_id: user(1), system_channel_id: None };
    Event::GuildJoined { guild }
}

#[test]
fn events_that_overtake_each_other_go_out_in_order() {
    let (hub, link) = open_hub();
    for rev in [2, 4, 3] {
        offer(&hub, stream(), rev, said(5));
    }
    assert!(frames(&link).is_empty() && hub.has_gap(stream()));
    offer(&hub, stream(), 1, said(5));
    assert_eq!(revs(&link), [1, 2, 3, 4]);
    offer(&hub, stream(), 3, said(5));
    assert!(frames(&link).is_empty(), "the same event from elsewhere is not sent again");
}

#[test]
fn a_missing_event_is_asked_for_once_and_the_log_fills_the_gap() {
    let (hub, link) = open_hub();
    let mut wants = hub.wants().unwrap();
    while wants.try_recv().is_ok() {}
    offer(&hub, stream(), 2, said(5));
    offer(&hub, stream(), 4, said(5));
    assert_eq!(wants.try_recv(), Ok(Want::Log(stream())));
    assert!(wants.try_recv().is_err(), "one question is enough");
    let event = Arc::new(said(5));
    let json = serde_json::to_string(&*event).unwrap();
    // Revision 3 is not in the log any more: its text was deleted.
    let logged: Vec<_> =
        [1, 2, 4].map(|rev| Arrival { rev, audience: None, event: &event, json: &json }).into();
    hub.fill(stream(), 4, &logged);
    assert_eq!(revs(&link), [1, 2, 4]);
    offer(&hub, stream(), 6, said(5));
    assert_eq!(wants.try_recv(), Ok(Want::Log(stream())), "a later gap is asked for again");
}

#[test]
fn a_guild_stands_still_until_it_is_known_who_may_see_what() {
    let hub = Hub::default();
    let (one, two) = (join(&hub, 1, &[(stream(), 0)]), join(&hub, 2, &[(stream(), 0)]));
    offer(&hub, stream(), 1, said(7));
    assert!(frames(&one).is_empty() && frames(&two).is_empty());
    learn(&hub, &[(7, &[1])]);
    assert_eq!((revs(&one), revs(&two)), (vec![1], vec![]));
    offer(&hub, stream(), 2, said(8));
    assert_eq!((revs(&one), revs(&two)), (vec![2], vec![2]));
}

#[test]
fn what_follows_a_change_of_access_waits_for_it_and_those_concerned_fetch_anew() {
    let hub = Hub::default();
    let (one, two) = (join(&hub, 1, &[(stream(), 0)]), join(&hub, 2, &[(stream(), 0)]));
    learn(&hub, &[(7, &[1])]);
    let user_two = User { id: user(2), username: "two".into(), display_name: "Two".into() };
    let member = Member { user: user_two, joined_at: Timestamp::from_millis(0), roles: Vec::new() };
    offer(&hub, stream(), 1, Event::MemberUpdated { member });
    offer(&hub, stream(), 2, said(7));
    assert!(frames(&one).is_empty(), "nobody is sent anything on outdated knowledge");
    learn(&hub, &[(7, &[2])]);
    let reset = ServerFrame::Reset { s: stream() };
    let (got_one, got_two) = (frames(&one), frames(&two));
    assert!(got_one.contains(&reset) && got_two.contains(&reset), "both see other channels than before");
    let has = |frames: &[ServerFrame], wanted| {
        frames.iter().any(|frame| matches!(frame, ServerFrame::Event { rev, .. } if *rev == wanted))
    };
    assert!(has(&got_one, 1) && !has(&got_one, 2) && has(&got_two, 2));
}

#[test]
fn whoever_is_removed_gets_nothing_from_that_event_on_even_while_it_waits_for_its_turn() {
    let (hub, one) = open_hub();
    let two = join(&hub, 2, &[(stream(), 0)]);
    offer(&hub, stream(), 1, said(5));
    // Revision 2 is late; the removal at 3 must not wait for it.
    offer(&hub, stream(), 3, left(2));
    offer(&hub, stream(), 2, said(5));
    offer(&hub, stream(), 4, said(5));
    assert_eq!(revs(&one), [1, 2, 3, 4]);
    assert_eq!(revs(&two), [1]);
    assert!(!two.hears(stream()));
}

#[test]
fn an_outdated_answer_about_somebodys_streams_is_not_acted_on() {
    let (hub, _one) = open_hub();
    let own = Stream::User(user(2));
    let two = join(&hub, 2, &[(own, 0)]);
    let epoch = hub.epoch(user(2)).unwrap();
    // Between the question and its answer they were removed.
    offer(&hub, stream(), 1, left(2));
    assert!(!hub.join(user(2), stream(), 1, epoch));
    assert!(!two.hears(stream()));
    let epoch = hub.epoch(user(2)).unwrap();
    assert!(hub.join(user(2), stream(), 1, epoch));
    assert!(two.hears(stream()));
    assert!(
        !hub.leave(user(2), stream(), Some(epoch)),
        "the answer \"not a member\" was older than the joining"
    );
    assert!(two.hears(stream()));
}

#[test]
fn joining_asks_for_the_standing_and_then_begins_with_a_reset() {
    let (hub, _one) = open_hub();
    let mut wants = hub.wants().unwrap();
    let own = Stream::User(user(2));
    let two = join(&hub, 2, &[(own, 0)]);
    while wants.try_recv().is_ok() {}
    offer(&hub, own, 1, joined_guild());
    assert_eq!(wants.try_recv(), Ok(Want::Standing(user(2), stream())));
    offer(&hub, stream(), 1, said(5));
    hub.join(user(2), stream(), 1, hub.epoch(user(2)).unwrap());
    offer(&hub, stream(), 2, said(5));
    let got = frames(&two);
    assert!(matches!(got[0], ServerFrame::Event { s, .. } if s == own));
    assert_eq!(got[1], ServerFrame::Reset { s: stream() });
    assert!(matches!(got[2], ServerFrame::Event { rev: 2, .. }), "{got:?}");
}

#[test]
fn a_deleted_guild_is_told_and_then_gone() {
    let (hub, one) = open_hub();
    offer(&hub, stream(), 1, Event::GuildDeleted { guild_id: guild() });
    let got = frames(&one);
    assert!(matches!(got[0], ServerFrame::Event { rev: 1, .. }));
    assert_eq!(got[1], ServerFrame::Gone { s: stream() });
    assert!(!one.hears(stream()) && hub.considered(stream()).is_none());
}

#[test]
fn what_a_replay_covers_does_not_come_again_and_what_follows_is_not_lost() {
    let (hub, _one) = open_hub();
    let link = hub.connect(user(2), SessionId::from_trusted(2)).unwrap();
    link.subscribe(&[(stream(), 0), (Stream::User(user(2)), 0)]);
    for rev in 1..=4 {
        offer(&hub, stream(), rev, said(5));
    }
    // The database was read when the guild was at 3, and knew nothing of a stream that was left meanwhile.
    link.settle(&[CaughtUp { stream: stream(), rev: 3, told: 3 }]);
    assert!(!link.hears(Stream::User(user(2))));
    assert_eq!(revs(&link), [4]);
    // An event below the replay that arrives only now.
    let late = hub.connect(user(3), SessionId::from_trusted(3)).unwrap();
    late.subscribe(&[(stream(), 4)]);
    late.settle(&[CaughtUp { stream: stream(), rev: 6, told: 6 }]);
    for rev in 5..=7 {
        offer(&hub, stream(), rev, said(5));
    }
    assert_eq!(revs(&late), [7]);
}

#[test]
fn a_stream_joined_between_two_questions_is_asked_about() {
    let hub = Hub::default();
    let mut wants = hub.wants().unwrap();
    let link = hub.connect(user(2), SessionId::from_trusted(2)).unwrap();
    link.subscribe(&[]);
    link.settle(&[CaughtUp { stream: stream(), rev: 3, told: 3 }]);
    assert_eq!(wants.try_recv(), Ok(Want::Standing(user(2), stream())));
}

#[test]
fn a_pong_says_how_far_each_stream_has_got_since_the_last_one() {
    let hub = Hub::default();
    let link = join(&hub, 2, &[(stream(), 0)]);
    learn(&hub, &[(7, &[1])]);
    let pong = |n| {
        link.pong(n);
        match frames(&link).pop() {
            Some(ServerFrame::Pong { n: answered, revs }) if answered == n => {
                revs.into_iter().collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    offer(&hub, stream(), 1, said(5));
    assert_eq!(pong(1), [(stream(), 1)]);
    assert_eq!(pong(2), []);
    offer(&hub, stream(), 2, said(7));
    assert_eq!(pong(3), [(stream(), 2)], "a client gets over what it may not see");
    offer(&hub, stream(), 3, said(5));
    assert_eq!(pong(4), [(stream(), 3)]);
}

#[test]
fn a_slow_connection_ends_alone() {
    let (hub, slow) = open_hub();
    let quick = join(&hub, 2, &[(stream(), 0)]);
    slow.set_stalled(true);
    let mut received = 0;
    for rev in 1..=300 {
        assert!(!offer(&hub, stream(), rev, said(5)), "nobody waits for a connection that stands still");
        received += revs(&quick).len();
    }
    assert_eq!(received, 300);
    assert_eq!(closed(&slow), Some(CloseCode::TooSlow));
    assert_eq!(closed(&quick), None);
}

#[test]
fn a_burst_pauses_for_connections_that_only_need_a_turn() {
    let (hub, link) = open_hub();
    let mut crowded = 0;
    let mut received = Vec::new();
    for rev in 1..=1_000 {
        let mut again = offer(&hub, stream(), rev, said(5));
        while again {
            crowded += 1;
            received.extend(revs(&link));
            again = hub.resume(stream());
        }
    }
    received.extend(revs(&link));
    assert_eq!(received, (1..=1_000).collect::<Vec<_>>());
    assert!(crowded > 0 && closed(&link).is_none());
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn who_waits_is_woken_once_for_what_comes_together_and_once_for_the_end() {
    let (hub, link) = open_hub();
    frames(&link);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut batch = Batch::new();
    let mut take =
        || link.poll_take(&mut batch, &Context::from_waker(&waker)).map_ok(|()| batch.drain(..).count());
    assert_eq!(take(), Poll::Pending);
    offer(&hub, stream(), 1, said(5));
    offer(&hub, stream(), 2, said(5));
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert_eq!(take(), Poll::Ready(Ok(2)));
    assert_eq!(take(), Poll::Pending);
    hub.close_user(link.user(), CloseCode::SignedOut);
    assert_eq!(woken.0.load(Ordering::Relaxed), 2);
    assert_eq!(take(), Poll::Ready(Err(CloseCode::SignedOut)));
}

#[test]
fn who_waits_for_the_end_alone_is_woken_for_it() {
    let (hub, link) = open_hub();
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    let mut closing = pin!(link.closing());
    assert_eq!(closing.as_mut().poll(&mut context), Poll::Pending);
    hub.close_all();
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert_eq!(closing.poll(&mut context), Poll::Ready(CloseCode::Restarting));
}

#[test]
fn a_session_that_ends_takes_its_connections_and_what_waits_for_them() {
    let (hub, _one) = open_hub();
    let (phone, laptop) =
        (join(&hub, 2, &[(stream(), 0)]), hub.connect(user(2), SessionId::from_trusted(9)).unwrap());
    offer(&hub, stream(), 1, said(5));
    hub.close_session(SessionId::from_trusted(2), CloseCode::SignedOut);
    offer(&hub, stream(), 2, said(5));
    let mut batch = Batch::new();
    assert_eq!(take(&phone, &mut batch), Poll::Ready(Err(CloseCode::SignedOut)));
    assert!(batch.is_empty() && closed(&laptop).is_none());
    hub.close_user(user(2), CloseCode::SignedOut);
    assert_eq!(closed(&laptop), Some(CloseCode::SignedOut));
    hub.close_all();
    assert!(hub.connect(user(4), SessionId::from_trusted(4)).is_none(), "no new ones while stopping");
}

#[test]
fn presence_goes_to_those_who_look_and_in_one_frame() {
    let (hub, watcher) = open_hub();
    let elsewhere = join(&hub, 2, &[(stream(), 0)]);
    assert!(watcher.focus(Some(guild())));
    let got = frames(&watcher);
    let online = |ids: &[i64]| ids.iter().map(|id| (user(*id), protocol::entity::Presence::Online)).collect();
    assert_eq!(got, [ServerFrame::Presence { all: true, guild: Some(guild()), users: online(&[1, 2]) }]);
    let arrived = [join(&hub, 3, &[(stream(), 0)]), join(&hub, 4, &[(stream(), 0)])];
    let second = join(&hub, 3, &[(stream(), 0)]);
    assert!(frames(&watcher).is_empty(), "changes are gathered first");
    hub.show_presence();
    assert_eq!(
        frames(&watcher),
        [ServerFrame::Presence { all: false, guild: Some(guild()), users: online(&[3, 4]) }]
    );
    assert!(frames(&elsewhere).is_empty(), "who does not look is not told");
    drop(arrived);
    hub.show_presence();
    let offline = [(user(4), protocol::entity::Presence::Offline)].into();
    assert_eq!(
        frames(&watcher),
        [ServerFrame::Presence { all: false, guild: Some(guild()), users: offline }]
    );
    assert!(hub.is_online(user(3)), "another tab is open");
    drop(second);
    assert!(!hub.is_online(user(3)));
    assert!(!watcher.focus(Some(GuildId::from_trusted(999))), "not a guild of theirs");
}

#[test]
fn without_a_guild_in_focus_presence_is_that_of_conversations() {
    let hub = Hub::default();
    let dm = Stream::Dm(channel(50));
    let one = join(&hub, 1, &[(dm, 0), (stream(), 0)]);
    let two = join(&hub, 2, &[(dm, 0)]);
    let _stranger = join(&hub, 3, &[(stream(), 0)]);
    assert!(one.focus(None));
    let online = [(user(2), protocol::entity::Presence::Online)].into();
    assert_eq!(frames(&one), [ServerFrame::Presence { all: true, guild: None, users: online }]);
    drop(two);
    hub.show_presence();
    let offline = [(user(2), protocol::entity::Presence::Offline)].into();
    assert_eq!(frames(&one), [ServerFrame::Presence { all: false, guild: None, users: offline }]);
}

#[test]
fn typing_is_seen_by_those_who_may_and_do_not_look_elsewhere() {
    let hub = Hub::default();
    let listeners: Vec<Link> =
        (1..=4).map(|id| join(&hub, id, &[(stream(), 0), (Stream::Dm(channel(50)), 0)])).collect();
    learn(&hub, &[(7, &[1, 2, 3])]);
    listeners[2].focus(None);
    frames(&listeners[2]);
    let typist = User { id: user(1), username: "one".into(), display_name: "One".into() };
    listeners[0].typing(stream(), channel(7), channel(7), typist);
    let seen: Vec<usize> = listeners.iter().map(|link| frames(link).len()).collect();
    assert_eq!(
        seen,
        [0, 1, 0, 0],
        "not the typist, not who looks at conversations, not who cannot see the channel"
    );
}

#[test]
fn typing_waits_until_it_is_known_who_may_see_it() {
    let hub = Hub::default();
    let listeners: Vec<Link> = (1..=3).map(|id| join(&hub, id, &[(stream(), 0)])).collect();
    let typist = User { id: user(1), username: "one".into(), display_name: "One".into() };
    listeners[0].typing(stream(), channel(7), channel(7), typist);
    assert!(listeners.iter().all(|link| frames(link).is_empty()));
    learn(&hub, &[(7, &[1, 2])]);
    let seen: Vec<usize> = listeners.iter().map(|link| frames(link).len()).collect();
    assert_eq!(seen, [0, 1, 0]);
}

#[test]
fn nothing_is_left_of_those_who_have_gone() {
    let (hub, one) = open_hub();
    let two = join(&hub, 2, &[(stream(), 0), (Stream::User(user(2)), 0)]);
    assert_eq!(hub.streams().len(), 2);
    drop(two);
    assert_eq!(hub.streams(), [stream()]);
    drop(one);
    assert!(hub.streams().is_empty() && hub.epoch(user(1)).is_none());
}

#[test]
fn what_happens_in_a_thread_is_for_the_viewers_of_its_channel() {
    let hub = Hub::default();
    let links: Vec<Link> = [1, 2].map(|id| join(&hub, id, &[(stream(), 0)])).into();
    learn(&hub, &[(7, &[1])]);
    offer_in_thread(&hub, 1, 70, 7);
    offer_in_thread(&hub, 2, 80, 8);
    assert_eq!(links.iter().map(revs).collect::<Vec<_>>(), [vec![1, 2], vec![2]]);
    // Somebody is seen writing there by the same people.
    let typist = User { id: user(1), username: "one".into(), display_name: "One".into() };
    links[0].typing(stream(), channel(7), channel(70), typist.clone());
    links[0].typing(stream(), channel(8), channel(80), typist);
    let heard = frames(&links[1]);
    assert!(
        matches!(&heard[..], [ServerFrame::Typing { channel: place, .. }] if *place == channel(80)),
        "{heard:?}"
    );
}
