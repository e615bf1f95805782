//! One guild as the client knows it: listed in the rail, or loaded with channels and members.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use leptos::prelude::{ArcRwSignal, GetUntracked, Set, Update, WithUntracked};
use protocol::entity::{Channel, ChannelKind, FollowedThread, Guild, Member, Presence, Role};
use protocol::permissions::{self, Permissions, Standing};
use protocol::snapshot::{GuildSnapshot, GuildSummary, MembersPage};
use protocol::{ChannelId, Error, Rev, RoleId, UserId};

use super::order::in_order;
use super::reads::{ReadState, Reads};

/// How much is known of a guild or a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// That it exists. What is in it has to be fetched.
    Listed,
    /// Everything.
    Loaded,
    /// Fetching it did not work; kept to be shown with a way to try again.
    Refused(Error),
}

/// What the person may do in a guild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// In the guild as a whole.
    pub guild: Permissions,
    /// Where that is different.
    pub channels: Vec<(ChannelId, Permissions)>,
}

impl Access {
    /// In one channel.
    pub fn in_channel(&self, channel: ChannelId) -> Permissions {
        self.channels.iter().find(|(id, _)| *id == channel).map_or(self.guild, |(_, bits)| *bits)
    }
}

/// A guild's signals. Cloning shares them.
#[derive(Clone)]
pub struct GuildEntry(Arc<GuildSignals>);

/// What can be watched of a guild.
pub struct GuildSignals {
    /// Name and owner.
    pub guild: ArcRwSignal<Guild>,
    /// How much of the rest is there.
    pub stage: ArcRwSignal<Stage>,
    /// Unread and mentions, also while the guild is only listed.
    pub reads: ArcRwSignal<Reads>,
    /// Channels and categories the person can see, by id; also threads that are not archived, and those of the others that
    /// were opened here. Their `last_message_id` is in `reads` instead.
    pub channels: ArcRwSignal<Vec<Channel>>,
    /// Roles, @everyone first.
    pub roles: ArcRwSignal<Vec<Role>>,
    /// Members fetched so far, by id.
    pub members: ArcRwSignal<Vec<Member>>,
    /// How many there are.
    pub member_count: ArcRwSignal<u32>,
    /// The person's own roles besides @everyone, also while the guild is only listed.
    pub own_roles: ArcRwSignal<Vec<RoleId>>,
    /// Who of them is here.
    pub online: ArcRwSignal<BTreeSet<UserId>>,
    /// What the person may do.
    pub access: ArcRwSignal<Access>,
    /// Revision of the person's stream that the last snapshot was of: which threads they followed up to there it said.
    pub(super) own_rev: AtomicI64,
}

impl std::ops::Deref for GuildEntry {
    type Target = GuildSignals;
    fn deref(&self) -> &GuildSignals {
        &self.0
    }
}

/// Channels under one category, in order; `None` holds those under none and comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelGroup {
    /// The category.
    pub category: Option<Channel>,
    /// Its channels.
    pub channels: Vec<Channel>,
}

/// Channels as the sidebar shows them.
pub fn grouped(channels: &[Channel]) -> Vec<ChannelGroup> {
    // A category the person cannot see leaves its channels standing alone.
    let parent_of = |channel: &Channel| {
        channel.parent_id.filter(|parent| channels.iter().any(|known| known.id == *parent))
    };
    let under = |parent: Option<ChannelId>, kind: ChannelKind| {
        let found = channels.iter().filter(|channel| parent_of(channel) == parent && channel.kind == kind);
        in_order(found.cloned().collect(), |channel| (channel.position.into(), channel.id.get()))
    };
    let mut groups = vec![ChannelGroup { category: None, channels: under(None, ChannelKind::Text) }];
    groups.extend(under(None, ChannelKind::Category).into_iter().map(|category| ChannelGroup {
        channels: under(Some(category.id), ChannelKind::Text),
        category: Some(category),
    }));
    groups
}

impl GuildEntry {
    /// A guild that is only listed.
    pub(super) fn listed(guild: Guild, own_roles: Vec<RoleId>, reads: Reads) -> Self {
        Self(Arc::new(GuildSignals {
            guild: ArcRwSignal::new(guild),
            stage: ArcRwSignal::new(Stage::Listed),
            reads: ArcRwSignal::new(reads),
            channels: ArcRwSignal::default(),
            roles: ArcRwSignal::default(),
            members: ArcRwSignal::default(),
            member_count: ArcRwSignal::default(),
            own_roles: ArcRwSignal::new(own_roles),
            online: ArcRwSignal::default(),
            access: ArcRwSignal::new(Access { guild: Permissions::NONE, channels: Vec::new() }),
            own_rev: AtomicI64::new(0),
        }))
    }

    /// Which guild.
    pub fn id(&self) -> protocol::GuildId {
        self.guild.with_untracked(|guild| guild.id)
    }

    /// Whether channels and members are here.
    pub fn is_loaded(&self) -> bool {
        self.stage.with_untracked(|stage| *stage == Stage::Loaded)
    }

