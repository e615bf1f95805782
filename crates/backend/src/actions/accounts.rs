//! Accounts: registering, signing in and out, devices, own settings.

use http::request::Parts;
use protocol::entity::{Density, Device, TextSize, Theme};
use protocol::error::{Field, Problem};
use protocol::event::Event;
use protocol::frame::CloseCode;
use protocol::parse::{DisplayName, Email, InviteCode, Password, Username};
use protocol::{Error, Result, SessionId, Stream, UserId};

use crate::auth::password::check_strength;
use crate::auth::peer;
use crate::auth::session::{self, Actor, SignedIn};
use crate::config::Registration as Policy;
use crate::store::{Tx, dms, guilds, invites, members, now_ms, sessions, users};
use crate::{AppState, Config};

/// The form of somebody new, as typed.
#[derive(Debug)]
pub struct Registration {
    /// How they want to be called.
    pub display_name: String,
    /// For signing in.
    pub username: String,
    /// Optional.
    pub email: String,
    /// As typed.
    pub password: String,
    /// Asked of the first account on an exposed address.
    pub setup_code: String,
    /// A code or link; lets one in where an invite is needed.
    pub invite: String,
}

/// Makes an account and signs it in.
pub async fn register(state: &AppState, parts: &Parts, form: Registration) -> Result<SignedIn> {
    let display_name = DisplayName::parse(&form.display_name)?.into_string();
    let username = Username::parse(&form.username)?.into_string();
    let email = Email::parse_optional(&form.email)?.map(Email::into_string);
    let password = Password::parse(&form.password)?;
    check_strength(&password, &[&username, &display_name])?;
    state.rates.registration(peer::address(&state.config, parts))?;
    let as_first = admit(state, &form).await?;
    let taken = users::taken(&mut state.store.read().await?, &username, email.as_deref(), None).await?;
    refuse_taken(taken)?;
    let password_hash = state.passwords.hash(&password).await?;
    let (config, device) = (state.config.clone(), session::device_name(&parts.headers));
    let is_open = config.registration == Policy::Open;
    let mut new = users::NewUser { username, display_name, email, password_hash, is_instance_owner: false };
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            new.is_instance_owner = !users::any_for_write(tx).await?;
            // Somebody else was first in the meantime.
            if as_first && !new.is_instance_owner && !is_open {
                return Err(Error::RegistrationClosed);
            }
            let Some(id) = users::insert(tx, &new).await? else {
                refuse_taken(users::taken(tx, &new.username, new.email.as_deref(), None).await?)?;
                return Err(Error::UsernameTaken);
            };
            session::start(tx, &config, id, &device, true).await
        })
    });
    change.await
}

/// Whether this instance takes the newcomer at all; true: as its first account.
async fn admit(state: &AppState, form: &Registration) -> Result<bool> {
    let mut reader = state.store.read().await?;
    if !users::any(&mut reader).await? {
        return state.setup_code.check(&form.setup_code).map(|()| true);
    }
    match state.config.registration {
        Policy::Open => Ok(false),
        Policy::Closed => Err(Error::RegistrationClosed),
        Policy::Invite if form.invite.trim().is_empty() => Err(Error::RegistrationClosed),
        Policy::Invite => {
            let code = InviteCode::parse(&form.invite)?;
            let invite = invites::live_by_code(&mut reader, code.as_str(), now_ms()).await?;
            invite.map(|_| false).ok_or(Error::InviteGone)
        }
    }
}

fn refuse_taken(taken: users::Taken) -> Result<()> {
    match taken {
        users::Taken { username: true, .. } => Err(Error::UsernameTaken),
        users::Taken { email: true, .. } => Err(Error::EmailTaken),
        _ => Ok(()),
    }
}

/// Whether anybody may register, and whether the setup code is asked for.
pub async fn registration_needs(state: &AppState) -> Result<(bool, bool)> {
    let first = !users::any(&mut state.store.read().await?).await?;
    Ok((first || state.config.registration == Policy::Open, first && state.setup_code.text().is_some()))
}

/// Signs in by username or address.
pub async fn login(
    state: &AppState,
    parts: &Parts,
    login: &str,
    password: &str,
    remember: bool,
) -> Result<SignedIn> {
    let login = login.trim().to_lowercase();
    let absurd = login.is_empty()
        || login.chars().count() > protocol::limits::EMAIL_CHARS
        // Nobody's name has them, and PostgreSQL takes no text with a zero in it.
        || login.chars().any(char::is_control)
        || password.chars().count() > protocol::limits::PASSWORD_MAX;
    if absurd {
        return Err(Error::WrongCredentials);
    }
    state.rates.login(&login, peer::address(&state.config, parts))?;
    let known = users::credentials(&mut state.store.read().await?, &login).await?;
    let (id, hash) = known.map_or((None, None), |known| (Some(known.id), Some(known.password_hash)));
    let matches = state.passwords.verify(password, hash.clone()).await?;
    let id = id.filter(|_| matches).ok_or(Error::WrongCredentials)?;
    state.rates.login_succeeded(&login);
    let (config, device) = (state.config.clone(), session::device_name(&parts.headers));
    state
        .store
        .write(move |tx| {
            Box::pin(async move {
                require_hash(tx, id, hash, Error::WrongCredentials).await?;
                sign_in(tx, &config, id, &device, remember).await
            })
        })
        .await
}

