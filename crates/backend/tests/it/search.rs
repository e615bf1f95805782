//! Messages that are found, and those that are not: every filter, every script, every right.

use backend::actions::{members, messages, search};
use backend::indexing;
use protocol::error::{Field, Problem};
use protocol::permissions::{Permissions, Subject};
use protocol::search::{Filter, Found, Search, SearchOrder, SearchPage, SearchScope};
use protocol::{ChannelId, Error, GuildId, Result, limits};
use rig::{Person, TestApp, on_both, on_both_with};

use crate::scene::{Scene, close, except, refused};

/// A search as people make it.
pub(crate) fn asked(scope: SearchScope, query: &str) -> Search {
    Search { scope, query: query.to_owned(), order: SearchOrder::Newest, offset_minutes: 0, after: None }
}

/// One page of what somebody finds.
pub(crate) async fn page(app: &TestApp, who: &Person, search: &Search) -> Result<SearchPage> {
    search::find(&app.state, &who.actor, search).await
}

/// The texts somebody finds in a guild.
async fn texts(app: &TestApp, who: &Person, guild: GuildId, query: &str) -> Vec<String> {
    let found = page(app, who, &asked(SearchScope::Guild { guild }, query)).await.unwrap();
    assert_eq!(found.unknown, [""; 0], "{query}");
    found.found.into_iter().map(|found| found.message.content).collect()
}

async fn texts_in(app: &TestApp, who: &Person, channel: ChannelId, query: &str) -> Vec<String> {
    let found = page(app, who, &asked(SearchScope::Channel { channel }, query)).await.unwrap();
    found.found.into_iter().map(|found| found.message.content).collect()
}

#[tokio::test]
async fn words_and_phrases_are_found_without_case_and_accents() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for text in [
            "The Harbour scene needs a warmer light",
            "light the harbour, not the scene",
            "Crème BRÛLÉE in a Straße",
            "||hidden treasure|| and `let harbour = 1;`",
            "see https://example.com/a_path/Page?x=42",
        ] {
            s.bo.say(s.general, text).await;
        }
        indexing::catch_up(&app.state).await.unwrap();
        for (query, count) in [
            ("harbour", 3),
            ("HARBOUR scene", 2),
            ("\"harbour scene\"", 1),
            ("\"scene harbour\"", 0),
            ("creme brulee", 1),
            ("STRASSE", 1),
            ("cre\u{300}me", 1),
            ("treasure", 1),
            ("example.com", 1),
            ("https://example.com/a_path", 1),
            ("path", 1),
            ("42", 1),
            ("harb", 0),
            ("harbour nowhere", 0),
            ("???", 0),
            ("harbour ???", 3),
        ] {
            assert_eq!(texts(app, &s.ana, s.guild.id, query).await.len(), count, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn two_characters_are_found_inside_a_sentence() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for text in [
            "我们今天把新版本部署到生产环境了",
            "明日は東京都へ行きます",
            "한국어를 배우고 있어요",
            "สวัสดีชาวโลก",
        ] {
            s.bo.say(s.general, text).await;
        }
        indexing::catch_up(&app.state).await.unwrap();
        for (query, count) in [
            ("部署", 1),
            ("生产环境", 1),
            ("署部", 0),
            ("東京", 1),
            ("京都", 1),
            ("한국", 1),
            ("ชาวโลก", 1),
            ("日", 1),
            ("了", 1),
            ("犬", 0),
            ("东京", 0),
        ] {
            assert_eq!(texts(app, &s.ana, s.guild.id, query).await.len(), count, "{query}");
        }
        let search = asked(SearchScope::Guild { guild: s.guild.id }, "部署 版本");
        assert_eq!(page(app, &s.ana, &search).await.unwrap().found[0].hits, ["部署", "版本"]);
    })
    .await;
}

