//! How often somebody may do something.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use protocol::{Error, Result, UserId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::auth::peer::bucket;
use crate::config::Limits;

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>;

/// All limiters; cheap to clone. A key that is not used for a while is forgotten by [`Rates::forget_idle`].
#[derive(Clone)]
pub struct Rates(Arc<Inner>);

struct Inner {
    sends: Keyed<UserId>,
    uploads: Keyed<UserId>,
    files: Keyed<UserId>,
    previews: Keyed<UserId>,
    reads: Keyed<UserId>,
    searches: Keyed<UserId>,
    search_turns: Arc<Semaphore>,
    profiles: Keyed<UserId>,
    sockets: Keyed<UserId>,
    logins_by_account: Keyed<(Account, u32)>,
    /// How often each account has signed in: a new number is a new allowance, so only failures in a row count.
    logins: Mutex<HashMap<Account, u32>>,
    logins_by_address: Keyed<IpAddr>,
    registrations: Keyed<IpAddr>,
    invite_lookups: Keyed<IpAddr>,
}

/// Whose password is tried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Account {
    /// Somebody, whichever of their names was typed: two names are not twice as many tries.
    Known(UserId),
    /// Nobody, by what was typed in small letters. Limited like the others, or the limit would tell who exists.
    Unknown(String),
}

impl std::fmt::Debug for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rates")
    }
}

/// The window that failed sign-ins are counted in.
const LOGIN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// Searches for messages at the same time, by whomever: the database has readers for eight, and pages want theirs.
const SEARCHES_AT_ONCE: usize = 3;
/// How long a search waits for those before it.
const TURN_WAIT: Duration = Duration::from_secs(2);

const MINUTE: Duration = Duration::from_secs(60);

fn at_least_one(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)
}

/// `burst` at once, and `n` each second after that.
fn per_second(n: u32, burst: u32) -> Quota {
    Quota::per_second(at_least_one(n)).allow_burst(at_least_one(burst))
}

/// `burst` at once, and one each minute after that.
fn one_a_minute(burst: u32) -> Quota {
    Quota::per_minute(NonZeroU32::MIN).allow_burst(at_least_one(burst))
}

/// `n` at once, and as many again spread over the window.
fn per(window: Duration, n: u32) -> Quota {
    let n = at_least_one(n);
    Quota::with_period(window / n.get()).unwrap_or(Quota::per_hour(n)).allow_burst(n)
}

impl Rates {
    /// From the settings.
    pub fn new(limits: &Limits) -> Self {
        Self(Arc::new(Inner {
            sends: RateLimiter::keyed(per_second(limits.sends_per_second, limits.sends_burst)),
            uploads: RateLimiter::keyed(per(MINUTE, limits.uploads_per_minute)),
            files: RateLimiter::keyed(per_second(limits.files_per_second, limits.files_burst)),
            previews: RateLimiter::keyed(per(MINUTE, limits.previews_per_minute)),
            reads: RateLimiter::keyed(per_second(limits.reads_per_second, limits.reads_burst)),
            searches: RateLimiter::keyed(per_second(limits.searches_per_second, limits.searches_burst)),
            search_turns: Arc::new(Semaphore::new(SEARCHES_AT_ONCE)),
            profiles: RateLimiter::keyed(one_a_minute(limits.profile_changes_burst)),
            sockets: RateLimiter::keyed(per(MINUTE, limits.sockets_per_minute)),
            logins_by_account: RateLimiter::keyed(per(LOGIN_WINDOW, limits.login_failures_per_account)),
            logins: Mutex::default(),
            logins_by_address: RateLimiter::keyed(per(LOGIN_WINDOW, limits.login_tries_per_address)),
            registrations: RateLimiter::keyed(one_a_minute(limits.registrations_per_address)),
            invite_lookups: RateLimiter::keyed(per(MINUTE, limits.invite_lookups_per_minute)),
        }))
    }

    /// A change by somebody.
    pub fn change(&self, user: UserId) -> Result<()> {
        take(&self.0.sends, &user)
    }

    /// A file uploaded by somebody, which is decoded and waits for the disk.
    pub fn upload(&self, user: UserId) -> Result<()> {
        take(&self.0.uploads, &user)
    }

    /// A file fetched by somebody.
    pub fn file(&self, user: UserId) -> Result<()> {
        take(&self.0.files, &user)
    }

    /// A look at what is behind a link that somebody sent.
    pub fn preview(&self, user: UserId) -> Result<()> {
        take(&self.0.previews, &user)
    }

    /// Something read by somebody: a page, a snapshot, a list.
    pub fn read(&self, user: UserId) -> Result<()> {
        take(&self.0.reads, &user)
    }

    /// A search for people or messages by somebody, which costs more than a read and tells who is there.
    pub fn search(&self, user: UserId) -> Result<()> {
        take(&self.0.searches, &user)
    }

