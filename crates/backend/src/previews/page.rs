//! What a page says of itself: Open Graph, Twitter's cards, and what HTML has of its own. Read as a browser cuts it into
//! tags, without building anything out of them: the time is linear in its length, and no nesting costs anything.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use url::Url;

use crate::outbound::Answer;

/// Bytes at the beginning in which a page has to say how its text is written (HTML, section 4.2.5.5).
const CHARSET_WITHIN: usize = 1024;

/// What a page says of itself, as it says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Page {
    /// What it is called.
    pub(super) title: String,
    /// What it is about.
    pub(super) description: String,
    /// What its site is called.
    pub(super) site_name: String,
    /// How it looks.
    pub(super) picture: Option<Url>,
    /// Where more is said of it (<https://oembed.com>).
    pub(super) oembed: Option<Url>,
}

/// Where each thing may be said, best first. The title of HTML is last, as `title`.
const TITLE: [&str; 3] = ["og:title", "twitter:title", "title"];
const DESCRIPTION: [&str; 3] = ["og:description", "twitter:description", "description"];
const SITE_NAME: [&str; 2] = ["og:site_name", "application-name"];
const PICTURE: [&str; 5] =
    ["og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"];

/// Reads a page.
pub(super) fn read(answer: &Answer) -> Page {
    let said = Said::of(&text(answer));
    let address = |text: &str| answer.url.join(text.trim()).ok();
    Page {
        title: said.best(&TITLE).unwrap_or_default().to_owned(),
        description: said.best(&DESCRIPTION).unwrap_or_default().to_owned(),
        site_name: said.best(&SITE_NAME).unwrap_or_default().to_owned(),
        picture: said.best(&PICTURE).and_then(address),
        oembed: said.oembed.as_deref().and_then(address),
    }
}

/// The text of a page, as its server, its first bytes or it itself says it is written.
fn text(answer: &Answer) -> String {
    let by_server = answer.content_type.split_once("charset=").map(|(_, label)| label);
    let known = by_server.and_then(encoding).or_else(|| by_itself(&answer.body));
    let guess = match std::str::from_utf8(&answer.body) {
        // Where only the beginning of a page is read, its last character may be cut.
        Err(error) if error.error_len().is_some() => WINDOWS_1252,
        _ => UTF_8,
    };
    // A mark at the beginning wins over both.
    known.unwrap_or(guess).decode(&answer.body).0.into_owned()
}

/// The encoding that a page itself names at its beginning.
fn by_itself(body: &[u8]) -> Option<&'static Encoding> {
    let head = &body[..body.len().min(CHARSET_WITHIN)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let (_, label) = head.split_once("charset=")?;
    // What is read in ASCII cannot be written in UTF-16, whatever it says.
    encoding(label).map(Encoding::output_encoding)
}

fn encoding(label: &str) -> Option<&'static Encoding> {
    let label = label.trim_start_matches(['"', '\'', ' ']);
    let end = label.find(['"', '\'', ';', '>', '/', ' ']).unwrap_or(label.len());
    Encoding::for_label(label.get(..end)?.as_bytes())
}

/// What a page says, each thing as it is said first.
#[derive(Debug, Default)]
struct Said {
    things: Vec<(&'static str, String)>,
    oembed: Option<String>,
}

impl Said {
    fn of(html: &str) -> Self {
        let mut said = Self::default();
        let mut emitter = DefaultEmitter::default();
        // The inside of `title`, `script` and `style` is text.
        emitter.naively_switch_states(true);
        let mut in_title = false;
        let mut title = None;
        for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
            match token {
                Token::StartTag(tag) if tag.name.as_slice() == b"title" => {
                    in_title = title.is_none();
                    title.get_or_insert_with(String::new);
                }
                Token::EndTag(tag) if tag.name.as_slice() == b"title" => in_title = false,
                Token::String(text) if in_title => {
                    title.get_or_insert_with(String::new).push_str(&String::from_utf8_lossy(&text));
                }
                Token::StartTag(tag) if tag.name.as_slice() == b"meta" => said.meta(&tag),
                Token::StartTag(tag) if tag.name.as_slice() == b"link" => said.link(&tag),
                _ => {}
            }
        }
        if let Some(title) = title {
            said.note("title", title);
        }
        said
    }

    fn meta(&mut self, tag: &StartTag<()>) {
        let name = attribute(tag, b"property").or_else(|| attribute(tag, b"name"));
        let name = name.unwrap_or_default().trim().to_ascii_lowercase();
        let known = [&TITLE[..2], &DESCRIPTION, &SITE_NAME, &PICTURE].concat();
        if let (Some(name), Some(content)) =
            (known.into_iter().find(|known| *known == name), attribute(tag, b"content"))
        {
            self.note(name, content);
        }
    }

