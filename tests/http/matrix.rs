//! Who is answered what: six kinds of people times every server function, page and route. One that is not listed
//! fails.

use std::collections::BTreeSet;

use harmony::app::App;
use leptos_axum::generate_route_list;
use protocol::Error;
use reqwest::Method;

use crate::calls::{Call, calls, calls_in_thread, conversation_calls};
use crate::instance::{Answer, Instance, on_both};
use crate::pages::PAGES;
use crate::world::{World, populate};

/// The typed error that belongs to a status.
fn fits(answer: &Answer) -> bool {
    match (answer.status.as_u16(), answer.error()) {
        (401, Error::Unauthorized) | (403, Error::Forbidden) | (404, Error::NotFound) => true,
        (400 | 409, error) => error.status() == answer.status.as_u16(),
        _ => false,
    }
}

async fn check(instance: &Instance, call: &Call) {
    let world = World::new(instance).await;
    let before = instance.database.content().await;
    let mut untouched = true;
    for ((who, client), expected) in world.people.columns().into_iter().zip(call.expected) {
        let answer = call.make(client, &world).await;
        assert_eq!(answer.status.as_u16(), expected, "{} as {who}: {}", call.path, answer.body);
        assert_eq!(answer.header("content-type"), Some("application/json"), "{} as {who}", call.path);
        assert!(answer.status.is_success() || fits(&answer), "{} as {who}: {}", call.path, answer.body);
        // Refusals come first in every row, so nothing may have changed up to the first success.
        if untouched && !answer.status.is_success() {
            assert_eq!(instance.database.content().await, before, "{} as {who}", call.path);
        }
        untouched &= !answer.status.is_success();
    }
}

#[test]
fn every_server_function_is_in_the_matrix() {
    // Names something of the library, or the linker leaves it out with all its functions.
    let _ = std::any::type_name_of_val(&harmony::app::App);
    let registered: BTreeSet<String> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let listed: BTreeSet<String> = calls().iter().map(|call| call.path.to_owned()).collect();
    assert!(registered.len() > 30, "{registered:?}");
    assert_eq!(registered, listed);
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        assert_eq!(method, Method::POST, "{path}: a link must not be able to call it");
    }
}

