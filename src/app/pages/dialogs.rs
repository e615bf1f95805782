//! Things asked in a dialog when there is script and on a page of their own when there is none: openers are
//! links to the page.

use leptos::prelude::*;
use protocol::{ChannelId, GuildId};

use super::create_channel::{CreateChannel, create_channel_path};
use super::create_or_join::CreateOrJoin;
use super::invite_people::InvitePeople;
use super::new_message::NewMessage;
use crate::app::controls::Dialog;
use crate::app::words;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    CreateOrJoin,
    CreateChannel(GuildId, Option<ChannelId>),
    Invite(GuildId),
    NewMessage,
}

/// The one dialog of the page. Openers share it, wherever they stand: a dialog inside a menu or a drawer
/// would close with it.
#[derive(Clone, Copy)]
struct AskCtx {
    ask: RwSignal<Ask>,
    open: RwSignal<bool>,
}

/// Makes the openers below the caller open the dialog of [`DialogHost`].
pub(super) fn provide_dialogs() {
    provide_context(AskCtx { ask: RwSignal::new(Ask::CreateOrJoin), open: RwSignal::new(false) });
}

/// Where the dialog is. Once, at the end of the page.
#[component]
pub(super) fn DialogHost() -> impl IntoView {
    let context = use_context::<AskCtx>();
    context.map(|AskCtx { ask, open }| {
        let title = Signal::derive(move || {
            match ask.get() {
                Ask::CreateOrJoin => words::CREATE_OR_JOIN,
                Ask::CreateChannel(..) => "Create channel",
                Ask::Invite(_) => "Invite people",
                Ask::NewMessage => "New message",
            }
            .to_owned()
        });
        let done = Callback::new(move |()| open.set(false));
        view! {
            <Dialog id="ask" title open>
                {move || match ask.get() {
                    Ask::CreateOrJoin => view! { <CreateOrJoin done/> }.into_any(),
                    Ask::CreateChannel(guild, parent) => view! { <CreateChannel guild parent done/> }.into_any(),
                    Ask::Invite(guild) => view! { <InvitePeople guild/> }.into_any(),
                    Ask::NewMessage => view! { <NewMessage done/> }.into_any(),
                }}
            </Dialog>
        }
    })
}

/// A link to a page that opens as a dialog once the page is interactive.
#[component]
fn Opener(
    #[prop(into)] ask: Signal<Ask>,
    class: &'static str,
    label: &'static str,
    children: Children,
) -> impl IntoView {
    let context = use_context::<AskCtx>();
    let href = move || match ask.get() {
        Ask::CreateOrJoin => "/servers/new".to_owned(),
        Ask::CreateChannel(guild, parent) => create_channel_path(guild, parent),
        Ask::Invite(guild) => format!("/servers/{guild}/invite"),
        Ask::NewMessage => "/channels/@me/new".to_owned(),
    };
    view! {
        <a
            class=class
            href=href
            aria-label=(!label.is_empty()).then_some(label)
            aria-haspopup="dialog"
            on:click=move |event| {
                let Some(context) = context else { return };
                // A new tab was asked for: the page does the same.
                if event.ctrl_key() || event.meta_key() || event.shift_key() {
                    return;
                }
                event.prevent_default();
                context.ask.set(ask.get_untracked());
                context.open.set(true);
            }
        >
            {children()}
        </a>
    }
}

/// Opens "Create or join a server". Its accessible name is that, unless `label` is empty and the children
/// name it.
#[component]
pub fn CreateOrJoinOpener(
    /// The link's classes.
    class: &'static str,
    /// The accessible name when the children are only a picture; empty otherwise.
    #[prop(default = words::CREATE_OR_JOIN)]
    label: &'static str,
    /// Picture or words.
    children: Children,
) -> impl IntoView {
    view! { <Opener ask=Ask::CreateOrJoin class label>{children()}</Opener> }
}

/// Opens "Create channel".
#[component]
pub fn CreateChannelOpener(
    /// In which server.
    #[prop(into)]
    guild: Signal<GuildId>,
    /// Under which category.
    #[prop(optional)]
    parent: Option<ChannelId>,
    /// The link's classes.
    class: &'static str,
    /// The accessible name when the children are only a picture; empty otherwise.
    #[prop(default = "Create channel")]
    label: &'static str,
    /// Picture or words.
    children: Children,
) -> impl IntoView {
    let ask = Signal::derive(move || Ask::CreateChannel(guild.get(), parent));
    view! { <Opener ask class label>{children()}</Opener> }
}

/// Opens "Invite people".
#[component]
pub fn InviteOpener(
    /// To which server.
    #[prop(into)]
    guild: Signal<GuildId>,
    /// The link's classes.
    class: &'static str,
    /// The accessible name when the children are only a picture; empty otherwise.
    #[prop(default = "Invite people")]
    label: &'static str,
    /// Picture or words.
    children: Children,
) -> impl IntoView {
    let ask = Signal::derive(move || Ask::Invite(guild.get()));
    view! { <Opener ask class label>{children()}</Opener> }
}

/// Opens "New message".
#[component]
pub fn NewMessageOpener(
    /// The link's classes.
    class: &'static str,
    /// The accessible name when the children are only a picture; empty otherwise.
    #[prop(default = "New message")]
    label: &'static str,
    /// Picture or words.
    children: Children,
) -> impl IntoView {
    view! { <Opener ask=Ask::NewMessage class label>{children()}</Opener> }
}

/// The page around a form that is a dialog elsewhere.
#[component]
pub(super) fn AskPage(
    /// What it asks.
    #[prop(into)]
    title: String,
    /// Where "Back" leads.
    #[prop(into)]
    back: String,
    /// Body and footer of the dialog.
    children: Children,
) -> impl IntoView {
    view! {
        <leptos_meta::Title text=title.clone()/>
        <div class="page page--plain">
            <main class="dialog dialog--page" id="conversation" tabindex="-1">
                <div class="dialog__header">
                    <h1 class="dialog__title">{title}</h1>
                    <a class="link" href=back>"Back"</a>
                </div>
                {children()}
            </main>
        </div>
    }
}

/// Closes the dialog and changes nothing. On a page "Back" does that.
#[component]
pub(super) fn Cancel(
    /// Closes the dialog, where there is one.
    done: Option<Callback<()>>,
) -> impl IntoView {
    done.map(|done| {
        view! {
            <button class="button button--ghost" type="button" on:click=move |_| done.run(())>"Cancel"</button>
        }
    })
}
