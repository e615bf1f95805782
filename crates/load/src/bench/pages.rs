//! Reading: pages of history as the client asks for them, and whole channel pages as a browser gets them first.

use std::time::Duration;

use protocol::snapshot::{Anchor, Place};
use protocol::{ChannelId, MessageId};

use super::closed_loop::{self, Done, Worker};
use super::{Bench, Timing};
use crate::Outcome;
use crate::client::http::{Http, get, post};
use crate::client::person::{Person, history_body};
use crate::instance::Instance;
use crate::report::{Row, Section};

/// Readers at once.
const READERS: usize = 32;
/// Somebody in the demonstration data, and everybody's password there.
const ACCOUNT: (&str, &str) = ("mara", "harmony-demo");

pub(super) async fn measure(bench: &Bench) -> Outcome<Section> {
    let instance = bench.seeded()?.run().await?;
    let mut http = Http::connect(instance.addr).await?;
    let reader = Person::sign_in(&mut http, instance.addr, ACCOUNT.0, ACCOUNT.1).await?;
    let home = reader.page(&mut http, Place::Home).await?;
    // The first guild's first channel holds half of all messages.
    let guild = home.home.guilds.first().ok_or("the demonstration data has no guild")?.guild.id;
    let page = reader.page(&mut http, Place::Guild { guild, channel: None, message: None }).await?;
    let history = page.history.ok_or("the demonstration data has no channel")?;
    let channel = history.channel_id;
    let newest = history.messages.last().ok_or("the demonstration data has no messages")?.id;
    let oldest = oldest(&reader, &mut http, channel).await?;
    let timing = Timing {
        warm_up: Duration::from_secs(2),
        lasting: Duration::from_secs(bench.pick(3, 8)),
        runs: bench.pick(1, 3),
    };

    let latest =
        post("messages/history", reader.addr, &reader.cookie, &history_body(channel, Anchor::Latest));
    let latest = read(&instance, timing, move || latest.clone()).await?;
    let deep = read(&instance, timing, move || {
        let somewhere = MessageId::from_trusted(rand::random_range(oldest.get()..=newest.get()));
        post(
            "messages/history",
            reader.addr,
            &reader.cookie,
            &history_body(channel, Anchor::Before(somewhere)),
        )
    });
    let deep = deep.await?;
    let reader = Person::sign_in(&mut http, instance.addr, ACCOUNT.0, ACCOUNT.1).await?;
    let whole = get(&format!("/channels/{guild}/{channel}"), reader.addr, &reader.cookie);
    let answer = http.request(&whole).await?;
    if answer.status != 200 || memchr::memmem::find(answer.body, newest.to_string().as_bytes()).is_none() {
        return Err(
            format!("the channel page was answered {} without the newest message", answer.status).into()
        );
    }
    let whole = read(&instance, timing, move || whole.clone()).await?;

    let mut rows = latest.rows("newest 50 messages", "a second", |row| row);
    rows.extend(deep.rows("50 messages from anywhere", "a second", |row| row));
    rows.extend(whole.rows("channel pages", "a second", |row| row.at_least(500.0)));
    rows.push(Row::new("bytes of a channel page, not compressed", "KiB", 0, &[whole.body_bytes / 1024.0]));
    let how = format!(
        "{READERS} keep-alive connections of one person, each asking again when it was answered, in the largest channel of {} \
         seeded messages: `messages/history` for the newest 50, the same before a random point of the channel's time, and \
         `GET /channels/…` with the session's cookie, which renders the whole page with its 50 messages. {} s of warm-up, then \
         {} runs of {} s. On a loopback address nothing is compressed.",
        bench.seeded_messages(),
        timing.warm_up.as_secs(),
        timing.runs,
        timing.lasting.as_secs(),
    );
    Ok(Section { title: "Reading", how, rows })
}

async fn read(
    instance: &Instance,
    timing: Timing,
    request: impl Fn() -> Vec<u8> + Clone + Send + 'static,
) -> Outcome<Done> {
    let worker = |_| {
        let request = request.clone();
        Worker { next: Box::new(move |buffer| buffer.extend_from_slice(&request())), keep: |_| None }
    };
    closed_loop::run(instance, timing, (0..READERS).map(worker).collect()).await
}

/// The first message after the beginning of all time.
async fn oldest(reader: &Person, http: &mut Http, channel: ChannelId) -> Outcome<MessageId> {
    let page = reader.history(http, channel, Anchor::After(MessageId::from_trusted(1))).await?;
    Ok(page.messages.first().ok_or("no oldest message")?.id)
}
