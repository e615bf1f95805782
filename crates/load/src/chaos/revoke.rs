//! The revocation rig: people are removed, or sign out, while others talk. What was begun after the removal was
//! answered must never reach their socket, and a socket that was signed out closes within a second.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use protocol::entity::ChannelKind;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::snapshot::Place;
use protocol::{ChannelId, GuildId, UserId};
use tokio::sync::oneshot;

use super::Revoke;
use super::checker::{Key, Sent};
use super::database::Database;
use super::reader::message;
use super::writer::{Flow, Writer};
use crate::Outcome;
use crate::client::http::{Http, form};
use crate::client::person::Person;
use crate::client::socket::Socket;
use crate::instance::{Folder, Instance, Plan};

/// People who talk meanwhile.
const WRITERS: usize = 4;
/// How long a socket may stay open after its session ended.
const CLOSED_WITHIN: Duration = Duration::from_secs(1);
/// How long a socket may take to hear something; far longer than it takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What happened to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Removed,
    SignedOut,
}

/// One removal.
#[derive(Debug)]
struct Round {
    way: Way,
    /// When it was answered, on the writers' clock.
    answered_us: u64,
    /// When the rig stopped listening.
    over_us: u64,
    /// What the socket heard, before and after.
    heard: Vec<Key>,
    closed: bool,
}

/// One run on one database. True when nothing reached anybody who had been removed.
pub(super) async fn run(revoke: &Revoke, seed: u64, database: &Database) -> Outcome<bool> {
    println!("revoke on {}: {} rounds, seed {seed}", database.name, revoke.rounds);
    let folder = Folder::new(&format!("revoke-{}", database.name))?;
    let mut plan = Plan::new(folder.sub("data"))?;
    plan.settings.extend(database.url.clone().map(|url| ("HARMONY_DATABASE_URL", url)));
    let instance = plan.run().await?;
    let stage = Stage::set(&instance).await?;
    let flow = Arc::new(Flow::new());
    let mut writers = Vec::new();
    for (number, person) in (0..).zip(&stage.writers) {
        let (writer, flow) =
            (Writer::new(number, person.clone(), vec![stage.channel], seed), Arc::clone(&flow));
        writers.push(tokio::spawn(async move { writer.write(&flow).await }));
    }
    let bystander = Bystander::listen(&stage.owner).await?;
    let mut rounds = Vec::new();
    for number in 0..revoke.rounds {
        let way = if number % 2 == 0 { Way::Removed } else { Way::SignedOut };
        rounds.push(stage.round(way, &flow).await?);
    }
    flow.stop();
    let mut sent = Vec::new();
    for writer in writers {
        let written = writer.await??;
        if let Some(broken) = written.broken.first() {
            return Err(format!("a writer met what must not be: {broken:?}").into());
        }
        sent.extend(written.sent);
    }
    let count = count(&rounds, &sent, &bystander.heard());
    println!(
        "  {} messages; {} heard after a removal was answered, {} sockets not closed in a second, {} rounds without talk",
        sent.len(),
        count.after,
        count.open,
        count.silent,
    );
    let passed = count == Count::default() && !rounds.is_empty();
    println!("  {}", if passed { "PASSED" } else { "FAILED" });
    Ok(passed)
}

/// What is wrong with the rounds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    /// Messages begun after the answer and heard all the same.
    after: usize,
    /// Sockets that did not close.
    open: usize,
    /// Rounds that prove nothing: nobody who stayed heard anything that was begun after the answer.
    silent: usize,
}

fn count(rounds: &[Round], sent: &[Sent], bystander: &HashSet<Key>) -> Count {
    let begun: HashMap<Key, u64> = sent.iter().map(|message| (message.key, message.invoked_us)).collect();
    let mut count = Count::default();
    for round in rounds {
        let is_after = |key: &&Key| begun.get(key).is_some_and(|begun| *begun > round.answered_us);
        count.after += round.heard.iter().filter(is_after).count();
        count.open += usize::from(round.way == Way::SignedOut && !round.closed);
        let talk = round.answered_us + 1..round.over_us;
        let heard =
            sent.iter().any(|message| talk.contains(&message.invoked_us) && bystander.contains(&message.key));
        count.silent += usize::from(!heard);
    }
    count
}

/// People and a place.
struct Stage {
    owner: Person,
    writers: Vec<Person>,
    /// Who is removed, again and again.
    guest: Person,
    guest_id: UserId,
    guild: GuildId,
    channel: ChannelId,
    code: String,
}

impl Stage {
    async fn set(instance: &Instance) -> Outcome<Self> {
        let addr = instance.addr;
        let mut http = Http::connect(addr).await?;
        let owner = Person::register(&mut http, addr, "owner").await?;
        let guild = owner.create_guild(&mut http, "Guild").await?;
        let snapshot = owner.guild(&mut http, guild).await?;
        let channel = snapshot.channels.iter().find(|channel| channel.kind == ChannelKind::Text);
        let channel = channel.ok_or("a new guild has no channel")?.id;
        let code = owner.invite(&mut http, guild).await?;
        let mut writers = Vec::new();
        for number in 0..WRITERS {
            let writer = Person::register(&mut http, addr, &format!("writer{number}")).await?;
            writer.join(&mut http, &code).await?;
            writers.push(writer);
        }
        let guest = Person::register(&mut http, addr, "guest").await?;
        let guest_id = guest.page(&mut http, Place::Home).await?.home.me.user.id;
        Ok(Self { owner, writers, guest, guest_id, guild, channel, code })
    }

