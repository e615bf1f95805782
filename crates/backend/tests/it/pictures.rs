//! Pictures: upright, without what they tell about people, with a small copy; and what only looks like one.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, GenericImageView, ImageFormat, Rgba, RgbaImage};
use protocol::Error;
use protocol::entity::Attachment;
use protocol::limits::PREVIEW_PIXELS;
use rig::{TestApp, on_both};

use crate::scene::{Scene, refused};

/// Stands for everything that a file should not tell.
const SECRET: &[u8] = b"52.5200N-13.4050E";

/// Red left, blue right, and a white corner at the top left: every way to turn it gives another picture.
fn picture(width: u32, height: u32) -> DynamicImage {
    let pixel = |x, y| match (x < width / 4 && y < height / 4, x < width / 2) {
        (true, _) => image::Rgb([255, 255, 255]),
        (_, true) => image::Rgb([220, 20, 20]),
        _ => image::Rgb([20, 20, 220]),
    };
    DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, pixel))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// An Exif block with an orientation and a place.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block.extend(SECRET);
    block
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker][..], &length, content].concat()
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    // Whoever drops it does not look at its checksum.
    [&u32::try_from(content.len()).unwrap().to_be_bytes()[..], kind, content, &[0; 4]].concat()
}

fn riff(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&kind[..], &length, content, &[0][..content.len() % 2]].concat()
}

fn webp_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    let all = [b"WEBP".to_vec(), chunks.concat()].concat();
    [b"RIFF".to_vec(), u32::try_from(all.len()).unwrap().to_le_bytes().to_vec(), all].concat()
}

fn u24(number: u32) -> [u8; 3] {
    let [a, b, c, _] = number.to_le_bytes();
    [a, b, c]
}

/// A still WebP file inside the extended form, which has room for more.
fn extended_webp(picture: &DynamicImage, flags: u8, more: &[Vec<u8>]) -> Vec<u8> {
    let still = encoded(picture, ImageFormat::WebP);
    let canvas = [u24(picture.width() - 1), u24(picture.height() - 1)].concat();
    let head = riff(b"VP8X", &[&[flags, 0, 0, 0][..], &canvas].concat());
    webp_of(&[vec![head, still[12..].to_vec()], more.to_vec()].concat())
}

/// A moving one: what one still picture is, twice.
fn moving_webp(picture: &DynamicImage) -> Vec<u8> {
    let still = encoded(picture, ImageFormat::WebP);
    let canvas = [u24(picture.width() - 1), u24(picture.height() - 1)].concat();
    let frame = [&[0; 6][..], &canvas, &u24(100), &[0], &still[12..]].concat();
    let head = riff(b"VP8X", &[&[0b0000_0110, 0, 0, 0][..], &canvas].concat());
    webp_of(&[
        head,
        riff(b"ANIM", &[0; 6]),
        riff(b"ANMF", &frame),
        riff(b"ANMF", &frame),
        riff(b"XMP ", SECRET),
    ])
}

fn moving_gif(frames: usize, side: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    encoder.set_repeat(image::codecs::gif::Repeat::Infinite).unwrap();
    for n in 0..frames {
        let shade = u8::try_from(n % 200).unwrap();
        encoder
            .encode_frame(Frame::new(RgbaImage::from_pixel(side, side, Rgba([shade, 9, 9, 255]))))
            .unwrap();
    }
    drop(encoder);
    file
}

/// A JPEG file with everything that cameras and programs leave in one.
fn telling_jpeg(orientation: u8) -> Vec<u8> {
    let plain = encoded(&picture(64, 32), ImageFormat::Jpeg);
    let told = [
        segment(0xE1, &[&b"Exif\0\0"[..], &exif(orientation)].concat()),
        segment(0xE1, &[&b"http://ns.adobe.com/xap/1.0/\0"[..], SECRET].concat()),
        segment(0xED, SECRET),
        segment(0xE2, &[&b"MPF\0"[..], SECRET].concat()),
        segment(0xFE, SECRET),
    ];
    [&plain[..2], &told.concat(), &plain[2..], SECRET].concat()
}

async fn bytes_of(app: &TestApp, of: &Attachment) -> Vec<u8> {
    let bytes = tokio::fs::read(app.state.media.folder().file(of.id)).await.unwrap();
    assert_eq!(bytes.len() as u64, of.size, "{of:?}");
    bytes
}

