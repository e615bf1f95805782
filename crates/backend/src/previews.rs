//! Finds out what is behind the links of a message, after it was sent.
//!
//! What it finds is kept by address for a day, so a link that is posted a thousand times is looked at once. One message is
//! one piece of work of the [`queue`](crate::queue); what it finds is shown under the message in the commit that ends the
//! work, and only while the work is still owed: a message that was deleted or has another text meanwhile gets nothing.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use protocol::event::Event;
use protocol::{AttachmentId, Error, Result, UserId};
use tokio::sync::Semaphore;
use url::Url;

use crate::AppState;
use crate::outbound::{Fault, Outbound};
use crate::store::previews::{self, Found, Shown, Wanted};
use crate::store::queue::{self, Taken};
use crate::store::{Tx, channels};

mod look;
mod page;

use look::Seen;

/// Addresses looked at at a time: each may hold a page and a picture in memory.
const LOOKS_AT_ONCE: usize = 4;
/// How long what was found is good.
const GOOD_FOR_MS: i64 = 24 * 3_600_000;
/// How long it is known that nothing was found: a page that is put right is looked at again soon.
const NOTHING_FOR_MS: i64 = 10 * 60_000;
/// Tries at an address that does not answer.
const TRIES: u32 = 3;
/// What stands between two requests to a host for which several wait: one request to it at a time.
const HOST_BUSY_MS: i64 = 1_000;
/// Lines of those who wait that are kept before those that ended are looked for.
const LINES: usize = 1_000;

/// A handle for looking behind links; cheap to clone.
#[derive(Clone, Debug)]
pub struct Previews(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    outbound: Outbound,
    turns: Semaphore,
    hosts: Mutex<HashSet<String>>,
    host_lines: Lines,
    author_lines: Lines,
}

impl Default for Previews {
    fn default() -> Self {
        Self::new(Outbound::default())
    }
}

impl Previews {
    /// Looks by these requests.
    pub fn new(outbound: Outbound) -> Self {
        Self(Arc::new(Inner {
            outbound,
            turns: Semaphore::new(LOOKS_AT_ONCE),
            hosts: Mutex::default(),
            host_lines: Lines::default(),
            author_lines: Lines::default(),
        }))
    }

    fn outbound(&self) -> &Outbound {
        &self.0.outbound
    }

    /// The one turn at a host; none while somebody has it.
    fn turn_at(&self, host: &str) -> Option<HostTurn> {
        let is_free = self.0.hosts.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned());
        is_free.then(|| HostTurn { previews: self.clone(), host: host.to_owned() })
    }
}

/// A turn at a host, until it is dropped.
struct HostTurn {
    previews: Previews,
    host: String,
}

impl Drop for HostTurn {
    fn drop(&mut self) {
        self.previews.0.hosts.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.host);
    }
}

/// Lines of those who wait, by what they wait for. Each gets a time behind that of the one before: nobody comes in vain again
/// and again, however many there are.
#[derive(Debug, Default)]
struct Lines(Mutex<HashMap<String, i64>>);

impl Lines {
    fn place(&self, of: &str, now_ms: i64, between_ms: i64) -> i64 {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.len() > LINES {
            ends.retain(|_, end| *end > now_ms);
        }
        let end = ends.entry(of.to_owned()).or_default();
        *end = now_ms.max(*end) + between_ms;
        *end
    }
}

/// What became of a look.
enum Looked {
    /// Something or nothing is known of the address.
    Known(AttachmentId, bool),
    /// It was not its turn; there is one at this time.
    Later(i64),
    /// It did not answer.
    Failed,
}

