//! Retries: a repeated request finds its first result and changes nothing.

use backend::actions::messages::{Draft, send};
use backend::actions::{channels, guilds, messages};
use protocol::Error;
use protocol::permissions::{Permissions, Subject};
use protocol::snapshot::Anchor;
use rig::{TestApp, on_both};

use crate::scene::{Scene, except, refused};

fn draft<'a>(content: &'a str, nonce: &'a str) -> Draft<'a> {
    Draft { content, reply_to: None, nonce, attachments: &[] }
}

async fn unchanged<T>(app: &TestApp, work: impl Future<Output = T>) -> T {
    let before = app.content().await;
    let result = work.await;
    assert_eq!(app.content().await, before);
    result
}

#[tokio::test]
async fn a_repeated_message_is_the_first_one_and_changes_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let first = send(&app.state, &s.bo.actor, s.general, draft("hello", "k-1")).await.unwrap();
        let again = unchanged(app, send(&app.state, &s.bo.actor, s.general, draft("hello", "k-1"))).await;
        assert_eq!(again, Ok(first.clone()));
        let other = send(&app.state, &s.bo.actor, s.general, draft("hello", "k-2")).await.unwrap();
        assert_ne!(other.id, first.id);
        let hers = send(&app.state, &s.ana.actor, s.general, draft("hello", "k-1")).await.unwrap();
        assert_ne!(hers.id, first.id, "a retry key belongs to its sender");
    })
    .await;
}

#[tokio::test]
async fn a_retry_key_with_another_body_is_a_conflict() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let second = s.ana.create_channel(s.guild.id, "second").await.id;
        let first = send(&app.state, &s.bo.actor, s.general, draft("hello", "k")).await.unwrap();
        let reply = Draft { reply_to: Some(first.id), ..draft("hello", "k") };
        for (channel, draft) in
            [(s.general, draft("hallo", "k")), (second, draft("hello", "k")), (s.general, reply)]
        {
            let answer = unchanged(app, send(&app.state, &s.bo.actor, channel, draft)).await;
            assert_eq!(answer, Err(Error::NonceReused), "{draft:?}");
        }
        let guild = unchanged(app, guilds::create(&app.state, &s.bo.actor, "hello", "k")).await;
        assert_eq!(guild, Err(Error::NonceReused));
    })
    .await;
}

#[tokio::test]
async fn fifty_parallel_repeats_make_one_message() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let sends = (0..50).map(|_| send(&app.state, &s.bo.actor, s.general, draft("once", "same")));
        let answers = futures_util::future::join_all(sends).await;
        let first = answers[0].clone().unwrap();
        assert!(answers.into_iter().all(|answer| answer == Ok(first.clone())));
        let said = s.bo.history(s.general).await.messages;
        assert_eq!(said.iter().filter(|message| message.content == "once").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_retry_of_what_was_deleted_does_not_say_it_again() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let first = send(&app.state, &s.bo.actor, s.general, draft("oops", "k")).await.unwrap();
        messages::delete(&app.state, &s.bo.actor, s.general, first.id).await.unwrap();
        let again = unchanged(app, send(&app.state, &s.bo.actor, s.general, draft("oops", "k"))).await;
        assert_eq!(again, Err(Error::MessageGone));
        assert_eq!(Error::MessageGone.status(), 410);
    })
    .await;
}

#[tokio::test]
async fn a_retry_of_what_arrived_is_answered_although_its_author_may_not_write_any_more() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let bo = &s.bo.actor;
        let first = send(&app.state, bo, s.general, draft("last words", "k")).await.unwrap();
        let gone = send(&app.state, bo, s.general, draft("too much", "gone")).await.unwrap();
        let member = Subject::Member(s.bo.id());
        except(app, s.general, member, Permissions::NONE, Permissions::SEND_MESSAGES).await;
        let again = unchanged(app, send(&app.state, bo, s.general, draft("last words", "k"))).await;
        assert_eq!(again, Ok(first));
        messages::delete(&app.state, &s.ana.actor, s.general, gone.id).await.unwrap();
        let again = unchanged(app, send(&app.state, bo, s.general, draft("too much", "gone"))).await;
        assert_eq!(again, Err(Error::MessageGone));
        // What never arrived is refused, and leaves no retry key that would let it through later.
        let new = refused(app, send(&app.state, bo, s.general, draft("one more thing", "new")));
        assert_eq!(new.await, Error::Forbidden);
        let other = refused(app, send(&app.state, bo, s.general, draft("other words", "k")));
        assert_eq!(other.await, Error::NonceReused);
        // Where the channel is closed to its author, not even that it is there is said.
        except(app, s.general, member, Permissions::NONE, Permissions::VIEW_CHANNEL).await;
        for (words, nonce) in [("last words", "k"), ("too much", "gone")] {
            let again = refused(app, send(&app.state, bo, s.general, draft(words, nonce)));
            assert_eq!(again.await, Error::NotFound);
        }
    })
    .await;
}

