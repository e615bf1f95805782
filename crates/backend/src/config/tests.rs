//! What is read from where, and what is said about mistakes.

use std::collections::BTreeMap;

use super::{Config, Registration};

fn load(toml: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let environment: BTreeMap<String, String> =
        environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Config::from_sources(toml, "Leptos.toml", &environment).map_err(|error| error.to_string())
}

#[test]
fn nothing_has_to_be_set() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.site_addr.to_string(), "127.0.0.1:3000");
    assert_eq!(config.database_url, "sqlite:./data/harmony.db");
    assert_eq!(config.registration, Registration::Open);
    assert!(!config.secure_cookies() && !config.is_exposed());
}

#[test]
fn the_environment_wins_over_the_file() {
    let toml = "[package.metadata.leptos]\nsite-addr = \"127.0.0.1:4000\"\n[harmony]\nregistration = \"closed\"\n[harmony.limits]\nsends-burst = 5\n";
    let config = load(toml, &[]).unwrap();
    assert_eq!(
        (config.site_addr.port(), config.registration, config.limits.sends_burst),
        (4000, Registration::Closed, 5)
    );
    let config =
        load(toml, &[("HARMONY_REGISTRATION", "invite"), ("HARMONY_LIMIT_SENDS_BURST", "9")]).unwrap();
    assert_eq!((config.registration, config.limits.sends_burst), (Registration::Invite, 9));
}

#[test]
fn a_mistake_is_named_with_its_place() {
    for (toml, environment, expected) in [
        (
            "[harmony]\nregistration = \"maybe\"",
            vec![],
            "harmony.registration: “maybe” is not open, invite or closed (from Leptos.toml)",
        ),
        (
            "",
            vec![("LEPTOS_SITE_ADDR", "here")],
            "LEPTOS_SITE_ADDR: “here” is not an address such as 127.0.0.1:3000 (from the environment)",
        ),
        (
            "",
            vec![("HARMONY_DATABASE_URL", "mysql://x")],
            "HARMONY_DATABASE_URL: begins with sqlite: or postgres:// (from the environment)",
        ),
        (
            "",
            vec![("HARMONY_TRUSTED_PROXIES", "10.0.0.0/99")],
            "HARMONY_TRUSTED_PROXIES: “10.0.0.0/99” is not an address or a network such as 10.0.0.0/8 (from the environment)",
        ),
        (
            "",
            vec![("HARMONY_LIMIT_SENDS_BURST", "0")],
            "HARMONY_LIMIT_SENDS_BURST: is at least 1 (from the environment)",
        ),
        (
            "",
            vec![("HARMONY_PUBLIC_URL", "chat.example/x")],
            "HARMONY_PUBLIC_URL: is https:// or http:// with a host and maybe a port, without a path (from the environment)",
        ),
    ] {
        assert_eq!(load(toml, &environment).unwrap_err(), expected);
    }
    assert!(
        load("[harmony]\nregistraton = \"open\"", &[])
            .unwrap_err()
            .starts_with("harmony.registraton: is not a setting")
    );
}

#[test]
fn https_binds_the_cookie() {
    let config = load("", &[("HARMONY_PUBLIC_URL", "https://chat.example/")]).unwrap();
    assert!(config.secure_cookies() && config.is_exposed());
    assert_eq!(config.origin(), Some("https://chat.example"));
}
