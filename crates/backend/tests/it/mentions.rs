//! `@everyone`, `@here` and roles: who may address many, whom they reach, and what takes it back.

use backend::actions::messages::{delete, edit, mark_read, mark_unread};
use backend::actions::{guilds, invites, members};
use protocol::entity::{Addressed, Message};
use protocol::event::Event;
use protocol::permissions::{Permissions, Subject};
use protocol::snapshot::Place;
use protocol::{ChannelId, Cursors, GuildId, RoleId, UserId, limits};
use rig::{Person, Socket, TestApp, on_both};

use crate::scene::{Scene, close, except};

/// How many mentions somebody has unread, in all their guilds, as a page says; their own snapshot of the guild says the same.
pub(crate) async fn unread(person: &Person) -> u32 {
    let home = person.page(Place::Home).await.home;
    home.guilds.iter().flat_map(|guild| &guild.unread).map(|channel| channel.mentions).sum()
}

/// A role of some people, as future actions will make one.
pub(crate) async fn role(app: &TestApp, guild: GuildId, name: &'static str, people: &[&Person]) -> RoleId {
    let people: Vec<UserId> = people.iter().map(|person| person.id()).collect();
    let made = app.state.store.write(move |tx| {
        Box::pin(async move {
            let role = backend::store::guilds::insert_role(tx, guild, name, Permissions::NONE, 1).await?;
            for person in people {
                backend::store::members::add_role(tx, guild, person, role).await?;
            }
            Ok(role)
        })
    });
    made.await.unwrap()
}

/// Gives everybody the permission in a channel, or takes it.
async fn let_everyone_call(app: &TestApp, s: &Scene, may: bool) {
    let everyone = Subject::Role(s.guild.id.cast());
    let allow = if may { Permissions::MENTION_EVERYONE } else { Permissions::NONE };
    except(app, s.general, everyone, allow, Permissions::NONE).await;
}

/// Looks at the guild until what was said is told. How it is told is for the test.
async fn online(app: &TestApp, person: &Person) -> Socket {
    let mut socket = app.connect(person, Cursors::new()).await;
    socket.until_live().await;
    socket
}

fn calls_nobody(message: &Message) -> bool {
    message.addressed() == Addressed::default() && !message.mention_everyone
}

#[tokio::test]
async fn everyone_is_called_by_those_who_may_and_is_text_for_others() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "@everyone, dinner").await;
        assert!(said.mention_everyone && said.mention_here.is_none());
        assert_eq!(said.content, "@everyone, dinner", "the text is as it was typed");
        assert_eq!((unread(&s.bo).await, unread(&s.ana).await), (1, 0));
        assert_eq!(s.bo.history(s.general).await.messages.last(), Some(&said));
        let typed = s.bo.say(s.general, "@everyone @here <@&5>").await;
        assert!(calls_nobody(&typed), "{typed:?}");
        assert_eq!(typed.content, "@everyone @here <@&5>");
        assert_eq!((unread(&s.ana).await, unread(&s.bo).await), (0, 0));
        let_everyone_call(app, &s, true).await;
        assert!(s.bo.say(s.general, "now @everyone").await.mention_everyone);
        assert_eq!(unread(&s.ana).await, 1);
    })
    .await;
}

