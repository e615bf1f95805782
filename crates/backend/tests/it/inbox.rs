//! The inbox: whatever addressed somebody, wherever they may read it, and nothing else.

use backend::actions::inbox::mentions;
use backend::actions::messages::{delete, edit};
use backend::actions::{channels, guilds, members, threads};
use protocol::MessageId;
use protocol::inbox::InboxPage;
use protocol::limits::INBOX_PAGE;
use protocol::permissions::{Permissions, Subject};
use rig::{Person, TestApp, on_both};

use crate::mentions::role;
use crate::scene::{Scene, close, except};
use crate::threads::start;

async fn page(app: &TestApp, person: &Person, before: Option<MessageId>, only_named: bool) -> InboxPage {
    mentions(&app.state, &person.actor, before, only_named).await.unwrap()
}

/// The texts of the first page.
async fn texts(app: &TestApp, person: &Person) -> Vec<String> {
    let all = page(app, person, None, false).await.mentions;
    all.into_iter().map(|mentioned| mentioned.message.content).collect()
}

#[tokio::test]
async fn what_addressed_somebody_in_any_way_is_there_the_newest_first() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let crew = role(app, s.guild.id, "Crew", &[&s.bo]).await;
        let others = role(app, s.guild.id, "Others", &[&s.ana]).await;
        let other = s.ana.create_guild("Elsewhere").await;
        s.ana.bring(other.id, &s.bo).await;
        let (dm, far) = (s.ana.open_dm(&s.bo).await.id, s.ana.general(other.id).await);
        let named = s.ana.say(s.general, "1 @bo").await;
        s.ana.say(dm, "2 @bo").await;
        s.ana.say(far, "3 @everyone").await;
        s.ana.say(s.general, "4 @Crew @bo @everyone").await;
        s.ana.say(s.general, "not for them: @Others @ana").await;
        s.ana.say(s.general, "5 @Crew").await;
        let found = page(app, &s.bo, None, false).await;
        let bo = s.bo.id();
        assert_eq!(
            found.mentions.iter().map(|one| one.message.content.clone()).collect::<Vec<_>>(),
            [
                format!("5 <@&{crew}>"),
                format!("4 <@&{crew}> <@{bo}> @everyone"),
                "3 @everyone".to_owned(),
                format!("2 <@{bo}>"),
                format!("1 <@{bo}>"),
            ]
        );
        assert_eq!(found.next, None);
        let place = found.mentions[2].place.as_ref().unwrap();
        assert_eq!(
            (place.guild_id, place.guild_name.as_str(), place.channel_name.as_str()),
            (other.id, "Elsewhere", "general")
        );
        assert_eq!((&found.mentions[3].place, &found.mentions[4].message), (&None, &named));
        let by_name = page(app, &s.bo, None, true).await.mentions;
        let by_name: Vec<_> = by_name.iter().map(|one| one.message.content.chars().next().unwrap()).collect();
        assert_eq!(by_name, ['4', '2', '1']);
        assert_eq!(texts(app, &s.ana).await, [""; 0], "one's own words are no news");
        assert_eq!(others, page_roles(app, &s.ana, &s).await);
    })
    .await;
}

/// The one role that somebody has.
async fn page_roles(app: &TestApp, person: &Person, s: &Scene) -> protocol::RoleId {
    guilds::snapshot(&app.state, &person.actor, s.guild.id).await.unwrap().own_roles[0]
}

