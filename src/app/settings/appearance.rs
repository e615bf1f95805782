//! `/settings/appearance`: choose by looking.

use leptos::prelude::*;
use protocol::entity::{Density, Settings, TextSize, Theme};

use super::frame::Section;
use super::saving::Saving;
use super::user_frame::UserFrame;
use crate::api::accounts::UpdateSettings;
use crate::app::controls::{Avatar, FormAlert, Segmented};
use crate::app::form::{Form, Submission};
use crate::app::pages::about_none_of;
use crate::app::shell::theme_attribute;
use crate::app::store::StoreCtx;
use crate::app::view::view;

/// Shows a look on the page at once. Browser only.
pub fn show_look(look: Settings) {
    let Some(root) = document().document_element() else { return };
    // Attribute names are valid, so none of these can fail.
    _ = match theme_attribute(look) {
        Some(theme) => root.set_attribute("data-theme", theme),
        None => root.remove_attribute("data-theme"),
    };
    _ = root.set_attribute("data-density", look.density.as_str());
    _ = root.set_attribute("data-text-size", look.text_size.as_str());
}

/// Theme, density, text size. What is chosen shows at once and stays when it is saved.
#[component]
pub fn AppearancePage() -> impl IntoView {
    let StoreCtx(store) = expect_context();
    let first = store.me.with_untracked(|me| me.settings);
    let draft = RwSignal::new(first);
    let saved = ArcRwSignal::new(first);
    let save = Submission::of::<UpdateSettings>();
    Effect::new({
        let saved = saved.clone();
        move |_| {
            show_look(draft.get());
            let saved = saved.clone();
            // Also when the page is left: a look that was not saved does not stay.
            on_cleanup(move || show_look(saved.get_untracked()));
        }
    });
    // What was sent is saved, and not what is chosen while it is on its way.
    let sent = StoredValue::new(first);
    Effect::new(move |_| {
        if save.pending().get() {
            sent.set_value(draft.get_untracked());
        }
    });
    Effect::new({
        let saved = saved.clone();
        move |_| {
            if save.done().get() > 0 {
                saved.set(sent.get_value());
            }
        }
    });
    let discarded = move |()| draft.set(saved.get_untracked());
    view! {
        <UserFrame title="Appearance">
            <Form to=save>
                <Saving save class="settings__inner" unsaved="Shown, not saved yet." discarded>
                    <FormAlert error=about_none_of(save.refusal(), &[])/>
                    <ThemeSection draft/>
                    <MessagesSection draft/>
                </Saving>
            </Form>
        </UserFrame>
    }
}

#[component]
fn ThemeSection(draft: RwSignal<Settings>) -> impl IntoView {
    let chosen = draft.with_untracked(|look| look.theme);
    let options = Theme::ALL
        .iter()
        .map(|theme| {
            let theme = *theme;
            let words = match theme {
                Theme::System => "System",
                Theme::Light => "Light",
                Theme::Dark => "Dark",
            };
            view! {
                <label class="theme-option">
                    <img src=format!("/theme-{}.svg", theme.as_str()) alt="" width="168" height="104"/>
                    <span class="theme-option__label">
                        <input
                            class="radio"
                            type="radio"
                            name="theme"
                            value=theme.as_str()
                            checked=theme == chosen
                            on:change=move |_| draft.update(|look| look.theme = theme)
                        />
                        {words}
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <Section id="a-theme" title="Theme" lead="“System” follows your device from day to night.">
            <div class="theme-options" role="radiogroup" aria-labelledby="a-theme">{options}</div>
        </Section>
    }
}

#[component]
fn MessagesSection(draft: RwSignal<Settings>) -> impl IntoView {
    let look = draft.get_untracked();
    let density = |density: &Density| match density {
        Density::Cozy => (Density::Cozy.as_str(), "Cozy"),
        Density::Compact => (Density::Compact.as_str(), "Compact"),
    };
    let size = |size: &TextSize| match size {
        TextSize::Small => (TextSize::Small.as_str(), "Small"),
        TextSize::Normal => (TextSize::Normal.as_str(), "Normal"),
        TextSize::Large => (TextSize::Large.as_str(), "Large"),
        TextSize::Larger => (TextSize::Larger.as_str(), "Larger"),
    };
    view! {
        <Section id="a-messages" title="Messages">
            <Preview/>
            <div>
                <div class="setting-row">
                    <p class="setting-row__title">"Density"</p>
                    <p class="setting-row__hint">"Compact puts name and words on one line and hides pictures."</p>
                    <Segmented
                        name="density"
                        label="Density"
                        options=Density::ALL.iter().map(density).collect()
                        selected=look.density.as_str()
                        on_change=move |value: String| {
                            draft.update(|look| look.density = Density::from_text(&value).unwrap_or_default());
                        }
                    />
                </div>
                <div class="setting-row">
                    <p class="setting-row__title">"Text size"</p>
                    <p class="setting-row__hint">"Scales the whole app. Browser zoom works too."</p>
                    <Segmented
                        name="text_size"
                        label="Text size"
                        options=TextSize::ALL.iter().map(size).collect()
                        selected=look.text_size.as_str()
                        on_change=move |value: String| {
                            draft.update(|look| look.text_size = TextSize::from_text(&value).unwrap_or_default());
                        }
                    />
                </div>
            </div>
        </Section>
    }
}

/// Three messages of two people, as the conversation shows them.
#[component]
fn Preview() -> impl IntoView {
    view! {
        <div class="appearance-preview" aria-hidden="true">
            <FirstRow name="Mara Lindqvist" hue=11 time="11:52" text="The beam tells you where to go without an arrow."/>
            <article class="message">
                <div class="message__gutter"><span class="message__gutter-time">"11:53"</span></div>
                <div class="message__content"><div class="message__body prose"><p>"Ship it."</p></div></div>
            </article>
            <FirstRow name="Eun-ji Park" hue=8 time="11:54" text="Shipping."/>
        </div>
    }
}

#[component]
fn FirstRow(name: &'static str, hue: u8, time: &'static str, text: &'static str) -> impl IntoView {
    view! {
        <article class="message message--first">
            <div class="message__gutter"><Avatar name hue/></div>
            <div class="message__content">
                <header class="message__header">
                    <span class="message__author" data-hue=hue.to_string()>{name}</span>
                    <span class="message__time">{time}</span>
                </header>
                <div class="message__body prose"><p>{text}</p></div>
            </div>
        </article>
    }
}
