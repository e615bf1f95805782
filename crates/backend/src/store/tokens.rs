//! Text into what the search index holds: words without case and accents, and where words are not set apart, pairs of
//! characters.
//!
//! The same on both databases, and the same for messages and for what is looked for. It takes time linear in the length
//! of the text. **A change here makes the index disagree with the messages**: it comes with a migration that empties the
//! index (as in `0016_search.sql` it begins), and the index is made anew beside the running instance.

use protocol::limits;
use protocol::markup::Visible;
use protocol::search::is_unspaced;
use unicode_normalization::char::{compose, decompose_compatible, is_combining_mark};

/// Characters of a word that count. Nobody tells longer ones apart, and an index must not hold a page in one word.
const WORD_CHARS: usize = 48;

/// A word of a text, or a pair of characters of a script without blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Folded. Letters, digits and their marks, or one sign such as an emoji: nothing that means something to a database.
    pub(crate) text: String,
    /// Where it stands in the text, in bytes.
    pub(crate) start: usize,
    /// Where it ends there.
    pub(crate) end: usize,
    /// Whether it is of a script without blanks.
    pub(crate) is_unspaced: bool,
}

/// A folded character with its place in the text.
#[derive(Debug, Clone, Copy)]
struct Folded {
    c: char,
    start: usize,
    end: usize,
}

/// The tokens of a text in their order. Of `東京都` they are `東京` and `京都`, so that `京都` is found inside; of a single such
/// character, itself.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut run: Vec<Folded> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if is_skipped(c) {
            continue;
        }
        decompose_compatible(c, |part| fold(part, at, end, &mut run, &mut found));
    }
    finish(&mut run, &mut found);
    found
}

/// Takes one part of a character into the run of letters at hand, or ends the run.
fn fold(part: char, start: usize, end: usize, run: &mut Vec<Folded>, found: &mut Vec<Token>) {
    if is_accent(part) {
        return;
    }
    // Taken apart with accents: Korean syllables, and the two marks of Japanese that make another letter.
    if let Some(last) = run.last_mut().filter(|last| is_unspaced(last.c))
        && let Some(whole) = compose(last.c, part).filter(|whole| is_unspaced(*whole))
    {
        (last.c, last.end) = (whole, end);
        return;
    }
    let push = |c: char| {
        if run.last().is_some_and(|last| is_unspaced(last.c) != is_unspaced(c)) {
            finish(run, found);
        }
        run.push(Folded { c, start, end });
    };
    if let Some(letters) = unaccented(part) {
        letters.chars().for_each(push);
    } else if part.is_alphanumeric() || is_unspaced(part) {
        part.to_lowercase().filter(|c| !is_accent(*c)).for_each(push);
    } else if is_combining_mark(part) {
        // Vowels of Indian scripts are marks, too; one without a letter is nothing.
        if !run.is_empty() {
            run.push(Folded { c: part, start, end });
        }
    } else {
        finish(run, found);
        if is_pictograph(part) {
            found.push(Token { text: part.to_string(), start, end, is_unspaced: false });
        }
    }
}

/// Makes tokens of a run of letters of one sort.
fn finish(run: &mut Vec<Folded>, found: &mut Vec<Token>) {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
    if is_unspaced(first.c) && run.len() > 1 {
        found.extend(run.windows(2).filter_map(|pair| match pair {
            [one, other] => Some(Token {
                text: [one.c, other.c].iter().collect(),
                start: one.start,
                end: other.end,
                is_unspaced: true,
            }),
            _ => None,
        }));
    } else {
        let text = run.iter().map(|folded| folded.c).take(WORD_CHARS).collect();
        found.push(Token { text, start: first.start, end: last.end, is_unspaced: is_unspaced(first.c) });
    }
    run.clear();
}

