//! What is shown behind the links of messages: what of a page, to whom, for how long, and who takes it away.

use backend::actions::previews::{picture, suppress};
use backend::actions::{channels, messages};
use backend::outbound::{Names, Outbound, Rules};
use backend::previews::Previews;
use backend::{AppState, jobs, queue};
use image::{DynamicImage, ImageFormat};
use protocol::entity::{Embed, EmbedKind, EmbedPicture};
use protocol::event::Event;
use protocol::frame::ServerFrame;
use protocol::permissions::{Permissions, Subject};
use protocol::{ChannelId, Error, MessageId, limits};
use rig::{Person, TestApp, on_both, on_both_with};

use crate::scene::{Scene, close, except, refused};
use crate::web::{Web, answer, page, redirect};

/// Any time; what is behind links is found out by the clock it is given.
const NOON: i64 = 4_000_000_000_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// What a person is shown behind the links of a message.
async fn shown(person: &Person, channel: ChannelId, id: MessageId) -> Vec<Embed> {
    let messages = person.history(channel).await.messages;
    messages.into_iter().find(|message| message.id == id).expect("it is there").embeds
}

/// The titles of that.
async fn titles(person: &Person, channel: ChannelId, id: MessageId) -> Vec<String> {
    shown(person, channel, id).await.into_iter().map(|embed| embed.title).collect()
}

async fn look(state: &AppState, now_ms: i64) -> usize {
    queue::run_due(state, now_ms).await.unwrap()
}

async fn owed(app: &TestApp) -> i64 {
    app.database().look().await.number("select count(*) from queue").await
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height).write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

/// A page whose title is its path.
async fn titled() -> Web {
    Web::start(|path| page(&format!("<title>{path}</title>"))).await
}

#[tokio::test]
async fn a_link_is_shown_with_what_its_page_says_of_itself() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = Web::start(|path| match path {
            "/moved" => redirect("/page"),
            "/cat.png" => answer("200 OK", "image/png", png(1200, 600)),
            "/oembed" => answer(
                "200 OK",
                "application/json",
                r#"{"title":"no","author_name":"Ana","html":"<script>"}"#,
            ),
            _ => page(
                "<title>no</title><meta property=og:title content='  The \u{202E}title\n of it '>
                <meta property=og:site_name content='A site'><meta property=og:image content=cat.png>
                <link rel=alternate type=application/json+oembed href=/oembed>",
            ),
        })
        .await;
        let state = web.seen_by(app);
        let url = web.url("/moved#part");
        let cursors = s.ana.page(protocol::snapshot::Place::Home).await.cursors;
        let said = s.bo.say(s.general, &format!("see {url}")).await;
        assert_eq!(said.embeds, [], "nobody waits for it");
        assert_eq!(look(&state, NOON).await, 1);
        let found = shown(&s.ana, s.general, said.id).await;
        let [embed] = found.as_slice() else { panic!("{found:?}") };
        let size = embed.picture.as_ref().map(|picture| (picture.width, picture.height));
        assert_eq!(
            (embed.kind, &*embed.url, &*embed.site_name, &*embed.title, &*embed.description, size),
            (EmbedKind::Link, &*url, "A site", "The title of it", "", Some((1056, 528)))
        );
        assert!(web.paths().iter().all(|path| path != "/oembed"), "nothing was missing");
        // It is told like everything else, also to whoever comes back later.
        let told = app.connect(&s.ana, cursors).await.until_live().await;
        let events = told.iter().filter_map(|frame| match frame {
            ServerFrame::Event { e: Event::MessageEmbeds { channel_id, message_id, embeds }, .. } => {
                Some((*channel_id, *message_id, embeds))
            }
            _ => None,
        });
        assert_eq!(events.collect::<Vec<_>>(), [(s.general, said.id, &found)]);
    })
    .await;
}

