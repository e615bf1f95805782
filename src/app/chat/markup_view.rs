//! The text of a message as views. No HTML of a stranger is ever parsed: the tree comes from
//! `protocol::markup`, and every text in it becomes a text node.

use leptos::html::custom;
use leptos::prelude::*;
use protocol::Timestamp;
use protocol::markup::{self, Block, Inline, List};
use protocol::search::{Piece, pieces};

use super::closures::{text, word};
use super::context::{Chat, channel_name};
use super::{sending, times};
use crate::api::document::origin;
use crate::app::controls::Icon;
use crate::app::pages::{Address, parse_address};
use crate::app::view::view;

/// The body of a message: its text, with "(edited)" at the end of it.
pub(super) fn message_body(chat: Chat, content: &str, edited_at: Option<Timestamp>) -> AnyView {
    marked_body(chat, content, edited_at, &[])
}

/// The same, with what was looked for marked in it.
pub(super) fn marked_body(
    chat: Chat,
    content: &str,
    edited_at: Option<Timestamp>,
    hits: &[String],
) -> AnyView {
    let document = markup::parse(content);
    let jumbo = markup::is_emoji_only(&document);
    let mut tail = edited_at.map(|at| {
        let clock = chat.store().clock.clone();
        let title = text(move || ["Edited ", &times::moment(at, &clock.get())].concat());
        view! { <span class="message__edited" title=title>"(edited)"</span> }
    });
    let blocks = document.blocks;
    let last = blocks.len().saturating_sub(1);
    let mut views: Vec<AnyView> = blocks
        .into_iter()
        .enumerate()
        .map(|(at, block)| {
            let is_text = matches!(block, Block::Paragraph(_));
            let tail = if at == last && is_text { tail.take() } else { None };
            block_view(chat, block, tail, hits)
        })
        .collect();
    views.extend(tail.map(|tail| view! { <p>{tail}</p> }));
    let class = if jumbo { "message__body prose prose--jumbo" } else { "message__body prose" };
    view! { <div class=class dir="auto">{views}</div> }
}

fn block_view(chat: Chat, block: Block, tail: Option<AnyView>, hits: &[String]) -> AnyView {
    match block {
        Block::Paragraph(content) => view! { <p>{inlines(chat, content, hits)}{tail}</p> },
        // The page's own headings end at 3; a message's begin below that.
        Block::Heading { level, content } => {
            let tag = match level {
                1 => "h4",
                2 => "h5",
                _ => "h6",
            };
            plain(tag, inlines(chat, content, hits))
        }
        Block::Quote(blocks) => {
            let inner: Vec<AnyView> =
                blocks.into_iter().map(|block| block_view(chat, block, None, hits)).collect();
            plain("blockquote", inner)
        }
        Block::List(list) => list_view(chat, list, hits),
        Block::Code { language, text } => code_view(chat, language, text, hits),
    }
}

fn list_view(chat: Chat, list: List, hits: &[String]) -> AnyView {
    let List { ordered, start, items } = list;
    let items: Vec<AnyView> = items
        .into_iter()
        .map(|item| {
            let children: Vec<AnyView> =
                item.children.into_iter().map(|list| list_view(chat, list, hits)).collect();
            view! { <li>{inlines(chat, item.content, hits)}{children}</li> }
        })
        .collect();
    if ordered {
        view! { <ol start=(start != 1).then(|| start.to_string())>{items}</ol> }
    } else {
        view! { <ul>{items}</ul> }
    }
}

fn code_view(chat: Chat, language: Option<String>, text: String, hits: &[String]) -> AnyView {
    let label = match &language {
        Some(language) => ["Code, ", language].concat(),
        None => "Code".to_owned(),
    };
    let copied = text.clone();
    view! {
        <figure class="code-block">
            <figcaption class="code-block__head">
                <span>{language.unwrap_or_default()}</span>
                <button
                    class="icon-button icon-button--small needs-script"
                    type="button"
                    aria-label="Copy code"
                    on:click=move |_| sending::copy(chat, copied.clone(), "Code copied")
                >
                    <Icon name="copy"/>
                </button>
            </figcaption>
            <pre tabindex="0" role="region" aria-label=label><code>{words(text, hits)}</code></pre>
        </figure>
    }
}

fn inlines(chat: Chat, content: Vec<Inline>, hits: &[String]) -> Vec<AnyView> {
    content.into_iter().map(|inline| inline_view(chat, inline, hits)).collect()
}

