//! Files: uploading one, giving it to a message, taking it back, fetching it.

use bytes::Bytes;
use futures_util::Stream;
use protocol::entity::{Addressed, Attachment, ChannelKind, Message, NewAttachment};
use protocol::error::{Field, Problem};
use protocol::event::Event;
use protocol::parse::{AltText, FileName};
use protocol::permissions::Permissions;
use protocol::{AttachmentId, ChannelId, Error, MessageId, Result, UserId, limits};

use super::access::{ChannelAccess, in_channel, in_channel_for_write};
use crate::AppState;
use crate::auth::session::Actor;
use crate::media::{Prepared, Served};
use crate::store::attachments::{self, Place, Room, Stored};
use crate::store::{Db, Tx, messages, search_index};

/// What somebody needs who puts a file into a channel.
fn may_attach(access: &ChannelAccess) -> Result<()> {
    access.require(Permissions::SEND_MESSAGES | Permissions::ATTACH_FILES)?;
    if access.kind == i64::from(ChannelKind::Category.number()) { Err(Error::NotFound) } else { Ok(()) }
}

/// Takes in a file for a message that its author is about to send to a channel. Whether they may is decided before the
/// body is read, and again when it has a row. `size` is how large the body claims to be.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::QuotaReached`], [`Error::InstanceFull`], [`Error::PictureRefused`];
/// [`Error::LimitReached`] with [`limits::ATTACHMENTS_PER_MESSAGE`] under way.
pub async fn upload(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    filename: &str,
    size: Option<u64>,
    body: impl Stream<Item = Result<Bytes, impl Sized>>,
) -> Result<Attachment> {
    state.rates.upload(actor.user_id)?;
    let (user, largest) = (actor.user_id, state.config.files.one);
    let room = Room { of_person: state.config.files.of_person, in_all: state.config.files.in_all };
    let mut db = state.store.read().await?;
    may_attach(&in_channel(&mut db, user, channel).await?)?;
    let taken = attachments::room_taken(&mut db, user).await?;
    drop(db);
    let size = size.unwrap_or_default();
    if size > largest {
        return Err(Error::TooLarge);
    }
    // What has no room is not read; what lies about its size is found out when it is counted.
    if taken.of_person.saturating_add(size) > room.of_person {
        return Err(Error::QuotaReached);
    }
    if taken.in_all.saturating_add(size) > room.in_all {
        return Err(Error::InstanceFull);
    }
    let id = state.store.snowflakes().next();
    let upload = state.media.begin(user, id)?;
    if upload.receive(body, largest).await? == 0 {
        return Err(Error::Invalid { field: Field::File, problem: Problem::Empty });
    }
    let (upload, prepared) = upload.prepare(FileName::from_claimed(filename)).await?;
    let attachment = waiting(id, &prepared);
    let new = Stored { attachment: attachment.clone(), channel, message: None, author: user };
    let insert = state.store.write(move |tx| {
        Box::pin(async move {
            may_attach(&in_channel_for_write(tx, user, channel).await?)?;
            let end = tx.now_ms() + limits::ATTACHMENT_WAITS_HOURS * 3_600_000;
            attachments::insert(tx, &new, prepared.preview_size, end, room).await
        })
    });
    insert.await?;
    upload.keep();
    Ok(attachment)
}

fn waiting(id: AttachmentId, prepared: &Prepared) -> Attachment {
    Attachment {
        id,
        filename: prepared.filename.clone(),
        content_type: prepared.content_type.to_owned(),
        size: prepared.size,
        width: prepared.dimensions.map(|(width, _)| width),
        height: prepared.dimensions.map(|(_, height)| height),
        has_preview: prepared.preview_size > 0,
        is_animated: prepared.is_animated,
        description: String::new(),
        is_spoiler: false,
    }
}

/// The files that a new message names, with what is said of them checked.
///
/// # Errors
/// [`Error::Invalid`] for one too many.
pub(super) fn parse(files: &[NewAttachment]) -> Result<Vec<NewAttachment>> {
    let max = limits::ATTACHMENTS_PER_MESSAGE;
    if files.len() > max {
        return Err(Error::Invalid { field: Field::Attachments, problem: Problem::TooMany { max } });
    }
    let checked = |file: &NewAttachment| {
        let description = AltText::parse(&file.description)?.into_string();
        Ok(NewAttachment { id: file.id, description, is_spoiler: file.is_spoiler })
    };
    files.iter().map(checked).collect()
}

