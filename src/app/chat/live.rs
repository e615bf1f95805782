//! What ties the store to the backend: the socket's frames in, fetches and messages out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::entity::NewAttachment;
use protocol::frame::{ClientFrame, CloseCode, ServerFrame};
use protocol::snapshot::Anchor;
use protocol::{ChannelId, Error, GuildId};

use super::files::Files;
use super::keeping;
use crate::api::Refusal;
use crate::api::guilds::guild_snapshot;
use crate::api::messages::{history, send_message};
use crate::api::pages::home_snapshot;
use crate::app::store::outbox::Outgoing;
use crate::app::store::{Clock, Link, Store, Want};
use crate::browser::{focus, socket, time};

/// How long an answer may take before a message counts as unanswered and is sent again.
const ANSWER_WITHIN_MS: u32 = 12_000;
/// How long a backend that is too busy, or asks to wait, is humoured before the person is asked.
const PATIENCE_MS: u64 = 15_000;
/// How often a message is sent again by itself, while the connection seems fine.
const TRIES: u32 = 3;
/// How often the calendar is looked at, for midnight.
const CLOCK_EVERY: Duration = Duration::from_secs(60);

/// The live side of the store. Cloning shares it.
#[derive(Clone)]
pub struct Live(Arc<Workers>);

struct Workers {
    store: Store,
    is_fetching: AtomicBool,
    is_sending: AtomicBool,
    focus: Mutex<Option<Option<GuildId>>>,
}

/// Keeps the store live for as long as the caller's owner lives: connects, fetches what is missing, sends what
/// is written. In the browser only; on the backend this does nothing but provide [`Live`].
pub fn connect(store: &Store) {
    let live = Live(Arc::new(Workers {
        store: store.clone(),
        is_fetching: AtomicBool::new(false),
        is_sending: AtomicBool::new(false),
        focus: Mutex::default(),
    }));
    provide_context(live.clone());
    // Like what is being sent, files on their way outlive the conversation: settings are another page.
    let files = Files::new(store.clone(), live.clone());
    files.keep_page();
    provide_context(files);
    let timer = StoredValue::new(None::<IntervalHandle>);
    Effect::new(move |_| {
        let store = live.0.store.clone();
        let tell_time = move || {
            let today = time::today();
            let known = store.clock.with_untracked(|clock| clock.today);
            if known != Some(today) {
                store.set_clock(Clock { offset_at: time::offset_at, today: Some(today) });
            }
        };
        tell_time();
        keeping::bring_back(&live.0.store);
        timer.set_value(set_interval_with_handle(tell_time, CLOCK_EVERY).ok());
        socket::start(Box::new(live.clone()));
    });
    keeping::keep(store);
    on_cleanup(move || {
        socket::stop();
        if let Some(Some(timer)) = timer.try_update_value(Option::take) {
            timer.clear();
        }
    });
}

impl socket::Peer for Live {
    fn hello(&self) -> ClientFrame {
        self.0.store.hello()
    }

    fn receive(&self, frame: ServerFrame) {
        let store = &self.0.store;
        match frame {
            ServerFrame::Ready { build, .. } => {
                if build != store.build {
                    store.outdated.set(true);
                }
            }
            ServerFrame::Live => {
                store.link.set(Link::Live);
                let focus = *self.0.focus.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(guild) = focus {
                    socket::send(&ClientFrame::Focus { guild });
                }
                store.retry_unknown();
                self.deliver();
            }
            frame => store.receive(frame, time::now_ms()),
        }
        self.fetch();
    }

    fn unreadable(&self) {
        self.0.store.outdated.set(true);
    }

    fn down(&self, failures: u32) {
        let store = &self.0.store;
        if store.link.get_untracked() == Link::Live {
            store.caught_up.set(0);
        }
        if store.link.get_untracked() != Link::SignedOut {
            store.link.set(Link::Lost);
        }
        // A refused socket does not say why. This asks the same session in a way that answers.
        if failures == 2 {
            store.want(Want::Home);
            self.fetch();
        }
    }

    fn ended(&self, code: CloseCode) {
        let store = &self.0.store;
        if code == CloseCode::SignedOut {
            store.link.set(Link::SignedOut);
        } else {
            store.link.set(Link::Lost);
            store.outdated.set(true);
        }
    }
}

impl Live {
    /// Says which guild is on screen, so that its presence is sent.
    pub fn focus(&self, guild: Option<GuildId>) {
        *self.0.focus.lock().unwrap_or_else(PoisonError::into_inner) = Some(guild);
        if self.0.store.link.get_untracked() == Link::Live {
            socket::send(&ClientFrame::Focus { guild });
        }
    }

    /// Says that the person is writing.
    pub fn typing(&self, channel: ChannelId) {
        socket::send(&ClientFrame::Typing { channel });
    }

