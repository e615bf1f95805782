//! The log. Never in it: passwords, tokens, cookies, message texts, query strings.

use tracing_subscriber::EnvFilter;

use crate::Config;
use crate::config::LogFormat;

/// Starts logging to standard error; once, at start. A filter that cannot be read becomes `info`.
pub fn start(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start (in tests) keeps the first one's settings.
    let _ = match config.log_format {
        LogFormat::Pretty => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
