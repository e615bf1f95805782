//! Guilds and their members: who may make, name, hand over, delete, see, leave and be removed.

use backend::actions::guilds::{create, delete, rename, snapshot, transfer};
use backend::actions::members::{kick, leave, one, page};
use protocol::entity::{ChannelKind, MessageKind};
use protocol::error::{Field, Problem};
use protocol::permissions::Permissions;
use protocol::snapshot::Place;
use protocol::{Error, GuildId, UserId, limits};
use rig::{Person, TestApp, on_both};

use crate::scene::{Scene, refused};

async fn name_of(app: &TestApp, person: &Person, guild: GuildId) -> String {
    snapshot(&app.state, &person.actor, guild).await.unwrap().guild.name
}

/// Gives everybody in a guild some permissions.
async fn everyone_may(app: &TestApp, guild: GuildId, permissions: Permissions) {
    let everyone = guild.cast();
    let set = app.state.store.write(move |tx| {
        Box::pin(async move { backend::store::guilds::set_role_permissions(tx, everyone, permissions).await })
    });
    set.await.unwrap();
}

#[tokio::test]
async fn a_new_guild_has_a_category_a_channel_and_its_maker_as_owner() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let guild = create(&app.state, &ana.actor, "  Lanternfish ", "").await.unwrap();
        assert_eq!((guild.name.as_str(), guild.owner_id), ("Lanternfish", ana.id()));
        let all = snapshot(&app.state, &ana.actor, guild.id).await.unwrap();
        let kinds: Vec<_> = all.channels.iter().map(|c| (c.kind, c.name.as_str(), c.parent_id)).collect();
        let category = all.channels.iter().find(|c| c.kind == ChannelKind::Category).unwrap().id;
        assert!(kinds.contains(&(ChannelKind::Category, "Text channels", None)), "{kinds:?}");
        assert!(kinds.contains(&(ChannelKind::Text, "general", Some(category))), "{kinds:?}");
        assert_eq!(all.guild, guild);
        assert_eq!((all.member_count, all.members.len(), all.access), (1, 1, Permissions::ALL));
        assert_eq!(all.roles.first().map(|role| role.id), Some(guild.id.cast()));
    })
    .await;
}

#[tokio::test]
async fn nobody_is_in_more_guilds_than_the_limit() {
    on_both(async |app| {
        let (ana, bo) = tokio::join!(app.person("ana"), app.person("bo"));
        let own = bo.create_guild("One more").await;
        let invite = backend::actions::invites::standing(&app.state, &bo.actor, own.id).await.unwrap();
        for n in 0..limits::GUILDS_PER_USER {
            ana.create_guild(&format!("Guild {n}")).await;
        }
        assert_eq!(refused(app, create(&app.state, &ana.actor, "Surplus", "")).await, Error::LimitReached);
        let join = backend::actions::invites::join(&app.state, &ana.actor, &invite.code);
        assert_eq!(refused(app, join).await, Error::LimitReached);
        assert_eq!(ana.page(Place::Home).await.home.guilds.len(), limits::GUILDS_PER_USER);
    })
    .await;
}

