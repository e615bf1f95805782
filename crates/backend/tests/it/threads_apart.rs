//! A thread is for whose its channel is: whichever way somebody asks, they are answered as its channel would.

use backend::actions::attachments::file;
use backend::actions::messages::{delete, edit, history, mark_read, mark_unread};
use backend::actions::sync::{How, catch_up, typist};
use backend::actions::threads::list;
use backend::actions::{guilds, pages, pins, reactions, search};
use protocol::entity::Attachment;
use protocol::permissions::{self, Permissions, Subject};
use protocol::search::{Search, SearchOrder, SearchScope};
use protocol::snapshot::{Anchor, Place};
use protocol::{ChannelId, Cursors, Error, MessageId, Stream};
use rig::{Person, TestApp, on_both};

use crate::gateway::{live, texts};
use crate::scene::{Scene, close, except, refused};
use crate::threads::{start, try_start};

/// A place with something in it by the owner and by the one who tries.
struct Place4 {
    channel: ChannelId,
    owners: MessageId,
    own: MessageId,
    file: Attachment,
}

async fn furnish(s: &Scene, channel: ChannelId) -> Place4 {
    let owners = s.ana.say(channel, "words of ana").await.id;
    let own = s.bo.say(channel, "words of bo").await.id;
    let file = s.ana.upload(channel, "plan.txt", "words").await;
    s.ana.show(channel, "see", &[&file]).await;
    Place4 { channel, owners, own, file }
}

/// What somebody is answered in a place, by what they ask for.
async fn answers(app: &TestApp, who: &Person, place: &Place4) -> Vec<(&'static str, Result<usize, Error>)> {
    let (state, actor) = (&app.state, &who.actor);
    let Place4 { channel, owners, own, file: attached } = place;
    let (channel, owners, own) = (*channel, *owners, *own);
    let search = Search {
        scope: SearchScope::Channel { channel },
        query: "words".into(),
        order: SearchOrder::Newest,
        after: None,
        offset_minutes: 0,
    };
    let upload = who.try_upload(channel, "more.txt", "more").await;
    vec![
        (
            "history",
            history(state, actor, channel, Anchor::Latest).await.map(|page| page.messages.len().min(1)),
        ),
        (
            "around",
            history(state, actor, channel, Anchor::Around(owners))
                .await
                .map(|page| page.messages.len().min(1)),
        ),
        ("edit", edit(state, actor, channel, own, "other words of bo").await.map(|_| 0)),
        ("edit another's", edit(state, actor, channel, owners, "forged").await.map(|_| 0)),
        ("react", reactions::add(state, actor, channel, owners, "🎉").await.map(|()| 0)),
        ("who reacted", reactions::people(state, actor, channel, owners, "🎉").await.map(|_| 0)),
        ("react less", reactions::remove(state, actor, channel, owners, "🎉").await.map(|()| 0)),
        ("pin", pins::pin(state, actor, channel, own).await.map(|()| 0)),
        ("pinned", pins::list(state, actor, channel).await.map(|_| 0)),
        ("unpin", pins::unpin(state, actor, channel, own).await.map(|()| 0)),
        ("read", mark_read(state, actor, channel, owners).await.map(|()| 0)),
        ("unread", mark_unread(state, actor, channel, owners).await.map(|()| 0)),
        ("file", file(state, actor, attached.id, "plan.txt").await.map(|_| 0)),
        ("search", search::find(state, actor, &search).await.map(|_| 0)),
        ("type", typist(state, who.id(), channel).await.map(|_| 0)),
        ("upload", upload.map(|_| 0)),
        ("say", who.try_say(channel, "more words").await.map(|_| 0)),
        ("threads", list(state, actor, channel, false, None).await.map(|_| 0)),
        ("delete another's", delete_new(app, who, channel).await),
    ]
}

/// Deletes the owner's message with a file; it is not found where it was deleted before.
async fn delete_new(app: &TestApp, who: &Person, channel: ChannelId) -> Result<usize, Error> {
    let owner = app.state.store.write(move |tx| {
        Box::pin(async move {
            let page = backend::store::messages::page(
                tx,
                protocol::UserId::from_trusted(1),
                channel,
                Anchor::Latest,
                50,
            )
            .await?;
            Ok(page.0.into_iter().rfind(|message| message.content == "see").map(|message| message.id))
        })
    });
    match owner.await.unwrap() {
        Some(id) => delete(&app.state, &who.actor, channel, id).await.map(|()| 0),
        None => Err(Error::NotFound),
    }
}

