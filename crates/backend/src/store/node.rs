//! The lease of a node number: two processes on one database never make the same id.

use std::time::Duration;

use rand::RngExt;
use sqlx::{PgPool, SqliteConnection};

use super::{Backend, OpenError, Store, Tx, now_ms};

/// Milliseconds a lease lasts.
const LEASE_MS: i64 = 60_000;
/// How often it is renewed: two renewals may fail before it ends.
const RENEW_EVERY: Duration = Duration::from_secs(20);
/// Node numbers there are (10 bits).
const NODES: i64 = 1024;

const FREE: &str = "select node from node_leases where expires_at < $1 order by node limit 1";
const HIGHEST: &str = "select coalesce(max(node), -1) from node_leases";
const CLAIM: &str = "insert into node_leases (node, holder, expires_at) values ($1, $2, $3)
    on conflict (node) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where node_leases.expires_at < $4";

/// A leased number.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The number.
    pub node: i64,
    holder: String,
}

fn new_holder() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

macro_rules! lease {
    ($conn:expr) => {{
        let holder = new_holder();
        let connect = |source| OpenError::Connect { url: "node_leases".into(), source };
        // Another process may take the same number between the question and the claim; then ask again.
        for _ in 0..NODES {
            let now = now_ms();
            let expired: Option<i64> =
                sqlx::query_scalar(FREE).bind(now).fetch_optional(&mut *$conn).await.map_err(connect)?;
            let highest: i64 = sqlx::query_scalar(HIGHEST).fetch_one(&mut *$conn).await.map_err(connect)?;
            let node = expired.unwrap_or(highest + 1);
            if node >= NODES {
                return Err(OpenError::NoNode);
            }
            let claim = sqlx::query(CLAIM).bind(node).bind(&holder).bind(now + LEASE_MS).bind(now);
            if claim.execute(&mut *$conn).await.map_err(connect)?.rows_affected() == 1 {
                return Ok(Lease { node, holder });
            }
        }
        Err(OpenError::NoNode)
    }};
}

pub(super) async fn lease_sqlite(conn: &mut SqliteConnection) -> Result<Lease, OpenError> {
    lease!(conn)
}

pub(super) async fn lease_postgres(pool: &PgPool) -> Result<Lease, OpenError> {
    let connect = |source| OpenError::Connect { url: "node_leases".into(), source };
    let mut conn = pool.acquire().await.map_err(connect)?;
    lease!(conn)
}

/// Renews the lease for as long as the store lives.
pub(super) fn keep(store: &Store) {
    let weak = std::sync::Arc::downgrade(&store.inner);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            let Some(inner) = weak.upgrade() else { return };
            let Lease { node, holder } = inner.lease.clone();
            let renewed = Store { inner }
                .write(move |tx| Box::pin(async move { renew(tx, node, &holder).await }))
                .await;
            match renewed {
                Ok(0) => tracing::error!(node, "the node number was taken over; stop this process"),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the lease of the node number was not renewed"),
            }
        }
    });
}

async fn renew(tx: &mut Tx, node: i64, holder: &str) -> protocol::Result<u64> {
    let expires_at = now_ms() + LEASE_MS;
    query!(run tx, "update node_leases set expires_at = $1 where node = $2 and holder = $3", expires_at, node, holder)
}

async fn give_back(tx: &mut Tx, node: i64, holder: &str) -> protocol::Result<u64> {
    let sql = "update node_leases set expires_at = $1 where node = $2 and holder = $3";
    query!(run tx, sql, now_ms(), node, holder)
}

/// Gives the number back, so that a restart gets it again. Ids made so far stay below the moment of release.
pub(super) async fn release(store: &Store) {
    let Lease { node, holder } = store.inner.lease.clone();
    let _ = store.write(move |tx| Box::pin(async move { give_back(tx, node, &holder).await })).await;
    if let Backend::Postgres { .. } = store.inner.backend {
        tracing::debug!(node, "node number released");
    }
}
