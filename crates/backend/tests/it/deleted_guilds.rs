//! Deleting a guild: a short commit, after which nobody gets at what it leaves, and small steps that remove it.

use backend::actions::sync::{catch_up, standing};
use backend::actions::{channels, dms, guilds, invites, members, messages, pages};
use backend::store::{guilds as guild_rows, purges, streams, users};
use protocol::permissions::Permissions;
use protocol::snapshot::{Anchor, Place};
use protocol::{Cursors, Error, GuildId, MessageId, Result, Stream};
use rig::actor::request;
use rig::{Look, Person, TestApp, on_both};

use crate::scene::Scene;

/// Tables with something of a guild in them that only the purge removes.
async fn left(look: &mut Look, guild: GuildId) -> i64 {
    let mut rows = 0;
    for (table, column) in [("members", "guild_id"), ("member_roles", "guild_id"), ("events", "stream_id")] {
        rows += look.number(&format!("select count(*) from {table} where {column} = {guild}")).await;
    }
    rows
}

/// Adds a crowd to a guild, past everything that would tell of it; each has a role.
async fn crowd(look: &mut Look, guild: GuildId, people: i64) {
    let count = format!("with recursive n(i) as (select 1 union all select i + 1 from n where i < {people})");
    let rows = [
        "users (id, username, display_name, folded_name, password_hash, created_at)
            select i, 'u' || i, 'U', 'u', 'none', 0 from n"
            .to_owned(),
        format!("members (guild_id, user_id, joined_at) select {guild}, i, 0 from n"),
        format!("member_roles (guild_id, user_id, role_id) select {guild}, i, {guild} from n"),
    ];
    for rows in rows {
        look.run(&format!("insert into {}", rows.replace("select", &format!("{count} select")))).await;
    }
}

#[tokio::test]
async fn deleting_a_guild_is_a_short_commit_however_many_are_in_it_and_its_purge_goes_in_small_steps() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (guild, mut look) = (s.guild.id, app.database().look().await);
        crowd(&mut look, guild, 300).await;
        let before = left(&mut look, guild).await;
        assert!(before > 600, "{before}");
        guilds::delete(&app.state, &s.ana.actor, guild, "Lanternfish").await.unwrap();
        let mut now = left(&mut look, guild).await;
        assert_eq!(now, before + 1, "nothing is removed yet, and its end is told");
        let mut steps = 0;
        loop {
            let step = app.state.store.write(move |tx| Box::pin(purges::step_guild(tx, guild, 50)));
            let is_more = step.await.unwrap();
            let after = left(&mut look, guild).await;
            assert!((0..=50).contains(&(now - after)), "{now} {after}");
            (now, steps) = (after, steps + 1);
            if !is_more {
                break;
            }
        }
        assert!(now == 1 && steps > 12, "{now} rows after {steps} steps");
        assert_eq!(look.number("select count(*) from ended_streams").await, 0);
        assert_eq!(look.number("select count(*) from users").await, 304, "who was in it stays");
    })
    .await;
}

/// What somebody is told who asks for a guild, its channel, its invite and those who were in it, in every way there is.
async fn asked(app: &TestApp, s: &Scene, person: &Person, message: MessageId, code: &str) -> Vec<Error> {
    let (state, actor, guild, general) = (&app.state, &person.actor, s.guild.id, s.general);
    let at = |channel| Place::Guild { guild, channel, message: None };
    let draft = messages::Draft { content: "still here?", reply_to: None, nonce: "", attachments: &[] };
    let new = channels::NewChannel { name: "more", kind: "", parent_id: "", nonce: "" };
    fn refused<T>(result: Result<T>) -> Error {
        result.map(|_| ()).unwrap_err()
    }
    vec![
        refused(guilds::snapshot(state, actor, guild).await),
        refused(guilds::rename(state, actor, guild, "Anew").await),
        refused(guilds::transfer(state, actor, guild, "bo").await),
        refused(guilds::delete(state, actor, guild, "Lanternfish").await),
        refused(members::page(state, actor, guild, None).await),
        refused(members::leave(state, actor, guild).await),
        refused(members::kick(state, actor, guild, s.bo.id()).await),
        refused(channels::create(state, actor, guild, new).await),
        refused(channels::delete(state, actor, general).await),
        refused(messages::history(state, actor, general, Anchor::Latest).await),
        refused(messages::send(state, actor, general, draft).await),
        refused(messages::edit(state, actor, general, message, "x").await),
        refused(messages::delete(state, actor, general, message).await),
        refused(messages::mark_read(state, actor, general, message).await),
        refused(messages::mark_unread(state, actor, general, message).await),
        refused(pages::load(state, actor, at(None)).await),
        refused(pages::load(state, actor, at(Some(general))).await),
        refused(invites::create(state, actor, guild, "", "").await),
        refused(invites::list(state, actor, guild).await),
        refused(invites::preview(state, &request(), code).await),
        refused(invites::join(state, actor, code).await),
    ]
}

