//! Somebody who writes, and repeats what was not answered with the same retry key until it is.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use protocol::ChannelId;
use protocol::entity::Message;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::Notify;

use super::checker::{Key, Sent, Violation};
use crate::Outcome;
use crate::client::http::Http;
use crate::client::person::{Fault, Person};

/// How long an answer is waited for before the request is repeated.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long one message may stay unanswered, over all repetitions.
const GIVE_UP_AFTER: Duration = Duration::from_secs(60);
/// Pause before a repetition while the server is away.
const PAUSE: Duration = Duration::from_millis(5);
/// One in so many messages is sent again although it was answered, as a client does that did not hear the answer.
const REPEAT_ONE_IN: u32 = 20;

/// What writers and the one who kills know of one another.
#[derive(Debug)]
pub(super) struct Flow {
    clock: Instant,
    answered: AtomicU64,
    stop: AtomicBool,
    rung: Notify,
}

impl Flow {
    pub(super) fn new() -> Self {
        Self {
            clock: Instant::now(),
            answered: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            rung: Notify::new(),
        }
    }

    /// Waits for the next answer.
    pub(super) async fn next_answer(&self) -> Outcome<()> {
        let before = self.answered.load(Ordering::Relaxed);
        while self.answered.load(Ordering::Relaxed) == before {
            let waited = tokio::time::timeout(GIVE_UP_AFTER, self.rung.notified()).await;
            waited.map_err(|_| "nobody gets an answer any more")?;
        }
        Ok(())
    }

    /// Lets every writer end with the message it is at.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Microseconds on the clock of all times in a history.
    pub(super) fn now_us(&self) -> u64 {
        self.clock.elapsed().as_micros() as u64
    }
}

/// One who writes.
#[derive(Debug)]
pub(super) struct Writer {
    number: u16,
    person: Person,
    channels: Vec<ChannelId>,
    dice: StdRng,
    http: Option<Http>,
    done: Written,
}

/// What it did.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) sent: Vec<Sent>,
    /// Requests that were repeated because they were not answered.
    pub(super) retries: u64,
    /// What was answered that must not be.
    pub(super) broken: Vec<Violation>,
}

impl Writer {
    pub(super) fn new(number: u16, person: Person, channels: Vec<ChannelId>, seed: u64) -> Self {
        let dice = StdRng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(number.into()));
        Self { number, person, channels, dice, http: None, done: Written::default() }
    }

    /// Writes until it is stopped; the last message is answered too.
    pub(super) async fn write(mut self, flow: &Flow) -> Outcome<Written> {
        let mut number = 0;
        while !flow.stop.load(Ordering::Relaxed) && self.done.broken.is_empty() {
            number += 1;
            let key = Key { writer: self.number, number };
            let place = self.dice.random_range(0..self.channels.len());
            let channel = *self.channels.get(place).ok_or("no channel to write in")?;
            let invoked_us = flow.now_us();
            let Some(message) = self.say_until_answered(channel, key).await? else { break };
            let id = message.id;
            self.done.sent.push(Sent { key, channel, id, invoked_us, acked_us: flow.now_us() });
            flow.answered.fetch_add(1, Ordering::Relaxed);
            flow.rung.notify_waiters();
            if self.dice.random_ratio(1, REPEAT_ONE_IN) {
                self.say_again(channel, key, id).await;
            }
        }
        Ok(self.done)
    }

    /// None when something was answered that ends it all; that is noted.
    async fn say_until_answered(&mut self, channel: ChannelId, key: Key) -> Outcome<Option<Message>> {
        let began = Instant::now();
        loop {
            match self.say(channel, key).await {
                Ok(message) if is_ours(&message, channel, key) => return Ok(Some(message)),
                Ok(message) => return Ok(self.refused(key, format!("answered {message:?}"))),
                Err(Fault::Refused { status, body }) if !(status == 429 || status >= 500) => {
                    return Ok(self.refused(key, format!("{status}: {body}")));
                }
                Err(Fault::Unreadable(why)) => return Ok(self.refused(key, why)),
                Err(Fault::Refused { .. } | Fault::Broken(_)) => self.done.retries += 1,
            }
            if began.elapsed() > GIVE_UP_AFTER {
                return Err(format!("{} was not answered for a minute", key.text()).into());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The same request once more: the answer has to be the same too. That it is not answered proves nothing.
    async fn say_again(&mut self, channel: ChannelId, key: Key, id: protocol::MessageId) {
        match self.say(channel, key).await {
            Ok(again) if again.id == id => {}
            Ok(again) => self.done.broken.push(Violation::Changed { key, answered: id, stored: again.id }),
            Err(_) => {}
        }
    }

    fn refused(&mut self, key: Key, why: String) -> Option<Message> {
        self.done.broken.push(Violation::Refused { who: key.text(), why });
        None
    }

    async fn say(&mut self, channel: ChannelId, key: Key) -> Result<Message, Fault> {
        let mut http = match self.http.take() {
            Some(http) => http,
            None => Http::connect(self.person.addr).await?,
        };
        let (nonce, content) = (key.text(), content(key));
        let said =
            tokio::time::timeout(ANSWER_WITHIN, self.person.say(&mut http, channel, &content, &nonce)).await;
        let said = said.unwrap_or_else(|_| Err(Fault::Broken(std::io::ErrorKind::TimedOut.into())));
        if !matches!(said, Err(Fault::Broken(_))) {
            self.http = Some(http);
        }
        said
    }
}

fn content(key: Key) -> String {
    format!("{} was said while somebody pulled the plug", key.text())
}

fn is_ours(message: &Message, channel: ChannelId, key: Key) -> bool {
    message.channel_id == channel
        && message.content == content(key)
        && message.nonce.as_deref() == Some(&*key.text())
}
