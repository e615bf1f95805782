//! Somebody who listens, and after every kill goes on from where they were.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use protocol::event::Event;
use protocol::frame::{ClientFrame, ServerFrame, VERSION};
use protocol::snapshot::{Anchor, Place};
use protocol::{ChannelId, GuildId, Stream};
use tokio::sync::watch;

use super::checker::{Key, Violation};
use super::order::Heard;
use crate::Outcome;
use crate::client::http::Http;
use crate::client::person::{Fault, Person};
use crate::client::socket::Socket;

/// Pause before the next try to connect.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a reader may be without a live connection.
const GIVE_UP_AFTER: Duration = Duration::from_secs(60);
/// The ping whose answer ends it: everything before it has been heard.
const LAST_PING: u64 = u64::MAX >> 12;

/// One who listens.
#[derive(Debug)]
pub(super) struct Reader {
    person: Person,
    /// Where messages are, for the case of a reset.
    places: BTreeMap<GuildId, Vec<ChannelId>>,
    heard: Heard,
    /// When it was last live.
    live_at: Instant,
}

impl Reader {
    /// Takes the cursors of a page; what is said from then on has to be heard.
    pub(super) async fn new(
        number: usize,
        person: Person,
        places: BTreeMap<GuildId, Vec<ChannelId>>,
    ) -> Outcome<Self> {
        let mut http = Http::connect(person.addr).await?;
        let page = person.page(&mut http, Place::Home).await?;
        Ok(Self { person, places, heard: Heard::new(number, page.cursors), live_at: Instant::now() })
    }

    /// Listens until `quiet` says that nobody speaks any more and all was heard.
    pub(super) async fn listen(mut self, mut quiet: watch::Receiver<bool>) -> Outcome<Heard> {
        loop {
            if let Ok(mut socket) = Socket::open(self.person.addr, &self.person.cookie).await
                && self.follow(&mut socket, &mut quiet).await.is_ok()
            {
                return Ok(self.heard);
            }
            if self.live_at.elapsed() > GIVE_UP_AFTER {
                return Err(format!("reader {} is not let in for a minute", self.heard.reader).into());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Follows one connection; ends well only when all was heard.
    async fn follow(&mut self, socket: &mut Socket, quiet: &mut watch::Receiver<bool>) -> Result<(), Fault> {
        socket.say(&ClientFrame::Hello { v: VERSION, cursors: self.heard.cursors.clone() }).await?;
        let (mut is_live, mut has_asked) = (false, false);
        loop {
            let frame = tokio::select! {
                frame = socket.next() => frame?,
                () = silence(quiet), if is_live && !has_asked => {
                    has_asked = true;
                    socket.say(&ClientFrame::Ping { n: LAST_PING }).await?;
                    continue;
                }
            };
            self.live_at = Instant::now();
            match frame {
                ServerFrame::Event { s, rev, e } => self.heard.event(s, rev, message(&e)),
                ServerFrame::Live => is_live = true,
                ServerFrame::Reset { s } => self.fetch(s).await?,
                ServerFrame::Gone { s } => self.complain(format!("{s} was said to be gone")),
                ServerFrame::Pong { n, revs } => {
                    revs.into_iter().for_each(|(stream, rev)| self.heard.considered(stream, rev));
                    if n == LAST_PING {
                        return Ok(());
                    }
                }
                ServerFrame::Bye { .. } => {
                    return Err(io::Error::from(io::ErrorKind::ConnectionAborted).into());
                }
                ServerFrame::Ready { .. } | ServerFrame::Typing { .. } | ServerFrame::Presence { .. } => {}
            }
        }
    }

    /// What a client does after a reset: it fetches. Here that is the messages after the newest known.
    async fn fetch(&mut self, stream: Stream) -> Result<(), Fault> {
        let mut http = Http::connect(self.person.addr).await?;
        let channels = match stream {
            Stream::Guild(guild) => self.places.get(&guild).cloned().unwrap_or_default(),
            Stream::Dm(_) | Stream::User(_) => Vec::new(),
        };
        // The revision of before everything that is read: what happens meanwhile comes as events, and is known then.
        let page = self.person.page(&mut http, Place::Home).await?;
        let rev = page.cursors.get(&stream).copied().unwrap_or(0);
        let mut found = Vec::new();
        for channel in channels {
            let after = |id| Anchor::After(id);
            let mut anchor =
                after(self.heard.newest(channel).unwrap_or(protocol::MessageId::from_trusted(1)));
            loop {
                let page = self.person.history(&mut http, channel, anchor).await?;
                let known =
                    page.messages.iter().filter_map(|m| Some((channel, m.id, Key::of_content(&m.content)?)));
                found.extend(known);
                match page.messages.last() {
                    Some(newest) if page.has_newer => anchor = after(newest.id),
                    _ => break,
                }
            }
        }
        self.heard.fetched(stream, rev, found);
        Ok(())
    }

    fn complain(&mut self, why: String) {
        self.heard.broken.push(Violation::Refused { who: format!("reader {}", self.heard.reader), why });
    }
}

/// Waits until nobody speaks any more.
async fn silence(quiet: &mut watch::Receiver<bool>) {
    // An error means that the run is over; the connection ends with it.
    drop(quiet.wait_for(|quiet| *quiet).await);
}

/// The message in an event, if a writer wrote it.
pub(super) fn message(event: &Event) -> Option<(ChannelId, protocol::MessageId, Key)> {
    let Event::MessageCreated { message, .. } = event else { return None };
    Some((message.channel_id, message.id, Key::of_content(&message.content)?))
}