fn tells(file: &[u8]) -> bool {
    file.windows(SECRET.len()).any(|part| part == SECRET) || file.windows(4).any(|part| part == b"Exif")
}

/// Whether two pictures show the same, but for what encoding does to them.
fn is_like(one: &DynamicImage, other: &DynamicImage) -> bool {
    one.dimensions() == other.dimensions()
        && one
            .pixels()
            .zip(other.pixels())
            .filter(|((.., a), (.., b))| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 60))
            .count()
            * 20
            < (one.width() * one.height()) as usize
}

#[tokio::test]
async fn a_photo_is_upright_and_tells_neither_where_nor_with_what_it_was_taken() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for orientation in 1..=8 {
            let file = telling_jpeg(orientation);
            assert!(tells(&file));
            let of = s.bo.upload(s.general, "IMG_1.JPG", file).await;
            let mut upright = picture(64, 32);
            upright.apply_orientation(image::metadata::Orientation::from_exif(orientation).unwrap());
            assert_eq!(
                (of.width, of.height),
                (Some(upright.width()), Some(upright.height())),
                "{orientation}"
            );
            let kept = bytes_of(app, &of).await;
            assert!(!tells(&kept), "{orientation}");
            assert!(is_like(&image::load_from_memory(&kept).unwrap(), &upright), "{orientation}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_grey_photo_is_turned_and_stays_grey() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let grey = DynamicImage::ImageLuma8(picture(64, 32).to_luma8());
        let plain = encoded(&grey, ImageFormat::Jpeg);
        let lies = segment(0xE1, &[&b"Exif\0\0"[..], &exif(8)].concat());
        let of = s.bo.upload(s.general, "a.jpg", [&plain[..2], &lies, &plain[2..]].concat()).await;
        let kept = image::load_from_memory(&bytes_of(app, &of).await).unwrap();
        assert_eq!(kept.color(), image::ColorType::L8);
        let mut upright = grey;
        upright.apply_orientation(image::metadata::Orientation::Rotate270);
        assert!(is_like(&kept, &upright));
    })
    .await;
}

#[tokio::test]
async fn pictures_without_an_orientation_lose_nothing_but_what_they_tell() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let plain = encoded(&picture(64, 32), ImageFormat::Jpeg);
        let of = s.bo.upload(s.general, "a.jpg", telling_jpeg(1)).await;
        assert_eq!(bytes_of(app, &of).await, plain, "byte for byte");

        let plain = encoded(&picture(64, 32), ImageFormat::Png);
        let told = [chunk(b"tEXt", SECRET), chunk(b"eXIf", &exif(1)), chunk(b"prVt", SECRET)].concat();
        let telling = [&plain[..33], &told, &plain[33..], SECRET].concat();
        let of = s.bo.upload(s.general, "a.png", telling).await;
        assert_eq!(bytes_of(app, &of).await, plain);

        let told = [riff(b"EXIF", &exif(1)), riff(b"XMP ", SECRET), riff(b"prvt", SECRET)];
        let telling = [extended_webp(&picture(64, 32), 0b0000_1100, &told), SECRET.to_vec()].concat();
        let of = s.bo.upload(s.general, "a.webp", telling).await;
        assert_eq!(bytes_of(app, &of).await, extended_webp(&picture(64, 32), 0, &[]));

        let plain = moving_gif(2, 16);
        let comment = [&[0x21, 0xFE, 17][..], SECRET, &[0]].concat();
        let xmp = [&b"\x21\xFF\x0BXMP DataXMP\x11"[..], SECRET, &[0]].concat();
        let telling = [&plain[..plain.len() - 1], &comment, &xmp, b";", SECRET].concat();
        let of = s.bo.upload(s.general, "a.gif", telling).await;
        assert_eq!(bytes_of(app, &of).await, plain);
    })
    .await;
}

