//! Texts written to break something: what holds for any of them, and what the worst of them cost.

use std::hint::black_box;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::tests::show;
use super::{
    Block, Inline, List, MAX_DEPTH, Named, candidate_names, excerpt, mentions, parse, quotation,
    resolve_names, unresolve_names,
};
use crate::{ChannelId, RoleId, UserId, limits};

/// Everything visible, and everything the tree keeps apart from it, in the order of the source.
fn flatten(blocks: &[Block], out: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph(content) | Block::Heading { content, .. } => flatten_inlines(content, out),
            Block::Quote(inner) => flatten(inner, out),
            Block::List(list) => flatten_list(list, out),
            Block::Code { language, text } => {
                out.push_str(language.as_deref().unwrap_or_default());
                out.push_str(text);
            }
        }
    }
}

fn flatten_list(list: &List, out: &mut String) {
    for item in &list.items {
        flatten_inlines(&item.content, out);
        for list in &item.children {
            flatten_list(list, out);
        }
    }
}

fn flatten_inlines(content: &[Inline], out: &mut String) {
    for inline in content {
        match inline {
            Inline::Text(text) | Inline::Code(text) => out.push_str(text),
            Inline::Break => out.push('\n'),
            Inline::Bold(inner) | Inline::Italic(inner) | Inline::Underline(inner) => {
                flatten_inlines(inner, out)
            }
            Inline::Strike(inner) | Inline::Spoiler(inner) => flatten_inlines(inner, out),
            Inline::Link { url, content } => {
                flatten_inlines(content, out);
                if !matches!(content.as_slice(), [Inline::Text(text)] if text.eq_ignore_ascii_case(url)) {
                    out.push_str(url);
                }
            }
            Inline::User(_) | Inline::Channel(_) | Inline::Role(_) => {}
            Inline::Everyone | Inline::Here => out.push_str(inline.call().unwrap_or_default()),
        }
    }
}

fn depth(blocks: &[Block]) -> usize {
    let list_depth = |list: &List| depth_of_list(list);
    let of_block = |block: &Block| match block {
        Block::Paragraph(content) | Block::Heading { content, .. } => depth_of_inlines(content),
        Block::Quote(inner) => 1 + depth(inner),
        Block::List(list) => list_depth(list),
        Block::Code { .. } => 1,
    };
    blocks.iter().map(of_block).max().unwrap_or(0)
}

fn depth_of_list(list: &List) -> usize {
    let of_item = |item: &super::Item| {
        let children = item.children.iter().map(depth_of_list).max().unwrap_or(0);
        depth_of_inlines(&item.content).max(children)
    };
    1 + list.items.iter().map(of_item).max().unwrap_or(0)
}

fn depth_of_inlines(content: &[Inline]) -> usize {
    let of_inline = |inline: &Inline| match inline {
        Inline::Bold(inner) | Inline::Italic(inner) | Inline::Underline(inner) => 1 + depth_of_inlines(inner),
        Inline::Strike(inner) | Inline::Spoiler(inner) => 1 + depth_of_inlines(inner),
        Inline::Link { content, .. } => 1 + depth_of_inlines(content),
        _ => 1,
    };
    content.iter().map(of_inline).max().unwrap_or(0)
}

/// Two texts next to each other, an empty node, a link within a link: whatever a renderer need not expect.
fn is_tidy(content: &[Inline], in_link: bool) -> bool {
    let apart = content.windows(2).all(|two| !matches!(two, [Inline::Text(_), Inline::Text(_)]));
    apart
        && !content.is_empty()
        && content.iter().all(|inline| match inline {
            Inline::Text(text) | Inline::Code(text) => !text.is_empty(),
            Inline::Bold(inner) | Inline::Italic(inner) | Inline::Underline(inner) => is_tidy(inner, in_link),
            Inline::Strike(inner) | Inline::Spoiler(inner) => is_tidy(inner, in_link),
            Inline::Link { url, content } => {
                !in_link
                    && is_tidy(content, true)
                    && (url.starts_with("https://") || url.starts_with("http://"))
            }
            Inline::User(_) | Inline::Channel(_) | Inline::Role(_) => !in_link,
            Inline::Everyone | Inline::Here => !in_link,
            Inline::Break => true,
        })
}

fn are_tidy(blocks: &[Block]) -> bool {
    fn is_list_tidy(list: &List) -> bool {
        let tidy =
            |item: &super::Item| is_tidy(&item.content, false) && item.children.iter().all(is_list_tidy);
        !list.items.is_empty() && list.items.iter().all(tidy)
    }
    blocks.iter().all(|block| match block {
        Block::Paragraph(content) => is_tidy(content, false),
        Block::Heading { level, content } => (1..=3).contains(level) && is_tidy(content, false),
        Block::Quote(inner) => {
            !inner.is_empty() && are_tidy(inner) && !inner.iter().any(|b| matches!(b, Block::Quote(_)))
        }
        Block::List(list) => is_list_tidy(list),
        Block::Code { language, text } => !text.is_empty() && language.as_deref() != Some(""),
    })
}

