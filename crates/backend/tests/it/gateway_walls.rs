//! What sockets must not get: after a removal, from a private channel, because of a slow neighbour, or twice.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use backend::actions::members;
use backend::{AppState, store};
use protocol::event::Event;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::{Cursors, Rev, Stream};
use rig::{Person, Socket, TestApp, on_both};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::gateway::{cursors, live, texts};
use crate::scene::{Scene, close};

/// Rounds of each race. Enough to fail nearly always when the order is wrong.
const ROUNDS: usize = 25;

#[tokio::test]
async fn whoever_is_removed_hears_nothing_that_is_said_after() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut socket = live(app, &s.bo).await;
        s.ana.say(s.general, "before").await;
        members::kick(&app.state, &s.ana.actor, s.guild.id, s.bo.id()).await.unwrap();
        s.ana.say(s.general, "after").await;
        let frames = socket.settle(1).await;
        assert_eq!(texts(&frames), ["before"]);
        let is_farewell = |frame: &ServerFrame| {
            matches!(frame, ServerFrame::Event { s: Stream::User(_), e: Event::GuildLeft { .. }, .. })
        };
        assert!(frames.iter().any(is_farewell), "they are told: {frames:?}");
    })
    .await;
}

#[tokio::test]
async fn removals_in_the_middle_of_a_conversation_leave_nothing_over() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for round in 0..ROUNDS {
            if round > 0 {
                s.ana.bring(s.guild.id, &s.bo).await;
            }
            let mut socket = live(app, &s.bo).await;
            let removed = Arc::new(AtomicBool::new(false));
            let talk = tokio::spawn({
                let (ana, removed, general) = (s.ana.clone(), Arc::clone(&removed), s.general);
                async move {
                    for n in 0..12 {
                        // Known before it is sent: what is marked "after" was not even begun before the removal.
                        let when = if removed.load(Ordering::SeqCst) { "after" } else { "before" };
                        ana.say(general, &format!("{when} {round} {n}")).await;
                    }
                }
            });
            members::kick(&app.state, &s.ana.actor, s.guild.id, s.bo.id()).await.unwrap();
            removed.store(true, Ordering::SeqCst);
            s.ana.say(s.general, "after all").await;
            talk.await.unwrap();
            let heard = texts(&socket.settle(1).await);
            assert!(heard.iter().all(|text| text.starts_with("before")), "round {round}: {heard:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_private_channel_is_for_its_viewers_live_and_in_the_replay() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let channel = s.ana.create_channel(s.guild.id, "secret-plans").await.id;
        close(app, &s.guild, channel, &[]).await;
        let before = cursors(app, &s.bo).await;
        let mut socket = live(app, &s.bo).await;
        let mut owner = live(app, &s.ana).await;
        for (place, text) in [(channel, "hidden one"), (s.general, "open"), (channel, "hidden two")] {
            s.ana.say(place, text).await;
        }
        assert_eq!(texts(&socket.settle(1).await), ["open"]);
        assert_eq!(texts(&owner.settle(1).await), ["hidden one", "open", "hidden two"]);
        let mut late = app.connect(&s.bo, before).await;
        let replayed = late.until_live().await;
        assert_eq!(texts(&replayed), ["open"]);
        // Nobody sees the owner write there either.
        owner.send(&ClientFrame::Typing { channel }).await;
        owner.settle(2).await;
        assert!(!socket.settle(2).await.iter().any(|frame| matches!(frame, ServerFrame::Typing { .. })));
        // The heartbeat takes the client over what it may not have.
        let now = cursors(app, &s.bo).await;
        let guild = Stream::Guild(s.guild.id);
        let pong = late.settle(1).await.pop();
        assert_eq!(pong, Some(ServerFrame::Pong { n: 1, revs: [(guild, now[&guild])].into() }));
        assert_eq!(app.connect(&s.bo, now).await.until_live().await, [ServerFrame::Live]);
    })
    .await;
}

#[tokio::test]
async fn a_channel_that_becomes_private_is_silent_from_then_on() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let channel = s.ana.create_channel(s.guild.id, "plans").await.id;
        let mut socket = live(app, &s.bo).await;
        s.ana.say(channel, "in the open").await;
        close(app, &s.guild, channel, &[]).await;
        // The way a future action will: the exception and its event in one commit.
        let guild = s.guild.id;
        let told = app.state.store.write(move |tx| {
            Box::pin(async move {
                let channel = store::channels::by_id(tx, channel).await?.ok_or(protocol::Error::NotFound)?;
                tx.emit(Stream::Guild(guild), Event::ChannelUpdated { channel, exceptions_changed: true })
                    .await
            })
        });
        told.await.unwrap();
        s.ana.say(channel, "behind doors").await;
        s.ana.say(s.general, "end").await;
        let reset = ServerFrame::Reset { s: Stream::Guild(guild) };
        let frames = socket.until(|frame| texts(std::slice::from_ref(frame)) == ["end"]).await;
        assert_eq!(texts(&frames), ["in the open", "end"]);
        assert!(frames.contains(&reset), "what they know of the guild has changed: {frames:?}");
    })
    .await;
}

