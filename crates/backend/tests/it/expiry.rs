//! What runs out by itself goes in small steps, the oldest first, and what is younger stays.

use backend::store::{nonces, sessions};
use protocol::frame::{CloseCode, ServerFrame};
use rig::{TestApp, on_both};

/// Gives somebody a session for each of these times, of which one limit stands at that time and the other far off.
async fn sessions_until(app: &TestApp, user: i64, column: &str, times: std::ops::RangeInclusive<i64>) {
    let mut look = app.database().look().await;
    let other = if column == "expires_at" { "last_used_at" } else { "expires_at" };
    for time in times {
        // PostgreSQL takes no text for bytes.
        let hash = if app.database().is_postgres() {
            format!("'\\x{time:08}'::bytea")
        } else {
            format!("x'{time:08}'")
        };
        let sql = format!(
            "insert into sessions (id, user_id, token_hash, device, created_at, {column}, {other})
            values ({time}, {user}, {hash}, 'Old device', 0, {time}, {})",
            i64::MAX
        );
        look.run(&sql).await;
    }
}

#[tokio::test]
async fn sessions_past_either_limit_end_in_steps_the_oldest_first() {
    on_both(async |app| {
        let ana = app.newcomer("ana").await;
        let user = ana.id().get();
        sessions_until(app, user, "expires_at", 101..=107).await;
        sessions_until(app, user, "last_used_at", 201..=206).await;
        let mut ended = Vec::new();
        loop {
            let step = app.state.store.write(move |tx| Box::pin(sessions::delete_expired(tx, 106, 205, 3)));
            let mut step: Vec<i64> = step.await.unwrap().into_iter().map(protocol::Id::get).collect();
            step.sort_unstable();
            let is_last = step.len() < 3;
            ended.push(step);
            if is_last {
                break;
            }
        }
        assert_eq!(ended, [vec![101, 102, 103], vec![104, 105, 201], vec![202, 203, 204], vec![]]);
        let left = app
            .database()
            .look()
            .await
            .texts("select cast(id as text) from sessions order by sessions.id")
            .await;
        assert_eq!(left, ["106", "107", "205", "206", &ana.actor.session_id.to_string()]);
    })
    .await;
}

#[tokio::test]
async fn all_that_ran_out_is_gone_after_a_round_and_its_sockets_with_it() {
    on_both(async |app| {
        let (ana, bo) = tokio::join!(app.newcomer("ana"), app.newcomer("bo"));
        // More than one step.
        let mut look = app.database().look().await;
        let count = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1100)";
        let hash = if app.database().is_postgres() {
            "decode(lpad(to_hex(i), 8, '0'), 'hex')"
        } else {
            "cast(i as blob)"
        };
        let columns = "sessions (id, user_id, token_hash, device, created_at, last_used_at, expires_at)";
        let rows =
            format!("select i, {}, {hash}, 'Old device', 0, {now}, 1 from n", ana.id(), now = i64::MAX);
        look.run(&format!("insert into {columns} {count} {rows}")).await;
        let old = format!("select {}, 'n' || i, 1, {hash}, 1 from n", ana.id());
        let columns = "nonces (author_id, nonce, target_id, body_hash, created_at)";
        look.run(&format!("insert into {columns} {count} {old}")).await;
        let mut sockets =
            [app.connect(&ana, Default::default()).await, app.connect(&bo, Default::default()).await];
        for socket in &mut sockets {
            socket.until_live().await;
        }
        look.run(&format!("update sessions set last_used_at = 1 where id = {}", ana.actor.session_id)).await;
        backend::jobs::run(&app.state).await.unwrap();
        assert_eq!(look.number("select count(*) from sessions").await, 1);
        assert_eq!(look.number("select count(*) from nonces").await, 0);
        let end = ServerFrame::Bye { code: CloseCode::SignedOut, retry_after_ms: None };
        assert_eq!(sockets[0].until_closed().await.last(), Some(&end));
        sockets[1].settle(1).await;
    })
    .await;
}

#[tokio::test]
async fn retry_keys_are_forgotten_in_steps_the_oldest_first() {
    on_both(async |app| {
        let ana = app.newcomer("ana").await;
        let mut look = app.database().look().await;
        for age in 1..=9 {
            let sql = format!(
                "insert into nonces (author_id, nonce, target_id, body_hash, created_at)
                values ({}, 'n{}', 1, {}, {age})",
                ana.id(),
                10 - age,
                if app.database().is_postgres() { "'\\x00'::bytea" } else { "x'00'" },
            );
            look.run(&sql).await;
        }
        let mut left = Vec::new();
        loop {
            let step = app.state.store.write(move |tx| Box::pin(nonces::delete_old(tx, 8, 3)));
            let is_more = step.await.unwrap();
            let ages =
                look.texts("select cast(created_at as text) from nonces order by nonces.created_at").await;
            left.push(ages.concat());
            if !is_more {
                break;
            }
        }
        assert_eq!(left, ["456789", "789", "89"]);
    })
    .await;
}