#[tokio::test]
async fn what_may_not_be_read_any_more_is_not_there() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let vault = s.ana.create_channel(s.guild.id, "vault").await.id;
        let doomed = s.ana.create_channel(s.guild.id, "doomed").await.id;
        let elsewhere = s.ana.create_guild("Elsewhere").await;
        s.ana.bring(elsewhere.id, &s.bo).await;
        let far = s.ana.general(elsewhere.id).await;
        for (channel, name) in [(s.general, "general"), (vault, "vault"), (doomed, "doomed"), (far, "far")] {
            s.ana.say(channel, &format!("@bo in {name}")).await;
            s.ana.say(channel, &format!("@everyone in {name}")).await;
        }
        assert_eq!(texts(app, &s.bo).await.len(), 8);
        for stranger in s.strangers() {
            assert_eq!(texts(app, stranger).await, [""; 0]);
        }
        close(app, &s.guild, vault, &[]).await;
        assert_eq!(texts(app, &s.bo).await.len(), 6);
        channels::delete(&app.state, &s.ana.actor, doomed).await.unwrap();
        assert_eq!(texts(app, &s.bo).await.len(), 4);
        guilds::delete(&app.state, &s.ana.actor, elsewhere.id, "Elsewhere").await.unwrap();
        assert_eq!(texts(app, &s.bo).await.len(), 2);
        let everyone = Subject::Role(s.guild.id.cast());
        except(app, s.general, everyone, Permissions::NONE, Permissions::READ_HISTORY).await;
        assert_eq!(texts(app, &s.bo).await, [""; 0]);
        except(app, s.general, everyone, Permissions::NONE, Permissions::NONE).await;
        members::kick(&app.state, &s.ana.actor, s.guild.id, s.bo.id()).await.unwrap();
        assert_eq!(texts(app, &s.bo).await, [""; 0]);
        s.ana.bring(s.guild.id, &s.bo).await;
        assert_eq!(
            texts(app, &s.bo).await,
            [format!("<@{}> in general", s.bo.id())],
            "they are new to everyone"
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_back_or_was_said_before_is_not_there() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.say(s.general, "@everyone, early").await;
        let edited = s.ana.say(s.general, "@everyone edited").await.id;
        let deleted = s.ana.say(s.general, "@bo deleted").await.id;
        s.ana.bring(s.guild.id, &s.cy).await;
        assert_eq!(texts(app, &s.cy).await, [""; 0], "what was said before they came");
        edit(&app.state, &s.ana.actor, s.general, edited, "nobody").await.unwrap();
        delete(&app.state, &s.ana.actor, s.general, deleted).await.unwrap();
        assert_eq!(texts(app, &s.bo).await, ["@everyone, early"]);
    })
    .await;
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let vault = s.ana.create_channel(s.guild.id, "vault").await.id;
        let mut expected = Vec::new();
        for n in 0..2 * INBOX_PAGE + 5 {
            let text = [format!("{n} @everyone"), format!("{n} <@{}>", s.bo.id())][n % 2].clone();
            s.ana.say(s.general, &text).await;
            expected.insert(0, text);
            s.ana.say(vault, "@bo @everyone, hidden").await;
        }
        // A whole stretch of what is out of sight, longer than is looked at for one page.
        for _ in 0..5 * INBOX_PAGE {
            s.ana.say(vault, "@everyone, hidden").await;
        }
        close(app, &s.guild, vault, &[]).await;
        let (mut found, mut before, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = page(app, &s.bo, before, false).await;
            assert!(page.mentions.len() <= INBOX_PAGE);
            found.extend(page.mentions.into_iter().map(|one| one.message.content));
            pages += 1;
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(found, expected);
        assert!(pages < 8, "{pages}");
    })
    .await;
}

#[tokio::test]
async fn what_was_said_in_threads_is_there_for_those_who_may_read_their_channels() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let vault = s.ana.create_channel(s.guild.id, "vault").await.id;
        let doomed = s.ana.create_channel(s.guild.id, "doomed").await.id;
        let mut inside = Vec::new();
        for channel in [s.general, s.general, vault, doomed] {
            let thread = start(app, &s.ana, channel, None).await;
            s.ana.say(thread.id, &format!("@bo in {channel}")).await;
            inside.push(thread);
        }
        let place = page(app, &s.bo, None, false).await.mentions[0].place.clone().unwrap();
        assert_eq!((place.guild_id, place.channel_name), (s.guild.id, inside[3].name.clone()));
        assert_eq!(
            (texts(app, &s.bo).await.len(), page(app, &s.bo, None, true).await.mentions.len()),
            (4, 4)
        );
        for stranger in s.strangers() {
            assert_eq!(texts(app, stranger).await, [""; 0]);
        }
        close(app, &s.guild, vault, &[]).await;
        assert_eq!(texts(app, &s.bo).await.len(), 3);
        channels::delete(&app.state, &s.ana.actor, doomed).await.unwrap();
        assert_eq!(texts(app, &s.bo).await.len(), 2);
        threads::remove(&app.state, &s.ana.actor, inside[0].id).await.unwrap();
        assert_eq!(texts(app, &s.bo).await, [format!("<@{}> in {}", s.bo.id(), s.general)]);
        let everyone = Subject::Role(s.guild.id.cast());
        except(app, s.general, everyone, Permissions::NONE, Permissions::READ_HISTORY).await;
        assert_eq!(texts(app, &s.bo).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn what_is_said_to_many_in_a_thread_is_there_for_those_who_follow_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        role(app, s.guild.id, "Crew", &[&s.bo]).await;
        let thread = start(app, &s.ana, s.general, None).await.id;
        s.ana.say(thread, "@everyone").await;
        s.ana.say(thread, "@Crew").await;
        assert_eq!(texts(app, &s.bo).await, [""; 0]);
        threads::set_following(&app.state, &s.bo.actor, thread, false).await.unwrap();
        s.ana.say(thread, "once more @everyone").await;
        assert_eq!(texts(app, &s.bo).await[0], "once more @everyone");
        s.ana.say(thread, "@bo").await;
        threads::unfollow(&app.state, &s.bo.actor, thread).await.unwrap();
        assert_eq!(texts(app, &s.bo).await, [format!("<@{}>", s.bo.id())], "named is named");
    })
    .await;
}
