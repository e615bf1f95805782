//! The list of emoji, which is a file and not part of the program, and those somebody used last.

use protocol::UserId;

/// Where the list is.
const LIST: &str = "/emoji.txt";

/// A group of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// How it is called.
    pub name: String,
    /// Its emoji, in order.
    pub emoji: Vec<Emoji>,
}

/// One emoji.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emoji {
    /// The characters.
    pub text: String,
    /// Its name in words.
    pub name: String,
    /// More words to find it by.
    pub words: String,
}

/// Fetches the list; `None` when it cannot be had.
pub async fn list() -> Option<Vec<Group>> {
    let answer = gloo_net::http::Request::get(LIST).send().await.ok()?;
    if !answer.ok() {
        return None;
    }
    Some(parse(&answer.text().await.ok()?))
}

/// Lines: `# name` begins a group; `emoji`, name and further words with tabs between are an emoji.
fn parse(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            groups.push(Group { name: name.to_owned(), emoji: Vec::new() });
        } else if let (Some(group), Some((text, rest))) = (groups.last_mut(), line.split_once('\t')) {
            let (name, words) = rest.split_once('\t').unwrap_or((rest, ""));
            let (text, name, words) = (text.to_owned(), name.to_owned(), words.to_owned());
            group.emoji.push(Emoji { text, name, words });
        }
    }
    groups
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn key(person: UserId) -> String {
    ["emoji:", &person.to_string()].concat()
}

/// The emoji a person used last on this device, newest first.
pub fn recent(person: UserId) -> Vec<String> {
    let known = storage().and_then(|storage| storage.get_item(&key(person)).ok().flatten());
    known.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// Notes that a person used one; `most` are remembered.
pub fn used(person: UserId, emoji: &str, most: usize) {
    let mut all = recent(person);
    all.retain(|known| known != emoji);
    all.insert(0, emoji.to_owned());
    all.truncate(most);
    if let Some(storage) = storage() {
        // Without it the next page begins without them.
        _ = storage.set_item(&key(person), &all.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_list_that_is_served_is_read_whole() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("public/emoji.txt");
        let groups = parse(&std::fs::read_to_string(file).expect("the list is in the repository"));
        assert_eq!(groups.first().map(|group| group.name.as_str()), Some("Smileys"));
        let all: Vec<_> = groups.iter().flat_map(|group| &group.emoji).collect();
        assert!(all.len() > 1_800, "{}", all.len());
        for emoji in all {
            let kept = protocol::parse::Emoji::parse(&emoji.text).map(|kept| kept.into_string());
            assert_eq!(kept.as_ref(), Ok(&emoji.text), "{emoji:?} is no reaction");
            assert!(!emoji.name.is_empty());
        }
    }
}
