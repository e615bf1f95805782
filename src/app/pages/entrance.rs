//! The pages of those who are not in yet: one part, which the browser fetches for them alone.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use super::invite::InvitePage;
use super::login::LoginPage;
use super::register::RegisterPage;
use crate::app::later::{Arriving, as_page, later};
use crate::app::view::view;

/// The pages of the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// `/login`.
    Login,
    /// `/register`.
    Register,
    /// `/invite/:code`.
    Invite,
}

/// One of them.
pub fn entrance(page: Entrance) -> AnyView {
    later(fetch_entrance, as_page, move || Box::pin(show(page)))
}

/// Fetches all of them.
pub fn fetch_entrance() -> Arriving<()> {
    Box::pin(fetch())
}

#[wasm_split(entrance, wasm_split_path = leptos::wasm_split, fallible, preload(fetch))]
fn show(page: Entrance) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Entrance::Login => view! { <LoginPage/> },
        Entrance::Register => view! { <RegisterPage/> },
        Entrance::Invite => view! { <InvitePage/> },
    })
}
