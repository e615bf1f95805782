//! The emoji picker: search, groups, recently used ones. Its list is a file, fetched when it is first opened.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use protocol::MessageId;

use super::closures::part;
use super::context::{Chat, MenuAt};
use super::popup::Popup;
use super::reacting::react;
use super::suggesting::rank_emoji;
use crate::app::controls::use_toasts;
use crate::app::later::{Arriving, NOT_FETCHED, here, when_here};
use crate::app::view::view;
use crate::browser::dom::{self, Element, Event, HtmlElement, KeyboardEvent, MouseEvent};
use crate::browser::emoji::{self, Emoji, Group};
use crate::browser::focus;

/// Emoji in a row, as the style has it.
const COLUMNS: usize = 9;
/// Emoji that are remembered: two rows.
pub(super) const RECENT: usize = 18;
/// Results shown of a search; whoever needs more types another letter.
const FOUND: usize = 90;

/// Opens the picker below what was pressed.
pub(super) fn open(chat: Chat, message: MessageId, event: &MouseEvent) {
    if let Some(pressed) = dom::listener(event) {
        open_below(chat, message, &pressed);
    }
}

/// Opens the picker below a message.
pub(super) fn open_at_row(chat: Chat, message: MessageId) {
    if let Some(row) = focus::by_id(&row_id(message)) {
        open_below(chat, message, &row);
    }
}

fn open_below(chat: Chat, message: MessageId, element: &Element) {
    let (x, y) = dom::below(element);
    let toasts = use_toasts();
    when_here(fetch_picker, move |is_here| {
        if is_here {
            chat.picking.set(Some(MenuAt { message, x, y }));
        } else {
            toasts.failed("Not loaded", NOT_FETCHED);
        }
    });
}

fn fetch_picker() -> Arriving<()> {
    Box::pin(fetch())
}

#[wasm_split(picker, wasm_split_path = leptos::wasm_split, fallible, preload(fetch))]
fn show(chat: Chat, at: MenuAt) -> Result<AnyView, SplitLoaderError> {
    Ok(picker(chat, at))
}

/// The picker, while it is open.
#[component]
pub(super) fn EmojiPicker() -> impl IntoView {
    let chat: Chat = expect_context();
    part(move || chat.picking.get().and_then(|at| here(Box::pin(show(chat, at)))))
}

fn close(chat: Chat) {
    if chat.picking.try_get_untracked().flatten().is_some() {
        chat.picking.set(None);
    }
}

/// Closes it and gives the keyboard back to the message.
fn leave(chat: Chat, message: MessageId) {
    close(chat);
    if let Some(row) = focus::by_id(&row_id(message)) {
        focus::focus_in_place(&row);
    }
}

fn choose(chat: Chat, message: MessageId, button: &HtmlElement) {
    let Some(chosen) = button.text_content() else { return };
    emoji::used(chat.store().my_id(), &chosen, RECENT);
    react(chat, message, &chosen, true);
    leave(chat, message);
}

