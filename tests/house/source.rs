//! Files as the rules see them: Rust code without its comments, texts apart from code, paths written out.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A file of the repository.
pub(crate) struct File {
    /// Below the root, with `/`.
    pub(crate) path: String,
    /// Its content.
    pub(crate) text: String,
    /// Whether it is only ever compiled into a test.
    pub(crate) is_test: bool,
}

/// What a rule dislikes, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

impl File {
    /// A made-up file, for showing a rule what it has to find.
    pub(crate) fn sample(path: &str, text: &str) -> Self {
        let is_test = is_test_path(path);
        Self { path: path.to_owned(), text: text.to_owned(), is_test }
    }

    pub(crate) fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, what: what.into() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The file's name up to its first dot.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }
}

/// What lies in a checkout and is not written by anybody.
const FOREIGN: &[&str] = &[".git", "data", "end2end/playwright-report", "end2end/test-results", "target"];

/// Every text file of the repository.
pub(crate) fn repository() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(root, root, &mut files);
    let tests: Vec<String> = files.iter().flat_map(test_modules).collect();
    for file in &mut files {
        file.is_test |= tests.contains(&file.path);
    }
    assert!(files.iter().filter(|file| file.is_rust()).count() > 100, "the walk lost its way");
    files
}

/// Integration tests, and the crate whose only purpose is to be used by them.
fn is_test_path(path: &str) -> bool {
    path.starts_with("tests/") || path.starts_with("crates/rig/") || path.contains("/tests/")
}

/// The files that `#[cfg(test)] mod name;` in this one brings in.
fn test_modules(file: &File) -> Vec<String> {
    let folder = match file.stem() {
        "lib" | "main" => file.path.rsplit_once('/').map_or("", |(folder, _)| folder),
        _ => file.path.trim_end_matches(".rs"),
    };
    let marked = file.text.split("#[cfg(test)]").skip(1);
    let names = marked.filter_map(|rest| rest.trim_start().strip_prefix("mod ")?.split_once(';'));
    let names = names.map(|(name, _)| name).filter(|name| name.chars().all(is_word));
    names.map(|name| format!("{folder}/{name}.rs")).collect()
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let below = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        if FOREIGN.contains(&below.as_str()) || below.ends_with("node_modules") {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let is_test = is_test_path(&below);
            files.push(File { path: below, text, is_test });
        }
    }
}

/// Rust code taken apart.
pub(crate) struct Code {
    /// The text with every comment replaced by spaces and every character inside a literal by `·`; lines stay.
    pub(crate) text: String,
    /// The line and the content of every text literal.
    pub(crate) literals: Vec<(usize, String)>,
}

impl Code {
    pub(crate) fn of(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut code = Self { text: String::with_capacity(text.len()), literals: Vec::new() };
        let mut at = 0;
        while at < chars.len() {
            at = code.take(&chars, at);
        }
        code
    }

    /// Takes what begins at `at`; returns where the next thing does.
    fn take(&mut self, chars: &[char], at: usize) -> usize {
        let next = chars.get(at + 1).copied();
        match chars[at] {
            '/' if next == Some('/') => {
                let end = position(chars, at, |c| c == '\n');
                self.blank(&chars[at..end], ' ');
                end
            }
            '/' if next == Some('*') => {
                let end = end_of_comment(chars, at);
                self.blank(&chars[at..end], ' ');
                end
            }
            '"' => self.literal(chars, at, None),
            'r' if !self.text.ends_with(is_word) || self.text.ends_with(['b', 'c']) => {
                let quote = position(chars, at + 1, |c| c != '#');
                if chars.get(quote) == Some(&'"') {
                    self.text.extend(&chars[at..quote]);
                    self.literal(chars, quote, Some(quote - at - 1))
                } else {
                    self.text.push('r');
                    at + 1
                }
            }
            '\'' if next == Some('\\') || chars.get(at + 2) == Some(&'\'') => {
                let end = position(chars, at + 3, |c| c == '\'').saturating_add(1);
                let end = if next == Some('\\') { end } else { at + 3 };
                self.blank(&chars[at..end.min(chars.len())], '·');
                end
            }
            c => {
                self.text.push(c);
                at + 1
            }
        }
    }

    /// A literal whose first quote is at `at`; with `hashes` a raw one.
    fn literal(&mut self, chars: &[char], at: usize, hashes: Option<usize>) -> usize {
        let mut end = at + 1;
        let closes = |end: usize| {
            let hashes = hashes.unwrap_or(0);
            chars[end] == '"'
                && chars[end + 1..].iter().take_while(|c| **c == '#').take(hashes).count() == hashes
        };
        while end < chars.len() && !closes(end) {
            end += if chars[end] == '\\' && hashes.is_none() { 2 } else { 1 };
        }
        let end = end.min(chars.len());
        let line = line_at(&self.text, self.text.len());
        self.literals.push((line, chars[at + 1..end].iter().collect()));
        self.text.push('"');
        self.blank(&chars[at + 1..end], '·');
        self.text.push('"');
        end + 1
    }

