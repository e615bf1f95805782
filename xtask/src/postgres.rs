//! A throw-away PostgreSQL for the tests: started in a temporary folder, gone when we are, however we end.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::step::{Outcome, output};
use crate::tools;
use crate::workspace::Workspace;

/// Waits until its input closes, which happens even when we are killed, then stops the cluster and removes its folder.
const GUARD: &str = r#"cat > /dev/null
"$1/pg_ctl" --pgdata="$2/cluster" --mode=immediate --wait stop > /dev/null 2>&1
rm -rf "$2""#;

/// Nothing here outlives the tests, so nothing waits for the disk.
const SETTINGS: &str = "fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
log_min_messages = warning
";

/// A running cluster; dropping it stops it and removes its folder.
pub(crate) struct Cluster {
    port: u16,
    guard: Child,
}

/// An unprivileged account that root lends the cluster to: PostgreSQL refuses to run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    user: u32,
    group: u32,
}

impl Cluster {
    /// Makes and starts one; its superuser `postgres` needs no password from this machine.
    pub(crate) fn start(workspace: &Workspace) -> Outcome<Self> {
        let programs = tools::postgres(workspace)?;
        let account = if tools::is_root(workspace)? { Some(unprivileged()?) } else { None };
        let folder = new_folder(account)?;
        let command = |program: &OsStr| {
            let mut command = workspace.command(program);
            command.current_dir(&folder).env("LC_ALL", "C").stdin(Stdio::null());
            if let Some(account) = account {
                command.uid(account.user).gid(account.group);
            }
            command
        };
        // In a process group of its own, where Ctrl-C does not reach it.
        let guard = command(OsStr::new("sh"))
            .args(["-c", GUARD, "guard"])
            .args([&programs, &folder])
            .process_group(0)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;
        let mut cluster = Self { port: 0, guard };
        let data = folder.join("cluster");
        let mut initdb = command(programs.join("initdb").as_os_str());
        initdb.args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
            "--pgdata",
        ]);
        output(initdb.arg(&data))?;
        let settings = data.join("postgresql.conf");
        let defaults =
            fs::read_to_string(&settings).map_err(|error| format!("{}: {error}", settings.display()))?;
        fs::write(&settings, defaults + SETTINGS)
            .map_err(|error| format!("{}: {error}", settings.display()))?;
        cluster.port = listen(&folder, || command(programs.join("pg_ctl").as_os_str()))?;
        Ok(cluster)
    }

    /// Where to connect as the superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// A port nobody listens on now.
pub(crate) fn free_port() -> Outcome<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| format!("no free port: {error}"))?;
    Ok(listener.local_addr().map_err(|error| format!("no free port: {error}"))?.port())
}

/// Starts the cluster on a free port, another one when somebody was quicker.
fn listen(folder: &Path, pg_ctl: impl Fn() -> Command) -> Outcome<u16> {
    let log = folder.join("log");
    let mut last = String::new();
    for _ in 0..3 {
        let port = free_port()?;
        let mut start = pg_ctl();
        start.args(["start", "--wait", "--timeout=60", "--silent", "--log"]).arg(&log).arg("--pgdata");
        start.arg(folder.join("cluster")).arg(format!("--options=-p {port}"));
        // Files, not pipes: the server would keep a pipe open for as long as it lives.
        let status = start.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if status.is_ok_and(|status| status.success()) {
            return Ok(port);
        }
        last = fs::read_to_string(&log).unwrap_or_default();
    }
    Err(format!("PostgreSQL does not start: {}", last.trim()))
}

/// Below /tmp for root: the folder named by TMPDIR may be closed to everybody else.
fn new_folder(account: Option<Account>) -> Outcome<PathBuf> {
    let parent = if account.is_some() { PathBuf::from("/tmp") } else { std::env::temp_dir() };
    let folder = parent.join(format!("harmony-postgres-{}", std::process::id()));
    // Whatever is there is from a process of the same number that is long gone.
    let _ = fs::remove_dir_all(&folder);
    let made = DirBuilder::new().mode(0o700).create(&folder).and_then(|()| match account {
        Some(account) => chown(&folder, Some(account.user), Some(account.group)),
        None => Ok(()),
    });
    made.map(|()| folder.clone()).map_err(|error| format!("{}: {error}", folder.display()))
}

fn unprivileged() -> Outcome<Account> {
    let accounts = fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
    ["postgres", "nobody"].iter().find_map(|name| account(&accounts, name)).ok_or_else(|| {
        "PostgreSQL does not run as root, and there is no account `postgres` or `nobody`".to_owned()
    })
}

/// `name:password:user:group:…`
fn account(accounts: &str, name: &str) -> Option<Account> {
    let mut fields = accounts.lines().map(|line| line.split(':')).find_map(|mut fields| {
        let found = fields.next() == Some(name);
        found.then_some(fields)
    })?;
    Some(Account { user: fields.nth(1)?.parse().ok()?, group: fields.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_by_their_whole_name() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\npostgresql:x:7:8::/:/bin/sh\npostgres:x:101:104:,,,:/:/bin/sh\n";
        assert_eq!(account(accounts, "postgres"), Some(Account { user: 101, group: 104 }));
        assert_eq!(account(accounts, "nobody"), None);
    }
}
