//! A small world most tests begin in.

use protocol::entity::Guild;
use protocol::permissions::{Overwrite, Permissions, Subject};
use protocol::{ChannelId, Error};
use rig::{Person, TestApp};

/// Four people and a guild.
pub(crate) struct Scene {
    /// Owns the guild.
    pub(crate) ana: Person,
    /// A member.
    pub(crate) bo: Person,
    /// Was never in.
    pub(crate) cy: Person,
    /// Was removed.
    pub(crate) dee: Person,
    /// The guild.
    pub(crate) guild: Guild,
    /// Its first channel.
    pub(crate) general: ChannelId,
}

impl Scene {
    pub(crate) async fn new(app: &TestApp) -> Self {
        let (ana, bo, cy, dee) =
            tokio::join!(app.person("ana"), app.person("bo"), app.person("cy"), app.person("dee"));
        let guild = ana.create_guild("Lanternfish").await;
        ana.bring(guild.id, &bo).await;
        ana.bring(guild.id, &dee).await;
        backend::actions::members::kick(&app.state, &ana.actor, guild.id, dee.id()).await.unwrap();
        let general = ana.general(guild.id).await;
        Self { ana, bo, cy, dee, guild, general }
    }

    /// Who may not know that the guild exists.
    pub(crate) fn strangers(&self) -> [&Person; 2] {
        [&self.cy, &self.dee]
    }
}

/// Does something that has to be refused, and says how; nothing may be different afterwards.
pub(crate) async fn refused<T: std::fmt::Debug>(
    app: &TestApp,
    work: impl Future<Output = protocol::Result<T>>,
) -> Error {
    let before = app.content().await;
    let error = work.await.unwrap_err();
    assert_eq!(app.content().await, before, "{error:?} was answered, and yet something changed");
    error
}

/// Sets one exception of a channel, the way a future action will.
pub(crate) async fn except(
    app: &TestApp,
    channel: ChannelId,
    subject: Subject,
    allow: Permissions,
    deny: Permissions,
) {
    let overwrite = Overwrite { subject, allow, deny };
    let set = app.state.store.write(move |tx| {
        Box::pin(async move { backend::store::channels::set_overwrite(tx, channel, &overwrite).await })
    });
    set.await.unwrap();
}

/// Closes a channel to everybody but the owner and those named.
pub(crate) async fn close(app: &TestApp, guild: &Guild, channel: ChannelId, but: &[&Person]) {
    let everyone = Subject::Role(guild.id.cast());
    except(app, channel, everyone, Permissions::NONE, Permissions::VIEW_CHANNEL).await;
    for person in but {
        let person = Subject::Member(person.id());
        except(app, channel, person, Permissions::VIEW_CHANNEL, Permissions::NONE).await;
    }
}
