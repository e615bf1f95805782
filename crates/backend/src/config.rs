//! Settings: flags over environment over `Leptos.toml` over defaults. Nothing has to be set.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ipnet::IpNet;

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Anybody.
    Open,
    /// Whoever holds a valid invite.
    Invite,
    /// Nobody.
    Closed,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// How much of something is allowed in a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Messages, edits and other changes one person may make each second, sustained.
    pub sends_per_second: u32,
    /// The same at once.
    pub sends_burst: u32,
    /// Files one person may upload in a minute.
    pub uploads_per_minute: u32,
    /// Files one person may fetch each second, sustained.
    pub files_per_second: u32,
    /// The same at once.
    pub files_burst: u32,
    /// Links of one person's messages that are looked at in a minute; the others wait.
    pub previews_per_minute: u32,
    /// Snapshots, pages and lists one person may read each second, sustained.
    pub reads_per_second: u32,
    /// The same at once.
    pub reads_burst: u32,
    /// Times one person may look for people each second, sustained.
    pub searches_per_second: u32,
    /// The same at once.
    pub searches_burst: u32,
    /// Changes of one's own names or address at once; one more each minute. A new name is told to every server.
    pub profile_changes_burst: u32,
    /// Wrong passwords for one account in 15 minutes.
    pub login_failures_per_account: u32,
    /// Tries to sign in from one address in 15 minutes, right or wrong.
    pub login_tries_per_address: u32,
    /// Accounts from one address at once; one more each minute.
    pub registrations_per_address: u32,
    /// Invite look-ups from one address in a minute.
    pub invite_lookups_per_minute: u32,
    /// Sockets one person may open in a minute.
    pub sockets_per_minute: u32,
    /// Live sockets of one person.
    pub connections_per_user: u32,
    /// Live sockets from one address.
    pub connections_per_address: u32,
}

/// How large files may be, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Files {
    /// One of them.
    pub one: u64,
    /// Those of one person.
    pub of_person: u64,
    /// All of them.
    pub in_all: u64,
}

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the server listens.
    pub site_addr: SocketAddr,
    /// The folder with `pkg/`, fonts and icons.
    pub site_root: PathBuf,
    /// The folder all state is kept in.
    pub data_dir: PathBuf,
    /// `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// The address people type, if another one than where it listens: scheme, host and port, no path.
    pub public_url: Option<String>,
    /// Who may make an account.
    pub registration: Registration,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Days an event can be replayed.
    pub event_retention_days: u32,
    /// How large files may be.
    pub files: Files,
    /// Whether what is behind the links of messages is fetched and shown.
    pub link_previews: bool,
    /// Filter of the log, such as `info` or `backend=debug`.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// How much of what.
    pub limits: Limits,
    /// Which build this is; a page of another build offers to reload.
    pub build: String,
    /// Answer before the commit; see [`crate::store::Options::answer_before_commit`].
    pub answer_before_commit: bool,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason} (from {source_name})")]
pub struct ConfigError {
    /// The setting, as it is written in the place it came from.
    pub key: String,
    /// What is wrong and what would be right.
    pub reason: String,
    /// Where the value came from.
    pub source_name: String,
}

impl Config {
    /// Reads the environment and, if it is there, the file. `flags` win over both; they carry the names of the
    /// environment variables.
    ///
    /// # Errors
    /// The first setting that cannot be used, by name.
    pub fn load(file: &Path, flags: BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                let source_name = file.display().to_string();
                return Err(ConfigError { key: source_name.clone(), reason: error.to_string(), source_name });
            }
        };
        let mut environment: BTreeMap<String, String> = std::env::vars().collect();
        environment.extend(flags);
        Self::from_sources(&text, &file.display().to_string(), &environment)
    }

    /// The same from given sources.
    pub fn from_sources(
        toml: &str,
        file_name: &str,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let sources = Sources::parse(toml, file_name, environment)?;
        let data_dir = PathBuf::from(sources.text("HARMONY_DATA_DIR", "harmony.data-dir", "./data")?);
        let default_url = format!("sqlite:{}", data_dir.join("harmony.db").display());
        let config = Self {
            site_addr: sources.parsed(
                "LEPTOS_SITE_ADDR",
                "site-addr",
                "127.0.0.1:3000",
                "an address such as 127.0.0.1:3000",
            )?,
            site_root: PathBuf::from(sources.text("LEPTOS_SITE_ROOT", "site-root", "target/site")?),
            database_url: sources.text("HARMONY_DATABASE_URL", "harmony.database-url", &default_url)?,
            public_url: sources.optional("HARMONY_PUBLIC_URL", "harmony.public-url")?,
            registration: sources.registration()?,
            trusted_proxies: sources.proxies()?,
            event_retention_days: sources.number(
                "HARMONY_EVENT_RETENTION_DAYS",
                "harmony.event-retention-days",
                7,
            )?,
            files: sources.files()?,
            link_previews: sources.switch("HARMONY_LINK_PREVIEWS", "harmony.link-previews", "on")?,
            log: sources.text("HARMONY_LOG", "harmony.log", "info")?,
            log_format: sources.log_format()?,
            limits: sources.limits()?,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            answer_before_commit: environment
                .get("HARMONY_CHAOS")
                .is_some_and(|v| v == "answer-before-commit"),
            data_dir,
        };
        config.check(&sources)?;
        Ok(config)
    }

    fn check(&self, sources: &Sources<'_>) -> Result<(), ConfigError> {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known.iter().any(|scheme| self.database_url.starts_with(scheme)) {
            let reason = "begins with sqlite: or postgres://";
            return Err(sources.error("HARMONY_DATABASE_URL", "harmony.database-url", reason));
        }
        if let Some(url) = &self.public_url {
            let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            if !rest.is_some_and(|host| !host.is_empty() && !host.trim_end_matches('/').contains('/')) {
                let reason = "is https:// or http:// with a host and maybe a port, without a path";
                return Err(sources.error("HARMONY_PUBLIC_URL", "harmony.public-url", reason));
            }
        }
        Ok(())
    }

    /// Whether cookies can be bound to TLS: only when people come by https.
    pub fn secure_cookies(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Scheme, host and port people use, without a slash at the end.
    pub fn origin(&self) -> Option<&str> {
        self.public_url.as_deref().map(|url| url.trim_end_matches('/'))
    }

    /// Whether the process can be reached from other machines.
    pub fn is_exposed(&self) -> bool {
        !self.site_addr.ip().is_loopback() || self.public_url.is_some()
    }
}

