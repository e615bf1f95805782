//! Make a channel or a category.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use protocol::error::Field;
use protocol::parse::ChannelName;
use protocol::{ChannelId, Error, GuildId, limits};

use super::NotFound;
use super::dialogs::{AskPage, Cancel};
use super::refusals::about_none_of;
use crate::api::channels::CreateChannel as CreateChannelCall;
use crate::app::controls::{Icon, SubmitButton, TextField, typed};
use crate::app::form::{Form, Submission};
use crate::app::view::view;
use crate::browser::form::Fields;

/// Where the page is. `parent` is the category to begin under.
pub(super) fn create_channel_path(guild: GuildId, parent: Option<ChannelId>) -> String {
    match parent {
        None => format!("/servers/{guild}/channels/new"),
        Some(parent) => format!("/servers/{guild}/channels/new?parent={parent}"),
    }
}

/// `/servers/:guild/channels/new`.
#[component]
pub fn CreateChannelPage() -> impl IntoView {
    let guild = use_params_map().read_untracked().get_str("guild").and_then(|id| id.parse::<GuildId>().ok());
    let parent =
        use_query_map().read_untracked().get_str("parent").and_then(|id| id.parse::<ChannelId>().ok());
    match guild {
        None => view! { <NotFound/> },
        Some(guild) => view! {
            <AskPage title="Create channel" back=format!("/channels/{guild}")>
                <CreateChannel guild parent/>
            </AskPage>
        },
    }
}

/// Kind and name.
#[component]
pub(super) fn CreateChannel(
    /// In which server.
    guild: GuildId,
    /// Under which category.
    parent: Option<ChannelId>,
    /// Runs when it has worked; the call leads to the channel itself.
    #[prop(optional)]
    done: Option<Callback<()>>,
) -> impl IntoView {
    let create = Submission::of::<CreateChannelCall>();
    create.when_done(done);
    view! {
        <Form to=create check>
            <input type="hidden" name="guild_id" value=guild.to_string()/>
            <input type="hidden" name="parent_id" value=parent.map(|id| id.to_string()).unwrap_or_default()/>
            <div class="dialog__body">
                // A category stands under nothing: who begins under one wants a channel.
                {parent.is_none().then(|| view! { <KindChoice/> })}
                <TextField
                    id="channel-name"
                    name="name"
                    label=Field::ChannelName.label()
                    error=about_none_of(create.refusal(), &[])
                    max=limits::CHANNEL_NAME_CHARS + 1
                    autofocus=true
                />
            </div>
            <div class="dialog__footer">
                <Cancel done/>
                <SubmitButton pending=create.pending()>"Create"</SubmitButton>
            </div>
        </Form>
    }
}

fn check(form: &Fields) -> Option<Error> {
    let name = form.get("name");
    match form.get("kind").as_str() {
        "category" => ChannelName::parse_category(&name).err(),
        _ => ChannelName::parse(&name).err(),
    }
}

#[component]
fn KindChoice() -> impl IntoView {
    let is_category = typed("kind").is_some_and(|kind| kind == "category");
    view! {
        <fieldset class="choice-list">
            <legend class="visually-hidden">"Kind"</legend>
            <label class="choice">
                <input class="radio" type="radio" name="kind" value="text" checked=!is_category/>
                <span class="choice__text with-icon"><Icon name="hash" class="icon--small"/>"Text"</span>
                <span class="choice__hint">"Words and links."</span>
            </label>
            <label class="choice">
                <input class="radio" type="radio" name="kind" value="category" checked=is_category/>
                <span class="choice__text with-icon"><Icon name="folder" class="icon--small"/>"Category"</span>
                <span class="choice__hint">"A heading to sort channels under."</span>
            </label>
        </fieldset>
    }
}
