//! One emoji and the one way it is written, so that what looks the same is the same.
//!
//! Unicode has several ways: "❤" may be followed by U+FE0F, which asks for the picture, or not; a picture may be followed
//! by it without a difference. The form here is the one in `public/emoji.txt`, which Unicode calls fully qualified: U+FE0F
//! exactly where a character would be text without it. Whatever may be invisible is refused.

/// Asks for a picture instead of text.
const PICTURE: char = '\u{FE0F}';
/// Makes one picture of what is before and after it.
const JOINER: char = '\u{200D}';
/// Puts a digit on a key.
const KEYCAP: char = '\u{20E3}';
/// Begins a regional flag.
const FLAG: char = '\u{1F3F4}';
/// The regions that have a flag, as their tag characters. With others, or with any other text in its place, a system
/// shows a black flag and hides the rest.
const REGIONS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// Characters that are text unless U+FE0F follows: first and last of each range. A test derives them from the list.
const SIGNS: &str = "\
    A9 AE 203C 2049 2122 2139 2194-2199 21A9-21AA 2328 23CF 23ED-23EF 23F1-23F2 23F8-23FA 24C2 25AA-25AB
    25B6 25C0 25FB-25FC 2600-2604 260E 2611 2618 261D 2620 2622-2623 2626 262A 262E-262F 2638-263A 2640 2642
    265F-2660 2663 2665-2666 2668 267B 267E 2692 2694-2697 2699 269B-269C 26A0 26A7 26B0-26B1 26C8 26CF 26D1
    26D3 26E9 26F0-26F1 26F4 26F7-26F9 2702 2708-2709 270C-270D 270F 2712 2714 2716 271D 2721 2733-2734 2744
    2747 2763-2764 27A1 2934-2935 2B05-2B07 3030 303D 3297 3299 1F170-1F171 1F17E-1F17F 1F202 1F237 1F321
    1F324-1F32C 1F336 1F37D 1F396-1F397 1F399-1F39B 1F39E-1F39F 1F3CB-1F3CE 1F3D4-1F3DF 1F3F3 1F3F5 1F3F7
    1F43F 1F441 1F4FD 1F549-1F54A 1F56F-1F570 1F573-1F579 1F587 1F58A-1F58D 1F590 1F5A5 1F5A8 1F5B1-1F5B2
    1F5BC 1F5C2-1F5C4 1F5D1-1F5D3 1F5DC-1F5DE 1F5E1 1F5E3 1F5E8 1F5EF 1F5F3 1F5FA 1F6CB 1F6CD-1F6CF
    1F6E0-1F6E5 1F6E9 1F6F0 1F6F3";

/// Characters that are pictures by themselves, but for letters of flags and colours of skin, which are none alone. The
/// ranges where Unicode puts new ones are here as a whole.
const PICTURES: &str = "\
    231A-231B 23E9-23EC 23F0 23F3 25FD-25FE 2614-2615 2648-2653 267F 2693 26A1 26AA-26AB 26BD-26BE 26C4-26C5
    26CE 26D4 26EA 26F2-26F3 26F5 26FA 26FD 2705 270A-270B 2728 274C 274E 2753-2755 2757 2795-2797 27B0 27BF
    2B1B-2B1C 2B50 2B55 1F004 1F0CF 1F18E 1F191-1F19A 1F201 1F21A 1F22F 1F232-1F236 1F238-1F23A 1F250-1F251
    1F300-1F320 1F32D-1F335 1F337-1F37C 1F37E-1F393 1F3A0-1F3CA 1F3CF-1F3D3 1F3E0-1F3F0 1F3F4 1F3F8-1F3FA
    1F400-1F43E 1F440 1F442-1F4FC 1F4FF-1F53D 1F54B-1F54E 1F550-1F567 1F57A 1F595-1F596 1F5A4 1F5FB-1F64F
    1F680-1F6C5 1F6CC 1F6D0-1F6D2 1F6D5-1F6DF 1F6EB-1F6EC 1F6F4-1F6FC 1F7E0-1F7EB 1F7F0 1F90C-1F93A
    1F93C-1F945 1F947-1F9FF 1FA70-1FAFF";

