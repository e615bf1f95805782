//! Pictures of a message in full size, one at a time.

use leptos::prelude::*;
use protocol::entity::Attachment;

use super::closures::{part, text};
use super::context::Chat;
use super::overlay::{close, modal};
use crate::app::controls::Icon;
use crate::app::view::view;
use crate::browser::dom::KeyboardEvent;

/// The pictures, beginning with one of them.
pub(super) fn viewer(chat: Chat, all: Vec<Attachment>, first: usize) -> AnyView {
    let (count, at) = (all.len(), RwSignal::new(first));
    let pictures = StoredValue::new(all);
    let shown = move || pictures.with_value(|all| all.get(at.get()).cloned());
    let step = move |forward: bool| at.update(|at| *at = (*at + if forward { 1 } else { count - 1 }) % count);
    let content = view! {
        <div class="viewer__bar">
            <span class="viewer__place" role="status">
                {text(move || if count > 1 { format!("{} of {count}", at.get() + 1) } else { String::new() })}
            </span>
            {part(move || shown().map(|picture| view! {
                <a
                    class="icon-button"
                    href=picture.path()
                    target="_blank"
                    rel="noopener"
                    aria-label="Open in a new tab"
                    title="Open in a new tab"
                >
                    <Icon name="external"/>
                </a>
                <a
                    class="icon-button"
                    href=picture.path()
                    download=picture.filename
                    aria-label="Download"
                    title="Download"
                >
                    <Icon name="download"/>
                </a>
            }))}
            <button class="icon-button" type="button" aria-label="Close" title="Close" on:click=move |_| close(chat)>
                <Icon name="close"/>
            </button>
        </div>
        // A press beside the picture closes.
        <div class="viewer__stage" on:click=move |event| if event.target() == event.current_target() { close(chat) }>
            {part(move || shown().map(|picture| shown_picture(&picture)))}
        </div>
        {(count > 1).then(|| view! {
            {turn("viewer__turn viewer__turn--back", "Previous picture", "chevron-left", move || step(false))}
            {turn("viewer__turn viewer__turn--on", "Next picture", "chevron-right", move || step(true))}
        })}
    };
    // Keys work wherever in it the keyboard is.
    let keys =
        view! { <div class="viewer__frame" on:keydown=move |event| turned(&event, step)>{content}</div> };
    modal(chat, "viewer", "Picture", keys)
}

fn shown_picture(picture: &Attachment) -> AnyView {
    let Attachment { width, height, description, filename, .. } = picture.clone();
    let said = !description.is_empty();
    let alt = if said { description.clone() } else { filename.clone() };
    view! {
        <figure class="viewer__figure">
            <img
                class="viewer__picture"
                src=picture.path()
                alt=alt
                width=width.map(|width| width.to_string())
                height=height.map(|height| height.to_string())
            />
            <figcaption class="viewer__caption" dir="auto">{if said { description } else { filename }}</figcaption>
        </figure>
    }
}

fn turn(class: &'static str, label: &'static str, icon: &'static str, step: impl Fn() + 'static) -> AnyView {
    view! {
        <button class=["icon-button ", class].concat() type="button" aria-label=label title=label on:click=move |_| step()>
            <Icon name=icon/>
        </button>
    }
}

/// Arrows go from picture to picture.
fn turned(event: &KeyboardEvent, step: impl Fn(bool)) {
    let forward = match event.key().as_str() {
        "ArrowRight" => true,
        "ArrowLeft" => false,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    step(forward);
}