/// Reads until live, then until `last` was said; returns the revisions of the guild's events and the new cursor.
async fn follow(socket: &mut Socket, guild: Stream, frames: usize) -> Vec<Rev> {
    let mut revs = Vec::new();
    let mut is_live = false;
    let mut read = 0;
    while !is_live || read < frames {
        match socket.next().await {
            Some(ServerFrame::Event { s, rev, .. }) if s == guild => revs.push(rev),
            Some(ServerFrame::Live) => is_live = true,
            Some(ServerFrame::Reset { s }) => panic!("{s} was reset"),
            Some(_) => {}
            None => panic!("closed"),
        }
        read += usize::from(is_live);
    }
    revs
}

#[tokio::test]
async fn coming_back_again_and_again_while_others_talk_misses_repeats_and_reorders_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let guild = Stream::Guild(s.guild.id);
        let mut known = cursors(app, &s.bo).await;
        let first = known[&guild];
        let is_over = Arc::new(AtomicBool::new(false));
        let said = Arc::new(AtomicUsize::new(0));
        let talk: Vec<_> = (0..4)
            .map(|_| {
                let (ana, is_over, said, general) =
                    (s.ana.clone(), Arc::clone(&is_over), Arc::clone(&said), s.general);
                tokio::spawn(async move {
                    while !is_over.load(Ordering::SeqCst) {
                        ana.say(general, "…").await;
                        said.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        let mut heard = Vec::new();
        for round in 0..ROUNDS {
            let mut socket = app.connect(&s.bo, known.clone()).await;
            heard.extend(follow(&mut socket, guild, 1 + round % 7).await);
            if let Some(last) = heard.last() {
                known.insert(guild, *last);
            }
        }
        is_over.store(true, Ordering::SeqCst);
        for talker in talk {
            talker.await.unwrap();
        }
        let frames = app.connect(&s.bo, known).await.until_live().await;
        heard.extend(frames.iter().filter_map(|frame| match frame {
            ServerFrame::Event { s, rev, .. } if *s == guild => Some(*rev),
            _ => None,
        }));
        let all: Vec<Rev> = (first + 1..=first + said.load(Ordering::SeqCst) as Rev).collect();
        assert_eq!(heard, all);
    })
    .await;
}

/// Serves the same state on another port, where the kernel holds next to nothing for a slow client.
async fn cramped(state: &AppState) -> SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(4 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    serve(state, socket.listen(64).unwrap())
}

fn serve(state: &AppState, listener: TcpListener) -> SocketAddr {
    let addr = listener.local_addr().unwrap();
    let router = backend::router::protect(backend::router::routes(state.clone()), state);
    tokio::spawn(backend::listen::serve(listener, router, Vec::new(), state.shutdown.token().clone()));
    addr
}

/// A client that says hello and reads when it likes to.
async fn idler(addr: SocketAddr, person: &Person, cursors: Cursors) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let mut stream = socket.connect(addr).await.unwrap();
    let cookie = &person.cookie;
    let request = format!(
        "GET /gateway HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         X-Harmony-Client: 1\r\nCookie: {cookie}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    let hello = serde_json::to_vec(&ClientFrame::Hello { v: 1, cursors }).unwrap();
    // A final text frame with a 16-bit length and a mask of zeros.
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend((hello.len() as u16).to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(hello);
    stream.write_all(&frame).await.unwrap();
    stream
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off_and_nobody_else_notices() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut quick = live(app, &s.ana).await;
        let mut stuck = idler(cramped(&app.state).await, &s.bo, cursors(app, &s.bo).await).await;
        while !app.state.hub.is_online(s.bo.id()) {
            tokio::task::yield_now().await;
        }
        let long = "x".repeat(protocol::limits::CONTENT_CHARS);
        // Far more than the outbox can hold.
        let messages = 500;
        let reader = tokio::spawn(async move {
            let mut heard = 0;
            while heard < messages {
                heard += texts(&[quick.next().await.unwrap()]).len();
            }
        });
        let talkers: Vec<_> = (0..25)
            .map(|_| {
                let (ana, long, general) = (s.ana.clone(), long.clone(), s.general);
                tokio::spawn(async move {
                    for _ in 0..messages / 25 {
                        ana.say(general, &long).await;
                    }
                })
            })
            .collect();
        for talker in talkers {
            talker.await.unwrap();
        }
        reader.await.unwrap();
        while app.state.hub.is_online(s.bo.id()) {
            tokio::task::yield_now().await;
        }
        // What was sent before the end is still on its way; then comes the end.
        let mut rest = Vec::new();
        let _ = stuck.read_to_end(&mut rest).await;
        assert!(rest.len() < messages * long.len(), "it did not get everything: {}", rest.len());
    })
    .await;
}

/// The next text frame of a server, which sends it unmasked and whole.
async fn read_frame(stream: &mut TcpStream) -> ServerFrame {
    let [_, short] = [stream.read_u8().await.unwrap(), stream.read_u8().await.unwrap()];
    let length = match short {
        126 => stream.read_u16().await.unwrap().into(),
        127 => stream.read_u64().await.unwrap() as usize,
        short => short.into(),
    };
    let mut text = vec![0; length];
    stream.read_exact(&mut text).await.unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[tokio::test]
async fn more_than_the_outbox_holds_can_happen_during_a_slow_replay() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let guild = Stream::Guild(s.guild.id);
        let known = cursors(app, &s.bo).await;
        let long = "x".repeat(protocol::limits::CONTENT_CHARS);
        let missed = 100;
        for _ in 0..missed {
            s.ana.say(s.general, &long).await;
        }
        // Its replay is larger than what the kernel takes for it, so it stands still half-way.
        let mut slow = idler(cramped(&app.state).await, &s.bo, known.clone()).await;
        let meanwhile = protocol::limits::OUTBOX_FRAMES + 100;
        let first = read_frame(&mut slow).await;
        assert!(matches!(first, ServerFrame::Ready { .. }), "{first:?}");
        for _ in 0..meanwhile {
            s.ana.say(s.general, "meanwhile").await;
        }
        let mut revs = Vec::new();
        loop {
            match read_frame(&mut slow).await {
                ServerFrame::Event { s, rev, .. } if s == guild => revs.push(rev),
                ServerFrame::Live => break,
                other => panic!("{other:?}"),
            }
        }
        let all = (known[&guild] + 1..).take(missed + meanwhile);
        assert_eq!(revs, all.collect::<Vec<Rev>>());
        let said = s.ana.say(s.general, "live").await;
        let next = read_frame(&mut slow).await;
        assert!(
            matches!(next, ServerFrame::Event { e: Event::MessageCreated { message, .. }, .. } if message == said)
        );
    })
    .await;
}