    fn link(&mut self, tag: &StartTag<()>) {
        let is = |name: &[u8], value: &str| {
            attribute(tag, name).is_some_and(|said| said.eq_ignore_ascii_case(value))
        };
        if self.oembed.is_none() && is(b"rel", "alternate") && is(b"type", "application/json+oembed") {
            self.oembed = attribute(tag, b"href");
        }
    }

    fn note(&mut self, name: &'static str, text: String) {
        if !text.trim().is_empty() && !self.things.iter().any(|(known, _)| *known == name) {
            self.things.push((name, text));
        }
    }

    fn best(&self, names: &[&str]) -> Option<&str> {
        let said = |name: &&str| self.things.iter().find(|(known, _)| known == name);
        names.iter().find_map(said).map(|(_, text)| text.as_str())
    }
}

fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    tag.attributes.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{Page, read};
    use crate::outbound::Answer;

    fn page(content_type: &str, body: &[u8]) -> Page {
        let url = Url::parse("https://a.example/dir/page").unwrap();
        read(&Answer { url, content_type: content_type.to_owned(), body: body.to_vec() })
    }

    fn title(content_type: &str, body: &[u8]) -> String {
        page(content_type, body).title
    }

    #[test]
    fn the_best_of_what_a_page_says_is_taken() {
        let all = br#"<!doctype html><html><head><title>Plain &amp; simple</title>
            <meta name="description" content="Of HTML"><meta name=twitter:title content=Bird>
            <META PROPERTY="og:title" CONTENT="Open &lt;b&gt; &quot;Graph&quot;"><meta property="og:title" content="Second">
            <meta property="og:site_name" content="A site"><meta property="og:image" content="../cat.png?a=1&amp;b=2">
            <link rel="alternate" type="application/json+oembed" href="/oembed?x"></head>"#;
        let found = page("text/html", all);
        assert_eq!(found.title, "Open <b> \"Graph\"");
        assert_eq!(found.description, "Of HTML");
        assert_eq!(found.site_name, "A site");
        assert_eq!(found.picture.unwrap().as_str(), "https://a.example/cat.png?a=1&b=2");
        assert_eq!(found.oembed.unwrap().as_str(), "https://a.example/oembed?x");
        assert_eq!(title("text/html", b"<title>Plain &amp; simple</title>"), "Plain & simple");
        assert_eq!(title("text/html", b"<meta name='twitter:title' content='Bird'><title>x</title>"), "Bird");
        assert_eq!(title("text/html", b"<title> </title><body>words"), "");
    }

    #[test]
    fn what_stands_in_script_and_comments_is_not_said() {
        let html = br#"<script>"<meta property='og:title' content='script'>"</script>
            <!-- <meta property="og:title" content="comment"> --><style><title>style</title></style>
            <title>The <b>one</b></title><svg><title>picture</title></svg>"#;
        assert_eq!(title("text/html", html), "The <b>one</b>");
    }

    #[test]
    fn text_is_read_as_it_is_written() {
        let german = b"<title>Gr\xf6\xdfe</title>";
        assert_eq!(title("text/html; charset=iso-8859-1", german), "Größe");
        assert_eq!(title("text/html", german), "Größe");
        assert_eq!(title("text/html", "<title>Größe</title>".as_bytes()), "Größe");
        assert_eq!(
            title("text/html", b"<meta charset=\"shift_jis\"><title>\x93\x8c\x8b\x9e</title>"),
            "東京"
        );
        let old = b"<meta http-equiv=Content-Type content='text/html; charset=euc-jp'><title>\xc5\xec\xb5\xfe</title>";
        assert_eq!(title("text/html", old), "東京");
        assert_eq!(title("text/html; charset=\"utf-8\"", "\u{feff}<title>東京</title>".as_bytes()), "東京");
        assert_eq!(title("text/html; charset=nonsense", "<title>東京</title>".as_bytes()), "東京");
        assert_eq!(title("text/html", b"<meta charset=utf-16><title>plain</title>"), "plain");
    }

    #[test]
    fn hostile_pages_are_read_in_time_that_follows_their_length() {
        let size = 512 * 1024;
        for piece in [
            "<div>",
            "<",
            "<a b=",
            "<title>",
            "&",
            "<!--",
            "<meta a a a a",
            "\0",
            "<script>",
            "<![CDATA[",
            "&#",
        ] {
            let mut html = piece.repeat(size / piece.len());
            html.push_str("<title>end</title>");
            // It ends, and whatever it finds is text.
            let found = page("text/html", html.as_bytes());
            assert!(found.picture.is_none(), "{piece}");
        }
    }
}
