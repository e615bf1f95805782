//! What pages and snapshots the world of tests gives.

use protocol::entity::{Channel, Dm, Guild};
use protocol::permissions::{self, Permissions, Standing};
use protocol::snapshot::{
    Anchor, GuildSnapshot, GuildSummary, History, HomeSnapshot, PageData, UnreadChannel,
};
use protocol::{ChannelId, Stream, UserId};

use super::sample_parts::page_of;
use super::samples::World;

impl World {
    fn summary(&self, guild: &Guild, channels: &[ChannelId]) -> GuildSummary {
        let unread = channels.iter().filter_map(|channel| {
            let mark = self.mark(*channel);
            let last_message_id = self.last(*channel).filter(|last| Some(*last) > mark.last_read_id)?;
            Some(UnreadChannel {
                channel_id: *channel,
                last_message_id,
                last_read_id: mark.last_read_id,
                mentions: mark.mentions,
                turns: mark.turns,
            })
        });
        GuildSummary {
            guild: guild.clone(),
            unread: unread.collect(),
            own_roles: channels.first().and_then(|channel| self.crew(*channel)).into_iter().collect(),
            followed: if guild.id == self.guild.id { self.followed() } else { Vec::new() },
            rev: self.rev(Stream::Guild(guild.id)),
        }
    }

    fn standing(&self) -> Standing {
        Standing {
            user: self.me(),
            is_owner: self.guild.owner_id == self.me(),
            everyone_role: self.guild.id.cast(),
            everyone: self.roles[0].permissions,
            roles: Vec::new(),
        }
    }

    fn visible(&self) -> Vec<(Channel, Permissions)> {
        let standing = self.standing();
        let with_bits = self.channels.iter().map(|channel| {
            let channel = Channel { last_message_id: self.last(channel.id), ..channel.clone() };
            let bits = permissions::in_channel(Some(&standing), &channel.overwrites);
            (channel, bits)
        });
        with_bits.filter(|(_, bits)| bits.contains(Permissions::VIEW_CHANNEL)).collect()
    }

    pub(super) fn guild_snapshot(&self) -> GuildSnapshot {
        let visible = self.visible();
        let access = permissions::in_guild(Some(&self.standing()));
        GuildSnapshot {
            guild: self.guild.clone(),
            roles: self.roles.clone(),
            members: self.members.iter().map(|id| self.member(*id)).collect(),
            member_count: u32::try_from(self.members.len()).unwrap_or_default(),
            own_roles: self.crew(ChannelId::from_trusted(11)).into_iter().collect(),
            marks: visible.iter().map(|(channel, _)| self.mark(channel.id)).collect(),
            access,
            channel_access: visible
                .iter()
                .filter(|(_, bits)| *bits != access)
                .map(|(c, b)| (c.id, *b))
                .collect(),
            followed: self.followed(),
            own_rev: self.rev(Stream::User(self.me())),
            channels: visible.into_iter().map(|(channel, _)| channel).chain(self.active_threads()).collect(),
            online: Vec::new(),
            rev: self.rev(Stream::Guild(self.guild.id)),
        }
    }

    /// A channel's whole history.
    pub(super) fn history(&self, channel: ChannelId) -> History {
        let ids =
            self.messages.iter().filter(|message| message.channel_id == channel).map(|message| message.id);
        History {
            channel_id: channel,
            messages: ids.filter_map(|id| self.told(id)).collect(),
            has_older: false,
            has_newer: false,
            last_read_id: self.marks.get(&channel).copied().flatten().filter(|_| self.can_be_unread(channel)),
            turns: self.turns.get(&channel).copied().unwrap_or_default(),
            thread: self.told_thread(channel),
            access: Permissions::DM,
            rev: self.rev(self.stream_of(channel)),
        }
    }

    /// One page of a channel's history.
    pub(super) fn history_page(&self, channel: ChannelId, anchor: Anchor) -> History {
        page_of(self.history(channel), anchor)
    }

    pub(super) fn home(&self) -> HomeSnapshot {
        let near: Vec<ChannelId> = self.visible().into_iter().map(|(channel, _)| channel.id).collect();
        let dm = Dm {
            id: self.dm,
            recipient: self.users[&UserId::from_trusted(102)].clone(),
            last_message_id: self.last(self.dm),
        };
        HomeSnapshot {
            me: self.own(),
            guilds: vec![self.summary(&self.guild, &near), self.summary(&self.other, &[self.far_channel()])],
            dms: vec![dm],
            dm_marks: vec![self.mark(self.dm)],
            rev: self.rev(Stream::User(self.me())),
        }
    }

    /// The page somebody gets who opens `channel` now.
    pub(super) fn page(&self, channel: ChannelId) -> PageData {
        let streams = [
            Stream::Guild(self.guild.id),
            Stream::Guild(self.other.id),
            Stream::Dm(self.dm),
            Stream::User(self.me()),
        ];
        let exists =
            channel == self.dm || self.channels.iter().chain(&self.threads).any(|known| known.id == channel);
        PageData {
            home: self.home(),
            guild: Some(self.guild_snapshot()),
            history: exists.then(|| self.history_page(channel, Anchor::Latest)),
            cursors: streams.into_iter().map(|stream| (stream, self.rev(stream))).collect(),
            build: "test".to_owned(),
            file_bytes: 1_000,
        }
    }
}
