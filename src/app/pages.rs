//! One file per address outside the conversation, and the dialogs that are pages without script.

pub mod address;
pub mod create_channel;
pub mod create_or_join;
pub mod dialogs;
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

pub use address::{Address, current_path, parse_address};
pub use create_channel::CreateChannelPage;
pub use create_or_join::CreateOrJoinPage;
pub use dialogs::{Asking, CreateChannelOpener, CreateOrJoinOpener, InviteOpener, NewMessageOpener};
pub use error::ErrorPage;
pub use front::Front;
pub use invite::InvitePage;
pub use invite_people::InvitePeoplePage;
pub use login::LoginPage;
pub use member::{MemberPage, may_remove, member_path, profile};
pub use new_message::NewMessagePage;
pub use not_found::NotFound;
pub use refusals::{about, about_none_of};
pub use register::RegisterPage;
pub(in crate::app) use register::password_hint;
pub use signed_in::{CameFrom, Extra, Leaving, SignedIn, invite_link, take_extra};
