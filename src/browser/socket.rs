//! The one live socket of this tab: a task that connects, says hello, hands on every frame, and comes back
//! after every interruption until it is told to stop.
//!
//! The task owns its socket. A connection that was given up is dropped with whatever it had still to say, so
//! nothing old can reach the state.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Poll, Waker};

use futures_util::future::{Either, select};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use protocol::frame::{ClientFrame, CloseCode, ServerFrame};
use protocol::json;
use wasm_bindgen_futures::spawn_local;

use super::focus;
use super::listener::Listener;
use super::time::{random_below, sleep};

/// How long connecting, with the hello answered, may take.
const CONNECT_MS: u32 = 10_000;
/// The longest wait before the first retry; it doubles with each.
const FIRST_RETRY_MS: u32 = 500;
/// The longest wait before any retry.
const LAST_RETRY_MS: u32 = 30_000;
/// How long a connection may take to prove itself after the device woke up.
const PROOF_MS: u32 = 5_000;

/// What the socket works for. Called between frames, never while another call is running.
pub trait Peer {
    /// The first frame of a connection.
    fn hello(&self) -> ClientFrame;
    /// A frame has come.
    fn receive(&self, frame: ServerFrame);
    /// A frame has come that this build cannot read.
    fn unreadable(&self);
    /// There is no connection. `failures` counts attempts in a row that did not get as far as being live.
    fn down(&self, failures: u32);
    /// There will be none again: the session has ended, or the backend speaks another version.
    fn ended(&self, code: CloseCode);
}

thread_local! {
    /// The socket of this tab. Not in the store: it cannot leave this thread, and the backend has none.
    static SOCKET: RefCell<Option<Socket>> = const { RefCell::new(None) };
}

/// Connects, and keeps connected until [`stop`].
pub fn start(peer: Box<dyn Peer>) {
    let socket = Socket::start(peer);
    SOCKET.with(|current| current.replace(Some(socket)));
}

/// Ends the connection for good. Harmless where there is none.
pub fn stop() {
    SOCKET.with(|current| current.take());
}

/// Sends a frame over the connection at hand. Without one it is dropped: what has to arrive is not sent here.
pub fn send(frame: &ClientFrame) {
    SOCKET.with(|current| {
        if let Some(socket) = &*current.borrow() {
            socket.send(frame);
        }
    });
}

/// Tries at once instead of waiting for the next retry.
pub fn hurry() {
    SOCKET.with(|current| {
        if let Some(socket) = &*current.borrow() {
            socket.hurry();
        }
    });
}

/// A running socket. Dropping it closes the connection.
struct Socket {
    shared: Rc<Shared>,
    _listeners: [Listener; 3],
}

