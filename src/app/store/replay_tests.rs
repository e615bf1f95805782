//! A snapshot with the events after it is the same as a fresh snapshot, however the streams interleave.

use proptest::prelude::*;
use protocol::entity::{ChannelKind, Embed, EmbedKind, Member};
use protocol::event::Event;
use protocol::frame::ServerFrame;
use protocol::permissions::{Overwrite, Permissions, Subject};
use protocol::{ChannelId, Rev, Stream, Timestamp, UserId};

use super::samples::World;
use super::{Store, Want, apply};

/// Something that happens in the world.
#[derive(Debug, Clone)]
enum Step {
    Post { place: u8, author: u8, text: u8, reply: bool },
    Edit(u8, u8),
    Delete(u8),
    React(u8, u8),
    Pin(u8, bool),
    Embed(u8, bool),
    Read(u8),
    Unread(u8),
    Rename(u8),
    Join,
    Leave,
    NewChannel(bool),
    MoveChannel(u8, u8),
    DropChannel(u8),
    Silence(u8, bool),
    Thread { place: u8, starter: bool, owner: u8 },
    Archive(u8, bool),
    DropThread(u8),
    Follow(u8, u8),
    GuildName,
}

/// What is said: for nobody, for the person in each way and in several, for others.
const TEXTS: [&str; 8] =
    ["hello", "@me", "@everyone", "@here", "@crew", "@others", "@me @here @crew", "@everyone @crew"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<u8>(), any::<u8>(), any::<u8>(), any::<bool>())
            .prop_map(|(place, author, text, reply)| Step::Post { place, author, text, reply }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(which, text)| Step::Edit(which, text)),
        2 => any::<u8>().prop_map(Step::Delete),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(which, who)| Step::React(which, who)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(which, pinned)| Step::Pin(which, pinned)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(which, found)| Step::Embed(which, found)),
        3 => any::<u8>().prop_map(Step::Read),
        2 => any::<u8>().prop_map(Step::Unread),
        1 => any::<u8>().prop_map(Step::Rename),
        1 => Just(Step::Join),
        1 => Just(Step::Leave),
        1 => any::<bool>().prop_map(Step::NewChannel),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(channel, parent)| Step::MoveChannel(channel, parent)),
        1 => any::<u8>().prop_map(Step::DropChannel),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(channel, silent)| Step::Silence(channel, silent)),
        3 => (any::<u8>(), any::<bool>(), any::<u8>())
            .prop_map(|(place, starter, owner)| Step::Thread { place, starter, owner }),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(which, archived)| Step::Archive(which, archived)),
        1 => any::<u8>().prop_map(Step::DropThread),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(which, how)| Step::Follow(which, how)),
        1 => Just(Step::GuildName),
    ]
}

fn pick<T: Copy>(from: &[T], number: u8) -> Option<T> {
    from.get(usize::from(number) % from.len().max(1)).copied()
}

