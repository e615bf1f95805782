//! Backups: a copy of one moment, made while people go on writing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use backend::store::Store;
use backend::store::backup::BackupError;
use rig::stores::{add_user, open};
use rig::{Database, TestApp, on_both_stores};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_is_whole_and_has_what_was_acknowledged_before_it_began() {
    let app = TestApp::start(Database::sqlite(), &[]).await;
    let ana = app.person("ana").await;
    let guild = ana.create_guild("Lanternfish").await;
    let general = ana.general(guild.id).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..4).map(|writer| {
        let (ana, stop) = (ana.clone(), stop.clone());
        tokio::spawn(async move {
            let mut said = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                said.push(ana.say(general, &format!("writer {writer}, line {}", said.len())).await.id);
            }
            said
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut copies = Vec::new();
    for n in 0..5 {
        let before = ana.say(general, &format!("before backup {n}")).await.id;
        let copy = Database::sqlite();
        app.state.store.backup(&copy.file()).await.unwrap();
        copies.push((before, copy));
    }
    stop.store(true, Ordering::Relaxed);
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap().len();
    }
    assert!(written > 20, "{written} messages are no load");
    for (before, copy) in copies {
        let mut look = copy.look().await;
        assert_eq!(look.texts("pragma integrity_check").await, ["ok"]);
        assert!(look.texts("pragma foreign_key_check").await.is_empty());
        assert_eq!(look.number(&format!("select count(*) from messages where id = {before}")).await, 1);
        // One moment: whatever has an event has a row, the channel knows its newest, the counter its log.
        let said = "select count(*) from events where kind = 'message_created'";
        assert_eq!(look.number(said).await, look.number("select count(*) from messages").await);
        let torn = "select count(*) from channels c where last_message_id <>
            (select max(id) from messages m where m.channel_id = c.id)";
        assert_eq!(look.number(torn).await, 0);
        let torn = "select count(*) from streams s where rev <>
            (select max(rev) from events e where e.stream_kind = s.kind and e.stream_id = s.id)";
        assert_eq!(look.number(torn).await, 0);
        drop(look);
        let (restored, _) = open(&copy).await;
        assert!(restored.is_alive().await, "a copy can be opened as it is");
        restored.close().await;
    }
    app.stop().await;
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_its_reader_read_only() {
    let database = Database::sqlite();
    let (store, _) = open(&database).await;
    let target = database.folder.path().join("copy.db");
    store.backup(&target).await.unwrap();
    assert!(matches!(store.backup(&target).await, Err(BackupError::Exists(_))));
    for _ in 0..20 {
        let mut reader = store.read().await.unwrap();
        let backend::store::tx::Conn::Sqlite(conn) = backend::store::Db::conn(&mut reader) else { panic!() };
        assert!(sqlx::query("delete from instance").execute(conn).await.is_err());
    }
    let nowhere = database.folder.path().join("no/such/folder/copy.db");
    assert!(matches!(store.backup(&nowhere).await, Err(BackupError::Database(_))));
    store.close().await;
}

#[tokio::test]
async fn a_server_is_backed_up_by_its_own_tools() {
    on_both_stores(async |store: &Store, _, database| {
        add_user(store, "ana").await;
        let copied = store.backup(&database.folder.path().join("copy.db")).await;
        assert_eq!(copied.is_err(), database.is_postgres());
        assert!(copied.err().is_none_or(|error| error.to_string().contains("pg_dump")));
    })
    .await;
}
