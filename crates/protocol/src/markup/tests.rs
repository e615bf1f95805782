//! What each piece of the dialect reads as, and what is left alone.

use super::{
    Block, Document, Inline, List, Named, Names, candidate_names, excerpt, is_emoji_only, mentions, parse,
    resolve_names, unresolve_names,
};
use crate::{ChannelId, RoleId, UserId, limits};

/// A tree in a notation short enough for tables. Blocks and formats are tags, a line end is `⏎`.
pub(super) fn show(blocks: &[Block]) -> String {
    blocks.iter().map(show_block).collect()
}

fn show_block(block: &Block) -> String {
    match block {
        Block::Paragraph(content) => format!("<p>{}</p>", show_inlines(content)),
        Block::Heading { level, content } => format!("<h{level}>{}</h{level}>", show_inlines(content)),
        Block::Quote(inner) => format!("<quote>{}</quote>", show(inner)),
        Block::List(list) => show_list(list),
        Block::Code { language: None, text } => format!("<pre>{}</pre>", text.replace('\n', "⏎")),
        Block::Code { language: Some(language), text } => {
            format!("<pre {language}>{}</pre>", text.replace('\n', "⏎"))
        }
    }
}

fn show_list(list: &List) -> String {
    let tag = if list.ordered { format!("ol {}", list.start) } else { "ul".to_owned() };
    let items = list.items.iter().map(|item| {
        let children: String = item.children.iter().map(show_list).collect();
        format!("<li>{}{children}</li>", show_inlines(&item.content))
    });
    format!("<{tag}>{}</{}>", items.collect::<String>(), if list.ordered { "ol" } else { "ul" })
}

fn show_inlines(content: &[Inline]) -> String {
    let tag = |name: &str, inner: &[Inline]| format!("<{name}>{}</{name}>", show_inlines(inner));
    let show = |inline: &Inline| match inline {
        Inline::Text(text) => text.clone(),
        Inline::Break => "⏎".to_owned(),
        Inline::Bold(inner) => tag("b", inner),
        Inline::Italic(inner) => tag("i", inner),
        Inline::Underline(inner) => tag("u", inner),
        Inline::Strike(inner) => tag("s", inner),
        Inline::Spoiler(inner) => tag("spoiler", inner),
        Inline::Code(text) => format!("<code>{}</code>", text.replace('\n', "⏎")),
        Inline::Link { url, content } => format!("<a {url}>{}</a>", show_inlines(content)),
        Inline::User(id) => format!("<user {id}>"),
        Inline::Channel(id) => format!("<channel {id}>"),
        Inline::Role(id) => format!("<role {id}>"),
        Inline::Everyone => "<everyone>".to_owned(),
        Inline::Here => "<here>".to_owned(),
    };
    content.iter().map(show).collect()
}

/// `expected` is in the notation of [`show`]; a single paragraph goes without its tag.
#[track_caller]
pub(super) fn check(input: &str, expected: &str) {
    let shown = show(&parse(input).blocks);
    let expected = if expected.is_empty() || expected.starts_with("<p>") || is_block(expected) {
        expected.to_owned()
    } else {
        format!("<p>{expected}</p>")
    };
    assert_eq!(shown, expected, "of {input:?}");
}

fn is_block(expected: &str) -> bool {
    ["<h1", "<h2", "<h3", "<quote", "<ul", "<ol", "<pre"].iter().any(|tag| expected.starts_with(tag))
}

#[test]
fn pairs_of_markers_format_what_stands_between() {
    check("**bold**", "<b>bold</b>");
    check("*italic*", "<i>italic</i>");
    check("_italic_", "<i>italic</i>");
    check("__underline__", "<u>underline</u>");
    check("~~strike~~", "<s>strike</s>");
    check("||spoiler||", "<spoiler>spoiler</spoiler>");
    check("a **b** c *d* e", "a <b>b</b> c <i>d</i> e");
    check("**a\nb\n\nc**", "<b>a⏎b⏎⏎c</b>");
    check("** bold **", "<b> bold </b>");
}

