//! The command line: serve (the default), seed, admin, config, healthcheck, backup.

#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
mod command;

#[cfg(feature = "ssr")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(feature = "ssr")]
fn main() -> std::process::ExitCode {
    command::run()
}

#[cfg(not(feature = "ssr"))]
fn main() {}
