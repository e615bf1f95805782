//! What is written in one place only, and what is never written: SQL, feature switches, secrets in traces, markup
//! that a page's Content-Security-Policy or a browser's parser would turn against people.

use crate::source::{Code, File, Finding, block, is_word, line_at, words};

/// SQL in a text outside the store. Tests may look into the database.
pub(crate) fn sql(file: &File) -> Vec<Finding> {
    let is_store = file.path.starts_with("crates/backend/src/store");
    if !file.is_rust() || file.is_test || is_store {
        return Vec::new();
    }
    let code = Code::of(&file.text);
    let kept = code.without_tests();
    let is_kept = |line: usize| kept.lines().nth(line - 1).is_some_and(|text| text.contains('"'));
    let statements = code.literals.iter().filter(|(line, text)| is_statement(text) && is_kept(*line));
    statements.map(|(line, _)| file.finding(*line, "SQL outside the store")).collect()
}

/// Keywords are all small or all capital in SQL; a sentence that begins with “Select” is for people.
fn is_statement(text: &str) -> bool {
    const KEYWORDS: &[&[&str]] = &[
        &["select ", " from "],
        &["insert into "],
        &["update ", " set ", "="],
        &["delete from "],
        &["create table "],
        &["alter table "],
        &["drop table "],
        &["pragma "],
    ];
    let text = format!("{} ", text.split_whitespace().collect::<Vec<_>>().join(" "));
    let has = |keywords: &[&str]| {
        let mut rest = text.as_str();
        keywords.iter().all(|keyword| {
            let found = rest.find(keyword);
            rest = found.map_or("", |at| &rest[at + keyword.trim_end().len()..]);
            found.is_some()
        })
    };
    KEYWORDS.iter().any(|keywords| {
        let capital: Vec<String> = keywords.iter().map(|keyword| keyword.to_uppercase()).collect();
        let capital: Vec<&str> = capital.iter().map(String::as_str).collect();
        let begins =
            text.starts_with(keywords[0]) || text.starts_with(capital[0]) || text.starts_with("with ");
        begins && (has(keywords) || has(&capital))
    })
}

/// Feature switches outside the crate root, the command line and the server functions. Everywhere else one text
/// holds for both halves.
pub(crate) fn switches(file: &File) -> Vec<Finding> {
    let may = matches!(file.path.as_str(), "src/lib.rs" | "src/main.rs" | "src/api.rs");
    if !file.is_rust() || may || file.path.starts_with("src/api/") {
        return Vec::new();
    }
    let code = Code::of(&file.text).text;
    let is_switch = |at: &usize| {
        let rest = code[*at..].trim_start_matches(is_word).trim_start_matches('!');
        rest.starts_with('(') && words(block(rest), "feature").next().is_some()
    };
    let places = words(&code, "cfg").chain(words(&code, "cfg_attr")).filter(is_switch);
    places
        .map(|at| file.finding(line_at(&code, at), "a feature switch outside lib.rs, main.rs and api"))
        .collect()
}

/// Spans that record every argument, and so the first password that passes.
pub(crate) fn spans(file: &File) -> Vec<Finding> {
    if !file.is_rust() {
        return Vec::new();
    }
    let code = Code::of(&file.text).text;
    let attributes = code.match_indices("#[").map(|(at, _)| (at, block(&code[at + 1..])));
    let bare = attributes.filter(|(_, attribute)| {
        words(attribute, "instrument").next().is_some() && words(attribute, "skip_all").next().is_none()
    });
    bare.map(|(at, _)| file.finding(line_at(&code, at), "`instrument` without `skip_all`")).collect()
}

/// Panics in code that runs in the browser: one takes the whole page. Indexing is one as well.
pub(crate) fn panics(file: &File) -> Vec<Finding> {
    let runs_in_browser = ["src/app", "src/browser"].iter().any(|room| file.path.starts_with(room));
    if !file.is_rust() || file.is_test || !runs_in_browser {
        return Vec::new();
    }
    let code = Code::of(&file.text).without_tests();
    let calls = [".unwrap()", ".unwrap_err()", ".expect(\"", ".expect_err(\""];
    let calls = calls.iter().flat_map(|call| code.match_indices(call)).map(|(at, _)| at);
    let macros = ["panic", "unreachable", "todo", "unimplemented", "assert", "assert_eq"];
    let macros = macros
        .iter()
        .flat_map(|name| words(&code, name).filter(|at| code[at + name.len()..].starts_with("!(")));
    // A bracket right after a value; after `!` it belongs to a macro, after `#` to an attribute.
    let indexing = code
        .match_indices('[')
        .map(|(at, _)| at)
        .filter(|at| code[..*at].ends_with(|c| is_word(c) || c == ')' || c == ']'));
    let places = calls.chain(macros).chain(indexing);
    places.map(|at| file.finding(line_at(&code, at), "a panic in the browser")).collect()
}

