//! The socket itself: writes with a deadline, one flush for everything that waits, an orderly end.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{FutureExt, SinkExt, StreamExt};
use protocol::frame::{CloseCode, ServerFrame};

use super::End;
use crate::hub::{Batch, Link, encode};

/// How long a peer may take to accept what is written. Its kernel takes a hundred kilobytes at once, so whoever
/// stops this long has stopped.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the end may take: the last frames, and the peer's answer to them. Short, because whoever was signed out
/// has to be off within a second.
const BYE_TIMEOUT: Duration = Duration::from_millis(700);
/// Replayed frames between two flushes; a part has to get through within [`WRITE_TIMEOUT`].
const PART_BYTES: usize = 64 * 1024;

/// A socket after the upgrade.
pub(super) struct Wire {
    socket: WebSocket,
}

impl Wire {
    pub(super) fn new(socket: WebSocket) -> Self {
        Self { socket }
    }

    /// The next message. An error ends the connection; so does the peer.
    pub(super) async fn receive(&mut self) -> Result<Message, End> {
        poll_fn(|context| self.poll_receive(context)).await
    }

    /// As [`Wire::receive`], for who waits for other things as well.
    pub(super) fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Result<Message, End>> {
        self.socket.poll_next_unpin(context).map(|received| match received {
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Ok(message)) => Ok(message),
            // Too large, not UTF-8, not a frame at all, or the peer went without a word: saying goodbye tries.
            Some(Err(_)) => Err(End::Close(CloseCode::Malformed)),
        })
    }

    /// Writes what was taken from the outbox.
    pub(super) async fn send(&mut self, link: &Link, batch: &mut Batch) -> Result<(), End> {
        write(&mut self.socket, link, batch.drain(..).map(|queued| queued.frame)).await?;
        if batch.capacity() > 2 * KEPT {
            // A burst is over; the memory it took goes back.
            batch.shrink_to(KEPT);
        }
        Ok(())
    }

    /// Writes frames that did not go through the outbox, some at a time.
    pub(super) async fn replay(
        &mut self,
        link: &Link,
        frames: impl Iterator<Item = Utf8Bytes>,
    ) -> Result<(), End> {
        let mut frames = frames.peekable();
        while frames.peek().is_some() {
            let mut room = PART_BYTES;
            let part = std::iter::from_fn(|| {
                let frame = if room > 0 { frames.next() } else { None }?;
                room = room.saturating_sub(frame.len());
                Some(frame)
            });
            write(&mut self.socket, link, part).await?;
        }
        Ok(())
    }

    /// Answers the peer's goodbye, so that its end is an orderly one.
    pub(super) async fn end(mut self) {
        let _ = tokio::time::timeout(BYE_TIMEOUT, self.socket.flush()).await;
    }

    /// Says why, closes, and waits a moment for the peer: a socket that is dropped with unread bytes in it takes
    /// what was sent last with it.
    pub(super) async fn bye(mut self, code: CloseCode) {
        let farewell = async {
            let frame = encode(&ServerFrame::Bye { code, retry_after_ms: retry_after_ms(code) });
            self.socket.feed(Message::Text(frame)).await?;
            let close = CloseFrame { code: code.number(), reason: Utf8Bytes::from_static("") };
            self.socket.feed(Message::Close(Some(close))).await?;
            self.socket.flush().await?;
            while let Some(Ok(_)) = self.socket.recv().await {}
            Ok::<_, axum::Error>(())
        };
        // Whoever does not take it in time, or is gone, is not waited for.
        let _ = tokio::time::timeout(BYE_TIMEOUT, farewell).await;
    }
}

/// Places of a batch that are kept for the next one.
const KEPT: usize = 8;

/// Feeds all frames and flushes once. Given up when the connection is closed meanwhile or the peer takes nothing.
async fn write(
    socket: &mut WebSocket,
    link: &Link,
    frames: impl Iterator<Item = Utf8Bytes>,
) -> Result<(), End> {
    let mut writing = pin!(async move {
        for frame in frames {
            socket.feed(Message::Text(frame)).await?;
        }
        socket.flush().await
    });
    // Nearly always the kernel takes everything at once, and no timer is needed.
    let first = poll_fn(|context| Poll::Ready(writing.poll_unpin(context))).await;
    if let Poll::Ready(result) = first {
        return result.map_err(|_| End::Gone);
    }
    link.set_stalled(true);
    let mut deadline = pin!(tokio::time::sleep(WRITE_TIMEOUT));
    let end = tokio::select! {
        biased;
        result = &mut writing => result.map_err(|_| End::Gone),
        code = link.closing() => Err(End::Close(code)),
        () = &mut deadline => Err(End::Close(CloseCode::TooSlow)),
    };
    link.set_stalled(false);
    end
}

/// When to come back, spread so that not everybody does at once; none where coming back alone would not help.
fn retry_after_ms(code: CloseCode) -> Option<u32> {
    let (least, spread) = match code {
        CloseCode::Restarting => (1_000, 4_000),
        CloseCode::TooSlow | CloseCode::Silent => (0, 1_000),
        CloseCode::TooMany => (30_000, 30_000),
        CloseCode::SignedOut | CloseCode::Malformed | CloseCode::NoHello => return None,
    };
    Some(least + rand::random_range(0..=spread))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use protocol::frame::CloseCode;

    use super::retry_after_ms;

    #[test]
    fn those_who_may_come_back_are_spread_over_time() {
        let times: HashSet<_> = (0..50).map(|_| retry_after_ms(CloseCode::Restarting).unwrap()).collect();
        assert!(times.len() > 10 && times.iter().all(|time| (1_000..=5_000).contains(time)));
        assert_eq!(retry_after_ms(CloseCode::SignedOut), None);
    }
}
