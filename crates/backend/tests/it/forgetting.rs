//! What was deleted is gone, and what is old goes.

use backend::actions::sync::{How, catch_up, standing};
use backend::actions::{channels, guilds, invites, messages};
use backend::store::{purges, streams};
use futures_util::{StreamExt, stream};
use protocol::event::Event;
use protocol::snapshot::Anchor;
use protocol::{ChannelId, Cursors, Error, GuildId, Rev, Stream};
use rig::{Look, Person, TestApp, on_both, on_both_with};

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
            s.ana.say(channel, "@everyone, kiwi").await;
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
        for (table, left) in [
            ("messages", 0),
            ("mentions", 0),
            ("broad_mentions", 0),
            ("read_marks", 0),
            ("overwrites", 0),
            ("events", 1),
        ] {
            let sql = format!("select count(*) from {table} where channel_id = {channel}");
            assert_eq!(look.number(&sql).await, left, "{table}");
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
async fn a_long_purge_ends() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let channel = s.ana.create_channel(s.guild.id, "long").await.id;
        let says = (0..1200).map(|n| {
            let text = format!("line {n}");
            let bo = &s.bo;
            async move { bo.say(channel, &text).await }
        });
        // Not all at once: on a machine with other work some would wait too long for a connection.
        stream::iter(says).buffer_unordered(64).for_each(async |_| ()).await;
        channels::delete(&app.state, &s.ana.actor, channel).await.unwrap();
        purged(app).await;
        let left = format!("select count(*) from messages where channel_id = {channel}");
        assert_eq!(app.database().look().await.number(&left).await, 0);
        // Others are not touched by it.
        assert!(!s.bo.history(s.general).await.messages.is_empty());
    })
    .await;
}

/// Rows that a channel has anywhere.
async fn rows_of(look: &mut Look, channel: ChannelId) -> i64 {
    let mut rows = 0;
    for table in ["messages", "mentions", "broad_mentions", "read_marks", "events"] {
        rows += look.number(&format!("select count(*) from {table} where channel_id = {channel}")).await;
    }
    rows
}

/// Everything the log tells of a stream.
async fn told(app: &TestApp, stream: Stream) -> Vec<String> {
    let mut reader = app.state.store.read().await.unwrap();
    let log = streams::events_after(&mut reader, stream, 0, 1000).await.unwrap();
    log.into_iter().map(|entry| entry.json).collect()
}

/// What somebody who comes back with these cursors is told of a stream; none when it is not theirs any more.
async fn replayed(app: &TestApp, person: &Person, cursors: &Cursors, stream: Stream) -> Option<Vec<String>> {
    let found = catch_up(&app.state, person.id(), cursors).await.unwrap();
    let missed = found.missed.into_iter().find(|missed| missed.stream == stream)?;
    let How::Replay { events, .. } = missed.how else { panic!("{:?}", missed.how) };
    Some(events.into_iter().map(|(_, json)| json).collect())
}

#[tokio::test]
async fn nothing_of_a_deleted_channel_is_told_before_the_last_step_of_its_purge_and_steps_are_small() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let stream = Stream::Guild(s.guild.id);
        let channel = s.ana.create_channel(s.guild.id, "fruits").await.id;
        let cursors: Cursors = standing(&app.state, s.bo.id()).await.unwrap().into_iter().collect();
        for n in 0..12 {
            let message = s.bo.say(channel, &format!("kiwi {n} for @ana")).await;
            messages::mark_read(&app.state, &s.ana.actor, channel, message.id).await.unwrap();
        }
        s.bo.say(s.general, "elsewhere").await;
        channels::delete(&app.state, &s.ana.actor, channel).await.unwrap();
        let mut look = app.database().look().await;
        let mut left = rows_of(&mut look, channel).await;
        assert!(left > 30, "the commit of the deletion does not remove: {left}");
        let mut steps = 0;
        loop {
            let now = replayed(app, &s.bo, &cursors, stream).await.unwrap();
            assert!(!now.iter().chain(&told(app, stream).await).any(|json| json.contains("kiwi")), "{steps}");
            assert!(now.len() == 2 && now[0].contains("elsewhere") && now[1].contains("channel_deleted"));
            let history = messages::history(&app.state, &s.bo.actor, channel, Anchor::Latest).await;
            assert_eq!(history.map(|_| ()), Err(Error::NotFound));
            let step = app.state.store.write(move |tx| Box::pin(purges::step(tx, channel, 5)));
            let is_more = step.await.unwrap();
            let rows = rows_of(&mut look, channel).await;
            assert!((0..=5).contains(&(left - rows)), "{left} {rows}");
            (left, steps) = (rows, steps + 1);
            if !is_more {
                break;
            }
        }
        assert!(steps > 6, "{steps}");
        assert_eq!(left, 1, "that it was deleted stays in the log");
        assert!(!is_anywhere(app, "kiwi").await);
        let now = replayed(app, &s.bo, &cursors, stream).await.unwrap();
        assert!(now.len() == 2 && now[1].contains("channel_deleted"), "{now:?}");
        assert_eq!(look.number("select count(*) from purges").await, 0);
    })
    .await;
}