#[tokio::test]
async fn a_burst_cuts_nobody_off_who_reads() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let guild = Stream::Guild(s.guild.id);
        let first = cursors(app, &s.bo).await[&guild];
        let talk: usize = 4 * protocol::limits::OUTBOX_FRAMES;
        let mut readers = Vec::new();
        for _ in 0..10 {
            let mut socket = live(app, &s.bo).await;
            readers.push(tokio::spawn(async move {
                let mut revs = Vec::new();
                while revs.len() < talk {
                    match socket.next().await {
                        Some(ServerFrame::Event { s, rev, .. }) if s == guild => revs.push(rev),
                        Some(_) => {}
                        None => panic!("cut off after {} of {talk}", revs.len()),
                    }
                }
                revs
            }));
        }
        // One commit, and so one burst.
        let burst = app.state.store.write(move |tx| {
            Box::pin(async move {
                for _ in 0..talk {
                    tx.emit(guild, Event::ChannelsMoved { places: Vec::new() }).await?;
                }
                Ok(())
            })
        });
        burst.await.unwrap();
        let all: Vec<Rev> = (first + 1..).take(talk).collect();
        for reader in readers {
            assert_eq!(reader.await.unwrap(), all);
        }
    })
    .await;
}

/// A second process on the same database, without a bus between them.
async fn neighbour(app: &TestApp) -> (AppState, SocketAddr) {
    let state = AppState::open(rig::app::config(app.database(), &[])).await.unwrap();
    state.start_delivery();
    let addr = serve(&state, TcpListener::bind("127.0.0.1:0").await.unwrap());
    (state, addr)
}

#[tokio::test]
async fn another_process_on_the_same_database_is_heard_and_obeyed() {
    on_both(async |app| {
        if !app.database().is_postgres() {
            // An embedded database belongs to one process.
            return;
        }
        let s = Scene::new(app).await;
        let (state, addr) = neighbour(app).await;
        let mut socket = Socket::connect(addr, &s.bo.cookie, cursors(app, &s.bo).await).await;
        socket.until_live().await;
        s.ana.say(s.general, "from next door").await;
        let (_, _, event) = socket.event().await;
        assert!(
            matches!(event, Event::MessageCreated { message, .. } if message.content == "from next door")
        );
        members::kick(&app.state, &s.ana.actor, s.guild.id, s.bo.id()).await.unwrap();
        let is_farewell =
            |frame: &ServerFrame| matches!(frame, ServerFrame::Event { e: Event::GuildLeft { .. }, .. });
        socket.until(is_farewell).await;
        s.ana.say(s.general, "after").await;
        s.ana.open_dm(&s.bo).await;
        assert!(texts(&socket.settle(1).await).is_empty());
        state.close().await;
    })
    .await;
}
