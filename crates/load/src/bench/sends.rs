//! Durable sends: how many messages a second are accepted, and whether all of them survive a kill.

use std::collections::HashSet;
use std::time::Duration;

use protocol::ChannelId;

use super::closed_loop::{self, Done, Worker};
use super::crowd::Crowd;
use super::{Bench, Timing};
use crate::Outcome;
use crate::client::http::Http;
use crate::client::person::sent_id;
use crate::instance::Instance;
use crate::report::{Row, Section};

/// People who send, each with one request under way.
const SENDERS: usize = 64;
/// Characters of a message.
const CONTENT: &str =
    "The harbour scene needs a warmer light, unless somebody minds; I can show it tonight. More later, ok?";

pub(super) async fn measure(bench: &Bench) -> Outcome<Section> {
    let plan = bench.plan("sends");
    let mut instance = plan.run().await?;
    let crowd = Crowd::gather(instance.addr, SENDERS, SENDERS).await?;
    let timing = Timing {
        warm_up: Duration::from_secs(2),
        lasting: Duration::from_secs(bench.pick(4, 10)),
        runs: bench.pick(1, 3),
    };
    let own_channels: Vec<ChannelId> = crowd.channels.iter().skip(1).copied().collect();
    let spread = send(&instance, &crowd, &own_channels, timing).await?;
    let together = send(&instance, &crowd, &[crowd.general()?], timing).await?;
    // What was said to be safe has to be there after the worst the process can meet.
    instance.kill()?;
    let instance = plan.run().await?;
    let acked: HashSet<i64> = spread.kept.iter().chain(&together.kept).flatten().copied().collect();
    let lost = lost(&instance, &crowd, acked.clone()).await?;

    let mut rows = spread.rows("sends into 64 channels", "a second", |row| row.at_least(2_000.0));
    rows.extend(together.rows("sends into one channel", "a second", |row| row.at_least(2_000.0)));
    rows.push(
        Row::new(format!("lost of {} answered, after kill -9", acked.len()), "", 0, &[lost as f64])
            .at_most(0.0),
    );
    let how = format!(
        "{SENDERS} people, each on a keep-alive connection, each sending its next message of {} characters when the last one was \
         answered; the answer comes after the commit with `synchronous=FULL`. {} s of warm-up, then {} runs of {} s. Then the \
         server is killed with SIGKILL, started again, and every answered id is looked for in the history.",
        CONTENT.chars().count(),
        timing.warm_up.as_secs(),
        timing.runs,
        timing.lasting.as_secs(),
    );
    Ok(Section { title: "Durable sends", how, rows })
}

async fn send(instance: &Instance, crowd: &Crowd, channels: &[ChannelId], timing: Timing) -> Outcome<Done> {
    let mut workers = Vec::new();
    for number in 0..SENDERS {
        let person = crowd.person(number)?.clone();
        let channel = *channels.get(number % channels.len().max(1)).ok_or("no channel")?;
        let mut count = 0_u64;
        let next = move |request: &mut Vec<u8>| {
            count += 1;
            request.extend_from_slice(&person.saying(channel, CONTENT, &format!("{channel}-{count}")));
        };
        let take = |body: &[u8]| Ok(Some(sent_id(body).ok_or("an answer without the message's id")?.get()));
        workers.push(Worker { next: Box::new(next), take: Box::new(take) });
    }
    closed_loop::run(instance, timing, workers).await
}

/// How many of these ids are in no channel's history.
async fn lost(instance: &Instance, crowd: &Crowd, mut ids: HashSet<i64>) -> Outcome<usize> {
    let mut http = Http::connect(instance.addr).await?;
    let reader = crowd.person(0)?;
    for channel in &crowd.channels {
        let mut each = |page: &[protocol::entity::Message]| {
            page.iter().for_each(|message| {
                ids.remove(&message.id.get());
            });
        };
        reader.all_messages(&mut http, *channel, &mut each).await?;
    }
    Ok(ids.len())
}
