//! The search index: it has every message once, as it is now, and nothing of what is gone.

use std::time::Duration;

use backend::actions::{attachments, channels, guilds, messages, pins};
use backend::indexing;
use backend::store::search_index;
use protocol::search::SearchScope;
use protocol::{ChannelId, Error, MessageId};
use rig::{Look, Person, TestApp, on_both};

use crate::scene::Scene;
use crate::search::{asked, page};

async fn found(app: &TestApp, who: &Person, channel: ChannelId, query: &str) -> Vec<MessageId> {
    let page = page(app, who, &asked(SearchScope::Channel { channel }, query)).await.unwrap();
    page.found.into_iter().map(|found| found.message.id).collect()
}

/// Whether a word stands in the tables of the index. SQLite's pages begin a word where it differs from the one before, so
/// the end of it is looked for.
async fn is_in_the_index(app: &TestApp, word: &str) -> bool {
    let hex: String = word.bytes().skip(3).map(|byte| format!("{byte:02X}")).collect();
    rows(app).await.into_iter().any(|row| row.contains(word) || row.contains(&hex))
}

/// Every row of the tables of the index as text.
async fn rows(app: &TestApp) -> Vec<String> {
    let mut look = app.database().look().await;
    let mut rows = Vec::new();
    for table in look.tables().await.into_iter().filter(|table| table.starts_with("search")) {
        rows.extend(look.rows(&table).await);
    }
    rows
}

/// Whether the index agrees with itself and has as many entries as there are messages to find.
async fn is_sound(app: &TestApp) {
    let mut look = app.database().look().await;
    let lacking = "select count(*) from messages m where m.kind in (0, 19)
        and not exists (select 1 from searchable s where s.message_id = m.id and s.channel_id = m.channel_id)";
    assert_eq!(look.number(lacking).await, 0);
    let left = "select count(*) from searchable s
        where not exists (select 1 from messages m where m.id = s.message_id and m.channel_id = s.channel_id)";
    assert_eq!(look.number(left).await, 0);
    if let Look::Sqlite(_) = look {
        look.run("insert into search_words (search_words) values ('integrity-check')").await;
    }
}

#[tokio::test]
async fn a_message_is_found_a_moment_after_it_was_sent() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        indexing::start(&app.state);
        for word in ["apple", "banana"] {
            let said = s.bo.say(s.general, word).await.id;
            let soon = async { while found(app, &s.ana, s.general, word).await.is_empty() {} };
            tokio::time::timeout(Duration::from_secs(10), soon).await.expect("it is never found");
            assert_eq!(found(app, &s.ana, s.general, word).await, [said]);
        }
    })
    .await;
}

#[tokio::test]
async fn the_words_of_a_deleted_message_are_nowhere_any_more() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.bo.say(s.general, "unrelated zanzibar").await;
        let gone = s.bo.say(s.general, "pineapplequux 東京 for @ana https://papaya.example").await.id;
        s.bo.say(s.general, "unrelated zanzibar").await;
        indexing::catch_up(&app.state).await.unwrap();
        for word in ["pineapplequux", "東京", "zanzibar"] {
            assert!(is_in_the_index(app, word).await, "{word}");
        }
        messages::delete(&app.state, &s.bo.actor, s.general, gone).await.unwrap();
        for word in ["pineapplequux", "papaya", "東京"] {
            assert!(!is_in_the_index(app, word).await, "{word}");
        }
        assert!(found(app, &s.ana, s.general, "mentions:ana").await.is_empty());
        assert_eq!(found(app, &s.ana, s.general, "zanzibar").await.len(), 2);
        is_sound(app).await;
    })
    .await;
}

#[tokio::test]
async fn an_edited_message_is_found_by_its_new_words_alone() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.bo.say(s.general, "pineapplequux https://example.com").await.id;
        indexing::catch_up(&app.state).await.unwrap();
        assert_eq!(found(app, &s.ana, s.general, "has:link").await, [said]);
        messages::edit(&app.state, &s.bo.actor, s.general, said, "papaya").await.unwrap();
        assert_eq!(found(app, &s.ana, s.general, "papaya from:bo pinned:false").await, [said]);
        assert!(found(app, &s.ana, s.general, "pineapplequux").await.is_empty());
        assert!(found(app, &s.ana, s.general, "has:link").await.is_empty());
        assert!(!is_in_the_index(app, "pineapplequux").await);
        is_sound(app).await;
    })
    .await;
}

