//! Does the work that is owed: what a commit made necessary and nobody had to wait for. Beside it, `jobs` does what the
//! clock makes necessary.
//!
//! The work itself is in rows (`store::queue`), so nothing is lost with a process. Each piece is held for a while by whoever
//! takes it; who crashes or takes longer loses it to the next one. So a piece may be done twice, and is written so that the
//! second time does no harm.

use std::sync::Arc;
use std::time::Duration;

use protocol::Result;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::AppState;
use crate::previews;
use crate::store::queue::{self, Taken};
use crate::store::{self, now_ms};

/// Pieces of work done at a time. They wait for others more than they compute.
const AT_ONCE: usize = 8;
/// How long a piece belongs to whoever took it: longer than five links with their pictures can take.
const HELD_FOR_MS: i64 = 5 * 60_000;
/// How often it is looked for work of another process, or of one that crashed.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The first and the longest pause after a failure. Each is four times the one before.
const PAUSE_MS: (i64, i64) = (30_000, 3_600_000);
/// How long work waits that this version knows nothing of: a newer one owed it.
const UNKNOWN_MS: i64 = 3_600_000;

/// A handle to the work; cheap to clone. Nothing is done in a process that did not [`start`] it.
#[derive(Clone, Debug, Default)]
pub struct Queue(Arc<Notify>);

impl Queue {
    /// Something is owed since the last commit.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// Starts the work; it ends with the process.
pub fn start(state: &AppState) {
    let (shutdown, state) = (state.shutdown.clone(), state.clone());
    shutdown.run(async move { serve(&state).await });
}

async fn serve(state: &AppState) {
    // What is under way when the process stops is dropped, and done again by the next one.
    let mut under_way = JoinSet::new();
    loop {
        let pause = match take(state, now_ms(), AT_ONCE - under_way.len()).await {
            Ok(taken) => {
                for piece in taken {
                    let state = state.clone();
                    under_way.spawn(async move { run(&state, &piece, now_ms()).await });
                }
                until_next(state).await
            }
            Err(error) => {
                tracing::warn!(%error, "work that is owed cannot be taken; it is tried again");
                LOOK_EVERY
            }
        };
        let is_full = under_way.len() >= AT_ONCE;
        tokio::select! {
            Some(_) = under_way.join_next() => {}
            () = state.queue.0.notified(), if !is_full => {}
            () = tokio::time::sleep(pause), if !is_full => {}
        }
    }
}

/// Until something is to be done, if nobody says so before.
async fn until_next(state: &AppState) -> Duration {
    let next = async { queue::next_at(&mut state.store.read().await?).await };
    let next: Result<Option<i64>> = next.await;
    let wait = next.ok().flatten().map(|at| u64::try_from(at - now_ms()).unwrap_or(0));
    wait.map_or(LOOK_EVERY, |wait| Duration::from_millis(wait).min(LOOK_EVERY))
}

async fn take(state: &AppState, now_ms: i64, most: usize) -> Result<Vec<Taken>> {
    // Nearly always there is nothing, and the writer need not know.
    let next = queue::next_at(&mut state.store.read().await?).await?;
    if most == 0 || next.is_none_or(|at| at > now_ms) {
        return Ok(Vec::new());
    }
    state.store.write(move |tx| Box::pin(queue::take(tx, now_ms, now_ms + HELD_FOR_MS, most))).await
}

/// Does one piece. What fails is put off.
async fn run(state: &AppState, taken: &Taken, now_ms: i64) {
    let again_at = now_ms + pause_ms(taken.attempts);
    let (at, error) = match taken.kind.as_str() {
        store::previews::KIND => match previews::work(state, taken, now_ms, again_at).await {
            Ok(()) => return,
            Err(error) => (again_at, error.to_string()),
        },
        _ => (now_ms + UNKNOWN_MS, "nobody knows this kind of work".to_owned()),
    };
    tracing::warn!(kind = %taken.kind, %error, "work that is owed is put off");
    let taken = taken.clone();
    let put_off = state.store.write(move |tx| {
        Box::pin(async move { queue::put_off(tx, &taken, at, Some(&error)).await.map(drop) })
    });
    // Where that fails too, it comes back when its holder's time is over.
    let _ = put_off.await;
}

/// Does all that is to be done at a time, and returns how many pieces that were.
///
/// # Errors
/// Those of the store.
pub async fn run_due(state: &AppState, now_ms: i64) -> Result<usize> {
    let mut done = 0;
    loop {
        let taken = take(state, now_ms, AT_ONCE).await?;
        if taken.is_empty() {
            return Ok(done);
        }
        done += taken.len();
        let mut under_way = JoinSet::new();
        for piece in taken {
            let state = state.clone();
            under_way.spawn(async move { run(&state, &piece, now_ms).await });
        }
        under_way.join_all().await;
    }
}

/// How long something waits that failed so often before: four times longer each time, by half more or less at random, so
/// that what failed together does not come back together.
fn pause_ms(attempts: u32) -> i64 {
    let (first, longest) = PAUSE_MS;
    let pause = first.saturating_mul(4_i64.saturating_pow(attempts)).min(longest);
    rand::random_range(pause / 2..=pause + pause / 2)
}

#[cfg(test)]
mod tests {
    use super::{PAUSE_MS, pause_ms};

    #[test]
    fn pauses_grow_and_end_and_are_spread() {
        for (attempts, pause) in
            [(0, 30_000), (1, 120_000), (2, 480_000), (9, PAUSE_MS.1), (u32::MAX, PAUSE_MS.1)]
        {
            let some: Vec<i64> = (0..200).map(|_| pause_ms(attempts)).collect();
            assert!(some.iter().all(|ms| (pause / 2..=pause + pause / 2).contains(ms)), "{attempts}");
            assert!(some.iter().any(|ms| *ms != some[0]), "{attempts}");
        }
    }
}