    /// A turn at searching for messages, to be held until it is done. Whoever waits long for one is told to try later.
    ///
    /// # Errors
    /// [`Error::Busy`] after [`TURN_WAIT`].
    pub async fn search_turn(&self) -> Result<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.0.search_turns).acquire_owned();
        tokio::time::timeout(TURN_WAIT, turn).await.ok().and_then(std::result::Result::ok).ok_or(Error::Busy)
    }

    /// A change of somebody's names or address: the first is told to everybody they share a place with, the second
    /// says whether an address is taken.
    pub fn profile_change(&self, user: UserId) -> Result<()> {
        take(&self.0.profiles, &user)
    }

    /// A socket opened by somebody, who is replayed what they missed: up to two megabytes.
    pub fn socket(&self, user: UserId) -> Result<()> {
        take(&self.0.sockets, &user)
    }

    /// A try to sign in from an address, whoever as.
    pub fn login_from(&self, address: IpAddr) -> Result<()> {
        take(&self.0.logins_by_address, &bucket(address))
    }

    /// A try of somebody's password; of nobody's, if what was `typed` is no account.
    pub fn login(&self, user: Option<UserId>, typed: &str) -> Result<()> {
        let account = user.map_or_else(|| Account::Unknown(typed.to_lowercase()), Account::Known);
        let successes = self.successes().get(&account).copied().unwrap_or(0);
        take(&self.0.logins_by_account, &(account, successes))
    }

    /// The try was right: the account's failures are forgotten. The address keeps its count, or somebody with
    /// one account could try all others.
    pub fn login_succeeded(&self, user: UserId) {
        *self.successes().entry(Account::Known(user)).or_default() += 1;
    }

    fn successes(&self) -> std::sync::MutexGuard<'_, HashMap<Account, u32>> {
        self.0.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new account from an address.
    pub fn registration(&self, address: IpAddr) -> Result<()> {
        take(&self.0.registrations, &bucket(address))
    }

    /// A look at an invite from an address.
    pub fn invite_lookup(&self, address: IpAddr) -> Result<()> {
        take(&self.0.invite_lookups, &bucket(address))
    }

    /// Drops keys that are back at their full allowance, so that memory follows use.
    pub fn forget_idle(&self) {
        let Inner { sends, uploads, files, previews, reads, searches, profiles, sockets, .. } = &*self.0;
        for by_user in [sends, uploads, files, previews, reads, searches, profiles, sockets] {
            by_user.retain_recent();
        }
        self.0.logins_by_account.retain_recent();
        if self.0.logins_by_account.is_empty() {
            self.successes().clear();
        }
        self.0.logins_by_address.retain_recent();
        self.0.registrations.retain_recent();
        self.0.invite_lookups.retain_recent();
    }
}

fn take<K: Hash + Eq + Clone>(limiter: &Keyed<K>, key: &K) -> Result<()> {
    limiter.check_key(key).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        Error::RateLimited { retry_after_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1) }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use protocol::{Error, UserId};

    use super::{Rates, SEARCHES_AT_ONCE};
    use crate::Config;

    #[test]
    fn the_eleventh_wrong_password_waits_and_another_account_does_not() {
        let limits = Config::from_sources("", "none", &BTreeMap::new()).unwrap().limits;
        let rates = Rates::new(&limits);
        let known = |id| Some(UserId::from_trusted(id));
        for user in [known(1), None] {
            for _ in 0..10 {
                assert_eq!(rates.login(user, "ana"), Ok(()));
            }
            for typed in ["ana", "ANA"] {
                let again = rates.login(user, typed);
                assert!(matches!(again, Err(Error::RateLimited { retry_after_ms: 1.. })), "{again:?}");
            }
        }
        assert_eq!(rates.login(known(2), "ana"), Ok(()));
        assert_eq!(rates.login(None, "bo"), Ok(()));
        for _ in 0..30 {
            assert_eq!(rates.login(known(3), "cy"), Ok(()), "who signs in has not failed");
            rates.login_succeeded(UserId::from_trusted(3));
        }
    }

    #[test]
    fn a_flood_of_one_kind_waits_and_another_person_does_not() {
        let limits = Config::from_sources("", "none", &BTreeMap::new()).unwrap().limits;
        let rates = Rates::new(&limits);
        let (ana, bo) = (UserId::from_trusted(1), UserId::from_trusted(2));
        type Take = fn(&Rates, UserId) -> protocol::Result<()>;
        let kinds: [(Take, u32); 8] = [
            (Rates::change, 100),
            (Rates::upload, 60),
            (Rates::file, 1_000),
            (Rates::preview, 5),
            (Rates::read, 120),
            (Rates::search, 20),
            (Rates::profile_change, 10),
            (Rates::socket, 120),
        ];
        for (at, (take, burst)) in kinds.into_iter().enumerate() {
            // Some come back while the loop runs; twice as many do not.
            let refused = (0..burst * 2).filter(|_| take(&rates, ana).is_err()).count();
            assert!(refused > 0, "{at}");
            assert!((0..burst).all(|_| take(&rates, bo).is_ok()), "{at}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn searches_take_turns_and_whoever_waits_too_long_is_told() {
        let rates = Rates::new(&Config::from_sources("", "none", &BTreeMap::new()).unwrap().limits);
        let mut turns = Vec::new();
        for _ in 0..SEARCHES_AT_ONCE {
            turns.push(rates.search_turn().await.unwrap());
        }
        assert_eq!(rates.search_turn().await.err(), Some(Error::Busy));
        turns.pop();
        assert!(rates.search_turn().await.is_ok());
    }
}
