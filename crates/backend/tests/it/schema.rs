//! The schema: the same on both databases, forward only, with its safety settings on.

use backend::store::tx::Conn;
use backend::store::{Db, OpenError, Options, Store, reactions};
use protocol::{ChannelId, Error, MessageId};
use rig::{Database, Look, on_both_stores};
use sqlx::AssertSqlSafe;

fn at(url: &str) -> Options {
    Options { url: url.to_owned(), answer_before_commit: false }
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let Some(postgres) = Database::postgres().await else { return };
    let sqlite = Database::sqlite();
    let (one, other) =
        (Store::open(&at(&sqlite.url)).await.unwrap(), Store::open(&at(&postgres.url)).await.unwrap());
    let (mut here, mut there) = (sqlite.look().await, postgres.look().await);
    // PostgreSQL keeps words in a column, SQLite in tables of its own making.
    let ours = |table: &String| !table.starts_with("_sqlx") && !table.starts_with("search_words");
    let tables: Vec<String> = here.tables().await.into_iter().filter(ours).collect();
    assert_eq!(tables, there.tables().await.into_iter().filter(ours).collect::<Vec<_>>());
    assert!(tables.len() > 15, "{tables:?}");
    for table in tables {
        let mut columns = there.columns(&table).await;
        columns.retain(|(_, kind, _)| *kind != "words");
        assert_eq!(here.columns(&table).await, columns, "{table}");
    }
    one.close().await;
    other.close().await;
    postgres.remove().await;
}

#[tokio::test]
async fn both_databases_have_the_same_indexes() {
    let Some(postgres) = Database::postgres().await else { return };
    let sqlite = Database::sqlite();
    let (one, other) =
        (Store::open(&at(&sqlite.url)).await.unwrap(), Store::open(&at(&postgres.url)).await.unwrap());
    let here = "select tbl_name || ' ' || name from sqlite_master where type = 'index' and sql is not null order by 1";
    let there = "select tablename || ' ' || indexname from pg_indexes where schemaname = 'public'
        and indexname not like '%\\_pkey' and indexname not like '%\\_key' order by 1";
    let here = sqlite.look().await.texts(here).await;
    assert!(here.len() > 5, "{here:?}");
    let mut there = postgres.look().await.texts(there).await;
    // Searching is the one thing for which each database has its own way.
    let own = ["searchable searchable_by_guild", "searchable searchable_by_words"];
    there.retain(|index| !own.contains(&index.as_str()));
    assert_eq!(here, there);
    one.close().await;
    other.close().await;
    postgres.remove().await;
}

