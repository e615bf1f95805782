//! The gateway as a client sees it: who gets in, what was missed, what happens, how it ends.

use std::collections::BTreeMap;
use std::time::Duration;

use backend::actions::{accounts, guilds, messages};
use protocol::entity::Presence;
use protocol::event::Event;
use protocol::frame::{ClientFrame, CloseCode, ServerFrame, VERSION};
use protocol::limits::HEARTBEAT_MS;
use protocol::{Cursors, Rev, Stream, UserId};
use rig::{Person, Socket, TestApp, on_both, on_both_with};

use crate::scene::Scene;

/// Where a person stands who knows everything.
pub(crate) async fn cursors(app: &TestApp, person: &Person) -> Cursors {
    let mut reader = app.state.store.read().await.unwrap();
    backend::store::streams::of_user(&mut reader, person.id()).await.unwrap().into_iter().collect()
}

/// A socket that has caught up and knew everything before.
pub(crate) async fn live(app: &TestApp, person: &Person) -> Socket {
    let cursors = cursors(app, person).await;
    let mut socket = app.connect(person, cursors).await;
    let replayed = socket.until_live().await;
    assert!(replayed.iter().all(|frame| !matches!(frame, ServerFrame::Reset { .. })), "{replayed:?}");
    socket
}

/// The texts of the messages among frames.
pub(crate) fn texts(frames: &[ServerFrame]) -> Vec<String> {
    let texts = frames.iter().filter_map(|frame| match frame {
        ServerFrame::Event { e: Event::MessageCreated { message, .. }, .. } => Some(message.content.clone()),
        _ => None,
    });
    texts.filter(|text| !text.is_empty()).collect()
}

fn resets(frames: &[ServerFrame]) -> Vec<Stream> {
    let streams = frames.iter().filter_map(|frame| match frame {
        ServerFrame::Reset { s } => Some(*s),
        _ => None,
    });
    streams.collect()
}

async fn status(app: &TestApp, cookie: &str) -> u16 {
    Socket::open(app.addr, cookie).await.err().unwrap_or(101)
}

/// What the server says last before it closes.
async fn bye(socket: &mut Socket) -> Option<(CloseCode, Option<u32>)> {
    match socket.until_closed().await.pop() {
        Some(ServerFrame::Bye { code, retry_after_ms }) => Some((code, retry_after_ms)),
        _ => None,
    }
}

#[tokio::test]
async fn only_who_is_signed_in_gets_a_socket_and_only_so_many() {
    on_both_with(&[("HARMONY_LIMIT_CONNECTIONS_PER_USER", "2")], async |app| {
        let ana = app.person("ana").await;
        assert_eq!(status(app, "").await, 401);
        assert_eq!(status(app, "harmony=0123456789abcdef").await, 401);
        let first = Socket::open(app.addr, &ana.cookie).await.unwrap();
        let _second = Socket::open(app.addr, &ana.cookie).await.unwrap();
        assert_eq!(status(app, &ana.cookie).await, 429);
        assert_eq!(status(app, &app.person("bo").await.cookie).await, 101, "others have their own");
        drop(first);
        // The server hears of it when it hears of it.
        while status(app, &ana.cookie).await != 101 {
            tokio::task::yield_now().await;
        }
        accounts::logout(&app.state, &ana.actor).await.unwrap();
        assert_eq!(status(app, &ana.cookie).await, 401);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_knows_nothing_is_told_to_fetch_everything() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let dm = s.bo.open_dm(&s.ana).await.id;
        let mut socket = app.connect(&s.bo, Cursors::new()).await;
        let frames = socket.until_live().await;
        let mut wanted = vec![Stream::User(s.bo.id()), Stream::Guild(s.guild.id), Stream::Dm(dm)];
        assert_eq!(
            frames.first(),
            Some(&ServerFrame::Reset { s: wanted[0] }),
            "their own stream explains the rest"
        );
        let mut told = resets(&frames);
        told.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(told, wanted);
        assert_eq!(frames.len(), 4, "nothing else: {frames:?}");
    })
    .await;
}