fn play(world: &mut World, step: &Step) {
    let channels: Vec<ChannelId> = world.channels.iter().map(|channel| channel.id).collect();
    let texts = of_kind(world, ChannelKind::Text);
    let mut places = texts.clone();
    places.extend([world.dm, world.far_channel()]);
    places.extend(world.thread_ids());
    match *step {
        Step::Post { place, author, text, reply } => {
            if let (Some(place), Some(text)) = (pick(&places, place), pick(&TEXTS, text)) {
                post(world, place, author, text, reply);
            }
        }
        Step::Edit(which, text) => {
            if let (Some(id), Some(text)) = (pick(&world.message_ids(), which), pick(&TEXTS, text)) {
                world.edit(id, text);
            }
        }
        Step::Delete(which) => {
            if let Some(id) = pick(&world.message_ids(), which) {
                world.delete(id);
            }
        }
        Step::React(which, who) => {
            let people = [world.me(), UserId::from_trusted(102), UserId::from_trusted(103)];
            if let (Some(id), Some(person)) = (pick(&world.message_ids(), which), pick(&people, who)) {
                world.react(id, person, if who % 2 == 0 { "👍" } else { "🎉" });
            }
        }
        Step::Pin(which, pinned) => {
            pick(&world.message_ids(), which).into_iter().for_each(|id| world.pin(id, pinned));
        }
        Step::Embed(which, found) => find_out(world, which, found),
        Step::Read(which) => {
            if let Some(place) = pick(&places, which) {
                world.mark_read(place);
            }
        }
        Step::Unread(which) => {
            pick(&world.message_ids(), which).into_iter().for_each(|id| world.mark_unread(id));
        }
        Step::Rename(who) => {
            if let Some(id) = pick(&world.members.clone(), who) {
                world.rename(id, "Another name");
            }
        }
        Step::Join => world.join(UserId::from_trusted(104)),
        Step::Leave => world.leave_if_there(UserId::from_trusted(104)),
        Step::NewChannel(category) => {
            let id = world.fresh_id();
            let kind = if category { ChannelKind::Category } else { ChannelKind::Text };
            world.put_channel(world.channel(id, "new", kind));
        }
        Step::MoveChannel(which, parent) => {
            let under = pick(&of_kind(world, ChannelKind::Category), parent).filter(|_| parent % 3 != 0);
            if let Some(id) = pick(&texts, which) {
                world.move_channel(id, under, i32::from(which));
            }
        }
        // The channel on screen stays, or there would be nothing to compare.
        Step::DropChannel(which) => {
            if let Some(id) = pick(&channels, which).filter(|id| *id != shown()) {
                world.delete_channel(id);
            }
        }
        Step::Silence(which, silent) => silence(world, which, silent),
        Step::Thread { .. } | Step::Archive(..) | Step::DropThread(_) | Step::Follow(..) => {
            play_thread(world, step, &texts);
        }
        Step::GuildName => rename_guild(world),
    }
}

/// What is behind a message's links is found, or taken away.
fn find_out(world: &mut World, which: u8, found: bool) {
    let embeds = if found { vec![embed()] } else { Vec::new() };
    pick(&world.message_ids(), which).into_iter().for_each(|id| world.embed(id, embeds.clone()));
}

pub(super) fn embed() -> Embed {
    Embed {
        kind: EmbedKind::Link,
        url: "https://a.example/".to_owned(),
        site_name: "a.example".to_owned(),
        title: "A page".to_owned(),
        description: String::new(),
        picture: None,
    }
}

fn of_kind(world: &World, kind: ChannelKind) -> Vec<ChannelId> {
    world.channels.iter().filter(|channel| channel.kind == kind).map(|channel| channel.id).collect()
}

fn post(world: &mut World, place: ChannelId, author: u8, text: &str, reply: bool) {
    let authors =
        if place == world.dm { vec![world.me(), UserId::from_trusted(102)] } else { world.members.clone() };
    let Some(author) = pick(&authors, author) else { return };
    let reply_to = world
        .message_ids()
        .last()
        .copied()
        .filter(|id| reply && world.told(*id).is_some_and(|message| message.channel_id == place));
    world.post(place, author, text, None, reply_to);
}

fn rename_guild(world: &mut World) {
    world.guild.name.push('!');
    let guild = world.guild.clone();
    world.emit_guild(Event::GuildUpdated { guild });
}

fn play_thread(world: &mut World, step: &Step, texts: &[ChannelId]) {
    let threads = world.thread_ids();
    match *step {
        Step::Thread { place, starter, owner } => start_thread(world, texts, place, starter, owner),
        Step::Archive(which, archived) => {
            pick(&threads, which).into_iter().for_each(|id| world.archive(id, archived));
        }
        Step::DropThread(which) => pick(&threads, which).into_iter().for_each(|id| world.delete_thread(id)),
        Step::Follow(which, how) => {
            if let Some(id) = pick(&threads, which) {
                match how % 4 {
                    0 => world.unfollow(id),
                    1 => world.mute(id, true),
                    2 => world.mute(id, false),
                    _ => world.follow_by_hand(id),
                }
            }
        }
        _ => {}
    }
}

