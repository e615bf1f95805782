//! One message: gutter and content, grouped with its neighbours, in whatever state it is.

use leptos::prelude::*;
use protocol::MessageId;
use protocol::entity::{Message, MessageKind, Quoted, User};

use super::attachments::attachments;
use super::closures::{Follower, follower, part, text};
use super::context::{Chat, Screen};
use super::editor::Editor;
use super::embeds::embeds;
use super::markup_view::{Words, message_body};
use super::no_script::MessageForms;
use super::reactions::reactions;
use super::thread_line::thread_line;
use super::unsent::delivery;
use super::{profile, times};
use crate::app::controls::{Avatar, AvatarSize, Icon};
use crate::app::store::layout::Layout;
use crate::app::store::timeline::{Delivery, Entry, Row, RowKey};
use crate::app::view::view;
use crate::app::words;

/// A row of the timeline. Runs once for each row; everything that can change is a closure over its signals.
#[component]
pub(super) fn MessageRow(
    /// The row.
    row: Row,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let layout = row.layout.clone();
    let is_system = row.entry.with_untracked(|entry| entry.message.kind.is_system());
    let article = if is_system { system_row(chat, &row) } else { person_row(chat, row) };
    view! {
        {part(move || layout.with(|layout| layout.divider).then(|| unread_divider(chat)))}
        {article}
    }
}

/// The line between what was read and what is new.
fn unread_divider(chat: Chat) -> AnyView {
    let store = chat.store();
    let words = move || {
        let Screen::Channel(channel) = chat.screen.get() else { return String::new() };
        let read = store.timeline(channel).and_then(|timeline| timeline.divider.get());
        let clock = store.clock.get();
        read.map_or_else(String::new, |id| {
            ["New since ", &times::time_of_day(id.created_at(), &clock)].concat()
        })
    };
    view! {
        <div class="unread-divider" role="separator" aria-label="New messages"><span>{words}</span></div>
    }
}

fn tab_stop(layout: &ArcRwSignal<Layout>) -> Signal<Option<&'static str>> {
    let layout = layout.clone();
    Signal::derive(move || Some(if layout.with(|layout| layout.last) { "0" } else { "-1" }))
}

/// Somebody joined or left.
fn system_row(chat: Chat, row: &Row) -> AnyView {
    let message = row.entry.with_untracked(|entry| entry.message.clone());
    let person = chat.store().person_of(&message.author);
    let (icon, words) = match message.kind {
        MessageKind::Leave => ("arrow-left", [" left the ", words::GUILD, ". "].concat()),
        _ => ("arrow-right", [" joined the ", words::GUILD, ". Say hello. "].concat()),
    };
    let clock = chat.store().clock.clone();
    let at = message.created_at();
    view! {
        <article
            class="message message--first message--system"
            id=format!("m{}", message.id)
            tabindex=tab_stop(&row.layout)
            aria-label="System message"
        >
            <div class="message__gutter"><Icon name=icon/></div>
            <div class="message__content">
                <div class="message__body">
                    <b><bdi>{text(move || person.with(|user| user.display_name.clone()))}</bdi></b>
                    {words}
                </div>
                <time class="message__time" datetime=at.to_string()>
                    {text(move || times::moment(at, &clock.get()))}
                </time>
            </div>
        </article>
    }
}

/// What the parts of a person's row need.
#[derive(Clone)]
struct Parts {
    chat: Chat,
    row: Row,
    /// Beginning of the ids of the parts. It stays the same when the message gets its own id.
    prefix: String,
    /// The message's id, once it has one.
    id: Follower<Option<MessageId>>,
    /// Whether it begins a group.
    first: Follower<bool>,
    author: User,
    /// What the author is called now.
    name: Signal<String>,
}

