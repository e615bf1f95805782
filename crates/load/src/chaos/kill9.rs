//! The crash rig: writers and readers, and a server that is killed and started again in the middle of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::entity::ChannelKind;
use protocol::{ChannelId, GuildId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::checker::{Key, Kind, Sent, Stored, Violation, judge};
use super::database::Database;
use super::order::Heard;
use super::reader::Reader;
use super::writer::{Flow, Writer, Written};
use super::{Kill9, record};
use crate::Outcome;
use crate::client::http::Http;
use crate::client::person::Person;
use crate::instance::{Folder, Instance, Plan};

/// People who write.
const WRITERS: usize = 8;
/// People who listen.
const READERS: usize = 8;
/// Guilds everybody is in, and channels in each: two streams, four orders.
const GUILDS: usize = 2;
const CHANNELS: usize = 2;
/// Milliseconds of traffic before a kill.
const ALIVE_MS: std::ops::RangeInclusive<u64> = 20..=800;

/// Everything a run left behind.
struct Histories {
    sent: Vec<Sent>,
    stored: Vec<Stored>,
    readers: Vec<Heard>,
    broken: Vec<Violation>,
    retries: u64,
}

/// One run on one database. True when it ended as it has to.
pub(super) async fn run(kill: &Kill9, seed: u64, database: &Database) -> Outcome<bool> {
    let control = if kill.control { ", negative control" } else { "" };
    println!("kill9 on {}{control}: {} rounds, seed {seed}", database.name, kill.rounds);
    let mut folder = Folder::new(&format!("kill9-{}", database.name))?;
    let mut plan = Plan::new(folder.sub("data"))?;
    plan.settings.extend(database.url.clone().map(|url| ("HARMONY_DATABASE_URL", url)));
    let began = Instant::now();
    let histories = rounds(kill, seed, &plan).await?;
    let mut found = histories.broken.clone();
    found.extend(judge(&histories.sent, &histories.stored, &histories.readers));
    let count = |kind| found.iter().filter(|violation| violation.kind() == kind).count();
    let lost = count(Kind::Lost);
    println!(
        "  {} kills in {:.0} s; {} messages answered, {} requests repeated, {} events heard, {} resets",
        kill.rounds + 1,
        began.elapsed().as_secs_f64(),
        histories.sent.len(),
        histories.retries,
        histories.readers.iter().map(|reader| reader.messages.len()).sum::<usize>(),
        histories.readers.iter().map(|reader| reader.resets).sum::<u32>(),
    );
    println!(
        "  {lost} lost, {} duplicates, {} out of order, {} not the same for everybody, {} refused",
        count(Kind::Duplicate),
        count(Kind::OutOfOrder),
        count(Kind::Diverged),
        count(Kind::Refused),
    );
    if kill.control {
        let noticed = lost > 0;
        println!(
            "  {}: the broken promise was {}",
            verdict(noticed),
            if noticed { "noticed" } else { "not noticed" }
        );
        return Ok(noticed);
    }
    let passed = found.is_empty() && !histories.sent.is_empty();
    println!("  {}", verdict(passed));
    if !passed {
        found.iter().take(10).for_each(|violation| println!("  {violation:?}"));
        let name = format!("kill9-{}-{seed}", database.name);
        let path = record::write(&name, &found, &histories.sent, &histories.stored, &histories.readers)?;
        println!("  histories in {}, data in {}", path.display(), folder.keep().display());
    }
    Ok(passed)
}

fn verdict(passed: bool) -> &'static str {
    if passed { "PASSED" } else { "FAILED" }
}

/// People and places.
struct Cast {
    owner: Person,
    writers: Vec<Person>,
    readers: Vec<Person>,
    places: BTreeMap<GuildId, Vec<ChannelId>>,
}

