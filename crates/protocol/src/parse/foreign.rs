//! Words of foreign pages: nobody here wrote them, so what is not safe in them is taken out, not refused.

use super::{characters, is_unsafe_in_names};

/// The words in one line, without what lies about how it is shown, and at most `most` characters long; empty when nothing
/// is left that can be read.
pub fn from_foreign_page(text: &str, most: usize) -> String {
    let safe = text.chars().filter(|c| c.is_whitespace() || !is_unsafe_in_names(*c)).collect::<String>();
    let mut line = safe.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > most {
        let kept: String = line.chars().take(most.saturating_sub(1)).collect();
        line = [kept.trim_end(), "…"].concat();
    }
    if line.chars().all(characters::is_invisible) || characters::has_stacked_marks(&line) {
        return String::new();
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::from_foreign_page;
    use crate::parse::is_unsafe_in_names;

    #[test]
    fn what_is_not_safe_is_taken_out() {
        for (said, line) in [
            ("A title", "A title"),
            ("  two\n\n words\t", "two words"),
            ("bank\u{202E}\u{0} exe\u{200B}", "bank exe"),
            ("\u{2066}\u{200D}\u{2069}", ""),
            ("Z\u{301}\u{301}\u{301}\u{301}\u{301}algo", ""),
            ("", ""),
            ("1234567890", "1234567890"),
            ("12345678 0123", "12345678…"),
        ] {
            assert_eq!(from_foreign_page(said, 10), line, "{said:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_unsafe_or_too_long_is_left(said in any::<String>(), most in 1_usize..40) {
            let line = from_foreign_page(&said, most);
            prop_assert!(line.chars().count() <= most);
            prop_assert!(!line.chars().any(is_unsafe_in_names));
        }
    }
}
