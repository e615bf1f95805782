//! Conversations of two: finding people, opening, and whose they are.

use backend::actions::dms::{find_people, open, open_by_name};
use backend::actions::{messages, pages};
use protocol::error::{Field, Problem};
use protocol::snapshot::{Anchor, Place};
use protocol::{ChannelId, Error, UserId};
use rig::{Person, TestApp, on_both};

use crate::scene::{Scene, refused};

async fn listed(person: &Person) -> Vec<ChannelId> {
    person.page(Place::Home).await.home.dms.iter().map(|dm| dm.id).collect()
}

async fn found(app: &TestApp, who: &Person, query: &str) -> Vec<String> {
    let people = find_people(&app.state, &who.actor, query).await.unwrap();
    people.into_iter().map(|user| user.username).collect()
}

#[tokio::test]
async fn a_conversation_stands_in_its_openers_list_at_once_and_in_the_others_with_the_first_word() {
    on_both(async |app| {
        let (ana, bo) = tokio::join!(app.person("ana"), app.person("bo"));
        let dm = open(&app.state, &ana.actor, bo.id()).await.unwrap();
        assert_eq!(dm.recipient.id, bo.id());
        assert_eq!((listed(&ana).await, listed(&bo).await), (vec![dm.id], vec![]));
        let before = app.content().await;
        assert_eq!(open(&app.state, &ana.actor, bo.id()).await.map(|again| again.id), Ok(dm.id));
        assert_eq!(app.content().await, before, "opened is opened");
        ana.say(dm.id, "hi @bo").await;
        assert_eq!(listed(&bo).await, [dm.id]);
        let home = bo.page(Place::Home).await.home;
        assert_eq!(home.dm_marks[0].mentions, 1);
        assert_eq!(open(&app.state, &bo.actor, ana.id()).await.map(|theirs| theirs.id), Ok(dm.id));
    })
    .await;
}

#[tokio::test]
async fn a_conversation_is_for_its_two_people_alone() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let dm = s.ana.open_dm(&s.bo).await.id;
        let message = s.ana.say(dm, "between us").await;
        for other in s.strangers() {
            assert_eq!(refused(app, other.try_say(dm, "let me in")).await, Error::NotFound);
            let read = messages::history(&app.state, &other.actor, dm, Anchor::Latest).await.map(|_| ());
            assert_eq!(read, Err(Error::NotFound));
            let place = Place::Dm { channel: dm, message: None };
            let page = pages::load(&app.state, &other.actor, place).await.map(|_| ());
            assert_eq!(page, Err(Error::NotFound));
            let edit = messages::edit(&app.state, &other.actor, dm, message.id, "x");
            assert_eq!(refused(app, edit).await, Error::NotFound);
            let delete = messages::delete(&app.state, &other.actor, dm, message.id);
            assert_eq!(refused(app, delete).await, Error::NotFound);
            let mark = messages::mark_read(&app.state, &other.actor, dm, message.id);
            assert_eq!(refused(app, mark).await, Error::NotFound);
            let mark = messages::mark_unread(&app.state, &other.actor, dm, message.id);
            assert_eq!(refused(app, mark).await, Error::NotFound);
        }
        // The other one reads and answers, but does not change what was said to them.
        let edit = messages::edit(&app.state, &s.bo.actor, dm, message.id, "x");
        assert_eq!(refused(app, edit).await, Error::Forbidden);
        let delete = messages::delete(&app.state, &s.bo.actor, dm, message.id);
        assert_eq!(refused(app, delete).await, Error::Forbidden);
        assert!(s.bo.try_say(dm, "yes").await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn nobody_talks_to_themselves_or_to_nobody() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        assert_eq!(refused(app, open(&app.state, &ana.actor, ana.id())).await, Error::Forbidden);
        let nobody = open(&app.state, &ana.actor, UserId::from_trusted(77));
        assert_eq!(refused(app, nobody).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_name_opens_the_conversation_with_whom_it_finds_first() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let dm = open_by_name(&app.state, &s.ana.actor, "@bo").await.unwrap();
        assert_eq!(dm.recipient.id, s.bo.id());
        let unknown = Error::Invalid { field: Field::Query, problem: Problem::Unknown };
        for query in ["nobody", "c", "ana"] {
            let opened = open_by_name(&app.state, &s.ana.actor, query);
            assert_eq!(refused(app, opened).await, unknown, "{query}");
        }
        // A whole username finds anybody: how else would two strangers meet?
        assert_eq!(
            open_by_name(&app.state, &s.ana.actor, "CY").await.map(|dm| dm.recipient.id),
            Ok(s.cy.id())
        );
    })
    .await;
}

#[tokio::test]
async fn beginnings_find_only_people_one_already_shares_a_place_with() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        assert_eq!(found(app, &s.ana, "b").await, ["bo"]);
        assert_eq!(found(app, &s.ana, "c").await, Vec::<String>::new());
        assert_eq!(found(app, &s.cy, "").await, Vec::<String>::new());
        assert_eq!(found(app, &s.dee, "an").await, Vec::<String>::new(), "not any more");
        s.cy.open_dm(&s.dee).await;
        assert_eq!(found(app, &s.dee, "c").await, ["cy"]);
        // What means something to LIKE means itself.
        for query in ["%", "_", "b%", "\\", "_o", "'"] {
            assert_eq!(found(app, &s.ana, query).await, Vec::<String>::new(), "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn display_names_are_found_whatever_their_case() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        backend::actions::accounts::update_profile(&app.state, &s.bo.actor, "Élodie Øst", "").await.unwrap();
        for query in ["élo", "ÉLO", "Élodie ø"] {
            assert_eq!(found(app, &s.ana, query).await, ["bo"], "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn conversations_stand_in_the_order_of_their_last_words() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (bo, cy, dee) =
            (s.ana.open_dm(&s.bo).await.id, s.ana.open_dm(&s.cy).await.id, s.ana.open_dm(&s.dee).await.id);
        assert_eq!(listed(&s.ana).await, [dee, cy, bo]);
        s.bo.say(bo, "first").await;
        s.ana.say(cy, "second").await;
        assert_eq!(listed(&s.ana).await, [cy, bo, dee]);
    })
    .await;
}
