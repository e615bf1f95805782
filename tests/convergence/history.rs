//! A random history: people who do everything that can be done, allowed or not.

use backend::actions::{
    accounts, attachments, channels, dms, guilds, invites, members, messages, pins, reactions, threads,
};
use protocol::entity::Message;
use protocol::event::Event;
use protocol::permissions::{Overwrite, Permissions, Subject};
use protocol::snapshot::{Anchor, Place};
use protocol::{AttachmentId, ChannelId, Error, GuildId, MessageId, Result, RoleId, Stream};
use rig::{Person, TestApp};

use crate::links;
use crate::rights::{give, set_exception, set_role};

/// Names of a history's people; the number of the history makes them unique.
const PEOPLE: usize = 4;

/// A history and what there is in it, whether it still is or not.
pub(crate) struct History<'a> {
    pub(crate) app: &'a TestApp,
    seed: u64,
    dice: Dice,
    pub(crate) people: Vec<Person>,
    pub(crate) guilds: Vec<GuildId>,
    channels: Vec<(GuildId, ChannelId)>,
    dms: Vec<ChannelId>,
    messages: Vec<(ChannelId, MessageId)>,
    files: Vec<AttachmentId>,
    threads: Vec<ChannelId>,
    roles: Vec<(GuildId, RoleId)>,
    count: usize,
    /// What was done, for whoever has to find out why it went wrong.
    pub(crate) told: Vec<String>,
}

/// Numbers that are the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let at = self.below(from.len());
        from.get(at).cloned()
    }

    /// The newer, the likelier: what is long gone is rarely tried.
    fn pick_new<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let back = self.below(8).min(self.below(24)).min(from.len().saturating_sub(1));
        from.get(from.len().checked_sub(1 + back)?).cloned()
    }
}

impl<'a> History<'a> {
    /// Four people, a guild of three of them, a conversation.
    pub(crate) async fn begin(app: &'a TestApp, seed: u64) -> Self {
        let mut people = Vec::new();
        for n in 0..PEOPLE {
            people.push(app.newcomer(&format!("h{seed}p{n}")).await);
        }
        let mut history = Self {
            app,
            seed,
            dice: Dice(seed),
            people,
            guilds: Vec::new(),
            channels: Vec::new(),
            dms: Vec::new(),
            messages: Vec::new(),
            files: Vec::new(),
            threads: Vec::new(),
            roles: Vec::new(),
            count: 0,
            told: Vec::new(),
        };
        let owner = history.people[0].clone();
        history.new_guild(&owner).await.unwrap();
        for n in [1, 2] {
            owner.bring(history.guilds[0], &history.people[n]).await;
        }
        let dm = owner.open_dm(&history.people[1]).await.id;
        history.dms.push(dm);
        history
    }

    /// The first guild's first channel.
    pub(crate) fn general(&self) -> ChannelId {
        self.channels[1].1
    }

    /// The first guild, whichever of its channels can be seen.
    pub(crate) fn home(&self) -> Place {
        Place::Guild { guild: self.guilds[0], channel: None, message: None }
    }

    pub(crate) fn home_channel(&self) -> Place {
        Place::Guild { guild: self.guilds[0], channel: Some(self.general()), message: None }
    }

    /// Somewhere a person can be at the moment.
    pub(crate) async fn some_place(&mut self, person: &Person) -> Place {
        for _ in 0..10 {
            let place = match self.dice.below(10) {
                0 => Place::Home,
                1 | 2 => match self.dice.pick(&self.dms) {
                    Some(channel) => Place::Dm { channel, message: None },
                    None => Place::Home,
                },
                _ => match self.dice.pick(&self.channels) {
                    Some((guild, channel)) => Place::Guild { guild, channel: Some(channel), message: None },
                    None => Place::Home,
                },
            };
            if backend::actions::pages::load(&self.app.state, &person.actor, place).await.is_ok() {
                return place;
            }
        }
        Place::Home
    }

