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

use crate::auth::peer::bucket;
use crate::config::Limits;

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>;

/// All limiters; cheap to clone. A key that is not used for a while is forgotten by [`Rates::forget_idle`].
#[derive(Clone)]
pub struct Rates(Arc<Inner>);

struct Inner {
    sends: Keyed<UserId>,
    logins_by_account: Keyed<(String, u32)>,
    /// How often each account has signed in: a new number is a new allowance, so only failures in a row count.
    logins: Mutex<HashMap<String, u32>>,
    logins_by_address: Keyed<IpAddr>,
    registrations: Keyed<IpAddr>,
    invite_lookups: Keyed<IpAddr>,
}

impl std::fmt::Debug for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rates")
    }
}

/// The window that failed sign-ins are counted in.
const LOGIN_WINDOW: Duration = Duration::from_secs(15 * 60);

fn at_least_one(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)
}

/// `n` at once, and as many again spread over the window.
fn per(window: Duration, n: u32) -> Quota {
    let n = at_least_one(n);
    Quota::with_period(window / n.get()).unwrap_or(Quota::per_hour(n)).allow_burst(n)
}

impl Rates {
    /// From the settings.
    pub fn new(limits: &Limits) -> Self {
        let sends = Quota::per_second(at_least_one(limits.sends_per_second))
            .allow_burst(at_least_one(limits.sends_burst));
        let registrations =
            Quota::per_minute(NonZeroU32::MIN).allow_burst(at_least_one(limits.registrations_per_address));
        Self(Arc::new(Inner {
            sends: RateLimiter::keyed(sends),
            logins_by_account: RateLimiter::keyed(per(LOGIN_WINDOW, limits.login_failures_per_account)),
            logins: Mutex::default(),
            logins_by_address: RateLimiter::keyed(per(LOGIN_WINDOW, limits.login_tries_per_address)),
            registrations: RateLimiter::keyed(registrations),
            invite_lookups: RateLimiter::keyed(per(
                Duration::from_secs(60),
                limits.invite_lookups_per_minute,
            )),
        }))
    }

    /// A change by somebody.
    pub fn change(&self, user: UserId) -> Result<()> {
        take(&self.0.sends, &user)
    }

    /// A try to sign in: counted for the address, and for the account by the name typed, known or not.
    pub fn login(&self, account: &str, address: IpAddr) -> Result<()> {
        take(&self.0.logins_by_address, &bucket(address))?;
        let account = account.to_lowercase();
        let successes = self.successes().get(&account).copied().unwrap_or(0);
        take(&self.0.logins_by_account, &(account, successes))
    }

    /// The try was right: the account's failures are forgotten. The address keeps its count, or somebody with
    /// one account could try all others.
    pub fn login_succeeded(&self, account: &str) {
        *self.successes().entry(account.to_lowercase()).or_default() += 1;
    }

    fn successes(&self) -> std::sync::MutexGuard<'_, HashMap<String, u32>> {
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
        self.0.sends.retain_recent();
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

    use protocol::Error;

    use super::Rates;
    use crate::Config;

    #[test]
    fn the_eleventh_wrong_password_waits_and_another_account_does_not() {
        let limits = Config::from_sources("", "none", &BTreeMap::new()).unwrap().limits;
        let rates = Rates::new(&limits);
        let address = "203.0.113.5".parse().unwrap();
        for _ in 0..10 {
            assert_eq!(rates.login("ana", address), Ok(()));
        }
        assert!(matches!(rates.login("ANA", address), Err(Error::RateLimited { retry_after_ms: 1.. })));
        assert_eq!(rates.login("bo", address), Ok(()));
        for _ in 0..30 {
            assert_eq!(rates.login("cy", address), Ok(()), "who signs in has not failed");
            rates.login_succeeded("cy");
        }
    }
}