#[tokio::test]
async fn nothing_of_a_deleted_guild_is_told_before_the_last_step_of_its_purge_and_steps_are_small() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (guild, stream) = (s.guild.id, Stream::Guild(s.guild.id));
        let cursors: Cursors = standing(&app.state, s.bo.id()).await.unwrap().into_iter().collect();
        for n in 0..12 {
            s.bo.say(s.general, &format!("lychee {n} for @ana")).await;
        }
        guilds::delete(&app.state, &s.ana.actor, guild, "Lanternfish").await.unwrap();
        let mut look = app.database().look().await;
        let log = format!("select count(*) from events where stream_kind = 0 and stream_id = {guild}");
        let mut left = look.number(&log).await;
        assert!(left > 12, "the commit of the deletion does not remove: {left}");
        let only_the_end = |told: Vec<String>| told.len() == 1 && told[0].contains("guild_deleted");
        loop {
            assert_eq!(replayed(app, &s.bo, &cursors, stream).await, None, "gone");
            assert!(only_the_end(told(app, stream).await));
            let step = app.state.store.write(move |tx| Box::pin(purges::step_guild(tx, guild, 5)));
            let is_more = step.await.unwrap();
            let rows = look.number(&log).await;
            assert!((0..=5).contains(&(left - rows)), "{left} {rows}");
            left = rows;
            if !is_more {
                break;
            }
        }
        assert!(left == 1 && only_the_end(told(app, stream).await));
        purged(app).await;
        assert!(!is_anywhere(app, "lychee").await);
        assert_eq!(look.number("select count(*) from ended_streams").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_was_deleted_waits_for_the_process_that_does_the_timed_work() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut look = app.database().look().await;
        let delete = async |name: &str| {
            let channel = s.ana.create_channel(s.guild.id, name).await.id;
            s.bo.say(channel, "soon gone").await;
            channels::delete(&app.state, &s.ana.actor, channel).await.unwrap();
        };
        delete("one").await;
        delete("two").await;
        assert_eq!(look.number("select count(*) from purges").await, 2, "nothing was started");
        backend::jobs::start(&app.state);
        let purged = async |look: &mut Look| {
            while look.number("select count(*) from purges").await > 0 {
                tokio::task::yield_now().await;
            }
        };
        let patience = std::time::Duration::from_secs(20);
        tokio::time::timeout(patience, purged(&mut look)).await.unwrap();
        delete("three").await;
        tokio::time::timeout(patience, purged(&mut look)).await.unwrap();
        assert!(!is_anywhere(app, "soon gone").await);
    })
    .await;
}