#[test]
fn formats_nest() {
    check("***both***", "<b><i>both</i></b>");
    check("___both___", "<u><i>both</i></u>");
    check("***a** b*", "<i><b>a</b> b</i>");
    check("***a* b**", "<b><i>a</i> b</b>");
    check("*a **b***", "<i>a <b>b</b></i>");
    check("**a *b***", "<b>a <i>b</i></b>");
    check("**a *b* c**", "<b>a <i>b</i> c</b>");
    check("*a **b** c*", "<i>a <b>b</b> c</i>");
    check("__**~~||*all*||~~**__", "<u><b><s><spoiler><i>all</i></spoiler></s></b></u>");
    check("**bold****bold**", "<b>bold</b><b>bold</b>");
    check("||a||||b||", "<spoiler>a</spoiler><spoiler>b</spoiler>");
    check("~~a~~~~b~~", "<s>a</s><s>b</s>");
    check("|||a|||", "<spoiler>|a</spoiler>|");
}

#[test]
fn a_marker_without_its_partner_is_text() {
    check("**bold", "**bold");
    check("a * b * c", "a * b * c");
    check("2 * 3 = 6, *see*", "2 * 3 = 6, <i>see</i>");
    check("*a *b*", "*a <i>b</i>");
    check("*a\n* b", "<p>*a</p><ul><li>b</li></ul>");
    check("~~a~b~~", "<s>a~b</s>");
    check("if a || b", "if a || b");
    check("**a ||b** c||", "<b>a ||b</b> c||");
    check("||a **b|| c**", "<spoiler>a **b</spoiler> c**");
    check("f****", "f****");
    check("~~~~", "~~~~");
    check("____", "____");
    check("||||", "||||");
    check("||||a||||", "<spoiler>||a</spoiler>||");
    check("*a**", "*a**");
    check("**a*", "**a*");
}

#[test]
fn an_underscore_within_a_word_is_text() {
    check("snake_case_name", "snake_case_name");
    check("my__var__name", "my__var__name");
    check("_a_b_", "<i>a_b</i>");
    check("grün_ö_rot", "grün_ö_rot");
    check("имя_файла_тут", "имя_файла_тут");
    check("(_a_)", "(<i>a</i>)");
    check("a*b*c", "a<i>b</i>c");
    check("中文__下划线__中文", "中文<u>下划线</u>中文");
    check("__init__.py", "<u>init</u>.py");
}

#[test]
fn inline_code_is_literal() {
    check("`a **b** <@1>`", "<code>a **b** <@1></code>");
    check("``a ` b``", "<code>a ` b</code>");
    check("`` `a` ``", "<code>`a`</code>");
    check("` a `", "<code>a</code>");
    check("`a", "`a");
    check("``a`", "``a`");
    check("`a\nb` c", "<code>a⏎b</code> c");
    check("**a `b** c` d**", "<b>a <code>b** c</code> d</b>");
    check("it`s\n\nhers`", "it`s⏎⏎hers`");
    check("it`s\n> a `b`", "<p>it`s</p><quote><p>a <code>b</code></p></quote>");
    check("`\\`", "<code>\\</code>");
    check("`a ```b``` c`", "<code>a ```b``` c</code>");
}

