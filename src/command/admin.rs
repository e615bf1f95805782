//! Accounts and demonstration data from the command line.

use std::io::{BufRead, IsTerminal};

use backend::AppState;
use backend::actions::accounts;
use clap::Subcommand;
use protocol::parse::Password;

use super::Failure;

/// What an operator can do to accounts.
#[derive(Subcommand)]
pub(super) enum Admin {
    /// Makes an account that owns the instance. The password is read from standard input.
    Create {
        /// Its username.
        username: String,
    },
    /// Sets a new password, read from standard input, and signs every device out.
    ResetPassword {
        /// Whose.
        username: String,
    },
}

pub(super) async fn run(state: &AppState, command: Admin) -> Result<(), Failure> {
    match command {
        Admin::Create { username } => {
            accounts::create_by_operator(state, &username, &read_password()?, true).await?;
            println!("{username} can sign in and owns this instance.");
        }
        Admin::ResetPassword { username } => {
            accounts::reset_by_operator(state, &username, &read_password()?).await?;
            println!("{username} has a new password and is signed out everywhere.");
        }
    }
    Ok(())
}

/// One line of standard input: an argument would end up in the shell's history.
fn read_password() -> Result<String, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprint!("Password (shown as you type): ");
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The password of everybody in the demonstration data.
const DEMO_PASSWORD: &str = "harmony-demo";

pub(super) async fn seed(state: &AppState, profile: &str, messages: usize) -> Result<(), Failure> {
    if profile != "demo" {
        return Err(format!("there is no profile “{profile}”; there is demo").into());
    }
    let started = std::time::Instant::now();
    let password_hash = state.passwords.hash(&Password::parse(DEMO_PASSWORD)?).await?;
    let plan = backend::store::seed::Plan { messages, password_hash };
    let made = match state.store.seed(plan).await {
        Err(protocol::Error::LimitReached) => {
            return Err("the database is not empty; nothing was changed".into());
        }
        other => other?,
    };
    // So that everything can be found from the first moment.
    backend::indexing::catch_up(state).await?;
    let seconds = started.elapsed().as_secs_f32();
    println!(
        "Made 20 people, 4 servers and {made} messages in {seconds:.1} s. Sign in as mara, password {DEMO_PASSWORD}."
    );
    Ok(())
}
