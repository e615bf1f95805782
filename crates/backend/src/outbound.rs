//! Requests to addresses that people name: to the public web alone, and nothing that is near this machine.
//!
//! An address is judged before anything is sent there, and so is every redirect. A name is looked up once for each
//! connection, all that it leads to is judged, and the connection goes to exactly those addresses: what a name leads to a
//! moment later is never asked. Nothing goes along that says who asks: no cookie, no referrer, no proxy of this machine.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::{Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response};
use url::{Host, Url};

/// Who asks.
const USER_AGENT: &str = "Harmony (link preview)";
/// What is asked for first. Other types may come; whether they are read is for [`Wants`] to say.
const ACCEPTED: &str = "text/html,application/xhtml+xml,image/*;q=0.8,*/*;q=0.1";
/// The ports of the web. Behind others stand services that trust whoever reaches them.
const PORTS: [u16; 2] = [80, 443];
/// Times that a server may send on to elsewhere: from http to https, to the host with www, to the page.
const REDIRECTS: usize = 3;
/// How long all of it may take, redirects and the body included.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ranges that are not of the public internet (IANA, IPv4 Special-Purpose Address Registry), and all that was used to
/// reach several.
const CLOSED_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),       // this host and this network
    v4([10, 0, 0, 0], 8),      // private
    v4([100, 64, 0, 0], 10),   // behind a provider's translation
    v4([127, 0, 0, 0], 8),     // loopback
    v4([169, 254, 0, 0], 16),  // link-local, with the metadata of clouds
    v4([172, 16, 0, 0], 12),   // private
    v4([192, 0, 0, 0], 24),    // protocol assignments
    v4([192, 0, 2, 0], 24),    // documentation
    v4([192, 88, 99, 0], 24),  // relays from 6to4
    v4([192, 168, 0, 0], 16),  // private
    v4([198, 18, 0, 0], 15),   // benchmarks
    v4([198, 51, 100, 0], 24), // documentation
    v4([203, 0, 113, 0], 24),  // documentation
    v4([224, 0, 0, 0], 4),     // multicast
    v4([240, 0, 0, 0], 4),     // reserved, and broadcast at its end
];
/// All that was ever given out of IPv6 to the public internet. Outside of it: loopback, IPv4 in its disguises (mapped,
/// compatible, NAT64), discard, segment routing, unique local, link-local, site-local, multicast.
const OPEN_V6: Ipv6Net = v6([0x2000, 0], 3);
/// What is closed within it.
const CLOSED_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0], 23),     // protocol assignments: Teredo, ORCHID, benchmarks
    v6([0x2001, 0xdb8], 32), // documentation
    v6([0x2002, 0], 16),     // 6to4, which holds an IPv4 address
    v6([0x3fff, 0], 20),     // documentation
];

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([a, b]: [u16; 2], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length)
}

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    // `::ffff:127.0.0.1` is 127.0.0.1.
    match address.to_canonical() {
        IpAddr::V4(address) => !CLOSED_V4.iter().any(|closed| closed.contains(&address)),
        IpAddr::V6(address) => {
            OPEN_V6.contains(&address) && !CLOSED_V6.iter().any(|closed| closed.contains(&address))
        }
    }
}

/// What a host's name leads to, asked of whoever knows.
pub type Names =
    Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> + Send + Sync>;