fn is_view(file: &File) -> bool {
    file.is_rust() && file.path.starts_with("src/")
}

/// Raw markup. What people wrote is shown as views of a parsed tree.
pub(crate) fn raw_markup(file: &File) -> Vec<Finding> {
    if !is_view(file) {
        return Vec::new();
    }
    let code = Code::of(&file.text).text;
    let places = ["inner_html", "set_inner_html", "insert_adjacent_html", "set_outer_html"];
    let places = places.iter().flat_map(|name| words(&code, name));
    places.map(|at| file.finding(line_at(&code, at), "markup that nobody parses")).collect()
}

/// Text areas with children: rendered on the server, their text would be read as markup. The one exception escapes it.
pub(crate) fn text_areas(file: &File) -> Vec<Finding> {
    if !is_view(file) {
        return Vec::new();
    }
    let code = Code::of(&file.text).text;
    let with_children = |at: &usize| {
        let after = &code[at + "<textarea".len()..];
        let end = end_of_tag(after);
        let mut inside = after[end..].trim_start_matches('>').trim_start();
        if inside.starts_with("{initial_text(") {
            inside = inside[block(inside).len()..].trim_start();
        }
        !after[..end].ends_with('/') && !inside.starts_with("</textarea")
    };
    let places = code.match_indices("<textarea").map(|(at, _)| at).filter(with_children);
    places
        .map(|at| {
            file.finding(line_at(&code, at), "a text area with children; use `initial_text` or `prop:value`")
        })
        .collect()
}

/// Where the `>` of an opening tag is; those of arrows and inside brackets are not it.
fn end_of_tag(text: &str) -> usize {
    let mut at = 0;
    while let Some(offset) = text[at..].find(['>', '(', '{', '[']) {
        at += offset;
        if text[at..].starts_with('>') {
            if !text[..at].ends_with(['-', '=']) {
                return at;
            }
            at += 1;
        } else {
            at += block(&text[at..]).len();
        }
    }
    text.len()
}

/// Styles inside the page, which its Content-Security-Policy forbids: they would silently do nothing.
pub(crate) fn inline_styles(file: &File) -> Vec<Finding> {
    if !is_view(file) {
        return Vec::new();
    }
    let code = Code::of(&file.text).text;
    let is_style = |at: &usize| {
        let after = &code[at + "style".len()..];
        let is_directive = after.strip_prefix(':').is_some_and(|rest| {
            !rest.starts_with(':') && { rest.trim_start_matches(|c| is_word(c) || c == '-').starts_with('=') }
        });
        let is_element = code[..*at].ends_with('<');
        let is_attribute = after.starts_with('=') && !after.starts_with("==");
        is_attribute || is_directive || is_element
    };
    let places = words(&code, "style").filter(is_style);
    places.map(|at| file.finding(line_at(&code, at), "an inline style")).collect()
}

#[cfg(test)]
mod tests {
    use super::{inline_styles, panics, raw_markup, spans, sql, switches, text_areas};
    use crate::source::{File, Finding, repository};

    fn count(rule: fn(&File) -> Vec<Finding>, path: &str, text: &str) -> usize {
        rule(&File::sample(path, text)).len()
    }

    #[test]
    fn sql_outside_the_store_is_found() {
        let sample = "fn f() {\n  q(\"select id\n from users\"); q(\"INSERT INTO a VALUES (1)\");\n  q(r#\"update a set b = 1\"#); q(\"delete from a\");\n}";
        assert_eq!(count(sql, "crates/backend/src/actions/dms.rs", sample), 4);
        assert_eq!(count(sql, "crates/backend/src/store/dms.rs", sample), 0);
        assert_eq!(count(sql, "crates/backend/tests/dms.rs", sample), 0);
        let people =
            "// select a from b\nlet a = \"Select a channel from the list\"; let b = \"update to set\";";
        assert_eq!(count(sql, "src/app/chat.rs", people), 0);
    }