#[tokio::test]
async fn every_filter_finds_what_it_says() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let other = s.ana.create_channel(s.guild.id, "Off Topic").await.id;
        s.ana.say(s.general, "plain by ana").await;
        s.bo.say(s.general, "for @ana by bo").await;
        s.bo.say(other, "https://example.com by bo").await;
        indexing::catch_up(&app.state).await.unwrap();
        let today = s.ana.say(s.general, "now").await.created_at().to_string()[..10].to_owned();
        indexing::catch_up(&app.state).await.unwrap();
        for (query, expected) in [
            ("by from:ana", vec!["plain by ana"]),
            ("from:@bo", vec!["https://example.com by bo", "for <@ANA> by bo"]),
            ("by from:ana from:bo", vec!["https://example.com by bo", "for <@ANA> by bo", "plain by ana"]),
            ("from:<@BO> has:link", vec!["https://example.com by bo"]),
            ("mentions:ana", vec!["for <@ANA> by bo"]),
            ("mentions:me", vec!["for <@ANA> by bo"]),
            ("mentions:bo", vec![]),
            ("in:\"off topic\" by", vec!["https://example.com by bo"]),
            ("in:<#OTHER> by", vec!["https://example.com by bo"]),
            ("in:general by from:bo", vec!["for <@ANA> by bo"]),
            ("in:general in:\"Off Topic\" has:link", vec!["https://example.com by bo"]),
            ("has:image", vec![]),
            ("has:link has:poll", vec![]),
            ("pinned:true by", vec![]),
            ("pinned:false by from:ana", vec!["plain by ana"]),
            ("plain during:TODAY", vec!["plain by ana"]),
            ("plain before:TODAY", vec![]),
            ("plain after:TODAY", vec![]),
            ("plain after:2020 before:2999", vec!["plain by ana"]),
            ("plain before:9999-12-31", vec!["plain by ana"]),
            ("plain before:0001", vec![]),
            ("from:dee by", vec![]),
        ] {
            let fill = |text: &str| {
                let text = text.replace("ANA", &s.ana.id().to_string()).replace("BO", &s.bo.id().to_string());
                text.replace("OTHER", &other.to_string()).replace("TODAY", &today)
            };
            let expected: Vec<String> = expected.into_iter().map(fill).collect();
            assert_eq!(texts(app, &s.ana, s.guild.id, &fill(query)).await, expected, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_filter_names_and_nobody_knows_is_told() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let secret = s.ana.create_channel(s.guild.id, "secret").await.id;
        close(app, &s.guild, secret, &[]).await;
        s.ana.say(secret, "apple pie").await;
        indexing::catch_up(&app.state).await.unwrap();
        let unknown = async |query: &str| {
            let found =
                page(app, &s.bo, &asked(SearchScope::Guild { guild: s.guild.id }, query)).await.unwrap();
            (found.found.len(), found.unknown)
        };
        // The same for what is hidden and for what is not there.
        assert_eq!(unknown("apple in:secret").await, (0, vec!["in:secret".to_owned()]));
        assert_eq!(unknown("apple in:nowhere").await, (0, vec!["in:nowhere".to_owned()]));
        let (hidden, missing) = (format!("in:<#{secret}>"), "in:<#77>".to_owned());
        assert_eq!(unknown(&hidden).await, (0, vec![hidden]));
        assert_eq!(unknown(&missing).await, (0, vec![missing]));
        assert_eq!(unknown("from:zoe in:general").await, (0, vec!["from:zoe".to_owned()]));
        assert_eq!(texts(app, &s.ana, s.guild.id, "apple in:secret").await, ["apple pie"]);
    })
    .await;
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_read() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let secret = s.ana.create_channel(s.guild.id, "secret").await.id;
        let silent = s.ana.create_channel(s.guild.id, "silent").await.id;
        for channel in [s.general, secret, silent] {
            s.ana.say(channel, "pineapple").await;
        }
        indexing::catch_up(&app.state).await.unwrap();
        assert_eq!(texts(app, &s.bo, s.guild.id, "pineapple").await.len(), 3);
        close(app, &s.guild, secret, &[]).await;
        let bo = Subject::Member(s.bo.id());
        except(app, silent, bo, Permissions::NONE, Permissions::READ_HISTORY).await;
        assert_eq!(texts(app, &s.bo, s.guild.id, "pineapple").await.len(), 1);
        assert_eq!(texts(app, &s.ana, s.guild.id, "pineapple").await.len(), 3);
        let scope = |channel| asked(SearchScope::Channel { channel }, "pineapple");
        assert_eq!(refused(app, page(app, &s.bo, &scope(secret))).await, Error::NotFound);
        assert_eq!(refused(app, page(app, &s.bo, &scope(silent))).await, Error::Forbidden);
        let guild = asked(SearchScope::Guild { guild: s.guild.id }, "pineapple");
        for stranger in s.strangers() {
            assert_eq!(refused(app, page(app, stranger, &guild)).await, Error::NotFound);
            assert_eq!(refused(app, page(app, stranger, &scope(s.general))).await, Error::NotFound);
        }
        members::kick(&app.state, &s.ana.actor, s.guild.id, s.bo.id()).await.unwrap();
        assert_eq!(refused(app, page(app, &s.bo, &guild)).await, Error::NotFound);
        assert_eq!(texts(app, &s.ana, s.guild.id, "from:bo").await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_conversation_is_searched_by_its_two_and_nobody_else() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let dm = s.ana.open_dm(&s.bo).await.id;
        s.ana.say(dm, "between us: mango").await;
        s.ana.say(s.general, "mango for all").await;
        indexing::catch_up(&app.state).await.unwrap();
        assert_eq!(texts_in(app, &s.bo, dm, "mango from:ana").await, ["between us: mango"]);
        assert_eq!(texts(app, &s.ana, s.guild.id, "mango").await, ["mango for all"]);
        let scope = SearchScope::Channel { channel: dm };
        assert_eq!(refused(app, page(app, &s.cy, &asked(scope, "mango"))).await, Error::NotFound);
        for place in ["in:general", "in:#", "in:\"\" mango"] {
            let answer = page(app, &s.ana, &asked(scope, &format!("mango {place}"))).await;
            assert!(
                answer.is_err() || answer.as_ref().is_ok_and(|page| page.found.is_empty()),
                "{place}: {answer:?}"
            );
        }
    })
    .await;
}

