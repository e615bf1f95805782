//! Fields that are saved by a button, with the bar that says that they are not saved yet.

use leptos::html;
use leptos::prelude::*;

use crate::app::controls::SubmitButton;
use crate::app::form::Submission;
use crate::app::view::view;
use crate::browser::form::Kept;

/// What a form changes, and the bar at its end. Without script the bar is a button; with script it shows once something
/// was changed. `data-changed` is what [`super::exit`] goes by.
#[component]
pub(super) fn Saving(
    /// What the form calls.
    save: Submission,
    /// Classes of the fields.
    #[prop(default = "form-stack")]
    class: &'static str,
    /// What is said of a change.
    #[prop(default = "Not saved yet.")]
    unsaved: &'static str,
    /// Runs when everything is as it was.
    #[prop(optional, into)]
    discarded: Option<Callback<()>>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let fields = NodeRef::<html::Div>::new();
    let changed = RwSignal::new(save.came_back());
    let form = move || fields.get_untracked().and_then(|fields| Kept::around(&fields));
    let look = move || changed.set(form().is_some_and(|form| form.is_changed()));
    // What was sent is saved, and not what somebody types while it is on its way.
    let sent = StoredValue::new(None);
    Effect::new(move |_| {
        if save.pending().get() {
            sent.set_value(form().map(|form| form.values()));
        }
    });
    Effect::new(move |_| {
        if save.done().get() > 0
            && let Some((form, sent)) = form().zip(sent.get_value())
        {
            form.keep(&sent);
            look();
        }
    });
    let discard = move |_| {
        if let Some(form) = form() {
            form.reset();
            changed.set(false);
        }
        if let Some(discarded) = discarded {
            discarded.run(());
        }
    };
    let status = move || {
        if changed.get() { Some(unsaved) } else { save.worked().get().then_some("Saved.") }
    };
    view! {
        <div node_ref=fields class=class on:input=move |_| look() on:change=move |_| look()>
            {children()}
            <div class="save-bar" data-changed=move || changed.get().then_some("")>
                <p class="save-bar__text" role="status">{status}</p>
                <button class="button button--ghost needs-script" type="button" on:click=discard>"Discard"</button>
                <SubmitButton pending=save.pending()>"Save changes"</SubmitButton>
            </div>
        </div>
    }
}