fn users_in(blocks: &[Block]) -> Vec<UserId> {
    let shown = show(blocks);
    let ids = shown.split("<user ").skip(1).filter_map(|rest| rest.split('>').next()?.parse().ok());
    let mut users = Vec::new();
    for id in ids {
        if !users.contains(&id) {
            users.push(id);
        }
    }
    users
}

fn find_user(name: &str) -> Option<UserId> {
    UserId::new(["ana", "b.ob", "_x_"].iter().position(|known| *known == name)? as i64 + 1)
}

fn name_user(id: UserId) -> Option<String> {
    ["ana", "b.ob", "_x_"].get(usize::try_from(id.get()).ok()?.checked_sub(1)?).map(|name| (*name).to_owned())
}

fn find_channel(name: &str) -> Option<ChannelId> {
    ChannelId::new(["general", "a-b_c"].iter().position(|known| *known == name)? as i64 + 1)
}

fn name_channel(id: ChannelId) -> Option<String> {
    ["general", "a-b_c"].get(usize::try_from(id.get()).ok()?.checked_sub(1)?).map(|name| (*name).to_owned())
}

fn roles() -> [(RoleId, String); 2] {
    [(RoleId::from_trusted(1), "mods".to_owned()), (RoleId::from_trusted(2), "night crew".to_owned())]
}

fn name_role(id: RoleId) -> Option<String> {
    roles().into_iter().find(|(role, _)| *role == id).map(|(_, name)| name)
}

fn name(named: Named) -> Option<String> {
    match named {
        Named::User(id) => name_user(id),
        Named::Channel(id) => name_channel(id),
        Named::Role(id) => name_role(id),
    }
}

fn resolved(text: &str) -> String {
    resolve_names(text, &mut find_user, &mut find_channel, &roles())
}

fn unresolved(text: &str) -> String {
    unresolve_names(text, &mut name_user, &mut name_channel, &mut name_role)
}

#[rustfmt::skip]
const PARTS: &[&str] = &[
    "*", "**", "***", "_", "__", "~~", "||", "`", "``", "```", "````", "\n", "\n\n", "\n> ", "\n>>> ", "\n- ",
    "\n  - ", "\n    - ", "\n1. ", "\n# ", "\n   ", "[", "]", "](https://a.org)", "](", ")", "(", "<", ">",
    "https://a.org", "http://", "/b", "<@1>", "<@2>", "<@3>", "<#1>", "<#2>", "@ana", "@b.ob", "@_x_",
    "<@&1>", "<@&2>", "@mods", "@Night Crew", "@everyone", "@here",
    "#general", "#a-b_c", "\\", "@", "#", "!", ".", ",", "a.org", "rust\n", "😀", "é", "語", "\t", "\u{200B}",
    "\u{202E}",
];