#[tokio::test]
async fn what_was_missed_comes_in_order_and_then_what_happens() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let before = cursors(app, &s.bo).await;
        for n in 0..5 {
            s.ana.say(s.general, &format!("missed {n}")).await;
        }
        let mut socket = app.connect(&s.bo, before.clone()).await;
        let frames = socket.until_live().await;
        assert_eq!(texts(&frames), ["missed 0", "missed 1", "missed 2", "missed 3", "missed 4"]);
        let guild = Stream::Guild(s.guild.id);
        let revs: Vec<Rev> = frames
            .iter()
            .filter_map(|frame| match frame {
                ServerFrame::Event { s, rev, .. } if *s == guild => Some(*rev),
                _ => None,
            })
            .collect();
        assert_eq!(revs, (before[&guild] + 1..=before[&guild] + 5).collect::<Vec<_>>());
        let said = s.ana.say(s.general, "now").await;
        let (stream, rev, event) = socket.event().await;
        assert_eq!((stream, rev), (guild, before[&guild] + 6));
        assert_eq!(event, Event::MessageCreated { message: said, parent_id: None });
    })
    .await;
}

#[tokio::test]
async fn a_client_that_is_up_to_date_hears_nothing_twice() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.say(s.general, "known").await;
        let mut socket = app.connect(&s.bo, cursors(app, &s.bo).await).await;
        assert_eq!(socket.until_live().await, [ServerFrame::Live]);
        assert_eq!(socket.settle(1).await, [ServerFrame::Pong { n: 1, revs: BTreeMap::new() }]);
    })
    .await;
}

#[tokio::test]
async fn a_text_that_was_deleted_meanwhile_is_not_replayed() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let before = cursors(app, &s.bo).await;
        let regretted = s.ana.say(s.general, "regretted").await;
        s.ana.say(s.general, "kept").await;
        messages::delete(&app.state, &s.ana.actor, s.general, regretted.id).await.unwrap();
        let frames = app.connect(&s.bo, before).await.until_live().await;
        assert_eq!(texts(&frames), ["kept"]);
        assert!(resets(&frames).is_empty(), "a hole is no reason to fetch everything");
    })
    .await;
}

#[tokio::test]
async fn streams_of_others_are_gone_and_impossible_cursors_are_reset() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut named = cursors(app, &s.cy).await;
        let own = Stream::User(s.cy.id());
        *named.get_mut(&own).unwrap() += 1_000;
        let others = [Stream::Guild(s.guild.id), Stream::User(s.ana.id())];
        named.extend(others.map(|stream| (stream, 1)));
        let frames = app.connect(&s.cy, named).await.until_live().await;
        for stream in others {
            assert!(frames.contains(&ServerFrame::Gone { s: stream }), "{frames:?}");
        }
        assert_eq!(resets(&frames), [own]);
        assert!(texts(&frames).is_empty());
    })
    .await;
}

#[tokio::test]
async fn who_was_away_too_long_fetches_the_one_stream_anew() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let before = cursors(app, &s.bo).await;
        let guild = Stream::Guild(s.guild.id);
        let many = protocol::limits::REPLAY_EVENTS + 1;
        let filled = app.state.store.write(move |tx| {
            Box::pin(async move {
                for _ in 0..many {
                    tx.emit(guild, Event::ChannelsMoved { places: Vec::new() }).await?;
                }
                Ok(())
            })
        });
        filled.await.unwrap();
        let frames = app.connect(&s.bo, before.clone()).await.until_live().await;
        assert_eq!(frames, [ServerFrame::Reset { s: guild }, ServerFrame::Live]);
        let mut closer = before;
        *closer.get_mut(&guild).unwrap() += 1;
        let frames = app.connect(&s.bo, closer).await.until_live().await;
        assert_eq!(frames.len(), many, "exactly the limit is replayed");
    })
    .await;
}

#[tokio::test]
async fn who_joins_while_connected_is_told_to_fetch_and_then_hears() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut socket = live(app, &s.cy).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let reset = ServerFrame::Reset { s: Stream::Guild(s.guild.id) };
        let frames = socket.until(|frame| *frame == reset).await;
        assert!(matches!(&frames[0], ServerFrame::Event { e: Event::GuildJoined { guild }, .. } if guild.id == s.guild.id));
        assert!(frames.iter().all(|frame| !matches!(frame, ServerFrame::Event { s: Stream::Guild(_), .. })));
        s.ana.say(s.general, "welcome").await;
        let (_, _, event) = socket.event().await;
        assert!(matches!(event, Event::MessageCreated { message, .. } if message.content == "welcome"));
    })
    .await;
}

