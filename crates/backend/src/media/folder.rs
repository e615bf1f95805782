//! The folder with the files. A flat one: file systems of today find a name among millions.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use protocol::AttachmentId;

/// Where files are.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// What stands behind the id in the name of a preview, and of what is still being made.
const PREVIEW: &str = ".preview";
const UNFINISHED: &str = ".unfinished";

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Makes the folder where it is missing, for nobody else on this machine.
    pub(super) fn ready(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.root)
    }

    /// The file of an attachment.
    pub fn file(&self, id: AttachmentId) -> PathBuf {
        self.root.join(id.to_string())
    }

    /// Its smaller copy.
    pub fn preview(&self, id: AttachmentId) -> PathBuf {
        self.root.join(format!("{id}{PREVIEW}"))
    }

    /// What is about to take the place of its file.
    pub(super) fn unfinished(&self, id: AttachmentId) -> PathBuf {
        self.root.join(format!("{id}{UNFINISHED}"))
    }

    /// Returns when a file, its preview and their names are on disk.
    pub(super) fn sync(&self, id: AttachmentId) -> io::Result<()> {
        File::open(self.file(id))?.sync_all()?;
        match File::open(self.preview(id)) {
            Ok(preview) => preview.sync_all()?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // A name is on disk when its folder is.
        File::open(&self.root)?.sync_all()
    }

    /// Puts a preview in the place of its file, and returns when that is on disk.
    pub(super) fn keep_preview_alone(&self, id: AttachmentId) -> io::Result<()> {
        fs::rename(self.preview(id), self.file(id))?;
        self.sync(id)
    }

    /// Removes whatever there is of an attachment. What is not there is no error.
    ///
    /// # Errors
    /// The disk's; then it can be tried again.
    pub fn remove(&self, id: AttachmentId) -> io::Result<()> {
        for path in [self.preview(id), self.unfinished(id), self.file(id)] {
            match fs::remove_file(path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The attachments that something is there of, by id. What has another name is not ours.
    ///
    /// # Errors
    /// The disk's.
    pub fn ids(&self) -> io::Result<Vec<AttachmentId>> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = BTreeSet::new();
        for entry in entries {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            let id = [PREVIEW, UNFINISHED].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
            found.extend(id.parse::<AttachmentId>().ok());
        }
        Ok(found.into_iter().collect())
    }
}
