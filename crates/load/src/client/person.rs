//! A person who is signed in; each method is something a person does.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use protocol::entity::{Channel, Guild, Invite, Message};
use protocol::snapshot::{Anchor, GuildSnapshot, History, PageData, Place};
use protocol::{ChannelId, GuildId, MessageId};
use serde::de::DeserializeOwned;

use super::http::{Http, form, post};

/// Everybody's password.
const PASSWORD: &str = "correct horse battery staple";

/// Why a call brought nothing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The connection broke; whether the call took effect is unknown.
    Broken(io::Error),
    /// The server said no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        body: String,
    },
    /// The server said yes and something that is not in the protocol.
    Unreadable(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
            Self::Refused { status, body } => write!(f, "refused with {status}: {body}"),
            Self::Unreadable(why) => write!(f, "unreadable answer: {why}"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// Somebody with a session.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Where the server is.
    pub(crate) addr: SocketAddr,
    /// `name=value`.
    pub(crate) cookie: String,
}

impl Person {
    /// Makes an account.
    pub(crate) async fn register(http: &mut Http, addr: SocketAddr, username: &str) -> Result<Self, Fault> {
        let fields = [("display_name", username), ("username", username), ("password", PASSWORD)];
        Self::enter(http, addr, "accounts/register", &form(&fields)).await
    }

    /// Signs in to an account that is there.
    pub(crate) async fn sign_in(
        http: &mut Http,
        addr: SocketAddr,
        username: &str,
        password: &str,
    ) -> Result<Self, Fault> {
        let fields = form(&[("login", username), ("password", password), ("remember", "on")]);
        Self::enter(http, addr, "accounts/login", &fields).await
    }

    /// Signs in anew to an account made by [`Person::register`].
    pub(crate) async fn sign_in_again(
        http: &mut Http,
        addr: SocketAddr,
        username: &str,
    ) -> Result<Self, Fault> {
        Self::sign_in(http, addr, username, PASSWORD).await
    }

    async fn enter(http: &mut Http, addr: SocketAddr, endpoint: &str, fields: &str) -> Result<Self, Fault> {
        let answer = http.request(&post(endpoint, addr, "", fields)).await?;
        match answer.cookies.into_iter().next() {
            Some(cookie) if answer.status == 200 => Ok(Self { addr, cookie }),
            _ => Err(refused(answer.status, answer.body)),
        }
    }

    /// Calls a server function.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        http: &mut Http,
        endpoint: &str,
        body: &str,
    ) -> Result<T, Fault> {
        let answer = http.request(&post(endpoint, self.addr, &self.cookie, body)).await?;
        if answer.status != 200 {
            return Err(refused(answer.status, answer.body));
        }
        serde_json::from_slice(answer.body).map_err(|error| Fault::Unreadable(error.to_string()))
    }

    pub(crate) async fn create_guild(&self, http: &mut Http, name: &str) -> Result<GuildId, Fault> {
        let guild: Guild = self.call(http, "guilds/create", &form(&[("name", name)])).await?;
        Ok(guild.id)
    }

    pub(crate) async fn create_channel(
        &self,
        http: &mut Http,
        guild: GuildId,
        name: &str,
    ) -> Result<ChannelId, Fault> {
        let fields = form(&[("guild_id", &guild.to_string()), ("name", name)]);
        let channel: Channel = self.call(http, "channels/create", &fields).await?;
        Ok(channel.id)
    }

    /// A code that lets anybody in.
    pub(crate) async fn invite(&self, http: &mut Http, guild: GuildId) -> Result<String, Fault> {
        let fields = form(&[("guild_id", &guild.to_string())]);
        let invite: Invite = self.call(http, "invites/standing", &fields).await?;
        Ok(invite.code)
    }

    pub(crate) async fn join(&self, http: &mut Http, code: &str) -> Result<GuildId, Fault> {
        self.call(http, "invites/join", &form(&[("code", code)])).await
    }

    pub(crate) async fn guild(&self, http: &mut Http, guild: GuildId) -> Result<GuildSnapshot, Fault> {
        self.call(http, "guilds/snapshot", &form(&[("guild_id", &guild.to_string())])).await
    }

    pub(crate) async fn page(&self, http: &mut Http, place: Place) -> Result<PageData, Fault> {
        let body = serde_json::json!({ "place": place }).to_string();
        self.call(http, "pages/load", &body).await
    }

    pub(crate) async fn history(
        &self,
        http: &mut Http,
        channel: ChannelId,
        anchor: Anchor,
    ) -> Result<History, Fault> {
        self.call(http, "messages/history", &history_body(channel, anchor)).await
    }

    /// All messages of a channel, newest page first, ids falling from page to page; each page goes to `each`.
    pub(crate) async fn all_messages(
        &self,
        http: &mut Http,
        channel: ChannelId,
        mut each: impl FnMut(&[Message]),
    ) -> Result<(), Fault> {
        let mut anchor = Anchor::Latest;
        loop {
            let page = self.history(http, channel, anchor).await?;
            each(&page.messages);
            match page.messages.first() {
                Some(oldest) if page.has_older => anchor = Anchor::Before(oldest.id),
                _ => return Ok(()),
            }
        }
    }

    /// The request that says something.
    pub(crate) fn saying(&self, channel: ChannelId, content: &str, nonce: &str) -> Vec<u8> {
        let fields = [("channel_id", &*channel.to_string()), ("content", content), ("nonce", nonce)];
        post("messages/send", self.addr, &self.cookie, &form(&fields))
    }

    pub(crate) async fn say(
        &self,
        http: &mut Http,
        channel: ChannelId,
        content: &str,
        nonce: &str,
    ) -> Result<Message, Fault> {
        let answer = http.request(&self.saying(channel, content, nonce)).await?;
        if answer.status != 200 {
            return Err(refused(answer.status, answer.body));
        }
        serde_json::from_slice(answer.body).map_err(|error| Fault::Unreadable(error.to_string()))
    }
}

/// What a request for a page of history carries.
pub(crate) fn history_body(channel: ChannelId, anchor: Anchor) -> String {
    serde_json::json!({ "channel_id": channel, "anchor": anchor }).to_string()
}

/// The id of the message in a `messages/send` answer, without reading all of it.
pub(crate) fn sent_id(body: &[u8]) -> Option<MessageId> {
    let rest = body.strip_prefix(br#"{"id":""#)?;
    let end = memchr::memchr(b'"', rest)?;
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

fn refused(status: u16, body: &[u8]) -> Fault {
    Fault::Refused { status, body: String::from_utf8_lossy(body).chars().take(300).collect() }
}

#[cfg(test)]
mod tests {
    use protocol::MessageId;

    use super::sent_id;

    #[test]
    fn the_id_of_what_was_sent_stands_in_front() {
        assert_eq!(sent_id(br#"{"id":"42","channel_id":"7"}"#), MessageId::new(42));
        assert_eq!(sent_id(br#"{"channel_id":"7","id":"42"}"#), None);
    }
}
