//! A snapshot with the events after it is a fresh snapshot: for every kind of change, in random histories of several
//! people, through the log, step by step and over real sockets, on both databases.
//!
//! A history that fails names its seed; `HARMONY_CONVERGENCE_SEED=7 cargo test --features ssr --test convergence`
//! plays that one alone, `HARMONY_CONVERGENCE_SEED=100..2000` a long night's worth.

#![allow(clippy::type_complexity, reason = "what is in flight is a closure, and said once")]
#![allow(clippy::unwrap_used, reason = "in a test that is the answer")]

#[path = "convergence/client.rs"]
mod client;
#[path = "convergence/history.rs"]
mod history;
#[path = "convergence/links.rs"]
mod links;
#[path = "convergence/rights.rs"]
mod rights;

use std::collections::BTreeSet;

use client::{Client, Compared, Way};
use futures_util::{StreamExt, stream};
use history::History;
use protocol::snapshot::Place;
use rig::{Database, TestApp};
use rights::Opening;

/// Histories on SQLite, which is the cheaper one, and on PostgreSQL.
const HISTORIES: (u64, u64) = (72, 18);
/// Parts of a history; after each, everybody is compared with a fresh snapshot.
const PARTS: usize = 3;
/// Things done in one part.
const STEPS: usize = 24;
/// Histories at the same time: they share commits.
const AT_ONCE: usize = 8;

/// Plays a history and compares each of its people after each part.
async fn play(app: &TestApp, seed: u64) -> Compared {
    let way = [Way::Log, Way::StepByStep, Way::Socket][usize::try_from(seed % 3).unwrap()];
    let mut history = History::begin(app, seed).await;
    for _ in 0..12 {
        history.step().await;
    }
    let mut clients = Vec::new();
    for person in history.people.clone() {
        let place = history.some_place(&person).await;
        clients.push(Client::open(app, person, place, way, seed).await);
    }
    let mut compared = Compared::default();
    for _ in 0..PARTS {
        for _ in 0..STEPS {
            history.step().await;
            if way == Way::StepByStep {
                for client in &mut clients {
                    client.catch_up(app).await;
                }
            }
        }
        for client in &mut clients {
            client.come_to_rest(app).await;
            compared.add(client.compare(app, &history.told).await);
        }
    }
    compared
}

/// The tags of all events there are, read out of the protocol's source.
fn all_kinds() -> BTreeSet<String> {
    let source =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/crates/protocol/src/event.rs"))
            .unwrap();
    let (_, rest) = source.split_once("pub fn kind(&self)").unwrap();
    let (body, _) = rest.split_once("\n    }\n").unwrap();
    body.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

async fn converge(database: Database, seeds: Vec<u64>) {
    let count = seeds.len();
    let app = TestApp::start(database, &[]).await;
    let compared: Vec<Compared> =
        stream::iter(seeds).map(|seed| play(&app, seed)).buffer_unordered(AT_ONCE).collect().await;
    let mut total = Compared::default();
    compared.into_iter().for_each(|part| total.add(part));
    if count > 10 {
        // What is compared is not nothing.
        let enough = total.guilds > 3 * count && total.timelines > 3 * count && total.messages > 12 * count;
        assert!(enough && total.unread > 5 * count, "{total:?} in {count} histories");
        let kinds = app.database().look().await.texts("select distinct kind from events").await;
        let missing: Vec<String> = all_kinds().into_iter().filter(|kind| !kinds.contains(kind)).collect();
        assert!(missing.is_empty(), "these kinds of events never happened: {missing:?}");
    }
    app.stop().await;
}

fn seeds(count: u64) -> Vec<u64> {
    let Ok(wanted) = std::env::var("HARMONY_CONVERGENCE_SEED") else { return (0..count).collect() };
    let number = |text: &str| text.parse().expect("a seed is a number");
    match wanted.split_once("..") {
        Some((from, to)) => (number(from)..number(to)).collect(),
        None => vec![number(&wanted)],
    }
}

#[tokio::test]
async fn snapshots_and_events_are_fresh_snapshots_on_sqlite() {
    converge(Database::sqlite(), seeds(HISTORIES.0)).await;
}

#[tokio::test]
async fn snapshots_and_events_are_fresh_snapshots_on_postgres() {
    if let Some(database) = Database::postgres().await {
        // Other histories than on SQLite: two chances to find something.
        let is_asked = std::env::var("HARMONY_CONVERGENCE_SEED").is_ok();
        let shifted = seeds(HISTORIES.1).into_iter().map(|seed| if is_asked { seed } else { seed + 1000 });
        converge(database, shifted.collect()).await;
    }
}

/// A channel opens to somebody who was away, or there, and who has its server on screen or only in the rail.
async fn open(app: &TestApp, seed: u64, opening: Opening, way: Way, is_on_screen: bool) {
    let history = History::begin(app, seed).await;
    let person = history.people[1].clone();
    opening.prepare(&history).await;
    let place = if is_on_screen { history.home() } else { Place::Home };
    let mut client = Client::open(app, person.clone(), place, way, seed).await;
    history.people[0].say(history.general(), "behind closed doors").await;
    client.come_to_rest(app).await;
    assert_eq!(client.compare(app, &history.told).await.unread, 0, "{opening:?}");
    opening.happen(&history, &person).await;
    client.come_to_rest(app).await;
    let told = [format!("{opening:?}, {way:?}, on screen: {is_on_screen}")];
    assert_eq!(client.compare(app, &told).await.unread, 1, "{told:?}");
}

#[tokio::test]
async fn a_channel_that_opens_to_somebody_brings_what_is_unread_in_it() {
    rig::on_both(async |app| {
        let mut seed = 10_000;
        for opening in Opening::ALL {
            for way in [Way::Log, Way::StepByStep, Way::Socket] {
                for is_on_screen in [false, true] {
                    open(app, seed, opening, way, is_on_screen).await;
                    seed += 1;
                }
            }
        }
    })
    .await;
}

#[test]
fn the_kinds_of_events_are_found_in_the_source() {
    let kinds = all_kinds();
    assert!(kinds.len() >= 21, "{kinds:?}");
    assert!(kinds.contains("message_created") && kinds.contains("devices_changed"), "{kinds:?}");
}

#[tokio::test]
async fn an_event_that_is_withheld_is_noticed() {
    let app = TestApp::start(Database::sqlite(), &[]).await;
    let history = History::begin(&app, 5).await;
    let person = history.people[1].clone();
    let place = history.home_channel();
    let mut client = Client::open(&app, person.clone(), place, Way::Log, 5).await;
    history.people[0].say(history.general(), "did you hear this?").await;
    client.skip(&app).await;
    assert!(!client.agrees(&app).await);
    app.stop().await;
}