#[tokio::test]
async fn what_changes_before_it_was_indexed_is_indexed_as_it_is_then() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let edited = s.bo.say(s.general, "first").await.id;
        let deleted = s.bo.say(s.general, "second").await.id;
        messages::edit(&app.state, &s.bo.actor, s.general, edited, "third").await.unwrap();
        messages::delete(&app.state, &s.bo.actor, s.general, deleted).await.unwrap();
        indexing::catch_up(&app.state).await.unwrap();
        assert_eq!(found(app, &s.ana, s.general, "from:bo").await, [edited]);
        assert_eq!(found(app, &s.ana, s.general, "third").await, [edited]);
        is_sound(app).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_message_has_can_change_without_its_text() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.bo.say(s.general, "see https://example.com").await.id;
        indexing::catch_up(&app.state).await.unwrap();
        let mut look = app.database().look().await;
        let before = look.rows("searchable").await;
        let general = s.general;
        let refresh = async |id| {
            app.state.store.write(move |tx| Box::pin(search_index::refresh(tx, general, id))).await.unwrap();
        };
        refresh(said).await;
        refresh(MessageId::from_trusted(77)).await;
        assert_eq!(look.rows("searchable").await, before);
        assert_eq!(found(app, &s.ana, s.general, "see has:link").await, [said]);
        is_sound(app).await;
    })
    .await;
}

#[tokio::test]
async fn messages_from_before_the_index_come_into_it_newest_first() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut said = Vec::new();
        for n in 0..25 {
            said.push(s.bo.say(s.general, &format!("plum {n}")).await.id);
        }
        let channel = s.general;
        let step = async |limit| {
            app.state.store.write(move |tx| Box::pin(search_index::step(tx, channel, limit))).await.unwrap()
        };
        said.reverse();
        assert!(step(10).await);
        assert_eq!(found(app, &s.ana, channel, "plum").await, said[..10]);
        let newer = s.bo.say(s.general, "plum again").await.id;
        assert!(step(10).await, "what is new comes before what is old");
        assert_eq!(found(app, &s.ana, channel, "plum").await, [&[newer], &said[..10]].concat());
        // Those that are not in yet can be changed meanwhile.
        messages::delete(&app.state, &s.bo.actor, channel, said[24]).await.unwrap();
        messages::edit(&app.state, &s.bo.actor, channel, said[23], "cherry").await.unwrap();
        while step(10).await {}
        assert_eq!(found(app, &s.ana, channel, "plum").await, [&[newer], &said[..23]].concat());
        assert_eq!(found(app, &s.ana, channel, "cherry").await, [said[23]]);
        is_sound(app).await;
    })
    .await;
}

#[tokio::test]
async fn a_step_that_is_cut_off_is_done_again_as_if_it_never_began() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.bo.say(s.general, "plum").await.id;
        let channel = s.general;
        let before = rows(app).await;
        let cut = app.state.store.write(move |tx| {
            Box::pin(async move {
                search_index::step(tx, channel, 10).await?;
                Err::<(), _>(Error::Busy)
            })
        });
        // Together with others, as in a group commit.
        let others = (0..5).map(|n| {
            let bo = &s.bo;
            async move { bo.say(channel, &format!("pear {n}")).await }
        });
        let (cut, _) = tokio::join!(cut, futures_util::future::join_all(others));
        assert_eq!(cut, Err(Error::Busy));
        assert_eq!(rows(app).await, before);
        indexing::catch_up(&app.state).await.unwrap();
        indexing::catch_up(&app.state).await.unwrap();
        assert_eq!(found(app, &s.ana, channel, "plum").await, [said]);
        assert_eq!(found(app, &s.ana, channel, "pear").await.len(), 5);
        is_sound(app).await;
    })
    .await;
}

