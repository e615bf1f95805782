//! Forms without script: what worked leads on, what was refused comes back with what was typed, and a page is no other
//! way around what a function refuses.

use reqwest::Method;
use rig::Database;

use crate::calls::{Input, calls, conversation_calls};
use crate::instance::{Instance, encode, on_both};
use crate::world::{PASSWORD, World, form, populate, register};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_comes_back_with_what_was_typed_but_no_password() {
    on_both(&[], async |instance| {
        register(instance, "ana").await;
        let anybody = instance.anybody();
        let fields = form(&[
            ("display_name", "Ana \"the <b>other</b>\" & co"),
            ("username", "ana"),
            ("email", "other@example.org"),
            ("password", PASSWORD),
        ]);
        let page = anybody.form("/register?next=%2Finvite%2Fabc", "/api/accounts/register", &fields).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (409, None));
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        for shown in [
            "value=\"ana\"",
            "value=\"other@example.org\"",
            "value=\"Ana &quot;the &lt;b&gt;other&lt;/b&gt;&quot; &amp; co\"",
            "value=\"/invite/abc\"",
            "That username is taken.",
        ] {
            assert!(page.body.contains(shown), "{shown} is not in {}", page.body);
        }
        assert!(!page.body.contains(PASSWORD) && !page.body.contains("<b>other"), "{}", page.body);
        assert!(page.session().is_none());
        let wrong = form(&[("login", "ana"), ("password", "not this one")]);
        let page = anybody.form("/login", "/api/accounts/login", &wrong).await;
        assert_eq!(page.status, 401);
        assert!(page.body.contains("do not match") && page.body.contains("value=\"ana\""), "{}", page.body);
        assert!(!page.body.contains("not this one"), "{}", page.body);
        let fresh = anybody.page("/login").await;
        assert!(!fresh.body.contains("do not match"), "the next page knows nothing of it");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_refused_is_in_its_box_again_and_nowhere_else() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let (owner, channel) = (&world.people.owner, format!("/channels/{}/{}", world.guild, world.channel));
        let before = instance.database.content().await;
        let hostile = format!("\nfirst\r\nsecond</textarea><script>alert(1)</script>{}", "x".repeat(4_000));
        let says = form(&[("channel_id", &world.channel), ("content", &hostile)]);
        let page = owner.form(&channel, "/api/messages/send", &says).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (400, None));
        assert!(page.body.contains("Message can have at most 4000 characters."), "{}", page.body);
        let inside = |label: &str| {
            let (_, rest) = page.body.split_once(&format!("aria-label=\"{label}\""))?;
            rest.split_once('>')?.1.split_once("</textarea>").map(|(inside, _)| inside.to_owned())
        };
        let text = inside("Message #stuff").unwrap();
        assert!(text.starts_with("\n\nfirst\r\nsecond&lt;/textarea&gt;&lt;script&gt;"), "{text}");
        assert!(!page.body.contains("<script>alert"));

        // Of the forms of one message, the one that was sent.
        let about = format!("{channel}/{}", world.members_message);
        let fields = form(&[
            ("channel_id", &world.channel),
            ("reply_to", &world.members_message),
            ("content", &"y".repeat(4_001)),
        ]);
        let page = world.people.member.form(&about, "/api/messages/send", &fields).await;
        assert_eq!(page.status, 400);
        assert_eq!(page.body.matches("at most 4000").count(), 1);
        assert_eq!(page.body.matches(&"y".repeat(4_001)).count(), 2, "in the field, and for script to know");
        assert_eq!(instance.database.content().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_worked_leads_on_and_never_off_the_site() {
    on_both(&[], async |instance| {
        let ana = register(instance, "ana").await;
        for (next, expected) in [
            ("/settings", "/settings"),
            ("https://evil.example/", "/channels/@me"),
            ("//evil.example", "/channels/@me"),
            ("/\\evil.example", "/channels/@me"),
        ] {
            let right = form(&[("login", "ana"), ("password", PASSWORD), ("next", next)]);
            let answer = instance.anybody().form("/login", "/api/accounts/login", &right).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some(expected)), "{next}");
            assert!(answer.session().is_some() && answer.body.is_empty());
        }
        // A function that leads nowhere leads back.
        let renamed = form(&[("display_name", "Ana Maria")]);
        let answer = ana.form("/settings?from=here", "/api/accounts/profile", &renamed).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/settings?from=here")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_refuses_whom_the_function_refuses() {
    let instance = Instance::start(Database::sqlite(), &[]).await;
    populate(&instance).await;
    for call in calls().into_iter().chain(conversation_calls()) {
        let Input::Form(fields) = &call.input else { continue };
        let world = World::new(&instance).await;
        for ((who, client), expected) in world.people.columns().into_iter().zip(call.expected) {
            let before = instance.database.content().await;
            let answer = client.form("/login", call.path, &fields(&world)).await;
            let expected = if expected == 200 { 303 } else { expected };
            assert_eq!(answer.status.as_u16(), expected, "{} as {who}: {}", call.path, answer.body);
            if expected != 303 {
                assert_eq!(instance.database.content().await, before, "{} as {who}", call.path);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_calls_functions_from_pages_and_nothing_else() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let owner = &world.people.owner;
        let before = instance.database.content().await;
        let make = form(&[("name", "Mine")]);
        for call in
            ["", "/", "/api/", "/api/nowhere", "/settings", "guilds/create", "//evil.example/api/x", "a b"]
        {
            let answer = owner.form("/servers/new", call, &make).await;
            assert_eq!(answer.status, 400, "{call}");
        }
        for path in ["/nowhere", "/robots.txt", "/healthz", "/gateway"] {
            let answer = owner.form(path, "/api/guilds/create", &make).await;
            assert!(matches!(answer.status.as_u16(), 404 | 405), "{path}: {answer:?}");
        }
        let not_a_form = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")];
        let answer = owner.request(Method::POST, "/servers/new", &not_a_form, "{\"call\":\"/api/x\"}").await;
        assert_eq!(answer.status, 400);
        assert_eq!(instance.database.content().await, before);
        // A page that one may not see any more says so, whatever was sent to it.
        let channel = format!("/channels/{}/{}", world.guild, world.channel);
        let says = form(&[("channel_id", &world.channel), ("content", "hello")]);
        let kicked = world.people.kicked.form(&channel, "/api/messages/send", &says).await;
        assert_eq!(kicked.status, 404);
        let nobody = instance.anybody().form(&channel, "/api/messages/send", &says).await;
        assert!(nobody.header("location").unwrap().starts_with("/login"), "{nobody:?}");
        assert_eq!(instance.database.content().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_answers_with_json_whoever_asks() {
    on_both(&[], async |instance| {
        let headers = [("accept", "text/html"), ("content-type", "application/x-www-form-urlencoded")];
        let body = encode(&form(&[("login", "nobody"), ("password", "secret words")]));
        let answer = instance.anybody().request(Method::POST, "/api/accounts/login", &headers, body).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (401, None));
        assert_eq!(answer.error(), protocol::Error::WrongCredentials);
    })
    .await;
}
