//! Memory: what a picture may take while it is looked at, however large it is and however many come at once.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage, RgbaImage};
use reqwest::Method;
use rig::Database;

use crate::instance::{Client, Instance};
use crate::world::{World, populate};

/// Bytes that hostile and large files may add to the process.
const MAY_ADD: u64 = 128 * 1024 * 1024;

/// The most memory a process ever had.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

async fn upload(who: &Client, channel: &str, name: &str, file: Vec<u8>) -> u16 {
    let path = format!("/api/attachments/upload?channel_id={channel}&filename={name}");
    who.request(Method::POST, &path, &[("sec-fetch-site", "same-origin")], file).await.status.as_u16()
}

/// Bytes without much order (an LCG), in blocks that are not as long as anything else here.
fn noise(bytes: usize) -> Vec<u8> {
    let mut dice = 1_u64;
    let mut next = || {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        dice.to_be_bytes()[0] / 16
    };
    let block: Vec<u8> = (0..bytes.min(50_021)).map(|_| next()).collect();
    let mut noise = block.repeat(bytes.div_ceil(block.len()));
    noise.truncate(bytes);
    noise
}

/// Bytes of the block that says how a photo lies.
const EXIF_BYTES: usize = 36;

/// A photo of 24 million pixels that lies on its side, with so much in it that it is large as a file too.
fn large_photo() -> Vec<u8> {
    let mut file = Vec::new();
    let picture = RgbImage::from_raw(6_000, 4_000, noise(6_000 * 4_000 * 3)).unwrap();
    JpegEncoder::new_with_quality(&mut file, 60).encode_image(&picture).unwrap();
    let mut turned =
        b"\xFF\xD8\xFF\xE1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06".to_vec();
    turned.extend([0; 7]);
    turned.extend(&file[2..]);
    turned
}

/// A picture of next to no bytes that is huge when it is decoded.
fn bomb(side: u32) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image::GrayImage::new(side, side).write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

fn clear_picture() -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let pixels = noise(4_200 * 4).repeat(4_200);
    RgbaImage::from_raw(4_200, 4_200, pixels).unwrap().write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn large_pictures_and_bombs_at_once_stay_within_bounded_memory() {
    // What was freed is given back at once: otherwise the allocator holds on to some of one picture while it makes room for
    // the next, and what is measured is its patience.
    let instance = Instance::start(Database::sqlite(), &[("MIMALLOC_PURGE_DELAY", "0")]).await;
    populate(&instance).await;
    let world = World::new(&instance).await;
    let member = &world.people.member;
    let (photo, clear) = (large_photo(), clear_picture());
    let fits = |file: &[u8]| file.len() < 25 * 1024 * 1024;
    assert!(fits(&photo) && fits(&clear), "{} {}", photo.len(), clear.len());
    // The first request of its kind takes what stays: threads, buffers, tables.
    assert_eq!(upload(member, &world.channel, "small.txt", b"small".to_vec()).await, 200);
    let before = peak(instance.process());
    let files = [
        ("photo.jpg", photo.clone(), 200),
        ("upright.jpg", [&photo[..2], &photo[2 + EXIF_BYTES..]].concat(), 200),
        ("clear.png", clear, 200),
        ("bomb.png", bomb(14_000), 415),
        ("bomb2.png", bomb(9_000), 415),
        ("cut.jpg", photo[..photo.len() / 2].to_vec(), 415),
        ("noise.bin", vec![7; 20 * 1024 * 1024], 200),
        ("page.html", vec![b'<'; 20 * 1024 * 1024], 200),
    ];
    let uploads = files.into_iter().map(async |(name, file, expected)| {
        let status = upload(member, &world.channel, name, file).await;
        assert_eq!(status, expected, "{name}: {}", instance.log());
    });
    futures_util::future::join_all(uploads).await;
    let added = peak(instance.process()) - before;
    assert!(added <= MAY_ADD, "{} MiB", added / 1024 / 1024);
    // It was real work that was measured.
    assert!(added > 40 * 1024 * 1024, "{} MiB", added / 1024 / 1024);
}
