//! Clock, time zone, waiting, and keys that are random enough to be told apart.

use std::future::Future;
use std::sync::Arc;

use protocol::Timestamp;
use wasm_bindgen_futures::JsFuture;

/// Milliseconds since the Unix epoch, by the clock of this device.
pub fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

/// Minutes east of UTC where this device is, at some time.
pub fn offset_at(time: Timestamp) -> i32 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(time.as_millis() as f64));
    // JavaScript counts the other way round.
    -(date.get_timezone_offset() as i32)
}

/// Days since 1970-01-01 where this device is.
pub fn today() -> i64 {
    let now = Timestamp::from_millis(now_ms());
    now.civil(offset_at(now)).days
}

/// Waits. A timer that is not waited for any more rings unheard.
pub fn sleep(millis: u32) -> impl Future<Output = ()> {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let millis = i32::try_from(millis).unwrap_or(i32::MAX);
        if let Some(window) = web_sys::window() {
            _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
        }
    });
    async move { _ = JsFuture::from(promise).await }
}

/// A number from 0 to below `below`.
pub fn random_below(below: u32) -> u32 {
    (js_sys::Math::random() * f64::from(below)) as u32
}

/// A retry key. It need not be secret, only unlike every other of the same person within a week.
pub fn nonce() -> Arc<str> {
    const DIGITS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut text = String::with_capacity(20);
    for _ in 0..4 {
        let mut bits = random_below(1 << 25);
        for _ in 0..5 {
            text.push(DIGITS.get(bits as usize % 32).copied().map_or('a', char::from));
            bits /= 32;
        }
    }
    text.into()
}
