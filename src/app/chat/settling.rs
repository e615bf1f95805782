//! Putting the keyboard into the message box.

use leptos::prelude::request_animation_frame;

use crate::browser::focus;

/// Puts the keyboard into the message box of whoever comes to write, once everything else has settled. On a telephone
/// a keyboard would hide what they came to read.
pub fn settle_in_composer() {
    if !focus::media("(pointer: coarse)") {
        request_animation_frame(|| settle(SETTLES_WITHIN));
    }
}

/// Frames it may take, a second: a dialog that is still open lets nothing else have the focus, and a conversation that is
/// new here has its message box when its first page has come.
const SETTLES_WITHIN: u8 = 60;

fn settle(frames: u8) {
    let ready = focus::find("dialog[open]").is_none() && focus::by_id("composer").is_some();
    if ready {
        focus_composer();
    } else if frames > 0 {
        request_animation_frame(move || settle(frames - 1));
    }
}

/// Puts the keyboard into the message box.
pub(super) fn focus_composer() {
    if let Some(composer) = focus::by_id("composer") {
        focus::focus(&composer);
    }
}