#[tokio::test]
async fn a_retry_does_not_look_past_a_lost_permission() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        send(&app.state, &s.bo.actor, s.general, draft("hello", "k")).await.unwrap();
        backend::actions::members::kick(&app.state, &s.ana.actor, s.guild.id, s.bo.id()).await.unwrap();
        let again = unchanged(app, send(&app.state, &s.bo.actor, s.general, draft("hello", "k"))).await;
        assert_eq!(again, Err(Error::NotFound));
        let made = guilds::create(&app.state, &s.cy.actor, "Den", "g").await.unwrap();
        s.cy.bring(made.id, &s.ana).await;
        guilds::transfer(&app.state, &s.cy.actor, made.id, "ana").await.unwrap();
        backend::actions::members::leave(&app.state, &s.cy.actor, made.id).await.unwrap();
        guilds::rename(&app.state, &s.ana.actor, made.id, "Secret name").await.unwrap();
        let again = unchanged(app, guilds::create(&app.state, &s.cy.actor, "Den", "g")).await;
        assert_eq!(again, Err(Error::NotFound), "what the guild is called now is not theirs to know");
    })
    .await;
}

#[tokio::test]
async fn guilds_and_channels_are_made_once_too() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let guild = guilds::create(&app.state, &s.cy.actor, "Den", "g").await.unwrap();
        let again = unchanged(app, guilds::create(&app.state, &s.cy.actor, "Den", "g")).await;
        assert_eq!(again, Ok(guild.clone()));
        let new = channels::NewChannel { name: "plans", kind: "", parent_id: "", nonce: "c" };
        let channel = channels::create(&app.state, &s.cy.actor, guild.id, new).await.unwrap();
        let again = unchanged(app, channels::create(&app.state, &s.cy.actor, guild.id, new)).await;
        assert_eq!(again, Ok(channel));
        let elsewhere = channels::create(
            &app.state,
            &s.cy.actor,
            guild.id,
            channels::NewChannel { name: "plans", kind: "category", parent_id: "", nonce: "c" },
        );
        assert_eq!(unchanged(app, elsewhere).await, Err(Error::NonceReused), "a category is not a channel");
        let many = (0..20).map(|_| guilds::create(&app.state, &s.cy.actor, "Lair", "g2"));
        let made = futures_util::future::join_all(many).await;
        assert!(made.iter().all(|guild| *guild == made[0] && guild.is_ok()));
        assert_eq!(s.cy.page(protocol::snapshot::Place::Home).await.home.guilds.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn after_seven_days_a_retry_key_is_forgotten() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let first = send(&app.state, &s.bo.actor, s.general, draft("hello", "k")).await.unwrap();
        let mut look = app.database().look().await;
        let day = 86_400_000_i64;
        look.run(&format!("update nonces set created_at = created_at - {}", 6 * day)).await;
        backend::jobs::run(&app.state).await.unwrap();
        assert_eq!(
            send(&app.state, &s.bo.actor, s.general, draft("hello", "k")).await.map(|m| m.id),
            Ok(first.id)
        );
        look.run(&format!("update nonces set created_at = created_at - {}", 2 * day)).await;
        backend::jobs::run(&app.state).await.unwrap();
        assert_eq!(look.number("select count(*) from nonces").await, 0);
        let later = send(&app.state, &s.bo.actor, s.general, draft("hello", "k")).await.unwrap();
        assert_ne!(later.id, first.id);
        let said = messages::history(&app.state, &s.bo.actor, s.general, Anchor::Latest).await.unwrap();
        assert_eq!(said.messages.iter().filter(|message| message.content == "hello").count(), 2);
    })
    .await;
}
