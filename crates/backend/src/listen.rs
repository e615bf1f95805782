//! Accepting connections: as `axum::serve`, except that nobody keeps one without saying what they want, and nobody
//! takes all of them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::auth::peer::bucket;

/// How long a connection may take to bring the head of its first request, or of its next. Longer than proxies keep an
/// unused connection (nginx one minute, Caddy two): the end that did not just send a request should close it.
const HEAD_WITHIN: Duration = Duration::from_secs(150);

/// Connections from one address (or one IPv6 /64) besides open sockets. A browser makes six; a school behind one
/// address has room. Proxies and this machine are not counted: they speak for many.
const PER_ADDRESS: usize = 1_000;

/// Serves until `stopping`; then takes no more connections and returns when those that are open have ended.
pub async fn serve(listener: TcpListener, router: Router, proxies: Vec<IpNet>, stopping: CancellationToken) {
    let places = Places { taken: Arc::default(), proxies: proxies.into() };
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => match places.take(peer.ip()) {
                Some(place) => {
                    let serving = connection(stream, peer, router.clone(), stopping.clone());
                    connections.spawn(async move {
                        serving.await;
                        drop(place);
                    });
                }
                None => tracing::debug!(%peer, "too many connections from one address"),
            },
            Err(error) => accept_failed(&error).await,
        }
    }
    connections.close();
    connections.wait().await;
}

/// A peer that left again concerns nobody. Anything else is about this machine, mostly too few file descriptors, and
/// trying again at once would only burn the processor.
async fn accept_failed(error: &std::io::Error) {
    let peer_left = [ErrorKind::ConnectionRefused, ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset];
    if !peer_left.contains(&error.kind()) {
        tracing::error!(%error, "cannot accept connections");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// One connection from its first byte until it is closed or becomes a socket.
async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stopping: CancellationToken) {
    // A frame is a few hundred bytes; holding it back until the peer has acknowledged the one before it, as TCP does
    // unasked, makes it up to 40 ms late.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection will be slower than it could be");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(router.call(request).await.unwrap_or_else(|never| match never {})) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// How many connections each address has.
struct Places {
    taken: Counts,
    proxies: Arc<[IpNet]>,
}

impl Places {
    /// A place for one more; none when the address has too many already.
    fn take(&self, ip: IpAddr) -> Option<Place> {
        let ip = ip.to_canonical();
        if ip.is_loopback() || self.proxies.iter().any(|net| net.contains(&ip)) {
            return Some(Place(None));
        }
        let address = bucket(ip);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_default();
        if *count >= PER_ADDRESS {
            return None;
        }
        *count += 1;
        Some(Place(Some((self.taken.clone(), address))))
    }
}

/// Counts as one connection until it is dropped.
struct Place(Option<(Counts, IpAddr)>);

impl Drop for Place {
    fn drop(&mut self) {
        let Some((taken, address)) = self.0.take() else { return };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_util::sync::CancellationToken;

    use super::{HEAD_WITHIN, PER_ADDRESS, Places, serve};

    fn places(proxies: &[&str]) -> Places {
        let proxies: Vec<ipnet::IpNet> = proxies.iter().map(|net| net.parse().unwrap()).collect();
        Places { taken: Arc::default(), proxies: proxies.into() }
    }

    #[test]
    fn an_address_gets_its_share_and_not_more_until_one_ends() {
        let places = places(&[]);
        let mut held: Vec<_> =
            (0..PER_ADDRESS).map(|_| places.take("203.0.113.5".parse().unwrap()).unwrap()).collect();
        assert!(places.take("203.0.113.5".parse().unwrap()).is_none());
        assert!(places.take("203.0.113.6".parse().unwrap()).is_some());
        held.pop();
        assert!(places.take("203.0.113.5".parse().unwrap()).is_some());
        held.clear();
        assert!(places.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn this_machine_and_proxies_speak_for_many() {
        let places = places(&["10.0.0.0/8"]);
        for ip in ["127.0.0.1", "::1", "10.1.2.3"] {
            let held: Vec<_> = (0..=PER_ADDRESS).map(|_| places.take(ip.parse().unwrap())).collect();
            assert!(held.iter().all(Option::is_some), "{ip}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_does_not_finish_its_question_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let stopping = CancellationToken::new();
        let router = Router::new().route("/", get(|| async { "here" }));
        let server = tokio::spawn(serve(listener, router, Vec::new(), stopping.clone()));
        let whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        let half = "GET / HTTP/1.1\r\nHost: x\r\n";
        // Nothing at all, half a head, nothing more after an answer, half of the next head.
        for (said, answers) in
            [(String::new(), 0), (half.into(), 0), (whole.into(), 1), (format!("{whole}{half}"), 1)]
        {
            let mut slow = TcpStream::connect(addr).await.unwrap();
            slow.write_all(said.as_bytes()).await.unwrap();
            let started = tokio::time::Instant::now();
            let mut answer = String::new();
            slow.read_to_string(&mut answer).await.unwrap();
            assert_eq!(answer.matches("HTTP/1.1 200").count(), answers, "{said:?}: {answer}");
            let waited = started.elapsed();
            assert!(waited >= HEAD_WITHIN && waited < HEAD_WITHIN * 2, "{said:?}: {waited:?}");
        }
        stopping.cancel();
        server.await.unwrap();
    }

    #[tokio::test]
    async fn stopping_ends_what_waits_and_finishes_what_is_under_way() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let stopping = CancellationToken::new();
        let (asked, go_on) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
        let (told, waits) = (asked.clone(), go_on.clone());
        let handler = move || async move {
            told.notify_one();
            waits.notified().await;
            "done"
        };
        let router = Router::new().route("/", get(handler));
        let server = tokio::spawn(serve(listener, router, Vec::new(), stopping.clone()));
        let mut idle = TcpStream::connect(addr).await.unwrap();
        let mut busy = TcpStream::connect(addr).await.unwrap();
        busy.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        asked.notified().await;
        stopping.cancel();
        assert_eq!(idle.read_to_end(&mut Vec::new()).await.unwrap(), 0);
        go_on.notify_one();
        let mut answer = String::new();
        busy.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("done"), "{answer}");
        server.await.unwrap();
    }
}
