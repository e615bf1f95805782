//! Everything that touches disk, clock, network and secrets. Knows nothing of pages.
//!
//! `store` holds the only SQL. `actions` decide and write. `hub` knows who is listening, `delivery` carries
//! committed events from the store to it, `gateway` speaks to sockets. `router` puts the HTTP side together, `listen` accepts its
//! connections.

pub mod actions;
pub mod auth;
pub mod bus;
pub mod config;
pub mod delivery;
pub mod gateway;
pub mod hub;
pub mod indexing;
pub mod jobs;
pub mod listen;
pub mod media;
pub mod outbound;
pub mod previews;
pub mod queue;
pub mod rate;
pub mod router;
pub mod state;
pub mod store;
pub mod telemetry;

pub use auth::session::Actor;
pub use config::Config;
pub use state::AppState;
