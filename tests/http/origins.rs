//! Other sites: what they make a browser send changes nothing here.

use reqwest::Method;
use rig::Database;

use crate::calls::{Input, calls};
use crate::instance::{Client, Instance, encode, on_both};
use crate::world::{World, populate, register};

const URLENCODED: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A signed-in browser that another site has sent here.
fn foreign(own: &str) -> Vec<Vec<(&'static str, String)>> {
    let (_, port) = own.rsplit_once(':').unwrap();
    let origin = |origin: &str| vec![("origin", origin.to_owned())];
    vec![
        vec![("sec-fetch-site", "cross-site".into())],
        vec![("sec-fetch-site", "same-site".into())],
        vec![("sec-fetch-site", "cross-site".into()), ("origin", own.to_owned())],
        vec![("sec-fetch-site", "nonsense".into())],
        origin("https://evil.example"),
        origin("null"),
        origin(&format!("https://127.0.0.1.evil.example:{port}")),
        origin(&format!("http://127.0.0.1:{port}0")),
        origin(&format!("http://evil.example:{port}")),
        origin("http://127.0.0.1"),
        origin("garbage"),
    ]
}

async fn post(who: &Client, path: &str, headers: &[(&str, String)], body: String, is_json: bool) -> u16 {
    let mut all: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.push(if is_json { ("content-type", "application/json") } else { URLENCODED });
    let answer = who.request(Method::POST, path, &all, body).await;
    if answer.status == 403 {
        assert_eq!(answer.error(), protocol::Error::Forbidden, "{path}");
    }
    answer.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_can_call_a_server_function() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let owner = &world.people.owner;
        let before = instance.database.content().await;
        for call in calls() {
            let (body, is_json) = match &call.input {
                Input::Form(fields) => (encode(&fields(&world)), false),
                Input::Json(body) => (body(&world).to_string(), true),
            };
            for headers in foreign(&instance.url) {
                let status = post(owner, call.path, &headers, body.clone(), is_json).await;
                assert_eq!(status, 403, "{} with {headers:?}", call.path);
            }
        }
        assert_eq!(instance.database.content().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_can_send_a_form_to_a_page() {
    on_both(&[], async |instance| {
        let ana = register(instance, "ana").await;
        let before = instance.database.content().await;
        let body = || "call=%2Fapi%2Fguilds%2Fcreate&name=Theirs".to_owned();
        for headers in foreign(&instance.url) {
            let status = post(&ana, "/servers/new", &headers, body(), false).await;
            assert_eq!(status, 403, "{headers:?}");
        }
        assert_eq!(instance.database.content().await, before);
        let own = [("sec-fetch-site", "same-origin".to_owned())];
        assert_eq!(post(&ana, "/servers/new", &own, body(), false).await, 303);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_pages_and_programs_can() {
    on_both(&[], async |instance| {
        let ana = register(instance, "ana").await;
        let own = [
            vec![("sec-fetch-site", "same-origin".to_owned())],
            vec![("sec-fetch-site", "none".to_owned())],
            vec![("sec-fetch-site", "same-origin".to_owned()), ("origin", instance.url.clone())],
            vec![("origin", instance.url.clone())],
            vec![],
        ];
        for headers in own {
            assert_eq!(
                post(&ana, "/api/pages/home", &headers, String::new(), false).await,
                200,
                "{headers:?}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_the_configured_origin_is_ours_and_no_other() {
    let changes = [("HARMONY_PUBLIC_URL", "https://chat.example")];
    let instance = Instance::start(Database::sqlite(), &changes).await;
    let anybody = instance.anybody();
    for (origin, expected) in [
        ("https://chat.example", 200),
        ("http://chat.example", 403),
        ("https://chat.example.evil.example", 403),
        ("https://evil.example", 403),
    ] {
        let headers = [("origin", origin.to_owned())];
        assert_eq!(
            post(&anybody, "/api/pages/instance", &headers, String::new(), false).await,
            expected,
            "{origin}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_opens_a_socket() {
    on_both(&[], async |instance| {
        let ana = register(instance, "ana").await;
        let connect = async |headers: &[(&str, &str)]| {
            let mut all = vec![
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ];
            all.extend(headers);
            ana.request(Method::GET, "/gateway", &all, "").await.status.as_u16()
        };
        assert_eq!(connect(&[("origin", &instance.url)]).await, 101);
        for headers in foreign(&instance.url).into_iter().chain([vec![("origin", String::new())]]) {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            if headers.iter().any(|(name, value)| *name == "origin" && *value != instance.url) {
                assert_eq!(connect(&headers).await, 403, "{headers:?}");
            }
        }
    })
    .await;
}
