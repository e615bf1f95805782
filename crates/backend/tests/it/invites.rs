//! Invites: who may make, see, use and end them.

use backend::actions::invites::{create, find_standing, join, list, preview, revoke, standing};
use backend::actions::members;
use protocol::entity::MessageKind;
use protocol::error::{Field, Problem};
use protocol::snapshot::Place;
use protocol::{Error, InviteId, limits};
use rig::actor::request;
use rig::{TestApp, on_both, on_both_with};

use crate::scene::{Scene, refused};

#[tokio::test]
async fn members_make_invites_and_strangers_do_not() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let invite = create(&app.state, &s.bo.actor, s.guild.id, "3600", "5").await.unwrap();
        assert_eq!((invite.max_uses, invite.uses, invite.inviter.id), (Some(5), 0, s.bo.id()));
        assert!(invite.expires_at.is_some());
        let own = standing(&app.state, &s.bo.actor, s.guild.id).await.unwrap();
        assert_eq!((own.max_uses, own.expires_at), (None, None));
        assert_eq!(standing(&app.state, &s.bo.actor, s.guild.id).await, Ok(own), "the same one each time");
        for stranger in s.strangers() {
            let made = create(&app.state, &stranger.actor, s.guild.id, "", "");
            assert_eq!(refused(app, made).await, Error::NotFound);
            let made = standing(&app.state, &stranger.actor, s.guild.id);
            assert_eq!(refused(app, made).await, Error::NotFound);
        }
    })
    .await;
}

#[tokio::test]
async fn looking_for_ones_standing_invite_makes_none() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        // Neither another's nor one with a limit is one's own standing one.
        create(&app.state, &s.bo.actor, s.guild.id, "3600", "").await.unwrap();
        create(&app.state, &s.bo.actor, s.guild.id, "", "5").await.unwrap();
        let before = app.content().await;
        assert_eq!(find_standing(&app.state, &s.bo.actor, s.guild.id).await, Ok(None));
        for stranger in s.strangers() {
            let found = find_standing(&app.state, &stranger.actor, s.guild.id);
            assert_eq!(refused(app, found).await, Error::NotFound);
        }
        assert_eq!(app.content().await, before);
        let invite = standing(&app.state, &s.bo.actor, s.guild.id).await.unwrap();
        assert_eq!(find_standing(&app.state, &s.bo.actor, s.guild.id).await, Ok(Some(invite)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asked_for_twice_at_once_there_is_one_standing_invite() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let ask = || {
            let (state, bo, guild) = (app.state.clone(), s.bo.actor, s.guild.id);
            tokio::spawn(async move { standing(&state, &bo, guild).await.unwrap().code })
        };
        let asked: Vec<_> = (0..8).map(|_| ask()).collect();
        let mut codes = Vec::new();
        for asked in asked {
            codes.push(asked.await.unwrap());
        }
        codes.dedup();
        assert_eq!(codes.len(), 1, "{codes:?}");
    })
    .await;
}

#[tokio::test]
async fn where_members_may_not_invite_they_cannot() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (everyone, nothing) = (s.guild.id.cast(), protocol::permissions::Permissions::VIEW_CHANNEL);
        let set = app.state.store.write(move |tx| {
            Box::pin(async move { backend::store::guilds::set_role_permissions(tx, everyone, nothing).await })
        });
        set.await.unwrap();
        let made = create(&app.state, &s.bo.actor, s.guild.id, "", "");
        assert_eq!(refused(app, made).await, Error::Forbidden);
        let made = standing(&app.state, &s.bo.actor, s.guild.id);
        assert_eq!(refused(app, made).await, Error::Forbidden);
        let found = find_standing(&app.state, &s.bo.actor, s.guild.id);
        assert_eq!(refused(app, found).await, Error::Forbidden);
        assert!(create(&app.state, &s.ana.actor, s.guild.id, "", "").await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_guild_has_so_many_live_invites_and_no_more() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (guild, bo) = (s.guild.id, s.bo.id());
        let fill = app.state.store.write(move |tx| {
            Box::pin(async move {
                for n in 1..limits::INVITES_PER_GUILD {
                    let code = format!("filler-{n}");
                    let new = backend::store::invites::NewInvite {
                        code: &code,
                        guild,
                        inviter: bo,
                        expires_at: None,
                        max_uses: None,
                    };
                    backend::store::invites::insert(tx, &new).await?;
                }
                Ok(())
            })
        });
        fill.await.unwrap();
        let surplus = create(&app.state, &s.ana.actor, guild, "", "");
        assert_eq!(refused(app, surplus).await, Error::LimitReached);
    })
    .await;
}

