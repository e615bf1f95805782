//! Everything that can durably change, one variant each. An event belongs to exactly one stream.

use crate::entity::{
    Addressed, Channel, ChannelPlace, Dm, Embed, Following, Guild, Me, Member, Message, MovedBack, ReadMark,
    Role, Settings, User,
};
use crate::tagged::tagged;
use crate::{ChannelId, GuildId, MessageId, RoleId, UserId};

tagged! {
    "kind",
    /// A durable change, as stored in the log and sent to clients: `{"kind": "...", ...}`.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum Event as "Event" {
        // Guild streams.
        /// Name, owner or system channel changed.
        GuildUpdated {
            /// As it is now.
            guild: Guild,
        },
        /// The guild is gone with everything in it. The last event of its stream.
        GuildDeleted {
            /// Which.
            guild_id: GuildId,
        },
        /// A role changed.
        RoleUpdated {
            /// As it is now.
            role: Role,
        },
        /// There is a new channel or category.
        ChannelCreated {
            /// As it is now.
            channel: Channel,
        },
        /// Name, topic or exceptions of a channel changed. Its `last_message_id` here is not newer than what
        /// the client already has.
        ChannelUpdated {
            /// As it is now.
            channel: Channel,
            /// Whether its exceptions changed, and with them who may view it.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            exceptions_changed: bool,
        },
        /// Channels stand elsewhere.
        ChannelsMoved {
            /// Only those that moved. Several together can all be viewed by every member; others come one by one.
            places: Vec<ChannelPlace>,
        },
        /// A channel is gone with its messages; channels under a deleted category stand alone.
        ChannelDeleted {
            /// Which.
            channel_id: ChannelId,
        },
        /// Somebody started a thread. The message it was started from says so from then on.
        ThreadCreated {
            /// As it is now.
            thread: Channel,
        },
        /// Name or times of a thread changed, or it was archived or opened again. That somebody wrote in it is told by
        /// the message alone.
        ThreadUpdated {
            /// As it is now.
            thread: Channel,
        },
        /// A thread is gone with its messages.
        ThreadDeleted {
            /// Which.
            thread_id: ChannelId,
            /// Of which channel.
            parent_id: ChannelId,
        },
        /// Somebody joined.
        MemberJoined {
            /// Who.
            member: Member,
        },
        /// Somebody changed in this guild: their roles or their names.
        MemberUpdated {
            /// As they are now.
            member: Member,
        },
        /// Somebody left or was removed.
        MemberLeft {
            /// Who.
            user_id: UserId,
        },

        // Guild and DM streams.
        /// Somebody said something.
        MessageCreated {
            /// What.
            message: Message,
            /// The channel of the thread it was said in.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            parent_id: Option<ChannelId>,
        },
        /// A message has another text.
        MessageUpdated {
            /// As it is now.
            message: Message,
            /// Whom it does not address any more, unless it still does in another way.
            #[serde(default, skip_serializing_if = "Addressed::is_empty")]
            taken_back: Addressed,
        },
        /// A message is gone; its text is in no log any more.
        MessageDeleted {
            /// Where.
            channel_id: ChannelId,
            /// Which.
            message_id: MessageId,
            /// Who wrote it: they had read everything before it, and of the message itself nothing is told any more.
            author_id: UserId,
            /// Whom it had addressed, for their counters; see [`Addressed`].
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            mentions: Vec<UserId>,
            /// Whether everybody who can view the channel.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            mention_everyone: bool,
            /// All with one of these roles.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            mention_roles: Vec<RoleId>,
            /// The channel's newest message now.
            last_message_id: Option<MessageId>,
            /// The channel of the thread it was in.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            parent_id: Option<ChannelId>,
        },
        /// Somebody reacted to a message, or took that back.
        ReactionChanged {
            /// Where.
            channel_id: ChannelId,
            /// To which message.
            message_id: MessageId,
            /// Who.
            user_id: UserId,
            /// With which emoji.
            emoji: String,
            /// Whether they react with it now.
            added: bool,
            /// How many do now. So the event says the same to whoever knows of it already.
            count: u32,
        },
        /// A message was pinned in its channel, or taken down.
        MessagePinned {
            /// Where.
            channel_id: ChannelId,
            /// Which.
            message_id: MessageId,
            /// Whether it is pinned now.
            pinned: bool,
        },
        /// What is behind the links of a message was found out, or is not shown any more.
        MessageEmbeds {
            /// Where.
            channel_id: ChannelId,
            /// Of which message.
            message_id: MessageId,
            /// All of them, as they are now.
            embeds: Vec<Embed>,
        },
        /// The other person of a conversation has other names now.
        RecipientUpdated {
            /// As they are now.
            user: User,
        },

        // User streams.
        /// The person is in one more guild; its snapshot has to be fetched.
        GuildJoined {
            /// Which.
            guild: Guild,
        },
        /// The person is in one guild less.
        GuildLeft {
            /// Which.
            guild_id: GuildId,
        },
        /// A conversation is in the list now.
        DmOpened {
            /// As they see it.
            dm: Dm,
        },
        /// Something was read, on whatever device.
        ReadMarked {
            /// How far.
            mark: ReadMark,
            /// Only where it was moved back.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            back: Option<MovedBack>,
        },
        /// The person follows a thread, follows it in another way, or does not any more.
        ThreadFollowed {
            /// Where.
            guild_id: GuildId,
            /// Which.
            thread_id: ChannelId,
            /// Of which channel.
            parent_id: ChannelId,
            /// How; none when they do not.
            following: Option<Following>,
        },
        /// Own names or email changed.
        MeUpdated {
            /// As it is now.
            me: Me,
        },
        /// Own settings changed.
        SettingsUpdated {
            /// As they are now.
            settings: Settings,
        },
        /// A device signed in or was signed out.
        DevicesChanged,
    }
}

