//! Messages: sending, editing, deleting, reading.

use protocol::entity::{
    Addressed, ChannelKind, Guild, Message, MessageKind, MovedBack, NewAttachment, Preview, Quoted, ReadMark,
};
use protocol::error::{Field, Problem};
use protocol::event::Event;
use protocol::parse::Content;
use protocol::permissions::Permissions;
use protocol::snapshot::{Anchor, History};
use protocol::{ChannelId, Error, MessageId, Result, Stream, UserId, limits};

use super::access::{ChannelAccess, in_channel, in_channel_for_write};
use super::mentions::{called, called_by, resolve, still_called};
use super::previews;
use crate::AppState;
use crate::auth::session::Actor;
use crate::hub::Hub;
use crate::store::mentions::Called;
use crate::store::{Db, Tx, channels, dms, members, messages, nonces, reads, streams, threads, users};

/// A message as typed.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The text.
    pub content: &'a str,
    /// What it answers.
    pub reply_to: Option<MessageId>,
    /// Retry key, or empty.
    pub nonce: &'a str,
    /// Files that were uploaded for it; with one it needs no text.
    pub attachments: &'a [NewAttachment],
}

/// A message with neither text nor files.
const EMPTY: Error = Error::Invalid { field: Field::Content, problem: Problem::Empty };

struct Parsed {
    content: String,
    reply_to: Option<MessageId>,
    nonce: Option<String>,
    attachments: Vec<NewAttachment>,
    /// What is to be shown with it, where that is wanted at all.
    links: Vec<String>,
}

/// Sends a message. A repeat with the same nonce returns the first one and changes nothing, whatever else its sender may
/// do in the channel by now: that they view it is enough.
///
/// # Errors
/// [`Error::MessageGone`] for a repeat when the first one was deleted meanwhile.
/// [`Error::ReplyGone`] when what it answers was deleted meanwhile, [`Error::AttachmentGone`] when one of its files is not
/// there; then nothing was written, the nonce included.
pub async fn send(state: &AppState, actor: &Actor, channel: ChannelId, draft: Draft<'_>) -> Result<Message> {
    state.rates.change(actor.user_id)?;
    let content = match Content::parse_optional(draft.content)? {
        Some(content) => content.into_string(),
        None if draft.attachments.is_empty() => return Err(EMPTY),
        None => String::new(),
    };
    let links = if state.config.link_previews { previews::links(&content) } else { Vec::new() };
    let has_links = !links.is_empty();
    let parsed = Parsed {
        content,
        reply_to: draft.reply_to,
        nonce: super::nonce(draft.nonce)?,
        attachments: super::attachments::parse(draft.attachments)?,
        links,
    };
    let (user, hub) = (actor.user_id, state.hub.clone());
    let message = state.store.write(move |tx| Box::pin(send_in(tx, hub, user, channel, parsed))).await?;
    if has_links {
        state.queue.wake();
    }
    Ok(message)
}

