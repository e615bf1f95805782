//! The generator's side of the wire: HTTP requests, gateway sockets, and people who use both.
//!
//! Written by hand and small, because whatever the generator costs is taken from what can be measured.

pub(crate) mod frames;
pub(crate) mod http;
pub(crate) mod person;
pub(crate) mod socket;