    /// Somebody does something. What they may not do is refused, and that is all right.
    pub(crate) async fn step(&mut self) {
        self.count += 1;
        let Some(who) = self.dice.pick(&self.people) else { return };
        let kind = self.dice.below(100);
        let result = self.act(&who, kind).await;
        let step = format!("{}: {} does {kind}: {:?}", self.count, who.user.username, result.as_ref().err());
        self.told.push(step);
        if let Err(Error::Internal | Error::Busy | Error::Unauthorized | Error::Malformed) = result {
            panic!("seed {}: {:#?}", self.seed, self.told);
        }
    }

    async fn act(&mut self, who: &Person, kind: usize) -> Result<()> {
        match kind {
            0..14 => self.say(who).await,
            14..17 => self.start_thread(who).await,
            17..22 => self.change_thread(who).await,
            22..25 => self.pin(who).await,
            25..30 => self.react(who).await,
            30..36 => self.reply(who).await,
            36..40 => self.edit(who).await,
            40..41 => self.take_back(who).await,
            41..43 => self.say_link(who).await,
            43..47 => self.delete_message(who).await,
            47..54 => self.read(who).await,
            54..60 => self.new_channel(who).await,
            60..62 => self.rename_channel(who).await,
            62..66 => self.move_channel(who).await,
            66..68 => self.delete_channel(who).await,
            68..74 => self.join().await,
            74..76 => self.leave(who).await,
            76..78 => self.kick(who).await,
            78..80 => self.new_guild(who).await,
            80..82 => self.change_guild(who).await,
            82..85 => self.open_dm(who).await,
            85..88 => self.rename(who).await,
            88..90 => self.settle(who).await,
            90..91 => self.use_another_device(who).await,
            91..94 => self.except().await,
            94..97 => self.change_role().await,
            _ => self.give_role().await,
        }
    }

    fn text(&mut self) -> String {
        let other = self.dice.below(PEOPLE);
        let role = self.dice.pick(&self.roles).map_or(RoleId::from_trusted(1), |(_, role)| role);
        let call = match self.dice.below(9) {
            0 | 1 => format!(" @{}", self.people[other].user.username),
            2 => " see #general".to_owned(),
            3 => " @everyone".to_owned(),
            4 => format!(" @here @{}", self.people[other].user.username),
            5 => format!(" <@&{role}>"),
            6 => format!(" https://example.org/{}", self.count),
            _ => String::new(),
        };
        format!("words {}{call}", self.count)
    }

    fn some_channel(&mut self) -> Option<ChannelId> {
        if self.dice.below(4) == 0 {
            self.dice.pick(&self.dms)
        } else {
            self.dice.pick_new(&self.channels).map(|c| c.1)
        }
    }

    async fn say(&mut self, who: &Person) -> Result<()> {
        let (Some(channel), text) = (self.some_channel(), self.text()) else { return Ok(()) };
        let said = match self.dice.below(5) {
            0 => self.show(who, channel).await?,
            _ => who.try_say(channel, &text).await?,
        };
        self.messages.push((channel, said.id));
        Ok(())
    }

    /// One or two files, with words or without.
    async fn show(&mut self, who: &Person, channel: ChannelId) -> Result<Message> {
        let mut files = Vec::new();
        for n in 0..=self.dice.below(2) {
            files.push(who.try_upload(channel, &format!("file {n}.txt"), self.text()).await?);
        }
        let words = if self.dice.below(2) == 0 { String::new() } else { self.text() };
        let said = who.try_show(channel, &words, &files.iter().collect::<Vec<_>>()).await?;
        self.files.extend(said.attachments.iter().map(|file| file.id));
        Ok(said)
    }

    async fn take_back(&mut self, who: &Person) -> Result<()> {
        let Some(file) = self.dice.pick_new(&self.files) else { return Ok(()) };
        attachments::remove(&self.app.state, &who.actor, file).await
    }

    async fn reply(&mut self, who: &Person) -> Result<()> {
        let Some((channel, to)) = self.dice.pick_new(&self.messages) else { return Ok(()) };
        let text = self.text();
        let draft = messages::Draft {
            content: &text,
            reply_to: Some(to),
            nonce: &format!("n{}", self.count),
            attachments: &[],
        };
        let said = messages::send(&self.app.state, &who.actor, channel, draft).await?;
        self.messages.push((channel, said.id));
        Ok(())
    }

