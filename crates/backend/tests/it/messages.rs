//! Messages: who may say, change, delete and read them.

use backend::actions::messages::{Draft, delete, edit, history, mark_read, send};
use protocol::entity::{Message, MessageKind};
use protocol::permissions::{Permissions, Subject};
use protocol::snapshot::{Anchor, Place};
use protocol::{ChannelId, Error, MessageId, limits};
use rig::{Person, TestApp, on_both};

use crate::scene::{Scene, except, refused};

const NOBODYS: i64 = 77;

async fn contents(app: &TestApp, person: &Person, channel: ChannelId, anchor: Anchor) -> Vec<String> {
    let page = history(&app.state, &person.actor, channel, anchor).await.unwrap();
    page.messages.into_iter().filter(|m| !m.kind.is_system()).map(|m| m.content).collect()
}

#[tokio::test]
async fn members_say_something_and_strangers_do_not() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.bo.say(s.general, "hello\r\nworld  ").await;
        assert_eq!(
            (said.content.as_str(), said.author.id, said.kind),
            ("hello\nworld", s.bo.id(), MessageKind::Default)
        );
        assert_eq!(s.ana.history(s.general).await.messages.last(), Some(&said));
        for stranger in s.strangers() {
            assert_eq!(refused(app, stranger.try_say(s.general, "hi")).await, Error::NotFound);
        }
        let nowhere = s.bo.try_say(ChannelId::from_trusted(NOBODYS), "hi");
        assert_eq!(refused(app, nowhere).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_said_in_a_category() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let all =
            backend::actions::guilds::snapshot(&app.state, &s.bo.actor, s.guild.id).await.unwrap().channels;
        let category = all.iter().find(|c| c.id != s.general).unwrap().id;
        assert_eq!(refused(app, s.ana.try_say(category, "hi")).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn where_somebody_may_not_write_they_can_still_read_and_delete_their_own() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let before = s.bo.say(s.general, "while I could").await;
        let bo = Subject::Member(s.bo.id());
        except(app, s.general, bo, Permissions::NONE, Permissions::SEND_MESSAGES).await;
        assert_eq!(refused(app, s.bo.try_say(s.general, "and now?")).await, Error::Forbidden);
        let edited = edit(&app.state, &s.bo.actor, s.general, before.id, "other words");
        assert_eq!(refused(app, edited).await, Error::Forbidden);
        assert!(contents(app, &s.bo, s.general, Anchor::Latest).await.contains(&"while I could".into()));
        assert_eq!(delete(&app.state, &s.bo.actor, s.general, before.id).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn a_reply_answers_a_message_of_the_same_channel() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let question = s.ana.say(s.general, "who is there?").await;
        let answer = s.bo.reply(s.general, question.id, "me").await;
        let quoted = answer.reply_to.clone().unwrap();
        assert_eq!((answer.kind, quoted.id), (MessageKind::Reply, question.id));
        assert_eq!(quoted.preview.unwrap().content, "who is there?");
        let other = s.ana.create_channel(s.guild.id, "other").await.id;
        let system =
            s.ana.history(s.general).await.messages.into_iter().find(|m| m.kind.is_system()).unwrap();
        let reply = |channel, to| {
            let draft = Draft { content: "me", reply_to: Some(to), nonce: "", attachments: &[] };
            send(&app.state, &s.bo.actor, channel, draft)
        };
        assert_eq!(refused(app, reply(other, question.id)).await, Error::ReplyGone);
        assert_eq!(refused(app, reply(s.general, MessageId::from_trusted(NOBODYS))).await, Error::ReplyGone);
        assert_eq!(refused(app, reply(s.general, system.id)).await, Error::Forbidden);
    })
    .await;
}

