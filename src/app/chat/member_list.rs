//! Who is in the server: those who are here, then the others.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::UserId;
use protocol::entity::{Member, Presence};

use super::closures::{follower, part, text, word};
use super::context::Chat;
use super::{drawers, profile, shortcuts};
use crate::api::Refusal;
use crate::api::guilds::members;
use crate::app::controls::{Avatar, AvatarSize, Icon, Key, keyed};
use crate::app::store::GuildEntry;
use crate::app::view::view;

/// The side panel of a guild.
#[component]
pub(super) fn MemberPanel(
    /// Which guild.
    guild: GuildEntry,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let (online, all) = (guild.online.clone(), guild.members.clone());
    let (people, me) = (chat.store(), chat.store().my_id());
    // Sorted by name; names are compared in small letters, the way people look for them.
    let sorted = Memo::new(move |_| {
        let mut named: Vec<(bool, String, UserId)> = all.with(|members| {
            let here = online.get();
            let is_here = |id: &UserId| if *id == me { chat.am_here() } else { here.contains(id) };
            members
                .iter()
                .map(|Member { user, .. }| {
                    let name = people.person_of(user).with(|user| user.display_name.to_lowercase());
                    (!is_here(&user.id), name, user.id)
                })
                .collect()
        });
        named.sort();
        named.into_iter().map(|(away, _, id)| (away, id)).collect::<Vec<_>>()
    });
    // The list is one stop of the Tab key: the member the keyboard was at, or the first.
    let visited = RwSignal::new(None::<UserId>);
    let stop = Memo::new(move |_| {
        sorted.with(|rows| {
            let known = visited.get().filter(|visited| rows.iter().any(|(_, id)| id == visited));
            known.or_else(|| rows.first().map(|(_, id)| *id))
        })
    });
    let rows = Rows { sorted, stop };
    view! {
        <aside
            class="side-panel"
            id="members"
            aria-label="Members"
            tabindex="-1"
            hidden=chat.members_away
            data-open=word(move || drawers::is_members(chat), "")
            on:keydown=move |event| drawers::pressed(chat, &event)
        >
            <div class="panel-header only-panel-over">
                <span class="panel-header__title">"Members"</span>
                {drawers::close_link("Close member list")}
            </div>
            <div
                class="member-list"
                on:click=move |event| profile::pressed(chat, &event)
                on:keydown=move |event| shortcuts::in_list(&event)
                on:focusin=move |event| {
                    if let Some((_, id)) = profile::person_at(&event) {
                        visited.set(Some(id));
                    }
                }
            >
                {group(chat, &guild, rows, false)}
                {group(chat, &guild, rows, true)}
                {rest(chat, &guild)}
            </div>
        </aside>
    }
}

/// What the rows of the list follow.
#[derive(Clone, Copy)]
struct Rows {
    /// Who, and whether they are away; those who are here first.
    sorted: Memo<Vec<(bool, UserId)>>,
    /// The row that the Tab key stops at.
    stop: Memo<Option<UserId>>,
}

fn group(chat: Chat, guild: &GuildEntry, rows: Rows, away: bool) -> AnyView {
    let Rows { sorted, stop } = rows;
    let ids = Memo::new(move |_| {
        sorted.with(|sorted| sorted.iter().filter(|(a, _)| *a == away).map(|(_, id)| *id).collect::<Vec<_>>())
    });
    let (heading, word) =
        if away { ("group-offline", "Offline · ") } else { ("group-online", "Online · ") };
    let guild = guild.clone();
    let some = Memo::new(move |_| ids.with(|ids| !ids.is_empty()));
    part(move || {
        let guild = guild.clone();
        some.get().then(|| {
            view! {
                <h2 class="member-list__heading" id=heading>
                    {word}
                    {text(move || ids.with(Vec::len).to_string())}
                </h2>
                <ul aria-labelledby=heading>
                    {keyed(move || ids.get(), |id| Key::Number(id.get()), move |id| member(chat, &guild, id, away, stop))}
                </ul>
            }
        })
    })
}

fn member(chat: Chat, guild: &GuildEntry, id: UserId, away: bool, stop: Memo<Option<UserId>>) -> AnyView {
    let person = chat.store().person(id);
    let name = Signal::derive(move || {
        person.as_ref().map(|user| user.with(|user| user.display_name.clone())).unwrap_or_default()
    });
    let hue = protocol::entity::hue_of(id.get());
    let owner = guild.guild.clone();
    let owns = follower(move || owner.with(|guild| guild.owner_id == id));
    let presence = Signal::derive(move || Some(if away { Presence::Offline } else { Presence::Online }));
    view! {
        <li>
            <a
                class="member"
                class:member--offline=away
                href=profile::link(chat, id)
                data-person=id.to_string()
                aria-haspopup="dialog"
                tabindex=word(move || chat.interactive.get() && stop.get() != Some(id), "-1")
            >
                <Avatar name hue size=AvatarSize::Medium presence/>
                <span class="member__text">
                    <span class="member__name">
                        <span class="member__label" dir="auto">{name}</span>
                        {part(move || owns.get().then(|| view! {
                            <Icon name="crown"/>
                            <span class="visually-hidden">"Owner"</span>
                        }))}
                    </span>
                </span>
            </a>
        </li>
    }
}

/// The way to members that are not fetched yet.
fn rest(chat: Chat, guild: &GuildEntry) -> AnyView {
    let (known, count) = (guild.members.clone(), guild.member_count.clone());
    let missing = Memo::new(move |_| {
        usize::try_from(count.get()).unwrap_or(usize::MAX).saturating_sub(known.with(Vec::len))
    });
    let guild = guild.clone();
    let busy = RwSignal::new(false);
    let fetch = move |guild: GuildEntry| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let (store, toasts) = (chat.store(), chat.toasts());
        let after = guild.members.with_untracked(|members| members.last().map(|member| member.user.id));
        spawn_local(async move {
            match members(guild.id(), after).await {
                Ok(page) => store.add_members(&guild, page),
                Err(Refusal(error)) => toasts.failed("Members could not be loaded", error.to_string()),
            }
            busy.try_set(false);
        });
    };
    part(move || {
        let (missing, guild) = (missing.get(), guild.clone());
        (missing > 0).then(|| {
            view! {
                <button
                    class="button button--ghost button--block needs-script"
                    type="button"
                    aria-busy=word(move || busy.get(), "true")
                    on:click=move |_| fetch(guild.clone())
                >
                    {[&missing.to_string(), " more"].concat()}
                </button>
            }
        })
    })
}
