//! People in tests; each method is something a person does.

use axum::body::Bytes;
use backend::actions::{accounts, attachments, channels, dms, guilds, invites, messages};
use backend::auth::session;
use backend::{Actor, AppState};
use http::request::Parts;
use protocol::entity::{Attachment, Channel, ChannelKind, Dm, Guild, Message, NewAttachment, User};
use protocol::snapshot::{Anchor, History, PageData, Place};
use protocol::{ChannelId, GuildId, MessageId, Result, UserId};

use crate::TestApp;

/// The password everybody in tests has.
pub const PASSWORD: &str = "correct horse battery";

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    state: AppState,
    /// For actions.
    pub actor: Actor,
    /// Names.
    pub user: User,
    /// `name=value`, for requests.
    pub cookie: String,
}

/// A request without a cookie, as actions want to see it.
pub fn request() -> Parts {
    http::Request::builder().uri("/").body(()).unwrap().into_parts().0
}

/// The form of somebody new.
pub fn registration(username: &str) -> accounts::Registration {
    accounts::Registration {
        display_name: username.to_uppercase(),
        username: username.to_owned(),
        email: String::new(),
        password: PASSWORD.to_owned(),
        setup_code: String::new(),
        invite: String::new(),
    }
}

impl Person {
    pub(crate) async fn register(app: &TestApp, username: &str) -> Self {
        let signed_in = accounts::register(&app.state, &request(), registration(username)).await.unwrap();
        let user = User {
            id: signed_in.actor.user_id,
            username: username.to_owned(),
            display_name: username.to_uppercase(),
        };
        let cookie = signed_in.cookie.split(';').next().unwrap().to_owned();
        Self { state: app.state.clone(), actor: signed_in.actor, user, cookie }
    }

    /// Somebody who never typed a password: a crowd costs nothing.
    pub(crate) async fn arrive(app: &TestApp, username: &str) -> Self {
        let new = crate::stores::new_user(username);
        let (config, display_name) = (app.state.config.clone(), new.display_name.clone());
        let arrival = app.state.store.write(move |tx| {
            Box::pin(async move {
                let id = backend::store::users::insert(tx, &new).await?.unwrap();
                session::start(tx, &config, id, "Test device", true).await
            })
        });
        let signed_in = arrival.await.unwrap();
        let user = User { id: signed_in.actor.user_id, username: username.to_owned(), display_name };
        let cookie = signed_in.cookie.split(';').next().unwrap().to_owned();
        Self { state: app.state.clone(), actor: signed_in.actor, user, cookie }
    }

    /// The same person on one more device.
    pub async fn sign_in_again(&self) -> Self {
        let again =
            accounts::login(&self.state, &request(), &self.user.username, PASSWORD, true).await.unwrap();
        let cookie = again.cookie.split(';').next().unwrap().to_owned();
        Self { actor: again.actor, cookie, ..self.clone() }
    }

    /// A request of theirs, as actions want to see it.
    pub fn request(&self) -> Parts {
        http::Request::builder().uri("/").header("cookie", &self.cookie).body(()).unwrap().into_parts().0
    }

    /// Whether their session is still good.
    pub async fn is_signed_in(&self) -> bool {
        backend::auth::session::actor(&self.state, &self.request()).await.is_ok()
    }

    /// Who.
    pub fn id(&self) -> UserId {
        self.user.id
    }

    /// Makes a server.
    pub async fn create_guild(&self, name: &str) -> Guild {
        guilds::create(&self.state, &self.actor, name, "").await.unwrap()
    }

    /// The first text channel of a server.
    pub async fn general(&self, guild: GuildId) -> ChannelId {
        let snapshot = guilds::snapshot(&self.state, &self.actor, guild).await.unwrap();
        snapshot.channels.iter().find(|c| c.kind == ChannelKind::Text).unwrap().id
    }

    /// Makes a channel.
    pub async fn create_channel(&self, guild: GuildId, name: &str) -> Channel {
        let new = channels::NewChannel { name, kind: "", parent_id: "", nonce: "" };
        channels::create(&self.state, &self.actor, guild, new).await.unwrap()
    }

    /// Brings somebody into a server by an invite.
    pub async fn bring(&self, guild: GuildId, other: &Self) {
        let invite = invites::standing(&self.state, &self.actor, guild).await.unwrap();
        invites::join(&self.state, &other.actor, &invite.code).await.unwrap();
    }

    /// Says something.
    pub async fn say(&self, channel: ChannelId, content: &str) -> Message {
        self.try_say(channel, content).await.unwrap()
    }

    /// Says something, which may be refused.
    pub async fn try_say(&self, channel: ChannelId, content: &str) -> Result<Message> {
        let draft = messages::Draft { content, reply_to: None, nonce: "", attachments: &[] };
        messages::send(&self.state, &self.actor, channel, draft).await
    }

    /// Uploads a file for a message.
    pub async fn upload(&self, channel: ChannelId, name: &str, bytes: impl Into<Bytes>) -> Attachment {
        self.try_upload(channel, name, bytes).await.unwrap()
    }

    /// Uploads a file, which may be refused.
    pub async fn try_upload(
        &self,
        channel: ChannelId,
        name: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<Attachment> {
        let body = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes.into())]);
        attachments::upload(&self.state, &self.actor, channel, name, None, body).await
    }

    /// Says something with files, which may be refused.
    pub async fn try_show(
        &self,
        channel: ChannelId,
        content: &str,
        files: &[&Attachment],
    ) -> Result<Message> {
        let new = |file: &&Attachment| NewAttachment {
            id: file.id,
            description: format!("what {} shows", file.filename),
            is_spoiler: false,
        };
        let attachments: Vec<NewAttachment> = files.iter().map(new).collect();
        let draft = messages::Draft { content, reply_to: None, nonce: "", attachments: &attachments };
        messages::send(&self.state, &self.actor, channel, draft).await
    }

    /// Says something with files.
    pub async fn show(&self, channel: ChannelId, content: &str, files: &[&Attachment]) -> Message {
        self.try_show(channel, content, files).await.unwrap()
    }

    /// Answers a message.
    pub async fn reply(&self, channel: ChannelId, to: MessageId, content: &str) -> Message {
        let draft = messages::Draft { content, reply_to: Some(to), nonce: "", attachments: &[] };
        messages::send(&self.state, &self.actor, channel, draft).await.unwrap()
    }

    /// Opens the conversation with somebody.
    pub async fn open_dm(&self, other: &Self) -> Dm {
        dms::open(&self.state, &self.actor, other.id()).await.unwrap()
    }

    /// The newest messages of a channel.
    pub async fn history(&self, channel: ChannelId) -> History {
        messages::history(&self.state, &self.actor, channel, Anchor::Latest).await.unwrap()
    }

    /// What a page starts from.
    pub async fn page(&self, place: Place) -> PageData {
        backend::actions::pages::load(&self.state, &self.actor, place).await.unwrap()
    }
}
