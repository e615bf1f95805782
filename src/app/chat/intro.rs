//! What stands above the first message: the beginning of the channel, or the way to what is older.

use leptos::prelude::*;
use protocol::ChannelId;
use protocol::entity::Channel;
use protocol::permissions::Permissions;
use protocol::snapshot::{Anchor, Place};

use super::closures::{part, text};
use super::context::{Chat, channel_name};
use crate::app::controls::{EmptyState, Icon};
use crate::app::pages::InviteOpener;
use crate::app::store::Stage;
use crate::app::store::timeline::Timeline;
use crate::app::view::view;

/// The top of a timeline.
#[component]
pub(super) fn Intro(
    /// Whose.
    timeline: Timeline,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let channel = timeline.channel;
    let (stage, edges) = (timeline.stage.clone(), timeline.edges.clone());
    let older = Memo::new(move |_| edges.get().older);
    let stage = Memo::new(move |_| stage.get());
    move || {
        match stage.get() {
            Stage::Listed => skeleton(),
            Stage::Refused(_) => view! {
                <EmptyState
                    icon="offline"
                    title="Could not load this channel".to_owned()
                    text="No messages arrived. Your draft is kept.".to_owned()
                >
                    <button class="button" type="button" on:click=move |_| chat.live().page(channel, Anchor::Latest)>
                        "Try again"
                    </button>
                </EmptyState>
            },
            Stage::Loaded if older.get() => {
                let timeline = timeline.clone();
                // Script fetches older messages by itself; without it the page around the oldest one has them.
                let href = move || {
                    timeline.slots.track();
                    timeline.oldest_id().map(|id| format!("{}/{id}#m{id}", chat.channel_path(channel)))
                };
                view! { <p class="channel-intro no-script"><a class="link" href=href>"Older messages"</a></p> }
            }
            Stage::Loaded => beginning(chat, channel),
        }
    }
}

/// Three rows in the size of what will come.
fn skeleton() -> AnyView {
    (0..3)
        .map(|_| {
            view! {
                <div class="message message--first" aria-hidden="true">
                    <div class="message__gutter"><span class="skeleton skeleton--avatar"></span></div>
                    <div class="message__content">
                        <span class="skeleton skeleton--text skeleton--name"></span>
                        <span class="skeleton skeleton--text"></span>
                        <span class="skeleton skeleton--text skeleton--half"></span>
                    </div>
                </div>
            }
        })
        .collect_view()
        .into_any()
}

/// A thread begins where it was started from, which may be gone.
fn beginning_of_thread(channel: Channel) -> AnyView {
    let Channel { guild_id, parent_id, thread, .. } = channel;
    let (starter, gone) = thread.map_or((None, false), |thread| (thread.starter_id, thread.starter_gone));
    let start = parent_id.zip(starter).map(|(parent, starter)| {
        if gone {
            return view! { <p>"The message it was started from was deleted."</p> };
        }
        let href = format!("/channels/{guild_id}/{parent}/{starter}");
        view! { <p><a href=href>"To the message it was started from"</a></p> }
    });
    view! {
        <div class="channel-intro">
            <span class="channel-intro__mark"><Icon name="thread"/></span>
            <h2>"This is the start of " <span dir="auto">{channel.name}</span></h2>
            {start}
        </div>
    }
}

fn beginning(chat: Chat, channel: ChannelId) -> AnyView {
    let store = chat.store();
    if let Some(thread) = store.guild_of(channel).and_then(|guild| guild.thread(channel)) {
        return beginning_of_thread(thread);
    }
    match chat.place.get_untracked() {
        Place::Guild { guild, .. } => {
            let names = store.clone();
            let name = text(move || channel_name(&names, channel).unwrap_or_default());
            let topics = store.clone();
            let topic = part(move || {
                let guild = topics.guild_of(channel)?;
                let topic = guild.channels.with(|channels| {
                    channels.iter().find(|known| known.id == channel).map(|known| known.topic.clone())
                });
                let topic = topic.filter(|topic| !topic.is_empty())?;
                Some(view! { <p dir="auto">{topic}</p> })
            });
            let may_invite = move || {
                store
                    .guild(guild)
                    .is_some_and(|guild| guild.access.get().guild.contains(Permissions::CREATE_INVITE))
            };
            view! {
                <div class="channel-intro">
                    <span class="channel-intro__mark"><Icon name="hash"/></span>
                    <h2>"This is the start of #" {name}</h2>
                    {topic}
                    {part(move || may_invite().then(|| view! {
                        <div class="button-row">
                            <InviteOpener guild class="button" label=""><Icon name="user-plus"/>"Invite people"</InviteOpener>
                        </div>
                    }))}
                </div>
            }
        }
        _ => {
            let name =
                text(move || store.recipient(channel).map(|user| chat.name_of(&user)).unwrap_or_default());
            view! {
                <div class="channel-intro">
                    <span class="channel-intro__mark"><Icon name="message"/></span>
                    <h2>"This is the start of your messages with " {name}</h2>
                    <p>"Only the two of you can read them here."</p>
                </div>
            }
        }
    }
}
