//! How what is behind links is found out: after crashes, beside deletions and edits, in turn, and again after failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use backend::actions::{channels, messages, previews, threads};
use backend::rate::Rates;
use backend::store::queue as rows;
use backend::{AppState, queue};
use protocol::event::Event;
use protocol::frame::ServerFrame;
use protocol::{ChannelId, Error, MessageId};
use rig::{Person, TestApp, on_both, on_both_with};
use tokio::sync::Notify;

use crate::gateway::live;
use crate::scene::{Scene, close, refused};
use crate::threads::start;
use crate::web::{Web, answer, page};

/// Any time.
const NOON: i64 = 4_000_000_000_000;
const MINUTE: i64 = 60_000;

async fn titles(person: &Person, channel: ChannelId, id: MessageId) -> Vec<String> {
    let messages = person.history(channel).await.messages;
    let message = messages.into_iter().find(|message| message.id == id).expect("it is there");
    message.embeds.into_iter().map(|embed| embed.title).collect()
}

async fn look(state: &AppState, now_ms: i64) -> usize {
    queue::run_due(state, now_ms).await.unwrap()
}

async fn number(app: &TestApp, sql: &str) -> i64 {
    app.database().look().await.number(sql).await
}

async fn titled() -> Web {
    Web::start(|path| page(&format!("<title>{path}</title>"))).await
}

/// A server that says when it was asked for what is slow, and answers when it is let.
async fn slow() -> (Web, Arc<Notify>, Arc<Notify>) {
    let (asked, let_go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (says, waits) = (asked.clone(), let_go.clone());
    let web = Web::start_slow(move |path| {
        let (says, waits) = (says.clone(), waits.clone());
        Box::pin(async move {
            if path.starts_with("/slow") {
                says.notify_one();
                waits.notified().await;
            }
            page(&format!("<title>{path}</title>"))
        })
    });
    (web.await, asked, let_go)
}

#[tokio::test]
async fn what_a_process_took_and_never_finished_is_done_by_another() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = titled().await;
        let said = s.bo.say(s.general, &web.url("/page")).await.id;
        // Somebody takes it, and is heard of no more.
        let take = app.state.store.write(|tx| Box::pin(rows::take(tx, NOON, NOON + 5 * MINUTE, 8)));
        let lost = take.await.unwrap();
        assert_eq!(lost.len(), 1);
        let state = web.seen_by(app);
        assert_eq!(look(&state, NOON + 5 * MINUTE - 1).await, 0, "it belongs to the first");
        assert_eq!(look(&state, NOON + 5 * MINUTE).await, 1);
        assert_eq!(titles(&s.ana, s.general, said).await, ["/page"]);
        // The first comes back after all, and has nothing to say any more.
        let before = app.content().await;
        let late = lost[0].clone();
        let done = app.state.store.write(move |tx| Box::pin(async move { rows::done(tx, &late).await }));
        assert!(!done.await.unwrap());
        backend::previews::work(&state, &lost[0], NOON + 6 * MINUTE, NOON + 7 * MINUTE).await.unwrap();
        assert_eq!(app.content().await, before);
    })
    .await;
}

#[tokio::test]
async fn work_is_taken_by_one_and_none_is_lost() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for n in 0..40 {
            s.bo.say(s.general, &format!("https://a.example/{n}")).await;
        }
        let take = async || {
            let mut mine = Vec::new();
            loop {
                let take = app.state.store.write(|tx| Box::pin(rows::take(tx, NOON, NOON + MINUTE, 3)));
                let taken = take.await.unwrap();
                if taken.is_empty() {
                    return mine;
                }
                mine.extend(taken.into_iter().map(|taken| taken.key));
            }
        };
        let (one, two, three) = tokio::join!(take(), take(), take());
        let mut all = [one, two, three].concat();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 40);
    })
    .await;
}