#[tokio::test]
async fn code_links_and_escapes_call_nobody() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let crew = role(app, s.guild.id, "Crew", &[&s.bo]).await;
        for text in [
            "`@everyone` and `@here`".to_owned(),
            "```\n@everyone @here @Crew\n```".to_owned(),
            "\\@everyone [@here](https://example.com)".to_owned(),
            format!("`<@&{crew}>` \\<@&{crew}>"),
            "@Everyone @everyones x@everyone @@here".to_owned(),
        ] {
            let said = s.ana.say(s.general, &text).await;
            assert!(calls_nobody(&said), "{said:?}");
        }
        assert_eq!(unread(&s.bo).await, 0);
        // However often it is said, it is one call.
        let many = "@everyone ".repeat(10_000);
        assert!(s.ana.try_say(s.general, &many).await.is_err(), "a message has a length");
        let said = s.ana.say(s.general, many[..limits::CONTENT_CHARS].trim_end()).await;
        assert!(said.mention_everyone);
        assert_eq!(unread(&s.bo).await, 1);
        let rows = format!("select count(*) from broad_mentions where message_id = {}", said.id);
        assert_eq!(app.database().look().await.number(&rows).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_role_is_called_by_its_name_and_reaches_those_who_have_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let crew = role(app, s.guild.id, "Night Crew", &[&s.bo]).await;
        let short = role(app, s.guild.id, "Night", &[&s.cy]).await;
        let said = s.ana.say(s.general, "hi @night crew!").await;
        assert_eq!((said.content.as_str(), &said.mention_roles), (&*format!("hi <@&{crew}>!"), &vec![crew]));
        assert_eq!((unread(&s.bo).await, unread(&s.cy).await), (1, 0));
        let both = s.ana.say(s.general, &format!("@Night, <@&{crew}> and @bo")).await;
        assert_eq!(both.mention_roles, [crew, short]);
        assert_eq!((unread(&s.bo).await, unread(&s.cy).await), (2, 1), "named and of the role counts once");
        s.ana.say(s.general, "@everyone @Night @Night Crew").await;
        assert_eq!((unread(&s.bo).await, unread(&s.cy).await), (3, 2));
        // Without the permission a role's name is text, and its id calls nobody.
        let typed = s.bo.say(s.general, &format!("@Night <@&{short}>")).await;
        assert!(calls_nobody(&typed) && typed.content.starts_with("@Night "), "{typed:?}");
        assert_eq!(unread(&s.cy).await, 2);
        // Whoever has no role any more was not meant.
        let dropped = format!("delete from member_roles where user_id = {}", s.cy.id());
        app.database().look().await.run(&dropped).await;
        assert_eq!(unread(&s.cy).await, 1);
    })
    .await;
}

#[tokio::test]
async fn ids_of_roles_that_are_none_or_of_other_guilds_call_nobody() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let other = s.ana.create_guild("Elsewhere").await;
        s.ana.bring(other.id, &s.bo).await;
        let foreign = role(app, other.id, "Foreign", &[&s.bo]).await;
        for id in [foreign, other.id.cast(), s.guild.id.cast(), RoleId::from_trusted(7)] {
            let said = s.ana.say(s.general, &format!("<@&{id}>, @Foreign")).await;
            assert!(calls_nobody(&said), "{said:?}");
        }
        let dm = s.ana.open_dm(&s.bo).await.id;
        let said = s.ana.say(dm, &format!("@everyone @here <@&{foreign}>")).await;
        assert!(calls_nobody(&said), "{said:?}");
        assert_eq!(unread(&s.bo).await, 0);
        assert_eq!(s.bo.page(Place::Home).await.home.dm_marks[0].mentions, 0);
    })
    .await;
}

#[tokio::test]
async fn here_calls_those_who_are_here_and_every_device_counts_the_same() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let nobody = s.ana.say(s.general, "@here?").await;
        assert_eq!((nobody.mention_everyone, &nobody.mention_here), (true, &Some(Vec::new())));
        let mut socket = online(app, &s.bo).await;
        let _own = online(app, &s.ana).await;
        let said = s.ana.say(s.general, "@here, and @cy").await;
        assert_eq!(said.mention_here, Some(vec![s.bo.id()]), "who wrote it is not called");
        let Event::MessageCreated { message, .. } = socket.event().await.2 else { panic!("not told") };
        assert_eq!(message.mention_here, said.mention_here);
        assert_eq!((unread(&s.bo).await, unread(&s.cy).await, unread(&s.ana).await), (1, 1, 0));
        // Being away later changes nothing, and neither does coming later.
        drop(socket);
        let _late = online(app, &s.cy).await;
        assert_eq!((unread(&s.bo).await, unread(&s.cy).await), (1, 1));
        assert_eq!(s.bo.history(s.general).await.messages.last(), Some(&said));
        // What everyone is told those who are here need not be told as well.
        assert_eq!(s.ana.say(s.general, "@here @everyone").await.mention_here, None);
        let typed = s.bo.say(s.general, "@here").await;
        assert!(calls_nobody(&typed), "{typed:?}");
    })
    .await;
}

#[tokio::test]
async fn in_a_closed_channel_only_those_who_view_it_are_called() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let vault = s.ana.create_channel(s.guild.id, "vault").await.id;
        let crew = role(app, s.guild.id, "Crew", &[&s.bo, &s.cy]).await;
        close(app, &s.guild, vault, &[&s.cy]).await;
        let (_bo, _cy) = (online(app, &s.bo).await, online(app, &s.cy).await);
        let said = s.ana.say(vault, "@here, not @bo").await;
        assert_eq!(said.mention_here, Some(vec![s.cy.id()]));
        s.ana.say(vault, "@everyone").await;
        s.ana.say(vault, &format!("<@&{crew}>")).await;
        assert_eq!((unread(&s.bo).await, unread(&s.cy).await), (0, 3));
        let snapshot = guilds::snapshot(&app.state, &s.bo.actor, s.guild.id).await.unwrap();
        assert!(snapshot.marks.iter().all(|mark| mark.channel_id != vault));
        assert_eq!(snapshot.own_roles, [crew]);
    })
    .await;
}