    fn blank(&mut self, chars: &[char], with: char) {
        self.text.extend(chars.iter().map(|c| if *c == '\n' { '\n' } else { with }));
    }

    /// The same without what is compiled for tests only: every `#[cfg(test)]` with the block that follows.
    pub(crate) fn without_tests(&self) -> String {
        const MARK: &str = "#[cfg(test)]";
        let mut text = self.text.clone();
        while let Some(start) = text.find(MARK) {
            let rest = &text[start..];
            let opening = rest.find(['{', ';']).unwrap_or(rest.len());
            let length = match rest[opening..].chars().next() {
                Some('{') => opening + block(&rest[opening..]).len(),
                _ => opening,
            };
            let blanked: String =
                rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            text.replace_range(start..start + length, &blanked);
        }
        text
    }
}

fn position(chars: &[char], from: usize, is_end: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|at| is_end(chars[*at])).unwrap_or(chars.len())
}

/// Comments may hold comments.
fn end_of_comment(chars: &[char], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

/// The text from an opening bracket to the one that closes it.
pub(crate) fn block(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at + c.len_utf8()];
        }
    }
    text
}

/// The line number of a place in a text.
pub(crate) fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Every place where `word` stands alone.
pub(crate) fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| !text[..*at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word))
}

/// Every path of two names or more in code, groups written out: `a::{b, c::d}` is `a::b` and `a::c::d`.
pub(crate) fn paths(code: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (code, 1);
    while let Some(start) = rest.find(is_word) {
        line += rest[..start].matches('\n').count();
        let mut tree = Vec::new();
        let after = path(&rest[start..], &[], &mut tree);
        // `pub(in a::b)` says who may look in, not where this looks.
        let is_scope = code[..code.len() - rest.len() + start].ends_with("(in ");
        found.extend(tree.into_iter().filter(|path| path.len() > 1 && !is_scope).map(|path| (line, path)));
        line += rest[start..rest.len() - after.len()].matches('\n').count();
        rest = after;
    }
    found
}

/// Reads one path, or the whole group it ends with, into `found`; returns what follows.
fn path<'t>(text: &'t str, before: &[String], found: &mut Vec<Vec<String>>) -> &'t str {
    let mut names = before.to_vec();
    let mut rest = text;
    loop {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        names.push(rest[..length].to_owned());
        rest = &rest[length..];
        let Some(after) = rest.strip_prefix("::") else { break };
        if after.starts_with('{') {
            let group = block(after);
            let mut inner = &group[1..group.len().saturating_sub(1)];
            while let Some(start) = inner.find(is_word) {
                inner = path(&inner[start..], &names, found);
                // What follows up to the comma is `as name`.
                inner = inner.find(',').map_or("", |comma| &inner[comma..]);
            }
            return &after[group.len()..];
        }
        if !after.starts_with(is_word) {
            rest = after;
            break;
        }
        rest = after;
    }
    found.push(names);
    rest
}

#[cfg(test)]
mod tests {
    use super::{Code, File, paths, test_modules};

    #[test]
    fn comments_and_texts_are_not_code() {
        let code = Code::of("a // \"b\"\n\"c \\\" // d\" 'e' '\\'' <'f> r#\"g\"h\"# /* i /* j */ k */ l");
        assert_eq!(code.literals, [(2, "c \\\" // d".to_owned()), (2, "g\"h".to_owned())]);
        assert_eq!(code.text.split_whitespace().next(), Some("a"));
        assert!(code.text.contains("<'f>") && code.text.ends_with(" l"));
        assert!(!code.text.contains(['b', 'c', 'd', 'e', 'g', 'h', 'i', 'j', 'k']));
    }

    #[test]
    fn what_only_tests_see_can_be_left_out() {
        let code =
            Code::of("one\n#[cfg(test)]\nmod tests { fn two() { } }\nthree\n#[cfg(test)]\nmod four;\nfive");
        let left: Vec<String> = code.without_tests().split_whitespace().map(str::to_owned).collect();
        assert_eq!(left, ["one", "three", ";", "five"]);
    }

    #[test]
    fn a_module_only_tests_see_is_known_by_its_declaration() {
        let parent =
            File::sample("src/app/store.rs", "mod a;\n#[cfg(test)]\nmod b;\n#[cfg(test)]\nmod c { }\n");
        assert_eq!(test_modules(&parent), ["src/app/store/b.rs"]);
    }

    #[test]
    fn groups_of_paths_are_written_out() {
        let found = paths("use a::{b, c::{d, self}, e as f};\nlet g = h::i::<J>(k); pub(in l::m) n");
        let found: Vec<(usize, String)> =
            found.into_iter().map(|(line, path)| (line, path.join("::"))).collect();
        let expected = [(1, "a::b"), (1, "a::c::d"), (1, "a::c::self"), (1, "a::e"), (2, "h::i")];
        assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
    }
}
