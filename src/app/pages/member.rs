//! `/servers/:guild/members/:user`: a member of a server, and what can be done about them. With script the same parts
//! are in a card that opens where somebody is pressed.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use protocol::entity::{Member, Presence, User};
use protocol::permissions::Permissions;
use protocol::{GuildId, Timestamp, UserId};

use super::NotFound;
use super::dialogs::{AskPage, Cancel};
use super::refusals::about_none_of;
use super::signed_in::{Extra, take_extra};
use crate::api::dms::OpenDm;
use crate::api::guilds::KickMember;
use crate::app::controls::{Avatar, AvatarSize, FormAlert, Icon, SubmitButton};
use crate::app::form::{Form, Submission};
use crate::app::store::{GuildEntry, Store, StoreCtx};
use crate::app::view::view;
use crate::app::words::{self, day};

/// Where the page is.
pub fn member_path(guild: GuildId, user: UserId) -> String {
    format!("/servers/{guild}/members/{user}")
}

/// Who, since when, and what can be done.
#[component]
pub fn MemberPage() -> impl IntoView {
    let StoreCtx(store) = expect_context();
    let params = use_params_map();
    let named = |name: &str| params.read_untracked().get(name).unwrap_or_default();
    let guild = named("guild").parse().ok().and_then(|guild| store.guild(guild));
    let member = match take_extra() {
        Extra::Member(member) => Some(member),
        // Reached without a reload.
        _ => guild.as_ref().zip(named("user").parse().ok()).and_then(|(guild, user)| guild.member(user)),
    };
    let (Some(guild), Some(Member { user, joined_at, .. })) = (guild, member) else {
        return view! { <NotFound/> };
    };
    let (id, person) = (guild.id(), user.id);
    let came_back = Submission::of::<KickMember>().came_back();
    let more = if may_remove(&guild, store.my_id(), person) {
        view! {
            <details class="confirm" open=came_back>
                <summary class="button button--small button--danger-ghost">"Remove…"</summary>
                <RemoveMember guild=id user=person/>
            </details>
        }
    } else {
        ().into_any()
    };
    let hue = user.hue().to_string();
    let card = profile(&store, Some(&guild), user, Signal::stored(Some(joined_at)), None, more);
    view! { <AskPage title="Profile" back=format!("/channels/{id}")><div data-hue=hue>{card}</div></AskPage> }
}

/// Whether somebody may take somebody else out of a server. Tracks.
pub fn may_remove(guild: &GuildEntry, me: UserId, user: UserId) -> bool {
    let owner = guild.guild.with(|guild| guild.owner_id);
    let may = guild.access.with(|access| access.guild.contains(Permissions::KICK_MEMBERS));
    may && user != me && user != owner
}

/// Who somebody is, since when they are here, and what can be done: writing to them, and `more` after that.
pub fn profile(
    store: &Store,
    guild: Option<&GuildEntry>,
    user: User,
    joined: Signal<Option<Timestamp>>,
    done: Option<Callback<()>>,
    more: AnyView,
) -> AnyView {
    let (id, hue) = (user.id, user.hue());
    let here = guild.map_or(&store.dm_online, |guild| &guild.online).clone();
    let presence = Signal::derive(move || {
        let here = here.with(|here| here.contains(&id));
        Some(if here { Presence::Online } else { Presence::Offline })
    });
    let guild = guild.map(|guild| guild.guild.clone());
    let member = Signal::derive(move || {
        let name = guild.as_ref().map(|guild| guild.with(|guild| guild.name.clone()));
        let since = name.zip(joined.get()).map(|(name, at)| ["In ", &name, " since ", &day(at)].concat());
        since.unwrap_or_default()
    });
    let account = ["On Harmony since ", &day(id.created_at())].concat();
    view! {
        <div class="profile-card__banner"></div>
        <div class="profile-card__body">
            <div class="profile-card__top">
                <Avatar name=user.display_name.clone() hue size=AvatarSize::Large presence/>
            </div>
            <div>
                <p class="profile-card__name" dir="auto">{user.display_name}</p>
                <p class="profile-card__handle">{["@", &user.username].concat()}</p>
            </div>
            <ul class="fact-list">{fact(member)}{fact(Signal::stored(account))}</ul>
            {(id != store.my_id())
                .then(|| view! { <div class="button-row"><MessageForm to=id done/>{more}</div> })}
        </div>
    }
}

/// One line of what is known; nothing while it is empty.
fn fact(text: Signal<String>) -> AnyView {
    let unknown = Signal::derive(move || text.with(String::is_empty));
    view! { <li hidden=unknown><Icon name="calendar"/><span>{text}</span></li> }
}

/// Opens the conversation with somebody.
#[component]
fn MessageForm(
    /// Whom to write to.
    to: UserId,
    /// Runs when it is open; the call leads to it itself.
    done: Option<Callback<()>>,
) -> impl IntoView {
    let open = Submission::of::<OpenDm>();
    open.when_done(done);
    view! {
        <Form to=open>
            <input type="hidden" name="user_id" value=to.to_string()/>
            <FormAlert error=about_none_of(open.refusal(), &[])/>
            <SubmitButton class="button--primary button--small" pending=open.pending()>
                <Icon name="message"/>
                "Message"
            </SubmitButton>
        </Form>
    }
}

/// The second step before somebody is taken out of a server.
#[component]
pub(super) fn RemoveMember(
    /// Out of which server.
    guild: GuildId,
    /// Who.
    user: UserId,
    /// Runs when it has worked, where this is a dialog.
    #[prop(optional)]
    done: Option<Callback<()>>,
) -> impl IntoView {
    let remove = Submission::of::<KickMember>();
    remove.when_done(done);
    // Their page is gone with them.
    let next = done.is_none().then(|| format!("/channels/{guild}"));
    view! {
        <Form to=remove>
            <input type="hidden" name="guild_id" value=guild.to_string()/>
            <input type="hidden" name="user_id" value=user.to_string()/>
            <input type="hidden" name="next" value=next.unwrap_or_default()/>
            <div class="dialog__body">
                <p>"They lose it at once. Their messages stay, and the invites they made end. An invite brings them back."</p>
                <FormAlert error=about_none_of(remove.refusal(), &[])/>
            </div>
            <div class="dialog__footer">
                <Cancel done autofocus=true/>
                <SubmitButton class="button--danger" pending=remove.pending()>{words::REMOVE_MEMBER}</SubmitButton>
            </div>
        </Form>
    }
}
