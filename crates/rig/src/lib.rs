//! Test rig: an application on a random port, typed actors whose methods are gestures, throw-away databases.
//!
//! Every test body runs on SQLite and on PostgreSQL: `rig::on_both(async |app| { … }).await`.

#![allow(clippy::unwrap_used, reason = "a rig that cannot be set up should stop the test where it stands")]

pub mod actor;
pub mod app;
pub mod database;
pub mod look;
pub mod socket;
pub mod stores;

/// Shows what the backend logs, beside the test that fails: errors, or what `RUST_LOG` asks for.
pub(crate) fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into());
    // Another test of this process may have done it.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_test_writer()
        .without_time()
        .with_ansi(false)
        .try_init();
}

pub use actor::Person;
pub use app::{TestApp, on_both, on_both_with};
pub use database::Database;
pub use look::Look;
pub use socket::Socket;
pub use stores::{Recorder, on_both_stores};