/// Texts made of what means something, so that every rule meets every other.
fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(PARTS).prop_map(String::from),
        3 => "[a-z ]{1,4}".prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat().replace('\r', ""))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_text_becomes_a_tidy_tree_that_nests_no_deeper_than_promised(source in texts()) {
        let blocks = parse(&source).blocks;
        prop_assert!(depth(&blocks) <= MAX_DEPTH);
        prop_assert!(are_tidy(&blocks), "{}", show(&blocks));
        prop_assert_eq!(users_in(&blocks), mentions(&source).users);
    }

    #[test]
    fn no_character_is_lost_but_markers_and_none_is_invented(source in texts()) {
        // A masked link that shows its own address cannot be told from a bare one in the tree.
        let parts: Vec<&str> = source.split("](").collect();
        let shows_address = |before: &&str| {
            before.rsplit(['[', ' ', '\n']).next().is_some_and(|word| word.contains("://"))
        };
        prop_assume!(!parts.iter().rev().skip(1).any(shows_address));
        let mut flat = String::new();
        flatten(&parse(&source).blocks, &mut flat);
        let letters = |text: &str| {
            let text = text.to_ascii_lowercase();
            let is_letter = |c: &char| c.is_alphabetic() || !c.is_ascii() && !c.is_whitespace();
            text.chars().filter(is_letter).collect::<String>()
        };
        prop_assert_eq!(letters(&flat), letters(&source));
        // What was left out is what the dialect uses, digits of ids and numbers, and white space.
        let (flat, source) = (flat.to_ascii_lowercase(), source.to_ascii_lowercase());
        let mut shown = flat.chars().filter(|c| !c.is_whitespace()).peekable();
        for c in source.chars() {
            if shown.next_if_eq(&c).is_none() {
                let may_go = c.is_whitespace() || c.is_ascii_digit() || "*_~|`>#-.[]()<\\@!&".contains(c);
                prop_assert!(may_go, "{c:?} is lost");
            }
        }
        prop_assert_eq!(shown.next(), None);
    }

    #[test]
    fn any_characters_at_all_are_read_without_a_panic(source in any::<String>()) {
        let blocks = parse(&source).blocks;
        prop_assert!(depth(&blocks) <= MAX_DEPTH);
        candidate_names(&source);
    }

    #[test]
    fn a_stored_text_survives_the_edit_box(source in texts()) {
        let stored = resolved(&source);
        prop_assert_eq!(resolved(&unresolved(&stored)), stored);
    }

    #[test]
    fn a_resolved_name_is_a_mention(source in texts()) {
        let mut found = Vec::new();
        let mut find = |name: &str| find_user(name).inspect(|id| found.push(*id));
        let stored = resolve_names(&source, &mut find, &mut find_channel, &[]);
        let mentioned = mentions(&stored).users;
        prop_assert!(found.iter().all(|id| mentioned.contains(id)), "{stored:?}");
    }

    #[test]
    fn no_name_is_asked_for_that_was_not_a_candidate(source in texts()) {
        let mut users = Vec::new();
        let mut channels = Vec::new();
        resolve_names(
            &source,
            &mut |name| { users.push(name.to_owned()); None },
            &mut |name| { channels.push(name.to_owned()); None },
            &roles(),
        );
        let names = candidate_names(&source);
        let is_known = |known: &[String], name: &String| {
            known.len() == limits::MENTIONS_PER_MESSAGE || known.contains(name)
        };
        prop_assert!(users.iter().all(|name| is_known(&names.users, name)));
        prop_assert!(channels.iter().all(|name| is_known(&names.channels, name)));
    }
}

#[test]
fn the_deepest_nest_is_as_deep_as_promised() {
    let lists: String = (0..5).map(|depth| format!("> {}- x\n", "  ".repeat(depth))).collect();
    let formats = ["**", "*", "__", "_", "~~", "||"];
    let open: String = formats.iter().map(|mark| format!("{mark}a ")).collect();
    let close: String = formats.iter().rev().map(|mark| format!(" a{mark}")).collect();
    let text = format!("{lists}> {}- {open}[x](https://a.org){close}", "  ".repeat(5));
    assert_eq!(depth(&parse(&text).blocks), 1 + 5 + formats.len() + 2);
    assert_eq!(MAX_DEPTH, 16);
    for repeated in ["> ", ">>> ", "- ", "**a *b __c _d ~~e ||f ", "[", "  - a\n    - b\n"] {
        for text in [repeated.repeat(1_000), format!("{0}x{0}", repeated.repeat(1_000))] {
            assert!(depth(&parse(&text).blocks) <= MAX_DEPTH, "{repeated:?}");
        }
    }
}

const HOSTILE: &[&str] = &[
    "*",
    "_",
    "~",
    "|",
    "`",
    ">",
    "#",
    "-",
    "[",
    "]",
    "(",
    ")",
    "<",
    "\\",
    "@",
    "\n",
    " ",
    "\t",
    "h",
    "😀",
    "**a ",
    "*a ",
    "* ",
    "a*",
    "_a",
    "a_ ",
    "__a",
    "~~a ",
    "||a",
    "***a",
    "*a **b ",
    "**a *b ~~c ||d __e _f ",
    "[a",
    "[[",
    "](",
    "[a](",
    "[a](http://",
    "[a](http://b",
    "[a](<http://b",
    "[a](http://b(",
    "[a](https://a.org",
    "[a](https://a.org)",
    "[[[[a](http://a.b",
    "[bank.org](https://a.org)",
    "]](https://a.org)",
    "[ ](https://a.org)",
    "http://",
    "http://a",
    "http://a.b/*",
    "http://@",
    "https://a.b ",
    "**https://a.b/",
    "_https://a.b/_",
    "||http://a.b/|",
    "<http://",
    "<http://a",
    "<@",
    "<@1",
    "<@1>",
    "<#12345",
    "`a",
    "``a",
    "` `` ",
    "\\`` ",
    "\\`` ```a``` ",
    "```a",
    "```a\n",
    "```a``` ",
    "```\n",
    "```` ``` ",
    "`````````` ````````` ",
    "> a\n",
    "> \n",
    ">\n",
    ">>> ",
    ">>> a\n",
    ">>> \n",
    "> ```\n",
    "> `a\n",
    "> - a\n",
    "- a\n",
    "- a\n\n",
    "  - a\n",
    "- `a\n",
    "- ``` a\n",
    "1. a\n",
    "1. a\n- b\n",
    "# a\n",
    "# `a\n",
    "\n\na",
    "   \n",
    "a\n",
    "`\na",
    "`a\n\n",
    "@ana",
    "@ana ",
    "@a.",
    "#a",
    "-#a",
    "#a,",
    "#!",
    "#a!",
    "@....",
    "@____",
    "<@1>.",
    "<@&1> ",
    "@night crew ",
    "@everyone ",
    "<#1>!",
    "<#1> ",
    "||a||",
    "||a|| ",
    "&#",
    "\u{200B}",
    ".a",
];

