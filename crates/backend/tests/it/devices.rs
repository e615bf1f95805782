//! Devices: sessions that can be listed and ended, and end by themselves.

use backend::actions::accounts::{
    change_password, devices, login, logout, revoke_device, revoke_other_devices,
};
use protocol::error::{Field, Problem};
use protocol::{Error, SessionId};
use rig::actor::{PASSWORD, request};
use rig::{on_both, on_both_with};

const ANOTHER: &str = "another long pass phrase";

#[tokio::test]
async fn signing_out_ends_this_session_and_no_other() {
    on_both(async |app| {
        let phone = app.person("ana").await;
        let laptop = phone.sign_in_again().await;
        let removal = logout(&app.state, &phone.actor).await.unwrap();
        assert!(removal.starts_with("harmony=;") && removal.contains("Max-Age=0"), "{removal}");
        assert!(!phone.is_signed_in().await);
        assert!(laptop.is_signed_in().await);
        let again = logout(&app.state, &phone.actor).await;
        assert_eq!(again, Err(Error::NotFound), "a session ends once");
    })
    .await;
}

#[tokio::test]
async fn everybody_sees_their_own_devices_alone() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let laptop = ana.sign_in_again().await;
        app.person("bo").await;
        let listed = devices(&app.state, &ana.actor).await.unwrap();
        let mut ids: Vec<SessionId> = listed.iter().map(|device| device.id).collect();
        ids.sort_unstable();
        assert_eq!(ids, [ana.actor.session_id, laptop.actor.session_id]);
        let current: Vec<SessionId> = listed.iter().filter(|d| d.is_current).map(|d| d.id).collect();
        assert_eq!(current, [ana.actor.session_id]);
    })
    .await;
}

#[tokio::test]
async fn a_device_of_ones_own_can_be_signed_out_and_nobody_elses() {
    on_both(async |app| {
        let (ana, bo) = tokio::join!(app.person("ana"), app.person("bo"));
        let laptop = ana.sign_in_again().await;
        let before = app.content().await;
        let foreign = revoke_device(&app.state, &bo.actor, laptop.actor.session_id).await;
        assert_eq!(foreign, Err(Error::NotFound));
        let unknown = revoke_device(&app.state, &bo.actor, SessionId::from_trusted(5)).await;
        assert_eq!(unknown, Err(Error::NotFound));
        assert_eq!(app.content().await, before);
        revoke_device(&app.state, &ana.actor, laptop.actor.session_id).await.unwrap();
        assert!(!laptop.is_signed_in().await && ana.is_signed_in().await && bo.is_signed_in().await);
    })
    .await;
}

