//! Channels that are not for everybody: who may not view one cannot tell that it exists, whichever way they ask.

use std::collections::HashSet;

use backend::actions::messages::{Draft, send};
use backend::actions::sync::{How, catch_up};
use backend::actions::{channels, guilds, members, messages, pages};
use protocol::permissions::{Permissions, Subject};
use protocol::snapshot::{Anchor, PageData, Place};
use protocol::{ChannelId, Cursors, Error, MessageId, Stream};
use rig::{Person, TestApp, on_both};

use crate::scene::{Scene, close, except, refused};

/// A scene with a channel that ana and cy view and bo does not.
async fn vault(app: &TestApp) -> (Scene, ChannelId, MessageId) {
    let s = Scene::new(app).await;
    s.ana.bring(s.guild.id, &s.cy).await;
    let vault = s.ana.create_channel(s.guild.id, "vault").await.id;
    close(app, &s.guild, vault, &[&s.cy]).await;
    let message = s.cy.say(vault, "tungsten for @bo and @ana").await;
    (s, vault, message.id)
}

/// Whether anything of a channel stands in what somebody is given.
fn tells_of(json: &impl serde::Serialize, channel: ChannelId) -> bool {
    let text = serde_json::to_string(json).unwrap();
    text.contains(&channel.to_string()) || text.contains("vault") || text.contains("tungsten")
}

async fn at_home(person: &Person, s: &Scene) -> (PageData, PageData) {
    let in_guild = Place::Guild { guild: s.guild.id, channel: Some(s.general), message: None };
    (person.page(Place::Home).await, person.page(in_guild).await)
}

