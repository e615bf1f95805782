//! Bodies: what is too large or cannot be read is refused with a typed error, and nothing a client sends is our
//! fault.

use reqwest::{Body, Method};

use crate::calls::{Input, calls};
use crate::instance::{Answer, Client, on_both};
use crate::world::{World, form, populate, register};

const FORM: &str = "application/x-www-form-urlencoded";

async fn post(who: &Client, path: &str, typed: &str, body: impl Into<Body>) -> Answer {
    let headers =
        [("accept", "application/json"), ("content-type", typed), ("sec-fetch-site", "same-origin")];
    who.request(Method::POST, path, &headers, body).await
}

/// A body whose length is not announced.
fn in_pieces(bytes: usize) -> Body {
    let pieces = (0..bytes.div_ceil(1024)).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1024]));
    Body::wrap_stream(futures_util::stream::iter(pieces))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused_announced_or_not() {
    on_both(&[], async |instance| {
        let ana = register(instance, "ana").await;
        for call in calls() {
            let announced = post(&ana, call.path, FORM, vec![b'x'; 192 * 1024 + 1]).await;
            let surprising = post(&ana, call.path, FORM, in_pieces(220 * 1024)).await;
            for answer in [announced, surprising] {
                assert_eq!(answer.status, 413, "{}: {answer:?}", call.path);
                assert_eq!(answer.error(), protocol::Error::TooLarge, "{}", call.path);
            }
        }
        let longest = form(&[("query", &"é".repeat(10_000))]);
        assert_eq!(
            ana.call("/api/dms/find-people", &longest).await.status,
            400,
            "large, but not too large to read"
        );
    })
    .await;
}

/// Bodies no function was made for.
fn garbage() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        (FORM, text("%%%&&&===")),
        (FORM, text("guild_id=%ff%fe&name=%c3%28")),
        (FORM, vec![0xff, 0xfe, 0x00, 0x80]),
        (FORM, text("a[b][c][d]=1&a[b]=2&[]=3")),
        (FORM, text(r#"{"guild_id":"1"}"#)),
        (FORM, text(&"a=1&".repeat(10_000))),
        (FORM, text(&"[a]".repeat(10_000))),
        ("application/json", text("{")),
        ("application/json", text("null")),
        ("application/json", text(r#"{"place":{"at":"guild"}}"#)),
        ("application/json", text(r#"{"place":{"at":"nowhere"}}"#)),
        ("application/json", text(r#"{"channel_id":"-1","anchor":{"page":"latest"}}"#)),
        ("application/json", text(&"[".repeat(20_000))),
        ("application/json", vec![0xff; 64]),
        ("multipart/form-data; boundary=x", text("--x\r\n")),
        ("text/plain", text("guild_id=1")),
        ("application/octet-stream", vec![0; 512]),
        ("", text("x")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_read_is_a_typed_error_and_never_our_fault() {
    on_both(&[], async |instance| {
        let ana = register(instance, "ana").await;
        for call in calls() {
            for (typed, body) in garbage() {
                // Ended sessions and the like are no answer to the question.
                let answer = post(&ana, call.path, typed, body.clone()).await;
                let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
                let status = answer.status.as_u16();
                assert!(status < 500, "{} with {typed} {shown}: {answer:?}", call.path);
                if status != 200 {
                    let error = answer.error();
                    assert_eq!(error.status(), status, "{} with {shown}: {answer:?}", call.path);
                    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", call.path);
                }
            }
        }
        assert!(!instance.log().contains("panicked"), "{}", instance.log());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_missing_or_no_id_is_400() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let owner = &world.people.owner;
        let before = instance.database.content().await;
        let mut tried = 0;
        for call in calls() {
            let Input::Form(fields) = &call.input else { continue };
            let fields = fields(&world);
            let ids =
                ["guild_id", "channel_id", "message_id", "user_id", "invite_id", "session_id", "position"];
            let Some((id, _)) = fields.iter().find(|(name, _)| ids.contains(name)) else { continue };
            let without: Vec<_> = fields.iter().filter(|(name, _)| name != id).cloned().collect();
            let mut broken = vec![without];
            for text in ["", "x", "-1", "0", "1.5", "9223372036854775808", "１", "1 ", "0x1", "null"] {
                let replaced = |(name, value): &(_, String)| {
                    (*name, if name == id { text.to_owned() } else { value.clone() })
                };
                broken.push(fields.iter().map(replaced).collect());
            }
            for fields in broken {
                let answer = owner.call(call.path, &fields).await;
                assert_eq!(answer.status, 400, "{} with {fields:?}: {}", call.path, answer.body);
                assert_eq!(answer.error().status(), 400, "{} with {fields:?}", call.path);
                tried += 1;
            }
        }
        assert!(tried > 150, "{tried}");
        assert_eq!(instance.database.content().await, before);
    })
    .await;
}