fn person_row(chat: Chat, row: Row) -> AnyView {
    let prefix = match &row.key {
        RowKey::Message(id) => format!("m{id}"),
        RowKey::Own(nonce) => format!("n{nonce}"),
    };
    let entry = row.entry.clone();
    let id = follower(move || entry.with(Entry::id));
    let layout = row.layout.clone();
    let first = follower(move || layout.with(|layout| layout.first));
    let author = row.entry.with_untracked(|entry| entry.message.author.clone());
    let person = chat.store().person_of(&author);
    let name = Signal::derive(move || person.with(|user| user.display_name.clone()));
    let parts = Parts { chat, row, prefix, id, first, author, name };
    let labels = [&parts.prefix, "-author ", &parts.prefix, "-time"].concat();
    let (reply, gutter, head) = (reply_line(&parts), gutter(&parts), head(&parts));
    let (body, delivery, forms) = (body(&parts), delivery(chat, &parts.row), forms(&parts));
    let (embeds, reactions) = (embeds(chat, &parts.row, id), reactions(chat, &parts.row, id));
    let thread = thread_line(chat, &parts.row);
    view! {
        <article
            class=row_class(&parts)
            id=row_id(&parts)
            tabindex=tab_stop(&parts.row.layout)
            aria-labelledby=labels
        >
            {reply}
            <div class="message__gutter">{gutter}</div>
            <div class="message__content">
                {head}
                {body}
                {embeds}
                {delivery}
                {reactions}
                {thread}
                {forms}
            </div>
        </article>
    }
}

/// Where links to the message lead.
fn row_id(parts: &Parts) -> Signal<Option<String>> {
    let id = parts.id;
    Signal::derive(move || id.get().map(|id| format!("m{id}")))
}

fn row_class(parts: &Parts) -> Signal<String> {
    let Parts { chat, row, id, .. } = parts.clone();
    text(move || {
        let id = id.get();
        let answered = chat.replying.with(|reply| reply.as_ref().map(|message| message.id));
        let selected = id.is_some() && (answered == id || chat.target() == id);
        let first = row.layout.with(|layout| layout.first);
        row.entry.with(|Entry { message, delivery }| {
            let mut class = String::with_capacity(48);
            class.push_str("message");
            for (holds, name) in [
                (first, " message--first"),
                (message.reply_to.is_some(), " message--reply"),
                (is_for_me(chat, message), " message--mention"),
                (selected, " message--selected"),
                (matches!(delivery, Delivery::Pending | Delivery::Unknown), " message--pending"),
                (matches!(delivery, Delivery::Failed(_)), " message--failed"),
            ] {
                if holds {
                    class.push_str(name);
                }
            }
            class
        })
    })
}

/// Whether a message of the conversation on screen addresses the person. Tracks.
fn is_for_me(chat: Chat, message: &Message) -> bool {
    let guild = if message.mention_roles.is_empty() { None } else { chat.guild() };
    let roles = guild.map(|guild| guild.own_roles.get()).unwrap_or_default();
    message.addresses(chat.store().my_id(), &roles)
}

/// Which message this answers.
fn reply_line(parts: &Parts) -> AnyView {
    let Parts { chat, row, .. } = parts.clone();
    let quoted = follower(move || {
        row.entry
            .with(|entry| entry.message.reply_to.clone().map(|quoted| (entry.message.channel_id, quoted)))
    });
    part(move || quoted.get().map(|(channel, quoted)| quote(chat, channel, quoted)))
}

fn quote(chat: Chat, channel: protocol::ChannelId, quoted: Quoted) -> AnyView {
    let Quoted { id, preview } = quoted;
    let Some(preview) = preview else {
        return view! {
            <span class="message__reply">
                <Icon name="reply" class="icon--mirror"/>
                <span class="message__reply-text">"The first message was deleted"</span>
            </span>
        };
    };
    let person = chat.store().person_of(&preview.author);
    let name = Signal::derive(move || person.with(|user| user.display_name.clone()));
    let hue = preview.author.hue();
    let href = format!("{}/{id}#m{id}", chat.channel_path(channel));
    view! {
        <a class="message__reply" href=href>
            <Icon name="reply" class="icon--mirror"/>
            <span class="visually-hidden">"Reply to "</span>
            <Avatar name hue size=AvatarSize::Tiny/>
            <span class="message__reply-author" data-hue=hue.to_string() dir="auto">{name}</span>
            <span class="message__reply-text" dir="auto">{text(move || chat.excerpt(&preview.content))}</span>
        </a>
    }
}

