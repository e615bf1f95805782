//! The message box without script, with files.

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{Answer, Client, Instance, on_both};
use crate::world::{World, populate};

/// A part of a form: its name, that of a file, and what it holds.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

fn body_of(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, filename, content) in parts {
        let file = filename.map_or(String::new(), |filename| {
            format!("; filename=\"{filename}\"\r\nContent-Type: image/png")
        });
        body.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes(),
        );
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    body
}

async fn post(who: &Client, page: &str, body: Vec<u8>) -> Answer {
    let headers = [
        ("accept", "text/html"),
        ("content-type", "multipart/form-data; boundary=edge"),
        ("sec-fetch-site", "same-origin"),
    ];
    who.request(Method::POST, page, &headers, body).await
}

/// The fields every message box has, before its files.
fn with<'a>(world: &'a World, content: &'a str, files: &[Part<'a>]) -> Vec<u8> {
    let mut parts: Vec<Part<'_>> = vec![
        ("call", None, b"/api/messages/send"),
        ("channel_id", None, world.channel.as_bytes()),
        ("content", None, content.as_bytes()),
    ];
    parts.extend(files);
    body_of(&parts)
}

async fn newest(who: &Client, world: &World) -> Value {
    let asked = json!({ "channel_id": world.channel, "anchor": { "page": "latest" } });
    who.call_json("/api/messages/history", &asked).await.json()["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone()
}

async fn attachments(instance: &Instance) -> usize {
    instance.database.content().await["attachments"].len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sends_text_and_files() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let (member, page) = (&world.people.member, format!("/channels/{}/{}", world.guild, world.channel));
        let files: [Part<'_>; 6] = [
            ("description", None, "Moos, 苔".as_bytes()),
            ("is_spoiler", None, b"on"),
            ("files", Some("mo\u{308}ss.txt"), b"green\r\n--edg"),
            ("files", Some("../more.bin"), &[0; 100_000]),
            // A field that nothing was chosen in.
            ("files", Some(""), b""),
            ("nonce", None, b"once"),
        ];
        for _ in 0..2 {
            let answer = post(member, &page, with(&world, "hello", &files)).await;
            let leads = (answer.status.as_u16(), answer.header("location"));
            // The files of a repeat are others, and so it is another message: refused, and not said twice.
            if leads.0 != 303 {
                assert_eq!(leads, (409, None), "{answer:?}");
                continue;
            }
            assert_eq!(leads, (303, Some(&*page)), "{answer:?}");
        }
        let said = newest(member, &world).await;
        assert_eq!((&said["content"], said["nonce"].as_str()), (&json!("hello"), None));
        let files = said["attachments"].as_array().unwrap();
        let told = |file: &Value| {
            let of = |key: &str| file[key].clone();
            (of("filename"), of("description"), of("is_spoiler"), of("size"))
        };
        assert_eq!(told(&files[0]), (json!("mo\u{308}ss.txt"), json!("Moos, 苔"), json!(true), json!(12)));
        assert_eq!(told(&files[1]), (json!("more.bin"), Value::Null, Value::Null, json!(100_000)));
        assert_eq!(files.len(), 2);
        // Without text, and without files.
        let answer = post(member, &page, with(&world, "", &[("files", Some("a.txt"), b"a")])).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        assert_eq!(newest(member, &world).await["attachments"][0]["filename"], "a.txt");
        let answer = post(member, &page, with(&world, "only words", &[("files", Some(""), b"")])).await;
        assert_eq!(answer.status, 303);
        assert_eq!(newest(member, &world).await["content"], "only words");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_refused_comes_back_with_its_text_and_leaves_no_file() {
    on_both(&[("HARMONY_FILE_MIB", "1")], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let (member, page) = (&world.people.member, format!("/channels/{}/{}", world.guild, world.channel));
        let (before, messages) = (attachments(instance).await, newest(member, &world).await);
        let large = vec![b'x'; 3 * 1024 * 1024];
        let many: Vec<Part<'_>> = (0..11).map(|_| ("files", Some("a.txt"), &b"a"[..])).collect();
        let long = "y".repeat(4_001);
        for (content, files, status, said) in [
            (
                "my words",
                &[("files", Some("a.txt"), &b"a"[..]), ("files", Some("b"), &large)][..],
                413,
                "too large",
            ),
            ("my words", &many, 400, "at most 10 files"),
            (
                "my words",
                &[("files", Some("a.png"), b"\x89PNG\r\n\x1a\nnot one")],
                415,
                "damaged or too large",
            ),
            ("my words", &[("avatar", Some("a.txt"), b"a")], 400, "could not be understood"),
            (&long, &[("files", Some("a.txt"), b"a")], 400, "at most 4000 characters"),
            (" ", &[("files", Some(""), b"")], 400, "cannot be empty"),
        ] {
            let answer = post(member, &page, with(&world, content, files)).await;
            assert_eq!(answer.status.as_u16(), status, "{said}: {}", answer.body);
            assert!(answer.body.contains(said), "{said} is not in {}", answer.body);
            assert!(content.trim().is_empty() || answer.body.contains(content), "{}", answer.body);
            assert_eq!(newest(member, &world).await, messages);
        }
        // Typed behind the files, and kept all the same.
        let behind = body_of(&[
            ("call", None, b"/api/messages/send"),
            ("channel_id", None, world.channel.as_bytes()),
            ("files", Some("b"), &large),
            ("content", None, b"behind it"),
        ]);
        let answer = post(member, &page, behind).await;
        assert!(answer.status == 413 && answer.body.contains("behind it"), "{answer:?}");
        // What was uploaded for it is gone, or about to be.
        let mut look = instance.database.look().await;
        while look.number("select count(*) from attachments").await > before as i64 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_files_is_taken_from_those_who_may_and_for_messages_alone() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let page = format!("/channels/{}/{}", world.guild, world.channel);
        let file: Part<'_> = ("files", Some("a.txt"), b"a");
        let before = instance.database.content().await;
        for ((who, client), expected) in world.people.columns().into_iter().zip([302, 302, 404, 404]) {
            let answer = post(client, &page, with(&world, "hello", &[file])).await;
            assert_eq!(answer.status.as_u16(), expected, "{who}: {}", answer.body);
        }
        let member = &world.people.member;
        let channel: Part<'_> = ("channel_id", None, world.channel.as_bytes());
        for parts in [
            vec![("call", None, &b"/api/messages/edit"[..]), channel, file],
            vec![channel, file],
            vec![("call", None, b"/api/messages/send"), file, channel],
            vec![("call", None, b"/api/messages/send"), ("channel_id", None, b"x"), file],
        ] {
            let answer = post(member, &page, body_of(&parts)).await;
            assert_eq!(answer.status, 400, "{answer:?}");
        }
        let head = [&b"--edge\r\nContent-Disposition: form-data; name=\""[..], &vec![b'x'; 3 * 1024 * 1024]]
            .concat();
        let cut = with(&world, "hello", &[file]);
        for broken in [head, cut[..cut.len() - 20].to_vec(), b"--edge".to_vec(), Vec::new()] {
            let answer = post(member, &page, broken).await;
            assert_eq!(answer.status, 400, "{answer:?}");
        }
        for nowhere in ["/nowhere", "/api/messages/send", "/healthz"] {
            let answer = post(member, nowhere, with(&world, "hello", &[file])).await;
            assert!(matches!(answer.status.as_u16(), 400 | 404 | 405), "{nowhere}: {answer:?}");
        }
        let after = instance.database.content().await;
        for table in ["messages", "events", "nonces"] {
            assert_eq!(after[table], before[table], "{table}");
        }
    })
    .await;
}
