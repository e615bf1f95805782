//! Who may view what, changed as the actions that do not exist yet will.

use backend::store::{channels as channel_rows, guilds as guild_rows, members as member_rows};
use protocol::entity::Role;
use protocol::event::Event;
use protocol::permissions::{Overwrite, Permissions, Subject};
use protocol::{ChannelId, Error, GuildId, Result, RoleId, Stream, UserId};
use rig::{Person, TestApp};

use crate::history::History;

/// A channel that somebody could not view opens to them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Opening {
    /// @everyone may view channels again.
    ToEveryone,
    /// The exception against it is taken back.
    TakenBack,
    /// There is an exception for them.
    ForThem,
    /// They are given a role that may view it.
    ByRole,
}

impl Opening {
    pub(crate) const ALL: [Self; 4] = [Self::ToEveryone, Self::TakenBack, Self::ForThem, Self::ByRole];

    /// Closes the first guild's first channel to everyone.
    pub(crate) async fn prepare(self, history: &History<'_>) {
        let (app, guild) = (history.app, history.guilds[0]);
        match self {
            Self::ToEveryone => {
                _ = set_role(app, guild, Some(guild.cast()), Permissions::NONE).await.unwrap()
            }
            _ => history.except_general(guild.cast(), Permissions::NONE, Permissions::VIEW_CHANNEL).await,
        }
    }

    /// Opens it to this person.
    pub(crate) async fn happen(self, history: &History<'_>, person: &Person) {
        let (app, guild, general) = (history.app, history.guilds[0], history.general());
        let view = Permissions::VIEW_CHANNEL;
        match self {
            Self::ToEveryone => {
                let all = Permissions::EVERYONE_DEFAULT;
                _ = set_role(app, guild, Some(guild.cast()), all).await.unwrap();
            }
            Self::TakenBack => {
                history.except_general(guild.cast(), Permissions::NONE, Permissions::NONE).await;
            }
            Self::ForThem => {
                let subject = Subject::Member(person.id());
                let exception = Overwrite { subject, allow: view, deny: Permissions::NONE };
                set_exception(app, guild, general, exception).await.unwrap();
            }
            Self::ByRole => {
                let role = set_role(app, guild, None, Permissions::NONE).await.unwrap();
                history.except_general(role, view, Permissions::NONE).await;
                give(app, guild, role, person.id()).await.unwrap();
            }
        }
    }
}

impl History<'_> {
    async fn except_general(&self, role: RoleId, allow: Permissions, deny: Permissions) {
        let exception = Overwrite { subject: Subject::Role(role), allow, deny };
        set_exception(self.app, self.guilds[0], self.general(), exception).await.unwrap();
    }
}

/// Gives somebody a role, as the action that does not exist yet will.
pub(crate) async fn give(app: &TestApp, guild: GuildId, role: RoleId, user: UserId) -> Result<()> {
    let give = app.state.store.write(move |tx| {
        Box::pin(async move {
            tx.lock(Stream::Guild(guild)).await?;
            member_rows::get(tx, guild, user).await?.ok_or(Error::NotFound)?;
            member_rows::add_role(tx, guild, user, role).await?;
            let member = member_rows::get(tx, guild, user).await?.ok_or(Error::NotFound)?;
            tx.emit(Stream::Guild(guild), Event::MemberUpdated { member }).await
        })
    });
    give.await.map(|_| ())
}

/// Sets or takes back an exception, likewise.
pub(crate) async fn set_exception(
    app: &TestApp,
    guild: GuildId,
    channel: ChannelId,
    exception: Overwrite,
) -> Result<()> {
    let set = app.state.store.write(move |tx| {
        Box::pin(async move {
            tx.lock(Stream::Guild(guild)).await?;
            channel_rows::by_id(tx, channel).await?.ok_or(Error::NotFound)?;
            channel_rows::set_overwrite(tx, channel, &exception).await?;
            let channel = channel_rows::by_id(tx, channel).await?.ok_or(Error::NotFound)?;
            tx.emit(Stream::Guild(guild), Event::ChannelUpdated { channel, exceptions_changed: true }).await
        })
    });
    set.await.map(|_| ())
}

/// Changes what a role may do, likewise; without one there is a new one.
pub(crate) async fn set_role(
    app: &TestApp,
    guild: GuildId,
    role: Option<RoleId>,
    permissions: Permissions,
) -> Result<RoleId> {
    let set = app.state.store.write(move |tx| {
        Box::pin(async move {
            tx.lock(Stream::Guild(guild)).await?;
            guild_rows::by_id(tx, guild).await?.ok_or(Error::NotFound)?;
            let role = match role {
                Some(role) => role,
                None => guild_rows::insert_role(tx, guild, "role", permissions, 1).await?,
            };
            guild_rows::set_role_permissions(tx, role, permissions).await?;
            let roles = guild_rows::roles(tx, guild).await?;
            let role: Role = roles.into_iter().find(|found| found.id == role).ok_or(Error::NotFound)?;
            let id = role.id;
            tx.emit(Stream::Guild(guild), Event::RoleUpdated { role }).await?;
            Ok(id)
        })
    });
    set.await
}
