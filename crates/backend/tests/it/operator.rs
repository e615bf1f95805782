//! The command line beside an instance that runs: what it changes is heard there.

use backend::actions::accounts::{login, reset_by_operator};
use backend::{AppState, actions};
use protocol::frame::{CloseCode, ServerFrame};
use protocol::{Error, Stream};
use rig::actor::{PASSWORD, request};
use rig::app::config;
use rig::{Look, Person, TestApp, on_both};

/// Another process with the same database, which serves nobody.
async fn command(app: &TestApp) -> AppState {
    AppState::open(config(app.database(), &[])).await.unwrap()
}

/// Gives somebody conversations, past everything that would tell of them: each is a stream their socket listens to.
async fn talkative(look: &mut Look, person: &Person, number: i64, conversations: i64) {
    let user = person.id();
    let count =
        format!("with recursive n(i) as (select 1 union all select i + 1 from n where i < {conversations})");
    let partners = "users (id, username, display_name, folded_name, password_hash, created_at)
        select i, 'u' || i, 'U', 'u', 'none', 0 from n where i not in (select id from users)";
    // People who registered in the same millisecond have neighbouring ids.
    let channel = format!("i + {}", user.get() / 2 + number * conversations);
    let rows = [
        partners.to_owned(),
        format!("channels (id, kind, name) select {channel}, 1, '' from n"),
        format!("dms (channel_id, low_user_id, high_user_id) select {channel}, i, {user} from n"),
        format!("dm_members (user_id, channel_id, is_open) select {user}, {channel}, false from n"),
        format!("dm_members (user_id, channel_id, is_open) select i, {channel}, false from n"),
    ];
    for rows in rows {
        look.run(&format!("insert into {}", rows.replacen("select", &format!("{count} select"), 1))).await;
    }
}

#[tokio::test]
async fn a_password_reset_beside_the_instance_ends_open_sockets_within_moments() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let crowd = [app.newcomer("bo").await, app.newcomer("cy").await, app.newcomer("dee").await];
        let mut look = app.database().look().await;
        let mut others = Vec::new();
        // Streams enough that the comparison of all with the database takes most of a minute.
        for (number, person) in (0..).zip(&crowd) {
            talkative(&mut look, person, number, 1_490).await;
            let mut socket = app.connect(person, Default::default()).await;
            socket.until_live().await;
            others.push(socket);
        }
        let mut socket = app.connect(&ana, Default::default()).await;
        socket.until_live().await;
        let command = command(app).await;
        reset_by_operator(&command, "ana", "a new pass phrase").await.unwrap();
        command.close().await;
        let signed_out = ServerFrame::Bye { code: CloseCode::SignedOut, retry_after_ms: None };
        assert_eq!(socket.until_closed().await.last(), Some(&signed_out));
        for socket in &mut others {
            socket.settle(1).await;
        }
        assert_eq!(
            login(&app.state, &request(), "ana", PASSWORD, true).await.map(|_| ()),
            Err(Error::WrongCredentials)
        );
    })
    .await;
}

#[tokio::test]
async fn a_socket_of_a_session_that_is_still_good_stays() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let second = ana.sign_in_again().await;
        let mut sockets =
            [app.connect(&ana, Default::default()).await, app.connect(&second, Default::default()).await];
        for socket in &mut sockets {
            socket.until_live().await;
        }
        // Ended by a process that has no sockets; only that one goes.
        let command = command(app).await;
        actions::accounts::logout(&command, &second.actor).await.unwrap();
        command.close().await;
        sockets[1].until_closed().await;
        sockets[0].settle(1).await;
    })
    .await;
}

#[tokio::test]
async fn only_a_process_that_serves_nobody_leaves_hints_and_they_are_forgotten() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        ana.create_guild("Den").await;
        let mut look = app.database().look().await;
        let hints = "select stream_kind || ' ' || stream_id || ' ' || rev from hints";
        assert_eq!(look.texts(hints).await, Vec::<String>::new(), "who serves is heard");
        let command = command(app).await;
        reset_by_operator(&command, "ana", "a new pass phrase").await.unwrap();
        command.close().await;
        let stream = Stream::User(ana.id());
        let mut reader = app.state.store.read().await.unwrap();
        let rev = backend::store::streams::rev(&mut reader, stream).await.unwrap();
        drop(reader);
        assert_eq!(look.texts(hints).await, [format!("2 {} {rev}", ana.id())]);
        backend::jobs::run(&app.state).await.unwrap();
        assert_eq!(look.texts(hints).await.len(), 1, "it may not have been seen yet");
        // An hour ago.
        look.run(&format!("update hints set id = id - {}", 3_600_000_i64 << 22)).await;
        backend::jobs::run(&app.state).await.unwrap();
        assert_eq!(look.texts(hints).await, Vec::<String>::new());
    })
    .await;
}
