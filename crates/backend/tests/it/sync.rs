//! What a socket asks the backend: whose it is, which streams are theirs, what they missed, where they may write.

use backend::actions::sync::{How, caller, catch_up, is_signed_in, standing, typist};
use backend::actions::{accounts, members};
use protocol::permissions::{Permissions, Subject};
use protocol::{ChannelId, Cursors, Error, Stream};
use rig::actor::request;
use rig::on_both;

use crate::scene::{Scene, close, except};

#[tokio::test]
async fn a_socket_belongs_to_whoever_is_signed_in_and_as_long_as_they_are() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        assert_eq!(caller(&app.state, &ana.request()).await, Ok(ana.actor));
        assert_eq!(caller(&app.state, &request()).await, Err(Error::Unauthorized));
        assert_eq!(is_signed_in(&app.state, ana.actor.session_id).await, Ok(true));
        accounts::logout(&app.state, &ana.actor).await.unwrap();
        assert_eq!(caller(&app.state, &ana.request()).await, Err(Error::Unauthorized));
        assert_eq!(is_signed_in(&app.state, ana.actor.session_id).await, Ok(false));
    })
    .await;
}

#[tokio::test]
async fn somebody_has_a_part_in_their_guilds_and_conversations_and_in_no_other_stream() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let dm = s.ana.open_dm(&s.cy).await.id;
        let streams = async |person: &rig::Person| {
            let mut found: Vec<Stream> = standing(&app.state, person.id())
                .await
                .unwrap()
                .into_iter()
                .map(|(stream, _)| stream)
                .collect();
            found.sort_unstable();
            found
        };
        let (guild, me) = (Stream::Guild(s.guild.id), |person: &rig::Person| Stream::User(person.id()));
        assert_eq!(streams(&s.ana).await, [guild, Stream::Dm(dm), me(&s.ana)]);
        assert_eq!(streams(&s.bo).await, [guild, me(&s.bo)]);
        assert_eq!(streams(&s.cy).await, [Stream::Dm(dm), me(&s.cy)]);
        assert_eq!(streams(&s.dee).await, [me(&s.dee)]);
        let cursors: Cursors = [(guild, 0), (Stream::Dm(dm), 0), (me(&s.ana), 0), (me(&s.dee), 0)].into();
        let found = catch_up(&app.state, s.dee.id(), &cursors).await.unwrap();
        assert_eq!(found.gone.len(), 3, "{found:?}");
        assert!(
            matches!(&found.missed[..], [missed] if missed.stream == me(&s.dee) && missed.how != How::Reset)
        );
        members::leave(&app.state, &s.bo.actor, s.guild.id).await.unwrap();
        assert_eq!(catch_up(&app.state, s.bo.id(), &cursors).await.unwrap().gone.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn only_who_may_write_somewhere_is_shown_writing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let dm = s.ana.open_dm(&s.bo).await.id;
        let may = async |person: &rig::Person, channel| {
            typist(&app.state, person.id(), channel).await.map(|found| found.0)
        };
        assert_eq!(may(&s.bo, s.general).await, Ok(Stream::Guild(s.guild.id)));
        assert_eq!(may(&s.bo, dm).await, Ok(Stream::Dm(dm)));
        for stranger in s.strangers() {
            assert_eq!(may(stranger, s.general).await, Err(Error::NotFound));
            assert_eq!(may(stranger, dm).await, Err(Error::NotFound));
        }
        assert_eq!(may(&s.bo, ChannelId::from_trusted(7)).await, Err(Error::NotFound));
        let (quiet, vault) = (
            s.ana.create_channel(s.guild.id, "quiet").await,
            s.ana.create_channel(s.guild.id, "vault").await,
        );
        except(app, quiet.id, Subject::Member(s.bo.id()), Permissions::NONE, Permissions::SEND_MESSAGES)
            .await;
        close(app, &s.guild, vault.id, &[]).await;
        assert_eq!(may(&s.bo, quiet.id).await, Err(Error::Forbidden));
        assert_eq!(may(&s.bo, vault.id).await, Err(Error::NotFound));
    })
    .await;
}

#[tokio::test]
async fn what_is_too_much_to_replay_is_a_reset_and_what_fits_comes_whole() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let guild = Stream::Guild(s.guild.id);
        let missed = async |cursors: &Cursors| {
            let found = catch_up(&app.state, s.bo.id(), cursors).await.unwrap().missed;
            found.into_iter().find(|missed| missed.stream == guild).unwrap()
        };
        let cursors: Cursors = standing(&app.state, s.bo.id()).await.unwrap().into_iter().collect();
        let longest = "\u{1F41F}".repeat(protocol::limits::CONTENT_CHARS);
        let say = async |times: usize| {
            for _ in 0..times {
                s.ana.say(s.general, &longest).await;
            }
        };
        say(100).await;
        let How::Replay { after, events } = missed(&cursors).await.how else { panic!("it fits") };
        let revs: Vec<_> = events.iter().map(|(rev, _)| *rev).collect();
        assert_eq!(revs, (after + 1..=after + 100).collect::<Vec<_>>());
        say(32).await;
        assert_eq!(missed(&cursors).await.how, How::Reset);
    })
    .await;
}