/// The single characters of scripts without blanks, each once and in one order: somebody who looks for one character
/// finds every text with it.
pub(crate) fn singles(tokens: &[Token]) -> Vec<char> {
    let mut found: Vec<char> =
        tokens.iter().filter(|token| token.is_unspaced).flat_map(|token| token.text.chars()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Dropped without ending a word: joiners, soft hyphens, what turns the direction, what chooses how an emoji looks.
fn is_skipped(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// What is typed or not as people like: accents, and the vowel points of Arabic and Hebrew. Marks of other scripts make
/// other words.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}' | '\u{05C2}' | '\u{05C4}'
        | '\u{05C5}' | '\u{05C7}' | '\u{0640}' | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Letters that Unicode does not take apart and people write without their stroke.
fn unaccented(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ħ' | 'Ħ' => "h",
        'ı' => "i",
        'ł' | 'Ł' => "l",
        'ŧ' | 'Ŧ' => "t",
        'þ' | 'Þ' => "th",
        'ς' => "σ",
        _ => return None,
    })
}

/// Signs that people look for: emoji, flags, dingbats.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{2B05}'..='\u{2B55}' | '\u{1F000}'..='\u{1FAFF}')
}

/// A word or phrase that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phrase {
    /// These tokens one after another. At least one.
    Row(Vec<String>),
    /// One character of a script without blanks, wherever it stands.
    Single(char),
}

impl Phrase {
    /// What is looked for with a term, which is nothing if it holds no letter.
    pub fn of(term: &str) -> Option<Self> {
        let tokens = tokens(term);
        match tokens.as_slice() {
            [] => None,
            [Token { text, is_unspaced: true, .. }] if text.chars().count() == 1 => {
                text.chars().next().map(Self::Single)
            }
            row => Some(Self::Row(row.iter().map(|token| token.text.clone()).collect())),
        }
    }

    /// Where it stands in a text with these tokens: first and last byte of each place.
    fn places(&self, tokens: &[Token]) -> Vec<(usize, usize)> {
        match self {
            Self::Row(row) => tokens
                .windows(row.len())
                .filter(|here| here.iter().zip(row).all(|(token, wanted)| token.text == *wanted))
                .filter_map(|here| Some((here.first()?.start, here.last()?.end)))
                .collect(),
            Self::Single(c) => {
                let has = tokens.iter().filter(|token| token.is_unspaced && token.text.contains(*c));
                has.map(|token| (token.start, token.end)).collect()
            }
        }
    }
}

/// What a text has of what is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hits {
    /// Stretches to highlight, as they stand in the text; see [`protocol::search::pieces`].
    pub texts: Vec<String>,
    /// How much the text says of it. More places count more, but ever less; a short text says more than a long one.
    pub score: u32,
}

/// Looks for phrases in what a message shows.
pub fn hits(seen: &Visible, phrases: &[Phrase]) -> Hits {
    let tokens = tokens(&seen.text);
    let mut hits = Hits::default();
    // Okapi BM25 (Robertson, Zaragoza 2009) with its usual constants, for texts of twenty words on average; how rare a
    // word is does not matter, since every text found has all of them.
    let length = 1.2 * (0.25 + 0.75 * tokens.len() as f32 / 20.0);
    for phrase in phrases {
        let places = phrase.places(&tokens);
        let count = places.len() as f32;
        hits.score += (1000.0 * count / (count + length)) as u32;
        for (start, end) in places {
            if hits.texts.len() >= limits::SEARCH_HITS {
                break;
            }
            match phrase {
                Phrase::Row(_) => shown(seen, start, end, &mut hits.texts),
                Phrase::Single(c) => {
                    let pair = seen.text.get(start..end).unwrap_or_default();
                    let one = pair.chars().find(|own| folds_to(*own, *c));
                    add(&mut hits.texts, one.map(String::from).unwrap_or_default());
                }
            }
        }
    }
    hits
}

fn folds_to(own: char, wanted: char) -> bool {
    tokens(own.encode_utf8(&mut [0; 4])).first().is_some_and(|token| token.text.starts_with(wanted))
}

/// A stretch of the text, cut where the page begins another node: only within one it can be highlighted.
fn shown(seen: &Visible, start: usize, end: usize, texts: &mut Vec<String>) {
    let from = seen.seams.partition_point(|seam| *seam <= start);
    let within = seen.seams.iter().skip(from).copied().take_while(|seam| *seam < end);
    let mut at = start;
    for cut in within.chain([end]) {
        let part = seen.text.get(at..cut).unwrap_or_default();
        add(
            texts,
            part.trim_matches(|c: char| !c.is_alphanumeric() && !is_pictograph(c) && !is_combining_mark(c))
                .to_owned(),
        );
        at = cut;
    }
}

fn add(texts: &mut Vec<String>, text: String) {
    if !text.is_empty() && !texts.contains(&text) {
        texts.push(text);
    }
}
