//! Frames, cursors, and what to do when a stream has to be read anew.
//!
//! While a snapshot is being fetched, the events of its stream are noted. When it arrives, those it does not
//! know yet are applied to it. During a reset they are only noted: there is nothing sound to apply them to.

use std::collections::BTreeMap;

use leptos::prelude::{GetUntracked, Set, Update, WithUntracked};
use litemap::LiteMap;
use protocol::entity::{MovedBack, Presence, ReadMark};
use protocol::event::Event;
use protocol::frame::{ClientFrame, ServerFrame, VERSION};
use protocol::snapshot::{GuildSnapshot, History, HomeSnapshot};
use protocol::{ChannelId, Cursors, Error, GuildId, Rev, Stream, UserId, limits};

use super::guild::GuildEntry;
use super::reads::{ReadState, Reads};
use super::timeline::Typist;
use super::{Store, apply, lock};

/// The live connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The first connection of this page is being made.
    Connecting,
    /// Everything that was missed has been received.
    Live,
    /// There was a connection, and there will be one again.
    Lost,
    /// The session has ended.
    SignedOut,
}

/// Something that has to be fetched. In the order it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// The person's own stream, and summaries of guilds that are only listed.
    Home,
    /// A guild with channels and members.
    Guild(GuildId),
    /// The newest messages of a channel.
    History(ChannelId),
}

/// A mark as it was told, which may be before its channel.
#[derive(Clone, Copy)]
pub(super) struct LooseMark {
    pub(super) mark: ReadMark,
    pub(super) back: Option<MovedBack>,
}

/// Where the client stands in each stream.
pub(super) struct Sync {
    cursors: Cursors,
    intakes: LiteMap<Stream, Intake>,
    /// Each once, the most important first.
    wants: Vec<Want>,
    pub(super) loose_marks: LiteMap<ChannelId, LooseMark>,
    /// Channels and threads that ended lately: what another stream tells of them may come after that.
    pub(super) ended: Vec<ChannelId>,
}

/// Events that came while a snapshot was on its way.
#[derive(Default)]
struct Intake {
    resetting: bool,
    noted: Vec<(Rev, Event)>,
}

impl Sync {
    pub(super) fn starting_at(cursors: Cursors) -> Self {
        Self {
            cursors,
            intakes: LiteMap::new(),
            wants: Vec::new(),
            loose_marks: LiteMap::new(),
            ended: Vec::new(),
        }
    }
}

impl Store {
    /// The first frame of a connection.
    pub fn hello(&self) -> ClientFrame {
        ClientFrame::Hello { v: VERSION, cursors: lock(&self.sync).cursors.clone() }
    }

    /// How far a stream has been read.
    pub fn cursor(&self, stream: Stream) -> Option<Rev> {
        lock(&self.sync).cursors.get(&stream).copied()
    }

    /// The next thing to fetch; it counts as being fetched from now on.
    pub fn next_want(&self) -> Option<Want> {
        let want = {
            let wants = &mut lock(&self.sync).wants;
            if wants.is_empty() {
                return None;
            }
            wants.remove(0)
        };
        let stream = match want {
            Want::Home => Some(Stream::User(self.my_id())),
            Want::Guild(guild) => Some(Stream::Guild(guild)),
            Want::History(channel) => {
                if let Some(timeline) = self.timeline(channel) {
                    timeline.expect_wanted();
                }
                let is_conversation = self.dms.with_untracked(|dms| dms.iter().any(|dm| dm.id == channel));
                // An older answer may have ended a reset that came after it was read: this one counts as well.
                is_conversation.then_some(Stream::Dm(channel))
            }
        };
        if let Some(stream) = stream {
            lock(&self.sync).intakes.entry(stream).or_default();
        }
        Some(want)
    }

    /// Asks for something to be fetched.
    pub fn want(&self, want: Want) {
        let wants = &mut lock(&self.sync).wants;
        if let Err(at) = wants.binary_search(&want) {
            wants.insert(at, want);
        }
    }

    /// Takes a frame that is about state; frames about the connection itself are the socket's business.
    /// `now_ms` is milliseconds since the Unix epoch, for what expires.
    pub fn receive(&self, frame: ServerFrame, now_ms: i64) {
        match frame {
            ServerFrame::Event { s, rev, e } => self.receive_event(s, rev, e),
            ServerFrame::Reset { s } => self.reset(s),
            ServerFrame::Gone { s } => match s {
                Stream::Guild(guild) => self.forget_guild(guild),
                Stream::Dm(channel) => self.forget_dm(channel),
                Stream::User(_) => self.link.set(Link::SignedOut),
            },
            ServerFrame::Typing { channel, user } if user.id != self.my_id() => {
                if let Some(timeline) = self.timeline(channel) {
                    let until_ms = now_ms + i64::from(limits::TYPING_MS);
                    timeline.typing.update(|typing| {
                        typing.retain(|typist| typist.user.id != user.id && typist.until_ms > now_ms);
                        typing.push(Typist { user, until_ms });
                    });
                }
            }
            ServerFrame::Presence { all, guild, users } => self.presence(all, guild, users),
            ServerFrame::Pong { revs, .. } => self.considered(&revs),
            _ => {}
        }
    }

