//! A connection that has caught up: what waits goes out, what comes in is answered.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::ws::Message;
use protocol::entity::User;
use protocol::frame::{ClientFrame, CloseCode};
use protocol::limits::{HEARTBEAT_MS, TYPING_EVERY_MS};
use protocol::{ChannelId, Stream};
use tokio::task::coop::unconstrained;
use tokio::time::Instant;

use super::End;
use super::bell::Bell;
use super::wire::Wire;
use crate::AppState;
use crate::actions::sync;
use crate::hub::{Batch, Link};

/// How long a client may be silent: two and a half heartbeats, so that one lost in a dead spot does no harm.
const SILENCE: Duration = Duration::from_millis(HEARTBEAT_MS as u64 * 5 / 2);
/// Frames a client may send in a minute. An honest one sends two heartbeats, twelve typing signals and what its
/// person clicks.
const FRAMES_PER_MINUTE: u32 = 120;
const MINUTE: Duration = Duration::from_secs(60);
/// Typing signals that are passed on of one person within [`TYPING_EVERY_MS`]. Whoever has just sent a message and writes
/// the next gives one sooner.
const TYPING_BURST: u32 = 3;
/// How long the permission to be seen writing is believed.
const TYPING_BELIEVED: Duration = Duration::from_secs(10);
/// How often the session is looked up again, whatever the client sends or does not. Signing out ends the socket at
/// once; this is for limits of time, which nobody announces.
const SESSION_CHECK_EVERY: Duration = Duration::from_secs(5 * 60);

/// Serves the connection until one side ends it.
pub(super) async fn serve(state: &AppState, wire: &mut Wire, link: &Link) -> End {
    let mut batch = Batch::new();
    let mut peer = Peer::new();
    let mut bell = poll_fn(|context| Poll::Ready(Bell::new(context.waker()))).await;
    // One timer for each connection, moved only when it rings.
    let mut alarm = pin!(tokio::time::sleep_until(peer.next_alarm()));
    loop {
        let turn = poll_fn(|context| {
            // First, so that whoever was signed out is not obeyed any more, whatever they sent meanwhile.
            if let Poll::Ready(taken) = link.poll_take(&mut batch, context) {
                return Poll::Ready(Turn::Taken(taken));
            }
            let Some(waker) = bell.answer(context.waker()) else { return Poll::Pending };
            let context = &mut Context::from_waker(waker);
            // Before the alarm: what has come in already is no silence.
            let mut turn = wire.poll_receive(context).map(Turn::Received);
            if turn.is_pending() {
                // A peer that sends more than can be read in one turn does not keep the clock from being looked at.
                turn = pin!(unconstrained(alarm.as_mut())).poll(context).map(|()| Turn::Alarm);
            }
            if turn.is_ready() {
                // There may be more of it.
                bell.ring();
            }
            turn
        });
        let served = match turn.await {
            Turn::Taken(Ok(())) => wire.send(link, &mut batch).await,
            Turn::Taken(Err(code)) => Err(End::Close(code)),
            Turn::Received(Ok(message)) => peer.handle(state, link, message).await,
            Turn::Received(Err(end)) => Err(end),
            Turn::Alarm => {
                let checked = peer.check(state, link, Instant::now()).await;
                alarm.as_mut().reset(peer.next_alarm());
                checked
            }
        };
        if let Err(end) = served {
            return end;
        }
    }
}

/// What there is to do.
enum Turn {
    /// Frames wait, or there will be no more of them.
    Taken(Result<(), CloseCode>),
    /// The peer said something, or went.
    Received(Result<Message, End>),
    /// It is time to look whether the connection may stay.
    Alarm,
}

/// What is remembered of the other side.
struct Peer {
    /// When it last sent something meaningful.
    heard: Instant,
    minute: Instant,
    frames: u32,
    session_checked: Instant,
    typing: Option<Box<Typing>>,
}

/// The channel somebody was last seen writing in.
struct Typing {
    channel: ChannelId,
    stream: Stream,
    /// The channel whose viewers see it.
    audience: ChannelId,
    user: User,
    believed_until: Instant,
    /// When the signals began that are counted.
    since: Instant,
    signals: u32,
}

impl Peer {
    fn new() -> Self {
        let now = Instant::now();
        Self { heard: now, minute: now, frames: 0, session_checked: now, typing: None }
    }

