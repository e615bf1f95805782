//! Start a thread.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use protocol::error::Field;
use protocol::parse::ThreadName;
use protocol::{ChannelId, Error, GuildId, MessageId, limits};

use super::NotFound;
use super::dialogs::{AskPage, Cancel};
use super::refusals::about_none_of;
use crate::api::threads::CreateThread;
use crate::app::controls::{SubmitButton, TextField};
use crate::app::form::{Form, Submission};
use crate::app::view::view;
use crate::browser::form::Fields;

/// Where the page is: in a channel of a guild, about a message of it.
pub(in crate::app) fn start_thread_path(guild: GuildId, channel: ChannelId, message: MessageId) -> String {
    format!("/servers/{guild}/threads/new?channel={channel}&message={message}")
}

/// `/servers/:guild/threads/new`.
#[component]
pub fn StartThreadPage() -> impl IntoView {
    let guild = use_params_map().read_untracked().get_str("guild").and_then(|id| id.parse::<GuildId>().ok());
    let query = use_query_map();
    let channel = query.read_untracked().get_str("channel").and_then(|id| id.parse::<ChannelId>().ok());
    let message = query.read_untracked().get_str("message").and_then(|id| id.parse::<MessageId>().ok());
    match guild.zip(channel) {
        None => view! { <NotFound/> },
        Some((guild, channel)) => view! {
            <AskPage title="Start thread" back=format!("/channels/{guild}/{channel}")>
                <StartThread channel message/>
            </AskPage>
        },
    }
}

/// Its name.
#[component]
pub(super) fn StartThread(
    /// In which channel.
    channel: ChannelId,
    /// About which message; none for one that begins empty.
    message: Option<MessageId>,
    /// Runs when it has worked; the call leads to the thread itself.
    #[prop(optional)]
    done: Option<Callback<()>>,
) -> impl IntoView {
    let create = Submission::of::<CreateThread>();
    create.when_done(done);
    view! {
        <Form to=create check>
            <input type="hidden" name="channel_id" value=channel.to_string()/>
            {message.map(|message| view! { <input type="hidden" name="message_id" value=message.to_string()/> })}
            <div class="dialog__body">
                <TextField
                    id="thread-name"
                    name="name"
                    label=Field::ThreadName.label()
                    error=about_none_of(create.refusal(), &[])
                    max=limits::THREAD_NAME_CHARS + 1
                    autofocus=true
                />
            </div>
            <div class="dialog__footer">
                <Cancel done/>
                <SubmitButton pending=create.pending()>"Start thread"</SubmitButton>
            </div>
        </Form>
    }
}

fn check(form: &Fields) -> Option<Error> {
    ThreadName::parse(&form.get("name")).err()
}