/// The picture of the first of a group, the time of the others.
fn gutter(parts: &Parts) -> AnyView {
    let parts = parts.clone();
    part(move || {
        if parts.first.get() {
            return Some(person(&parts, true, view! { <Avatar name=parts.name hue=parts.author.hue()/> }));
        }
        let clock = parts.chat.store().clock.clone();
        let at = sent_at(&parts);
        let time = view! {
            <time
                class="message__gutter-time"
                id=[&parts.prefix, "-time"].concat()
                datetime=text(move || at.get().to_string())
            >
                <a href=permalink(&parts) tabindex=parts.chat.link_tab_stop>
                    {text(move || times::time_of_day(at.get(), &clock.get()))}
                </a>
            </time>
        };
        Some(time)
    })
}

/// Name or picture of the author, which opens their card. The picture is the same again, for pointers only.
fn person(parts: &Parts, is_picture: bool, content: AnyView) -> AnyView {
    let id = parts.author.id;
    let hidden = is_picture.then_some("true");
    let tab_stop = if is_picture { Signal::stored(Some("-1")) } else { parts.chat.link_tab_stop };
    view! {
        <a
            href=profile::link(parts.chat, id)
            data-person=id.to_string()
            tabindex=tab_stop
            aria-hidden=hidden
        >
            {content}
        </a>
    }
}

fn sent_at(parts: &Parts) -> Signal<protocol::Timestamp> {
    let entry = parts.row.entry.clone();
    Signal::derive(move || entry.with(|entry| entry.message.created_at()))
}

/// Name and time of the first of a group; the others have a name for those who cannot see where they stand.
fn head(parts: &Parts) -> AnyView {
    let parts = parts.clone();
    part(move || {
        let author_id = [&parts.prefix, "-author"].concat();
        if !parts.first.get() {
            return Some(view! { <span class="visually-hidden" id=author_id>{parts.name}</span> });
        }
        let clock = parts.chat.store().clock.clone();
        let at = sent_at(&parts);
        let time = {
            let clock = clock.clone();
            text(move || times::time_of_day(at.get(), &clock.get()))
        };
        let day = text(move || times::day_word(at.get(), &clock.get()));
        let header = view! {
            <header class="message__header">
                <h3 class="message__author" id=author_id data-hue=parts.author.hue().to_string()>
                    {person(&parts, false, view! { {parts.name} })}
                </h3>
                <time
                    class="message__time"
                    id=[&parts.prefix, "-time"].concat()
                    datetime=text(move || at.get().to_string())
                >
                    <a href=permalink(&parts) tabindex=parts.chat.link_tab_stop>
                        <span class="message__day-word">{day}</span>
                        {time}
                    </a>
                </time>
            </header>
        };
        Some(header)
    })
}

/// The address of the message; none before it has one.
fn permalink(parts: &Parts) -> Signal<Option<String>> {
    let (chat, id) = (parts.chat, parts.id);
    let channel = parts.row.entry.with_untracked(|entry| entry.message.channel_id);
    Signal::derive(move || id.get().map(|id| format!("{}/{id}", chat.channel_path(channel))))
}

fn body(parts: &Parts) -> AnyView {
    let Parts { chat, row, id, .. } = parts.clone();
    let entry = row.entry.clone();
    let words = follower(move || {
        entry.with(|Entry { message, .. }| (Words::of(message), message.attachments.clone()))
    });
    let edits = follower(move || id.get().is_some() && chat.editing.get() == id.get());
    part(move || {
        if edits.get() {
            let message = row.entry.with_untracked(|entry| entry.message.clone());
            return Some(view! { <Editor message/> });
        }
        Some(words.with(|(words, files)| {
            let body = words.as_ref().map(|words| message_body(chat, words, &[]));
            view! { {body}{attachments(files)} }
        }))
    })
}

/// The forms of the page that is about this one message, for readers without script.
fn forms(parts: &Parts) -> AnyView {
    let Parts { chat, row, id, .. } = parts.clone();
    part(move || {
        let here = id.get().is_some() && chat.target() == id.get();
        here.then(|| {
            let message = row.entry.with_untracked(|entry| entry.message.clone());
            view! { <MessageForms message/> }
        })
    })
}