fn picker(chat: Chat, at: MenuAt) -> AnyView {
    let message = at.message;
    let list = List { groups: RwSignal::new(None), failed: RwSignal::new(false) };
    list.fetch(chat);
    let (query, named) = (RwSignal::new(String::new()), RwSignal::new(None));
    let content = view! {
        <div class="emoji-picker__search">
            <input
                class="input"
                type="search"
                aria-label="Search emoji"
                placeholder="Search emoji"
                autocomplete="off"
                prop:value=query
                on:input=move |event| {
                    query.set(event_target_value(&event));
                    // What Enter takes.
                    request_animation_frame(move || {
                        let first = buttons().into_iter().next().filter(|_| !query.get_untracked().is_empty());
                        named.set(first.and_then(|button| called(&button)));
                    });
                }
                on:keydown=move |event| {
                    if event.key() == "Enter" && !event.is_composing() {
                        event.prevent_default();
                        buttons().first().into_iter().for_each(|button| choose(chat, message, button));
                    }
                    move_within(&event);
                }
            />
        </div>
        {categories(list.groups, query)}
        <div
            class="emoji-picker__scroll"
            tabindex="-1"
            on:keydown=move |event| move_within(&event)
            on:click=move |event| if let Some(button) = button_at(&event) { choose(chat, message, &button) }
            on:mouseover=move |event| name_of(&event, named)
            on:focusin=move |event| name_of(&event, named)
        >
            {part(move || Some(sections(chat, list, &query.get())))}
        </div>
        <div class="emoji-picker__foot">{part(move || named.get().map(foot))}</div>
    };
    let popup = Popup {
        class: "popover emoji-picker",
        role: "dialog",
        label: "Choose an emoji".to_owned(),
        hue: None,
        at: (at.x, at.y),
        back: row_id(message),
        close,
        pressed: None,
    };
    popup.show(chat, content)
}

fn row_id(message: MessageId) -> String {
    ["m", &message.to_string()].concat()
}

/// The groups, with those used last before them, once they are here.
#[derive(Clone, Copy)]
struct List {
    groups: RwSignal<Option<Vec<Group>>>,
    failed: RwSignal<bool>,
}

impl List {
    fn fetch(self, chat: Chat) {
        let me = chat.store().my_id();
        self.failed.set(false);
        spawn_local(async move {
            let Some(mut list) = emoji::list().await else {
                self.failed.try_set(true);
                return;
            };
            let find = |text: &String| {
                list.iter().flat_map(|group| &group.emoji).find(|emoji| emoji.text == *text).cloned()
            };
            let recent: Vec<Emoji> = emoji::recent(me).iter().filter_map(find).collect();
            if !recent.is_empty() {
                list.insert(0, Group { name: "Recent".to_owned(), emoji: recent });
            }
            self.groups.try_set(Some(list));
        });
    }
}

/// A button for each group that goes to it.
fn categories(groups: RwSignal<Option<Vec<Group>>>, query: RwSignal<String>) -> AnyView {
    part(move || {
        let groups = groups.get()?;
        let buttons: Vec<AnyView> = groups
            .into_iter()
            .enumerate()
            .map(|(at, group)| {
                let face = group.emoji.into_iter().next().map(|emoji| emoji.text);
                view! {
                    <button
                        class="emoji-picker__category emoji"
                        type="button"
                        aria-label=group.name
                        tabindex=if at == 0 { "0" } else { "-1" }
                        on:click=move |_| {
                            query.set(String::new());
                            request_animation_frame(move || {
                                if let Some(heading) = focus::by_id(&heading_id(at)) {
                                    dom::bring_to_top(&heading);
                                }
                            });
                        }
                    >
                        <span aria-hidden="true">{face}</span>
                    </button>
                }
            })
            .collect();
        Some(view! {
            <div
                class="emoji-picker__categories"
                role="group"
                aria-label="Emoji groups"
                on:keydown=move |event| move_along(&event)
            >
                {buttons}
            </div>
        })
    })
}

fn heading_id(at: usize) -> String {
    ["emoji-group-", &at.to_string()].concat()
}

fn sections(chat: Chat, list: List, query: &str) -> AnyView {
    if list.failed.get() {
        return view! {
            <p class="muted" role="alert">"The emoji could not be loaded."</p>
            <button class="button button--small" type="button" on:click=move |_| list.fetch(chat)>"Try again"</button>
        };
    }
    let Some(groups) = list.groups.get() else {
        return view! { <p class="muted" role="status">"Loading"</p> };
    };
    let query = query.trim().to_lowercase();
    if query.is_empty() {
        let groups = groups.into_iter().enumerate();
        return groups.map(|(at, group)| section(at, &group.name, &group.emoji)).collect_view().into_any();
    }
    let found = found(&groups, &query, FOUND);
    if found.is_empty() {
        return view! { <p class="muted" role="status">"No emoji by that name."</p> };
    }
    section(0, "Results", &found)
}

