//! What is behind a link of a message. Names of fields are Discord's where it has them.

use serde::{Deserialize, Serialize};

/// A page or a picture that a message links to, as it was when it was looked at. Every text is a stranger's: plain, in one
/// line, without characters that lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embed {
    /// What it is.
    pub kind: EmbedKind,
    /// Where the link leads.
    pub url: String,
    /// What the site is called; its host, when it does not say.
    pub site_name: String,
    /// What the page is called; only a picture may be without.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How it looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<EmbedPicture>,
}

/// What is behind a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbedKind {
    /// A page.
    Link,
    /// A picture, which is all there is.
    Image,
}

/// A picture of something behind a link, kept here: nobody's browser asks the other site for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbedPicture {
    /// A secret that nobody can guess, and that tells nothing about the link.
    pub id: String,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl EmbedPicture {
    /// The address of its bytes.
    pub fn path(&self) -> String {
        ["/embeds/", &self.id].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::{Embed, EmbedKind, EmbedPicture};

    #[test]
    fn an_embed_says_only_what_there_is() {
        let mut embed = Embed {
            kind: EmbedKind::Link,
            url: "https://a.example/".to_owned(),
            site_name: "a.example".to_owned(),
            title: "A".to_owned(),
            description: String::new(),
            picture: None,
        };
        let json = serde_json::to_string(&embed).unwrap();
        assert_eq!(json, r#"{"kind":"link","url":"https://a.example/","site_name":"a.example","title":"A"}"#);
        assert_eq!(crate::json::read::<Embed>(&json).unwrap(), embed);
        embed.picture = Some(EmbedPicture { id: "0a1b".to_owned(), width: 4, height: 3 });
        let json = serde_json::to_string(&embed).unwrap();
        assert_eq!(crate::json::read::<Embed>(&json).unwrap(), embed);
        assert_eq!(embed.picture.unwrap().path(), "/embeds/0a1b");
    }
}
