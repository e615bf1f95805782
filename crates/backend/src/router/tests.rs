//! Routes and protections, asked without a socket.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::{Request, Response, StatusCode};
use protocol::Error;
use tower::ServiceExt;

use super::{AppState, Config, protect, routes, walls};

fn config(public_url: Option<&str>) -> Config {
    let environment = public_url.map(|url| ("HARMONY_PUBLIC_URL".to_owned(), url.to_owned()));
    Config::from_sources("", "none", &environment.into_iter().collect()).unwrap()
}

/// How much of a body arrives, and whether it breaks off.
async fn read_whole(body: Body) -> String {
    let mut pieces = body.into_data_stream();
    let mut bytes = 0;
    while let Some(piece) = futures_util::StreamExt::next(&mut pieces).await {
        match piece {
            Ok(piece) => bytes += piece.len(),
            Err(_) => return format!("{bytes} and broken"),
        }
    }
    bytes.to_string()
}

/// The walls around a few rooms.
fn app(public_url: Option<&str>) -> Router {
    let crash = || async { if true { panic!("the details") } else { "never" } };
    let rooms = Router::new()
        .route("/page", get(|| async { ([("content-security-policy", "default-src 'self'")], "page") }))
        .route("/long", get(|| async { axum::response::Html("long ".repeat(1_000)) }))
        .route("/crash", get(crash))
        .route("/change", post(|body: String| async move { body.len().to_string() }))
        .route(super::limits::UPLOAD, post(read_whole))
        .route("/form", post(read_whole));
    walls(rooms, &config(public_url))
}

async fn ask(app: Router, request: Request<Body>) -> Response<Body> {
    app.oneshot(request).await.unwrap().into_response()
}

async fn error_of(response: Response<Body>) -> Error {
    serde_json::from_slice(&to_bytes(response.into_body(), 10_000).await.unwrap()).unwrap()
}

fn change(headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let request = Request::post("/change").header("host", "chat.example.org");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(body).unwrap()
}

#[tokio::test]
async fn every_answer_carries_the_headers_errors_included() {
    for (path, status) in [("/page", 200), ("/crash", 500), ("/nothing", 404), ("/change", 405)] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = ask(app(Some("https://chat.example.org")), request).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store, private"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ] {
            assert_eq!(response.headers()[name], value, "{path} {name}");
        }
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert_eq!(
            policy.starts_with("default-src 'none'"),
            path != "/page",
            "a page keeps its own: {policy}"
        );
        assert_eq!(response.headers()["x-request-id"].len(), 16);
    }
}

#[tokio::test]
async fn without_tls_nobody_is_told_to_insist_on_it() {
    let request =
        Request::get("/page").header("x-request-id", "chosen by the client").body(Body::empty()).unwrap();
    let response = ask(app(None), request).await;
    assert!(!response.headers().contains_key("strict-transport-security"));
    assert_ne!(response.headers()["x-request-id"], "chosen by the client");
}

#[tokio::test]
async fn pages_are_compressed_where_people_come_from_afar() {
    for (public_url, path, encoding) in [
        (Some("https://chat.example.org"), "/long", Some("br")),
        (Some("https://chat.example.org"), "/page", None),
        (None, "/long", None),
    ] {
        let request = Request::get(path).header("accept-encoding", "gzip, br").body(Body::empty()).unwrap();
        let response = ask(app(public_url), request).await;
        let found = response.headers().get("content-encoding").map(|value| value.to_str().unwrap());
        assert_eq!(found, encoding, "{public_url:?} {path}");
    }
}

#[tokio::test]
async fn a_panic_becomes_an_answer_without_detail() {
    let response = ask(app(None), Request::get("/crash").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(error_of(response).await, Error::Internal);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whether_it_says_so_or_not() {
    let fits = ask(app(None), change(&[], Body::from(vec![b'x'; 192 * 1024]))).await;
    assert_eq!(to_bytes(fits.into_body(), 100).await.unwrap(), "196608");
    let announced = ask(app(None), change(&[], Body::from(vec![b'x'; 192 * 1024 + 1]))).await;
    assert_eq!((announced.status().as_u16(), error_of(announced).await), (413, Error::TooLarge));
    let chunk = || futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1024]));
    let unannounced = |chunks| Body::from_stream(futures_util::StreamExt::take(chunk(), chunks));
    let fits = ask(app(None), change(&[], unannounced(192))).await;
    assert_eq!(to_bytes(fits.into_body(), 100).await.unwrap(), "196608");
    let grows = ask(app(None), change(&[], unannounced(193))).await;
    assert_eq!((grows.status().as_u16(), error_of(grows).await), (413, Error::TooLarge));
}

#[tokio::test(start_paused = true)]
async fn files_come_in_pieces_and_break_off_where_they_are_too_long_or_too_slow() {
    const MIB: usize = 1024 * 1024;
    let pieces =
        |count| futures_util::stream::iter((0..count).map(|_| Ok::<_, std::io::Error>(vec![b'x'; MIB])));
    let slowly = |seconds: u64, count| {
        let wait = move |piece| async move {
            tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
            piece
        };
        Body::from_stream(futures_util::StreamExt::then(pieces(count), wait))
    };
    let form = ("content-type", "multipart/form-data; boundary=x");
    for (path, body, arrives) in [
        (super::limits::UPLOAD, slowly(0, 30), (30 * MIB).to_string()),
        (super::limits::UPLOAD, slowly(29, 30), (30 * MIB).to_string()),
        (super::limits::UPLOAD, slowly(31, 30), "0 and broken".to_owned()),
        (super::limits::UPLOAD, slowly(29, 70), format!("{} and broken", 62 * MIB)),
        ("/form", slowly(0, 251), (251 * MIB).to_string()),
        ("/form", slowly(0, 252), format!("{} and broken", 251 * MIB)),
    ] {
        let request = Request::post(path).header("host", "chat.example.org").header(form.0, form.1);
        let answer = ask(app(None), request.body(body).unwrap()).await;
        assert_eq!(to_bytes(answer.into_body(), 100).await.unwrap(), arrives, "{path}");
    }
}