impl Event {
    /// The channel only whose viewers may see this; `None` when the whole stream may. Who may see a thread is said by its
    /// parent, which the log knows.
    pub fn channel_id(&self) -> Option<ChannelId> {
        match self {
            Self::ChannelCreated { channel } | Self::ChannelUpdated { channel, .. } => Some(channel.id),
            Self::ThreadCreated { thread } | Self::ThreadUpdated { thread } => Some(thread.id),
            Self::ThreadDeleted { thread_id, .. } => Some(*thread_id),
            Self::ChannelDeleted { channel_id }
            | Self::MessageDeleted { channel_id, .. }
            | Self::ReactionChanged { channel_id, .. }
            | Self::MessagePinned { channel_id, .. }
            | Self::MessageEmbeds { channel_id, .. } => Some(*channel_id),
            Self::MessageCreated { message, .. } | Self::MessageUpdated { message, .. } => {
                Some(message.channel_id)
            }
            // Where a channel stands that not everybody can view is told alone.
            Self::ChannelsMoved { places } => match places.as_slice() {
                [place] => Some(place.id),
                _ => None,
            },
            _ => None,
        }
    }

    /// The message whose text, reactions or links are in this: it is not told any more when that is gone.
    pub fn message_id(&self) -> Option<MessageId> {
        match self {
            Self::MessageCreated { message, .. } | Self::MessageUpdated { message, .. } => Some(message.id),
            Self::ReactionChanged { message_id, .. }
            | Self::MessagePinned { message_id, .. }
            | Self::MessageEmbeds { message_id, .. } => Some(*message_id),
            _ => None,
        }
    }

    /// Whether who may see what can be different after this.
    pub fn changes_access(&self) -> bool {
        matches!(
            self,
            Self::GuildUpdated { .. }
                | Self::RoleUpdated { .. }
                | Self::ChannelCreated { .. }
                | Self::ChannelUpdated { .. }
                | Self::ChannelDeleted { .. }
                | Self::MemberJoined { .. }
                | Self::MemberUpdated { .. }
                | Self::MemberLeft { .. }
        )
    }

    /// The tag of the variant, for the log's `kind` column.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::GuildUpdated { .. } => "guild_updated",
            Self::GuildDeleted { .. } => "guild_deleted",
            Self::RoleUpdated { .. } => "role_updated",
            Self::ChannelCreated { .. } => "channel_created",
            Self::ChannelUpdated { .. } => "channel_updated",
            Self::ChannelsMoved { .. } => "channels_moved",
            Self::ChannelDeleted { .. } => "channel_deleted",
            Self::ThreadCreated { .. } => "thread_created",
            Self::ThreadUpdated { .. } => "thread_updated",
            Self::ThreadDeleted { .. } => "thread_deleted",
            Self::MemberJoined { .. } => "member_joined",
            Self::MemberUpdated { .. } => "member_updated",
            Self::MemberLeft { .. } => "member_left",
            Self::MessageCreated { .. } => "message_created",
            Self::MessageUpdated { .. } => "message_updated",
            Self::MessageDeleted { .. } => "message_deleted",
            Self::ReactionChanged { .. } => "reaction_changed",
            Self::MessagePinned { .. } => "message_pinned",
            Self::MessageEmbeds { .. } => "message_embeds",
            Self::RecipientUpdated { .. } => "recipient_updated",
            Self::GuildJoined { .. } => "guild_joined",
            Self::GuildLeft { .. } => "guild_left",
            Self::DmOpened { .. } => "dm_opened",
            Self::ReadMarked { .. } => "read_marked",
            Self::ThreadFollowed { .. } => "thread_followed",
            Self::MeUpdated { .. } => "me_updated",
            Self::SettingsUpdated { .. } => "settings_updated",
            Self::DevicesChanged => "devices_changed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Event;

    #[test]
    fn the_kind_column_says_what_the_json_says() {
        let event = Event::GuildDeleted { guild_id: crate::GuildId::from_trusted(5) };
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(json, format!(r#"{{"kind":"{}","guild_id":"5"}}"#, event.kind()));
    }
}
