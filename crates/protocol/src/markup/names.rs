//! Names that people type, and the mentions that are stored for them.
//!
//! `@ana` becomes `<@175928847299117063>` before a message is stored, so that the mention survives a new name,
//! and becomes `@ana` again in the edit box. Both only where the page shows running text: the scanner notes
//! the places.

use super::blocks;
use super::lines::slice;
use super::scan::{MentionAt, NameAt, NameSort, Notes, Target, begins_word, is_word};
use crate::{ChannelId, RoleId, UserId, limits};

/// Signs that are tried without at the end of a channel's name. More in a row are no sentence.
const MAX_TRIMMED: usize = 8;

/// Names that [`resolve_names`] would ask for: in small letters, each once, in order, and at most
/// [`limits::MENTIONS_PER_MESSAGE`] of either sort.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Behind an `@`.
    pub users: Vec<String>,
    /// Behind a `#`.
    pub channels: Vec<String>,
}

/// The names a message may mention, so that they can be looked up at once. A word gives several candidates if
/// it ends in signs: in `@ana.` the dot may end a sentence or belong to the name.
pub fn candidate_names(source: &str) -> Names {
    let mut found = Names::default();
    for name in read(source).names {
        let names = if name.sort == NameSort::Channel { &mut found.channels } else { &mut found.users };
        for end in ends(source, name) {
            let candidate = slice(source, name.at + 1, end).to_lowercase();
            if names.len() < limits::MENTIONS_PER_MESSAGE && !names.contains(&candidate) {
                names.push(candidate);
            }
        }
    }
    found
}

/// Puts mentions in place of the names that are known, before a message is stored. The finders are asked with
/// small letters, for the longest reading of a name first. Of `roles` the one with the longest name counts, and a
/// person before a role of the same name. Everything else stays as it is.
pub fn resolve_names(
    source: &str,
    find_user: &mut dyn FnMut(&str) -> Option<UserId>,
    find_channel: &mut dyn FnMut(&str) -> Option<ChannelId>,
    roles: &[(RoleId, String)],
) -> String {
    let mut text = String::with_capacity(source.len());
    let mut copied = 0;
    for name in read(source).names {
        if name.at < copied {
            continue; // within the name of a channel or a role
        }
        let is_channel = name.sort == NameSort::Channel;
        let mut mention = ends(source, name).into_iter().find_map(|end| {
            let candidate = slice(source, name.at + 1, end).to_lowercase();
            let mention = if is_channel {
                find_channel(&candidate).map(|id| format!("<#{id}>"))
            } else {
                find_user(&candidate).map(|id| format!("<@{id}>"))
            };
            mention.map(|mention| (mention, end))
        });
        if !is_channel
            && let Some((id, length)) = longest_role(slice(source, name.at + 1, source.len()), roles)
            && mention.as_ref().is_none_or(|(_, end)| *end < name.at + 1 + length)
        {
            mention = Some((format!("<@&{id}>"), name.at + 1 + length));
        }
        if let Some((mention, end)) = mention {
            text.push_str(slice(source, copied, name.at));
            text.push_str(&mention);
            copied = end;
        }
    }
    text.push_str(slice(source, copied, source.len()));
    text
}

/// Puts names in place of mentions, for the edit box. A mention stays as it is if it is not known, or if
/// [`resolve_names`] would not find its way back from the name.
pub fn unresolve_names(
    source: &str,
    name_user: &mut dyn FnMut(UserId) -> Option<String>,
    name_channel: &mut dyn FnMut(ChannelId) -> Option<String>,
    name_role: &mut dyn FnMut(RoleId) -> Option<String>,
) -> String {
    let mut text = String::with_capacity(source.len());
    let mut copied = 0;
    for mention in read(source).mentions {
        if !stands_free(source, mention) {
            continue;
        }
        let name = match mention.target {
            Target::User(id) => {
                let fits =
                    |name: &String| is_username(name) && !(mention.in_underscores && name.ends_with('_'));
                name_user(id).filter(fits).map(|name| ('@', name))
            }
            Target::Channel(id) => name_channel(id).filter(|name| is_plain(name)).map(|name| ('#', name)),
            Target::Role(id) => name_role(id).filter(|name| is_words(name)).map(|name| ('@', name)),
            Target::Everyone | Target::Here => None,
        };
        if let Some((sign, name)) = name {
            text.push_str(slice(source, copied, mention.start));
            text.push(sign);
            text.push_str(&name);
            copied = mention.end;
        }
    }
    text.push_str(slice(source, copied, source.len()));
    text
}

fn read(source: &str) -> Notes {
    let mut notes = Notes::default();
    blocks::read(source, &mut notes);
    notes
}

/// Where a name may end: the longest reading first.
fn ends(source: &str, name: NameAt) -> Vec<usize> {
    let start = name.at + 1;
    let end = match name.sort {
        NameSort::PersonOrRole(Some(end)) => end,
        NameSort::PersonOrRole(None) => return Vec::new(),
        NameSort::Channel => {
            let lengths = channel_lengths(slice(source, start, source.len()));
            return lengths.into_iter().map(|length| start + length).collect();
        }
    };
    let mut ends = vec![end, start + slice(source, start, end).trim_end_matches('.').len()];
    ends.dedup();
    ends.retain(|end| end - start >= limits::USERNAME_MIN);
    ends
}

