//! A dialog that asks before something is lost. The focus is on what keeps it.

use leptos::prelude::*;

use super::Dialog;
use crate::app::view::view;

/// Asks, while `open` is true.
#[component]
pub fn Question(
    /// Unique on the page.
    id: &'static str,
    /// What it asks.
    title: &'static str,
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Words of the button that changes nothing.
    keep: &'static str,
    /// Words of the button that does it.
    act: &'static str,
    /// Does it; the dialog closes by itself.
    acted: Callback<()>,
    /// What is lost.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    let confirm = move |_| {
        open.set(false);
        acted.run(());
    };
    view! {
        <Dialog id title=title.to_owned() open>
            <div class="dialog__body">{children.with_value(|children| children())}</div>
            <div class="dialog__footer">
                <button class="button button--ghost" type="button" autofocus=true on:click=move |_| open.set(false)>
                    {keep}
                </button>
                <button class="button button--danger" type="button" on:click=confirm>{act}</button>
            </div>
        </Dialog>
    }
}