#[tokio::test]
async fn a_reply_to_a_message_that_was_deleted_meanwhile_says_so_and_can_be_sent_without_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let question = s.ana.say(s.general, "who has the key?").await.id;
        delete(&app.state, &s.ana.actor, s.general, question).await.unwrap();
        let answer = |reply_to| {
            let draft = Draft { content: "it is with me", reply_to, nonce: "the-same", attachments: &[] };
            send(&app.state, &s.bo.actor, s.general, draft)
        };
        assert_eq!(refused(app, answer(Some(question))).await, Error::ReplyGone);
        assert_eq!(Error::ReplyGone.status(), 409);
        let sent = answer(None).await.unwrap();
        assert_eq!(answer(None).await, Ok(sent));
        // Of a channel that is gone nothing is said about messages.
        let other = s.ana.create_channel(s.guild.id, "other").await.id;
        let there = s.bo.say(other, "soon gone").await.id;
        backend::actions::channels::delete(&app.state, &s.ana.actor, other).await.unwrap();
        let draft = Draft { content: "late", reply_to: Some(there), nonce: "", attachments: &[] };
        assert_eq!(refused(app, send(&app.state, &s.bo.actor, other, draft)).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn who_may_not_read_what_was_said_gets_none_of_it_through_a_reply() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let secret = s.ana.say(s.general, "before your time").await;
        let bo = Subject::Member(s.bo.id());
        except(app, s.general, bo, Permissions::NONE, Permissions::READ_HISTORY).await;
        assert!(s.bo.history(s.general).await.messages.is_empty());
        let draft = Draft { content: "what?", reply_to: Some(secret.id), nonce: "", attachments: &[] };
        let reply = send(&app.state, &s.bo.actor, s.general, draft);
        assert_eq!(refused(app, reply).await, Error::Forbidden);
        let jump = Place::Guild { guild: s.guild.id, channel: Some(s.general), message: Some(secret.id) };
        let page = backend::actions::pages::load(&app.state, &s.bo.actor, jump).await.unwrap();
        assert!(page.history.unwrap().messages.is_empty());
        assert!(s.bo.try_say(s.general, "I can still talk").await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn only_its_author_changes_a_message() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let message = s.bo.say(s.general, "teh word").await;
        let edited = edit(&app.state, &s.bo.actor, s.general, message.id, "the word").await.unwrap();
        assert!(edited.edited_at.is_some() && edited.content == "the word");
        assert_eq!(s.ana.history(s.general).await.messages.last().map(|m| &m.content), Some(&edited.content));
        let by_owner = edit(&app.state, &s.ana.actor, s.general, message.id, "my words");
        assert_eq!(refused(app, by_owner).await, Error::Forbidden);
        for stranger in s.strangers() {
            let by_stranger = edit(&app.state, &stranger.actor, s.general, message.id, "my words");
            assert_eq!(refused(app, by_stranger).await, Error::NotFound);
        }
        let other = s.ana.create_channel(s.guild.id, "other").await.id;
        let elsewhere = edit(&app.state, &s.bo.actor, other, message.id, "moved");
        assert_eq!(refused(app, elsewhere).await, Error::NotFound);
        let system =
            s.ana.history(s.general).await.messages.into_iter().find(|m| m.author.id == s.bo.id()).unwrap();
        assert!(system.kind.is_system());
        let by_joiner = edit(&app.state, &s.bo.actor, s.general, system.id, "I never joined");
        assert_eq!(refused(app, by_joiner).await, Error::Forbidden);
        let before = app.content().await;
        let same = edit(&app.state, &s.bo.actor, s.general, message.id, "the word").await.unwrap();
        assert_eq!((same, app.content().await == before), (edited, true), "nothing changed, nothing to tell");
    })
    .await;
}

#[tokio::test]
async fn a_message_is_deleted_by_its_author_or_a_moderator() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (his, hers) = (s.bo.say(s.general, "mine").await, s.ana.say(s.general, "hers").await);
        let by_other = delete(&app.state, &s.bo.actor, s.general, hers.id);
        assert_eq!(refused(app, by_other).await, Error::Forbidden);
        for stranger in s.strangers() {
            let by_stranger = delete(&app.state, &stranger.actor, s.general, his.id);
            assert_eq!(refused(app, by_stranger).await, Error::NotFound);
        }
        delete(&app.state, &s.bo.actor, s.general, his.id).await.unwrap();
        let again = delete(&app.state, &s.bo.actor, s.general, his.id);
        assert_eq!(refused(app, again).await, Error::NotFound);
        let system =
            s.bo.history(s.general).await.messages.into_iter().find(|m| m.author.id == s.bo.id()).unwrap();
        let by_joiner = delete(&app.state, &s.bo.actor, s.general, system.id);
        assert_eq!(
            refused(app, by_joiner).await,
            Error::Forbidden,
            "that somebody joined is not theirs to hide"
        );
        let bo = Subject::Member(s.bo.id());
        except(app, s.general, bo, Permissions::MANAGE_MESSAGES, Permissions::NONE).await;
        delete(&app.state, &s.bo.actor, s.general, hers.id).await.unwrap();
        delete(&app.state, &s.bo.actor, s.general, system.id).await.unwrap();
        assert!(contents(app, &s.ana, s.general, Anchor::Latest).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_newest_message_is_known_after_every_deletion() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let channel = s.ana.create_channel(s.guild.id, "tail").await.id;
        let (first, second) = (s.ana.say(channel, "1").await, s.ana.say(channel, "2").await);
        let newest = async || {
            let all = backend::actions::guilds::snapshot(&app.state, &s.bo.actor, s.guild.id)
                .await
                .unwrap()
                .channels;
            all.into_iter().find(|c| c.id == channel).unwrap().last_message_id
        };
        assert_eq!(newest().await, Some(second.id));
        delete(&app.state, &s.ana.actor, channel, second.id).await.unwrap();
        assert_eq!(newest().await, Some(first.id));
        delete(&app.state, &s.ana.actor, channel, first.id).await.unwrap();
        assert_eq!(newest().await, None);
        let third = s.bo.say(channel, "3").await;
        assert!(third.id > second.id, "ids never go back");
    })
    .await;
}

