//! Marking as unread: who may, and what their devices then know.

use backend::actions::messages::{delete, mark_read, mark_unread};
use protocol::permissions::{Permissions, Subject};
use protocol::snapshot::{Place, UnreadChannel};
use protocol::{Error, MessageId};
use rig::{Person, on_both};

use crate::scene::{Scene, except, refused};

async fn unread(person: &Person) -> Option<UnreadChannel> {
    person.page(Place::Home).await.home.guilds[0].unread.first().copied()
}

#[tokio::test]
async fn a_message_marked_unread_is_the_first_that_is_and_mentions_after_it_count_again() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let first = s.ana.say(s.general, "1 for @bo").await.id;
        let second = s.ana.say(s.general, "2 for @bo").await.id;
        let third = s.ana.say(s.general, "3 for @bo").await.id;
        let (state, bo) = (&app.state, &s.bo.actor);
        mark_read(state, bo, s.general, third).await.unwrap();
        assert_eq!(unread(&s.bo).await, None);
        mark_unread(state, bo, s.general, second).await.unwrap();
        let now = unread(&s.bo).await.unwrap();
        assert!(now.last_read_id.is_some_and(|read| first <= read && read < second), "{now:?}");
        assert_eq!((now.last_message_id, now.mentions, now.turns), (third, 2, 1));
        let page = s.bo.history(s.general).await;
        assert_eq!((page.last_read_id, page.turns), (now.last_read_id, 1));
        // Reading on is the same as ever, and the mark stays of one turn.
        mark_read(state, bo, s.general, second).await.unwrap();
        assert_eq!(unread(&s.bo).await.map(|now| (now.mentions, now.turns)), Some((1, 1)));
        mark_unread(state, bo, s.general, first).await.unwrap();
        assert_eq!(unread(&s.bo).await.map(|now| (now.mentions, now.turns)), Some((3, 2)));
        assert_eq!(unread(&s.ana).await, None, "nobody else is concerned");
    })
    .await;
}

#[tokio::test]
async fn what_is_unread_anyway_is_not_marked_again() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (state, bo) = (&app.state, &s.bo.actor);
        let first = s.ana.say(s.general, "1").await.id;
        mark_read(state, bo, s.general, first).await.unwrap();
        let second = s.ana.say(s.general, "2").await.id;
        let before = app.content().await;
        mark_unread(state, bo, s.general, second).await.unwrap();
        assert_eq!(app.content().await, before);
    })
    .await;
}

#[tokio::test]
async fn who_may_not_read_a_message_cannot_mark_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (state, said) = (&app.state, s.ana.say(s.general, "hello").await.id);
        for stranger in s.strangers() {
            let mark = mark_unread(state, &stranger.actor, s.general, said);
            assert_eq!(refused(app, mark).await, Error::NotFound);
        }
        let bo = &s.bo.actor;
        for nowhere in [MessageId::from_trusted(1), MessageId::from_trusted(i64::MAX)] {
            assert_eq!(refused(app, mark_unread(state, bo, s.general, nowhere)).await, Error::NotFound);
        }
        let everyone = Subject::Role(s.guild.id.cast());
        except(app, s.general, everyone, Permissions::NONE, Permissions::READ_HISTORY).await;
        assert_eq!(refused(app, mark_unread(state, bo, s.general, said)).await, Error::Forbidden);
        except(app, s.general, everyone, Permissions::NONE, Permissions::NONE).await;
        delete(state, &s.ana.actor, s.general, said).await.unwrap();
        assert_eq!(refused(app, mark_unread(state, bo, s.general, said)).await, Error::NotFound);
    })
    .await;
}