#[tokio::test]
async fn a_guild_is_named_by_those_who_manage_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        rename(&app.state, &s.ana.actor, s.guild.id, "New name").await.unwrap();
        assert_eq!(name_of(app, &s.bo, s.guild.id).await, "New name");
        let by_member = rename(&app.state, &s.bo.actor, s.guild.id, "Mine");
        assert_eq!(refused(app, by_member).await, Error::Forbidden);
        for stranger in s.strangers() {
            let by_stranger = rename(&app.state, &stranger.actor, s.guild.id, "Mine");
            assert_eq!(refused(app, by_stranger).await, Error::NotFound);
        }
        everyone_may(app, s.guild.id, Permissions::EVERYONE_DEFAULT | Permissions::MANAGE_GUILD).await;
        assert_eq!(rename(&app.state, &s.bo.actor, s.guild.id, "Ours").await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_hands_a_guild_over_and_only_to_a_member() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        // Not even with every permission there is.
        everyone_may(app, s.guild.id, Permissions::ALL).await;
        let by_member = transfer(&app.state, &s.bo.actor, s.guild.id, "bo");
        assert_eq!(refused(app, by_member).await, Error::Forbidden);
        for stranger in s.strangers() {
            let by_stranger = transfer(&app.state, &stranger.actor, s.guild.id, "bo");
            assert_eq!(refused(app, by_stranger).await, Error::NotFound);
        }
        let unknown = Error::Invalid { field: Field::Username, problem: Problem::Unknown };
        for outside in ["cy", "dee", "nobody"] {
            let to_stranger = transfer(&app.state, &s.ana.actor, s.guild.id, outside);
            assert_eq!(refused(app, to_stranger).await, unknown, "{outside}");
        }
        transfer(&app.state, &s.ana.actor, s.guild.id, " BO ").await.unwrap();
        assert_eq!(snapshot(&app.state, &s.ana.actor, s.guild.id).await.unwrap().guild.owner_id, s.bo.id());
        let again = transfer(&app.state, &s.ana.actor, s.guild.id, "ana");
        assert_eq!(refused(app, again).await, Error::Forbidden, "given is given");
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_deletes_a_guild_and_has_to_type_its_name() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        everyone_may(app, s.guild.id, Permissions::ALL).await;
        let by_member = delete(&app.state, &s.bo.actor, s.guild.id, "Lanternfish");
        assert_eq!(refused(app, by_member).await, Error::Forbidden);
        for stranger in s.strangers() {
            let by_stranger = delete(&app.state, &stranger.actor, s.guild.id, "Lanternfish");
            assert_eq!(refused(app, by_stranger).await, Error::NotFound);
        }
        let mismatch = Error::Invalid { field: Field::Confirmation, problem: Problem::Mismatch };
        for typed in ["", "lanternfish", "Lanternfish!", "\0"] {
            let mistyped = delete(&app.state, &s.ana.actor, s.guild.id, typed);
            assert_eq!(refused(app, mistyped).await, mismatch, "{typed:?}");
        }
        delete(&app.state, &s.ana.actor, s.guild.id, " Lanternfish ").await.unwrap();
        for person in [&s.ana, &s.bo] {
            let seen = snapshot(&app.state, &person.actor, s.guild.id).await;
            assert_eq!(seen.map(|_| ()), Err(Error::NotFound));
            assert!(person.page(Place::Home).await.home.guilds.is_empty());
            assert_eq!(person.try_say(s.general, "hello?").await, Err(Error::NotFound));
        }
    })
    .await;
}

#[tokio::test]
async fn a_guild_is_seen_by_its_members_alone() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let seen = snapshot(&app.state, &s.bo.actor, s.guild.id).await.unwrap();
        assert_eq!((seen.member_count, seen.access), (2, Permissions::EVERYONE_DEFAULT));
        let members = page(&app.state, &s.bo.actor, s.guild.id, None).await.unwrap();
        let mut ids: Vec<UserId> = members.members.iter().map(|member| member.user.id).collect();
        let mut expected = vec![s.ana.id(), s.bo.id()];
        ids.sort_unstable();
        expected.sort_unstable();
        assert_eq!((ids, members.has_more), (expected, false));
        for stranger in s.strangers() {
            let seen = snapshot(&app.state, &stranger.actor, s.guild.id).await.map(|_| ());
            assert_eq!(seen, Err(Error::NotFound));
            let seen = page(&app.state, &stranger.actor, s.guild.id, None).await.map(|_| ());
            assert_eq!(seen, Err(Error::NotFound));
        }
        let unknown = snapshot(&app.state, &s.ana.actor, GuildId::from_trusted(77)).await.map(|_| ());
        assert_eq!(unknown, Err(Error::NotFound));
    })
    .await;
}

#[tokio::test]
async fn members_are_listed_page_by_page_without_gap_or_repeat() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let guild = ana.create_guild("Crowd").await.id;
        let join = app.state.store.write(move |tx| {
            Box::pin(async move {
                for n in 0..230 {
                    let new = rig::stores::new_user(&format!("p{n}"));
                    let id = backend::store::users::insert(tx, &new).await?.unwrap();
                    backend::store::members::insert(tx, guild, id).await?;
                }
                Ok(())
            })
        });
        join.await.unwrap();
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let next = page(&app.state, &ana.actor, guild, after).await.unwrap();
            assert_eq!(next.has_more, next.members.len() == limits::MEMBERS_PAGE && found.len() < 200);
            found.extend(next.members.iter().map(|member| member.user.id));
            after = found.last().copied();
            if !next.has_more {
                break;
            }
        }
        assert_eq!(found.len(), 231);
        assert!(found.is_sorted() && found.windows(2).all(|pair| pair[0] != pair[1]));
        let all = snapshot(&app.state, &ana.actor, guild).await.unwrap();
        assert_eq!((all.member_count, all.members.len()), (231, limits::MEMBERS_PAGE));
    })
    .await;
}

