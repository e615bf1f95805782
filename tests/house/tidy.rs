//! Files one can read: with a purpose in the first line, short, well named, not buried in folders.

use crate::source::{Code, File, Finding, block, line_at, words};

/// Lines of a file. Beyond it there are two things in it.
const FILE_LINES: usize = 500;
/// Lines of code in a function's body, as clippy's `too_many_lines` counts them. Here again because clippy does not
/// look into what attribute macros make of components and server functions.
const FUNCTION_LINES: usize = 70;
/// Folders between `src` and a file.
const FOLDERS: usize = 2;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "common", "data", "helper", "helpers", "info", "manager", "managers", "misc", "server", "types", "util",
    "utils",
];
/// A community is a guild in code; what runs is the backend or the instance.
const GUILD_NAMES: &[&str] = &["ServerId", "server_id", "server_ids", "server_name"];

fn is_code(file: &File) -> bool {
    [".rs", ".ts", ".css", ".sql"].iter().any(|end| file.path.ends_with(end))
}

/// Rust files that do not begin by saying what they are for.
pub(crate) fn purpose(file: &File) -> Vec<Finding> {
    let first = file.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//! ").is_some_and(|text| !text.trim().is_empty());
    if !file.is_rust() || says {
        return Vec::new();
    }
    vec![file.finding(1, "does not begin with `//!` and what the file is for")]
}

/// Files that are too long.
pub(crate) fn length(file: &File) -> Vec<Finding> {
    let lines = file.text.lines().count();
    if !is_code(file) || lines <= FILE_LINES {
        return Vec::new();
    }
    vec![file.finding(FILE_LINES, format!("has {lines} lines, more than {FILE_LINES}"))]
}

/// Functions that are too long.
pub(crate) fn functions(file: &File) -> Vec<Finding> {
    if !file.is_rust() {
        return Vec::new();
    }
    let code = Code::of(&file.text).text;
    let mut found = Vec::new();
    for at in words(&code, "fn") {
        let Some(body) = body_of(&code[at..]) else { continue };
        // The line of each brace is not body.
        let lines = body.lines().filter(|line| !line.trim().is_empty()).count().saturating_sub(2);
        if lines > FUNCTION_LINES {
            let name = code[at + 2..].trim_start().split(|c: char| !super::source::is_word(c)).next();
            let what =
                format!("`{}` has {lines} lines, more than {FUNCTION_LINES}", name.unwrap_or_default());
            found.push(file.finding(line_at(&code, at), what));
        }
    }
    found
}

/// The block of a function, from its `fn` on; none for a declaration without one, and for a type.
fn body_of(text: &str) -> Option<&str> {
    let mut rest = text.strip_prefix("fn")?;
    if rest.trim_start().starts_with('(') {
        return None;
    }
    loop {
        let at = rest.find(['(', '[', '{', ';'])?;
        match rest[at..].chars().next()? {
            '(' | '[' => rest = &rest[at + block(&rest[at..]).len()..],
            '{' => return Some(block(&rest[at..])),
            _ => return None,
        }
    }
}

/// Names of files, folders and modules that say nothing, `mod.rs`, and folders too deep.
pub(crate) fn names(file: &File) -> Vec<Finding> {
    if !is_code(file) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let folders: Vec<&str> = file.path.split('/').rev().skip(1).collect();
    if EMPTY_NAMES.contains(&file.stem()) || folders.iter().any(|name| EMPTY_NAMES.contains(name)) {
        found.push(file.finding(1, "has a name that says nothing about its content"));
    }
    if file.path.ends_with("/mod.rs") {
        found.push(file.finding(1, "`foo.rs` stands beside `foo/`; there is no mod.rs"));
    }
    if file.is_rust() && folders.iter().position(|name| *name == "src").is_some_and(|depth| depth > FOLDERS) {
        found.push(file.finding(1, format!("is more than {FOLDERS} folders deep")));
    }
    if file.is_rust() {
        let code = Code::of(&file.text).text;
        for at in words(&code, "mod") {
            let name = code[at + 3..].trim_start().split(|c: char| !super::source::is_word(c)).next();
            if name.is_some_and(|name| EMPTY_NAMES.contains(&name)) {
                found
                    .push(file.finding(line_at(&code, at), "a module's name says nothing about its content"));
            }
        }
        for name in GUILD_NAMES {
            let places = words(&code, name).map(|at| line_at(&code, at));
            found.extend(places.map(|line| file.finding(line, format!("`{name}`: in code it is a guild"))));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{functions, length, names, purpose};
    use crate::source::File;

    #[test]
    fn a_file_without_a_purpose_is_found() {
        assert_eq!(purpose(&File::sample("src/a.rs", "use b::c;\n//! What this is for.\n")).len(), 1);
        assert_eq!(purpose(&File::sample("src/a.rs", "//!\n//! What this is for.\n")).len(), 1);
        assert_eq!(purpose(&File::sample("src/a.rs", "//! What this is for.\n")), []);
    }

    #[test]
    fn a_long_file_is_found() {
        assert_eq!(length(&File::sample("style/a.css", &"a {}\n".repeat(501))).len(), 1);
        assert_eq!(length(&File::sample("style/a.css", &"a {}\n".repeat(500))), []);
    }

    #[test]
    fn a_long_function_is_found() {
        let with = |lines: usize| {
            let signature =
                "pub async fn f<T: A, U>(a: [u8; 2], b: fn(u8) -> u8) -> impl B where T: C, U: D {\n";
            format!("trait E {{ fn g(); }}\n{signature}{}// not counted\n\n}}\n", "    a();\n".repeat(lines))
        };
        assert_eq!(functions(&File::sample("src/a.rs", &with(71))).len(), 1);
        assert_eq!(functions(&File::sample("src/a.rs", &with(70))), []);
    }

    #[test]
    fn a_name_that_says_nothing_is_found() {
        for path in [
            "src/utils.rs",
            "src/app/helpers/text.rs",
            "style/common.css",
            "src/app/mod.rs",
            "src/a/b/c/d.rs",
        ] {
            assert_eq!(names(&File::sample(path, "")).len(), 1, "{path}");
        }
        assert_eq!(names(&File::sample("src/a/b/c.rs", "mod info { } mod information;")).len(), 1);
        assert_eq!(names(&File::sample("src/a.rs", "let server_id = 1; // server_id")).len(), 1);
    }
}