fn inline_view(chat: Chat, inline: Inline, hits: &[String]) -> AnyView {
    match inline {
        Inline::Text(text) => words(text, hits),
        Inline::Break => view! { <br/> },
        Inline::Bold(content) => plain("strong", inlines(chat, content, hits)),
        Inline::Italic(content) => plain("em", inlines(chat, content, hits)),
        Inline::Underline(content) => plain("u", inlines(chat, content, hits)),
        Inline::Strike(content) => plain("s", inlines(chat, content, hits)),
        Inline::Spoiler(content) => view! { <Spoiler content=inlines(chat, content, hits)/> },
        Inline::Code(text) => plain("code", vec![words(text, hits)]),
        Inline::Link { url, content } => link(url, inlines(chat, content, hits)),
        Inline::User(id) => {
            let store = chat.store();
            let mine = id == store.my_id();
            let person = store.person(id);
            let name = text(move || {
                person.as_ref().map_or_else(|| "unknown".to_owned(), |p| p.with(|p| p.display_name.clone()))
            });
            let class = if mine { "mention mention--me" } else { "mention" };
            view! { <span class=class>"@" {name}</span> }
        }
        Inline::Channel(id) => channel_mention(chat, id),
    }
}

/// An element without attributes. Each kind that a view names has its own copy of the framework's code; these share one.
fn plain(tag: &'static str, content: Vec<AnyView>) -> AnyView {
    custom(tag).child(content).into_any()
}

/// Text, with what was looked for marked.
fn words(text: String, hits: &[String]) -> AnyView {
    if hits.is_empty() {
        return text.into_any();
    }
    let mark = |piece: Piece<'_>| match (piece.text.to_owned(), piece.is_hit) {
        (text, true) => plain("mark", vec![text.into_any()]),
        (text, false) => text.into_any(),
    };
    pieces(&text, hits).into_iter().map(mark).collect::<Vec<_>>().into_any()
}

/// The path of an address in here. Only what is a conversation as it stands: a stranger wrote it, and the router would
/// follow whatever else it may be resolved to.
fn place_in<'a>(url: &'a str, origin: &str) -> Option<&'a str> {
    let path = url.strip_prefix(origin)?;
    (path.starts_with("/channels/") && matches!(parse_address(path), Address::Known(_))).then_some(path)
}

/// A link leaves the page as it is and opens beside it, but for one to a place in here, which is gone to.
fn link(url: String, content: Vec<AnyView>) -> AnyView {
    let (href, target, rel) = match place_in(&url, &origin()) {
        Some(path) => (path.to_owned(), None, None),
        None => (url, Some("_blank"), Some("noopener noreferrer nofollow ugc")),
    };
    view! { <a href=href target=target rel=rel>{content}</a> }
}

/// A channel's name, leading to it if the person can see it.
fn channel_mention(chat: Chat, id: protocol::ChannelId) -> AnyView {
    let store = chat.store();
    let place = store.guild_of(id).map(|guild| guild.id());
    let name = text(move || channel_name(&store, id).unwrap_or_else(|| "unknown".to_owned()));
    match place {
        Some(guild) => {
            let href = format!("/channels/{guild}/{id}");
            view! { <a class="mention" href=href>"#" {name}</a> }
        }
        None => view! { <span class="mention">"#" {name}</span> },
    }
}

/// Words that stay hidden until they are asked for.
#[component]
fn Spoiler(content: Vec<AnyView>) -> impl IntoView {
    let shown = RwSignal::new(false);
    view! {
        <button
            class="spoiler"
            type="button"
            aria-expanded=Signal::derive(move || Some(if shown.get() { "true" } else { "false" }))
            aria-label=word(move || !shown.get(), "Spoiler, press to show")
            on:click=move |_| shown.update(|shown| *shown = !*shown)
        >
            <span>{content}</span>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::place_in;

    #[test]
    fn only_conversations_of_this_place_are_gone_to() {
        let here = |url| place_in(url, "https://chat.example");
        assert_eq!(here("https://chat.example/channels/5/6/7"), Some("/channels/5/6/7"));
        assert_eq!(here("https://chat.example/channels/@me/6"), Some("/channels/@me/6"));
        for elsewhere in [
            "https://chat.example/channels/..//evil.example/",
            "https://chat.example/channels/%2e%2e//evil.example/",
            "https://chat.example/channels/5/../../settings",
            "https://chat.example/channels/5\\..\\evil",
            "https://chat.example/settings",
            "https://chat.example//evil.example/channels/5",
            "https://chat.example.evil.example/channels/5/6",
            "https://chat.example@evil.example/channels/5/6",
            "http://chat.example/channels/5/6",
            "https://chat.example/channels/5/6?a=b",
        ] {
            assert_eq!(here(elsewhere), None, "{elsewhere}");
        }
    }
}
