//! The links of a message whose targets are to be shown with it.

use super::{Block, Inline, List, blocks, scan};

/// Where the links of a text lead that are to be shown with what is behind them, in order, without those that came before.
/// Not those in angle brackets, whose author wants nothing shown, and not those in spoilers, which it would give away.
pub fn shown_links(source: &str) -> Vec<String> {
    let mut notes = scan::Notes::default();
    let mut found = Vec::new();
    in_blocks(&blocks::read(source, &mut notes), &mut found);
    for bare_only in notes.bare_only {
        if let Some(at) = found.iter().position(|url| *url == bare_only) {
            found.remove(at);
        }
    }
    let mut links: Vec<String> = Vec::new();
    for url in found {
        if !links.contains(&url) {
            links.push(url);
        }
    }
    links
}

fn in_blocks(blocks: &[Block], found: &mut Vec<String>) {
    for block in blocks {
        match block {
            Block::Paragraph(content) | Block::Heading { content, .. } => in_line(content, found),
            Block::Quote(inner) => in_blocks(inner, found),
            Block::List(list) => in_list(list, found),
            Block::Code { .. } => {}
        }
    }
}

fn in_list(list: &List, found: &mut Vec<String>) {
    for item in &list.items {
        in_line(&item.content, found);
        item.children.iter().for_each(|list| in_list(list, found));
    }
}

fn in_line(content: &[Inline], found: &mut Vec<String>) {
    for inline in content {
        match inline {
            Inline::Link { url, .. } => found.push(url.clone()),
            Inline::Bold(inner)
            | Inline::Italic(inner)
            | Inline::Underline(inner)
            | Inline::Strike(inner) => {
                in_line(inner, found);
            }
            Inline::Text(_)
            | Inline::Break
            | Inline::Code(_)
            | Inline::Spoiler(_)
            | Inline::User(_)
            | Inline::Channel(_)
            | Inline::Role(_)
            | Inline::Everyone
            | Inline::Here => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::shown_links;

    #[test]
    fn links_are_found_where_their_author_wants_them_shown() {
        for (text, links) in [
            (
                "see https://a.example and HTTP://b.example/x.",
                vec!["https://a.example", "http://b.example/x"],
            ),
            ("**https://a.example** and again https://a.example", vec!["https://a.example"]),
            ("[the notes](https://a.example/n)", vec!["https://a.example/n"]),
            (
                "- one https://a.example\n  - two https://b.example",
                vec!["https://a.example", "https://b.example"],
            ),
            ("> https://a.example", vec!["https://a.example"]),
            ("<https://a.example>", vec![]),
            ("[the notes](<https://a.example/n>)", vec![]),
            ("[the notes]( <https://a.example/n> )", vec![]),
            ("<https://a.example> but https://b.example", vec!["https://b.example"]),
            ("`https://a.example`", vec![]),
            ("```\nhttps://a.example\n```", vec![]),
            ("||https://a.example||", vec![]),
            ("ftp://a.example mailto:a@a.example javascript:alert(1)", vec![]),
            ("https://user:pass@a.example", vec![]),
            ("nothing", vec![]),
        ] {
            assert_eq!(shown_links(text), links, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_text_links_are_of_the_web_and_stand_once(source in any::<String>()) {
            let links = shown_links(&source);
            prop_assert!(links.iter().all(|url| url.starts_with("http://") || url.starts_with("https://")));
            prop_assert!((1..links.len()).all(|at| !links[..at].contains(&links[at])));
        }
    }
}
