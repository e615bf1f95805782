//! What people, programs and attackers type: every action answers it with a typed error and changes nothing, and no
//! text at all is our fault.

use std::pin::Pin;

use backend::actions::accounts::{self, Registration};
use backend::actions::messages::Draft;
use backend::actions::{channels, dms, guilds, invites, members, messages, pages};
use protocol::snapshot::{Anchor, Place};
use protocol::{Error, Id, Result, limits};
use rig::actor::{registration, request};
use rig::{TestApp, on_both};

use crate::scene::Scene;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;
/// Puts one text into one field of one action.
type Field<'a> = (&'static str, Box<dyn Fn(String) -> Answer<'a> + 'a>);

/// Makes a [`Field`]: the action, with `$text` where the text goes.
macro_rules! field {
    ($name:literal, |$text:ident| $call:expr) => {
        (
            $name,
            Box::new(move |$text: String| -> Answer<'_> { Box::pin(async move { $call.await.map(|_| ()) }) }),
        )
    };
}

/// No name of anything, whatever its length may be.
fn no_name(max: usize) -> Vec<String> {
    let mut texts: Vec<String> =
        ["", "   ", "\u{200b}\u{200d}", "a\0b", "a\u{7}b", "a\u{202e}b", "a\u{2066}b", "a\nb", "\u{feff}"]
            .map(str::to_owned)
            .into();
    texts.push("x".repeat(max + 1));
    texts.push("é".repeat(max + 1));
    texts.push("x".repeat(100_000));
    texts.push(format!("a{}", "\u{301}".repeat(20)));
    texts
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

/// No retry key. An empty one means none.
fn no_nonce() -> Vec<String> {
    let mut all = texts(&["a b", "é", "\0", "a\n", "'", "%"]);
    all.push("x".repeat(limits::NONCE_CHARS + 1));
    all
}

fn no_message() -> Vec<String> {
    let mut all = texts(&["", "  \n\t ", "\u{200b}", "a\0b", "a\u{1b}[31mb", "\u{7f}"]);
    all.push("x".repeat(limits::CONTENT_CHARS + 1));
    all.push("😀".repeat(limits::CONTENT_CHARS + 1));
    all
}

fn no_username() -> Vec<String> {
    let mut all = no_name(limits::USERNAME_MAX);
    all.extend(texts(&["a", "ä", "an a", "ana!", "ana@x", "<b>", "аna"]));
    all
}

fn no_email() -> Vec<String> {
    let mut all = texts(&[
        "ana",
        "@example.org",
        "a@b",
        "a b@example.org",
        "a@b@example.org",
        "a@.org",
        "a@org.",
        "a\0@x.org",
    ]);
    all.push(format!("{}@example.org", "x".repeat(limits::EMAIL_CHARS)));
    all
}

fn accounts_fields<'a>(app: &'a TestApp, s: &'a Scene) -> Vec<(Vec<String>, Field<'a>)> {
    let (state, bo) = (&app.state, &s.bo.actor);
    let register = move |form: Registration| async move { accounts::register(state, &request(), form).await };
    let long = "x".repeat(limits::PASSWORD_MAX + 1);
    vec![
        (
            no_username(),
            field!("register username", |t| register(Registration { username: t, ..registration("new") })),
        ),
        (
            no_name(limits::DISPLAY_NAME_CHARS),
            field!("register name", |t| register(Registration { display_name: t, ..registration("new") })),
        ),
        (
            no_email(),
            field!("register email", |t| register(Registration { email: t, ..registration("new") })),
        ),
        (
            vec![String::new(), "short".into(), "password".into(), long.clone()],
            field!("register password", |t| register(Registration { password: t, ..registration("new") })),
        ),
        (
            no_name(limits::DISPLAY_NAME_CHARS),
            field!("profile name", |t| accounts::update_profile(state, bo, &t, "")),
        ),
        (no_email(), field!("profile email", |t| accounts::update_profile(state, bo, "Bo", &t))),
        (
            texts(&["pink", "DARK", "\0", "dark "]),
            field!("theme", |t| accounts::update_settings(state, bo, &t, "", "")),
        ),
        (
            vec![String::new(), "short".into(), "password".into(), long],
            field!("new password", |t| accounts::change_password(
                state,
                &request(),
                bo,
                rig::actor::PASSWORD,
                &t
            )),
        ),
        (
            no_username(),
            field!("operator", |t| accounts::create_by_operator(state, &t, "a fine pass phrase", false)),
        ),
    ]
}

fn guild_fields<'a>(app: &'a TestApp, s: &'a Scene) -> Vec<(Vec<String>, Field<'a>)> {
    let (state, ana, guild, general) = (&app.state, &s.ana.actor, s.guild.id, s.general);
    let make = move |name: String, kind: String, parent: String, nonce: String| async move {
        let new = channels::NewChannel { name: &name, kind: &kind, parent_id: &parent, nonce: &nonce };
        channels::create(state, ana, guild, new).await
    };
    let no_parent = || texts(&["0", "-1", "x", "77", "\0", "007", "+5", "99999999999999999999"]);
    let no_number = || texts(&["-1", "x", "1e3", "\0", "99999999999999999999", "0x10", "½"]);
    let names = || no_name(limits::CHANNEL_NAME_CHARS);
    let mut no_topic = texts(&["a\0b", "a\u{202e}b", "a\u{7}"]);
    no_topic.push("x".repeat(limits::TOPIC_CHARS + 1));
    vec![
        (no_name(limits::GUILD_NAME_CHARS), field!("guild name", |t| guilds::create(state, ana, &t, ""))),
        (no_nonce(), field!("guild nonce", |t| guilds::create(state, ana, "Den", &t))),
        (
            no_name(limits::GUILD_NAME_CHARS),
            field!("new guild name", |t| guilds::rename(state, ana, guild, &t)),
        ),
        (no_username(), field!("heir", |t| guilds::transfer(state, ana, guild, &t))),
        (no_name(100), field!("confirmation", |t| guilds::delete(state, ana, guild, &t))),
        (names(), field!("channel name", |t| make(t, String::new(), String::new(), String::new()))),
        (names(), field!("category name", |t| make(t, "category".into(), String::new(), String::new()))),
        (
            texts(&["voice", "4", "\0"]),
            field!("channel kind", |t| make("x".into(), t, String::new(), String::new())),
        ),
        (no_parent(), field!("channel parent", |t| make("x".into(), String::new(), t, String::new()))),
        (no_nonce(), field!("channel nonce", |t| make("x".into(), String::new(), String::new(), t))),
        (names(), field!("new channel name", |t| channels::update(state, ana, general, &t, ""))),
        (no_topic, field!("topic", |t| channels::update(state, ana, general, "general", &t))),
        (no_parent(), field!("new parent", |t| channels::move_to(state, ana, general, &t, 0))),
        (no_number(), field!("max age", |t| invites::create(state, ana, guild, &t, ""))),
        (no_number(), field!("max uses", |t| invites::create(state, ana, guild, "", &t))),
        (texts(&["", " ", "\0", "a b", "é", "/"]), field!("code", |t| invites::join(state, ana, &t))),
        (texts(&["", "\0", "a b", "'"]), field!("preview code", |t| invites::preview(state, &request(), &t))),
    ]
}

