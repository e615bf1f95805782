//! The protections, without a database behind them.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::{Request, Response, StatusCode};
use protocol::Error;
use tower::ServiceExt;

use super::{Config, headers, limits, panicked, same_origin_only};

fn config(public_url: Option<&str>) -> Config {
    let environment = public_url.map(|url| ("HARMONY_PUBLIC_URL".to_owned(), url.to_owned()));
    Config::from_sources("", "none", &environment.into_iter().collect()).unwrap()
}

/// The walls that need no database, around a few rooms.
fn app(public_url: Option<&str>) -> Router {
    let config = config(public_url);
    let crash = || async { if true { panic!("the details") } else { "never" } };
    Router::new()
        .route("/page", get(|| async { ([("content-security-policy", "default-src 'self'")], "page") }))
        .route("/crash", get(crash))
        .route("/change", post(|body: String| async move { body.len().to_string() }))
        .layer(same_origin_only(&config))
        .layer(axum::middleware::from_fn(limits::size))
        .layer(axum::middleware::from_fn(limits::time))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn_with_state(headers::Headers::new(&config), headers::add))
        .layer(axum::middleware::from_fn(super::log::access))
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
async fn a_panic_becomes_an_answer_without_detail() {
    let response = ask(app(None), Request::get("/crash").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(error_of(response).await, Error::Internal);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whether_it_says_so_or_not() {
    let fits = ask(app(None), change(&[], Body::from(vec![b'x'; 64 * 1024]))).await;
    assert_eq!(to_bytes(fits.into_body(), 100).await.unwrap(), "65536");
    let announced = ask(app(None), change(&[], Body::from(vec![b'x'; 64 * 1024 + 1]))).await;
    assert_eq!((announced.status().as_u16(), error_of(announced).await), (413, Error::TooLarge));
    let chunk = || futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1024]));
    let unannounced = |chunks| Body::from_stream(futures_util::StreamExt::take(chunk(), chunks));
    let fits = ask(app(None), change(&[], unannounced(64))).await;
    assert_eq!(to_bytes(fits.into_body(), 100).await.unwrap(), "65536");
    let grows = ask(app(None), change(&[], unannounced(65))).await;
    assert_eq!((grows.status().as_u16(), error_of(grows).await), (413, Error::TooLarge));
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