fn is_username_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// The length of the name that may stand behind an `@`. `in_underscores` is whether an underscore at its end
/// would end italics, as in `_hi @ana_`: then it is no part of the name.
pub(super) fn username_length(rest: &str, in_underscores: bool) -> Option<usize> {
    let bytes = rest.bytes().take(limits::USERNAME_MAX + 1);
    let length = bytes.take_while(|byte| is_username_char(char::from(*byte))).count();
    let behind = slice(rest, length, rest.len());
    // Part of a longer word in another script, of an address, or of two names that run into each other.
    if behind.starts_with(|c| is_word(c) || is_next_name(c)) || behind.starts_with("://") {
        return None;
    }
    let mut name = slice(rest, 0, length);
    if in_underscores && name.trim_end_matches('.').ends_with('_') {
        name = name.trim_end_matches(['.', '_']);
    }
    (limits::USERNAME_MIN..=limits::USERNAME_MAX).contains(&name.len()).then_some(name.len())
}

/// The role with the longest name that the text begins with, and how long that is there. Names of roles hold blanks, and
/// case does not matter.
fn longest_role(text: &str, roles: &[(RoleId, String)]) -> Option<(RoleId, usize)> {
    let found = roles.iter().filter_map(|(id, name)| Some((*id, begins_with(text, name)?)));
    found.max_by_key(|(_, length)| *length)
}

/// Bytes of a text that are a name, where the text begins with it and the name is not part of a longer word.
fn begins_with(text: &str, name: &str) -> Option<usize> {
    let mut wanted = name.chars().flat_map(char::to_lowercase).peekable();
    let mut length = 0;
    for c in text.chars() {
        if wanted.peek().is_none() {
            break;
        }
        if !c.to_lowercase().all(|c| wanted.next() == Some(c)) {
            return None;
        }
        length += c.len_utf8();
    }
    let is_whole = length > 0 && wanted.next().is_none();
    let is_free = !slice(text, length, text.len()).starts_with(|c| is_word(c) || is_next_name(c));
    (is_whole && is_free).then_some(length)
}

/// Up to the next white space, then with ever fewer signs at the end, then up to the first sign at all: in
/// `#general's` and `#general,#random` the first name is `general`.
fn channel_lengths(rest: &str) -> Vec<usize> {
    let longest = limits::CHANNEL_NAME_CHARS + MAX_TRIMMED;
    let mut lengths = Vec::new();
    let mut word = None;
    let mut end = 0;
    for (count, c) in rest.chars().enumerate() {
        // Whatever is longer is no name. It is not read to its end, as the next `#` may stand within.
        if c.is_whitespace() || count == longest {
            break;
        }
        if word.is_none() && is_sign(c) {
            word = Some(end);
        }
        end += c.len_utf8();
    }
    let mut run = slice(rest, 0, end);
    for _ in 0..=MAX_TRIMMED {
        lengths.push(run.len());
        match run.chars().next_back() {
            Some(last) if is_sign(last) => run = slice(run, 0, run.len() - last.len_utf8()),
            _ => break,
        }
    }
    if let Some(word) = word
        && !lengths.contains(&word)
        && !slice(rest, word, rest.len()).starts_with(is_next_name)
    {
        lengths.push(word);
    }
    lengths.retain(|length| {
        let chars = slice(rest, 0, *length).chars().count();
        (1..=limits::CHANNEL_NAME_CHARS).contains(&chars)
    });
    lengths
}

/// What ends a word. Channels are called `off-topic` and `dev_log`, so those two do not.
fn is_sign(c: char) -> bool {
    (c.is_ascii_punctuation() && c != '-' && c != '_')
        || matches!(c, '…' | '”' | '’' | '»' | '。' | '、' | '，' | '！' | '？' | '）' | '」')
}

/// What begins another name or mention. A name right before one is left alone: whether it is read as a name
/// must not depend on what has become of its neighbour.
fn is_next_name(c: char) -> bool {
    matches!(c, '@' | '#' | '<')
}

fn is_username(name: &str) -> bool {
    (limits::USERNAME_MIN..=limits::USERNAME_MAX).contains(&name.len()) && name.chars().all(is_username_char)
}

/// A channel's name that is one word and no markup: an underscore means nothing within a word.
fn is_plain(name: &str) -> bool {
    let mut parts = name.split('_');
    let is_word_end = |c: Option<char>| c.is_some_and(is_word);
    !name.is_empty()
        && !name.chars().any(|c| c.is_whitespace() || is_sign(c))
        && (!name.contains('_')
            || parts.all(|part| is_word_end(part.chars().next()) && is_word_end(part.chars().next_back())))
}

/// A role's name that is words and no markup.
fn is_words(name: &str) -> bool {
    !name.is_empty() && name.split(' ').all(is_plain)
}

/// Whether a name in place of a mention would be read as that name.
fn stands_free(source: &str, mention: MentionAt) -> bool {
    let before = slice(source, 0, mention.start).chars().next_back();
    let rest = slice(source, mention.end, source.len());
    let ends_well = match mention.target {
        // They are their own names.
        Target::Everyone | Target::Here => false,
        Target::Role(_) => !rest.starts_with(|c| is_word(c) || is_next_name(c)),
        Target::User(_) => {
            let rest = rest.trim_start_matches(|c| c == '.' || (c == '_' && mention.in_underscores));
            let next = rest.chars().next();
            next.is_none_or(|c| !is_username_char(c) && !is_word(c) && !is_next_name(c))
        }
        Target::Channel(_) => {
            let signs = rest.chars().take_while(|c| !c.is_whitespace()).take(MAX_TRIMMED + 1);
            signs.clone().count() <= MAX_TRIMMED && signs.clone().all(|c| is_sign(c) && !is_next_name(c))
        }
    };
    // A mention right before this one may have become a name by now.
    ends_well && !mention.is_fixed && before != Some('>') && begins_word(before)
}