/// Checks, in a write, that the password is still the one that was verified. Whoever changes it waits for the same
/// stream before they end sessions, so no session of the old one is left over.
async fn require_hash(tx: &mut Tx, user: UserId, verified: Option<String>, error: Error) -> Result<()> {
    tx.lock(Stream::User(user)).await?;
    if users::password_hash(tx, user).await? == verified { Ok(()) } else { Err(error) }
}

async fn sign_in(tx: &mut Tx, config: &Config, id: UserId, device: &str, remember: bool) -> Result<SignedIn> {
    let signed_in = session::start(tx, config, id, device, remember).await?;
    tx.emit(Stream::User(id), Event::DevicesChanged).await?;
    Ok(signed_in)
}

/// Ends this session; returns the header that removes the cookie.
pub async fn logout(state: &AppState, actor: &Actor) -> Result<String> {
    revoke_device(state, actor, actor.session_id).await?;
    Ok(session::removal_cookie(&state.config))
}

/// Where somebody is signed in.
pub async fn devices(state: &AppState, actor: &Actor) -> Result<Vec<Device>> {
    sessions::of_user(&mut state.store.read().await?, actor.user_id, actor.session_id).await
}

/// Ends one session of one's own. Its socket is closed before this returns.
pub async fn revoke_device(state: &AppState, actor: &Actor, id: SessionId) -> Result<()> {
    let user = actor.user_id;
    let ended = state.store.write(move |tx| {
        Box::pin(async move {
            if !sessions::delete(tx, user, id).await? {
                return Err(Error::NotFound);
            }
            tx.emit(Stream::User(user), Event::DevicesChanged).await
        })
    });
    ended.await?;
    state.hub.close_session(id, CloseCode::SignedOut);
    Ok(())
}

/// Ends all sessions of one's own but this.
pub async fn revoke_other_devices(state: &AppState, actor: &Actor) -> Result<()> {
    let Actor { user_id, session_id } = *actor;
    let ended =
        state.store.write(move |tx| Box::pin(async move { end_others(tx, user_id, session_id).await }));
    close_all(state, ended.await?);
    Ok(())
}

async fn end_others(tx: &mut Tx, user: UserId, keep: SessionId) -> Result<Vec<SessionId>> {
    let ended = sessions::delete_others(tx, user, Some(keep)).await?;
    tx.emit(Stream::User(user), Event::DevicesChanged).await?;
    Ok(ended)
}

fn close_all(state: &AppState, ended: Vec<SessionId>) {
    for session in ended {
        state.hub.close_session(session, CloseCode::SignedOut);
    }
}

/// Changes the password and signs every other device out.
pub async fn change_password(
    state: &AppState,
    parts: &Parts,
    actor: &Actor,
    current: &str,
    new: &str,
) -> Result<()> {
    let mut reader = state.store.read().await?;
    let me = users::me(&mut reader, actor.user_id).await?.ok_or(Error::Unauthorized)?;
    let hash = users::password_hash(&mut reader, actor.user_id).await?;
    drop(reader);
    // A borrowed browser must not be a way to guess the password.
    state.rates.login(&me.user.username, peer::address(&state.config, parts))?;
    let mismatch = Error::Invalid { field: Field::CurrentPassword, problem: Problem::Mismatch };
    if !state.passwords.verify(current, hash.clone()).await? {
        return Err(mismatch);
    }
    state.rates.login_succeeded(&me.user.username);
    let new = Password::parse(new)?;
    check_strength(&new, &[&me.user.username, &me.user.display_name])?;
    let new_hash = state.passwords.hash(&new).await?;
    let Actor { user_id, session_id } = *actor;
    let ended = state.store.write(move |tx| {
        Box::pin(async move {
            require_hash(tx, user_id, hash, mismatch).await?;
            users::set_password(tx, user_id, &new_hash).await?;
            end_others(tx, user_id, session_id).await
        })
    });
    close_all(state, ended.await?);
    Ok(())
}