#[tokio::test]
async fn a_conversation_begins_for_the_other_with_the_first_message() {
    on_both(async |app| {
        let (ana, bo) = tokio::join!(app.person("ana"), app.person("bo"));
        let mut socket = live(app, &bo).await;
        let dm = ana.open_dm(&bo).await.id;
        ana.say(dm, "psst").await;
        let frames = socket.until(|frame| *frame == ServerFrame::Reset { s: Stream::Dm(dm) }).await;
        assert!(matches!(&frames[0], ServerFrame::Event { e: Event::DmOpened { dm: opened }, .. } if opened.id == dm));
        ana.say(dm, "are you there?").await;
        assert_eq!(texts(&socket.settle(1).await), ["are you there?"]);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_guild_is_told_to_all_and_gone() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut socket = live(app, &s.bo).await;
        guilds::delete(&app.state, &s.ana.actor, s.guild.id, "Lanternfish").await.unwrap();
        let gone = ServerFrame::Gone { s: Stream::Guild(s.guild.id) };
        let frames = socket.until(|frame| *frame == gone).await;
        let is_deletion =
            |frame: &ServerFrame| matches!(frame, ServerFrame::Event { e: Event::GuildDeleted { .. }, .. });
        assert!(frames.iter().any(is_deletion), "{frames:?}");
        let named = [(Stream::Guild(s.guild.id), 1)].into();
        let frames = app.connect(&s.bo, named).await.until_live().await;
        assert!(frames.contains(&gone));
    })
    .await;
}

#[tokio::test]
async fn writing_is_seen_by_others_but_not_as_often_as_somebody_says_so() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (mut ana, mut bo) = tokio::join!(live(app, &s.ana), live(app, &s.bo));
        // Anew after each of two quick messages, and then too often.
        for _ in 0..3 {
            bo.send(&ClientFrame::Typing { channel: s.general }).await;
            let seen = ana.until(|frame| matches!(frame, ServerFrame::Typing { .. })).await;
            assert_eq!(
                seen.last(),
                Some(&ServerFrame::Typing { channel: s.general, user: s.bo.user.clone() })
            );
        }
        for _ in 0..3 {
            bo.send(&ClientFrame::Typing { channel: s.general }).await;
        }
        let own = bo.settle(1).await;
        assert!(own.iter().all(|frame| !matches!(frame, ServerFrame::Typing { .. })), "not to themselves");
        assert!(
            ana.settle(1).await.iter().all(|frame| !matches!(frame, ServerFrame::Typing { .. })),
            "enough"
        );
        // Strangers are not seen anywhere, and are not told why.
        let mut cy = live(app, &s.cy).await;
        cy.send(&ClientFrame::Typing { channel: s.general }).await;
        cy.settle(1).await;
        assert!(ana.settle(2).await.iter().all(|frame| !matches!(frame, ServerFrame::Typing { .. })));
    })
    .await;
}

