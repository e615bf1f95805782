//! What can be suggested for the word in front of the caret. Nothing here knows the page.

use protocol::entity::User;

/// Names longer than this are not looked for.
const MOST_CHARS: usize = 32;
/// Letters before emoji are suggested: `:D` and `:p` are meant as they stand.
const EMOJI_FROM: usize = 2;

/// What a word begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// `@`
    Person,
    /// `#`
    Channel,
    /// `:`
    Emoji,
}

/// A word that may become a mention or an emoji.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// What is looked for.
    pub sign: Sign,
    /// Where the sign is: bytes from the beginning of the text.
    pub start: usize,
    /// What is behind the sign, in small letters.
    pub query: String,
}

/// What the text before the caret asks for.
pub(super) fn asked(before: &str) -> Option<Asked> {
    let word_at = before
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8));
    let word = before.get(word_at..)?;
    let at = word.rfind(['@', '#', ':'])?;
    let (ahead, rest) = word.split_at_checked(at)?;
    // `ana@example.org`, `10:30`, `https://`.
    if ahead.chars().next_back().is_some_and(|last| last.is_alphanumeric() || "@#:/_".contains(last))
        || is_code(before)
    {
        return None;
    }
    let mut characters = rest.chars();
    let sign = match characters.next()? {
        '@' => Sign::Person,
        '#' => Sign::Channel,
        _ => Sign::Emoji,
    };
    let query = characters.as_str().to_lowercase();
    let length = query.chars().count();
    let is_name = query.chars().all(|one| one.is_alphanumeric() || "_.-+'".contains(one));
    let is_long_enough = sign != Sign::Emoji || length >= EMOJI_FROM;
    (is_name && is_long_enough && length <= MOST_CHARS).then(|| Asked { sign, start: word_at + at, query })
}

/// Whether what comes next stands in code, where names are only text.
fn is_code(before: &str) -> bool {
    if before.matches("```").count() % 2 == 1 {
        return true;
    }
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.matches('`').count() % 2 == 1
}

/// How well a person fits; the lowest is best.
pub(super) fn rank_person(user: &User, query: &str) -> Option<u8> {
    let name = user.display_name.to_lowercase();
    let ranks = [
        user.username == query,
        user.username.starts_with(query),
        name.starts_with(query),
        name.split_whitespace().any(|word| word.starts_with(query)),
        user.username.contains(query) || name.contains(query),
    ];
    ranks.iter().position(|fits| *fits).and_then(|rank| u8::try_from(rank).ok())
}

/// How well a name fits; the lowest is best.
pub(super) fn rank_name(name: &str, query: &str) -> Option<u8> {
    let name = name.to_lowercase();
    let ranks = [name == query, name.starts_with(query), name.contains(query)];
    ranks.iter().position(|fits| *fits).and_then(|rank| u8::try_from(rank).ok())
}

/// How well an emoji fits, from its name and further words; the lowest is best. A name that has the query as a word of its
/// own comes before one that only begins with it, and the shorter the earlier: `heart` means "red heart", not "heart
/// with arrow", and `joy` no joystick.
pub(super) fn rank_emoji(name: &str, words: &str, query: &str) -> Option<usize> {
    const NEXT: usize = 1_000;
    let length = name.len().min(NEXT - 1);
    if name == query {
        Some(0)
    } else if name.split_whitespace().any(|word| word == query) {
        Some(length)
    } else if name.starts_with(query) || (!query.is_empty() && name.replace(' ', "").starts_with(query)) {
        // `thumbsup`, as others write it.
        Some(NEXT)
    } else if query.split_whitespace().all(|word| name.contains(word) || words.contains(word)) {
        Some(NEXT + 1)
    } else {
        None
    }
}

/// The best of some, those that fit equally well by name. Only as many are kept in order as are wanted: sorting all of them
/// would be more work, and more code to load.
pub(super) fn best<T>(
    all: impl Iterator<Item = T>,
    rank: impl Fn(&T) -> Option<u8>,
    name: impl Fn(&T) -> String,
    most: usize,
) -> Vec<T> {
    let mut found: Vec<((u8, String), T)> = Vec::new();
    for one in all {
        let Some(rank) = rank(&one) else { continue };
        let key = (rank, name(&one));
        let at = found.partition_point(|(known, _)| *known <= key);
        if at < most {
            found.insert(at, (key, one));
            found.truncate(most);
        }
    }
    found.into_iter().map(|(_, one)| one).collect()
}

