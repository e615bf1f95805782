//! What is kept of a run that failed: one JSON object a line.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use serde_json::json;

use super::checker::{Sent, Stored, Violation};
use super::order::Heard;
use crate::{Outcome, instance};

/// Writes violations, then all histories, below cargo's target folder; returns where.
pub(super) fn write(
    name: &str,
    found: &[Violation],
    sent: &[Sent],
    stored: &[Stored],
    readers: &[Heard],
) -> Outcome<PathBuf> {
    let folder = instance::target_folder()?.join("chaos");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{name}.jsonl"));
    let mut file = BufWriter::new(File::create(&path)?);
    for violation in found {
        writeln!(file, "{}", json!({ "violation": violation }))?;
    }
    for message in sent {
        writeln!(file, "{}", json!({ "sent": message }))?;
    }
    for message in stored {
        writeln!(file, "{}", json!({ "stored": message }))?;
    }
    for reader in readers {
        for (channel, id, key) in &reader.messages {
            writeln!(
                file,
                "{}",
                json!({ "heard": { "reader": reader.reader, "channel": channel, "id": id, "key": key } })
            )?;
        }
    }
    file.flush()?;
    Ok(path)
}