#[tokio::test]
async fn a_message_that_is_deleted_while_its_page_is_fetched_shows_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (web, asked, let_go) = slow().await;
        let state = web.seen_by(app);
        let said = s.bo.say(s.general, &web.url("/slow")).await.id;
        let deletes = async {
            asked.notified().await;
            messages::delete(&app.state, &s.bo.actor, s.general, said).await.unwrap();
            let_go.notify_one();
        };
        tokio::join!(look(&state, NOON), deletes);
        for left in ["embeds", "queue", "events where kind = 'message_embeds'"] {
            assert_eq!(number(app, &format!("select count(*) from {left}")).await, 0, "{left}");
        }
        assert_eq!(
            number(app, "select count(*) from previews").await,
            1,
            "what was found is good for others"
        );
    })
    .await;
}

#[tokio::test]
async fn a_message_that_is_edited_while_its_page_is_fetched_shows_what_it_says_now() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (web, asked, let_go) = slow().await;
        let state = web.seen_by(app);
        let said = s.bo.say(s.general, &web.url("/slow")).await.id;
        let edits = async {
            asked.notified().await;
            let other = web.url_at("other.example", "/quick");
            messages::edit(&app.state, &s.bo.actor, s.general, said, &other).await.unwrap();
            let_go.notify_one();
        };
        tokio::join!(look(&state, NOON), edits);
        look(&state, NOON).await;
        assert_eq!(titles(&s.ana, s.general, said).await, ["/quick"]);
        assert_eq!(number(app, "select count(*) from queue").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_host_is_asked_one_thing_at_a_time() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (web, asked, let_go) = slow().await;
        let state = web.seen_by(app);
        let said = s.bo.say(s.general, &format!("{} {}", web.url("/slow/1"), web.url("/slow/2"))).await.id;
        let waits = async {
            asked.notified().await;
            assert_eq!(web.paths().len(), 1);
            let_go.notify_one();
        };
        tokio::join!(look(&state, NOON), waits);
        assert_eq!((web.paths().len(), titles(&s.ana, s.general, said).await.len()), (1, 1));
        let_go.notify_one();
        look(&state, NOON + MINUTE).await;
        assert_eq!(titles(&s.ana, s.general, said).await, ["/slow/1", "/slow/2"]);
        assert_eq!(number(app, "select count(*) from queue").await, 0);
    })
    .await;
}

