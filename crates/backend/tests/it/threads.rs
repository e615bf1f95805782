//! Threads: who starts, changes and lists them.

use backend::actions::messages::{Draft, delete, send};
use backend::actions::threads::{NewThread, ThreadChange, create, list, remove, update};
use backend::actions::{channels, guilds};
use protocol::entity::{Channel, ChannelKind};
use protocol::permissions::{Permissions, Subject};
use protocol::snapshot::Place;
use protocol::{ChannelId, Error, MessageId, Result, limits};
use rig::{Person, TestApp, on_both};

use crate::scene::{Scene, except, refused};

pub(crate) const NEW: NewThread<'static> =
    NewThread { name: "On the side", message: None, auto_archive_minutes: None, nonce: "" };

/// Starts a thread, which may be refused.
pub(crate) async fn try_start(
    app: &TestApp,
    who: &Person,
    channel: ChannelId,
    message: Option<MessageId>,
) -> Result<Channel> {
    create(&app.state, &who.actor, channel, NewThread { message, ..NEW }).await
}

pub(crate) async fn start(
    app: &TestApp,
    who: &Person,
    channel: ChannelId,
    message: Option<MessageId>,
) -> Channel {
    try_start(app, who, channel, message).await.unwrap()
}

/// Archives what has been quiet, as if these minutes had passed.
pub(crate) async fn pass(app: &TestApp, minutes: i64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let then = i64::try_from(now).unwrap() + minutes * 60_000;
    backend::jobs::archive_idle(&app.state, then).await.unwrap();
}

#[tokio::test]
async fn a_thread_stands_under_the_message_it_was_started_from() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "what about lamps?").await;
        let thread = start(app, &s.bo, s.general, Some(said.id)).await;
        assert_eq!((thread.kind, thread.parent_id), (ChannelKind::Thread, Some(s.general)));
        let about = thread.thread.clone().unwrap();
        assert_eq!((about.owner_id, about.starter_id, about.message_count), (s.bo.id(), Some(said.id), 0));
        assert_eq!(about.auto_archive_minutes, limits::AUTO_ARCHIVE_DEFAULT);
        s.ana.say(thread.id, "one").await;
        let second = s.bo.say(thread.id, "two").await;
        let third = s.bo.say(thread.id, "three").await;
        delete(&app.state, &s.bo.actor, thread.id, third.id).await.unwrap();
        let starter =
            s.ana.history(s.general).await.messages.into_iter().find(|message| message.id == said.id);
        let under = starter.unwrap().thread.unwrap();
        assert_eq!((under.id, &*under.name, under.message_count), (thread.id, "On the side", 2));
        assert_eq!(under.last_message_id, Some(second.id));
        let page = s.bo.history(thread.id).await;
        assert_eq!(page.messages.len(), 2);
        assert_eq!(page.thread.and_then(|thread| thread.thread).unwrap().message_count, 2);
        // Its page is that of any channel.
        let place = Place::Guild { guild: s.guild.id, channel: Some(thread.id), message: Some(second.id) };
        assert_eq!(s.ana.page(place).await.history.unwrap().channel_id, thread.id);
        assert!(s.ana.history(s.general).await.messages.iter().all(|message| message.content != "one"));
    })
    .await;
}

#[tokio::test]
async fn threads_begin_in_text_channels_by_those_who_may_start_them() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (ana, bo) = (&s.ana, &s.bo);
        let said = ana.say(s.general, "hello").await.id;
        let thread = start(app, bo, s.general, None).await;
        let inside = ana.say(thread.id, "inside").await.id;
        let dm = ana.open_dm(bo).await.id;
        let in_dm = ana.say(dm, "between us").await.id;
        let category = guilds::snapshot(&app.state, &ana.actor, s.guild.id).await.unwrap().channels;
        let category = category.into_iter().find(|channel| channel.kind == ChannelKind::Category).unwrap().id;
        for (place, message) in
            [(thread.id, None), (thread.id, Some(inside)), (category, None), (dm, None), (dm, Some(in_dm))]
        {
            assert_eq!(refused(app, try_start(app, ana, place, message)).await, Error::Forbidden);
        }
        let welcome = ana.history(s.general).await.messages[0].clone();
        assert!(welcome.kind.is_system());
        assert_eq!(refused(app, try_start(app, ana, s.general, Some(welcome.id))).await, Error::Forbidden);
        // Not from a message of somewhere else.
        for elsewhere in [inside, in_dm] {
            assert_eq!(refused(app, try_start(app, ana, s.general, Some(elsewhere))).await, Error::NotFound);
        }
        for stranger in s.strangers() {
            assert_eq!(refused(app, try_start(app, stranger, s.general, Some(said))).await, Error::NotFound);
        }
        let bo_himself = Subject::Member(bo.id());
        for denied in [Permissions::CREATE_PUBLIC_THREADS, Permissions::READ_HISTORY] {
            except(app, s.general, bo_himself, Permissions::NONE, denied).await;
            assert_eq!(refused(app, try_start(app, bo, s.general, Some(said))).await, Error::Forbidden);
        }
        for name in ["", "   ", "\u{202e}evil", "a\nb", &"x".repeat(limits::THREAD_NAME_CHARS + 1)] {
            let new = create(&app.state, &ana.actor, s.general, NewThread { name, ..NEW });
            assert!(matches!(refused(app, new).await, Error::Invalid { .. }), "{name:?}");
        }
        let never = NewThread { auto_archive_minutes: Some(61), ..NEW };
        let never = create(&app.state, &ana.actor, s.general, never);
        assert!(matches!(refused(app, never).await, Error::Invalid { .. }));
    })
    .await;
}