    fn receive_event(&self, stream: Stream, rev: Rev, event: Event) {
        if let Some(intake) = lock(&self.sync).intakes.get_mut(&stream) {
            intake.noted.push((rev, event.clone()));
            if intake.resetting {
                return;
            }
        }
        if matches!(event, Event::MessageCreated { .. }) && self.link.get_untracked() == Link::Lost {
            self.caught_up.update(|count| *count = count.saturating_add(1));
        }
        apply(self, stream, rev, event);
    }

    fn presence(&self, all: bool, guild: Option<GuildId>, users: BTreeMap<UserId, Presence>) {
        let online = match guild {
            Some(id) => match self.guild(id) {
                Some(guild) => guild.online.clone(),
                None => return,
            },
            None => self.dm_online.clone(),
        };
        online.update(|online| {
            if all {
                online.clear();
            }
            for (user, presence) in users {
                match presence {
                    Presence::Online => online.insert(user),
                    Presence::Offline => online.remove(&user),
                };
            }
        });
    }

    /// Moves a cursor; false if the event was seen before, or belongs to a guild that is gone.
    pub(super) fn advance(&self, stream: Stream, rev: Rev) -> bool {
        if matches!(stream, Stream::Guild(guild) if self.guild(guild).is_none()) {
            return false;
        }
        let mut sync = lock(&self.sync);
        if sync.cursors.get(&stream).is_some_and(|known| *known >= rev) {
            return false;
        }
        sync.cursors.insert(stream, rev);
        true
    }

    pub(super) fn forget_stream(&self, stream: Stream) {
        let mut sync = lock(&self.sync);
        sync.cursors.remove(&stream);
        sync.intakes.remove(&stream);
    }

    fn reset(&self, stream: Stream) {
        {
            let mut sync = lock(&self.sync);
            // Without a cursor the next hello asks for the same reset again, should this fetch never end.
            sync.cursors.remove(&stream);
            sync.intakes.insert(stream, Intake { resetting: true, noted: Vec::new() });
        }
        match stream {
            Stream::Guild(id) => match self.guild(id) {
                Some(guild) if guild.is_loaded() => {
                    self.want(Want::Guild(id));
                    self.refresh_timelines(&guild);
                }
                _ => self.want(Want::Home),
            },
            Stream::Dm(channel) => {
                self.want(Want::History(channel));
                // The other one may have another name by now, which no message says.
                self.want(Want::Home);
            }
            Stream::User(_) => {
                self.want(Want::Home);
                // Read marks are of this stream: guilds that are loaded may have missed some.
                let guilds = self.guilds.get_untracked();
                guilds
                    .iter()
                    .filter(|guild| guild.is_loaded())
                    .for_each(|guild| self.want(Want::Guild(guild.id())));
            }
        }
    }

    /// Messages were missed, or will be: the channel on screen fetches its newest page, the others when they are
    /// opened.
    fn refresh_timelines(&self, guild: &GuildEntry) {
        let on_screen = lock(&self.timelines).last().map(|timeline| timeline.channel);
        let channels: Vec<ChannelId> = guild.channels.with_untracked(|c| c.iter().map(|c| c.id).collect());
        for channel in channels {
            let Some(timeline) = self.timeline(channel) else { continue };
            let unsent = || timeline.slots.with_untracked(|slots| slots.iter().any(|slot| slot.id.is_none()));
            if Some(channel) == on_screen || unsent() {
                self.want(Want::History(channel));
            } else {
                lock(&self.timelines).retain(|timeline| timeline.channel != channel);
            }
        }
    }

    /// A snapshot that was read at `rev` is in place: what came after it follows.
    fn resume(&self, stream: Stream, rev: Rev) {
        let noted = {
            let mut sync = lock(&self.sync);
            sync.cursors.insert(stream, rev);
            sync.intakes.remove(&stream).map(|intake| intake.noted).unwrap_or_default()
        };
        for (at, event) in noted {
            apply(self, stream, at, event);
        }
    }

