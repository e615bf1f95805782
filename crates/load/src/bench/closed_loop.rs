//! Connections that each send their next request when the last one is answered, for a while.

use std::time::{Duration, Instant};

use super::{Own, Timing};
use crate::Outcome;
use crate::client::http::Http;
use crate::instance::Instance;
use crate::report::Row;
use crate::stats::Samples;

/// Writes a worker's next request.
type Next = Box<dyn FnMut(&mut Vec<u8>) + Send>;
/// Takes a number out of an answer, to be kept, or says what is wrong with it.
type Take = Box<dyn FnMut(&[u8]) -> Outcome<Option<i64>> + Send>;

/// One connection and what it asks.
pub(super) struct Worker {
    pub(super) next: Next,
    pub(super) take: Take,
}

/// What a closed loop did.
#[derive(Debug)]
pub(super) struct Done {
    /// Answers in a second, each run.
    per_second: Vec<f64>,
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
    /// Processor time of the server for one answer, each run.
    cpu_us: Vec<f64>,
    /// Percent of a core the generator used.
    own_percent: f64,
    /// Bytes of an answer's body, on average.
    pub(super) body_bytes: f64,
    /// What the workers kept, each in its order.
    pub(super) kept: Vec<Vec<i64>>,
}

/// One worker's share of it.
#[derive(Debug, Default)]
struct Share {
    runs: Vec<Samples>,
    bytes: u64,
    answers: u64,
    kept: Vec<i64>,
}

/// Runs all workers at once, each on a connection of its own.
///
/// # Errors
/// When anything but 200 is answered.
pub(super) async fn run(instance: &Instance, timing: Timing, workers: Vec<Worker>) -> Outcome<Done> {
    let mut tasks = Vec::new();
    let mut connections = Vec::new();
    for _ in &workers {
        connections.push(Http::connect(instance.addr).await?);
    }
    let begin = Instant::now() + timing.warm_up;
    for (worker, http) in workers.into_iter().zip(connections) {
        tasks.push(tokio::spawn(work(worker, http, begin, timing)));
    }
    tokio::time::sleep_until(begin.into()).await;
    let own = Own::watch()?;
    let mut cpu = vec![instance.cpu()?];
    for run in 1..=timing.runs {
        tokio::time::sleep_until((begin + timing.lasting * run as u32).into()).await;
        cpu.push(instance.cpu()?);
    }
    let own_percent = own.percent()?;
    let mut runs = vec![Samples::default(); timing.runs];
    let (mut kept, mut bytes, mut answers) = (Vec::new(), 0, 0);
    for task in tasks {
        let share = task.await??;
        runs.iter_mut().zip(share.runs).for_each(|(all, part)| all.extend(part));
        bytes += share.bytes;
        answers += share.answers;
        kept.push(share.kept);
    }
    let seconds = timing.lasting.as_secs_f64();
    let used = cpu.iter().zip(cpu.iter().skip(1)).map(|(before, after)| after - before);
    Ok(Done {
        per_second: runs.iter().map(|samples| samples.len() as f64 / seconds).collect(),
        cpu_us: used.zip(&runs).map(|(used, samples)| used * 1e6 / samples.len().max(1) as f64).collect(),
        p50_ms: runs.iter_mut().map(|samples| samples.percentile_ms(50.0)).collect(),
        p99_ms: runs.iter_mut().map(|samples| samples.percentile_ms(99.0)).collect(),
        own_percent,
        body_bytes: bytes as f64 / answers.max(1) as f64,
        kept,
    })
}

async fn work(mut worker: Worker, mut http: Http, begin: Instant, timing: Timing) -> Outcome<Share> {
    let mut share = Share { runs: vec![Samples::default(); timing.runs], ..Share::default() };
    let mut request = Vec::new();
    loop {
        request.clear();
        (worker.next)(&mut request);
        let asked = Instant::now();
        let answer = http.request(&request).await?;
        let took = asked.elapsed();
        if answer.status != 200 {
            let body = String::from_utf8_lossy(answer.body).chars().take(300).collect::<String>();
            return Err(format!("answered {}: {body}", answer.status).into());
        }
        share.bytes += answer.body.len() as u64;
        share.answers += 1;
        share.kept.extend((worker.take)(answer.body)?);
        let Some(since) = (asked + took).checked_duration_since(begin) else { continue };
        match share.runs.get_mut(run_of(since, timing.lasting)) {
            Some(samples) => samples.add(took),
            None => return Ok(share),
        }
    }
}

fn run_of(since: Duration, lasting: Duration) -> usize {
    (since.as_nanos() / lasting.as_nanos().max(1)) as usize
}

impl Done {
    /// Rate (with the bar set by `bar`), times, the server's cost, our own.
    pub(super) fn rows(&self, what: &str, unit: &'static str, bar: impl Fn(Row) -> Row) -> Vec<Row> {
        vec![
            bar(Row::new(what, unit, 0, &self.per_second)),
            Row::new(format!("{what}: p50"), "ms", 2, &self.p50_ms),
            Row::new(format!("{what}: p99"), "ms", 2, &self.p99_ms),
            Row::new(format!("{what}: server CPU for each"), "µs", 0, &self.cpu_us),
            Row::new(format!("{what}: generator's CPU"), "% of a core", 0, &[self.own_percent]),
        ]
    }
}