/// Looks behind the links of one message, as far as it is their turn, and shows what is known. What does not answer is tried
/// again at `again_at`.
///
/// # Errors
/// Those of the store; then all of it is still owed.
pub async fn work(state: &AppState, taken: &Taken, now_ms: i64, again_at: i64) -> Result<()> {
    let wanted = previews::wanted(taken).filter(|_| state.config.link_previews);
    let Some(wanted) = wanted else { return end(state, taken).await };
    let mut db = state.store.read().await?;
    let suppressed = previews::is_suppressed(&mut db, wanted.channel_id, wanted.message_id).await?;
    drop(db);
    if suppressed != Some(false) {
        return end(state, taken).await;
    }
    let links = distinct(&wanted.links, state.config.origin());
    let is_last = taken.attempts + 1 >= TRIES;
    let looks = links.iter().map(|(_, address)| look(state, wanted.author_id, address, now_ms, is_last));
    let mut shown = Vec::new();
    let (mut later, mut failed) = (None, false);
    for ((url, _), looked) in links.iter().zip(join_all(looks).await) {
        match looked? {
            Looked::Known(preview, true) => shown.push(Shown { url: url.clone(), preview }),
            Looked::Known(_, false) => {}
            Looked::Later(at) => later = Some(later.map_or(at, |known: i64| known.min(at))),
            Looked::Failed => failed = true,
        }
    }
    let put_off = match (later, failed) {
        (Some(at), _) => Some((at, None)),
        (None, true) => Some((again_at, Some(Fault::Failed.to_string()))),
        (None, false) => None,
    };
    let taken = taken.clone();
    let settle = state
        .store
        .write(move |tx| Box::pin(async move { settle(tx, &taken, &wanted, &shown, put_off).await }));
    settle.await
}

/// The links that lead to different addresses, with those. Not those into this instance, whose pages are for people who are
/// signed in.
fn distinct(links: &[String], own: Option<&str>) -> Vec<(String, Url)> {
    let mut found: Vec<(String, Url)> = Vec::new();
    for link in links {
        let Ok(mut address) = Url::parse(link) else { continue };
        // What stands behind `#` is not told to a server.
        address.set_fragment(None);
        let is_own = own.is_some_and(|own| address.origin().ascii_serialization() == own);
        if !is_own && !found.iter().any(|(_, known)| *known == address) {
            found.push((link.clone(), address));
        }
    }
    found
}

/// Nothing is to be found out any more.
async fn end(state: &AppState, taken: &Taken) -> Result<()> {
    let taken = taken.clone();
    let end = state.store.write(move |tx| Box::pin(async move { queue::done(tx, &taken).await.map(drop) }));
    end.await
}

/// Shows what is known, and ends the work or puts the rest of it off.
async fn settle(
    tx: &mut Tx,
    taken: &Taken,
    wanted: &Wanted,
    shown: &[Shown],
    put_off: Option<(i64, Option<String>)>,
) -> Result<()> {
    let (channel, message) = (wanted.channel_id, wanted.message_id);
    let Some(stream) = channels::stream(tx, channel).await? else {
        return queue::done(tx, taken).await.map(drop);
    };
    // As whoever deletes or changes the message takes them: the stream first, then what is owed.
    tx.lock(stream).await?;
    // What was said in a channel is there for a while after it, and is for nobody's eyes.
    if channels::stream(tx, channel).await?.is_none() {
        return queue::done(tx, taken).await.map(drop);
    }
    let is_ours = match put_off {
        Some((at, error)) => queue::put_off(tx, taken, at, error.as_deref()).await?,
        None => queue::done(tx, taken).await?,
    };
    if !is_ours || previews::is_suppressed(tx, channel, message).await? != Some(false) {
        return Ok(());
    }
    let before = previews::of_message(tx, channel, message).await?;
    previews::show(tx, channel, message, shown).await?;
    let embeds = previews::of_message(tx, channel, message).await?;
    if embeds != before {
        tx.emit(stream, Event::MessageEmbeds { channel_id: channel, message_id: message, embeds }).await?;
    }
    Ok(())
}

