//! Reactions: who may react, take it back, and see who did.

use std::collections::BTreeSet;

use backend::actions::messages;
use backend::actions::reactions::{add, people, remove};
use backend::store::{purges, streams};
use protocol::entity::Reaction;
use protocol::error::{Field, Problem};
use protocol::permissions::{Permissions, Subject};
use protocol::{ChannelId, Error, MessageId, Stream, limits};
use rig::{Person, TestApp, on_both};

use crate::scene::{Scene, except, refused};

/// The reactions to a message as somebody sees them.
async fn seen(person: &Person, channel: ChannelId, message: MessageId) -> Vec<Reaction> {
    let page = person.history(channel).await;
    page.messages.into_iter().find(|known| known.id == message).unwrap().reactions
}

fn reaction(emoji: &str, count: u32, me: bool) -> Reaction {
    Reaction { emoji: emoji.to_owned(), count, me }
}

async fn react(app: &TestApp, person: &Person, channel: ChannelId, message: MessageId, emoji: &str) {
    add(&app.state, &person.actor, channel, message, emoji).await.unwrap();
}

#[tokio::test]
async fn members_react_and_take_it_back_and_everybody_sees_their_own() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "cake?").await.id;
        react(app, &s.bo, s.general, said, "🍰").await;
        react(app, &s.ana, s.general, said, "👍").await;
        react(app, &s.ana, s.general, said, "🍰").await;
        assert_eq!(seen(&s.ana, s.general, said).await, [reaction("🍰", 2, true), reaction("👍", 1, true)]);
        assert_eq!(seen(&s.bo, s.general, said).await, [reaction("🍰", 2, true), reaction("👍", 1, false)]);
        let names = people(&app.state, &s.bo.actor, s.general, said, "🍰").await.unwrap();
        let names: BTreeSet<_> = names.into_iter().map(|user| user.id).collect();
        assert_eq!(names, BTreeSet::from([s.ana.id(), s.bo.id()]));
        remove(&app.state, &s.bo.actor, s.general, said, "🍰").await.unwrap();
        remove(&app.state, &s.ana.actor, s.general, said, "🍰").await.unwrap();
        assert_eq!(seen(&s.bo, s.general, said).await, [reaction("👍", 1, false)]);
    })
    .await;
}

#[tokio::test]
async fn reacting_twice_or_taking_back_what_is_not_there_changes_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "once").await.id;
        react(app, &s.bo, s.general, said, "👍").await;
        let before = app.content().await;
        react(app, &s.bo, s.general, said, "👍").await;
        remove(&app.state, &s.ana.actor, s.general, said, "👍").await.unwrap();
        remove(&app.state, &s.bo.actor, s.general, said, "🍰").await.unwrap();
        assert_eq!(app.content().await, before);
    })
    .await;
}

#[tokio::test]
async fn strangers_neither_react_nor_learn_who_did() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "between us").await.id;
        react(app, &s.bo, s.general, said, "👍").await;
        for stranger in s.strangers() {
            let actor = &stranger.actor;
            let adds = add(&app.state, actor, s.general, said, "👍");
            assert_eq!(refused(app, adds).await, Error::NotFound);
            let removes = remove(&app.state, actor, s.general, said, "👍");
            assert_eq!(refused(app, removes).await, Error::NotFound);
            let asks = people(&app.state, actor, s.general, said, "👍");
            assert_eq!(refused(app, asks).await, Error::NotFound);
        }
        let elsewhere = s.ana.create_channel(s.guild.id, "elsewhere").await.id;
        let lost = add(&app.state, &s.bo.actor, elsewhere, said, "👍");
        assert_eq!(refused(app, lost).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn who_may_not_add_reactions_still_joins_one_that_is_there() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "vote").await.id;
        let bo = Subject::Member(s.bo.id());
        except(app, s.general, bo, Permissions::NONE, Permissions::ADD_REACTIONS).await;
        let new = add(&app.state, &s.bo.actor, s.general, said, "👍");
        assert_eq!(refused(app, new).await, Error::Forbidden);
        react(app, &s.ana, s.general, said, "👍").await;
        react(app, &s.bo, s.general, said, "👍").await;
        except(app, s.general, bo, Permissions::NONE, Permissions::READ_HISTORY).await;
        let adds = add(&app.state, &s.bo.actor, s.general, said, "👍");
        assert_eq!(refused(app, adds).await, Error::Forbidden);
        let asks = people(&app.state, &s.bo.actor, s.general, said, "👍");
        assert_eq!(refused(app, asks).await, Error::Forbidden);
    })
    .await;
}

