//! Getting in: who may register, what a sign-in tells, what its cookie is like, and how often one may try.

use std::time::Instant;

use protocol::Error;
use reqwest::Method;
use rig::Database;

use crate::instance::{Answer, Client, Instance, encode, on_both};
use crate::world::{PASSWORD, form, register, sign_in};

async fn try_register(who: &Client, username: &str, more: &[(&'static str, &str)]) -> Answer {
    let mut fields = form(&[("display_name", username), ("username", username), ("password", PASSWORD)]);
    fields.extend(form(more));
    who.call("/api/accounts/register", &fields).await
}

async fn try_login(who: &Client, login: &str, password: &str) -> Answer {
    who.call("/api/accounts/login", &form(&[("login", login), ("password", password)])).await
}

fn attributes(cookie: &str) -> Vec<&str> {
    cookie.split(';').skip(1).map(str::trim).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_of_a_session_is_for_this_site_and_no_script() {
    on_both(&[], async |instance| {
        let anybody = instance.anybody();
        let registered = try_register(&anybody, "ana", &[]).await;
        let cookies = registered.cookies();
        let session = cookies.iter().find(|cookie| cookie.starts_with("harmony=")).unwrap();
        let given = attributes(session);
        for wanted in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(given.contains(&wanted), "{wanted} is not in {session}");
        }
        assert!(
            !given.iter().any(|a| a.starts_with("Domain") || *a == "Secure"),
            "plain http on loopback: {session}"
        );
        let token = session.split(['=', ';']).nth(1).unwrap();
        assert!(token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
        // "Remember me" is the difference between a session that ends with the browser and one that does not.
        let fleeting = try_login(&anybody, "ana", PASSWORD).await;
        assert!(!attributes(fleeting.cookies()[0]).iter().any(|a| a.starts_with("Max-Age")));
        let fields = form(&[("login", "ana"), ("password", PASSWORD), ("remember", "on")]);
        let lasting = anybody.call("/api/accounts/login", &fields).await;
        assert!(attributes(lasting.cookies()[0]).iter().any(|a| a.starts_with("Max-Age=")));
        // Signing out takes it back.
        let mut ana = instance.anybody();
        ana.cookie = lasting.session();
        let left = ana.call("/api/accounts/logout", &[]).await;
        assert!(
            left.cookies().iter().any(|c| c.starts_with("harmony=;") && c.contains("Max-Age=0")),
            "{left:?}"
        );
        assert_eq!(ana.call("/api/pages/home", &[]).await.status, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_tls_the_cookie_is_bound_to_it() {
    let changes = [("HARMONY_PUBLIC_URL", "https://chat.example")];
    let instance = Instance::start(Database::sqlite(), &changes).await;
    let code = instance.setup_code.clone().unwrap();
    let anybody = instance.anybody();
    assert_eq!(try_register(&anybody, "ana", &[]).await.error(), Error::SetupCodeNeeded);
    assert!(matches!(
        try_register(&anybody, "ana", &[("setup_code", "aaaa-aaaa-aaaa-aaaa")]).await.error(),
        Error::Invalid { .. }
    ));
    let registered = try_register(&anybody, "ana", &[("setup_code", &code)]).await;
    assert_eq!(registered.status, 200, "{registered:?}");
    let cookies = registered.cookies();
    let session = cookies.iter().find(|cookie| cookie.starts_with("__Host-harmony=")).unwrap();
    let given = attributes(session);
    for wanted in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
        assert!(given.contains(&wanted), "{wanted} is not in {session}");
    }
    assert!(!instance.log().contains(&code), "the code is printed, not logged");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_makes_a_new_session_whatever_cookie_was_brought() {
    on_both(&[], async |instance| {
        let ana = register(instance, "ana").await;
        let mut planted = instance.anybody();
        planted.cookie = Some(format!("harmony={}", "ab".repeat(32)));
        let answer = try_login(&planted, "ana", PASSWORD).await;
        assert_ne!(answer.session(), planted.cookie);
        assert_eq!(
            planted.call("/api/pages/home", &[]).await.status,
            401,
            "the planted one is worth nothing"
        );
        assert_eq!(ana.call("/api/pages/home", &[]).await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_does_not_tell_who_exists() {
    on_both(&[], async |instance| {
        register(instance, "ana").await;
        let anybody = instance.anybody();
        let strip = |mut answer: Answer| {
            answer.headers.remove("date");
            answer.headers.remove("x-request-id");
            (answer.status, answer.headers, answer.body)
        };
        let known = strip(try_login(&anybody, "ana", "not this one").await);
        for unknown in ["nobody", "nobody@example.org", "a", "not a name!"] {
            assert_eq!(strip(try_login(&anybody, unknown, "not this one").await), known, "{unknown}");
        }
        assert_eq!(known.0, 401);
        // Nor by how long it takes: an unknown name costs a hash as well.
        let median = async |name: &str| {
            let mut times = Vec::new();
            for _ in 0..9 {
                let begin = Instant::now();
                try_login(&anybody, name, "not this one").await;
                times.push(begin.elapsed());
            }
            times.sort_unstable();
            times[4]
        };
        // Each of these names has its own allowance of failures.
        let (known, unknown) = (median("ana").await, median("nobody2").await);
        assert!(
            unknown * 3 > known && known * 3 > unknown,
            "{known:?} for a known name, {unknown:?} for an unknown one"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_instance_and_one_with_invites_keep_their_rules() {
    on_both(&[("HARMONY_REGISTRATION", "closed")], async |instance| {
        let ana = register(instance, "ana").await;
        let refused = try_register(&instance.anybody(), "bo", &[]).await;
        assert_eq!((refused.status.as_u16(), refused.error()), (403, Error::RegistrationClosed));
        let described = ana.call("/api/pages/instance", &[]).await.json();
        assert_eq!(described["registration_open"], false);
    })
    .await;
    on_both(&[("HARMONY_REGISTRATION", "invite")], async |instance| {
        let ana = register(instance, "ana").await;
        let anybody = instance.anybody();
        assert_eq!(try_register(&anybody, "bo", &[]).await.error(), Error::RegistrationClosed);
        assert_eq!(
            try_register(&anybody, "bo", &[("invite", "AAAAAAAAAAAAAAAA")]).await.error(),
            Error::InviteGone
        );
        let guild = ana.call("/api/guilds/create", &form(&[("name", "Den")])).await.json()["id"].clone();
        let invite =
            ana.call("/api/invites/create", &form(&[("guild_id", guild.as_str().unwrap())])).await.json();
        let code = invite["code"].as_str().unwrap();
        assert_eq!(try_register(&anybody, "bo", &[("invite", code)]).await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_a_link_for_others_is_made_by_a_button_and_not_by_looking() {
    on_both(&[], async |instance| {
        let ana = register(instance, "ana").await;
        let guild = ana.call("/api/guilds/create", &form(&[("name", "Den")])).await.json()["id"].clone();
        let guild = guild.as_str().unwrap();
        let path = format!("/servers/{guild}/invite");
        let link = format!("value=\"{}/invite/", instance.url);
        let before = instance.database.content().await;
        for _ in 0..2 {
            let page = ana.page(&path).await;
            assert!(page.body.contains("Create invite link") && !page.body.contains(&link), "{}", page.body);
        }
        assert_eq!(instance.database.content().await, before);
        let made = ana.form(&path, "/api/invites/standing", &form(&[("guild_id", guild)])).await;
        assert_eq!(made.status, 303, "{made:?}");
        let page = ana.page(&path).await;
        assert!(page.body.contains(&link) && !page.body.contains("Create invite link"), "{}", page.body);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_addresses_are_no_way_around_the_limits() {
    let changes = [
        ("HARMONY_LIMIT_LOGIN_TRIES_PER_ADDRESS", "10"),
        ("HARMONY_LIMIT_REGISTRATIONS_PER_ADDRESS", "3"),
        ("HARMONY_LIMIT_INVITE_LOOKUPS_PER_MINUTE", "5"),
    ];
    on_both(&changes, async |instance| {
        let anybody = instance.anybody();
        let limited = async |path: &str, field: &'static str, allowed: usize, prefix: &str| {
            for n in 0..allowed + 5 {
                let address = format!("203.0.113.{n}");
                let headers = [
                    ("accept", "application/json"),
                    ("content-type", "application/x-www-form-urlencoded"),
                    ("x-forwarded-for", &*address),
                    ("x-real-ip", &*address),
                    ("forwarded", &*format!("for={address}")),
                    ("cf-connecting-ip", &*address),
                ];
                let value = format!("{prefix}{n}");
                let fields = form(&[(field, &value), ("password", PASSWORD), ("display_name", "x")]);
                let answer = anybody.request(Method::POST, path, &headers, encode(&fields)).await;
                assert_eq!(answer.status == 429, n >= allowed, "{path}, try {n}: {answer:?}");
                if n >= allowed {
                    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                    assert!(wait > 0 && matches!(answer.error(), Error::RateLimited { .. }));
                }
            }
        };
        limited("/api/accounts/login", "login", 10, "nobody").await;
        limited("/api/accounts/register", "username", 3, "newcomer").await;
        limited("/api/invites/preview", "code", 5, "AAAAAAAAAAAAAAA").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_configured_proxy_the_address_it_saw_counts() {
    let changes = [
        ("HARMONY_LIMIT_LOGIN_TRIES_PER_ADDRESS", "3"),
        ("HARMONY_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"),
    ];
    let instance = Instance::start(Database::sqlite(), &changes).await;
    let anybody = instance.anybody();
    let attempt = async |forwarded: &str, n: usize| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", forwarded)];
        let fields = form(&[("login", &format!("nobody{n}")), ("password", PASSWORD)]);
        anybody.request(Method::POST, "/api/accounts/login", &headers, encode(&fields)).await.status.as_u16()
    };
    for n in 0..3 {
        // What stands left of the proxies' own words was written by the client.
        assert_eq!(attempt(&format!("198.51.100.{n}, 203.0.113.7, 10.1.2.3"), n).await, 401);
    }
    assert_eq!(attempt("198.51.100.77, 203.0.113.7, 10.1.2.3", 3).await, 429);
    assert_eq!(attempt("203.0.113.8, 10.1.2.3", 4).await, 401, "somebody else is not held up");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_logged_even_when_much_is() {
    on_both(&[("HARMONY_LOG", "debug,sqlx=info,hyper=info")], async |instance| {
        let ana = register(instance, "ana").await;
        let again = sign_in(instance, "ana").await;
        try_login(&ana, "ana", "not this one either").await;
        let guild = ana.call("/api/guilds/create", &form(&[("name", "Den")])).await.json()["id"].clone();
        let invite =
            ana.call("/api/invites/create", &form(&[("guild_id", guild.as_str().unwrap())])).await.json();
        let code = invite["code"].as_str().unwrap().to_owned();
        ana.page(&format!("/invite/{code}")).await;
        ana.page(&format!("/login?next=/invite/{code}&__err=secret-in-query")).await;
        let log = instance.log();
        assert!(log.contains("/api/accounts/login"), "requests are logged: {log}");
        let token = |client: &Client| client.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned();
        for secret in [
            PASSWORD,
            "not this one either",
            &token(&ana),
            &token(&again),
            "$argon2id$",
            &code,
            "secret-in-query",
        ] {
            assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
        }
    })
    .await;
}