#[tokio::test]
async fn of_two_who_start_a_thread_from_one_message_the_second_is_led_to_the_first() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = Some(s.ana.say(s.general, "hello").await.id);
        let (one, two) =
            tokio::join!(try_start(app, &s.ana, s.general, said), try_start(app, &s.bo, s.general, said));
        let (first, second) = if one.is_ok() { (one, two) } else { (two, one) };
        let thread_id = first.unwrap().id;
        assert_eq!(second.unwrap_err(), Error::ThreadExists { thread_id });
        // Also when it is archived, and not any more when it is gone.
        let close = ThreadChange { archived: Some(true), ..ThreadChange::default() };
        update(&app.state, &s.ana.actor, thread_id, close).await.unwrap();
        assert_eq!(
            refused(app, try_start(app, &s.bo, s.general, said)).await,
            Error::ThreadExists { thread_id }
        );
        remove(&app.state, &s.ana.actor, thread_id).await.unwrap();
        start(app, &s.bo, s.general, said).await;
    })
    .await;
}

#[tokio::test]
async fn a_repeated_thread_is_the_first_one_and_changes_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = Some(s.ana.say(s.general, "hello").await.id);
        let new = NewThread { message: said, nonce: "one", ..NEW };
        let again = async || create(&app.state, &s.bo.actor, s.general, new).await;
        let (one, two) = tokio::join!(again(), again());
        let first = one.unwrap();
        assert_eq!(two.unwrap(), first);
        let before = app.content().await;
        assert_eq!(again().await.unwrap(), first);
        assert_eq!(app.content().await, before);
        let other = create(&app.state, &s.bo.actor, s.general, NewThread { name: "Other", ..new });
        assert_eq!(refused(app, other).await, Error::NonceReused);
        // A message in it is repeated like any other, also when it had to open the thread.
        pass(app, i64::from(limits::AUTO_ARCHIVE_DEFAULT) + 1).await;
        let draft = Draft { content: "awake", reply_to: None, nonce: "two", attachments: &[] };
        let woke = send(&app.state, &s.bo.actor, first.id, draft).await.unwrap();
        let before = app.content().await;
        assert_eq!(send(&app.state, &s.bo.actor, first.id, draft).await.unwrap().id, woke.id);
        assert_eq!(app.content().await, before);
    })
    .await;
}