#[tokio::test]
async fn deleting_takes_a_call_back_and_the_log_says_whose() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let crew = role(app, s.guild.id, "Crew", &[&s.bo]).await;
        let mut socket = online(app, &s.bo).await;
        let said = s.ana.say(s.general, "@here @Crew @bo").await;
        let all = s.ana.say(s.general, "@everyone").await;
        assert_eq!(unread(&s.bo).await, 2);
        for message in [&said, &all] {
            socket.event().await;
            delete(&app.state, &s.ana.actor, s.general, message.id).await.unwrap();
        }
        let gone = |event| match event {
            Event::MessageDeleted { mentions, mention_everyone, mention_roles, .. } => {
                Addressed { mentions, mention_everyone, mention_roles }
            }
            other => panic!("{other:?}"),
        };
        let (one, other) = (gone(socket.event().await.2), gone(socket.event().await.2));
        assert_eq!(
            (one.mentions, one.mention_everyone, one.mention_roles),
            (vec![s.bo.id()], false, vec![crew])
        );
        assert_eq!((other.mentions, other.mention_everyone), (vec![], true));
        assert_eq!(unread(&s.bo).await, 0);
        let mut look = app.database().look().await;
        for table in ["mentions", "broad_mentions"] {
            assert_eq!(look.number(&format!("select count(*) from {table}")).await, 0, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_edit_takes_back_and_calls_nobody() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let crew = role(app, s.guild.id, "Crew", &[&s.bo]).await;
        let mut socket = online(app, &s.bo).await;
        let state = &app.state;
        let said = s.ana.say(s.general, "@everyone @Crew @bo").await;
        socket.event().await;
        // Step by step fewer ways to be meant, and it counts until there is none.
        for (text, left, taken, everyone) in [
            ("@Crew @bo, no?", 1, vec![], true),
            ("@bo", 1, vec![crew], false),
            ("@bo", 1, vec![], false),
            ("nobody", 0, vec![], false),
        ] {
            let edited = edit(state, &s.ana.actor, s.general, said.id, text).await.unwrap();
            assert_eq!(unread(&s.bo).await, left, "{text}");
            assert_eq!(s.bo.history(s.general).await.messages.last(), Some(&edited));
            if taken.is_empty() && !everyone && left > 0 {
                continue; // the same text is no change
            }
            let Event::MessageUpdated { message, taken_back } = socket.event().await.2 else { panic!() };
            assert_eq!(
                (message, taken_back.mention_everyone, &taken_back.mention_roles),
                (edited, everyone, &taken)
            );
            assert_eq!(taken_back.mentions.contains(&s.bo.id()), left == 0);
        }
        let again = edit(state, &s.ana.actor, s.general, said.id, "@everyone @Crew @bo @here").await.unwrap();
        assert!(calls_nobody(&again), "who was called once is not called twice: {again:?}");
        assert_eq!(unread(&s.bo).await, 0);
    })
    .await;
}

#[tokio::test]
async fn of_those_named_and_here_each_way_is_taken_back_by_itself() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let _bo = online(app, &s.bo).await;
        let said = s.ana.say(s.general, "@here @bo").await;
        let edited = edit(&app.state, &s.ana.actor, s.general, said.id, "@here").await.unwrap();
        assert_eq!((edited.mentions.len(), edited.mention_here), (0, Some(vec![s.bo.id()])));
        assert_eq!(unread(&s.bo).await, 1);
        let said = s.ana.say(s.general, "@here @bo").await;
        let edited = edit(&app.state, &s.ana.actor, s.general, said.id, "@bo").await.unwrap();
        assert_eq!((edited.mentions.len(), edited.mention_everyone, edited.mention_here), (1, false, None));
        assert_eq!(unread(&s.bo).await, 2);
    })
    .await;
}

