//! Making an upload ready: what it is, and of a picture how large; upright, without what it tells about people, and with
//! a smaller copy.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use fast_image_resize::{MulDiv, ResizeOptions, Resizer};
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{PngDecoder, PngEncoder};
use image::codecs::webp::{WebPDecoder, WebPEncoder};
use image::metadata::Orientation;
use image::{
    DynamicImage, GenericImageView, ImageBuffer, ImageDecoder, ImageEncoder, ImageError, ImageFormat,
    ImageResult, Limits, Pixel,
};
use protocol::AttachmentId;
use protocol::limits::PREVIEW_PIXELS;
use protocol::parse::FileName;

use super::folder::Folder;
use super::scan::Scanned;
use super::sniff::Sniffed;
use super::{Fault, Prepared, gif, jpeg, png, webp};

/// Bytes of a picture's file: it is read whole. Beyond the largest that a camera makes as JPEG.
const FILE_BYTES: u64 = 25 * 1024 * 1024;
/// Bytes that a picture may take while it is decoded, beside its file. With that file and the smaller copy that is made
/// of it, less than 128 MiB: an instance is promised to run in not much more. Enough for the 24 million pixels that phones
/// make unasked.
pub(super) const PIXEL_BYTES: u64 = 72 * 1024 * 1024;
/// Pixels of either side. A long screenshot of a phone has half as many.
const SIDE: u32 = 32_768;
/// Pictures in a moving one, a minute and a half at a film's speed, and pixels of all together, a minute of the largest
/// that are sent about. They are decoded by those who look at them, not here.
const FRAMES: u32 = 2_000;
const FRAME_PIXELS: u64 = 2_000_000_000;
/// A picture that fits is its own preview, unless it has more bytes than this: what a good one of that size takes.
const SMALL_BYTES: u64 = 256 * 1024;
/// Quality of a photo that had to be turned: nobody sees the difference.
const TURNED_QUALITY: u8 = 92;
/// Quality of a preview, shown at half its size on most screens.
const PREVIEW_QUALITY: u8 = 82;

/// Makes an attachment's file ready to be served as what it was found to be.
pub(super) fn prepare(
    folder: &Folder,
    id: AttachmentId,
    name: FileName,
    sniffed: Sniffed,
) -> Result<Prepared, Fault> {
    let path = folder.file(id);
    let mut prepared = Prepared {
        filename: name.with_ending(sniffed.endings).into_string(),
        content_type: sniffed.content_type,
        size: 0,
        preview_size: 0,
        dimensions: None,
        is_animated: false,
    };
    if let Some(format) = sniffed.picture {
        let scanned = copy(format, &path, &folder.unfinished(id))?;
        fs::rename(folder.unfinished(id), &path)?;
        prepared.is_animated = scanned.frames > 1;
        prepared.dimensions = Some(look_at(folder, id, format, scanned)?);
    }
    prepared.size = fs::metadata(&path)?.len();
    if fs::exists(folder.preview(id))? {
        prepared.preview_size = fs::metadata(folder.preview(id))?.len();
    }
    folder.sync(id)?;
    Ok(prepared)
}

/// Copies what a picture needs into another file.
fn copy(format: ImageFormat, from: &Path, to: &Path) -> Result<Scanned, Fault> {
    if fs::metadata(from)?.len() > FILE_BYTES {
        return Err(Fault::Refused);
    }
    let file = fs::read(from)?;
    let mut out = BufWriter::new(File::create_new(to)?);
    let scanned = match format {
        ImageFormat::Jpeg => jpeg::copy(&file, &mut out),
        ImageFormat::Png => png::copy(&file, &mut out),
        ImageFormat::Gif => gif::copy(&file, &mut out),
        ImageFormat::WebP => webp::copy(&file, &mut out),
        _ => Err(Fault::Refused),
    }?;
    out.flush()?;
    Ok(scanned)
}

