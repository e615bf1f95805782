//! How much a browser has to fetch: the compressed files of the built site.

use std::fs;

use super::Bench;
use crate::Outcome;
use crate::report::{Row, Section};

/// A kind of file, what it is, and the most KiB all of it may have; none where nothing was promised.
struct Kind {
    begins: &'static str,
    ends: &'static str,
    name: &'static str,
    most: Option<f64>,
}

const KINDS: [Kind; 4] = [
    Kind {
        begins: "harmony.",
        ends: ".wasm.br",
        name: "WASM before the first message, brotli",
        most: Some(450.0),
    },
    Kind { begins: "", ends: ".wasm.br", name: "WASM with all parts, brotli", most: Some(600.0) },
    Kind { begins: "", ends: ".js.br", name: "script, brotli", most: None },
    Kind { begins: "", ends: ".css.br", name: "style sheet, brotli", most: None },
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
    for Kind { begins, ends, name, most } in KINDS {
        let of_kind = files.iter().filter(|(file, _)| file.starts_with(begins) && file.ends_with(ends));
        let bytes: u64 = of_kind.map(|(_, bytes)| bytes).sum();
        if bytes == 0 {
            return Err(
                format!("no {begins}*{ends} in {}; build with --precompress", folder.display()).into()
            );
        }
        let row = Row::new(name, "KiB", 1, &[bytes as f64 / 1024.0]);
        rows.push(match most {
            Some(most) => row.at_most(most),
            None => row,
        });
    }
    let how = "Sizes of the files the server sends to a browser that understands brotli, all of each kind together. Parts of the WASM are fetched when they are first used.";
    Ok(Section { title: "What a browser fetches", how: how.to_owned(), rows })
}