#[tokio::test]
async fn starters_change_their_threads_and_managers_those_of_others() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let thread = start(app, &s.bo, s.general, None).await;
        let rename = ThreadChange { name: Some(" Better  name "), ..ThreadChange::default() };
        let renamed = update(&app.state, &s.bo.actor, thread.id, rename).await.unwrap();
        assert_eq!(renamed.name, "Better  name");
        let before = app.content().await;
        update(&app.state, &s.bo.actor, thread.id, rename).await.unwrap();
        assert_eq!(app.content().await, before, "what changes nothing is not told");
        let close = ThreadChange { archived: Some(true), ..ThreadChange::default() };
        assert_eq!(refused(app, update(&app.state, &s.cy.actor, thread.id, close)).await, Error::Forbidden);
        assert_eq!(refused(app, remove(&app.state, &s.cy.actor, thread.id)).await, Error::Forbidden);
        assert_eq!(refused(app, remove(&app.state, &s.bo.actor, thread.id)).await, Error::Forbidden);
        assert_eq!(refused(app, update(&app.state, &s.dee.actor, thread.id, close)).await, Error::NotFound);
        assert_eq!(refused(app, remove(&app.state, &s.dee.actor, thread.id)).await, Error::NotFound);
        assert_eq!(refused(app, update(&app.state, &s.bo.actor, s.general, close)).await, Error::NotFound);
        assert_eq!(refused(app, remove(&app.state, &s.ana.actor, s.general)).await, Error::NotFound);
        let odd = ThreadChange { auto_archive_minutes: Some(5), ..ThreadChange::default() };
        let odd = update(&app.state, &s.bo.actor, thread.id, odd);
        assert!(matches!(refused(app, odd).await, Error::Invalid { .. }));
        except(app, s.general, Subject::Member(s.cy.id()), Permissions::MANAGE_THREADS, Permissions::NONE)
            .await;
        let closed = update(&app.state, &s.cy.actor, thread.id, close).await.unwrap();
        assert!(closed.thread.unwrap().is_archived);
        remove(&app.state, &s.cy.actor, thread.id).await.unwrap();
        assert_eq!(refused(app, update(&app.state, &s.ana.actor, thread.id, rename)).await, Error::NotFound);
        // What manages channels takes a thread for none.
        let other = start(app, &s.bo, s.general, None).await.id;
        assert_eq!(
            refused(app, channels::update(&app.state, &s.ana.actor, other, "x", "")).await,
            Error::NotFound
        );
        assert_eq!(
            refused(app, channels::move_to(&app.state, &s.ana.actor, other, "", 0)).await,
            Error::NotFound
        );
        assert_eq!(refused(app, channels::delete(&app.state, &s.ana.actor, other)).await, Error::NotFound);
        let new = channels::NewChannel { name: "under", kind: "", parent_id: &other.to_string(), nonce: "" };
        let under = channels::create(&app.state, &s.ana.actor, s.guild.id, new);
        assert!(matches!(refused(app, under).await, Error::Invalid { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_guild_has_room_for_so_many_active_threads() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let asleep = start(app, &s.ana, s.general, None).await.id;
        let close = ThreadChange { archived: Some(true), ..ThreadChange::default() };
        update(&app.state, &s.ana.actor, asleep, close).await.unwrap();
        let (guild, parent, owner) = (s.guild.id, s.general, s.ana.id());
        let fill = app.state.store.write(move |tx| {
            Box::pin(async move {
                for _ in 0..limits::ACTIVE_THREADS {
                    let new = backend::store::threads::NewThread {
                        guild,
                        parent,
                        owner,
                        name: "filling",
                        starter: None,
                        auto_archive_minutes: 60,
                    };
                    backend::store::threads::insert(tx, &new).await?;
                }
                Ok(())
            })
        });
        fill.await.unwrap();
        assert_eq!(refused(app, try_start(app, &s.ana, s.general, None)).await, Error::LimitReached);
        assert_eq!(refused(app, s.ana.try_say(asleep, "awake")).await, Error::LimitReached);
        let open = ThreadChange { archived: Some(false), ..ThreadChange::default() };
        assert_eq!(refused(app, update(&app.state, &s.ana.actor, asleep, open)).await, Error::LimitReached);
        // Pages of a list, each thread on one of them.
        let (mut before, mut seen) = (None, std::collections::HashSet::new());
        loop {
            let page = list(&app.state, &s.bo.actor, s.general, false, before).await.unwrap();
            assert!(page.threads.len() <= limits::THREADS_PAGE);
            assert_eq!(page.owners.iter().map(|owner| owner.id).collect::<Vec<_>>(), [s.ana.id()]);
            assert!(page.threads.iter().all(|thread| seen.insert(thread.id)));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), limits::ACTIVE_THREADS);
        pass(app, 61).await;
        s.ana.say(asleep, "awake").await;
    })
    .await;
}

#[tokio::test]
async fn a_thread_outlives_the_message_it_was_started_from() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "hello").await.id;
        let thread = start(app, &s.bo, s.general, Some(said)).await.id;
        s.bo.say(thread, "still here").await;
        delete(&app.state, &s.ana.actor, s.general, said).await.unwrap();
        let page = s.bo.history(thread).await;
        assert_eq!(page.messages.len(), 1);
        let about = page.thread.unwrap().thread.unwrap();
        assert_eq!((about.starter_id, about.starter_gone), (Some(said), true));
    })
    .await;
}