/// Decodes a picture that was copied: its size when it is upright. Turns it, and makes its preview, where it needs one.
fn look_at(
    folder: &Folder,
    id: AttachmentId,
    format: ImageFormat,
    scanned: Scanned,
) -> Result<(u32, u32), Fault> {
    let path = folder.file(id);
    // What moves is not decoded whole, so it cannot be turned; cameras make nothing of the kind.
    let turn = if scanned.frames > 1 { Orientation::NoTransforms } else { scanned.orientation };
    let (mut picture, colours) = decode(&path, format, scanned, turn)?;
    if turn != Orientation::NoTransforms {
        let out = folder.unfinished(id);
        encode_turned(&mut picture, format, turn, colours.as_deref(), &out)?;
        fs::rename(out, &path)?;
    }
    let is_upright = format != ImageFormat::Jpeg || !swaps_sides(turn);
    let (width, height) = (picture.width(), picture.height());
    let size = if is_upright { (width, height) } else { (height, width) };
    let is_small = width.max(height) <= PREVIEW_PIXELS
        && fs::metadata(&path)?.len() <= SMALL_BYTES
        && scanned.frames == 1;
    if !is_small {
        // A photo was turned on its way into the file; as it is here it still lies.
        let turn = if format == ImageFormat::Jpeg { turn } else { Orientation::NoTransforms };
        write_preview(picture, turn, colours, &folder.preview(id))?;
    }
    Ok(size)
}

const fn swaps_sides(turn: Orientation) -> bool {
    matches!(
        turn,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// What is wrong with a picture is for nobody but its author to know, who sees it in front of them.
fn refused(error: ImageError) -> Fault {
    match error {
        ImageError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Fault::Disk(error),
        error => {
            tracing::debug!(%error, "a picture is refused");
            Fault::Refused
        }
    }
}

/// A picture and the profile of its colours. Whether it is too large is known before anything is decoded.
fn decode(
    path: &Path,
    format: ImageFormat,
    scanned: Scanned,
    turn: Orientation,
) -> Result<(DynamicImage, Option<Vec<u8>>), Fault> {
    let file = BufReader::new(File::open(path)?);
    let mut limits = Limits::default();
    limits.max_alloc = Some(PIXEL_BYTES);
    let mut decoder: Box<dyn ImageDecoder> = match format {
        ImageFormat::Jpeg => Box::new(JpegDecoder::new(file).map_err(refused)?),
        ImageFormat::Png => Box::new(PngDecoder::with_limits(file, limits.clone()).map_err(refused)?),
        ImageFormat::Gif => Box::new(GifDecoder::new(file).map_err(refused)?),
        ImageFormat::WebP => Box::new(WebPDecoder::new(file).map_err(refused)?),
        _ => return Err(Fault::Refused),
    };
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    // A photo is turned while it is written; of others a turned copy is made.
    let copies = if format == ImageFormat::Jpeg || !swaps_sides(turn) { 1 } else { 2 };
    let bytes = decoder.total_bytes().saturating_mul(copies) + pixels.saturating_mul(scanned.bytes_beside);
    let is_too_long =
        scanned.frames > FRAMES || pixels.saturating_mul(u64::from(scanned.frames)) > FRAME_PIXELS;
    if width > SIDE
        || height > SIDE
        || pixels == 0
        || bytes > PIXEL_BYTES
        || (scanned.frames > 1 && is_too_long)
    {
        return Err(Fault::Refused);
    }
    decoder.set_limits(limits).map_err(refused)?;
    let colours = decoder.icc_profile().map_err(refused)?;
    Ok((DynamicImage::from_decoder(decoder).map_err(refused)?, colours))
}

/// Writes a picture upright, in the kind of file it came in. A photo loses a little, because it has to be encoded anew,
/// and stays as it is in memory; others lose nothing and are upright in memory too.
fn encode_turned(
    picture: &mut DynamicImage,
    format: ImageFormat,
    turn: Orientation,
    colours: Option<&[u8]>,
    path: &Path,
) -> Result<(), Fault> {
    let mut out = BufWriter::new(File::create_new(path)?);
    let written = match format {
        ImageFormat::Jpeg => {
            let mut encoder = JpegEncoder::new_with_quality(&mut out, TURNED_QUALITY);
            if let Some(colours) = colours {
                let known = encoder.set_icc_profile(colours.to_vec());
                known.map_err(|error| refused(ImageError::Unsupported(error)))?;
            }
            match &*picture {
                DynamicImage::ImageRgb8(picture) => encoder.encode_image(&Turned { picture, turn }),
                DynamicImage::ImageLuma8(picture) => encoder.encode_image(&Turned { picture, turn }),
                _ => return Err(Fault::Refused),
            }
        }
        ImageFormat::Png => {
            picture.apply_orientation(turn);
            encode(picture, PngEncoder::new(&mut out), colours)
        }
        _ => {
            picture.apply_orientation(turn);
            encode(picture, WebPEncoder::new_lossless(&mut out), colours)
        }
    };
    written.map_err(refused)?;
    Ok(out.flush()?)
}

fn encode(picture: &DynamicImage, mut encoder: impl ImageEncoder, colours: Option<&[u8]>) -> ImageResult<()> {
    if let Some(colours) = colours {
        encoder.set_icc_profile(colours.to_vec()).map_err(ImageError::Unsupported)?;
    }
    picture.write_with_encoder(encoder)
}

/// A picture as it is seen when it is turned: a copy of a photo would take as much memory again.
struct Turned<'a, P: Pixel<Subpixel = u8>> {
    picture: &'a ImageBuffer<P, Vec<u8>>,
    turn: Orientation,
}

impl<P: Pixel<Subpixel = u8>> GenericImageView for Turned<'_, P> {
    type Pixel = P;

    fn dimensions(&self) -> (u32, u32) {
        let (width, height) = self.picture.dimensions();
        if swaps_sides(self.turn) { (height, width) } else { (width, height) }
    }

    fn get_pixel(&self, x: u32, y: u32) -> Self::Pixel {
        let (right, bottom) = (self.picture.width() - 1, self.picture.height() - 1);
        let (x, y) = match self.turn {
            Orientation::NoTransforms => (x, y),
            Orientation::FlipHorizontal => (right - x, y),
            Orientation::FlipVertical => (x, bottom - y),
            Orientation::Rotate180 => (right - x, bottom - y),
            Orientation::Rotate90 => (y, bottom - x),
            Orientation::Rotate270 => (right - y, x),
            Orientation::Rotate90FlipH => (y, x),
            Orientation::Rotate270FlipH => (right - y, bottom - x),
        };
        *self.picture.get_pixel(x, y)
    }
}

