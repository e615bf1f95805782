//! Timed work: forgetting what is old, removing what was deleted.

use std::sync::Arc;
use std::time::Duration;

use protocol::frame::CloseCode;
use protocol::{Result, Stream, limits};
use tokio::sync::Notify;

use crate::AppState;
use crate::auth::session::idle_limit_ms;
use crate::store::{Tx, Work, hints, invites, nonces, now_ms, purges, sessions, streams};

/// How often old things are looked for.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// Rows removed in one commit: a few milliseconds of the writer.
const STEP: i64 = 500;
/// Streams looked at in one go.
const STREAMS_STEP: i64 = 200;
const DAY_MS: i64 = 86_400_000;

/// A handle to the timed work; cheap to clone. It does nothing in a process that did not [`start`] it.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    purge: Arc<Notify>,
}

impl Jobs {
    /// Removes what was just deleted without waiting for the next round.
    pub fn purge_soon(&self) {
        self.purge.notify_one();
    }
}

/// Starts the work; it ends with the process. One task does all of it, so that no two remove the same.
pub fn start(state: &AppState) {
    let state = state.clone();
    let token = state.shutdown.token().clone();
    state.shutdown.tasks().clone().spawn(async move {
        loop {
            if let Err(error) = run(&state).await {
                tracing::warn!(%error, "timed work failed; it is tried again later");
            }
            let pause = tokio::time::sleep(EVERY);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    () = token.cancelled() => return,
                    () = &mut pause => break,
                    () = state.jobs.purge.notified() => {}
                }
                if let Err(error) = purge(&state).await {
                    tracing::warn!(%error, "what was deleted is still there; it is removed in the next round");
                }
            }
        }
    });
}

/// One round of everything.
///
/// # Errors
/// Those of the store; what was done is done, the next round goes on.
pub async fn run(state: &AppState) -> Result<()> {
    state.rates.forget_idle();
    let now = now_ms();
    expire_sessions(state, now).await?;
    in_steps(state, move |tx| Box::pin(nonces::delete_old(tx, now - limits::NONCE_DAYS * DAY_MS, STEP)))
        .await?;
    in_steps(state, move |tx| Box::pin(invites::delete_dead(tx, now, STEP))).await?;
    in_steps(state, |tx| Box::pin(hints::delete_old(tx, STEP))).await?;
    purge(state).await?;
    let before = now - i64::from(state.config.event_retention_days) * DAY_MS;
    expire_events(state, before).await?;
    forget_streams(state, before).await
}

/// Ends sessions past their limits. The socket of one ends with the step that removes it.
async fn expire_sessions(state: &AppState, now: i64) -> Result<()> {
    let limit = STEP as usize;
    loop {
        let step = state
            .store
            .write(move |tx| Box::pin(sessions::delete_expired(tx, now, idle_limit_ms(now), limit)));
        let ended = step.await?;
        let is_last = ended.len() < limit;
        for session in ended {
            state.hub.close_session(session, CloseCode::SignedOut);
        }
        if is_last || state.shutdown.token().is_cancelled() {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

/// Repeats a step while it says that there may be more; false when the process stops before the last one.
async fn in_steps<F>(state: &AppState, step: F) -> Result<bool>
where
    F: for<'t> Fn(&'t mut Tx) -> Work<'t, bool> + Clone + Send + 'static,
{
    while state.store.write(step.clone()).await? {
        if state.shutdown.token().is_cancelled() {
            return Ok(false);
        }
        // Between two steps the writer belongs to people.
        tokio::task::yield_now().await;
    }
    Ok(true)
}

/// Removes what deleted guilds, channels and messages left.
async fn purge(state: &AppState) -> Result<()> {
    while let Some(guild) = purges::next_guild(&mut state.store.read().await?).await? {
        if !in_steps(state, move |tx| Box::pin(purges::step_guild(tx, guild, STEP))).await? {
            return Ok(());
        }
    }
    while let Some(channel) = purges::next(&mut state.store.read().await?).await? {
        if !in_steps(state, move |tx| Box::pin(purges::step(tx, channel, STEP))).await? {
            return Ok(());
        }
    }
    while let Some((channel, message)) = purges::next_message(&mut state.store.read().await?).await? {
        if !in_steps(state, move |tx| Box::pin(purges::step_message(tx, channel, message, STEP))).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Removes events nobody can be replayed any more. Readers find out where there are any; the writer only removes.
async fn expire_events(state: &AppState, before_ms: i64) -> Result<()> {
    let mut after = None;
    loop {
        let page = streams::page(&mut state.store.read().await?, after, STREAMS_STEP).await?;
        let Some((last, _)) = page.last().copied() else { return Ok(()) };
        let old = page.into_iter().filter(|(_, oldest)| oldest.is_some_and(|oldest| oldest < before_ms));
        let old: Arc<[Stream]> = old.map(|(stream, _)| stream).collect();
        if !old.is_empty() {
            let is_done = in_steps(state, move |tx| {
                let old = old.clone();
                Box::pin(async move { streams::expire(tx, &old, before_ms, STEP).await })
            });
            if !is_done.await? {
                return Ok(());
            }
        }
        if state.shutdown.token().is_cancelled() {
            return Ok(());
        }
        after = Some(last);
    }
}

/// Forgets the streams of guilds that were deleted long ago.
async fn forget_streams(state: &AppState, before_ms: i64) -> Result<()> {
    loop {
        let over = streams::over(&mut state.store.read().await?, before_ms, STREAMS_STEP).await?;
        if over.is_empty() || state.shutdown.token().is_cancelled() {
            return Ok(());
        }
        let forget = state.store.write(move |tx| {
            Box::pin(async move {
                for guild in over {
                    streams::forget(tx, guild).await?;
                }
                Ok(())
            })
        });
        forget.await?;
    }
}
