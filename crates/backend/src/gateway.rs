//! `GET /gateway`: one WebSocket for each open tab. What travels on it is in `docs/PROTOCOL.md`.

use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::response::Response;
use protocol::frame::CloseCode;
use protocol::limits::{CLIENT_FRAME_BYTES, OUTBOX_BYTES};
use protocol::{Error, Result};

use crate::actions::sync;
use crate::auth::peer;
use crate::hub::{Seat, SeatLimits};
use crate::{Actor, AppState};

mod bell;
#[cfg(test)]
mod documented;
mod hello;
mod live;
mod origin;
mod wire;

pub(crate) use origin::canonical as canonical_origin;
use wire::Wire;

/// Bytes read at once. The default of 128 KiB is taken and zeroed for every socket, idle or not.
const READ_BUFFER: usize = 4 * 1024;
/// Bytes gathered before a write; several frames to one socket become one system call.
const WRITE_BUFFER: usize = 4 * 1024;
/// Milliseconds after which somebody with too many sockets may try again.
const FULL_RETRY_MS: u64 = 30_000;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The other side went.
    Gone,
    /// We end it.
    Close(CloseCode),
}

/// Checks who asks for a socket and from where, and grants it.
///
/// # Errors
/// Before any upgrade: [`Error::Forbidden`] from a foreign page, [`Error::Unauthorized`] without a session,
/// [`Error::RateLimited`] with too many sockets or too many in a minute, [`Error::Malformed`] when it is no WebSocket request,
/// [`Error::Busy`] while the instance stops.
pub async fn upgrade(state: AppState, request: Request) -> Result<Response> {
    if state.shutdown.token().is_cancelled() {
        return Err(Error::Busy);
    }
    let (mut parts, _) = request.into_parts();
    if !origin::is_ours(&parts.headers, state.config.origin()) {
        return Err(Error::Forbidden);
    }
    let actor = sync::caller(&state, &parts).await?;
    // Each hello may be answered with megabytes.
    state.rates.socket(actor.user_id)?;
    let address = peer::bucket(peer::address(&state.config, &parts));
    let limits = &state.config.limits;
    let limits =
        SeatLimits { per_user: limits.connections_per_user, per_address: limits.connections_per_address };
    let full = Error::RateLimited { retry_after_ms: FULL_RETRY_MS };
    let seat = state.hub.seat(actor.user_id, address, limits).ok_or(full)?;
    let upgrade =
        WebSocketUpgrade::from_request_parts(&mut parts, &()).await.map_err(|_| Error::Malformed)?;
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        // Whatever fits the outbox fits the buffer.
        .max_write_buffer_size(WRITE_BUFFER + OUTBOX_BYTES)
        .max_message_size(CLIENT_FRAME_BYTES)
        .max_frame_size(CLIENT_FRAME_BYTES);
    // The process waits for its sockets when it stops; the HTTP server does not know of them any more.
    let tracked = state.shutdown.tasks().token();
    Ok(upgrade.on_upgrade(move |socket| async move {
        // In a box, so that an idle socket's task is not as large as the catching up was.
        Box::pin(converse(state, actor, socket, seat)).await;
        drop(tracked);
    }))
}

async fn converse(state: AppState, actor: Actor, socket: WebSocket, seat: Seat) {
    let mut wire = Wire::new(socket);
    let Some(mut link) = state.hub.connect(actor.user_id, actor.session_id) else {
        return wire.bye(CloseCode::Restarting).await;
    };
    let end = match Box::pin(hello::greet(&state, &mut wire, &mut link)).await {
        Ok(()) => live::serve(&state, &mut wire, &link).await,
        Err(end) => end,
    };
    // Out of all lists first: saying goodbye may take a moment, and nothing may be sent to it meanwhile.
    drop(link);
    drop(seat);
    match end {
        End::Close(code) => wire.bye(code).await,
        End::Gone => wire.end().await,
    }
}