/// All pages of a search, in one row.
async fn all(app: &TestApp, who: &Person, mut search: Search, between: impl AsyncFn(usize)) -> Vec<Found> {
    let mut found = Vec::new();
    for turn in 0.. {
        let page = page(app, who, &search).await.unwrap();
        assert!(page.found.len() <= limits::SEARCH_PAGE && (page.next.is_none() || !page.found.is_empty()));
        found.extend(page.found);
        search.after = page.next;
        if search.after.is_none() {
            return found;
        }
        between(turn).await;
    }
    unreachable!("the loop ends by returning")
}

#[tokio::test]
async fn pages_follow_one_another_without_gaps_and_doubles() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let other = s.ana.create_channel(s.guild.id, "other").await.id;
        let mut said = Vec::new();
        for n in 0..80 {
            let place = if n % 3 == 0 { other } else { s.general };
            let text =
                if n % 7 == 0 { format!("bread bread {n}") } else { format!("bread {n} and more words") };
            said.push(s.bo.say(place, &text).await.id);
        }
        indexing::catch_up(&app.state).await.unwrap();
        for order in [SearchOrder::Newest, SearchOrder::Relevant] {
            let search = Search { order, ..asked(SearchScope::Guild { guild: s.guild.id }, "bread from:bo") };
            let found = all(app, &s.ana, search, async |turn| {
                s.bo.say(s.general, &format!("bread bread bread meanwhile {turn}")).await;
                indexing::catch_up(&app.state).await.unwrap();
            })
            .await;
            let mut ids: Vec<_> = found.iter().map(|found| found.message.id).collect();
            if order == SearchOrder::Newest {
                assert!(ids.is_sorted_by(|one, other| one > other));
            } else {
                let first: Vec<_> = found.iter().take(12).map(|found| &found.message.content).collect();
                assert!(first.iter().all(|text| text.starts_with("bread bread")), "{first:?}");
            }
            ids.sort_unstable();
            ids.retain(|id| said.contains(id));
            assert_eq!(ids, said, "{order:?}");
            // What was said while this order was looked through is there for the next.
            said = messages_of(app, "bread").await;
        }
    })
    .await;
}

async fn messages_of(app: &TestApp, word: &str) -> Vec<protocol::MessageId> {
    let sql = format!("select cast(id as text) from messages where content like '{word}%' order by id");
    app.database().look().await.texts(&sql).await.iter().map(|id| id.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_guild_of_many_channels_is_searched_whole_and_no_further() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for n in 0..70 {
            let channel = s.ana.create_channel(s.guild.id, &format!("room-{n}")).await.id;
            if n % 10 == 0 {
                s.ana.say(channel, "lychee").await;
            }
            if n == 30 {
                close(app, &s.guild, channel, &[]).await;
            }
        }
        indexing::catch_up(&app.state).await.unwrap();
        assert_eq!(texts(app, &s.ana, s.guild.id, "lychee").await.len(), 7);
        assert_eq!(texts(app, &s.bo, s.guild.id, "lychee").await.len(), 6);
        assert_eq!(texts(app, &s.bo, s.guild.id, "from:ana pinned:false").await.len(), 6);
    })
    .await;
}

