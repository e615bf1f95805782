//! Searching for messages: everywhere somebody may read, and nowhere else.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use protocol::entity::Message;
use protocol::markup;
use protocol::permissions::Permissions;
use protocol::search::{
    Filter, Found, Person, Place, Search, SearchCursor, SearchOrder, SearchPage, SearchQuery, SearchScope,
};
use protocol::{ChannelId, MessageId, Result, UserId, limits};

use super::access::{in_channel, readable};
use crate::AppState;
use crate::auth::session::Actor;
use crate::store::search::{Reach, Wanted, contents, limit_time, newest};
use crate::store::search_index::Features;
use crate::store::tokens::{Phrase, hits};
use crate::store::{Db, channels, messages, threads, users};

/// Texts that are ranked before others have a turn on the same thread: a millisecond or two.
const RANKED_AT_ONCE: usize = 32;

/// A page of the messages that a search finds. All is read at one moment: the rights, the index, the messages.
///
/// # Errors
/// Those of [`SearchQuery::parse`]. [`protocol::Error::NotFound`] for a guild or channel the searcher is not in,
/// [`protocol::Error::Forbidden`] for a channel whose history they may not read, [`protocol::Error::Busy`] when the
/// database takes too long.
pub async fn find(state: &AppState, actor: &Actor, search: &Search) -> Result<SearchPage> {
    state.rates.search(actor.user_id)?;
    let query = SearchQuery::parse(&search.query, search.offset_minutes)?;
    let _turn = state.rates.search_turn().await?;
    let mut reader = state.store.read().await?;
    let db = &mut reader;
    limit_time(db).await?;
    let mut unknown = Vec::new();
    let reach = reach(db, actor.user_id, search.scope, &query.places, &mut unknown).await?;
    let from = people(db, actor.user_id, Filter::From, &query.from, &mut unknown).await?;
    let mentions = people(db, actor.user_id, Filter::Mentions, &query.mentions, &mut unknown).await?;
    let mut phrases: Vec<Phrase> = Vec::new();
    for phrase in query.terms.iter().filter_map(|term| Phrase::of(term)) {
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    // Signs alone are in no index. Beside something else they are passed over, as they are in messages.
    let is_nothing = phrases.is_empty() && query.is_text();
    if is_nothing || !unknown.is_empty() {
        return Ok(SearchPage { unknown, ..SearchPage::default() });
    }
    let mut wanted = Wanted {
        reach,
        from,
        mentions,
        features: query.has.iter().fold(Features::NONE, |all, has| all.and(Features::of(*has))),
        pinned: query.pinned,
        phrases,
        since: query.since,
        before: query.before,
        up_to: None,
    };
    let (ids, next) = match search.order {
        SearchOrder::Relevant if !wanted.phrases.is_empty() => {
            ranked(db, &mut wanted, search.after.as_ref()).await?
        }
        _ => by_time(db, &mut wanted, search.after.as_ref()).await?,
    };
    let found = shown(db, &wanted, &ids).await?;
    Ok(SearchPage { found, next, unknown })
}

/// Where is searched: what the searcher may read of it now.
async fn reach(
    db: &mut impl Db,
    user: UserId,
    scope: SearchScope,
    places: &[Place],
    unknown: &mut Vec<String>,
) -> Result<Reach> {
    let (guild, mut all) = match scope {
        SearchScope::Channel { channel } => {
            let access = in_channel(db, user, channel).await?;
            access.require(Permissions::READ_HISTORY)?;
            let name = channels::by_id(db, channel).await?.map(|channel| channel.name);
            (access.guild_id, vec![(channel, name.unwrap_or_default())])
        }
        SearchScope::Guild { guild } => {
            let channels = readable(db, user, guild).await?;
            let seen: HashSet<ChannelId> = channels.iter().map(|channel| channel.id).collect();
            let threads = threads::latest(db, guild, limits::SEARCH_THREADS).await?;
            // Nobody means a thread by a channel's name.
            let threads = threads.into_iter().filter(|(_, parent)| seen.contains(parent));
            let named = channels.into_iter().map(|channel| (channel.id, channel.name));
            (Some(guild), named.chain(threads.map(|(id, _)| (id, String::new()))).collect())
        }
    };
    let mut named = HashSet::new();
    for place in places {
        let these: Vec<ChannelId> =
            all.iter().filter(|(id, name)| is(place, *id, name)).map(|(id, _)| *id).collect();
        if these.is_empty() {
            let value = match place {
                Place::Id(id) => format!("<#{id}>"),
                Place::Named(name) => name.clone(),
            };
            unknown.push(as_typed(Filter::In, &value));
        }
        named.extend(these);
    }
    all.retain(|(id, _)| places.is_empty() || named.contains(id));
    Ok(Reach { guild, channels: all.into_iter().map(|(id, _)| id).collect() })
}

/// Whether a channel is meant. A conversation has no name, and nobody means it by that.
fn is(place: &Place, id: ChannelId, name: &str) -> bool {
    match place {
        Place::Id(wanted) => id == *wanted,
        Place::Named(wanted) => !wanted.is_empty() && name.to_lowercase() == *wanted,
    }
}

fn as_typed(filter: Filter, value: &str) -> String {
    format!("{}:{value}", filter.as_str())
}

/// People who are named. A full username names anybody, as for opening a conversation: also who has left.
async fn people(
    db: &mut impl Db,
    me: UserId,
    filter: Filter,
    named: &[Person],
    unknown: &mut Vec<String>,
) -> Result<Vec<UserId>> {
    let mut found = Vec::new();
    for person in named {
        match person {
            Person::Me => found.push(me),
            Person::Id(id) => found.push(*id),
            Person::Named(name) => match users::by_username(db, name.as_str()).await? {
                Some(user) => found.push(user.id),
                None => unknown.push(as_typed(filter, name.as_str())),
            },
        }
    }
    Ok(found)
}

type Ids = (Vec<MessageId>, Option<SearchCursor>);

/// The newest first.
async fn by_time(db: &mut impl Db, wanted: &mut Wanted, after: Option<&SearchCursor>) -> Result<Ids> {
    // Ids are whole numbers, so the next below is one less.
    wanted.up_to = after.and_then(|cursor| MessageId::new(cursor.id.get() - 1).or(Some(cursor.id)));
    let mut ids = newest(db, wanted, limits::SEARCH_PAGE + 1).await?;
    ids.retain(|id| after.is_none_or(|cursor| *id < cursor.id));
    let more = ids.len() > limits::SEARCH_PAGE;
    ids.truncate(limits::SEARCH_PAGE);
    let last = ids.last().copied().filter(|_| more);
    Ok((ids, last.map(|id| SearchCursor { score: 0, id, newest: after.map_or(id, |cursor| cursor.newest) })))
}

/// Those that say most first, of the newest [`limits::SEARCH_RANKED`]; of two that say as much, the newer.
async fn ranked(db: &mut impl Db, wanted: &mut Wanted, after: Option<&SearchCursor>) -> Result<Ids> {
    wanted.up_to = after.map(|cursor| cursor.newest);
    let candidates = newest(db, wanted, limits::SEARCH_RANKED).await?;
    let Some(newest) = candidates.first().copied() else { return Ok((Vec::new(), None)) };
    let texts = contents(db, &candidates).await?;
    let mut scored = Vec::with_capacity(texts.len());
    for some in texts.chunks(RANKED_AT_ONCE) {
        scored.extend(
            some.iter().map(|(id, content)| (hits(&markup::visible(content), &wanted.phrases).score, *id)),
        );
        tokio::task::yield_now().await;
    }
    scored.sort_unstable_by_key(|place| Reverse(*place));
    scored.retain(|place| after.is_none_or(|cursor| *place < (cursor.score, cursor.id)));
    let more = scored.len() > limits::SEARCH_PAGE;
    scored.truncate(limits::SEARCH_PAGE);
    let last = scored.last().copied().filter(|_| more);
    let next = last.map(|(score, id)| SearchCursor { score, id, newest: wanted.up_to.unwrap_or(newest) });
    Ok((scored.into_iter().map(|(_, id)| id).collect(), next))
}

/// The messages themselves, in this order. Whatever the index said, none is shown of a channel that was not asked for.
async fn shown(db: &mut impl Db, wanted: &Wanted, ids: &[MessageId]) -> Result<Vec<Found>> {
    let all = messages::several(db, ids).await?;
    let mut by_id: HashMap<MessageId, Message> = all
        .into_iter()
        .filter(|message| wanted.reach.channels.contains(&message.channel_id))
        .map(|message| (message.id, message))
        .collect();
    let found = |message: Message| {
        let hits = hits(&markup::visible(&message.content), &wanted.phrases).texts;
        Found { message, hits }
    };
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).map(found).collect())
}
