//! Messages of nothing but emoji, which are shown large.

use super::{Block, Document, Inline};

/// Most emoji that are shown large, as Discord has it.
const MAX: usize = 27;

/// Whether a message is 1 to 27 emoji with nothing but white space between. The ranges are wider than
/// Unicode's list in places, which at worst shows a lone chess piece large.
pub fn is_emoji_only(doc: &Document) -> bool {
    let [Block::Paragraph(content)] = doc.blocks.as_slice() else { return false };
    let mut count = 0;
    for inline in content {
        match inline {
            Inline::Break => {}
            Inline::Text(text) => match count_emoji(text) {
                Some(more) => count += more,
                None => return false,
            },
            _ => return false,
        }
    }
    (1..=MAX).contains(&count)
}

/// The number of emoji in a text; `None` if anything else stands in it.
fn count_emoji(text: &str) -> Option<usize> {
    let mut count = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let as_picture = chars.next_if_eq(&'\u{FE0F}').is_some();
        match c {
            // Two letters make a flag.
            '\u{1F1E6}'..='\u{1F1FF}' => {
                chars.next_if(|c| matches!(c, '\u{1F1E6}'..='\u{1F1FF}'))?;
            }
            '0'..='9' | '#' | '*' => {
                chars.next_if_eq(&'\u{20E3}')?;
            }
            '\u{1F000}'..='\u{1FAFF}'
            | '\u{2300}'..='\u{23FF}'
            | '\u{2600}'..='\u{27BF}'
            | '\u{25FD}'..='\u{25FE}'
            | '\u{2B00}'..='\u{2BFF}' => {}
            // Signs that are text unless asked for as a picture.
            '©'
            | '®'
            | '\u{2000}'..='\u{22FF}'
            | '\u{2400}'..='\u{25FF}'
            | '\u{2900}'..='\u{297F}'
            | '\u{3030}'..='\u{303D}'
            | '\u{3297}'
            | '\u{3299}'
                if as_picture => {}
            _ => return None,
        }
        // The colour of skin, and the letters of a regional flag.
        while chars
            .next_if(|c| matches!(c, '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}' | '\u{FE0F}'))
            .is_some()
        {}
        // A joiner makes one picture of this and the next.
        if chars.next_if_eq(&'\u{200D}').is_none() {
            count += 1;
        } else {
            chars.peek()?;
        }
    }
    Some(count)
}
