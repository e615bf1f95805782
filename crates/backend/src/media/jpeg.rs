//! The parts of a JPEG file (ITU T.81, annex B).

use std::io::Write;

use image::metadata::Orientation;

use super::Fault;
use super::scan::{Rest, Scanned, orientation};

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
/// An `APP0` with nothing but resolution. A longer one has a small picture in it.
const BARE_JFIF_BYTES: usize = 14;

/// Copies what the picture needs: tables, frames, scans, its colours. Exif, XMP, IPTC, comments, small pictures and what
/// stands behind the end stay behind.
pub(super) fn copy(file: &[u8], out: &mut impl Write) -> Result<Scanned, Fault> {
    let mut rest = Rest(file);
    if rest.array()? != [0xFF, START] {
        return Err(Fault::Refused);
    }
    out.write_all(&[0xFF, START])?;
    let mut scanned = Scanned { orientation: Orientation::NoTransforms, frames: 1, bytes_beside: 0 };
    let (mut scans, mut coefficients) = (0, 0);
    loop {
        let marker = next_marker(&mut rest)?;
        if marker == END {
            out.write_all(&[0xFF, END])?;
            // What comes in one scan is decoded as it is read; of what comes in several, all is kept until the last.
            scanned.bytes_beside = if scans > 1 { coefficients } else { 0 };
            return Ok(scanned);
        }
        let length = rest.array()?;
        let content =
            rest.take(usize::from(u16::from_be_bytes(length)).checked_sub(2).ok_or(Fault::Refused)?)?;
        match marker {
            0xE1 if content.starts_with(b"Exif\0\0") => scanned.orientation = orientation(content),
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                coefficients = coefficients.max(coefficient_bytes(content)?);
                // Progressive: in several scans, even if only one came.
                scans += u32::from(marker == 0xC2) * 2;
            }
            _ => {}
        }
        if is_needed(marker, content) {
            out.write_all(&[0xFF, marker])?;
            out.write_all(&length)?;
            out.write_all(content)?;
        }
        if marker == SCAN {
            scans += 1;
            out.write_all(rest.take(length_of_scan(rest.0))?)?;
        }
    }
}

fn next_marker(rest: &mut Rest<'_>) -> Result<u8, Fault> {
    if rest.byte()? != 0xFF {
        return Err(Fault::Refused);
    }
    loop {
        match rest.byte()? {
            // Any number of them may stand before a marker.
            0xFF => {}
            0x00 | 0x01 | 0xD0..=START => return Err(Fault::Refused),
            marker => return Ok(marker),
        }
    }
}

fn is_needed(marker: u8, content: &[u8]) -> bool {
    match marker {
        // Tables, frame headers, restart intervals, scan headers.
        0xC0..=0xCF | SCAN..=0xDF => true,
        0xE0 => content.starts_with(b"JFIF\0") && content.len() == BARE_JFIF_BYTES,
        0xE2 => content.starts_with(b"ICC_PROFILE\0"),
        // How its colours are stored.
        0xEE => content.starts_with(b"Adobe"),
        _ => false,
    }
}

/// Bytes until the marker that ends a scan: `FF` with neither an escape, nor a restart behind it.
fn length_of_scan(data: &[u8]) -> usize {
    let is_end = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF);
    data.windows(2).position(is_end).unwrap_or(data.len())
}

/// Bytes that all coefficients of a pixel take: two for each sample, of which the colours may have fewer.
fn coefficient_bytes(frame: &[u8]) -> Result<u64, Fault> {
    let mut rest = Rest(frame);
    rest.take(5)?;
    let components = rest.byte()?;
    let mut areas = Vec::new();
    for _ in 0..components.min(4) {
        let [_, sampling, _] = rest.array()?;
        areas.push(u64::from(sampling >> 4) * u64::from(sampling & 15));
    }
    let largest = areas.iter().copied().max().filter(|largest| *largest > 0).ok_or(Fault::Refused)?;
    Ok((areas.iter().sum::<u64>() * 2).div_ceil(largest))
}
