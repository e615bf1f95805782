//! Every server function with arguments that make sense, and what each kind of people is answered.

use serde_json::{Value, json};

use crate::instance::{Answer, Client};
use crate::world::{PASSWORD, World, form, fresh_name};

/// The arguments of a call.
pub(crate) enum Input {
    Form(fn(&World) -> Vec<(&'static str, String)>),
    Json(fn(&World) -> Value),
}

/// A server function, and the statuses for anonymous, signed out, stranger, kicked, member, owner.
pub(crate) struct Call {
    pub(crate) path: &'static str,
    pub(crate) input: Input,
    pub(crate) expected: [u16; 6],
}

impl Call {
    pub(crate) async fn make(&self, who: &Client, world: &World) -> Answer {
        match &self.input {
            Input::Form(fields) => who.call(self.path, &fields(world)).await,
            Input::Json(body) => who.call_json(self.path, &body(world)).await,
        }
    }
}

const ANYBODY: [u16; 6] = [200; 6];
const SIGNED_IN: [u16; 6] = [401, 401, 200, 200, 200, 200];
const MEMBERS: [u16; 6] = [401, 401, 404, 404, 200, 200];
const OWNER: [u16; 6] = [401, 401, 404, 404, 403, 200];

fn call(path: &'static str, expected: [u16; 6], fields: fn(&World) -> Vec<(&'static str, String)>) -> Call {
    Call { path, input: Input::Form(fields), expected }
}

fn account_calls() -> Vec<Call> {
    vec![
        call("/api/accounts/register", ANYBODY, |_| {
            let name = fresh_name();
            form(&[("display_name", "Somebody"), ("username", &name), ("password", PASSWORD)])
        }),
        call("/api/accounts/login", ANYBODY, |_| form(&[("login", "bo"), ("password", PASSWORD)])),
        call("/api/accounts/logout", SIGNED_IN, |_| Vec::new()),
        call("/api/accounts/profile", SIGNED_IN, |_| form(&[("display_name", "Another")])),
        // With the wrong password, so that everybody can still sign in afterwards.
        call("/api/accounts/password", [401, 401, 400, 400, 400, 400], |_| {
            form(&[("current_password", "not this one"), ("new_password", "a new pass phrase")])
        }),
        call("/api/accounts/settings", SIGNED_IN, |_| form(&[("theme", "dark")])),
        call("/api/accounts/devices", SIGNED_IN, |_| Vec::new()),
        // Somebody else's device does not exist.
        call("/api/accounts/devices/revoke", [401, 401, 404, 404, 404, 200], |w| {
            form(&[("session_id", &w.session_id)])
        }),
        call("/api/accounts/devices/revoke-others", SIGNED_IN, |_| Vec::new()),
        call("/api/pages/instance", ANYBODY, |_| Vec::new()),
        call("/api/pages/home", SIGNED_IN, |_| Vec::new()),
    ]
}

fn guild_calls() -> Vec<Call> {
    vec![
        call("/api/guilds/create", SIGNED_IN, |_| form(&[("name", "Mine")])),
        call("/api/guilds/rename", OWNER, |w| form(&[("guild_id", &w.guild), ("name", "Anglerfish")])),
        call("/api/guilds/delete", OWNER, |w| {
            form(&[("guild_id", &w.guild), ("confirmation", "Lanternfish")])
        }),
        call("/api/guilds/leave", [401, 401, 404, 404, 200, 409], |w| form(&[("guild_id", &w.guild)])),
        call("/api/guilds/transfer", OWNER, |w| form(&[("guild_id", &w.guild), ("username", "bo")])),
        call("/api/guilds/kick", OWNER, |w| form(&[("guild_id", &w.guild), ("user_id", &w.other_id)])),
        call("/api/guilds/snapshot", MEMBERS, |w| form(&[("guild_id", &w.guild)])),
        call("/api/guilds/destinations", SIGNED_IN, |_| Vec::new()),
        call("/api/guilds/members", MEMBERS, |w| form(&[("guild_id", &w.guild)])),
        call("/api/guilds/find_members", MEMBERS, |w| form(&[("guild_id", &w.guild), ("query", "a")])),
        call("/api/guilds/member", MEMBERS, |w| form(&[("guild_id", &w.guild), ("user_id", &w.member_id)])),
        call("/api/channels/create", OWNER, |w| form(&[("guild_id", &w.guild), ("name", "more")])),
        call("/api/channels/update", OWNER, |w| form(&[("channel_id", &w.channel), ("name", "less")])),
        call("/api/channels/move", OWNER, |w| form(&[("channel_id", &w.channel), ("position", "0")])),
        call("/api/channels/delete", OWNER, |w| form(&[("channel_id", &w.channel)])),
        call("/api/invites/create", MEMBERS, |w| form(&[("guild_id", &w.guild), ("max_uses", "5")])),
        call("/api/invites/standing", MEMBERS, |w| form(&[("guild_id", &w.guild)])),
        call("/api/invites/list", OWNER, |w| form(&[("guild_id", &w.guild)])),
        call("/api/invites/revoke", OWNER, |w| form(&[("invite_id", &w.invite_id)])),
        call("/api/invites/preview", ANYBODY, |w| form(&[("code", &w.invite_code)])),
        call("/api/invites/join", SIGNED_IN, |w| form(&[("code", &w.invite_code)])),
        Call {
            path: "/api/pages/load",
            input: Input::Json(
                |w| json!({ "place": { "at": "guild", "guild": w.guild, "channel": w.channel, "message": w.owners_message } }),
            ),
            expected: MEMBERS,
        },
    ]
}

fn reaction(channel: &str, message: &str) -> Vec<(&'static str, String)> {
    form(&[("channel_id", channel), ("message_id", message), ("emoji", "👍")])
}

fn message_calls() -> Vec<Call> {
    vec![
        call("/api/messages/send", MEMBERS, |w| form(&[("channel_id", &w.channel), ("content", "hello")])),
        // Only its author changes a message, whoever owns the place.
        call("/api/messages/edit", [401, 401, 404, 404, 200, 403], |w| {
            form(&[
                ("channel_id", &w.channel),
                ("message_id", &w.members_message),
                ("content", "other words"),
            ])
        }),
        call("/api/messages/delete", OWNER, |w| {
            form(&[("channel_id", &w.channel), ("message_id", &w.owners_message)])
        }),
        call("/api/messages/read", MEMBERS, |w| {
            form(&[("channel_id", &w.channel), ("message_id", &w.owners_message)])
        }),
        call("/api/messages/unread", MEMBERS, |w| {
            form(&[("channel_id", &w.channel), ("message_id", &w.owners_message)])
        }),
        Call {
            path: "/api/messages/history",
            input: Input::Json(|w| json!({ "channel_id": w.channel, "anchor": { "page": "latest" } })),
            expected: MEMBERS,
        },
        // Who may pin is asked after the message is found.
        call("/api/pins/add", OWNER, |w| {
            form(&[("channel_id", &w.channel), ("message_id", &w.owners_message)])
        }),
        call("/api/pins/remove", OWNER, |w| {
            form(&[("channel_id", &w.channel), ("message_id", &w.owners_message)])
        }),
        call("/api/pins/list", MEMBERS, |w| form(&[("channel_id", &w.channel)])),
        // Their author, and who may manage messages.
        call("/api/previews/suppress", OWNER, |w| {
            form(&[("channel_id", &w.channel), ("message_id", &w.owners_message)])
        }),
        call("/api/previews/suppress", MEMBERS, |w| {
            form(&[("channel_id", &w.channel), ("message_id", &w.members_message)])
        }),
        Call {
            path: "/api/messages/search",
            input: Input::Json(
                |w| json!({ "search": { "scope": { "at": "guild", "guild": w.guild }, "query": "from:me" } }),
            ),
            expected: MEMBERS,
        },
        // Only who uploaded a file takes it back; of one that waits nobody else knows.
        call("/api/attachments/remove", [401, 401, 404, 404, 403, 200], |w| {
            form(&[("attachment_id", &w.owners_file)])
        }),
        call("/api/reactions/add", MEMBERS, |w| reaction(&w.channel, &w.owners_message)),
        call("/api/reactions/remove", MEMBERS, |w| reaction(&w.channel, &w.owners_message)),
        call("/api/reactions/people", MEMBERS, |w| reaction(&w.channel, &w.owners_message)),
        call("/api/inbox/mentions", SIGNED_IN, |_| Vec::new()),
        call("/api/dms/open", SIGNED_IN, |w| form(&[("user_id", &w.other_id)])),
        call("/api/dms/open-by-name", SIGNED_IN, |_| form(&[("query", "eve")])),
        call("/api/dms/find-people", SIGNED_IN, |_| form(&[("query", "e")])),
    ]
}

fn thread_calls() -> Vec<Call> {
    vec![
        call("/api/threads/create", MEMBERS, |w| {
            form(&[("channel_id", &w.channel), ("name", "more details"), ("auto_archive_minutes", "60")])
        }),
        call("/api/threads/update", OWNER, |w| form(&[("thread_id", &w.thread), ("archived", "true")])),
        call("/api/threads/delete", OWNER, |w| form(&[("thread_id", &w.thread)])),
        call("/api/threads/follow", MEMBERS, |w| form(&[("thread_id", &w.thread), ("muted", "true")])),
        call("/api/threads/unfollow", MEMBERS, |w| form(&[("thread_id", &w.thread)])),
        call("/api/threads/list", MEMBERS, |w| form(&[("channel_id", &w.channel), ("archived", "true")])),
    ]
}

/// What can be done in any channel, in a thread: it is for the same people as in its channel.
pub(crate) fn calls_in_thread() -> Vec<Call> {
    let one = |w: &World| form(&[("channel_id", &w.thread), ("message_id", &w.owners_in_thread)]);
    vec![
        call("/api/messages/send", MEMBERS, |w| form(&[("channel_id", &w.thread), ("content", "hello")])),
        call("/api/messages/edit", [401, 401, 404, 404, 200, 403], |w| {
            form(&[
                ("channel_id", &w.thread),
                ("message_id", &w.members_in_thread),
                ("content", "other words"),
            ])
        }),
        call("/api/messages/delete", OWNER, one),
        call("/api/messages/read", MEMBERS, one),
        call("/api/messages/unread", MEMBERS, one),
        call("/api/pins/add", OWNER, one),
        call("/api/pins/remove", OWNER, one),
        call("/api/pins/list", MEMBERS, |w| form(&[("channel_id", &w.thread)])),
        call("/api/reactions/add", MEMBERS, |w| reaction(&w.thread, &w.owners_in_thread)),
        call("/api/reactions/remove", MEMBERS, |w| reaction(&w.thread, &w.owners_in_thread)),
        call("/api/reactions/people", MEMBERS, |w| reaction(&w.thread, &w.owners_in_thread)),
        call("/api/threads/list", MEMBERS, |w| form(&[("channel_id", &w.thread)])),
        // A thread is no place for what belongs to channels, nor for threads.
        call("/api/threads/create", [401, 401, 404, 404, 403, 403], |w| {
            form(&[("channel_id", &w.thread), ("name", "inside"), ("message_id", &w.owners_in_thread)])
        }),
        call("/api/threads/create", [401, 401, 404, 404, 404, 404], |w| {
            form(&[("channel_id", &w.channel), ("name", "astray"), ("message_id", &w.owners_in_thread)])
        }),
        call("/api/channels/update", [401, 401, 404, 404, 403, 404], |w| {
            form(&[("channel_id", &w.thread), ("name", "less")])
        }),
        call("/api/channels/move", [401, 401, 404, 404, 403, 404], |w| {
            form(&[("channel_id", &w.thread), ("position", "0")])
        }),
        call("/api/channels/delete", [401, 401, 404, 404, 403, 404], |w| form(&[("channel_id", &w.thread)])),
        Call {
            path: "/api/messages/history",
            input: Input::Json(|w| json!({ "channel_id": w.thread, "anchor": { "page": "latest" } })),
            expected: MEMBERS,
        },
        Call {
            path: "/api/messages/search",
            input: Input::Json(
                |w| json!({ "search": { "scope": { "at": "channel", "channel": w.thread }, "query": "words" } }),
            ),
            expected: MEMBERS,
        },
        Call {
            path: "/api/pages/load",
            input: Input::Json(
                |w| json!({ "place": { "at": "guild", "guild": w.guild, "channel": w.thread, "message": w.owners_in_thread } }),
            ),
            expected: MEMBERS,
        },
    ]
}

/// The same for the conversation of owner and member, which is none of anybody else's business.
pub(crate) fn conversation_calls() -> Vec<Call> {
    let says = |w: &World| form(&[("channel_id", &w.dm), ("content", "between us")]);
    vec![
        call("/api/messages/send", MEMBERS, says),
        call("/api/messages/read", MEMBERS, |w| {
            form(&[("channel_id", &w.dm), ("message_id", &w.owners_message)])
        }),
        call("/api/messages/unread", [401, 401, 404, 404, 404, 404], |w| {
            form(&[("channel_id", &w.dm), ("message_id", &w.owners_message)])
        }),
        call("/api/messages/edit", [401, 401, 404, 404, 404, 404], |w| {
            form(&[("channel_id", &w.dm), ("message_id", &w.members_message), ("content", "moved here")])
        }),
        call("/api/messages/delete", [401, 401, 404, 404, 404, 404], |w| {
            form(&[("channel_id", &w.dm), ("message_id", &w.owners_message)])
        }),
        call("/api/pins/add", [401, 401, 404, 404, 404, 404], |w| {
            form(&[("channel_id", &w.dm), ("message_id", &w.owners_message)])
        }),
        call("/api/pins/list", MEMBERS, |w| form(&[("channel_id", &w.dm)])),
        call("/api/previews/suppress", [401, 401, 404, 404, 404, 404], |w| {
            form(&[("channel_id", &w.dm), ("message_id", &w.owners_message)])
        }),
        call("/api/attachments/remove", [401, 401, 404, 404, 403, 200], |w| {
            form(&[("attachment_id", &w.dm_file)])
        }),
        // Nor is a file that was uploaded to another channel.
        call("/api/messages/send", [401, 401, 404, 404, 409, 409], |w| {
            form(&[("channel_id", &w.dm), ("content", "see"), ("attachments[0][id]", &w.members_file)])
        }),
        // A message of another channel is none of this one's.
        call("/api/reactions/add", [401, 401, 404, 404, 404, 404], |w| reaction(&w.dm, &w.owners_message)),
        call("/api/reactions/people", [401, 401, 404, 404, 404, 404], |w| reaction(&w.dm, &w.owners_message)),
        call("/api/channels/update", [401, 401, 404, 404, 403, 403], |w| {
            form(&[("channel_id", &w.dm), ("name", "ours")])
        }),
        call("/api/channels/delete", [401, 401, 404, 404, 403, 403], |w| form(&[("channel_id", &w.dm)])),
        Call {
            path: "/api/messages/history",
            input: Input::Json(|w| json!({ "channel_id": w.dm, "anchor": { "page": "latest" } })),
            expected: MEMBERS,
        },
        Call {
            path: "/api/messages/search",
            input: Input::Json(
                |w| json!({ "search": { "scope": { "at": "channel", "channel": w.dm }, "query": "words" } }),
            ),
            expected: MEMBERS,
        },
        Call {
            path: "/api/pages/load",
            input: Input::Json(|w| json!({ "place": { "at": "dm", "channel": w.dm, "message": null } })),
            expected: MEMBERS,
        },
    ]
}

/// All of them.
pub(crate) fn calls() -> Vec<Call> {
    account_calls().into_iter().chain(guild_calls()).chain(message_calls()).chain(thread_calls()).collect()
}