    #[test]
    fn the_statements_of_the_store_would_be_found_anywhere_else() {
        let store =
            repository().into_iter().filter(|file| file.path.starts_with("crates/backend/src/store/"));
        let found: usize = store.map(|file| count(sql, "src/api/dms.rs", &file.text)).sum();
        assert!(found > 80, "{found}");
    }

    #[test]
    fn a_feature_switch_in_the_wrong_place_is_found() {
        let sample = "#[cfg(feature = \"ssr\")] fn a() { if cfg!(all(unix, feature = \"x\")) {} }\n#[cfg(test)] mod b;";
        assert_eq!(count(switches, "src/app/store.rs", sample), 2);
        assert_eq!(count(switches, "src/api/dms.rs", sample), 0);
        assert_eq!(count(switches, "src/app.rs", "#[cfg_attr(not(feature = \"a\"), allow(b))]"), 1);
    }

    #[test]
    fn a_span_that_records_arguments_is_found() {
        assert_eq!(count(spans, "src/api/accounts.rs", "#[tracing::instrument]\nfn a() {}"), 1);
        assert_eq!(count(spans, "src/api/accounts.rs", "#[instrument(level = \"info\")]\nfn a() {}"), 1);
        assert_eq!(count(spans, "src/api/accounts.rs", "#[instrument(skip_all, fields(a))]\nfn a() {}"), 0);
    }

    #[test]
    fn a_panic_in_the_browser_is_found() {
        for code in
            ["a.unwrap()", "a.expect(\"b\")", "panic!(\"a\")", "unreachable!()", "a[0]", "f()[1]", "a[1][2]"]
        {
            assert!(count(panics, "src/app/chat/row.rs", code) > 0, "{code}");
            assert_eq!(count(panics, "src/api/dms.rs", code), 0, "{code}");
        }
        let tame =
            "#[a] vec![1]; a.unwrap_or(b); timeline.expect(); let [a, b] = c; fn f(a: &[u8], b: [u8; 2]) {}";
        assert_eq!(count(panics, "src/browser/dom.rs", tame), 0);
    }

    #[test]
    fn raw_markup_is_found() {
        assert_eq!(count(raw_markup, "src/app/chat/row.rs", "view! { <p inner_html=text></p> }"), 1);
        assert_eq!(count(raw_markup, "src/browser/page.rs", "element.set_inner_html(text)"), 1);
        assert_eq!(count(raw_markup, "src/app/chat/row.rs", "// inner_html is forbidden"), 0);
    }

    #[test]
    fn a_text_area_with_children_is_found() {
        let with = "view! { <textarea on:input=move |e| f(e) > 1 name=\"a\">{text}</textarea> }";
        assert_eq!(count(text_areas, "src/app/chat/composer.rs", with), 1);
        for tame in
            ["<textarea>{initial_text(f({a}))}</textarea>", "<textarea>\n  {initial_text(a)}\n</textarea>"]
        {
            assert_eq!(count(text_areas, "src/app/chat/composer.rs", tame), 0, "{tame}");
        }
        for more in ["<textarea>{initial_text(a)}{b}</textarea>", "<textarea>{a}{initial_text(b)}</textarea>"]
        {
            assert_eq!(count(text_areas, "src/app/chat/composer.rs", more), 1, "{more}");
        }
        for empty in ["<textarea prop:value=move || -> String { a }></textarea>", "<textarea name=\"a\"\n/>"]
        {
            assert_eq!(count(text_areas, "src/app/chat/composer.rs", empty), 0, "{empty}");
        }
    }

    #[test]
    fn an_inline_style_is_found() {
        for view in ["<p style=\"a\">", "<p style:width=w>", "<p style=move || w>", "<style>"] {
            assert_eq!(count(inline_styles, "src/app/chat/row.rs", view), 1, "{view}");
        }
        for code in
            ["let style = a;", "if style == a {}", "style::get()", "Options { style: a }", "/style.css"]
        {
            assert_eq!(count(inline_styles, "src/app/chat/row.rs", code), 0, "{code}");
        }
    }
}
