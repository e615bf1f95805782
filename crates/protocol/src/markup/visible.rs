//! The text of a message as a page shows it, without its markup: what is found in it by searching.

use super::{Block, Inline, List, parse};

/// What a message shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visible {
    /// All its texts, also those of spoilers, code and links. Where lines end or somebody is mentioned, words end too. The
    /// address behind another text follows it.
    pub text: String,
    /// Bytes at which one text node of the page ends and the next begins, rising.
    pub seams: Vec<usize>,
    /// Whether there is a link.
    pub has_link: bool,
}

/// What a page shows of a text.
pub fn visible(source: &str) -> Visible {
    let mut seen = Visible::default();
    seen.blocks(&parse(source).blocks);
    seen
}

impl Visible {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Paragraph(content) | Block::Heading { content, .. } => self.inlines(content),
                Block::Quote(inner) => self.blocks(inner),
                Block::List(list) => self.list(list),
                Block::Code { text, .. } => self.push(text),
            }
            self.push("\n");
        }
    }

    fn list(&mut self, list: &List) {
        for item in &list.items {
            self.inlines(&item.content);
            self.push("\n");
            for list in &item.children {
                self.list(list);
            }
        }
    }

    fn inlines(&mut self, content: &[Inline]) {
        for inline in content {
            match inline {
                Inline::Text(text) | Inline::Code(text) => self.push(text),
                Inline::Break => self.push("\n"),
                Inline::Bold(inner) | Inline::Italic(inner) | Inline::Underline(inner) => self.inlines(inner),
                Inline::Strike(inner) | Inline::Spoiler(inner) => self.inlines(inner),
                Inline::Link { url, content } => {
                    self.has_link = true;
                    let from = self.text.len();
                    self.inlines(content);
                    let is_shown = self.text.get(from..).is_some_and(|shown| shown.eq_ignore_ascii_case(url));
                    if !is_shown {
                        self.push(" ");
                        self.push(url);
                        self.push(" ");
                    }
                }
                Inline::User(_) | Inline::Channel(_) | Inline::Role(_) => self.push(" "),
                Inline::Everyone | Inline::Here => self.push(inline.call().unwrap_or_default()),
            }
        }
    }

    fn push(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.seams.push(self.text.len());
        }
        self.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::visible;

    #[test]
    fn markup_is_gone_and_its_text_is_there() {
        let words = |source: &str| {
            visible(source).text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words("un**believ**able ||hidden|| `code`"), "unbelievable hidden code");
        assert_eq!(
            words("# Title\n> quoted\n- one\n  - two\n```rust\nfn main() {}\n```"),
            "Title quoted one two fn main() {}"
        );
        assert_eq!(words("ask <@123456> in <#99>"), "ask in");
        assert_eq!(words("see [the notes](https://example.com/a)"), "see the notes https://example.com/a");
        assert_eq!(words("see HTTPS://example.com/a now"), "see HTTPS://example.com/a now");
    }

    #[test]
    fn a_link_is_noticed_where_the_page_shows_one() {
        assert!(visible("see https://example.com").has_link && visible("[a](https://example.com)").has_link);
        assert!(!visible("`https://example.com` and ftp://example.com").has_link);
    }

    proptest! {
        #[test]
        fn seams_are_places_in_the_text(source in any::<String>()) {
            let seen = visible(&source);
            prop_assert!(seen.seams.is_sorted());
            prop_assert!(seen.seams.iter().all(|at| seen.text.is_char_boundary(*at)));
        }
    }
}
