//! Searching in a million messages: every filter, in both orders, on SQLite and on a PostgreSQL that is named.

use std::time::Instant;

use protocol::search::{Search, SearchOrder, SearchPage, SearchScope};
use protocol::snapshot::Place;
use protocol::{GuildId, Timestamp};

use super::Bench;
use crate::Outcome;
use crate::client::http::{Http, post};
use crate::client::person::Person;
use crate::instance::Plan;
use crate::report::{Row, Section};
use crate::stats::Samples;

/// Names an empty database on a PostgreSQL server, where the same is measured. It is not emptied afterwards.
const POSTGRES_URL: &str = "HARMONY_BENCH_POSTGRES_URL";
/// Somebody in the demonstration data, in its largest guild, and their password.
const ACCOUNT: (&str, &str) = ("mara", "harmony-demo");
/// Searches of one kind that are not counted, then those that are.
const WARM_UP: usize = 10;
const COUNTED: usize = 200;
/// The slowest of twenty may take so many milliseconds.
const SQLITE_P95_MS: f64 = 20.0;
const POSTGRES_P95_MS: f64 = 50.0;

/// Every kind of search, and whether it has to find something. `{}` changes from one search to the next.
const QUERIES: [(&str, &str, bool); 16] = [
    ("a common word", "{common}", true),
    ("two words", "{common} tonight", true),
    (NEVER, "bread trail", false),
    ("a word of one message", "{link}", false),
    ("a phrase", "\"harbour scene needs\"", true),
    ("two characters inside a sentence", "東京", true),
    ("one character", "境", true),
    ("from:", "from:{person}", true),
    ("from: and a word", "{common} from:{person}", true),
    ("mentions:", "mentions:{person}", true),
    ("in:", "in:devlog {common}", true),
    ("has:link", "has:link", true),
    ("pinned:false", "pinned:false {common}", true),
    ("before:", "before:{day} {common}", true),
    ("after:", "after:{day} {common}", true),
    ("during:", "during:{day} {common}", true),
];
const NEVER: &str = "two common words that never meet";
/// Words that an eighth of all messages has.
const COMMON: [&str; 8] = ["build", "harbour", "Thursday", "machine", "trail", "bread", "channel", "version"];
/// People who say something in that guild.
const PEOPLE: [&str; 6] = ["mara", "tobi", "ines", "yuki", "emre", "oleh.k"];

pub(super) async fn measure(bench: &Bench) -> Outcome<Vec<Section>> {
    let mut sections = vec![section(bench, bench.plan("search"), "Search, SQLite", SQLITE_P95_MS).await?];
    if let Ok(url) = std::env::var(POSTGRES_URL) {
        let mut plan = bench.plan("search-postgres");
        plan.settings.push(("HARMONY_DATABASE_URL", url));
        sections.push(section(bench, plan, "Search, PostgreSQL", POSTGRES_P95_MS).await?);
    }
    Ok(sections)
}

async fn section(bench: &Bench, plan: Plan, title: &'static str, bar_ms: f64) -> Outcome<Section> {
    let messages = bench.pick(20_000, 1_000_000);
    plan.execute(&["seed", "--messages", &messages.to_string()])?;
    let instance = plan.run().await?;
    let mut searcher = Searcher::enter(instance.addr).await?;
    let mut rows = Vec::new();
    for (kind, query, finds) in QUERIES {
        for order in [SearchOrder::Newest, SearchOrder::Relevant] {
            let mut taken = searcher.measure(query, order, messages, finds).await?;
            let name = |percent: &str| format!("{kind}, {} first, {percent}", order.as_str());
            rows.push(Row::new(name("p50"), "ms", 2, &[taken.percentile_ms(50.0)]));
            let slow = Row::new(name("p95"), "ms", 2, &[taken.percentile_ms(95.0)]);
            // What finds nothing among so much has to be looked through whole: told, and promised to nobody.
            rows.push(if kind == NEVER { slow } else { slow.at_most(bar_ms) });
        }
    }
    let how = format!(
        "`messages/search` of one guild that has most of {messages} seeded messages, one after another on one connection, from \
         the request to the whole answer with up to 25 messages. {WARM_UP} of each kind to warm up, {COUNTED} counted; words, \
         people and days change from one to the next. All messages are indexed before.",
    );
    Ok(Section { title, how, rows })
}

struct Searcher {
    http: Http,
    person: Person,
    guild: GuildId,
    newest: Timestamp,
}

impl Searcher {
    async fn enter(addr: std::net::SocketAddr) -> Outcome<Self> {
        let mut http = Http::connect(addr).await?;
        let person = Person::sign_in(&mut http, addr, ACCOUNT.0, ACCOUNT.1).await?;
        let home = person.page(&mut http, Place::Home).await?.home;
        let guild = home.guilds.first().ok_or("the demonstration data has no guild")?.guild.id;
        let start = person.page(&mut http, Place::Guild { guild, channel: None, message: None }).await?;
        let history = start.history.ok_or("the demonstration data has no channel")?;
        let newest = history.messages.last().ok_or("an empty channel")?.created_at();
        Ok(Self { http, person, guild, newest })
    }

    /// Searches again and again for what a query says, with something else in its place each time.
    async fn measure(
        &mut self,
        query: &str,
        order: SearchOrder,
        messages: usize,
        finds: bool,
    ) -> Outcome<Samples> {
        let mut taken = Samples::default();
        for number in 0..WARM_UP + COUNTED {
            let query = self.filled(query, number, messages);
            let search = Search {
                scope: SearchScope::Guild { guild: self.guild },
                query,
                order,
                offset_minutes: 0,
                after: None,
            };
            let body = serde_json::json!({ "search": search }).to_string();
            let request = post("messages/search", self.person.addr, &self.person.cookie, &body);
            let asked = Instant::now();
            let answer = self.http.request(&request).await?;
            let took = asked.elapsed();
            if answer.status != 200 {
                return Err(format!("{body} was answered {}", answer.status).into());
            }
            let page: SearchPage = serde_json::from_slice(answer.body)?;
            if finds && page.found.is_empty() {
                return Err(format!("{body} found nothing").into());
            }
            if number >= WARM_UP {
                taken.add(took);
            }
        }
        Ok(taken)
    }

    /// The query of one turn. Messages are 20 s apart; what a turn names lies anywhere in their time.
    fn filled(&self, query: &str, turn: usize, messages: usize) -> String {
        let pick = |from: &[&'static str]| from.get(turn % from.len().max(1)).copied().unwrap_or_default();
        let somewhere = turn.wrapping_mul(7_919) % messages;
        let link = somewhere / 40 * 40 + 7;
        // Within the messages' time whatever the turn, and not on its first or last day.
        let days = (messages as i64 * 20 / 86_400).max(3);
        let back = 1 + somewhere as i64 % (days - 2);
        let day = Timestamp::from_millis(self.newest.as_millis() - back * 86_400_000).to_string();
        query
            .replace("{common}", pick(&COMMON))
            .replace("{person}", pick(&PEOPLE))
            .replace("{link}", &format!("\"notes/{link}\""))
            .replace("{day}", day.get(..10).unwrap_or_default())
    }
}
