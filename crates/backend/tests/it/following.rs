//! Following threads: who does, what is unread for them, and how they stop.

use backend::actions::messages::{delete, edit, mark_read, mark_unread};
use backend::actions::threads::{set_following, unfollow};
use backend::actions::{guilds, members, pages};
use protocol::entity::FollowedThread;
use protocol::{ChannelId, Cursors, Error, limits};
use rig::{Person, TestApp, on_both};

use crate::mentions::{role, unread};
use crate::scene::{Scene, close, refused};
use crate::threads::start;

/// What somebody follows in the guild, by the snapshot of it; the one of all guilds says the same.
pub(crate) async fn followed(app: &TestApp, s: &Scene, who: &Person) -> Vec<FollowedThread> {
    let here = guilds::snapshot(&app.state, &who.actor, s.guild.id).await.unwrap().followed;
    let home = pages::home(&app.state, &who.actor).await.unwrap();
    let of_guild = home.guilds.into_iter().find(|summary| summary.guild.id == s.guild.id).unwrap();
    assert_eq!(of_guild.followed, here);
    assert!(!of_guild.unread.iter().any(|one| here.iter().any(|thread| thread.thread_id == one.channel_id)));
    here
}

#[tokio::test]
async fn who_writes_in_a_thread_or_is_called_into_it_follows_it_and_nobody_else() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let thread = start(app, &s.ana, s.general, None).await.id;
        let first = s.ana.say(thread, "first").await.id;
        s.ana.say(thread, "second, @bo").await;
        let said = s.ana.say(thread, "third").await.id;
        assert!(followed(app, &s, &s.cy).await.is_empty(), "who was not called has nothing to read");
        let of_bo = followed(app, &s, &s.bo).await;
        let [bo] = of_bo[..] else { panic!("{of_bo:?}") };
        assert_eq!((bo.thread_id, bo.parent_id, bo.mentions), (thread, s.general, 1));
        assert_eq!((bo.last_message_id, bo.last_read_id), (Some(said), Some(first)));
        let of_ana = followed(app, &s, &s.ana).await;
        assert_eq!(of_ana[0].last_read_id, Some(said));
        s.cy.say(thread, "fourth").await;
        assert_eq!(followed(app, &s, &s.cy).await[0].mentions, 0);
        // Only who follows it has read something in it.
        let dee = app.person("dee2").await;
        s.ana.bring(s.guild.id, &dee).await;
        let before = app.content().await;
        mark_read(&app.state, &dee.actor, thread, said).await.unwrap();
        mark_unread(&app.state, &dee.actor, thread, said).await.unwrap();
        assert_eq!(app.content().await, before);
        assert_eq!(dee.history(thread).await.last_read_id, None);
        mark_read(&app.state, &s.bo.actor, thread, said).await.unwrap();
        assert_eq!(followed(app, &s, &s.bo).await[0].mentions, 0);
        mark_unread(&app.state, &s.bo.actor, thread, said).await.unwrap();
        assert_eq!(followed(app, &s, &s.bo).await[0].turns, 1);
    })
    .await;
}

#[tokio::test]
async fn a_thread_is_followed_muted_and_let_go_by_hand() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let thread = start(app, &s.ana, s.general, None).await.id;
        let said = s.ana.say(thread, "@ana alone").await.id;
        let (state, bo) = (&app.state, &s.bo.actor);
        set_following(state, bo, thread, true).await.unwrap();
        let muted = followed(app, &s, &s.bo).await[0];
        assert_eq!((muted.is_muted, muted.last_read_id, muted.mentions), (true, Some(said), 0));
        let before = app.content().await;
        set_following(state, bo, thread, true).await.unwrap();
        assert_eq!(app.content().await, before, "once is enough");
        s.ana.say(thread, "and you, @bo?").await;
        assert_eq!(followed(app, &s, &s.bo).await[0].mentions, 1, "what addresses one counts");
        set_following(state, bo, thread, false).await.unwrap();
        assert!(!followed(app, &s, &s.bo).await[0].is_muted);
        unfollow(state, bo, thread).await.unwrap();
        assert!(followed(app, &s, &s.bo).await.is_empty());
        let before = app.content().await;
        unfollow(state, bo, thread).await.unwrap();
        assert_eq!(app.content().await, before);
        s.ana.say(thread, "@bo, come back").await;
        assert_eq!(followed(app, &s, &s.bo).await[0].mentions, 1, "a mention calls again, from there on");
        for stranger in s.strangers() {
            let actor = &stranger.actor;
            assert_eq!(refused(app, set_following(state, actor, thread, false)).await, Error::NotFound);
            assert_eq!(refused(app, unfollow(state, actor, thread)).await, Error::NotFound);
        }
        let no_thread = set_following(state, bo, s.general, false);
        assert_eq!(refused(app, no_thread).await, Error::NotFound);
        assert_eq!(refused(app, unfollow(state, bo, s.general)).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn who_follows_too_many_threads_lets_go_of_the_quietest() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut threads = Vec::new();
        for _ in 0..3 {
            threads.push(start(app, &s.ana, s.general, None).await.id);
        }
        let (user, guild, parent) = (s.bo.id(), s.guild.id, s.general);
        let fill = app.state.store.write(move |tx| {
            Box::pin(async move {
                for _ in 0..limits::FOLLOWED_THREADS - 1 {
                    let new = backend::store::threads::NewThread {
                        guild,
                        parent,
                        owner: user,
                        name: "filling",
                        starter: None,
                        auto_archive_minutes: 60,
                    };
                    let id = backend::store::threads::insert(tx, &new).await?;
                    backend::store::threads::follow(tx, user, guild, id, false).await?;
                }
                Ok(())
            })
        });
        fill.await.unwrap();
        for thread in &threads {
            set_following(&app.state, &s.bo.actor, *thread, false).await.unwrap();
        }
        let left = followed(app, &s, &s.bo).await;
        assert_eq!(left.len(), limits::FOLLOWED_THREADS);
        let follows = |id: &ChannelId| left.iter().any(|thread| thread.thread_id == *id);
        // Nothing happens in them: each was let go of when the next one came.
        assert_eq!(threads.iter().map(follows).collect::<Vec<_>>(), [false, false, true]);
        s.bo.say(threads[0], "not quiet any more").await;
        assert!(followed(app, &s, &s.bo).await.iter().any(|thread| thread.thread_id == threads[0]));
    })
    .await;
}