#[tokio::test]
async fn several_that_index_at_once_double_nothing_and_miss_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let channel = s.general;
        let mut said = Vec::new();
        for n in 0..20 {
            said.push(s.bo.say(channel, &format!("plum {n}")).await.id);
        }
        let index = async || {
            for _ in 0..15 {
                let step = app.state.store.write(move |tx| Box::pin(search_index::step(tx, channel, 3)));
                step.await.unwrap();
            }
        };
        let change = async || {
            for id in &said {
                messages::edit(&app.state, &s.bo.actor, channel, *id, &format!("quince {id}")).await.unwrap();
            }
        };
        tokio::join!(index(), index(), change(), index());
        indexing::catch_up(&app.state).await.unwrap();
        assert!(found(app, &s.ana, channel, "plum").await.is_empty());
        assert_eq!(found(app, &s.ana, channel, "quince").await.len(), 20);
        is_sound(app).await;
    })
    .await;
}

#[tokio::test]
async fn a_deleted_channel_and_a_deleted_guild_leave_no_words() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (one, two) = (
            s.ana.create_channel(s.guild.id, "one").await.id,
            s.ana.create_channel(s.guild.id, "two").await.id,
        );
        for n in 0..30 {
            s.bo.say(one, &format!("kiwiquux {n} for @ana")).await;
            s.bo.say(two, &format!("lycheequux {n}")).await;
        }
        indexing::catch_up(&app.state).await.unwrap();
        channels::delete(&app.state, &s.ana.actor, one).await.unwrap();
        let scope = SearchScope::Guild { guild: s.guild.id };
        let at_once = page(app, &s.ana, &asked(scope, "kiwiquux")).await.unwrap();
        assert!(at_once.found.is_empty(), "gone with the commit");
        backend::jobs::run(&app.state).await.unwrap();
        assert!(!is_in_the_index(app, "kiwiquux").await && is_in_the_index(app, "lycheequux").await);
        is_sound(app).await;
        guilds::delete(&app.state, &s.ana.actor, s.guild.id, "Lanternfish").await.unwrap();
        // Somebody may still have it noted.
        app.state.store.write(move |tx| Box::pin(search_index::step(tx, two, 10))).await.unwrap();
        backend::jobs::run(&app.state).await.unwrap();
        assert!(!is_in_the_index(app, "lycheequux").await);
        let mut look = app.database().look().await;
        for table in ["searchable", "search_positions"] {
            assert_eq!(look.number(&format!("select count(*) from {table}")).await, 0, "{table}");
        }
        is_sound(app).await;
    })
    .await;
}

#[tokio::test]
async fn a_pin_is_found_from_its_commit_on_until_it_is_taken_down() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (state, ana) = (&app.state, &s.ana.actor);
        let said = s.ana.say(s.general, "papaya at nine").await.id;
        s.ana.say(s.general, "papaya at ten").await;
        // Pinned before the index comes by, and after.
        pins::pin(state, ana, s.general, said).await.unwrap();
        indexing::catch_up(state).await.unwrap();
        assert_eq!(found(app, &s.ana, s.general, "papaya pinned:true").await, [said]);
        pins::unpin(state, ana, s.general, said).await.unwrap();
        assert!(found(app, &s.ana, s.general, "papaya pinned:true").await.is_empty());
        pins::pin(state, ana, s.general, said).await.unwrap();
        assert_eq!(found(app, &s.ana, s.general, "papaya pinned:true").await, [said]);
    })
    .await;
}

#[tokio::test]
async fn messages_are_found_by_their_files_until_those_are_taken_back() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let state = &app.state;
        let notes = s.ana.upload(s.general, "notes.txt", "plain words").await;
        let with_file = s.ana.show(s.general, "papaya with notes", &[&notes]).await.id;
        s.ana.say(s.general, "papaya alone").await;
        indexing::catch_up(state).await.unwrap();
        assert_eq!(found(app, &s.ana, s.general, "papaya has:file").await, [with_file]);
        assert!(found(app, &s.ana, s.general, "papaya has:image").await.is_empty());
        attachments::remove(state, &s.ana.actor, notes.id).await.unwrap();
        assert!(found(app, &s.ana, s.general, "papaya has:file").await.is_empty());
    })
    .await;
}
