//! Who is connected: connections by person and by session.

use std::collections::HashMap;
use std::sync::Arc;

use protocol::{SessionId, UserId};

use super::connection::Connection;

/// A person with at least one connection.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) connections: Vec<Arc<Connection>>,
    /// Connections that have caught up; the person is online while there is one.
    present: usize,
    /// Changes whenever the person's streams change, so that an answer from the database that was asked for
    /// before is not acted on after.
    epoch: u64,
}

/// Everybody who is connected.
#[derive(Debug, Default)]
pub(super) struct People {
    by_user: HashMap<UserId, Person>,
    by_session: HashMap<SessionId, (UserId, usize)>,
    /// Never the same twice, also when a person leaves and comes back.
    epochs: u64,
    is_closed: bool,
}

impl People {
    /// Adds a connection; false once the instance is stopping.
    pub(super) fn add(&mut self, connection: &Arc<Connection>) -> bool {
        if self.is_closed {
            return false;
        }
        self.epochs += 1;
        let epoch = self.epochs;
        let new = || Person { connections: Vec::with_capacity(1), present: 0, epoch };
        let person = self.by_user.entry(connection.user).or_insert_with(new);
        person.connections.push(Arc::clone(connection));
        self.by_session.entry(connection.session).or_insert((connection.user, 0)).1 += 1;
        true
    }

    /// Counts a connection as present; true when the person comes online with it.
    pub(super) fn arrive(&mut self, user: UserId) -> bool {
        let Some(person) = self.by_user.get_mut(&user) else { return false };
        person.present += 1;
        person.present == 1
    }

    /// Removes a connection; true when the person goes offline with it.
    pub(super) fn remove(&mut self, connection: &Arc<Connection>, was_present: bool) -> bool {
        if let Some((_, count)) = self.by_session.get_mut(&connection.session) {
            *count -= 1;
            if *count == 0 {
                self.by_session.remove(&connection.session);
            }
        }
        let Some(person) = self.by_user.get_mut(&connection.user) else { return false };
        person.connections.retain(|other| !Arc::ptr_eq(other, connection));
        person.present -= usize::from(was_present);
        let went_offline = was_present && person.present == 0;
        if person.connections.is_empty() {
            self.by_user.remove(&connection.user);
        }
        went_offline
    }

    /// Whether somebody is online.
    pub(super) fn is_online(&self, user: UserId) -> bool {
        self.by_user.get(&user).is_some_and(|person| person.present > 0)
    }

    /// Somebody's connections.
    pub(super) fn of(&self, user: UserId) -> &[Arc<Connection>] {
        self.by_user.get(&user).map_or(&[], |person| &person.connections)
    }

    /// The connections of a session.
    pub(super) fn of_session(&self, session: SessionId) -> impl Iterator<Item = &Arc<Connection>> {
        let user = self.by_session.get(&session).map(|(user, _)| *user);
        let connections = user.map_or(&[] as &[_], |user| self.of(user));
        connections.iter().filter(move |connection| connection.session == session)
    }

    /// Everybody's connections.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.by_user.values().flat_map(|person| &person.connections)
    }

    /// Takes nobody in any more.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    /// A mark that is the same only as long as nobody's answer changed the person's streams; none when they are
    /// not connected.
    pub(super) fn epoch(&self, user: UserId) -> Option<u64> {
        self.by_user.get(&user).map(|person| person.epoch)
    }

    /// Makes earlier answers about this person worthless.
    pub(super) fn turn_epoch(&mut self, user: UserId) {
        self.epochs += 1;
        if let Some(person) = self.by_user.get_mut(&user) {
            person.epoch = self.epochs;
        }
    }
}
