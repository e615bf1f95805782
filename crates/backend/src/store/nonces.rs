//! Retries: a repeated request finds its first result.

use protocol::{Error, Result, UserId};
use sha2::{Digest, Sha256};

use super::{Tx, now_ms};

/// Notes that this request made `target`; or returns what an earlier one with the same nonce made.
///
/// # Errors
/// [`Error::NonceReused`] when that request had another body.
pub async fn claim(
    tx: &mut Tx,
    author: UserId,
    nonce: &str,
    body: &[&[u8]],
    target: i64,
) -> Result<Option<i64>> {
    let hash = hash_of(body);
    let sql =
        "insert into nonces (author_id, nonce, target_id, body_hash, created_at) values ($1, $2, $3, $4, $5)
        on conflict do nothing";
    if query!(run tx, sql, author.get(), nonce, target, hash.as_slice(), now_ms())? == 1 {
        return Ok(None);
    }
    self::target(tx, author, nonce, body).await?.ok_or(Error::Busy).map(Some)
}

/// What an earlier request with the same nonce made, if there was one.
///
/// # Errors
/// [`Error::NonceReused`] when that request had another body.
pub async fn target(tx: &mut Tx, author: UserId, nonce: &str, body: &[&[u8]]) -> Result<Option<i64>> {
    let sql = "select target_id, body_hash from nonces where author_id = $1 and nonce = $2";
    match query!(fetch_optional(i64, Vec<u8>), tx, sql, author.get(), nonce)? {
        Some((earlier, known)) if known == hash_of(body) => Ok(Some(earlier)),
        Some(_) => Err(Error::NonceReused),
        None => Ok(None),
    }
}

/// Forgets up to `limit` nonces older than a time, the oldest first; returns whether there may be more.
pub async fn delete_old(tx: &mut Tx, before_ms: i64, limit: i64) -> Result<bool> {
    let sql = "delete from nonces where (author_id, nonce) in
        (select author_id, nonce from nonces where created_at < $1 order by created_at limit $2)";
    Ok(query!(run tx, sql, before_ms, limit)?.cast_signed() >= limit)
}

/// The parts are hashed with their lengths, so that no two bodies run together into the same bytes.
fn hash_of(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}