#[tokio::test]
async fn whoever_leaves_is_gone_and_the_owner_cannot() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        assert_eq!(refused(app, leave(&app.state, &s.ana.actor, s.guild.id)).await, Error::OwnerCannotLeave);
        for stranger in s.strangers() {
            assert_eq!(refused(app, leave(&app.state, &stranger.actor, s.guild.id)).await, Error::NotFound);
        }
        leave(&app.state, &s.bo.actor, s.guild.id).await.unwrap();
        assert_eq!(refused(app, leave(&app.state, &s.bo.actor, s.guild.id)).await, Error::NotFound);
        assert!(s.bo.page(Place::Home).await.home.guilds.is_empty());
        assert_eq!(s.bo.try_say(s.general, "wait").await, Err(Error::NotFound));
        let seen = snapshot(&app.state, &s.ana.actor, s.guild.id).await.unwrap();
        assert_eq!((seen.member_count, seen.members.len()), (1, 1));
        let said = s.ana.history(s.general).await.messages;
        let last = said.last().unwrap();
        assert_eq!((last.kind, last.author.id), (MessageKind::Leave, s.bo.id()));
        // After handing over, the former owner may go.
        s.ana.bring(s.guild.id, &s.bo).await;
        transfer(&app.state, &s.ana.actor, s.guild.id, "bo").await.unwrap();
        assert_eq!(leave(&app.state, &s.ana.actor, s.guild.id).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn a_member_is_shown_to_members_and_nobody_else_is() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let seen = one(&app.state, &s.bo.actor, s.guild.id, s.ana.id()).await.unwrap();
        assert_eq!((seen.user.username.as_str(), seen.user.id), ("ana", s.ana.id()));
        let listed = page(&app.state, &s.bo.actor, s.guild.id, None).await.unwrap().members;
        assert!(listed.contains(&seen), "{listed:?} has another {seen:?}");
        for stranger in s.strangers() {
            let asked = one(&app.state, &stranger.actor, s.guild.id, s.ana.id());
            assert_eq!(refused(app, asked).await, Error::NotFound);
            let about = one(&app.state, &s.ana.actor, s.guild.id, stranger.id());
            assert_eq!(refused(app, about).await, Error::NotFound, "who is not in it is not told of");
        }
    })
    .await;
}

#[tokio::test]
async fn members_are_removed_by_those_who_may_and_never_the_owner() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let by_member = kick(&app.state, &s.bo.actor, s.guild.id, s.cy.id());
        assert_eq!(refused(app, by_member).await, Error::Forbidden);
        let by_stranger = kick(&app.state, &s.dee.actor, s.guild.id, s.bo.id());
        assert_eq!(refused(app, by_stranger).await, Error::NotFound);
        let oneself = kick(&app.state, &s.ana.actor, s.guild.id, s.ana.id());
        assert_eq!(refused(app, oneself).await, Error::Forbidden);
        let no_member = kick(&app.state, &s.ana.actor, s.guild.id, s.dee.id());
        assert_eq!(refused(app, no_member).await, Error::NotFound);
        everyone_may(app, s.guild.id, Permissions::EVERYONE_DEFAULT | Permissions::KICK_MEMBERS).await;
        let the_owner = kick(&app.state, &s.bo.actor, s.guild.id, s.ana.id());
        assert_eq!(refused(app, the_owner).await, Error::Forbidden);
        kick(&app.state, &s.bo.actor, s.guild.id, s.cy.id()).await.unwrap();
        assert_eq!(s.cy.try_say(s.general, "hey").await, Err(Error::NotFound));
        assert!(s.cy.page(Place::Home).await.home.guilds.is_empty());
        assert_eq!(snapshot(&app.state, &s.ana.actor, s.guild.id).await.unwrap().member_count, 2);
    })
    .await;
}

#[tokio::test]
async fn whoever_comes_back_finds_nothing_unread_and_their_old_messages_are_theirs() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let message = s.bo.say(s.general, "I was here").await;
        leave(&app.state, &s.bo.actor, s.guild.id).await.unwrap();
        s.ana.say(s.general, "and gone, @bo").await;
        s.ana.bring(s.guild.id, &s.bo).await;
        let home = s.bo.page(Place::Home).await.home;
        assert_eq!(home.guilds.len(), 1);
        assert!(home.guilds[0].unread.is_empty(), "{:?}", home.guilds[0].unread);
        let edited = backend::actions::messages::edit(&app.state, &s.bo.actor, s.general, message.id, "back");
        assert_eq!(edited.await.map(|message| message.content), Ok("back".into()));
    })
    .await;
}