/// Those whose name or words hold every word that is looked for; see [`rank_emoji`] for which come first.
pub(super) fn found(groups: &[Group], query: &str, most: usize) -> Vec<Emoji> {
    let all = groups.iter().filter(|group| group.name != "Recent").flat_map(|group| &group.emoji);
    let mut best: Vec<(usize, &Emoji)> = Vec::new();
    for emoji in all {
        if let Some(rank) = rank_emoji(&emoji.name, &emoji.words, query) {
            // Those that fit equally well stay in their order.
            let at = best.partition_point(|(other, _)| *other <= rank);
            best.insert(at, (rank, emoji));
            best.truncate(most);
        }
    }
    best.into_iter().map(|(_, emoji)| emoji.clone()).collect()
}

fn section(at: usize, name: &str, emoji: &[Emoji]) -> AnyView {
    let id = heading_id(at);
    let rows: Vec<AnyView> = emoji
        .chunks(COLUMNS)
        .enumerate()
        .map(|(line, row)| {
            let cells: Vec<AnyView> = row
                .iter()
                .enumerate()
                .map(|(column, emoji)| {
                    // The one stop of the Tab key; arrows go on from it.
                    let tabindex = if (at, line, column) == (0, 0, 0) { "0" } else { "-1" };
                    view! {
                        <div role="gridcell">
                            <button class="emoji-picker__emoji" type="button" tabindex=tabindex aria-label=emoji.name.clone()>
                                {emoji.text.clone()}
                            </button>
                        </div>
                    }
                })
                .collect();
            view! { <div class="emoji-picker__row" role="row">{cells}</div> }
        })
        .collect();
    view! {
        <h3 class="emoji-picker__heading" id=id.clone()>{name.to_owned()}</h3>
        <div class="emoji-picker__grid" role="grid" aria-labelledby=id>{rows}</div>
    }
}

fn foot((emoji, name): (String, String)) -> AnyView {
    view! { <span class="emoji" aria-hidden="true">{emoji}</span><span aria-hidden="true">{name}</span> }
}

fn button_at(event: &Event) -> Option<HtmlElement> {
    dom::closest(&dom::target(event)?, ".emoji-picker__emoji")
}

fn name_of(event: &Event, named: RwSignal<Option<(String, String)>>) {
    if let Some(button) = button_at(event) {
        named.set(called(&button));
    }
}

/// An emoji and its name.
fn called(button: &HtmlElement) -> Option<(String, String)> {
    button.text_content().zip(button.get_attribute("aria-label"))
}

fn buttons() -> Vec<HtmlElement> {
    focus::find(".emoji-picker")
        .map(|picker| focus::find_all(&picker, ".emoji-picker__emoji"))
        .unwrap_or_default()
}

/// Arrows go from group to group.
fn move_along(event: &KeyboardEvent) {
    let (Some(bar), Some(active)) = (dom::listener(event), focus::active()) else { return };
    let forward = match event.key().as_str() {
        "ArrowRight" => true,
        "ArrowLeft" => false,
        _ => return,
    };
    event.prevent_default();
    _ = focus::step(&focus::find_all(&bar, "button"), &active, forward);
}

/// Arrows move in two dimensions; above the first row is the search. The last row of a group may be short.
fn move_within(event: &KeyboardEvent) {
    let (Some(picker), Some(active)) = (focus::find(".emoji-picker"), focus::active()) else { return };
    let rows: Vec<Vec<HtmlElement>> = focus::find_all(&picker, ".emoji-picker__row")
        .iter()
        .map(|row| focus::find_all(row, ".emoji-picker__emoji"))
        .collect();
    let at = rows
        .iter()
        .enumerate()
        .find_map(|(line, row)| row.iter().position(|button| *button == active).map(|column| (line, column)));
    let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
    match step(&lengths, at, &event.key()) {
        Some(Some((line, column))) => {
            event.prevent_default();
            rows.get(line).and_then(|row| row.get(column)).into_iter().for_each(focus::focus);
        }
        Some(None) => {
            event.prevent_default();
            focus::find(".emoji-picker input").iter().for_each(focus::focus);
        }
        None => {}
    }
}