async fn send_in(tx: &mut Tx, hub: Hub, user: UserId, channel: ChannelId, draft: Parsed) -> Result<Message> {
    let access = in_channel_for_write(tx, user, channel).await?;
    let id: MessageId = tx.new_id_after(access.last_message_id);
    // Before all else is judged: what was said is said, and to call it refused would be wrong. Where this is no repeat
    // and is refused further down, the nonce is not noted either.
    if let Some(earlier) = repeated(tx, user, channel, &draft, id).await? {
        return Ok(earlier);
    }
    access.require(Permissions::SEND_MESSAGES)?;
    if access.kind == i64::from(ChannelKind::Category.number()) {
        return Err(Error::NotFound);
    }
    super::threads::wake(tx, &access, channel).await?;
    let reply_to = match draft.reply_to {
        Some(quoted) => {
            // The answer shows what it answers.
            access.require(Permissions::READ_HISTORY)?;
            Some(quote(tx, channel, quoted).await?)
        }
        None => None,
    };
    let content = resolve(tx, &access, channel, draft.content).await?;
    let called = called(tx, &hub, &access, channel, &content).await?;
    let kind = if reply_to.is_some() { MessageKind::Reply } else { MessageKind::Default };
    let (guild, reply_id) = (access.guild_id, draft.reply_to);
    let new = messages::NewMessage {
        guild,
        channel,
        id,
        author: user,
        kind,
        content: &content,
        reply_to: reply_id,
    };
    messages::insert(tx, &new, &called).await?;
    let attachments = super::attachments::bind(tx, &access, channel, id, &draft.attachments).await?;
    previews::want(tx, &access, channel, id, draft.links).await?;
    reads::advance(tx, user, channel, id).await?;
    let parent_id = access.thread.map(|thread| thread.parent);
    if parent_id.is_some() {
        threads::said(tx, channel, id).await?;
    }
    let author = access.user.clone();
    let nonce = draft.nonce;
    let message = Message {
        id,
        channel_id: channel,
        author,
        kind,
        content,
        edited_at: None,
        reply_to,
        mentions: called.names,
        mention_everyone: called.everyone,
        mention_here: called.here,
        mention_roles: called.roles,
        attachments,
        embeds: Vec::new(),
        reactions: Vec::new(),
        pinned: false,
        thread: None,
        nonce,
    };
    tx.emit(access.stream, Event::MessageCreated { message: message.clone(), parent_id }).await?;
    super::threads::follow_said(tx, &access, channel, id, message.mentions.iter().map(|user| user.id))
        .await?;
    if access.guild_id.is_none() {
        show_conversation(tx, channel).await?;
    }
    Ok(message)
}

/// The message that an earlier request with the same nonce made; none when this is the first, which makes `id`.
async fn repeated(
    tx: &mut Tx,
    user: UserId,
    channel: ChannelId,
    draft: &Parsed,
    id: MessageId,
) -> Result<Option<Message>> {
    let Some(nonce) = &draft.nonce else { return Ok(None) };
    let reply = draft.reply_to.map_or(0, protocol::Id::get).to_le_bytes();
    let channel_bytes = channel.get().to_le_bytes();
    let mut body: Vec<&[u8]> = vec![b"message", &channel_bytes, draft.content.as_bytes(), &reply];
    let files = draft.attachments.iter().map(|file| {
        let NewAttachment { id, description, is_spoiler } = file;
        (id.get().to_le_bytes(), description.as_bytes(), [u8::from(*is_spoiler)])
    });
    let files: Vec<_> = files.collect();
    for (id, description, spoiler) in &files {
        body.extend([&id[..], description, spoiler]);
    }
    let Some(earlier) = nonces::claim(tx, user, nonce, &body, id.get()).await? else { return Ok(None) };
    let earlier = MessageId::new(earlier).ok_or(Error::NonceReused)?;
    let mut message = messages::get(tx, channel, earlier).await?.ok_or(Error::MessageGone)?;
    message.nonce.clone_from(&draft.nonce);
    Ok(Some(message))
}

/// The first message puts a conversation into both lists.
async fn show_conversation(tx: &mut Tx, channel: ChannelId) -> Result<()> {
    for person in dms::closed_for(tx, channel).await? {
        if dms::set_open(tx, channel, person).await? {
            let dm = dms::get(tx, channel, person).await?.ok_or(Error::Internal)?;
            tx.emit(Stream::User(person), Event::DmOpened { dm }).await?;
        }
    }
    Ok(())
}

/// # Errors
/// [`Error::ReplyGone`] when there is no such message in the channel. Whoever sends may read there, so it tells them
/// nothing that they may not know, and apart from a channel that is gone.
async fn quote(tx: &mut Tx, channel: ChannelId, id: MessageId) -> Result<Quoted> {
    let message = messages::get(tx, channel, id).await?.ok_or(Error::ReplyGone)?;
    if message.kind.is_system() {
        return Err(Error::Forbidden);
    }
    Ok(Quoted { id, preview: Some(Preview::of(message.author, message.content)) })
}

