//! One message to everybody: what a delivery costs, how long it takes, whether any is lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::ChannelId;
use protocol::frame::ClientFrame;
use tokio::sync::mpsc;

use super::crowd::Crowd;
use super::listener::{Board, Heard, Mark, listen};
use super::sockets::{Comers, comers};
use super::{Bench, Own};
use crate::Outcome;
use crate::client::http::Http;
use crate::client::person::Person;
use crate::instance::Instance;
use crate::report::{Row, Section};

/// People who share the sockets.
const PEOPLE: usize = 100;
/// Characters of a message.
const CHARACTERS: usize = 100;
/// Connections the messages are sent on: one that waits for its answer must not hold up the next message.
const SENDERS: usize = 8;
/// How long nothing may come before what is missing counts as lost.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long before a message is due the generator stops sleeping: timers ring up to a millisecond late.
const AWAKE: Duration = Duration::from_millis(2);
/// Sockets, and messages a second for so many: tens of thousands of deliveries, well below what saturates a core.
const SIZES: [(usize, u32); 3] = [(100, 100), (1_000, 40), (5_000, 8)];

pub(super) async fn measure(bench: &Bench) -> Outcome<Section> {
    let plan = bench.plan("fanout");
    let instance = plan.run().await?;
    let crowd = Crowd::gather(instance.addr, PEOPLE, 5).await?;
    let comers = comers(&crowd).await?;
    let senders = Senders::connect(&crowd).await?;
    let board = Arc::new(Board::new());
    let (runs, lasting) = (bench.pick(1, 3), Duration::from_secs(bench.pick(4, 8)));
    let warm_up = Duration::from_secs(2);
    let mut rows = Vec::new();
    let mut present = 0;
    for (size, rate) in SIZES.into_iter().filter(|(size, _)| *size <= bench.pick(1_000, 5_000)) {
        while present < size {
            arrive(&instance, &comers, present, &board).await?;
            present += 1;
        }
        // Whatever the coming stirred up is over when the first of the warm-up's messages are.
        senders.speak(&board, size, rate, warm_up).await?;
        let mut shots = Vec::new();
        for _ in 0..runs {
            let (cpu, own) = (instance.cpu()?, Own::watch()?);
            let heard = senders.speak(&board, size, rate, lasting).await?;
            shots.push(Shot { cpu: instance.cpu()? - cpu, own_percent: own.percent()?, heard });
        }
        rows.extend(figures(size, rate, &mut shots));
    }
    rows.push(Row::new("sockets the server closed", "", 0, &[board.closed() as f64]).at_most(0.0));
    let how = format!(
        "One channel of a guild of {PEOPLE} people who share the sockets, each socket a connection with its own heartbeat, \
         looking at the guild. Messages of {CHARACTERS} characters are sent at fixed times whatever the server does; a delivery's \
         time runs from the moment its message was to be sent until its frame is read, and so includes sending, the commit \
         and the generator's own reading of up to {} frames at once. CPU is the server's user and kernel time, the sends \
         themselves included, divided by the deliveries. {} s of warm-up, then {runs} runs of {} s for each size.",
        SIZES[2].0,
        warm_up.as_secs(),
        lasting.as_secs(),
    );
    Ok(Section { title: "Fan-out", how, rows })
}

/// One run.
struct Shot {
    heard: Sent,
    cpu: f64,
    own_percent: f64,
}

/// What was sent in a run and what was heard of it.
struct Sent {
    expected: u64,
    heard: Heard,
}

fn figures(size: usize, rate: u32, shots: &mut [Shot]) -> Vec<Row> {
    let name = |what: &str| format!("{size} sockets, {rate} messages a second: {what}");
    let lost: Vec<f64> =
        shots.iter().map(|shot| (shot.heard.expected - shot.heard.heard.once) as f64).collect();
    let doubled: Vec<f64> = shots.iter().map(|shot| shot.heard.heard.doubled as f64).collect();
    let cpu: Vec<f64> =
        shots.iter().map(|shot| shot.cpu * 1e6 / shot.heard.heard.once.max(1) as f64).collect();
    let own: Vec<f64> = shots.iter().map(|shot| shot.own_percent).collect();
    let mut percentile = |percent| {
        shots.iter_mut().map(|shot| shot.heard.heard.took.percentile_ms(percent)).collect::<Vec<_>>()
    };
    let cost = Row::new(name("server CPU for each delivery"), "µs", 2, &cpu);
    vec![
        if size == 1_000 { cost.at_most(10.0) } else { cost },
        Row::new(name("p50"), "ms", 2, &percentile(50.0)),
        Row::new(name("p99"), "ms", 2, &percentile(99.0)),
        Row::new(name("deliveries lost"), "", 0, &lost).at_most(0.0),
        Row::new(name("deliveries doubled"), "", 0, &doubled).at_most(0.0),
        Row::new(name("generator's CPU"), "% of a core", 0, &own),
    ]
}

async fn arrive(instance: &Instance, comers: &Comers, number: usize, board: &Arc<Board>) -> Outcome<()> {
    let mut socket = comers.one(instance, number).await?;
    socket.say(&ClientFrame::Focus { guild: Some(comers.guild) }).await?;
    let board = Arc::clone(board);
    tokio::spawn(async move { listen(socket, &board, number as u32).await });
    Ok(())
}

/// Connections that take turns in sending.
struct Senders {
    channel: ChannelId,
    idle: tokio::sync::Mutex<mpsc::Receiver<Sender>>,
    back: mpsc::Sender<Sender>,
}

struct Sender {
    person: Person,
    http: Http,
}

impl Senders {
    async fn connect(crowd: &Crowd) -> Outcome<Self> {
        let (back, idle) = mpsc::channel(SENDERS);
        for number in 0..SENDERS {
            let person = crowd.person(number)?.clone();
            let http = Http::connect(person.addr).await?;
            back.try_send(Sender { person, http }).map_err(|_| "no room for a sender")?;
        }
        Ok(Self { channel: crowd.general()?, idle: tokio::sync::Mutex::new(idle), back })
    }

    /// Sends at a fixed rate for a while, then waits until everybody has heard everything.
    async fn speak(&self, board: &Board, listeners: usize, rate: u32, lasting: Duration) -> Outcome<Sent> {
        let run = board.begin();
        let count = (lasting.as_secs_f64() * f64::from(rate)) as u32;
        let begin = Instant::now();
        let mut tasks = Vec::new();
        let mut idle = self.idle.lock().await;
        for number in 0..count {
            let due = begin + Duration::from_secs(1) * number / rate;
            until(due).await;
            // With none idle this waits, and what is late counts as late: `due` does not move.
            let mut sender = idle.recv().await.ok_or("a sender is lost")?;
            let mark = Mark { run, number: number.into(), due_us: board.at_us(due) };
            let (channel, back) = (self.channel, self.back.clone());
            tasks.push(tokio::spawn(async move {
                let nonce = format!("{run}-{number}");
                let content = mark.content(CHARACTERS);
                let said = sender.person.say(&mut sender.http, channel, &content, &nonce).await;
                // The receiver lives as long as anybody sends.
                let _ = back.send(sender).await;
                said.map(|_| ())
            }));
        }
        for task in tasks {
            task.await??;
        }
        let expected = u64::from(count) * listeners as u64;
        Ok(Sent { expected, heard: board.settle(expected, PATIENCE).await })
    }
}

/// Sleeps until shortly before, then lets others run until it is time.
async fn until(due: Instant) {
    tokio::time::sleep_until((due.checked_sub(AWAKE).unwrap_or(due)).into()).await;
    while Instant::now() < due {
        tokio::task::yield_now().await;
    }
}
