//! `/servers/:guild/settings/channels`: order, names, topics, and what goes.

use leptos::prelude::*;
use protocol::entity::{Channel, ChannelKind};
use protocol::error::Field;
use protocol::parse::{ChannelName, Topic};
use protocol::permissions::Permissions;
use protocol::{ChannelId, Error, limits};

use super::frame::Section;
use super::guild_frame::{GuildSettings, may};
use super::saving::Saving;
use crate::api::channels::{DeleteChannel, MoveChannel, UpdateChannel};
use crate::app::controls::{FormAlert, Icon, Key, Select, SubmitButton, TextField, keyed};
use crate::app::form::{Form, Submission};
use crate::app::pages::{CreateChannelOpener, about, about_none_of};
use crate::app::store::GuildEntry;
use crate::app::store::guild::grouped;
use crate::app::view::view;
use crate::browser::form::Fields;

/// The list, each channel with its own forms.
#[component]
pub fn GuildChannelsPage() -> impl IntoView {
    view! { <GuildSettings title="Channels" page=channels/> }
}

/// The calls of the whole list: a row that moves is made anew, and its answer has to outlive it.
#[derive(Clone, Copy)]
struct Calls {
    shift: Submission,
    delete: Submission,
}

/// A channel and where it could go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    channel: Channel,
    /// Its place among its neighbours.
    at: usize,
    /// How many neighbours there are, with it.
    of: usize,
}

/// Everything in the order of the sidebar, categories before what stands under them.
fn places(channels: &[Channel]) -> Vec<Place> {
    let groups = grouped(channels);
    let categories = groups.iter().filter(|group| group.category.is_some()).count();
    let mut places = Vec::with_capacity(channels.len());
    let mut category_at = 0;
    for group in groups {
        if let Some(channel) = group.category {
            places.push(Place { channel, at: category_at, of: categories });
            category_at += 1;
        }
        let of = group.channels.len();
        places.extend(group.channels.into_iter().enumerate().map(|(at, channel)| Place { channel, at, of }));
    }
    places
}

fn channels(entry: GuildEntry) -> impl IntoView {
    let id = entry.id();
    let calls =
        Calls { shift: Submission::of_many::<MoveChannel>(), delete: Submission::of_many::<DeleteChannel>() };
    let known = entry.channels.clone();
    let list = Memo::new(move |_| known.with(|channels| places(channels)));
    let categories = Memo::new(move |_| list.with(|places| category_options(places)));
    let manages = Memo::new(move |_| may(&entry, Permissions::MANAGE_CHANNELS));
    view! {
        <Section id="g-channels" title="Channels and categories" lead="In the order of the sidebar.">
            <FormAlert error=about_none_of(calls.shift.refusal(), &[])/>
            <FormAlert error=about_none_of(calls.delete.refusal(), &[])/>
            {move || {
                manages
                    .get()
                    .then(|| {
                        view! {
                            <div class="button-row">
                                <CreateChannelOpener guild=id class="button" label="">
                                    <Icon name="plus"/>
                                    "Create channel"
                                </CreateChannelOpener>
                            </div>
                        }
                    })
            }}
            <ul class="entry-list">
                // The place is part of the key: a row's forms hold it.
                {keyed(
                    move || list.get(),
                    place_key,
                    move |place| view! { <ChannelRow place calls manages categories/> },
                )}
            </ul>
        </Section>
    }
}

fn place_key(Place { channel, at, of }: &Place) -> Key {
    let parent = channel.parent_id.map(|id| id.get()).unwrap_or_default();
    let numbers = [channel.id.get(), parent].map(|id| id.to_string());
    Key::Text([&numbers.join(" "), " ", &at.to_string(), " ", &of.to_string()].concat().into())
}

#[component]
fn ChannelRow(
    place: Place,
    calls: Calls,
    manages: Memo<bool>,
    categories: Memo<Vec<(String, String)>>,
) -> impl IntoView {
    let Place { channel, at, of } = place;
    let name = channel.name.clone();
    let icon = if channel.kind == ChannelKind::Category { "folder" } else { "hash" };
    let nested = channel.parent_id.is_some();
    let title = view! {
        <Icon name=icon class="icon--small"/>
        <span class="truncate" dir="auto">{name}</span>
    };
    if !manages.get_untracked() {
        return view! { <li class="entry" class:entry--nested=nested><p class="entry__head">{title}</p></li> };
    }
    let update = Submission::about::<UpdateChannel>("channel_id", &channel.id.to_string());
    view! {
        <li class="entry" class:entry--nested=nested>
            // Open when it has a reason to show.
            <details open=update.came_back()>
                <summary class="entry__head">{title}<span class="entry__more">"Edit"</span></summary>
                <div class="entry__body">
                    <EditForm channel=channel.clone() update/>
                    <div class="button-row">
                        <MoveButton channel=channel.clone() to=at.checked_sub(1) words="Move up" icon="chevron-up" calls/>
                        <MoveButton
                            channel=channel.clone()
                            to=Some(at + 1).filter(|to| *to < of)
                            words="Move down"
                            icon="chevron-down"
                            calls
                        />
                    </div>
                    <CategoryForm channel=channel.clone() calls categories/>
                    <DeleteForm channel calls/>
                </div>
            </details>
        </li>
    }
}

