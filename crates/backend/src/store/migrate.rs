//! Brings the schema up to date, forward only.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{PgPool, SqliteConnection};

use super::OpenError;

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

pub(super) async fn sqlite(conn: &mut SqliteConnection) -> Result<(), OpenError> {
    SQLITE.run_direct(None, conn, false).await.map_err(|error| explain(error, &SQLITE))
}

pub(super) async fn postgres(pool: &PgPool) -> Result<(), OpenError> {
    POSTGRES.run(pool).await.map_err(|error| explain(error, &POSTGRES))
}

fn explain(error: MigrateError, known: &Migrator) -> OpenError {
    let newest = known.iter().map(|migration| migration.version).max().unwrap_or(0);
    match error {
        // The table names a migration this binary has never heard of: a newer one was here.
        MigrateError::VersionMissing(found) if found > newest => OpenError::Newer { found, known: newest },
        other => OpenError::Migrate(other),
    }
}
