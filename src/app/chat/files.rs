//! Files on their way: chosen for the message that is being written, or of one that was sent before they were there.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::entity::Attachment;
use protocol::error::{Field, Problem};
use protocol::{AttachmentId, ChannelId, Error, limits};

use super::live::Live;
use crate::api::attachments::remove_attachment;
use crate::app::store::Store;
use crate::app::store::outbox::Outgoing;
use crate::browser::listener::Listener;
use crate::browser::upload::{self, Chosen, Told};

/// Files that are sent at once: one fills most lines, three hide the time between two of them.
const AT_ONCE: usize = 3;

/// How far a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    /// Others go first.
    Waiting,
    /// Hundredths of it that were sent.
    Sending(u8),
    /// The backend has it.
    Here(Attachment),
    /// It was refused, or did not arrive.
    Failed(Error),
}

/// A file that has no message yet. Cloning shares its signals.
#[derive(Clone)]
pub(super) struct PendingFile {
    /// What it is known by here.
    pub key: i64,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// How far it is.
    pub progress: ArcRwSignal<Progress>,
    /// What it shows, as typed.
    pub description: ArcRwSignal<String>,
    /// Whether it is hidden until somebody wants to see it.
    pub is_spoiler: ArcRwSignal<bool>,
    channel: ChannelId,
    /// The retry key of its message, once that was sent.
    nonce: Option<Arc<str>>,
}

impl PendingFile {
    fn new(key: i64, channel: ChannelId, name: String, size: u64, progress: Progress) -> Self {
        Self {
            key,
            name,
            size,
            progress: ArcRwSignal::new(progress),
            description: ArcRwSignal::default(),
            is_spoiler: ArcRwSignal::default(),
            channel,
            nonce: None,
        }
    }

    /// The file as its message will have it, once the backend has it.
    fn attachment(&self) -> Option<Attachment> {
        let Progress::Here(file) = self.progress.get_untracked() else { return None };
        let description = self.description.get_untracked();
        Some(Attachment { description, is_spoiler: self.is_spoiler.get_untracked(), ..file })
    }

    /// What the browser knows it by; none for one that came back from a message.
    fn held(&self) -> Option<u32> {
        u32::try_from(self.key).ok()
    }
}

/// All files of this tab that have no message yet. Cloning shares them; they outlive the message box they were put into.
#[derive(Clone)]
pub(super) struct Files {
    pending: ArcRwSignal<Vec<PendingFile>>,
    store: Store,
    live: Live,
}

impl Files {
    pub(super) fn new(store: Store, live: Live) -> Self {
        Self { pending: ArcRwSignal::default(), store, live }
    }

    /// Lets the browser ask before the page is left with files in it, and lets go of them with whoever calls. A file that is
    /// dropped where there is no message box is ignored; left alone, the browser would leave the page for it.
    pub(super) fn keep_page(&self) {
        let pending = self.pending.clone();
        Effect::new(move |_: Option<[Listener; 3]>| {
            let pending = pending.clone();
            let leaving = Listener::new("beforeunload", move |event| {
                if pending.with_untracked(|all| !all.is_empty()) {
                    event.prevent_default();
                }
            });
            let [over, drop] = ["dragover", "drop"].map(|name| {
                Listener::new(name, |event| {
                    if upload::carries_files(&event) {
                        event.prevent_default();
                    }
                })
            });
            [leaving, over, drop]
        });
        on_cleanup(upload::forget_all);
    }

    /// Those that go with the next message of a channel. Tracks.
    pub(super) fn in_tray(&self, channel: ChannelId) -> Vec<PendingFile> {
        self.of(|file| file.channel == channel && file.nonce.is_none())
    }

    /// Those that a message waits for. Tracks.
    pub(super) fn of_message(&self, nonce: &Arc<str>) -> Vec<PendingFile> {
        self.of(|file| file.nonce.as_ref() == Some(nonce))
    }

