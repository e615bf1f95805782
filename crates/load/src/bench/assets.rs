//! How much a browser has to fetch: the compressed files of the built site.

use std::fs;

use super::Bench;
use crate::Outcome;
use crate::report::{Row, Section};

/// Extensions and what they are, with the most KiB they may have; none where nothing was promised.
const KINDS: [(&str, &str, Option<f64>); 3] = [
    ("wasm", "WASM, brotli", Some(450.0)),
    ("js", "script, brotli", None),
    ("css", "style sheet, brotli", None),
];

pub(super) fn measure(bench: &Bench) -> Outcome<Section> {
    let folder = bench.plan.site.join("pkg");
    let mut rows = Vec::new();
    let files: Vec<(String, u64)> = fs::read_dir(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .map(|entry| {
            entry.and_then(|entry| {
                Ok((entry.file_name().to_string_lossy().into_owned(), entry.metadata()?.len()))
            })
        })
        .collect::<Result<_, _>>()?;
    for (extension, name, bar) in KINDS {
        let end = format!(".{extension}.br");
        let bytes: u64 = files.iter().filter(|(file, _)| file.ends_with(&end)).map(|(_, bytes)| bytes).sum();
        if bytes == 0 {
            return Err(format!("no *{end} in {}; build with --precompress", folder.display()).into());
        }
        let row = Row::new(name, "KiB", 1, &[bytes as f64 / 1024.0]);
        rows.push(match bar {
            Some(bar) => row.at_most(bar),
            None => row,
        });
    }
    let how = "Sizes of the files the server sends to a browser that understands brotli, all of each kind together.";
    Ok(Section { title: "What a browser fetches", how: how.to_owned(), rows })
}
