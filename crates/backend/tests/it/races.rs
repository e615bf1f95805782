//! Things that are done at the same instant end as if they were done one after the other.

use std::collections::HashSet;

use backend::actions::accounts::{change_password, login, register, update_profile};
use backend::actions::{dms, guilds, invites, members, messages};
use futures_util::future::join_all;
use protocol::error::{Field, Problem};
use protocol::event::Event;
use protocol::snapshot::Place;
use protocol::{Error, Stream};
use rig::actor::{PASSWORD, registration, request};
use rig::{Person, TestApp, on_both, on_both_with};

use crate::scene::Scene;

/// People without a password, made in one go: a crowd costs nothing.
async fn crowd(app: &TestApp, count: usize) -> Vec<backend::Actor> {
    let make = app.state.store.write(move |tx| {
        Box::pin(async move {
            let mut actors = Vec::new();
            for n in 0..count {
                let new = rig::stores::new_user(&format!("crowd{n}"));
                let user_id = backend::store::users::insert(tx, &new).await?.unwrap();
                actors.push(backend::Actor { user_id, session_id: protocol::Id::from_trusted(1) });
            }
            Ok(actors)
        })
    });
    make.await.unwrap()
}

/// Runs every future on a task of its own.
async fn at_once<T: Send + 'static>(
    work: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = work.into_iter().map(tokio::spawn).collect();
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_use_a_one_use_invite_exactly_one_gets_in() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let people = crowd(app, 50).await;
        for round in 1..=4 {
            let code = invites::create(&app.state, &s.ana.actor, s.guild.id, "", "1").await.unwrap().code;
            let joins = people.iter().map(|actor| {
                let (state, actor, code) = (app.state.clone(), *actor, code.clone());
                async move { (actor, invites::join(&state, &actor, &code).await) }
            });
            let before: HashSet<_> = members_of(app, &s).await;
            let answers = at_once(joins).await;
            let (fresh, gone): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer.is_ok());
            assert!(gone.iter().all(|(_, answer)| *answer == Err(Error::InviteGone)), "{gone:?}");
            // Winners of earlier rounds are in already and use nothing up.
            assert_eq!(
                fresh.iter().filter(|(actor, _)| !before.contains(&actor.user_id)).count(),
                1,
                "{fresh:?}"
            );
            let snapshot = guilds::snapshot(&app.state, &s.ana.actor, s.guild.id).await.unwrap();
            assert_eq!(snapshot.member_count as usize, 2 + round);
            assert_eq!(snapshot.members.len(), 2 + round);
        }
    })
    .await;
}

