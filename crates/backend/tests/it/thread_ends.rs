//! Threads that are archived, and those that go with their channel or guild.

use backend::actions::threads::{NewThread, create, list, remove};
use backend::actions::{guilds, pages};
use protocol::permissions::{Permissions, Subject};
use protocol::snapshot::Place;
use protocol::{ChannelId, Error, Stream};
use rig::{Person, TestApp, on_both};

use crate::following::followed;
use crate::scene::{Scene, except, refused};
use crate::threads::{NEW, pass, start};

/// Whether the snapshot of the guild has a thread.
async fn is_listed(app: &TestApp, s: &Scene, who: &Person, thread: ChannelId) -> bool {
    let snapshot = guilds::snapshot(&app.state, &who.actor, s.guild.id).await.unwrap();
    snapshot.channels.iter().any(|channel| channel.id == thread)
}

async fn listed(app: &TestApp, who: &Person, channel: ChannelId, archived: bool) -> Vec<ChannelId> {
    let page = list(&app.state, &who.actor, channel, archived, None).await.unwrap();
    page.threads.into_iter().map(|thread| thread.id).collect()
}

#[tokio::test]
async fn a_quiet_thread_is_archived_and_opens_again_when_somebody_writes_in_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let hour = NewThread { auto_archive_minutes: Some(60), ..NEW };
        let hour = create(&app.state, &s.bo.actor, s.general, hour).await.unwrap().id;
        let days = start(app, &s.bo, s.general, None).await.id;
        s.ana.say(hour, "hello").await;
        pass(app, 59).await;
        assert!(is_listed(app, &s, &s.ana, hour).await);
        pass(app, 61).await;
        assert!(!is_listed(app, &s, &s.ana, hour).await && is_listed(app, &s, &s.ana, days).await);
        assert!(followed(app, &s, &s.bo).await.iter().any(|one| one.thread_id == hour && one.is_archived));
        assert_eq!(listed(app, &s.ana, s.general, true).await, [hour]);
        assert_eq!(listed(app, &s.ana, s.general, false).await, [days]);
        // It is still there for who asks.
        let place = Place::Guild { guild: s.guild.id, channel: Some(hour), message: None };
        assert!(s.ana.page(place).await.history.unwrap().thread.unwrap().thread.unwrap().is_archived);
        let quiet = Subject::Member(s.bo.id());
        except(app, s.general, quiet, Permissions::NONE, Permissions::SEND_MESSAGES_IN_THREADS).await;
        assert_eq!(refused(app, s.bo.try_say(hour, "knock")).await, Error::Forbidden);
        s.ana.say(hour, "awake").await;
        assert!(is_listed(app, &s, &s.bo, hour).await);
        assert_eq!(listed(app, &s.ana, s.general, false).await, [hour, days]);
        pass(app, 59).await;
        assert!(is_listed(app, &s, &s.bo, hour).await, "the time begins anew");
    })
    .await;
}

#[tokio::test]
async fn threads_are_archived_in_steps_and_each_is_told_once() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        // More than one step.
        for _ in 0..60 {
            let (guild, parent, owner) = (s.guild.id, s.general, s.ana.id());
            let insert = app.state.store.write(move |tx| {
                Box::pin(async move {
                    let new = backend::store::threads::NewThread {
                        guild,
                        parent,
                        owner,
                        name: "quiet",
                        starter: None,
                        auto_archive_minutes: 60,
                    };
                    backend::store::threads::insert(tx, &new).await
                })
            });
            insert.await.unwrap();
        }
        let rev = async || {
            let mut db = app.state.store.read().await.unwrap();
            backend::store::streams::rev(&mut db, Stream::Guild(s.guild.id)).await.unwrap()
        };
        let before = rev().await;
        pass(app, 61).await;
        assert_eq!(rev().await, before + 60);
        let content = app.content().await;
        pass(app, 61).await;
        assert_eq!(app.content().await, content);
    })
    .await;
}

