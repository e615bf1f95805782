//! Reading: pages of history as the client asks for them, and whole channel pages as a browser gets them first.

use std::time::Duration;

use memchr::memmem;
use protocol::snapshot::{Anchor, Place};
use protocol::{ChannelId, GuildId, MessageId};

use super::closed_loop::{self, Done, Worker};
use super::{Bench, Timing};
use crate::Outcome;
use crate::client::http::{Http, get, post};
use crate::client::person::{Person, history_body};
use crate::instance::Instance;
use crate::report::{Row, Section};

/// Connections at once.
const CONNECTIONS: usize = 32;
/// People in the demonstration data, each in a guild of their own.
const ACCOUNTS: [&str; 2] = ["mara", "tobi"];
/// Everybody's password there.
const PASSWORD: &str = "harmony-demo";

pub(super) async fn measure(bench: &Bench) -> Outcome<Section> {
    let instance = bench.seeded()?.run().await?;
    let readers = enter(&instance).await?;
    let timing = Timing {
        warm_up: Duration::from_secs(2),
        lasting: Duration::from_secs(bench.pick(3, 8)),
        runs: bench.pick(1, 3),
    };
    let latest = read(&instance, timing, &readers, |reader| {
        let request = reader.asking(Anchor::Latest);
        Worker {
            next: Box::new(move |buffer| buffer.extend_from_slice(&request)),
            take: Box::new(|_| Ok(None)),
        }
    });
    let latest = latest.await?;
    let deep = read(&instance, timing, &readers, |reader| {
        let reader = reader.clone();
        let next = move |buffer: &mut Vec<u8>| {
            let somewhere = rand::random_range(reader.oldest.get()..=reader.newest.get());
            buffer.extend_from_slice(&reader.asking(Anchor::Before(MessageId::from_trusted(somewhere))));
        };
        Worker { next: Box::new(next), take: Box::new(|_| Ok(None)) }
    });
    let deep = deep.await?;
    let whole = read(&instance, timing, &readers, whole_page).await?;
    drop(instance);
    let everywhere = on_all_cores(bench, timing).await?;

    let mut rows = latest.rows("newest 50 messages", "a second", |row| row);
    rows.extend(deep.rows("50 messages from anywhere", "a second", |row| row));
    rows.extend(whole.rows("channel pages, one core", "a second", |row| row));
    rows.extend(everywhere.rows("channel pages, all cores", "a second", |row| row.at_least(500.0)));
    rows.push(Row::new("bytes of a channel page, not compressed", "KiB", 0, &[whole.body_bytes / 1024.0]));
    let how = format!(
        "{CONNECTIONS} keep-alive connections of two people in two guilds, each asking again when it was answered, on {} seeded \
         messages: `messages/history` for the newest 50, the same before a random point of the channel's time, and \
         `GET /channels/…` with the session's cookie, which renders the whole page with its 50 messages; every page is checked \
         to be its own reader's. Making pages is the one thing here that keeps the server and not the generator busy, so it is \
         measured again with all cores for the server. {} s of warm-up, then {} runs of {} s. On a loopback address nothing is compressed.",
        bench.seeded_messages(),
        timing.warm_up.as_secs(),
        timing.runs,
        timing.lasting.as_secs(),
    );
    Ok(Section { title: "Reading", how, rows })
}

/// Whole pages again, from a server that may use every core of the machine.
async fn on_all_cores(bench: &Bench, timing: Timing) -> Outcome<Done> {
    let mut plan = bench.seeded()?;
    // Said as it is: a process begins with the cores of the one that starts it, and the generator has one.
    plan.cores = plan.cores.map(|_| "0-1023".to_owned());
    let instance = plan.run().await?;
    let readers = enter(&instance).await?;
    read(&instance, timing, &readers, whole_page).await
}

/// Signs the accounts in.
async fn enter(instance: &Instance) -> Outcome<Vec<Reader>> {
    let mut readers = Vec::new();
    for (number, account) in ACCOUNTS.into_iter().enumerate() {
        readers.push(Reader::enter(instance, account, number).await?);
    }
    Ok(readers)
}

/// Asks for the page of a reader's channel.
fn whole_page(reader: &Reader) -> Worker {
    let (request, own) = (reader.page.clone(), reader.title.clone());
    // Many pages are made at the same time: each has to be its own reader's.
    let take = move |body: &[u8]| match title(body) {
        Some(title) if title == own => Ok(None),
        other => Err(format!("the page of “{own}” is titled {other:?}").into()),
    };
    Worker { next: Box::new(move |buffer| buffer.extend_from_slice(&request)), take: Box::new(take) }
}

/// Runs a closed loop with the readers in turn.
async fn read(
    instance: &Instance,
    timing: Timing,
    readers: &[Reader],
    worker: impl Fn(&Reader) -> Worker,
) -> Outcome<Done> {
    let workers = readers.iter().cycle().take(CONNECTIONS).map(worker);
    closed_loop::run(instance, timing, workers.collect()).await
}

/// Somebody and the channel they read.
#[derive(Debug, Clone)]
struct Reader {
    person: Person,
    channel: ChannelId,
    oldest: MessageId,
    newest: MessageId,
    /// The request for the channel's page, and the title it is answered with when nobody else asks.
    page: Vec<u8>,
    title: String,
}

impl Reader {
    /// Signs in and goes to the first channel of one of their guilds.
    async fn enter(instance: &Instance, account: &str, nth: usize) -> Outcome<Self> {
        let mut http = Http::connect(instance.addr).await?;
        let person = Person::sign_in(&mut http, instance.addr, account, PASSWORD).await?;
        let home = person.page(&mut http, Place::Home).await?.home;
        let guild: GuildId = home.guilds.get(nth).ok_or("too few guilds in the demonstration data")?.guild.id;
        let start = person.page(&mut http, Place::Guild { guild, channel: None, message: None }).await?;
        let history = start.history.ok_or("the demonstration data has no channel")?;
        let (channel, newest) = (history.channel_id, history.messages.last().ok_or("an empty channel")?.id);
        let first = Anchor::After(MessageId::from_trusted(1));
        let oldest =
            person.history(&mut http, channel, first).await?.messages.first().ok_or("an empty channel")?.id;
        let page = get(&format!("/channels/{guild}/{channel}"), person.addr, &person.cookie);
        let answer = http.request(&page).await?;
        if answer.status != 200 || memmem::find(answer.body, newest.to_string().as_bytes()).is_none() {
            let status = answer.status;
            return Err(format!("the channel page was answered {status} without the newest message").into());
        }
        let title = title(answer.body).ok_or("a page without a title")?.to_owned();
        Ok(Self { person, channel, oldest, newest, page, title })
    }

    /// The request for a page of history.
    fn asking(&self, anchor: Anchor) -> Vec<u8> {
        let Self { person, channel, .. } = self;
        post("messages/history", person.addr, &person.cookie, &history_body(*channel, anchor))
    }
}

fn title(page: &[u8]) -> Option<&str> {
    let rest = page.get(memmem::find(page, b"<title>")? + 7..)?;
    std::str::from_utf8(rest.get(..memmem::find(rest, b"</title>")?)?).ok()
}
