//! Writes: all or nothing, committed together, published before they are answered, without a gap.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use backend::store::{CommitSink, Committed, Options, Store, Tx, streams, users};
use futures_util::future::join_all;
use protocol::event::Event;
use protocol::{Error, Result, Stream, UserId};
use rig::stores::{add_user, new_user};
use rig::{Database, on_both_stores};
use tokio::sync::{Notify, oneshot};

async fn tell(tx: &mut Tx, user: UserId) -> Result<i64> {
    tx.emit(Stream::User(user), Event::DevicesChanged).await
}

/// Adds somebody, tells their stream of it, and ends as it is told to.
async fn add_and(tx: &mut Tx, username: String, end: fn() -> Result<()>) -> Result<UserId> {
    let id = users::insert(tx, &new_user(&username)).await?.ok_or(Error::UsernameTaken)?;
    tell(tx, id).await?;
    end().map(|()| id)
}

/// Polls all writes while the first one of them holds the writer, so that they wait in its queue together.
async fn all_at_once<T: Send + 'static>(
    store: &Store,
    writes: Vec<Pin<Box<dyn Future<Output = Result<T>> + Send + '_>>>,
) -> Vec<Result<T>> {
    let gate = Arc::new(Notify::new());
    let held = gate.clone();
    let holder = store.write(move |_| {
        Box::pin(async move {
            held.notified().await;
            Ok(())
        })
    });
    let opened = async { gate.notify_one() };
    // What becomes of the holder is that of its batch.
    let (_, answers, ()) = tokio::join!(holder, join_all(writes), opened);
    answers
}