/// Rows that name one of these ids, by table.
async fn rows_about(app: &TestApp, ids: &[ChannelId]) -> Vec<String> {
    let mut found = Vec::new();
    for (table, rows) in app.content().await {
        let about = rows.iter().filter(|row| ids.iter().any(|id| row.contains(&id.to_string()))).cloned();
        found.extend(about.map(|row| format!("{table}: {row}")));
    }
    found
}

#[tokio::test]
async fn threads_go_with_their_channel_at_once_and_leave_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let channel = s.ana.create_channel(s.guild.id, "doomed").await.id;
        let said = s.ana.say(channel, "hello").await.id;
        let mut threads = vec![start(app, &s.bo, channel, Some(said)).await.id];
        threads.push(start(app, &s.bo, channel, None).await.id);
        for thread in &threads {
            s.ana.say(*thread, "words for @bo and @everyone").await;
        }
        // Before any timed work has run.
        let (parent, guild) = (channel, s.guild.id);
        let delete = app.state.store.write(move |tx| {
            Box::pin(async move {
                backend::store::purges::schedule(tx, parent).await?;
                backend::store::channels::delete(tx, guild, parent).await?;
                let gone = protocol::event::Event::ChannelDeleted { channel_id: parent };
                tx.emit(Stream::Guild(guild), gone).await.map(|_| ())
            })
        });
        delete.await.unwrap();
        for thread in &threads {
            assert_eq!(refused(app, s.ana.try_say(*thread, "anybody?")).await, Error::NotFound);
            let place = Place::Guild { guild: s.guild.id, channel: Some(*thread), message: None };
            assert_eq!(pages::load(&app.state, &s.ana.actor, place).await.map(|_| ()), Err(Error::NotFound));
            assert!(!is_listed(app, &s, &s.ana, *thread).await);
        }
        assert!(followed(app, &s, &s.bo).await.is_empty());
        let mut reader = app.state.store.read().await.unwrap();
        let log =
            backend::store::streams::events_after(&mut reader, Stream::Guild(guild), 0, 100).await.unwrap();
        drop(reader);
        assert!(!log.iter().any(|entry| entry.json.contains("words for")), "{log:?}");
        backend::jobs::run(&app.state).await.unwrap();
        backend::jobs::run(&app.state).await.unwrap();
        let about = rows_about(app, &threads).await;
        assert!(
            about.iter().all(|row| row.starts_with("events:") && row.contains("thread_followed")),
            "{about:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_removed_thread_and_those_of_a_removed_guild_leave_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "hello").await.id;
        let (one, two) = (
            start(app, &s.ana, s.general, Some(said)).await.id,
            start(app, &s.ana, s.general, None).await.id,
        );
        for thread in [one, two] {
            s.ana.say(thread, "words for @bo and @everyone").await;
        }
        remove(&app.state, &s.ana.actor, one).await.unwrap();
        assert_eq!(refused(app, s.ana.try_say(one, "anybody?")).await, Error::NotFound);
        let starter = s.ana.history(s.general).await.messages.into_iter().find(|message| message.id == said);
        assert_eq!(starter.unwrap().thread, None);
        backend::jobs::run(&app.state).await.unwrap();
        let is_told = |row: &String| {
            row.starts_with("events:") && (row.contains("thread_deleted") || row.contains("thread_followed"))
        };
        let about = rows_about(app, &[one]).await;
        assert!(about.iter().all(is_told), "{about:?}");
        guilds::delete(&app.state, &s.ana.actor, s.guild.id, "Lanternfish").await.unwrap();
        assert_eq!(refused(app, s.ana.try_say(two, "anybody?")).await, Error::NotFound);
        backend::jobs::run(&app.state).await.unwrap();
        backend::jobs::run(&app.state).await.unwrap();
        let about = rows_about(app, &[one, two]).await;
        assert!(about.iter().all(is_told), "{about:?}");
    })
    .await;
}
