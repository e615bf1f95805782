//! Names of files, which come from the disks of others: what is not safe in one is replaced, not refused, because nobody
//! wants to rename a file in order to show it.

use super::{FileName, characters, is_unsafe_in_names};
use crate::limits::FILE_NAME_BYTES;

/// Stands for what is not safe.
const INSTEAD: char = '_';
/// What a file without a name is called.
const NAMELESS: &str = "file";
/// Bytes of an ending that is kept when a name is shortened, with its dot: `.jpeg`, `.tar.gz`. What is longer is no ending.
const ENDING_BYTES: usize = 16;

impl FileName {
    /// Takes a name as a browser says it: without the path before it, without what lies about how it is shown, and at most
    /// [`FILE_NAME_BYTES`] long, its ending kept.
    pub fn from_claimed(text: &str) -> Self {
        let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let safe: String = name.chars().map(|c| if is_unsafe_in_names(c) { INSTEAD } else { c }).collect();
        // A dot before it hides a file, one behind it is lost on some systems.
        let safe = safe.trim_matches(is_edge);
        let is_blank = safe.chars().all(|c| c == INSTEAD || characters::is_invisible(c));
        if is_blank || characters::has_stacked_marks(safe) {
            return Self(NAMELESS.to_owned());
        }
        Self(shortened(safe))
    }

    /// The same name with an ending, unless it has one of these. The first is the one that is added.
    #[must_use]
    pub fn with_ending(self, endings: &[&str]) -> Self {
        let ending = self.0.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        let has_one = ending.is_some_and(|ending| endings.contains(&ending.as_str()));
        match endings.first() {
            Some(first) if !has_one => Self(shortened(&format!("{}.{first}", self.0))),
            _ => self,
        }
    }
}

fn is_edge(c: char) -> bool {
    c.is_whitespace() || c == '.'
}

fn shortened(name: &str) -> String {
    if name.len() <= FILE_NAME_BYTES {
        return name.to_owned();
    }
    let from = name.rfind('.').filter(|at| name.len() - at <= ENDING_BYTES).unwrap_or(name.len());
    let (stem, ending) = name.split_at(from);
    let stem = &stem[..stem.floor_char_boundary(FILE_NAME_BYTES - ending.len())];
    format!("{}{ending}", stem.trim_end_matches(is_edge))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FILE_NAME_BYTES, FileName};

    #[test]
    fn what_a_name_may_not_hold_is_replaced() {
        for (claimed, name) in [
            ("photo.JPG", "photo.JPG"),
            (" two words.txt ", "two words.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ana\\cat.png", "cat.png"),
            ("/", "file"),
            ("..", "file"),
            ("", "file"),
            ("\u{200B}\u{202E}", "file"),
            (".env", "env"),
            ("cat\u{202E}gnp.exe", "cat_gnp.exe"),
            ("a\r\nSet-Cookie: b", "a__Set-Cookie: b"),
            ("nul\0l.txt", "nul_l.txt"),
            ("Größe 東京 👍.pdf", "Größe 東京 👍.pdf"),
        ] {
            assert_eq!(FileName::from_claimed(claimed).as_str(), name, "{claimed:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let long = FileName::from_claimed(&format!("{}.jpeg", "é".repeat(300)));
        assert!(long.as_str().ends_with("é.jpeg") && long.as_str().len() <= FILE_NAME_BYTES);
        let longer = long.with_ending(&["png"]);
        assert!(longer.as_str().ends_with(".png") && longer.as_str().len() <= FILE_NAME_BYTES);
        let no_ending = FileName::from_claimed(&format!("a.{}", "b".repeat(400)));
        assert_eq!(no_ending.as_str().len(), FILE_NAME_BYTES);
    }

    #[test]
    fn the_ending_says_what_a_file_is() {
        let named =
            |name: &str, endings: &[&str]| FileName::from_claimed(name).with_ending(endings).into_string();
        assert_eq!(named("cat.JPEG", &["jpg", "jpeg"]), "cat.JPEG");
        assert_eq!(named("cat.html", &["jpg", "jpeg"]), "cat.html.jpg");
        assert_eq!(named("cat", &["png"]), "cat.png");
        assert_eq!(named("cat.exe", &[]), "cat.exe");
    }

    proptest! {
        #[test]
        fn whatever_is_claimed_the_name_is_safe_and_stays_as_it_is(text in any::<String>()) {
            let name = FileName::from_claimed(&text);
            prop_assert!(!name.as_str().is_empty() && name.as_str().len() <= FILE_NAME_BYTES);
            let is_bad = |c: char| super::is_unsafe_in_names(c) || c == '/' || c == '\\';
            prop_assert!(!name.as_str().contains(is_bad) && !name.as_str().starts_with('.'));
            prop_assert_eq!(FileName::from_claimed(name.as_str()), name);
        }
    }
}