/// Changes names and address, everywhere they are shown.
pub async fn update_profile(state: &AppState, actor: &Actor, display_name: &str, email: &str) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let display_name = DisplayName::parse(display_name)?.into_string();
    let email = Email::parse_optional(email)?.map(Email::into_string);
    let user = actor.user_id;
    let change = state
        .store
        .write(move |tx| Box::pin(async move { rename(tx, user, &display_name, email.as_deref()).await }));
    change.await
}

async fn rename(tx: &mut Tx, user: UserId, display_name: &str, email: Option<&str>) -> Result<()> {
    let before = users::me(tx, user).await?.ok_or(Error::Unauthorized)?;
    if users::taken(tx, &before.user.username, email, Some(user)).await?.email {
        return Err(Error::EmailTaken);
    }
    let (mut places, mut conversations) = (Vec::new(), Vec::new());
    if before.user.display_name != display_name {
        places.extend(guilds::of_user(tx, user).await?.into_iter().map(|guild| guild.id));
        conversations = dms::ids_of_user(tx, user).await?;
    }
    places.sort_unstable();
    conversations.sort_unstable();
    // Guilds, then conversations, each in rising order, then the person: whoever sends a message takes the stream
    // before it touches its author, and nobody waits for anybody in a circle.
    for guild in &places {
        tx.lock(Stream::Guild(*guild)).await?;
    }
    for channel in &conversations {
        tx.lock(Stream::Dm(*channel)).await?;
    }
    if !users::update_profile(tx, user, display_name, email).await? {
        return Err(Error::EmailTaken);
    }
    let me = users::me(tx, user).await?.ok_or(Error::Unauthorized)?;
    for guild in places {
        if let Some(member) = members::get(tx, guild, user).await? {
            tx.emit(Stream::Guild(guild), Event::MemberUpdated { member }).await?;
        }
    }
    for channel in conversations {
        tx.emit(Stream::Dm(channel), Event::RecipientUpdated { user: me.user.clone() }).await?;
    }
    tx.emit(Stream::User(user), Event::MeUpdated { me }).await?;
    Ok(())
}

/// Changes how things look; what is empty stays.
pub async fn update_settings(
    state: &AppState,
    actor: &Actor,
    theme: &str,
    density: &str,
    text_size: &str,
) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let unknown = || Error::Invalid { field: Field::Setting, problem: Problem::Unknown };
    let choose = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let theme = choose(theme).map(|t| Theme::from_text(&t).ok_or_else(unknown)).transpose()?;
    let density = choose(density).map(|t| Density::from_text(&t).ok_or_else(unknown)).transpose()?;
    let text_size = choose(text_size).map(|t| TextSize::from_text(&t).ok_or_else(unknown)).transpose()?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let mut settings = users::me(tx, user).await?.ok_or(Error::Unauthorized)?.settings;
            settings.theme = theme.unwrap_or(settings.theme);
            settings.density = density.unwrap_or(settings.density);
            settings.text_size = text_size.unwrap_or(settings.text_size);
            users::set_settings(tx, user, &settings).await?;
            tx.emit(Stream::User(user), Event::SettingsUpdated { settings }).await
        })
    });
    change.await.map(|_| ())
}

/// An account made on the command line, which is trusted. The first one owns the instance.
pub async fn create_by_operator(
    state: &AppState,
    username: &str,
    password: &str,
    owner: bool,
) -> Result<UserId> {
    let username = Username::parse(username)?.into_string();
    let password = Password::parse(password)?;
    check_strength(&password, &[&username])?;
    let password_hash = state.passwords.hash(&password).await?;
    let new = users::NewUser {
        display_name: username.clone(),
        username,
        email: None,
        password_hash,
        is_instance_owner: owner,
    };
    let added = state.store.write(move |tx| Box::pin(async move { users::insert(tx, &new).await }));
    added.await?.ok_or(Error::UsernameTaken)
}

/// A new password set on the command line; every device is signed out.
pub async fn reset_by_operator(state: &AppState, username: &str, password: &str) -> Result<()> {
    let username = Username::parse(username)?;
    let password = Password::parse(password)?;
    check_strength(&password, &[username.as_str()])?;
    let user = users::by_username(&mut state.store.read().await?, username.as_str())
        .await?
        .ok_or(Error::NotFound)?;
    let hash = state.passwords.hash(&password).await?;
    let ended = state.store.write(move |tx| {
        Box::pin(async move {
            tx.lock(Stream::User(user.id)).await?;
            users::set_password(tx, user.id, &hash).await?;
            let ended = sessions::delete_others(tx, user.id, None).await?;
            tx.emit(Stream::User(user.id), Event::DevicesChanged).await?;
            Ok(ended)
        })
    });
    close_all(state, ended.await?);
    Ok(())
}
