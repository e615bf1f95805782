//! The backend from outside: every action, every promise of the store, on both databases.

#![allow(clippy::unwrap_used, reason = "in a test that is the answer")]

mod backups;
mod commits;
mod forgetting;
mod gateway;
mod gateway_walls;
mod leases;
mod plans;
mod retries;
mod scene;
mod schema;