#[tokio::test]
async fn whoever_may_not_call_any_more_takes_the_call_back_by_editing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let crew = role(app, s.guild.id, "Crew", &[&s.ana]).await;
        let_everyone_call(app, &s, true).await;
        let said = s.bo.say(s.general, "@everyone @Crew").await;
        let_everyone_call(app, &s, false).await;
        assert_eq!(unread(&s.ana).await, 1, "what was said, was said");
        let text = format!("@everyone @Crew <@&{crew}> again");
        let edited = edit(&app.state, &s.bo.actor, s.general, said.id, &text).await.unwrap();
        assert!(calls_nobody(&edited), "{edited:?}");
        assert_eq!((edited.content, unread(&s.ana).await), (text, 0));
    })
    .await;
}

#[tokio::test]
async fn reading_and_marking_unread_count_calls_but_never_ones_own() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (state, bo) = (&app.state, &s.bo.actor);
        let_everyone_call(app, &s, true).await;
        let first = s.ana.say(s.general, "@everyone 1").await.id;
        s.bo.say(s.general, "@everyone, @bo and @here by bo").await;
        let third = s.ana.say(s.general, "@everyone and @bo 3").await.id;
        assert_eq!(unread(&s.bo).await, 1, "writing reads what was before");
        mark_read(state, bo, s.general, third).await.unwrap();
        assert_eq!(unread(&s.bo).await, 0);
        mark_unread(state, bo, s.general, first).await.unwrap();
        assert_eq!(unread(&s.bo).await, 2);
        let snapshot = guilds::snapshot(state, bo, s.guild.id).await.unwrap();
        assert_eq!(snapshot.marks.iter().map(|mark| mark.mentions).sum::<u32>(), 2);
    })
    .await;
}

#[tokio::test]
async fn whoever_comes_later_or_again_has_no_old_call_unread() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.say(s.general, "@everyone before").await;
        s.ana.bring(s.guild.id, &s.cy).await;
        assert_eq!(unread(&s.cy).await, 0);
        s.ana.say(s.general, "@everyone after").await;
        assert_eq!((unread(&s.cy).await, unread(&s.bo).await), (1, 2));
        members::kick(&app.state, &s.ana.actor, s.guild.id, s.bo.id()).await.unwrap();
        assert_eq!(unread(&s.bo).await, 0);
        let code = invites::create(&app.state, &s.ana.actor, s.guild.id, "", "").await.unwrap().code;
        invites::join(&app.state, &s.bo.actor, &code).await.unwrap();
        assert_eq!(unread(&s.bo).await, 0);
    })
    .await;
}

#[tokio::test]
async fn calling_a_crowd_touches_no_more_rows_than_calling_a_few() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let rows = async |channel: ChannelId| {
            let mut look = app.database().look().await;
            let sql = format!(
                "select (select count(*) from mentions where channel_id = {channel})
                    + (select count(*) from broad_mentions where channel_id = {channel})"
            );
            look.number(&sql).await
        };
        let (guild, crowd) = (s.guild.id, 300);
        let join = app.state.store.write(move |tx| {
            Box::pin(async move {
                for n in 0..crowd {
                    let new = rig::stores::new_user(&format!("p{n}"));
                    let id = backend::store::users::insert(tx, &new).await?.unwrap();
                    backend::store::members::insert(tx, guild, id).await?;
                }
                Ok(())
            })
        });
        join.await.unwrap();
        s.ana.say(s.general, "@everyone").await;
        assert_eq!(rows(s.general).await, 1);
        assert_eq!(unread(&s.bo).await, 1);
    })
    .await;
}

#[tokio::test]
async fn where_too_many_are_here_everyone_is_called() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let (guild, mut sockets) = (s.guild.id, Vec::new());
        for n in 0..limits::HERE_ADDRESSED {
            let person = app.newcomer(&format!("p{n}")).await;
            let id = person.id();
            let join = app.state.store.write(move |tx| {
                Box::pin(async move { backend::store::members::insert(tx, guild, id).await })
            });
            join.await.unwrap();
            sockets.push(online(app, &person).await);
        }
        let said = s.ana.say(s.general, "@here").await;
        assert_eq!(said.mention_here.map(|here| here.len()), Some(limits::HERE_ADDRESSED));
        assert_eq!((unread(&s.bo).await, unread(&s.cy).await), (0, 0));
        sockets.push(online(app, &s.bo).await);
        let said = s.ana.say(s.general, "@here").await;
        assert_eq!((said.mention_everyone, &said.mention_here), (true, &None));
        assert_eq!((unread(&s.bo).await, unread(&s.cy).await), (1, 1));
        let edited = edit(&app.state, &s.ana.actor, s.general, said.id, "@here, please").await.unwrap();
        assert!(edited.mention_everyone, "the word is still there");
    })
    .await;
}
