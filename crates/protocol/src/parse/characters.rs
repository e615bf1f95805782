//! Which characters lie: control, bidirectional, invisible, stacked.

/// Characters that change how their neighbours are shown, break a line or cannot be seen. Source for the
/// bidirectional ones: Unicode UAX #9, table "Explicit Directional Formatting Characters"; for the rest: UTS #39, section 3.
pub fn is_unsafe_in_names(c: char) -> bool {
    c.is_control()
        || is_bidi_control(c)
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
            | '\u{200B}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{206A}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFC}' | '\u{E0000}'..='\u{E007F}')
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that leave no mark on screen. The joiners U+200C and U+200D are needed inside words and emoji,
/// so they are allowed; a name made of nothing else is not.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || is_unsafe_in_names(c)
        || matches!(c, '\u{200C}' | '\u{200D}' | '\u{2800}' | '\u{FE00}'..='\u{FE0F}')
}

/// More than four combining marks in a row: no script needs it, and it paints over the rows above.
pub(super) fn has_stacked_marks(text: &str) -> bool {
    let mut run = 0;
    text.chars().any(|c| {
        let mark = matches!(c,
            '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}');
        run = if mark { run + 1 } else { 0 };
        run > 4
    })
}