#[test]
fn code_blocks_keep_every_character() {
    check("```\na\n  **b**\n\nc\n```", "<pre>a⏎  **b**⏎⏎c</pre>");
    check("```rust\nfn main() {}\n```", "<pre rust>fn main() {}</pre>");
    check("```c++\nx\n```", "<pre c++>x</pre>");
    check("```one line```", "<pre>one line</pre>");
    check("```rust```", "<pre>rust</pre>");
    check("```rust\n```", "<pre>rust</pre>");
    check("```not a language\nx```", "<pre>not a language⏎x</pre>");
    check("see ```x``` there", "<p>see</p><pre>x</pre><p>there</p>");
    check("```a``````b```", "<pre>a</pre><pre>b</pre>");
    check("````\n```\n````", "<pre>```</pre>");
    check("  ```\n  a\n    b\n  ```", "<pre>a⏎  b</pre>");
    check("```\n> a\n- b\n```", "<pre>> a⏎- b</pre>");
    check("> ```\n> a\n> ```\nb", "<quote><pre>a</pre></quote><p>b</p>");
    check("```\nopen **b**", "```⏎open <b>b</b>");
    check("``````", "``````");
    check("```\n```", "```⏎```");
    check("- a\n```\nb\n```", "<ul><li>a</li></ul><pre>b</pre>");
    check("- a ```b``` c", "<ul><li>a <code>b</code> c</li></ul>");
}

#[test]
fn quotes_hold_blocks() {
    check("> a\n> b\nc", "<quote><p>a⏎b</p></quote><p>c</p>");
    check("> a\n>\n> b", "<quote><p>a⏎⏎b</p></quote>");
    check("a\n> b", "<p>a</p><quote><p>b</p></quote>");
    check(">>> a\nb\n\n# c", "<quote><p>a⏎b</p><h1>c</h1></quote>");
    check("a\n>>> b\n> c", "<p>a</p><quote><p>b⏎> c</p></quote>");
    check("> > a", "<quote><p>> a</p></quote>");
    check("> # a\n> - b", "<quote><h1>a</h1><ul><li>b</li></ul></quote>");
    check("> **a\n> b**", "<quote><p><b>a⏎b</b></p></quote>");
    check(">a", ">a");
    check(">", ">");
    check(">>> ", ">>>");
    check(">> a", ">> a");
    check("a > b", "a > b");
    check("\\> a", "> a");
}

#[test]
fn headings_have_three_levels() {
    check("# a", "<h1>a</h1>");
    check("## a **b**", "<h2>a <b>b</b></h2>");
    check("### a\nb", "<h3>a</h3><p>b</p>");
    check("#### a", "#### a");
    check("#a", "#a");
    check("#", "#");
    check("a # b", "a # b");
    check("a\n# b\nc", "<p>a</p><h1>b</h1><p>c</p>");
    check("# I love C#", "<h1>I love C#</h1>");
    check("# **a\nb**", "<h1>**a</h1><p>b**</p>");
    check("\\# a", "# a");
}

#[test]
fn lists_nest_by_indent() {
    check("- a\n- b", "<ul><li>a</li><li>b</li></ul>");
    check("* a\n* b", "<ul><li>a</li><li>b</li></ul>");
    check("3. a\n4. b", "<ol 3><li>a</li><li>b</li></ol>");
    check("- a\n  - b\n    - c\n- d", "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>");
    check("1. a\n   - b\n2. c", "<ol 1><li>a<ul><li>b</li></ul></li><li>c</li></ol>");
    check("- a\n\n- b", "<ul><li>a</li><li>b</li></ul>");
    check("- a\n1. b", "<ul><li>a</li></ul><ol 1><li>b</li></ol>");
    check("- a\n  - b\n  1. c", "<ul><li>a<ul><li>b</li></ul><ol 1><li>c</li></ol></li></ul>");
    check("- a\n  b\nc", "<ul><li>a⏎b</li></ul><p>c</p>");
    check("- **a\n- b**", "<ul><li>**a</li><li>b**</li></ul>");
    check("a\n- b", "<p>a</p><ul><li>b</li></ul>");
    check("    - a\n- b", "<ul><li>a</li><li>b</li></ul>");
    check("-a", "-a");
    check("-", "-");
    check("---", "---");
    check("1.5 is", "1.5 is");
    check("1\\. a", "1. a");
    check("9999999999. a", "9999999999. a");
}

