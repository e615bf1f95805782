//! The browser's own interfaces behind small functions: socket, time, storage, clipboard, scrolling, focus,
//! forms, files, addresses, a telephone's Back.
//!
//! All of it compiles for the backend as well, where nothing calls it: call it from effects, event handlers and
//! tasks only. None of it panics; what a browser refuses (a full storage, a clipboard without permission) is
//! answered as "no".

pub mod clipboard;
pub mod close_watcher;
pub mod dom;
pub mod emoji;
pub mod focus;
pub mod form;
pub mod history;
pub mod listener;
pub mod scroll;
pub mod socket;
pub mod storage;
pub mod time;
pub mod upload;