/// Writes the smaller, still copy: a photo as JPEG, what can be seen through as WebP.
fn write_preview(
    mut picture: DynamicImage,
    turn: Orientation,
    colours: Option<Vec<u8>>,
    path: &Path,
) -> Result<(), Fault> {
    let is_clear = picture.color().has_alpha() && picture.pixels().any(|(_, _, pixel)| pixel.0[3] < u8::MAX);
    let mut small = shrunk(&mut picture, is_clear)?;
    drop(picture);
    small.apply_orientation(turn);
    let mut out = BufWriter::new(File::create_new(path)?);
    let written = if is_clear {
        let small = DynamicImage::ImageRgba8(small.into_rgba8());
        encode(&small, WebPEncoder::new_lossless(&mut out), colours.as_deref())
    } else {
        let small = DynamicImage::ImageRgb8(small.into_rgb8());
        encode(&small, JpegEncoder::new_with_quality(&mut out, PREVIEW_QUALITY), colours.as_deref())
    };
    written.map_err(refused)?;
    Ok(out.flush()?)
}

/// Pixels across and down of a picture's preview.
pub(super) fn small_size(width: u32, height: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= PREVIEW_PIXELS {
        return (width, height);
    }
    let side = |side: u32| {
        let scaled = u64::from(side) * u64::from(PREVIEW_PIXELS) / u64::from(longer);
        u32::try_from(scaled).unwrap_or(PREVIEW_PIXELS).max(1)
    };
    (side(width), side(height))
}

/// A copy no larger than a preview. The picture's colours are multiplied with how clear they are, in place, because a copy
/// of it would take as much memory again; it is of no use afterwards.
fn shrunk(picture: &mut DynamicImage, is_clear: bool) -> Result<DynamicImage, Fault> {
    let size = (picture.width(), picture.height());
    let (width, height) = small_size(size.0, size.1);
    if (width, height) == size {
        return Ok(std::mem::take(picture));
    }
    let mut small = DynamicImage::new(width, height, picture.color());
    let alpha = MulDiv::new();
    let mut shrink = || -> Result<(), Box<dyn std::error::Error>> {
        if is_clear {
            alpha.multiply_alpha_inplace(picture)?;
        }
        Resizer::new().resize(picture, &mut small, &ResizeOptions::new().use_alpha(false))?;
        if is_clear {
            alpha.divide_alpha_inplace(&mut small)?;
        }
        Ok(())
    };
    shrink().map_err(|error| {
        tracing::debug!(%error, "a picture cannot be made smaller");
        Fault::Refused
    })?;
    Ok(small)
}
