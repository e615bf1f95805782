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

/// How somebody new is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Admission {
    /// As the first account of the instance.
    First,
    /// Anybody is.
    Open,
    /// By this invite, of which it takes a use.
    Invited(String),
}

/// Makes an account and signs it in. Where an invite is needed, the same write uses it: the newcomer is in its guild
/// at once, and one use makes one account.
pub async fn register(state: &AppState, parts: &Parts, form: Registration) -> Result<SignedIn> {
    let display_name = DisplayName::parse(&form.display_name)?.into_string();
    let username = Username::parse(&form.username)?.into_string();
    let email = Email::parse_optional(&form.email)?.map(Email::into_string);
    let password = Password::parse(&form.password)?;
    check_strength(&password, &[&username, &display_name])?;
    state.rates.registration(peer::address(&state.config, parts))?;
    let admission = admit(state, &form).await?;
    let taken = users::taken(&mut state.store.read().await?, &username, email.as_deref(), None).await?;
    refuse_taken(taken)?;
    let password_hash = state.passwords.hash(&password).await?;
    let (config, device) = (state.config.clone(), session::device_name(&parts.headers));
    let is_open = config.registration == Policy::Open;
    let is_refused_as_second = admission == Admission::First && !is_open;
    let mut new = users::NewUser { username, display_name, email, password_hash, is_instance_owner: false };
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            new.is_instance_owner = !users::any_for_write(tx).await?;
            // Somebody else was first in the meantime.
            if is_refused_as_second && !new.is_instance_owner {
                return Err(Error::RegistrationClosed);
            }
            let Some(id) = users::insert(tx, &new).await? else {
                refuse_taken(users::taken(tx, &new.username, new.email.as_deref(), None).await?)?;
                return Err(Error::UsernameTaken);
            };
            if let Admission::Invited(code) = &admission {
                super::invites::join_in(tx, id, code).await?;
            }
            session::start(tx, &config, id, &device, true).await
        })
    });
    change.await
}

/// Whether and how this instance takes the newcomer.
async fn admit(state: &AppState, form: &Registration) -> Result<Admission> {
    let mut reader = state.store.read().await?;
    if !users::any(&mut reader).await? {
        return state.setup_code.check(&form.setup_code).map(|()| Admission::First);
    }
    match state.config.registration {
        Policy::Open => Ok(Admission::Open),
        Policy::Closed => Err(Error::RegistrationClosed),
        Policy::Invite if form.invite.trim().is_empty() => Err(Error::RegistrationClosed),
        Policy::Invite => {
            // Before the password is hashed; the write looks again.
            let code = InviteCode::parse(&form.invite)?.into_string();
            let invite = invites::live_by_code(&mut reader, &code, now_ms()).await?;
            invite.map(|_| Admission::Invited(code)).ok_or(Error::InviteGone)
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
    state.rates.login_from(peer::address(&state.config, parts))?;
    let known = users::credentials(&mut state.store.read().await?, &login).await?;
    let (id, hash) = known.map_or((None, None), |known| (Some(known.id), Some(known.password_hash)));
    state.rates.login(id, &login)?;
    let matches = state.passwords.verify(password, hash.clone()).await?;
    let id = id.filter(|_| matches).ok_or(Error::WrongCredentials)?;
    state.rates.login_succeeded(id);
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

/// Ends this session; returns the header that removes the cookie. Not limited: each takes a sign-in, which is, and
/// whoever wants to go may go.
pub async fn logout(state: &AppState, actor: &Actor) -> Result<String> {
    end_session(state, actor.user_id, actor.session_id).await?;
    Ok(session::removal_cookie(&state.config))
}

/// Where somebody is signed in.
pub async fn devices(state: &AppState, actor: &Actor) -> Result<Vec<Device>> {
    state.rates.read(actor.user_id)?;
    sessions::of_user(&mut state.store.read().await?, actor.user_id, actor.session_id).await
}

/// Ends one session of one's own. Its socket is closed before this returns.
pub async fn revoke_device(state: &AppState, actor: &Actor, id: SessionId) -> Result<()> {
    state.rates.change(actor.user_id)?;
    end_session(state, actor.user_id, id).await
}

async fn end_session(state: &AppState, user: UserId, id: SessionId) -> Result<()> {
    let ended = state.store.write(move |tx| {
        Box::pin(async move {
            // Their stream before their rows, like everybody: nobody waits for anybody in a circle.
            tx.lock(Stream::User(user)).await?;
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
    state.rates.change(actor.user_id)?;
    let Actor { user_id, session_id } = *actor;
    let ended =
        state.store.write(move |tx| Box::pin(async move { end_others(tx, user_id, session_id).await }));
    close_all(state, ended.await?);
    Ok(())
}

async fn end_others(tx: &mut Tx, user: UserId, keep: SessionId) -> Result<Vec<SessionId>> {
    tx.lock(Stream::User(user)).await?;
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
    state.rates.change(actor.user_id)?;
    let mut reader = state.store.read().await?;
    let me = users::me(&mut reader, actor.user_id).await?.ok_or(Error::Unauthorized)?;
    let hash = users::password_hash(&mut reader, actor.user_id).await?;
    drop(reader);
    // A borrowed browser must not be a way to guess the password.
    state.rates.login_from(peer::address(&state.config, parts))?;
    state.rates.login(Some(actor.user_id), "")?;
    let mismatch = Error::Invalid { field: Field::CurrentPassword, problem: Problem::Mismatch };
    if !state.passwords.verify(current, hash.clone()).await? {
        return Err(mismatch);
    }
    state.rates.login_succeeded(actor.user_id);
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
    state.rates.profile_change(actor.user_id)?;
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
    let is_renamed = before.user.display_name != display_name;
    let places = if is_renamed { places(tx, user).await? } else { Vec::new() };
    // Guilds, then conversations, each in rising order, then the person: whoever sends a message takes the stream
    // before it touches its author, and nobody waits for anybody in a circle.
    for place in &places {
        tx.lock(*place).await?;
    }
    // Whoever comes into a place holds this to the end and reads the name under it. So what was entered until now
    // is in the list, or the list was outdated; what is entered later has the new name.
    let others_write = tx.lock(Stream::User(user)).await?;
    if others_write && is_renamed && self::places(tx, user).await? != places {
        return Err(Error::Busy);
    }
    if !users::update_profile(tx, user, display_name, email).await? {
        return Err(Error::EmailTaken);
    }
    let me = users::me(tx, user).await?.ok_or(Error::Unauthorized)?;
    for place in places {
        let told = match place {
            Stream::Guild(guild) => {
                members::get(tx, guild, user).await?.map(|member| Event::MemberUpdated { member })
            }
            _ => Some(Event::RecipientUpdated { user: me.user.clone() }),
        };
        if let Some(event) = told {
            tx.emit(place, event).await?;
        }
    }
    tx.emit(Stream::User(user), Event::MeUpdated { me }).await?;
    Ok(())
}

/// Where somebody is known by name: their guilds, then their conversations, each in rising order.
async fn places(tx: &mut Tx, user: UserId) -> Result<Vec<Stream>> {
    let mut guilds: Vec<_> = guilds::of_user(tx, user).await?.into_iter().map(|guild| guild.id).collect();
    let mut conversations = dms::ids_of_user(tx, user).await?;
    guilds.sort_unstable();
    conversations.sort_unstable();
    let guilds = guilds.into_iter().map(Stream::Guild);
    Ok(guilds.chain(conversations.into_iter().map(Stream::Dm)).collect())
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
            // Before they are read, or one of two changes at the same time undoes the other.
            tx.lock(Stream::User(user)).await?;
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
