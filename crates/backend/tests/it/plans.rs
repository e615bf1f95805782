//! Every statement of the store, read out of its source and explained: none of them walks through a whole table,
//! but for a few that say why they may.

use std::collections::BTreeSet;
use std::path::Path;

use backend::store::Store;
use rig::stores::open;
use rig::{Database, Look};
use sqlx::{AssertSqlSafe, Row};

/// Statements that may walk through a table, by how they begin, and why.
const MAY_SCAN: [(&str, &str); 9] = [
    ("select id, username, display_name from (", "a pattern is known once it is bound, see the test below"),
    ("select id from users limit 1", "stops at the first row"),
    ("select id from (select id from attachments limit 1) a", "stops at the first rows"),
    ("select run_at from queue order by run_at limit 1", "stops at the first row"),
    ("select channel_id from purges limit 1", "stops at the first row"),
    ("select channel_id, message_id from reactor_purges limit 1", "stops at the first row"),
    ("select node from node_leases", "at most 1,024 rows, once at start"),
    ("select coalesce(max(node)", "at most 1,024 rows, once at start"),
    ("delete from invites where id in (select id from invites where uses", "the index has no others"),
];

/// A statement of the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Statement {
    file: String,
    sql: String,
}

/// The string literals of Rust source, each with what stands just before it.
fn literals(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = source;
    let mut before = String::new();
    while let Some(next) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            rest = rest.get(3..).unwrap_or_default();
        } else if next == '"' {
            let (text, after) = unquote(&rest[1..]);
            found.push((before.clone(), text));
            before.clear();
            rest = after;
        } else {
            before.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    found
}

fn unquote(source: &str) -> (String, &str) {
    let mut text = String::new();
    let mut chars = source.char_indices();
    while let Some((at, next)) = chars.next() {
        match next {
            '"' => return (text, &source[at + 1..]),
            '\\' => text.extend(chars.next().map(|(_, escaped)| escaped)),
            other => text.push(other),
        }
    }
    panic!("a string does not end: {source}")
}

fn is_statement(text: &str) -> bool {
    ["select ", "insert ", "update ", "delete ", "with "].iter().any(|verb| text.starts_with(verb))
}

fn statements() -> BTreeSet<Statement> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = std::fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut beginning = String::new();
        for (before, text) in literals(source) {
            let before = before.trim_end();
            if before.ends_with("concat!(") {
                beginning = text;
            } else if before.ends_with("select!(") {
                found.insert(Statement { file: file.clone(), sql: format!("{beginning}{text}") });
            } else if is_statement(&text) {
                found.insert(Statement { file: file.clone(), sql: text });
            }
        }
    }
    found
}

/// Members of a deleted guild are there until they are purged: they count only together with its row, or with that of
/// a role or channel, which went with it.
fn counts_the_departed(sql: &str) -> bool {
    let words: Vec<&str> = sql.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let names = |table: &str| words.contains(&table);
    let reads =
        |table: &str| sql.contains(&format!("from {table} ")) || sql.contains(&format!("join {table} "));
    let is_alone = reads("members") && !["guilds", "roles", "channels"].iter().any(|table| names(table));
    let of_no_role = reads("member_roles") && !["roles", "channels"].iter().any(|table| names(table));
    is_alone || of_no_role
}

#[test]
fn no_statement_counts_members_of_a_guild_that_is_gone() {
    let found: Vec<Statement> = statements().into_iter().filter(|s| counts_the_departed(&s.sql)).collect();
    let outside: Vec<_> = found.iter().filter(|s| !s.sql.starts_with("delete from member")).collect();
    assert!(outside.is_empty(), "{outside:?}");
    // Those that remove them are alone with them, and are found.
    assert!(found.len() >= 3, "{found:?}");
}

fn may_scan(sql: &str) -> bool {
    MAY_SCAN.iter().any(|(beginning, _)| sql.starts_with(beginning))
}

/// Statements for searching, and for taking work side by side, are in the words of one database.
fn is_of_postgres(sql: &str) -> bool {
    [
        "tsvector",
        "tsquery",
        " lateral ",
        "json_array_elements_text(",
        "set_config(",
        " for key share",
        " for update ",
    ]
    .iter()
    .any(|word| sql.contains(word))
}

fn is_of_sqlite(sql: &str) -> bool {
    ["search_words", "json_each("].iter().any(|word| sql.contains(word))
}

fn parameters(sql: &str) -> usize {
    (1..20).rev().find(|n| sql.contains(&format!("${n}"))).unwrap_or(0)
}

