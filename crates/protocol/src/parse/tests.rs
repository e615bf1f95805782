//! What the constructors take and refuse.

use super::{ChannelName, Content, DisplayName, Email, InviteCode, Nonce, Password, Topic, Username};
use crate::error::{Error, Problem};

fn problem<T: std::fmt::Debug>(result: Result<T, Error>) -> Problem {
    match result {
        Err(Error::Invalid { problem, .. }) => problem,
        other => panic!("expected a problem, got {other:?}"),
    }
}

#[test]
fn a_username_is_small_letters_digits_dot_and_underscore() {
    assert_eq!(Username::parse(" Ana.b_2 ").unwrap().as_str(), "ana.b_2");
    assert_eq!(problem(Username::parse("a")), Problem::TooShort { min: 2 });
    assert_eq!(problem(Username::parse(&"a".repeat(33))), Problem::TooLong { max: 32 });
    for text in ["ana b", "аna", "ana-b", "ana@b", "an\u{200B}a", "a\0b"] {
        assert_eq!(problem(Username::parse(text)), Problem::Characters, "{text:?}");
    }
    assert_eq!(problem(Username::parse("  ")), Problem::Empty);
}

#[test]
fn a_display_name_takes_any_script_but_nothing_that_lies() {
    for text in ["Eun-ji Park", "مراجعة", "山田", "👩‍👩‍👧", "Zoë"] {
        assert_eq!(DisplayName::parse(text).unwrap().as_str(), text);
    }
    for text in [
        "evil\u{202E}txt",
        "a\nb",
        "a\u{0}b",
        "a\u{200B}b",
        "a\u{2066}b",
        &format!("e{}", "\u{301}".repeat(9)),
    ] {
        assert_eq!(problem(DisplayName::parse(text)), Problem::Characters, "{text:?}");
    }
    for text in ["", "   ", "\u{200D}", "\u{3164}"] {
        assert_eq!(problem(DisplayName::parse(text)), Problem::Empty, "{text:?}");
    }
    assert_eq!(problem(DisplayName::parse(&"x".repeat(33))), Problem::TooLong { max: 32 });
}

#[test]
fn an_email_has_one_at_and_a_dotted_domain() {
    assert_eq!(Email::parse(" Ana@Example.org ").unwrap().as_str(), "ana@example.org");
    assert_eq!(Email::parse_optional(" ").unwrap(), None);
    for text in ["ana", "@example.org", "ana@", "ana@org", "a b@example.org", "a@b@example.org", "a@.org"] {
        assert_eq!(problem(Email::parse(text)), Problem::Characters, "{text:?}");
    }
}

#[test]
fn a_password_is_taken_as_it_is() {
    assert_eq!(Password::parse(" pässwörd 🔑").unwrap().reveal(), " pässwörd 🔑");
    assert_eq!(problem(Password::parse("1234567")), Problem::TooShort { min: 8 });
    assert_eq!(problem(Password::parse(&"x".repeat(257))), Problem::TooLong { max: 256 });
    assert!(!format!("{:?}", Password::parse("secret-word").unwrap()).contains("secret"));
}

#[test]
fn a_message_keeps_its_lines_and_loses_its_edges() {
    assert_eq!(Content::parse("\r\n\n  a\r\nb\n\n").unwrap().as_str(), "  a\nb");
    assert_eq!(problem(Content::parse(" \n\t ")), Problem::Empty);
    assert_eq!(problem(Content::parse(&"x".repeat(4001))), Problem::TooLong { max: 4000 });
    assert!(Content::parse(&"é".repeat(4000)).is_ok(), "characters count, not bytes");
    assert_eq!(problem(Content::parse("a\u{7}b")), Problem::Characters);
    assert!(Content::parse("\u{202B}שלום\u{202C}").is_ok(), "right-to-left text is text");
}

#[test]
fn an_invite_is_found_in_its_link() {
    for text in [
        "abcDEF123-_x",
        " https://chat.example/invite/abcDEF123-_x ",
        "http://127.0.0.1:3000/invite/abcDEF123-_x/?a=1",
    ] {
        let parsed = InviteCode::parse(text);
        assert_eq!(parsed.unwrap().as_str(), "abcDEF123-_x", "{text}");
    }
    assert_eq!(problem(InviteCode::parse("a b")), Problem::Characters);
    assert_eq!(problem(InviteCode::parse("")), Problem::Empty);
}

#[test]
fn names_of_places_and_keys_are_checked() {
    assert_eq!(ChannelName::parse("# general").unwrap().as_str(), "general");
    assert_eq!(problem(ChannelName::parse("#")), Problem::Empty);
    assert_eq!(Topic::parse("a\n\nb ").unwrap().as_str(), "a b");
    assert_eq!(Topic::parse("  ").unwrap().as_str(), "");
    assert!(Nonce::parse("0190c2a4-7b1e-7cc3-98c4-dc0c0c07398f").is_ok());
    assert_eq!(problem(Nonce::parse("a b")), Problem::Characters);
}