    async fn edit(&mut self, who: &Person) -> Result<()> {
        let Some((channel, message)) = self.dice.pick_new(&self.messages) else { return Ok(()) };
        let text = self.text();
        messages::edit(&self.app.state, &who.actor, channel, message, &text).await.map(|_| ())
    }

    async fn react(&mut self, who: &Person) -> Result<()> {
        let Some((channel, message)) = self.dice.pick_new(&self.messages) else { return Ok(()) };
        let emoji = ["👍", "🎉", "🍰"][self.dice.below(3)];
        if self.dice.below(3) == 0 {
            reactions::remove(&self.app.state, &who.actor, channel, message, emoji).await
        } else {
            reactions::add(&self.app.state, &who.actor, channel, message, emoji).await
        }
    }

    async fn pin(&mut self, who: &Person) -> Result<()> {
        let Some((channel, message)) = self.dice.pick_new(&self.messages) else { return Ok(()) };
        match self.dice.below(3) {
            0 => pins::unpin(&self.app.state, &who.actor, channel, message).await,
            _ => pins::pin(&self.app.state, &who.actor, channel, message).await,
        }
    }

    async fn say_link(&mut self, who: &Person) -> Result<()> {
        let Some(channel) = self.some_channel() else { return Ok(()) };
        let said = who.try_say(channel, &format!("see https://example.org/{}", self.count)).await?;
        self.messages.push((channel, said.id));
        links::find(self.app, channel, said.id, self.count).await
    }

    async fn start_thread(&mut self, who: &Person) -> Result<()> {
        let (channel, message) = match self.dice.below(3) {
            0 => (self.some_channel(), None),
            _ => self.dice.pick_new(&self.messages).unzip(),
        };
        let Some(channel) = channel else { return Ok(()) };
        let name = format!("thread {}", self.count);
        let new = threads::NewThread { name: &name, message, auto_archive_minutes: None, nonce: "" };
        let made = threads::create(&self.app.state, &who.actor, channel, new).await?;
        self.threads.push(made.id);
        // From now on it is a channel like any other.
        self.channels.push((made.guild_id, made.id));
        Ok(())
    }

    async fn change_thread(&mut self, who: &Person) -> Result<()> {
        let Some(thread) = self.dice.pick_new(&self.threads) else { return Ok(()) };
        let (state, actor) = (&self.app.state, &who.actor);
        let name = format!("other thread {}", self.count);
        let archived = self.dice.below(2) == 0;
        match self.dice.below(8) {
            0 => {
                // Whoever may: otherwise it happens too seldom.
                for person in &self.people {
                    _ = threads::remove(state, &person.actor, thread).await;
                }
                Ok(())
            }
            1 => threads::remove(state, actor, thread).await,
            2 => threads::unfollow(state, actor, thread).await,
            3 => threads::set_following(state, actor, thread, archived).await,
            4 => {
                let change = threads::ThreadChange { name: Some(&name), ..threads::ThreadChange::default() };
                threads::update(state, actor, thread, change).await.map(|_| ())
            }
            _ => {
                for person in &self.people {
                    let archived = Some(archived);
                    let change = threads::ThreadChange { archived, ..threads::ThreadChange::default() };
                    _ = threads::update(state, &person.actor, thread, change).await;
                }
                Ok(())
            }
        }
    }

    async fn delete_message(&mut self, who: &Person) -> Result<()> {
        let Some((channel, message)) = self.dice.pick_new(&self.messages) else { return Ok(()) };
        messages::delete(&self.app.state, &who.actor, channel, message).await
    }

    async fn read(&mut self, who: &Person) -> Result<()> {
        let Some(channel) = self.some_channel() else { return Ok(()) };
        let page = messages::history(&self.app.state, &who.actor, channel, Anchor::Latest).await?;
        let Some(message) = self.dice.pick_new(&page.messages) else { return Ok(()) };
        if self.dice.below(4) == 0 {
            return messages::mark_unread(&self.app.state, &who.actor, channel, message.id).await;
        }
        messages::mark_read(&self.app.state, &who.actor, channel, message.id).await
    }

