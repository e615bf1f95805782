//! Things asked in a dialog when there is script and on a page of their own when there is none: openers are
//! links to the page.

use leptos::prelude::*;
use protocol::{ChannelId, GuildId, MessageId, UserId};

use super::asked::{Ask, Closing, asked_in_dialog, fetch_asked};
use super::create_channel::create_channel_path;
use super::member::member_path;
use super::start_thread::start_thread_path;
use crate::app::chat::settle_in_composer;
use crate::app::controls::{Dialog, use_toasts};
use crate::app::later::{NOT_FETCHED, here, when_here};
use crate::app::store::StoreCtx;
use crate::app::view::view;
use crate::app::words;

/// The one dialog of the page. Openers share it, wherever they stand: a dialog inside a menu or a drawer
/// would close with it.
#[derive(Clone, Copy)]
pub struct Asking {
    ask: RwSignal<Ask>,
    open: RwSignal<bool>,
}

impl Asking {
    fn begin(self, ask: Ask) {
        let toasts = use_toasts();
        when_here(fetch_asked, move |is_here| {
            if is_here {
                self.ask.set(ask);
                self.open.set(true);
            } else {
                toasts.failed("Not loaded", NOT_FETCHED);
            }
        });
    }

    /// Asks for the name of a thread about a message.
    pub fn start_thread(self, guild: GuildId, channel: ChannelId, message: MessageId) {
        self.begin(Ask::StartThread(guild, channel, message));
    }

    /// Asks whether to take somebody out of a server.
    pub fn remove(self, guild: GuildId, user: UserId) {
        self.begin(Ask::Remove(guild, user));
    }
}

/// Makes the openers below the caller open the dialog of [`DialogHost`].
pub(super) fn provide_dialogs() {
    provide_context(Asking { ask: RwSignal::new(Ask::CreateOrJoin), open: RwSignal::new(false) });
}

/// Where the dialog is. Once, at the end of the page.
#[component]
pub(super) fn DialogHost() -> impl IntoView {
    let context = use_context::<Asking>();
    let store = use_context::<StoreCtx>();
    context.zip(store).map(|(Asking { ask, open }, StoreCtx(store))| {
        let title = Signal::derive(move || {
            match ask.get() {
                Ask::CreateOrJoin => words::CREATE_OR_JOIN,
                Ask::CreateChannel(..) => "Create channel",
                Ask::StartThread(..) => "Start thread",
                Ask::Invite(_) => "Invite people",
                Ask::NewMessage => "New message",
                Ask::Remove(_, user) => {
                    let name = store.person(user).map(|user| user.with(|user| user.display_name.clone()));
                    return ["Remove ", &name.unwrap_or_default(), "?"].concat();
                }
            }
            .to_owned()
        });
        let done = Callback::new(move |()| open.set(false));
        // The dialog gives the focus back to what opened it; who has found somebody wants to write to them.
        let found = Callback::new(move |()| {
            open.set(false);
            settle_in_composer();
        });
        view! {
            <Dialog id="ask" title open>
                {move || here(asked_in_dialog(ask.get(), Closing { done, found }))}
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
    let context = use_context::<Asking>();
    let href = move || match ask.get() {
        Ask::CreateOrJoin => "/servers/new".to_owned(),
        Ask::CreateChannel(guild, parent) => create_channel_path(guild, parent),
        Ask::StartThread(guild, channel, message) => start_thread_path(guild, channel, message),
        Ask::Invite(guild) => format!("/servers/{guild}/invite"),
        Ask::NewMessage => "/channels/@me/new".to_owned(),
        Ask::Remove(guild, user) => member_path(guild, user),
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
                context.begin(ask.get_untracked());
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
    /// Gets the focus when the dialog opens: where the other button destroys.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    done.map(|done| {
        view! {
            <button class="button button--ghost" type="button" autofocus=autofocus on:click=move |_| done.run(())>"Cancel"</button>
        }
    })
}
