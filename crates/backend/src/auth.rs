//! Who somebody is: passwords, sessions, addresses, the first account.

pub mod password;
pub mod peer;
pub mod session;
pub mod setup;