/// The statements of a migration.
fn migration(database: &Database, name: &str) -> String {
    let kind = if database.is_postgres() { "postgres" } else { "sqlite" };
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(kind);
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[tokio::test]
async fn members_and_their_roles_are_kept_when_their_references_are_loosened() {
    for database in [Some(Database::sqlite()), Database::postgres().await].into_iter().flatten() {
        let store = Store::open(&at(&database.url)).await.unwrap();
        let mut look = database.look().await;
        // As they were made at first.
        look.script("drop table member_roles; drop table members;").await;
        let first = migration(&database, "0003_guilds.sql");
        let from = first.find("create table members").unwrap();
        look.script(&first[from..first.find("-- Direct conversations").unwrap()]).await;
        look.script("create index member_roles_by_role on member_roles (role_id);").await;
        look.script(
            "insert into users (id, username, display_name, password_hash, created_at) values (1, 'ana', 'Ana', '', 0);
            insert into guilds (id, name, owner_id, created_at) values (5, 'Moss', 1, 0);
            insert into roles (id, guild_id, name, permissions, position) values (5, 5, '@everyone', 0, 0);
            insert into members (guild_id, user_id, joined_at) values (5, 1, 77);
            insert into member_roles (guild_id, user_id, role_id) values (5, 1, 5);",
        )
        .await;
        let before = (look.rows("members").await, look.rows("member_roles").await);
        look.script(&format!("begin; {} commit;", migration(&database, "0010_members_left_over.sql"))).await;
        assert_eq!((look.rows("members").await, look.rows("member_roles").await), before);
        look.script("delete from guilds;").await;
        assert_eq!((look.rows("members").await, look.rows("member_roles").await), before);
        look.script("delete from members;").await;
        assert_eq!(look.rows("member_roles").await, Vec::<String>::new());
        store.close().await;
        drop(look);
        database.remove().await;
    }
}

#[tokio::test]
async fn of_old_mentions_those_of_oneself_count_no_more() {
    for database in [Some(Database::sqlite()), Database::postgres().await].into_iter().flatten() {
        let store = Store::open(&at(&database.url)).await.unwrap();
        let mut look = database.look().await;
        // As they were before.
        look.script(
            "drop table broad_mentions; drop index mentions_by_user; alter table mentions drop column ways;
            insert into users (id, username, display_name, password_hash, created_at) values
                (1, 'ana', 'Ana', '', 0), (2, 'bo', 'Bo', '', 0);
            insert into messages (channel_id, id, author_id, kind, content) values (7, 8, 1, 0, '<@1> <@2>');
            insert into mentions (user_id, channel_id, message_id) values (1, 7, 8), (2, 7, 8);",
        )
        .await;
        look.script(&format!("begin; {} commit;", migration(&database, "0020_broad_mentions.sql"))).await;
        let ways = "select user_id || ' ' || ways from mentions order by user_id";
        assert_eq!(look.texts(ways).await, ["1 5", "2 1"]);
        store.close().await;
        drop(look);
        database.remove().await;
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_in_a_sentence() {
    on_both_stores(async |store, _, database| {
        store.close().await;
        let before = database.content().await;
        let bytes = if database.is_postgres() { r"'\x00'" } else { "x'00'" };
        let newer = format!(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
            values (9999, 'from the future', true, {bytes}, 0)"
        );
        database.look().await.run(&newer).await;
        let refused = Store::open(&at(&database.url)).await.unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 9999, .. }), "{refused:?}");
        let line = refused.to_string();
        assert!(line.contains("newer version") && line.contains("restore a backup"), "{line}");
        assert_eq!(database.content().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_named_without_its_password() {
    let nobody_listens = at("postgres://ana:secret@127.0.0.1:1/chat");
    let line = Store::open(&nobody_listens).await.unwrap_err().to_string();
    assert!(line.contains("127.0.0.1:1/chat") && !line.contains("secret") && !line.contains("ana"), "{line}");
    let folder = at("sqlite:/nowhere/at/all/harmony.db");
    let line = Store::open(&folder).await.unwrap_err().to_string();
    assert!(line.contains("/nowhere/at/all/harmony.db"), "{line}");
}

async fn pragma(store: &Store, name: &'static str) -> String {
    let asked = store.write(move |tx| {
        Box::pin(async move {
            let Conn::Sqlite(conn) = tx.conn() else { return Err(Error::Internal) };
            let sql = sqlx::AssertSqlSafe(format!("select cast({name} as text) from pragma_{name}"));
            sqlx::query_scalar::<_, String>(sql).fetch_one(conn).await.map_err(|_| Error::Internal)
        })
    });
    asked.await.unwrap()
}

#[tokio::test]
async fn the_writer_waits_for_the_disk_and_keeps_references_whole() {
    let database = Database::sqlite();
    let store = Store::open(&at(&database.url)).await.unwrap();
    assert_eq!(pragma(&store, "journal_mode").await, "wal");
    assert_eq!(pragma(&store, "synchronous").await, "2", "FULL");
    assert_eq!(pragma(&store, "foreign_keys").await, "1");
    store.close().await;
}

#[tokio::test]
async fn a_database_that_would_forget_is_refused() {
    let refused = Store::open(&at("sqlite::memory:")).await.unwrap_err();
    assert!(matches!(refused, OpenError::Unsafe(_)), "{refused:?}");
}

#[tokio::test]
async fn a_reader_cannot_change_anything() {
    on_both_stores(async |store, _, database| {
        let before = database.content().await;
        let mut reader = store.read().await.unwrap();
        let sql = "insert into instance (name, value) values ('a', 'b')";
        let refused = match reader.conn() {
            Conn::Sqlite(conn) => sqlx::query(sql).execute(conn).await.is_err(),
            Conn::Postgres(conn) => sqlx::query(sql).execute(conn).await.is_err(),
        };
        assert!(refused);
        drop(reader);
        assert_eq!(database.content().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_reader_sees_one_moment() {
    on_both_stores(async |store, _, _| {
        let ana = rig::stores::add_user(store, "ana").await;
        let mut reader = store.read().await.unwrap();
        assert!(backend::store::users::by_id(&mut reader, ana).await.unwrap().is_some());
        let bo = rig::stores::add_user(store, "bo").await;
        assert!(backend::store::users::by_id(&mut reader, bo).await.unwrap().is_none());
        drop(reader);
        let mut later = store.read().await.unwrap();
        assert!(backend::store::users::by_id(&mut later, bo).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn no_account_goes_while_its_reactions_are_counted() {
    on_both_stores(async |store, _, database| {
        let (ana, bo) = (rig::stores::add_user(store, "ana").await, rig::stores::add_user(store, "bo").await);
        let (channel, message) = (ChannelId::from_trusted(1), MessageId::from_trusted(2));
        let react = store.write(move |tx| Box::pin(reactions::add(tx, channel, message, "👍", ana, 3)));
        assert_eq!(react.await, Ok(true));
        let before = database.content().await;
        let mut look = database.look().await;
        let sql = format!("delete from users where id = {ana}");
        let removed = match &mut look {
            Look::Sqlite(conn) => sqlx::query(AssertSqlSafe(sql)).execute(conn).await.map(|_| ()),
            Look::Postgres(conn) => sqlx::query(AssertSqlSafe(sql)).execute(conn).await.map(|_| ()),
        };
        assert!(removed.unwrap_err().into_database_error().unwrap().is_foreign_key_violation());
        assert_eq!(database.content().await, before);
        // Who takes part in nothing may go, and so may ana after taking it back.
        assert_eq!(look.run(&format!("delete from users where id = {bo}")).await, 1);
        let back = store.write(move |tx| Box::pin(reactions::remove(tx, channel, message, "👍", ana)));
        assert_eq!(back.await, Ok(true));
        assert_eq!(look.run(&format!("delete from users where id = {ana}")).await, 1);
    })
    .await;
}
