//! What a line in the search box is read as.

use proptest::prelude::{any, prop, prop_assert, proptest};

use super::query::{Filter, Has, Person, Place, SearchQuery};
use crate::error::{Error, Field, Problem};
use crate::parse::Username;
use crate::{Id, Timestamp, limits};

fn read(text: &str) -> SearchQuery {
    SearchQuery::parse(text, 0).unwrap()
}

fn problem(text: &str) -> Problem {
    match SearchQuery::parse(text, 0).unwrap_err() {
        Error::Invalid { field: Field::Query, problem } => problem,
        other => panic!("{text}: {other:?}"),
    }
}

fn named(name: &str) -> Person {
    Person::Named(Username::parse(name).unwrap())
}

#[test]
fn words_and_phrases_are_told_apart() {
    assert_eq!(read("harbour  \"warm light\" scene").terms, ["harbour", "warm light", "scene"]);
    assert_eq!(read("“curly ones” count").terms, ["curly ones", "count"]);
    assert_eq!(read("one\"two three\"four").terms, ["one", "two three", "four"]);
    assert_eq!(read("\"never closed phrase").terms, ["never closed phrase"]);
    assert_eq!(read("a\0b\nc").terms, ["a", "b", "c"]);
    assert_eq!(read("\"\" word \"  \"").terms, ["word"]);
    assert_eq!(read("\"from:ana\"").terms, ["from:ana"], "in quotes a filter is text");
}

#[test]
fn what_has_a_colon_and_is_no_filter_is_a_word() {
    let query = read("https://example.com note:this 12:30 :) from:ana");
    assert_eq!(query.terms, ["https://example.com", "note:this", "12:30", ":)"]);
    assert_eq!(query.from, [named("ana")]);
}

#[test]
fn people_are_named_in_every_way_they_are_written() {
    let query = read("from:ana From:@Bo from:me from:<@77> from:<@!78> mentions: cy from:@me");
    let id = |n| Person::Id(Id::from_trusted(n));
    assert_eq!(query.from, [named("ana"), named("bo"), Person::Me, id(77), id(78), named("me")]);
    assert_eq!(query.mentions, [named("cy")]);
}

#[test]
fn channels_are_named_in_every_way_they_are_written() {
    let query = read("in:General in:#random in:<#9> in:\"Off Topic\" in: \"two words\"");
    let name = |text: &str| Place::Named(text.to_owned());
    let expected = [
        name("general"),
        name("random"),
        Place::Id(Id::from_trusted(9)),
        name("off topic"),
        name("two words"),
    ];
    assert_eq!(query.places, expected);
    assert!(query.terms.is_empty());
}

#[test]
fn what_a_message_has_is_one_of_four() {
    let query = read("has:link HAS:Image has:file has:poll pinned:true");
    assert_eq!(query.has, [Has::Link, Has::Image, Has::File, Has::Poll]);
    assert_eq!(query.pinned, Some(true));
    assert_eq!(read("pinned:no").pinned, Some(false));
}

fn span(text: &str, offset: i32) -> (Option<String>, Option<String>) {
    let query = SearchQuery::parse(text, offset).unwrap();
    (query.since.map(|at| at.to_string()), query.before.map(|at| at.to_string()))
}

#[test]
fn days_begin_at_the_searchers_midnight() {
    let at = |text: &str| Some(text.to_owned());
    assert_eq!(span("during:2026-11-28", 0).0, at("2026-11-28T00:00:00.000Z"));
    assert_eq!(span("during:2026-11-28", 0).1, at("2026-11-29T00:00:00.000Z"));
    assert_eq!(span("during:2026-11-28", 540).0, at("2026-11-27T15:00:00.000Z"));
    assert_eq!(span("during:2024-02", -300).1, at("2024-03-01T05:00:00.000Z"));
    assert_eq!(span("during:2025-12", 0), (at("2025-12-01T00:00:00.000Z"), at("2026-01-01T00:00:00.000Z")));
    assert_eq!(
        span("during:2025-12-31", 0),
        (at("2025-12-31T00:00:00.000Z"), at("2026-01-01T00:00:00.000Z"))
    );
    assert_eq!(span("during:2025", 0), (at("2025-01-01T00:00:00.000Z"), at("2026-01-01T00:00:00.000Z")));
    assert_eq!(span("before:2026-03", 0), (None, at("2026-03-01T00:00:00.000Z")));
    assert_eq!(span("after:2026-03", 0), (at("2026-04-01T00:00:00.000Z"), None));
}

#[test]
fn all_dates_hold_together() {
    let query = read("after:2025 after:2026-01 before:2027 before:2026-06 during:2026");
    assert_eq!(query.since, Timestamp::parse_rfc3339("2026-02-01T00:00:00Z"));
    assert_eq!(query.before, Timestamp::parse_rfc3339("2026-06-01T00:00:00Z"));
}

#[test]
fn a_filter_that_makes_no_sense_is_named() {
    for (text, filter) in [
        ("before:yesterday", Filter::Before),
        ("after:2026-13", Filter::After),
        ("during:2026-02-30", Filter::During),
        ("during:2026-00-01", Filter::During),
        ("during:2026-11-28-01", Filter::During),
        ("during:+026-11-28", Filter::During),
        ("before:٢٠٢٦", Filter::Before),
        ("has:banana", Filter::Has),
        ("pinned:perhaps", Filter::Pinned),
        ("from:", Filter::From),
        ("from:\"\" x", Filter::From),
        ("from: has:link", Filter::From),
        ("from:Böse", Filter::From),
        ("mentions:<@0>", Filter::Mentions),
        ("words in:", Filter::In),
    ] {
        assert_eq!(problem(text), Problem::Filter { filter }, "{text}");
    }
    let sentence = SearchQuery::parse("before:x", 0).unwrap_err().to_string();
    assert_eq!(sentence, "“before:” takes a date such as 2026-11-28, 2026-11 or 2026.");
}

#[test]
fn a_search_has_a_length() {
    assert_eq!(problem(""), Problem::Empty);
    assert_eq!(problem(" \n \u{3000} \"\" "), Problem::Empty);
    let long = "x".repeat(limits::SEARCH_CHARS);
    assert!(SearchQuery::parse(&long, 0).is_ok());
    assert_eq!(problem(&format!("{long}x")), Problem::TooLong { max: limits::SEARCH_CHARS });
    assert_eq!(problem(&"word ".repeat(10_000)), Problem::TooLong { max: limits::SEARCH_CHARS });
    let many = "a ".repeat(limits::SEARCH_PARTS);
    assert!(SearchQuery::parse(&many, 0).is_ok());
    assert_eq!(problem(&format!("{many}b")), Problem::TooMany { max: limits::SEARCH_PARTS });
    for offset in [i32::MIN, -841, 841, i32::MAX] {
        assert_eq!(SearchQuery::parse("a", offset), Err(Error::Malformed));
    }
}

proptest! {
    #[test]
    fn whatever_is_typed_is_read_or_refused(text in any::<String>(), offset in any::<i32>()) {
        let _ = SearchQuery::parse(&text, offset);
    }

    #[test]
    fn whatever_is_typed_with_filters_in_it_is_read_or_refused(
        parts in prop::collection::vec(prop::sample::select(vec![
            "from:", "in:", "has:", "before:", "during:", "\"", "“", " ", "ana", "<@1>", "2026-11", "東", "\0", ":", "link",
        ]), 0..30),
    ) {
        if let Ok(query) = SearchQuery::parse(&parts.concat(), 0) {
            prop_assert!(query.terms.iter().all(|term| !term.trim().is_empty()));
        }
    }
}