async fn plan_of(look: &mut Look, sql: &str) -> Vec<String> {
    match look {
        Look::Sqlite(conn) => {
            let mut query = sqlx::query(AssertSqlSafe(format!("explain query plan {sql}")));
            for _ in 0..parameters(sql) {
                query = query.bind(1_i64);
            }
            let rows = query.fetch_all(conn).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
            rows.iter().map(|row| row.get::<String, _>("detail")).collect()
        }
        Look::Postgres(conn) => {
            let arguments = vec!["null"; parameters(sql)].join(", ");
            let call = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
            for step in [format!("prepare asked as {sql}"), "set enable_seqscan = off".into()] {
                sqlx::raw_sql(AssertSqlSafe(step))
                    .execute(&mut *conn)
                    .await
                    .unwrap_or_else(|e| panic!("{e}: {sql}"));
            }
            sqlx::raw_sql("set plan_cache_mode = force_generic_plan").execute(&mut *conn).await.unwrap();
            let explain = format!("explain execute asked{call}");
            let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *conn).await.unwrap();
            sqlx::raw_sql("deallocate asked").execute(&mut *conn).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>(0)).collect()
        }
    }
}

#[test]
fn the_statements_of_the_source_are_found() {
    let all = statements();
    assert!(all.len() > 80, "{}", all.len());
    let hot = [
        "where m.channel_id = $1 and m.id < $2 order by m.id desc", // a page of history
        "as is_member",                                             // what somebody may do in a channel
        "c.last_message_id > coalesce(r.last_read_id, 0)",          // what is unread
        "rev > $3 and e.payload is not null",                       // what somebody missed
        "from sessions where token_hash = $1",                      // who asks
    ];
    for part in hot {
        assert_eq!(all.iter().filter(|statement| statement.sql.contains(part)).count(), 1, "{part}");
    }
    let spent = |(beginning, _): &&(&str, &str)| !all.iter().any(|s| s.sql.starts_with(beginning));
    assert_eq!(MAY_SCAN.iter().find(spent), None, "an exception nobody needs any more");
}