    /// Whether a channel is in it, as far as the person can see.
    pub fn has_channel(&self, channel: ChannelId) -> bool {
        self.channels
            .with_untracked(|channels| channels.binary_search_by_key(&channel, |known| known.id).is_ok())
    }

    /// Somebody, if they are among the members fetched so far. Does not track.
    pub fn member(&self, user: UserId) -> Option<Member> {
        self.members.with_untracked(|members| {
            let at = members.binary_search_by_key(&user, |member| member.user.id).ok()?;
            members.get(at).cloned()
        })
    }

    /// Whether somebody is among the members fetched so far.
    pub(super) fn has_member(&self, user: UserId) -> bool {
        self.members
            .with_untracked(|members| members.binary_search_by_key(&user, |member| member.user.id).is_ok())
    }

    /// The channel opened when nobody says which: the first in the sidebar. Tracks.
    pub fn first_channel(&self) -> Option<ChannelId> {
        use leptos::prelude::With;
        self.channels.with(|channels| {
            grouped(channels).iter().find_map(|group| group.channels.first()).map(|channel| channel.id)
        })
    }

    pub(super) fn load(&self, snapshot: GuildSnapshot) {
        let GuildSnapshot { guild, mut channels, roles, members, member_count, marks, own_rev, .. } =
            snapshot;
        let mut reads: Reads = channels
            .iter()
            .filter(|channel| channel.kind != ChannelKind::Category)
            .map(|channel| {
                let mark = marks.iter().find(|mark| mark.channel_id == channel.id);
                let mut read = ReadState::from_snapshot(channel.last_message_id, mark);
                if let Some(parent) = channel.parent_id.filter(|_| channel.thread.is_some()) {
                    read.is_thread_of(parent, own_rev);
                }
                (channel.id, read)
            })
            .collect();
        add_followed(&mut reads, &snapshot.followed, own_rev);
        let reads = self.keep_marks(reads, own_rev);
        for channel in &mut channels {
            channel.last_message_id = None;
        }
        self.keep_archived(&mut channels);
        let channels = in_order(channels, |channel| (channel.id.get(), 0));
        let members = in_order(members, |member| (member.user.id.get(), 0));
        self.guild.set(guild);
        self.reads.set(reads);
        self.channels.set(channels);
        self.roles.set(roles);
        self.members.set(members);
        self.member_count.set(member_count);
        self.own_roles.set(snapshot.own_roles);
        self.online.set(snapshot.online.into_iter().collect());
        self.access.set(Access { guild: snapshot.access, channels: snapshot.channel_access });
        self.stage.set(Stage::Loaded);
    }

    /// What the rail shows, for a guild whose channels are not here.
    pub(super) fn summarise(&self, summary: &GuildSummary, own_rev: Rev) {
        self.guild.set(summary.guild.clone());
        self.own_roles.set(summary.own_roles.clone());
        self.reads.set(self.keep_marks(summary_reads(summary, own_rev), own_rev));
    }

    /// Read marks are told on another stream, so one may be here that the snapshot does not know yet. So is which threads
    /// the person follows.
    fn keep_marks(&self, mut fresh: Reads, own_rev: Rev) -> Reads {
        self.own_rev.store(own_rev, Ordering::Relaxed);
        self.reads.with_untracked(|known| {
            for (channel, read) in &mut fresh {
                known.get(channel).into_iter().for_each(|known| read.join(known));
            }
            for (thread, read) in known.iter().filter(|(_, read)| read.is_followed_since(own_rev)) {
                fresh.entry(*thread).or_insert_with(|| read.clone());
            }
        });
        fresh
    }

    /// Archived threads are in no snapshot: those that are here stay, with their channels.
    fn keep_archived(&self, fresh: &mut Vec<Channel>) {
        let is_fresh = |fresh: &[Channel], id: ChannelId| fresh.iter().any(|channel| channel.id == id);
        let kept = self.channels.with_untracked(|known| {
            let archived = known.iter().filter(|channel| {
                is_archived(channel)
                    && !is_fresh(fresh, channel.id)
                    && channel.parent_id.is_some_and(|parent| is_fresh(fresh, parent))
            });
            archived.cloned().collect::<Vec<_>>()
        });
        fresh.extend(kept);
    }

    /// What the person may do in a channel. Tracks what decides it.
    pub fn access_in(&self, channel: ChannelId) -> Permissions {
        let access = leptos::prelude::Get::get(&self.access);
        match self.thread(channel).and_then(|thread| thread.parent_id) {
            Some(parent) => permissions::in_thread(access.in_channel(parent)),
            None => access.in_channel(channel),
        }
    }

    pub(super) fn put_channel(&self, mut channel: Channel) {
        channel.last_message_id = None;
        self.channels.update(|channels| match channels.binary_search_by_key(&channel.id, |known| known.id) {
            Ok(at) => {
                if let Some(known) = channels.get_mut(at) {
                    *known = channel;
                }
            }
            Err(at) => channels.insert(at, channel),
        });
    }

