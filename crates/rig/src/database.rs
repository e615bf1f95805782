//! Throw-away databases.

use std::path::PathBuf;

use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

/// A database that goes when it is dropped (SQLite) or [`Database::remove`]d (PostgreSQL).
#[derive(Debug)]
pub struct Database {
    /// For the settings.
    pub url: String,
    /// A folder of its own for everything else.
    pub folder: TempDir,
    postgres: Option<(String, String)>,
}

impl Database {
    /// An embedded one in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = TempDir::with_prefix("harmony-test-").unwrap();
        let url = format!("sqlite:{}", folder.path().join("harmony.db").display());
        Self { url, folder, postgres: None }
    }

    /// A new database on the server named by `HARMONY_TEST_POSTGRES_URL`; none if that is not set, which is
    /// only accepted outside CI.
    pub async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("HARMONY_TEST_POSTGRES_URL") else {
            assert!(
                std::env::var("CI").is_err(),
                "HARMONY_TEST_POSTGRES_URL is not set; run `cargo xtask test unit`"
            );
            eprintln!(
                "not run on PostgreSQL: HARMONY_TEST_POSTGRES_URL is not set; `cargo xtask test unit` sets it"
            );
            return None;
        };
        let name = format!("test_{:016x}", rand::random::<u64>());
        let mut admin = PgConnection::connect(&server).await.unwrap();
        admin.execute(sqlx::AssertSqlSafe(format!("create database {name}"))).await.unwrap();
        admin.close().await.unwrap();
        let (base, query) =
            server.split_once('?').map_or((server.as_str(), ""), |(base, query)| (base, query));
        let root = base
            .rsplit_once('/')
            .filter(|(left, _)| left.len() > "postgres://".len())
            .map_or(base, |(left, _)| left);
        let url = if query.is_empty() { format!("{root}/{name}") } else { format!("{root}/{name}?{query}") };
        let folder = TempDir::with_prefix("harmony-test-").unwrap();
        Some(Self { url, folder, postgres: Some((server, name)) })
    }

    /// Whether it is on a server.
    pub fn is_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    /// Where the embedded file is.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("harmony.db")
    }

    /// Removes a server's database; nobody may use it any more.
    pub async fn remove(self) {
        if let Some((server, name)) = self.postgres {
            let mut admin = PgConnection::connect(&server).await.unwrap();
            admin.execute(sqlx::AssertSqlSafe(format!("drop database {name} with (force)"))).await.unwrap();
        }
    }
}
