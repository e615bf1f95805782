//! The beginning of a connection: hello, what was missed, live.

use std::collections::HashSet;
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes};
use protocol::frame::{ClientFrame, CloseCode, ServerFrame, VERSION};
use protocol::limits::HEARTBEAT_MS;
use protocol::{Cursors, Stream};

use super::End;
use super::wire::Wire;
use crate::AppState;
use crate::actions::sync::{self, How, Missed};
use crate::hub::{CaughtUp, Link, encode, event_frame};

/// How long a client may take to say hello.
const HELLO_WITHIN: Duration = Duration::from_secs(10);

/// Waits for the hello and answers it. When this returns, the connection has caught up, and what happened
/// meanwhile waits in its outbox, nothing twice and nothing missing.
pub(super) async fn greet(state: &AppState, wire: &mut Wire, link: &mut Link) -> Result<(), End> {
    let mut cursors = hello(wire, link).await?;
    // The order is what makes this whole: first listen, then read. What is committed before the second reading is
    // in it; what is committed after the first is in the outbox; what is in both is dropped from the outbox.
    link.begin_catching_up();
    let standing = sync::standing(state, link.user()).await.map_err(unavailable)?;
    link.subscribe(&standing);
    // Signed out after the upgrade was allowed and before this connection could be found by its session?
    if !sync::is_signed_in(state, link.session()).await.map_err(unavailable)? {
        return Err(End::Close(CloseCode::SignedOut));
    }
    let caught_up = sync::catch_up(state, link.user(), &cursors).await.map_err(unavailable)?;
    link.settle(&places(&caught_up.missed));
    let ready =
        ServerFrame::Ready { v: VERSION, heartbeat_ms: HEARTBEAT_MS, build: state.config.build.clone() };
    let gone = caught_up.gone.iter().map(|stream| ServerFrame::Gone { s: *stream });
    let opening: Vec<_> = std::iter::once(ready).chain(gone).map(|frame| encode(&frame)).collect();
    wire.replay(link, opening.into_iter()).await?;
    // A stream joined between the two readings has its own way in, see `Link::settle`.
    let asked: HashSet<Stream> = standing.into_iter().map(|(stream, _)| stream).collect();
    let mut missed: Vec<_> =
        caught_up.missed.into_iter().filter(|missed| asked.contains(&missed.stream)).collect();
    loop {
        cursors.extend(missed.iter().map(|missed| (missed.stream, missed.rev)));
        wire.replay(link, missed.into_iter().flat_map(frames)).await?;
        if link.end_catching_up() {
            break;
        }
        // More happened than the outbox holds while nobody read it. What it dropped is in the log.
        link.begin_catching_up();
        missed = sync::catch_up(state, link.user(), &cursors).await.map_err(unavailable)?.missed;
        link.settle(&places(&missed));
    }
    wire.replay(link, std::iter::once(encode(&ServerFrame::Live))).await?;
    link.arrive();
    Ok(())
}

fn places(missed: &[Missed]) -> Vec<CaughtUp> {
    let place = |Missed { stream, rev, how }: &Missed| {
        let told = match how {
            How::Replay { after, events } => events.last().map_or(*after, |(rev, _)| *rev),
            How::Reset => *rev,
        };
        CaughtUp { stream: *stream, rev: *rev, told }
    };
    missed.iter().map(place).collect()
}

/// The first frame, which has to be a hello of our version.
async fn hello(wire: &mut Wire, link: &Link) -> Result<Cursors, End> {
    let first = async {
        loop {
            match wire.receive().await? {
                Message::Text(text) => {
                    return match serde_json::from_str(&text) {
                        Ok(ClientFrame::Hello { v: VERSION, cursors }) => Ok(cursors),
                        Ok(_) => Err(End::Close(CloseCode::NoHello)),
                        Err(_) => Err(End::Close(CloseCode::Malformed)),
                    };
                }
                Message::Binary(_) => return Err(End::Close(CloseCode::Malformed)),
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {}
            }
        }
    };
    tokio::select! {
        result = tokio::time::timeout(HELLO_WITHIN, first) => result.unwrap_or(Err(End::Close(CloseCode::NoHello))),
        code = link.closing() => Err(End::Close(code)),
    }
}

fn frames(missed: Missed) -> impl Iterator<Item = Utf8Bytes> {
    let Missed { stream, how, .. } = missed;
    let (reset, events) = match how {
        How::Reset => (Some(encode(&ServerFrame::Reset { s: stream })), Vec::new()),
        How::Replay { events, .. } => (None, events),
    };
    reset.into_iter().chain(events.into_iter().map(move |(rev, json)| event_frame(stream, rev, &json)))
}

/// The database does not answer: the client is to come back a little later.
fn unavailable(error: protocol::Error) -> End {
    tracing::warn!(%error, "a connection could not catch up");
    End::Close(CloseCode::Restarting)
}
