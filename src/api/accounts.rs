//! Accounts, sign-in, devices, own settings.

use leptos::prelude::*;
use protocol::SessionId;
use protocol::entity::Device;

#[cfg(feature = "ssr")]
use super::caller::{actor, answer, redirect, request, set_cookie, state};
use super::{Answer, JsonAnswer};

/// Makes an account and signs it in. `next` is where to go afterwards, `invite` lets one register on an
/// instance that asks for it.
#[server(endpoint = "accounts/register", output = JsonAnswer)]
pub async fn register(
    display_name: String,
    username: String,
    #[server(default)] email: String,
    password: String,
    #[server(default)] setup_code: String,
    #[server(default)] invite: String,
    #[server(default)] next: String,
) -> Answer<()> {
    use backend::actions::accounts::{Registration, register};
    let (state, request) = (state(), request()?);
    let form = Registration { display_name, username, email, password, setup_code, invite };
    let signed_in = answer(register(&state, &request, form).await)?;
    set_cookie(&signed_in.cookie);
    redirect(&next);
    Ok(())
}

/// Signs in with username or email.
#[server(endpoint = "accounts/login", output = JsonAnswer)]
pub async fn login(
    login: String,
    password: String,
    #[server(default)] remember: String,
    #[server(default)] next: String,
) -> Answer<()> {
    let (state, request) = (state(), request()?);
    let remember = !remember.is_empty();
    let signed_in =
        answer(backend::actions::accounts::login(&state, &request, &login, &password, remember).await)?;
    set_cookie(&signed_in.cookie);
    redirect(&next);
    Ok(())
}

/// Ends this session.
#[server(endpoint = "accounts/logout", output = JsonAnswer)]
pub async fn logout() -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    set_cookie(&answer(backend::actions::accounts::logout(&state, &actor).await)?);
    redirect("/login");
    Ok(())
}

/// Changes names and address.
#[server(endpoint = "accounts/profile", output = JsonAnswer)]
pub async fn update_profile(display_name: String, #[server(default)] email: String) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::accounts::update_profile(&state, &actor, &display_name, &email).await)
}

/// Changes the password and signs every other device out.
#[server(endpoint = "accounts/password", output = JsonAnswer)]
pub async fn change_password(current_password: String, new_password: String) -> Answer<()> {
    let (state, request) = (state(), request()?);
    let actor = actor(&state).await?;
    answer(
        backend::actions::accounts::change_password(
            &state,
            &request,
            &actor,
            &current_password,
            &new_password,
        )
        .await,
    )
}

/// Changes how things look; fields left empty stay as they are.
#[server(endpoint = "accounts/settings", output = JsonAnswer)]
pub async fn update_settings(
    #[server(default)] theme: String,
    #[server(default)] density: String,
    #[server(default)] text_size: String,
) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::accounts::update_settings(&state, &actor, &theme, &density, &text_size).await)?;
    super::document::remember_look(super::document::parse_look(&format!("{theme}.{density}.{text_size}")));
    Ok(())
}

/// Where the person is signed in.
#[server(endpoint = "accounts/devices", output = JsonAnswer)]
pub async fn devices() -> Answer<Vec<Device>> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::accounts::devices(&state, &actor).await)
}

/// Signs one device out.
#[server(endpoint = "accounts/devices/revoke", output = JsonAnswer)]
pub async fn revoke_device(session_id: SessionId) -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::accounts::revoke_device(&state, &actor, session_id).await)
}

/// Signs every other device out.
#[server(endpoint = "accounts/devices/revoke-others", output = JsonAnswer)]
pub async fn revoke_other_devices() -> Answer<()> {
    let state = state();
    let actor = actor(&state).await?;
    answer(backend::actions::accounts::revoke_other_devices(&state, &actor).await)
}