    fn of(&self, wanted: impl Fn(&PendingFile) -> bool) -> Vec<PendingFile> {
        self.pending.with(|all| all.iter().filter(|file| wanted(file)).cloned().collect())
    }

    /// Puts files into a channel's tray, and on their way.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no room for all of them; those that have room are taken.
    pub(super) fn add(&self, channel: ChannelId, chosen: Vec<Chosen>) -> Result<(), Error> {
        let max = limits::ATTACHMENTS_PER_MESSAGE;
        let room = max.saturating_sub(untrack(|| self.in_tray(channel)).len());
        let too_many = chosen.len() > room;
        let most = self.store.file_bytes;
        let mut chosen = chosen.into_iter();
        let taken: Vec<PendingFile> = chosen
            .by_ref()
            .take(room)
            .map(|Chosen { key, name, size }| {
                let fits = size <= most;
                let progress = if fits { Progress::Waiting } else { Progress::Failed(Error::TooLarge) };
                PendingFile::new(key.into(), channel, name, size, progress)
            })
            .collect();
        chosen.for_each(|left| upload::forget(left.key));
        self.pending.update(|all| all.extend(taken));
        self.begin();
        if !too_many {
            return Ok(());
        }
        Err(Error::Invalid { field: Field::Attachments, problem: Problem::TooMany { max } })
    }

    /// Puts files on their way that wait, as many as go at once.
    fn begin(&self) {
        let all = self.pending.get_untracked();
        let going =
            all.iter().filter(|file| file.progress.with_untracked(|at| matches!(at, Progress::Sending(_))));
        let free = AT_ONCE.saturating_sub(going.count());
        let waiting = all.iter().filter(|file| file.progress.with_untracked(|at| *at == Progress::Waiting));
        for file in waiting.take(free) {
            file.progress.set(Progress::Sending(0));
            let (files, told) = (self.clone(), file.clone());
            if let Some(held) = file.held() {
                upload::send(held, file.channel, &file.name, move |how| files.told(&told, how));
            }
        }
    }

    fn told(&self, file: &PendingFile, how: Told) {
        match how {
            Told::Sent(percent) => file.progress.set(Progress::Sending(percent)),
            Told::Answered(answer) => {
                file.progress.set(answer.map_or_else(Progress::Failed, Progress::Here));
                // Its message may have been sent since it was chosen.
                let now =
                    self.pending.with_untracked(|all| all.iter().find(|one| one.key == file.key).cloned());
                if let Some(nonce) = now.and_then(|file| file.nonce) {
                    self.settle(&nonce);
                }
                self.begin();
            }
        }
    }

    /// Sends a message whose files are all there, or says why it cannot be sent.
    fn settle(&self, nonce: &Arc<str>) {
        let files = untrack(|| self.of_message(nonce));
        let is_it = |outgoing: &Outgoing| outgoing.nonce == *nonce && outgoing.content.is_empty();
        if files.is_empty() && untrack(|| self.store.unsent()).iter().any(is_it) {
            // The last of a message without words was stopped.
            self.store.discard(nonce);
            return;
        }
        let failed = files.iter().find_map(|file| match file.progress.get_untracked() {
            Progress::Failed(error) => Some(error),
            _ => None,
        });
        if let Some(error) = failed {
            return self.store.answered(nonce, Err(error));
        }
        let here: Vec<Attachment> = files.iter().filter_map(PendingFile::attachment).collect();
        if here.len() == files.len() {
            self.drop_those(|file| file.nonce.as_ref() == Some(nonce));
            self.store.uploaded(nonce, here);
            self.live.deliver();
        }
    }

    /// Whether there is anything in a channel's tray.
    pub(super) fn any_in(&self, channel: ChannelId) -> bool {
        !untrack(|| self.in_tray(channel)).is_empty()
    }

