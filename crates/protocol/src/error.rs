//! The one error type people and clients ever see. Nothing in it comes from a database, a path or a source.

use serde::{Deserialize, Serialize};

use crate::search::Filter;
use crate::tagged::tagged;

/// What every call across the wire answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

tagged! {
    "code" with(Debug, thiserror::Error),
    /// Why something was refused. Serialised as `{"code": "...", ...}`; [`Error::status`] is the HTTP status.
    #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
    pub enum Error as "Error" {
        /// 400: one field does not hold what it must.
        #[error("{}", .problem.sentence(*.field))]
        Invalid {
            /// Which field.
            field: Field,
            /// What is wrong with it.
            problem: Problem,
        },
        /// 400: the request could not be read at all.
        #[error("This request could not be understood.")]
        Malformed,
        /// 401: nobody is signed in.
        #[error("Sign in first.")]
        Unauthorized,
        /// 401: username and password do not belong together. Says the same for unknown usernames.
        #[error("That username and password do not match.")]
        WrongCredentials,
        /// 403: signed in and allowed to know, but not allowed to do this.
        #[error("You are not allowed to do that.")]
        Forbidden,
        /// 403: this instance takes no new accounts, or only with an invite.
        #[error("Registration needs an invite on this instance.")]
        RegistrationClosed,
        /// 403: the first account of an instance that is reachable from elsewhere needs the code printed at start.
        #[error("The first account needs the setup code that was printed when the instance started.")]
        SetupCodeNeeded,
        /// 404: it does not exist, or the caller may not know that it does.
        #[error("This does not exist, or you cannot see it.")]
        NotFound,
        /// 404: the invite never existed, has expired, is used up or was revoked.
        #[error("This invite is not valid any more.")]
        InviteGone,
        /// 409: somebody has this username.
        #[error("That username is taken.")]
        UsernameTaken,
        /// 409: somebody has this email address.
        #[error("That email address is already in use.")]
        EmailTaken,
        /// 409: the retry key was used for something else.
        #[error("This retry key was already used for something else.")]
        NonceReused,
        /// 409: the message that is answered is not there (any more). Nothing was written: the same text can be sent
        /// without it, with the same retry key.
        #[error("The message you answer is not there any more.")]
        ReplyGone,
        /// 409: an owner hands a server over before leaving it.
        #[error("Hand the server over to somebody else first.")]
        OwnerCannotLeave,
        /// 409: a file of the message is not there (any more) for its author: never uploaded by them to this channel, sent
        /// already, expired, or removed. Nothing was written: the message can be sent without it, with the same retry key.
        #[error("A file is not there any more. Add it again.")]
        AttachmentGone,
        /// 409: the message has a thread already.
        #[error("There is a thread about this message already.")]
        ThreadExists {
            /// Which.
            thread_id: crate::ChannelId,
        },
        /// 409: the files of this person take as much room as one person's may.
        #[error("Your files take all the room you have here. Delete some of them first.")]
        QuotaReached,
        /// 409: a named maximum is reached.
        #[error("The limit is reached.")]
        LimitReached,
        /// 410: this request made a message before, which arrived and was deleted since. There is nothing to send again.
        #[error("This message was sent, and deleted since.")]
        MessageGone,
        /// 413: larger than this endpoint takes.
        #[error("That is too large.")]
        TooLarge,
        /// 415: it says that it is a picture, and is damaged or has more pixels than can be looked at.
        #[error("This picture is damaged or too large to be shown.")]
        PictureRefused,
        /// 429: too many of these in a short time.
        #[error("Too fast. Try again in a moment.")]
        RateLimited {
            /// Milliseconds until the next try can succeed.
            retry_after_ms: u64,
        },
        /// 503: the backend is stopping or overloaded, or the outcome is unknown. Safe to repeat with the same nonce.
        #[error("The server is busy. What you wrote is kept.")]
        Busy,
        /// 507: there is no room left for files on this instance.
        #[error("There is no room left for files here. The owner of this instance can make some.")]
        InstanceFull,
        /// 500: our fault; the number finds the line in the log.
        #[error("Something went wrong on our side.")]
        Internal,
        /// Never sent: the browser got no answer.
        #[error("The connection dropped.")]
        Disconnected,
    }
}

impl Error {
    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid { .. } | Self::Malformed => 400,
            Self::Unauthorized | Self::WrongCredentials => 401,
            Self::Forbidden | Self::RegistrationClosed | Self::SetupCodeNeeded => 403,
            Self::NotFound | Self::InviteGone => 404,
            Self::UsernameTaken
            | Self::EmailTaken
            | Self::NonceReused
            | Self::ReplyGone
            | Self::AttachmentGone
            | Self::ThreadExists { .. }
            | Self::QuotaReached
            | Self::OwnerCannotLeave
            | Self::LimitReached => 409,
            Self::MessageGone => 410,
            Self::TooLarge => 413,
            Self::PictureRefused => 415,
            Self::RateLimited { .. } => 429,
            Self::Internal => 500,
            Self::Busy | Self::Disconnected => 503,
            Self::InstanceFull => 507,
        }
    }

    /// The field this is about, so that a form can show it next to its cause.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::Invalid { field, .. } => Some(*field),
            Self::UsernameTaken => Some(Field::Username),
            Self::EmailTaken => Some(Field::Email),
            Self::SetupCodeNeeded => Some(Field::SetupCode),
            _ => None,
        }
    }

    /// Whether the same request may succeed later without a change.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::Disconnected | Self::RateLimited { .. } | Self::Internal)
    }
}