    async fn new_channel(&mut self, who: &Person) -> Result<()> {
        let Some(guild) = self.dice.pick_new(&self.guilds) else { return Ok(()) };
        let kind = if self.dice.below(4) == 0 { "category" } else { "" };
        let new =
            channels::NewChannel { name: &format!("channel {}", self.count), kind, parent_id: "", nonce: "" };
        let made = channels::create(&self.app.state, &who.actor, guild, new).await?;
        self.channels.push((guild, made.id));
        Ok(())
    }

    async fn rename_channel(&mut self, who: &Person) -> Result<()> {
        let Some((_, channel)) = self.dice.pick(&self.channels) else { return Ok(()) };
        let name = format!("renamed {}", self.count);
        channels::update(&self.app.state, &who.actor, channel, &name, "about something").await
    }

    async fn move_channel(&mut self, who: &Person) -> Result<()> {
        let Some((guild, channel)) = self.dice.pick(&self.channels) else { return Ok(()) };
        let here: Vec<_> = self.channels.iter().filter(|(place, _)| *place == guild).copied().collect();
        let parent = match self.dice.below(2) {
            0 => self.dice.pick(&here).map(|(_, parent)| parent.to_string()).unwrap_or_default(),
            _ => String::new(),
        };
        let position = u32::try_from(self.dice.below(5)).unwrap();
        channels::move_to(&self.app.state, &who.actor, channel, &parent, position).await
    }

    async fn delete_channel(&mut self, who: &Person) -> Result<()> {
        let Some((_, channel)) = self.dice.pick(&self.channels) else { return Ok(()) };
        channels::delete(&self.app.state, &who.actor, channel).await
    }

    /// Whoever is invited comes.
    async fn join(&mut self) -> Result<()> {
        let (Some(host), Some(guest), Some(guild)) =
            (self.dice.pick(&self.people), self.dice.pick(&self.people), self.dice.pick_new(&self.guilds))
        else {
            return Ok(());
        };
        let invite = invites::standing(&self.app.state, &host.actor, guild).await?;
        invites::join(&self.app.state, &guest.actor, &invite.code).await.map(|_| ())
    }

    async fn leave(&mut self, who: &Person) -> Result<()> {
        let Some(guild) = self.dice.pick(&self.guilds) else { return Ok(()) };
        members::leave(&self.app.state, &who.actor, guild).await
    }

    async fn kick(&mut self, who: &Person) -> Result<()> {
        let (Some(guild), Some(target)) = (self.dice.pick(&self.guilds), self.dice.pick(&self.people)) else {
            return Ok(());
        };
        members::kick(&self.app.state, &who.actor, guild, target.id()).await
    }

    async fn new_guild(&mut self, who: &Person) -> Result<()> {
        let made = guilds::create(&self.app.state, &who.actor, &format!("guild {}", self.count), "").await?;
        self.guilds.push(made.id);
        let snapshot = guilds::snapshot(&self.app.state, &who.actor, made.id).await?;
        self.channels.extend(snapshot.channels.iter().map(|channel| (made.id, channel.id)));
        Ok(())
    }

    async fn change_guild(&mut self, who: &Person) -> Result<()> {
        let (Some(guild), Some(heir)) = (self.dice.pick_new(&self.guilds), self.dice.pick(&self.people))
        else {
            return Ok(());
        };
        match self.dice.below(6) {
            0 => guilds::transfer(&self.app.state, &who.actor, guild, &heir.user.username).await,
            1 => {
                let name = guilds::snapshot(&self.app.state, &who.actor, guild).await?.guild.name;
                // Whoever may: otherwise it happens too seldom.
                for person in &self.people {
                    _ = guilds::delete(&self.app.state, &person.actor, guild, &name).await;
                }
                Ok(())
            }
            _ => guilds::rename(&self.app.state, &who.actor, guild, &format!("renamed {}", self.count)).await,
        }
    }