    /// Takes a guild that was asked for.
    pub fn install_guild(&self, snapshot: GuildSnapshot) {
        let (id, rev) = (snapshot.guild.id, snapshot.rev);
        let Some(guild) = self.guild(id) else { return self.forget_stream(Stream::Guild(id)) };
        self.know_members(&snapshot);
        let before: Vec<ChannelId> = guild.channels.with_untracked(|c| c.iter().map(|c| c.id).collect());
        guild.load(snapshot);
        // A channel that is gone or closed by now may come back, and then what was said meanwhile is not here.
        before
            .into_iter()
            .filter(|channel| !guild.has_channel(*channel))
            .for_each(|channel| self.forget_timeline(channel));
        self.use_loose_marks(&guild);
        // Events up to the snapshot that are still on their way will count as known: their messages are not here.
        if self.cursor(Stream::Guild(id)).is_none_or(|cursor| cursor < rev) {
            self.refresh_timelines(&guild);
        }
        self.resume(Stream::Guild(id), rev);
    }

    /// Takes the person's own state that was asked for.
    pub fn install_home(&self, home: HomeSnapshot) {
        let HomeSnapshot { me, guilds: summaries, dms, dm_marks, rev } = home;
        self.know(&me.user);
        let stream = Stream::User(me.user.id);
        self.me.set(me);
        let listed = |guild: &GuildEntry| summaries.iter().any(|summary| summary.guild.id == guild.id());
        let left: Vec<GuildId> = self
            .guilds
            .with_untracked(|all| all.iter().filter(|guild| !listed(guild)).map(GuildEntry::id).collect());
        left.into_iter().for_each(|guild| self.forget_guild(guild));
        let mut order = Vec::with_capacity(summaries.len());
        for summary in &summaries {
            let stream = Stream::Guild(summary.guild.id);
            let known = self.guild(summary.guild.id);
            let is_loaded = known.as_ref().is_some_and(GuildEntry::is_loaded);
            let guild =
                known.unwrap_or_else(|| GuildEntry::listed(summary.guild.clone(), Vec::new(), Reads::new()));
            order.push((guild.clone(), (!is_loaded).then_some(stream)));
        }
        self.guilds.set(order.iter().map(|(guild, _)| guild.clone()).collect());
        for ((guild, stream), summary) in order.into_iter().zip(&summaries) {
            // What events have told since the summary was read is newer than it.
            if let Some(stream) = stream
                && self.cursor(stream).is_none_or(|cursor| cursor <= summary.rev)
            {
                guild.summarise(summary, rev);
                self.use_loose_marks(&guild);
                self.resume(stream, summary.rev);
            }
        }
        self.list_dms(dms, &dm_marks);
        self.resume(stream, rev);
    }

    /// Takes the newest messages of a channel that were asked for by [`Want::History`].
    pub fn install_latest(&self, history: History) {
        let (channel, rev) = (history.channel_id, history.rev);
        self.forget_lack(channel);
        let stream = Stream::Dm(channel);
        if lock(&self.sync).intakes.contains_key(&stream) {
            let (me, last_read_id) = (self.my_id(), history.last_read_id);
            let new = history.messages.iter().filter(|message| Some(message.id) > last_read_id);
            let mentions = u32::try_from(new.filter(|message| message.addresses(me, &[])).count());
            let mentions = mentions.unwrap_or(u32::MAX);
            let mark = ReadMark { channel_id: channel, last_read_id, mentions, turns: history.turns };
            let newest = history.messages.last().map(|message| message.id);
            self.change_read(channel, |read| {
                let known = std::mem::replace(read, ReadState::from_snapshot(newest, Some(&mark)));
                read.join(&known);
            });
            self.install_wanted(history);
            self.resume(stream, rev);
        } else {
            self.install_wanted(history);
        }
    }

    fn install_wanted(&self, mut history: History) {
        self.meet_thread(&mut history);
        let channel = history.channel_id;
        let Some(timeline) = self.timeline(channel) else { return };
        history.messages.iter().for_each(|message| self.know_message(message));
        if !timeline.install_wanted(history, self.my_id(), &self.clock.get_untracked()) {
            // It was opened after this was asked for.
            self.want(Want::History(channel));
        }
    }

    /// What was wanted cannot be had: it is gone, or the session has ended. Anything else is tried again.
    pub fn give_up(&self, want: Want, error: &Error) {
        match (want, error) {
            (_, Error::Unauthorized) => self.link.set(Link::SignedOut),
            (Want::Guild(guild), _) => self.forget_guild(guild),
            (Want::History(channel), error) => {
                if let Some(timeline) = self.timeline(channel) {
                    timeline.refuse(error.clone());
                }
                self.forget_stream(Stream::Dm(channel));
            }
            (Want::Home, _) => {}
        }
    }

    /// Takes the heartbeat's revisions: how far the backend has considered each stream for this person. Frames
    /// come in order, so whatever lies between a cursor and that number was not for them.
    fn considered(&self, revs: &BTreeMap<Stream, Rev>) {
        let mut sync = lock(&self.sync);
        for (stream, rev) in revs {
            // A stream that is being read anew has no cursor, and gets it from its snapshot.
            if let Some(cursor) = sync.cursors.get_mut(stream) {
                *cursor = (*cursor).max(*rev);
            }
        }
    }
}