#[tokio::test]
async fn a_closed_channel_is_in_no_snapshot_of_who_may_not_view_it() {
    on_both(async |app| {
        let (s, vault, _) = vault(app).await;
        for (person, sees) in [(&s.ana, true), (&s.cy, true), (&s.bo, false)] {
            let snapshot = guilds::snapshot(&app.state, &person.actor, s.guild.id).await.unwrap();
            assert_eq!(tells_of(&snapshot, vault), sees, "{snapshot:?}");
            assert_eq!(snapshot.channels.iter().any(|channel| channel.id == vault), sees);
            let (home, in_guild) = at_home(person, &s).await;
            assert_eq!(tells_of(&in_guild, vault), sees, "{in_guild:?}");
            // Those who were called there see it in their unread marks; bo could not be called.
            assert_eq!(tells_of(&home, vault), person.id() == s.ana.id(), "{home:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn only_channels_that_one_may_view_can_be_gone_to_by_name() {
    on_both(async |app| {
        let (s, vault, _) = vault(app).await;
        let elsewhere = s.bo.create_guild("Elsewhere").await;
        let names = async |person: &Person| {
            let all = guilds::destinations(&app.state, &person.actor).await.unwrap();
            all.into_iter().map(|one| (one.guild_id, one.name)).collect::<Vec<_>>()
        };
        let (here, there) = (s.guild.id, elsewhere.id);
        let general = (here, "general".to_owned());
        for person in [&s.ana, &s.cy] {
            assert_eq!(names(person).await, [general.clone(), (here, "vault".to_owned())]);
        }
        assert_eq!(names(&s.bo).await, [general, (there, "general".to_owned())], "no {vault}, no category");
        members::kick(&app.state, &s.ana.actor, here, s.bo.id()).await.unwrap();
        assert_eq!(names(&s.bo).await, [(there, "general".to_owned())]);
        assert_eq!(names(&app.person("eve").await).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_closed_channel_cannot_be_read_written_marked_or_managed() {
    on_both(async |app| {
        let (s, vault, message) = vault(app).await;
        let bo = &s.bo.actor;
        for anchor in
            [Anchor::Latest, Anchor::Around(message), Anchor::Before(message), Anchor::After(message)]
        {
            let read = messages::history(&app.state, bo, vault, anchor).await.map(|_| ());
            assert_eq!(read, Err(Error::NotFound));
        }
        for message in [None, Some(message)] {
            let place = Place::Guild { guild: s.guild.id, channel: Some(vault), message };
            assert_eq!(pages::load(&app.state, bo, place).await.map(|_| ()), Err(Error::NotFound));
            let as_dm = Place::Dm { channel: vault, message };
            assert_eq!(pages::load(&app.state, bo, as_dm).await.map(|_| ()), Err(Error::NotFound));
        }
        // A message cannot be had through a channel one may view either.
        let elsewhere = Place::Guild { guild: s.guild.id, channel: Some(s.general), message: Some(message) };
        let page = pages::load(&app.state, bo, elsewhere).await.unwrap();
        assert!(!tells_of(&page, vault));
        let around = messages::history(&app.state, bo, s.general, Anchor::Around(message)).await.unwrap();
        assert!(!tells_of(&around, vault));
        let quote = Draft { content: "?", reply_to: Some(message), nonce: "", attachments: &[] };
        assert_eq!(refused(app, send(&app.state, bo, s.general, quote)).await, Error::ReplyGone);
        assert_eq!(refused(app, s.bo.try_say(vault, "knock")).await, Error::NotFound);
        assert_eq!(refused(app, messages::edit(&app.state, bo, vault, message, "x")).await, Error::NotFound);
        assert_eq!(refused(app, messages::delete(&app.state, bo, vault, message)).await, Error::NotFound);
        assert_eq!(refused(app, messages::mark_read(&app.state, bo, vault, message)).await, Error::NotFound);
        assert_eq!(refused(app, channels::update(&app.state, bo, vault, "x", "")).await, Error::NotFound);
        assert_eq!(refused(app, channels::move_to(&app.state, bo, vault, "", 0)).await, Error::NotFound);
        assert_eq!(refused(app, channels::delete(&app.state, bo, vault)).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_called_into_a_channel_they_cannot_view_nor_pointed_to_it() {
    on_both(async |app| {
        let (s, vault, message) = vault(app).await;
        let said = s.cy.history(vault).await.messages.into_iter().find(|m| m.id == message).unwrap();
        assert_eq!(said.mentions.iter().map(|user| user.id).collect::<Vec<_>>(), [s.ana.id()]);
        let by_bo = s.bo.say(s.general, "is there a #vault?").await;
        assert_eq!(by_bo.content, "is there a #vault?", "a link would say that there is");
        let by_cy = s.cy.say(s.general, "see #vault").await;
        assert_eq!(by_cy.content, format!("see <#{vault}>"));
    })
    .await;
}

/// Everything the gateway would replay to somebody who was there from the beginning, and what it would reset.
async fn replayed(app: &TestApp, person: &Person) -> (Vec<String>, HashSet<Stream>) {
    let mut reader = app.state.store.read().await.unwrap();
    let streams = backend::store::streams::of_user(&mut reader, person.id()).await.unwrap();
    drop(reader);
    let cursors: Cursors = streams.into_iter().map(|(stream, _)| (stream, 0)).collect();
    let (mut events, mut resets) = (Vec::new(), HashSet::new());
    for missed in catch_up(&app.state, person.id(), &cursors).await.unwrap().missed {
        match missed.how {
            How::Replay { events: found, .. } => events.extend(found.into_iter().map(|(_, json)| json)),
            How::Reset => _ = resets.insert(missed.stream),
        }
    }
    (events, resets)
}

#[tokio::test]
async fn events_of_a_closed_channel_reach_its_viewers_alone() {
    on_both(async |app| {
        let (s, vault, message) = vault(app).await;
        messages::edit(&app.state, &s.cy.actor, vault, message, "more tungsten").await.unwrap();
        let reply = s.ana.reply(vault, message, "tungsten indeed").await;
        messages::delete(&app.state, &s.ana.actor, vault, reply.id).await.unwrap();
        let second = s.ana.create_channel(s.guild.id, "second").await.id;
        // Moving others over it says where it stands.
        channels::move_to(&app.state, &s.ana.actor, vault, "", 1).await.unwrap();
        channels::move_to(&app.state, &s.ana.actor, second, "", 0).await.unwrap();
        let hears = |events: &[String]| events.iter().any(|json| json.contains(&vault.to_string()));
        let (for_bo, _) = replayed(app, &s.bo).await;
        assert!(!for_bo.is_empty());
        let heard: Vec<_> = for_bo.iter().filter(|json| json.contains(&vault.to_string())).collect();
        assert!(heard.is_empty(), "{heard:?}");
        assert!(!for_bo.iter().any(|json| json.contains("tungsten")));
        assert!(for_bo.iter().any(|json| json.contains(&second.to_string())), "what is open is told");
        for viewer in [&s.ana, &s.cy] {
            let (events, _) = replayed(app, viewer).await;
            assert!(hears(&events) && events.iter().any(|json| json.contains("more tungsten")));
        }
    })
    .await;
}

#[tokio::test]
async fn a_guild_closed_to_everyone_but_a_role_is_seen_by_that_role() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let (guild, cy) = (s.guild.id, s.cy.id());
        let make = app.state.store.write(move |tx| {
            Box::pin(async move {
                use backend::store::{guilds, members};
                guilds::set_role_permissions(tx, guild.cast(), Permissions::CREATE_INVITE).await?;
                let crew = guilds::insert_role(tx, guild, "crew", Permissions::EVERYONE_DEFAULT, 1).await?;
                members::add_role(tx, guild, cy, crew).await?;
                Ok(crew)
            })
        });
        let crew = make.await.unwrap();
        let said = s.cy.say(s.general, "crew only: tungsten").await;
        let seen = guilds::snapshot(&app.state, &s.cy.actor, guild).await.unwrap();
        assert!(seen.channels.iter().any(|channel| channel.id == s.general));
        assert_eq!(seen.members.iter().find(|m| m.user.id == cy).unwrap().roles, [crew]);
        let unseen = guilds::snapshot(&app.state, &s.bo.actor, guild).await.unwrap();
        assert!(unseen.channels.is_empty() && unseen.marks.is_empty());
        assert!(s.bo.page(Place::Home).await.home.guilds[0].unread.is_empty());
        let place = Place::Guild { guild, channel: None, message: None };
        assert_eq!(s.bo.page(place).await.history, None, "there is no channel to show");
        assert_eq!(refused(app, s.bo.try_say(s.general, "hello?")).await, Error::NotFound);
        let (events, _) = replayed(app, &s.bo).await;
        assert!(!events.iter().any(|json| json.contains(&said.id.to_string())));
        // A role can be shut out of one channel, and a person let in again.
        except(app, s.general, Subject::Role(crew), Permissions::NONE, Permissions::VIEW_CHANNEL).await;
        assert_eq!(s.cy.try_say(s.general, "still?").await, Err(Error::NotFound));
        except(app, s.general, Subject::Member(cy), Permissions::VIEW_CHANNEL, Permissions::NONE).await;
        assert!(s.cy.try_say(s.general, "again").await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn who_joins_later_does_not_see_what_is_closed_either() {
    on_both(async |app| {
        let (s, vault, _) = vault(app).await;
        s.ana.bring(s.guild.id, &s.dee).await;
        let (home, in_guild) = at_home(&s.dee, &s).await;
        assert!(!tells_of(&home, vault) && !tells_of(&in_guild, vault));
        let (events, _) = replayed(app, &s.dee).await;
        assert!(!events.iter().any(|json| json.contains("tungsten")));
        // Let in, they find what was said before they came read.
        let dee = Subject::Member(s.dee.id());
        except(app, vault, dee, Permissions::VIEW_CHANNEL, Permissions::NONE).await;
        assert!(s.dee.page(Place::Home).await.home.guilds[0].unread.is_empty());
        assert_eq!(s.dee.history(vault).await.messages.len(), 1);
    })
    .await;
}