#[tokio::test]
async fn other_pictures_are_turned_without_loss() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let mut upright = picture(64, 32);
        upright.apply_orientation(image::metadata::Orientation::Rotate90);
        let plain = encoded(&picture(64, 32), ImageFormat::Png);
        let png = [&plain[..33], &chunk(b"eXIf", &exif(6)), &plain[33..]].concat();
        let webp = extended_webp(&picture(64, 32), 0b0000_1000, &[riff(b"EXIF", &exif(6))]);
        for (name, file) in [("a.png", png), ("a.webp", webp)] {
            let of = s.bo.upload(s.general, name, file).await;
            assert_eq!((of.width, of.height), (Some(32), Some(64)), "{name}");
            let kept = image::load_from_memory(&bytes_of(app, &of).await).unwrap();
            assert_eq!(kept.to_rgb8(), upright.to_rgb8(), "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_moves_still_moves_and_has_a_still_preview() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let gif = moving_gif(3, 24);
        let webp = moving_webp(&picture(24, 24));
        for (name, file, format) in [("a.gif", gif, ImageFormat::Gif), ("a.webp", webp, ImageFormat::WebP)] {
            let of = s.bo.upload(s.general, name, file).await;
            assert!(of.is_animated && of.has_preview, "{of:?}");
            let kept = bytes_of(app, &of).await;
            assert!(!tells(&kept));
            assert_eq!(image::guess_format(&kept).unwrap(), format);
            let frames = match format {
                ImageFormat::Gif => kept.windows(3).filter(|part| part == b"\x21\xF9\x04").count(),
                _ => kept.windows(4).filter(|part| part == b"ANMF").count(),
            };
            assert!(frames >= 2, "{name}: {frames}");
            let still = tokio::fs::read(app.state.media.folder().preview(of.id)).await.unwrap();
            assert_eq!(image::load_from_memory(&still).unwrap().dimensions(), (24, 24));
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_picture_has_a_preview_that_fits_and_a_small_one_none() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let small = s.bo.upload(s.general, "a.png", encoded(&picture(400, 300), ImageFormat::Png)).await;
        assert!(!small.has_preview && !small.is_animated && small.preview_path().is_none());
        let clear = RgbaImage::from_fn(1_500, 3_000, |x, _| Rgba([200, 0, 0, if x < 750 { 0 } else { 255 }]));
        let clear = encoded(&DynamicImage::ImageRgba8(clear), ImageFormat::Png);
        let photo = encoded(&picture(3_000, 1_500), ImageFormat::Jpeg);
        let lying =
            [&photo[..2], &segment(0xE1, &[&b"Exif\0\0"[..], &exif(6)].concat()), &photo[2..]].concat();
        for (name, file, format, size) in [
            ("clear.png", clear, ImageFormat::WebP, (PREVIEW_PIXELS / 2, PREVIEW_PIXELS)),
            ("photo.jpg", photo, ImageFormat::Jpeg, (PREVIEW_PIXELS, PREVIEW_PIXELS / 2)),
            ("lying.jpg", lying, ImageFormat::Jpeg, (PREVIEW_PIXELS / 2, PREVIEW_PIXELS)),
        ] {
            let of = s.bo.upload(s.general, name, file).await;
            assert!(of.has_preview, "{of:?}");
            let served =
                backend::actions::attachments::preview(&app.state, &s.bo.actor, of.id).await.unwrap();
            let preview = tokio::fs::read(&served.path).await.unwrap();
            assert_eq!(image::guess_format(&preview).unwrap(), format, "{name}");
            assert_eq!(served.content_type, format.to_mime_type());
            let preview = image::load_from_memory(&preview).unwrap();
            assert_eq!(preview.dimensions(), size, "{name}");
            let left = preview.get_pixel(1, preview.height() - 2);
            match name {
                "clear.png" => assert_eq!(left.0[3], 0),
                "photo.jpg" => assert!(left.0[0] > 180, "{left:?}"),
                // What was the right is the bottom.
                _ => assert!(left.0[2] > 180, "{left:?}"),
            }
        }
    })
    .await;
}

/// A PNG file that says it is large, and has next to nothing in it.
fn claiming_png(width: u32, height: u32) -> Vec<u8> {
    let mut file = encoded(&picture(8, 8), ImageFormat::Png);
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&file[12..29]).to_be_bytes();
    file[29..33].copy_from_slice(&checksum);
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(u32::MAX, step)
}

fn claiming_jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut file = encoded(&picture(8, 8), ImageFormat::Jpeg);
    let frame = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    file
}

fn claiming_gif(side: u16) -> Vec<u8> {
    let mut file = moving_gif(1, 8);
    file[6..8].copy_from_slice(&side.to_le_bytes());
    file[8..10].copy_from_slice(&side.to_le_bytes());
    file
}

