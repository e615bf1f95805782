//! Files that have no message yet, as they are seen: in the message box, and under a message that waits for them.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::entity::Attachment;
use protocol::{ChannelId, Error, limits};

use super::attachments::size;
use super::closures::{part, text};
use super::context::Chat;
use super::files::{PendingFile, Progress};
use super::settling::focus_composer;
use crate::app::controls::{Icon, Key, keyed};
use crate::app::view::view;

/// The files of the message that is being written.
pub(super) fn tray(chat: Chat, channel: ChannelId) -> AnyView {
    let files = chat.files();
    let some = {
        let files = files.clone();
        Memo::new(move |_| !files.in_tray(channel).is_empty())
    };
    part(move || {
        let files = files.clone();
        some.get().then(|| {
            view! {
                <ul class="upload-tray" aria-label="Files to send">
                    {keyed(move || files.in_tray(channel), |file| Key::Number(file.key), move |file| pending(chat, file))}
                </ul>
            }
        })
    })
}

fn pending(chat: Chat, file: PendingFile) -> AnyView {
    let PendingFile { name, progress, description, is_spoiler, .. } = file.clone();
    let failed = {
        let progress = progress.clone();
        Signal::derive(move || progress.with(|at| matches!(at, Progress::Failed(_))))
    };
    let (said, hidden, pressed) = (description.clone(), is_spoiler.clone(), is_spoiler);
    let remove = ["Remove ", &name].concat();
    view! {
        <li class="upload" class:upload--failed=failed>
            {picture(&progress)}
            <span class="upload__name" title=name.clone() dir="auto">{name.clone()}</span>
            {state(chat, &file)}
            <input
                class="input upload__description"
                aria-label="Alt text"
                placeholder="Alt text"
                maxlength=limits::ALT_TEXT_CHARS.to_string()
                autocomplete="off"
                prop:value=move || said.get()
                on:input=move |event| description.set(event_target_value(&event))
                on:keydown=move |event| if event.key() == "Enter" && !event.is_composing() {
                    // It says what the picture shows; the message is sent from its own box.
                    event.prevent_default();
                    focus_composer();
                }
            />
            <div class="upload__tools">
                <button
                    class="icon-button icon-button--small"
                    type="button"
                    aria-label="Hide as a spoiler"
                    title="Hide as a spoiler"
                    aria-pressed=text(move || hidden.get().to_string())
                    on:click=move |_| pressed.update(|hidden| *hidden = !*hidden)
                >
                    <Icon name="eye-off"/>
                </button>
                <button
                    class="icon-button icon-button--small icon-button--danger"
                    type="button"
                    aria-label=remove.clone()
                    title=remove
                    on:click=move |_| {
                        chat.files().remove(&file);
                        focus_composer();
                    }
                >
                    <Icon name="trash"/>
                </button>
            </div>
        </li>
    }
}

/// What the others will see of it, as soon as the backend has looked at it.
fn picture(progress: &ArcRwSignal<Progress>) -> AnyView {
    let progress = progress.clone();
    part(move || {
        Some(progress.with(|at| match at {
            Progress::Here(file @ Attachment { width: Some(width), height: Some(height), .. }) => {
                let source = file.preview_path().unwrap_or_else(|| file.path());
                let (width, height) = (width.to_string(), height.to_string());
                view! { <img class="upload__preview" src=source alt="" width=width height=height/> }
            }
            at => {
                let icon = if matches!(at, Progress::Failed(_)) { "warning" } else { "file" };
                view! { <span class="upload__preview"><Icon name=icon class="icon--large"/></span> }
            }
        }))
    })
}

/// How far it is, or why it is not.
fn state(chat: Chat, file: &PendingFile) -> AnyView {
    let file = file.clone();
    part(move || match file.progress.get() {
        Progress::Here(_) => None,
        Progress::Failed(error) => {
            let key = file.key;
            let again = move |_| chat.files().again(|other| other.key == key);
            let words = match error {
                Error::TooLarge => ["Larger than ", &size(chat.store().file_bytes), "."].concat(),
                _ => error.to_string(),
            };
            Some(view! {
                <p class="upload__problem" role="alert">{words}</p>
                {error.is_temporary().then(|| view! {
                    <button class="message__state-action" type="button" on:click=again>"Try again"</button>
                })}
            })
        }
        _ => Some(bar(&file)),
    })
}

fn bar(file: &PendingFile) -> AnyView {
    let progress = file.progress.clone();
    let percent = text(move || match progress.get() {
        Progress::Sending(percent) => percent.to_string(),
        Progress::Here(_) => "100".to_owned(),
        _ => "0".to_owned(),
    });
    view! { <progress class="progress" max="100" value=percent aria-label=["Uploading ", &file.name].concat()></progress> }
}

/// The files that a message waits for, each with how far it is.
pub(super) fn of_message(chat: Chat, nonce: Arc<str>) -> AnyView {
    let files = chat.files();
    view! {
        <ul class="upload-list" aria-label="Files on their way">
            {keyed(move || files.of_message(&nonce), |file| Key::Number(file.key), move |file| on_its_way(chat, file))}
        </ul>
    }
}

fn on_its_way(chat: Chat, file: PendingFile) -> AnyView {
    let progress = file.progress.clone();
    let (name, whole) = (file.name.clone(), file.size);
    let cancel = ["Cancel ", &name].concat();
    let sent = text(move || match progress.get() {
        Progress::Here(_) => size(whole),
        Progress::Sending(percent) => {
            [&size(whole / 100 * u64::from(percent)), " of ", &size(whole)].concat()
        }
        Progress::Failed(error) => error.to_string(),
        Progress::Waiting => ["Next: ", &size(whole)].concat(),
    });
    let bar = bar(&file);
    view! {
        <li class="file-card">
            <Icon name="upload"/>
            <span class="file-card__text">
                <span class="file-card__name" dir="auto">{name}</span>
                <span class="file-card__meta">{sent}</span>
            </span>
            <button class="icon-button" type="button" aria-label=cancel.clone() title=cancel on:click=move |_| chat.files().remove(&file)>
                <Icon name="close"/>
            </button>
            {bar}
        </li>
    }
}
