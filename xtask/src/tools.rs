//! What has to be on the machine: looked for first, installed when missing.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Outcome, output, run, step};
use crate::workspace::Workspace;

/// The newest that the pinned compiler builds. The Dockerfile names it again; a test keeps both equal.
const CARGO_LEPTOS: &str = "0.3.10";

/// Has to be exactly the `wasm-bindgen` of Cargo.toml; a test keeps both equal.
const WASM_BINDGEN: &str = "0.2.130";

const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Everything a build with cargo-leptos needs.
pub(crate) fn for_build(workspace: &Workspace) -> Outcome<()> {
    wasm_target(workspace)?;
    npm_packages(workspace)?;
    // Its own debug information would be half a gigabyte, and optimising it takes longer than it ever saves.
    let mut leptos = install_command(workspace, "cargo-leptos", CARGO_LEPTOS);
    leptos.args(["--locked", "--features", "no_downloads", "--debug"]).env("CARGO_PROFILE_DEV_DEBUG", "0");
    cargo_tool(workspace.command("cargo").args(["leptos", "--version"]), CARGO_LEPTOS, &mut leptos)?;
    let mut bindgen = install_command(workspace, "wasm-bindgen-cli", WASM_BINDGEN);
    cargo_tool(workspace.command("wasm-bindgen").arg("--version"), WASM_BINDGEN, &mut bindgen)
}

/// The standard library for the browser half.
pub(crate) fn wasm_target(workspace: &Workspace) -> Outcome<()> {
    let sysroot = output(workspace.command("rustc").args(["--print", "sysroot"]))?;
    if Path::new(&sysroot).join("lib/rustlib").join(WASM_TARGET).is_dir() {
        return Ok(());
    }
    if workspace.which("rustup").is_none() {
        return Err(format!("the compiler lacks the target {WASM_TARGET}: install Rust with rustup"));
    }
    step(&format!("Install the Rust target {WASM_TARGET}"), || {
        run(workspace.command("rustup").args(["target", "add", WASM_TARGET]))
    })
}

/// What `end2end/package-lock.json` names: Playwright for the tests, wasm-opt for the build.
pub(crate) fn npm_packages(workspace: &Workspace) -> Outcome<()> {
    let folder = workspace.end2end();
    let wanted =
        fs::read(folder.join("package-lock.json")).map_err(|error| format!("package-lock.json: {error}"))?;
    // Our own copy of the lock file they were installed from: npm's has other content.
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    for program in ["node", "npm"] {
        if workspace.which(program).is_none() {
            return Err(format!("{program} is missing: install Node.js 20 or newer, with npm"));
        }
    }
    step("Install the npm packages of end2end (Playwright, wasm-opt)", || {
        let mut npm = workspace.command("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        run(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
        fs::write(&stamp, &wanted).map_err(|error| format!("{}: {error}", stamp.display()))
    })
}

/// Installs a program unless the one that is there says it has exactly this version.
fn cargo_tool(question: &mut Command, version: &str, install: &mut Command) -> Outcome<()> {
    if output(question).is_ok_and(|answer| answer.split_whitespace().nth(1) == Some(version)) {
        return Ok(());
    }
    let words: Vec<_> = install.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    step(&format!("cargo {} (once; takes some minutes)", words.join(" ")), || run(install))
}

/// `cargo install`, in a temporary target folder: the project's own would keep the leftovers.
fn install_command(workspace: &Workspace, package: &str, version: &str) -> Command {
    let mut install = workspace.command("cargo");
    install.args(["install", package, "--version", version]).env_remove("CARGO_TARGET_DIR");
    install
}

/// The browser the tests drive: the one CHROMIUM names, or the one that is installed.
pub(crate) fn chromium(workspace: &Workspace) -> Outcome<PathBuf> {
    let find = || {
        let named = env::var_os("CHROMIUM").map(PathBuf::from);
        let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
        let mac = Path::new("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
        named
            .or_else(|| names.iter().find_map(|name| workspace.which(name)))
            .or_else(|| mac.is_file().then(|| mac.to_path_buf()))
    };
    find_or_install(workspace, "chromium", "Chromium", find)
}

/// The folder with PostgreSQL's `initdb` and `pg_ctl`, the newest where Debian keeps several.
pub(crate) fn postgres(workspace: &Workspace) -> Outcome<PathBuf> {
    let find = || {
        let on_path = workspace.which("initdb").and_then(|file| Some(file.parent()?.to_path_buf()));
        on_path.or_else(|| newest_postgres(Path::new("/usr/lib/postgresql")))
    };
    find_or_install(workspace, "postgresql", "PostgreSQL", find)
}

/// Whether this process may install packages and has to start PostgreSQL as somebody else.
pub(crate) fn is_root(workspace: &Workspace) -> Outcome<bool> {
    Ok(output(workspace.command("id").arg("-u"))? == "0")
}

fn newest_postgres(versions: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(versions).ok()?.flatten().map(|entry| entry.path());
    let usable = folders.filter(|folder| folder.join("bin/initdb").is_file());
    let version = |folder: &PathBuf| folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    usable.max_by_key(version).map(|folder| folder.join("bin"))
}

fn find_or_install<T>(
    workspace: &Workspace,
    package: &str,
    product: &str,
    find: impl Fn() -> Option<T>,
) -> Outcome<T> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let missing = || format!("{product} is missing: install it (Debian: apt-get install {package})");
    if workspace.which("apt-get").is_none() || !is_root(workspace)? {
        return Err(missing());
    }
    step(&format!("Install the Debian package {package}"), || {
        let apt = |arguments: &[&str]| {
            run(workspace.command("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
        };
        apt(&["update", "--quiet"])?;
        apt(&["install", "--quiet", "--yes", "--no-install-recommends", package])
    })?;
    find().ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
    }

    #[test]
    fn wasm_bindgen_is_the_one_of_the_manifest() {
        assert!(file("Cargo.toml").contains(&format!("wasm-bindgen = \"={WASM_BINDGEN}\"")));
    }

    #[test]
    fn the_image_is_built_with_the_same_tools() {
        let image = file("Dockerfile");
        assert!(image.contains(&format!("cargo-leptos --version {CARGO_LEPTOS} ")));
        assert!(image.contains(&format!("wasm-bindgen-cli --version {WASM_BINDGEN}\n")));
    }

    #[test]
    fn the_lock_file_names_no_host() {
        assert!(!file("end2end/package-lock.json").contains("\"resolved\""));
    }

    #[test]
    fn build_and_instance_agree_on_the_keys_they_share() {
        let lines = |text: String| -> Vec<String> {
            let mut section = text.lines().skip_while(|line| *line != "[package.metadata.leptos]").skip(1);
            section.by_ref().take_while(|line| !line.starts_with('[')).map(str::to_owned).collect()
        };
        let (build, instance) = (lines(file("Cargo.toml")), lines(file("Leptos.toml")));
        for key in ["output-name", "site-root", "site-pkg-dir", "site-addr", "hash-files"] {
            let of =
                |lines: &[String]| lines.iter().find(|line| line.starts_with(&format!("{key} = "))).cloned();
            assert!(of(&build).is_some(), "Cargo.toml lacks {key}");
            assert_eq!(of(&build), of(&instance));
        }
    }
}
