//! Files of messages on disk: taking them in, finding out what they are, making pictures safe and small.
//!
//! Every file is named by its attachment's id, and its row is written when it is safely on disk: a file without a row was
//! left by a crash or an interrupted upload, and is swept up. So nothing has to be renamed to become visible.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use protocol::parse::FileName;
use protocol::{AttachmentId, Error, Result, UserId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;

use crate::Config;

mod folder;
mod gif;
mod jpeg;
mod picture;
mod png;
mod scan;
mod sniff;
mod webp;

pub use folder::Folder;
pub use sniff::is_shown;

/// Uploads of one person at a time: the files of one message.
const UPLOADS_AT_ONCE: usize = protocol::limits::ATTACHMENTS_PER_MESSAGE;
/// Pictures looked at at a time. Each may take [`picture::PIXEL_BYTES`] and its file beside; two would take more memory
/// than everything else in the process.
const PICTURES_AT_ONCE: usize = 1;
/// How long a picture waits for its turn: longer than a hundred of the largest take on one processor.
const PICTURE_WAITS: Duration = Duration::from_secs(3 * 60);
/// Bytes a file's writer gathers before it writes. Tokio's own is 2 MiB for each upload.
const WRITE_BYTES: usize = 64 * 1024;

/// A handle to the files; cheap to clone.
#[derive(Clone)]
pub struct Media(Arc<Inner>);

struct Inner {
    folder: Folder,
    pictures: Arc<Semaphore>,
    uploads: Mutex<HashMap<UserId, usize>>,
}

impl std::fmt::Debug for Media {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Media")
    }
}

/// What an upload turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Its name, with an ending that fits what it is where it is shown.
    pub filename: String,
    /// What it is.
    pub content_type: &'static str,
    /// Bytes of the file, as it is kept.
    pub size: u64,
    /// Bytes of the preview; 0 when there is none.
    pub preview_size: u64,
    /// Pixels across and down, of a picture.
    pub dimensions: Option<(u32, u32)>,
    /// Whether the picture moves.
    pub is_animated: bool,
}

/// A picture that was taken in small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Small {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Bytes of its file.
    pub size: u64,
}

/// Why a file could not be made ready.
#[derive(Debug)]
enum Fault {
    /// It is no such picture, or one that is too large.
    Refused,
    /// The disk's reason.
    Disk(std::io::Error),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused => Self::PictureRefused,
            Fault::Disk(error) => disk_fault(&error),
        }
    }
}

/// A disk's error on its way to a person: logged here, said there in one word.
fn disk_fault(error: &std::io::Error) -> Error {
    tracing::error!(%error, "a file cannot be kept");
    let is_full =
        matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge);
    if is_full { Error::InstanceFull } else { Error::Internal }
}

impl Media {
    /// The files of an instance. Nothing is made or read before the first upload.
    pub fn new(config: &Config) -> Self {
        Self(Arc::new(Inner {
            folder: Folder::new(config.data_dir.join("files")),
            pictures: Arc::new(Semaphore::new(PICTURES_AT_ONCE)),
            uploads: Mutex::default(),
        }))
    }

    /// Where they are.
    pub fn folder(&self) -> &Folder {
        &self.0.folder
    }

    /// The smaller copy of a picture, to be served. What it is stands at its beginning, as with every file.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there.
    pub async fn preview(&self, id: AttachmentId, filename: &str) -> Result<Served> {
        let path = self.folder().preview(id);
        let sniffed = sniffed(&path).await.map_err(|_| Error::NotFound)?;
        let filename = FileName::from_claimed(filename).with_ending(sniffed.endings).into_string();
        Ok(Served { path, content_type: sniffed.content_type.to_owned(), filename })
    }

    /// A picture that was taken in small, to be served.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there.
    pub async fn small(&self, id: AttachmentId) -> Result<Served> {
        let path = self.folder().file(id);
        let sniffed = sniffed(&path).await.map_err(|_| Error::NotFound)?;
        let filename = FileName::from_claimed("picture").with_ending(sniffed.endings).into_string();
        Ok(Served { path, content_type: sniffed.content_type.to_owned(), filename })
    }

