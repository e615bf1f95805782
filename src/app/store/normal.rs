//! The store's durable state as plain values, so that two ways of getting there can be compared.

use std::collections::BTreeMap;

use leptos::prelude::{GetUntracked, WithUntracked};
use protocol::entity::{Channel, ChannelKind, Guild, Me, Member, Message, Role, User};
use protocol::permissions::Permissions;
use protocol::{ChannelId, limits};

use super::guild::{GuildEntry, is_archived};
use super::reads::Reads;
use super::timeline::Timeline;
use super::{Store, lock};

/// Everything durable, with every name as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormalForm {
    /// The person with their settings.
    pub me: Me,
    /// Their guilds, in order.
    pub guilds: Vec<NormalGuild>,
    /// Their conversations by channel: the other one, and the newest message.
    pub dms: BTreeMap<ChannelId, (User, Option<protocol::MessageId>)>,
    /// Unread conversations with their mentions.
    pub dm_unread: BTreeMap<ChannelId, u32>,
    /// The newest messages of each channel that is open to its end, at most one page.
    pub messages: BTreeMap<ChannelId, Vec<Message>>,
}

/// A guild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormalGuild {
    /// Name and owner.
    pub guild: Guild,
    /// Unread channels with their mentions.
    pub unread: BTreeMap<ChannelId, u32>,
    /// The rest, if it is loaded.
    pub loaded: Option<NormalContents>,
}

/// What is in a loaded guild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormalContents {
    /// By id.
    pub channels: Vec<Channel>,
    /// By position.
    pub roles: Vec<Role>,
    /// By id, the first page.
    pub members: Vec<Member>,
    /// How many there are.
    pub member_count: u32,
    /// What the person may do in the guild, and in each channel.
    pub access: (Permissions, BTreeMap<ChannelId, Permissions>),
}

fn unread(reads: &Reads) -> BTreeMap<ChannelId, u32> {
    reads.iter().filter(|(_, read)| read.is_unread()).map(|(id, read)| (*id, read.mentions())).collect()
}

impl Store {
    /// The durable state as plain values.
    pub fn normal_form(&self) -> NormalForm {
        let dms = self.dms.get_untracked();
        let dm_reads = self.dm_reads.get_untracked();
        let timelines = lock(&self.timelines).clone();
        NormalForm {
            me: self.me.get_untracked(),
            guilds: self.guilds.get_untracked().iter().map(|guild| self.normal_guild(guild)).collect(),
            dms: dms
                .iter()
                .filter_map(|dm| {
                    let last = dm_reads.get(&dm.id).and_then(|read| read.last_message_id);
                    Some((dm.id, (self.person(dm.recipient)?.get_untracked(), last)))
                })
                .collect(),
            dm_unread: unread(&dm_reads),
            messages: timelines
                .iter()
                .filter(|timeline| !timeline.edges.get_untracked().newer)
                .map(|timeline| (timeline.channel, self.normal_messages(timeline)))
                .collect(),
        }
    }

    fn normal_guild(&self, entry: &GuildEntry) -> NormalGuild {
        let reads = entry.reads.get_untracked();
        let loaded = entry.is_loaded().then(|| {
            let mut channels = entry.channels.get_untracked();
            // Archived ones are here as long as somebody looks at them, and in no snapshot.
            channels.retain(|channel| !is_archived(channel));
            let known: Vec<ChannelId> = channels.iter().map(|channel| channel.id).collect();
            for channel in &mut channels {
                // A category somebody may not see says nothing, and nobody tells them when it goes.
                channel.parent_id = channel.parent_id.filter(|parent| known.contains(parent));
                channel.last_message_id = reads.get(&channel.id).and_then(|read| read.last_message_id);
            }
            let mut members = entry.members.get_untracked();
            members.truncate(limits::MEMBERS_PAGE);
            for member in &mut members {
                self.rename(&mut member.user);
            }
            let mut roles = entry.roles.get_untracked();
            roles.sort_by_key(|role| (role.position, role.id));
            let access = entry.access.get_untracked();
            let text = channels.iter().filter(|channel| channel.kind == ChannelKind::Text);
            let in_channels = text.map(|channel| (channel.id, access.in_channel(channel.id))).collect();
            NormalContents {
                channels,
                roles,
                members,
                member_count: entry.member_count.get_untracked(),
                access: (access.guild, in_channels),
            }
        });
        NormalGuild { guild: entry.guild.get_untracked(), unread: unread(&reads), loaded }
    }

    fn normal_messages(&self, timeline: &Timeline) -> Vec<Message> {
        let slots = timeline.slots.get_untracked();
        let sent: Vec<_> = slots.iter().filter(|slot| slot.id.is_some()).collect();
        let from = sent.len().saturating_sub(limits::HISTORY_PAGE);
        sent.into_iter()
            .skip(from)
            .map(|slot| {
                let mut message = slot.row.entry.with_untracked(|entry| entry.message.clone());
                message.nonce = None;
                self.rename(&mut message.author);
                message.mentions.iter_mut().for_each(|user| self.rename(user));
                if let Some(preview) = message.reply_to.as_mut().and_then(|reply| reply.preview.as_mut()) {
                    self.rename(&mut preview.author);
                }
                message
            })
            .collect()
    }

    fn rename(&self, user: &mut User) {
        if let Some(person) = self.person(user.id) {
            *user = person.get_untracked();
        }
    }
}