/// Says that somebody came or went, where the guild wants to hear it.
pub(super) async fn announce(tx: &mut Tx, guild: &Guild, user: UserId, kind: MessageKind) -> Result<()> {
    let Some(channel) = guild.system_channel_id else { return Ok(()) };
    let Some(place) = channels::by_id(tx, channel).await? else { return Ok(()) };
    let author = users::by_id(tx, user).await?.ok_or(Error::Internal)?;
    let id: MessageId = tx.new_id_after(place.last_message_id);
    let new = messages::NewMessage {
        guild: Some(guild.id),
        channel,
        id,
        author: user,
        kind,
        content: "",
        reply_to: None,
    };
    messages::insert(tx, &new, &Called::default()).await?;
    if members::is_member(tx, guild.id, user).await? {
        reads::advance(tx, user, channel, id).await?;
    }
    let message = Message {
        id,
        channel_id: channel,
        author,
        kind,
        content: String::new(),
        edited_at: None,
        reply_to: None,
        mentions: Vec::new(),
        mention_everyone: false,
        mention_here: None,
        mention_roles: Vec::new(),
        attachments: Vec::new(),
        embeds: Vec::new(),
        reactions: Vec::new(),
        pinned: false,
        thread: None,
        nonce: None,
    };
    tx.emit(Stream::Guild(guild.id), Event::MessageCreated { message, parent_id: None }).await?;
    Ok(())
}

/// Changes the text of one's own message. Nobody is called by it, and whom it does not name any more is taken back. Its files
/// stay, and with one it needs no text. What is behind its links is looked at anew.
pub async fn edit(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    id: MessageId,
    content: &str,
) -> Result<Message> {
    state.rates.change(actor.user_id)?;
    let content = Content::parse_optional(content)?.map(Content::into_string);
    let links = content.as_deref().map(previews::links).unwrap_or_default();
    let is_wanted = state.config.link_previews;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let access = in_channel_for_write(tx, user, channel).await?;
            let before = messages::get(tx, channel, id).await?.ok_or(Error::NotFound)?;
            if before.author.id != user || before.kind.is_system() {
                return Err(Error::Forbidden);
            }
            access.require(Permissions::SEND_MESSAGES)?;
            let content = match content {
                Some(content) => resolve(tx, &access, channel, content).await?,
                None if before.attachments.is_empty() => return Err(EMPTY),
                None => String::new(),
            };
            if content == before.content {
                return Ok(before);
            }
            let called = called_by(&before);
            let still = still_called(&called, &access, &content);
            messages::set_content(tx, channel, id, &content, (&called, &still)).await?;
            previews::renew(tx, &access, channel, id, links, is_wanted).await?;
            let message = messages::get(tx, channel, id).await?.ok_or(Error::Internal)?;
            let taken_back = before.addressed().without(&message.addressed());
            tx.emit(access.stream, Event::MessageUpdated { message: message.clone(), taken_back }).await?;
            Ok(message)
        })
    });
    let message = change.await?;
    state.queue.wake();
    Ok(message)
}

/// Deletes a message: one's own, or anybody's where one may manage messages. Its text leaves the log in the
/// same commit; those who reacted to it are removed in steps after it.
pub async fn delete(state: &AppState, actor: &Actor, channel: ChannelId, id: MessageId) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let access = in_channel_for_write(tx, user, channel).await?;
            let message = messages::get(tx, channel, id).await?.ok_or(Error::NotFound)?;
            if message.author.id != user || message.kind.is_system() {
                access.require(Permissions::MANAGE_MESSAGES)?;
            }
            streams::scrub_message(tx, channel, id).await?;
            let last_message_id = messages::delete(tx, channel, id).await?;
            if access.thread.is_some() {
                threads::unsaid(tx, channel).await?;
            }
            let Addressed { mentions, mention_everyone, mention_roles } = message.addressed();
            let gone = Event::MessageDeleted {
                channel_id: channel,
                message_id: id,
                author_id: message.author.id,
                mentions,
                mention_everyone,
                mention_roles,
                last_message_id,
                parent_id: access.thread.map(|thread| thread.parent),
            };
            tx.emit(access.stream, gone).await?;
            Ok(())
        })
    });
    change.await?;
    state.jobs.purge_soon();
    Ok(())
}

