//! Text to take along: a read-only field with a button that copies it.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;

use super::Icon;
use crate::app::view::view;
use crate::browser::clipboard;

/// A read-only field and "Copy". Where the browser gives no clipboard (a page without TLS), the text is
/// selected instead and the line below says what to press.
#[component]
pub fn CopyField(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// The words above it.
    #[prop(into)]
    label: String,
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let note = RwSignal::new("");
    let held = StoredValue::new(text.clone());
    let copy = move |_| {
        if let Some(field) = field.get_untracked() {
            field.select();
        }
        spawn_local_scoped_with_cancellation(async move {
            let worked = clipboard::copy(&held.get_value()).await;
            note.try_set(if worked { "Copied." } else { "Selected. Copy it with your keyboard." });
        });
    };
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>{label}</label>
            <div class="copy-row">
                <input
                    node_ref=field
                    class="input"
                    id=id
                    type="text"
                    readonly=true
                    value=text
                    on:focus=move |_| {
                        if let Some(field) = field.get_untracked() {
                            field.select();
                        }
                    }
                />
                <button class="button button--primary needs-script" type="button" on:click=copy>
                    <Icon name="copy"/>
                    "Copy"
                </button>
            </div>
            <p class="field__hint" role="status">{move || note.get()}</p>
        </div>
    }
}
