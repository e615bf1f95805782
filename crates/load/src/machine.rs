//! The machine that is measured on: what it is, whether it is idle, who runs on which core.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use protocol::Timestamp;

use crate::{Outcome, procfs};

/// Share of one core others may use before a measurement is doubtful.
const QUIET: f64 = 0.2;
/// How long to wait for a busy machine to become quiet.
const PATIENCE: Duration = Duration::from_secs(60);
/// Open files a process needs here: 5,000 sockets on each side and room.
const OPEN_FILES: u64 = 12_000;

/// What stands above the table.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) cpu: String,
    pub(crate) memory_gib: f64,
    pub(crate) kernel: String,
    pub(crate) file_system: String,
    pub(crate) date: String,
    pub(crate) commit: String,
}

impl Machine {
    /// Looks at this one; `folder` is where the databases are.
    pub(crate) fn describe(folder: &std::path::Path) -> Self {
        let kib = procfs::value("/proc/meminfo", "MemTotal")
            .and_then(|text| text.strip_suffix(" kB")?.trim().parse().ok());
        Self {
            cores: cores(),
            cpu: procfs::value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            memory_gib: kib.unwrap_or(0.0) / 1024.0 / 1024.0,
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            file_system: procfs::file_system(folder).unwrap_or_else(|| "unknown".to_owned()),
            date: today(),
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
        }
    }
}

/// Cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn today() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap_or(0)).civil(0);
    format!("{:04}-{:02}-{:02}", now.year, now.month, now.day)
}

/// The commit the sources are at, with a plus when they have been changed since.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()
    };
    let hash = git(&["rev-parse", "--short", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(format!("{}{}", hash.trim(), if changed.trim().is_empty() { "" } else { "+" }))
}

/// Gives the server the first core and this process the second. None when the machine has one core or no `taskset`.
pub(crate) fn pin() -> Option<(usize, usize)> {
    if cores() < 2 {
        return None;
    }
    let me = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["--all-tasks", "--cpu-list", "--pid", "1", &me]).output();
    pinned.is_ok_and(|output| output.status.success()).then_some((0, 1))
}

/// Lets this process and the servers it starts open as many files as the system allows at all.
///
/// # Errors
/// When that is not enough for the sockets.
pub(crate) fn open_files() -> Outcome<()> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let mut numbers =
        line.unwrap_or_default().split_whitespace().map(|text| text.parse().unwrap_or(u64::MAX));
    let (soft, hard) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if soft >= OPEN_FILES {
        return Ok(());
    }
    let me = std::process::id().to_string();
    let raised = Command::new("prlimit").args(["--pid", &me, &format!("--nofile={hard}:{hard}")]).status();
    match raised {
        Ok(status) if status.success() && hard >= OPEN_FILES => Ok(()),
        _ => Err(format!(
            "{OPEN_FILES} open files are needed, the limit is {soft} (hard {hard}): raise it with ulimit -n"
        )
        .into()),
    }
}

/// Processor time of everything else on the machine while something is measured.
#[derive(Debug)]
pub(crate) struct Others {
    started: std::time::Instant,
    machine: f64,
    ours: f64,
}

impl Others {
    /// From here on. Servers that have ended are ours too, so this counts from outside: see [`Others::share`].
    pub(crate) fn watch() -> Outcome<Self> {
        Ok(Self {
            started: std::time::Instant::now(),
            machine: procfs::machine_cpu_seconds()?,
            ours: ours()?,
        })
    }

    /// The share of one core that others used since then.
    pub(crate) fn share(&self) -> Outcome<f64> {
        let elapsed = self.started.elapsed().as_secs_f64();
        let others = procfs::machine_cpu_seconds()? - self.machine - (ours()? - self.ours);
        Ok((others / elapsed.max(0.01)).max(0.0))
    }
}

/// This process and all children it has waited for.
fn ours() -> Outcome<f64> {
    procfs::cpu_seconds_with_children(std::process::id())
}

/// Waits for a quiet machine. Returns what to note when it does not become one.
pub(crate) async fn wait_until_quiet() -> Outcome<Option<String>> {
    let asked = std::time::Instant::now();
    loop {
        let others = Others::watch()?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let share = others.share()?;
        if share <= QUIET {
            return Ok(None);
        }
        if asked.elapsed() > PATIENCE {
            return Ok(Some(format!(
                "Other processes used {:.0} % of a core when this began.",
                share * 100.0
            )));
        }
        eprintln!("waiting: other processes use {:.0} % of a core", share * 100.0);
    }
}
