//! Who may see the channels that not everybody may see, as of a known moment.
//!
//! Nearly every guild has no such channel and this holds nothing. Whenever an event arrives that may change who
//! sees what, what is known here counts as stale: the stream stands still until the database was asked again, so
//! that nobody is sent what they may not see any more.

use std::collections::{HashMap, HashSet};

use protocol::event::Event;
use protocol::{ChannelId, Stream, UserId};

/// A restricted channel and who can view it, as the database tells it.
pub type Restricted = (ChannelId, HashSet<UserId>);

#[derive(Debug)]
struct Viewers {
    users: HashSet<UserId>,
    /// The channel is gone. Its viewers are kept for the events about it that are still on their way; without
    /// them those would count as visible to all.
    is_deleted: bool,
}

/// What a topic knows about access.
#[derive(Debug)]
pub(super) struct Access {
    /// Counts events that may have changed something.
    arrived: u32,
    /// Which of them the viewers below take into account.
    known: u32,
    channels: HashMap<ChannelId, Viewers>,
}

impl Access {
    /// Of a guild nothing is known at first; in other streams everybody sees everything.
    pub(super) fn new(stream: Stream) -> Self {
        let arrived = u32::from(matches!(stream, Stream::Guild(_)));
        Self { arrived, known: 0, channels: HashMap::new() }
    }

    /// Takes note of an event on arrival; returns how much has to be known before it may be handed out.
    pub(super) fn arrive(&mut self, event: &Event) -> u32 {
        if let Event::ChannelDeleted { channel_id } = event
            && let Some(viewers) = self.channels.get_mut(channel_id)
        {
            viewers.is_deleted = true;
        }
        if self.may_change(event) {
            self.arrived += 1;
            return self.arrived;
        }
        // Whatever is known of a guild at all is enough: what changes it waits in front of this.
        self.arrived.min(1)
    }

    /// Members alone change nothing where no channel is restricted.
    fn may_change(&self, event: &Event) -> bool {
        let about_members = matches!(
            event,
            Event::MemberJoined { .. } | Event::MemberUpdated { .. } | Event::MemberLeft { .. }
        );
        let is_settled = self.known == self.arrived && self.channels.is_empty();
        self.arrived > 0 && event.changes_access() && !(about_members && is_settled)
    }

    /// Whether enough is known for something that needs `version`.
    pub(super) fn suffices(&self, version: u32) -> bool {
        self.known >= version
    }

    /// The version to ask the database for, if what is known is stale.
    pub(super) fn wanted(&self) -> Option<u32> {
        (self.arrived > self.known).then_some(self.arrived)
    }

    /// The people who may see something about a channel; none: everybody of the stream.
    pub(super) fn audience(&self, channel: Option<ChannelId>) -> Option<&HashSet<UserId>> {
        self.channels.get(&channel?).map(|viewers| &viewers.users)
    }

    /// Takes in what the database said at `version`. `created` are channels nobody has heard of yet.
    pub(super) fn learn(
        &mut self,
        version: u32,
        restricted: Vec<Restricted>,
        created: HashSet<ChannelId>,
    ) -> Change {
        if version <= self.known {
            return Change::default();
        }
        let is_first = self.known == 0;
        self.known = version;
        let viewers = |users| Viewers { users, is_deleted: false };
        let fresh = restricted.into_iter().map(|(channel, users)| (channel, viewers(users))).collect();
        let mut before = std::mem::replace(&mut self.channels, fresh);
        let gone: Vec<ChannelId> =
            before.iter().filter(|(_, v)| v.is_deleted).map(|(channel, _)| *channel).collect();
        for channel in gone {
            if let Some(viewers) = before.remove(&channel) {
                self.channels.entry(channel).or_insert(viewers);
            }
        }
        if is_first { Change::default() } else { Change { before, created, is_real: true } }
    }
}

/// What [`Access::learn`] replaced.
#[derive(Debug, Default)]
pub(super) struct Change {
    before: HashMap<ChannelId, Viewers>,
    created: HashSet<ChannelId>,
    is_real: bool,
}