async fn cast(instance: &Instance) -> Outcome<Cast> {
    let addr = instance.addr;
    let mut http = Http::connect(addr).await?;
    let owner = Person::register(&mut http, addr, "owner").await?;
    let (mut places, mut codes) = (BTreeMap::new(), Vec::new());
    for number in 0..GUILDS {
        let guild = owner.create_guild(&mut http, &format!("Guild {number}")).await?;
        let snapshot = owner.guild(&mut http, guild).await?;
        let text = snapshot.channels.iter().filter(|channel| channel.kind == ChannelKind::Text);
        let mut channels: Vec<ChannelId> = text.map(|channel| channel.id).collect();
        while channels.len() < CHANNELS {
            channels.push(owner.create_channel(&mut http, guild, &format!("more-{}", channels.len())).await?);
        }
        places.insert(guild, channels);
        codes.push(owner.invite(&mut http, guild).await?);
    }
    let mut people = Vec::new();
    for number in 0..WRITERS + READERS {
        let person = Person::register(&mut http, addr, &format!("person{number}")).await?;
        for code in &codes {
            person.join(&mut http, code).await?;
        }
        people.push(person);
    }
    let readers = people.split_off(WRITERS);
    Ok(Cast { owner, writers: people, readers, places })
}

async fn rounds(kill: &Kill9, seed: u64, plan: &Plan) -> Outcome<Histories> {
    let instance = plan.run().await?;
    let cast = cast(&instance).await?;
    let mut readers = Vec::new();
    for (number, person) in cast.readers.iter().enumerate() {
        readers.push(Reader::new(number, person.clone(), cast.places.clone()).await?);
    }
    instance.stop().await?;

    let mut plan = plan.clone();
    if kill.control {
        plan.settings.push(("HARMONY_CHAOS", "answer-before-commit".to_owned()));
    }
    let mut instance = plan.run().await?;
    let (quiet, is_quiet) = watch::channel(false);
    let readers: Vec<_> =
        readers.into_iter().map(|reader| tokio::spawn(reader.listen(is_quiet.clone()))).collect();
    let flow = Arc::new(Flow::new());
    let channels: Vec<ChannelId> = cast.places.values().flatten().copied().collect();
    let mut writers = Vec::new();
    for (number, person) in (0..).zip(&cast.writers) {
        let (writer, flow) = (Writer::new(number, person.clone(), channels.clone(), seed), Arc::clone(&flow));
        writers.push(tokio::spawn(async move { writer.write(&flow).await }));
    }
    let mut dice = StdRng::seed_from_u64(seed);
    for round in 1..=kill.rounds {
        flow.next_answer().await?;
        tokio::time::sleep(Duration::from_millis(dice.random_range(ALIVE_MS))).await;
        instance.check()?;
        instance.kill()?;
        instance = plan.start()?;
        if round % 10 == 0 {
            eprintln!("  round {round}");
        }
        if writers.iter().any(JoinHandle::is_finished) || readers.iter().any(JoinHandle::is_finished) {
            // Somebody met what must not be; the rest of the rounds would not make it worse.
            break;
        }
    }
    instance.ready().await?;
    flow.stop();
    let written = all(writers).await?;
    quiet.send_replace(true);
    let readers = all(readers).await?;
    // And what everybody knows now has to be on the disk, not in the process.
    instance.kill()?;
    drop(instance);
    let instance = plan.run().await?;
    let stored = stored(&instance, &cast, &channels).await?;
    let broken = written.iter().flat_map(|written: &Written| written.broken.iter().cloned()).collect();
    let retries = written.iter().map(|written| written.retries).sum();
    let sent = written.into_iter().flat_map(|written| written.sent).collect();
    Ok(Histories { sent, stored, readers, broken, retries })
}

async fn all<T>(tasks: Vec<JoinHandle<Outcome<T>>>) -> Outcome<Vec<T>> {
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await??);
    }
    Ok(results)
}

/// All that writers wrote, as a person sees it who pages through every channel; oldest first.
async fn stored(instance: &Instance, cast: &Cast, channels: &[ChannelId]) -> Outcome<Vec<Stored>> {
    let mut http = Http::connect(instance.addr).await?;
    let mut stored = Vec::new();
    for channel in channels {
        let mut pages = Vec::new();
        cast.owner
            .all_messages(&mut http, *channel, |page| {
                let ours = page.iter().filter_map(|message| {
                    Some(Stored {
                        channel: *channel,
                        id: message.id,
                        key: Key::of_content(&message.content)?,
                    })
                });
                pages.push(ours.collect::<Vec<_>>());
            })
            .await?;
        stored.extend(pages.into_iter().rev().flatten());
    }
    Ok(stored)
}