/// A page of messages.
pub async fn history(state: &AppState, actor: &Actor, channel: ChannelId, anchor: Anchor) -> Result<History> {
    state.rates.read(actor.user_id)?;
    read_history(&mut state.store.read().await?, actor.user_id, channel, anchor).await
}

/// The same inside a reader.
pub(super) async fn read_history(
    db: &mut impl Db,
    user: UserId,
    channel: ChannelId,
    anchor: Anchor,
) -> Result<History> {
    let access = in_channel(db, user, channel).await?;
    let (messages, has_older, has_newer) = if access.permissions.contains(Permissions::READ_HISTORY) {
        messages::page(db, user, channel, anchor, limits::HISTORY_PAGE).await?
    } else {
        (Vec::new(), false, false)
    };
    let mark = mark_of(db, &access, channel).await?;
    let thread = if access.thread.is_some() { threads::by_id(db, channel).await? } else { None };
    Ok(History {
        channel_id: channel,
        messages,
        has_older,
        has_newer,
        last_read_id: mark.and_then(|mark| mark.last_read_id),
        turns: mark.map_or(0, |mark| mark.turns),
        access: access.permissions,
        thread,
        rev: streams::rev(db, access.stream).await?,
    })
}

/// How far somebody has read; none in a thread they do not follow, where nothing is unread.
async fn mark_of(db: &mut impl Db, access: &ChannelAccess, channel: ChannelId) -> Result<Option<ReadMark>> {
    let user = access.user.id;
    if let (Some(guild), true) = (access.guild_id, access.thread.is_some())
        && threads::following(db, user, guild, channel).await?.is_none()
    {
        return Ok(None);
    }
    reads::get(db, user, channel).await.map(Some)
}

/// Moves the read mark forward, on all devices. It never moves back and never past what exists.
pub async fn mark_read(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    message: MessageId,
) -> Result<()> {
    // A commit like every other; the fastest reader makes a few in a second.
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let mut reader = state.store.read().await?;
    let access = in_channel(&mut reader, user, channel).await?;
    let Some(mark) = mark_of(&mut reader, &access, channel).await? else { return Ok(()) };
    drop(reader);
    let Some(newest) = access.last_message_id else { return Ok(()) };
    let to = message.min(newest);
    if mark.last_read_id.is_some_and(|last| last >= to) {
        return Ok(());
    }
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            // They may have been removed since.
            in_channel(tx, user, channel).await?;
            if reads::advance(tx, user, channel, to).await? {
                let mark = reads::get(tx, user, channel).await?;
                tx.emit(Stream::User(user), Event::ReadMarked { mark, back: None }).await?;
            }
            Ok(())
        })
    });
    change.await
}

/// Moves the read mark back to before a message, on all devices: the message is the first that is unread.
pub async fn mark_unread(
    state: &AppState,
    actor: &Actor,
    channel: ChannelId,
    message: MessageId,
) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            // Under the lock: nothing is said or deleted there between counting and telling.
            let access = in_channel_for_write(tx, user, channel).await?;
            access.require(Permissions::READ_HISTORY)?;
            messages::get(tx, channel, message).await?.ok_or(Error::NotFound)?;
            let before = mark_of(tx, &access, channel).await?.and_then(|mark| mark.last_read_id);
            let Some(from_id) = before.filter(|read| *read >= message) else { return Ok(()) };
            reads::turn_back(tx, user, channel, message).await?;
            let mark = reads::get(tx, user, channel).await?;
            let newest_id = access.last_message_id.unwrap_or(message);
            let rev = streams::rev(tx, access.stream).await?;
            let back = MovedBack { guild_id: access.guild_id, newest_id, rev, from_id };
            tx.emit(Stream::User(user), Event::ReadMarked { mark, back: Some(back) }).await?;
            Ok(())
        })
    });
    change.await
}
