//! Short notes about the result of something done elsewhere on the page. Never the only record of an error.

use std::time::Duration;

use leptos::prelude::*;

use super::{Icon, Key, keyed};
use crate::app::view::view;

/// How long a toast stays: long enough to read two lines, short enough not to pile up.
const SHOWN_FOR: Duration = Duration::from_secs(5);
/// More than three cover what somebody is reading.
const AT_ONCE: usize = 3;

/// What a toast is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ToastKind {
    /// Something to know.
    #[default]
    Note,
    /// Something worked.
    Done,
    /// Something did not work.
    Failed,
}

impl ToastKind {
    const fn class(self) -> &'static str {
        match self {
            Self::Note => "toast",
            Self::Done => "toast toast--live",
            Self::Failed => "toast toast--danger",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Note => "info",
            Self::Done => "check-circle",
            Self::Failed => "warning",
        }
    }
}

/// One note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// What it is about.
    pub kind: ToastKind,
    /// What happened.
    pub text: String,
    /// What to do about it, or nothing.
    pub detail: String,
}

/// The notes on screen. Clone it into whatever outlives the component that asked for it.
#[derive(Clone, Default)]
pub struct Toasts {
    shown: ArcRwSignal<Vec<(u32, Toast)>>,
    last_key: ArcRwSignal<u32>,
}

impl Toasts {
    /// Shows a note; the oldest makes room.
    pub fn show(&self, toast: Toast) {
        let key = self.last_key.try_update(|key| {
            *key = key.wrapping_add(1);
            *key
        });
        let Some(key) = key else { return };
        self.shown.update(|shown| {
            shown.push((key, toast));
            let surplus = shown.len().saturating_sub(AT_ONCE);
            shown.drain(..surplus);
        });
    }

    /// Says that something worked.
    pub fn done(&self, text: impl Into<String>) {
        self.show(Toast { kind: ToastKind::Done, text: text.into(), detail: String::new() });
    }

    /// Says that something did not work.
    pub fn failed(&self, text: impl Into<String>, detail: impl Into<String>) {
        self.show(Toast { kind: ToastKind::Failed, text: text.into(), detail: detail.into() });
    }

    fn dismiss(&self, key: u32) {
        self.shown.update(|shown| shown.retain(|(shown, _)| *shown != key));
    }
}

/// Makes [`use_toasts`] work below the caller.
pub fn provide_toasts() -> Toasts {
    let toasts = Toasts::default();
    provide_context(toasts.clone());
    toasts
}

/// The notes of this page. Without [`provide_toasts`] above, the notes go nowhere.
pub fn use_toasts() -> Toasts {
    use_context::<Toasts>().unwrap_or_default()
}

/// Where the notes appear. Once per page.
#[component]
pub fn Toaster() -> impl IntoView {
    let toasts = use_toasts();
    let shown = toasts.shown.clone();
    view! {
        <section class="toast-region" aria-label="Notices" aria-live="polite">
            {keyed(
                move || shown.get(),
                |(key, _)| Key::Number(i64::from(*key)),
                move |(key, toast)| view! { <ToastCard key toast toasts=toasts.clone()/> },
            )}
        </section>
    }
}

#[component]
fn ToastCard(key: u32, toast: Toast, toasts: Toasts) -> impl IntoView {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(Some(timer)) = timer.try_update_value(Option::take) {
            timer.clear();
        }
    };
    let start = {
        let toasts = toasts.clone();
        move || {
            stop();
            let toasts = toasts.clone();
            let handle = set_timeout_with_handle(move || toasts.dismiss(key), SHOWN_FOR).ok();
            timer.try_update_value(|timer| *timer = handle);
        }
    };
    Effect::new({
        let start = start.clone();
        move |_| start()
    });
    on_cleanup(stop);
    let resume = start.clone();
    view! {
        <div
            class=toast.kind.class()
            on:pointerenter=move |_| stop()
            on:pointerleave=move |_| start()
            on:focusin=move |_| stop()
            on:focusout=move |_| resume()
        >
            <Icon name=toast.kind.icon()/>
            <p class="toast__text">
                {toast.text}
                {(!toast.detail.is_empty()).then(|| view! { <small>{toast.detail}</small> })}
            </p>
            <div class="toast__actions">
                <button
                    class="icon-button icon-button--small"
                    type="button"
                    aria-label="Dismiss"
                    on:click=move |_| toasts.dismiss(key)
                >
                    <Icon name="close"/>
                </button>
            </div>
        </div>
    }
}
