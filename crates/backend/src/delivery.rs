//! Carries committed events from the store to those who listen, here and in other processes.
//!
//! Two halves. The [`Delivery`] is what the store waits for after a commit: it only moves bytes in memory, so no
//! writer ever waits for a reader of the database. Whatever has to be read first (who can view a private channel,
//! what a stream's log holds) the hub asks for, and a task of [`start`] answers; the stream concerned stands still
//! that long, the writer does not.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use protocol::event::Event;
use protocol::frame::CloseCode;
use protocol::limits::REPLAY_EVENTS;
use protocol::{GuildId, Result, Rev, Stream, UserId};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::AppState;
use crate::bus::{Bus, Hint};
use crate::hub::{Arrival, GATHER, Hub, Want};
use crate::indexing::Indexing;
use crate::store::{CommitSink, Committed, Store, access, hints, now_ms, sessions, streams};

/// How long a missing predecessor may take before the log is read. Commits that overtake each other are a
/// millisecond apart; a twentieth of a second is far beyond that and still not noticed.
const LATE: Duration = Duration::from_millis(50);
/// How long the listeners of one batch are given turns, all together. On an overloaded machine senders wait that long
/// before anybody who reads is cut off.
const PATIENCE: Duration = Duration::from_secs(2);
/// One turn: time for a few hundred sockets to be written to.
const TURN: Duration = Duration::from_millis(1);
/// How often a part of the streams is compared with the database, for hints that never came.
const SWEEP_EVERY: Duration = Duration::from_secs(2);
/// Streams in one such part: one short statement each, below half a percent of a core.
const SWEEP_STREAMS: usize = 200;
/// How often hints of processes that serve nobody are looked for: whoever was signed out on the command line hears
/// nothing more after that. One statement, which nearly always finds nothing.
const HINTS_EVERY: Duration = Duration::from_secs(1);
/// Questions to the database at the same time; pages want its readers too.
const QUESTIONS: usize = 3;
/// First and longest pause before a question that failed is asked again.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Where the store hands over what it committed.
pub struct Delivery {
    hub: Hub,
    bus: Arc<dyn Bus>,
    indexing: Indexing,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Delivery")
    }
}

impl Delivery {
    /// From the store into `hub`, and a hint onto `bus`; what is said also to whoever keeps the search index.
    pub fn new(hub: Hub, bus: Arc<dyn Bus>, indexing: Indexing) -> Self {
        Self { hub, bus, indexing }
    }
}

impl CommitSink for Delivery {
    fn committed(&self, batch: Arc<[Committed]>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let mut patience = Patience::new();
            let mut hints: Vec<Hint> = Vec::with_capacity(batch.len());
            for Committed { stream, rev, audience, event, json } in batch.iter() {
                let arrival = Arrival { rev: *rev, audience: *audience, event, json };
                let crowded = self.hub.offer(*stream, &arrival);
                patience.relieve(&self.hub, *stream, crowded).await;
                if let Event::MessageCreated { message, .. } = &**event {
                    self.indexing.note(message.channel_id);
                }
                match hints.iter_mut().find(|hint| hint.stream == *stream) {
                    Some(hint) => hint.rev = hint.rev.max(*rev),
                    None => hints.push(Hint { stream: *stream, rev: *rev }),
                }
            }
            self.bus.announce(&hints);
        })
    }
}

/// A burst can fill the outbox of a connection that reads well before its task has had a turn. Giving it that turn
/// is not the same as waiting for a slow client: whose socket takes nothing is left out of the count, and the
/// patience of one batch ends.
struct Patience {
    left: Duration,
}

impl Patience {
    fn new() -> Self {
        Self { left: PATIENCE }
    }

    /// Goes on handing out a stream as long as its listeners need turns.
    async fn relieve(&mut self, hub: &Hub, stream: Stream, mut crowded: bool) {
        while crowded {
            let began = Instant::now();
            tokio::task::yield_now().await;
            while began.elapsed() < self.left && hub.is_crowded(stream) {
                tokio::time::sleep(TURN).await;
            }
            self.left = self.left.saturating_sub(began.elapsed());
            crowded = hub.resume(stream);
        }
    }
}

