//! What the client knows, as signals. Built once from the page's own data, then changed only by events.
//!
//! | where | what |
//! |---|---|
//! | this file | the store, how to find things in it |
//! | `apply` | one durable event after the other: the reducer |
//! | `sync` | frames, cursors, and what to do when a stream has to be read anew |
//! | `guild`, `reads`, `timeline`, `layout` | one guild, read marks, one channel's messages and how they stand |
//! | `threads` | what threads change in all of these |
//! | `history` | pages of a channel's messages: asking for them, taking them |
//! | `outbox` | messages on their way |
//! | `normal` | the same state as plain values, for comparing |
//!
//! Everything is an `Arc` signal: it outlives whatever component first asked for it. Nothing here touches the
//! page or the network, so all of it runs in native tests. `chat::connect` ties it to the backend.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leptos::prelude::{ArcRwSignal, Get, GetUntracked, Set, Update, With, WithUntracked};
use litemap::LiteMap;
use protocol::entity::{Dm, Me, Message, User};
use protocol::permissions::Permissions;
use protocol::snapshot::{Anchor, History, MembersPage, PageData, Place};
use protocol::{ChannelId, GuildId, MessageId, Stream, UserId};

pub mod apply;
pub mod clock;
pub mod guild;
mod history;
pub mod layout;
pub mod normal;
mod order;
pub mod outbox;
pub mod reads;
pub mod sync;
mod threads;
pub mod timeline;

#[cfg(test)]
mod interleaving_tests;
#[cfg(test)]
mod replay_tests;
#[cfg(test)]
mod sample_pages;
#[cfg(test)]
mod sample_parts;
#[cfg(test)]
mod sample_threads;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod window_tests;

pub use apply::apply;
pub use clock::Clock;
use guild::summary_reads;
pub use guild::{GuildEntry, Stage};
use outbox::Outgoing;
use reads::{ReadState, Reads};
use sync::Sync;
pub use sync::{Link, Want};
use timeline::Timeline;

/// Timelines kept besides the one on screen, so that going back is instant.
const TIMELINES_KEPT: usize = 12;

/// The store as context.
#[derive(Clone)]
pub struct StoreCtx(pub Store);

/// All that the client knows. Cloning shares it.
#[derive(Clone)]
pub struct Store(Arc<StoreSignals>);

/// What can be watched.
pub struct StoreSignals {
    /// The person who is signed in, with their settings.
    pub me: ArcRwSignal<Me>,
    /// Their guilds, in the order of the rail.
    pub guilds: ArcRwSignal<Vec<GuildEntry>>,
    /// Their conversations, newest first.
    pub dms: ArcRwSignal<Vec<DmEntry>>,
    /// How far those were read.
    pub dm_reads: ArcRwSignal<Reads>,
    /// Who of the people in them is here.
    pub dm_online: ArcRwSignal<BTreeSet<UserId>>,
    /// Counts up when a device signed in or out: fetch the list anew.
    pub devices: ArcRwSignal<u32>,
    /// The live connection.
    pub link: ArcRwSignal<Link>,
    /// Messages that arrived in the replay after the last interruption.
    pub caught_up: ArcRwSignal<u32>,
    /// The message somebody wanted to see that is not there any more, and where it was.
    pub lacking: ArcRwSignal<Option<(ChannelId, MessageId)>>,
    /// Counts up when a message was pinned or taken down somewhere, a pinned one changed, or one was deleted, which may
    /// have been pinned.
    pub pins_changed: ArcRwSignal<u32>,
    /// Counts up when a message came that addresses the person, or one that does, or did, was changed or deleted.
    pub mentions_changed: ArcRwSignal<u32>,
    /// The channel somebody went to that is not here: it may be an archived thread.
    pub sought: ArcRwSignal<Option<ChannelId>>,
    /// The channel that was marked as unread, until it is entered anew: looking at it does not read it.
    pub kept_unread: ArcRwSignal<Option<ChannelId>>,
    /// The reader's time zone and day.
    pub clock: ArcRwSignal<Clock>,
    /// The build that rendered this page.
    pub build: String,
    /// Bytes that one file may have.
    pub file_bytes: u64,
    /// Counts up when a message was written, confirmed, refused or taken back.
    pub(super) outbox_changes: ArcRwSignal<u32>,
    /// Another build answers by now: reload when convenient.
    pub outdated: ArcRwSignal<bool>,
    users: Mutex<LiteMap<UserId, ArcRwSignal<User>>>,
    timelines: Mutex<Vec<Timeline>>,
    sync: Mutex<Sync>,
    outbox: Mutex<Vec<Outgoing>>,
    has_history: bool,
    has_arrived: AtomicBool,
}

