//! The binary on a port of its own, and somebody who talks to it.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use protocol::Error;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use rig::Database;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long the binary may take to listen. Far longer than it does.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `harmony`, ended when this is dropped.
pub(crate) struct Instance {
    child: Child,
    /// Scheme, host and port.
    pub(crate) url: String,
    pub(crate) database: Database,
    /// The code printed at start, if one was.
    pub(crate) setup_code: Option<String>,
    log: Arc<Mutex<String>>,
}

/// Room for many people at one address; the tests of the limits set their own.
const ROOMY: [(&str, &str); 12] = [
    ("HARMONY_LIMIT_SENDS_PER_SECOND", "100000"),
    ("HARMONY_LIMIT_SENDS_BURST", "100000"),
    ("HARMONY_LIMIT_UPLOADS_PER_MINUTE", "100000"),
    ("HARMONY_LIMIT_FILES_BURST", "100000"),
    ("HARMONY_LIMIT_READS_BURST", "100000"),
    ("HARMONY_LIMIT_SEARCHES_BURST", "100000"),
    ("HARMONY_LIMIT_PROFILE_CHANGES_BURST", "100000"),
    ("HARMONY_LIMIT_SOCKETS_PER_MINUTE", "100000"),
    ("HARMONY_LIMIT_REGISTRATIONS_PER_ADDRESS", "100000"),
    ("HARMONY_LIMIT_INVITE_LOOKUPS_PER_MINUTE", "100000"),
    ("HARMONY_LIMIT_LOGIN_TRIES_PER_ADDRESS", "100000"),
    ("HARMONY_LOG", "info"),
];

impl Instance {
    /// Starts on a database, with settings as environment variables.
    pub(crate) async fn start(database: Database, changes: &[(&str, &str)]) -> Self {
        let folder = database.folder.path();
        let site = folder.join("site");
        std::fs::create_dir_all(site.join("pkg")).unwrap();
        std::fs::write(site.join("robots.txt"), "User-agent: *\nDisallow: /\n").unwrap();
        std::fs::write(site.join("pkg/harmony.css"), "body{}").unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_harmony"));
        command.args(["--config", "/nowhere/Leptos.toml", "serve"]).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs(ROOMY).env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"));
        command
            .env("LEPTOS_SITE_ROOT", &site)
            .env("HARMONY_DATA_DIR", folder)
            .env("HARMONY_DATABASE_URL", &database.url);
        command.envs(changes.iter().copied());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (mut lines, mut errors) = (
            BufReader::new(child.stdout.take().unwrap()).lines(),
            BufReader::new(child.stderr.take().unwrap()).lines(),
        );
        let kept = log.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = errors.next_line().await {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let mut setup_code = None;
        let mut begun = false;
        while !begun {
            let line =
                tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("it does not start").unwrap();
            let Some(line) = line else { panic!("it ended at once: {}", log.lock().unwrap()) };
            begun = line.starts_with("Harmony is at ");
        }
        if changes.iter().any(|(key, _)| *key == "HARMONY_PUBLIC_URL") {
            let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
            setup_code = line.and_then(|line| line.rsplit_once(' ').map(|(_, code)| code.to_owned()));
        }
        let kept = log.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                kept.lock().unwrap().push_str(&line);
            }
        });
        Self { child, url: format!("http://127.0.0.1:{port}"), database, setup_code, log }
    }

    /// Somebody who has no cookie.
    pub(crate) fn anybody(&self) -> Client {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Client { http, url: self.url.clone(), cookie: None }
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

/// Runs a test body with an instance on both databases.
pub(crate) async fn on_both(changes: &[(&str, &str)], body: impl AsyncFn(&Instance)) {
    let databases = [Some(Database::sqlite()), Database::postgres().await];
    for database in databases.into_iter().flatten() {
        let instance = Instance::start(database, changes).await;
        body(&instance).await;
        let Instance { mut child, database, .. } = instance;
        child.kill().await.unwrap();
        database.remove().await;
    }
}

/// Somebody who talks to an instance.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) url: String,
    /// `name=value`.
    pub(crate) cookie: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The typed error of a refusal.
    pub(crate) fn error(&self) -> Error {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Every `Set-Cookie`.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect()
    }

    /// The session's cookie as a browser would send it back.
    pub(crate) fn session(&self) -> Option<String> {
        let cookies = self.cookies();
        let session =
            cookies.iter().find(|c| c.starts_with("harmony=") || c.starts_with("__Host-harmony="))?;
        session.split(';').next().map(str::to_owned)
    }
}

impl Client {
    /// The same person with other headers: any request.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).body(body);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    /// A page, as a browser asks for it.
    pub(crate) async fn page(&self, path: &str) -> Answer {
        self.request(Method::GET, path, &[("accept", "text/html")], "").await
    }

    /// A call of the hydrated page.
    pub(crate) async fn call(&self, path: &str, form: &[(&str, String)]) -> Answer {
        let headers = [
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
        ];
        self.request(Method::POST, path, &headers, encode(form)).await
    }

    /// A call whose arguments are JSON.
    pub(crate) async fn call_json(&self, path: &str, body: &serde_json::Value) -> Answer {
        let headers = [
            ("accept", "application/json"),
            ("content-type", "application/json"),
            ("sec-fetch-site", "same-origin"),
        ];
        self.request(Method::POST, path, &headers, body.to_string()).await
    }

    /// A form sent without script, from a page, for a function.
    pub(crate) async fn form(&self, page: &str, call: &str, form: &[(&str, String)]) -> Answer {
        let headers = [
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
        ];
        let body = [encode(&[("call", call.to_owned())]), encode(form)].join("&");
        self.request(Method::POST, page, &headers, body).await
    }
}

/// Percent-encodes a form: letters and digits as they are, everything else by its bytes.
pub(crate) fn encode(form: &[(&str, String)]) -> String {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect()
    };
    let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    pairs.join("&")
}
