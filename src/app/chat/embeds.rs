//! What is behind the links of a message: a card for a page, the picture itself for a picture. All of it comes from here;
//! nothing is asked of the other site before somebody follows the link.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use protocol::entity::{Embed, EmbedKind, EmbedPicture};
use protocol::{ChannelId, MessageId};

use super::attachments::fitted;
use super::closures::{Follower, follower, part};
use super::context::Chat;
use super::reactions::keep_keyboard;
use crate::api::Refusal;
use crate::api::previews::{SuppressEmbeds, suppress_embeds};
use crate::app::controls::Icon;
use crate::app::form::CallField;
use crate::app::store::timeline::Row;
use crate::app::view::view;

/// Pixels across from which on a picture that is wider than high stands below the words, as wide as the card.
const WIDE: u32 = 480;

/// All of them, while there are any.
pub(super) fn embeds(chat: Chat, row: &Row, id: Follower<Option<MessageId>>) -> AnyView {
    let entry = row.entry.clone();
    let shown = follower(move || entry.with(|entry| entry.message.embeds.clone()));
    let entry = row.entry.clone();
    part(move || {
        let id = id.get()?;
        let (channel, may) =
            entry.with_untracked(|entry| (entry.message.channel_id, chat.may_delete(&entry.message)));
        shown.with(|shown| {
            let views: Vec<AnyView> =
                shown.iter().map(|embed| one(embed, may.then(|| remove(chat, channel, id)))).collect();
            (!views.is_empty()).then(|| view! { <div class="message__extras">{views}</div> })
        })
    })
}

fn one(embed: &Embed, remove: Option<AnyView>) -> AnyView {
    let url = embed.url.clone();
    let picture = embed.picture.as_ref();
    if embed.kind == EmbedKind::Image {
        return picture
            .map_or_else(|| ().into_any(), |picture| alone(picture, url, &embed.site_name, remove));
    }
    let description = embed.description.clone();
    view! {
        <article class="embed" aria-label="Link preview">
            <p class="embed__site"><Icon name="globe" class="icon--tiny"/><bdi>{embed.site_name.clone()}</bdi></p>
            {remove}
            <h4 class="embed__title" dir="auto">
                <a href=url target="_blank" rel="noopener noreferrer nofollow">{embed.title.clone()}</a>
            </h4>
            {(!description.is_empty()).then(|| view! { <p class="embed__text" dir="auto">{description}</p> })}
            {picture.map(beside)}
        </article>
    }
}

/// The picture of a card. What it shows is in the words beside it.
fn beside(picture: &EmbedPicture) -> AnyView {
    let EmbedPicture { width, height, .. } = *picture;
    let class = if width >= WIDE && width > height { "embed__image" } else { "embed__thumbnail" };
    view! {
        <img
            class=class
            src=picture.path()
            alt=""
            width=width.to_string()
            height=height.to_string()
            loading="lazy"
            decoding="async"
        />
    }
}

/// A picture that was linked to, in the room it needs before it is here.
fn alone(picture: &EmbedPicture, url: String, site: &str, remove: Option<AnyView>) -> AnyView {
    let (width, height) = fitted((picture.width, picture.height));
    view! {
        <article class="embed-picture" aria-label="Link preview">
            <a href=url target="_blank" rel="noopener noreferrer nofollow">
                <img
                    src=picture.path()
                    alt=["Picture from ", site].concat()
                    width=width.to_string()
                    height=height.to_string()
                    loading="lazy"
                    decoding="async"
                />
            </a>
            {remove}
        </article>
    }
}

/// Takes all previews of the message away. What changes on screen comes as an event.
fn remove(chat: Chat, channel: ChannelId, id: MessageId) -> AnyView {
    let toasts = chat.toasts();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let toasts = toasts.clone();
        spawn_local(async move {
            match suppress_embeds(channel, id).await {
                Ok(()) => keep_keyboard(id),
                Err(Refusal(error)) => toasts.failed("Preview not removed", error.to_string()),
            }
        });
    };
    view! {
        <form class="embed__remove" method="post" on:submit=send>
            <CallField of=SuppressEmbeds::PATH/>
            <input type="hidden" name="channel_id" value=channel.to_string()/>
            <input type="hidden" name="message_id" value=id.to_string()/>
            <button class="icon-button icon-button--small" type="submit" aria-label="Remove preview"><Icon name="close"/></button>
        </form>
    }
}