impl std::ops::Deref for Store {
    type Target = StoreSignals;
    fn deref(&self) -> &StoreSignals {
        &self.0
    }
}

/// A conversation in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DmEntry {
    /// Its channel.
    pub id: ChannelId,
    /// The other one; look up the names with [`Store::person`].
    pub recipient: UserId,
}

/// A poisoned lock still holds whole values: every change of them is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// The state a page starts from.
    pub fn new(page: PageData) -> Self {
        let PageData { home, guild, history, cursors, build, file_bytes } = page;
        let guilds = home
            .guilds
            .iter()
            .map(|summary| {
                let reads = summary_reads(summary, home.rev);
                GuildEntry::listed(summary.guild.clone(), summary.own_roles.clone(), reads)
            })
            .collect();
        let store = Self(Arc::new(StoreSignals {
            me: ArcRwSignal::new(home.me.clone()),
            guilds: ArcRwSignal::new(guilds),
            dms: ArcRwSignal::default(),
            dm_reads: ArcRwSignal::default(),
            dm_online: ArcRwSignal::default(),
            devices: ArcRwSignal::default(),
            link: ArcRwSignal::new(Link::Connecting),
            caught_up: ArcRwSignal::default(),
            lacking: ArcRwSignal::default(),
            pins_changed: ArcRwSignal::default(),
            mentions_changed: ArcRwSignal::default(),
            sought: ArcRwSignal::default(),
            kept_unread: ArcRwSignal::default(),
            clock: ArcRwSignal::new(Clock::utc()),
            build,
            file_bytes,
            outbox_changes: ArcRwSignal::default(),
            outdated: ArcRwSignal::default(),
            users: Mutex::default(),
            timelines: Mutex::default(),
            sync: Mutex::new(Sync::starting_at(cursors)),
            outbox: Mutex::default(),
            has_history: history.is_some(),
            has_arrived: AtomicBool::new(false),
        }));
        store.know(&home.me.user);
        store.list_dms(home.dms, &home.dm_marks);
        if let Some(snapshot) = guild
            && let Some(entry) = store.guild(snapshot.guild.id)
        {
            store.know_members(&snapshot);
            entry.load(snapshot);
        }
        if let Some(history) = history {
            let timeline = store.open_timeline(history.channel_id);
            let newest = history.messages.last().map(|message| message.id);
            let divider = history.last_read_id.filter(|read| newest > Some(*read));
            timeline.divider.set(divider);
            timeline.expect();
            store.install_history(&timeline, history, Anchor::Latest);
        }
        store
    }

    /// The person's own id.
    pub fn my_id(&self) -> UserId {
        self.me.with_untracked(|me| me.user.id)
    }

    /// A guild of the person. Does not track.
    pub fn guild(&self, id: GuildId) -> Option<GuildEntry> {
        self.guilds.with_untracked(|guilds| guilds.iter().find(|guild| guild.id() == id).cloned())
    }

    /// A guild of the person; runs again when they join or leave one.
    pub fn watch_guild(&self, id: GuildId) -> Option<GuildEntry> {
        self.guilds.get().into_iter().find(|guild| guild.id() == id)
    }

    /// The loaded guild a channel is in.
    pub fn guild_of(&self, channel: ChannelId) -> Option<GuildEntry> {
        self.guilds.get_untracked().into_iter().find(|guild| guild.has_channel(channel))
    }

    /// Somebody's names, if they were ever mentioned to this client.
    pub fn person(&self, id: UserId) -> Option<ArcRwSignal<User>> {
        lock(&self.users).get(&id).cloned()
    }

    /// The names behind a person who came with some entity; later renames reach this signal.
    pub fn person_of(&self, user: &User) -> ArcRwSignal<User> {
        let mut users = lock(&self.users);
        users.entry(user.id).or_insert_with(|| ArcRwSignal::new(user.clone())).clone()
    }

    /// How far a channel was read. Does not track.
    pub fn read_state(&self, channel: ChannelId) -> ReadState {
        let in_guild = self.guilds.with_untracked(|guilds| {
            guilds.iter().find_map(|guild| guild.reads.with_untracked(|reads| reads.get(&channel).cloned()))
        });
        let in_dms = || self.dm_reads.with_untracked(|reads| reads.get(&channel).cloned());
        in_guild.or_else(in_dms).unwrap_or_default()
    }

    /// Notes that everything up to a message was seen, before the backend confirms it.
    pub fn read_to(&self, channel: ChannelId, message: MessageId) {
        self.change_read(channel, |read| read.read_to(Some(message)));
    }

    /// Changes a known read state; false when nothing is known of the channel.
    fn change_read(&self, channel: ChannelId, change: impl FnOnce(&mut ReadState)) -> bool {
        let is_known =
            |reads: &ArcRwSignal<Reads>| reads.with_untracked(|reads| reads.contains_key(&channel));
        let in_guild = self.guilds.with_untracked(|guilds| {
            guilds.iter().map(|guild| guild.reads.clone()).find(|reads| is_known(reads))
        });
        let Some(reads) = in_guild.or_else(|| Some(self.dm_reads.clone()).filter(is_known)) else {
            return false;
        };
        reads.update(|reads| {
            if let Some(read) = reads.get_mut(&channel) {
                change(read);
            }
        });
        true
    }

    /// Whether anything is unread outside one channel, and how much of it is for the person: mentions, and direct
    /// conversations. Tracks.
    pub fn news(&self, outside: Option<ChannelId>) -> (bool, u32) {
        let is_elsewhere = |channel: &ChannelId| Some(*channel) != outside;
        let (mut unread, mut personal) = (false, 0_u32);
        for guild in self.guilds.get() {
            guild.reads.with(|reads| {
                let reads = reads.iter().filter(|(channel, read)| is_elsewhere(channel) && read.is_unread());
                for (_, read) in reads {
                    unread = true;
                    personal = personal.saturating_add(read.mentions());
                }
            });
        }
        self.dm_reads.with(|reads| {
            let waiting =
                reads.iter().filter(|(channel, read)| is_elsewhere(channel) && read.is_unread()).count();
            unread |= waiting > 0;
            personal = personal.saturating_add(u32::try_from(waiting).unwrap_or(u32::MAX));
        });
        (unread, personal)
    }

    /// A channel's messages, if it was opened.
    pub fn timeline(&self, channel: ChannelId) -> Option<Timeline> {
        lock(&self.timelines).iter().find(|timeline| timeline.channel == channel).cloned()
    }

    /// A channel's messages; the channel counts as the one on screen. Long unseen ones are forgotten, unless
    /// something in them has not been sent yet.
    pub fn open_timeline(&self, channel: ChannelId) -> Timeline {
        let mut timelines = lock(&self.timelines);
        let known = timelines.iter().position(|timeline| timeline.channel == channel);
        let timeline = known.map_or_else(|| self.new_timeline(channel), |at| timelines.remove(at));
        timelines.push(timeline.clone());
        let surplus = timelines.len().saturating_sub(TIMELINES_KEPT + 1);
        let mut at = 0;
        timelines.retain(|timeline| {
            at += 1;
            let unsent = || timeline.slots.with_untracked(|slots| slots.iter().any(|slot| slot.id.is_none()));
            at > surplus || unsent()
        });
        timeline
    }

    /// A channel's messages, without counting it as the one on screen.
    pub(super) fn background_timeline(&self, channel: ChannelId) -> Timeline {
        let mut timelines = lock(&self.timelines);
        if let Some(known) = timelines.iter().find(|timeline| timeline.channel == channel) {
            return known.clone();
        }
        let timeline = self.new_timeline(channel);
        timelines.insert(0, timeline.clone());
        timeline
    }

    /// One without history, but with what could not be sent while the channel was out of sight.
    fn new_timeline(&self, channel: ChannelId) -> Timeline {
        let timeline = Timeline::new(channel);
        self.show_unsent(&timeline);
        timeline
    }

    /// Whether this is the first channel of the page, whose line between old and new came with the page. True
    /// once.
    pub fn is_first_arrival(&self) -> bool {
        !self.has_arrived.swap(true, Ordering::Relaxed) && self.has_history
    }

    /// Takes note of the place the first page was made for: it may have come without its message.
    pub fn came_for(&self, place: Place) {
        if let Place::Guild { channel: Some(channel), message: Some(message), .. }
        | Place::Dm { channel, message: Some(message) } = place
            && let Some(timeline) = self.timeline(channel)
        {
            self.look_for(&timeline, message);
        }
    }

    /// Takes note when the page that was read for a message's sake is without it.
    fn look_for(&self, timeline: &Timeline, message: MessageId) {
        let is_lacking = timeline.row(message).is_none();
        self.lacking.set(is_lacking.then_some((timeline.channel, message)));
    }

    /// Forgets what was lacking in a channel: something else of it is on screen.
    pub fn forget_lack(&self, channel: ChannelId) {
        if self.lacking.get_untracked().is_some_and(|(lacking, _)| lacking == channel) {
            self.lacking.set(None);
        }
    }

    /// Whether a channel stays unread while it is looked at.
    pub fn keeps_unread(&self, channel: ChannelId) -> bool {
        self.kept_unread.get_untracked() == Some(channel)
    }

    /// Looking at a channel does not read it, until it is entered anew.
    pub fn keep_unread(&self, channel: ChannelId) {
        self.kept_unread.set(Some(channel));
    }

    /// Looking at a channel reads it again.
    pub fn stop_keeping_unread(&self, channel: ChannelId) {
        if self.keeps_unread(channel) {
            self.kept_unread.set(None);
        }
    }

    /// The reader has come to a channel: the line between old and new is drawn where they left off.
    pub fn arrive(&self, timeline: &Timeline) {
        self.kept_unread.set(None);
        let read = self.read_state(timeline.channel);
        let divider = read.last_read_id.filter(|_| read.is_unread());
        timeline.divide(divider, &self.clock.get_untracked());
    }

    /// Takes a page of history that was asked for with [`Timeline::expect`].
    pub fn install_history(&self, timeline: &Timeline, mut history: History, anchor: Anchor) {
        self.meet_thread(&mut history);
        history.messages.iter().for_each(|message| self.know_message(message));
        let is_taken = timeline.install(history, anchor, self.my_id(), &self.clock.get_untracked());
        match anchor {
            Anchor::Around(wanted) if is_taken => self.look_for(timeline, wanted),
            Anchor::Latest => self.forget_lack(timeline.channel),
            _ => {}
        }
    }

    /// What the person may do in a channel, from what is known. Tracks.
    pub fn access(&self, channel: ChannelId) -> Permissions {
        match self.guild_of(channel) {
            Some(guild) => guild.access_in(channel),
            None => self.timeline(channel).map_or(Permissions::NONE, |timeline| timeline.access.get()),
        }
    }

    /// Takes a further page of a guild's members.
    pub fn add_members(&self, guild: &GuildEntry, page: MembersPage) {
        page.members.iter().for_each(|member| self.know(&member.user));
        guild.add_members(page);
    }

    /// Tells the reader's time zone and day; days and groups are formed anew.
    pub fn set_clock(&self, clock: Clock) {
        self.clock.set(clock);
        let timelines = lock(&self.timelines).clone();
        timelines.iter().for_each(|timeline| timeline.arrange(&clock));
    }

    /// Learns names from where renames are told: members, recipients, the person's own state.
    fn know(&self, user: &User) {
        let person = self.person_of(user);
        if person.with_untracked(|known| known != user) {
            person.set(user.clone());
        }
    }

    /// Learns names from a message. They are as old as the message, and streams are not ordered among each
    /// other: whoever's renames are told elsewhere keeps the name told there.
    fn know_message(&self, message: &Message) {
        let quoted = message.reply_to.as_ref().and_then(|reply| reply.preview.as_ref());
        let people = [&message.author].into_iter().chain(&message.mentions);
        for user in people.chain(quoted.map(|preview| &preview.author)) {
            if !self.hears_renames_of(user.id) {
                self.know(user);
            }
        }
    }

    fn hears_renames_of(&self, user: UserId) -> bool {
        user == self.my_id()
            || self.dms.with_untracked(|dms| dms.iter().any(|dm| dm.recipient == user))
            || self.guilds.with_untracked(|guilds| guilds.iter().any(|guild| guild.has_member(user)))
    }

    fn know_members(&self, snapshot: &protocol::snapshot::GuildSnapshot) {
        snapshot.members.iter().for_each(|member| self.know(&member.user));
    }

    fn list_dms(&self, dms: Vec<Dm>, marks: &[protocol::entity::ReadMark]) {
        let known = self.dm_reads.get_untracked();
        let mut reads = Reads::new();
        // A snapshot from before a conversation was listed takes nothing back of what its stream has told.
        for (id, read) in &known {
            if self.cursor(Stream::Dm(*id)).is_some() {
                reads.insert(*id, read.clone());
            }
        }
        let mut entries = Vec::with_capacity(dms.len());
        for dm in dms {
            let mark = marks.iter().find(|mark| mark.channel_id == dm.id);
            // The snapshot does not say how far it is in this conversation's own stream. Whoever follows that stream
            // knows its messages as they were at the cursor, and the rest comes; of the snapshot only the mark counts.
            let is_followed = self.cursor(Stream::Dm(dm.id)).is_some();
            let read = match known.get(&dm.id).filter(|_| is_followed) {
                Some(known) => {
                    let mut read = known.clone();
                    mark.into_iter().for_each(|mark| read.marked(mark, None));
                    read
                }
                None => {
                    let mut read = ReadState::from_snapshot(dm.last_message_id, mark);
                    known.get(&dm.id).into_iter().for_each(|known| read.join(known));
                    read
                }
            };
            reads.insert(dm.id, read);
            self.know(&dm.recipient);
            entries.push(DmEntry { id: dm.id, recipient: dm.recipient.id });
        }
        self.dm_reads.set(reads);
        self.dms.set(entries);
    }

    pub(super) fn forget_timeline(&self, channel: ChannelId) {
        lock(&self.timelines).retain(|timeline| timeline.channel != channel);
        self.strand(channel);
    }
}
