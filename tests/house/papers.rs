//! Files that have to agree with one another: migrations of both databases, settings and their documentation,
//! documents and the code they speak of.

use std::collections::BTreeSet;
use std::path::Path;

use crate::source::{Code, File, Finding, is_word, words};

/// Lines of the map of the house. Longer, nobody reads it.
const MAP_LINES: usize = 150;
/// A variable that is no setting: it makes the crash test's negative control, and is documented as a warning only.
const NO_SETTING: &str = "HARMONY_CHAOS";

fn named<'f>(files: &'f [File], path: &str) -> &'f File {
    files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is missing"))
}

/// Migrations that only one of the two databases has.
pub(crate) fn migrations(files: &[File]) -> Vec<Finding> {
    let of = |folder: &str| -> BTreeSet<String> {
        files.iter().filter_map(|file| Some(file.path.strip_prefix(folder)?.to_owned())).collect()
    };
    let (sqlite, postgres) = (of("migrations/sqlite/"), of("migrations/postgres/"));
    let lonely = sqlite.symmetric_difference(&postgres);
    let mut found: Vec<Finding> = lonely
        .map(|name| File::sample("migrations", "").finding(1, format!("only one database has {name}")))
        .collect();
    if sqlite.is_empty() {
        found.push(File::sample("migrations", "").finding(1, "there are none"));
    }
    found
}

/// Settings that are not documented, or with another default than they have.
pub(crate) fn settings(files: &[File]) -> Vec<Finding> {
    let code = named(files, "crates/backend/src/config.rs");
    let (file, paper) = (named(files, "Leptos.toml"), named(files, "docs/OPERATIONS.md"));
    let mut found = Vec::new();
    let mut keys = [listed(code, "KEYS"), listed(code, "LIMIT_KEYS")].concat();
    if keys.len() < 10 {
        found.push(code.finding(1, "the lists of keys are not where this rule looks for them"));
    }
    keys.retain(|key| key != "limits");
    keys.extend(["site-addr", "site-root"].map(str::to_owned));
    for key in keys {
        let default = file.text.lines().find_map(|line| line.strip_prefix(&key)?.strip_prefix(" = "));
        if default.is_none() && !file.text.lines().any(|line| line.starts_with(&format!("# {key} = "))) {
            found.push(file.finding(1, format!("does not show `{key}`")));
        }
        let default = default.map_or("", |value| value.trim_matches(['"', '[', ']']));
        let row = paper.text.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{key}`")));
        if !row.is_some_and(|row| default.is_empty() || row.contains(&format!("`{default}`"))) {
            found.push(paper.finding(1, format!("no table says that `{key}` is `{default}` by default")));
        }
    }
    for variable in variables(&[code, named(files, "src/command.rs")]) {
        for place in [file, paper] {
            let is_there = words(&place.text, &variable).next().is_some();
            let is_flag_only =
                place.path == file.path && matches!(variable.as_str(), NO_SETTING | "HARMONY_CONFIG");
            if !is_there && !is_flag_only {
                found.push(place.finding(1, format!("does not name {variable}")));
            }
        }
    }
    found
}

/// Variables of limits there are not: one that is mistyped changes nothing, and nobody is told.
pub(crate) fn limit_variables(file: &File, files: &[File]) -> Vec<Finding> {
    const PREFIX: &str = "HARMONY_LIMIT_";
    let keys = listed(named(files, "crates/backend/src/config.rs"), "LIMIT_KEYS");
    let is_known =
        |name: &str| name.is_empty() || keys.iter().any(|key| key.to_uppercase().replace('-', "_") == name);
    let lines = file.text.lines().enumerate();
    let named = lines.flat_map(|(at, line)| line.split(PREFIX).skip(1).map(move |rest| (at + 1, rest)));
    let named = named.map(|(line, rest)| (line, &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]));
    named
        .filter(|(_, name)| !is_known(name))
        .map(|(line, name)| file.finding(line, format!("there is no limit {PREFIX}{name}")))
        .collect()
}

/// The texts in a list of constants.
fn listed(file: &File, name: &str) -> Vec<String> {
    let list = file.text.split_once(&format!("const {name}:")).map_or("", |(_, rest)| rest);
    let list = list.split_once("];").map_or("", |(list, _)| list);
    Code::of(list).literals.into_iter().map(|(_, text)| text).collect()
}

fn variables(files: &[&File]) -> BTreeSet<String> {
    let literals = files.iter().flat_map(|file| Code::of(&file.text).literals);
    let is_variable = |text: &String| {
        (text.starts_with("HARMONY_") || text.starts_with("LEPTOS_")) && text.chars().all(is_word)
    };
    literals.map(|(_, text)| text).filter(is_variable).collect()
}

/// Keys that the build and the instance both know, and know differently.
pub(crate) fn shared_keys(files: &[File]) -> Vec<Finding> {
    const HEADER: &str = "[package.metadata.leptos]";
    let (build, instance) = (named(files, "Cargo.toml"), named(files, "Leptos.toml"));
    let value = |file: &File, key: &str| {
        let section = file.text.split_once(HEADER)?.1;
        let section = section.split("\n[").next()?;
        section.lines().find_map(|line| Some(line.strip_prefix(key)?.strip_prefix(" = ")?.to_owned()))
    };
    let keys = ["output-name", "site-root", "site-pkg-dir", "site-addr", "hash-files"];
    let differ = keys.iter().filter(|key| {
        let value = (value(build, key), value(instance, key));
        value.0.is_none() || value.0 != value.1
    });
    differ.map(|key| instance.finding(1, format!("`{key}` is not the same as in Cargo.toml"))).collect()
}

/// Paths and hosts of the machine something was written on.
pub(crate) fn machine(file: &File) -> Vec<Finding> {
    let home = concat!("/wo", "rk/");
    let lines = file.text.lines().enumerate();
    let mut found: Vec<Finding> = lines
        .filter(|(_, line)| line.match_indices(home).any(|(at, _)| !line[..at].ends_with(is_word)))
        .map(|(at, _)| file.finding(at + 1, "a path of one machine"))
        .collect();
    if file.path == "Cargo.lock" {
        const PUBLIC: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        let sources = file.text.lines().enumerate().filter(|(_, line)| line.starts_with("source = "));
        let others = sources.filter(|(_, line)| *line != PUBLIC);
        found.extend(others.map(|(at, _)| file.finding(at + 1, "not from crates.io")));
    }
    found
}

/// Documents that speak of files and tests there are not, and a map that is too long.
pub(crate) fn documents(file: &File, files: &[File]) -> Vec<Finding> {
    if !file.path.ends_with(".md") {
        return Vec::new();
    }
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let links = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let links =
            links.filter(|link| !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:"));
        for link in links {
            if !exists(files, &below(folder, link)) {
                found.push(file.finding(at + 1, format!("there is no {link}")));
            }
        }
        for name in line.split('`').skip(1).step_by(2).filter(|name| is_place(name)) {
            let (path, test) = name.split_once("::").map_or((name, None), |(path, test)| (path, Some(test)));
            let has_test = |test: &str| {
                let code = files.iter().find(|file| file.path == path);
                code.is_some_and(|file| words(&file.text, test).next().is_some())
            };
            if !exists(files, path) || !test.is_none_or(has_test) {
                found.push(file.finding(at + 1, format!("there is no {name}")));
            }
        }
    }
    let lines = file.text.lines().count();
    if file.path == "ARCHITECTURE.md" && lines > MAP_LINES {
        found.push(file.finding(MAP_LINES, format!("has {lines} lines, more than {MAP_LINES}")));
    }
    found
}