#[tokio::test]
async fn somebody_who_sends_many_links_waits_and_nobody_else_does() {
    on_both_with(&[("HARMONY_LIMIT_PREVIEWS_PER_MINUTE", "2")], async |app| {
        let s = Scene::new(app).await;
        let web = titled().await;
        let mut state = web.seen_by(app);
        let url = |n: u32| web.url_at(&format!("h{n}.example"), &format!("/{n}"));
        let many = s.bo.say(s.general, &[url(1), url(2), url(3), url(4)].join(" ")).await.id;
        look(&state, NOON).await;
        assert_eq!(titles(&s.bo, s.general, many).await.len(), 2);
        let other = s.ana.say(s.general, &url(5)).await.id;
        look(&state, NOON).await;
        assert_eq!(titles(&s.bo, s.general, other).await, ["/5"]);
        // What is known already is not asked for.
        let known = s.bo.say(s.general, &url(5)).await.id;
        look(&state, NOON).await;
        assert_eq!(titles(&s.bo, s.general, known).await, ["/5"]);
        // A minute later.
        state.rates = Rates::new(&app.state.config.limits);
        look(&state, NOON + MINUTE).await;
        assert_eq!(titles(&s.bo, s.general, many).await, ["/1", "/2", "/3", "/4"]);
        assert_eq!(number(app, "select count(*) from queue").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_does_not_answer_is_asked_three_times_and_then_not_for_ten_minutes() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let works = Arc::new(AtomicBool::new(false));
        let switch = works.clone();
        let web = Web::start(move |_| match switch.load(Ordering::SeqCst) {
            true => page("<title>Back</title>"),
            false => answer("503 Service Unavailable", "text/html", "<title>Down</title>"),
        })
        .await;
        let mut state = web.seen_by(app);
        let said = s.bo.say(s.general, &web.url("/")).await.id;
        look(&state, NOON).await;
        assert_eq!(number(app, "select attempts from queue").await, 1);
        assert_eq!(number(app, "select count(*) from queue where last_error is not null").await, 1);
        assert_eq!(look(&state, NOON + 10_000).await, 0, "not at once");
        look(&state, NOON + 10 * MINUTE).await;
        assert_eq!(web.paths().len(), 2);
        look(&state, NOON + 20 * MINUTE).await;
        assert_eq!((web.paths().len(), number(app, "select count(*) from queue").await), (3, 0));
        // Others who link there do not ask again, until it is time.
        works.store(true, Ordering::SeqCst);
        let soon = s.bo.say(s.general, &web.url("/")).await.id;
        look(&state, NOON + 29 * MINUTE).await;
        assert_eq!(web.paths().len(), 3);
        let later = s.bo.say(s.general, &web.url("/")).await.id;
        state.rates = Rates::new(&app.state.config.limits);
        look(&state, NOON + 30 * MINUTE).await;
        assert_eq!(titles(&s.bo, s.general, later).await, ["Back"]);
        for before in [said, soon] {
            assert!(titles(&s.bo, s.general, before).await.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn an_instance_that_serves_looks_by_itself() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let web = titled().await;
        let state = web.seen_by(app);
        queue::start(&state);
        let mut socket = app.connect(&s.ana, s.ana.page(protocol::snapshot::Place::Home).await.cursors).await;
        socket.until_live().await;
        let said = s.bo.say(s.general, &web.url("/page")).await.id;
        let told = |frame: &protocol::frame::ServerFrame| {
            use protocol::event::Event::MessageEmbeds;
            use protocol::frame::ServerFrame::Event;
            matches!(frame, Event { e: MessageEmbeds { message_id, .. }, .. } if *message_id == said)
        };
        socket.until(told).await;
        assert_eq!(titles(&s.ana, s.general, said).await, ["/page"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_behind_links_in_a_thread_is_for_those_who_may_view_its_channel() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.ana.bring(s.guild.id, &s.cy).await;
        let vault = s.ana.create_channel(s.guild.id, "vault").await.id;
        close(app, &s.guild, vault, &[&s.cy]).await;
        let thread = start(app, &s.cy, vault, None).await.id;
        let (mut cy, mut bo) = (live(app, &s.cy).await, live(app, &s.bo).await);
        let web = titled().await;
        let state = web.seen_by(app);
        let said = s.cy.say(thread, &web.url("/page")).await.id;
        assert_eq!(look(&state, NOON).await, 1);
        assert_eq!(titles(&s.ana, thread, said).await, ["/page"]);
        let is_told =
            |frame: &ServerFrame| matches!(frame, ServerFrame::Event { e: Event::MessageEmbeds { .. }, .. });
        cy.until(is_told).await;
        assert!(!bo.settle(1).await.iter().any(is_told));
        for stranger in [&s.bo, &s.dee] {
            let suppressed = previews::suppress(&app.state, &stranger.actor, thread, said);
            assert_eq!(refused(app, suppressed).await, Error::NotFound);
        }
        previews::suppress(&app.state, &s.ana.actor, thread, said).await.unwrap();
        cy.until(is_told).await;
        assert!(!bo.settle(2).await.iter().any(is_told));
        assert!(titles(&s.cy, thread, said).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn of_a_thread_that_goes_while_a_page_is_fetched_nothing_is_told() {
    for whole_channel in [false, true] {
        on_both(async move |app| {
            let s = Scene::new(app).await;
            let thread = start(app, &s.bo, s.general, None).await.id;
            let (web, asked, let_go) = slow().await;
            let state = web.seen_by(app);
            s.bo.say(thread, &web.url("/slow")).await;
            let deletes = async {
                asked.notified().await;
                if whole_channel {
                    channels::delete(&app.state, &s.ana.actor, s.general).await.unwrap();
                } else {
                    threads::remove(&app.state, &s.ana.actor, thread).await.unwrap();
                }
                let_go.notify_one();
            };
            tokio::join!(look(&state, NOON), deletes);
            for left in ["embeds", "queue", "events where kind = 'message_embeds'"] {
                assert_eq!(number(app, &format!("select count(*) from {left}")).await, 0, "{left}");
            }
        })
        .await;
    }
}
