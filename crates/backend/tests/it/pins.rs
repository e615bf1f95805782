//! Pins: who may pin, take down, and see what is pinned.

use backend::actions::messages::{self, delete};
use backend::actions::pins::{list, pin, unpin};
use protocol::permissions::{Permissions, Subject};
use protocol::{ChannelId, Error, MessageId, limits};
use rig::{Person, TestApp, on_both};

use crate::scene::{Scene, except, refused};

async fn pinned(app: &TestApp, person: &Person, channel: ChannelId) -> Vec<String> {
    let pinned = list(&app.state, &person.actor, channel).await.unwrap();
    assert!(pinned.iter().all(|message| message.pinned));
    pinned.into_iter().map(|message| message.content).collect()
}

async fn is_pinned(person: &Person, channel: ChannelId, id: MessageId) -> bool {
    person.history(channel).await.messages.iter().any(|message| message.id == id && message.pinned)
}

#[tokio::test]
async fn the_owner_pins_and_every_reader_sees_it_the_last_one_first() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (state, ana) = (&app.state, &s.ana.actor);
        let (one, two) = (s.bo.say(s.general, "one").await.id, s.ana.say(s.general, "two, <@1>").await.id);
        pin(state, ana, s.general, two).await.unwrap();
        pin(state, ana, s.general, one).await.unwrap();
        assert_eq!(pinned(app, &s.bo, s.general).await, ["one", "two, <@1>"]);
        assert!(is_pinned(&s.bo, s.general, one).await);
        let before = app.content().await;
        pin(state, ana, s.general, one).await.unwrap();
        assert_eq!(app.content().await, before, "pinning again changes nothing");
        let edited = messages::edit(state, &s.bo.actor, s.general, one, "one and a half").await.unwrap();
        assert!(edited.pinned, "an edit leaves it where it is");
        unpin(state, ana, s.general, one).await.unwrap();
        unpin(state, ana, s.general, one).await.unwrap();
        assert_eq!(pinned(app, &s.bo, s.general).await, ["two, <@1>"]);
        assert!(!is_pinned(&s.bo, s.general, one).await);
        delete(state, ana, s.general, two).await.unwrap();
        assert!(pinned(app, &s.bo, s.general).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn members_pin_where_they_may_and_strangers_nowhere() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (state, bo) = (&app.state, &s.bo.actor);
        let said = s.ana.say(s.general, "hello").await.id;
        assert_eq!(refused(app, pin(state, bo, s.general, said)).await, Error::Forbidden);
        for stranger in s.strangers() {
            let actor = &stranger.actor;
            assert_eq!(refused(app, pin(state, actor, s.general, said)).await, Error::NotFound);
            assert_eq!(refused(app, unpin(state, actor, s.general, said)).await, Error::NotFound);
            assert_eq!(list(state, actor, s.general).await, Err(Error::NotFound));
        }
        let everyone = Subject::Role(s.guild.id.cast());
        except(app, s.general, everyone, Permissions::PIN_MESSAGES, Permissions::NONE).await;
        pin(state, bo, s.general, said).await.unwrap();
        // What one may not read one does not see pinned either.
        except(app, s.general, everyone, Permissions::PIN_MESSAGES, Permissions::READ_HISTORY).await;
        assert_eq!(refused(app, unpin(state, bo, s.general, said)).await, Error::Forbidden);
        assert_eq!(list(state, bo, s.general).await, Err(Error::Forbidden));
    })
    .await;
}

#[tokio::test]
async fn only_what_was_said_here_and_is_still_there_can_be_pinned() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (state, ana) = (&app.state, &s.ana.actor);
        let welcome = s.ana.history(s.general).await.messages[0].clone();
        assert!(welcome.kind.is_system());
        assert_eq!(refused(app, pin(state, ana, s.general, welcome.id)).await, Error::Forbidden);
        let dm = s.ana.open_dm(&s.bo).await.id;
        let said = s.ana.say(s.general, "hello").await.id;
        assert_eq!(refused(app, pin(state, ana, dm, said)).await, Error::NotFound);
        delete(state, ana, s.general, said).await.unwrap();
        assert_eq!(refused(app, pin(state, ana, s.general, said)).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn both_people_of_a_conversation_pin_in_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let dm = s.ana.open_dm(&s.bo).await.id;
        let said = s.ana.say(dm, "the address").await.id;
        pin(&app.state, &s.bo.actor, dm, said).await.unwrap();
        assert_eq!(pinned(app, &s.ana, dm).await, ["the address"]);
        assert_eq!(list(&app.state, &s.cy.actor, dm).await, Err(Error::NotFound));
        assert_eq!(refused(app, unpin(&app.state, &s.cy.actor, dm, said)).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_channel_has_room_for_so_many_pins() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (first, last) = (s.ana.say(s.general, "first").await.id, s.ana.say(s.general, "last").await.id);
        let (channel, author) = (s.general, s.ana.id());
        let fill = app.state.store.write(move |tx| {
            Box::pin(async move {
                for _ in 0..limits::PINS {
                    let id = tx.new_id_after(Some(last));
                    let new = backend::store::messages::NewMessage {
                        guild: None,
                        channel,
                        id,
                        author,
                        kind: protocol::entity::MessageKind::Default,
                        content: "filling",
                        reply_to: None,
                    };
                    backend::store::messages::insert(tx, &new, &Default::default()).await?;
                    backend::store::pins::set(tx, channel, id, true).await?;
                }
                Ok(())
            })
        });
        fill.await.unwrap();
        let one_more = pin(&app.state, &s.ana.actor, channel, first);
        assert_eq!(refused(app, one_more).await, Error::LimitReached);
        assert_eq!(list(&app.state, &s.ana.actor, channel).await.unwrap().len(), limits::PINS);
    })
    .await;
}