/// What of a guild is in what somebody is given unasked.
async fn given(app: &TestApp, s: &Scene, person: &Person, other: &Person) {
    let (state, guild) = (&app.state, Stream::Guild(s.guild.id));
    let home = person.page(Place::Home).await;
    assert!(home.home.guilds.is_empty() && !home.cursors.contains_key(&guild), "{home:?}");
    assert!(standing(state, person.id()).await.unwrap().iter().all(|(stream, _)| *stream != guild));
    let cursors: Cursors = [(guild, 1)].into();
    assert_eq!(catch_up(state, person.id(), &cursors).await.unwrap().gone, [guild]);
    // They have nothing in common any more; only a full username finds anybody.
    let prefix = other.user.username.split_at(1).0;
    assert_eq!(dms::find_people(state, &person.actor, prefix).await.unwrap(), []);
    let mut reader = state.store.read().await.unwrap();
    assert_eq!(guild_rows::count_of_user(&mut reader, person.id()).await.unwrap(), 0);
    let named = users::members_named(&mut reader, s.guild.id, "bo").await.unwrap();
    assert_eq!(named, None);
}

#[tokio::test]
async fn nobody_gets_at_a_deleted_guild_while_its_members_are_still_being_removed() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let guild = s.guild.id;
        let crew = app
            .state
            .store
            .write(move |tx| Box::pin(guild_rows::insert_role(tx, guild, "crew", Permissions::ALL, 1)));
        let (crew, bo) = (crew.await.unwrap(), s.bo.id());
        let give =
            app.state.store.write(move |tx| Box::pin(backend::store::members::add_role(tx, guild, bo, crew)));
        give.await.unwrap();
        let message = s.bo.say(s.general, "anybody?").await.id;
        let code = invites::standing(&app.state, &s.ana.actor, guild).await.unwrap().code;
        guilds::delete(&app.state, &s.ana.actor, guild, "Lanternfish").await.unwrap();
        let mut look = app.database().look().await;
        let rev =
            async || streams::rev(&mut app.state.store.read().await.unwrap(), Stream::Guild(guild)).await;
        let end = rev().await.unwrap();
        loop {
            let is_left = left(&mut look, guild).await > 1;
            for (person, other) in [(&s.ana, &s.bo), (&s.bo, &s.ana)] {
                for (at, error) in asked(app, &s, person, message, &code).await.iter().enumerate() {
                    assert!(matches!(error, Error::NotFound | Error::InviteGone), "{at}: {error:?}");
                }
                given(app, &s, person, other).await;
                // Another name is told wherever somebody is known by it, and nobody knows them here.
                let name = format!("Name {is_left} {}", left(&mut look, guild).await);
                let renamed =
                    backend::actions::accounts::update_profile(&app.state, &person.actor, &name, "").await;
                assert_eq!(renamed, Ok(()));
            }
            assert_eq!(rev().await.unwrap(), end, "nothing is told in a stream that has ended");
            if !is_left {
                break;
            }
            let step = app.state.store.write(move |tx| Box::pin(purges::step_guild(tx, guild, 1)));
            step.await.unwrap();
        }
    })
    .await;
}
