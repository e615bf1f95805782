//! Every maximum has a name and a reason. Lengths of text are in characters (Unicode scalar values).

/// Characters of a message after trimming. Long enough for an essay, short enough that the texts of the worst page
/// of fifty (four bytes a character, with what they quote) stay below 1 MiB.
pub const CONTENT_CHARS: usize = 4_000;
/// Messages on a page of history: about three screens, one cheap query.
pub const HISTORY_PAGE: usize = 50;
/// Characters of a server's name; fits the sidebar's header with the ellipsis rarely needed.
pub const GUILD_NAME_CHARS: usize = 100;
/// Characters of a channel's name, as Discord has it.
pub const CHANNEL_NAME_CHARS: usize = 100;
/// Characters of a thread's name, as Discord has it.
pub const THREAD_NAME_CHARS: usize = 100;
/// Threads of one guild that are not archived, as Discord has it: every snapshot holds those its reader may see, at about
/// 350 bytes each.
pub const ACTIVE_THREADS: usize = 1_000;
/// Threads that one person follows in one guild: every snapshot says how far each was read. With more of them, the one that
/// was quiet for longest is let go.
pub const FOLLOWED_THREADS: usize = 250;
/// Threads on a page of a list: about a screen.
pub const THREADS_PAGE: usize = 25;
/// Minutes without traffic after which a thread can be archived, as Discord has it: an hour, a day, three days, a week.
pub const AUTO_ARCHIVE_MINUTES: [u32; 4] = [60, 1_440, 4_320, 10_080];
/// Those of a thread of which nobody said: a weekend does not end it.
pub const AUTO_ARCHIVE_DEFAULT: u32 = 4_320;
/// Characters of a channel's topic, as Discord has it.
pub const TOPIC_CHARS: usize = 1_024;
/// Shortest username. One letter is too easily squatted.
pub const USERNAME_MIN: usize = 2;
/// Longest username.
pub const USERNAME_MAX: usize = 32;
/// Longest display name; the member list is built for it.
pub const DISPLAY_NAME_CHARS: usize = 32;
/// Shortest password (OWASP ASVS 5.0, 6.2.1).
pub const PASSWORD_MIN: usize = 8;
/// Longest password in characters: passphrases fit, and hashing cost stays bounded.
pub const PASSWORD_MAX: usize = 256;
/// Longest email address (RFC 5321 §4.5.3.1).
pub const EMAIL_CHARS: usize = 254;
/// Channels in one guild, as Discord has it; the sidebar is loaded whole.
pub const CHANNELS_PER_GUILD: usize = 500;
/// Guilds one person may be in; their cursors travel in every hello.
pub const GUILDS_PER_USER: usize = 200;
/// Direct conversations of one person, listed or not: a cursor of each travels in every hello, and with more it could
/// outgrow [`CLIENT_FRAME_BYTES`].
pub const DMS_PER_PERSON: usize = 1_500;
/// Live invites of one guild.
pub const INVITES_PER_GUILD: usize = 1_000;
/// Members sent with a guild's snapshot and with each further page of the list.
pub const MEMBERS_PAGE: usize = 100;
/// Direct conversations shown in the sidebar, newest first.
pub const DMS_LISTED: usize = 100;
/// People offered when a conversation is to be found or started.
pub const PEOPLE_FOUND: usize = 10;
/// Characters of a search. A sentence with filters fits, and what it costs stays bounded.
pub const SEARCH_CHARS: usize = 256;
/// Words, phrases and filters of one search: each is looked up in the index.
pub const SEARCH_PARTS: usize = 24;
/// Messages on a page of search results: they stand further apart than in a channel.
pub const SEARCH_PAGE: usize = 25;
/// Messages that are ranked where the most relevant stand first, the newest that match. Their texts are read, and eight
/// pages are more than anybody turns.
pub const SEARCH_RANKED: usize = 200;
/// Threads that a search of a whole server looks into, those that were active last: each is named to the database. Older
/// ones are searched by themselves.
pub const SEARCH_THREADS: usize = 1_000;
/// Stretches of text that are highlighted in one message.
pub const SEARCH_HITS: usize = 32;
/// Minutes that a clock may be from UTC: Kiribati is 14 hours ahead.
pub const OFFSET_MINUTES: i32 = 14 * 60;
/// People one message can mention; more is a mass mention, which has a permission of its own.
pub const MENTIONS_PER_MESSAGE: usize = 50;
/// People that `@here` addresses one by one: each is a row, and named to everybody who is told of the message, in 5 KiB
/// together. Where more are here it addresses everyone, because to leave some of them out would be a mention lost.
pub const HERE_ADDRESSED: usize = 250;
/// Mentions on a page of the inbox: as many as messages on a page of search results.
pub const INBOX_PAGE: usize = 25;
/// Characters shown of a quoted message above a reply. No more than that of it is sent, see `markup::quotation`.
pub const EXCERPT_CHARS: usize = 120;
/// Characters of a retry key.
pub const NONCE_CHARS: usize = 36;
/// Pinned messages of a channel, as Discord has it; all of them are shown at once.
pub const PINS: usize = 250;
/// Different emoji under one message, as Discord has it: two lines of them.
pub const REACTION_KINDS: usize = 20;
/// Characters of one emoji. The longest in Unicode's list, families and flags of regions, have ten.
pub const EMOJI_CHARS: usize = 16;
/// People named at once who reacted with an emoji; more are counted.
pub const REACTORS_PAGE: usize = 50;
/// Files of one message, as Discord has it: a gallery of three lines.
pub const ATTACHMENTS_PER_MESSAGE: usize = 10;
/// Characters that say what a picture shows, for those who do not see it: a paragraph. Little enough that those of all
/// files of a message fit into a request beside its text.
pub const ALT_TEXT_CHARS: usize = 1_000;
/// Bytes of a file's name: what file systems take (`NAME_MAX`), so that it can be saved under it again.
pub const FILE_NAME_BYTES: usize = 255;
/// Hours an uploaded file waits for its message: a draft survives the night.
pub const ATTACHMENT_WAITS_HOURS: i64 = 24;
/// Pixels of either side of a preview. The largest picture among messages is 33 rem wide, which is 528 CSS pixels, on
/// a screen with two for one.
pub const PREVIEW_PIXELS: u32 = 1_056;
/// Links of one message that are shown with what is behind them: more would push what is said off the screen.
pub const EMBEDS_PER_MESSAGE: usize = 5;
/// Characters of the title of what is behind a link, as Discord has it.
pub const EMBED_TITLE_CHARS: usize = 256;
/// Characters that say more about it: the card shows three lines.
pub const EMBED_DESCRIPTION_CHARS: usize = 350;
/// Characters of the name of its site, which stands on one line.
pub const EMBED_SITE_CHARS: usize = 80;
/// Days a retry key is remembered. Within them a client may send a message again without knowing whether it arrived.
pub const NONCE_DAYS: i64 = 7;
/// Longest life of an invite, in seconds: 30 days. `None` in its place means it does not expire.
pub const INVITE_MAX_AGE_S: i64 = 30 * 86_400;
/// Most uses an invite can be limited to.
pub const INVITE_MAX_USES: i64 = 100;

/// Events a stream may be behind and still be replayed; beyond that a snapshot is cheaper.
pub const REPLAY_EVENTS: usize = 1_000;
/// Bytes of one frame from a client. The largest honest one is a hello with [`GUILDS_PER_USER`] guilds and
/// [`DMS_PER_PERSON`] conversations: at most 36 bytes a cursor while revisions have ten digits, 60 KiB in all.
pub const CLIENT_FRAME_BYTES: usize = 64 * 1024;
/// Frames that wait for one connection before it counts as too slow.
pub const OUTBOX_FRAMES: usize = 256;
/// Bytes that wait for one connection before it counts as too slow.
pub const OUTBOX_BYTES: usize = 512 * 1024;
/// Milliseconds between two heartbeats of a client.
pub const HEARTBEAT_MS: u32 = 30_000;
/// Milliseconds a typing line stays without being renewed.
pub const TYPING_MS: u32 = 8_000;
/// Milliseconds between two typing signals of one person in one channel.
pub const TYPING_EVERY_MS: u32 = 5_000;
/// Minutes between two messages that still form one group on screen.
pub const GROUP_MINUTES: i64 = 7;
/// People named online in one presence snapshot.
pub const PRESENCE_LISTED: usize = 1_000;
