//! The files of a message: pictures in the room they need, players, and links to the rest.

use leptos::prelude::*;
use protocol::entity::Attachment;

use crate::app::controls::Icon;
use crate::app::view::view;

/// Pixels a single picture may have across and down: the design's 33 and 21 rem.
const LARGEST: (u32, u32) = (528, 336);
/// Pictures in one block.
const IN_BLOCK: usize = 4;

/// All of them.
pub(super) fn attachments(files: &[Attachment]) -> Option<AnyView> {
    if files.is_empty() {
        return None;
    }
    let (pictures, others): (Vec<&Attachment>, Vec<&Attachment>) =
        files.iter().partition(|file| is_picture(file));
    let mut views: Vec<AnyView> = pictures.chunks(IN_BLOCK).map(block).collect();
    views.extend(others.into_iter().map(one));
    Some(view! { <div class="attachments">{views}</div> })
}

/// Whether it stands among the pictures. A hidden one stands alone.
pub(super) fn is_picture(file: &Attachment) -> bool {
    file.family() == "image" && file.width.is_some() && file.height.is_some() && !file.is_spoiler
}

fn block(pictures: &[&Attachment]) -> AnyView {
    let alone = pictures.len() == 1;
    let views: Vec<AnyView> = pictures.iter().map(|file| picture(file, alone)).collect();
    view! { <div class="image-grid" data-count=pictures.len().to_string()>{views}</div> }
}

/// A picture, which leads to itself in full size. It has its room before it is here: nothing moves when it comes.
fn picture(file: &Attachment, alone: bool) -> AnyView {
    let size = (file.width.unwrap_or(1), file.height.unwrap_or(1));
    let (width, height) = if alone { fitted(size) } else { size };
    let (source, path) = (file.preview_path().unwrap_or_else(|| file.path()), file.path());
    let said = !file.description.is_empty();
    let alt = if said { file.description.clone() } else { file.filename.clone() };
    view! {
        <a class="image-grid__item" href=path target="_blank" rel="noopener">
            <img src=source alt=alt width=width.to_string() height=height.to_string() loading="lazy" decoding="async"/>
            {said.then(|| view! { <span class="image-grid__alt" aria-hidden="true">"ALT"</span> })}
        </a>
    }
}

/// The size a picture is shown at: as it is, or as large as there is room, in its own shape.
pub(super) fn fitted((width, height): (u32, u32)) -> (u32, u32) {
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (most_width, most_height) = (u64::from(LARGEST.0), u64::from(LARGEST.1));
    let (mut fit_width, mut fit_height) = (width.min(most_width), height * width.min(most_width) / width);
    if fit_height > most_height {
        (fit_width, fit_height) = (width * most_height / height, most_height);
    }
    let whole = |length: u64| u32::try_from(length.max(1)).unwrap_or(u32::MAX);
    (whole(fit_width), whole(fit_height))
}

fn one(file: &Attachment) -> AnyView {
    if !file.is_spoiler {
        return content(file);
    }
    // Nothing in it is fetched before it is opened; without script, too.
    view! {
        <details class="attachment-spoiler">
            <summary>"Spoiler: "<bdi>{file.filename.clone()}</bdi></summary>
            {content(file)}
        </details>
    }
}

fn content(file: &Attachment) -> AnyView {
    let (path, name) = (file.path(), file.filename.clone());
    match file.family() {
        "image" if file.width.is_some() => block(&[file]),
        "video" => {
            view! { <video class="attachment-video" controls preload="none" src=path aria-label=label(file)></video> }
        }
        "audio" => view! {
            <figure class="audio-card">
                <figcaption class="file-card__text">
                    <a class="file-card__name" href=path.clone() download=name>{file.filename.clone()}</a>
                    <span class="file-card__meta">{size(file.size)}</span>
                </figcaption>
                <audio controls preload="none" src=path aria-label=label(file)></audio>
            </figure>
        },
        _ => view! {
            <div class="file-card">
                <Icon name="file"/>
                <span class="file-card__text">
                    <a class="file-card__name" href=path download=name title=label(file) dir="auto">{file.filename.clone()}</a>
                    <span class="file-card__meta">{size(file.size)}</span>
                </span>
                <Icon name="download"/>
            </div>
        },
    }
}

fn label(file: &Attachment) -> String {
    if file.description.is_empty() { file.filename.clone() } else { file.description.clone() }
}

/// A size as people read it, to two digits: "610 KB", "4.2 MB".
pub(super) fn size(bytes: u64) -> String {
    let mut whole = bytes;
    let mut rest = 0;
    for unit in ["bytes", "KB", "MB", "GB"] {
        if whole < 1000 || unit == "GB" {
            let tenth =
                if unit != "bytes" && whole < 10 { format!(".{}", rest / 100) } else { String::new() };
            return format!("{whole}{tenth} {unit}");
        }
        (whole, rest) = (whole / 1000, whole % 1000);
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::{fitted, size};

    #[test]
    fn a_picture_keeps_its_shape_in_the_room_there_is() {
        assert_eq!(fitted((100, 50)), (100, 50));
        assert_eq!(fitted((1056, 528)), (528, 264));
        assert_eq!(fitted((1000, 4000)), (84, 336));
        assert_eq!(fitted((32_000, 1)), (528, 1));
        assert_eq!(fitted((0, 0)), (1, 1));
    }

    #[test]
    fn sizes_are_said_in_two_digits() {
        for (bytes, words) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_500, "1.5 KB"),
            (610_400, "610 KB"),
            (26_214_400, "26 MB"),
        ] {
            assert_eq!(size(bytes), words);
        }
    }
}
