//! Demonstration data: people, servers and a history, always the same.

use protocol::entity::{ChannelKind, MessageKind};
use protocol::id::{EPOCH_MS, NODE_BITS, SEQUENCE_BITS};
use protocol::permissions::Permissions;
use protocol::{ChannelId, Error, Id, MessageId, Result, UserId, limits};

use super::mentions::Called;
use super::{Store, Tx, channels, guilds, members, messages, now_ms, threads, users};

/// People in the demonstration data.
pub const PEOPLE: [(&str, &str); 20] = [
    ("mara", "Mara Lindqvist"),
    ("tobi", "Tobi Adeyemi"),
    ("ines", "Inés Ferrer"),
    ("yuki", "Yuki Tanabe"),
    ("sofia", "Sofía Reyes"),
    ("eunji", "Eun-ji Park"),
    ("jonas", "Jonas Hallberg"),
    ("oleh.k", "Oleh Kovalenko"),
    ("priya", "Priya Raman"),
    ("noor", "Noor Haddad"),
    ("kwame", "Kwame Boateng"),
    ("hal", "Hal Osterman"),
    ("basil", "Basil"),
    ("saturnine", "Saturnine"),
    ("wilhelmina", "Wilhelmina Feather"),
    ("ana", "Ana Sousa"),
    ("bo", "Bo Nilsen"),
    ("chidi", "Chidi Okafor"),
    ("dara", "Dara Singh"),
    ("emre", "Emre Yıldız"),
];
const SERVERS: [(&str, &[&str]); 4] = [
    ("Lanternfish", &["general", "devlog", "shader-talk", "art-dump", "level-design"]),
    ("Northwind Hikers", &["general", "routes", "gear", "photos"]),
    ("Rust Kitchen", &["general", "recipes", "sourdough"]),
    ("Porto Expats", &["general", "housing", "language"]),
];
const OPENINGS: [&str; 8] = [
    "I think",
    "Good morning,",
    "Quick question:",
    "For the record,",
    "Small victory:",
    "Has anybody seen this?",
    "**Note:**",
    "Agreed,",
];
const MIDDLES: [&str; 8] = [
    "the new build runs much better",
    "the harbour scene needs a warmer light",
    "we should move the meeting to Thursday",
    "`timer/pause-once` fixes it on my machine",
    "the trail above the lake is open again",
    "that bread needs another hour",
    "I put the *notes* into the channel topic",
    "the third version reads best",
];
const ENDINGS: [&str; 8] = [
    "and I can show it tonight.",
    "unless somebody minds.",
    "as promised.",
    "but see for yourselves.",
    "\nMore on that later.",
    "– thoughts?",
    "so let us keep it.",
    "thanks to all of you.",
];
/// What one in forty adds, so that there is something of every sort to find.
const IN_JAPANESE: &str = "\n明日の本番環境は東京チームが担当します。";
/// Messages in one commit.
const STEP: usize = 1_000;

/// What to make.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Messages in all servers together.
    pub messages: usize,
    /// Hash of the password everybody gets.
    pub password_hash: String,
}

/// A fixed sequence of numbers (SplitMix64), so that the same plan always makes the same data.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.roll(from.len()))
    }
}

impl Store {
    /// Fills an empty database. Returns how many messages were made.
    ///
    /// # Errors
    /// [`Error::LimitReached`] when anybody has an account already.
    pub async fn seed(&self, plan: Plan) -> Result<usize> {
        if users::any(&mut self.read().await?).await? {
            return Err(Error::LimitReached);
        }
        let hash = plan.password_hash.clone();
        let places = self.write(move |tx| Box::pin(async move { places(tx, &hash).await })).await?;
        // Messages are spread over the last days, so that history has dates. An id carries its time.
        let start_ms = now_ms() - plan.messages as i64 * 20_000;
        let mut made = 0;
        while made < plan.messages {
            let (places, count, from) = (places.clone(), STEP.min(plan.messages - made), made);
            let step =
                self.write(move |tx| Box::pin(async move { talk(tx, &places, start_ms, from, count).await }));
            step.await?;
            made += count;
        }
        if let Some(room) = places.into_iter().next() {
            made += self.write(move |tx| Box::pin(async move { talk_aside(tx, &room).await })).await?;
        }
        Ok(made)
    }
}

#[derive(Clone)]
struct Room {
    channel: ChannelId,
    people: Vec<UserId>,
}

