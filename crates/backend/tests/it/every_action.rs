//! No action without a test: all are read out of the source and looked for in these files.

use std::path::Path;

fn sources(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}

/// Noun and name of every action: the public functions that are given the state.
fn actions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (noun, source) in sources("src/actions") {
        for rest in source.split("pub async fn ").skip(1) {
            let (name, rest) = rest.split_once('(').unwrap();
            if rest.trim_start().starts_with("state: &AppState") {
                found.push((noun.clone(), name.to_owned()));
            }
        }
    }
    found
}

/// Whether a text calls an action, by its path or imported by name from its noun.
fn calls(test: &str, noun: &str, name: &str) -> bool {
    let by_path = test.contains(&format!("{noun}::{name}("));
    let imported = test.contains(&format!("actions::{noun}::"))
        && test.match_indices(name).any(|(at, _)| {
            let before = test[..at].chars().next_back();
            test[at + name.len()..].starts_with('(')
                && before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':' && c != '.')
        });
    by_path || imported
}

#[test]
fn every_action_is_called_by_some_test() {
    let all = actions();
    assert!(all.len() > 40, "{}", all.len());
    let tests: Vec<(String, String)> =
        sources("tests/it").into_iter().filter(|(file, _)| file != "every_action").collect();
    let untested: Vec<_> =
        all.iter().filter(|(noun, name)| !tests.iter().any(|(_, test)| calls(test, noun, name))).collect();
    assert!(untested.is_empty(), "{untested:?}");
    assert!(
        !tests.iter().any(|(_, test)| calls(test, "messages", "unsend")),
        "what does not exist is not found"
    );
}
