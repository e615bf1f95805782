//! `load chaos`: breaks the release on purpose and checks that what was promised holds.

use clap::{Args, ValueEnum};

use crate::Outcome;

mod checker;
mod database;
mod kill9;
mod order;
mod reader;
mod record;
mod revoke;
mod writer;

use database::Database;

/// How to kill.
#[derive(Debug, Args)]
pub(crate) struct Kill9 {
    /// How often the server is killed.
    #[arg(long, default_value_t = 30)]
    rounds: u32,
    /// Which database it runs on. PostgreSQL is the server named by `HARMONY_TEST_POSTGRES_URL`.
    #[arg(long, default_value = "sqlite")]
    database: Choice,
    /// Makes the moments of the kills and the choice of channels the same again.
    #[arg(long)]
    seed: Option<u64>,
    /// Negative control: the server answers before it commits, and the rig has to notice.
    #[arg(long)]
    control: bool,
}

/// How to remove people.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// How often somebody is removed or signs out.
    #[arg(long, default_value_t = 100)]
    rounds: u32,
    /// Which database it runs on.
    #[arg(long, default_value = "sqlite")]
    database: Choice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    Sqlite,
    Postgres,
    Both,
}

/// True when the promises held; for the negative control, when the broken one was noticed.
pub(crate) async fn kill9(plan: &Kill9) -> Outcome<bool> {
    let seed = plan.seed.unwrap_or_else(new_seed);
    let mut passed = true;
    for database in plan.database.databases()? {
        passed &= kill9::run(plan, seed, &database).await?;
    }
    Ok(passed)
}

/// True when nothing reached anybody after they were removed.
pub(crate) async fn revoke(plan: &Revoke) -> Outcome<bool> {
    let mut passed = true;
    for database in plan.database.databases()? {
        passed &= revoke::run(plan, new_seed(), &database).await?;
    }
    Ok(passed)
}

fn new_seed() -> u64 {
    rand::random_range(1..1_000_000)
}

impl Choice {
    fn databases(self) -> Outcome<Vec<Database>> {
        let mut databases = Vec::new();
        if self != Self::Postgres {
            databases.push(Database::sqlite());
        }
        if self != Self::Sqlite {
            databases.push(Database::postgres()?);
        }
        Ok(databases)
    }
}