#[tokio::test]
async fn only_one_emoji_is_a_reaction_and_no_more_than_twenty_kinds_fit() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "choose").await.id;
        for bad in ["", "a", "👍👍", "👍 ", "<b>", "👍x", "\u{202E}", "12"] {
            let adds = add(&app.state, &s.bo.actor, s.general, said, bad);
            let error = refused(app, adds).await;
            assert!(matches!(error, Error::Invalid { field: Field::Emoji, .. }), "{bad:?}: {error:?}");
        }
        let long = add(&app.state, &s.bo.actor, s.general, said, &"👍\u{200D}".repeat(40)).await;
        let too_long = Problem::TooLong { max: limits::EMOJI_CHARS };
        assert_eq!(long, Err(Error::Invalid { field: Field::Emoji, problem: too_long }));
        let emoji: Vec<String> =
            (0..=20).filter_map(|n| char::from_u32(0x1F600 + n)).map(String::from).collect();
        for one in &emoji[..limits::REACTION_KINDS] {
            react(app, &s.bo, s.general, said, one).await;
        }
        let one_more = add(&app.state, &s.bo.actor, s.general, said, &emoji[limits::REACTION_KINDS]);
        assert_eq!(refused(app, one_more).await, Error::LimitReached);
        react(app, &s.ana, s.general, said, &emoji[0]).await;
        for hidden in ["👍\u{E0068}\u{E0069}\u{E007F}", "👍🏽🏽", "❤\u{FE0F}\u{FE0F}", "\u{200B}\u{FE0F}"]
        {
            let adds = add(&app.state, &s.bo.actor, s.general, said, hidden);
            let characters = Error::Invalid { field: Field::Emoji, problem: Problem::Characters };
            assert_eq!(refused(app, adds).await, characters, "{hidden:?}");
        }
        for whole in ["👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "🇩🇪", "👋🏽", "❤️", "1️⃣"]
        {
            let other = s.ana.say(s.general, "another").await.id;
            react(app, &s.bo, s.general, other, whole).await;
            assert_eq!(seen(&s.bo, s.general, other).await, [reaction(whole, 1, true)]);
        }
    })
    .await;
}

#[tokio::test]
async fn an_emoji_is_one_reaction_whichever_way_it_is_written() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "thank you").await.id;
        let (bare, whole) = ("\u{2764}", "\u{2764}\u{FE0F}");
        react(app, &s.bo, s.general, said, bare).await;
        react(app, &s.ana, s.general, said, whole).await;
        react(app, &s.bo, s.general, said, whole).await;
        assert_eq!(seen(&s.bo, s.general, said).await, [reaction(whole, 2, true)]);
        let names = people(&app.state, &s.bo.actor, s.general, said, bare).await.unwrap();
        assert_eq!(names.len(), 2);
        remove(&app.state, &s.ana.actor, s.general, said, bare).await.unwrap();
        remove(&app.state, &s.bo.actor, s.general, said, bare).await.unwrap();
        assert_eq!(seen(&s.bo, s.general, said).await, []);
    })
    .await;
}

