//! The backend from outside: every action, every promise of the store, on both databases.

#![allow(clippy::unwrap_used, reason = "in a test that is the answer")]
#![allow(clippy::large_futures, clippy::type_complexity, reason = "a test runs once and is read once")]

mod accounts;
mod attachments;
mod backups;
mod bad_input;
mod channels;
mod commits;
mod deleted_guilds;
mod devices;
mod dms;
mod every_action;
mod expiry;
mod files;
mod floods;
mod following;
mod forgetting;
mod found;
mod gateway;
mod gateway_walls;
mod guilds;
mod inbox;
mod indexing;
mod invites;
mod leases;
mod listening;
mod mentions;
mod messages;
mod operator;
mod outbound;
mod pages;
mod patience;
mod pictures;
mod pins;
mod plans;
mod preview_work;
mod previews;
mod races;
mod reactions;
mod restricted;
mod retries;
mod scene;
mod schema;
mod search;
mod search_model;
mod sync;
mod thread_ends;
mod threads;
mod threads_apart;
mod unread;
mod web;