/// Whether a text set as code names a place in this repository.
fn is_place(name: &str) -> bool {
    const TOP: &[&str] = &[
        ".ci/",
        "crates/",
        "docs/",
        "end2end/",
        "migrations/",
        "public/",
        "src/",
        "style/",
        "tests/",
        "xtask/",
    ];
    TOP.iter().any(|top| name.starts_with(top)) && !name.contains([' ', '*', '<', '{', '…'])
}

fn below(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            ".." => _ = parts.pop(),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether there is such a text file, or, looked up on disk, such a folder or picture.
fn exists(files: &[File], path: &str) -> bool {
    let path = path.trim_end_matches('/');
    files.iter().any(|file| file.path == path) || Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists()
}

#[cfg(test)]
mod tests {
    use super::{documents, limit_variables, machine, migrations, settings, shared_keys};
    use crate::source::{File, repository};

    #[test]
    fn a_migration_of_one_database_alone_is_found() {
        let files = ["migrations/sqlite/1.sql", "migrations/postgres/1.sql", "migrations/sqlite/2.sql"];
        let files = files.map(|path| File::sample(path, ""));
        assert_eq!(
            (migrations(&files).len(), migrations(&files[..2]).len(), migrations(&[]).len()),
            (1, 0, 1)
        );
    }

    /// The repository's own files, one of them changed.
    fn with(path: &str, from: &str, to: &str) -> Vec<File> {
        let mut files = repository();
        let file = files.iter_mut().find(|file| file.path == path).expect(path);
        assert!(file.text.contains(from), "{path} lacks {from}");
        file.text = file.text.replace(from, to);
        files
    }

    #[test]
    fn a_setting_without_documentation_is_found() {
        let config = "crates/backend/src/config.rs";
        let found = settings(&with(
            config,
            "    \"registration\",\n",
            "    \"registration\",\n    \"secret-door\",\n",
        ));
        assert_eq!(found.len(), 2, "{found:?}");
        let found = settings(&with(config, "\"HARMONY_LOG\"", "\"HARMONY_SECRET_DOOR\""));
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(
            settings(&with("Leptos.toml", "event-retention-days = 7", "event-retention-days = 8")).len(),
            1
        );
    }

    #[test]
    fn a_limit_that_does_not_exist_is_found() {
        let text =
            concat!("HARMONY_LI", "MIT_SENDS_BURST=1 HARMONY_LI", "MIT_SENDS=1 HARMONY_LI", "MIT_<KEY>");
        assert_eq!(limit_variables(&File::sample("compose.yaml", text), &repository()).len(), 1);
    }

    #[test]
    fn a_key_that_build_and_instance_know_differently_is_found() {
        assert_eq!(
            shared_keys(&with("Leptos.toml", "site-pkg-dir = \"pkg\"", "site-pkg-dir = \"p\"")).len(),
            1
        );
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let path = concat!("see /wo", "rk/notes\nhttps://example.org/net", "work/a");
        assert_eq!(machine(&File::sample("README.md", path)).len(), 1);
        let lock = "source = \"registry+https://mirror.example/index\"\n";
        assert_eq!(machine(&File::sample("Cargo.lock", lock)).len(), 1);
    }

    #[test]
    fn a_document_that_speaks_of_nothing_is_found() {
        let files = [File::sample("src/lib.rs", "fn it_works() {}")];
        let text = "[a](src/gone.rs) `src/gone.rs` `src/lib.rs::it_fails`\n[b](../Cargo.toml#c) [d](https://e.f) \
                    `src/lib.rs::it_works` `src/<name>.rs` [g](#h)";
        assert_eq!(documents(&File::sample("docs/X.md", text), &files).len(), 3, "gone twice, and it_fails");
        assert_eq!(documents(&File::sample("ARCHITECTURE.md", &"a\n".repeat(151)), &files).len(), 1);
    }
}