impl Change {
    /// Whether somebody sees another set of channels than before, so that what they know has to be fetched anew.
    pub(super) fn concerns(&self, access: &Access, user: UserId) -> bool {
        let sees = |channels: &HashMap<ChannelId, Viewers>, channel: &ChannelId| {
            channels.get(channel).is_none_or(|viewers| viewers.users.contains(&user))
        };
        let differs = |channel: &ChannelId| sees(&self.before, channel) != sees(&access.channels, channel);
        let now =
            access.channels.iter().filter(|(_, viewers)| !viewers.is_deleted).map(|(channel, _)| channel);
        self.is_real
            && now
                .chain(self.before.keys())
                .any(|channel| !self.created.contains(channel) && differs(channel))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use protocol::event::Event;
    use protocol::{ChannelId, GuildId, Stream, UserId};

    use super::Access;

    fn user(id: i64) -> UserId {
        UserId::from_trusted(id)
    }

    fn channel(id: i64) -> ChannelId {
        ChannelId::from_trusted(id)
    }

    fn settled(viewers: &[i64]) -> Access {
        let mut access = Access::new(Stream::Guild(GuildId::from_trusted(1)));
        access.learn(1, vec![(channel(5), viewers.iter().copied().map(user).collect())], HashSet::new());
        access
    }

    #[test]
    fn a_guild_begins_unknown_and_a_conversation_is_open_to_both() {
        let guild = Access::new(Stream::Guild(GuildId::from_trusted(1)));
        assert_eq!(guild.wanted(), Some(1));
        assert!(!guild.suffices(1));
        let dm = Access::new(Stream::Dm(channel(9)));
        assert_eq!(dm.wanted(), None);
        assert!(dm.suffices(0));
    }

    #[test]
    fn members_come_and_go_without_a_question_where_nothing_is_restricted() {
        let mut access = Access::new(Stream::Guild(GuildId::from_trusted(1)));
        access.learn(1, Vec::new(), HashSet::new());
        let needs = access.arrive(&Event::MemberLeft { user_id: user(3) });
        assert!(access.suffices(needs) && access.wanted().is_none());
        let mut access = settled(&[1]);
        let needs = access.arrive(&Event::MemberLeft { user_id: user(3) });
        assert!(!access.suffices(needs), "a restricted channel may have lost a viewer");
    }

    #[test]
    fn whoever_gains_or_loses_sight_of_a_channel_is_concerned() {
        let mut access = settled(&[1, 2]);
        access.arrive(&Event::MemberLeft { user_id: user(9) });
        let viewers = [user(2), user(3)].into();
        let change = access.learn(2, vec![(channel(5), viewers)], HashSet::new());
        let concerned: Vec<i64> = (1..=4).filter(|id| change.concerns(&access, user(*id))).collect();
        assert_eq!(concerned, [1, 3]);
    }

    #[test]
    fn a_new_private_channel_concerns_nobody() {
        let mut access = settled(&[1]);
        access.arrive(&Event::MemberLeft { user_id: user(9) });
        let restricted = vec![(channel(5), [user(1)].into()), (channel(6), [user(1)].into())];
        let change = access.learn(2, restricted, [channel(6)].into());
        assert!((1..=3).all(|id| !change.concerns(&access, user(id))));
        assert!(access.audience(Some(channel(6))).is_some_and(|viewers| viewers.len() == 1));
    }

    #[test]
    fn the_end_of_a_private_channel_is_told_to_its_viewers_alone() {
        let mut access = settled(&[1]);
        access.arrive(&Event::ChannelDeleted { channel_id: channel(5) });
        let change = access.learn(2, Vec::new(), HashSet::new());
        assert!((1..=3).all(|id| !change.concerns(&access, user(id))));
        assert_eq!(access.audience(Some(channel(5))), Some(&[user(1)].into()));
        assert_eq!(access.audience(Some(channel(6))), None);
    }
}
