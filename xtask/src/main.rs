//! The project's own commands: `cargo xtask run`, `build`, `dev`, `test`, `bench`, `chaos`.
//!
//! Plain standard library and child processes, for Linux and macOS. One command is one function; what they need of
//! the machine is in `tools`, where everything lies in `workspace`.

mod postgres;
mod release;
mod step;
mod suite;
mod tally;
mod tools;
mod workspace;

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use step::Outcome;
use workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask <command>

  run                     build the release when anything changed, then start it on http://127.0.0.1:3000
  build                   build the release: target/release/harmony, hash.txt beside it, target/site
  dev                     rebuild and reload at every change (cargo leptos watch)
  test [lint|unit|e2e]    what CI checks; without a name all of them; ends with `N passed, N failed`
                          words after `unit` go to `cargo test`, words after `e2e` to Playwright
  bench [arguments]       build the release, then measure it (crates/load)
  chaos [arguments]       build the release, then kill it in the middle of its work (crates/load)

Each installs what it needs and finds missing: the WASM target, cargo-leptos, wasm-bindgen, npm packages; `test` also
Chromium and PostgreSQL, on Debian and as root only.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Outcome<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        println!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    let workspace = Workspace::find()?;
    match (command.as_str(), rest) {
        ("run", []) => release::run(&workspace).map(|()| ExitCode::SUCCESS),
        ("build", []) => release::build(&workspace).map(|()| ExitCode::SUCCESS),
        ("dev", []) => dev(&workspace).map(|()| ExitCode::SUCCESS),
        ("test", rest) => suite::test(&workspace, rest),
        ("bench" | "chaos", rest) => load(&workspace, command, rest),
        ("help" | "--help" | "-h", _) => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(format!("no such command: {}\n\n{USAGE}", arguments.join(" "))),
    }
}

/// Becomes `cargo leptos watch`; returns only when that could not start.
fn dev(workspace: &Workspace) -> Outcome<()> {
    tools::for_build(workspace)?;
    let error = workspace.leptos().args(["watch", "--split"]).exec();
    Err(format!("could not start cargo leptos watch: {error}"))
}

/// Runs the load generator against a fresh release, on a PostgreSQL of its own where one is asked for.
fn load(workspace: &Workspace, command: &str, arguments: &[String]) -> Outcome<ExitCode> {
    release::ensure(workspace)?;
    let mut cargo = workspace.command("cargo");
    cargo.args(["run", "--release", "--package", "load", "--", command]).args(arguments);
    cargo.envs(workspace.release_env());
    let asked = arguments.iter().any(|word| word.ends_with("postgres") || word.ends_with("both"));
    if !asked || std::env::var_os(suite::POSTGRES_URL).is_some() {
        let error = cargo.exec();
        return Err(format!("could not start cargo: {error}"));
    }
    let cluster = postgres::Cluster::start(workspace)?;
    let status = cargo.env(suite::POSTGRES_URL, cluster.url()).status();
    drop(cluster);
    let status = status.map_err(|error| format!("could not start cargo: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
