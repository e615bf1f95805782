//! The text of a message as views. No HTML of a stranger is ever parsed: the tree comes from
//! `protocol::markup`, and every text in it becomes a text node.

use leptos::html::custom;
use leptos::prelude::*;
use protocol::entity::Message;
use protocol::markup::{self, Block, Inline, List};
use protocol::search::{Piece, pieces};
use protocol::{RoleId, Timestamp};

use super::closures::{text, word};
use super::context::{Chat, channel_name, role_name};
use super::{sending, times};
use crate::api::document::origin;
use crate::app::controls::Icon;
use crate::app::pages::{Address, parse_address};
use crate::app::view::view;

/// What the body of a message is made of.
#[derive(Clone, PartialEq)]
pub(super) struct Words {
    content: String,
    edited_at: Option<Timestamp>,
    /// Whether `@everyone` and `@here` call anybody; otherwise they are text,
    everyone: bool,
    /// and so are all roles but these.
    roles: Vec<RoleId>,
}

impl Words {
    /// Those of a message; none when files say it all.
    pub(super) fn of(message: &Message) -> Option<Self> {
        (!message.content.is_empty()).then(|| Self {
            content: message.content.clone(),
            edited_at: message.edited_at,
            everyone: message.mention_everyone,
            roles: message.mention_roles.clone(),
        })
    }
}

/// What is to be known while a tree becomes views.
#[derive(Clone, Copy)]
struct Look<'a> {
    chat: Chat,
    words: &'a Words,
    hits: &'a [String],
}

/// The body of a message: its text, with "(edited)" at the end of it, and with what was looked for marked in it.
pub(super) fn message_body(chat: Chat, words: &Words, hits: &[String]) -> AnyView {
    let document = markup::parse(&words.content);
    let jumbo = markup::is_emoji_only(&document);
    let look = Look { chat, words, hits };
    let mut tail = words.edited_at.map(|at| {
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
            block_view(look, block, tail)
        })
        .collect();
    views.extend(tail.map(|tail| view! { <p>{tail}</p> }));
    let class = if jumbo { "message__body prose prose--jumbo" } else { "message__body prose" };
    view! { <div class=class dir="auto">{views}</div> }
}

fn block_view(look: Look<'_>, block: Block, tail: Option<AnyView>) -> AnyView {
    match block {
        Block::Paragraph(content) => view! { <p>{inlines(look, content)}{tail}</p> },
        // The page's own headings end at 3; a message's begin below that.
        Block::Heading { level, content } => {
            let tag = match level {
                1 => "h4",
                2 => "h5",
                _ => "h6",
            };
            plain(tag, inlines(look, content))
        }
        Block::Quote(blocks) => {
            let inner: Vec<AnyView> = blocks.into_iter().map(|block| block_view(look, block, None)).collect();
            plain("blockquote", inner)
        }
        Block::List(list) => list_view(look, list),
        Block::Code { language, text } => code_view(look, language, text),
    }
}

fn list_view(look: Look<'_>, list: List) -> AnyView {
    let List { ordered, start, items } = list;
    let items: Vec<AnyView> = items
        .into_iter()
        .map(|item| {
            let children: Vec<AnyView> =
                item.children.into_iter().map(|list| list_view(look, list)).collect();
            view! { <li>{inlines(look, item.content)}{children}</li> }
        })
        .collect();
    if ordered {
        view! { <ol start=(start != 1).then(|| start.to_string())>{items}</ol> }
    } else {
        view! { <ul>{items}</ul> }
    }
}

fn code_view(look: Look<'_>, language: Option<String>, text: String) -> AnyView {
    let label = match &language {
        Some(language) => ["Code, ", language].concat(),
        None => "Code".to_owned(),
    };
    let (chat, copied) = (look.chat, text.clone());
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
            <pre tabindex="0" role="region" aria-label=label><code>{words(text, look.hits)}</code></pre>
        </figure>
    }
}

fn inlines(look: Look<'_>, content: Vec<Inline>) -> Vec<AnyView> {
    content.into_iter().map(|inline| inline_view(look, inline)).collect()
}

fn inline_view(look: Look<'_>, inline: Inline) -> AnyView {
    match inline {
        Inline::Text(text) => words(text, look.hits),
        Inline::Break => view! { <br/> },
        Inline::Bold(content) => plain("strong", inlines(look, content)),
        Inline::Italic(content) => plain("em", inlines(look, content)),
        Inline::Underline(content) => plain("u", inlines(look, content)),
        Inline::Strike(content) => plain("s", inlines(look, content)),
        Inline::Spoiler(content) => view! { <Spoiler content=inlines(look, content)/> },
        Inline::Code(text) => plain("code", vec![words(text, look.hits)]),
        Inline::Link { url, content } => link(url, inlines(look, content)),
        Inline::User(id) => {
            let store = look.chat.store();
            let mine = id == store.my_id();
            let person = store.person(id);
            let name = text(move || {
                person.as_ref().map_or_else(|| "unknown".to_owned(), |p| p.with(|p| p.display_name.clone()))
            });
            let class = if mine { "mention mention--me" } else { "mention" };
            view! { <span class=class>"@" {name}</span> }
        }
        Inline::Channel(id) => channel_mention(look.chat, id),
        Inline::Role(id) => role_mention(look, id),
        Inline::Everyone | Inline::Here => {
            let call = inline.call().unwrap_or_default();
            if look.words.everyone {
                view! { <span class="mention">{call}</span> }
            } else {
                words(call.to_owned(), look.hits)
            }
        }
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

/// A role's name: a mention where it calls those who have it, and text like any other where not.
fn role_mention(look: Look<'_>, id: RoleId) -> AnyView {
    let store = look.chat.store();
    if look.words.roles.contains(&id) {
        let name = text(move || role_name(&store, id).unwrap_or_else(|| "unknown role".to_owned()));
        return view! { <span class="mention">"@" {name}</span> };
    }
    let typed = untrack(|| role_name(&store, id));
    words(typed.map_or_else(|| format!("<@&{id}>"), |name| ["@", &name].concat()), look.hits)
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