struct Shared {
    peer: Box<dyn Peer>,
    outgoing: RefCell<VecDeque<String>>,
    is_open: Cell<bool>,
    is_stopped: Cell<bool>,
    is_doubted: Cell<bool>,
    rung: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Socket {
    fn start(peer: Box<dyn Peer>) -> Self {
        let shared = Rc::new(Shared {
            peer,
            outgoing: RefCell::default(),
            is_open: Cell::new(false),
            is_stopped: Cell::new(false),
            is_doubted: Cell::new(false),
            rung: Cell::new(false),
            waker: RefCell::default(),
        });
        let doubt = |shared: &Rc<Shared>| {
            let shared = Rc::clone(shared);
            move |_| {
                if focus::is_visible() || !focus::is_online() {
                    shared.is_doubted.set(true);
                    shared.ring();
                }
            }
        };
        let listeners =
            ["online", "offline", "visibilitychange"].map(|event| Listener::new(event, doubt(&shared)));
        spawn_local(run(Rc::clone(&shared)));
        Self { shared, _listeners: listeners }
    }

    fn send(&self, frame: &ClientFrame) {
        if self.shared.is_open.get()
            && let Ok(text) = serde_json::to_string(frame)
        {
            self.shared.outgoing.borrow_mut().push_back(text);
            self.shared.ring();
        }
    }

    fn hurry(&self) {
        self.shared.is_doubted.set(true);
        self.shared.ring();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.shared.is_stopped.set(true);
        self.shared.ring();
    }
}

impl Shared {
    fn ring(&self) {
        self.rung.set(true);
        let waker = self.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits until something is to be done: a frame to send, a doubt to settle, the end.
    fn rung(&self) -> impl Future<Output = ()> + '_ {
        poll_fn(|context| {
            if self.rung.replace(false) {
                return Poll::Ready(());
            }
            *self.waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
    }
}

/// How a connection ended.
enum Outcome {
    /// The backend asks not to come back.
    Ended(CloseCode),
    /// It is to be tried again, after the time given or one of our choice.
    Again { after_ms: Option<u32>, was_good: bool },
}

const LOST: Outcome = Outcome::Again { after_ms: None, was_good: false };

async fn run(shared: Rc<Shared>) {
    let mut failures = 0_u32;
    loop {
        let outcome = connection(&shared).await;
        shared.is_open.set(false);
        shared.outgoing.borrow_mut().clear();
        if shared.is_stopped.get() {
            return;
        }
        let wait = match outcome {
            Outcome::Ended(code) => return shared.peer.ended(code),
            Outcome::Again { after_ms, was_good } => {
                failures = if was_good { 0 } else { failures.saturating_add(1) };
                after_ms.unwrap_or_else(|| backoff(failures))
            }
        };
        shared.peer.down(failures);
        shared.is_doubted.set(false);
        // Without a network every attempt fails; "online" rings.
        let mut timer = pin!(sleep(if focus::is_online() { wait } else { LAST_RETRY_MS }));
        // Frames to send ring as well; only a doubt or the end cuts the wait short.
        while let Either::Right(_) = select(timer.as_mut(), pin!(shared.rung())).await {
            if shared.is_stopped.get() {
                return;
            }
            if shared.is_doubted.replace(false) && focus::is_online() {
                break;
            }
        }
    }
}

/// Any time up to a limit that doubles: clients that lost the same backend do not come back all at once.
fn backoff(failures: u32) -> u32 {
    let limit = FIRST_RETRY_MS.saturating_mul(1 << failures.min(6)).min(LAST_RETRY_MS);
    random_below(limit)
}

fn address() -> Option<String> {
    let location = web_sys::window()?.location();
    let mut address = if location.protocol().ok()? == "https:" { "wss://" } else { "ws://" }.to_owned();
    address.push_str(&location.host().ok()?);
    address.push_str("/gateway");
    Some(address)
}

/// One connection from beginning to end.
struct Connection<'a> {
    shared: &'a Shared,
    write: SplitSink<WebSocket, Message>,
    read: SplitStream<WebSocket>,
    timer: Pin<Box<dyn Future<Output = ()>>>,
    /// Milliseconds between heartbeats; none before the hello is answered.
    heartbeat_ms: Option<u32>,
    pings: u64,
    awaits_proof: bool,
    /// It has carried what a connection is for. One that is cut after its first answer has not.
    was_good: bool,
}

async fn connection(shared: &Shared) -> Outcome {
    let Some(socket) = address().and_then(|address| WebSocket::open(&address).ok()) else { return LOST };
    let (write, read) = socket.split();
    let timer: Pin<Box<dyn Future<Output = ()>>> = Box::pin(sleep(CONNECT_MS));
    let mut connection = Connection {
        shared,
        write,
        read,
        timer,
        heartbeat_ms: None,
        pings: 0,
        awaits_proof: false,
        was_good: false,
    };
    let Ok(hello) = serde_json::to_string(&shared.peer.hello()) else { return LOST };
    // Sending waits for the connection to be there.
    let sending = connection.write.send(Message::Text(hello));
    if !matches!(select(sending, &mut connection.timer).await, Either::Left((Ok(()), _))) {
        return LOST;
    }
    shared.is_open.set(true);
    let outcome = connection.serve().await;
    match outcome {
        Outcome::Again { after_ms, .. } => Outcome::Again { after_ms, was_good: connection.was_good },
        ended => ended,
    }
}

/// What woke the connection.
enum Woken {
    Frame(Option<Result<Message, WebSocketError>>),
    Timer,
    Rung,
}

impl Connection<'_> {
    async fn serve(&mut self) -> Outcome {
        loop {
            let woken = {
                let rung = pin!(self.shared.rung());
                let rest = select(&mut self.timer, rung);
                match select(self.read.next(), rest).await {
                    Either::Left((frame, _)) => Woken::Frame(frame),
                    Either::Right((Either::Left(_), _)) => Woken::Timer,
                    Either::Right((Either::Right(_), _)) => Woken::Rung,
                }
            };
            let outcome = match woken {
                Woken::Frame(Some(Ok(Message::Text(text)))) => self.receive(&text),
                Woken::Frame(Some(Ok(Message::Bytes(_)))) => None,
                Woken::Frame(Some(Err(error))) => Some(closed(&error)),
                Woken::Frame(None) => Some(LOST),
                Woken::Timer => self.ring_out().await,
                Woken::Rung => self.send_waiting().await,
            };
            if let Some(outcome) = outcome {
                return outcome;
            }
        }
    }