#[tokio::test]
async fn what_a_page_does_not_say_is_asked_where_it_says_and_a_picture_shows_itself() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = Web::start(|path| match path {
            "/film" => page("<link rel=alternate type=application/json+oembed href=/oembed>"),
            "/oembed" => answer(
                "200 OK",
                "application/json; charset=utf-8",
                r#"{"title":"A film","author_name":"Ana","provider_name":"Films","thumbnail_url":"/still.png","html":"<b>"}"#,
            ),
            "/still.png" => answer("200 OK", "image/png", png(40, 30)),
            "/text" => answer("200 OK", "text/plain", "<title>no page</title>"),
            "/broken.png" => answer("200 OK", "image/png", "no picture"),
            "/drawing.svg" => answer("200 OK", "image/svg+xml", "<svg onload='alert(1)'/>"),
            "/nameless" => page("<title> \u{200B} </title>"),
            _ => answer("404 Not Found", "text/html", "<title>Not found</title>"),
        })
        .await;
        let state = web.seen_by(app);
        let (film, still) = (web.url_at("www.films.example", "/film"), web.url("/still.png"));
        let said = s.bo.say(s.general, &format!("{film} {still}")).await.id;
        look(&state, NOON).await;
        look(&state, NOON + MINUTE).await;
        let found = shown(&s.bo, s.general, said).await;
        let [film, still] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((&*film.title, &*film.description, &*film.site_name), ("A film", "Ana", "Films"));
        assert!(film.picture.is_some());
        assert_eq!((still.kind, &*still.title, &*still.site_name), (EmbedKind::Image, "", "page.example"));
        assert_eq!(still.picture.as_ref().map(|picture| (picture.width, picture.height)), Some((40, 30)));
        for nothing in ["/text", "/broken.png", "/drawing.svg", "/nameless", "/missing"] {
            app.state.rates.forget_idle();
            let mut state = web.seen_by(app);
            state.rates = backend::rate::Rates::new(&app.state.config.limits);
            let said = s.bo.say(s.general, &web.url(nothing)).await.id;
            look(&state, NOON).await;
            assert_eq!(shown(&s.bo, s.general, said).await, [], "{nothing}");
        }
        assert_eq!(owed(app).await, 0);
    })
    .await;
}

#[tokio::test]
async fn links_are_looked_at_where_their_author_may_show_them_and_wants_to() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (web, bo) = (titled().await, &s.bo);
        let many: Vec<String> = (0..9).map(|n| web.url_at(&format!("h{n}.example"), "/")).collect();
        let one = web.url("/one");
        for (text, links) in [
            (format!("<{one}> `{one}` ||{one}|| ftp://a.example"), 0),
            (one.clone(), 1),
            (format!("{one} {one} [again]({one})"), 1),
            (many.join(" "), limits::EMBEDS_PER_MESSAGE),
            ("nothing".to_owned(), 0),
        ] {
            let mut state = web.seen_by(app);
            state.rates = backend::rate::Rates::new(&app.state.config.limits);
            let said = bo.say(s.general, &text).await.id;
            look(&state, NOON).await;
            assert_eq!(shown(bo, s.general, said).await.len(), links, "{text}");
        }
        let everyone = Subject::Role(s.guild.id.cast());
        except(app, s.general, everyone, Permissions::NONE, Permissions::EMBED_LINKS).await;
        let said = bo.say(s.general, &one).await.id;
        assert_eq!(owed(app).await, 0, "it is not even looked at");
        let dm = bo.open_dm(&s.ana).await.id;
        let whispered = bo.say(dm, &one).await.id;
        assert_eq!(look(&web.seen_by(app), NOON).await, 1);
        assert_eq!(shown(bo, s.general, said).await, []);
        assert_eq!(titles(&s.ana, dm, whispered).await, ["/one"]);
    })
    .await;
}