/// Asks the system.
fn system_names() -> Names {
    Arc::new(|host| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// What may be asked, and how long an answer may take.
#[derive(Clone)]
pub struct Rules {
    /// What names lead to.
    pub names: Names,
    /// Ports that may be asked.
    pub ports: Vec<u16>,
    /// Addresses that are let through although they are not public. No setting leads here: it is for tests, whose servers
    /// are on this machine.
    pub exempt: Vec<IpAddr>,
    /// How long all of it may take.
    pub patience: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self { names: system_names(), ports: PORTS.to_vec(), exempt: Vec::new(), patience: PATIENCE }
    }
}

impl Rules {
    fn allow(&self, address: IpAddr) -> bool {
        is_public(address) || self.exempt.contains(&address)
    }

    /// Whether an address may be asked, as far as it tells by itself. What its name leads to is judged when it is looked up.
    fn judge(&self, url: &Url) -> Result<(), Fault> {
        let is_of_the_web = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.port_or_known_default().is_some_and(|port| self.ports.contains(&port));
        let may = is_of_the_web
            && match url.host() {
                Some(Host::Domain(name)) => !name.is_empty(),
                Some(Host::Ipv4(address)) => self.allow(address.into()),
                Some(Host::Ipv6(address)) => self.allow(address.into()),
                None => false,
            };
        if may { Ok(()) } else { Err(Fault::Refused) }
    }
}

/// Looks names up and judges all they lead to: one address that is not public closes the name.
struct Judged(Rules);

impl Resolve for Judged {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.0.clone();
        Box::pin(async move {
            let found = (rules.names)(name.as_str().to_owned()).await?;
            if found.is_empty() || !found.iter().all(|address| rules.allow(*address)) {
                return Err(Closed.into());
            }
            // The port is taken from the address that is asked.
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

/// A name that leads to what is not public.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that is not public")]
struct Closed;

/// How much is wanted of an answer of some type, in bytes as they are when they are unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// Nothing.
    Nothing,
    /// Its beginning; what follows is not read.
    Beginning(usize),
    /// All of it; not when it is more than this.
    Whole(usize),
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Who answered in the end.
    pub url: Url,
    /// What it says it is, with its parameters.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It may not be asked, or does not have what is wanted. It will not another time either.
    #[error("not to be asked, or not what is wanted")]
    Refused,
    /// It did not answer in time or broke off. It may another time.
    #[error("no answer in time")]
    Failed,
}

/// A handle for requests; cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Inner>);

struct Inner {
    rules: Rules,
    /// Made when it is needed first: reading the certificates of the authorities takes time and memory.
    client: OnceLock<Option<Client>>,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outbound")
    }
}

impl Default for Outbound {
    fn default() -> Self {
        Self::new(Rules::default())
    }
}

impl Outbound {
    /// Requests by these rules.
    pub fn new(rules: Rules) -> Self {
        Self(Arc::new(Inner { rules, client: OnceLock::new() }))
    }

    /// Asks for what is at an address, as much of it as is wanted of its type (in small letters, without parameters).
    ///
    /// # Errors
    /// See [`Fault`].
    pub async fn fetch(&self, url: Url, wants: impl Fn(&str) -> Wants) -> Result<Answer, Fault> {
        let asked = tokio::time::timeout(self.0.rules.patience, self.follow(url, wants));
        asked.await.unwrap_or(Err(Fault::Failed))
    }

    async fn follow(&self, mut url: Url, wants: impl Fn(&str) -> Wants) -> Result<Answer, Fault> {
        for _ in 0..=REDIRECTS {
            self.0.rules.judge(&url)?;
            let request = self.client().ok_or(Fault::Failed)?.get(url.clone()).header(ACCEPT, ACCEPTED);
            let response = request.send().await.map_err(fault)?;
            let status = response.status();
            if !status.is_redirection() {
                return match status.as_u16() {
                    200 => read(url, response, wants).await,
                    // Those who may answer another time.
                    408 | 429 | 500.. => Err(Fault::Failed),
                    _ => Err(Fault::Refused),
                };
            }
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            url = to.and_then(|to| url.join(to).ok()).ok_or(Fault::Refused)?;
        }
        Err(Fault::Refused)
    }

    fn client(&self) -> Option<&Client> {
        let make = || {
            let client = Client::builder()
                .user_agent(USER_AGENT)
                .no_proxy()
                .referer(false)
                .redirect(reqwest::redirect::Policy::none())
                // A connection is judged when it is made, and used once.
                .pool_max_idle_per_host(0)
                .dns_resolver(Arc::new(Judged(self.0.rules.clone())));
            client.build().inspect_err(|error| tracing::error!(%error, "links cannot be looked at")).ok()
        };
        self.0.client.get_or_init(make).as_ref()
    }
}

/// Reads a body as far as it is wanted. It is unpacked piece by piece, and what is counted is what comes out.
async fn read(url: Url, mut response: Response, wants: impl Fn(&str) -> Wants) -> Result<Answer, Fault> {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let (most, is_whole) = match wants(essence) {
        Wants::Nothing => return Err(Fault::Refused),
        Wants::Beginning(most) => (most, false),
        Wants::Whole(most) => (most, true),
    };
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(fault)? {
        let room = most - body.len();
        if piece.len() > room {
            if is_whole {
                return Err(Fault::Refused);
            }
            body.extend_from_slice(&piece[..room]);
            break;
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer { url, content_type, body })
}

fn fault(error: reqwest::Error) -> Fault {
    tracing::debug!(%error, "no answer from outside");
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(inner) = cause {
        if inner.is::<Closed>() {
            return Fault::Refused;
        }
        cause = inner.source();
    }
    Fault::Failed
}
