//! Load generator and chaos rigs for the release binary named by `HARMONY_BIN`; `cargo xtask bench` and
//! `cargo xtask chaos` build it and run this.
//!
//! A generator must cost less than what it measures: one thread, hand-written HTTP and WebSocket clients, a reader
//! that looks for a mark in a frame instead of understanding it. Linux only: figures come from `/proc`.

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

mod bench;
mod chaos;
mod client;
mod instance;
mod machine;
mod procfs;
mod report;
mod stats;

/// A reason to stop, in words.
type Failure = Box<dyn std::error::Error + Send + Sync>;
/// What everything here returns.
type Outcome<T> = Result<T, Failure>;

#[derive(Parser)]
#[command(name = "load", about = "Measures Harmony, and kills it in the middle of its work.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures the release and compares the figures with their bars.
    Bench {
        /// `full` takes up to twelve minutes and writes docs/BENCHMARKS.md; `quick` takes one and a half and only prints.
        #[arg(default_value = "full")]
        mode: Mode,
        /// Runs only scenarios whose name contains this; nothing is written then.
        #[arg(long)]
        only: Option<String>,
    },
    /// Breaks the release on purpose and checks that its promises hold.
    Chaos {
        #[command(subcommand)]
        rig: Rig,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Quick,
    Full,
}

#[derive(Subcommand)]
enum Rig {
    /// Kills the server with SIGKILL while people write and read, starts it again, and looks for what was lost,
    /// doubled or out of order.
    Kill9(chaos::Kill9),
    /// Removes and signs out people while others talk, and looks for what reached them afterwards.
    Revoke(chaos::Revoke),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("load: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        machine::open_files()?;
        match cli.command {
            Command::Bench { mode, only } => bench::run(mode == Mode::Quick, only.as_deref()).await,
            Command::Chaos { rig: Rig::Kill9(plan) } => chaos::kill9(&plan).await,
            Command::Chaos { rig: Rig::Revoke(plan) } => chaos::revoke(&plan).await,
        }
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}
