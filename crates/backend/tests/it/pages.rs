//! What pages start from: everything on screen, of one moment, with the cursors it belongs to.

use backend::actions::pages::{home, load};
use backend::actions::{channels, messages};
use protocol::entity::ChannelKind;
use protocol::snapshot::{Anchor, Place};
use protocol::{Error, GuildId, MessageId, Stream};
use rig::on_both;

use crate::scene::Scene;

fn guild(guild: GuildId) -> Place {
    Place::Guild { guild, channel: None, message: None }
}

#[tokio::test]
async fn a_page_carries_every_stream_of_the_person_with_its_cursor() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let dm = s.bo.open_dm(&s.cy).await.id;
        s.bo.say(dm, "hi").await;
        let page = s.bo.page(guild(s.guild.id)).await;
        let streams: Vec<Stream> = page.cursors.keys().copied().collect();
        assert_eq!(streams, [Stream::Guild(s.guild.id), Stream::Dm(dm), Stream::User(s.bo.id())]);
        assert!(page.cursors.values().all(|rev| *rev > 0), "{:?}", page.cursors);
        let snapshot = page.guild.unwrap();
        assert_eq!(page.cursors[&Stream::Guild(s.guild.id)], snapshot.rev);
        assert_eq!(page.home.guilds[0].rev, snapshot.rev);
        assert_eq!(page.cursors[&Stream::User(s.bo.id())], page.home.rev);
        assert_eq!(page.history.map(|history| history.rev), Some(snapshot.rev));
        assert_eq!(home(&app.state, &s.bo.actor).await, Ok(page.home));
        assert_eq!(page.build, app.state.config.build);
        // Of somebody who has left nothing is known.
        let page = s.dee.page(Place::Home).await;
        assert_eq!(page.cursors.keys().copied().collect::<Vec<_>>(), [Stream::User(s.dee.id())]);
        assert!(page.guild.is_none() && page.history.is_none() && page.home.guilds.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_guild_opens_with_the_channel_on_top() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let shown = async || s.bo.page(guild(s.guild.id)).await.history.map(|history| history.channel_id);
        assert_eq!(shown().await, Some(s.general));
        // What has no category stands above all that have one.
        let top = s.ana.create_channel(s.guild.id, "welcome").await.id;
        assert_eq!(shown().await, Some(top));
        let second = s.ana.create_channel(s.guild.id, "rules").await.id;
        channels::move_to(&app.state, &s.ana.actor, second, "", 0).await.unwrap();
        assert_eq!(shown().await, Some(second));
        for id in [top, second, s.general] {
            channels::delete(&app.state, &s.ana.actor, id).await.unwrap();
        }
        assert_eq!(shown().await, None, "a guild without channels is a page all the same");
    })
    .await;
}

#[tokio::test]
async fn a_link_to_a_message_opens_around_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut said = Vec::new();
        for n in 0..120 {
            said.push(s.ana.say(s.general, &n.to_string()).await.id);
        }
        let place =
            |message| Place::Guild { guild: s.guild.id, channel: Some(s.general), message: Some(message) };
        let history = s.bo.page(place(said[60])).await.history.unwrap();
        assert!(history.messages.iter().any(|message| message.id == said[60]));
        assert!(history.has_older && history.has_newer);
        messages::delete(&app.state, &s.ana.actor, s.general, said[60]).await.unwrap();
        // What is gone, or never was, is missing among what stands where it would be.
        for (gone, first, last) in [
            (said[60], said[59], said[61]),
            (MessageId::from_trusted(5), said[0], said[0]),
            (MessageId::from_trusted(i64::MAX), said[119], said[119]),
        ] {
            let history = s.bo.page(place(gone)).await.history.unwrap();
            let ids: Vec<_> = history.messages.iter().map(|message| message.id).collect();
            assert!(!ids.contains(&gone) && ids.contains(&first) && ids.contains(&last), "{gone}: {ids:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_place_one_has_no_part_in_is_not_found() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let other = s.cy.create_guild("Elsewhere").await;
        let there = s.cy.general(other.id).await;
        let dm = s.ana.open_dm(&s.bo).await.id;
        let place = |guild, channel| Place::Guild { guild, channel: Some(channel), message: None };
        let all =
            backend::actions::guilds::snapshot(&app.state, &s.bo.actor, s.guild.id).await.unwrap().channels;
        let category = all.iter().find(|channel| channel.kind == ChannelKind::Category).unwrap().id;
        for (person, nowhere) in [
            (&s.cy, guild(s.guild.id)),
            (&s.dee, guild(s.guild.id)),
            (&s.dee, place(s.guild.id, s.general)),
            (&s.cy, Place::Dm { channel: dm, message: None }),
            (&s.bo, Place::Dm { channel: s.general, message: None }),
            // Not even with a foot in the door.
            (&s.bo, place(s.guild.id, there)),
            (&s.bo, place(other.id, s.general)),
            (&s.cy, place(other.id, s.general)),
            (&s.bo, place(s.guild.id, dm)),
            (&s.bo, place(s.guild.id, category)),
        ] {
            let page = load(&app.state, &person.actor, nowhere).await.map(|_| ());
            assert_eq!(page, Err(Error::NotFound), "{} at {nowhere:?}", person.user.username);
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_read_while_others_write_is_of_one_moment() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let talk = async {
            for n in 0..60 {
                s.ana.say(s.general, &format!("line {n} for @bo")).await;
            }
        };
        let look = async {
            for _ in 0..30 {
                let page = s.bo.page(guild(s.guild.id)).await;
                let (snapshot, history) = (page.guild.unwrap(), page.history.unwrap());
                let newest = history.messages.last().map(|message| message.id);
                let channel = snapshot.channels.iter().find(|channel| channel.id == s.general).unwrap();
                assert_eq!(channel.last_message_id, newest);
                assert_eq!(page.cursors[&Stream::Guild(s.guild.id)], history.rev);
                let unread = page.home.guilds[0].unread.first().map_or(0, |unread| unread.mentions);
                let mark = snapshot.marks.iter().find(|mark| mark.channel_id == s.general).unwrap();
                assert_eq!(mark.mentions, unread);
                let called = history.messages.iter().filter(|message| message.addresses(s.bo.id(), &[]));
                assert!(history.has_older || called.count() as u32 == unread);
            }
        };
        tokio::join!(talk, look);
        let last = messages::history(&app.state, &s.bo.actor, s.general, Anchor::Latest).await.unwrap();
        assert_eq!(last.messages.len(), protocol::limits::HISTORY_PAGE);
    })
    .await;
}