fn claiming_webp(side: u32) -> Vec<u8> {
    let mut file = extended_webp(&picture(8, 8), 0, &[]);
    file[24..27].copy_from_slice(&u24(side - 1));
    file[27..30].copy_from_slice(&u24(side - 1));
    file
}

#[tokio::test]
async fn bombs_are_refused_before_they_go_off() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        // The claim alone is nothing to refuse: as large as is allowed it is read, and found to be damaged at worst.
        for (name, file) in [
            ("wide.png", claiming_png(60_000, 60_000)),
            ("long.png", claiming_png(8, u32::MAX >> 1)),
            ("large.png", claiming_png(6_000, 6_000)),
            ("large.jpg", claiming_jpeg(65_535, 65_535)),
            ("line.jpg", claiming_jpeg(40_000, 8)),
            ("large.gif", claiming_gif(65_535)),
            ("large.webp", claiming_webp(16_384)),
            ("endless.gif", moving_gif(2_100, 4)),
        ] {
            let error = refused(app, s.bo.try_upload(s.general, name, file)).await;
            assert_eq!(error, Error::PictureRefused, "{name}");
        }
        assert!(s.bo.try_upload(s.general, "many.gif", moving_gif(1_900, 4)).await.is_ok());
        assert_eq!(app.state.media.folder().ids().unwrap().len(), 1, "refused ones leave nothing");
    })
    .await;
}

#[tokio::test]
async fn a_picture_that_is_cut_or_broken_is_refused_or_shown_and_never_more() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let files = [
            telling_jpeg(6),
            encoded(&picture(40, 20), ImageFormat::Png),
            moving_gif(2, 16),
            extended_webp(&picture(40, 20), 0b0000_1000, &[riff(b"EXIF", &exif(6))]),
            moving_webp(&picture(20, 20)),
        ];
        let mut dice = 7_u64;
        for file in files {
            for cut in [12, file.len() / 3, file.len() / 2] {
                let upload = s.bo.try_upload(s.general, "cut", file[..cut].to_vec()).await;
                assert_eq!(upload, Err(Error::PictureRefused), "{cut} of {:?}", &file[..12]);
            }
            for _ in 0..60 {
                let mut broken = file.clone();
                for _ in 0..3 {
                    dice =
                        dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let at = 12 + usize::try_from(dice >> 33).unwrap() % (broken.len() - 12);
                    broken[at] = dice.to_le_bytes()[3];
                }
                match s.bo.try_upload(s.general, "broken", broken).await {
                    Ok(of) => assert!(of.content_type.starts_with("image/"), "{of:?}"),
                    Err(error) => assert_eq!(error, Error::PictureRefused),
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_claims_to_be_a_picture_is_what_it_holds() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let png = encoded(&picture(8, 8), ImageFormat::Png);
        let script = b"<script>alert(1)</script>";
        for (name, file, content_type, kept_as) in [
            ("page.png", b"<html><script>alert(1)</script>".to_vec(), "application/octet-stream", "page.png"),
            ("art.svg", b"<svg onload=\"alert(1)\"/>".to_vec(), "application/octet-stream", "art.svg"),
            ("art.png", b"<?xml version=\"1.0\"?><svg/>".to_vec(), "application/octet-stream", "art.png"),
            ("cat.html", png.clone(), "image/png", "cat.html.png"),
            ("cat.png", [&png[..], script].concat(), "image/png", "cat.png"),
            ("cat.gif", [b"GIF is not one: ".to_vec(), script.to_vec()].concat(), "text/plain", "cat.gif"),
            ("song.mp3.exe", b"ID3\x03\0\0\0\0\0\0".to_vec(), "audio/mpeg", "song.mp3.exe.mp3"),
            ("run.jpg", b"MZ\x90\0\x03\0\0\0".to_vec(), "application/octet-stream", "run.jpg"),
        ] {
            let of = s.bo.upload(s.general, name, file).await;
            assert_eq!((of.content_type.as_str(), of.filename.as_str()), (content_type, kept_as), "{name}");
            let kept = bytes_of(app, &of).await;
            let is_two = kept.starts_with(&png) && kept.len() > png.len();
            assert!(!is_two, "{name} has something behind the picture");
        }
    })
    .await;
}
