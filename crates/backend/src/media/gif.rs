//! The parts of a GIF file (GIF89a specification).

use std::io::Write;

use image::metadata::Orientation;

use super::Fault;
use super::scan::{Rest, Scanned};

const PICTURE: u8 = 0x2C;
const EXTENSION: u8 = 0x21;
const END: u8 = 0x3B;
/// Extensions that say how long a picture stands, and those of applications.
const CONTROL: u8 = 0xF9;
const APPLICATION: u8 = 0xFF;
/// The only applications that are needed: they say how often it repeats.
const LOOPS: [&[u8]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];
/// A picture is drawn onto a canvas with four bytes a pixel, beside the result of as many.
const BYTES_BESIDE: u64 = 5;

/// Copies pictures and their timing, up to the end; comments and what applications left (such as XMP) stay behind.
pub(super) fn copy(file: &[u8], out: &mut impl Write) -> Result<Scanned, Fault> {
    let mut rest = Rest(file);
    let head = rest.take(13)?;
    if !(head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a")) {
        return Err(Fault::Refused);
    }
    out.write_all(head)?;
    out.write_all(rest.take(palette_bytes(head[10]))?)?;
    let mut frames = 0_u32;
    loop {
        // Some programs leave the end out.
        let part = if rest.is_empty() && frames > 0 { END } else { rest.byte()? };
        match part {
            PICTURE => {
                frames = frames.saturating_add(1);
                let head = rest.take(9)?;
                out.write_all(&[PICTURE])?;
                out.write_all(head)?;
                out.write_all(rest.take(palette_bytes(head[8]) + 1)?)?;
                out.write_all(blocks(&mut rest)?)?;
            }
            EXTENSION => {
                let label = rest.byte()?;
                let content = blocks(&mut rest)?;
                let is_loop =
                    || LOOPS.iter().any(|name| content.get(1..).is_some_and(|c| c.starts_with(name)));
                if label == CONTROL || (label == APPLICATION && is_loop()) {
                    out.write_all(&[EXTENSION, label])?;
                    out.write_all(content)?;
                }
            }
            END if frames > 0 => {
                out.write_all(&[END])?;
                let orientation = Orientation::NoTransforms;
                return Ok(Scanned { orientation, frames, bytes_beside: BYTES_BESIDE });
            }
            _ => return Err(Fault::Refused),
        }
    }
}

/// Bytes of the palette that a byte of flags announces.
fn palette_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Blocks of up to 255 bytes, each after its length, up to and with the empty one that ends them.
fn blocks<'a>(rest: &mut Rest<'a>) -> Result<&'a [u8], Fault> {
    let all = rest.0;
    loop {
        let length = rest.byte()?;
        rest.take(length.into())?;
        if length == 0 {
            return Ok(&all[..all.len() - rest.0.len()]);
        }
    }
}
