//! Archiving threads in which nothing happens any more.

use protocol::event::Event;
use protocol::id::{EPOCH_MS, NODE_BITS, SEQUENCE_BITS};
use protocol::{ChannelId, GuildId, MessageId, Result, Stream, limits};

use crate::AppState;
use crate::store::{Tx, threads};

/// Threads archived in one commit: each is an event to a whole guild.
const STEP: i64 = 50;

/// Archives what nothing has happened in for as long as its owner wanted, as of a moment in milliseconds. In steps along an
/// index: between two of them the writer belongs to people.
///
/// # Errors
/// Those of the store; what was archived is archived.
pub async fn archive_idle(state: &AppState, now_ms: i64) -> Result<()> {
    for minutes in limits::AUTO_ARCHIVE_MINUTES {
        let since_ms = now_ms - i64::from(minutes) * 60_000 - EPOCH_MS;
        let Some(since) = MessageId::new(since_ms.max(0) << (NODE_BITS + SEQUENCE_BITS)) else { continue };
        let mut after = MessageId::from_trusted(0);
        loop {
            let idle = threads::idle(&mut state.store.read().await?, minutes, since, after, STEP).await?;
            let Some((last, ..)) = idle.last().copied() else { break };
            after = last;
            state.store.write(move |tx| Box::pin(archive_some(tx, idle, since))).await?;
            if state.shutdown.token().is_cancelled() {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

async fn archive_some(
    tx: &mut Tx,
    mut idle: Vec<(MessageId, GuildId, ChannelId)>,
    since: MessageId,
) -> Result<()> {
    // Locks of several guilds are taken in one order.
    idle.sort_unstable_by_key(|(_, guild, _)| *guild);
    for (_, guild, id) in idle {
        tx.lock(Stream::Guild(guild)).await?;
        if !threads::archive_idle(tx, id, since).await? {
            continue;
        }
        // One whose channel is gone has nobody to be told.
        if let Some(thread) = threads::by_id(tx, id).await? {
            tx.emit(Stream::Guild(guild), Event::ThreadUpdated { thread }).await?;
        }
    }
    Ok(())
}