#[tokio::test]
async fn where_it_is_switched_off_nothing_is_looked_at() {
    on_both_with(&[("HARMONY_LINK_PREVIEWS", "off")], async |app| {
        let s = Scene::new(app).await;
        let web = titled().await;
        let said = s.bo.say(s.general, &web.url("/one")).await.id;
        messages::edit(&app.state, &s.bo.actor, s.general, said, &web.url("/two")).await.unwrap();
        assert_eq!(owed(app).await, 0);
        // What was owed from before is not done.
        let wanted = backend::store::previews::Wanted {
            channel_id: s.general,
            message_id: said,
            author_id: s.bo.id(),
            links: vec![web.url("/two")],
        };
        let want = app
            .state
            .store
            .write(move |tx| Box::pin(async move { backend::store::previews::want(tx, &wanted).await }));
        want.await.unwrap();
        look(&web.seen_by(app), NOON).await;
        assert_eq!((owed(app).await, web.paths().len()), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_sent_a_thousand_times_is_looked_at_once_a_day() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = titled().await;
        let state = web.seen_by(app);
        let mut said = Vec::new();
        for n in 0..1_000 {
            // What stands behind `#` is the same page.
            said.push(s.bo.say(s.general, &format!("{}#{n}", web.url("/page"))).await.id);
        }
        let mut now = NOON;
        while owed(app).await > 0 {
            look(&state, now).await;
            now += MINUTE / 10;
        }
        assert_eq!(web.paths(), ["/page"]);
        assert_eq!(titles(&s.ana, s.general, said[999]).await, ["/page"]);
        let _ = s.bo.say(s.general, &web.url("/page")).await;
        look(&state, NOON + DAY - 1).await;
        assert_eq!(web.paths().len(), 1);
        let _ = s.bo.say(s.general, &web.url("/page")).await;
        look(&state, NOON + DAY).await;
        assert_eq!(web.paths().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_private_channel_tells_nobody_else_of_its_links() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let secret = s.ana.create_channel(s.guild.id, "secret").await.id;
        close(app, &s.guild, secret, &[]).await;
        let web = titled().await;
        let state = web.seen_by(app);
        let cursors = s.bo.page(protocol::snapshot::Place::Home).await.cursors;
        let mut socket = app.connect(&s.bo, cursors.clone()).await;
        socket.until_live().await;
        let inside = s.ana.say(secret, &web.url("/page")).await.id;
        look(&state, NOON).await;
        assert_eq!(titles(&s.ana, secret, inside).await, ["/page"]);
        for told in [socket.settle(1).await, app.connect(&s.bo, cursors).await.until_live().await] {
            let events = told.iter().filter(|frame| matches!(frame, ServerFrame::Event { .. }));
            assert_eq!(events.count(), 0, "{told:?}");
        }
        // Somebody else who links to it gets what the page says to everybody.
        let outside = s.bo.say(s.general, &web.url("/page")).await.id;
        look(&state, NOON).await;
        assert_eq!(titles(&s.bo, s.general, outside).await, ["/page"]);
        let into = suppress(&app.state, &s.bo.actor, secret, inside);
        assert_eq!(refused(app, into).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn an_edit_shows_what_is_behind_its_links_and_keeps_what_stays() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = titled().await;
        let state = web.seen_by(app);
        let url = |path: &str| web.url_at(&format!("{}.example", &path[1..]), path);
        let edit = async |id, text: String| {
            messages::edit(&app.state, &s.bo.actor, s.general, id, &text).await.unwrap()
        };
        let said = s.bo.say(s.general, &format!("{} {}", url("/a"), url("/b"))).await.id;
        look(&state, NOON).await;
        assert_eq!(titles(&s.bo, s.general, said).await, ["/a", "/b"]);
        let edited = edit(said, format!("{} {}", url("/c"), url("/b"))).await;
        let kept: Vec<_> = edited.embeds.iter().map(|embed| &*embed.title).collect();
        assert_eq!(kept, ["/b"], "the link is still there");
        look(&state, NOON).await;
        assert_eq!(titles(&s.bo, s.general, said).await, ["/c", "/b"]);
        let edited = edit(said, "no link".to_owned()).await;
        assert_eq!((edited.embeds.len(), owed(app).await), (0, 0));
        edit(said, url("/a")).await;
        look(&state, NOON).await;
        assert_eq!(titles(&s.bo, s.general, said).await, ["/a"]);
        assert_eq!(web.paths(), ["/a", "/b", "/c"]);
    })
    .await;
}

#[tokio::test]
async fn who_wrote_a_message_or_manages_messages_takes_its_previews_away_for_good() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = titled().await;
        let (state, ana, bo) = (web.seen_by(app), &s.ana, &s.bo);
        for taker in [bo, ana] {
            let said = bo.say(s.general, &web.url("/page")).await.id;
            look(&state, NOON).await;
            let cursors = ana.page(protocol::snapshot::Place::Home).await.cursors;
            suppress(&app.state, &taker.actor, s.general, said).await.unwrap();
            assert_eq!(shown(ana, s.general, said).await, []);
            let told = app.connect(ana, cursors).await.until_live().await;
            let is_told = |frame: &ServerFrame| {
                matches!(frame, ServerFrame::Event { e: Event::MessageEmbeds { message_id, embeds, .. }, .. }
                    if *message_id == said && embeds.is_empty())
            };
            assert!(told.iter().any(is_told), "{told:?}");
            let before = app.content().await;
            suppress(&app.state, &taker.actor, s.general, said).await.unwrap();
            assert_eq!(app.content().await, before, "once more changes nothing");
            messages::edit(&app.state, &bo.actor, s.general, said, &web.url("/other")).await.unwrap();
            assert_eq!(owed(app).await, 0, "it stays so through edits");
        }
        // Before anything was found, too.
        let said = bo.say(s.general, &web.url("/page")).await.id;
        suppress(&app.state, &bo.actor, s.general, said).await.unwrap();
        assert_eq!(look(&state, NOON).await, 0);
        assert_eq!(shown(bo, s.general, said).await, []);
        assert_eq!(
            app.database().look().await.number("select flags from messages order by id desc limit 1").await,
            4
        );
    })
    .await;
}