    async fn open_dm(&mut self, who: &Person) -> Result<()> {
        let Some(other) = self.dice.pick(&self.people) else { return Ok(()) };
        let dm = dms::open(&self.app.state, &who.actor, other.id()).await?;
        if !self.dms.contains(&dm.id) {
            self.dms.push(dm.id);
        }
        Ok(())
    }

    async fn rename(&mut self, who: &Person) -> Result<()> {
        accounts::update_profile(&self.app.state, &who.actor, &format!("Name {}", self.count), "").await
    }

    async fn settle(&mut self, who: &Person) -> Result<()> {
        let theme = ["dark", "light", "system"][self.dice.below(3)];
        accounts::update_settings(&self.app.state, &who.actor, theme, "compact", "").await
    }

    async fn use_another_device(&mut self, who: &Person) -> Result<()> {
        let (config, user) = (self.app.state.config.clone(), who.id());
        let sign_in = self.app.state.store.write(move |tx| {
            Box::pin(async move {
                let signed_in =
                    backend::auth::session::start(tx, &config, user, "Another device", true).await?;
                tx.emit(Stream::User(user), Event::DevicesChanged).await?;
                Ok(signed_in.actor)
            })
        });
        let other = sign_in.await?;
        accounts::logout(&self.app.state, &other).await.map(|_| ())
    }

    /// Opens or closes a channel for everybody, a role or a person, as the action that does not exist yet will.
    async fn except(&mut self) -> Result<()> {
        let Some((guild, channel)) = self.dice.pick(&self.channels) else { return Ok(()) };
        let here: Vec<RoleId> =
            self.roles.iter().filter(|(place, _)| *place == guild).map(|(_, role)| *role).collect();
        let subject = match self.dice.below(3) {
            0 => Subject::Role(guild.cast()),
            1 => Subject::Role(self.dice.pick(&here).unwrap_or(guild.cast())),
            _ => {
                let at = self.dice.below(PEOPLE);
                Subject::Member(self.people[at].id())
            }
        };
        let bits = [Permissions::VIEW_CHANNEL, Permissions::SEND_MESSAGES, Permissions::MANAGE_CHANNELS];
        let bit = bits[self.dice.below(3)];
        // One that allows and denies nothing is none: it is taken back.
        let (allow, deny) =
            [(bit, Permissions::NONE), (Permissions::NONE, bit), Default::default()][self.dice.below(3)];
        set_exception(self.app, guild, channel, Overwrite { subject, allow, deny }).await
    }

    /// Changes what @everyone or a role may do; now and then there is a new role.
    async fn change_role(&mut self) -> Result<()> {
        let Some(guild) = self.dice.pick(&self.guilds) else { return Ok(()) };
        let here: Vec<RoleId> =
            self.roles.iter().filter(|(place, _)| *place == guild).map(|(_, role)| *role).collect();
        let known = if self.dice.below(3) == 0 { None } else { self.dice.pick(&here) };
        let everyone = self.dice.below(3) == 0;
        let choices = [
            Permissions::EVERYONE_DEFAULT,
            Permissions::EVERYONE_DEFAULT | Permissions::MANAGE_CHANNELS | Permissions::MENTION_EVERYONE,
            Permissions::EVERYONE_DEFAULT | Permissions::KICK_MEMBERS | Permissions::MANAGE_MESSAGES,
            Permissions::CREATE_INVITE | Permissions::READ_HISTORY,
        ];
        let permissions = choices[self.dice.below(4)];
        let role = match known {
            _ if everyone => Some(guild.cast()),
            known => known,
        };
        let role = set_role(self.app, guild, role, permissions).await?;
        if role != guild.cast() && !self.roles.contains(&(guild, role)) {
            self.roles.push((guild, role));
        }
        Ok(())
    }

    async fn give_role(&mut self) -> Result<()> {
        let (Some((guild, role)), Some(person)) = (self.dice.pick(&self.roles), self.dice.pick(&self.people))
        else {
            return Ok(());
        };
        give(self.app, guild, role, person.id()).await
    }
}
