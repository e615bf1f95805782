//! Measuring and moving a scroller whose content grows upwards (`flex-direction: column-reverse`): its
//! `scrollTop` is 0 at the end and negative above it.

use web_sys::{Element, HtmlElement, WheelEvent};

/// Pixels between the view and the end.
pub fn above_end(scroller: &Element) -> i32 {
    scroller.scroll_top().saturating_abs()
}

/// Pixels between the view and the beginning.
pub fn below_start(scroller: &Element) -> i32 {
    scroller.scroll_height() - scroller.client_height() - above_end(scroller)
}

/// Goes to the end of what grows upwards.
pub fn to_end(scroller: &Element) {
    scroller.set_scroll_top(0);
}

/// Goes to the top of what grows downwards.
pub fn to_top(scroller: &Element) {
    scroller.set_scroll_top(0);
}

/// Pixels of a wheel that counts in lines.
const LINE: f64 = 16.0;

/// Scrolls by a wheel that is turned over something in front. In the middle of a turn the browser goes on scrolling what
/// it began with, and is not to be kept from it.
pub fn turn(scroller: &Element, event: &WheelEvent) {
    if !event.cancelable() {
        return;
    }
    event.prevent_default();
    let unit = if event.delta_mode() == WheelEvent::DOM_DELTA_LINE { LINE } else { 1.0 };
    scroller.set_scroll_top(scroller.scroll_top() + (event.delta_y() * unit) as i32);
}

/// Brings an element to the middle of the view.
pub fn to_middle(element: &HtmlElement) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Center);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Brings an element into view, as little as it takes.
pub fn reveal(element: &HtmlElement) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// A row and where it stood, to be held there while others come and go around it.
#[derive(Debug, Clone)]
pub struct Anchor {
    id: String,
    bottom: f64,
}

/// Where in the view a row is looked for, from the upper edge (0) to the lower (1): the first may hit a gap.
const PROBES: [f64; 4] = [0.5, 0.45, 0.55, 0.3];

impl Anchor {
    /// The row in the middle of the view. Its lower edge is what counts: a row can lose its head, the name above
    /// the text, when the one before it comes.
    pub fn of(scroller: &Element) -> Option<Self> {
        let view = scroller.get_bounding_client_rect();
        let middle = view.left() + view.width() / 2.0;
        let document = web_sys::window()?.document()?;
        PROBES.iter().find_map(|part| {
            let hit =
                document.element_from_point(middle as f32, (view.top() + view.height() * part) as f32)?;
            let row = hit.closest("article.message[id]").ok()??;
            Some(Self { id: row.id(), bottom: row.get_bounding_client_rect().bottom() })
        })
    }

    /// Moves the view so that the row stands where it stood. Nothing to do where the browser did it.
    pub fn hold(&self, scroller: &Element) {
        let Some(row) = super::focus::by_id(&self.id) else { return };
        let moved = row.get_bounding_client_rect().bottom() - self.bottom;
        if moved.abs() >= 1.0 {
            scroller.set_scroll_top(scroller.scroll_top() + moved as i32);
        }
    }
}
