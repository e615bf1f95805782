//! Timed work: forgetting what is old, removing what was deleted.

use std::sync::Arc;
use std::time::Duration;

use protocol::frame::CloseCode;
use protocol::{AttachmentId, Error, Result, Stream, limits};
use tokio::sync::Notify;

use crate::AppState;
use crate::auth::session::idle_limit_ms;
use crate::store::{
    Tx, Work, attachments, hints, invites, nonces, now_ms, previews, purges, sessions, streams,
};

mod quiet;

pub use quiet::archive_idle;

/// How often old things are looked for.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// Rows removed in one commit: a few milliseconds of the writer.
const STEP: i64 = 500;
/// Streams looked at in one go.
const STREAMS_STEP: i64 = 200;
const DAY_MS: i64 = 86_400_000;
/// Files removed from the disk before their rows are.
const FILES_STEP: i64 = 100;
/// Rounds between two looks at all files, about a day: only a crash leaves one without a row.
const SWEEP_EVERY: u32 = 144;
/// How long after its end what was found behind a link may still be on its way into a message.
const SHOWN_WITHIN_MS: i64 = 3_600_000;
/// How old a file without a row has to be until it is taken for left over: longer than an upload may take.
const LEFT_OVER_MS: i64 = 2 * 3_600_000;

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
        for round in 0_u32.. {
            if let Err(error) = run(&state).await {
                tracing::warn!(%error, "timed work failed; it is tried again later");
            }
            if round.is_multiple_of(SWEEP_EVERY) {
                if let Err(error) = forget_previews(&state, now_ms()).await {
                    tracing::warn!(%error, "previews that nobody shows are still there");
                }
                if let Err(error) = sweep(&state).await {
                    tracing::warn!(%error, "files that were left over are still there");
                }
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
    in_steps(state, move |tx| Box::pin(attachments::expire(tx, now, STEP))).await?;
    archive_idle(state, now).await?;
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
    remove_files(state).await
}

/// Removes files that nobody wants any more, and then their rows: after a crash in between they are removed again.
async fn remove_files(state: &AppState) -> Result<()> {
    loop {
        let ended = attachments::ended(&mut state.store.read().await?, FILES_STEP).await?;
        if ended.is_empty() || state.shutdown.token().is_cancelled() {
            return Ok(());
        }
        remove_from_disk(state, ended.clone()).await?;
        state.store.write(move |tx| Box::pin(async move { attachments::forget(tx, &ended).await })).await?;
    }
}

async fn remove_from_disk(state: &AppState, ids: Vec<AttachmentId>) -> Result<()> {
    let folder = state.media.folder().clone();
    let removal = tokio::task::spawn_blocking(move || ids.into_iter().try_for_each(|id| folder.remove(id)));
    removal.await.map_err(|_| Error::Internal)?.map_err(disk_fault)
}

fn disk_fault(error: std::io::Error) -> Error {
    tracing::error!(%error, "the folder of files does not answer");
    Error::Internal
}

/// Forgets what was found behind links that no message shows any more, with its pictures.
///
/// # Errors
/// Those of the store and of the disk.
pub async fn forget_previews(state: &AppState, now_ms: i64) -> Result<()> {
    let mut after = None;
    loop {
        let over =
            previews::over(&mut state.store.read().await?, after, now_ms - SHOWN_WITHIN_MS, STEP).await?;
        let Some(last) = over.last().copied().filter(|_| !state.shutdown.token().is_cancelled()) else {
            return Ok(());
        };
        remove_from_disk(state, over.clone()).await?;
        state.store.write(move |tx| Box::pin(async move { previews::forget(tx, &over).await })).await?;
        after = Some(last);
    }
}

/// Removes files that no row knows: what a crash left of uploads. Not where there are no rows at all, because then it is
/// more likely that this is the wrong database for the folder.
///
/// # Errors
/// Those of the store and of the disk.
pub async fn sweep(state: &AppState) -> Result<()> {
    if !attachments::is_any(&mut state.store.read().await?).await? {
        return Ok(());
    }
    let folder = state.media.folder().clone();
    let ids = tokio::task::spawn_blocking(move || folder.ids()).await.map_err(|_| Error::Internal)?;
    let before = now_ms() - LEFT_OVER_MS;
    let ids = ids.map_err(disk_fault)?;
    let old: Vec<_> = ids.into_iter().filter(|id| id.created_at().as_millis() < before).collect();
    for some in old.chunks(STEP as usize) {
        let (Some(first), Some(last)) = (some.first(), some.last()) else { continue };
        let known = attachments::known(&mut state.store.read().await?, *first, *last).await?;
        let left: Vec<_> = some.iter().copied().filter(|id| !known.contains(id)).collect();
        if !left.is_empty() {
            tracing::info!(count = left.len(), "removing files that were left over");
            remove_from_disk(state, left).await?;
        }
        if state.shutdown.token().is_cancelled() {
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