/// The form of an emoji that is kept and shown; `None` for anything but one emoji.
pub(super) fn canonical(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    match chars.as_slice() {
        // Two letters make a flag.
        ['\u{1F1E6}'..='\u{1F1FF}', '\u{1F1E6}'..='\u{1F1FF}'] => Some(text.to_owned()),
        [key @ ('0'..='9' | '#' | '*'), KEYCAP] | [key @ ('0'..='9' | '#' | '*'), PICTURE, KEYCAP] => {
            Some([*key, PICTURE, KEYCAP].iter().collect())
        }
        [FLAG, tags @ .., '\u{E007F}'] => {
            let letter = |tag: &char| char::from_u32(u32::from(*tag).checked_sub(0xE0000)?);
            let region: String = tags.iter().map(letter).collect::<Option<_>>()?;
            REGIONS.contains(&region.as_str()).then(|| text.to_owned())
        }
        joined => {
            let parts: Vec<String> = joined.split(|c| *c == JOINER).map(part).collect::<Option<_>>()?;
            Some(parts.join("\u{200D}"))
        }
    }
}

/// A picture alone, or one of those that are joined: at most one U+FE0F or colour of skin follows its character. The
/// colour asks for the picture already.
fn part(chars: &[char]) -> Option<String> {
    let (base, rest) = chars.split_first()?;
    let is_sign = is_in(SIGNS, *base);
    if !is_sign && !is_in(PICTURES, *base) {
        return None;
    }
    match rest {
        [] | [PICTURE] if is_sign => Some([*base, PICTURE].iter().collect()),
        [] | [PICTURE] => Some(base.to_string()),
        [tone @ '\u{1F3FB}'..='\u{1F3FF}'] | [PICTURE, tone @ '\u{1F3FB}'..='\u{1F3FF}'] => {
            Some([*base, *tone].iter().collect())
        }
        _ => None,
    }
}