#[tokio::test]
async fn who_leaves_follows_nothing_there_any_more() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let thread = start(app, &s.bo, s.general, None).await.id;
        s.bo.say(thread, "hello").await;
        members::kick(&app.state, &s.ana.actor, s.guild.id, s.bo.id()).await.unwrap();
        assert_eq!(refused(app, s.bo.try_say(thread, "let me in")).await, Error::NotFound);
        let left = format!(
            "select (select count(*) from thread_members where user_id = {0})
                + (select count(*) from read_marks where user_id = {0} and channel_id = {1})",
            s.bo.id(),
            thread
        );
        assert_eq!(app.database().look().await.number(&left).await, 0);
        s.ana.say(thread, "@bo?").await;
        s.ana.bring(s.guild.id, &s.bo).await;
        assert!(followed(app, &s, &s.bo).await.is_empty());
    })
    .await;
}

/// Calls many in a thread in each way there is: four messages, for somebody who is here and of the crew.
async fn call_many(s: &Scene, thread: ChannelId) -> Vec<protocol::MessageId> {
    let mut said = Vec::new();
    for text in ["@everyone", "@here", "@Crew", "@Crew and @here"] {
        said.push(s.ana.say(thread, text).await.id);
    }
    said
}

#[tokio::test]
async fn who_is_one_of_many_that_are_called_follows_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        role(app, s.guild.id, "Crew", &[&s.bo]).await;
        let mut socket = app.connect(&s.bo, Cursors::new()).await;
        socket.until_live().await;
        let thread = start(app, &s.ana, s.general, None).await.id;
        call_many(&s, thread).await;
        assert!(followed(app, &s, &s.bo).await.is_empty());
        assert_eq!(unread(&s.bo).await, 0);
        s.ana.say(thread, "@everyone and @bo").await;
        assert_eq!(
            followed(app, &s, &s.bo).await[0].mentions,
            1,
            "who is called by name does, from there on"
        );
    })
    .await;
}

#[tokio::test]
async fn who_is_one_of_many_that_are_called_is_called_where_they_follow() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        role(app, s.guild.id, "Crew", &[&s.bo, &s.ana]).await;
        let mut socket = app.connect(&s.bo, Cursors::new()).await;
        socket.until_live().await;
        let thread = start(app, &s.ana, s.general, None).await.id;
        s.ana.say(thread, "@everyone, early").await;
        set_following(&app.state, &s.bo.actor, thread, false).await.unwrap();
        let counted = async || followed(app, &s, &s.bo).await[0].mentions;
        assert_eq!(counted().await, 0, "what was said before is read");
        let said = call_many(&s, thread).await;
        let named = s.ana.say(thread, "@bo, @everyone and @Crew").await.id;
        assert_eq!(counted().await, 5, "each once");
        assert_eq!(followed(app, &s, &s.ana).await[0].mentions, 0, "nobody calls themselves");
        // The mark that somebody is told counts in the same way.
        mark_read(&app.state, &s.bo.actor, thread, said[0]).await.unwrap();
        assert_eq!(counted().await, 4);
        mark_unread(&app.state, &s.bo.actor, thread, said[0]).await.unwrap();
        assert_eq!(counted().await, 5);
        // As it is told again, and taken back.
        let messages = s.bo.history(thread).await.messages;
        assert!(messages[1].mention_everyone && messages[1].mention_here.is_none(), "{:?}", messages[1]);
        assert_eq!(messages[2].mention_here, Some(vec![s.bo.id()]));
        edit(&app.state, &s.ana.actor, thread, said[0], "nobody").await.unwrap();
        delete(&app.state, &s.ana.actor, thread, said[2]).await.unwrap();
        assert_eq!(counted().await, 3);
        let messages = s.bo.history(thread).await.messages;
        assert!(!messages[1].mention_everyone, "{:?}", messages[1]);
        mark_read(&app.state, &s.bo.actor, thread, named).await.unwrap();
        assert_eq!((counted().await, unread(&s.bo).await), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn here_in_a_thread_are_those_who_may_view_its_channel() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let (mut bo, mut cy) =
            (app.connect(&s.bo, Cursors::new()).await, app.connect(&s.cy, Cursors::new()).await);
        bo.until_live().await;
        cy.until_live().await;
        let vault = s.ana.create_channel(s.guild.id, "vault").await.id;
        close(app, &s.guild, vault, &[&s.cy]).await;
        let thread = start(app, &s.ana, vault, None).await.id;
        assert_eq!(s.ana.say(thread, "@here").await.mention_here, Some(vec![s.cy.id()]));
    })
    .await;
}
