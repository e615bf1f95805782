//! Who is writing, in a line with reserved room under the message box.

use std::time::Duration;

use leptos::prelude::*;
use protocol::ChannelId;

use super::closures::part;
use super::context::Chat;
use crate::app::controls::Chord;
use crate::app::view::view;
use crate::browser::time;

/// How often names whose time is up are taken away.
const SWEEP: Duration = Duration::from_millis(500);

/// One, two or three names, then "and N others".
#[component]
pub(super) fn Typing(
    /// Where.
    channel: ChannelId,
) -> impl IntoView {
    let chat: Chat = expect_context();
    let Some(timeline) = chat.store().timeline(channel) else { return ().into_any() };
    let typing = timeline.typing.clone();
    Effect::new(move |_| {
        if typing.with(Vec::is_empty) {
            return;
        }
        // Changing the list runs this again, so it sweeps for as long as somebody is in it.
        let typing = typing.clone();
        set_timeout(
            move || {
                let now = time::now_ms();
                typing.update(|typing| typing.retain(|typist| typist.until_ms > now));
            },
            SWEEP,
        );
    });
    let typing = timeline.typing.clone();
    let names = Memo::new(move |_| {
        typing.with(|typing| typing.iter().map(|typist| chat.name_of(&typist.user)).collect::<Vec<_>>())
    });
    view! {
        <div class="typing" role="status">
            {part(move || names.with(|names| (!names.is_empty()).then(|| line(names))))}
        </div>
    }
}

fn line(names: &[String]) -> AnyView {
    let name = |at: usize| names.get(at).map(|name| view! { <b><bdi>{name.clone()}</bdi></b> });
    let words = match names.len() {
        1 => view! { {name(0)} " is typing" },
        2 => view! { {name(0)} " and " {name(1)} " are typing" },
        3 => view! { {name(0)} ", " {name(1)} " and " {name(2)} " are typing" },
        count => {
            let others = [" and ", &(count - 2).to_string(), " others are typing"].concat();
            view! { {name(0)} ", " {name(1)} {others} }
        }
    };
    view! { <Chord/><span>{words}</span> }
}
