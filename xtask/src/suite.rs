//! `cargo xtask test`: what CI checks, counted.

use std::fs;
use std::process::ExitCode;

use crate::postgres::{Cluster, free_port};
use crate::release;
use crate::step::{Outcome, run, step, stream};
use crate::tally::{CargoTest, Tally, playwright};
use crate::tools;
use crate::workspace::Workspace;

/// Where the tests find a PostgreSQL to make their databases in.
pub(crate) const POSTGRES_URL: &str = "HARMONY_TEST_POSTGRES_URL";

/// Runs the named suite, or all; the last line says how many checks passed and failed.
pub(crate) fn test(workspace: &Workspace, arguments: &[String]) -> Outcome<ExitCode> {
    let mut tally = Tally::default();
    let suite = arguments.split_first().map(|(suite, rest)| (suite.as_str(), rest));
    match suite {
        None => {
            tally.add(lint(workspace));
            tally.add(unit(workspace, &[]));
            tally.add(end_to_end(workspace, &[]));
        }
        Some(("lint", [])) => tally.add(lint(workspace)),
        Some(("unit", rest)) => tally.add(unit(workspace, rest)),
        Some(("e2e", rest)) => tally.add(end_to_end(workspace, rest)),
        Some(_) => return Err(format!("no such suite: {}; there are lint, unit, e2e", arguments.join(" "))),
    }
    println!("{}", tally.line());
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Form and compiler warnings, on both sides. Flags after `--`, not in RUSTFLAGS, which would rebuild everything.
fn lint(workspace: &Workspace) -> Tally {
    let cargo = |arguments: &[&str]| run(workspace.command("cargo").args(arguments));
    let mut tally = Tally::default();
    tally.add(Tally::of_step(&step("Lint: form", || cargo(&["fmt", "--all", "--check"]))));
    tally.add(Tally::of_step(&step("Lint: the backend's half, tests and tools", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--features", "ssr", "--", "-D", "warnings"])
    })));
    let browser =
        ["clippy", "--package", "harmony", "--lib", "--no-default-features", "--features", "hydrate"];
    let flags = ["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"];
    tally.add(Tally::of_step(&step("Lint: the browser's half", || {
        tools::wasm_target(workspace)?;
        cargo(&[&browser[..], &flags[..]].concat())
    })));
    tally
}

/// All that cargo tests, on SQLite and on a PostgreSQL of its own.
fn unit(workspace: &Workspace, arguments: &[String]) -> Tally {
    let mut tally = Tally::default();
    let mut cargo = workspace.command("cargo");
    cargo.args(["test", "--workspace", "--features", "ssr", "--no-fail-fast"]).args(arguments);
    let mut cluster = None;
    if std::env::var_os(POSTGRES_URL).is_none() {
        match step("Start a throw-away PostgreSQL", || Cluster::start(workspace)) {
            Ok(started) => {
                cargo.env(POSTGRES_URL, started.url());
                cluster = Some(started);
            }
            // Half of the tests lack their database: said once here, and the other half is still worth running.
            Err(_) => tally.add(Tally::FAILURE),
        }
    }
    let mut count = CargoTest::default();
    let status = step("Test: cargo test", || {
        let status = stream(&mut cargo, |line| count.line(line))?;
        if status.success() { Ok(()) } else { Err(format!("cargo test ended with {status}")) }
    });
    tally.add(count.finish(status.is_ok()));
    drop(cluster);
    tally
}

/// The release, driven by a browser.
fn end_to_end(workspace: &Workspace, arguments: &[String]) -> Tally {
    let mut tally = Tally::default();
    tally.add(Tally::of_step(&step("Test: types of the browser tests", || {
        tools::npm_packages(workspace)?;
        run(workspace.command("tsc").arg("--noEmit").current_dir(workspace.end2end()))
    })));
    let ready = release::ensure(workspace).and_then(|()| Ok((tools::chromium(workspace)?, free_port()?)));
    let (chromium, port) = match ready {
        Ok(ready) => ready,
        Err(reason) => {
            println!("    FAILED: {reason}");
            tally.add(Tally::FAILURE);
            return tally;
        }
    };
    let report = workspace.target.join("end2end.json");
    // A report of an earlier run must not be counted again.
    let _ = fs::remove_file(&report);
    let outcome = step("Test: Playwright", || {
        let mut playwright = workspace.command("playwright");
        playwright.arg("test").args(arguments).current_dir(workspace.end2end()).envs(workspace.release_env());
        playwright.env("CHROMIUM", chromium).env("HARMONY_E2E_PORT", port.to_string());
        playwright.env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        run(&mut playwright)
    });
    tally.add(playwright(&fs::read_to_string(&report).unwrap_or_default(), outcome.is_ok()));
    tally
}
