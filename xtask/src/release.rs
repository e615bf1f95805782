//! The release: built when anything changed, checked, started.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs;
use std::hash::Hasher;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::step::{Outcome, run as run_child, step};
use crate::tools;
use crate::workspace::Workspace;

/// All that goes into the release.
const SOURCES: &[&str] = &[
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "crates",
    "migrations",
    "public",
    "rust-toolchain.toml",
    "src",
    "style",
];

/// What lies among those and never does: tests, and the crates that only test or measure.
const NOT_SOURCES: &[&str] = &["tests", "benches", "crates/load", "crates/rig"];

/// Builds the release, whatever is there already.
pub(crate) fn build(workspace: &Workspace) -> Outcome<()> {
    tools::for_build(workspace)?;
    // Nothing an earlier build left may pass for the outcome of this one.
    let stamp = stamp_file(workspace);
    for leftover in [&stamp, &hash_file(workspace)] {
        if leftover.exists() {
            fs::remove_file(leftover).map_err(|error| format!("{}: {error}", leftover.display()))?;
        }
    }
    // Taken before the build: what changes while it runs makes the next one build again.
    let sources = fingerprint(&workspace.root).map_err(|error| format!("reading the sources: {error}"))?;
    step("Build the release (cargo leptos build --split --release --precompress)", || {
        run_child(workspace.leptos().args(["build", "--split", "--release", "--precompress"]))?;
        check(workspace)
    })?;
    let content = stamp_content(workspace, sources).map_err(|error| format!("the binary: {error}"))?;
    fs::write(&stamp, content).map_err(|error| format!("{}: {error}", stamp.display()))?;
    println!("    binary {}", workspace.binary().display());
    println!("    site   {}", workspace.site().display());
    Ok(())
}

/// Builds the release unless the one that is there was made from exactly these sources: cargo-leptos empties and fills
/// the site anew each time, even when nothing changed.
pub(crate) fn ensure(workspace: &Workspace) -> Outcome<()> {
    if is_current(workspace) {
        println!("==> The release is current: nothing to build");
        return Ok(());
    }
    build(workspace)
}

/// Builds the release when needed and becomes it; returns only when it could not start.
pub(crate) fn run(workspace: &Workspace) -> Outcome<()> {
    ensure(workspace)?;
    let address = setting(workspace, "LEPTOS_SITE_ADDR", "site-addr");
    let state = setting(workspace, "HARMONY_DATA_DIR", "data-dir");
    let state: PathBuf = workspace.root.join(state).components().collect();
    println!("==> Start Harmony on http://{address}, all state in {} (Ctrl-C stops it)", state.display());
    let error = workspace.command(workspace.binary()).exec();
    Err(format!("{}: {error}", workspace.binary().display()))
}

fn is_current(workspace: &Workspace) -> bool {
    let expected = fingerprint(&workspace.root).and_then(|sources| stamp_content(workspace, sources));
    match (expected, fs::read_to_string(stamp_file(workspace))) {
        (Ok(expected), Ok(found)) => expected == found && check(workspace).is_ok(),
        _ => false,
    }
}

/// Whether the binary is there and the site holds the files that hash.txt beside it names: a development build fills
/// the same folder with others.
fn check(workspace: &Workspace) -> Outcome<()> {
    let names = hash_file(workspace);
    let hashes = fs::read_to_string(&names).map_err(|error| format!("{}: {error}", names.display()))?;
    let files = hashed_files(&hashes).into_iter().map(|name| workspace.site().join("pkg").join(name));
    let files: Vec<PathBuf> = files.chain([workspace.binary()]).collect();
    if files.len() < 4 {
        return Err(format!("{} does not name script, WASM and style sheet", names.display()));
    }
    match files.iter().find(|file| !file.is_file()) {
        Some(missing) => Err(format!("{} was not built", missing.display())),
        None => Ok(()),
    }
}

