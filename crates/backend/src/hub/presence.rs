//! Who is here, told to those who look: changes are gathered for a moment and sent as one frame per guild.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use protocol::entity::Presence;
use protocol::frame::ServerFrame;
use protocol::limits::PRESENCE_LISTED;
use protocol::{ChannelId, GuildId, Stream, UserId};

use super::connection::{Connection, Focus};
use super::outbox::Kind;
use super::topic::Topic;
use super::{Hub, encode, locked};

/// How long changes are gathered. Short enough to look immediate, long enough that a hundred people who come back
/// after a restart are a few frames instead of a hundred.
pub const GATHER: Duration = Duration::from_millis(200);

impl Hub {
    /// Whether somebody has at least one live connection that has caught up.
    pub fn is_online(&self, user: UserId) -> bool {
        locked(&self.shared.people).is_online(user)
    }

    /// Those of `users` who are online, in the order given.
    pub fn online_of(&self, users: impl IntoIterator<Item = UserId>) -> Vec<UserId> {
        let people = locked(&self.shared.people);
        users.into_iter().filter(|user| people.is_online(*user)).collect()
    }

    /// Who of a guild is online and may, as far as it is known here, see a channel of it, at most `limit`.
    pub fn here(&self, guild: GuildId, channel: ChannelId, limit: usize) -> Vec<UserId> {
        let people = locked(&self.shared.people);
        let Some(topic) = self.topic(Stream::Guild(guild)) else { return Vec::new() };
        topic.viewers(channel, limit, |user| people.is_online(user)).into_iter().collect()
    }

    /// Waits until somebody's presence changed where others look.
    pub(crate) async fn stirred(&self) {
        self.shared.stir.notified().await;
    }

    /// Sends what changed since this was last called.
    pub(crate) fn show_presence(&self) {
        let topics = std::mem::take(&mut *locked(&self.shared.stirred));
        for topic in topics {
            let stirred = topic.take_stirred();
            let people = locked(&self.shared.people);
            let states: Vec<_> =
                stirred.into_iter().map(|user| (user, state(people.is_online(user)))).collect();
            drop(people);
            match topic.stream {
                Stream::Guild(guild) => {
                    for part in states.chunks(PRESENCE_LISTED) {
                        topic.show(&frame(false, Some(guild), part.iter().copied().collect()), None);
                    }
                }
                // The person knows of themselves; only the other one is told.
                Stream::Dm(_) | Stream::User(_) => {
                    for (user, presence) in states {
                        topic.show(&frame(false, None, [(user, presence)].into()), Some(user));
                    }
                }
            }
        }
    }

    /// Notes in all these topics that somebody came or went.
    pub(super) fn stir<'a>(&self, topics: impl Iterator<Item = &'a Arc<Topic>>, user: UserId) {
        let stirred: Vec<_> = topics.filter(|topic| topic.stir(user)).cloned().collect();
        if !stirred.is_empty() {
            locked(&self.shared.stirred).extend(stirred);
            self.shared.stir.notify_one();
        }
    }

    /// Notes what a connection looks at and tells it who is there. False if it has no part in that guild.
    pub(super) fn focus(&self, connection: &Connection, guild: Option<GuildId>) -> bool {
        let focus = guild.map_or(Focus::Home, Focus::Guild);
        let mut listening = locked(&connection.listening);
        let shown = guild.map(|guild| listening.find(Stream::Guild(guild)));
        if shown == Some(None) {
            return false;
        }
        let before = std::mem::replace(&mut listening.focus, focus);
        for subscription in &listening.subscriptions {
            let stream = subscription.topic.stream;
            // From "nothing said" every stream changes, later only what is left and what is entered.
            if before == Focus::Unsaid || before.shows(stream) != focus.shows(stream) {
                subscription.topic.attend(subscription.slot, focus);
            }
        }
        match shown.flatten().and_then(|index| listening.subscriptions.get(index)) {
            Some(subscription) => subscription.topic.tell_listeners(connection, PRESENCE_LISTED, |users| {
                frame(true, guild, users.into_iter().map(|user| (user, Presence::Online)).collect())
            }),
            None => {
                let is_dm = |topic: &&Arc<Topic>| matches!(topic.stream, Stream::Dm(_));
                let topics =
                    listening.subscriptions.iter().map(|subscription| &subscription.topic).filter(is_dm);
                let partners: HashSet<UserId> =
                    topics.flat_map(|topic| topic.others(connection.user)).collect();
                drop(listening);
                self.tell_partners(connection, partners);
            }
        }
        true
    }

    fn tell_partners(&self, connection: &Connection, partners: HashSet<UserId>) {
        let here = |people: &super::people::People| -> BTreeMap<UserId, Presence> {
            partners.iter().map(|user| (*user, state(people.is_online(*user)))).collect()
        };
        let told = here(&locked(&self.shared.people));
        let online = told.iter().filter(|(_, presence)| **presence == Presence::Online);
        let online: BTreeMap<_, _> =
            online.take(PRESENCE_LISTED).map(|(user, presence)| (*user, *presence)).collect();
        connection.push(frame(true, None, online), Kind::Ephemeral);
        // A change may have been sent before this answer was: what differs by now is told once more.
        let mut changed = here(&locked(&self.shared.people));
        changed.retain(|user, presence| told.get(user) != Some(presence));
        if !changed.is_empty() {
            connection.push(frame(false, None, changed), Kind::Ephemeral);
        }
    }
}

fn state(is_online: bool) -> Presence {
    if is_online { Presence::Online } else { Presence::Offline }
}

fn frame(all: bool, guild: Option<GuildId>, users: BTreeMap<UserId, Presence>) -> Utf8Bytes {
    encode(&ServerFrame::Presence { all, guild, users })
}