#[tokio::test]
async fn all_other_devices_can_be_signed_out_at_once() {
    on_both(async |app| {
        let (ana, bo) = tokio::join!(app.person("ana"), app.person("bo"));
        let (laptop, phone) = (ana.sign_in_again().await, ana.sign_in_again().await);
        revoke_other_devices(&app.state, &ana.actor).await.unwrap();
        assert!(ana.is_signed_in().await && bo.is_signed_in().await);
        assert!(!laptop.is_signed_in().await && !phone.is_signed_in().await);
        assert_eq!(devices(&app.state, &ana.actor).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_new_password_signs_every_other_device_out() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let laptop = ana.sign_in_again().await;
        change_password(&app.state, &request(), &ana.actor, PASSWORD, ANOTHER).await.unwrap();
        assert!(ana.is_signed_in().await && !laptop.is_signed_in().await);
        let old = login(&app.state, &request(), "ana", PASSWORD, true).await.map(|_| ());
        assert_eq!(old, Err(Error::WrongCredentials));
        assert!(login(&app.state, &request(), "ana", ANOTHER, true).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn the_password_is_changed_only_by_who_knows_it_and_only_to_a_good_one() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let laptop = ana.sign_in_again().await;
        let before = app.content().await;
        let change = async |current: &str, new: &str| {
            change_password(&app.state, &request(), &ana.actor, current, new).await
        };
        let wrong = Error::Invalid { field: Field::CurrentPassword, problem: Problem::Mismatch };
        assert_eq!(change("not the password", ANOTHER).await, Err(wrong.clone()));
        assert_eq!(change("", ANOTHER).await, Err(wrong.clone()));
        assert_eq!(change(&"x".repeat(100_000), ANOTHER).await, Err(wrong));
        let common = Error::Invalid { field: Field::Password, problem: Problem::TooCommon };
        assert_eq!(change(PASSWORD, "password").await, Err(common));
        let short = Error::Invalid { field: Field::Password, problem: Problem::TooShort { min: 8 } };
        assert_eq!(change(PASSWORD, "short").await, Err(short));
        assert_eq!(app.content().await, before);
        assert!(laptop.is_signed_in().await);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old() {
    on_both(async |app| {
        let mut look = app.database().look().await;
        let day = 86_400_000_i64;
        for (column, days, is_good) in [
            ("last_used_at", 29, true),
            ("last_used_at", 31, false),
            ("expires_at", 179, true),
            ("expires_at", 181, false),
        ] {
            let ana = app.person(&format!("{column}{days}")).await;
            let id = ana.actor.session_id;
            look.run(&format!("update sessions set {column} = {column} - {} where id = {id}", days * day))
                .await;
            assert_eq!(ana.is_signed_in().await, is_good, "{column} {days} days ago");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_no_token_signs_nobody_in() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let token = ana.cookie.strip_prefix("harmony=").unwrap().to_owned();
        let cookies = [
            String::new(),
            "harmony=".into(),
            "harmony=x".into(),
            format!("harmony={}", &token[1..]),
            format!("harmony={token}0"),
            format!("__Host-harmony={token}"),
            format!("harmony={}", token.to_uppercase()),
            format!("harmony={}", "é".repeat(64)),
        ];
        for cookie in cookies {
            let parts = http::Request::builder().header("cookie", &cookie).body(()).unwrap().into_parts().0;
            let actor = backend::auth::session::actor(&app.state, &parts).await;
            assert_eq!(actor, Err(Error::Unauthorized), "{cookie}");
        }
    })
    .await;
}

#[tokio::test]
async fn only_the_hash_of_a_token_is_stored() {
    on_both(async |app| {
        let ana = app.person("ana").await;
        let token = ana.cookie.strip_prefix("harmony=").unwrap().to_lowercase();
        let rows: Vec<String> = app.content().await.into_values().flatten().collect();
        assert!(rows.iter().all(|row| !row.to_lowercase().contains(&token) && !row.contains(PASSWORD)));
        assert!(rows.iter().any(|row| row.contains("$argon2id$")));
    })
    .await;
}

#[tokio::test]
async fn wrong_passwords_run_out_and_a_right_one_gives_them_back() {
    on_both_with(&[("HARMONY_LIMIT_LOGIN_FAILURES_PER_ACCOUNT", "3")], async |app| {
        let ana = app.person("ana").await;
        let attempt = async |name: &str, password: &str| {
            login(&app.state, &request(), name, password, true).await.map(|_| ())
        };
        for _ in 0..5 {
            assert_eq!(attempt("ana", "wrong pass phrase").await, Err(Error::WrongCredentials));
            assert_eq!(attempt("ana", PASSWORD).await, Ok(()));
        }
        for _ in 0..3 {
            assert_eq!(attempt("ana", "wrong pass phrase").await, Err(Error::WrongCredentials));
        }
        assert!(matches!(attempt("ANA", PASSWORD).await, Err(Error::RateLimited { retry_after_ms: 1.. })));
        // Unknown names run out just the same, or the limit would tell who exists.
        for _ in 0..3 {
            assert_eq!(attempt("nobody", PASSWORD).await, Err(Error::WrongCredentials));
        }
        assert!(matches!(attempt("nobody", PASSWORD).await, Err(Error::RateLimited { .. })));
        // A borrowed browser is no way around it.
        let change = change_password(&app.state, &request(), &ana.actor, PASSWORD, ANOTHER).await;
        assert!(matches!(change, Err(Error::RateLimited { .. })));
        assert!(ana.is_signed_in().await, "who is in stays in");
    })
    .await;
}
