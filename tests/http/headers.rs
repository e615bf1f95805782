//! Headers: the same protection on every kind of answer, and pages whose scripts are ours alone.

use std::collections::HashSet;

use reqwest::Method;
use rig::Database;

use crate::instance::{Answer, Client, Instance, on_both};
use crate::world::{World, form, populate};

fn says(world: &World, content: &str) -> Vec<(&'static str, String)> {
    form(&[("channel_id", &world.channel), ("content", content)])
}

/// One answer of every kind there is, with a name for it.
async fn kinds(owner: &Client, anybody: &Client, world: &World) -> Vec<(&'static str, Answer)> {
    let channel = format!("/channels/{}/{}", world.guild, world.channel);
    let json = [("accept", "application/json")];
    let foreign = [("sec-fetch-site", "cross-site")];
    let too_large = vec![b'x'; 100 * 1024];
    vec![
        ("a page", owner.page(&channel).await),
        ("a page for everybody", anybody.page("/login").await),
        ("a redirect", anybody.page(&channel).await),
        ("a page that is not there", owner.page("/channels/77/78").await),
        ("an address that is not there", anybody.page("/nowhere").await),
        ("the same for a program", anybody.request(Method::GET, "/nowhere", &json, "").await),
        ("a file", anybody.request(Method::GET, "/robots.txt", &[], "").await),
        ("a built file", anybody.request(Method::GET, "/pkg/harmony.css", &[], "").await),
        ("an answer", owner.call("/api/pages/home", &[]).await),
        ("a refusal", anybody.call("/api/pages/home", &[]).await),
        ("a malformed call", owner.call("/api/guilds/rename", &form(&[("guild_id", "x")])).await),
        ("a form's answer", owner.form(&channel, "/api/messages/send", &says(world, "x")).await),
        ("a form that comes back", owner.form(&channel, "/api/messages/send", &says(world, "")).await),
        ("a foreign call", owner.request(Method::POST, "/api/pages/home", &foreign, "").await),
        ("a large call", owner.request(Method::POST, "/api/pages/home", &json, too_large).await),
        ("a method nobody has", owner.request(Method::DELETE, "/api/pages/home", &json, "").await),
        ("the health check", anybody.request(Method::GET, "/healthz", &[], "").await),
        ("a refused socket", anybody.request(Method::GET, "/gateway", &[], "").await),
    ]
}

