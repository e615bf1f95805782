//! A Harmony of our own: the release binary on a free port with a data folder that goes when we go.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::http::{Http, get};
use crate::{Outcome, procfs};

/// How long a start may take before it counts as failed.
const START_WITHIN: Duration = Duration::from_secs(60);
/// How long an orderly stop may take; the server promises ten seconds.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// Ports to choose from: below those the kernel gives to clients, or a client that knocks while the server is down
/// could be given the very port and connect to itself.
const PORTS: std::ops::Range<u16> = 21_000..31_000;
/// More than the generator can ask for.
const UNLIMITED: &str = "1000000";

/// What to start.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The release binary.
    pub(crate) binary: PathBuf,
    /// The built site.
    pub(crate) site: PathBuf,
    /// Where it keeps its state, and its log.
    pub(crate) folder: PathBuf,
    /// Where it listens, the same at every start.
    pub(crate) addr: SocketAddr,
    /// The processors it may use, as `taskset` lists them; otherwise those of this process.
    pub(crate) cores: Option<String>,
    /// Settings beyond those every run has.
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl Plan {
    /// The binary and site named by `HARMONY_BIN` and `HARMONY_SITE`, on a new folder.
    pub(crate) fn new(folder: PathBuf) -> Outcome<Self> {
        let path = |name: &str| {
            let missing = || format!("{name} is not set; `cargo xtask bench` and `cargo xtask chaos` set it");
            std::env::var_os(name).map(PathBuf::from).ok_or_else(missing)
        };
        let (binary, site) = (path("HARMONY_BIN")?, path("HARMONY_SITE")?);
        if !binary.is_file() {
            return Err(format!("{} is not there; build the release first", binary.display()).into());
        }
        Ok(Self { binary, site, folder, addr: free_address()?, cores: None, settings: Vec::new() })
    }

    fn command(&self, arguments: &[&str]) -> Outcome<Command> {
        fs::create_dir_all(&self.folder)?;
        let mut command = match &self.cores {
            Some(cores) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["--cpu-list", cores]).arg(&self.binary);
                pinned
            }
            None => Command::new(&self.binary),
        };
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("HARMONY_") || name_text.starts_with("LEPTOS_") {
                command.env_remove(&name);
            }
        }
        let log = File::options().create(true).append(true).open(self.log())?;
        // In the data folder, where no settings file lies.
        command.args(arguments).current_dir(&self.folder);
        command.env("LEPTOS_SITE_ADDR", self.addr.to_string()).env("LEPTOS_SITE_ROOT", &self.site);
        command.env("HARMONY_DATA_DIR", &self.folder);
        for limit in [
            "SENDS_PER_SECOND",
            "SENDS_BURST",
            "READS_PER_SECOND",
            "READS_BURST",
            "SEARCHES_PER_SECOND",
            "SEARCHES_BURST",
            "PROFILE_CHANGES_BURST",
            "SOCKETS_PER_MINUTE",
            "LOGIN_TRIES_PER_ADDRESS",
            "REGISTRATIONS_PER_ADDRESS",
            "INVITE_LOOKUPS_PER_MINUTE",
            "CONNECTIONS_PER_USER",
            "CONNECTIONS_PER_ADDRESS",
        ] {
            command.env(format!("HARMONY_LIMIT_{limit}"), UNLIMITED);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(command)
    }

    /// Where the process writes.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("harmony.log")
    }

    /// Starts the server; it may not answer yet.
    pub(crate) fn start(&self) -> Outcome<Instance> {
        let mut command = self.command(&[])?;
        let started = Instant::now();
        let child = command.spawn().map_err(|error| format!("{}: {error}", self.binary.display()))?;
        Ok(Instance { child, addr: self.addr, log: self.log(), started })
    }

    /// Starts the server and waits for it.
    pub(crate) async fn run(&self) -> Outcome<Instance> {
        let mut instance = self.start()?;
        instance.ready().await?;
        Ok(instance)
    }

    /// Runs a command of the binary to its end.
    pub(crate) fn execute(&self, arguments: &[&str]) -> Outcome<()> {
        let status = self.command(arguments)?.status()?;
        if status.success() {
            Ok(())
        } else {
            Err(self.complaint(&format!("{arguments:?} ended with {status}")).into())
        }
    }

    fn complaint(&self, what: &str) -> String {
        format!("harmony {what}; it said:\n{}", last_lines(&self.log()))
    }
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Instance {
    child: Child,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    log: PathBuf,
    started: Instant,
}

impl Instance {
    /// Waits until it answers `/healthz` with 200; returns how long that took from the start of the process.
    pub(crate) async fn ready(&mut self) -> Outcome<Duration> {
        let request = get("/healthz", self.addr, "");
        loop {
            if let Ok(mut http) = Http::connect(self.addr).await
                && let Ok(answer) = http.request(&request).await
                && answer.status == 200
            {
                return Ok(self.started.elapsed());
            }
            self.check()?;
            if self.started.elapsed() > START_WITHIN {
                return Err(format!("the server does not answer; it said:\n{}", last_lines(&self.log)).into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// An error when the process has ended by itself.
    pub(crate) fn check(&mut self) -> Outcome<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => {
                Err(format!("the server ended with {status}; it said:\n{}", last_lines(&self.log)).into())
            }
        }
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) fn kill(&mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) -> Outcome<()> {
        let status = Command::new("kill").arg("-TERM").arg(self.pid().to_string()).status()?;
        let asked = Instant::now();
        while status.success() && asked.elapsed() < STOP_WITHIN {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Err("the server does not stop when it is asked to".into())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Processor seconds used so far.
    pub(crate) fn cpu(&self) -> Outcome<f64> {
        procfs::cpu_seconds(self.pid())
    }

    pub(crate) fn memory(&self) -> Outcome<procfs::Memory> {
        procfs::memory(self.pid())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback address nobody listens on now.
fn free_address() -> Outcome<SocketAddr> {
    for _ in 0..100 {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, rand::random_range(PORTS)));
        if TcpListener::bind(addr).is_ok() {
            return Ok(addr);
        }
    }
    Err("no free port".into())
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
}

/// A folder of our own below cargo's target folder, which is on a real disk; removed when dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    /// Makes it, empty.
    pub(crate) fn new(name: &str) -> Outcome<Self> {
        let path = target_folder()?.join(format!("load-{}-{name}", std::process::id()));
        // Whatever is there is from a process of the same number that is long gone.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path)?;
        Ok(Self { path, keep: false })
    }

    /// A folder inside.
    pub(crate) fn sub(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Lets it stay: there is something to look at.
    pub(crate) fn keep(&mut self) -> &Path {
        self.keep = true;
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Cargo's target folder: this very program is two levels inside it.
pub(crate) fn target_folder() -> Outcome<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.ancestors().nth(2).ok_or("this program is not in a target folder; use cargo")?;
    Ok(folder.to_path_buf())
}
