//! `load bench`: every scenario on a server of its own, one table at the end.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::instance::{Folder, Plan};
use crate::machine::{self, Machine, Others};
use crate::report::{Report, Section};
use crate::{Outcome, procfs};

mod assets;
mod closed_loop;
mod crowd;
mod fanout;
mod listener;
mod pages;
mod search;
mod sends;
mod sockets;
mod start;

/// What every scenario needs.
#[derive(Debug)]
pub(crate) struct Bench {
    plan: Plan,
    folder: Folder,
    /// Less of everything: for a look, not for the record.
    quick: bool,
}

impl Bench {
    /// A server on a data folder of that name below ours.
    fn plan(&self, name: &str) -> Plan {
        Plan { folder: self.folder.sub(name), ..self.plan.clone() }
    }

    /// One of two values.
    fn pick<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Messages in the seeded database.
    fn seeded_messages(&self) -> usize {
        self.pick(10_000, 50_000)
    }

    /// A server on the demonstration data; made when it is asked for first.
    fn seeded(&self) -> Outcome<Plan> {
        let plan = self.plan("seeded");
        if !plan.folder.join("harmony.db").exists() {
            plan.execute(&["seed", "--messages", &self.seeded_messages().to_string()])?;
        }
        Ok(plan)
    }
}

/// How long a closed loop warms up, runs, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    warm_up: Duration,
    lasting: Duration,
    runs: usize,
}

/// How busy the generator itself is: near a whole core it would be what is measured.
#[derive(Debug)]
struct Own {
    started: Instant,
    cpu: f64,
}

impl Own {
    fn watch() -> Outcome<Self> {
        Ok(Self { started: Instant::now(), cpu: procfs::cpu_seconds(std::process::id())? })
    }

    /// Percent of a core since then.
    fn percent(&self) -> Outcome<f64> {
        let used = procfs::cpu_seconds(std::process::id())? - self.cpu;
        Ok(used / self.started.elapsed().as_secs_f64().max(0.01) * 100.0)
    }
}

const SCENARIOS: [&str; 7] = ["assets", "start", "pages", "search", "sends", "sockets", "fanout"];

/// Runs everything, or the scenarios whose name contains `only`. True when all bars are met.
pub(crate) async fn run(quick: bool, only: Option<&str>) -> Outcome<bool> {
    let folder = Folder::new("bench")?;
    let mut plan = Plan::new(folder.sub("none"))?;
    let machine = Machine::describe(&folder.sub("."));
    let mut notes = Vec::new();
    if machine.file_system == "tmpfs" {
        notes.push("The database is on a memory file system: durable figures mean nothing.".to_owned());
    }
    notes.extend(machine::wait_until_quiet().await?);
    match machine::pin() {
        Some((server, generator)) => {
            plan.cores = Some(server.to_string());
            notes.push(format!("The server is pinned to core {server}, the generator to core {generator}."));
        }
        None => notes.push("Server and generator share all cores: nothing is pinned.".to_owned()),
    }
    let mut bench = Bench { plan, folder, quick };
    let others = Others::watch()?;
    let mut sections = Vec::new();
    for name in SCENARIOS.into_iter().filter(|name| only.is_none_or(|only| name.contains(only))) {
        eprintln!("==> {name}");
        match measure(&bench, name).await {
            Ok(measured) => sections.extend(measured),
            Err(error) => {
                let kept = bench.folder.keep().display();
                return Err(format!("{name}: {error}; databases and logs are in {kept}").into());
            }
        }
    }
    notes.push(format!("Other processes used {:.1} % of a core meanwhile.", others.share()? * 100.0));
    let report = Report { machine, mode: if quick { "quick" } else { "full" }, notes, sections };
    println!("{}", report.table());
    report.notes.iter().for_each(|note| println!("{note}"));
    let (bars, met) = report.score();
    println!("{met} of {bars} bars met");
    if !quick && only.is_none() {
        let page = page();
        std::fs::write(&page, report.markdown()).map_err(|error| format!("{}: {error}", page.display()))?;
        println!("written to {}", page.display());
    }
    Ok(met == bars)
}

async fn measure(bench: &Bench, name: &str) -> Outcome<Vec<Section>> {
    Ok(match name {
        "assets" => vec![assets::measure(bench)?],
        "start" => vec![start::measure(bench).await?],
        "pages" => vec![pages::measure(bench).await?],
        "search" => search::measure(bench).await?,
        "sends" => vec![sends::measure(bench).await?],
        "sockets" => vec![sockets::measure(bench).await?],
        _ => vec![fanout::measure(bench).await?],
    })
}

fn page() -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/BENCHMARKS.md")
}
