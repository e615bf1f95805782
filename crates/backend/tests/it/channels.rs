//! Channels: who may make, name, order and delete them.

use backend::actions::channels::{NewChannel, create, delete, move_to, update};
use backend::actions::guilds::snapshot;
use protocol::entity::{Channel, ChannelKind};
use protocol::error::{Field, Problem};
use protocol::permissions::{Permissions, Subject};
use protocol::{ChannelId, Error, limits};
use rig::{Person, TestApp, on_both};

use crate::scene::{Scene, except, refused};

fn new<'a>(name: &'a str, kind: &'a str, parent_id: &'a str) -> NewChannel<'a> {
    NewChannel { name, kind, parent_id, nonce: "" }
}

async fn channel(app: &TestApp, person: &Person, s: &Scene, id: ChannelId) -> Option<Channel> {
    let all = snapshot(&app.state, &person.actor, s.guild.id).await.unwrap().channels;
    all.into_iter().find(|channel| channel.id == id)
}

/// Names under a category, as they are shown.
async fn order(app: &TestApp, s: &Scene, parent: Option<ChannelId>) -> Vec<String> {
    let mut all = snapshot(&app.state, &s.ana.actor, s.guild.id).await.unwrap().channels;
    all.retain(|channel| channel.parent_id == parent && channel.kind == ChannelKind::Text);
    all.sort_by_key(|channel| (channel.position, channel.id));
    all.into_iter().map(|channel| channel.name).collect()
}

#[tokio::test]
async fn channels_are_made_by_those_who_manage_them() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let made = create(&app.state, &s.ana.actor, s.guild.id, new("#plans", "", "")).await.unwrap();
        assert_eq!((made.name.as_str(), made.kind, made.parent_id), ("plans", ChannelKind::Text, None));
        assert_eq!(channel(app, &s.bo, &s, made.id).await, Some(made));
        let category =
            create(&app.state, &s.ana.actor, s.guild.id, new("Games", "category", "")).await.unwrap();
        let parent = category.id.to_string();
        let under =
            create(&app.state, &s.ana.actor, s.guild.id, new("chess", "text", &parent)).await.unwrap();
        assert_eq!((under.parent_id, under.position), (Some(category.id), 0));
        let by_member = create(&app.state, &s.bo.actor, s.guild.id, new("mine", "", ""));
        assert_eq!(refused(app, by_member).await, Error::Forbidden);
        for stranger in s.strangers() {
            let by_stranger = create(&app.state, &stranger.actor, s.guild.id, new("mine", "", ""));
            assert_eq!(refused(app, by_stranger).await, Error::NotFound);
        }
    })
    .await;
}

#[tokio::test]
async fn a_parent_is_a_category_of_the_same_guild() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let elsewhere = s.ana.create_guild("Elsewhere").await.id;
        let foreign = create(&app.state, &s.ana.actor, elsewhere, new("Far", "category", "")).await.unwrap();
        let unknown = Error::Invalid { field: Field::CategoryName, problem: Problem::Unknown };
        for parent in [foreign.id.to_string(), s.general.to_string(), "77".into(), "x".into(), "-1".into()] {
            let made = create(&app.state, &s.ana.actor, s.guild.id, new("lost", "", &parent));
            assert_eq!(refused(app, made).await, unknown, "{parent}");
            let moved = move_to(&app.state, &s.ana.actor, s.general, &parent, 0);
            assert_eq!(refused(app, moved).await, unknown, "{parent}");
        }
        let kind = create(&app.state, &s.ana.actor, s.guild.id, new("lost", "voice", ""));
        assert!(matches!(refused(app, kind).await, Error::Invalid { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_guild_has_so_many_channels_and_no_more() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let guild = s.guild.id;
        let fill = app.state.store.write(move |tx| {
            Box::pin(async move {
                for n in 2..limits::CHANNELS_PER_GUILD {
                    let name = format!("c{n}");
                    backend::store::channels::insert(tx, guild, ChannelKind::Text, &name, None, n as i32)
                        .await?;
                }
                Ok(())
            })
        });
        fill.await.unwrap();
        let surplus = create(&app.state, &s.ana.actor, guild, new("surplus", "", ""));
        assert_eq!(refused(app, surplus).await, Error::LimitReached);
        let all = snapshot(&app.state, &s.bo.actor, guild).await.unwrap();
        assert_eq!(all.channels.len(), limits::CHANNELS_PER_GUILD);
    })
    .await;
}

