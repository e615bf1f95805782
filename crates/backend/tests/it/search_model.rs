//! A thousand searches in a world that keeps changing, compared with a model that knows nothing of the index: what is
//! found is what is there and may be read, no less and no more.

use std::collections::BTreeSet;

use backend::actions::{channels, members, messages};
use backend::indexing;
use protocol::permissions::{Permissions, Subject};
use protocol::search::SearchScope;
use protocol::{ChannelId, Error, MessageId};
use rig::{Person, TestApp, on_both};

use crate::scene::{Scene, except};
use crate::search::{asked, page};

const CASES: usize = 1_000;
const WORDS: [&str; 8] = ["apple", "pear", "plum", "Café", "東京都", "部署", "see https://example.com", "x1"];
/// What is looked for, and how a text without case and accents shows it.
const TERMS: [(&str, &str); 8] = [
    ("APPLE", "apple"),
    ("pear", "pear"),
    ("\"plum pear\"", "plum pear"),
    ("cafe", "cafe"),
    ("東京", "東京"),
    ("署", "署"),
    ("example.com", "example.com"),
    ("nothing", "nothing"),
];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }
}

struct Said {
    id: MessageId,
    channel: ChannelId,
    author: usize,
    text: String,
}

/// What everybody can do about one channel.
#[derive(Clone, Copy, Default)]
struct Rules {
    is_closed: bool,
    /// By person: let in, shut out, kept from the past.
    exceptions: [Option<Exception>; 3],
}

#[derive(Clone, Copy, PartialEq)]
enum Exception {
    In,
    Out,
    NoPast,
}

struct World<'a> {
    app: &'a TestApp,
    scene: Scene,
    /// The owner, and two members.
    people: Vec<Person>,
    is_member: [bool; 3],
    rooms: Vec<(ChannelId, Rules)>,
    said: Vec<Said>,
    dice: Dice,
}

