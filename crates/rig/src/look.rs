//! A look into a database past the store, for saying what is really in it.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};

use crate::database::Database;

/// Tables that change by themselves, or that the migrations keep. The search index follows a moment after its messages.
const NOT_CONTENT: [&str; 4] = ["_sqlx_migrations", "node_leases", "searchable", "search_positions"];
/// How the names of those begin in which SQLite keeps the words of the search index.
const WORDS: &str = "search_words_";

/// A connection of its own.
#[derive(Debug)]
pub enum Look {
    /// Embedded.
    Sqlite(SqliteConnection),
    /// A server.
    Postgres(PgConnection),
}

/// A column: its name, its kind in one word for both databases, whether it must be set.
pub type Column = (String, &'static str, bool);

impl Database {
    /// Opens one more connection.
    pub async fn look(&self) -> Look {
        if self.is_postgres() {
            return Look::Postgres(PgConnection::connect(&self.url).await.unwrap());
        }
        let options = SqliteConnectOptions::from_str(&self.url).unwrap();
        Look::Sqlite(options.connect().await.unwrap())
    }

    /// Every row of every table as text, but for the search index. Two of these are equal when nothing changed in between.
    pub async fn content(&self) -> BTreeMap<String, Vec<String>> {
        let mut look = self.look().await;
        let mut found = BTreeMap::new();
        for table in look.tables().await {
            if !NOT_CONTENT.contains(&table.as_str()) && !table.starts_with(WORDS) {
                let rows = look.rows(&table).await;
                found.insert(table, rows);
            }
        }
        found
    }
}

impl Look {
    /// The first column of every row.
    pub async fn texts(&mut self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(c) => sqlx::query_scalar(sql).fetch_all(c).await.unwrap(),
            Self::Postgres(c) => sqlx::query_scalar(sql).fetch_all(c).await.unwrap(),
        }
    }

    /// A single whole number.
    pub async fn number(&mut self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(c) => sqlx::query_scalar(sql).fetch_one(c).await.unwrap(),
            Self::Postgres(c) => sqlx::query_scalar(sql).fetch_one(c).await.unwrap(),
        }
    }

    /// Runs a statement; returns how many rows it touched.
    pub async fn run(&mut self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(c) => sqlx::query(sql).execute(c).await.unwrap().rows_affected(),
            Self::Postgres(c) => sqlx::query(sql).execute(c).await.unwrap().rows_affected(),
        }
    }

    /// Runs several statements.
    pub async fn script(&mut self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(c) => _ = sql.execute(c).await.unwrap(),
            Self::Postgres(c) => _ = sql.execute(c).await.unwrap(),
        }
    }

    /// All tables that hold rows, by name; also those in which SQLite keeps an index of words.
    pub async fn tables(&mut self) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(_) => {
                "select name from sqlite_master where type = 'table' and sql not like 'create virtual %' order by name"
            }
            Self::Postgres(_) => {
                "select table_name::text from information_schema.tables where table_schema = 'public' order by 1"
            }
        };
        self.texts(sql).await
    }

    /// The columns of a table.
    pub async fn columns(&mut self, table: &str) -> BTreeSet<Column> {
        let sql = match self {
            // A primary key cannot be empty, whatever the flag says.
            Self::Sqlite(_) => format!(
                "select name || ' ' || lower(type) || ' ' || (\"notnull\" or pk > 0) from pragma_table_info('{table}')"
            ),
            Self::Postgres(_) => format!(
                "select column_name || ' ' || data_type || ' ' || (case is_nullable when 'NO' then 1 else 0 end)
                from information_schema.columns where table_schema = 'public' and table_name = '{table}'"
            ),
        };
        let parse = |line: String| {
            let (rest, required) = line.rsplit_once(' ').unwrap();
            let (name, kind) = rest.split_once(' ').unwrap();
            let kind = match kind {
                "integer" | "bigint" => "number",
                "blob" | "bytea" => "bytes",
                "text" => "text",
                "boolean" => "boolean",
                "tsvector" => "words",
                other => panic!("{table}.{name} has a kind nobody agreed on: {other}"),
            };
            (name.to_owned(), kind, required == "1")
        };
        self.texts(&sql).await.into_iter().map(parse).collect()
    }

    /// Every row of a table as text, in one order.
    pub async fn rows(&mut self, table: &str) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(_) => {
                let names = self.texts(&format!("select name from pragma_table_info('{table}')")).await;
                let quoted: Vec<String> = names.iter().map(|name| format!("quote({name})")).collect();
                format!("select {} from {table} order by 1", quoted.join(" || ',' || "))
            }
            Self::Postgres(_) => format!("select t::text from {table} t order by 1"),
        };
        self.texts(&sql).await
    }
}