    async fn handle(&mut self, state: &AppState, link: &Link, message: Message) -> Result<(), End> {
        let now = Instant::now();
        self.count(now)?;
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(End::Close(CloseCode::Malformed)),
            // A WebSocket ping is answered by the library and proves nothing about the client's own loop.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return Ok(()),
        };
        let frame = serde_json::from_str(&text).map_err(|_| End::Close(CloseCode::Malformed))?;
        // The text shares its memory with the socket's read buffer.
        drop(text);
        self.heard = now;
        self.check_session(state, link, now).await?;
        match frame {
            ClientFrame::Hello { .. } => Err(End::Close(CloseCode::Malformed)),
            ClientFrame::Ping { n } => {
                link.pong(n);
                Ok(())
            }
            ClientFrame::Typing { channel } => {
                Box::pin(self.typing(state, link, channel, now)).await;
                Ok(())
            }
            ClientFrame::Focus { guild } => {
                // A guild that is not theirs: they may have been removed a moment ago. Nothing is shown.
                link.focus(guild);
                Ok(())
            }
        }
    }

    /// When there is something to do although nothing comes.
    fn next_alarm(&self) -> Instant {
        (self.heard + SILENCE).min(self.session_checked + SESSION_CHECK_EVERY)
    }

    /// Whether the session is to be looked up now, and if so, not again for a while.
    fn is_check_due(&mut self, now: Instant) -> bool {
        let is_due = now >= self.session_checked + SESSION_CHECK_EVERY;
        if is_due {
            self.session_checked = now;
        }
        is_due
    }

    /// Whether the connection may stay.
    async fn check(&mut self, state: &AppState, link: &Link, now: Instant) -> Result<(), End> {
        if now >= self.heard + SILENCE {
            return Err(End::Close(CloseCode::Silent));
        }
        self.check_session(state, link, now).await
    }

    async fn check_session(&mut self, state: &AppState, link: &Link, now: Instant) -> Result<(), End> {
        // In a box, so that an idle connection does not carry what a look-up needs.
        if self.is_check_due(now) { Box::pin(check_session(state, link)).await } else { Ok(()) }
    }

    fn count(&mut self, now: Instant) -> Result<(), End> {
        if now - self.minute >= MINUTE {
            self.minute = now;
            self.frames = 0;
        }
        self.frames += 1;
        if self.frames > FRAMES_PER_MINUTE { Err(End::Close(CloseCode::TooMany)) } else { Ok(()) }
    }

    async fn typing(&mut self, state: &AppState, link: &Link, channel: ChannelId, now: Instant) {
        let mut known = self.typing.take().filter(|typing| typing.channel == channel);
        if let Some(typing) = &mut known {
            if now - typing.since >= Duration::from_millis(TYPING_EVERY_MS.into()) {
                (typing.since, typing.signals) = (now, 0);
            }
            if typing.signals >= TYPING_BURST {
                self.typing = known;
                return;
            }
        }
        let believed = known.filter(|typing| now < typing.believed_until && link.hears(typing.stream));
        let mut typing = match believed {
            Some(typing) => typing,
            None => match sync::typist(state, link.user(), channel).await {
                Ok((stream, audience, user)) => {
                    let believed_until = now + TYPING_BELIEVED;
                    let (since, signals) = (now, 0);
                    Box::new(Typing { channel, stream, audience, user, believed_until, since, signals })
                }
                // Not allowed, or not to be found out now: nobody sees them writing, and nothing else happens.
                Err(_) => return,
            },
        };
        typing.signals += 1;
        link.typing(typing.stream, typing.audience, channel, typing.user.clone());
        self.typing = Some(typing);
    }
}

async fn check_session(state: &AppState, link: &Link) -> Result<(), End> {
    match sync::is_signed_in(state, link.session()).await {
        Ok(false) => Err(End::Close(CloseCode::SignedOut)),
        Ok(true) => Ok(()),
        Err(error) => {
            tracing::warn!(%error, "a session could not be looked up; it is tried again later");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::extract::ws::Message;
    use protocol::frame::{ClientFrame, CloseCode};
    use protocol::{ChannelId, GuildId, SessionId, UserId};

    use super::{End, Peer, SESSION_CHECK_EVERY, SILENCE};
    use crate::{AppState, Config};

    #[test]
    fn the_session_is_looked_up_every_five_minutes_however_talkative_the_client_is() {
        let mut peer = Peer::new();
        let begin = peer.session_checked;
        assert_eq!(peer.next_alarm(), begin + SILENCE);
        let mut checks = 0;
        for second in 0..1_000 {
            let now = begin + Duration::from_secs(second);
            // Whatever it sends, it is heard, and the alarm for silence never rings.
            peer.heard = now;
            assert!(peer.next_alarm() <= peer.session_checked + SESSION_CHECK_EVERY);
            checks += usize::from(peer.is_check_due(now));
        }
        assert_eq!(checks, 3);
    }

    #[tokio::test]
    async fn whatever_a_client_sends_after_five_minutes_its_session_is_looked_up() {
        let folder = tempfile::TempDir::with_prefix("harmony-test-").unwrap();
        let url = format!("sqlite:{}", folder.path().join("harmony.db").display());
        let environment = [("HARMONY_DATABASE_URL".to_owned(), url)].into();
        let state = AppState::open(Config::from_sources("", "none", &environment).unwrap()).await.unwrap();
        let frames = [
            ClientFrame::Ping { n: 1 },
            ClientFrame::Typing { channel: ChannelId::from_trusted(5) },
            ClientFrame::Focus { guild: None },
            ClientFrame::Focus { guild: Some(GuildId::from_trusted(5)) },
        ];
        for frame in frames {
            // A session that has ended without a word.
            let link = state.hub.connect(UserId::from_trusted(5), SessionId::from_trusted(7)).unwrap();
            let mut peer = Peer::new();
            let message = Message::text(serde_json::to_string(&frame).unwrap());
            assert_eq!(peer.handle(&state, &link, message.clone()).await, Ok(()), "not yet: {frame:?}");
            tokio::time::pause();
            tokio::time::advance(SESSION_CHECK_EVERY).await;
            tokio::time::resume();
            let ended = Err(End::Close(CloseCode::SignedOut));
            assert_eq!(peer.handle(&state, &link, message).await, ended, "{frame:?}");
        }
        state.close().await;
    }
}