fn message_fields<'a>(app: &'a TestApp, s: &'a Scene) -> Vec<(Vec<String>, Field<'a>)> {
    let (state, bo, general) = (&app.state, &s.bo.actor, s.general);
    let send = move |content: String, nonce: String| async move {
        let draft = Draft { content: &content, reply_to: None, nonce: &nonce, attachments: &[] };
        messages::send(state, bo, general, draft).await
    };
    let edit = move |content: String| async move {
        let mine = messages::history(state, bo, general, Anchor::Latest).await?.messages;
        let mine = mine.into_iter().rev().find(|m| m.author.id == bo.user_id && !m.kind.is_system());
        messages::edit(state, bo, general, mine.ok_or(Error::NotFound)?.id, &content).await
    };
    let mut no_query = texts(&["a\0b", "\u{7}a", "a\nb"]);
    no_query.push("x".repeat(limits::DISPLAY_NAME_CHARS + 1));
    vec![
        (no_message(), field!("message", |t| send(t, String::new()))),
        (no_nonce(), field!("message nonce", |t| send("hello".into(), t))),
        (no_message(), field!("edit", |t| edit(t))),
        (no_query.clone(), field!("people", |t| dms::find_people(state, bo, &t))),
        (no_query.clone(), field!("members", |t| members::find(state, bo, s.guild.id, &t))),
        (no_query, field!("somebody", |t| dms::open_by_name(state, bo, &t))),
    ]
}

fn all_fields<'a>(app: &'a TestApp, s: &'a Scene) -> impl Iterator<Item = (Vec<String>, Field<'a>)> {
    accounts_fields(app, s).into_iter().chain(guild_fields(app, s)).chain(message_fields(app, s))
}

#[tokio::test]
async fn what_a_field_cannot_hold_is_refused_with_its_reason_and_changes_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.bo.say(s.general, "something to edit").await;
        for (bad, (name, attempt)) in all_fields(app, &s) {
            let before = app.content().await;
            for text in bad {
                let answer = attempt(text.clone()).await;
                let shown: String = text.chars().take(40).collect();
                assert!(
                    matches!(answer, Err(Error::Invalid { .. } | Error::NotFound)),
                    "{name} took {shown:?}: {answer:?}"
                );
            }
            assert_eq!(app.content().await, before, "{name}");
        }
    })
    .await;
}