/// Starts a thread in a channel, or from one of its messages.
fn start_thread(world: &mut World, texts: &[ChannelId], place: u8, starter: bool, owner: u8) {
    let (Some(place), Some(owner)) = (pick(texts, place), pick(&world.members.clone(), owner)) else {
        return;
    };
    let starter = world
        .message_ids()
        .into_iter()
        .filter(|_| starter)
        .rfind(|id| world.told(*id).is_some_and(|message| message.channel_id == place));
    world.start_thread(place, starter, owner);
}

/// Takes the right to write in a channel from everybody, or gives it back.
fn silence(world: &mut World, which: u8, silent: bool) {
    let Some(mut channel) = world.channels.get(usize::from(which) % world.channels.len()).cloned() else {
        return;
    };
    if channel.id == shown() || channel.kind == ChannelKind::Category {
        return;
    }
    let deny = if silent { Permissions::SEND_MESSAGES } else { Permissions::NONE };
    let subject = Subject::Role(world.guild.id.cast());
    channel.overwrites = vec![Overwrite { subject, allow: Permissions::NONE, deny }];
    world.put_channel(channel);
}

/// Deals the log out again: each stream in its order, the streams as the numbers say.
fn interleave(log: &[(Stream, Rev, Event)], order: &[u8]) -> Vec<(Stream, Rev, Event)> {
    let mut streams: Vec<Vec<(Stream, Rev, Event)>> = Vec::new();
    for entry in log {
        match streams.iter_mut().find(|stream| stream[0].0 == entry.0) {
            Some(stream) => stream.push(entry.clone()),
            None => streams.push(vec![entry.clone()]),
        }
    }
    let mut dealt = Vec::new();
    let mut at = 0;
    while !streams.is_empty() {
        let number = order.get(at % order.len().max(1)).copied().unwrap_or_default();
        at += 1;
        let which = usize::from(number) % streams.len();
        dealt.push(streams[which].remove(0));
        streams.retain(|stream| !stream.is_empty());
    }
    dealt
}

fn shown() -> ChannelId {
    ChannelId::from_trusted(11)
}

#[test]
fn a_new_name_is_known_wherever_it_is_told() {
    let mut world = World::new();
    let cleo = UserId::from_trusted(104);
    world.join(cleo);
    world.post(shown(), cleo, "hello", None, None);
    let store = Store::new(world.page(shown()));
    world.log.clear();
    world.post(world.far_channel(), cleo, "hello", None, None);
    world.rename(cleo, "Another name");
    world.leave_if_there(cleo);
    // Their leaving is heard before the older message from the server that is only listed.
    let far = Stream::Guild(world.other.id);
    let (late, early): (Vec<_>, Vec<_>) = world.log.iter().cloned().partition(|(stream, ..)| *stream == far);
    for (stream, rev, event) in early.into_iter().chain(late) {
        assert!(apply(&store, stream, rev, event));
    }
    assert_eq!(store.normal_form(), Store::new(world.page(shown())).normal_form());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_snapshot_and_the_events_after_it_are_a_fresh_snapshot(
        before in proptest::collection::vec(step(), 0..25),
        after in proptest::collection::vec(step(), 0..25),
        order in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let mut world = World::new();
        before.iter().for_each(|step| play(&mut world, step));
        let store = Store::new(world.page(shown()));
        world.log.clear();
        after.iter().for_each(|step| play(&mut world, step));
        for (stream, rev, event) in interleave(&world.log, &order) {
            prop_assert!(apply(&store, stream, rev, event.clone()));
            prop_assert!(!apply(&store, stream, rev, event), "an event counts once");
        }
        prop_assert_eq!(store.normal_form(), Store::new(world.page(shown())).normal_form());
    }

    #[test]
    fn a_reset_anywhere_ends_in_a_fresh_snapshot(
        before in proptest::collection::vec(step(), 0..15),
        lost in proptest::collection::vec(step(), 0..15),
        meanwhile in proptest::collection::vec(step(), 0..15),
        after in proptest::collection::vec(step(), 0..15),
    ) {
        let mut world = World::new();
        before.iter().for_each(|step| play(&mut world, step));
        let store = Store::new(world.page(shown()));
        // Nothing of this arrives: instead every stream is reset.
        lost.iter().for_each(|step| play(&mut world, step));
        world.log.clear();
        let streams = [Stream::User(world.me()), Stream::Guild(world.guild.id), Stream::Guild(world.other.id), Stream::Dm(world.dm)];
        for stream in streams {
            store.receive(ServerFrame::Reset { s: stream }, 0);
        }
        // While a snapshot that was read is still on its way, more happens, and is told.
        let mut told = 0;
        let mut meanwhile = meanwhile.iter();
        while let Some(want) = store.next_want() {
            let read = world.clone();
            meanwhile.by_ref().take(4).for_each(|step| play(&mut world, step));
            tell(&store, &world, &mut told);
            fetch(&store, &read, want);
        }
        meanwhile.chain(&after).for_each(|step| play(&mut world, step));
        tell(&store, &world, &mut told);
        let mut expected = Store::new(world.page(shown())).normal_form();
        let mut found = store.normal_form();
        // The conversation was not open before the reset.
        found.messages.remove(&world.dm);
        expected.messages.remove(&world.dm);
        prop_assert_eq!(found, expected);
    }
}