#[tokio::test]
async fn no_statement_walks_through_a_table_on_sqlite() {
    let database = Database::sqlite();
    let (store, _): (Store, _) = open(&database).await;
    let mut look = database.look().await;
    for Statement { file, sql } in statements() {
        if sql.contains("pg_") || sql.contains("regexp_replace(") || is_of_postgres(&sql) {
            continue;
        }
        let plan = plan_of(&mut look, &sql).await;
        let scans: Vec<&String> = plan
            .iter()
            .filter(|step| {
                step.starts_with("SCAN")
                    && !step.starts_with("SCAN CONSTANT")
                    && !step.contains("SUBQUERY")
                    // A list that was given, and the index of words: `M` is for a match.
                    && !step.starts_with("SCAN json_each VIRTUAL TABLE")
                    && !step.contains("VIRTUAL TABLE INDEX 192:M")
            })
            .collect();
        assert!(scans.is_empty() || may_scan(&sql), "{file}: {scans:?}\n{sql}");
        let is_page_of_history = sql.contains("order by m.id");
        assert!(!is_page_of_history || !plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn members_are_found_along_the_indexes_of_names_on_sqlite() {
    let database = Database::sqlite();
    let (store, _): (Store, _) = open(&database).await;
    let mut look = database.look().await;
    let found: Vec<Statement> =
        statements().into_iter().filter(|one| one.sql.contains("cross join members")).collect();
    assert_eq!(found.len(), 1);
    for Statement { sql, .. } in found {
        let plan = plan_of(&mut look, &sql.replace("$2", "'ma%'")).await;
        for index in ["users_by_username", "users_by_folded_name"] {
            assert!(plan.iter().any(|step| step.starts_with("SEARCH u") && step.contains(index)), "{plan:?}");
        }
        assert!(!plan.iter().any(|step| step == "SCAN u" || step == "SCAN m"), "{plan:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_search_walks_from_the_newest_and_stops_on_sqlite() {
    let database = Database::sqlite();
    let (store, _): (Store, _) = open(&database).await;
    let mut look = database.look().await;
    let walks: Vec<Statement> = statements().into_iter().filter(|s| s.sql.contains(" match $1")).collect();
    assert_eq!(walks.len(), 2, "{walks:?}");
    for Statement { sql, .. } in walks {
        let plan = plan_of(&mut look, &sql).await;
        // Both ends of the ids are given to the index, and the order is its own.
        assert!(plan.iter().any(|step| step.contains("VIRTUAL TABLE INDEX 192:M2<>")), "{plan:?}");
        assert!(!plan.iter().any(|step| step.contains("ORDER BY")), "{plan:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_search_looks_through_the_newest_of_its_place_on_postgres() {
    let Some(database) = Database::postgres().await else { return };
    let (store, _): (Store, _) = open(&database).await;
    let mut look = database.look().await;
    for (place, index) in [("channel_id", "searchable_by_channel"), ("guild_id", "searchable_by_guild")] {
        let part = format!("({place}, message_id) < ($1, $2)");
        let windows: Vec<Statement> = statements().into_iter().filter(|s| s.sql.contains(&part)).collect();
        assert_eq!(windows.len(), 1, "{windows:?}");
        let plan = plan_of(&mut look, &windows[0].sql).await;
        let walk = format!("Index Scan Backward using {index}");
        assert!(plan.iter().any(|step| step.contains(&walk)), "{plan:?}");
    }
    store.close().await;
    drop(look);
    database.remove().await;
}

/// The statement that has this in it.
fn statement_with(part: &str) -> String {
    let found: Vec<Statement> = statements().into_iter().filter(|s| s.sql.contains(part)).collect();
    assert_eq!(found.len(), 1, "{part}: {found:?}");
    found[0].sql.clone()
}

#[tokio::test]
async fn the_inbox_and_counting_take_a_few_steps_along_an_index_on_sqlite() {
    let database = Database::sqlite();
    let (store, _): (Store, _) = open(&database).await;
    let mut look = database.look().await;
    for (part, step) in [
        ("and (ways & $4) <> 0", "mentions_by_user (user_id=? AND message_id<?)"),
        (
            "and b.message_id in (select x.message_id",
            "broad_mentions_by_role (role_id=? AND message_id>? AND message_id<?)",
        ),
        (
            "c.last_message_id > coalesce(r.last_read_id, 0)",
            "SEARCH b USING PRIMARY KEY (channel_id=? AND message_id>?)",
        ),
        (
            "c.last_message_id > coalesce(r.last_read_id, 0)",
            "SEARCH n USING PRIMARY KEY (user_id=? AND channel_id=? AND message_id>?)",
        ),
    ] {
        let plan = plan_of(&mut look, &statement_with(part)).await;
        assert!(plan.iter().any(|one| one.contains(step)), "{part}: {plan:?}");
        assert!(!plan.iter().any(|one| one.contains("FOR ORDER BY") && part.contains("ways")), "{plan:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn the_inbox_walks_from_the_newest_of_each_role_on_postgres() {
    let Some(database) = Database::postgres().await else { return };
    let (store, _): (Store, _) = open(&database).await;
    let mut look = database.look().await;
    for (part, index) in
        [("and (ways & $4) <> 0", "mentions_by_user"), (" lateral ", "broad_mentions_by_role")]
    {
        let plan = plan_of(&mut look, &statement_with(part)).await;
        let walks = |step: &String| step.contains("Scan Backward using") && step.contains(index);
        assert!(plan.iter().any(walks), "{plan:?}");
    }
    store.close().await;
    drop(look);
    database.remove().await;
}

#[tokio::test]
async fn no_statement_walks_through_a_table_on_postgres() {
    let Some(database) = Database::postgres().await else { return };
    let (store, _): (Store, _) = open(&database).await;
    let mut look = database.look().await;
    for Statement { file, sql } in statements() {
        if sql.contains("json_replace(") || is_of_sqlite(&sql) {
            continue;
        }
        let plan = plan_of(&mut look, &sql).await;
        let scans: Vec<&String> = plan.iter().filter(|step| step.contains("Seq Scan")).collect();
        assert!(scans.is_empty() || may_scan(&sql), "{file}: {scans:?}\n{sql}");
    }
    store.close().await;
    drop(look);
    database.remove().await;
}

#[tokio::test]
async fn a_statement_without_an_index_would_be_noticed() {
    for database in [Some(Database::sqlite()), Database::postgres().await].into_iter().flatten() {
        let (store, _) = open(&database).await;
        let mut look = database.look().await;
        let plan = plan_of(&mut look, "select id from messages where content = $1").await;
        assert!(plan.iter().any(|step| step.starts_with("SCAN") || step.contains("Seq Scan")), "{plan:?}");
        store.close().await;
        drop(look);
        database.remove().await;
    }
}

#[tokio::test]
async fn what_scrubs_a_deleted_message_does_not_walk_through_the_reactions_to_it() {
    let database = Database::sqlite();
    let (store, _) = open(&database).await;
    let mut look = database.look().await;
    let scrubs: Vec<Statement> = statements()
        .into_iter()
        .filter(|s| s.sql.starts_with("update events set payload") && !s.sql.contains("regexp_replace("))
        .collect();
    assert_eq!(scrubs.len(), 2, "{scrubs:?}");
    for Statement { sql, .. } in scrubs {
        let plan = plan_of(&mut look, &sql).await;
        let by_kind = "events_by_message (channel_id=? AND message_id=? AND kind=?)";
        assert!(plan.iter().any(|step| step.contains(by_kind)), "{plan:?}\n{sql}");
    }
    store.close().await;
}
