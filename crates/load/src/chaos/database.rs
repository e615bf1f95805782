//! Where the server under test keeps its state: a file in its folder, or a throw-away database.

use std::process::Command;

use crate::Outcome;

/// Names the PostgreSQL server to make a database on.
const SERVER: &str = "HARMONY_TEST_POSTGRES_URL";

/// A database that goes when this is dropped.
#[derive(Debug)]
pub(super) struct Database {
    /// `sqlite` or `postgres`.
    pub(super) name: &'static str,
    /// Its address; none for the file in the data folder.
    pub(super) url: Option<String>,
    /// The server's address and the database's name there.
    made: Option<(String, String)>,
}

impl Database {
    /// The embedded one.
    pub(super) fn sqlite() -> Self {
        Self { name: "sqlite", url: None, made: None }
    }

    /// A new one on the server.
    pub(super) fn postgres() -> Outcome<Self> {
        let missing = || format!("{SERVER} is not set; `cargo xtask chaos` starts a server and sets it");
        let server = std::env::var(SERVER).map_err(|_| missing())?;
        let name = format!("chaos_{}_{:08x}", std::process::id(), rand::random::<u32>());
        command("createdb", &server, &[], &name)?;
        Ok(Self { name: "postgres", url: Some(with_name(&server, &name)), made: Some((server, name)) })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.made
            && let Err(error) = command("dropdb", server, &["--force"], name)
        {
            eprintln!("the database {name} is left behind: {error}");
        }
    }
}

/// Runs one of PostgreSQL's own tools.
fn command(program: &str, server: &str, flags: &[&str], name: &str) -> Outcome<()> {
    let server = format!("--maintenance-db={server}");
    let output = Command::new(program).args(flags).arg(server).arg(name).output();
    let output = output.map_err(|error| format!("{program}: {error}; it comes with PostgreSQL's client"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()).into())
}

/// The address of another database on the same server.
fn with_name(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
    let (scheme, rest) = base.split_once("://").unwrap_or(("postgres", base));
    let authority = rest.split('/').next().unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{authority}/{name}{query}")
}

#[cfg(test)]
mod tests {
    use super::with_name;

    #[test]
    fn another_database_on_the_same_server_keeps_everything_else() {
        assert_eq!(with_name("postgres://ana@db:5433/postgres", "x"), "postgres://ana@db:5433/x");
        assert_eq!(with_name("postgresql://db?sslmode=disable", "x"), "postgresql://db/x?sslmode=disable");
        assert_eq!(with_name("postgres://db/", "x"), "postgres://db/x");
    }
}