#[tokio::test]
async fn history_is_read_by_members_page_by_page_without_gap_or_repeat() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let channel = s.ana.create_channel(s.guild.id, "long").await.id;
        let mut all = Vec::new();
        for n in 0..(2 * limits::HISTORY_PAGE + 7) {
            all.push(s.bo.say(channel, &n.to_string()).await);
        }
        let read = async |anchor| history(&app.state, &s.ana.actor, channel, anchor).await.unwrap();
        let (mut back, mut anchor) = (Vec::new(), Anchor::Latest);
        loop {
            let page = read(anchor).await;
            assert!(page.messages.is_sorted_by_key(|message| message.id));
            assert_eq!(page.has_newer, anchor != Anchor::Latest);
            anchor = Anchor::Before(page.messages.first().unwrap().id);
            back.splice(0..0, page.messages);
            if !page.has_older {
                break;
            }
        }
        let plain =
            |messages: &[protocol::entity::Message]| messages.iter().map(|m| m.id).collect::<Vec<_>>();
        assert_eq!(plain(&back), plain(&all));
        let (mut forth, mut after) = (vec![all[0].clone()], all[0].id);
        loop {
            let page = read(Anchor::After(after)).await;
            assert!(page.has_older);
            after = page.messages.last().unwrap().id;
            forth.extend(page.messages);
            if !page.has_newer {
                break;
            }
        }
        assert_eq!(plain(&forth), plain(&all));
        let around = read(Anchor::Around(all[60].id)).await;
        assert!(around.messages.iter().any(|m| m.id == all[60].id) && around.has_older && around.has_newer);
        assert!(around.messages.len() <= limits::HISTORY_PAGE, "{}", around.messages.len());
        for stranger in s.strangers() {
            let page = history(&app.state, &stranger.actor, channel, Anchor::Latest).await.map(|_| ());
            assert_eq!(page, Err(Error::NotFound));
        }
    })
    .await;
}

#[tokio::test]
async fn a_read_mark_moves_forward_only_and_never_past_the_newest() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (one, two) = (s.ana.say(s.general, "1 for @bo").await, s.ana.say(s.general, "2 for @bo").await);
        let unread = async |person: &Person| {
            let home = person.page(Place::Home).await.home;
            home.guilds[0].unread.first().map(|unread| (unread.last_read_id, unread.mentions))
        };
        assert_eq!(unread(&s.bo).await.map(|(_, mentions)| mentions), Some(2));
        mark_read(&app.state, &s.bo.actor, s.general, one.id).await.unwrap();
        assert_eq!(unread(&s.bo).await, Some((Some(one.id), 1)));
        let ahead = MessageId::from_trusted(i64::MAX);
        mark_read(&app.state, &s.bo.actor, s.general, ahead).await.unwrap();
        assert_eq!(unread(&s.bo).await, None);
        let before = app.content().await;
        mark_read(&app.state, &s.bo.actor, s.general, one.id).await.unwrap();
        assert_eq!(app.content().await, before, "back is nowhere");
        assert_eq!(s.bo.history(s.general).await.last_read_id, Some(two.id));
        s.ana.say(s.general, "3").await;
        assert_eq!(unread(&s.bo).await, Some((Some(two.id), 0)));
        assert_eq!(unread(&s.ana).await, None, "one's own words are read");
        for stranger in s.strangers() {
            let mark = mark_read(&app.state, &stranger.actor, s.general, two.id);
            assert_eq!(refused(app, mark).await, Error::NotFound);
        }
    })
    .await;
}

