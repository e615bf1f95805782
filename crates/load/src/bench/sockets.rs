//! Sockets that only are there: how fast they come, what each of them holds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::frame::ClientFrame;
use protocol::snapshot::Place;
use protocol::{Cursors, GuildId};
use tokio::sync::Semaphore;

use super::crowd::Crowd;
use super::{Bench, Own};
use crate::Outcome;
use crate::client::http::Http;
use crate::client::socket::Socket;
use crate::instance::Instance;
use crate::report::{Row, Section};
use crate::stats::Samples;

/// Sockets at the same time.
const SOCKETS: usize = 5_000;
/// People who have them.
const PEOPLE: usize = 100;
/// Connections being made at the same time.
const IN_FLIGHT: usize = 64;
/// How long the server is left alone before its memory counts.
const SETTLE: Duration = Duration::from_secs(5);

pub(super) async fn measure(bench: &Bench) -> Outcome<Section> {
    let plan = bench.plan("sockets");
    let instance = plan.run().await?;
    let crowd = Crowd::gather(instance.addr, PEOPLE, 5).await?;
    instance.stop().await?;

    // A fresh process, so that nothing before has left its memory behind.
    let instance = plan.run().await?;
    let comers = comers(&crowd).await?;
    tokio::time::sleep(SETTLE).await;
    let before = instance.memory()?;
    let mut coming = come(&instance, &comers).await?;
    for socket in &mut coming.sockets {
        socket.say(&ClientFrame::Focus { guild: Some(comers.guild) }).await?;
    }
    tokio::time::sleep(SETTLE).await;
    let after = instance.memory()?;
    let count = coming.sockets.len() as f64;
    let each = |before: f64, after: f64| (after - before) / count;

    let mut comings = vec![coming];
    for _ in 1..bench.pick(1, 3) {
        leave(&mut comings)?;
        tokio::time::sleep(SETTLE).await;
        comings.push(come(&instance, &comers).await?);
    }
    leave(&mut comings)?;
    let column = |figure: fn(&mut Coming) -> f64, comings: &mut Vec<Coming>| {
        comings.iter_mut().map(figure).collect::<Vec<_>>()
    };
    let rows = vec![
        Row::new("memory of an idle connection, RSS", "KiB", 1, &[each(before.rss_kib, after.rss_kib)])
            .at_most(25.0),
        Row::new("memory of an idle connection, PSS", "KiB", 1, &[each(before.pss_kib, after.pss_kib)]),
        Row::new("server with all of them, RSS", "MiB", 0, &[after.rss_kib / 1024.0]),
        Row::new("connections made", "a second", 0, &column(|coming| coming.per_second, &mut comings)),
        Row::new(
            "from TCP to live: p50",
            "ms",
            1,
            &column(|coming| coming.took.percentile_ms(50.0), &mut comings),
        ),
        Row::new(
            "from TCP to live: p99",
            "ms",
            1,
            &column(|coming| coming.took.percentile_ms(99.0), &mut comings),
        ),
        Row::new("server CPU for each connection", "µs", 0, &column(|coming| coming.cpu_us, &mut comings)),
        Row::new("generator's CPU", "% of a core", 0, &column(|coming| coming.own_percent, &mut comings)),
    ];
    let how = format!(
        "{SOCKETS} sockets of {PEOPLE} people in one guild, {IN_FLIGHT} being made at the same time: TCP, upgrade with cookie and \
         origin, hello with the cursors of a page, until `live`. Memory is the growth of the process divided by the sockets, read \
         from `smaps_rollup` {} s after the last of them said which guild it looks at; it is taken the first time, the rates each \
         time.",
        SETTLE.as_secs()
    );
    Ok(Section { title: "Connections", how, rows })
}

/// Who comes, and what each knows already.
pub(super) struct Comers {
    people: Vec<(String, Cursors)>,
    pub(super) guild: GuildId,
}

/// Cookies and the cursors each would have from its page.
pub(super) async fn comers(crowd: &Crowd) -> Outcome<Comers> {
    let mut people = Vec::new();
    let mut http = Http::connect(crowd.person(0)?.addr).await?;
    for person in &crowd.people {
        let page = person.page(&mut http, Place::Home).await?;
        people.push((person.cookie.clone(), page.cursors));
    }
    Ok(Comers { people, guild: crowd.guild })
}

impl Comers {
    /// One more socket, of the people in turn.
    pub(super) async fn one(&self, instance: &Instance, number: usize) -> Outcome<Socket> {
        let (cookie, cursors) = self.people.get(number % self.people.len().max(1)).ok_or("nobody comes")?;
        Ok(Socket::live(instance.addr, cookie, cursors.clone()).await?)
    }
}

struct Coming {
    sockets: Vec<Socket>,
    took: Samples,
    per_second: f64,
    cpu_us: f64,
    own_percent: f64,
}

async fn come(instance: &Instance, comers: &Comers) -> Outcome<Coming> {
    let room = Arc::new(Semaphore::new(IN_FLIGHT));
    let (begin, cpu, own) = (Instant::now(), instance.cpu()?, Own::watch()?);
    let mut tasks = Vec::with_capacity(SOCKETS);
    for number in 0..SOCKETS {
        let permit = Arc::clone(&room).acquire_owned().await?;
        let (cookie, cursors) =
            comers.people.get(number % comers.people.len().max(1)).ok_or("nobody comes")?.clone();
        let addr = instance.addr;
        tasks.push(tokio::spawn(async move {
            let asked = Instant::now();
            let socket = Socket::live(addr, &cookie, cursors).await;
            drop(permit);
            (socket, asked.elapsed())
        }));
    }
    let (mut sockets, mut took) = (Vec::with_capacity(SOCKETS), Samples::default());
    for task in tasks {
        let (socket, elapsed) = task.await?;
        sockets.push(socket?);
        took.add(elapsed);
    }
    let seconds = begin.elapsed().as_secs_f64();
    Ok(Coming {
        per_second: sockets.len() as f64 / seconds,
        cpu_us: (instance.cpu()? - cpu) * 1e6 / sockets.len().max(1) as f64,
        own_percent: own.percent()?,
        sockets,
        took,
    })
}

/// Everybody goes at once.
fn leave(comings: &mut [Coming]) -> Outcome<()> {
    for coming in comings {
        for socket in coming.sockets.drain(..) {
            socket.reset_on_drop()?;
        }
    }
    Ok(())
}