/// Gives waiting files to a message that is about to be.
///
/// # Errors
/// [`Error::AttachmentGone`] when one of them is not there for its author.
pub(super) async fn bind(
    tx: &mut Tx,
    access: &ChannelAccess,
    channel: ChannelId,
    message: MessageId,
    files: &[NewAttachment],
) -> Result<Vec<Attachment>> {
    if !files.is_empty() {
        access.require(Permissions::ATTACH_FILES)?;
    }
    let (mut bound, now, author) = (Vec::with_capacity(files.len()), tx.now_ms(), access.user.id);
    for (at, file) in files.iter().enumerate() {
        let place = Place { channel, author, message, at };
        bound.push(attachments::bind(tx, file, place, now).await?.ok_or(Error::AttachmentGone)?);
    }
    Ok(bound)
}

/// A file as somebody may see it: its author while it waits, those who may read the message afterwards.
///
/// # Errors
/// [`Error::NotFound`] for everybody else: whether it exists is not theirs to know.
async fn visible(db: &mut impl Db, user: UserId, id: AttachmentId) -> Result<Stored> {
    let stored = attachments::get(db, id, crate::store::now_ms()).await?.ok_or(Error::NotFound)?;
    let access = in_channel(db, user, stored.channel).await?;
    let is_readable = match stored.message {
        Some(_) => access.permissions.contains(Permissions::READ_HISTORY),
        None => stored.author == user,
    };
    if is_readable { Ok(stored) } else { Err(Error::NotFound) }
}

/// A file for somebody who wants to see it, by its address: under another name there is none.
pub async fn file(state: &AppState, actor: &Actor, id: AttachmentId, filename: &str) -> Result<Served> {
    state.rates.file(actor.user_id)?;
    let stored = visible(&mut state.store.read().await?, actor.user_id, id).await?;
    let Attachment { filename: name, content_type, .. } = stored.attachment;
    if name != filename {
        return Err(Error::NotFound);
    }
    Ok(Served { path: state.media.folder().file(id), content_type, filename: name })
}

/// The smaller copy of a picture.
pub async fn preview(state: &AppState, actor: &Actor, id: AttachmentId) -> Result<Served> {
    state.rates.file(actor.user_id)?;
    let stored = visible(&mut state.store.read().await?, actor.user_id, id).await?;
    if !stored.attachment.has_preview {
        return Err(Error::NotFound);
    }
    state.media.preview(id, &stored.attachment.filename).await
}

/// Takes one's own file back: one that waits, or one of a message, whose other content stays.
///
/// # Errors
/// [`Error::Invalid`] when it is all that the message has: the message can be deleted instead.
pub async fn remove(state: &AppState, actor: &Actor, id: AttachmentId) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| Box::pin(remove_in(tx, user, id)));
    change.await?;
    state.jobs.purge_soon();
    Ok(())
}

async fn remove_in(tx: &mut Tx, user: UserId, id: AttachmentId) -> Result<()> {
    let seen = visible(tx, user, id).await?;
    let access = in_channel_for_write(tx, user, seen.channel).await?;
    // Under the lock: it may have been given to a message, or have gone with one, since.
    let stored = visible(tx, user, id).await?;
    if stored.author != user {
        return Err(Error::Forbidden);
    }
    attachments::release(tx, id).await?;
    let Some(message) = stored.message else { return Ok(()) };
    let message: Message = messages::get(tx, stored.channel, message).await?.ok_or(Error::NotFound)?;
    if message.content.is_empty() && message.attachments.is_empty() {
        return Err(Error::Invalid { field: Field::Content, problem: Problem::Empty });
    }
    search_index::refresh(tx, stored.channel, message.id).await?;
    tx.emit(access.stream, Event::MessageUpdated { message, taken_back: Addressed::default() }).await?;
    Ok(())
}
