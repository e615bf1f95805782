//! Keeps the search index up with what is said: a moment after each message, and everything from before it began.
//!
//! What was committed here is noted by `delivery`, so that nobody looks for it. What was not (a process that was killed,
//! another one, messages older than the index) is found by a look at all channels now and then. Both lead to the same
//! steps, which know by the position in the database what is missing, so it does not matter how often a channel is noted.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::{ChannelId, Result};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::AppState;
use crate::store::search_index;

/// How long messages are gathered: in a burst many are indexed in one commit, and a message is found well within a second.
const GATHER: Duration = Duration::from_millis(200);
/// Messages indexed in one commit: a few milliseconds of the writer.
const STEP: i64 = 250;
/// How often all channels are looked at: whoever was killed leaves what it had noted, and another process serves on.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Channels found in one look; with more the next one follows at once.
const FOUND_AT_ONCE: i64 = 200;
/// How long nothing is tried after a failure.
const RETRY: Duration = Duration::from_secs(5);

/// Channels in which something is said that may not be in the index; cheap to clone. Nothing happens with them in a
/// process that did not [`start`] it.
#[derive(Clone, Debug, Default)]
pub struct Indexing(Arc<Noted>);

#[derive(Debug, Default)]
struct Noted {
    channels: Mutex<HashSet<ChannelId>>,
    some: Notify,
}

impl Indexing {
    /// Something was said there.
    pub fn note(&self, channel: ChannelId) {
        self.0.channels.lock().unwrap_or_else(PoisonError::into_inner).insert(channel);
        self.0.some.notify_one();
    }

    fn take(&self) -> HashSet<ChannelId> {
        std::mem::take(&mut *self.0.channels.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Starts it; it ends with the process.
pub fn start(state: &AppState) {
    let (shutdown, state) = (state.shutdown.clone(), state.clone());
    shutdown.run(async move { keep_up(&state).await });
}

async fn keep_up(state: &AppState) {
    let mut backlog = VecDeque::new();
    let mut after = None;
    let mut next_look = Instant::now();
    loop {
        let done = async {
            for channel in state.indexing.take() {
                // A step has the newest first; what is left of an old channel is not urgent.
                if step(state, channel).await? && !backlog.contains(&channel) {
                    backlog.push_back(channel);
                }
            }
            match backlog.pop_front() {
                Some(channel) if step(state, channel).await? => backlog.push_front(channel),
                Some(_) => {}
                None if next_look <= Instant::now() => {
                    let found = behind(state, &mut after).await?;
                    backlog.extend(found);
                    if after.is_none() {
                        next_look = Instant::now() + LOOK_EVERY;
                    }
                }
                None => {
                    tokio::select! {
                        () = state.indexing.0.some.notified() => tokio::time::sleep(GATHER).await,
                        () = tokio::time::sleep_until(next_look) => {}
                    }
                }
            }
            Ok(())
        };
        let done: Result<()> = done.await;
        if let Err(error) = done {
            tracing::warn!(%error, "messages could not be indexed; it is tried again");
            (after, next_look) = (None, Instant::now());
            tokio::time::sleep(RETRY).await;
        }
        // Between two steps the writer belongs to people.
        tokio::task::yield_now().await;
    }
}

async fn step(state: &AppState, channel: ChannelId) -> Result<bool> {
    state.store.write(move |tx| Box::pin(search_index::step(tx, channel, STEP))).await
}

/// Channels in which something is missing, from `after` on, which is none again after the last.
async fn behind(state: &AppState, after: &mut Option<ChannelId>) -> Result<Vec<ChannelId>> {
    let found = search_index::behind(&mut state.store.read().await?, *after, FOUND_AT_ONCE).await?;
    *after = found.last().copied().filter(|_| found.len() as i64 == FOUND_AT_ONCE);
    Ok(found)
}

/// Indexes all there is, and returns when nothing is missing.
///
/// # Errors
/// Those of the store; what was done is done.
pub async fn catch_up(state: &AppState) -> Result<()> {
    let mut after = None;
    loop {
        for channel in behind(state, &mut after).await? {
            while step(state, channel).await? {}
        }
        if after.is_none() {
            return Ok(());
        }
    }
}