#[tokio::test]
async fn nobody_else_takes_previews_away() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = titled().await;
        let said = s.ana.say(s.general, &web.url("/page")).await.id;
        look(&web.seen_by(app), NOON).await;
        let state = &app.state;
        assert_eq!(refused(app, suppress(state, &s.bo.actor, s.general, said)).await, Error::Forbidden);
        for stranger in s.strangers() {
            assert_eq!(
                refused(app, suppress(state, &stranger.actor, s.general, said)).await,
                Error::NotFound
            );
        }
        let welcome = s.bo.history(s.general).await.messages[0].clone();
        assert!(welcome.kind.is_system());
        assert_eq!(refused(app, suppress(state, &s.bo.actor, s.general, welcome.id)).await, Error::Forbidden);
        let dm = s.ana.open_dm(&s.bo).await.id;
        assert_eq!(refused(app, suppress(state, &s.ana.actor, dm, said)).await, Error::NotFound);
        assert_eq!(titles(&s.bo, s.general, said).await, ["/page"]);
    })
    .await;
}

#[tokio::test]
async fn a_picture_is_for_whoever_knows_its_key_and_goes_with_the_last_message_that_shows_it() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = Web::start(|_| answer("200 OK", "image/png", png(2_000, 100))).await;
        let state = web.seen_by(app);
        let one = s.bo.say(s.general, &web.url("/wide.png")).await.id;
        let two = s.bo.say(s.general, &web.url("/wide.png")).await.id;
        look(&state, NOON).await;
        look(&state, NOON + MINUTE).await;
        let of = async |id| shown(&s.bo, s.general, id).await.remove(0).picture.unwrap();
        let EmbedPicture { id: key, width, height } = of(one).await;
        assert_eq!((of(two).await.id, width, height), (key.clone(), 1056, 52));
        assert!(key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
        // Somebody who shares nothing with them, and has the key from one of them.
        let served = picture(&app.state, &s.cy.actor, &key).await.unwrap();
        assert_eq!(served.content_type, "image/jpeg");
        let kept = image::open(&served.path)
            .or_else(|_| image::load_from_memory(&std::fs::read(&served.path).unwrap()));
        assert_eq!((kept.as_ref().unwrap().width(), kept.unwrap().height()), (1056, 52));
        for wrong in
            ["", "0", &key[1..], &format!("{key}0"), &key.to_uppercase().replace('A', "B"), "../harmony.db"]
        {
            assert_eq!(picture(&app.state, &s.bo.actor, wrong).await, Err(Error::NotFound), "{wrong}");
        }
        let mut rows = app.database().look().await;
        let room = rows.number("select bytes from stored where owner_id = 0").await;
        assert_eq!(room, i64::try_from(std::fs::metadata(&served.path).unwrap().len()).unwrap());
        jobs::sweep(&app.state).await.unwrap();
        assert!(served.path.exists(), "its row is known");
        messages::delete(&app.state, &s.bo.actor, s.general, one).await.unwrap();
        jobs::forget_previews(&app.state, NOON + 3 * DAY).await.unwrap();
        assert!(served.path.exists(), "the other message shows it");
        messages::delete(&app.state, &s.bo.actor, s.general, two).await.unwrap();
        jobs::forget_previews(&app.state, NOON + DAY).await.unwrap();
        assert!(served.path.exists(), "it may be on its way into another message");
        jobs::forget_previews(&app.state, NOON + 2 * DAY).await.unwrap();
        assert!(!served.path.exists());
        assert_eq!(picture(&app.state, &s.bo.actor, &key).await, Err(Error::NotFound));
        assert_eq!(rows.number("select bytes from stored where owner_id = 0").await, 0);
        assert_eq!(rows.number("select count(*) from previews").await, 0);
    })
    .await;
}

