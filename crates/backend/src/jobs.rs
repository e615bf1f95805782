//! Timed work: forgetting what is old, removing what was deleted.

use std::time::Duration;

use protocol::Result;

use crate::AppState;
use crate::auth::session::idle_limit_ms;
use crate::store::{invites, nonces, now_ms, purges, sessions, streams};

/// How often old things are looked for.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// Days a retry key is remembered.
const NONCE_DAYS: i64 = 7;
/// Messages removed in one commit: a few milliseconds of the writer.
const PURGE_STEP: i64 = 500;
/// Streams looked at in one go.
const STREAMS_STEP: i64 = 200;
const DAY_MS: i64 = 86_400_000;

/// Starts the work; it ends with the process.
pub fn start(state: &AppState) {
    let state = state.clone();
    let token = state.shutdown.token().clone();
    state.shutdown.tasks().spawn({
        let state = state.clone();
        async move {
            loop {
                if let Err(error) = run(&state).await {
                    tracing::warn!(%error, "timed work failed; it is tried again later");
                }
                tokio::select! {
                    () = token.cancelled() => return,
                    () = tokio::time::sleep(EVERY) => {}
                }
            }
        }
    });
}

/// Removes the messages of what was just deleted without waiting for the next round.
pub fn purge_soon(state: &AppState) {
    let state = state.clone();
    state.shutdown.tasks().clone().spawn(async move {
        if let Err(error) = purge(&state).await {
            tracing::warn!(%error, "deleted messages are still there; they are removed in the next round");
        }
    });
}

/// One round of everything.
pub async fn run(state: &AppState) -> Result<()> {
    state.rates.forget_idle();
    let now = now_ms();
    let ended = state.store.write(move |tx| {
        Box::pin(async move {
            nonces::delete_old(tx, now - NONCE_DAYS * DAY_MS).await?;
            invites::delete_expired(tx, now).await?;
            sessions::delete_expired(tx, now, idle_limit_ms(now)).await
        })
    });
    for session in ended.await? {
        state.hub.close_session(session, protocol::frame::CloseCode::SignedOut);
    }
    purge(state).await?;
    expire_events(state, now - i64::from(state.config.event_retention_days) * DAY_MS).await
}

/// Removes the messages of deleted channels.
async fn purge(state: &AppState) -> Result<()> {
    while let Some(channel) = purges::next(&mut state.store.read().await?).await? {
        while state
            .store
            .write(move |tx| Box::pin(async move { purges::step(tx, channel, PURGE_STEP).await }))
            .await?
        {
            if state.shutdown.token().is_cancelled() {
                return Ok(());
            }
            // Between two steps the writer belongs to people.
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

/// Removes events nobody can be replayed any more.
async fn expire_events(state: &AppState, before_ms: i64) -> Result<()> {
    let mut after = None;
    loop {
        let page = streams::page(&mut state.store.read().await?, after, STREAMS_STEP).await?;
        let Some(last) = page.last().copied() else { return Ok(()) };
        let step = state.store.write(move |tx| {
            Box::pin(async move {
                for stream in page {
                    streams::expire(tx, stream, before_ms).await?;
                }
                Ok(())
            })
        });
        step.await?;
        after = Some(last);
        if state.shutdown.token().is_cancelled() {
            return Ok(());
        }
    }
}