    fn receive(&mut self, text: &str) -> Option<Outcome> {
        self.awaits_proof = false;
        match json::read(text) {
            Ok(ServerFrame::Bye { code, retry_after_ms }) => Some(match retry_after_ms {
                Some(after_ms) => Outcome::Again { after_ms: Some(after_ms), was_good: false },
                None => Outcome::Ended(code),
            }),
            Ok(frame) => {
                if let ServerFrame::Ready { heartbeat_ms, .. } = &frame {
                    self.heartbeat_ms = Some(*heartbeat_ms);
                    self.timer = Box::pin(sleep(*heartbeat_ms));
                }
                self.was_good |= is_proof(&frame);
                self.shared.peer.receive(frame);
                None
            }
            Err(_) => {
                self.shared.peer.unreadable();
                None
            }
        }
    }

    /// The timer is up: time for a heartbeat, unless the last one was not answered.
    async fn ring_out(&mut self) -> Option<Outcome> {
        let Some(heartbeat_ms) = self.heartbeat_ms else { return Some(LOST) };
        if self.awaits_proof {
            return Some(LOST);
        }
        self.ping(heartbeat_ms).await
    }

    async fn ping(&mut self, proof_within_ms: u32) -> Option<Outcome> {
        self.pings = self.pings.wrapping_add(1);
        self.awaits_proof = true;
        self.timer = Box::pin(sleep(proof_within_ms));
        let ping = serde_json::to_string(&ClientFrame::Ping { n: self.pings }).ok()?;
        self.write.send(Message::Text(ping)).await.is_err().then_some(LOST)
    }

    async fn send_waiting(&mut self) -> Option<Outcome> {
        if self.shared.is_stopped.get() {
            return Some(LOST);
        }
        if self.shared.is_doubted.replace(false) && self.heartbeat_ms.is_some() {
            if !focus::is_online() {
                return Some(LOST);
            }
            // After a sleep of the device a dead socket still looks alive.
            let outcome = self.ping(PROOF_MS).await;
            if outcome.is_some() {
                return outcome;
            }
        }
        loop {
            let text = self.shared.outgoing.borrow_mut().pop_front()?;
            if self.write.send(Message::Text(text)).await.is_err() {
                return Some(LOST);
            }
        }
    }
}

/// Whether a frame ends a row of failures: everything that was missed has come, or a heartbeat was answered.
/// `ready` alone does not; whoever cuts connections right after it would be asked twice a second for ever.
fn is_proof(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::Live | ServerFrame::Pong { .. })
}

fn closed(error: &WebSocketError) -> Outcome {
    let WebSocketError::ConnectionClose(event) = error else { return LOST };
    match CloseCode::from_number(event.code) {
        Some(code @ (CloseCode::SignedOut | CloseCode::Malformed | CloseCode::NoHello)) => {
            Outcome::Ended(code)
        }
        _ => LOST,
    }
}

#[cfg(test)]
mod tests {
    use super::is_proof;
    use protocol::frame::ServerFrame;

    #[test]
    fn a_connection_that_was_only_greeted_counts_as_failed() {
        let ready = ServerFrame::Ready { v: 1, heartbeat_ms: 30_000, build: String::new() };
        assert!(!is_proof(&ready));
        assert!(is_proof(&ServerFrame::Live));
        assert!(is_proof(&ServerFrame::Pong { n: 1, revs: Default::default() }));
    }
}
