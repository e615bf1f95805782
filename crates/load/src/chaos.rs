//! `load chaos`: breaks the release on purpose and checks that what was promised holds.

use clap::{Args, ValueEnum};

use crate::Outcome;

mod checker;
mod database;
mod kill9;
mod order;
mod reader;
mod record;
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    Sqlite,
    Postgres,
    Both,
}

/// True when the promises held; for the negative control, when the broken one was noticed.
pub(crate) async fn run(plan: &Kill9) -> Outcome<bool> {
    let seed = plan.seed.unwrap_or_else(|| rand::random_range(1..1_000_000));
    let mut passed = true;
    if plan.database != Choice::Postgres {
        passed &= kill9::run(plan, seed, &Database::sqlite()).await?;
    }
    if plan.database != Choice::Sqlite {
        passed &= kill9::run(plan, seed, &Database::postgres()?).await?;
    }
    Ok(passed)
}
