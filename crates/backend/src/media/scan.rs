//! Walking through the parts a picture's file is made of.
//!
//! What identifies people (where and with what a photo was taken, who made it, what it looked like before it was cut) lies
//! in parts of its own, and so does what makes a file two things at once. Each kind of file has a short list of the parts
//! a picture needs; only those are copied, up to the picture's end. That loses nothing of the picture, keeps moving ones
//! moving, and costs no memory, which decoding and encoding anew would.

use image::metadata::Orientation;

use super::Fault;

/// What the parts of a file tell that is needed to decode it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scanned {
    /// How it has to be turned to be seen upright.
    pub(super) orientation: Orientation,
    /// How many pictures are in it; more than one is a moving one.
    pub(super) frames: u32,
    /// Bytes for each pixel that decoding takes beside its result.
    pub(super) bytes_beside: u64,
}

/// What is left to be read of a file.
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl<'a> Rest<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next `count` bytes, if there are as many.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Fault::Refused)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        self.take(1).map(|byte| byte[0])
    }

    /// The next bytes as a number, whichever way it is written.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.try_into().map_err(|_| Fault::Refused)
    }
}

/// The orientation an Exif block names.
pub(super) fn orientation(exif: &[u8]) -> Orientation {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms)
}