fn tell(store: &Store, world: &World, told: &mut usize) {
    for (s, rev, e) in world.log.iter().skip(*told).cloned() {
        store.receive(ServerFrame::Event { s, rev, e }, 0);
        *told += 1;
    }
}

fn fetch(store: &Store, world: &World, want: Want) {
    match want {
        Want::Home => store.install_home(world.home()),
        Want::Guild(_) => store.install_guild(world.guild_snapshot()),
        Want::History(channel) => store.install_latest(world.history(channel)),
    }
}

#[test]
fn leaving_a_guild_forgets_everything_of_it() {
    let mut world = World::new();
    let ana = UserId::from_trusted(102);
    world.post(shown(), ana, "hello @me", None, None);
    let store = Store::new(world.page(shown()));
    let me = Stream::User(world.me());
    assert!(apply(&store, me, 1, Event::GuildLeft { guild_id: world.guild.id }));
    assert!(store.guild(world.guild.id).is_none());
    assert!(store.timeline(shown()).is_none());
    assert_eq!(store.cursor(Stream::Guild(world.guild.id)), None);
    // A late event of the guild changes nothing.
    assert!(!apply(&store, Stream::Guild(world.guild.id), 99, Event::MemberLeft { user_id: ana }));
}

#[test]
fn joining_a_guild_lists_it_until_it_is_fetched() {
    let world = World::new();
    let mut page = world.page(shown());
    page.guild = None;
    page.history = None;
    page.home.guilds.remove(0);
    page.cursors.remove(&Stream::Guild(world.guild.id));
    let store = Store::new(page);
    apply(&store, Stream::User(world.me()), 1, Event::GuildJoined { guild: world.guild.clone() });
    let guild = store.guild(world.guild.id).expect("listed");
    assert!(!guild.is_loaded());
    assert_eq!(store.next_want(), Some(Want::Home), "it may have ended since, and nobody would say so");
    store.install_guild(world.guild_snapshot());
    assert!(guild.is_loaded());
    assert_eq!(store.cursor(Stream::Guild(world.guild.id)), Some(0));
}

#[test]
fn a_heartbeat_moves_the_cursor_over_what_was_not_for_this_person() {
    let world = World::new();
    let store = Store::new(world.page(shown()));
    let (guild, unknown) = (Stream::Guild(world.guild.id), Stream::Dm(ChannelId::from_trusted(99)));
    let pong = |rev| ServerFrame::Pong { n: 1, revs: [(guild, rev), (unknown, rev)].into_iter().collect() };
    store.receive(pong(5), 0);
    assert_eq!(store.cursor(guild), Some(5));
    store.receive(pong(3), 0);
    assert_eq!(store.cursor(guild), Some(5), "a cursor never goes back");
    assert_eq!(store.cursor(unknown), None, "a stream without a cursor is still to be reset");
}