async fn places(tx: &mut Tx, password_hash: &str) -> Result<Vec<Room>> {
    let mut people = Vec::new();
    for (index, (username, display_name)) in PEOPLE.iter().enumerate() {
        let new = users::NewUser {
            username: (*username).to_owned(),
            display_name: (*display_name).to_owned(),
            email: None,
            password_hash: password_hash.to_owned(),
            is_instance_owner: index == 0,
        };
        people.push(users::insert(tx, &new).await?.ok_or(Error::UsernameTaken)?);
    }
    let mut rooms = Vec::new();
    for (index, (name, names)) in SERVERS.iter().enumerate() {
        let owner = people.get(index).copied().ok_or(Error::Internal)?;
        let guild = guilds::insert(tx, name, owner, Permissions::EVERYONE_DEFAULT).await?;
        let category = channels::insert(tx, guild, ChannelKind::Category, "Text channels", None, 0).await?;
        // The first server has everybody; the others have every second, third, fourth.
        let inside: Vec<UserId> = people
            .iter()
            .copied()
            .enumerate()
            .filter(|(n, _)| n % (index + 1) == 0 || *n == index)
            .map(|(_, id)| id)
            .collect();
        for person in &inside {
            members::insert(tx, guild, *person).await?;
        }
        for (position, name) in names.iter().enumerate() {
            let channel =
                channels::insert(tx, guild, ChannelKind::Text, name, Some(category), position as i32).await?;
            if position == 0 {
                guilds::set_system_channel(tx, guild, Some(channel)).await?;
            }
            rooms.push(Room { channel, people: inside.clone() });
        }
    }
    Ok(rooms)
}

async fn talk(tx: &mut Tx, rooms: &[Room], start_ms: i64, from: usize, count: usize) -> Result<()> {
    for number in from..from + count {
        let mut dice = Dice(number as u64);
        // Half of everything is said in the first room, as it is everywhere.
        let room = if dice.roll(2) == 0 { rooms.first() } else { dice.pick(rooms) }.ok_or(Error::Internal)?;
        // People speak in runs, so that messages form groups.
        let speaker = Dice((number / 3) as u64).roll(room.people.len());
        let author = *room.people.get(speaker).ok_or(Error::Internal)?;
        let parts = [dice.pick(&OPENINGS), dice.pick(&MIDDLES), dice.pick(&ENDINGS)];
        let mut content = parts.into_iter().flatten().copied().collect::<Vec<_>>().join(" ");
        let addressed = room.people.get((speaker + 1) % room.people.len()).copied().unwrap_or(author);
        let mut called = Called::default();
        match number % 40 {
            7 => content.push_str(&format!(" https://example.com/notes/{number}")),
            17 => content.push_str(IN_JAPANESE),
            27 => {
                content.push_str(&format!(" <@{addressed}>"));
                called.names.extend(users::by_id(tx, addressed).await?);
            }
            _ => {}
        }
        let ms = start_ms + number as i64 * 20_000 - EPOCH_MS;
        let id: MessageId = Id::from_trusted(ms << (SEQUENCE_BITS + NODE_BITS));
        let new = messages::NewMessage {
            guild: None,
            channel: room.channel,
            id,
            author,
            kind: MessageKind::Default,
            content: &content,
            reply_to: None,
        };
        messages::insert(tx, &new, &called).await?;
    }
    Ok(())
}

/// A thread about the newest message of a room.
async fn talk_aside(tx: &mut Tx, room: &Room) -> Result<usize> {
    let Some(channel) = channels::by_id(tx, room.channel).await? else { return Ok(0) };
    let Some(starter) = channel.last_message_id else { return Ok(0) };
    let owner = room.people.first().copied().ok_or(Error::Internal)?;
    let new = threads::NewThread {
        guild: channel.guild_id,
        parent: channel.id,
        owner,
        name: "Shall we?",
        starter: Some(starter),
        auto_archive_minutes: limits::AUTO_ARCHIVE_DEFAULT,
    };
    let thread = threads::insert(tx, &new).await?;
    let speakers = room.people.iter().copied().take(ENDINGS.len());
    let mut said = 0;
    for (author, content) in speakers.zip(ENDINGS) {
        let id: MessageId = tx.new_id();
        let content = content.trim();
        let new = messages::NewMessage {
            guild: None,
            channel: thread,
            id,
            author,
            kind: MessageKind::Default,
            content,
            reply_to: None,
        };
        messages::insert(tx, &new, &Called::default()).await?;
        threads::said(tx, thread, id).await?;
        threads::follow(tx, author, channel.guild_id, thread, false).await?;
        said += 1;
    }
    Ok(said)
}
