//! The web as tests know it: a server on this machine under whatever names, and requests that may reach it.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backend::AppState;
use backend::outbound::{Names, Outbound, Rules};
use backend::previews::Previews;
use rig::TestApp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where it is.
pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A server, and what it was asked.
pub(crate) struct Web {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

/// A whole answer, from the status line to the end of the body.
pub(crate) type Raw = Vec<u8>;

/// An answer with a body.
pub(crate) fn answer(status: &str, content_type: &str, body: impl AsRef<[u8]>) -> Raw {
    with_headers(status, &format!("content-type: {content_type}\r\n"), body)
}

/// An answer with headers of one's own.
pub(crate) fn with_headers(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Raw {
    let body = body.as_ref();
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A page.
pub(crate) fn page(html: &str) -> Raw {
    answer("200 OK", "text/html; charset=utf-8", html)
}

/// The way to another address.
pub(crate) fn redirect(to: &str) -> Raw {
    with_headers("302 Found", &format!("location: {to}\r\n"), "")
}

impl Web {
    /// A server that answers each path.
    pub(crate) async fn start(answers: impl Fn(&str) -> Raw + Send + Sync + 'static) -> Self {
        Self::start_slow(move |path| {
            let raw = answers(&path);
            Box::pin(async move { raw })
        })
        .await
    }

    /// A server that answers each path in its time.
    pub(crate) async fn start_slow(
        answers: impl Fn(String) -> Pin<Box<dyn Future<Output = Raw> + Send>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((HERE, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answers) = (asked.clone(), Arc::new(answers));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (log, answers) = (log.clone(), answers.clone());
                tokio::spawn(async move {
                    let head = read_head(&mut stream).await;
                    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    log.lock().unwrap().push(head);
                    let _ = stream.write_all(&answers(path).await).await;
                });
            }
        });
        Self { port, asked }
    }

    /// An address here.
    pub(crate) fn url(&self, path: &str) -> String {
        self.url_at("page.example", path)
    }

    /// The same under some name.
    pub(crate) fn url_at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The paths that were asked for so far, sorted.
    pub(crate) fn paths(&self) -> Vec<String> {
        let heads = self.heads();
        let mut paths: Vec<String> =
            heads.iter().filter_map(|head| head.split(' ').nth(1)).map(str::to_owned).collect();
        paths.sort();
        paths
    }

    /// Rules by which every name leads here, and here may be asked.
    pub(crate) fn rules(&self) -> Rules {
        let names: Names = Arc::new(|_| Box::pin(async { Ok(vec![HERE]) }));
        Rules { names, ports: vec![self.port], exempt: vec![HERE], patience: Duration::from_secs(10) }
    }

    /// An instance whose web this is.
    pub(crate) fn seen_by(&self, app: &TestApp) -> AppState {
        let mut state = app.state.clone();
        state.previews = Previews::new(Outbound::new(self.rules()));
        state
    }
}

pub(crate) async fn read_head(stream: &mut TcpStream) -> String {
    let (mut head, mut piece) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 => head.extend_from_slice(&piece[..read]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}
