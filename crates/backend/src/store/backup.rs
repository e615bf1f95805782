//! An online, consistent copy of an embedded database.

use std::path::Path;

use super::{Backend, Store};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Only the embedded database is one file.
    #[error("this instance uses PostgreSQL: back it up with pg_dump")]
    NotEmbedded,
    /// A backup never overwrites another.
    #[error("{0} exists already")]
    Exists(String),
    /// The database's reason.
    #[error("the backup failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl Store {
    /// Copies the database into a new file, as of one moment, while it is in use (`VACUUM INTO`).
    pub async fn backup(&self, file: &Path) -> Result<(), BackupError> {
        let Backend::Sqlite { readers, .. } = &self.inner.backend else {
            return Err(BackupError::NotEmbedded);
        };
        if file.exists() {
            return Err(BackupError::Exists(file.display().to_string()));
        }
        let mut conn = readers.acquire().await?;
        // Writing into another file is not a change of this database, but the setting forbids it all the same.
        sqlx::query("pragma query_only = off").execute(&mut *conn).await?;
        let copied = sqlx::query("vacuum into $1").bind(file.display().to_string()).execute(&mut *conn).await;
        sqlx::query("pragma query_only = on").execute(&mut *conn).await?;
        copied.map(|_| ()).map_err(BackupError::from)
    }
}
