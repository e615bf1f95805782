//! A modal dialog on the browser's own `<dialog>`: it traps the focus, closes on Escape and gives the focus back.

use leptos::html;
use leptos::prelude::*;

use super::Icon;
use crate::app::view::view;

/// A titled dialog, open while `open` is true. Its content is built when it opens and thrown away when it
/// closes, so a form starts empty each time.
#[component]
pub fn Dialog(
    /// Unique on the page.
    id: &'static str,
    /// What it asks or is for.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is open. Closing it by Escape, backdrop or button sets this to false.
    open: RwSignal<bool>,
    /// Classes besides `dialog`.
    #[prop(optional)]
    class: &'static str,
    /// Body and footer: `dialog__body`, `dialog__footer`.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let content = NodeRef::<html::Div>::new();
    let children = StoredValue::new(children);
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    // A press that starts inside, such as selecting text, and ends on the backdrop does not close.
    let pressed_outside = StoredValue::new(false);

    Effect::new(move |_| {
        let (open, content) = (open.get(), content.get());
        let Some(dialog) = dialog.get() else { return };
        // The content comes first, so that the browser finds the field marked `autofocus`.
        let ready = content.is_some_and(|content| content.is_connected());
        if open && ready && !dialog.open() {
            // Fails only for an element outside the document, and then there is nothing to show.
            _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });

    view! {
        <dialog
            node_ref=dialog
            class=format!("dialog {class}")
            id=id
            aria-labelledby=labelled_by
            on:close=move |_| open.set(false)
            on:pointerdown=move |event| {
                pressed_outside.set_value(event.target() == event.current_target());
            }
            on:click=move |event| {
                if pressed_outside.get_value() && event.target() == event.current_target() {
                    open.set(false);
                }
            }
        >
            <Show when=move || open.get()>
                <div node_ref=content>
                    <div class="dialog__header">
                        <h2 class="dialog__title" id=title_id.clone()>{move || title.get()}</h2>
                        <button class="icon-button" type="button" aria-label="Close" on:click=move |_| open.set(false)>
                            <Icon name="close"/>
                        </button>
                    </div>
                    {children.with_value(|children| children())}
                </div>
            </Show>
        </dialog>
    }
}