/// Where values come from, best first.
struct Sources<'a> {
    file: toml::Table,
    file_name: &'a str,
    environment: &'a BTreeMap<String, String>,
}

/// The header `leptos_config` looks for; everything above it is not ours.
const HEADER: &str = "[package.metadata.leptos]";
/// Keys there are, in the file. Others are typing mistakes and are named.
const KEYS: &[&str] = &[
    "data-dir",
    "database-url",
    "public-url",
    "registration",
    "trusted-proxies",
    "log",
    "log-format",
    "event-retention-days",
    "file-mib",
    "files-per-user-mib",
    "files-in-all-mib",
    "link-previews",
    "limits",
];
const LIMIT_KEYS: &[&str] = &[
    "sends-per-second",
    "sends-burst",
    "uploads-per-minute",
    "files-per-second",
    "files-burst",
    "previews-per-minute",
    "reads-per-second",
    "reads-burst",
    "searches-per-second",
    "searches-burst",
    "profile-changes-burst",
    "login-failures-per-account",
    "login-tries-per-address",
    "registrations-per-address",
    "invite-lookups-per-minute",
    "sockets-per-minute",
    "connections-per-user",
    "connections-per-address",
];

impl<'a> Sources<'a> {
    fn parse(
        toml: &str,
        file_name: &'a str,
        environment: &'a BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        // The same reading as the framework's: the header becomes the root, so its keys and ours share a file.
        let text = toml.split_once(HEADER).map_or(toml, |(_, rest)| rest);
        let file: toml::Table = text.parse().map_err(|error: toml::de::Error| ConfigError {
            key: file_name.to_owned(),
            reason: error.message().to_owned(),
            source_name: file_name.to_owned(),
        })?;
        let sources = Self { file, file_name, environment };
        sources.check_keys("harmony", KEYS)?;
        sources.check_keys("harmony.limits", LIMIT_KEYS)?;
        Ok(sources)
    }