/// What is behind an address: what is known of it, or what there is now.
async fn look(state: &AppState, author: UserId, address: &Url, now_ms: i64, is_last: bool) -> Result<Looked> {
    let known = async || previews::known(&mut state.store.read().await?, address.as_str(), now_ms).await;
    if let Some((id, is_something)) = known().await? {
        return Ok(Looked::Known(id, is_something));
    }
    let _turn = state.previews.0.turns.acquire().await.map_err(|_| Error::Busy)?;
    let host = address.host_str().unwrap_or_default();
    let Some(_host) = state.previews.turn_at(host) else {
        return Ok(Looked::Later(state.previews.0.host_lines.place(host, now_ms, HOST_BUSY_MS)));
    };
    // Somebody may have had this turn before, and looked at the same.
    if let Some((id, is_something)) = known().await? {
        return Ok(Looked::Known(id, is_something));
    }
    if state.rates.preview(author).is_err() {
        let between_ms = 60_000 / i64::from(state.config.limits.previews_per_minute);
        let place = state.previews.0.author_lines.place(&author.to_string(), now_ms, between_ms);
        return Ok(Looked::Later(place));
    }
    let id = state.store.snowflakes().next();
    let seen = match look::at(state, address, id).await {
        Ok(seen) => seen,
        Err(_) if is_last => Seen::nothing(),
        Err(_) => return Ok(Looked::Failed),
    };
    keep(state, id, address, seen, now_ms).await
}

/// Keeps what was found for whoever asks next.
async fn keep(state: &AppState, id: AttachmentId, address: &Url, seen: Seen, now_ms: i64) -> Result<Looked> {
    let is_something = seen.found.kind.is_some();
    let end = now_ms + if is_something { GOOD_FOR_MS } else { NOTHING_FOR_MS };
    let (state, address) = (state.clone(), address.to_string());
    // By itself: whoever stops waiting for it, as a process does that stops, must not leave a row without its file.
    let kept = tokio::spawn(async move { insert(&state, id, &address, seen, (now_ms, end)).await });
    kept.await.unwrap_or(Err(Error::Internal))?;
    Ok(Looked::Known(id, is_something))
}

/// Where there is no room for its picture, it is kept without.
async fn insert(
    state: &AppState,
    id: AttachmentId,
    address: &str,
    seen: Seen,
    times: (i64, i64),
) -> Result<()> {
    let Seen { mut found, picture } = seen;
    let room = state.config.files.in_all;
    let write = async |found: Found| {
        let address = address.to_owned();
        let write = state.store.write(move |tx| {
            Box::pin(async move { previews::insert(tx, id, &address, &found, times, room).await })
        });
        write.await
    };
    match write(found.clone()).await {
        Err(Error::InstanceFull) => {
            found.picture = None;
            write(found).await
        }
        Ok(()) => {
            if let Some(picture) = picture {
                picture.keep();
            }
            Ok(())
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, distinct};

    #[test]
    fn links_are_distinct_when_they_lead_elsewhere() {
        let links = [
            "https://a.example",
            "HTTPS://A.example/#part",
            "https://a.example:443/",
            "http://a.example/",
            "https://b.example/x",
        ];
        let links = [&links[..], &["https://chat.example/channels/1/2", "http://[::"]].concat();
        let links: Vec<String> = links.into_iter().map(str::to_owned).collect();
        let found: Vec<String> =
            distinct(&links, Some("https://chat.example")).into_iter().map(|(link, _)| link).collect();
        assert_eq!(found, ["https://a.example", "http://a.example/", "https://b.example/x"]);
    }

    #[test]
    fn whoever_waits_has_a_place_of_their_own() {
        let lines = Lines::default();
        assert_eq!([1, 2, 3].map(|_| lines.place("a", 1_000, 100)), [1_100, 1_200, 1_300]);
        assert_eq!((lines.place("b", 1_000, 100), lines.place("a", 1_250, 100)), (1_100, 1_400));
        assert_eq!(lines.place("a", 5_000, 100), 5_100);
    }
}