#[tokio::test]
async fn whatever_is_asked_of_a_thread_is_answered_as_by_its_channel() {
    on_both(async |app| {
        use Permissions as P;
        let s = Scene::new(app).await;
        let bits = [
            P::NONE,
            P::VIEW_CHANNEL,
            P::READ_HISTORY,
            P::SEND_MESSAGES,
            P::ADD_REACTIONS,
            P::ATTACH_FILES,
            P::READ_HISTORY | P::SEND_MESSAGES,
        ];
        let extra = [P::NONE, P::MANAGE_MESSAGES | P::PIN_MESSAGES, P::ADMINISTRATOR];
        for (round, (denied, allowed)) in
            bits.into_iter().flat_map(|denied| extra.map(|allowed| (denied, allowed))).enumerate()
        {
            let parent = s.ana.create_channel(s.guild.id, &format!("round-{round}")).await.id;
            let thread = start(app, &s.ana, parent, None).await.id;
            let (outside, inside) = (furnish(&s, parent).await, furnish(&s, thread).await);
            // In a thread, writing has a permission of its own: here it goes along.
            let mut deny = denied;
            if denied.contains(P::SEND_MESSAGES) {
                deny |= P::SEND_MESSAGES_IN_THREADS;
            }
            except(app, parent, Subject::Member(s.bo.id()), allowed, deny).await;
            let (one, other) = (answers(app, &s.bo, &outside).await, answers(app, &s.bo, &inside).await);
            assert_eq!(one, other, "without {denied:?}, with {allowed:?}");
            for stranger in s.strangers() {
                for (asked, answer) in answers(app, stranger, &inside).await {
                    assert_eq!(answer, Err(Error::NotFound), "{asked}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn writing_in_threads_is_a_permission_of_its_own() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let thread = start(app, &s.ana, s.general, None).await.id;
        let bo = Subject::Member(s.bo.id());
        except(app, s.general, bo, Permissions::NONE, Permissions::SEND_MESSAGES).await;
        assert_eq!(refused(app, s.bo.try_say(s.general, "here?")).await, Error::Forbidden);
        s.bo.say(thread, "here").await;
        except(app, s.general, bo, Permissions::SEND_MESSAGES, Permissions::SEND_MESSAGES_IN_THREADS).await;
        s.bo.say(s.general, "here now").await;
        assert_eq!(refused(app, s.bo.try_say(thread, "there?")).await, Error::Forbidden);
        assert_eq!(typist(&app.state, s.bo.id(), thread).await.map(|_| ()), Err(Error::Forbidden));
        let shown = s.bo.history(thread).await.access;
        assert_eq!(shown, permissions::in_thread(s.bo.history(s.general).await.access));
    })
    .await;
}

#[tokio::test]
async fn what_is_said_in_a_thread_is_found_by_those_who_can_read_its_channel() {
    on_both(async |app| {
        let (s, vault, closed) = vault(app).await;
        let open = start(app, &s.bo, s.general, None).await.id;
        s.bo.say(open, "tungsten lamps").await;
        backend::indexing::catch_up(&app.state).await.unwrap();
        let find = async |who: &Person, scope, query: &str| {
            let search = Search {
                scope,
                query: query.to_owned(),
                order: SearchOrder::Newest,
                after: None,
                offset_minutes: 0,
            };
            let found = search::find(&app.state, &who.actor, &search).await.unwrap().found;
            found.into_iter().map(|found| found.message.channel_id).collect::<Vec<_>>()
        };
        let guild = SearchScope::Guild { guild: s.guild.id };
        assert_eq!(find(&s.ana, guild, "tungsten").await, [open, closed]);
        assert_eq!(find(&s.bo, guild, "tungsten").await, [open]);
        assert_eq!(find(&s.bo, SearchScope::Channel { channel: open }, "tungsten").await, [open]);
        assert_eq!(find(&s.ana, guild, &format!("tungsten in:<#{closed}>")).await, [closed]);
        // A channel's name means the channel alone.
        assert!(find(&s.ana, guild, "tungsten in:vault").await.is_empty());
        except(app, vault, Subject::Member(s.bo.id()), Permissions::VIEW_CHANNEL, Permissions::NONE).await;
        assert_eq!(find(&s.bo, guild, "tungsten").await, [open, closed]);
        except(app, vault, Subject::Member(s.bo.id()), Permissions::VIEW_CHANNEL, Permissions::READ_HISTORY)
            .await;
        assert_eq!(find(&s.bo, guild, "tungsten").await, [open]);
    })
    .await;
}

/// A scene with a thread in a channel that ana and cy view and bo does not.
async fn vault(app: &TestApp) -> (Scene, ChannelId, ChannelId) {
    let s = Scene::new(app).await;
    s.ana.bring(s.guild.id, &s.cy).await;
    let vault = s.ana.create_channel(s.guild.id, "vault").await.id;
    close(app, &s.guild, vault, &[&s.cy]).await;
    let said = s.cy.say(vault, "metals").await.id;
    let thread = start(app, &s.cy, vault, Some(said)).await.id;
    s.cy.say(thread, "tungsten for @bo and @ana").await;
    (s, vault, thread)
}

/// What the gateway would replay to somebody who was there from the beginning.
async fn replayed(app: &TestApp, person: &Person) -> Vec<String> {
    let mut reader = app.state.store.read().await.unwrap();
    let streams = backend::store::streams::of_user(&mut reader, person.id()).await.unwrap();
    drop(reader);
    let cursors: Cursors = streams.into_iter().map(|(stream, _)| (stream, 0)).collect();
    let mut events = Vec::new();
    for missed in catch_up(&app.state, person.id(), &cursors).await.unwrap().missed {
        if let How::Replay { events: found, .. } = missed.how {
            events.extend(found.into_iter().map(|(_, json)| json));
        }
    }
    events
}

#[tokio::test]
async fn a_thread_of_a_closed_channel_is_told_to_nobody_who_may_not_view_that() {
    on_both(async |app| {
        let (s, vault, thread) = vault(app).await;
        let tells = |text: &str| text.contains(&thread.to_string()) || text.contains("tungsten");
        for (person, sees) in [(&s.ana, true), (&s.cy, true), (&s.bo, false)] {
            let snapshot = guilds::snapshot(&app.state, &person.actor, s.guild.id).await.unwrap();
            assert_eq!(tells(&serde_json::to_string(&snapshot).unwrap()), sees, "{snapshot:?}");
            let home = person.page(Place::Home).await;
            assert_eq!(tells(&serde_json::to_string(&home).unwrap()), sees, "{home:?}");
            let place = Place::Guild { guild: s.guild.id, channel: Some(thread), message: None };
            assert_eq!(pages::load(&app.state, &person.actor, place).await.is_ok(), sees);
            let listed = list(&app.state, &person.actor, vault, false, None).await;
            assert_eq!(listed.is_ok(), sees);
            assert_eq!(replayed(app, person).await.iter().any(|json| tells(json)), sees);
        }
        assert_eq!(refused(app, try_start(app, &s.bo, vault, None)).await, Error::NotFound);
        // Who followed it does not any more hear of it.
        except(app, vault, Subject::Member(s.cy.id()), Permissions::NONE, Permissions::VIEW_CHANNEL).await;
        let home = s.cy.page(Place::Home).await;
        assert!(!tells(&serde_json::to_string(&home).unwrap()), "{home:?}");
        s.ana.say(thread, "tungsten, @cy").await;
        assert!(!tells(&serde_json::to_string(&s.cy.page(Place::Home).await).unwrap()));
    })
    .await;
}

#[tokio::test]
async fn a_socket_hears_of_a_thread_until_its_channel_is_closed_to_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let thread = start(app, &s.bo, s.general, None).await.id;
        let (mut ana, mut bo) = (live(app, &s.ana).await, live(app, &s.bo).await);
        s.ana.say(thread, "for both").await;
        assert_eq!(texts(&bo.settle(1).await), ["for both"]);
        close(app, &s.guild, s.general, &[]).await;
        let (channel, guild) = (s.general, s.guild.id);
        let tell = app.state.store.write(move |tx| {
            Box::pin(async move {
                let channel = backend::store::channels::by_id(tx, channel).await?.unwrap();
                let told = protocol::event::Event::ChannelUpdated { channel, exceptions_changed: true };
                tx.emit(Stream::Guild(guild), told).await.map(|_| ())
            })
        });
        tell.await.unwrap();
        let said = s.ana.say(thread, "for ana").await.id;
        pins::pin(&app.state, &s.ana.actor, thread, said).await.unwrap();
        reactions::add(&app.state, &s.ana.actor, thread, said, "🎉").await.unwrap();
        edit(&app.state, &s.ana.actor, thread, said, "still for ana").await.unwrap();
        delete(&app.state, &s.ana.actor, thread, said).await.unwrap();
        let second = start(app, &s.ana, s.general, None).await.id;
        ana.until(|frame| serde_json::to_string(frame).unwrap().contains(&second.to_string())).await;
        let heard = serde_json::to_string(&bo.settle(2).await).unwrap();
        assert!(!heard.contains(&thread.to_string()) && !heard.contains(&second.to_string()), "{heard}");
    })
    .await;
}

#[tokio::test]
async fn nothing_crosses_from_one_guild_into_the_threads_of_another() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let other = s.cy.create_guild("Hikers").await;
        let elsewhere = s.cy.general(other.id).await;
        let said = s.cy.say(elsewhere, "hello").await.id;
        let thread = start(app, &s.cy, elsewhere, Some(said)).await.id;
        for place in [s.guild.id, other.id] {
            let place = Place::Guild { guild: place, channel: Some(thread), message: None };
            assert_eq!(pages::load(&app.state, &s.ana.actor, place).await.map(|_| ()), Err(Error::NotFound));
        }
        // Nor through the address of a guild that one is in oneself.
        s.cy.bring(other.id, &s.ana).await;
        let crossed = Place::Guild { guild: s.guild.id, channel: Some(thread), message: None };
        assert_eq!(pages::load(&app.state, &s.ana.actor, crossed).await.map(|_| ()), Err(Error::NotFound));
        let as_dm = Place::Dm { channel: thread, message: None };
        assert_eq!(pages::load(&app.state, &s.ana.actor, as_dm).await.map(|_| ()), Err(Error::NotFound));
        assert_eq!(refused(app, try_start(app, &s.ana, s.general, Some(said))).await, Error::NotFound);
    })
    .await;
}
