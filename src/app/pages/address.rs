//! Which place an address stands for, and back.

use leptos::prelude::GetUntracked;
use leptos_router::hooks::use_location;
use protocol::GuildId;
use protocol::snapshot::Place;

/// What the path of a signed-in page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// A page that starts from this place.
    Known(Place),
    /// No page has this path.
    Unknown,
}

/// Reads the path of a signed-in page. Ids that are no ids make it [`Address::Unknown`].
pub fn parse_address(path: &str) -> Address {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let place = match parts.as_slice() {
        ["channels", "@me"] | ["channels", "@me", "new"] | ["servers", "new"] => Some(Place::Home),
        ["settings"] | ["settings", "devices" | "appearance"] => Some(Place::Home),
        ["channels", "@me", channel] => dm(channel, None),
        ["channels", "@me", channel, message] => dm(channel, Some(message)),
        ["channels", guild] => in_guild(guild, None, None),
        ["channels", guild, channel] => in_guild(guild, Some(channel), None),
        ["channels", guild, channel, message] => in_guild(guild, Some(channel), Some(message)),
        ["servers", guild, "channels" | "threads", "new"]
        | ["servers", guild, "invite"]
        | ["servers", guild, "settings"] => in_guild(guild, None, None),
        ["servers", guild, "members", _] => in_guild(guild, None, None),
        ["servers", guild, "settings", "channels" | "invites"] => in_guild(guild, None, None),
        _ => None,
    };
    place.map_or(Address::Unknown, Address::Known)
}

fn dm(channel: &str, message: Option<&str>) -> Option<Place> {
    Some(Place::Dm { channel: channel.parse().ok()?, message: optional(message)? })
}

fn in_guild(guild: &str, channel: Option<&str>, message: Option<&str>) -> Option<Place> {
    let guild: GuildId = guild.parse().ok()?;
    Some(Place::Guild { guild, channel: optional(channel)?, message: optional(message)? })
}

/// `None` when the text is there but no id; `Some(None)` when it is not there.
fn optional<T>(text: Option<&str>) -> Option<Option<protocol::Id<T>>> {
    match text {
        None => Some(None),
        Some(text) => text.parse().ok().map(Some),
    }
}

/// What follows the `?` in the address somebody is on.
pub fn current_query() -> String {
    use_location().search.get_untracked()
}

/// The path somebody is on, with what follows the `?`.
pub fn current_path() -> String {
    let location = use_location();
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use protocol::snapshot::Place;

    use super::{Address, parse_address};

    #[test]
    fn an_address_names_its_place() {
        assert_eq!(parse_address("/channels/@me"), Address::Known(Place::Home));
        assert_eq!(parse_address("/settings/devices"), Address::Known(Place::Home));
        let Address::Known(Place::Dm { channel, message }) = parse_address("/channels/@me/7/9") else {
            panic!()
        };
        assert_eq!((channel.get(), message.map(|id| id.get())), (7, Some(9)));
        let Address::Known(Place::Guild { guild, channel, .. }) = parse_address("/channels/5/6") else {
            panic!()
        };
        assert_eq!((guild.get(), channel.map(|id| id.get())), (5, Some(6)));
        let Address::Known(Place::Guild { channel, .. }) = parse_address("/servers/5/settings") else {
            panic!()
        };
        assert_eq!(channel, None);
    }

    #[test]
    fn what_is_no_address_is_unknown() {
        for path in [
            "/channels",
            "/channels/x",
            "/channels/5/x",
            "/channels/@me/0",
            "/channels/5/6/7/8",
            "/servers/x/settings",
        ] {
            assert_eq!(parse_address(path), Address::Unknown, "{path}");
        }
    }
}