#[test]
fn lists_deeper_than_the_limit_stay_on_the_last_level() {
    let text: String = (0..40).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect();
    let shown = show(&parse(text.trim_end()).blocks);
    assert_eq!(shown.matches("<ul>").count(), 5);
    assert_eq!(shown.matches("<li>").count(), 40);
}

#[test]
fn line_ends_are_kept() {
    check("a\nb", "a⏎b");
    check("a\n\n\nb", "a⏎⏎⏎b");
    check("a  \n  b", "a  ⏎  b");
    check("a\n\n# b\n\n\nc\n", "<p>a</p><h1>b</h1><p>c</p>");
    check("", "");
    check(" \n\n ", "");
}

#[test]
fn a_backslash_takes_the_meaning_of_a_sign() {
    check("\\*a\\*", "*a*");
    check("\\**a*", "*<i>a</i>");
    check("\\`a\\`", "`a`");
    check("\\||a||", "||a||");
    check("\\<@1>", "<@1>");
    check("\\\\", "\\");
    check("\\a", "\\a");
    check("a\\", "a\\");
    check("a\\\nb", "a\\⏎b");
    check("¯\\_(ツ)_/¯", "¯_(ツ)_/¯");
    check("\\[a](https://b.org)", "[a](<a https://b.org>https://b.org</a>)");
}

#[test]
fn mentions_are_ids_in_angle_brackets() {
    check("hi <@5> and <@!6> in <#7>", "hi <user 5> and <user 6> in <channel 7>");
    check("**<@5>**", "<b><user 5></b>");
    check("<@&5>, ||<@&6>||", "<role 5>, <spoiler><role 6></spoiler>");
    check("<@9223372036854775807>", "<user 9223372036854775807>");
    for text in [
        "<@>",
        "<@0>",
        "<@05>",
        "<@5",
        "<@5 >",
        "<@x>",
        "<@&>",
        "<@&0>",
        "<@!&5>",
        "<#!5>",
        "<@9223372036854775808>",
    ] {
        check(text, text);
    }
}

#[test]
fn the_mentioned_are_each_named_once() {
    let ids = |source: &str| mentions(source).users.iter().map(|id| id.get()).collect::<Vec<_>>();
    assert_eq!(ids("<@3> <@1> ||<@3>|| <#9>\n> <@2>"), [3, 1, 2]);
    assert_eq!(ids("`<@1>` ```<@2>``` \\<@3> [<@4>](https://a.org)"), [0_i64; 0]);
    let many: String = (1..200).map(|id| format!("<@{id}>")).collect();
    assert_eq!(mentions(&many).users.len(), limits::MENTIONS_PER_MESSAGE);
    let roles = |source: &str| mentions(source).roles.iter().map(|id| id.get()).collect::<Vec<_>>();
    assert_eq!(roles("<@&3> <@&1> ||<@&3>|| <@2> `<@&4>`"), [3, 1]);
    let many: String = (1..200).map(|id| format!("<@&{id}>")).collect();
    assert_eq!(mentions(&many).roles.len(), limits::MENTIONS_PER_MESSAGE);
}

#[test]
fn messages_of_emoji_are_recognised() {
    for text in ["😀", "😀 😀\n😀", "👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "❤️", "1️⃣", "©️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "⭐", "🏳️‍🌈"]
    {
        assert!(is_emoji_only(&parse(text)), "{text:?}");
    }
    for text in ["", "a", "😀a", "1", "#", "©", "**😀**", "# 😀", "😀\u{200D}", "🇩", "…", "- 😀"]
    {
        assert!(!is_emoji_only(&parse(text)), "{text:?}");
    }
    assert!(is_emoji_only(&parse(&"😀".repeat(27))));
    assert!(!is_emoji_only(&parse(&"😀".repeat(28))));
    assert!(!is_emoji_only(&Document { blocks: Vec::new() }));
}

fn excerpt_of(source: &str) -> String {
    let mut name = |named: Named| match named {
        Named::User(id) => (id.get() == 1).then(|| "Ana".to_owned()),
        Named::Channel(id) => (id.get() == 1).then(|| "general".to_owned()),
        Named::Role(id) => (id.get() == 1).then(|| "Night Crew".to_owned()),
    };
    excerpt(source, &mut name)
}

