//! Files over HTTP: uploading with a body that streams, and what a browser is told about what it gets.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use protocol::Error;
use protocol::entity::Attachment;
use rig::{Person, TestApp, on_both};
use tower::ServiceExt;

use crate::scene::Scene;

fn router(app: &TestApp) -> Router {
    backend::router::protect(backend::router::routes(app.state.clone()), &app.state)
}

async fn ask(
    app: &TestApp,
    who: Option<&Person>,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(who) = who {
        request = request.header("cookie", &who.cookie);
    }
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    router(app).oneshot(request.body(body).unwrap()).await.unwrap()
}

async fn get(
    app: &TestApp,
    who: &Person,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, HeaderMap, Bytes) {
    let (head, body) = ask(app, Some(who), Method::GET, path, headers, Body::empty()).await.into_parts();
    (head.status, head.headers, to_bytes(body, usize::MAX).await.unwrap())
}

async fn error_of(response: Response<Body>) -> Error {
    let status = response.status().as_u16();
    let error: Error =
        serde_json::from_slice(&to_bytes(response.into_body(), 10_000).await.unwrap()).unwrap();
    assert_eq!(error.status(), status, "{error:?}");
    error
}

fn to(channel: impl std::fmt::Display, filename: &str) -> String {
    format!("/api/attachments/upload?channel_id={channel}&filename={filename}")
}

/// A body in pieces, whose length is not announced.
fn in_pieces(count: usize) -> Body {
    let piece = || Ok::<_, std::io::Error>(vec![b'x'; 1024]);
    Body::from_stream(futures_util::stream::iter((0..count).map(move |_| piece())))
}

