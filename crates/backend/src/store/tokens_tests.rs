//! What texts are cut into, and what is found in them.

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use protocol::markup::visible;

use super::tokens::{Phrase, hits, singles, tokens};

fn words(text: &str) -> String {
    tokens(text).into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
}

fn found(source: &str, term: &str) -> Vec<String> {
    hits(&visible(source), &[Phrase::of(term).unwrap()]).texts
}

#[test]
fn case_and_accents_do_not_matter() {
    assert_eq!(words("Café CAFE cafe\u{301} ＣＡＦÉ"), "cafe cafe cafe cafe");
    assert_eq!(words("Straße ŁÓDŹ Ærø İstanbul ısı Ὀδυσσεύς"), "strasse lodz aero istanbul isi οδυσσευσ");
    assert_eq!(words("Zażółć gęślą jaźń"), "zazolc gesla jazn");
    assert_eq!(words("مُحَمَّد محمد שָׁלוֹם"), "محمد محمد שלום");
    assert_eq!(words("हिन्दी में"), "हिन्दी में", "vowels of Indian scripts are letters");
}

#[test]
fn words_end_at_signs_and_numbers_are_words() {
    assert_eq!(words("don't foo_bar 3.14 v2.0-rc1"), "don t foo bar 3 14 v2 0 rc1");
    assert_eq!(words("https://www.example.com/a%20b?q=Ünï"), "https www example com a 20b q uni");
    assert_eq!(words("soft\u{AD}hyphen a\u{200D}b \0 …"), "softhyphen ab");
    assert_eq!(words("½ ﬁn x²"), "1 2 fin x2");
}

#[test]
fn scripts_without_blanks_become_pairs() {
    assert_eq!(words("東京都"), "東京 京都");
    assert_eq!(words("我们部署v2到生产"), "我们 们部 部署 v2 到生 生产");
    assert_eq!(words("東 京"), "東 京");
    assert_eq!(words("한국어"), "한국 국어");
    assert_eq!(words("ﾊﾟｿｺﾝ パソコン パソコン"), "パソ ソコ コン パソ ソコ コン パソ ソコ コン");
    assert_ne!(words("かき"), words("がき"), "another letter, not an accent");
    assert_eq!(singles(&tokens("東京都 abc 東")), ['京', '東', '都']);
}

#[test]
fn emoji_are_words_however_they_are_drawn() {
    assert_eq!(words("nice 👍🏽👍 ❤️"), "nice 👍 👍 ❤");
}

#[test]
fn what_holds_no_letter_is_not_looked_for() {
    for nothing in ["", "???", "\u{301}", "\u{200B}", "\"*\" - ()"] {
        assert_eq!(Phrase::of(nothing), None, "{nothing:?}");
    }
    assert_eq!(Phrase::of("東"), Some(Phrase::Single('東')));
}

#[test]
fn hits_are_told_as_they_stand_in_the_text() {
    assert_eq!(found("A Café, a CAFE and cafés", "cafe"), ["Café", "CAFE"]);
    assert_eq!(found("the Harbour  scene", "harbour scene"), ["Harbour  scene"]);
    assert_eq!(found("the Harbour **scene**", "harbour scene"), ["Harbour", "scene"]);
    assert_eq!(found("我们今天部署到生产环境", "生产环境"), ["生产环境"]);
    assert_eq!(found("我们今天部署", "天"), ["天"]);
    assert_eq!(found("see [here](https://example.com/a)", "example.com"), ["example.com"]);
    assert_eq!(found("nothing", "else"), [""; 0]);
}

#[test]
fn what_says_more_of_it_counts_more() {
    let score = |text: &str| hits(&visible(text), &[Phrase::of("bread").unwrap()]).score;
    assert!(score("bread bread") > score("bread and wine"));
    assert!(score("bread") > score(&format!("bread {}", "and wine ".repeat(50))));
    assert_eq!(score("wine"), 0);
}

proptest! {
    #[test]
    fn tokens_hold_nothing_a_database_would_read(text in any::<String>()) {
        for token in tokens(&text) {
            prop_assert!(!token.text.is_empty());
            prop_assert!(token.text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !c.is_ascii_punctuation()));
            prop_assert!(token.start < token.end && text.is_char_boundary(token.start) && text.is_char_boundary(token.end));
        }
    }

    #[test]
    fn a_text_is_found_by_itself_and_by_its_capitals(text in "[a-zéßø東京部署かがア 한국ก0-9👍.]{1,40}") {
        if let Some(phrase) = Phrase::of(&text) {
            // An underscore or a star could be markup; these signs are none.
            let count = |source: &str| hits(&visible(source), std::slice::from_ref(&phrase)).score;
            let within = format!("x {text} x");
            prop_assert!(count(&within) > 0, "{}", within);
            prop_assert_eq!(words(&text), words(&text.to_uppercase()));
        }
    }
}
