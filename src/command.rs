//! What the binary can be asked to do.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use backend::{AppState, Config};
use clap::{Args, Parser, Subcommand};

mod admin;
mod serve;

/// Self-hosted community chat. Without a command it serves.
#[derive(Parser)]
#[command(name = "harmony", version, about)]
struct Cli {
    /// The settings file; it need not exist.
    #[arg(long, global = true, default_value = "Leptos.toml", env = "HARMONY_CONFIG")]
    config: PathBuf,
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Settings that flags set, over environment and file.
#[derive(Args)]
struct Settings {
    /// Where to listen, such as 127.0.0.1:3000.
    #[arg(long, global = true)]
    site_addr: Option<String>,
    /// The folder all state is kept in.
    #[arg(long, global = true)]
    data_dir: Option<String>,
    /// `sqlite:PATH` or `postgres://…`.
    #[arg(long, global = true)]
    database_url: Option<String>,
    /// The address people type.
    #[arg(long, global = true)]
    public_url: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves people (the default).
    Serve,
    /// Fills an empty database.
    Seed {
        /// Which data: `demo` has 20 people (password "harmony-demo"), 4 servers and 50,000 messages.
        #[arg(long, default_value = "demo")]
        profile: String,
        /// How many messages.
        #[arg(long, default_value_t = 50_000)]
        messages: usize,
    },
    /// Accounts, from the command line.
    Admin {
        #[command(subcommand)]
        command: admin::Admin,
    },
    /// Settings.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Asks a running server whether it is well; for containers.
    Healthcheck,
    /// Copies the embedded database into a new file while it is in use.
    Backup {
        /// The new file.
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Names the first setting that cannot be used, and why.
    Check,
}

/// A reason to stop, for the operator.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long the process waits for threads that are at work when everything else has ended.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Reads the command line and does it.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let config = match load(&cli) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("harmony: {error}");
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("harmony: cannot start threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(execute(cli, config));
    // Whoever still looks up a stranger's name would hold the process until the system gives up.
    runtime.shutdown_timeout(LAST_WORK);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("harmony: {error}");
            ExitCode::FAILURE
        }
    }
}

fn load(cli: &Cli) -> Result<Config, backend::config::ConfigError> {
    let flags = [
        ("LEPTOS_SITE_ADDR", &cli.settings.site_addr),
        ("HARMONY_DATA_DIR", &cli.settings.data_dir),
        ("HARMONY_DATABASE_URL", &cli.settings.database_url),
        ("HARMONY_PUBLIC_URL", &cli.settings.public_url),
    ];
    let flags = flags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?)));
    Config::load(&cli.config, flags.collect())
}

async fn execute(cli: Cli, config: Config) -> Result<(), Failure> {
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(config, &cli.config).await,
        Command::Seed { profile, messages } => {
            let state = open(config).await?;
            let done = admin::seed(&state, &profile, messages).await;
            state.close().await;
            done
        }
        Command::Admin { command } => {
            let state = open(config).await?;
            let done = admin::run(&state, command).await;
            state.close().await;
            done
        }
        Command::Config { command: ConfigCommand::Check } => {
            println!("The settings can be used.\n{}", describe(&config));
            Ok(())
        }
        Command::Healthcheck => serve::healthcheck(&config).await,
        Command::Backup { file } => {
            let state = open(config).await?;
            let done = state.store.backup(&file).await;
            state.close().await;
            done?;
            println!("Saved to {}.", file.display());
            Ok(())
        }
    }
}

async fn open(config: Config) -> Result<AppState, Failure> {
    backend::telemetry::start(&config);
    make_private_folder(&config.data_dir)
        .map_err(|error| format!("cannot make the folder {}: {error}", config.data_dir.display()))?;
    Ok(AppState::open(config).await?)
}

/// Messages and password hashes are nobody else's business on this machine. A folder that is there keeps the
/// rights its owner gave it.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// The settings in force, without secrets.
fn describe(config: &Config) -> String {
    let database =
        if config.database_url.starts_with("sqlite:") { config.database_url.as_str() } else { "PostgreSQL" };
    format!(
        "  listens on    {}\n  public url    {}\n  data folder   {}\n  database      {database}\n  registration  {:?}",
        config.site_addr,
        config.public_url.as_deref().unwrap_or("as requested"),
        config.data_dir.display(),
        config.registration,
    )
}
