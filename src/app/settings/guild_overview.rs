//! `/servers/:guild/settings`: its name, and how to part with it.

use leptos::form::{ActionForm, FromFormData};
use leptos::prelude::*;
use protocol::limits;
use protocol::parse::GuildName;
use protocol::permissions::Permissions;

use super::account::worked;
use super::frame::{Saved, Section};
use super::guild_danger::{DeleteSection, HandOverSection, LeaveSection};
use super::guild_frame::{GuildSettings, may};
use crate::api::guilds::RenameGuild;
use crate::app::controls::{SubmitButton, TextField};
use crate::app::pages::{Checked, about_none_of};
use crate::app::store::{GuildEntry, StoreCtx};
use crate::app::words;

/// Rename, hand over, leave, delete: each for whom it is.
#[component]
pub fn GuildOverviewPage() -> impl IntoView {
    view! { <GuildSettings title="Overview" page=overview/> }
}

fn overview(entry: GuildEntry) -> impl IntoView {
    let StoreCtx(store) = expect_context();
    let me = store.my_id();
    let guild = entry.guild.get_untracked();
    let owns = {
        let guild = entry.guild.clone();
        Memo::new(move |_| guild.with(|guild| guild.owner_id == me))
    };
    let manages = {
        let entry = entry.clone();
        Memo::new(move |_| may(&entry, Permissions::MANAGE_GUILD))
    };
    let (id, name) = (guild.id, entry.guild.clone());
    let rename = name.clone();
    view! {
        {move || {
            if manages.get() {
                view! { <NameSection id name=rename.get_untracked().name/> }.into_any()
            } else {
                let name = rename.with(|guild| guild.name.clone());
                view! { <Section id="g-name" title=words::GUILD_NAME><p dir="auto">{name}</p></Section> }.into_any()
            }
        }}
        {move || {
            if owns.get() {
                view! {
                    <HandOverSection id/>
                    <DeleteSection entry=entry.clone()/>
                }
                .into_any()
            } else {
                view! { <LeaveSection id/> }.into_any()
            }
        }}
    }
}

#[component]
fn NameSection(id: protocol::GuildId, name: String) -> impl IntoView {
    let rename = ServerAction::<RenameGuild>::new();
    let checked = Checked::new(rename);
    view! {
        <Section id="g-name" title="Name">
            <ActionForm
                action=rename
                on:submit:capture=move |event| {
                    checked.check(&event, RenameGuild::from_event(&event).ok(), |form| GuildName::parse(&form.name).err());
                }
            >
                <input type="hidden" name="guild_id" value=id.to_string()/>
                <div class="form-stack">
                    <TextField
                        id="guild-rename"
                        name="name"
                        label=words::GUILD_NAME
                        value=name
                        error=about_none_of(checked.refusal(), &[])
                        max=limits::GUILD_NAME_CHARS
                    />
                    <div class="button-row">
                        <SubmitButton pending=rename.pending()>"Save changes"</SubmitButton>
                        <Saved worked=Signal::derive(move || rename.value().with(|answer| worked(answer.clone())))/>
                    </div>
                </div>
            </ActionForm>
        </Section>
    }
}