#[tokio::test]
async fn presence_is_shown_where_one_looks() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut ana = live(app, &s.ana).await;
        ana.send(&ClientFrame::Focus { guild: Some(s.guild.id) }).await;
        let of = |all, ids: &[UserId], presence| ServerFrame::Presence {
            all,
            guild: Some(s.guild.id),
            users: ids.iter().map(|id| (*id, presence)).collect(),
        };
        assert_eq!(ana.next().await, Some(of(true, &[s.ana.id()], Presence::Online)));
        let bo = live(app, &s.bo).await;
        assert_eq!(ana.next().await, Some(of(false, &[s.bo.id()], Presence::Online)));
        drop(bo);
        assert_eq!(ana.next().await, Some(of(false, &[s.bo.id()], Presence::Offline)));
        // A stranger looks at a guild that is not theirs and sees nothing.
        let mut cy = live(app, &s.cy).await;
        cy.send(&ClientFrame::Focus { guild: Some(s.guild.id) }).await;
        assert_eq!(cy.settle(1).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_socket_that_breaks_the_rules_is_closed_with_the_reason() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let hello =
            serde_json::to_string(&ClientFrame::Hello { v: VERSION, cursors: Cursors::new() }).unwrap();
        let flood = vec![r#"{"op":"ping","n":1}"#; 130];
        let cases: [(CloseCode, Vec<&str>); 6] = [
            (CloseCode::NoHello, vec![r#"{"op":"ping","n":1}"#]),
            (CloseCode::NoHello, vec![r#"{"op":"hello","v":99,"cursors":{}}"#]),
            (CloseCode::Malformed, vec!["what?"]),
            (CloseCode::Malformed, vec![&hello, r#"{"op":"shutdown"}"#]),
            (CloseCode::Malformed, vec![&hello, &hello]),
            (CloseCode::TooMany, [vec![hello.as_str()], flood].concat()),
        ];
        for (code, texts) in cases {
            let mut socket = Socket::open(app.addr, &ana.cookie).await.unwrap();
            for text in &texts {
                socket.send_text(text).await;
            }
            assert_eq!(bye(&mut socket).await.map(|(code, _)| code), Some(code), "{:?}", texts.last());
        }
        let mut socket = live(app, &ana).await;
        socket.send_text(&"x".repeat(protocol::limits::CLIENT_FRAME_BYTES + 1)).await;
        assert_eq!(bye(&mut socket).await.map(|(code, _)| code), Some(CloseCode::Malformed), "too large");
    })
    .await;
}

#[tokio::test]
async fn whoever_says_nothing_for_two_and_a_half_heartbeats_is_taken_for_gone() {
    let beats = |halves: u64| Duration::from_millis(u64::from(HEARTBEAT_MS) * halves / 2);
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut socket = live(app, &s.bo).await;
        after(beats(4)).await;
        socket.settle(1).await;
        // Longer than that since it came, but not since it was heard; a ping of the protocol is not being heard.
        after(beats(3)).await;
        s.ana.say(s.general, "still there?").await;
        assert!(matches!(socket.event().await.2, Event::MessageCreated { .. }));
        assert!(socket.is_answered().await);
        after(beats(2)).await;
        assert_eq!(bye(&mut socket).await.map(|(code, _)| code), Some(CloseCode::Silent));
    })
    .await;
}

/// Lets time pass for every timer of the process.
async fn after(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration + Duration::from_millis(1)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_session_that_ends_takes_its_sockets_with_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (phone, laptop) = (s.bo.sign_in_again().await, s.bo.sign_in_again().await);
        let mut sockets = Vec::new();
        for person in [&s.bo, &phone, &laptop] {
            sockets.push(live(app, person).await);
        }
        accounts::logout(&app.state, &s.bo.actor).await.unwrap();
        s.ana.say(s.general, "after the first left").await;
        let seen = sockets[0].until_closed().await;
        assert!(texts(&seen).is_empty());
        assert!(matches!(
            seen.last(),
            Some(ServerFrame::Bye { code: CloseCode::SignedOut, retry_after_ms: None })
        ));
        accounts::revoke_other_devices(&app.state, &laptop.actor).await.unwrap();
        s.ana.say(s.general, "after the second was thrown out").await;
        assert_eq!(texts(&sockets[1].until_closed().await), ["after the first left"]);
        let stays = texts(&sockets[2].settle(1).await);
        assert_eq!(stays, ["after the first left", "after the second was thrown out"]);
    })
    .await;
}

#[tokio::test]
async fn a_stopping_instance_says_when_to_come_back_and_takes_nobody_new() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let mut silent = Socket::open(app.addr, &ana.cookie).await.unwrap();
        let mut socket = live(app, &ana).await;
        app.state.close().await;
        for socket in [&mut socket, &mut silent] {
            let (code, retry) = bye(socket).await.unwrap();
            assert_eq!(code, CloseCode::Restarting);
            assert!(retry.is_some_and(|retry| (1_000..=5_000).contains(&retry)), "{retry:?}");
        }
        assert_eq!(status(app, &ana.cookie).await, 503);
    })
    .await;
}
