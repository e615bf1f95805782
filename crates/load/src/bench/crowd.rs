//! People in one guild, made through the front door.

use std::net::SocketAddr;

use protocol::entity::ChannelKind;
use protocol::{ChannelId, GuildId};

use crate::Outcome;
use crate::client::http::Http;
use crate::client::person::Person;

/// A guild with members and channels.
#[derive(Debug)]
pub(crate) struct Crowd {
    /// Everybody, the owner first.
    pub(crate) people: Vec<Person>,
    pub(crate) guild: GuildId,
    /// The channel a new guild comes with, then those asked for.
    pub(crate) channels: Vec<ChannelId>,
}

impl Crowd {
    /// Makes so many people, and so many channels besides the first.
    pub(crate) async fn gather(addr: SocketAddr, people: usize, channels: usize) -> Outcome<Self> {
        let mut http = Http::connect(addr).await?;
        let owner = Person::register(&mut http, addr, "owner").await?;
        let guild = owner.create_guild(&mut http, "Crowd").await?;
        let snapshot = owner.guild(&mut http, guild).await?;
        let first = snapshot.channels.iter().find(|channel| channel.kind == ChannelKind::Text);
        let mut places = vec![first.ok_or("a new guild has no channel")?.id];
        for number in 1..=channels {
            places.push(owner.create_channel(&mut http, guild, &format!("channel-{number}")).await?);
        }
        let code = owner.invite(&mut http, guild).await?;
        let mut crowd = Self { people: vec![owner], guild, channels: places };
        for number in 1..people {
            let person = Person::register(&mut http, addr, &format!("person{number}")).await?;
            person.join(&mut http, &code).await?;
            crowd.people.push(person);
        }
        Ok(crowd)
    }

    /// The channel a new guild comes with.
    pub(crate) fn general(&self) -> Outcome<ChannelId> {
        self.channels.first().copied().ok_or_else(|| "a crowd without channels".into())
    }

    /// Somebody, the same for the same number, everybody in turn.
    pub(crate) fn person(&self, number: usize) -> Outcome<&Person> {
        self.people.get(number % self.people.len().max(1)).ok_or_else(|| "a crowd without people".into())
    }
}