/// A name in three: what is before the part that was typed, that part, and what is behind it.
pub(super) fn marked(name: &str, query: &str) -> (String, String, String) {
    let letters: Vec<char> = name.chars().collect();
    let wanted: Vec<char> = query.chars().collect();
    let is_same = |one: &char, other: &char| one == other || one.to_lowercase().eq(other.to_lowercase());
    let at = (0..letters.len())
        .find(|at| {
            let here = letters.get(*at..at + wanted.len());
            here.is_some_and(|here| here.iter().zip(&wanted).all(|(one, other)| is_same(one, other)))
        })
        .filter(|_| !wanted.is_empty());
    let Some(at) = at else { return (name.to_owned(), String::new(), String::new()) };
    let part = |from: usize, to: usize| letters.get(from..to).unwrap_or_default().iter().collect::<String>();
    let end = at + wanted.len();
    (part(0, at), part(at, end), part(end, letters.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::UserId;

    fn sign_and_query(before: &str) -> Option<(Sign, usize, String)> {
        asked(before).map(|Asked { sign, start, query }| (sign, start, query))
    }

    #[test]
    fn a_sign_that_begins_a_word_asks() {
        assert_eq!(sign_and_query("@"), Some((Sign::Person, 0, String::new())));
        assert_eq!(sign_and_query("ask @Ma"), Some((Sign::Person, 4, "ma".to_owned())));
        assert_eq!(sign_and_query("(see #gen"), Some((Sign::Channel, 5, "gen".to_owned())));
        assert_eq!(sign_and_query("ja\u{3000}@연"), Some((Sign::Person, 5, "연".to_owned())));
        assert_eq!(sign_and_query("**@mara.l"), Some((Sign::Person, 2, "mara.l".to_owned())));
        assert_eq!(sign_and_query("nice :smi"), Some((Sign::Emoji, 5, "smi".to_owned())));
    }

    #[test]
    fn a_sign_inside_a_word_or_in_code_does_not_ask() {
        for before in [
            "",
            "hello",
            "ana@example",
            "at 10:30",
            "https://x",
            ":p",
            "@ma ",
            "a :smile:",
            "@@ana",
            "#1#2",
            "`@ma",
            "```\n@ma",
            "@ana!",
            "x_@ma",
        ] {
            assert_eq!(asked(before), None, "{before:?}");
        }
        assert!(asked("`code` @ma").is_some(), "behind code");
        assert!(asked("```\ncode\n```\n@ma").is_some());
        assert_eq!(asked(&format!("@{}", "x".repeat(MOST_CHARS + 1))), None);
    }

    #[test]
    fn people_are_found_by_what_they_are_called() {
        let user = |id: i64, username: &str, display_name: &str| User {
            id: UserId::from_trusted(id),
            username: username.to_owned(),
            display_name: display_name.to_owned(),
        };
        let all = [
            user(1, "wilhelma", "Wilhelma Featherstone"),
            user(2, "zoe", "Zoë Mars"),
            user(3, "mara", "Mara Lindqvist"),
            user(4, "ma", "Anybody"),
            user(5, "bo", "Bo"),
        ];
        let found = best(all.into_iter(), |user| rank_person(user, "ma"), |user| user.username.clone(), 8);
        let names: Vec<String> = found.into_iter().map(|user| user.username).collect();
        assert_eq!(names, ["ma", "mara", "zoe", "wilhelma"]);
    }

    #[test]
    fn the_emoji_that_is_meant_comes_first() {
        let all = [
            ("firefighter", "fire"),
            ("fire", "flame"),
            ("joystick", "game"),
            ("face with tears of joy", "laugh"),
            ("heart with arrow", "cupid"),
            ("red heart", "love"),
            ("heart on fire", "burn"),
            ("thumbs up", "+1 good"),
        ];
        let first = |query: &str| {
            let ranked = all
                .iter()
                .filter_map(|(name, words)| rank_emoji(name, words, query).map(|rank| (rank, *name)));
            ranked.min_by_key(|(rank, _)| *rank).map(|(_, name)| name)
        };
        for (query, meant) in [
            ("fire", "fire"),
            ("joy", "face with tears of joy"),
            ("heart", "red heart"),
            ("thumbsup", "thumbs up"),
            ("thumbs up", "thumbs up"),
            ("+1", "thumbs up"),
            ("tears laugh", "face with tears of joy"),
        ] {
            assert_eq!(first(query), Some(meant), "{query}");
        }
        assert_eq!(first("tears game"), None);
    }

    #[test]
    fn the_part_that_was_typed_is_marked() {
        let owned =
            |(one, two, three): (&str, &str, &str)| (one.to_owned(), two.to_owned(), three.to_owned());
        assert_eq!(marked("Wilhelma", "ma"), owned(("Wilhel", "ma", "")));
        assert_eq!(marked("ÉMILE", "émi"), owned(("", "ÉMI", "LE")));
        assert_eq!(marked("Bo", "zoe"), owned(("Bo", "", "")));
        assert_eq!(marked("Bo", ""), owned(("Bo", "", "")));
    }
}