/// An input of some form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the whole meaning")]
pub enum Field {
    Username,
    DisplayName,
    Email,
    Password,
    CurrentPassword,
    SetupCode,
    GuildName,
    ChannelName,
    CategoryName,
    ThreadName,
    AutoArchive,
    Topic,
    Content,
    File,
    Attachments,
    AltText,
    Emoji,
    Nonce,
    Invite,
    MaxAge,
    MaxUses,
    Confirmation,
    Query,
    Position,
    Setting,
}

impl Field {
    /// How the field is called in a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Self::Username => "Username",
            Self::DisplayName => "Display name",
            Self::Email => "Email",
            Self::Password => "Password",
            Self::CurrentPassword => "Current password",
            Self::SetupCode => "Setup code",
            Self::GuildName => "Server name",
            Self::ChannelName => "Channel name",
            Self::CategoryName => "Category name",
            Self::ThreadName => "Thread name",
            Self::AutoArchive => "Time until it is archived",
            Self::Topic => "Topic",
            Self::Content => "Message",
            Self::File => "File",
            Self::Attachments => "A message",
            Self::AltText => "Description",
            Self::Emoji => "Emoji",
            Self::Nonce => "Retry key",
            Self::Invite => "Invite link",
            Self::MaxAge => "Expiry",
            Self::MaxUses => "Number of uses",
            Self::Confirmation => "Confirmation",
            Self::Query => "Search",
            Self::Position => "Position",
            Self::Setting => "Setting",
        }
    }
}

tagged! {
    "problem",
    /// What is wrong with a [`Field`].
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum Problem as "Problem" {
        /// Nothing but white space.
        Empty,
        /// Fewer characters than `min`.
        TooShort {
            /// The least number of characters.
            min: usize,
        },
        /// More characters than `max`.
        TooLong {
            /// The greatest number of characters.
            max: usize,
        },
        /// More than `max` of them.
        TooMany {
            /// The greatest number.
            max: usize,
        },
        /// A character that is not allowed here: control, bidirectional, invisible, or outside the alphabet.
        Characters,
        /// One of the passwords everybody tries first, or made of one's own name.
        TooCommon,
        /// The repeated text is not the same.
        Mismatch,
        /// Not one of the values offered.
        Unknown,
        /// A filter of a search with a value that it does not take.
        Filter {
            /// Which.
            filter: Filter,
        },
    }
}

impl Problem {
    /// What happened and what to do, for the person who typed it.
    pub fn sentence(&self, field: Field) -> String {
        let label = field.label();
        match (self, field) {
            (Self::Empty, _) => format!("{label} cannot be empty."),
            (Self::TooShort { min }, _) => format!("{label} needs at least {min} characters."),
            (Self::TooLong { max }, _) => format!("{label} can have at most {max} characters."),
            (Self::TooMany { max }, Field::Attachments) => format!("{label} can have at most {max} files."),
            (Self::Characters, Field::Username) => {
                "Username can have small letters, digits, dots and underscores.".into()
            }
            (Self::Characters, Field::Email) => "That does not look like an email address.".into(),
            (Self::Characters, Field::Invite) => "That does not look like an invite link.".into(),
            (Self::Characters, Field::Emoji) => "That is not one emoji.".into(),
            (Self::Characters, _) => format!("{label} has characters that cannot be used here."),
            (Self::TooCommon, _) => "That password is one of the first anybody would try.".into(),
            (Self::Mismatch, Field::CurrentPassword) => "That is not your current password.".into(),
            (Self::Mismatch, Field::SetupCode) => "That is not the setup code.".into(),
            (Self::Mismatch, _) => format!("{label} does not match."),
            (Self::Unknown, Field::Username) => "Nobody here has that username.".into(),
            (Self::TooMany { max }, _) => format!("{label} can have at most {max} parts."),
            (Self::Filter { filter }, _) => format!("“{}:” takes {}.", filter.as_str(), filter.takes()),
            (Self::Unknown, _) => format!("{label} has a value that does not exist."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Field, Problem};

    #[test]
    fn an_error_names_its_code_on_the_wire() {
        let error = Error::Invalid { field: Field::Username, problem: Problem::TooLong { max: 32 } };
        let json = serde_json::to_string(&error).unwrap();
        assert_eq!(
            json,
            r#"{"code":"invalid","field":"username","problem":{"problem":"too_long","max":32}}"#
        );
        assert_eq!(serde_json::from_str::<Error>(&json).unwrap(), error);
        assert_eq!(error.to_string(), "Username can have at most 32 characters.");
        assert_eq!(error.status(), 400);
    }
}
