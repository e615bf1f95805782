//! A client of the gateway.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use protocol::event::Event;
use protocol::frame::{ClientFrame, ServerFrame, VERSION};
use protocol::{Cursors, Rev, Stream};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long a test waits for something that must come. Far longer than it takes; a test that fails may take it.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open socket.
#[derive(Debug)]
pub struct Socket {
    inner: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Connects, says hello and waits for `ready`.
    pub async fn connect(addr: SocketAddr, cookie: &str, cursors: Cursors) -> Self {
        let mut socket = Self::open(addr, cookie).await.unwrap();
        socket.send(&ClientFrame::Hello { v: VERSION, cursors }).await;
        match socket.next().await {
            Some(ServerFrame::Ready { .. }) => socket,
            other => panic!("expected ready, got {other:?}"),
        }
    }

    /// Connects without a word; the error is the HTTP status of a refusal.
    pub async fn open(addr: SocketAddr, cookie: &str) -> Result<Self, u16> {
        let mut request = format!("ws://{addr}/gateway").into_client_request().unwrap();
        if !cookie.is_empty() {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        request.headers_mut().insert("origin", format!("http://{addr}").parse().unwrap());
        match tokio_tungstenite::connect_async(request).await {
            Ok((inner, _)) => Ok(Self { inner }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: &ClientFrame) {
        self.send_text(&serde_json::to_string(frame).unwrap()).await;
    }

    /// Sends any text.
    pub async fn send_text(&mut self, text: &str) {
        // A socket the server has closed takes nothing; what it said is read afterwards.
        let _ = self.inner.send(Message::text(text.to_owned())).await;
    }

    /// Sends a ping of the WebSocket protocol itself, and reads until it is answered; false when the socket closes first.
    pub async fn is_answered(&mut self) -> bool {
        let _ = self.inner.send(Message::Ping("here?".into())).await;
        loop {
            let received = tokio::time::timeout(PATIENCE, self.inner.next()).await.expect("nothing arrived");
            match received {
                Some(Ok(Message::Pong(payload))) => return payload == "here?".as_bytes(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame; none when the socket is closed.
    pub async fn next(&mut self) -> Option<ServerFrame> {
        loop {
            let received = tokio::time::timeout(PATIENCE, self.inner.next()).await.expect("nothing arrived");
            match received? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Frames up to and including the first one that `wanted` accepts.
    pub async fn until(&mut self, mut wanted: impl FnMut(&ServerFrame) -> bool) -> Vec<ServerFrame> {
        let mut seen = Vec::new();
        while let Some(frame) = self.next().await {
            let found = wanted(&frame);
            seen.push(frame);
            if found {
                return seen;
            }
        }
        panic!("the socket closed before that came; it brought {seen:?}");
    }

    /// Waits until everything missed has been sent.
    pub async fn until_live(&mut self) -> Vec<ServerFrame> {
        self.until(|frame| matches!(frame, ServerFrame::Live)).await
    }

    /// The next durable event.
    pub async fn event(&mut self) -> (Stream, Rev, Event) {
        loop {
            match self.next().await {
                Some(ServerFrame::Event { s, rev, e }) => return (s, rev, e),
                Some(_) => {}
                None => panic!("the socket closed before an event came"),
            }
        }
    }

    /// Everything the server has considered for this socket so far: sends a ping and reads up to its answer.
    pub async fn settle(&mut self, n: u64) -> Vec<ServerFrame> {
        self.send(&ClientFrame::Ping { n }).await;
        self.until(|frame| matches!(frame, ServerFrame::Pong { n: answered, .. } if *answered == n)).await
    }

    /// Reads until the server closes the socket.
    pub async fn until_closed(&mut self) -> Vec<ServerFrame> {
        let mut seen = Vec::new();
        while let Some(frame) = self.next().await {
            seen.push(frame);
        }
        seen
    }
}