#[tokio::test]
async fn invites_are_listed_for_those_who_manage_the_guild() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let invite = create(&app.state, &s.bo.actor, s.guild.id, "", "1").await.unwrap();
        let listed = list(&app.state, &s.ana.actor, s.guild.id).await.unwrap();
        assert!(listed.contains(&invite) && listed.len() == 2, "{listed:?}");
        assert_eq!(refused(app, list(&app.state, &s.bo.actor, s.guild.id)).await, Error::Forbidden);
        for stranger in s.strangers() {
            assert_eq!(refused(app, list(&app.state, &stranger.actor, s.guild.id)).await, Error::NotFound);
        }
        join(&app.state, &s.cy.actor, &invite.code).await.unwrap();
        let listed = list(&app.state, &s.ana.actor, s.guild.id).await.unwrap();
        assert!(!listed.iter().any(|listed| listed.id == invite.id), "what is used up is not live");
    })
    .await;
}

#[tokio::test]
async fn an_invite_is_ended_by_its_maker_or_those_who_manage_the_guild() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (his, hers) = (
            create(&app.state, &s.bo.actor, s.guild.id, "", "").await.unwrap(),
            standing(&app.state, &s.ana.actor, s.guild.id).await.unwrap(),
        );
        assert_eq!(refused(app, revoke(&app.state, &s.bo.actor, hers.id)).await, Error::Forbidden);
        for stranger in s.strangers() {
            assert_eq!(refused(app, revoke(&app.state, &stranger.actor, his.id)).await, Error::NotFound);
        }
        let unknown = revoke(&app.state, &s.ana.actor, InviteId::from_trusted(7));
        assert_eq!(refused(app, unknown).await, Error::NotFound);
        revoke(&app.state, &s.bo.actor, his.id).await.unwrap();
        let kept = create(&app.state, &s.ana.actor, s.guild.id, "", "5").await.unwrap();
        revoke(&app.state, &s.ana.actor, hers.id).await.unwrap();
        for code in [his.code, hers.code] {
            assert_eq!(refused(app, join(&app.state, &s.cy.actor, &code)).await, Error::InviteGone);
            let seen = preview(&app.state, &request(), &code).await.map(|_| ());
            assert_eq!(seen, Err(Error::InviteGone));
        }
        // A maker who was removed has no say any more, and what they made leads nowhere.
        let left_behind = create(&app.state, &s.bo.actor, s.guild.id, "", "").await.unwrap();
        members::kick(&app.state, &s.ana.actor, s.guild.id, s.bo.id()).await.unwrap();
        assert_eq!(refused(app, revoke(&app.state, &s.bo.actor, left_behind.id)).await, Error::NotFound);
        assert_eq!(refused(app, join(&app.state, &s.bo.actor, &left_behind.code)).await, Error::InviteGone);
        assert_eq!(list(&app.state, &s.ana.actor, s.guild.id).await, Ok(vec![kept]), "those of others stay");
    })
    .await;
}