fn check_category(form: &Fields) -> Option<Error> {
    ChannelName::parse_category(&form.get("name")).err()
}

fn check_channel(form: &Fields) -> Option<Error> {
    let name = ChannelName::parse(&form.get("name")).err();
    name.or_else(|| Topic::parse(&form.get("topic")).err())
}

#[component]
fn EditForm(channel: Channel, update: Submission) -> impl IntoView {
    let refused = update.refusal();
    let id = channel.id;
    let is_category = channel.kind == ChannelKind::Category;
    let field = if is_category { Field::CategoryName } else { Field::ChannelName };
    let check = if is_category { check_category } else { check_channel };
    view! {
        <Form to=update check>
            <input type="hidden" name="channel_id" value=id.to_string()/>
            <Saving save=update>
                <FormAlert error=about_none_of(refused, &[Field::ChannelName, Field::CategoryName, Field::Topic])/>
                <TextField
                    id=format!("name-{id}")
                    name="name"
                    label=field.label()
                    value=channel.name.clone()
                    error=about(refused, field)
                    max=limits::CHANNEL_NAME_CHARS
                />
                {(!is_category)
                    .then(|| {
                        view! {
                            <TextField
                                id=format!("topic-{id}")
                                name="topic"
                                label=Field::Topic.label()
                                value=channel.topic.clone()
                                error=about(refused, Field::Topic)
                                max=limits::TOPIC_CHARS
                                optional=true
                            />
                        }
                    })}
            </Saving>
        </Form>
    }
}

#[component]
fn MoveButton(
    channel: Channel,
    /// The place to go to; none when it is at the end already.
    to: Option<usize>,
    words: &'static str,
    icon: &'static str,
    calls: Calls,
) -> impl IntoView {
    to.map(|to| {
        let parent = channel.parent_id.map(|id: ChannelId| id.to_string()).unwrap_or_default();
        let label = format!("{words}: {}", channel.name);
        view! {
            <Form to=calls.shift>
                <input type="hidden" name="channel_id" value=channel.id.to_string()/>
                <input type="hidden" name="parent_id" value=parent/>
                <input type="hidden" name="position" value=to.to_string()/>
                <SubmitButton class="button--small" label>
                    <Icon name=icon/>
                    {words}
                </SubmitButton>
            </Form>
        }
    })
}

/// Values and words of everything a channel can stand under.
fn category_options(places: &[Place]) -> Vec<(String, String)> {
    let categories =
        places.iter().map(|place| &place.channel).filter(|channel| channel.kind == ChannelKind::Category);
    let named = categories.map(|category| (category.id.to_string(), category.name.clone()));
    std::iter::once((String::new(), "No category".to_owned())).chain(named).collect()
}

/// Puts a channel on top of another category. Nothing where there is only one place to be.
#[component]
fn CategoryForm(channel: Channel, calls: Calls, categories: Memo<Vec<(String, String)>>) -> impl IntoView {
    let parent = channel.parent_id.map(|id| id.to_string()).unwrap_or_default();
    move || {
        let (options, selected) = (categories.get(), parent.clone());
        (channel.kind != ChannelKind::Category && options.len() > 1).then(|| {
            view! {
                <Form to=calls.shift>
                    <input type="hidden" name="channel_id" value=channel.id.to_string()/>
                    <input type="hidden" name="position" value="0"/>
                    <div class="form-stack">
                        <Select
                            id=format!("category-{}", channel.id)
                            name="parent_id"
                            label="Category"
                            options
                            selected
                        />
                        <div class="button-row">
                            <SubmitButton class="button--small">"Move there"</SubmitButton>
                        </div>
                    </div>
                </Form>
            }
        })
    }
}

/// Two steps, so that no single press loses a channel's history.
#[component]
fn DeleteForm(channel: Channel, calls: Calls) -> impl IntoView {
    let is_category = channel.kind == ChannelKind::Category;
    let loss = if is_category {
        "Its channels stay, without a heading."
    } else {
        "Everything written in it is lost for everyone. This cannot be undone."
    };
    let words = if is_category { "Delete category" } else { "Delete channel" };
    view! {
        <details class="confirm">
            <summary class="button button--small button--danger-ghost">"Delete…"</summary>
            <div class="confirm__body">
                <p>{loss}</p>
                <Form to=calls.delete>
                    <input type="hidden" name="channel_id" value=channel.id.to_string()/>
                    <SubmitButton class="button--danger button--small" pending=calls.delete.pending()>{words}</SubmitButton>
                </Form>
            </div>
        </details>
    }
}