#[tokio::test]
async fn a_file_is_uploaded_as_it_is_and_fetched_as_it_was() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let path = to(s.general, "two%20words%20%C3%A9.txt");
        let answer = ask(app, Some(&s.bo), Method::POST, &path, &[], in_pieces(300)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let of: Attachment =
            serde_json::from_slice(&to_bytes(answer.into_body(), 10_000).await.unwrap()).unwrap();
        assert_eq!((of.filename.as_str(), of.size), ("two words é.txt", 300 * 1024));
        s.bo.show(s.general, "", &[&of]).await;
        let (status, headers, body) = get(app, &s.ana, &of.path(), &[]).await;
        assert_eq!((status, body.len()), (StatusCode::OK, 300 * 1024));
        for (name, value) in [
            ("content-type", "text/plain; charset=utf-8"),
            (
                "content-disposition",
                "inline; filename=\"two words _.txt\"; filename*=UTF-8''two%20words%20%C3%A9.txt",
            ),
            ("content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "private, no-cache"),
            ("content-length", "307200"),
            ("accept-ranges", "bytes"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        let head = ask(app, Some(&s.ana), Method::HEAD, &of.path(), &[], Body::empty()).await;
        assert_eq!(
            (head.status(), &head.headers()["content-length"]),
            (StatusCode::OK, &headers["content-length"])
        );
        assert!(to_bytes(head.into_body(), 10).await.unwrap().is_empty());
        // Who has it already is told so, as long as they may still have it.
        let tag = headers["etag"].to_str().unwrap().to_owned();
        let (status, headers, body) = get(app, &s.ana, &of.path(), &[("if-none-match", &tag)]).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(headers["cache-control"], "private, no-cache");
        let (status, ..) = get(app, &s.cy, &of.path(), &[("if-none-match", &tag)]).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn sound_and_film_are_fetched_in_parts() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let song = [&b"ID3\x04\0\0\0\0\0\0"[..], &[7; 990]].concat();
        let of = s.bo.upload(s.general, "song.mp3", song.clone()).await;
        s.bo.show(s.general, "", &[&of]).await;
        let (_, whole, _) = get(app, &s.ana, &of.path(), &[]).await;
        assert_eq!(whole["content-type"], "audio/mpeg");
        let (tag, since) = (whole["etag"].to_str().unwrap(), whole["last-modified"].to_str().unwrap());
        for (range, part) in [("bytes=0-2", 0..3), ("bytes=990-", 990..1000), ("bytes=-10", 990..1000)] {
            let (status, headers, body) = get(app, &s.ana, &of.path(), &[("range", range)]).await;
            assert_eq!((status, &body[..]), (StatusCode::PARTIAL_CONTENT, &song[part.clone()]), "{range}");
            let said = format!("bytes {}-{}/1000", part.start, part.end - 1);
            assert_eq!(headers["content-range"].to_str().unwrap(), said);
            assert_eq!(
                (&headers["content-type"], &headers["etag"]),
                (&whole["content-type"], &whole["etag"])
            );
        }
        for unchanged in [tag, since] {
            let asked = [("range", "bytes=0-2"), ("if-range", unchanged)];
            assert_eq!(get(app, &s.ana, &of.path(), &asked).await.0, StatusCode::PARTIAL_CONTENT);
        }
        for changed in ["\"another\"", "Thu, 01 Jan 2015 00:00:00 GMT", ""] {
            let asked = [("range", "bytes=0-2"), ("if-range", changed)];
            let (status, _, body) = get(app, &s.ana, &of.path(), &asked).await;
            assert_eq!((status, body.len()), (StatusCode::OK, 1000), "{changed:?}");
        }
        let (status, headers, _) = get(app, &s.ana, &of.path(), &[("range", "bytes=1000-")]).await;
        assert_eq!(
            (status, headers["content-range"].to_str().unwrap()),
            (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */1000")
        );
        let (status, ..) = get(app, &s.cy, &of.path(), &[("range", "bytes=0-2")]).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn what_could_run_is_saved_and_nothing_is_served_as_what_it_claims() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for (name, file) in [
            ("page.html", "<html><script>alert(1)</script>"),
            ("page.png", "<!DOCTYPE html><script>alert(1)</script>"),
            ("art.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"),
            ("doc.pdf", "%PDF-1.7\n1 0 obj"),
            ("feed.xml", "<?xml version=\"1.0\"?><?xml-stylesheet href=\"/x\"?><a/>"),
        ] {
            let of = s.bo.upload(s.general, name, file).await;
            let (status, headers, body) = get(app, &s.bo, &of.path(), &[]).await;
            assert_eq!((status, &body[..]), (StatusCode::OK, file.as_bytes()));
            assert_eq!(headers["content-type"], "application/octet-stream", "{name}");
            assert_eq!(
                headers["content-disposition"].to_str().unwrap(),
                format!("attachment; filename=\"{name}\"")
            );
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("sandbox; default-src 'none'"), "{policy}");
        }
    })
    .await;
}

#[tokio::test]
async fn addresses_that_lead_nowhere_are_not_found() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let of = s.bo.upload(s.general, "a.txt", "a").await;
        s.bo.show(s.general, "", &[&of]).await;
        let id = of.id;
        for path in [
            format!("/files/{id}/b.txt"),
            format!("/files/{id}/..%2Fa.txt"),
            format!("/files/{id}/%ff"),
            format!("/files/0{id}/a.txt"),
            format!("/files/..%2F{id}/a.txt"),
            "/files/x/a.txt".to_owned(),
            "/files/77/a.txt".to_owned(),
            format!("/previews/{id}"),
            "/previews/x".to_owned(),
        ] {
            let answer = ask(app, Some(&s.ana), Method::GET, &path, &[], Body::empty()).await;
            assert_eq!(error_of(answer).await, Error::NotFound, "{path}");
            let answer = ask(app, None, Method::GET, &path, &[], Body::empty()).await;
            assert_eq!(error_of(answer).await, Error::Unauthorized, "{path}");
        }
        // A row whose file is gone.
        app.state.media.folder().remove(id).unwrap();
        let answer = ask(app, Some(&s.ana), Method::GET, &of.path(), &[], Body::empty()).await;
        assert_eq!(error_of(answer).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn an_upload_is_refused_with_a_reason() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let here = to(s.general, "a.txt");
        let foreign = [("sec-fetch-site", "cross-site")];
        let large = (25 * 1024 * 1024 + 1).to_string();
        let announced = [("content-length", large.as_str())];
        for (who, path, headers, body, expected) in [
            (None, here.clone(), &[][..], in_pieces(1), Error::Unauthorized),
            (Some(&s.cy), here.clone(), &[], in_pieces(1), Error::NotFound),
            (Some(&s.bo), here.clone(), &foreign, in_pieces(1), Error::Forbidden),
            (Some(&s.bo), here.clone(), &announced, Body::empty(), Error::TooLarge),
            (Some(&s.bo), here.clone(), &[], in_pieces(25 * 1024 + 1), Error::TooLarge),
            (Some(&s.bo), "/api/attachments/upload?filename=a".into(), &[], in_pieces(1), Error::Malformed),
            (Some(&s.bo), to("x", "a"), &[], in_pieces(1), Error::Malformed),
            (Some(&s.bo), to(s.general, "%ff%fe"), &[], Body::from("\0"), Error::Malformed),
        ] {
            let what = format!("{path} {headers:?}");
            let name = who.map(|who: &Person| who.user.username.clone());
            let answer = ask(app, who, Method::POST, &path, headers, body).await;
            if answer.status() == StatusCode::OK {
                // A name that is no text is not refused everywhere; it is made one.
                let text = to_bytes(answer.into_body(), 10_000).await.unwrap();
                let of: Attachment = serde_json::from_slice(&text).unwrap();
                assert!(of.filename.contains('\u{FFFD}'), "{what}: {of:?}");
                continue;
            }
            assert_eq!(error_of(answer).await, expected, "{what} as {name:?}");
        }
    })
    .await;
}