#[tokio::test]
async fn whoever_holds_an_invite_sees_where_it_leads() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let invite = create(&app.state, &s.ana.actor, s.guild.id, "3600", "3").await.unwrap();
        let seen =
            preview(&app.state, &request(), &format!("https://x.example/invite/{}", invite.code)).await;
        let seen = seen.unwrap();
        assert_eq!(
            (seen.guild_name.as_str(), seen.member_count, seen.inviter.as_str()),
            ("Lanternfish", 2, "ANA")
        );
        assert_eq!((seen.uses_left, seen.is_member, seen.signed_in), (Some(3), false, false));
        let seen = preview(&app.state, &s.bo.request(), &invite.code).await.unwrap();
        assert_eq!((seen.is_member, seen.signed_in), (true, true));
        for code in ["AAAAAAAAAAAAAAAA", "lanternfish"] {
            let seen = preview(&app.state, &request(), code).await.map(|_| ());
            assert_eq!(seen, Err(Error::InviteGone));
        }
    })
    .await;
}

#[tokio::test]
async fn looking_at_invites_runs_out() {
    on_both_with(&[("HARMONY_LIMIT_INVITE_LOOKUPS_PER_MINUTE", "5")], async |app| {
        for _ in 0..5 {
            let seen = preview(&app.state, &request(), "AAAAAAAAAAAAAAAA").await.map(|_| ());
            assert_eq!(seen, Err(Error::InviteGone));
        }
        let seen = preview(&app.state, &request(), "AAAAAAAAAAAAAAAA").await.map(|_| ());
        assert!(matches!(seen, Err(Error::RateLimited { .. })));
    })
    .await;
}

#[tokio::test]
async fn joining_makes_a_member_with_nothing_unread_and_says_so_to_all() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.say(s.general, "before").await;
        let invite = create(&app.state, &s.bo.actor, s.guild.id, "", "1").await.unwrap();
        assert_eq!(join(&app.state, &s.cy.actor, &invite.code).await, Ok(s.guild.id));
        let home = s.cy.page(Place::Home).await.home;
        assert_eq!((home.guilds.len(), home.guilds[0].unread.len()), (1, 0));
        let said = s.ana.history(s.general).await.messages;
        let last = said.last().unwrap();
        assert_eq!((last.kind, last.author.id, last.content.as_str()), (MessageKind::Join, s.cy.id(), ""));
        let before = app.content().await;
        assert_eq!(join(&app.state, &s.bo.actor, &s_code(app, &s).await).await, Ok(s.guild.id));
        assert_eq!(app.content().await, before, "who is in already uses nothing up");
    })
    .await;
}

async fn s_code(app: &TestApp, s: &Scene) -> String {
    standing(&app.state, &s.ana.actor, s.guild.id).await.unwrap().code
}

#[tokio::test]
async fn what_is_used_up_expired_or_never_was_lets_nobody_in() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let once = create(&app.state, &s.ana.actor, s.guild.id, "", "1").await.unwrap();
        join(&app.state, &s.cy.actor, &once.code).await.unwrap();
        assert_eq!(refused(app, join(&app.state, &s.dee.actor, &once.code)).await, Error::InviteGone);
        let brief = create(&app.state, &s.ana.actor, s.guild.id, "60", "").await.unwrap();
        let mut look = app.database().look().await;
        look.run(&format!("update invites set expires_at = expires_at - 61000 where id = {}", brief.id))
            .await;
        assert_eq!(refused(app, join(&app.state, &s.dee.actor, &brief.code)).await, Error::InviteGone);
        let unknown = join(&app.state, &s.dee.actor, "AAAAAAAAAAAAAAAA");
        assert_eq!(refused(app, unknown).await, Error::InviteGone);
        let malformed = join(&app.state, &s.dee.actor, "not a code!");
        let characters = Error::Invalid { field: Field::Invite, problem: Problem::Characters };
        assert_eq!(refused(app, malformed).await, characters);
        backend::actions::guilds::delete(&app.state, &s.ana.actor, s.guild.id, "Lanternfish").await.unwrap();
        backend::jobs::run(&app.state).await.unwrap();
        let of_the_gone = join(&app.state, &s.dee.actor, &brief.code);
        assert_eq!(refused(app, of_the_gone).await, Error::InviteGone);
    })
    .await;
}
