//! Sessions: a random token in a cookie, its hash in the database.

use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use http::HeaderMap;
use http::request::Parts;
use protocol::{Error, Result, SessionId, UserId};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};

use crate::store::{self, Tx, now_ms, sessions};
use crate::{AppState, Config};

/// Days without use after which a session ends.
const IDLE_DAYS: i64 = 30;
/// Days after which a session ends however much it is used.
const ABSOLUTE_DAYS: i64 = 180;
/// Milliseconds between two notes that a session is in use: the device list need not be finer.
const TOUCH_EVERY_MS: i64 = 5 * 60_000;
const DAY_MS: i64 = 86_400_000;

/// Who acts. Made only here, out of a valid session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub user_id: UserId,
    /// The login they act through.
    pub session_id: SessionId,
}

/// A fresh sign-in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub actor: Actor,
    /// The `Set-Cookie` header's value.
    pub cookie: String,
}

/// The person behind a request.
///
/// # Errors
/// [`Error::Unauthorized`] without a valid session.
pub async fn actor(state: &AppState, parts: &Parts) -> Result<Actor> {
    let token = token_of(&state.config, &parts.headers).ok_or(Error::Unauthorized)?;
    let mut reader = state.store.read().await?;
    let found = sessions::by_token_hash(&mut reader, &hash_of(&token)).await?;
    drop(reader);
    let now = now_ms();
    let session = found.filter(|s| s.expires_at > now && s.last_used_at > now - IDLE_DAYS * DAY_MS);
    let session = session.ok_or(Error::Unauthorized)?;
    if now - session.last_used_at > TOUCH_EVERY_MS {
        let id = session.id;
        // Nobody waits for this: it is a note, not part of the request.
        let store = state.store.clone();
        tokio::spawn(async move {
            store.write(move |tx| Box::pin(async move { sessions::touch(tx, id).await })).await
        });
    }
    Ok(Actor { user_id: session.user_id, session_id: session.id })
}

/// Starts a session inside a write. `remember` keeps the cookie when the browser closes.
pub async fn start(
    tx: &mut Tx,
    config: &Config,
    user_id: UserId,
    device: &str,
    remember: bool,
) -> Result<SignedIn> {
    let token = new_token()?;
    let expires_at = tx.now_ms() + ABSOLUTE_DAYS * DAY_MS;
    let new = sessions::NewSession { user_id, token_hash: &hash_of(&token), device, expires_at };
    let session_id = sessions::insert(tx, &new).await?;
    let max_age = remember.then_some(ABSOLUTE_DAYS * 86_400);
    Ok(SignedIn { actor: Actor { user_id, session_id }, cookie: cookie(config, token, max_age) })
}

/// The header that makes a browser forget the session.
pub fn removal_cookie(config: &Config) -> String {
    cookie(config, String::new(), Some(0))
}

/// The time before which an unused session has ended.
pub fn idle_limit_ms(now: i64) -> i64 {
    now - IDLE_DAYS * DAY_MS
}

fn cookie_name(config: &Config) -> &'static str {
    // The prefix makes browsers insist on Secure, path / and no domain; plain http on loopback cannot have it.
    if config.secure_cookies() { "__Host-harmony" } else { "harmony" }
}

fn cookie(config: &Config, value: String, max_age_s: Option<i64>) -> String {
    let mut text = Cookie::build((cookie_name(config), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(config.secure_cookies())
        .build()
        .to_string();
    if let Some(seconds) = max_age_s {
        text.push_str(&format!("; Max-Age={seconds}"));
    }
    text
}

fn token_of(config: &Config, headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    jar.get(cookie_name(config)).map(|cookie| cookie.value().to_owned()).filter(|token| !token.is_empty())
}

/// 256 random bits as 64 hex digits.
fn new_token() -> Result<String> {
    let mut bytes = [0_u8; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| Error::Internal)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Only this is stored: a token of 256 random bits needs no salt and no slow hash.
fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Browser and system in words, from the user agent; never its whole text.
pub fn device_name(headers: &HeaderMap) -> String {
    let agent =
        headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = |choices: &[(&str, &'static str)]| {
        choices.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    // Order matters: Chrome calls itself Safari, Edge calls itself Chrome.
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Chromium/", "Chromium"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

/// Whether a session is still there, for sockets that live long.
pub async fn is_alive(store: &store::Store, id: SessionId) -> Result<bool> {
    let mut reader = store.read().await?;
    sessions::exists(&mut reader, id, now_ms()).await
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{device_name, hash_of, new_token};

    #[test]
    fn tokens_are_long_and_different() {
        let (one, other) = (new_token().unwrap(), new_token().unwrap());
        assert!(one.len() == 64 && one != other && hash_of(&one) != hash_of(&other));
    }

    #[test]
    fn a_device_is_named_by_browser_and_system() {
        let name = |agent: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("user-agent", agent.parse().unwrap());
            device_name(&headers)
        };
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36";
        assert_eq!(name(chrome), "Chrome on Linux");
        assert_eq!(name(&format!("{chrome} Edg/120.0")), "Edge on Linux");
        assert_eq!(name("curl/8"), "Unknown device");
    }
}
