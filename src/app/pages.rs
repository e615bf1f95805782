//! One file per address outside the conversation, and the dialogs that are pages without script.

mod address;
mod create_channel;
mod create_or_join;
mod dialogs;
mod error;
mod front;
mod invite;
mod invite_people;
mod login;
mod new_message;
mod not_found;
mod refusals;
mod register;
mod signed_in;

pub use address::{Address, current_path, parse_address};
pub use create_channel::CreateChannelPage;
pub use create_or_join::CreateOrJoinPage;
pub use dialogs::{CreateChannelOpener, CreateOrJoinOpener, InviteOpener, NewMessageOpener};
pub use error::ErrorPage;
pub use front::Front;
pub use invite::InvitePage;
pub use invite_people::InvitePeoplePage;
pub use login::LoginPage;
pub use new_message::NewMessagePage;
pub use not_found::NotFound;
pub use refusals::{about, about_none_of, refusal};
pub use register::RegisterPage;
pub use signed_in::SignedIn;
