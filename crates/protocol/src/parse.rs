//! Constructors that turn text from outside into values the rest may trust. The backend and the browser run
//! the same ones.

use crate::error::{Error, Field, Problem, Result};
use crate::limits;

mod characters;
mod emoji;
mod file_name;
mod foreign;

pub use characters::is_unsafe_in_names;
pub use foreign::from_foreign_page;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
            /// The text, owned.
            pub fn into_string(self) -> String {
                self.0
            }
        }
    )*};
}

texts! {
    /// Lower-case letters, digits, `_` and `.`; 2 to 32.
    Username;
    /// How a person is called on screen; 1 to 32 characters of one line.
    DisplayName;
    /// An email address, lower-cased. Its form is checked, not its existence.
    Email;
    /// A server's name.
    GuildName;
    /// A channel's or category's name.
    ChannelName;
    /// A thread's name.
    ThreadName;
    /// What a channel is about; may be empty.
    Topic;
    /// The text of a message, trimmed, with `\n` line ends.
    Content;
    /// What a file shows, in one line; may be empty.
    AltText;
    /// The name of a file, safe to show and to save under.
    FileName;
    /// One emoji, in the one form that it has.
    Emoji;
    /// A client's retry key.
    Nonce;
    /// The secret part of an invite link.
    InviteCode;
}

/// A password as typed. Not printable, not comparable.
#[derive(Clone)]
pub struct Password(String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

fn invalid<T>(field: Field, problem: Problem) -> Result<T> {
    Err(Error::Invalid { field, problem })
}

/// One line of visible text, trimmed, without characters that lie about what they show.
fn line(text: &str, field: Field, max: usize) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().all(characters::is_invisible) {
        return invalid(field, Problem::Empty);
    }
    if text.chars().count() > max {
        return invalid(field, Problem::TooLong { max });
    }
    if text.chars().any(is_unsafe_in_names) || characters::has_stacked_marks(text) {
        return invalid(field, Problem::Characters);
    }
    Ok(text.to_owned())
}

impl Username {
    /// Reads a username; capitals are lowered, because phones write them unasked.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim().to_ascii_lowercase();
        let count = text.chars().count();
        if text.is_empty() {
            return invalid(Field::Username, Problem::Empty);
        }
        if count < limits::USERNAME_MIN {
            return invalid(Field::Username, Problem::TooShort { min: limits::USERNAME_MIN });
        }
        if count > limits::USERNAME_MAX {
            return invalid(Field::Username, Problem::TooLong { max: limits::USERNAME_MAX });
        }
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.') {
            return invalid(Field::Username, Problem::Characters);
        }
        Ok(Self(text))
    }
}

impl DisplayName {
    /// Reads a display name.
    pub fn parse(text: &str) -> Result<Self> {
        line(text, Field::DisplayName, limits::DISPLAY_NAME_CHARS).map(Self)
    }
}

impl Email {
    /// Reads an address: one `@`, something before it, a dot after it, no white space.
    pub fn parse(text: &str) -> Result<Self> {
        let text = line(text, Field::Email, limits::EMAIL_CHARS)?.to_lowercase();
        let well_formed = text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !domain.contains('@')
        });
        if !well_formed || text.chars().any(char::is_whitespace) {
            return invalid(Field::Email, Problem::Characters);
        }
        Ok(Self(text))
    }

    /// Reads an optional address: an empty field means none.
    pub fn parse_optional(text: &str) -> Result<Option<Self>> {
        if text.trim().is_empty() { Ok(None) } else { Self::parse(text).map(Some) }
    }
}

impl Password {
    /// Checks the length only; whether it is common is known to the backend, which has the list.
    pub fn parse(text: &str) -> Result<Self> {
        let count = text.chars().count();
        if count < limits::PASSWORD_MIN {
            return invalid(Field::Password, Problem::TooShort { min: limits::PASSWORD_MIN });
        }
        if count > limits::PASSWORD_MAX {
            return invalid(Field::Password, Problem::TooLong { max: limits::PASSWORD_MAX });
        }
        Ok(Self(text.to_owned()))
    }

    /// The password itself. Never log it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl GuildName {
    /// Reads a server's name.
    pub fn parse(text: &str) -> Result<Self> {
        line(text, Field::GuildName, limits::GUILD_NAME_CHARS).map(Self)
    }
}

