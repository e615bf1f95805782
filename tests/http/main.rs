//! The whole application over real HTTP: the binary itself, asked as browsers, scripts and strangers ask it.

#![allow(clippy::unwrap_used, reason = "in a test that is the answer")]

mod bodies;
mod bombs;
mod calls;
mod form_files;
mod getting_in;
mod headers;
mod inbox;
mod instance;
mod matrix;
mod origins;
mod pages;
mod plain_forms;
mod previews;
mod world;