    fn check_keys(&self, table: &str, known: &[&str]) -> Result<(), ConfigError> {
        let Some(toml::Value::Table(found)) = self.lookup(table) else { return Ok(()) };
        match found.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(ConfigError {
                key: format!("{table}.{key}"),
                reason: format!("is not a setting; known are {}", known.join(", ")),
                source_name: self.file_name.to_owned(),
            }),
        }
    }

    fn lookup(&self, path: &str) -> Option<&toml::Value> {
        let mut parts = path.split('.');
        let first = self.file.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    fn error(&self, variable: &str, path: &str, reason: &str) -> ConfigError {
        let from_environment = self.environment.contains_key(variable);
        ConfigError {
            key: if from_environment { variable.to_owned() } else { path.to_owned() },
            reason: reason.to_owned(),
            source_name: if from_environment {
                "the environment".to_owned()
            } else {
                self.file_name.to_owned()
            },
        }
    }

    fn optional(&self, variable: &str, path: &str) -> Result<Option<String>, ConfigError> {
        if let Some(value) = self.environment.get(variable) {
            return Ok(Some(value.clone()).filter(|value| !value.is_empty()));
        }
        match self.lookup(path) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(text.clone())),
            Some(toml::Value::Integer(number)) => Ok(Some(number.to_string())),
            Some(toml::Value::Array(items)) => {
                let texts: Vec<&str> = items.iter().filter_map(toml::Value::as_str).collect();
                Ok(Some(texts.join(",")).filter(|text| !text.is_empty()))
            }
            Some(_) => Err(self.error(variable, path, "is a text, a number or a list of texts")),
        }
    }

    fn text(&self, variable: &str, path: &str, default: &str) -> Result<String, ConfigError> {
        Ok(self.optional(variable, path)?.unwrap_or_else(|| default.to_owned()))
    }

    fn parsed<T: FromStr>(
        &self,
        variable: &str,
        path: &str,
        default: &str,
        wanted: &str,
    ) -> Result<T, ConfigError> {
        let text = self.text(variable, path, default)?;
        text.parse().map_err(|_| self.error(variable, path, &format!("“{text}” is not {wanted}")))
    }

    fn number(&self, variable: &str, path: &str, default: u32) -> Result<u32, ConfigError> {
        let value: u32 = self.parsed(variable, path, &default.to_string(), "a whole number of at least 1")?;
        if value == 0 { Err(self.error(variable, path, "is at least 1")) } else { Ok(value) }
    }

    fn registration(&self) -> Result<Registration, ConfigError> {
        let (variable, path) = ("HARMONY_REGISTRATION", "harmony.registration");
        match self.text(variable, path, "open")?.as_str() {
            "open" => Ok(Registration::Open),
            "invite" => Ok(Registration::Invite),
            "closed" => Ok(Registration::Closed),
            other => Err(self.error(variable, path, &format!("“{other}” is not open, invite or closed"))),
        }
    }

    fn log_format(&self) -> Result<LogFormat, ConfigError> {
        let (variable, path) = ("HARMONY_LOG_FORMAT", "harmony.log-format");
        match self.text(variable, path, "pretty")?.as_str() {
            "pretty" => Ok(LogFormat::Pretty),
            "json" => Ok(LogFormat::Json),
            other => Err(self.error(variable, path, &format!("“{other}” is not pretty or json"))),
        }
    }

    fn switch(&self, variable: &str, path: &str, default: &str) -> Result<bool, ConfigError> {
        match self.text(variable, path, default)?.as_str() {
            "on" => Ok(true),
            "off" => Ok(false),
            other => Err(self.error(variable, path, &format!("“{other}” is not on or off"))),
        }
    }

    fn proxies(&self) -> Result<Vec<IpNet>, ConfigError> {
        let (variable, path) = ("HARMONY_TRUSTED_PROXIES", "harmony.trusted-proxies");
        let text = self.text(variable, path, "")?;
        let parse = |part: &str| {
            let single = part.parse::<std::net::IpAddr>().ok().map(IpNet::from);
            let reason = format!("“{part}” is not an address or a network such as 10.0.0.0/8");
            single.or_else(|| part.parse().ok()).ok_or_else(|| self.error(variable, path, &reason))
        };
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse).collect()
    }

    fn files(&self) -> Result<Files, ConfigError> {
        const MIB: u64 = 1024 * 1024;
        let bytes = |variable, path, mib| Ok(u64::from(self.number(variable, path, mib)?) * MIB);
        Ok(Files {
            one: bytes("HARMONY_FILE_MIB", "harmony.file-mib", 25)?,
            of_person: bytes("HARMONY_FILES_PER_USER_MIB", "harmony.files-per-user-mib", 2_048)?,
            in_all: bytes("HARMONY_FILES_IN_ALL_MIB", "harmony.files-in-all-mib", 51_200)?,
        })
    }

    fn limits(&self) -> Result<Limits, ConfigError> {
        let limit = |name: &str, default| {
            let variable = format!("HARMONY_LIMIT_{}", name.to_uppercase().replace('-', "_"));
            self.number(&variable, &format!("harmony.limits.{name}"), default)
        };
        Ok(Limits {
            sends_per_second: limit("sends-per-second", 20)?,
            sends_burst: limit("sends-burst", 100)?,
            uploads_per_minute: limit("uploads-per-minute", 60)?,
            files_per_second: limit("files-per-second", 100)?,
            files_burst: limit("files-burst", 1_000)?,
            previews_per_minute: limit("previews-per-minute", 5)?,
            reads_per_second: limit("reads-per-second", 30)?,
            reads_burst: limit("reads-burst", 120)?,
            searches_per_second: limit("searches-per-second", 5)?,
            searches_burst: limit("searches-burst", 20)?,
            profile_changes_burst: limit("profile-changes-burst", 10)?,
            login_failures_per_account: limit("login-failures-per-account", 10)?,
            login_tries_per_address: limit("login-tries-per-address", 200)?,
            registrations_per_address: limit("registrations-per-address", 60)?,
            invite_lookups_per_minute: limit("invite-lookups-per-minute", 60)?,
            sockets_per_minute: limit("sockets-per-minute", 120)?,
            connections_per_user: limit("connections-per-user", 20)?,
            connections_per_address: limit("connections-per-address", 200)?,
        })
    }
}

#[cfg(test)]
mod tests;
