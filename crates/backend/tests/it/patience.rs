//! How long PostgreSQL may take for a statement and for a lock: whoever waits longer is told so, and holds up nobody.

use backend::store::tx::Conn;
use backend::store::{Db, Store, users};
use protocol::Error;
use rig::stores::{add_user, open};
use rig::{Database, Look};

/// What PostgreSQL says of a setting on the connection at hand.
async fn shown(db: &mut impl Db, name: &str) -> String {
    let Conn::Postgres(conn) = db.conn() else { panic!("not on PostgreSQL") };
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("show {name}"))).fetch_one(conn).await.unwrap()
}

async fn run(db: &mut impl Db, sql: &'static str) {
    let Conn::Postgres(conn) = db.conn() else { panic!("not on PostgreSQL") };
    sqlx::query(sql).execute(conn).await.unwrap();
}

async fn with_postgres(body: impl AsyncFn(&Store, &mut Look)) {
    let Some(database) = Database::postgres().await else { return };
    let (store, _) = open(&database).await;
    let mut look = database.look().await;
    body(&store, &mut look).await;
    drop(look);
    store.close().await;
    database.remove().await;
}

#[tokio::test]
async fn every_connection_ends_what_takes_too_long() {
    with_postgres(async |store, _| {
        let mut held = Vec::new();
        // All that the pool makes, at the same time, so that none is seen twice.
        for _ in 0..24 {
            let mut reader = store.read().await.unwrap();
            assert_eq!(shown(&mut reader, "statement_timeout").await, "30s");
            assert_eq!(shown(&mut reader, "lock_timeout").await, "10s");
            held.push(reader);
        }
        drop(held);
        let write = store.write(|tx| {
            Box::pin(
                async move { Ok((shown(tx, "statement_timeout").await, shown(tx, "lock_timeout").await)) },
            )
        });
        assert_eq!(write.await.unwrap(), ("30s".to_owned(), "10s".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_too_long_is_told_to_come_back_and_has_changed_nothing() {
    with_postgres(async |store, look| {
        let ana = add_user(store, "ana").await;
        // Both end a wait; each says so in its own way.
        for setting in ["set local lock_timeout = '50ms'", "set local statement_timeout = '50ms'"] {
            // Something that is stuck.
            look.script("begin; update users set display_name = 'stuck';").await;
            let write = store.write(move |tx| {
                Box::pin(async move {
                    run(tx, setting).await;
                    users::update_profile(tx, ana, setting, None).await
                })
            });
            assert_eq!(write.await, Err(Error::Busy), "{setting}");
            look.script("rollback;").await;
            let mut reader = store.read().await.unwrap();
            assert_eq!(users::by_id(&mut reader, ana).await.unwrap().unwrap().display_name, "ANA");
        }
        let again = store.write(move |tx| Box::pin(users::update_profile(tx, ana, "Another", None)));
        assert_eq!(again.await, Ok(true));
    })
    .await;
}