fn directive<'a>(policy: &'a str, name: &str) -> Option<&'a str> {
    policy.split(';').map(str::trim).find_map(|part| part.strip_prefix(name))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_answer_carries_the_protections() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let always = [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        for (kind, answer) in kinds(&world.people.owner, &world.people.anonymous, &world).await {
            for (name, value) in always {
                assert_eq!(answer.header(name), Some(value), "{kind}: {name}");
                assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{kind}: {name}");
            }
            assert!(answer.header("permissions-policy").unwrap().contains("camera=()"), "{kind}");
            let policy =
                answer.header("content-security-policy").unwrap_or_else(|| panic!("{kind} has no policy"));
            assert_eq!(directive(policy, "default-src "), Some("'none'"), "{kind}");
            assert_eq!(directive(policy, "frame-ancestors "), Some("'none'"), "{kind}");
            assert_eq!(directive(policy, "base-uri "), Some("'none'"), "{kind}");
            assert!(
                !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
                "{kind}: {policy}"
            );
            let kept =
                answer.header("cache-control").unwrap_or_else(|| panic!("{kind} may be kept by anybody"));
            assert_eq!(kept == "no-store, private", !kind.ends_with("file"), "{kind}: {kept}");
            if let Some(typed) = answer.header("content-type").filter(|typed| typed.starts_with("text/")) {
                assert!(typed.contains("charset=utf-8"), "{kind}: {typed}");
            }
            for name in ["server", "x-powered-by", "strict-transport-security", "access-control-allow-origin"]
            {
                assert_eq!(answer.header(name), None, "{kind}: {name}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_tls_every_answer_says_that_it_stays_so() {
    let changes = [("HARMONY_PUBLIC_URL", "https://chat.example")];
    let instance = Instance::start(Database::sqlite(), &changes).await;
    let anybody = instance.anybody();
    for path in ["/login", "/nowhere", "/robots.txt", "/healthz", "/gateway"] {
        let answer = anybody.page(path).await;
        let kept = answer.header("strict-transport-security").unwrap_or_else(|| panic!("{path}: {answer:?}"));
        let seconds: u64 = kept.strip_prefix("max-age=").unwrap().split(';').next().unwrap().parse().unwrap();
        assert!(seconds >= 31_536_000 && kept.contains("includeSubDomains"), "{path}: {kept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_has_a_nonce_of_its_own_and_no_script_without_it() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let mut seen = HashSet::new();
        let channel = format!("/channels/{}/{}", world.guild, world.channel);
        for path in ["/login", "/login", &channel, "/settings", "/nowhere/at/all", "/channels/1/2"] {
            let answer = world.people.owner.page(path).await;
            let policy = answer.header("content-security-policy").unwrap();
            let Some(scripts) = directive(policy, "script-src ") else {
                assert!(!answer.body.contains("<script"), "{path}");
                continue;
            };
            let nonce = scripts.split('\'').find_map(|part| part.strip_prefix("nonce-")).unwrap();
            assert!(nonce.len() >= 16 && seen.insert(nonce.to_owned()), "{path}: {nonce}");
            let tags: Vec<&str> =
                answer.body.split("<script").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
            assert!(!tags.is_empty() && tags.iter().all(|tag| tag.contains(nonce)), "{path}: {tags:?}");
            for banned in [" style=\"", " onclick=", " onload=", " onerror=", "javascript:"] {
                assert!(!answer.body.contains(banned), "{path} has{banned}");
            }
        }
        assert!(seen.len() >= 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_comes_back_as_text_wherever_it_is_shown() {
    const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let owner = &world.people.owner;
        let name: String = HOSTILE.chars().take(100).collect();
        for (path, fields) in [
            ("/api/messages/send", form(&[("channel_id", &world.channel), ("content", HOSTILE)])),
            (
                "/api/messages/send",
                form(&[("channel_id", &world.channel), ("content", "<!--<script>\u{2028}`</textarea>`")]),
            ),
            ("/api/guilds/rename", form(&[("guild_id", &world.guild), ("name", &name)])),
            (
                "/api/channels/update",
                form(&[("channel_id", &world.channel), ("name", &name), ("topic", HOSTILE)]),
            ),
            ("/api/accounts/profile", form(&[("display_name", "<script>alert(3)</script>")])),
        ] {
            assert_eq!(owner.call(path, &fields).await.status, 200, "{path}");
        }
        for path in [
            format!("/channels/{}/{}", world.guild, world.channel),
            format!("/servers/{}/settings", world.guild),
            format!("/servers/{}/settings/channels", world.guild),
            format!("/servers/{}/settings/invites", world.guild),
            "/settings".to_owned(),
            format!("/invite/{}", world.invite_code),
        ] {
            let page = owner.page(&path).await;
            assert_eq!(page.status, 200, "{path}");
            for banned in ["<script>alert", "<img src=x", "<!--<script>"] {
                assert!(!page.body.contains(banned), "{path} has {banned}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_or_answer_holds_the_session_or_somebody_elses_secrets() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let owner = &world.people.owner;
        owner
            .call(
                "/api/accounts/profile",
                &form(&[("display_name", "Ana"), ("email", "ana.secret@example.org")]),
            )
            .await;
        let token = |client: &Client| client.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned();
        let channel = format!("/channels/{}/{}", world.guild, world.channel);
        for (client, own) in [(owner, true), (&world.people.member, false)] {
            let answers = [
                client.page(&channel).await,
                client.page("/settings").await,
                client.page("/settings/devices").await,
                client.call("/api/pages/home", &[]).await,
                client.call("/api/guilds/snapshot", &form(&[("guild_id", &world.guild)])).await,
                client.call("/api/accounts/devices", &[]).await,
            ];
            for answer in answers {
                assert!(
                    !answer.body.contains(&token(owner))
                        && !answer.body.contains(&token(&world.people.member))
                );
                assert!(!answer.body.contains("argon2"));
                assert!(own || !answer.body.contains("ana.secret"), "an address is its owner's alone");
            }
        }
    })
    .await;
}