    /// Takes a channel away with its threads; the channels of a category stand alone from now on. Answers all that went.
    pub(super) fn remove_channel(&self, channel: ChannelId) -> Vec<ChannelId> {
        let mut gone = vec![channel];
        self.channels.update(|channels| {
            channels.retain(|known| {
                let is_part = known.thread.is_some() && known.parent_id == Some(channel);
                if is_part {
                    gone.push(known.id);
                }
                known.id != channel && !is_part
            });
            for child in channels.iter_mut().filter(|child| child.parent_id == Some(channel)) {
                child.parent_id = None;
            }
        });
        self.reads.update(|reads| reads.retain(|id, read| *id != channel && read.parent() != Some(channel)));
        gone
    }

    /// Adds or replaces a role.
    pub(super) fn put_role(&self, role: Role) {
        self.roles.update(|roles| {
            roles.retain(|known| known.id != role.id);
            roles.push(role);
            *roles = in_order(std::mem::take(roles), |role| (role.position.into(), role.id.get()));
        });
    }

    /// Adds or replaces a member. Somebody past the members fetched so far only counts: they come with their page.
    pub(super) fn put_member(&self, member: Member, joined: bool) {
        let complete =
            self.members.with_untracked(Vec::len) as u64 >= u64::from(self.member_count.get_untracked());
        if joined {
            self.member_count.update(|count| *count = count.saturating_add(1));
        }
        self.members.update(|members| {
            match members.binary_search_by_key(&member.user.id, |known| known.user.id) {
                Ok(at) => {
                    if let Some(known) = members.get_mut(at) {
                        *known = member;
                    }
                }
                Err(at) if joined && (complete || at < members.len()) => members.insert(at, member),
                Err(_) => {}
            }
        });
    }

    pub(super) fn add_members(&self, page: MembersPage) {
        self.online.update(|online| {
            for (user, presence) in page.presence {
                match presence {
                    Presence::Online => online.insert(user),
                    Presence::Offline => online.remove(&user),
                };
            }
        });
        let is_last = !page.has_more;
        self.members.update(|members| {
            for member in page.members {
                match members.binary_search_by_key(&member.user.id, |known| known.user.id) {
                    Ok(_) => {}
                    Err(at) => members.insert(at, member),
                }
            }
        });
        if is_last {
            // Whoever joined and left meanwhile: the list itself is what counts now.
            let count = self.members.with_untracked(Vec::len);
            self.member_count.set(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }

    pub(super) fn remove_member(&self, user: UserId) {
        self.member_count.update(|count| *count = count.saturating_sub(1));
        self.members.update(|members| members.retain(|member| member.user.id != user));
        self.online.update(|online| {
            online.remove(&user);
        });
    }

    /// Works out anew what the person may do, and answers the channels they cannot see any more. `None` when
    /// it is not known here what everyone may do, so that only the backend can say.
    pub(super) fn review_access(&self, me: UserId) -> Option<Vec<ChannelId>> {
        let standing = self.standing(me)?;
        let guild = permissions::in_guild(Some(&standing));
        let mut channels = Vec::new();
        let mut hidden = Vec::new();
        self.channels.with_untracked(|known| {
            // Threads go with their channels.
            for channel in known.iter().filter(|channel| channel.thread.is_none()) {
                let bits = permissions::in_channel(Some(&standing), &channel.overwrites);
                if !bits.contains(Permissions::VIEW_CHANNEL) {
                    hidden.push(channel.id);
                } else if bits != guild {
                    channels.push((channel.id, bits));
                }
            }
        });
        let hidden = hidden.into_iter().flat_map(|channel| self.remove_channel(channel)).collect();
        self.access.set(Access { guild, channels });
        Some(hidden)
    }

    fn standing(&self, me: UserId) -> Option<Standing> {
        let (owner, everyone_role) =
            self.guild.with_untracked(|guild| (guild.owner_id, permissions::everyone_role(guild.id)));
        let own_roles = self.own_roles.get_untracked();
        self.roles.with_untracked(|roles| {
            let bits = |id: RoleId| roles.iter().find(|role| role.id == id).map(|role| role.permissions);
            Some(Standing {
                user: me,
                is_owner: owner == me,
                everyone_role,
                everyone: bits(everyone_role)?,
                roles: own_roles.into_iter().filter_map(|id| Some((id, bits(id)?))).collect(),
            })
        })
    }
}

/// Whether this is a thread that was put away.
pub(super) fn is_archived(channel: &Channel) -> bool {
    channel.thread.as_ref().is_some_and(|thread| thread.is_archived)
}

/// The unread channels a summary names, and the threads the person follows.
pub(super) fn summary_reads(summary: &GuildSummary, own_rev: Rev) -> Reads {
    let unread = summary.unread.iter();
    let mut reads = unread.map(|unread| (unread.channel_id, ReadState::from_summary(unread))).collect();
    add_followed(&mut reads, &summary.followed, own_rev);
    reads
}

fn add_followed(reads: &mut Reads, followed: &[FollowedThread], own_rev: Rev) {
    for thread in followed {
        reads.insert(thread.thread_id, ReadState::followed(thread, own_rev));
    }
}