    /// Why what is in a channel's tray cannot be sent: one of the files failed, or there are too many. A message would wait
    /// for them for ever.
    pub(super) fn fault_in(&self, channel: ChannelId) -> Option<Error> {
        let (files, max) = (untrack(|| self.in_tray(channel)), limits::ATTACHMENTS_PER_MESSAGE);
        if files.len() > max {
            return Some(Error::Invalid { field: Field::Attachments, problem: Problem::TooMany { max } });
        }
        files.iter().find_map(|file| match file.progress.get_untracked() {
            Progress::Failed(error) => Some(error),
            _ => None,
        })
    }

    /// The files of a channel's tray go with the message of this retry key. They are all there, or it waits for them.
    pub(super) fn give(&self, channel: ChannelId, nonce: &Arc<str>) -> Option<Vec<Attachment>> {
        let files = untrack(|| self.in_tray(channel));
        let here: Vec<Attachment> = files.iter().filter_map(PendingFile::attachment).collect();
        let is_tray = |file: &PendingFile| file.channel == channel && file.nonce.is_none();
        if here.len() == files.len() {
            self.drop_those(is_tray);
            return Some(here);
        }
        self.pending.update(|all| {
            all.iter_mut().filter(|file| is_tray(file)).for_each(|file| file.nonce = Some(nonce.clone()));
        });
        None
    }

    /// Sends those anew that did not arrive; what was refused is refused again, with the same words.
    pub(super) fn again(&self, wanted: impl Fn(&PendingFile) -> bool) {
        for file in self.pending.get_untracked().iter().filter(|file| wanted(file)) {
            if file.progress.with_untracked(|at| matches!(at, Progress::Failed(_))) {
                file.progress.set(Progress::Waiting);
            }
        }
        self.begin();
    }

    /// Sends those of a message anew that did not arrive.
    pub(super) fn again_for(&self, nonce: &Arc<str>) {
        self.again(|file| file.nonce.as_ref() == Some(nonce));
    }

    /// A message that was not sent goes back into the message box: so do its files.
    pub(super) fn take_back(&self, channel: ChannelId, nonce: &Arc<str>, attachments: Vec<Attachment>) {
        let back = attachments.into_iter().map(|file| {
            // Ids are above every key that the browser gives.
            let key = file.id.get();
            let (said, hidden) = (file.description.clone(), file.is_spoiler);
            let back = PendingFile::new(key, channel, file.filename.clone(), file.size, Progress::Here(file));
            back.description.set(said);
            back.is_spoiler.set(hidden);
            back
        });
        let back: Vec<PendingFile> = back.collect();
        self.pending.update(|all| {
            all.iter_mut()
                .filter(|file| file.nonce.as_ref() == Some(nonce))
                .for_each(|file| file.nonce = None);
            all.extend(back);
        });
    }

    /// A message was thrown away: its files are, too.
    pub(super) fn discard(&self, nonce: &Arc<str>, attachments: &[Attachment]) {
        attachments.iter().for_each(|file| take_off(file.id));
        untrack(|| self.of_message(nonce)).iter().for_each(|file| self.remove(file));
    }

    /// Takes a file out of the tray, or stops it.
    pub(super) fn remove(&self, file: &PendingFile) {
        if let Some(attachment) = file.attachment() {
            take_off(attachment.id);
        }
        let nonce =
            self.pending.with_untracked(|all| all.iter().find(|one| one.key == file.key)?.nonce.clone());
        self.drop_those(|other| other.key == file.key);
        self.begin();
        if let Some(nonce) = nonce {
            self.settle(&nonce);
        }
    }

    fn drop_those(&self, gone: impl Fn(&PendingFile) -> bool) {
        let all = self.pending.get_untracked();
        all.iter().filter(|file| gone(file)).filter_map(PendingFile::held).for_each(upload::forget);
        self.pending.update(|all| all.retain(|file| !gone(file)));
    }
}

/// Gives the room back that a file takes. What is lost on the way is swept up by the backend.
fn take_off(id: AttachmentId) {
    spawn_local(async move {
        _ = remove_attachment(id, String::new()).await;
    });
}
