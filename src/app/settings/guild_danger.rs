//! What cannot be taken back: handing a server over, leaving it, deleting it.

use leptos::prelude::*;
use protocol::GuildId;
use protocol::entity::ChannelKind;

use super::frame::{Saved, Section};
use crate::api::guilds::{DeleteGuild, LeaveGuild, TransferGuild};
use crate::app::controls::{FormAlert, SubmitButton, TextField};
use crate::app::form::{Form, Submission};
use crate::app::pages::about_none_of;
use crate::app::store::GuildEntry;
use crate::app::view::view;
use crate::app::words;

/// For its owner: make somebody else the owner.
#[component]
pub(super) fn HandOverSection(id: GuildId) -> impl IntoView {
    let transfer = Submission::of::<TransferGuild>();
    view! {
        <Section id="g-hand-over" title="Hand over" lead="The new owner can do everything; you stay as a member.">
            <Form to=transfer>
                <input type="hidden" name="guild_id" value=id.to_string()/>
                <div class="form-stack">
                    <TextField
                        id="new-owner"
                        name="username"
                        label="Username of the new owner"
                        hint="Has to be a member already."
                        error=about_none_of(transfer.refusal(), &[])
                    />
                    <div class="button-row">
                        <SubmitButton class="" pending=transfer.pending()>"Hand over"</SubmitButton>
                        <Saved
                            worked=transfer.worked()
                            text="Handed over."
                        />
                    </div>
                </div>
            </Form>
        </Section>
    }
}

/// For everybody else: leave.
#[component]
pub(super) fn LeaveSection(id: GuildId) -> impl IntoView {
    let leave = Submission::of::<LeaveGuild>();
    view! {
        <Section id="g-leave" title="Leave" lead="You can come back with an invite. Your messages stay.">
            // Two steps: without an invite there is no way back.
            <details class="confirm">
                <summary class="button button--danger-ghost">"Leave…"</summary>
                <div class="confirm__body">
                    <Form to=leave>
                        <input type="hidden" name="guild_id" value=id.to_string()/>
                        <div class="form-stack">
                            <FormAlert error=about_none_of(leave.refusal(), &[])/>
                            <div class="button-row">
                                <SubmitButton class="button--danger" pending=leave.pending()>{words::LEAVE_GUILD}</SubmitButton>
                            </div>
                        </div>
                    </Form>
                </div>
            </details>
        </Section>
    }
}

/// For its owner: delete it for everybody, with its name typed.
#[component]
pub(super) fn DeleteSection(entry: GuildEntry) -> impl IntoView {
    let delete = Submission::of::<DeleteGuild>();
    let typed = RwSignal::new(String::new());
    // Without script nothing is typed here, and the backend alone compares.
    let interactive = RwSignal::new(false);
    Effect::new(move |_| interactive.set(true));
    let id = entry.id();
    let name = {
        let guild = entry.guild.clone();
        Memo::new(move |_| guild.with(|guild| guild.name.clone()))
    };
    let differs =
        Signal::derive(move || interactive.get() && typed.with(|typed| typed.trim() != name.read().as_str()));
    let loss = move || {
        let members = entry.member_count.get();
        let channels = entry
            .channels
            .with(|channels| channels.iter().filter(|channel| channel.kind == ChannelKind::Text).count());
        format!(
            "{members} {} {channels} {}. This cannot be undone.",
            if members == 1 { "member loses" } else { "members lose" },
            if channels == 1 {
                "channel with everything written in it"
            } else {
                "channels with everything written in them"
            },
        )
    };
    view! {
        <Section id="g-delete" title="Delete for everyone">
            <p>{loss}</p>
            <Form to=delete>
                <input type="hidden" name="guild_id" value=id.to_string()/>
                <div class="form-stack">
                    <TextField
                        id="delete-confirmation"
                        name="confirmation"
                        label=Signal::derive(move || name.with(|name| ["Type “", name, "” to confirm"].concat()))
                        error=about_none_of(delete.refusal(), &[])
                        on_input=move |text: String| typed.set(text)
                    />
                    <div class="button-row">
                        <SubmitButton class="button--danger" pending=delete.pending() disabled=differs>
                            {words::DELETE_GUILD}
                        </SubmitButton>
                    </div>
                </div>
            </Form>
        </Section>
    }
}
