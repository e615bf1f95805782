//! The frame of all settings: a list of contents beside a sheet, a drawer on narrow screens.

use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::exit::{Exit, ExitDialog};
use crate::app::controls::Icon;
use crate::app::pages::CameFrom;
use crate::app::view::view;

/// One line of the contents.
pub struct Chapter {
    /// Where it leads.
    pub href: String,
    /// Its symbol.
    pub icon: &'static str,
    /// Its words.
    pub words: &'static str,
}

/// Chapters under a heading; the heading may be empty.
pub struct Part {
    /// The words above.
    pub heading: &'static str,
    /// What it holds.
    pub chapters: Vec<Chapter>,
}

/// Contents and sheet.
#[component]
pub(super) fn SettingsFrame(
    /// Whose settings: the name of the list of contents.
    label: &'static str,
    /// Where the arrow, the cross and Escape lead who came here by its address.
    #[prop(into)]
    back: String,
    /// Avatar and name at the head of the contents.
    head: AnyView,
    /// The contents.
    parts: Vec<Part>,
    /// What stands at the end of the contents, such as "Sign out".
    #[prop(optional)]
    foot: Option<AnyView>,
    /// Title of the page.
    title: &'static str,
    /// Sections.
    children: Children,
) -> impl IntoView {
    let back = use_context::<CameFrom>().and_then(CameFrom::path).unwrap_or(back);
    let exit = Exit::watch(back.clone());
    let drawer = RwSignal::new(false);
    let close_link = NodeRef::<html::A>::new();
    focus_in(drawer, close_link);
    view! {
        <Title text=format!("{title}, {label}")/>
        <div class="app" on:click=move |event| exit.clicked(&event)>
            <div
                class="navigation-single"
                id="navigation"
                data-open=move || drawer.get().then_some("")
                on:keydown=move |event| {
                    if event.key() == "Escape" && drawer.get_untracked() {
                        event.prevent_default();
                        drawer.set(false);
                    }
                }
            >
                <nav class="settings-navigation" aria-label=label>
                    <div class="settings-navigation__head">
                        <a class="icon-button" href=back.clone() aria-label="Back">
                            <Icon name="arrow-left" class="icon--mirror"/>
                        </a>
                        {head}
                        <a
                            node_ref=close_link
                            class="icon-button only-narrow settings-navigation__close"
                            href="#conversation"
                            aria-label="Close navigation"
                            on:click=move |event| {
                                event.prevent_default();
                                drawer.set(false);
                            }
                        >
                            <Icon name="close"/>
                        </a>
                    </div>
                    <div class="settings-navigation__scroll">
                        {parts.into_iter().map(|part| view! { <Contents part/> }).collect_view()}
                        {foot}
                    </div>
                </nav>
            </div>
            <a
                class="scrim"
                href="#conversation"
                tabindex="-1"
                aria-hidden="true"
                on:click=move |event| {
                    event.prevent_default();
                    drawer.set(false);
                }
            ></a>
            <div class="sheet">
                <main class="settings" id="conversation" tabindex="-1" inert=move || drawer.get()>
                    <Topbar title back drawer/>
                    <div class="settings__scroll">
                        <div class="settings__inner settings__inner--narrow">{children()}</div>
                    </div>
                </main>
            </div>
        </div>
        <ExitDialog exit/>
    }
}

/// The focus goes into a drawer that opens.
fn focus_in(drawer: RwSignal<bool>, close_link: NodeRef<html::A>) {
    Effect::new(move |_| {
        if drawer.get()
            && let Some(close) = close_link.get()
        {
            // Not focusable only while it is not shown, and then there is no drawer.
            _ = close.focus();
        }
    });
}

#[component]
fn Topbar(title: &'static str, back: String, drawer: RwSignal<bool>) -> impl IntoView {
    view! {
        <header class="topbar">
            <a
                class="icon-button only-narrow"
                href="#navigation"
                aria-label="Open navigation"
                on:click=move |event| {
                    event.prevent_default();
                    drawer.set(true);
                }
            >
                <Icon name="menu"/>
            </a>
            <h1 class="topbar__title"><span>{title}</span></h1>
            <div class="topbar__actions">
                <a class="icon-button" href=back aria-label="Close settings"><Icon name="close"/></a>
            </div>
        </header>
    }
}

#[component]
fn Contents(part: Part) -> impl IntoView {
    let here = use_location().pathname;
    let chapters = part
        .chapters
        .into_iter()
        .map(|Chapter { href, icon, words }| {
            let target = href.clone();
            let current = move || here.with(|here| (*here == target).then_some("page"));
            view! {
                <li>
                    <a class="nav-row" href=href aria-current=current>
                        <Icon name=icon/>
                        <span class="truncate">{words}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        {(!part.heading.is_empty())
            .then(|| view! { <h2 class="settings-navigation__heading">{part.heading}</h2> })}
        <ul>{chapters}</ul>
    }
}

/// A part of a settings page.
#[component]
pub(super) fn Section(
    /// Unique on the page.
    id: &'static str,
    /// Its heading.
    #[prop(into)]
    title: String,
    /// What it is for.
    #[prop(optional, into)]
    lead: Option<String>,
    /// Forms and lists.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="settings-section" aria-labelledby=id>
            <div class="settings-section__head">
                <h2 id=id>{title}</h2>
                {lead.map(|lead| view! { <p>{lead}</p> })}
            </div>
            {children()}
        </section>
    }
}

/// Says that a form was saved, once it was.
#[component]
pub(super) fn Saved(
    /// The last call worked.
    #[prop(into)]
    worked: Signal<bool>,
    /// What happened.
    #[prop(default = "Saved.")]
    text: &'static str,
) -> impl IntoView {
    view! { <span class="muted" role="status">{move || worked.get().then_some(text)}</span> }
}
