//! Conversations between two people: finding, opening.

use protocol::entity::{Dm, User};
use protocol::error::{Field, Problem};
use protocol::event::Event;
use protocol::parse::Username;
use protocol::{Error, Result, Stream, UserId, limits};

use super::members::searched;
use crate::AppState;
use crate::auth::session::Actor;
use crate::store::{Tx, dms, users};

/// Opens the conversation with somebody: the same one whoever opens it, also at the same instant. It stands in
/// the opener's list at once, in the other's with the first message.
///
/// # Errors
/// [`Error::LimitReached`] when either of the two has [`limits::DMS_PER_PERSON`] others.
pub async fn open(state: &AppState, actor: &Actor, other: UserId) -> Result<Dm> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    if other == user {
        return Err(Error::Forbidden);
    }
    state.store.write(move |tx| Box::pin(open_in(tx, user, other))).await
}

async fn open_in(tx: &mut Tx, user: UserId, other: UserId) -> Result<Dm> {
    users::by_id(tx, other).await?.ok_or(Error::NotFound)?;
    // Both, in one order: neither list grows, and nobody gets another name, while this is decided.
    for person in [user.min(other), user.max(other)] {
        tx.lock(Stream::User(person)).await?;
    }
    if dms::find(tx, user, other).await?.is_none() {
        for person in [user, other] {
            if dms::count_of_user(tx, person).await? >= limits::DMS_PER_PERSON as i64 {
                return Err(Error::LimitReached);
            }
        }
    }
    let channel = dms::find_or_insert(tx, user, other).await?;
    let opened = dms::set_open(tx, channel, user).await?;
    let dm = dms::get(tx, channel, user).await?.ok_or(Error::Internal)?;
    if opened {
        tx.emit(Stream::User(user), Event::DmOpened { dm: dm.clone() }).await?;
    }
    Ok(dm)
}

/// Opens the conversation with the first person a query finds.
pub async fn open_by_name(state: &AppState, actor: &Actor, query: &str) -> Result<Dm> {
    let found = find_people(state, actor, query).await?;
    let unknown = Error::Invalid { field: Field::Query, problem: Problem::Unknown };
    open(state, actor, found.first().ok_or(unknown)?.id).await
}

/// People one shares a server or a conversation with, by the beginning of their names; a full username finds
/// anybody, and stands first.
pub async fn find_people(state: &AppState, actor: &Actor, query: &str) -> Result<Vec<User>> {
    state.rates.search(actor.user_id)?;
    let query = searched(query)?;
    let mut reader = state.store.read().await?;
    let mut found = users::find_near(&mut reader, actor.user_id, &query, limits::PEOPLE_FOUND).await?;
    if let Ok(username) = Username::parse(&query)
        && let Some(exact) = users::by_username(&mut reader, username.as_str()).await?
    {
        found.retain(|user| user.id != exact.id);
        if exact.id != actor.user_id {
            found.insert(0, exact);
        }
    }
    found.truncate(limits::PEOPLE_FOUND);
    Ok(found)
}