#[test]
fn a_deleted_message_leaves_its_replies_without_a_preview() {
    let mut world = World::new();
    let ana = UserId::from_trusted(102);
    let first = world.post(shown(), ana, "question", None, None).id;
    let reply = world.post(shown(), ana, "answer", None, Some(first)).id;
    let store = Store::new(world.page(shown()));
    let preview = |store: &Store| {
        let row = store.timeline(shown()).and_then(|timeline| timeline.row(reply)).expect("shown");
        use leptos::prelude::GetUntracked;
        row.entry.get_untracked().message.reply_to.and_then(|quoted| quoted.preview)
    };
    assert_eq!(preview(&store).map(|preview| preview.content).as_deref(), Some("question"));
    world.log.clear();
    world.edit(first, "another question");
    world.delete(first);
    let mut log = world.log.clone().into_iter();
    let (stream, rev, event) = log.next().expect("edited");
    apply(&store, stream, rev, event);
    assert_eq!(preview(&store).map(|preview| preview.content).as_deref(), Some("another question"));
    let (stream, rev, event) = log.next().expect("deleted");
    apply(&store, stream, rev, event);
    assert_eq!(preview(&store), None);
}

#[test]
fn a_snapshot_from_before_a_conversation_was_listed_takes_no_message_back() {
    let mut world = World::new();
    let mut page = world.page(shown());
    let dms = std::mem::take(&mut page.home.dms);
    page.home.dm_marks.clear();
    let before = page.home.clone();
    let store = Store::new(page);
    store.want(Want::Home);
    assert_eq!(store.next_want(), Some(Want::Home));
    let user = Stream::User(world.me());
    store.receive(ServerFrame::Event { s: user, rev: 1, e: Event::DmOpened { dm: dms[0].clone() } }, 0);
    let said = world.post(world.dm, UserId::from_trusted(102), "hello", None, None).id;
    let (s, rev, e) = world.log[0].clone();
    store.receive(ServerFrame::Event { s, rev, e }, 0);
    store.install_home(before);
    assert_eq!(store.read_state(world.dm).last_message_id, Some(said));
    assert!(store.read_state(world.dm).is_unread());
}

#[test]
fn what_is_said_to_a_role_counts_for_those_who_have_it_now() {
    let mut world = World::new();
    let (ana, me) = (UserId::from_trusted(102), world.me());
    let store = Store::new(world.page(shown()));
    world.post(world.channels[1].id, ana, "@crew", None, None);
    world.post(world.far_channel(), ana, "@crew and @others", None, None);
    world.post(world.far_channel(), ana, "@others", None, None);
    tell(&store, &world, &mut 0);
    let counted = |channel| store.read_state(channel).mentions();
    assert_eq!((counted(world.channels[1].id), counted(world.far_channel())), (1, 1));
    // With other roles other messages were for them: only a snapshot can say which.
    let user = super::samples::user(me.get(), "Me");
    for (guild, want) in [(world.guild.id, Want::Guild(world.guild.id)), (world.other.id, Want::Home)] {
        let member = Member { user: user.clone(), joined_at: Timestamp::from_millis(0), roles: Vec::new() };
        apply(&store, Stream::Guild(guild), 99, Event::MemberUpdated { member });
        assert_eq!(store.next_want(), Some(want));
    }
}

#[test]
fn a_thread_that_is_gone_is_not_followed_by_what_comes_late() {
    for whole_channel in [false, true] {
        let mut world = World::new();
        let ana = UserId::from_trusted(102);
        let art = ChannelId::from_trusted(12);
        world.start_thread(art, None, ana);
        let store = Store::new(world.page(shown()));
        world.log.clear();
        let thread = world.thread_ids()[0];
        world.post(thread, ana, "hello @me", None, None);
        if whole_channel {
            world.delete_channel(art);
        } else {
            world.delete_thread(thread);
        }
        let me = Stream::User(world.me());
        let (late, early): (Vec<_>, Vec<_>) =
            world.log.iter().cloned().partition(|(stream, ..)| *stream == me);
        assert_eq!(late.len(), 1, "that it is followed");
        for (stream, rev, event) in early.into_iter().chain(late) {
            apply(&store, stream, rev, event);
        }
        assert_eq!(store.normal_form(), Store::new(world.page(shown())).normal_form());
    }
}