/// Texts that broke some program somewhere.
const STRANGE: [&str; 28] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\u{feff}",
    "\u{202e}gnp.exe",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "İstanbul ẞ ﬁ",
    "Z\u{351}\u{36b}\u{343}\u{36a}\u{302}\u{36b}\u{33d}",
    "𝕳𝖊𝖑𝖑𝖔",
    "\u{10ffff}",
    "'; drop table users; --",
    "\" or \"\"=\"",
    "$1 $2 $3",
    "{}",
    "%s%n%x",
    "\\",
    "\\u0000",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "<@1> <@99999999999999999999> <#1> <@!1> <@&1> @everyone",
    "@@@@@@@@@@@@@@@@",
    "<@<@<@<@<@",
    "****````____~~~~||||",
    "[[[[[[[[[[](((((((",
    "> > > > > > > > >",
    "- \n  - \n    - ",
];

#[tokio::test]
async fn no_text_anywhere_is_our_fault() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.bo.say(s.general, "something to edit").await;
        let login = move |text: String| {
            let state = app.state.clone();
            async move { accounts::login(&state, &request(), &text, &text, false).await }
        };
        let signing_in: Field<'_> = field!("login", |t| login(t));
        for (_, (name, attempt)) in all_fields(app, &s).chain([(Vec::new(), signing_in)]) {
            for text in STRANGE {
                let answer = attempt(text.to_owned()).await;
                let is_ours = matches!(answer, Err(Error::Internal | Error::Busy | Error::Unauthorized));
                assert!(!is_ours, "{name} with {text:?}: {answer:?}");
            }
        }
        // Whatever of it was taken can be shown.
        for person in [&s.ana, &s.bo] {
            for guild in person.page(Place::Home).await.home.guilds {
                let place = Place::Guild { guild: guild.guild.id, channel: None, message: None };
                person.page(place).await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn ids_of_nothing_find_nothing_and_change_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (state, ana, general) = (&app.state, &s.ana.actor, s.general);
        for number in [1, 77, i64::MAX] {
            let before = app.content().await;
            let refusals: Vec<(&str, Result<()>)> = vec![
                ("device", accounts::revoke_device(state, ana, Id::from_trusted(number)).await),
                ("guild", guilds::rename(state, ana, Id::from_trusted(number), "x").await),
                ("guild", guilds::transfer(state, ana, Id::from_trusted(number), "bo").await),
                ("guild", guilds::delete(state, ana, Id::from_trusted(number), "x").await),
                ("guild", guilds::snapshot(state, ana, Id::from_trusted(number)).await.map(|_| ())),
                ("guild", members::leave(state, ana, Id::from_trusted(number)).await),
                ("guild", members::page(state, ana, Id::from_trusted(number), None).await.map(|_| ())),
                ("member", members::kick(state, ana, s.guild.id, Id::from_trusted(number)).await),
                ("channel", channels::update(state, ana, Id::from_trusted(number), "x", "").await),
                ("channel", channels::move_to(state, ana, Id::from_trusted(number), "", 0).await),
                ("channel", channels::delete(state, ana, Id::from_trusted(number)).await),
                ("invite", invites::revoke(state, ana, Id::from_trusted(number)).await),
                ("invites", invites::list(state, ana, Id::from_trusted(number)).await.map(|_| ())),
                ("invites", invites::standing(state, ana, Id::from_trusted(number)).await.map(|_| ())),
                ("person", dms::open(state, ana, Id::from_trusted(number)).await.map(|_| ())),
                (
                    "message",
                    messages::edit(state, ana, general, Id::from_trusted(number), "x").await.map(|_| ()),
                ),
                ("message", messages::delete(state, ana, general, Id::from_trusted(number)).await),
                (
                    "channel",
                    messages::mark_read(state, ana, Id::from_trusted(number), Id::from_trusted(5)).await,
                ),
                (
                    "channel",
                    messages::mark_unread(state, ana, Id::from_trusted(number), Id::from_trusted(5)).await,
                ),
                (
                    "page",
                    pages::load(state, ana, Place::Dm { channel: Id::from_trusted(number), message: None })
                        .await
                        .map(|_| ()),
                ),
            ];
            for (what, answer) in refusals {
                assert_eq!(answer, Err(Error::NotFound), "{what} {number}");
            }
            assert_eq!(app.content().await, before);
            for anchor in [Anchor::Before, Anchor::After, Anchor::Around] {
                let page = messages::history(state, ana, general, anchor(Id::from_trusted(number))).await;
                assert!(page.is_ok(), "{page:?}");
            }
            assert!(members::page(state, ana, s.guild.id, Some(Id::from_trusted(number))).await.is_ok());
        }
        channels::move_to(state, ana, general, "", u32::MAX).await.unwrap();
    })
    .await;
}
