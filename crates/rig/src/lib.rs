//! Test rig: an application on a random port, typed actors whose methods are gestures, throw-away databases.
//!
//! Every test body runs on SQLite and on PostgreSQL: `rig::on_both(async |app| { … }).await`.

#![allow(clippy::unwrap_used, reason = "a rig that cannot be set up should stop the test where it stands")]

pub mod actor;
pub mod app;
pub mod database;
pub mod socket;

pub use actor::Person;
pub use app::{TestApp, on_both, on_both_with};
pub use socket::Socket;
