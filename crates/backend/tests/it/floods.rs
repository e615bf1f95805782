//! Floods: every action takes from an allowance, and nobody grows beyond what fits.

use backend::Actor;
use backend::actions::{accounts, channels, dms, guilds, invites, members, messages, pages};
use backend::store::Db;
use backend::store::tx::Conn;
use protocol::entity::Settings;
use protocol::frame::ClientFrame;
use protocol::snapshot::{Anchor, Place};
use protocol::{Cursors, Error, Result, SessionId, Stream, UserId, limits};
use rig::actor::{PASSWORD, request};
use rig::{Socket, TestApp, on_both, on_both_with};

use crate::scene::{Scene, refused};

/// One a second is the least that can be set: whatever is used up is back so soon that a slow machine may see it.
const SCARCE: [(&str, &str); 4] = [
    ("HARMONY_LIMIT_SENDS_PER_SECOND", "1"),
    ("HARMONY_LIMIT_READS_PER_SECOND", "1"),
    ("HARMONY_LIMIT_READS_BURST", "500"),
    ("HARMONY_LIMIT_SEARCHES_PER_SECOND", "1"),
];

/// Whether an action is refused once an allowance is used up.
async fn is_limited<T>(use_up: impl Fn() -> Result<()>, mut act: impl AsyncFnMut() -> Result<T>) -> bool {
    for _ in 0..10 {
        while use_up().is_ok() {}
        if matches!(act().await, Err(Error::RateLimited { .. })) {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn changes_that_look_small_take_from_the_allowance_too() {
    on_both_with(&SCARCE, async |app| {
        let s = Scene::new(app).await;
        let said = s.ana.say(s.general, "read this").await.id;
        let (state, bo) = (&app.state, &s.bo.actor);
        let used_up = || state.rates.change(bo.user_id);
        let nobodys = SessionId::from_trusted(7);
        assert!(is_limited(used_up, async || messages::mark_read(state, bo, s.general, said).await).await);
        let unread = async || messages::mark_unread(state, bo, s.general, said).await;
        assert!(is_limited(used_up, unread).await);
        assert!(is_limited(used_up, async || accounts::revoke_device(state, bo, nobodys).await).await);
        assert!(is_limited(used_up, async || accounts::revoke_other_devices(state, bo).await).await);
        let parts = s.bo.request();
        let change = async || accounts::change_password(state, &parts, bo, PASSWORD, PASSWORD).await;
        assert!(is_limited(used_up, change).await);
        assert!(is_limited(used_up, async || members::leave(state, bo, s.guild.id).await).await);
        assert!(accounts::logout(state, bo).await.is_ok(), "whoever wants to go may go");
    })
    .await;
}

#[tokio::test]
async fn whoever_reads_everything_at_once_has_to_wait() {
    on_both_with(&SCARCE, async |app| {
        let s = Scene::new(app).await;
        let (state, ana, guild) = (&app.state, &s.ana.actor, s.guild.id);
        let used_up = || state.rates.read(ana.user_id);
        assert!(is_limited(used_up, async || pages::load(state, ana, Place::Home).await).await);
        assert!(is_limited(used_up, async || pages::home(state, ana).await).await);
        assert!(is_limited(used_up, async || guilds::snapshot(state, ana, guild).await).await);
        assert!(is_limited(used_up, async || members::page(state, ana, guild, None).await).await);
        let history = async || messages::history(state, ana, s.general, Anchor::Latest).await;
        assert!(is_limited(used_up, history).await);
        assert!(is_limited(used_up, async || invites::list(state, ana, guild).await).await);
        assert!(is_limited(used_up, async || invites::standing(state, ana, guild).await).await);
        assert!(is_limited(used_up, async || accounts::devices(state, ana).await).await);
        let searched = || state.rates.search(ana.user_id);
        assert!(is_limited(searched, async || dms::find_people(state, ana, "b").await).await);
        assert!(is_limited(searched, async || members::find(state, ana, guild, "b").await).await);
        assert!(is_limited(searched, async || dms::open_by_name(state, ana, "bo").await).await);
        assert!(s.bo.history(s.general).await.rev > 0, "somebody else does not wait");
    })
    .await;
}

#[tokio::test]
async fn a_name_changes_ten_times_and_then_once_a_minute() {
    on_both_with(&[("HARMONY_LIMIT_PROFILE_CHANGES_BURST", "10")], async |app| {
        let (ana, bo) = tokio::join!(app.newcomer("ana"), app.newcomer("bo"));
        for n in 0..10 {
            accounts::update_profile(&app.state, &ana.actor, &format!("Ana {n}"), "").await.unwrap();
        }
        let surplus = accounts::update_profile(&app.state, &ana.actor, "Ana", "taken@example.org");
        assert!(matches!(refused(app, surplus).await, Error::RateLimited { .. }));
        assert_eq!(accounts::update_profile(&app.state, &bo.actor, "Bo", "").await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn wrong_passwords_by_name_and_by_address_are_counted_together() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        accounts::update_profile(&app.state, &ana.actor, "Ana", "ana@example.org").await.unwrap();
        let attempt = async |name: &str| {
            accounts::login(&app.state, &request(), name, "not this one", false)
                .await
                .map(|_| ())
                .unwrap_err()
        };
        for name in ["ana", "ana@example.org", "ANA", " Ana@Example.org ", "ana"].repeat(2) {
            assert_eq!(attempt(name).await, Error::WrongCredentials);
        }
        for name in ["ana", "ana@example.org"] {
            assert!(matches!(attempt(name).await, Error::RateLimited { .. }), "{name}");
        }
        assert!(ana.is_signed_in().await, "who is in stays in");
    })
    .await;
}

#[tokio::test]
async fn what_was_read_already_is_not_written_again() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (first, last) = (s.ana.say(s.general, "one").await.id, s.ana.say(s.general, "two").await.id);
        messages::mark_read(&app.state, &s.bo.actor, s.general, last).await.unwrap();
        let before = app.content().await;
        for message in [first, last, protocol::MessageId::from_trusted(i64::MAX)] {
            assert_eq!(messages::mark_read(&app.state, &s.bo.actor, s.general, message).await, Ok(()));
        }
        assert_eq!(app.content().await, before);
    })
    .await;
}

/// Gives somebody so many conversations.
async fn fill(app: &TestApp, who: UserId, count: usize) {
    let fill = app.state.store.write(move |tx| {
        Box::pin(async move {
            for n in 0..count {
                let new = rig::stores::new_user(&format!("filler{n}"));
                let other = backend::store::users::insert(tx, &new).await?.unwrap();
                backend::store::dms::find_or_insert(tx, who, other).await?;
            }
            Ok(())
        })
    });
    fill.await.unwrap();
}

#[tokio::test]
async fn a_person_has_so_many_conversations_and_no_more() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let before = s.ana.open_dm(&s.bo).await.id;
        fill(app, s.ana.id(), limits::DMS_PER_PERSON - 1).await;
        for (from, to) in [(&s.ana, &s.cy), (&s.cy, &s.ana)] {
            let surplus = dms::open(&app.state, &from.actor, to.id());
            assert_eq!(refused(app, surplus).await, Error::LimitReached);
        }
        for (from, to) in [(&s.ana, &s.bo), (&s.bo, &s.ana)] {
            assert_eq!(from.open_dm(to).await.id, before, "what there is opens as before");
        }
        assert!(dms::open(&app.state, &s.cy.actor, s.dee.id()).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn sockets_are_opened_so_often_and_then_one_has_to_wait() {
    on_both_with(&[("HARMONY_LIMIT_SOCKETS_PER_MINUTE", "5")], async |app| {
        let (ana, bo) = tokio::join!(app.newcomer("ana"), app.newcomer("bo"));
        for _ in 0..5 {
            assert!(Socket::open(app.addr, &ana.cookie).await.is_ok());
        }
        assert_eq!(Socket::open(app.addr, &ana.cookie).await.map(|_| ()), Err(429));
        assert!(Socket::open(app.addr, &bo.cookie).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_server_is_asked_to_give_up_what_takes_too_long() {
    on_both(async |app| {
        let mut reader = app.state.store.read().await.unwrap();
        let Conn::Postgres(conn) = reader.conn() else { return };
        for (name, expected) in [("statement_timeout", "30s"), ("lock_timeout", "10s")] {
            let shown = sqlx::query_scalar::<_, String>("select current_setting($1)").bind(name);
            assert_eq!(shown.fetch_one(&mut *conn).await.unwrap(), expected, "{name}");
        }
    })
    .await;
}

#[test]
fn the_largest_hello_fits_its_frame() {
    // As long as ids of this century get, and ten digits of revisions.
    let id = |n: usize| protocol::Id::<()>::from_trusted(8_999_999_999_999_000_000 + n as i64);
    let guilds = (0..limits::GUILDS_PER_USER).map(|n| Stream::Guild(id(n).cast()));
    let conversations = (0..limits::DMS_PER_PERSON).map(|n| Stream::Dm(id(n).cast()));
    let me = std::iter::once(Stream::User(id(0).cast()));
    let cursors: Cursors =
        guilds.chain(conversations).chain(me).map(|stream| (stream, 9_999_999_999)).collect();
    assert_eq!(cursors.len(), 1 + limits::GUILDS_PER_USER + limits::DMS_PER_PERSON);
    let hello = serde_json::to_string(&ClientFrame::Hello { v: 1, cursors }).unwrap();
    assert!(hello.len() <= limits::CLIENT_FRAME_BYTES, "{}", hello.len());
}

#[tokio::test]
async fn a_retry_finds_its_result_though_that_filled_the_allowance_or_its_place_is_gone() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (state, cy) = (&app.state, &s.cy.actor);
        let owner = cy.user_id;
        let fill = state.store.write(move |tx| {
            Box::pin(async move {
                for _ in 1..limits::GUILDS_PER_USER {
                    let everyone = protocol::permissions::Permissions::EVERYONE_DEFAULT;
                    let id = backend::store::guilds::insert(tx, "Den", owner, everyone).await?;
                    backend::store::members::insert(tx, id, owner).await?;
                }
                Ok(())
            })
        });
        fill.await.unwrap();
        let last = guilds::create(state, cy, "Last", "g").await.unwrap();
        assert_eq!(guilds::create(state, cy, "Last", "g").await, Ok(last.clone()));
        assert_eq!(refused(app, guilds::create(state, cy, "Last", "g2")).await, Error::LimitReached);
        let category = channels::NewChannel { name: "Plans", kind: "category", parent_id: "", nonce: "" };
        let category = channels::create(state, cy, last.id, category).await.unwrap().id;
        let parent = category.to_string();
        let new = channels::NewChannel { name: "plans", kind: "", parent_id: &parent, nonce: "c" };
        let made = channels::create(state, cy, last.id, new).await.unwrap().id;
        channels::delete(state, cy, category).await.unwrap();
        let again = channels::create(state, cy, last.id, new).await;
        assert_eq!(again.map(|channel| channel.id), Ok(made));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_settings_changed_at_once_are_both_kept() {
    on_both(async |app| {
        let ana = app.newcomer("ana").await;
        let set = |theme: &'static str, density: &'static str| {
            let (state, actor): (_, Actor) = (app.state.clone(), ana.actor);
            tokio::spawn(async move { accounts::update_settings(&state, &actor, theme, density, "").await })
        };
        for (theme, density) in [("dark", "compact"), ("light", "cozy")].repeat(10) {
            let (one, other) = tokio::join!(set(theme, ""), set("", density));
            assert_eq!((one.unwrap(), other.unwrap()), (Ok(()), Ok(())));
            let Settings { theme: t, density: d, .. } = ana.page(Place::Home).await.home.me.settings;
            assert_eq!((t.as_str(), d.as_str()), (theme, density));
        }
    })
    .await;
}