/// Where a key leads among rows of these lengths, as row and column: `Some(None)` is the search above them, `None` is
/// nowhere. `at` is where the keyboard is; `None` in the search.
fn step(lengths: &[usize], at: Option<(usize, usize)>, key: &str) -> Option<Option<(usize, usize)>> {
    let last = |line: usize| lengths.get(line).copied().unwrap_or_default().saturating_sub(1);
    let to = match (key, at) {
        ("ArrowDown", None) => (0, 0),
        ("ArrowDown", Some((line, column))) if line + 1 < lengths.len() => {
            (line + 1, column.min(last(line + 1)))
        }
        ("ArrowUp", Some((0, _))) => return Some(None),
        ("ArrowUp", Some((line, column))) => (line - 1, column.min(last(line - 1))),
        ("ArrowRight", Some((line, column))) if column < last(line) => (line, column + 1),
        ("ArrowRight", Some((line, _))) if line + 1 < lengths.len() => (line + 1, 0),
        ("ArrowLeft", Some((line, column))) if column > 0 => (line, column - 1),
        ("ArrowLeft", Some((line, _))) if line > 0 => (line - 1, last(line - 1)),
        (_, Some(at)) if key.starts_with("Arrow") => at,
        _ => return None,
    };
    Some(Some(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emoji(text: &str, name: &str, words: &str) -> Emoji {
        Emoji { text: text.to_owned(), name: name.to_owned(), words: words.to_owned() }
    }

    #[test]
    fn arrows_keep_the_column_over_short_rows_and_lead_back_to_the_search() {
        let lengths = [9, 1, 9];
        let to = |at, key| step(&lengths, Some(at), key);
        assert_eq!(step(&lengths, None, "ArrowDown"), Some(Some((0, 0))));
        assert_eq!(step(&lengths, None, "ArrowLeft"), None, "in the search they move the cursor");
        assert_eq!(to((0, 5), "ArrowDown"), Some(Some((1, 0))));
        assert_eq!(to((1, 0), "ArrowDown"), Some(Some((2, 0))));
        assert_eq!(to((2, 3), "ArrowUp"), Some(Some((1, 0))));
        assert_eq!(to((0, 3), "ArrowUp"), Some(None));
        assert_eq!(to((0, 8), "ArrowRight"), Some(Some((1, 0))));
        assert_eq!(to((2, 0), "ArrowLeft"), Some(Some((1, 0))));
        assert_eq!(to((2, 8), "ArrowRight"), Some(Some((2, 8))), "the end");
        assert_eq!(to((2, 8), "ArrowDown"), Some(Some((2, 8))));
        assert_eq!(to((0, 0), "Enter"), None);
    }

    #[test]
    fn emoji_are_found_by_name_first_and_by_all_words() {
        let groups = [
            Group { name: "Recent".to_owned(), emoji: vec![emoji("🐟", "fish", "")] },
            Group {
                name: "Animals".to_owned(),
                emoji: vec![
                    emoji("🎣", "fishing pole", "entertainment"),
                    emoji("🐠", "tropical fish", "animal"),
                    emoji("🐟", "fish", "animal"),
                    emoji("🐈", "cat", "animal pet"),
                ],
            },
        ];
        let texts =
            |query| found(&groups, query, FOUND).into_iter().map(|emoji| emoji.text).collect::<Vec<_>>();
        assert_eq!(texts("fish"), ["🐟", "🐠", "🎣"]);
        assert_eq!(texts("animal pet"), ["🐈"]);
        assert!(texts("dog").is_empty());
    }
}