    /// Fetches a guild that is only listed.
    pub fn load_guild(&self, guild: GuildId) {
        self.0.store.want(Want::Guild(guild));
        self.fetch();
    }

    /// Fetches what the store wants, one after the other.
    pub fn fetch(&self) {
        if self.0.is_fetching.swap(true, Ordering::AcqRel) {
            return;
        }
        let live = self.clone();
        spawn_local(async move {
            let mut wait_ms = 500;
            while let Some(want) = live.0.store.next_want() {
                match fetch(&live.0.store, want).await {
                    Ok(()) => wait_ms = 500,
                    Err(error) if error.is_temporary() => {
                        live.0.store.want(want);
                        time::sleep(wait_ms).await;
                        wait_ms = (wait_ms * 2).min(30_000);
                    }
                    Err(error) => live.0.store.give_up(want, &error),
                }
            }
            live.0.is_fetching.store(false, Ordering::Release);
        });
    }

    /// Fetches a page of history, unless one is on its way for this channel. The newest is fetched in any case.
    pub fn page(&self, channel: ChannelId, anchor: Anchor) {
        let Some(timeline) = self.0.store.timeline(channel) else { return };
        if timeline.busy.get_untracked() {
            if anchor == Anchor::Latest {
                self.0.store.want(Want::History(channel));
                self.fetch();
            }
            return;
        }
        timeline.busy.set(true);
        timeline.expect();
        let live = self.clone();
        spawn_local(async move {
            match history(channel, anchor).await {
                Ok(page) => live.0.store.install_history(&timeline, page, anchor),
                Err(Refusal(error)) => {
                    if error == Error::Unauthorized {
                        live.0.store.link.set(Link::SignedOut);
                    }
                    timeline.refuse(error);
                }
            }
            timeline.busy.set(false);
        });
    }

    /// Sends what is in line, one message after the other.
    pub fn deliver(&self) {
        if self.0.is_sending.swap(true, Ordering::AcqRel) {
            return;
        }
        let live = self.clone();
        spawn_local(async move {
            while live.0.store.has_outgoing() {
                if live.is_cut_off() {
                    // Rows queue. They go when the socket is back, or when the device says it has a network.
                    time::sleep(1_000).await;
                } else if let Some(outgoing) = live.0.store.next_outgoing() {
                    live.deliver_one(outgoing).await;
                }
            }
            live.0.is_sending.store(false, Ordering::Release);
        });
    }

    fn is_cut_off(&self) -> bool {
        !focus::is_online()
    }

    async fn deliver_one(&self, outgoing: Outgoing) {
        let Outgoing { nonce, channel, content, reply_to, attachments, tries, .. } = outgoing;
        let files = attachments.into_iter().map(NewAttachment::from).collect();
        let send = send_message(channel, content, reply_to, nonce.to_string(), files, String::new());
        let request = Box::pin(send);
        match select(request, Box::pin(time::sleep(ANSWER_WITHIN_MS))).await {
            Either::Left((Ok(message), _)) => self.0.store.answered(&nonce, Ok(message)),
            Either::Left((Err(Refusal(error)), _)) => self.refused(&nonce, tries, error).await,
            Either::Right(((), late)) => {
                self.0.store.unanswered(&nonce);
                // The answer still counts when it comes.
                let store = self.0.store.clone();
                spawn_local(async move {
                    if let Ok(message) = late.await {
                        store.answered(&nonce, Ok(message));
                    }
                });
            }
        }
    }

    /// Waits, when waiting helps, and leaves the message in line; otherwise it is the person's turn.
    async fn refused(&self, nonce: &str, tries: u32, error: Error) {
        let wait_ms = match &error {
            Error::RateLimited { retry_after_ms } if *retry_after_ms <= PATIENCE_MS => Some(*retry_after_ms),
            Error::Busy if tries < TRIES => Some(1_000 * u64::from(tries)),
            Error::Disconnected if self.0.store.link.get_untracked() != Link::Live || self.is_cut_off() => {
                Some(2_000)
            }
            Error::Disconnected if tries < TRIES => Some(500),
            _ => None,
        };
        match wait_ms.and_then(|wait_ms| u32::try_from(wait_ms).ok()) {
            Some(wait_ms) => time::sleep(wait_ms).await,
            None => {
                if error == Error::Unauthorized {
                    self.0.store.link.set(Link::SignedOut);
                }
                self.0.store.answered(nonce, Err(error));
            }
        }
    }
}

async fn fetch(store: &Store, want: Want) -> Result<(), Error> {
    match want {
        Want::Home => home_snapshot().await.map(|home| store.install_home(home)),
        Want::Guild(guild) => guild_snapshot(guild).await.map(|guild| store.install_guild(guild)),
        Want::History(channel) => {
            history(channel, Anchor::Latest).await.map(|history| store.install_latest(history))
        }
    }
    .map_err(|Refusal(error)| error)
}
