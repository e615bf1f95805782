//! Text cut into what was looked for and what was not, so that a page can mark it without any markup in the text.

/// A stretch of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'t> {
    /// What to show.
    pub text: &'t str,
    /// Whether this was looked for.
    pub is_hit: bool,
}

/// Cuts one text of a message, as [`crate::markup::Inline::Text`] or a code block has it, at the
/// [hits](super::Found::hits). Words are found whole; in scripts without blanks between words, anywhere. Of two that begin
/// at the same place the longer counts. Nothing is lost: the pieces in a row are the text.
pub fn pieces<'t>(text: &'t str, hits: &[String]) -> Vec<Piece<'t>> {
    let mut found = Vec::new();
    let (mut done, mut at) = (0, 0);
    let mut before = None;
    while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let longest = hits.iter().filter(|hit| begins_with(rest, hit, before)).map(String::len).max();
        let Some(length) = longest else {
            before = Some(next);
            at += next.len_utf8();
            continue;
        };
        push(&mut found, text.get(done..at), false);
        push(&mut found, text.get(at..at + length), true);
        at += length;
        done = at;
        before = text.get(..at).and_then(|text| text.chars().next_back());
    }
    push(&mut found, text.get(done..), false);
    found
}

fn push<'t>(found: &mut Vec<Piece<'t>>, text: Option<&'t str>, is_hit: bool) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        found.push(Piece { text, is_hit });
    }
}

/// Whether a hit stands here as a word of its own.
fn begins_with(rest: &str, hit: &str, before: Option<char>) -> bool {
    let Some(behind) = rest.strip_prefix(hit).filter(|_| !hit.is_empty()) else { return false };
    let goes_on =
        |one: Option<char>, other: Option<char>| one.is_some_and(is_in_word) && other.is_some_and(is_in_word);
    !goes_on(before, hit.chars().next()) && !goes_on(hit.chars().next_back(), behind.chars().next())
}

/// A letter or digit of a script that sets words apart.
fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() && !is_unspaced(c)
}

/// Whether words of this character's script stand side by side without a blank, or, as in Korean, with endings that
/// nobody types who looks for the word. Source: Unicode 17, `Blocks.txt`.
pub fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E01}'..='\u{0E3A}' | '\u{0E40}'..='\u{0E4E}' // Thai
        | '\u{0E81}'..='\u{0EDF}' // Lao
        | '\u{1000}'..='\u{103F}' // Myanmar
        | '\u{1100}'..='\u{11FF}' // Hangul Jamo
        | '\u{1780}'..='\u{17D3}' // Khmer
        | '\u{3005}'..='\u{3007}' // iteration mark, closing mark, zero
        | '\u{3041}'..='\u{3096}' | '\u{3099}'..='\u{309F}' // Hiragana
        | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}' // Katakana
        | '\u{3105}'..='\u{312F}' | '\u{3131}'..='\u{318E}' // Bopomofo, Hangul letters
        | '\u{31A0}'..='\u{31BF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' // Han
        | '\u{A000}'..='\u{A48C}' // Yi
        | '\u{AC00}'..='\u{D7A3}' // Hangul syllables
        | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}' // compatibility forms
        | '\u{20000}'..='\u{3FFFD}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    use super::pieces;

    /// With hits in brackets.
    fn marked(text: &str, hits: &[&str]) -> String {
        let hits: Vec<String> = hits.iter().map(|hit| (*hit).to_owned()).collect();
        let show = |piece: super::Piece<'_>| {
            if piece.is_hit { format!("[{}]", piece.text) } else { piece.text.to_owned() }
        };
        pieces(text, &hits).into_iter().map(show).collect()
    }

    #[test]
    fn words_are_marked_whole_and_nothing_within_words() {
        assert_eq!(
            marked("A cat, a catalogue and another cat", &["cat"]),
            "A [cat], a catalogue and another [cat]"
        );
        assert_eq!(marked("bobcat cat_tail café", &["cat", "café"]), "bobcat [cat]_tail [café]");
        assert_eq!(marked("the harbour scene", &["harbour", "harbour scene"]), "the [harbour scene]");
    }

    #[test]
    fn scripts_without_blanks_are_marked_inside_sentences() {
        assert_eq!(marked("我们今天部署到生产环境", &["部署"]), "我们今天[部署]到生产环境");
        assert_eq!(marked("한국어를 배워요", &["한국"]), "[한국]어를 배워요");
        assert_eq!(marked("v2東京x", &["東京"]), "v2[東京]x");
    }

    #[test]
    fn nothing_to_mark_leaves_one_piece_or_none() {
        assert_eq!(pieces("plain", &[]).len(), 1);
        assert_eq!(marked("plain", &[""]), "plain");
        assert!(pieces("", &["a".to_owned()]).is_empty());
    }

    proptest! {
        #[test]
        fn the_pieces_in_a_row_are_the_text(text in any::<String>(), hits in prop::collection::vec("[a-c東京é ]{0,3}", 0..4)) {
            let cut = pieces(&text, &hits);
            prop_assert_eq!(cut.iter().map(|piece| piece.text).collect::<String>(), text.as_str());
            prop_assert!(cut.iter().all(|piece| !piece.text.is_empty()));
            prop_assert!(cut.iter().filter(|piece| piece.is_hit).all(|piece| hits.iter().any(|hit| hit == piece.text)));
        }
    }
}
