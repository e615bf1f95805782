//! `/servers/:guild/settings`: its name, and how to part with it.

use leptos::prelude::*;
use protocol::parse::GuildName;
use protocol::permissions::Permissions;
use protocol::{Error, limits};

use super::frame::Section;
use super::guild_danger::{DeleteSection, HandOverSection, LeaveSection};
use super::guild_frame::{GuildSettings, may};
use super::saving::Saving;
use crate::api::guilds::RenameGuild;
use crate::app::controls::TextField;
use crate::app::form::{Form, Submission};
use crate::app::pages::about_none_of;
use crate::app::store::{GuildEntry, StoreCtx};
use crate::app::view::view;
use crate::app::words;
use crate::browser::form::Fields;

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
                view! { <NameSection id name=rename.get_untracked().name/> }
            } else {
                let name = rename.with(|guild| guild.name.clone());
                view! { <Section id="g-name" title=words::GUILD_NAME><p dir="auto">{name}</p></Section> }
            }
        }}
        {move || {
            if owns.get() {
                view! {
                    <HandOverSection id/>
                    <DeleteSection entry=entry.clone()/>
                }
            } else {
                view! { <LeaveSection id/> }
            }
        }}
    }
}

fn check_name(form: &Fields) -> Option<Error> {
    GuildName::parse(&form.get("name")).err()
}

#[component]
fn NameSection(id: protocol::GuildId, name: String) -> impl IntoView {
    let rename = Submission::of::<RenameGuild>();
    view! {
        <Section id="g-name" title="Name">
            <Form to=rename check=check_name>
                <input type="hidden" name="guild_id" value=id.to_string()/>
                <Saving save=rename>
                    <TextField
                        id="guild-rename"
                        name="name"
                        label=words::GUILD_NAME
                        value=name
                        error=about_none_of(rename.refusal(), &[])
                        max=limits::GUILD_NAME_CHARS
                    />
                </Saving>
            </Form>
        </Section>
    }
}