#[tokio::test]
async fn what_is_found_is_whole_and_quotes_what_is_there() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let first = s.bo.say(s.general, "a Café for @ana").await;
        let reply = s.ana.reply(s.general, first.id, "which café?").await;
        indexing::catch_up(&app.state).await.unwrap();
        let search = asked(SearchScope::Guild { guild: s.guild.id }, "cafe");
        let found = page(app, &s.bo, &search).await.unwrap().found;
        let history = s.bo.history(s.general).await.messages;
        assert_eq!(
            found.iter().map(|f| &f.message).rev().collect::<Vec<_>>(),
            history.iter().rev().take(2).rev().collect::<Vec<_>>()
        );
        assert_eq!(found.iter().map(|found| found.hits.join(" ")).collect::<Vec<_>>(), ["café", "Café"]);
        messages::delete(&app.state, &s.bo.actor, s.general, first.id).await.unwrap();
        let found = page(app, &s.bo, &search).await.unwrap().found;
        assert_eq!(found.len(), 1);
        let quoted = found[0].message.reply_to.clone().unwrap();
        assert_eq!((found[0].message.id, quoted.id, quoted.preview), (reply.id, first.id, None));
    })
    .await;
}

#[tokio::test]
async fn nothing_that_is_typed_breaks_the_search() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.bo.say(s.general, "it's a \"quoted\" word: NEAR AND OR NOT { } ^ * \\ 'x' <-> | & !").await;
        indexing::catch_up(&app.state).await.unwrap();
        let scope = SearchScope::Guild { guild: s.guild.id };
        for query in [
            "NEAR(a b)",
            "a AND",
            "OR OR",
            "NOT",
            "word*",
            "^word",
            "words:word",
            "marks:c1",
            "{words marks}:word",
            "\"",
            "\"\"\"",
            "'",
            "';--",
            "' | 'x",
            "\\",
            "'\\''",
            "a <-> b",
            "!a & b",
            "(",
            "a:*",
            "\0",
            "a\0b",
            "%",
            "_",
            "word\u{202E}",
            "\u{FFFF}",
            "👍",
            "from:<@99999999999999999999>x",
            "-word",
            "+word",
            "rank:1",
        ] {
            match page(app, &s.ana, &asked(scope, query)).await {
                Ok(_) | Err(Error::Invalid { field: Field::Query, .. }) => {}
                other => panic!("{query:?}: {other:?}"),
            }
        }
        assert_eq!(
            texts(app, &s.ana, s.guild.id, "NOT near quoted").await.len(),
            1,
            "they are words like others"
        );
        assert_eq!(texts(app, &s.ana, s.guild.id, "it's").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_search_that_makes_no_sense_is_refused_and_the_longest_is_not() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        s.bo.say(s.general, "a word").await;
        indexing::catch_up(&app.state).await.unwrap();
        let scope = SearchScope::Guild { guild: s.guild.id };
        let max = limits::SEARCH_CHARS;
        for (query, problem) in [
            ("word ".repeat(10_000), Problem::TooLong { max }),
            ("a ".repeat(100), Problem::TooMany { max: limits::SEARCH_PARTS }),
            (" \n\t".to_owned(), Problem::Empty),
            ("has:banana".to_owned(), Problem::Filter { filter: Filter::Has }),
        ] {
            let error = refused(app, page(app, &s.ana, &asked(scope, &query))).await;
            assert_eq!(error, Error::Invalid { field: Field::Query, problem });
        }
        // The longest there are.
        for query in ["東".repeat(max), "x".repeat(max), "b ".repeat(limits::SEARCH_PARTS), "é".repeat(max)]
        {
            assert_eq!(page(app, &s.ana, &asked(scope, &query)).await.unwrap().found.len(), 0);
        }
        let far = Search { offset_minutes: i32::MAX, ..asked(scope, "word") };
        assert_eq!(refused(app, page(app, &s.ana, &far)).await, Error::Malformed);
        for cursor in ["0-1-1", "4294967295-9223372036854775807-9223372036854775807"] {
            for order in [SearchOrder::Newest, SearchOrder::Relevant] {
                let after = Some(cursor.parse().unwrap());
                page(app, &s.ana, &Search { after, order, ..asked(scope, "word") }).await.unwrap();
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_searches_waits() {
    on_both_with(&[("HARMONY_LIMIT_SEARCHES_BURST", "5")], async |app| {
        let ana = app.person("ana").await;
        let guild = ana.create_guild("Moss").await.id;
        let search = asked(SearchScope::Guild { guild }, "word");
        let mut refused = 0;
        for _ in 0..40 {
            match page(app, &ana, &search).await {
                Ok(_) => {}
                Err(Error::RateLimited { retry_after_ms: 1.. }) => refused += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(refused > 0);
    })
    .await;
}