fn is_in(table: &str, c: char) -> bool {
    table.split_ascii_whitespace().any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let code = |text| u32::from_str_radix(text, 16).unwrap_or(u32::MAX);
        (code(first)..=code(last)).contains(&u32::from(c))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{JOINER, KEYCAP, PICTURE, PICTURES, SIGNS, canonical, is_in};

    /// The emoji of the list that the picker shows.
    fn list() -> Vec<&'static str> {
        let lines = include_str!("../../../../public/emoji.txt").lines();
        lines.filter_map(|line| Some(line.split_once('\t')?.0)).collect()
    }

    fn ranges(codes: impl IntoIterator<Item = u32>) -> String {
        let mut found: Vec<(u32, u32)> = Vec::new();
        for code in codes {
            match found.last_mut() {
                Some((_, last)) if *last + 1 == code => *last = code,
                _ => found.push((code, code)),
            }
        }
        let text = |(first, last)| {
            if first == last { format!("{first:X}") } else { format!("{first:X}-{last:X}") }
        };
        found.into_iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_signs_are_those_that_the_list_asks_to_show_as_pictures() {
        let mut signs = BTreeSet::new();
        for emoji in list().into_iter().filter(|emoji| !emoji.contains(KEYCAP)) {
            let chars: Vec<char> = emoji.chars().collect();
            signs.extend(chars.windows(2).filter(|pair| pair[1] == PICTURE).map(|pair| u32::from(pair[0])));
        }
        let table = SIGNS.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(table, ranges(signs));
    }

    #[test]
    fn every_emoji_of_the_list_is_in_the_form_that_is_kept_and_is_found_without_its_variation() {
        let all = list();
        assert!(all.len() > 1_800, "{}", all.len());
        for emoji in &all {
            assert_eq!(canonical(emoji).as_deref(), Some(*emoji));
            let bare: String = emoji.chars().filter(|c| *c != PICTURE).collect();
            assert_eq!(canonical(&bare).as_deref(), Some(*emoji), "{bare}");
        }
        // What is a picture by itself needs no asking; asked for, it is the same.
        for emoji in all.into_iter().filter(|emoji| emoji.chars().count() == 1) {
            assert_eq!(canonical(&format!("{emoji}{PICTURE}")).as_deref(), Some(emoji));
        }
    }

    #[test]
    fn no_character_is_a_picture_and_a_sign() {
        // Where ranges meet, the first of one lies in the other.
        for (table, other) in [(SIGNS, PICTURES), (PICTURES, SIGNS)] {
            for range in table.split_ascii_whitespace() {
                let first = range.split_once('-').map_or(range, |(first, _)| first);
                let first = u32::from_str_radix(first, 16).ok().and_then(char::from_u32).unwrap();
                assert!(is_in(table, first) && !is_in(other, first), "{range}");
            }
        }
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        for (written, kept) in [
            ("\u{2764}", "\u{2764}\u{FE0F}"),
            ("\u{2764}\u{FE0F}", "\u{2764}\u{FE0F}"),
            ("\u{1F44D}\u{FE0F}", "\u{1F44D}"),
            ("1\u{20E3}", "1\u{FE0F}\u{20E3}"),
            ("\u{270C}\u{FE0F}\u{1F3FD}", "\u{270C}\u{1F3FD}"),
            ("\u{2764}\u{200D}\u{1F525}", "\u{2764}\u{FE0F}\u{200D}\u{1F525}"),
            ("\u{1F3F3}\u{200D}\u{1F308}", "\u{1F3F3}\u{FE0F}\u{200D}\u{1F308}"),
        ] {
            assert_eq!(canonical(written).as_deref(), Some(kept), "{written}");
        }
    }

    #[test]
    fn nothing_is_hidden_in_an_emoji() {
        let region = |tags: &str| -> String {
            tags.chars().filter_map(|c| char::from_u32(0xE0000 + u32::from(c))).collect()
        };
        let england = format!("\u{1F3F4}{}\u{E007F}", region("gbeng"));
        assert_eq!(canonical(&england), Some(england.clone()));
        for hidden in [
            format!("\u{1F44D}{}\u{E007F}", region("gbeng")),
            format!("\u{1F3F4}{}", region("gbeng")),
            format!("\u{1F3F4}{}\u{E007F}", region("hello")),
            format!("\u{1F3F4}\u{FE0F}{}\u{E007F}", region("gbeng")),
            format!("{england}\u{E007F}"),
            format!("{england}{JOINER}\u{1F525}"),
            "\u{1F3F4}\u{E007F}".into(),
            "\u{1F44D}\u{1F3FB}\u{1F3FB}".into(),
            "\u{1F44D}\u{1F3FB}\u{FE0F}".into(),
            "\u{2764}\u{FE0F}\u{FE0F}".into(),
            "\u{2764}\u{FE0E}".into(),
            "1\u{FE0F}\u{FE0F}\u{20E3}".into(),
            "1\u{FE0F}\u{20E3}\u{FE0F}".into(),
            "\u{202E}\u{FE0F}".into(),
            "\u{200B}\u{FE0F}".into(),
            "\u{FE0F}".into(),
            "\u{1F525}\u{200D}".into(),
            "\u{200D}\u{1F525}".into(),
            "\u{1F525}\u{200D}\u{200D}\u{1F525}".into(),
            "\u{1F3FB}".into(),
            "\u{1F1E9}".into(),
            "\u{1F1E9}\u{1F1EA}\u{FE0F}".into(),
            "\u{2701}".into(),
            "1".into(),
            String::new(),
        ] {
            assert_eq!(canonical(&hidden), None, "{hidden:?}");
        }
    }
}