#[tokio::test]
async fn parallel_writes_share_commits_on_sqlite_and_leave_no_gap_on_either() {
    on_both_stores(async |store, recorder, database| {
        let user = add_user(store, "ana").await;
        let writes = (0..50).map(|_| -> Pin<Box<dyn Future<Output = _> + Send>> {
            Box::pin(store.write(move |tx| Box::pin(tell(tx, user))))
        });
        let answers = all_at_once(store, writes.collect()).await;
        let revs: BTreeSet<i64> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(revs, (1..=50).collect());
        let mut told = recorder.revs(Stream::User(user));
        if database.is_postgres() {
            // Commits of different transactions may overtake each other on their way to the sink.
            told.sort_unstable();
        } else {
            assert!(recorder.commits().len() < 5, "{} commits for 50 writes", recorder.commits().len());
        }
        assert_eq!(told, (1..=50).collect::<Vec<_>>());
        let mut reader = store.read().await.unwrap();
        let logged = streams::events_after(&mut reader, Stream::User(user), 0, 100).await.unwrap();
        assert_eq!(logged.iter().map(|entry| entry.rev).collect::<Vec<_>>(), (1..=50).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_refused_or_panicking_write_leaves_nothing_and_harms_nobody_in_its_batch() {
    let ends: [fn() -> Result<()>; 3] =
        [|| Ok(()), || Err(Error::Forbidden), || panic!("this write is meant to panic")];
    on_both_stores(async |store, recorder, database| {
        let writes = (0..30).map(|n| -> Pin<Box<dyn Future<Output = _> + Send>> {
            Box::pin(store.write(move |tx| Box::pin(add_and(tx, format!("person{n}"), ends[n % 3]))))
        });
        let answers = all_at_once(store, writes.collect()).await;
        for (n, answer) in answers.iter().enumerate() {
            match n % 3 {
                0 => assert!(answer.is_ok(), "{n}: {answer:?}"),
                1 => assert_eq!(*answer, Err(Error::Forbidden), "{n}"),
                _ => assert_eq!(*answer, Err(Error::Internal), "{n}"),
            }
        }
        let mut look = database.look().await;
        let kept: BTreeSet<String> = look.texts("select username from users").await.into_iter().collect();
        assert_eq!(kept, (0..30).step_by(3).map(|n| format!("person{n}")).collect());
        let ids: BTreeSet<Stream> = answers.into_iter().flatten().map(Stream::User).collect();
        assert_eq!(recorder.events().into_iter().map(|(stream, _)| stream).collect::<BTreeSet<_>>(), ids);
        assert_eq!(look.number("select count(*) from events").await, 10);
        assert_eq!(look.number("select count(*) from streams").await, 10);
    })
    .await;
}

#[tokio::test]
async fn a_write_that_is_alone_and_refused_leaves_nothing_either() {
    on_both_stores(async |store, recorder, database| {
        let before = database.content().await;
        let refused = store.write(|tx| Box::pin(add_and(tx, "ana".into(), || Err(Error::Forbidden)))).await;
        assert_eq!(refused, Err(Error::Forbidden));
        let panicked = store
            .write(|tx| Box::pin(add_and(tx, "bo".into(), || panic!("this write is meant to panic"))))
            .await;
        assert_eq!(panicked, Err(Error::Internal));
        assert_eq!(database.content().await, before);
        assert!(recorder.events().is_empty());
        assert!(store.write(|tx| Box::pin(add_and(tx, "cy".into(), || Ok(())))).await.is_ok());
        assert_eq!(recorder.events().len(), 1);
    })
    .await;
}

/// Looks, when it is told of a commit, whether that commit can be read.
#[derive(Default)]
struct Witness {
    store: Mutex<Option<Store>>,
    seen: Mutex<Vec<bool>>,
}

impl CommitSink for Witness {
    fn committed(&self, batch: Arc<[Committed]>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let store = self.store.lock().unwrap().clone().unwrap();
            let mut reader = store.read().await.unwrap();
            for event in batch.iter() {
                let rev = streams::rev(&mut reader, event.stream).await.unwrap();
                self.seen.lock().unwrap().push(rev >= event.rev);
            }
        })
    }
}

#[tokio::test]
async fn events_are_published_after_their_commit_and_before_the_answer() {
    on_both_stores(async |store, recorder, _| {
        for n in 0..5 {
            store.write(move |tx| Box::pin(add_and(tx, format!("p{n}"), || Ok(())))).await.unwrap();
            assert_eq!(recorder.events().len(), n + 1, "the sink had not returned when the write did");
        }
    })
    .await;
    let databases = [Some(Database::sqlite()), Database::postgres().await];
    for database in databases.into_iter().flatten() {
        let options = Options { url: database.url.clone(), answer_before_commit: false };
        let store = Store::open(&options).await.unwrap();
        let witness = Arc::new(Witness::default());
        *witness.store.lock().unwrap() = Some(store.clone());
        store.set_sink(witness.clone());
        for n in 0..5 {
            store.write(move |tx| Box::pin(add_and(tx, format!("p{n}"), || Ok(())))).await.unwrap();
        }
        assert_eq!(*witness.seen.lock().unwrap(), [true; 5]);
        witness.store.lock().unwrap().take();
        store.close().await;
        database.remove().await;
    }
}

#[tokio::test]
async fn a_write_nobody_waits_for_any_more_happens_with_its_events() {
    on_both_stores(async |store, recorder, database| {
        let user = add_user(store, "ana").await;
        let (begun, has_begun) = oneshot::channel();
        let gate = Arc::new(Notify::new());
        let held = gate.clone();
        let mut dropped = Box::pin(store.write(move |tx| {
            Box::pin(async move {
                tell(tx, user).await?;
                begun.send(()).unwrap();
                held.notified().await;
                Ok(())
            })
        }));
        tokio::select! {
            answer = &mut dropped => panic!("it cannot have ended: {answer:?}"),
            begun = has_begun => begun.unwrap(),
        }
        drop(dropped);
        gate.notify_one();
        recorder.until(1).await;
        assert_eq!(store.write(move |tx| Box::pin(tell(tx, user))).await, Ok(2));
        assert_eq!(database.look().await.number("select count(*) from events").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_full_queue_refuses_what_it_cannot_hold_and_loses_nothing_it_took() {
    let database = Database::sqlite();
    let (store, _) = rig::stores::open(&database).await;
    let user = add_user(&store, "ana").await;
    let writes = (0..3000).map(|_| -> Pin<Box<dyn Future<Output = _> + Send>> {
        Box::pin(store.write(move |tx| Box::pin(tell(tx, user))))
    });
    let answers = all_at_once(&store, writes.collect()).await;
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    let busy = answers.iter().filter(|answer| **answer == Err(Error::Busy)).count();
    assert!(busy > 0 && done >= 2000 && busy + done == 3000, "{done} done, {busy} refused");
    assert_eq!(database.look().await.number("select count(*) from events").await, done as i64);
    store.close().await;
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing_that_is_not_kept_and_publishes_all_that_is() {
    let database = Database::sqlite();
    let (store, recorder) = rig::stores::open(&database).await;
    let limit = async |pages: &'static str| {
        let limit = store.write(move |tx| {
            Box::pin(async move {
                let backend::store::tx::Conn::Sqlite(conn) = backend::store::Db::conn(tx) else { panic!() };
                sqlx::query(sqlx::AssertSqlSafe(pages)).execute(conn).await.map_err(|_| Error::Internal)?;
                Ok(())
            })
        });
        limit.await.unwrap();
    };
    // Whatever is less than the pages there are means: not one more.
    limit("pragma max_page_count = 1").await;
    let names = ["first", "second", "third", "fourth"];
    let writes = names.into_iter().enumerate().map(|(n, name)| -> Pin<Box<dyn Future<Output = _> + Send>> {
        Box::pin(store.write(move |tx| {
            Box::pin(async move {
                let mut new = new_user(name);
                new.display_name = if n == 1 { "x".repeat(1 << 20) } else { String::new() };
                let id = users::insert(tx, &new).await?.ok_or(Error::UsernameTaken)?;
                tell(tx, id).await
            })
        }))
    });
    let answers = all_at_once(&store, writes.collect()).await;
    limit("pragma max_page_count = 1073741823").await;
    let mut look = database.look().await;
    let kept = look.texts("select username from users").await;
    for (name, answer) in names.into_iter().zip(&answers) {
        assert!(answer.is_err() || kept.iter().any(|kept| kept == name), "{name} was acknowledged and lost");
    }
    assert_eq!(answers[1], Err(Error::Busy), "a full disk is no fault of ours");
    assert_eq!(look.number("select count(*) from events").await, recorder.events().len() as i64);
    // With room again everything goes on without help.
    assert!(store.write(|tx| Box::pin(add_and(tx, "after".into(), || Ok(())))).await.is_ok());
    assert_eq!(look.number("select count(*) from events").await, recorder.events().len() as i64);
    store.close().await;
}

#[tokio::test]
async fn a_closed_store_says_busy() {
    on_both_stores(async |store, _, _| {
        store.close().await;
        assert_eq!(store.write(|_| Box::pin(async { Ok(()) })).await, Err(Error::Busy));
        assert!(matches!(store.read().await, Err(Error::Busy)));
        assert!(!store.is_alive().await);
    })
    .await;
}