#[tokio::test]
async fn of_a_deleted_message_replies_keep_all_but_the_quotation_in_the_log() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let texts = [r#"pineapple"#, r#"pineapple }} "preview":{"a":"" {{"#, r#"pineapple "}}, "x":{}} \"#];
        for text in texts {
            let message = s.bo.say(s.general, text).await;
            let answer = format!("{} is for @bo", text.replace("pineapple", "it"));
            let reply = s.ana.reply(s.general, message.id, &answer).await;
            let answered = s.ana.reply(s.general, reply.id, "and so on").await;
            let stream = Stream::Guild(s.guild.id);
            let find = async |id| {
                told(app, stream).await.into_iter().find_map(|json| {
                    assert!(json.starts_with(r#"{"kind":""#), "{json}");
                    match serde_json::from_str(&json).unwrap() {
                        Event::MessageCreated { message, .. } if message.id == id => Some(message),
                        _ => None,
                    }
                })
            };
            let (mut before, unrelated) = (find(reply.id).await.unwrap(), find(answered.id).await);
            messages::delete(&app.state, &s.bo.actor, s.general, message.id).await.unwrap();
            before.reply_to.as_mut().unwrap().preview = None;
            assert_eq!((find(reply.id).await, find(message.id).await), (Some(before), None));
            assert_eq!(find(answered.id).await, unrelated);
        }
        assert!(!is_anywhere(app, "pineapple").await);
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

#[tokio::test]
async fn old_events_go_in_small_steps_and_young_ones_stay() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for n in 0..30 {
            s.bo.say(s.general, &format!("line {n}")).await;
        }
        let (one, other) = (Stream::Guild(s.guild.id), Stream::User(s.bo.id()));
        let mut look = app.database().look().await;
        look.run("update events set created_at = 1 where rev <= 20 and stream_kind = 0").await;
        // Older than what is before it, because a clock was set back.
        look.run("update events set created_at = 1 where rev = 25 and stream_kind = 0").await;
        let young = look.number("select count(*) from events where stream_kind <> 0").await;
        let log = format!("select count(*) from events where stream_kind = 0 and stream_id = {}", s.guild.id);
        let before = look.number(&log).await;
        let mut removed = Vec::new();
        loop {
            let both = [other, one];
            let step = app
                .state
                .store
                .write(move |tx| Box::pin(async move { streams::expire(tx, &both, 1000, 8).await }));
            let is_more = step.await.unwrap();
            removed.push(before - look.number(&log).await);
            if !is_more {
                break;
            }
        }
        assert_eq!(removed, [8, 16, 20]);
        let mut reader = app.state.store.read().await.unwrap();
        assert_eq!(streams::oldest_rev(&mut reader, one).await.unwrap(), Some(21));
        assert_eq!(look.number("select count(*) from events where stream_kind <> 0").await, young);
    })
    .await;
}

#[tokio::test]
async fn the_stream_of_a_guild_deleted_long_ago_is_forgotten_and_no_counter_begins_anew() {
    on_both_with(&[("HARMONY_EVENT_RETENTION_DAYS", "3")], async |app| {
        let s = Scene::new(app).await;
        let kept = s.bo.create_guild("Kept").await.id;
        let general = s.bo.general(kept).await;
        s.bo.say(general, "quince").await;
        guilds::delete(&app.state, &s.ana.actor, s.guild.id, "Lanternfish").await.unwrap();
        let mut look = app.database().look().await;
        let count = |guild: GuildId| format!("select count(*) from streams where kind = 0 and id = {guild}");
        let rev = async || -> Rev {
            let mut reader = app.state.store.read().await.unwrap();
            streams::rev(&mut reader, Stream::Guild(kept)).await.unwrap()
        };
        let before = rev().await;
        backend::jobs::run(&app.state).await.unwrap();
        assert_eq!(look.number(&count(s.guild.id)).await, 1, "its end may still have to be told");
        age_events(&mut look, 4).await;
        backend::jobs::run(&app.state).await.unwrap();
        assert_eq!(look.number(&count(s.guild.id)).await, 0);
        let log = format!("select count(*) from events where stream_kind = 0 and stream_id = {}", s.guild.id);
        assert_eq!(look.number(&log).await, 0);
        assert_eq!((look.number(&count(kept)).await, rev().await), (1, before));
        s.bo.say(general, "medlar").await;
        assert_eq!(rev().await, before + 1);
        // Not even when somebody asks for it by name.
        let step = app.state.store.write(move |tx| Box::pin(streams::forget(tx, kept)));
        step.await.unwrap();
        assert_eq!(rev().await, before + 1);
    })
    .await;
}

#[tokio::test]
async fn invites_nobody_can_use_any_more_are_removed_in_steps() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut look = app.database().look().await;
        look.run("delete from invites").await;
        for uses in ["", "1", "5"] {
            for _ in 0..4 {
                invites::create(&app.state, &s.ana.actor, s.guild.id, "60", uses).await.unwrap();
            }
        }
        look.run("update invites set uses = 1, expires_at = null where max_uses = 1").await;
        look.run("update invites set expires_at = 1 where max_uses is null").await;
        let mut left = Vec::new();
        loop {
            let step =
                app.state.store.write(move |tx| Box::pin(backend::store::invites::delete_dead(tx, 1000, 3)));
            let is_more = step.await.unwrap();
            left.push(look.number("select count(*) from invites").await);
            if !is_more {
                break;
            }
        }
        assert_eq!(left, [9, 6, 4]);
        backend::jobs::run(&app.state).await.unwrap();
        assert_eq!(look.number("select count(*) from invites where max_uses = 5").await, 4);
    })
    .await;
}
