//! Settings: a person's and a server's. Each page is a plain form that also works without script.

pub mod account;
pub mod appearance;
pub mod devices;
pub mod exit;
pub mod frame;
pub mod guild_channels;
pub mod guild_danger;
pub mod guild_frame;
pub mod guild_invites;
pub mod guild_overview;
pub mod listed;
pub mod saving;
pub mod user_frame;

pub use account::AccountPage;
pub use appearance::{AppearancePage, show_look};
pub use devices::DevicesPage;
pub use guild_channels::GuildChannelsPage;
pub use guild_invites::GuildInvitesPage;
pub use guild_overview::GuildOverviewPage;
