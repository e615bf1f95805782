//! Six kinds of people and a guild with something in it, made over HTTP alone.

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;

use crate::instance::{Client, Instance};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Everybody there is, in the order of the matrix's columns, and one more.
pub(crate) struct People {
    /// Without a cookie.
    pub(crate) anonymous: Client,
    /// With the cookie of a session that was ended.
    pub(crate) signed_out: Client,
    /// Signed in, not in the guild.
    pub(crate) stranger: Client,
    /// Was in the guild and was removed.
    pub(crate) kicked: Client,
    /// In the guild, without any special permission.
    pub(crate) member: Client,
    /// Whose guild it is.
    pub(crate) owner: Client,
    /// Another member, for things that are done to somebody.
    pub(crate) other: Client,
}

/// The names behind [`People`], in its order.
const NAMES: [&str; 6] = ["ed", "cy", "dee", "bo", "ana", "eve"];

/// What there is to act on.
pub(crate) struct World {
    pub(crate) people: People,
    pub(crate) guild: String,
    pub(crate) channel: String,
    pub(crate) owners_message: String,
    pub(crate) members_message: String,
    /// A file of the owner's in a message, with its name.
    pub(crate) owners_file: String,
    /// One of the member's that waits for a message.
    pub(crate) members_file: String,
    /// One of the conversation.
    pub(crate) dm_file: String,
    pub(crate) invite_code: String,
    pub(crate) invite_id: String,
    pub(crate) other_id: String,
    pub(crate) member_id: String,
    /// A second session of the owner's.
    pub(crate) session_id: String,
    /// The conversation of owner and member.
    pub(crate) dm: String,
    /// A thread of the channel, started by the owner, and a message of each in it.
    pub(crate) thread: String,
    pub(crate) owners_in_thread: String,
    pub(crate) members_in_thread: String,
}

pub(crate) fn form(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// The id in the answer of a call that has to succeed.
async fn id_of(who: &Client, path: &str, pairs: &[(&'static str, &str)]) -> String {
    let answer = who.call(path, &form(pairs)).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// The id of a file that is uploaded to a channel.
async fn upload(who: &Client, channel: &str) -> String {
    let path = format!("/api/attachments/upload?channel_id={channel}&filename=stuff.txt");
    let answer = who.request(Method::POST, &path, &[("sec-fetch-site", "same-origin")], "words").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// A username nobody has yet.
pub(crate) fn fresh_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("fresh{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) async fn register(instance: &Instance, username: &str) -> Client {
    let mut client = instance.anybody();
    let fields = [("display_name", username), ("username", username), ("password", PASSWORD)];
    let answer = client.call("/api/accounts/register", &form(&fields)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    client.cookie = answer.session();
    assert!(client.cookie.is_some());
    client
}

pub(crate) async fn sign_in(instance: &Instance, username: &str) -> Client {
    let mut client = instance.anybody();
    let answer =
        client.call("/api/accounts/login", &form(&[("login", username), ("password", PASSWORD)])).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    client.cookie = answer.session();
    client
}

/// Makes the accounts; once for an instance.
pub(crate) async fn populate(instance: &Instance) {
    for name in NAMES {
        register(instance, name).await;
    }
}

impl World {
    /// Everybody newly signed in, and a new guild.
    pub(crate) async fn new(instance: &Instance) -> Self {
        let people = People::sign_in(instance).await;
        let People { owner, member, other, kicked, .. } = &people;
        let guild = id_of(owner, "/api/guilds/create", &[("name", "Lanternfish")]).await;
        let category = id_of(
            owner,
            "/api/channels/create",
            &[("guild_id", &guild), ("name", "Things"), ("kind", "category")],
        )
        .await;
        let channel = id_of(
            owner,
            "/api/channels/create",
            &[("guild_id", &guild), ("name", "stuff"), ("parent_id", &category)],
        )
        .await;
        let invite = owner.call("/api/invites/create", &form(&[("guild_id", &guild)])).await.json();
        let (invite_code, invite_id) =
            (invite["code"].as_str().unwrap().to_owned(), invite["id"].as_str().unwrap().to_owned());
        for person in [member, other, kicked] {
            let joined = person.call("/api/invites/join", &form(&[("code", &invite_code)])).await;
            assert_eq!(joined.status, 200, "{joined:?}");
        }
        let id = async |who: &Client| {
            let home = who.call("/api/pages/home", &[]).await.json();
            home["me"]["user"]["id"].as_str().unwrap().to_owned()
        };
        let (kicked_id, other_id, member_id) = (id(kicked).await, id(other).await, id(member).await);
        let gone =
            owner.call("/api/guilds/kick", &form(&[("guild_id", &guild), ("user_id", &kicked_id)])).await;
        assert_eq!(gone.status, 200, "{gone:?}");
        let says = [("channel_id", &*channel), ("content", "words")];
        let owners_message = id_of(owner, "/api/messages/send", &says).await;
        let members_message = id_of(member, "/api/messages/send", &says).await;
        let dm = id_of(owner, "/api/dms/open", &[("user_id", &member_id)]).await;
        let (owners_file, members_file) = (upload(owner, &channel).await, upload(member, &channel).await);
        let dm_file = upload(owner, &dm).await;
        for (place, file) in [(&channel, &owners_file), (&dm, &dm_file)] {
            let shows = [("channel_id", &**place), ("content", "see"), ("attachments[0][id]", &**file)];
            id_of(owner, "/api/messages/send", &shows).await;
        }
        let thread = [("channel_id", &*channel), ("name", "details of stuff")];
        let thread = id_of(owner, "/api/threads/create", &thread).await;
        let says = [("channel_id", &*thread), ("content", "words")];
        let owners_in_thread = id_of(owner, "/api/messages/send", &says).await;
        let members_in_thread = id_of(member, "/api/messages/send", &says).await;
        sign_in(instance, "ana").await;
        let devices = owner.call("/api/accounts/devices", &[]).await.json();
        let second = devices.as_array().unwrap().iter().find(|device| device["is_current"] == false).unwrap();
        let session_id = second["id"].as_str().unwrap().to_owned();
        Self {
            people,
            guild,
            channel,
            owners_message,
            members_message,
            owners_file,
            members_file,
            dm_file,
            invite_code,
            invite_id,
            other_id,
            member_id,
            session_id,
            dm,
            thread,
            owners_in_thread,
            members_in_thread,
        }
    }
}

impl People {
    async fn sign_in(instance: &Instance) -> Self {
        let signed_out = sign_in(instance, "ed").await;
        let left = signed_out.call("/api/accounts/logout", &[]).await;
        assert_eq!(left.status, 200, "{left:?}");
        Self {
            anonymous: instance.anybody(),
            signed_out,
            stranger: sign_in(instance, "cy").await,
            kicked: sign_in(instance, "dee").await,
            member: sign_in(instance, "bo").await,
            owner: sign_in(instance, "ana").await,
            other: sign_in(instance, "eve").await,
        }
    }

    /// The columns of the matrix.
    pub(crate) fn columns(&self) -> [(&'static str, &Client); 6] {
        [
            ("anonymous", &self.anonymous),
            ("signed out", &self.signed_out),
            ("stranger", &self.stranger),
            ("kicked", &self.kicked),
            ("member", &self.member),
            ("owner", &self.owner),
        ]
    }
}