#[test]
fn every_page_and_route_is_in_the_matrix() {
    let registered: BTreeSet<String> =
        generate_route_list(App).iter().map(|route| route.path().to_owned()).collect();
    let listed: BTreeSet<String> = PAGES.iter().map(|page| page.route.to_owned()).collect();
    assert_eq!(registered, listed);
    let source =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/crates/backend/src/router.rs"))
            .unwrap();
    let own: Vec<&str> =
        source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let listed = ["/gateway", "/files/{id}/{filename}", "/previews/{id}", "/embeds/{key}", "/healthz"];
    assert_eq!(
        own, listed,
        "see `routes_of_the_backend_answer_as_they_should`, `files_are_for_those_who_may` and `previews`"
    );
    assert!(source.contains(".route(limits::UPLOAD, post("));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_function_answers_everybody_as_it_should() {
    on_both(&[], async |instance| {
        populate(instance).await;
        for call in calls() {
            check(instance, &call).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_nobody_elses_business() {
    on_both(&[], async |instance| {
        populate(instance).await;
        for call in conversation_calls() {
            check(instance, &call).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_for_whom_its_channel_is() {
    on_both(&[], async |instance| {
        populate(instance).await;
        for call in calls_in_thread() {
            check(instance, &call).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_answers_everybody_as_it_should() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let before = instance.database.content().await;
        for page in &PAGES {
            let path = (page.path)(&world);
            for ((who, client), expected) in world.people.columns().into_iter().zip(page.expected) {
                let answer = client.page(&path).await;
                assert_eq!(answer.status.as_u16(), expected, "{path} as {who}: {}", answer.body);
                // The front door leads to the first page, which leads to signing in.
                if expected == 302 && page.route != "/" {
                    assert!(answer.header("location").unwrap().starts_with("/login"), "{path}: {answer:?}");
                }
                if expected == 404 {
                    for word in ["Lanternfish", "stuff", "words"] {
                        assert!(!answer.body.contains(word), "{path} tells {who} of {word}");
                    }
                }
            }
        }
        assert_eq!(instance.database.content().await, before, "looking at pages changes nothing");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_of_the_backend_answer_as_they_should() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        for (who, client) in world.people.columns() {
            let health = client.request(Method::GET, "/healthz", &[], "").await;
            assert_eq!((health.status.as_u16(), health.body.as_str()), (200, "ok\n"), "{who}");
            let upgrade = [
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ("origin", &*instance.url),
            ];
            let expected = if matches!(who, "anonymous" | "signed out") { 401 } else { 101 };
            let socket = client.request(Method::GET, "/gateway", &upgrade, "").await;
            assert_eq!(socket.status.as_u16(), expected, "{who}: {}", socket.body);
            let file = client.request(Method::GET, "/robots.txt", &[], "").await;
            assert_eq!(file.status.as_u16(), 200, "{who}");
            for nowhere in [
                "/nowhere",
                "/api/nowhere",
                "/pkg/../harmony.db",
                "/harmony.db",
                "/pkg/%2e%2e/%2e%2e/harmony.db",
            ] {
                let nothing = client.request(Method::GET, nowhere, &[], "").await;
                assert_eq!(nothing.status.as_u16(), 404, "{nowhere} as {who}: {}", nothing.body);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_for_those_who_may() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let upload = |place: &str| format!("/api/attachments/upload?channel_id={place}&filename=more.txt");
        // What is asked, and the statuses of the columns.
        let asked = [
            (Method::GET, format!("/files/{}/stuff.txt", world.owners_file), [401, 401, 404, 404, 200, 200]),
            (Method::HEAD, format!("/files/{}/stuff.txt", world.owners_file), [401, 401, 404, 404, 200, 200]),
            (Method::GET, format!("/files/{}/else.txt", world.owners_file), [401, 401, 404, 404, 404, 404]),
            (Method::GET, format!("/files/{}/stuff.txt", world.members_file), [401, 401, 404, 404, 200, 404]),
            (Method::GET, format!("/files/{}/stuff.txt", world.dm_file), [401, 401, 404, 404, 200, 200]),
            (Method::GET, format!("/previews/{}", world.owners_file), [401, 401, 404, 404, 404, 404]),
            (Method::POST, upload(&world.channel), [401, 401, 404, 404, 200, 200]),
            (Method::POST, upload(&world.dm), [401, 401, 404, 404, 200, 200]),
            (Method::GET, upload(&world.channel), [405; 6]),
            (Method::POST, format!("/files/{}/stuff.txt", world.owners_file), [405; 6]),
        ];
        for (method, path, expected) in asked {
            for ((who, client), expected) in world.people.columns().into_iter().zip(expected) {
                let before = instance.database.content().await;
                let headers = [("sec-fetch-site", "same-origin")];
                let answer = client.request(method.clone(), &path, &headers, "words").await;
                assert_eq!(answer.status.as_u16(), expected, "{method} {path} as {who}: {}", answer.body);
                let is_error = matches!(expected, 401 | 404) && method != Method::HEAD;
                assert!(!is_error || answer.error().status() == expected, "{path} as {who}");
                let adds = method == Method::POST && expected == 200;
                assert_eq!(instance.database.content().await == before, !adds, "{path} as {who}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_function_cannot_be_called_by_a_link() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let before = instance.database.content().await;
        for call in calls() {
            for method in [Method::GET, Method::HEAD] {
                let answer = world
                    .people
                    .owner
                    .request(method.clone(), call.path, &[("accept", "text/html")], "")
                    .await;
                assert!(matches!(answer.status.as_u16(), 404 | 405), "{method} {}: {answer:?}", call.path);
            }
        }
        assert_eq!(instance.database.content().await, before);
    })
    .await;
}
