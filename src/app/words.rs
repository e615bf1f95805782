//! Words that are the same everywhere on screen. What the code calls a guild is called a server here, and
//! only here is that said.

/// The product's name.
pub const PRODUCT: &str = "Harmony";

/// A guild, inside a sentence.
pub const GUILD: &str = "server";
/// The same as a word of its own.
pub const GUILD_TITLE: &str = "Server";
/// Guilds, as the name of their list.
pub const GUILDS_TITLE: &str = "Servers";
/// Title and name of what makes or joins one.
pub const CREATE_OR_JOIN: &str = "Create or join a server";
/// Field for its name.
pub const GUILD_NAME: &str = "Server name";
/// Its settings.
pub const GUILD_SETTINGS: &str = "Server settings";
/// Button that leaves it.
pub const LEAVE_GUILD: &str = "Leave server";
/// Button that takes somebody out of it.
pub const REMOVE_MEMBER: &str = "Remove from server";
/// Button that deletes it.
pub const DELETE_GUILD: &str = "Delete server";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day in words, such as "3 November 2026". In UTC, so that both halves write the same.
pub fn day(time: protocol::Timestamp) -> String {
    let civil = time.civil(0);
    let month = MONTHS.get(usize::from(civil.month).saturating_sub(1)).copied().unwrap_or_default();
    format!("{} {month} {}", civil.day, civil.year)
}