#[tokio::test]
async fn name_and_topic_are_changed_by_those_who_manage_the_channel() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        update(&app.state, &s.ana.actor, s.general, "lobby", "all things\r\nsmall").await.unwrap();
        let seen = channel(app, &s.bo, &s, s.general).await.unwrap();
        assert_eq!((seen.name.as_str(), seen.topic.as_str()), ("lobby", "all things small"));
        let by_member = update(&app.state, &s.bo.actor, s.general, "mine", "");
        assert_eq!(refused(app, by_member).await, Error::Forbidden);
        for stranger in s.strangers() {
            let by_stranger = update(&app.state, &stranger.actor, s.general, "mine", "");
            assert_eq!(refused(app, by_stranger).await, Error::NotFound);
        }
        // One channel can be somebody's.
        let subject = Subject::Member(s.bo.id());
        except(app, s.general, subject, Permissions::MANAGE_CHANNELS, Permissions::NONE).await;
        assert_eq!(update(&app.state, &s.bo.actor, s.general, "theirs", "").await, Ok(()));
        let other = s.ana.create_channel(s.guild.id, "other").await.id;
        assert_eq!(refused(app, update(&app.state, &s.bo.actor, other, "x", "")).await, Error::Forbidden);
    })
    .await;
}

#[tokio::test]
async fn channels_are_put_in_order_by_those_who_manage_them() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut ids = Vec::new();
        for name in ["a", "b", "c", "d"] {
            ids.push(s.ana.create_channel(s.guild.id, name).await.id);
        }
        assert_eq!(order(app, &s, None).await, ["a", "b", "c", "d"]);
        move_to(&app.state, &s.ana.actor, ids[3], "", 1).await.unwrap();
        assert_eq!(order(app, &s, None).await, ["a", "d", "b", "c"]);
        move_to(&app.state, &s.ana.actor, ids[0], "", 99).await.unwrap();
        assert_eq!(order(app, &s, None).await, ["d", "b", "c", "a"]);
        let category =
            create(&app.state, &s.ana.actor, s.guild.id, new("Games", "category", "")).await.unwrap();
        for id in [ids[1], ids[2]] {
            move_to(&app.state, &s.ana.actor, id, &category.id.to_string(), 0).await.unwrap();
        }
        assert_eq!(order(app, &s, Some(category.id)).await, ["c", "b"]);
        assert_eq!(order(app, &s, None).await, ["d", "a"]);
        let by_member = move_to(&app.state, &s.bo.actor, ids[0], "", 0);
        assert_eq!(refused(app, by_member).await, Error::Forbidden);
        for stranger in s.strangers() {
            let by_stranger = move_to(&app.state, &stranger.actor, ids[0], "", 0);
            assert_eq!(refused(app, by_stranger).await, Error::NotFound);
        }
    })
    .await;
}

#[tokio::test]
async fn channels_are_deleted_by_those_who_manage_them() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let by_member = delete(&app.state, &s.bo.actor, s.general);
        assert_eq!(refused(app, by_member).await, Error::Forbidden);
        for stranger in s.strangers() {
            assert_eq!(refused(app, delete(&app.state, &stranger.actor, s.general)).await, Error::NotFound);
        }
        delete(&app.state, &s.ana.actor, s.general).await.unwrap();
        assert_eq!(channel(app, &s.ana, &s, s.general).await, None);
        assert_eq!(s.bo.try_say(s.general, "hello?").await, Err(Error::NotFound));
        assert_eq!(delete(&app.state, &s.ana.actor, s.general).await, Err(Error::NotFound));
        // People still come and go, though nobody is told where the channel was.
        let guild = snapshot(&app.state, &s.ana.actor, s.guild.id).await.unwrap().guild;
        assert_eq!(guild.system_channel_id, None);
        s.ana.bring(s.guild.id, &s.cy).await;
    })
    .await;
}

#[tokio::test]
async fn a_deleted_category_leaves_its_channels_standing_alone() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let parent = channel(app, &s.ana, &s, s.general).await.unwrap().parent_id.unwrap();
        delete(&app.state, &s.ana.actor, parent).await.unwrap();
        assert_eq!(channel(app, &s.bo, &s, s.general).await.unwrap().parent_id, None);
        assert!(s.bo.try_say(s.general, "still here").await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_conversation_is_nobodys_to_manage() {
    on_both(async |app| {
        let (ana, bo) = tokio::join!(app.person("ana"), app.person("bo"));
        let dm = ana.open_dm(&bo).await.id;
        assert_eq!(refused(app, update(&app.state, &ana.actor, dm, "ours", "")).await, Error::Forbidden);
        assert_eq!(refused(app, move_to(&app.state, &ana.actor, dm, "", 0)).await, Error::Forbidden);
        assert_eq!(refused(app, delete(&app.state, &ana.actor, dm)).await, Error::Forbidden);
    })
    .await;
}