/// Everything a message goes through.
fn read_in_every_way(text: &str) -> Duration {
    let start = Instant::now();
    parse(text);
    mentions(text);
    candidate_names(text);
    unresolved(&resolved(text));
    excerpt(text, &mut name);
    start.elapsed()
}

/// Whether one text takes about as long as sixteen of a sixteenth of its length; in square time it would take
/// sixteen times as long. Both sides work equally long, so other processes slow them down alike; the attempts
/// are for when they do not, and the constant is there because a short measurement says little.
fn is_linear(read: impl Fn(&str) -> Duration, text: impl Fn(usize) -> String, attempts: usize) -> bool {
    let (short, long) = (text(1_000), text(16_000));
    (0..attempts).any(|_| {
        let many: Duration = (0..16).map(|_| read(&short)).sum();
        read(&long) <= many * 5 + Duration::from_millis(1)
    })
}

#[test]
fn a_long_text_takes_about_as_long_as_many_short_ones() {
    for pattern in HOSTILE {
        for (prefix, suffix) in [("", ""), ("> a `**_||[", "**_||](https://a.org)")] {
            let text = |bytes: usize| format!("{prefix}{}{suffix}", pattern.repeat(bytes / pattern.len()));
            assert!(is_linear(read_in_every_way, text, 10), "{prefix:?} {pattern:?} {suffix:?}");
        }
    }
}

#[test]
fn what_is_quoted_of_a_text_is_short_and_has_the_excerpt_of_the_whole() {
    let prefixes = ["", "> a `**_||[", "<@1> hi <#1>\n1. ", "||<@2>|| https://a.org/_b_ \\* @ana "];
    let mut shortest = |_| Some("x".to_owned());
    let mut nothing = |_| Some(String::new());
    let mut nobody = |_| None;
    for pattern in HOSTILE {
        for prefix in prefixes {
            let whole = format!("{prefix}{}", pattern.repeat(4_000 / pattern.len()));
            let quoted = quotation(whole.clone());
            // A mention takes the most: an id of 19 digits with its brackets, shown as a sign at least.
            assert!(quoted.len() <= 23 * (limits::EXCERPT_CHARS + 2), "{pattern:?} {}", quoted.len());
            let mut line = |text: &str| {
                [
                    excerpt(text, &mut name),
                    excerpt(text, &mut shortest),
                    excerpt(text, &mut nothing),
                    excerpt(text, &mut nobody),
                ]
            };
            assert_eq!(line(&quoted), line(&whole), "{prefix:?} {pattern:?}");
        }
    }
    assert_eq!(quotation("**short** <@1>".to_owned()), "**short** <@1>");
}

#[test]
fn a_reader_that_starts_again_every_few_characters_would_be_noticed() {
    let square = |text: &str| {
        let start = Instant::now();
        let again = |from: usize| text.bytes().skip(from).filter(|byte| black_box(*byte) == b'*').count();
        black_box((0..text.len()).step_by(4).map(again).sum::<usize>());
        start.elapsed()
    };
    assert!(!is_linear(square, |bytes| "*".repeat(bytes), 1));
}

#[test]
#[ignore = "prints times: cargo test --release -p protocol markup -- --ignored --nocapture"]
fn times_of_hostile_texts() {
    let mut times: Vec<_> = HOSTILE
        .iter()
        .map(|pattern| {
            let time = |bytes: usize| {
                let text = pattern.repeat(bytes / pattern.len());
                let start = Instant::now();
                parse(&text);
                start.elapsed()
            };
            (time(1_000_000), time(4_000), *pattern)
        })
        .collect();
    times.sort();
    for (long, short, pattern) in times.iter().rev() {
        println!("{long:>12.1?} for 1 MB, {short:>10.1?} for 4 kB of {pattern:?}");
    }
}