#[tokio::test]
async fn where_there_is_no_room_for_a_picture_the_rest_is_shown() {
    on_both_with(&[("HARMONY_FILES_IN_ALL_MIB", "1")], async |app| {
        let s = Scene::new(app).await;
        s.ana.upload(s.general, "full.bin", vec![0; 1024 * 1024]).await;
        let web = Web::start(|path| match path {
            "/cat.png" => answer("200 OK", "image/png", png(20, 20)),
            _ => page("<title>Cat</title><meta property=og:image content=/cat.png>"),
        })
        .await;
        let said = s.bo.say(s.general, &web.url("/")).await.id;
        look(&web.seen_by(app), NOON).await;
        let found = shown(&s.bo, s.general, said).await;
        assert_eq!((&*found[0].title, &found[0].picture), ("Cat", &None));
        assert_eq!(app.state.media.folder().ids().unwrap().len(), 1, "the picture is not left on the disk");
    })
    .await;
}

#[tokio::test]
async fn what_was_found_is_gone_with_the_message_or_its_channel() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = titled().await;
        let state = web.seen_by(app);
        let place = s.ana.create_channel(s.guild.id, "links").await.id;
        let one = s.ana.say(s.general, &web.url("/telling")).await.id;
        s.ana.say(place, &web.url("/telling")).await;
        look(&state, NOON).await;
        look(&state, NOON + MINUTE).await;
        let mut rows = app.database().look().await;
        let told = "select count(*) from events where payload like '%/telling%'";
        assert_eq!(rows.number(told).await, 4, "two messages and what is behind their links");
        messages::delete(&app.state, &s.ana.actor, s.general, one).await.unwrap();
        assert_eq!((rows.number(told).await, rows.number("select count(*) from embeds").await), (2, 1));
        channels::delete(&app.state, &s.ana.actor, place).await.unwrap();
        jobs::run(&app.state).await.unwrap();
        assert_eq!((rows.number(told).await, rows.number("select count(*) from embeds").await), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn an_instance_asks_nothing_of_its_own_network() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = titled().await;
        // As an instance is made: the same rules, but for the port, which would hide what is tried here.
        let names: Names = Rules::default().names;
        let mut state = app.state.clone();
        state.previews =
            Previews::new(Outbound::new(Rules { names, ports: vec![web.port], ..Rules::default() }));
        let hosts = ["127.0.0.1", "localhost", "2130706433", "0x7f.1"];
        let links: Vec<String> = hosts.iter().map(|host| web.url_at(host, "/")).collect();
        let said = s.bo.say(s.general, &links.join(" ")).await.id;
        assert_eq!(owed(app).await, 1);
        look(&state, NOON).await;
        look(&state, NOON + MINUTE).await;
        assert_eq!((web.paths().len(), shown(&s.bo, s.general, said).await.len()), (0, 0));
    })
    .await;
}