/// `js: HASH` → `harmony.HASH.js`, for each line. Two are about the parts of the WASM, and have names of their own.
fn hashed_files(hashes: &str) -> Vec<String> {
    let lines = hashes.lines().filter_map(|line| line.split_once(": "));
    lines
        .map(|(kind, hash)| match (kind, hash.trim()) {
            ("split", hash) => format!("__wasm_split.{hash}.js"),
            ("manifest", hash) => format!("__wasm_split_manifest.{hash}.json"),
            (kind, hash) => format!("harmony.{hash}.{kind}"),
        })
        .collect()
}

/// Written by cargo-leptos, read by the binary beside it.
fn hash_file(workspace: &Workspace) -> PathBuf {
    workspace.target.join("release/hash.txt")
}

fn stamp_file(workspace: &Workspace) -> PathBuf {
    workspace.target.join("release/harmony.stamp")
}

/// The sources and the very binary that was built from them: another build may have replaced it since.
fn stamp_content(workspace: &Workspace, sources: u64) -> io::Result<String> {
    let binary = fs::metadata(workspace.binary())?;
    let modified = binary.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let flags = env::var("RUSTFLAGS").unwrap_or_default();
    let root = workspace.root.display();
    Ok(format!("{sources:016x} {} {}\n{root}\n{flags}\n", binary.len(), modified.as_nanos()))
}

/// A hash of names and content. Times would not do: switching branches changes them and nothing else.
fn fingerprint(root: &Path) -> io::Result<u64> {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&root.join(source), &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        let content = fs::read(&file)?;
        hasher.write(file.strip_prefix(root).unwrap_or(&file).as_os_str().as_encoded_bytes());
        hasher.write_usize(content.len());
        hasher.write(&content);
    }
    Ok(hasher.finish())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if path.is_dir() {
        for entry in fs::read_dir(path)? {
            let path = entry?.path();
            if !(path.is_dir() && NOT_SOURCES.iter().any(|end| path.ends_with(end))) {
                collect(&path, files)?;
            }
        }
    }
    Ok(())
}

/// What the server will use: the variable, else the key's line in Leptos.toml.
fn setting(workspace: &Workspace, variable: &str, key: &str) -> String {
    let file = || fs::read_to_string(workspace.root.join("Leptos.toml")).unwrap_or_default();
    env::var(variable).unwrap_or_else(|_| line_of(&file(), key).unwrap_or_default())
}

fn line_of(text: &str, key: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='))?;
    Some(value.split('"').nth(1)?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_content_or_name_changes_the_fingerprint_and_a_test_does_not() {
        let root = env::temp_dir().join(format!("harmony-fingerprint-{}", std::process::id()));
        fs::create_dir_all(root.join("src/tests")).unwrap();
        fs::write(root.join("src/lib.rs"), "one").unwrap();
        let first = fingerprint(&root).unwrap();
        assert_eq!(first, fingerprint(&root).unwrap());
        fs::write(root.join("src/tests/a.rs"), "test").unwrap();
        assert_eq!(first, fingerprint(&root).unwrap());
        fs::write(root.join("src/lib.rs"), "two").unwrap();
        let second = fingerprint(&root).unwrap();
        fs::rename(root.join("src/lib.rs"), root.join("src/main.rs")).unwrap();
        let third = fingerprint(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert!(first != second && second != third);
    }

    #[test]
    fn hash_txt_names_the_files_of_the_site() {
        let names = hashed_files("js: aB-1\nwasm: cD_2\ncss: eF3\nmanifest: gH4\nsplit: iJ5\n");
        let parts = ["__wasm_split_manifest.gH4.json", "__wasm_split.iJ5.js"];
        assert_eq!(names[..3], ["harmony.aB-1.js", "harmony.cD_2.wasm", "harmony.eF3.css"]);
        assert_eq!(names[3..], parts);
    }

    #[test]
    fn settings_are_read_from_the_instance_s_file() {
        let text = "# site-addr = \"no\"\nsite-address = \"no\"\nsite-addr = \"127.0.0.1:3000\" # comment\n";
        assert_eq!(line_of(text, "site-addr").as_deref(), Some("127.0.0.1:3000"));
        assert_eq!(line_of(text, "data-dir"), None);
    }
}