impl ChannelName {
    /// Reads a channel's name. A leading `#` is what people type, not what they mean.
    pub fn parse(text: &str) -> Result<Self> {
        line(text.trim().trim_start_matches('#'), Field::ChannelName, limits::CHANNEL_NAME_CHARS).map(Self)
    }

    /// Reads a category's name.
    pub fn parse_category(text: &str) -> Result<Self> {
        line(text, Field::CategoryName, limits::CHANNEL_NAME_CHARS).map(Self)
    }
}

impl ThreadName {
    /// Reads a thread's name.
    pub fn parse(text: &str) -> Result<Self> {
        line(text, Field::ThreadName, limits::THREAD_NAME_CHARS).map(Self)
    }
}

/// A line that may be empty. Line ends become spaces: it is shown on one line.
fn optional_line(text: &str, field: Field, max: usize) -> Result<String> {
    let parts: Vec<&str> = text.split(['\r', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { Ok(String::new()) } else { line(&parts.join(" "), field, max) }
}

impl Topic {
    /// Reads a topic; empty means none.
    pub fn parse(text: &str) -> Result<Self> {
        optional_line(text, Field::Topic, limits::TOPIC_CHARS).map(Self)
    }
}

impl AltText {
    /// Reads what a file shows; empty means that nobody said.
    pub fn parse(text: &str) -> Result<Self> {
        optional_line(text, Field::AltText, limits::ALT_TEXT_CHARS).map(Self)
    }
}

impl Content {
    /// Reads a message: line ends become `\n` (forms send `\r\n`), the ends are trimmed, other control
    /// characters are refused. Bidirectional characters stay, because people write right to left; the page
    /// isolates every message instead.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_optional(text)?.map_or_else(|| invalid(Field::Content, Problem::Empty), Ok)
    }

    /// Reads a message that may have no text, because it has files.
    pub fn parse_optional(text: &str) -> Result<Option<Self>> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        // Leading spaces of the first line may be code or a poem; empty lines around it are not.
        let text = text.trim_end().trim_start_matches('\n');
        if text.chars().all(|c| c.is_whitespace() || characters::is_invisible(c)) {
            return Ok(None);
        }
        if text.chars().count() > limits::CONTENT_CHARS {
            return invalid(Field::Content, Problem::TooLong { max: limits::CONTENT_CHARS });
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return invalid(Field::Content, Problem::Characters);
        }
        Ok(Some(Self(text.to_owned())))
    }
}

impl Emoji {
    /// Reads one emoji and nothing else. Of the ways to write one, the result is the one in the list of emoji.
    pub fn parse(text: &str) -> Result<Self> {
        let is_long = |text: &str| text.chars().count() > limits::EMOJI_CHARS;
        if text.trim().is_empty() {
            return invalid(Field::Emoji, Problem::Empty);
        }
        if is_long(text) {
            return invalid(Field::Emoji, Problem::TooLong { max: limits::EMOJI_CHARS });
        }
        match emoji::canonical(text) {
            Some(text) if is_long(&text) => {
                invalid(Field::Emoji, Problem::TooLong { max: limits::EMOJI_CHARS })
            }
            Some(text) => Ok(Self(text)),
            None => invalid(Field::Emoji, Problem::Characters),
        }
    }
}

impl Nonce {
    /// Reads a retry key: 1 to 36 letters, digits, `-` or `_`.
    pub fn parse(text: &str) -> Result<Self> {
        if text.is_empty() {
            return invalid(Field::Nonce, Problem::Empty);
        }
        if text.len() > limits::NONCE_CHARS {
            return invalid(Field::Nonce, Problem::TooLong { max: limits::NONCE_CHARS });
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return invalid(Field::Nonce, Problem::Characters);
        }
        Ok(Self(text.to_owned()))
    }
}

impl InviteCode {
    /// Reads a bare code, or the link it came in: whatever follows the last `/`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let code = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if text.is_empty() {
            return invalid(Field::Invite, Problem::Empty);
        }
        if code.is_empty()
            || code.len() > 32
            || !code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            return invalid(Field::Invite, Problem::Characters);
        }
        Ok(Self(code.to_owned()))
    }
}

#[cfg(test)]
mod tests;