impl World<'_> {
    /// Whether somebody may read a channel, from the rules alone.
    fn may_read(&self, person: usize, rules: &Rules) -> bool {
        if person == 0 || !self.is_member[person] {
            return person == 0;
        }
        match rules.exceptions[person] {
            Some(Exception::In) => true,
            Some(Exception::Out | Exception::NoPast) => false,
            None => !rules.is_closed,
        }
    }

    fn name(&self, person: usize) -> String {
        self.people[person].user.username.clone()
    }

    async fn say(&mut self) {
        let (author, room) = (self.dice.roll(3), self.dice.roll(self.rooms.len()));
        let mut text: Vec<&str> =
            (0..=self.dice.roll(3)).map(|_| WORDS[self.dice.roll(WORDS.len())]).collect();
        text.extend((self.dice.roll(4) == 0).then_some("@ana"));
        let (channel, text) = (self.rooms[room].0, text.join(" "));
        if let Ok(message) = self.people[author].try_say(channel, &text).await {
            self.said.push(Said { id: message.id, channel, author, text });
        }
    }

    async fn change(&mut self) {
        let (room, person) = (self.dice.roll(self.rooms.len()), 1 + self.dice.roll(2));
        let (app, channel) = (self.app, self.rooms[room].0);
        let (none, view, past) = (Permissions::NONE, Permissions::VIEW_CHANNEL, Permissions::READ_HISTORY);
        match self.dice.roll(8) {
            0 | 1 => {
                let everyone = Subject::Role(self.scene.guild.id.cast());
                let rules = &mut self.rooms[room].1;
                rules.is_closed = !rules.is_closed;
                except(app, channel, everyone, none, if rules.is_closed { view } else { none }).await;
            }
            2..=4 => {
                let choices = [None, Some(Exception::In), Some(Exception::Out), Some(Exception::NoPast)];
                let chosen = choices[self.dice.roll(4)];
                let (allow, deny) = match chosen {
                    None => (none, none),
                    Some(Exception::In) => (view, none),
                    Some(Exception::Out) => (none, view),
                    Some(Exception::NoPast) => (view, past),
                };
                except(app, channel, Subject::Member(self.people[person].id()), allow, deny).await;
                self.rooms[room].1.exceptions[person] = chosen;
            }
            5 => {
                if self.is_member[person] {
                    let id = self.people[person].id();
                    members::kick(&app.state, &self.people[0].actor, self.scene.guild.id, id).await.unwrap();
                } else {
                    self.people[0].bring(self.scene.guild.id, &self.people[person]).await;
                }
                self.is_member[person] = !self.is_member[person];
            }
            6 if !self.said.is_empty() => {
                let said = self.said.swap_remove(self.dice.roll(self.said.len()));
                messages::delete(&app.state, &self.people[0].actor, said.channel, said.id).await.unwrap();
            }
            7 if self.rooms.len() > 4 && self.dice.roll(8) == 0 => {
                let (channel, _) = self.rooms.swap_remove(room);
                channels::delete(&app.state, &self.people[0].actor, channel).await.unwrap();
                self.said.retain(|said| said.channel != channel);
            }
            _ => self.say().await,
        }
    }

    /// A search, and what of it the model finds. Returns how many.
    async fn compare(&mut self) -> usize {
        let who = self.dice.roll(3);
        let (term, shown) = TERMS[self.dice.roll(TERMS.len())];
        let from = (self.dice.roll(3) == 0).then(|| self.dice.roll(3));
        let has_link = self.dice.roll(5) == 0;
        let mentions = self.dice.roll(6) == 0;
        let one_room = (self.dice.roll(3) == 0).then(|| self.rooms[self.dice.roll(self.rooms.len())]);
        let mut query = term.to_owned();
        query.extend(from.map(|person| format!(" from:{}", self.name(person))));
        query.extend(has_link.then_some(" has:link"));
        query.extend(mentions.then_some(" mentions:ana"));
        let scope = one_room.map_or(SearchScope::Guild { guild: self.scene.guild.id }, |(channel, _)| {
            SearchScope::Channel { channel }
        });
        let is_wanted = |said: &&Said| {
            let text = said.text.to_lowercase().replace('é', "e");
            let rules =
                self.rooms.iter().find(|(channel, _)| *channel == said.channel).map(|(_, rules)| rules);
            rules.is_some_and(|rules| self.may_read(who, rules))
                && one_room.is_none_or(|(channel, _)| channel == said.channel)
                && text.contains(shown)
                && from.is_none_or(|person| person == said.author)
                && (!has_link || text.contains("https://"))
                && (!mentions || text.contains("@ana"))
        };
        let expected: BTreeSet<MessageId> = self.said.iter().filter(is_wanted).map(|said| said.id).collect();
        let mut found = BTreeSet::new();
        let mut search = asked(scope, &query);
        loop {
            match page(self.app, &self.people[who], &search).await {
                Ok(page) => {
                    found.extend(page.found.iter().map(|found| found.message.id));
                    search.after = page.next;
                }
                Err(Error::NotFound | Error::Forbidden) => {}
                Err(other) => panic!("{query}: {other:?}"),
            }
            if search.after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "{query} by {} in {scope:?}", self.name(who));
        found.len()
    }
}

#[tokio::test]
async fn in_a_thousand_random_cases_is_found_what_may_be_read_and_nothing_else() {
    on_both(async |app| {
        let scene = Scene::new(app).await;
        let mut rooms = vec![(scene.general, Rules::default())];
        for n in 0..6 {
            rooms.push((
                scene.ana.create_channel(scene.guild.id, &format!("room-{n}")).await.id,
                Rules::default(),
            ));
        }
        let people = vec![scene.ana.clone(), scene.bo.clone(), scene.cy.clone()];
        let is_member = [true, true, false];
        let mut world = World { app, scene, people, is_member, rooms, said: Vec::new(), dice: Dice(7) };
        let mut successes = 0;
        for case in 0..CASES {
            // Much is said at first, so that there is something to find.
            for _ in 0..if case < 50 { 4 } else { 1 } {
                world.say().await;
            }
            world.change().await;
            indexing::catch_up(&app.state).await.unwrap();
            successes += usize::from(world.compare().await > 0);
        }
        // Both must come often, or nothing would be compared.
        assert!(successes > CASES / 5 && successes < CASES * 4 / 5, "{successes}");
    })
    .await;
}