    /// The guest comes in, hears somebody, and is removed or signs out.
    async fn round(&self, way: Way, flow: &Flow) -> Outcome<Round> {
        let mut http = Http::connect(self.guest.addr).await?;
        self.guest.join(&mut http, &self.code).await?;
        let guest = match way {
            Way::Removed => self.guest.clone(),
            Way::SignedOut => Person::sign_in_again(&mut http, self.guest.addr, "guest").await?,
        };
        let cursors = guest.page(&mut http, Place::Home).await?.cursors;
        let mut socket = Socket::live(guest.addr, &guest.cookie, cursors).await?;
        let mut heard = Vec::new();
        while heard.is_empty() {
            let frame =
                tokio::time::timeout(PATIENCE, socket.next()).await.map_err(|_| "nobody is heard")??;
            heard.extend(key(&frame));
        }
        // Listening does not stop while the removal is under way, or its frames would wait unread in the kernel.
        let (enough, is_enough) = oneshot::channel();
        let mut listening = tokio::spawn(hear(socket, heard, is_enough));
        match way {
            Way::Removed => {
                let (guild, user) = (self.guild.to_string(), self.guest_id.to_string());
                let fields = form(&[("guild_id", &guild), ("user_id", &user)]);
                self.owner.call::<()>(&mut http, "guilds/kick", &fields).await?;
            }
            Way::SignedOut => guest.call::<()>(&mut http, "accounts/logout", "").await?,
        }
        let answered = Instant::now();
        let answered_us = flow.now_us();
        // Each writer may have had one message under way; of so many answers some belong to later ones.
        for _ in 0..3 * WRITERS {
            flow.next_answer().await?;
        }
        let over_us = flow.now_us();
        if way == Way::Removed {
            // It may have been closed; then nobody waits for this.
            let _ = enough.send(());
        }
        let left = CLOSED_WITHIN.saturating_sub(answered.elapsed());
        let patience = if way == Way::Removed { PATIENCE } else { left };
        let (heard, closed) = match tokio::time::timeout(patience, &mut listening).await {
            Ok(heard) => heard?,
            Err(_) => {
                listening.abort();
                (Vec::new(), false)
            }
        };
        Ok(Round { way, answered_us, over_us, heard, closed })
    }
}

/// Hears until the socket closes, or until it is enough and everything on its way then has come; says whether the
/// socket closed.
async fn hear(
    mut socket: Socket,
    mut heard: Vec<Key>,
    mut enough: oneshot::Receiver<()>,
) -> (Vec<Key>, bool) {
    let mut has_asked = false;
    loop {
        let frame = tokio::select! {
            frame = socket.next() => frame,
            Ok(()) = &mut enough, if !has_asked => {
                has_asked = true;
                if socket.say(&ClientFrame::Ping { n: 0 }).await.is_err() {
                    return (heard, true);
                }
                continue;
            }
        };
        match frame {
            Ok(ServerFrame::Pong { .. }) => return (heard, false),
            Ok(frame) => heard.extend(key(&frame)),
            Err(_) => return (heard, true),
        }
    }
}

fn key(frame: &ServerFrame) -> Option<Key> {
    let ServerFrame::Event { e, .. } = frame else { return None };
    message(e).map(|(_, _, key)| key)
}

/// Somebody who stays, and proves that there was something to hear.
struct Bystander(Arc<Mutex<HashSet<Key>>>);

impl Bystander {
    async fn listen(person: &Person) -> Outcome<Self> {
        let mut http = Http::connect(person.addr).await?;
        let cursors = person.page(&mut http, Place::Home).await?.cursors;
        let mut socket = Socket::live(person.addr, &person.cookie, cursors).await?;
        let heard = Arc::new(Mutex::default());
        let shared = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok(frame) = socket.next().await {
                let mut heard: std::sync::MutexGuard<'_, HashSet<Key>> =
                    shared.lock().unwrap_or_else(PoisonError::into_inner);
                heard.extend(key(&frame));
            }
        });
        Ok(Self(heard))
    }

    fn heard(&self) -> HashSet<Key> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use protocol::{ChannelId, MessageId};

    use super::{Count, Key, Round, Sent, Way, count};

    fn key(number: u32) -> Key {
        Key { writer: 0, number }
    }

    /// Message n was begun at 100 n.
    fn talk() -> Vec<Sent> {
        let (channel, id) = (ChannelId::from_trusted(1), MessageId::from_trusted(1));
        let sent = |number| {
            let invoked_us = u64::from(number) * 100;
            Sent { key: key(number), channel, id, invoked_us, acked_us: invoked_us + 50 }
        };
        (1..=5).map(sent).collect()
    }

    fn round(heard: &[u32]) -> Round {
        let heard = heard.iter().copied().map(key).collect();
        Round { way: Way::SignedOut, answered_us: 250, over_us: 450, heard, closed: true }
    }

    #[test]
    fn who_heard_only_what_was_begun_before_passes() {
        let bystander = (1..=5).map(key).collect();
        assert_eq!(count(&[round(&[1, 2])], &talk(), &bystander), Count::default());
    }

    #[test]
    fn a_message_begun_after_the_answer_is_found() {
        let bystander = (1..=5).map(key).collect();
        assert_eq!(count(&[round(&[1, 2, 3])], &talk(), &bystander), Count { after: 1, ..Count::default() });
    }

    #[test]
    fn an_open_socket_and_a_round_in_which_nobody_talked_do_not_pass() {
        let bystander = (1..=2).map(key).collect();
        let open = Round { closed: false, ..round(&[1]) };
        assert_eq!(count(&[open], &talk(), &bystander), Count { after: 0, open: 1, silent: 1 });
    }
}