#[test]
fn an_excerpt_is_one_plain_line() {
    assert_eq!(excerpt_of("# a\n**b** `c`\n\n> d\n- e\n  - f\n```\ng  h\ni\n```"), "a b c d e f g h i");
    assert_eq!(excerpt_of("<@1> <@2> <#1> <#2>"), "@Ana @unknown #general #unknown");
    assert_eq!(excerpt_of("<@&1> <@&2> @everyone"), "@Night Crew @unknown @everyone");
    assert_eq!(excerpt_of("[docs](https://a.org) https://b.org"), "docs https://b.org");
    assert_eq!(excerpt_of(""), "");
}

#[test]
fn an_excerpt_never_reveals_a_spoiler() {
    assert_eq!(excerpt_of("he ||**dies** at the end||!"), "he ▒▒▒!");
    assert_eq!(excerpt_of(&format!("{}||secret||", "x".repeat(118))), format!("{}…", "x".repeat(118) + "▒"));
    assert_eq!(excerpt_of("||a\n\nb||"), "▒▒▒");
}

#[test]
fn an_excerpt_says_when_it_is_cut() {
    let full = "x".repeat(limits::EXCERPT_CHARS);
    assert_eq!(excerpt_of(&full), full);
    assert_eq!(excerpt_of(&format!("{full} \n ")), full);
    let cut = excerpt_of(&format!("{full}y"));
    assert_eq!(cut.chars().count(), limits::EXCERPT_CHARS);
    assert!(cut.ends_with("x…"));
    assert_eq!(excerpt_of(&"ö ".repeat(100)).chars().count(), limits::EXCERPT_CHARS);
}

fn find_user(name: &str) -> Option<UserId> {
    UserId::new(["ana", "bob", "dot.", "snake_"].iter().position(|known| *known == name)? as i64 + 1)
}

fn find_channel(name: &str) -> Option<ChannelId> {
    ChannelId::new(
        ["general", "c++", "käse", "off-topic"].iter().position(|known| *known == name)? as i64 + 1,
    )
}

#[track_caller]
fn check_resolved(input: &str, expected: &str) {
    let roles = ["mods", "Mods Emeriti", "Ä", "bob", "mod*s*"];
    let roles: Vec<_> = (1..).map(RoleId::from_trusted).zip(roles.map(str::to_owned)).collect();
    assert_eq!(resolve_names(input, &mut find_user, &mut find_channel, &roles), expected, "of {input:?}");
}

#[test]
fn names_of_roles_may_have_blanks_and_the_longest_is_meant() {
    check_resolved("@Mods, hi", "<@&1>, hi");
    check_resolved("ask @mods emeriti!", "ask <@&2>!");
    check_resolved("@mods emeritus @ä", "<@&1> emeritus <@&3>");
    check_resolved("@bob", "<@2>");
    check_resolved("@mod*s* *a*", "<@&5> *a*");
    for text in ["@modsen", "`@mods`", "x@mods", "@mods@mods", "[@mods](https://a.org)", "@everyone"] {
        check_resolved(text, text);
    }
}

#[test]
fn names_that_are_known_become_mentions() {
    check_resolved("@ana hi", "<@1> hi");
    check_resolved("hi @Ana, @BOB!", "hi <@1>, <@2>!");
    check_resolved("#general and #Off-Topic", "<#1> and <#4>");
    check_resolved("#KÄSE", "<#3>");
    check_resolved("> **@ana**\n- ||#general||", "> **<@1>**\n- ||<#1>||");
    check_resolved("(@ana) \"@bob\"", "(<@1>) \"<@2>\"");
    check_resolved("@anaさん 見て@bob", "<@1>さん 見て<@2>");
    check_resolved("@eve @ana", "@eve <@1>");
    check_resolved("@ana@ana", "@ana@ana");
}

