//! Accounts: who may register, who gets in, what one may change about oneself.

use backend::actions::accounts::{
    Registration, create_by_operator, login, register, registration_needs, reset_by_operator, update_profile,
    update_settings,
};
use backend::store::streams;
use protocol::entity::{Settings, Theme};
use protocol::error::{Field, Problem};
use protocol::snapshot::Place;
use protocol::{Error, Stream};
use rig::actor::{PASSWORD, registration, request};
use rig::{TestApp, on_both, on_both_with};

use crate::scene::Scene;

/// The kinds of events in a stream.
async fn kinds(app: &TestApp, stream: Stream) -> Vec<String> {
    let mut reader = app.state.store.read().await.unwrap();
    let log = streams::events_after(&mut reader, stream, 0, 1000).await.unwrap();
    let kind = |json: &str| {
        serde_json::from_str::<serde_json::Value>(json).unwrap()["kind"].as_str().unwrap().to_owned()
    };
    log.iter().map(|entry| kind(&entry.json)).collect()
}

async fn refused(app: &TestApp, form: Registration) -> Error {
    let before = app.content().await;
    let error = register(&app.state, &request(), form).await.unwrap_err();
    assert_eq!(app.content().await, before);
    error
}

#[tokio::test]
async fn whoever_registers_is_signed_in_and_can_sign_in_again_by_name_or_address() {
    on_both(async |app| {
        let form = Registration { email: "Ana@Example.org".into(), ..registration("Ana") };
        let signed_in = register(&app.state, &request(), form).await.unwrap();
        let cookie = signed_in.cookie.split(';').next().unwrap();
        let parts = http::Request::builder().header("cookie", cookie).body(()).unwrap().into_parts().0;
        assert_eq!(backend::auth::session::actor(&app.state, &parts).await, Ok(signed_in.actor));
        for name in ["ana", " ANA ", "ana@example.org", "ANA@example.ORG"] {
            let again = login(&app.state, &request(), name, PASSWORD, false).await.unwrap();
            assert_eq!(again.actor.user_id, signed_in.actor.user_id, "{name}");
            assert_ne!(again.actor.session_id, signed_in.actor.session_id, "{name}");
            assert_ne!(again.cookie.split(';').next(), Some(cookie), "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_the_same_refusal() {
    on_both(async |app| {
        app.person("ana").await;
        let before = app.content().await;
        for (name, password) in [
            ("ana", "correct horse batterY"),
            ("nobody", PASSWORD),
            ("nobody@example.org", PASSWORD),
            ("", PASSWORD),
            ("ana", ""),
            ("ana\0", PASSWORD),
            ("an%", PASSWORD),
            ("ana' or '1'='1", PASSWORD),
            ("ana", &"x".repeat(5000)),
            (&"x".repeat(5000), PASSWORD),
        ] {
            let answer = login(&app.state, &request(), name, password, false).await.map(|_| ());
            assert_eq!(answer, Err(Error::WrongCredentials), "{name:?}");
        }
        assert_eq!(app.content().await, before);
    })
    .await;
}

#[tokio::test]
async fn names_and_addresses_are_taken_once() {
    on_both(async |app| {
        let form = Registration { email: "ana@example.org".into(), ..registration("ana") };
        register(&app.state, &request(), form).await.unwrap();
        assert_eq!(refused(app, registration("ANA")).await, Error::UsernameTaken);
        let same = Registration { email: "ANA@example.org".into(), ..registration("bo") };
        assert_eq!(refused(app, same).await, Error::EmailTaken);
        assert!(register(&app.state, &request(), registration("bo")).await.is_ok());
        assert!(
            register(&app.state, &request(), registration("cy")).await.is_ok(),
            "nobody needs an address"
        );
    })
    .await;
}

#[tokio::test]
async fn a_password_everybody_tries_first_is_refused() {
    on_both(async |app| {
        for password in ["password", "12345678", "anabelle1", "ANABELLE"] {
            let form = Registration { password: password.into(), ..registration("anabelle") };
            let common = Error::Invalid { field: Field::Password, problem: Problem::TooCommon };
            assert_eq!(refused(app, form).await, common, "{password}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_first_account_owns_the_instance_and_no_other() {
    on_both(async |app| {
        assert_eq!(registration_needs(&app.state).await, Ok((true, false)));
        let (ana, bo) = (app.person("ana").await, app.person("bo").await);
        assert!(ana.page(Place::Home).await.home.me.is_instance_owner);
        assert!(!bo.page(Place::Home).await.home.me.is_instance_owner);
    })
    .await;
}

#[tokio::test]
async fn a_closed_instance_takes_its_first_account_and_no_other() {
    on_both_with(&[("HARMONY_REGISTRATION", "closed")], async |app| {
        assert_eq!(registration_needs(&app.state).await, Ok((true, false)));
        let ana = app.person("ana").await;
        assert_eq!(registration_needs(&app.state).await, Ok((false, false)));
        assert_eq!(refused(app, registration("bo")).await, Error::RegistrationClosed);
        let guild = ana.create_guild("Den").await;
        let invite = backend::actions::invites::standing(&app.state, &ana.actor, guild.id).await.unwrap();
        let invited = Registration { invite: invite.code, ..registration("bo") };
        assert_eq!(refused(app, invited).await, Error::RegistrationClosed);
    })
    .await;
}

#[tokio::test]
async fn where_invites_are_asked_for_only_a_live_one_lets_in() {
    on_both_with(&[("HARMONY_REGISTRATION", "invite")], async |app| {
        let ana = app.person("ana").await;
        let guild = ana.create_guild("Den").await;
        let invite =
            backend::actions::invites::create(&app.state, &ana.actor, guild.id, "", "1").await.unwrap();
        let with = |name: &str, invite: &str| Registration { invite: invite.into(), ..registration(name) };
        assert_eq!(refused(app, with("bo", "")).await, Error::RegistrationClosed);
        assert_eq!(refused(app, with("bo", "AAAAAAAAAAAAAAAA")).await, Error::InviteGone);
        let link = format!("https://chat.example/invite/{}", invite.code);
        let bo = register(&app.state, &request(), with("bo", &link)).await.unwrap();
        assert_eq!(refused(app, with("cy", &invite.code)).await, Error::InviteGone, "one use, one account");
        // Where the form leads next: they are in already, and the invite that is used up still leads there.
        let home = backend::actions::pages::home(&app.state, &bo.actor).await.unwrap();
        assert_eq!(home.guilds.iter().map(|of| of.guild.id).collect::<Vec<_>>(), [guild.id]);
        let cookie = bo.cookie.split(';').next().unwrap();
        let theirs = http::Request::builder().header("cookie", cookie).body(()).unwrap().into_parts().0;
        let seen = backend::actions::invites::preview(&app.state, &theirs, &invite.code).await.unwrap();
        assert!(seen.is_member && seen.uses_left == Some(0), "{seen:?}");
        let anybody = backend::actions::invites::preview(&app.state, &request(), &invite.code).await;
        assert_eq!(anybody.map(|_| ()), Err(Error::InviteGone));
        let again = backend::actions::invites::join(&app.state, &bo.actor, &invite.code).await;
        assert_eq!(again, Ok(guild.id));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_register_with_the_last_use_of_an_invite_one_is_let_in() {
    on_both_with(&[("HARMONY_REGISTRATION", "invite")], async |app| {
        let ana = app.person("ana").await;
        let guild = ana.create_guild("Den").await;
        let invite =
            backend::actions::invites::create(&app.state, &ana.actor, guild.id, "", "1").await.unwrap();
        let tries = ["bo", "cy", "dee", "eve"].map(|name| {
            let form = Registration { invite: invite.code.clone(), ..registration(name) };
            let state = app.state.clone();
            tokio::spawn(async move { register(&state, &request(), form).await.map(|_| ()) })
        });
        let answers = futures_util::future::join_all(tries).await;
        let (let_in, gone): (Vec<_>, Vec<_>) =
            answers.into_iter().map(Result::unwrap).partition(Result::is_ok);
        assert_eq!((let_in.len(), gone), (1, vec![Err(Error::InviteGone); 3]));
        let mut look = app.database().look().await;
        assert_eq!(look.number("select count(*) from users").await, 2);
    })
    .await;
}

#[tokio::test]
async fn on_an_exposed_address_the_first_account_needs_the_printed_code() {
    on_both_with(&[("HARMONY_PUBLIC_URL", "https://chat.example")], async |app| {
        assert_eq!(registration_needs(&app.state).await, Ok((true, true)));
        let with = |name: &str, code: &str| Registration { setup_code: code.into(), ..registration(name) };
        assert_eq!(refused(app, with("eve", "")).await, Error::SetupCodeNeeded);
        let mismatch = Error::Invalid { field: Field::SetupCode, problem: Problem::Mismatch };
        assert_eq!(refused(app, with("eve", "aaaa-aaaa-aaaa-aaaa")).await, mismatch);
        let code = app.state.setup_code.text().unwrap();
        let signed_in = register(&app.state, &request(), with("ana", &format!(" {code} "))).await.unwrap();
        assert!(signed_in.cookie.starts_with("__Host-harmony=") && signed_in.cookie.contains("; Secure"));
        assert_eq!(registration_needs(&app.state).await, Ok((true, false)));
        assert!(register(&app.state, &request(), with("bo", "")).await.is_ok(), "the code was for the first");
    })
    .await;
}

#[tokio::test]
async fn names_and_address_change_everywhere_they_are_shown() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let dm = s.bo.open_dm(&s.cy).await.id;
        update_profile(&app.state, &s.bo.actor, " Bo the Great ", "bo@example.org").await.unwrap();
        let me = s.bo.page(Place::Home).await.home.me;
        assert_eq!(
            (me.user.display_name.as_str(), me.email.as_deref()),
            ("Bo the Great", Some("bo@example.org"))
        );
        assert!(kinds(app, Stream::Guild(s.guild.id)).await.contains(&"member_updated".to_owned()));
        assert!(kinds(app, Stream::Dm(dm)).await.contains(&"recipient_updated".to_owned()));
        assert!(kinds(app, Stream::User(s.bo.id())).await.contains(&"me_updated".to_owned()));
        let seen = s.ana.page(Place::Guild { guild: s.guild.id, channel: None, message: None }).await;
        assert!(seen.guild.unwrap().members.iter().any(|m| m.user.display_name == "Bo the Great"));
        // Without an address again.
        update_profile(&app.state, &s.bo.actor, "Bo", "").await.unwrap();
        assert_eq!(s.bo.page(Place::Home).await.home.me.email, None);
    })
    .await;
}

#[tokio::test]
async fn an_address_of_somebody_else_is_refused_and_ones_own_is_not() {
    on_both(async |app| {
        let (ana, bo) = tokio::join!(app.person("ana"), app.person("bo"));
        update_profile(&app.state, &ana.actor, "Ana", "ana@example.org").await.unwrap();
        let before = app.content().await;
        let taken = update_profile(&app.state, &bo.actor, "Bo", "ana@example.org").await;
        assert_eq!(taken, Err(Error::EmailTaken));
        assert_eq!(app.content().await, before);
        assert_eq!(update_profile(&app.state, &ana.actor, "Ana B", "ana@example.org").await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn settings_change_one_by_one_and_know_their_values() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        update_settings(&app.state, &ana.actor, "dark", "", "larger").await.unwrap();
        update_settings(&app.state, &ana.actor, "", "compact", "").await.unwrap();
        let settings = ana.page(Place::Home).await.home.me.settings;
        let Settings { theme, density, text_size } = settings;
        assert_eq!((theme.as_str(), density.as_str(), text_size.as_str()), ("dark", "compact", "larger"));
        let before = app.content().await;
        let unknown = Error::Invalid { field: Field::Setting, problem: Problem::Unknown };
        for (theme, density, text_size) in
            [("pink", "", ""), ("dark", "tight", ""), ("", "", "XL"), ("Dark", "", "")]
        {
            let answer = update_settings(&app.state, &ana.actor, theme, density, text_size).await;
            assert_eq!(answer, Err(unknown.clone()));
        }
        assert_eq!(app.content().await, before);
        assert_eq!(Theme::default(), Theme::System);
    })
    .await;
}

#[tokio::test]
async fn the_operator_makes_accounts_and_resets_passwords() {
    on_both(async |app| {
        create_by_operator(&app.state, "root", PASSWORD, true).await.unwrap();
        let signed_in = login(&app.state, &request(), "root", PASSWORD, true).await.unwrap();
        let me = backend::actions::pages::home(&app.state, &signed_in.actor).await.unwrap().me;
        assert!(me.is_instance_owner);
        let bo = app.person("bo").await;
        assert!(!bo.page(Place::Home).await.home.me.is_instance_owner, "there was somebody already");
        reset_by_operator(&app.state, "bo", "a new pass phrase").await.unwrap();
        assert!(!bo.is_signed_in().await, "every device is signed out");
        let old = login(&app.state, &request(), "bo", PASSWORD, true).await.map(|_| ());
        assert_eq!(old, Err(Error::WrongCredentials));
        assert!(login(&app.state, &request(), "bo", "a new pass phrase", true).await.is_ok());
        let before = app.content().await;
        assert_eq!(create_by_operator(&app.state, "BO", PASSWORD, false).await, Err(Error::UsernameTaken));
        assert_eq!(reset_by_operator(&app.state, "nobody", PASSWORD).await, Err(Error::NotFound));
        for weak in ["short", "password", "bo"] {
            assert!(reset_by_operator(&app.state, "bo", weak).await.is_err(), "{weak}");
            assert!(create_by_operator(&app.state, "new", weak, false).await.is_err(), "{weak}");
        }
        assert_eq!(app.content().await, before);
    })
    .await;
}
