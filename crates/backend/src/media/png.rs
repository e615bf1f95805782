//! The parts of a PNG file (PNG specification, third edition, chapters 5 and 11).

use std::io::Write;

use image::metadata::Orientation;

use super::Fault;
use super::scan::{Rest, Scanned, orientation};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// What a picture, also a moving one, needs to look as it should. Text, time, Exif and private parts are not among them.
const NEEDED: [&[u8; 4]; 16] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP",
    b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// Copies what the picture needs, up to its end.
pub(super) fn copy(file: &[u8], out: &mut impl Write) -> Result<Scanned, Fault> {
    let mut rest = Rest(file);
    if rest.array()? != SIGNATURE {
        return Err(Fault::Refused);
    }
    out.write_all(&SIGNATURE)?;
    let mut scanned = Scanned { orientation: Orientation::NoTransforms, frames: 0, bytes_beside: 0 };
    loop {
        let length = rest.array()?;
        let kind: [u8; 4] = rest.array()?;
        let content = rest.take(usize::try_from(u32::from_be_bytes(length)).map_err(|_| Fault::Refused)?)?;
        let checksum: [u8; 4] = rest.array()?;
        match &kind {
            b"eXIf" => scanned.orientation = orientation(content),
            b"fcTL" => scanned.frames = scanned.frames.saturating_add(1),
            _ => {}
        }
        if NEEDED.contains(&&kind) {
            for part in [&length[..], &kind, content, &checksum] {
                out.write_all(part)?;
            }
        }
        if kind == *b"IEND" {
            scanned.frames = scanned.frames.max(1);
            return Ok(scanned);
        }
    }
}