#[tokio::test]
async fn changes_are_taken_from_our_own_pages_alone() {
    let ours: &[&[(&str, &str)]] = &[
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://chat.example.org")],
        &[("origin", "https://chat.example.org"), ("host", "inner:3000")],
        &[],
    ];
    let foreign: &[&[(&str, &str)]] = &[
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")],
        &[("origin", "https://evil.test")],
        &[("origin", "https://chat.example.org.evil.test")],
        &[("origin", "null")],
    ];
    for (headers, status) in ours.iter().map(|h| (h, 200)).chain(foreign.iter().map(|h| (h, 403))) {
        let response = ask(app(Some("https://Chat.example.org:443")), change(headers, Body::from("x"))).await;
        assert_eq!(response.status().as_u16(), status, "{headers:?}");
        if status == 403 {
            assert_eq!(error_of(response).await, Error::Forbidden);
        }
    }
}

/// The whole thing on an empty database and a site with a few files.
async fn instance(folder: &std::path::Path) -> (AppState, Router) {
    let site = folder.join("site");
    for (name, text) in [
        ("pkg/harmony.rL1eWpd0AaB-_9xYzQwErT.css", "body{}"),
        ("pkg/harmony.rL1eWpd0AaB-_9xYzQwErT.css.br", "not really brotli"),
        ("icons.svg", "<svg/>"),
        ("folder/index.html", "<p>"),
    ] {
        std::fs::create_dir_all(site.join(name).parent().unwrap()).unwrap();
        std::fs::write(site.join(name), text).unwrap();
    }
    let settings = [("HARMONY_DATA_DIR", folder), ("LEPTOS_SITE_ROOT", &site)];
    let environment = settings.map(|(key, path)| (key.to_owned(), path.display().to_string()));
    let state = AppState::open(Config::from_sources("", "none", &environment.into()).unwrap()).await.unwrap();
    let router = protect(routes(state.clone()), &state);
    (state, router)
}

async fn get_with(app: &Router, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let request =
        headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    ask(app.clone(), request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn files_are_served_compressed_and_kept_and_the_rest_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let (state, app) = instance(folder.path()).await;
    let css = "/pkg/harmony.rL1eWpd0AaB-_9xYzQwErT.css";
    let plain = get_with(&app, css, &[]).await;
    assert_eq!(plain.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(plain.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(plain.headers()["x-content-type-options"], "nosniff");
    let since = plain.headers()["last-modified"].to_str().unwrap().to_owned();
    let unchanged = get_with(&app, css, &[("if-modified-since", &since)]).await;
    assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
    let small = get_with(&app, css, &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(
        (small.headers()["content-encoding"].as_bytes(), small.status()),
        (&b"br"[..], StatusCode::OK)
    );
    assert_eq!(get_with(&app, "/icons.svg", &[]).await.headers()["cache-control"], "public, max-age=600");
    for path in [
        "/nothing",
        "/pkg/nothing.js",
        "/folder/",
        "/folder",
        "/../Cargo.toml",
        "/%2e%2e/harmony.db",
        "/api/none",
    ] {
        let missing = get_with(&app, path, &[("accept", "application/json")]).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(missing.headers()["cache-control"], "no-store, private", "{path}");
        assert_eq!(error_of(missing).await, Error::NotFound, "{path}");
    }
    let page = get_with(&app, "/nothing", &[("accept", "text/html,*/*")]).await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    state.close().await;
}

#[tokio::test]
async fn the_instance_is_well_until_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let (state, app) = instance(folder.path()).await;
    assert_eq!(get_with(&app, "/healthz", &[]).await.status(), StatusCode::OK);
    state.close().await;
    assert_eq!(get_with(&app, "/healthz", &[]).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let refused = get_with(&app, "/gateway", &[("x-harmony-client", "1")]).await;
    assert_eq!((refused.status().as_u16(), error_of(refused).await), (503, Error::Busy));
}

#[tokio::test]
async fn a_socket_is_refused_with_a_reason_before_any_upgrade() {
    let folder = tempfile::tempdir().unwrap();
    let (state, app) = instance(folder.path()).await;
    let host = ("host", "127.0.0.1:3000");
    let cases: [(&[(&str, &str)], Error); 4] = [
        (&[host, ("origin", "https://evil.test")], Error::Forbidden),
        (&[host], Error::Forbidden),
        (&[host, ("origin", "http://127.0.0.1:3000")], Error::Unauthorized),
        (&[host, ("x-harmony-client", "1"), ("cookie", "harmony=00")], Error::Unauthorized),
    ];
    for (headers, error) in cases {
        let refused = get_with(&app, "/gateway", headers).await;
        assert_eq!(
            (refused.status().as_u16(), error_of(refused).await),
            (error.status(), error),
            "{headers:?}"
        );
    }
    state.close().await;
}
