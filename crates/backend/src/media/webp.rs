//! The parts of a WebP file (RFC 9649).

use std::io::{Seek, SeekFrom, Write};

use image::metadata::Orientation;

use super::Fault;
use super::scan::{Rest, Scanned, orientation};

/// What a picture, also a moving one, is made of.
const NEEDED: [&[u8; 4]; 7] = [b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
/// Bits of `VP8X` that announce Exif and XMP.
const ANNOUNCED: u8 = 0b0000_1100;
/// Bytes beside the result for a pixel: of a photo its brightness and half as much colour; of everything else a copy with
/// four channels, and the transparency on its own.
const BESIDE_PHOTO: u64 = 2;
const BESIDE_OTHERS: u64 = 6;

/// Copies what the picture needs, and says how long that is.
pub(super) fn copy(file: &[u8], out: &mut (impl Write + Seek)) -> Result<Scanned, Fault> {
    let mut rest = Rest(file);
    let (riff, length, webp): ([u8; 4], [u8; 4], [u8; 4]) = (rest.array()?, rest.array()?, rest.array()?);
    if (&riff, &webp) != (b"RIFF", b"WEBP") {
        return Err(Fault::Refused);
    }
    // What stands behind it is not part of it.
    let length = u32::from_le_bytes(length).checked_sub(4).ok_or(Fault::Refused)?;
    let mut rest = Rest(rest.take(usize::try_from(length).map_err(|_| Fault::Refused)?)?);
    out.write_all(b"RIFF\0\0\0\0WEBP")?;
    let mut scanned =
        Scanned { orientation: Orientation::NoTransforms, frames: 0, bytes_beside: BESIDE_OTHERS };
    let (mut written, mut is_photo) = (4_u32, true);
    while !rest.is_empty() {
        let kind: [u8; 4] = rest.array()?;
        let length = rest.array()?;
        let length_here = usize::try_from(u32::from_le_bytes(length)).map_err(|_| Fault::Refused)?;
        let content = rest.take(length_here)?;
        // Parts begin at even places; the very last byte may be missing.
        if length_here % 2 == 1 && !rest.is_empty() {
            rest.byte()?;
        }
        match &kind {
            b"EXIF" => scanned.orientation = orientation(content),
            b"ANMF" => scanned.frames = scanned.frames.saturating_add(1),
            _ => {}
        }
        if !NEEDED.contains(&&kind) {
            continue;
        }
        is_photo &= matches!(&kind, b"VP8X" | b"VP8 " | b"ICCP");
        out.write_all(&kind)?;
        out.write_all(&length)?;
        match (&kind, content.split_first()) {
            (b"VP8X", Some((flags, others))) => {
                out.write_all(&[flags & !ANNOUNCED])?;
                out.write_all(others)?;
            }
            _ => out.write_all(content)?,
        }
        out.write_all(&[0][..length_here % 2])?;
        let length = u32::try_from(8 + length_here + length_here % 2).map_err(|_| Fault::Refused)?;
        written = written.checked_add(length).ok_or(Fault::Refused)?;
    }
    out.seek(SeekFrom::Start(4))?;
    out.write_all(&written.to_le_bytes())?;
    if is_photo {
        scanned.bytes_beside = BESIDE_PHOTO;
    }
    scanned.frames = scanned.frames.max(1);
    Ok(scanned)
}
