//! PostgreSQL: each write its own transaction, finished even when nobody waits for it any more.

use std::panic::AssertUnwindSafe;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt;
use protocol::{Error, Result};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::tx::Owned;
use super::{Backend, Inner, OpenError, Options, Snowflakes, Store, Tx, Work, fault, migrate, node};

/// Connections of one process. A server allows 100 by default, and more than two dozen only queue on its disk.
const CONNECTIONS: u32 = 24;

/// How long a statement may take: as long as a request. Whoever asked is gone by then.
const STATEMENT_TIMEOUT: &str = "30s";
/// How long a statement may wait for a lock. Writes take milliseconds; who waits longer waits for something stuck.
const LOCK_TIMEOUT: &str = "10s";

/// Connects to the server.
pub(super) async fn open(options: &Options) -> std::result::Result<Store, OpenError> {
    let shown = shown_url(&options.url);
    let connect = |source| OpenError::Connect { url: shown.clone(), source };
    let settings = PgConnectOptions::from_str(&options.url)
        .map_err(connect)?
        .statement_cache_capacity(256)
        .application_name("harmony")
        .disable_statement_logging();
    let pool = |connections| {
        PgPoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(10))
    };
    // Bringing a large table up to date may take its time.
    let patient = pool(1).connect_with(settings.clone()).await.map_err(connect)?;
    migrate::postgres(&patient).await?;
    patient.close().await;
    let settings =
        settings.options([("statement_timeout", STATEMENT_TIMEOUT), ("lock_timeout", LOCK_TIMEOUT)]);
    let pool = pool(CONNECTIONS).connect_with(settings).await.map_err(connect)?;
    let lease = node::lease_postgres(&pool).await?;
    let store = Store {
        inner: Arc::new(Inner {
            backend: Backend::Postgres { pool },
            snowflakes: Snowflakes::new(lease.node),
            lease,
            sink: OnceLock::new(),
            is_heard: Arc::default(),
            answer_before_commit: options.answer_before_commit,
        }),
    };
    node::keep(&store);
    Ok(store)
}

/// The address without user and password, which may stand in front of the host and behind the `?`.
fn shown_url(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (place, options) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
    match place.rsplit_once('@') {
        // Which of the two a password with a `?` in it is in cannot be told.
        _ if options.contains('@') => format!("{scheme}://…"),
        Some((_, host)) => format!("{scheme}://…@{host}"),
        None => format!("{scheme}://{place}"),
    }
}

/// Runs a write on a task of its own: a dropped request must not leave a commit without its events.
pub(super) async fn write<T, F>(store: Store, work: F) -> Result<T>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
{
    let (early_sender, early) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        let Backend::Postgres { pool } = &store.inner.backend else { return Err(Error::Internal) };
        let begun = pool.begin().await.map_err(fault)?;
        let (snowflakes, is_heard) = (store.inner.snowflakes.clone(), Arc::clone(&store.inner.is_heard));
        let mut tx = Tx { conn: Owned::Postgres(begun), emitted: Vec::new(), snowflakes, is_heard };
        let result = AssertUnwindSafe(work(&mut tx)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("a write panicked");
            Err(Error::Internal)
        })?;
        if store.inner.answer_before_commit {
            // The negative control of the crash test; see `Options::answer_before_commit`.
            if early_sender.send(result).is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            finish(&store, tx).await?;
            return Ok(None);
        }
        finish(&store, tx).await?;
        Ok(Some(result))
    });
    tokio::pin!(task);
    tokio::select! {
        biased;
        Ok(result) = early => Ok(result),
        done = &mut task => done.map_err(|_| Error::Internal)??.ok_or(Error::Internal),
    }
}

async fn finish(store: &Store, tx: Tx) -> Result<()> {
    let Tx { conn: Owned::Postgres(conn), emitted, .. } = tx else { return Err(Error::Internal) };
    // Whether a failed commit took effect is unknown; the caller repeats with the same nonce.
    conn.commit().await.map_err(|error| match fault(error) {
        Error::Internal => Error::Busy,
        other => other,
    })?;
    store.publish(emitted).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::shown_url;

    #[test]
    fn a_logged_address_holds_no_password() {
        assert_eq!(shown_url("postgres://ana:pw@db.example/chat"), "postgres://…@db.example/chat");
        assert_eq!(shown_url("postgres://db.example/chat"), "postgres://db.example/chat");
        assert_eq!(
            shown_url("postgres://db.example/chat?user=ana&password=pw"),
            "postgres://db.example/chat"
        );
        assert_eq!(
            shown_url("postgres://ana:pw@db.example/chat?sslmode=disable"),
            "postgres://…@db.example/chat"
        );
        for odd in ["postgres://ana:p?w@db.example/chat", "postgres://db.example/chat?password=p@w"] {
            assert_eq!(shown_url(odd), "postgres://…");
        }
    }
}