#[test]
fn signs_at_the_end_of_a_name_are_tried_without() {
    check_resolved("@ana... @ana.", "<@1>... <@1>.");
    check_resolved("@dot. @dot", "<@3> @dot");
    check_resolved("_hi @bob_ @snake_", "_hi <@2>_ <@4>");
    check_resolved("__@bob__ ||@bob||", "__<@2>__ ||<@2>||");
    check_resolved("#general, #general's (#general)", "<#1>, <#1>'s (<#1>)");
    check_resolved("#c++! #c++", "<#2>! <#2>");
    check_resolved("#general,#off-topic", "<#1>,<#4>");
}

#[test]
fn everything_that_is_no_name_stays_byte_for_byte() {
    for text in [
        "ana@bob.org",
        "x@ana",
        "@anaé",
        "@an",
        "@a",
        "# general",
        "#generally",
        "##general",
        "/@ana",
        "&#general",
        "`@ana`",
        "```\n@ana #general\n```",
        "https://a.org/@ana",
        "https://a.org/#general",
        "<https://a.org/@ana>",
        "[@ana](https://a.org)",
        "[a](https://a.org/@ana)",
        "\\@ana \\#general",
        "@@ana",
        "@ana@example.org",
        "a\r\nb  \n\n",
        "<@1>",
        "@",
        "#",
        "youtube.com/@ana",
    ] {
        check_resolved(text, text);
    }
}

#[test]
fn candidates_are_what_the_finders_will_be_asked_for() {
    let names = candidate_names("@Ana. `@code` @ana #General! [#no](https://a.org)");
    assert_eq!(names.users, ["ana.", "ana"]);
    assert_eq!(names.channels, ["general!", "general"]);
    let many: String = (0..200).map(|n| format!("@user{n} #room{n} ")).collect();
    let names = candidate_names(&many);
    assert_eq!(names.users.len(), limits::MENTIONS_PER_MESSAGE);
    assert_eq!(names.channels.len(), limits::MENTIONS_PER_MESSAGE);
    assert_eq!(candidate_names(&format!("@{}", "a".repeat(33))), Names::default());
}

#[track_caller]
fn check_unresolved(input: &str, expected: &str) {
    let mut user = |id: UserId| Some(["ana", "bob", "no name"].get(id.get() as usize - 1)?.to_string());
    let mut channel = |id: ChannelId| Some(["general", "two words"].get(id.get() as usize - 1)?.to_string());
    let mut role = |id: RoleId| Some(["Night Crew", "a *b*"].get(id.get() as usize - 1)?.to_string());
    assert_eq!(unresolve_names(input, &mut user, &mut channel, &mut role), expected, "of {input:?}");
}

#[test]
fn mentions_become_names_in_the_edit_box() {
    check_unresolved("<@1>", "@ana");
    check_unresolved("hi <@1>, <@!2>!", "hi @ana, @bob!");
    check_unresolved("**<@1>** (<#1>)", "**@ana** (#general)");
    check_unresolved("_hi <@1>_ __<@2>.__", "_hi @ana_ __@bob.__");
    check_unresolved("`<@1>` \\<@1> [<@1>](https://a.org)", "`<@1>` \\<@1> [<@1>](https://a.org)");
    check_unresolved("<@9> <#9> <@3> <#2>", "<@9> <#9> <@3> <#2>");
    check_unresolved("<@&1>, @everyone <@&2> <@&9>", "@Night Crew, @everyone <@&2> <@&9>");
}

#[test]
fn a_mention_stays_if_its_name_would_not_lead_back() {
    for text in [
        "x<@1>",
        "<@1>x",
        "<@&1>x",
        "<@1><@2>",
        "<@1>.x",
        "<@1>@",
        "<#1>x",
        "/<@1>",
        "https://a.org-<@1>",
        "<#1>!x",
    ] {
        check_unresolved(text, text);
    }
}