/// Starts answering what the hub wants to know, and everything else that happens between commits: hints from other
/// processes, presence, the end. It all ends when the instance stops.
pub fn start(state: &AppState, bus: &dyn Bus) {
    let token = state.shutdown.token().clone();
    let tasks = state.shutdown.tasks().clone();
    let keeper = Keeper {
        hub: state.hub.clone(),
        store: state.store.clone(),
        questions: Arc::new(Semaphore::new(QUESTIONS)),
        token: token.clone(),
        tasks: tasks.clone(),
    };
    if let Some(wants) = state.hub.wants() {
        tasks.spawn(token.clone().run_until_cancelled_owned(keeper.clone().answer(wants)));
    }
    if let Some(hints) = bus.hints() {
        tasks.spawn(token.clone().run_until_cancelled_owned(keeper.clone().listen(hints)));
    }
    tasks.spawn(token.clone().run_until_cancelled_owned(keeper.clone().look_for_hints()));
    tasks.spawn(token.clone().run_until_cancelled_owned(keeper.clone().sweep()));
    tasks.spawn(token.clone().run_until_cancelled_owned(keeper.clone().presence()));
    tasks.spawn(async move {
        token.cancelled().await;
        keeper.hub.close_all();
    });
}

#[derive(Clone)]
struct Keeper {
    hub: Hub,
    store: Store,
    questions: Arc<Semaphore>,
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Keeper {
    async fn answer(self, mut wants: mpsc::UnboundedReceiver<Want>) {
        while let Some(want) = wants.recv().await {
            let keeper = self.clone();
            let token = self.token.clone();
            self.tasks.spawn(token.run_until_cancelled_owned(async move { keeper.find_out(want).await }));
        }
    }

    /// Answers one question, however often that has to be tried: a stream stands still until then.
    async fn find_out(self, want: Want) {
        let (mut pause, longest) = RETRY;
        if matches!(want, Want::Log(_)) {
            tokio::time::sleep(LATE).await;
        }
        loop {
            let result = match self.questions.acquire().await {
                Ok(_permit) => match want {
                    Want::Viewers(guild) => self.viewers(guild).await,
                    Want::Log(stream) if !self.hub.has_gap(stream) => {
                        self.hub.log_was_read(stream);
                        Ok(())
                    }
                    Want::Log(stream) => self.read_log(stream).await,
                    Want::Standing(user, stream) => self.standing(user, stream).await,
                    Want::Sessions(user) => self.sessions(user).await,
                },
                Err(_closed) => return,
            };
            let Err(error) = result else { return };
            tracing::warn!(%error, ?want, "cannot find out; trying again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn viewers(&self, guild: GuildId) -> Result<()> {
        while let Some(version) = self.hub.viewers_wanted(guild) {
            let mut reader = self.store.read().await?;
            let restricted = access::restricted(&mut reader, guild).await?;
            drop(reader);
            let restricted =
                restricted.into_iter().map(|channel| (channel.channel, channel.viewers)).collect();
            let crowded = self.hub.set_viewers(guild, version, restricted);
            Patience::new().relieve(&self.hub, Stream::Guild(guild), crowded).await;
        }
        Ok(())
    }

    async fn standing(&self, user: UserId, stream: Stream) -> Result<()> {
        loop {
            // The mark is taken before the question: a change in between makes the answer worthless.
            let Some(epoch) = self.hub.epoch(user) else { return Ok(()) };
            let mut reader = self.store.read().await?;
            let found = streams::of_user(&mut reader, user).await?;
            drop(reader);
            let rev = found.into_iter().find(|(theirs, _)| *theirs == stream).map(|(_, rev)| rev);
            let is_settled = match rev {
                Some(rev) => self.hub.join(user, stream, rev, epoch),
                None => self.hub.leave(user, stream, Some(epoch)),
            };
            if is_settled {
                return Ok(());
            }
        }
    }

    async fn sessions(&self, user: UserId) -> Result<()> {
        // The sockets before the question: a session that begins after it is none of its business.
        let open = self.hub.sessions_of(user);
        let mut reader = self.store.read().await?;
        for session in open {
            if !sessions::exists(&mut reader, session, now_ms()).await? {
                self.hub.close_session(session, CloseCode::SignedOut);
            }
        }
        Ok(())
    }

    /// Brings the hub up to the end of a stream's log.
    async fn read_log(&self, stream: Stream) -> Result<()> {
        let Some(considered) = self.hub.considered(stream) else { return Ok(()) };
        let mut reader = self.store.read().await?;
        let rev = streams::rev(&mut reader, stream).await?;
        if rev <= considered {
            self.hub.log_was_read(stream);
            return Ok(());
        }
        let oldest = streams::oldest_rev(&mut reader, stream).await?;
        if rev - considered > REPLAY_EVENTS as i64 || oldest.is_none_or(|oldest| oldest > considered + 1) {
            tracing::warn!(%stream, considered, rev, "too far behind to go on; listeners come back and catch up");
            self.hub.sever(stream);
            return Ok(());
        }
        let logged = streams::events_after(&mut reader, stream, considered, REPLAY_EVENTS).await?;
        drop(reader);
        let mut events = Vec::with_capacity(logged.len());
        for entry in logged {
            let event: Event = serde_json::from_str(&entry.json).map_err(|error| {
                tracing::error!(%error, %stream, rev = entry.rev, "an event in the log cannot be read");
                protocol::Error::Internal
            })?;
            events.push((entry.rev, entry.audience, Arc::new(event), entry.json));
        }
        let arrivals: Vec<_> = events
            .iter()
            .map(|(rev, audience, event, json)| Arrival { rev: *rev, audience: *audience, event, json })
            .collect();
        let crowded = self.hub.fill(stream, rev, &arrivals);
        Patience::new().relieve(&self.hub, stream, crowded).await;
        Ok(())
    }

    async fn listen(self, mut hints: mpsc::Receiver<Hint>) {
        while let Some(hint) = hints.recv().await {
            self.hear(hint.stream, hint.rev).await;
        }
    }

    /// Looks for what processes have left that serve nobody, and so are not on the bus.
    async fn look_for_hints(self) {
        loop {
            tokio::time::sleep(HINTS_EVERY).await;
            for (stream, rev) in self.hints().await.unwrap_or_default() {
                self.hear(stream, rev).await;
            }
        }
    }

    async fn hints(&self) -> Result<Vec<(Stream, Rev)>> {
        let _permit = self.questions.acquire().await.map_err(|_| protocol::Error::Busy)?;
        hints::of_late(&mut self.store.read().await?).await
    }

    async fn hear(&self, stream: Stream, rev: Rev) {
        if self.hub.considered(stream).is_some_and(|considered| considered < rev) {
            self.catch_up(stream).await;
        }
    }

    /// Compares the streams somebody listens to with the database, some at a time. Finds what no hint told of.
    async fn sweep(self) {
        let mut left = Vec::new();
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if left.is_empty() {
                left = self.hub.streams();
            }
            let part = left.split_off(left.len().saturating_sub(SWEEP_STREAMS));
            for stream in self.behind(&part).await.unwrap_or_default() {
                self.catch_up(stream).await;
            }
        }
    }

    async fn behind(&self, part: &[Stream]) -> Result<Vec<Stream>> {
        let _permit = self.questions.acquire().await.map_err(|_| protocol::Error::Busy)?;
        // What arrives while the question is asked is not behind, so the hub is looked at first.
        let here: Vec<_> = part.iter().map(|stream| self.hub.considered(*stream)).collect();
        let revs = streams::revs(&mut self.store.read().await?, part).await?;
        let is_behind = |(stream, here): &(&Stream, Option<i64>)| {
            here.is_some_and(|here| revs.get(*stream).is_some_and(|rev| *rev > here))
        };
        Ok(part.iter().zip(here).filter(is_behind).map(|(stream, _)| *stream).collect())
    }

    async fn catch_up(&self, stream: Stream) {
        let Ok(_permit) = self.questions.acquire().await else { return };
        if let Err(error) = self.read_log(stream).await {
            tracing::warn!(%error, %stream, "cannot read the log; the next hint or sweep tries again");
            self.hub.log_was_read(stream);
        }
    }

    async fn presence(self) {
        loop {
            self.hub.stirred().await;
            tokio::time::sleep(GATHER).await;
            self.hub.show_presence();
        }
    }
}
