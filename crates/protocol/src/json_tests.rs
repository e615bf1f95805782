//! The reader of JSON against the one everybody uses.

use proptest::prelude::*;
use serde_json::Value;

use crate::event::Event;
use crate::json::{Unreadable, read};

/// What both readers make of a text. `None` for a text with a number that only the other one knows.
fn both(text: &str) -> Option<(Option<Value>, Option<Value>)> {
    let theirs = serde_json::from_str::<Value>(text).ok();
    let known = !theirs.as_ref().is_some_and(has_float);
    known.then(|| (read(text).ok(), theirs))
}

fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(list) => list.iter().any(has_float),
        Value::Object(map) => map.values().any(has_float),
        _ => false,
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_written_is_read_again(value in value(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        prop_assert_eq!(read::<Value>(&text.unwrap()), Ok(value));
    }

    #[test]
    fn both_readers_take_the_same_texts(
        text in r#"([\[\]{}:,"\\ 019eE.+\-\u{7f}é]|"[ab\\nu]*"|true|false|null|\\u[0-9d][0-9a-f]{3}|\\ud83d\\ude00){0,12}"#,
    ) {
        if let Some((ours, theirs)) = both(&text) {
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn a_text_with_one_character_changed_is_read_alike(value in value(), at: prop::sample::Index, other: char) {
        let mut text: Vec<char> = value.to_string().chars().collect();
        let at = at.index(text.len());
        text[at] = other;
        if let Some((ours, theirs)) = both(&text.iter().collect::<String>()) {
            prop_assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn escapes_are_what_the_standard_says() {
    let text = r#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00""#;
    assert_eq!(read::<String>(text).as_deref(), Ok("\"\\/\u{8}\u{c}\n\r\tAé😀"));
    for broken in [
        r#""\x""#,
        r#""\u12""#,
        r#""\u+123""#,
        r#""\ud83d""#,
        r#""\ud83dA""#,
        r#""\ude00""#,
        r#""\é""#,
        "\"\n\"",
    ] {
        assert_eq!(read::<String>(broken), Err(Unreadable), "{broken}");
    }
}

#[test]
fn what_a_newer_version_adds_is_read_over() {
    let known = r#"{"kind":"guild_left","guild_id":"5"}"#;
    let newer =
        r#"{"kind":"guild_left","later":[{"share":0.25,"of":[null,true,"x"]},-1.5e300],"guild_id":"5"}"#;
    let known: Event = read(known).unwrap();
    assert_eq!(read(newer), Ok(known));
}

#[test]
fn whole_numbers_have_to_fit_and_to_be_whole() {
    assert_eq!(read::<u8>("255"), Ok(255));
    assert_eq!(read::<i64>("-9223372036854775808"), Ok(i64::MIN));
    for refused in ["256", "-1", "1.0", "1e2", "01", "+1", "", "\"1\"", "18446744073709551616"] {
        assert_eq!(read::<u8>(refused), Err(Unreadable), "{refused}");
    }
}

#[test]
fn nothing_lies_deeper_than_a_reader_may_call_itself() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for depth in [127, 128, 100_000] {
        let (ours, theirs) = both(&nested(depth)).unwrap();
        assert_eq!(ours, theirs, "{depth}");
    }
    assert!(read::<Value>(&nested(127)).is_ok());
}
