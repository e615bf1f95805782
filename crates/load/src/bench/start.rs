//! From the start of the process to its first answer, and what it holds when nobody does anything.

use std::time::Duration;

use super::Bench;
use crate::Outcome;
use crate::instance::Plan;
use crate::procfs::Memory;
use crate::report::{Row, Section};

/// Starts to take the median of.
const STARTS: usize = 5;
/// How long a server is left alone before its memory counts.
const IDLE: Duration = Duration::from_secs(10);

pub(super) async fn measure(bench: &Bench) -> Outcome<Section> {
    let mut empty = Vec::new();
    for number in 0..STARTS {
        let (took, _) = start(&bench.plan(&format!("empty-{number}")), None).await?;
        empty.push(took);
    }
    let plan = bench.seeded()?;
    let mut seeded = Vec::new();
    let mut idle = None;
    for number in 0..STARTS {
        let is_last = number + 1 == STARTS;
        let (took, memory) = start(&plan, is_last.then_some(IDLE)).await?;
        seeded.push(took);
        idle = memory;
    }
    let idle = idle.ok_or("no start was measured")?;
    let messages = bench.seeded_messages();
    let how = format!(
        "Milliseconds from starting the process to the first 200 of `/healthz`, asked for every millisecond; {STARTS} starts \
         each, files in the page cache. The empty folder includes making the database; the seeded one holds {messages} \
         messages and was stopped in order before. Memory is read from `/proc/PID/smaps_rollup` {} s after the last start.",
        IDLE.as_secs()
    );
    let rows = vec![
        Row::new("cold start, empty folder", "ms", 0, &empty).at_most(200.0),
        Row::new(format!("cold start, {messages} messages"), "ms", 0, &seeded).at_most(200.0),
        Row::new("idle memory, RSS", "MiB", 1, &[idle.rss_kib / 1024.0]).at_most(60.0),
        Row::new("idle memory, PSS", "MiB", 1, &[idle.pss_kib / 1024.0]),
    ];
    Ok(Section { title: "Start and idle", how, rows })
}

/// Milliseconds to the first answer; and the memory after idling, when that is asked for.
async fn start(plan: &Plan, idle: Option<Duration>) -> Outcome<(f64, Option<Memory>)> {
    let mut instance = plan.start()?;
    let took = instance.ready().await?.as_secs_f64() * 1e3;
    let memory = match idle {
        Some(idle) => {
            tokio::time::sleep(idle).await;
            Some(instance.memory()?)
        }
        None => None,
    };
    instance.stop().await?;
    Ok((took, memory))
}
