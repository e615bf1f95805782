//! Passwords: Argon2id in a bounded pool, and the list of those everybody tries first.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use protocol::error::{Field, Problem};
use protocol::parse::Password;
use protocol::{Error, Result};
use tokio::sync::Semaphore;

/// Hashings that may wait for a core. One takes about 20 ms, so the last of 32 waits well under a second; more
/// than that is a flood and is told to come back.
const QUEUE: usize = 32;

/// Passwords of at least eight characters that are tried first, most common first, one a line.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// A hash nobody's password has: verified for unknown names, so that they take as long as known ones.
static DUMMY: LazyLock<String> =
    LazyLock::new(|| hash("a password that is never accepted").unwrap_or_default());

/// The hashing pool; cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    cores: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { cores: Arc::new(Semaphore::new(cores)), queue: Arc::new(Semaphore::new(cores + QUEUE)) }
    }
}

impl Passwords {
    /// Hashes a new password, in PHC form with its own salt.
    pub async fn hash(&self, password: &Password) -> Result<String> {
        let password = password.clone();
        self.run(move || hash(password.reveal())).await?
    }

    /// Whether a typed password belongs to a hash; `None` for an unknown person costs the same and is false.
    pub async fn verify(&self, typed: &str, hash: Option<String>) -> Result<bool> {
        let typed = typed.to_owned();
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| DUMMY.clone());
            let matches = PasswordHash::new(&hash)
                .is_ok_and(|parsed| Argon2::default().verify_password(typed.as_bytes(), &parsed).is_ok());
            matches && known
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| Error::Busy)?;
        let core = Arc::clone(&self.cores).acquire_owned().await.map_err(|_| Error::Busy)?;
        let held = (place, core);
        // A request that is given up does not stop its hash: the place belongs to the work, not to who waits for it.
        let work = move || {
            let done = work();
            drop(held);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Error::Internal)
    }
}

fn hash(password: &str) -> Result<String> {
    // The defaults are OWASP's minimum: Argon2id, 19 MiB, 2 passes, 1 lane.
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|_| Error::Internal)
}

/// Refuses a password that is on the list, or is the person's own name, maybe repeated or with digits behind.
pub fn check_strength(password: &Password, own_names: &[&str]) -> Result<()> {
    let lower = password.reveal().to_lowercase();
    let core = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    let own = own_names.iter().any(|name| {
        let name = name.to_lowercase();
        let is_repeated = |text: &str| !text.is_empty() && text.replace(&name, "").is_empty();
        !name.is_empty() && (is_repeated(core) || is_repeated(&lower))
    });
    if own || COMMON.contains(lower.as_str()) {
        return Err(Error::Invalid { field: Field::Password, problem: Problem::TooCommon });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use protocol::parse::Password;

    use super::{Passwords, check_strength};

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let pool = Passwords::default();
        let hash = pool.hash(&Password::parse("correct horse").unwrap()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(pool.verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!pool.verify("correct horsE", Some(hash)).await.unwrap());
        assert!(!pool.verify("a password that is never accepted", None).await.unwrap());
    }

    #[tokio::test]
    async fn a_call_that_nobody_waits_for_any_more_keeps_its_place_until_its_hash_ends() {
        let pool = Passwords::default();
        let places = pool.queue.available_permits();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let call = pool.run(move || {
            let _ = begin.send(());
            let _ = ended.recv();
        });
        tokio::select! {
            _ = call => panic!("it cannot have ended"),
            _ = begun => {}
        }
        assert_eq!(pool.queue.available_permits(), places - 1, "the call is gone, its hash is not");
        drop(end);
        let all = pool.queue.acquire_many(u32::try_from(places).unwrap()).await;
        assert!(all.is_ok(), "given back when it ends");
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for text in [
            "password",
            "Password",
            "12345678",
            "qwertyuiop",
            "anabanana",
            "AnaBanana99",
            "anabananaanabanana",
        ] {
            assert!(check_strength(&Password::parse(text).unwrap(), &["anabanana"]).is_err(), "{text}");
        }
        for text in ["correct horse", "lantern-kelp-3", "anabanana likes tea", "8412953076", "?!?;;-.?!?"] {
            assert!(check_strength(&Password::parse(text).unwrap(), &["anabanana"]).is_ok(), "{text}");
        }
        assert!(check_strength(&Password::parse("8412953084129530").unwrap(), &["84129530"]).is_err());
    }
}