#[tokio::test]
async fn a_name_calls_members_and_nobody_else() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "@bo, @BO and @cy, see #general and #nowhere, not `@bo`").await;
        assert_eq!(said.mentions.iter().map(|user| user.id).collect::<Vec<_>>(), [s.bo.id()]);
        let expected = format!(
            "<@{bo}>, <@{bo}> and @cy, see <#{general}> and #nowhere, not `@bo`",
            bo = s.bo.id(),
            general = s.general
        );
        assert_eq!(said.content, expected);
        // An id of somebody outside calls nobody, and neither does one of nobody.
        let by_id = s.ana.say(s.general, &format!("<@{}> <@{NOBODYS}> <@{}>", s.cy.id(), s.bo.id())).await;
        assert_eq!(by_id.mentions.iter().map(|user| user.id).collect::<Vec<_>>(), [s.bo.id()]);
        let edited = edit(&app.state, &s.ana.actor, s.general, said.id, "nobody, really").await.unwrap();
        assert!(edited.mentions.is_empty(), "who is not named any more is taken back");
        assert_eq!(s.bo.page(Place::Home).await.home.guilds[0].unread[0].mentions, 1);
        let edited = edit(&app.state, &s.ana.actor, s.general, said.id, "@bo after all").await.unwrap();
        assert!(edited.mentions.is_empty(), "and nobody is called twice");
        assert_eq!(s.bo.page(Place::Home).await.home.guilds[0].unread[0].mentions, 1);
        delete(&app.state, &s.ana.actor, s.general, by_id.id).await.unwrap();
        assert_eq!(s.bo.page(Place::Home).await.home.guilds[0].unread[0].mentions, 0);
    })
    .await;
}

#[tokio::test]
async fn a_message_calls_no_more_people_than_the_limit() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (guild, surplus) = (s.guild.id, 20);
        let join = app.state.store.write(move |tx| {
            Box::pin(async move {
                let mut ids = Vec::new();
                for n in 0..limits::MENTIONS_PER_MESSAGE + surplus {
                    let new = rig::stores::new_user(&format!("p{n}"));
                    let id = backend::store::users::insert(tx, &new).await?.unwrap();
                    backend::store::members::insert(tx, guild, id).await?;
                    ids.push(id);
                }
                Ok(ids)
            })
        });
        let ids = join.await.unwrap();
        let text: Vec<String> = ids.iter().map(|id| format!("<@{id}>")).collect();
        let said = s.ana.say(s.general, &text.join(" ")).await;
        assert_eq!(said.mentions.len(), limits::MENTIONS_PER_MESSAGE);
        let names: Vec<String> = (0..ids.len()).map(|n| format!("@p{n}")).collect();
        let said = s.ana.say(s.general, &names.join(" ")).await;
        assert!(said.mentions.len() <= limits::MENTIONS_PER_MESSAGE, "{}", said.mentions.len());
    })
    .await;
}

#[tokio::test]
async fn ids_of_a_channel_rise_with_its_revisions_under_parallel_senders() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let texts: Vec<String> = (0..100).map(|n| format!("line {n}")).collect();
        let sends = texts.iter().enumerate().map(|(n, text)| {
            let who = if n % 2 == 0 { &s.ana } else { &s.bo };
            who.say(s.general, text)
        });
        futures_util::future::join_all(sends).await;
        let mut reader = app.state.store.read().await.unwrap();
        let stream = protocol::Stream::Guild(s.guild.id);
        let log = backend::store::streams::events_after(&mut reader, stream, 0, 1000).await.unwrap();
        assert!(log.windows(2).all(|pair| pair[1].rev == pair[0].rev + 1), "the log has a gap");
        let ids: Vec<MessageId> = log
            .iter()
            .filter_map(|entry| match serde_json::from_str(&entry.json).unwrap() {
                protocol::event::Event::MessageCreated { message, .. } => Some(message.id),
                _ => None,
            })
            .collect();
        assert!(ids.len() > 100 && ids.windows(2).all(|pair| pair[0] < pair[1]));
    })
    .await;
}

#[tokio::test]
async fn of_a_long_message_an_answer_quotes_the_beginning() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let long = |word: &str| format!("**{word}** <@{}> ||secret|| {}", s.bo.id(), "long ".repeat(700));
        let quoted = |message: &Message| message.reply_to.clone().unwrap().preview.unwrap().content;
        let question = s.ana.say(s.general, &long("why")).await;
        let answer = s.bo.reply(s.general, question.id, "because").await;
        let beginning = protocol::markup::quotation(question.content.clone());
        assert!(beginning.len() < 300 && !beginning.contains("secret"), "{beginning}");
        assert_eq!(quoted(&answer), beginning);
        let last = async || s.bo.history(s.general).await.messages.last().cloned().unwrap();
        assert_eq!(last().await, Message { nonce: None, ..answer.clone() });
        edit(&app.state, &s.ana.actor, s.general, question.id, &long("how")).await.unwrap();
        let now = quoted(&last().await);
        assert_eq!(now, beginning.replace("why", "how"));
        // What is told of the answer later says the same.
        let edited = edit(&app.state, &s.bo.actor, s.general, answer.id, "like this").await.unwrap();
        assert_eq!(quoted(&edited), now);
    })
    .await;
}