    /// Takes in a picture from elsewhere, of which only a copy is wanted that is no larger than a preview.
    ///
    /// # Errors
    /// [`Error::PictureRefused`] for what is no picture, and those of an upload.
    pub async fn take_in_small(&self, id: AttachmentId, bytes: Bytes) -> Result<(Upload, Small)> {
        let upload = Upload { media: self.clone(), user: None, id, is_kept: false };
        let whole = bytes.len() as u64;
        upload.receive(futures_util::stream::iter([Ok::<_, Error>(bytes)]), whole).await?;
        let (upload, prepared) = upload.prepare(FileName::from_claimed("picture")).await?;
        let (width, height) = prepared.dimensions.ok_or(Error::PictureRefused)?;
        if prepared.preview_size == 0 {
            return Ok((upload, Small { width, height, size: prepared.size }));
        }
        let folder = self.folder().clone();
        let only_preview = tokio::task::spawn_blocking(move || folder.keep_preview_alone(id));
        only_preview.await.map_err(|_| Error::Internal)?.map_err(|error| disk_fault(&error))?;
        let (width, height) = picture::small_size(width, height);
        Ok((upload, Small { width, height, size: prepared.preview_size }))
    }

    /// Begins an upload. What was written of it goes when it is dropped, unless it is [kept](Upload::keep).
    ///
    /// # Errors
    /// [`Error::LimitReached`] when this person has [`UPLOADS_AT_ONCE`] under way.
    pub fn begin(&self, user: UserId, id: AttachmentId) -> Result<Upload> {
        let mut uploads = self.0.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        let count = uploads.entry(user).or_default();
        if *count >= UPLOADS_AT_ONCE {
            return Err(Error::LimitReached);
        }
        *count += 1;
        Ok(Upload { media: self.clone(), user: Some(user), id, is_kept: false })
    }
}

/// What a file is, by its beginning.
async fn sniffed(path: &Path) -> std::io::Result<sniff::Sniffed> {
    let mut head = Vec::new();
    tokio::fs::File::open(path).await?.take(sniff::HEAD_BYTES as u64).read_to_end(&mut head).await?;
    Ok(sniff::sniff(&head))
}

/// A file that is being taken in.
#[derive(Debug)]
pub struct Upload {
    media: Media,
    /// Who uploads; nobody when it is fetched from elsewhere.
    user: Option<UserId>,
    id: AttachmentId,
    is_kept: bool,
}

impl Upload {
    /// Writes a body to disk, piece by piece.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond `limit` bytes, [`Error::Malformed`] when it breaks off, [`Error::InstanceFull`] when
    /// the disk is.
    pub async fn receive<E>(&self, body: impl Stream<Item = Result<Bytes, E>>, limit: u64) -> Result<u64> {
        let path = self.media.folder().ready().map(|()| self.media.folder().file(self.id));
        let path = path.map_err(|error| disk_fault(&error))?;
        let file = tokio::fs::File::create_new(path).await.map_err(|error| disk_fault(&error))?;
        let mut file = tokio::io::BufWriter::with_capacity(WRITE_BYTES, file);
        let mut body = std::pin::pin!(body);
        let mut size = 0;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| Error::Malformed)?;
            size += piece.len() as u64;
            if size > limit {
                return Err(Error::TooLarge);
            }
            file.write_all(&piece).await.map_err(|error| disk_fault(&error))?;
        }
        file.flush().await.map_err(|error| disk_fault(&error))?;
        Ok(size)
    }

    /// Finds out what was received, makes a picture safe, and sees to it that all of it is on disk.
    ///
    /// # Errors
    /// [`Error::PictureRefused`], [`Error::InstanceFull`]; [`Error::Busy`] when too many pictures came before this one.
    pub async fn prepare(self, name: FileName) -> Result<(Self, Prepared)> {
        let sniffed =
            sniffed(&self.media.folder().file(self.id)).await.map_err(|error| disk_fault(&error))?;
        let turn = match sniffed.picture {
            Some(_) => {
                let turn = self.media.0.pictures.clone().acquire_owned();
                let turn = tokio::time::timeout(PICTURE_WAITS, turn).await.map_err(|_| Error::Busy)?;
                Some(turn.map_err(|_| Error::Busy)?)
            }
            None => None,
        };
        // The upload goes along: when nobody waits for the end any more, what was written is removed after it.
        let work = tokio::task::spawn_blocking(move || {
            let prepared = picture::prepare(self.media.folder(), self.id, name, sniffed);
            drop(turn);
            prepared.map(|prepared| (self, prepared))
        });
        // A decoder that panics has met a file that it should have refused.
        Ok(work.await.unwrap_or(Err(Fault::Refused))?)
    }

    /// From here on the file has a row.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(user) = self.user {
            let mut uploads = self.media.0.uploads.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = uploads.get_mut(&user) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    uploads.remove(&user);
                }
            }
        }
        if !self.is_kept
            && let Err(error) = self.media.folder().remove(self.id)
        {
            tracing::warn!(%error, "what is left of an upload is removed later");
        }
    }
}

/// A file to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    pub content_type: String,
    /// Under which name it is saved.
    pub filename: String,
}
