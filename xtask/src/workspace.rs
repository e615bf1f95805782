//! Where everything lies, and how a child process is started from here.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::Outcome;

/// The checkout this program belongs to. All paths are absolute.
pub(crate) struct Workspace {
    /// Folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever CARGO_TARGET_DIR or the configuration puts it.
    pub(crate) target: PathBuf,
    /// PATH of every child: npm's tools, cargo's tools, then what was there.
    path: OsString,
}

impl Workspace {
    /// The target folder is the one this very program was built into, which holds for every way to configure it.
    pub(crate) fn find() -> Outcome<Self> {
        // Asked when it runs: a target folder that two clones share may hold the program that the other one built.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = manifest.join("..");
        let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
        let program = env::current_exe().map_err(|error| format!("where am I? {error}"))?;
        let target = program
            .ancestors()
            .nth(2)
            .ok_or_else(|| format!("{} is not in a target folder; use `cargo xtask`", program.display()))?
            .to_path_buf();
        let path = search_path(&root, env::var_os("PATH").as_deref())?;
        Ok(Self { root, target, path })
    }

    /// The built site. cargo-leptos puts it below the root, whatever CARGO_TARGET_DIR says.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    /// The release binary.
    pub(crate) fn binary(&self) -> PathBuf {
        self.target.join("release/harmony")
    }

    /// Folder of the browser tests and of everything from npm.
    pub(crate) fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// What programs that start the release themselves need to know.
    pub(crate) fn release_env(&self) -> [(&'static str, PathBuf); 2] {
        [("HARMONY_BIN", self.binary()), ("HARMONY_SITE", self.site())]
    }

    /// A child that runs in the root, finds our tools first and sees no trace of the cargo that started us: some build
    /// scripts are run again when one of those variables changes.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", &self.path).env("CARGO_TARGET_DIR", &self.target);
        for (name, _) in env::vars_os() {
            let name_text = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
                .iter()
                .any(|start| name_text.starts_with(start))
            {
                command.env_remove(&name);
            }
        }
        command
    }

    /// `cargo leptos`, without the run-time settings that would quietly change what it builds.
    pub(crate) fn leptos(&self) -> Command {
        let mut command = self.command("cargo");
        command.arg("leptos");
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("LEPTOS_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// The first program of that name on the children's PATH.
    pub(crate) fn which(&self, program: &str) -> Option<PathBuf> {
        env::split_paths(&self.path).map(|folder| folder.join(program)).find(|file| file.is_file())
    }
}

fn search_path(root: &Path, inherited: Option<&OsStr>) -> Outcome<OsString> {
    let mut folders = vec![root.join("end2end/node_modules/.bin")];
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    folders.extend(cargo_home.or(home).map(|folder| folder.join("bin")));
    folders.extend(inherited.map(env::split_paths).into_iter().flatten());
    env::join_paths(folders).map_err(|error| format!("PATH: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npm_tools_come_before_everything_inherited() {
        let path = search_path(Path::new("/repo"), Some(OsStr::new("/usr/bin:/bin"))).unwrap();
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        assert_eq!(folders.first(), Some(&PathBuf::from("/repo/end2end/node_modules/.bin")));
        assert_eq!(folders.last(), Some(&PathBuf::from("/bin")));
    }
}