async fn members_of(app: &TestApp, s: &Scene) -> HashSet<protocol::UserId> {
    let page = members::page(&app.state, &s.ana.actor, s.guild.id, None).await.unwrap();
    page.members.into_iter().map(|member| member.user.id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_person_who_joins_twenty_times_at_once_is_one_member() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let code = invites::create(&app.state, &s.ana.actor, s.guild.id, "", "").await.unwrap().code;
        let joins = (0..20).map(|_| {
            let (state, actor, code) = (app.state.clone(), s.cy.actor, code.clone());
            async move { invites::join(&state, &actor, &code).await }
        });
        assert!(at_once(joins).await.into_iter().all(|answer| answer == Ok(s.guild.id)));
        let said = s.ana.history(s.general).await.messages;
        assert_eq!(said.iter().filter(|message| message.author.id == s.cy.id()).count(), 1);
        assert_eq!(guilds::snapshot(&app.state, &s.ana.actor, s.guild.id).await.unwrap().member_count, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_open_their_conversation_at_the_same_instant_have_one() {
    on_both(async |app| {
        let people = crowd(app, 40).await;
        let pairs: Vec<_> = people.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        let opens =
            pairs.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]).map(|(from, to)| {
                let state = app.state.clone();
                async move { dms::open(&state, &from, to.user_id).await.map(|dm| dm.id) }
            });
        let answers: Vec<_> = at_once(opens).await.into_iter().map(Result::unwrap).collect();
        assert!(answers.chunks(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
        assert_eq!(answers.iter().collect::<HashSet<_>>().len(), pairs.len());
        let mut look = app.database().look().await;
        assert_eq!(
            look.number("select count(*) from channels").await,
            pairs.len() as i64,
            "none is left over"
        );
        assert_eq!(look.number("select count(*) from dm_members").await, 2 * pairs.len() as i64);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_of_somebody_is_committed_after_they_were_removed() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for round in 0..50 {
            s.ana.bring(s.guild.id, &s.cy).await;
            let send = |n| {
                let (cy, general) = (s.cy.clone(), s.general);
                let line = format!("round {round}, line {n}");
                tokio::spawn(async move { cy.try_say(general, &line).await.map(|_| ()) })
            };
            let (ana, guild, cy, state) = (s.ana.actor, s.guild.id, s.cy.id(), app.state.clone());
            // In the middle of them: one that is always first or last would see one outcome alone.
            let mut sends: Vec<_> = (0..3).map(send).collect();
            let kick = tokio::spawn(async move { members::kick(&state, &ana, guild, cy).await });
            sends.extend((3..6).map(send));
            let answers: Vec<_> = join_all(sends).await.into_iter().map(Result::unwrap).collect();
            assert_eq!(kick.await.unwrap(), Ok(()));
            assert!(
                answers.iter().all(|answer| matches!(answer, Ok(()) | Err(Error::NotFound))),
                "{answers:?}"
            );
        }
        let mut reader = app.state.store.read().await.unwrap();
        let stream = Stream::Guild(s.guild.id);
        let log = backend::store::streams::events_after(&mut reader, stream, 0, 10_000).await.unwrap();
        let (mut is_in, mut said, mut left) = (false, 0, 0);
        for entry in log {
            match serde_json::from_str(&entry.json).unwrap() {
                Event::MemberJoined { member } if member.user.id == s.cy.id() => is_in = true,
                Event::MemberLeft { user_id } if user_id == s.cy.id() => (is_in, left) = (false, left + 1),
                Event::MessageCreated { message, .. }
                    if message.author.id == s.cy.id() && !message.kind.is_system() =>
                {
                    assert!(is_in, "{} came after the removal", message.content);
                    said += 1;
                }
                _ => {}
            }
        }
        assert_eq!(left, 50);
        assert!(said > 0 && said < 300, "{said} of 300 were said: both outcomes have to be seen");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_registered_twenty_times_at_once_is_one_account() {
    on_both(async |app| {
        let registers = (0..20).map(|_| {
            let state = app.state.clone();
            async move { register(&state, &request(), registration("ana")).await.map(|_| ()) }
        });
        let answers = at_once(registers).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert!(
            answers.iter().all(|answer| matches!(answer, Ok(()) | Err(Error::UsernameTaken))),
            "{answers:?}"
        );
        let mut look = app.database().look().await;
        assert_eq!(look.number("select count(*) from users").await, 1);
        assert_eq!(look.number("select count(*) from sessions").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_first_accounts_at_once_one_owns_the_instance() {
    on_both(async |app| {
        let registers = (0..10).map(|n| {
            let state = app.state.clone();
            async move { register(&state, &request(), registration(&format!("first{n}"))).await.map(|_| ()) }
        });
        assert!(at_once(registers).await.into_iter().all(|answer| answer.is_ok()));
        let mut look = app.database().look().await;
        assert_eq!(look.number("select count(*) from users where is_instance_owner").await, 1);
    })
    .await;
    on_both_with(&[("HARMONY_REGISTRATION", "closed")], async |app| {
        let registers = (0..10).map(|n| {
            let state = app.state.clone();
            async move { register(&state, &request(), registration(&format!("first{n}"))).await.map(|_| ()) }
        });
        let answers = at_once(registers).await;
        assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(Error::RegistrationClosed))));
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_wanted_by_ten_at_once_is_one_persons() {
    on_both(async |app| {
        let people = crowd(app, 10).await;
        for round in 0..5 {
            let changes = people.iter().map(|actor| {
                let (state, actor) = (app.state.clone(), *actor);
                let address = format!("round{round}@example.org");
                async move { update_profile(&state, &actor, "Same", &address).await }
            });
            let answers = at_once(changes).await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
            assert!(
                answers.iter().all(|answer| matches!(answer, Ok(()) | Err(Error::EmailTaken))),
                "{answers:?}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn people_who_rename_themselves_while_they_talk_wait_for_nobody_in_a_circle() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let second = s.bo.create_guild("Second").await;
        s.bo.bring(second.id, &s.ana).await;
        let there = s.bo.general(second.id).await;
        let dm = s.ana.open_dm(&s.bo).await.id;
        let people: [&Person; 2] = [&s.ana, &s.bo];
        let mut work: Vec<std::pin::Pin<Box<dyn Future<Output = protocol::Result<()>> + Send>>> = Vec::new();
        for n in 0..60 {
            let person = people[n % 2].clone();
            for channel in [s.general, there, dm] {
                let person = person.clone();
                work.push(Box::pin(async move { person.try_say(channel, "talk").await.map(|_| ()) }));
            }
            let state = app.state.clone();
            work.push(Box::pin(async move {
                let (name, address) =
                    (format!("Name {n}"), format!("{}{n}@example.org", person.user.username));
                update_profile(&state, &person.actor, &name, &address).await
            }));
        }
        let answers = at_once(work).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_guild_deleted_while_people_talk_and_come_takes_all_of_it_along() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let code = invites::create(&app.state, &s.ana.actor, s.guild.id, "", "").await.unwrap().code;
        let people = crowd(app, 20).await;
        let mut work: Vec<std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>> = Vec::new();
        for actor in people {
            let (state, code, bo, general) = (app.state.clone(), code.clone(), s.bo.clone(), s.general);
            work.push(Box::pin(async move { invites::join(&state, &actor, &code).await.map(|_| ()) }));
            work.push(Box::pin(async move { bo.try_say(general, "still talking").await.map(|_| ()) }));
        }
        let (state, ana, guild) = (app.state.clone(), s.ana.actor, s.guild.id);
        work.insert(15, Box::pin(async move { guilds::delete(&state, &ana, guild, "Lanternfish").await }));
        let answers = at_once(work).await;
        assert_eq!(answers[15], Ok(()));
        let expected =
            |answer: &Result<(), Error>| matches!(answer, Ok(()) | Err(Error::NotFound | Error::InviteGone));
        assert!(answers.iter().all(expected), "{answers:?}");
        backend::jobs::run(&app.state).await.unwrap();
        let mut look = app.database().look().await;
        for table in [
            "guilds",
            "members",
            "channels",
            "roles",
            "invites",
            "messages",
            "mentions",
            "broad_mentions",
            "read_marks",
            "purges",
        ] {
            assert_eq!(look.number(&format!("select count(*) from {table}")).await, 0, "{table}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_deleted_while_it_is_answered_is_quoted_nowhere() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for _ in 0..20 {
            let message = s.ana.say(s.general, "grapefruit").await.id;
            let replies = (0..4).map(|_| {
                let (state, bo, general) = (app.state.clone(), s.bo.actor, s.general);
                async move {
                    let draft = messages::Draft {
                        content: "why?",
                        reply_to: Some(message),
                        nonce: "",
                        attachments: &[],
                    };
                    messages::send(&state, &bo, general, draft).await.map(|_| ())
                }
            });
            let (state, ana, general) = (app.state.clone(), s.ana.actor, s.general);
            let delete = tokio::spawn(async move { messages::delete(&state, &ana, general, message).await });
            let answers = at_once(replies).await;
            assert_eq!(delete.await.unwrap(), Ok(()));
            assert!(
                answers.iter().all(|answer| matches!(answer, Ok(()) | Err(Error::ReplyGone))),
                "{answers:?}"
            );
        }
        let rows = app.content().await;
        assert!(!rows.values().flatten().any(|row| row.contains("grapefruit")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_signs_in_while_the_password_changes_is_in_with_the_new_one_or_out() {
    const ANOTHER: &str = "another long pass phrase";
    on_both(async |app| {
        let ana = app.person("ana").await;
        let logins =
            (0..8).map(|_| {
                let state = app.state.clone();
                async move {
                    login(&state, &request(), "ana", PASSWORD, true).await.map(|signed_in| signed_in.actor)
                }
            });
        let (state, actor) = (app.state.clone(), ana.actor);
        let change =
            tokio::spawn(async move { change_password(&state, &request(), &actor, PASSWORD, ANOTHER).await });
        let answers = at_once(logins).await;
        assert_eq!(change.await.unwrap(), Ok(()));
        let wrong = Error::Invalid { field: Field::CurrentPassword, problem: Problem::Mismatch };
        assert_eq!(change_password(&app.state, &request(), &ana.actor, PASSWORD, ANOTHER).await, Err(wrong));
        // Who came in with the old password is signed out with every other device.
        let mut look = app.database().look().await;
        assert_eq!(look.number("select count(*) from sessions").await, 1, "{answers:?}");
        assert_eq!(ana.page(Place::Home).await.home.me.user.id, ana.id());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_that_changes_while_its_owner_joins_is_told_where_they_joined() {
    on_both(async |app| {
        let (ana, bo) = tokio::join!(app.newcomer("ana"), app.newcomer("bo"));
        for round in 0..20 {
            let guild = ana.create_guild("Den").await.id;
            let code = invites::standing(&app.state, &ana.actor, guild).await.unwrap().code;
            let name = format!("Bo {round}");
            let (state, actor, new_name) = (app.state.clone(), bo.actor, name.clone());
            let rename = tokio::spawn(async move { update_profile(&state, &actor, &new_name, "").await });
            let (state, actor) = (app.state.clone(), bo.actor);
            let join = tokio::spawn(async move { invites::join(&state, &actor, &code).await });
            let (renamed, joined) = tokio::join!(rename, join);
            let renamed = renamed.unwrap();
            assert_eq!(joined.unwrap(), Ok(guild));
            assert!(matches!(renamed, Ok(()) | Err(Error::Busy)), "{renamed:?}");
            let mut reader = app.state.store.read().await.unwrap();
            let log = backend::store::streams::events_after(&mut reader, Stream::Guild(guild), 0, 100);
            let told = log.await.unwrap().into_iter().rev().find_map(|entry| {
                match serde_json::from_str(&entry.json).unwrap() {
                    Event::MemberJoined { member } | Event::MemberUpdated { member } => Some(member.user),
                    _ => None,
                }
            });
            let now = backend::store::users::by_id(&mut reader, bo.id()).await.unwrap();
            assert_eq!(told, now, "round {round}, the rename was answered {renamed:?}");
        }
    })
    .await;
}