#[tokio::test]
async fn many_who_react_at_once_are_all_counted() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "all together").await.id;
        let crowd = [&s.ana, &s.bo];
        let emoji = ["👍", "🍰", "🎉"];
        let mut all = Vec::new();
        for person in crowd {
            for one in emoji {
                all.push(add(&app.state, &person.actor, s.general, said, one));
            }
        }
        for done in futures_util::future::join_all(all).await {
            done.unwrap();
        }
        let mut counts: Vec<(String, u32)> =
            seen(&s.bo, s.general, said).await.into_iter().map(|r| (r.emoji, r.count)).collect();
        counts.sort();
        assert_eq!(counts.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [2, 2, 2]);
    })
    .await;
}

#[tokio::test]
async fn reactions_go_with_their_message_and_with_their_channel() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "soon gone").await.id;
        react(app, &s.bo, s.general, said, "👍").await;
        messages::delete(&app.state, &s.ana.actor, s.general, said).await.unwrap();
        let other = s.ana.create_channel(s.guild.id, "other").await.id;
        let there = s.ana.say(other, "gone as well").await.id;
        react(app, &s.bo, other, there, "👍").await;
        backend::actions::channels::delete(&app.state, &s.ana.actor, other).await.unwrap();
        backend::jobs::run(&app.state).await.unwrap();
        let content = app.content().await;
        for table in ["reactions", "reactors"] {
            let rows = content.get(table).map_or(0, |rows| rows.len());
            assert_eq!(rows, 0, "{table}");
        }
    })
    .await;
}

/// What the log of a guild tells of reactions.
async fn told(app: &TestApp, s: &Scene) -> usize {
    let mut reader = app.state.store.read().await.unwrap();
    let log = streams::events_after(&mut reader, Stream::Guild(s.guild.id), 0, 1000).await.unwrap();
    log.iter().filter(|entry| entry.json.contains("reaction_changed")).count()
}

#[tokio::test]
async fn deleting_a_message_leaves_who_reacted_to_small_steps_and_nobody_is_told_of_them() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (said, other) = (s.ana.say(s.general, "news").await.id, s.ana.say(s.general, "old").await.id);
        let mut look = app.database().look().await;
        for emoji in ["👍", "🎉", "🍰", "🦀", "🌊", "🔥"] {
            react(app, &s.ana, s.general, said, emoji).await;
            react(app, &s.bo, s.general, said, emoji).await;
        }
        react(app, &s.bo, s.general, other, "👍").await;
        assert_eq!(told(app, &s).await, 13);
        let reactions = "select count(*) from events where kind = 'reaction_changed' and payload is not null";
        messages::delete(&app.state, &s.ana.actor, s.general, said).await.unwrap();
        let mut left = look.number("select count(*) from reactors").await;
        assert_eq!((left, look.number(reactions).await), (13, 13), "the commit of the deletion is short");
        let shown = format!("select count(*) from reactions where message_id = {said}");
        assert_eq!(look.number(&shown).await, 0);
        let mut steps = 0;
        loop {
            assert_eq!(told(app, &s).await, 1, "only those to the message that is there");
            let asks = people(&app.state, &s.bo.actor, s.general, said, "👍").await;
            assert_eq!(asks.map(|_| ()), Err(Error::NotFound));
            let step =
                app.state.store.write(move |tx| Box::pin(purges::step_message(tx, s.general, said, 5)));
            let is_more = step.await.unwrap();
            let now = look.number("select count(*) from reactors").await;
            assert!((0..=5).contains(&(left - now)), "{left} {now}");
            (left, steps) = (now, steps + 1);
            if !is_more {
                break;
            }
        }
        assert_eq!((left, steps), (1, 3), "the other message keeps its own");
        assert_eq!(look.number("select count(*) from reactor_purges").await, 0);
        assert_eq!(seen(&s.ana, s.general, other).await, [reaction("👍", 1, false)]);
        let quiet = s.ana.say(s.general, "nobody cares").await.id;
        messages::delete(&app.state, &s.ana.actor, s.general, quiet).await.unwrap();
        assert_eq!(look.number("select count(*) from reactor_purges").await, 0, "nothing is left of it");
    })
    .await;
}
