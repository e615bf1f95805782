//! What was deleted is gone, and what is old goes.

use backend::actions::{channels, guilds, messages};
use backend::store::streams;
use protocol::Stream;
use rig::{Look, TestApp, on_both, on_both_with};

use crate::scene::Scene;

/// Whether a text stands anywhere in the database.
async fn is_anywhere(app: &TestApp, text: &str) -> bool {
    app.content().await.values().flatten().any(|row| row.contains(text))
}

/// Waits until the work of a deletion in the background is done.
async fn purged(app: &TestApp) {
    backend::jobs::run(&app.state).await.unwrap();
    assert_eq!(app.database().look().await.number("select count(*) from purges").await, 0);
}

#[tokio::test]
async fn the_text_of_a_deleted_message_is_nowhere_any_more() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let message = s.bo.say(s.general, "first draft of @ana pineapple").await;
        messages::edit(&app.state, &s.bo.actor, s.general, message.id, "second draft papaya").await.unwrap();
        let reply = s.ana.reply(s.general, message.id, "what do you mean?").await;
        messages::edit(&app.state, &s.ana.actor, s.general, reply.id, "what?").await.unwrap();
        assert!(is_anywhere(app, "pineapple").await && is_anywhere(app, "papaya").await);
        messages::delete(&app.state, &s.bo.actor, s.general, message.id).await.unwrap();
        assert!(!is_anywhere(app, "pineapple").await);
        assert!(!is_anywhere(app, "papaya").await, "a reply still quotes it");
        let left = s.ana.history(s.general).await.messages;
        let quoted = left.iter().find(|message| message.id == reply.id).unwrap().reply_to.clone().unwrap();
        assert_eq!((quoted.id, quoted.preview), (message.id, None));
    })
    .await;
}

#[tokio::test]
async fn the_text_of_a_deleted_direct_message_is_nowhere_any_more() {
    on_both(async |app| {
        let (ana, bo) = tokio::join!(app.person("ana"), app.person("bo"));
        let dm = ana.open_dm(&bo).await.id;
        let message = ana.say(dm, "between us: mango").await;
        bo.reply(dm, message.id, "understood").await;
        messages::delete(&app.state, &ana.actor, dm, message.id).await.unwrap();
        assert!(!is_anywhere(app, "mango").await);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_channel_takes_its_messages_mentions_and_log_with_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let channel = s.ana.create_channel(s.guild.id, "fruits").await.id;
        for n in 0..30 {
            s.bo.say(channel, &format!("kiwi {n} for @ana")).await;
        }
        s.ana.history(channel).await;
        channels::delete(&app.state, &s.ana.actor, channel).await.unwrap();
        let mut reader = app.state.store.read().await.unwrap();
        let log = streams::events_after(&mut reader, Stream::Guild(s.guild.id), 0, 1000).await.unwrap();
        assert!(!log.iter().any(|entry| entry.json.contains("kiwi")), "gone from the log with the commit");
        drop(reader);
        purged(app).await;
        assert!(!is_anywhere(app, "kiwi").await);
        let mut look = app.database().look().await;
        for table in ["messages", "mentions", "read_marks", "overwrites"] {
            let sql = format!("select count(*) from {table} where channel_id = {channel}");
            assert_eq!(look.number(&sql).await, 0, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_deleted_guild_takes_everything_with_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let keep = s.bo.create_guild("Kept").await;
        let kept = s.bo.general(keep.id).await;
        s.bo.say(kept, "quince stays").await;
        for n in 0..30 {
            s.bo.say(s.general, &format!("lychee {n} for @ana")).await;
        }
        guilds::delete(&app.state, &s.ana.actor, s.guild.id, "Lanternfish").await.unwrap();
        purged(app).await;
        assert!(!is_anywhere(app, "lychee").await && is_anywhere(app, "quince").await);
        let mut look = app.database().look().await;
        for (table, left) in
            [("guilds", 1), ("roles", 1), ("members", 1), ("channels", 2), ("invites", 0), ("mentions", 0)]
        {
            assert_eq!(look.number(&format!("select count(*) from {table}")).await, left, "{table}");
        }
        let log = format!("select count(*) from events where stream_kind = 0 and stream_id = {}", s.guild.id);
        assert_eq!(look.number(&log).await, 1, "of its log only the end is left");
        let marks = format!("select count(*) from read_marks where channel_id <> {kept}");
        assert_eq!(look.number(&marks).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_purge_takes_small_steps_and_ends() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let channel = s.ana.create_channel(s.guild.id, "long").await.id;
        let says = (0..1200).map(|n| {
            let text = format!("line {n}");
            let bo = &s.bo;
            async move { bo.say(channel, &text).await }
        });
        futures_util::future::join_all(says).await;
        channels::delete(&app.state, &s.ana.actor, channel).await.unwrap();
        purged(app).await;
        let left = format!("select count(*) from messages where channel_id = {channel}");
        assert_eq!(app.database().look().await.number(&left).await, 0);
        // Others are not touched by it.
        assert!(!s.bo.history(s.general).await.messages.is_empty());
    })
    .await;
}

async fn age_events(look: &mut Look, days: i64) {
    look.run(&format!("update events set created_at = created_at - {}", days * 86_400_000)).await;
}

#[tokio::test]
async fn events_are_kept_as_long_as_is_said_and_the_last_one_of_a_stream_always() {
    on_both_with(&[("HARMONY_EVENT_RETENTION_DAYS", "3")], async |app| {
        let s = Scene::new(app).await;
        let mut look = app.database().look().await;
        let stream = Stream::Guild(s.guild.id);
        s.bo.say(s.general, "old").await;
        age_events(&mut look, 2).await;
        backend::jobs::run(&app.state).await.unwrap();
        let mut reader = app.state.store.read().await.unwrap();
        assert_eq!(streams::oldest_rev(&mut reader, stream).await.unwrap(), Some(1));
        drop(reader);
        age_events(&mut look, 2).await;
        s.bo.say(s.general, "new").await;
        backend::jobs::run(&app.state).await.unwrap();
        let mut reader = app.state.store.read().await.unwrap();
        let rev = streams::rev(&mut reader, stream).await.unwrap();
        assert_eq!(streams::oldest_rev(&mut reader, stream).await.unwrap(), Some(rev));
        // A stream where nothing happened for long still says where it ends.
        let quiet = Stream::User(s.cy.id());
        let rev = streams::rev(&mut reader, quiet).await.unwrap();
        assert_eq!(streams::oldest_rev(&mut reader, quiet).await.unwrap().unwrap_or(rev), rev);
        // What was said is not an event and stays.
        drop(reader);
        assert_eq!(s.bo.history(s.general).await.messages.iter().filter(|m| m.content == "old").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn sessions_and_invites_past_their_time_are_removed() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut look = app.database().look().await;
        let invite = backend::actions::invites::create(&app.state, &s.ana.actor, s.guild.id, "60", "").await;
        look.run(&format!("update invites set expires_at = 1 where id = {}", invite.unwrap().id)).await;
        let (idle, old) = (s.cy.actor.session_id, s.dee.actor.session_id);
        look.run(&format!("update sessions set last_used_at = 1 where id = {idle}")).await;
        look.run(&format!("update sessions set expires_at = 1 where id = {old}")).await;
        backend::jobs::run(&app.state).await.unwrap();
        assert_eq!(look.number("select count(*) from sessions").await, 2);
        assert_eq!(look.number("select count(*) from invites").await, 1, "the one without an end stays");
    })
    .await;
}
