//! One file per address outside the conversation, and the dialogs that are pages without script.

pub mod address;
pub mod asked;
pub mod create_channel;
pub mod create_or_join;
pub mod dialogs;
pub mod entrance;
pub mod error;
pub mod frame;
pub mod front;
pub mod invite;
pub mod invite_people;
pub mod login;
pub mod member;
pub mod new_message;
pub mod not_found;
pub mod refusals;
pub mod register;
pub mod signed_in;
pub mod start_thread;

pub use address::{Address, current_path, current_query, parse_address};
pub use asked::{AskedPage, asked_page, fetch_asked};
pub use dialogs::{Asking, CreateChannelOpener, CreateOrJoinOpener, InviteOpener, NewMessageOpener};
pub use entrance::{Entrance, entrance, fetch_entrance};
pub use error::ErrorPage;
pub use front::Front;
pub use member::{may_remove, member_path, profile};
pub use not_found::NotFound;
pub use refusals::{about, about_none_of};
pub(in crate::app) use register::password_hint;
pub use signed_in::{CameFrom, Extra, Leaving, SignedIn, invite_link, take_extra};
pub(in crate::app) use start_thread::start_thread_path;
