//! Permissions, decided once.

use protocol::entity::{Channel, ChannelKind};
use protocol::permissions::{self, Permissions};
use protocol::{ChannelId, Error, GuildId, MessageId, Result, Stream, UserId};

use crate::store::access::{Seat, ThreadSeat, seat, standing};
use crate::store::{Db, Tx, channels};

/// A channel somebody can view, and what else they may do in it.
#[derive(Debug, Clone)]
pub struct ChannelAccess {
    /// The stream its events belong to.
    pub stream: Stream,
    /// The guild; none for direct conversations.
    pub guild_id: Option<GuildId>,
    /// Number of the channel's kind.
    pub kind: i64,
    /// The newest message.
    pub last_message_id: Option<MessageId>,
    /// The person.
    pub user: protocol::entity::User,
    /// What the person may do.
    pub permissions: Permissions,
    /// What is special about a thread.
    pub thread: Option<ThreadSeat>,
}

impl ChannelAccess {
    /// # Errors
    /// [`Error::Forbidden`] without the permission.
    pub fn require(&self, wanted: Permissions) -> Result<()> {
        require(self.permissions, wanted)
    }
}

/// # Errors
/// [`Error::Forbidden`] without the permission.
pub fn require(has: Permissions, wanted: Permissions) -> Result<()> {
    if has.contains(wanted) { Ok(()) } else { Err(Error::Forbidden) }
}

/// What somebody may do in a channel.
///
/// # Errors
/// [`Error::NotFound`] when they cannot view it: whether it exists is not theirs to know.
pub async fn in_channel(db: &mut impl Db, user: UserId, channel: ChannelId) -> Result<ChannelAccess> {
    let seat = seat(db, channel, user).await?.ok_or(Error::NotFound)?;
    let Seat { guild_id, kind, last_message_id, user, permissions, thread } = seat;
    if !permissions.contains(Permissions::VIEW_CHANNEL) {
        return Err(Error::NotFound);
    }
    let stream = guild_id.map_or(Stream::Dm(channel), Stream::Guild);
    Ok(ChannelAccess { stream, guild_id, kind, last_message_id, user, permissions, thread })
}

/// The same inside a write, where it still holds at the commit.
pub async fn in_channel_for_write(tx: &mut Tx, user: UserId, channel: ChannelId) -> Result<ChannelAccess> {
    let access = in_channel(tx, user, channel).await?;
    // Where writers run side by side, what was read before the lock may be outdated: read again under it.
    if tx.lock(access.stream).await? { in_channel(tx, user, channel).await } else { Ok(access) }
}

/// What somebody may do in a guild as a whole.
///
/// # Errors
/// [`Error::NotFound`] for those who are not in it.
pub async fn in_guild(db: &mut impl Db, user: UserId, guild: GuildId) -> Result<Permissions> {
    let standing = standing(db, guild, user).await?.ok_or(Error::NotFound)?;
    Ok(permissions::in_guild(Some(&standing)))
}

/// The same inside a write, where it still holds at the commit.
pub async fn in_guild_for_write(tx: &mut Tx, user: UserId, guild: GuildId) -> Result<Permissions> {
    tx.lock(Stream::Guild(guild)).await?;
    in_guild(tx, user, guild).await
}

/// The channels of a guild with messages whose history somebody may read.
///
/// # Errors
/// [`Error::NotFound`] for those who are not in the guild.
pub async fn readable(db: &mut impl Db, user: UserId, guild: GuildId) -> Result<Vec<Channel>> {
    let standing = standing(db, guild, user).await?.ok_or(Error::NotFound)?;
    let wanted = Permissions::VIEW_CHANNEL | Permissions::READ_HISTORY;
    let is_readable = |channel: &Channel| {
        channel.kind != ChannelKind::Category
            && permissions::in_channel(Some(&standing), &channel.overwrites).contains(wanted)
    };
    Ok(channels::of_guild(db, guild).await?.into_iter().filter(is_readable).collect())
}
