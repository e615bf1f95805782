//! The guard around requests to strangers: whatever address is named, nothing of this machine's network is asked.

use std::io::Write;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backend::outbound::{Answer, Fault, Names, Outbound, Rules, Wants, is_public};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::web::{HERE, Web, answer, page, read_head, redirect, with_headers};

/// Addresses that are not of the public internet, by theme. Each is tried by itself, and as what a name leads to.
const CLOSED: &[&str] = &[
    // This host and its network.
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    // Loopback.
    "127.0.0.1",
    "127.0.0.2",
    "127.1.2.3",
    "127.255.255.255",
    "::1",
    "::",
    // Private.
    "10.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.0",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "fc00::1",
    "fd00:ec2::254",
    "fdff:ffff::1",
    // Behind a provider's translation.
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    // Link-local, with the metadata of clouds.
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "feff::1",
    // Protocols, documentation, benchmarks.
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "2001:db8::1",
    "2001:2::1",
    "3fff::1",
    "3fff:fff::1",
    "5f00::1",
    "100::1",
    "100:0:0:1::1",
    // Multicast, reserved, broadcast.
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.254",
    "255.255.255.255",
    "ff02::1",
    "ff0e::1",
    // IPv4 in disguise: mapped, compatible, NAT64, 6to4, Teredo.
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001::1",
    "2001:0:7f00:1::",
];

/// Those next to them, which are public.
const OPEN: &[&str] = &[
    "1.0.0.0",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "2001:200::1",
    "2003::1",
    "2606:4700::1111",
];

/// Ways to write this machine's addresses, and addresses that are none of the web. `PORT` is where a canary listens.
const WRITTEN: &[&str] = &[
    // Numbers of every kind.
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.1:PORT/",
    "http://017700000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0177.0x0.0.01:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://0:PORT/",
    "http://0x0:PORT/",
    "http://00000:PORT/",
    "http://0.0:PORT/",
    "http://0x7F.0.0.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://2130706433.:PORT/",
    "http://0x7f000001.:PORT/",
    "http://127.65535:PORT/",
    // Digits and dots of other scripts.
    "http://①②⑦.⓪.⓪.①:PORT/",
    "http://127。0。0。1:PORT/",
    "http://127．0．0．1:PORT/",
    "http://127｡0｡0｡1:PORT/",
    "http://１２７.０.０.１:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://127%2e0%2e0%2e1:PORT/",
    "http://ⓛocalhost:PORT/",
    // IPv6.
    "http://[::1]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[::]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[0:0:0:0:0:ffff:7f00:1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[fe80::1]:PORT/",
    "http://[::1%25lo]:PORT/",
    // Names that lead here: the resolver of this test says 127.0.0.1 for all of them.
    "http://localhost:PORT/",
    "http://LOCALHOST:PORT/",
    "http://localhost.:PORT/",
    "http://a.localhost:PORT/",
    "http://localhost.localdomain:PORT/",
    "http://127.0.0.1.nip.example:PORT/",
    "http://metadata.google.internal:PORT/",
    "http://printer.local:PORT/",
    "http://intranet:PORT/",
    "http://xn--lcalhost-54a:PORT/",
    "http://a_b.example:PORT/",
    // Somebody before the host, or what reads like a host.
    "http://user@public.example:PORT/",
    "http://user:pass@public.example:PORT/",
    "http://public.example@127.0.0.1:PORT/",
    "http://public.example:80@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#@public.example/",
    "http://127.0.0.1:PORT\\@public.example/",
    "http://@127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
    // Other schemes.
    "ftp://127.0.0.1:PORT/",
    "gopher://127.0.0.1:PORT/_GET",
    "file:///etc/passwd",
    "ws://127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/",
];

/// Whoever connects is counted and answered, on all addresses of this machine.
struct Canary {
    port: u16,
    caught: Arc<AtomicUsize>,
}

impl Canary {
    async fn start() -> Self {
        // Of both families where there are both.
        let listener = match TcpListener::bind("[::]:0").await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind("0.0.0.0:0").await.unwrap(),
        };
        let port = listener.local_addr().unwrap().port();
        let caught = Arc::new(AtomicUsize::new(0));
        let count = caught.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                read_head(&mut stream).await;
                let _ = stream.write_all(&page("<title>caught</title>")).await;
            }
        });
        Self { port, caught }
    }

    /// How many came before this question, which comes in last itself.
    async fn caught(&self) -> usize {
        let rules = Rules { exempt: vec![HERE], ..self.rules(HERE) };
        fetch(&rules, &format!("http://127.0.0.1:{}/", self.port))
            .await
            .expect("the canary answers whoever reaches it");
        self.caught.swap(0, Ordering::SeqCst) - 1
    }

    /// The rules of an instance, for which the canary's port is the web's, and every name leads to an address.
    fn rules(&self, address: IpAddr) -> Rules {
        let names: Names = Arc::new(move |_| Box::pin(async move { Ok(vec![address]) }));
        Rules { names, ports: vec![self.port], patience: Duration::from_secs(5), ..Rules::default() }
    }
}

async fn fetch(rules: &Rules, url: &str) -> Result<Answer, Fault> {
    fetch_some(rules, url, Wants::Beginning(1024)).await
}

async fn fetch_some(rules: &Rules, url: &str, wants: Wants) -> Result<Answer, Fault> {
    let url = url::Url::parse(url).map_err(|_| Fault::Refused)?;
    Outbound::new(rules.clone()).fetch(url, |_| wants).await
}

fn literal(address: &str, port: u16) -> String {
    match address.parse().unwrap() {
        IpAddr::V4(address) => format!("http://{address}:{port}/"),
        IpAddr::V6(address) => format!("http://[{address}]:{port}/"),
    }
}

/// Another address of this machine than its loopback, where there is one. Nothing is sent for this.
fn outer_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|address| !address.is_loopback())
}

#[test]
fn public_is_what_is_in_no_closed_range() {
    for &address in CLOSED {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for &address in OPEN {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

#[tokio::test]
async fn no_address_near_this_machine_is_asked_however_it_is_written_or_named() {
    let canary = Canary::start().await;
    let mut vectors = 0;
    for &address in CLOSED {
        let rules = canary.rules(address.parse().unwrap());
        for url in [literal(address, canary.port), format!("http://name.example:{}/", canary.port)] {
            assert_eq!(fetch(&rules, &url).await, Err(Fault::Refused), "{url} for {address}");
            vectors += 1;
        }
    }
    for &url in WRITTEN {
        let url = url.replace("PORT", &canary.port.to_string());
        assert_eq!(fetch(&canary.rules(HERE), &url).await, Err(Fault::Refused), "{url}");
        vectors += 1;
    }
    if let Some(address) = outer_address().filter(|address| !is_public(*address)) {
        let url = literal(&address.to_string(), canary.port);
        assert_eq!(fetch(&canary.rules(address), &url).await, Err(Fault::Refused), "{url}");
    }
    assert!(vectors >= 100, "{vectors}");
    assert_eq!(canary.caught().await, 0, "somebody reached the canary");
}

#[tokio::test]
async fn a_canary_catches_those_whom_no_guard_holds() {
    let canary = Canary::start().await;
    let open = Rules {
        exempt: vec![HERE, "::1".parse().unwrap(), "0.0.0.0".parse().unwrap()],
        ..canary.rules(HERE)
    };
    let mut reached = 0;
    for &url in WRITTEN {
        reached += usize::from(fetch(&open, &url.replace("PORT", &canary.port.to_string())).await.is_ok());
    }
    assert!(reached > 25, "these are ways to get there: {reached}");
    assert!(canary.caught().await >= reached);
}

#[tokio::test]
async fn only_the_ports_of_the_web_are_asked() {
    let public: IpAddr = "8.8.8.8".parse().unwrap();
    let names: Names =
        Arc::new(move |_| Box::pin(async move { panic!("nothing is looked up for it: {public}") }));
    let rules = Rules { names, ..Rules::default() };
    for port in [0, 21, 22, 25, 79, 81, 3000, 5432, 6379, 8080, 8443, 65535] {
        for url in [format!("http://public.example:{port}/"), format!("https://8.8.8.8:{port}/")] {
            assert_eq!(fetch(&rules, &url).await, Err(Fault::Refused), "{url}");
        }
    }
}

#[tokio::test]
async fn a_name_that_leads_to_public_and_private_addresses_is_closed() {
    let canary = Canary::start().await;
    for addresses in [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["::ffff:8.8.8.8", "::1"]] {
        let addresses = addresses.map(|address| address.parse::<IpAddr>().unwrap());
        let names: Names = Arc::new(move |_| Box::pin(async move { Ok(addresses.to_vec()) }));
        let rules = Rules { names, ..canary.rules(HERE) };
        let url = format!("http://both.example:{}/", canary.port);
        assert_eq!(fetch(&rules, &url).await, Err(Fault::Refused));
    }
    let nothing: Names = Arc::new(|_| Box::pin(async { Ok(Vec::new()) }));
    let rules = Rules { names: nothing, ..canary.rules(HERE) };
    assert_eq!(fetch(&rules, &format!("http://nowhere.example:{}/", canary.port)).await, Err(Fault::Refused));
    assert_eq!(canary.caught().await, 0);
}

#[tokio::test]
async fn a_name_is_looked_up_once_for_each_connection_and_judged_each_time() {
    let canary = Canary::start().await;
    let web = Web::start(|_| redirect("/again")).await;
    // It leads to what may be asked at first, and to the canary from then on.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let names: Names = Arc::new(move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(async move { Ok(vec![if first { HERE } else { "127.0.0.2".parse().unwrap() }]) })
    });
    let rules = Rules { names, ports: vec![web.port, canary.port], ..web.rules() };
    assert_eq!(fetch(&rules, &web.url_at("rebind.example", "/")).await, Err(Fault::Refused));
    assert_eq!((web.paths(), asked.load(Ordering::SeqCst)), (vec!["/".to_owned()], 2));
    assert_eq!(canary.caught().await, 0);
}

#[tokio::test]
async fn every_redirect_is_judged_and_there_are_three() {
    let canary = Canary::start().await;
    let port = canary.port;
    let web = Web::start(move |path| match path {
        "/1" => redirect("/2"),
        "/2" => redirect("3"),
        "/3" => redirect("//page.example/end"),
        "/a" => redirect("/b"),
        "/b" => redirect("/c"),
        "/c" => redirect("/d"),
        "/d" => redirect("/end"),
        "/round" => redirect("/round"),
        "/private" => redirect(&format!("http://127.0.0.2:{port}/")),
        "/name" => redirect(&format!("http://canary.example:{port}/")),
        "/mapped" => redirect(&format!("http://[::ffff:127.0.0.2]:{port}/")),
        "/scheme" => redirect("file:///etc/passwd"),
        "/user" => redirect(&format!("http://a:b@canary.example:{port}/")),
        "/far" => redirect("/private"),
        "/nowhere" => with_headers("302 Found", "", ""),
        "/kept" => answer("304 Not Modified", "text/html", ""),
        "/end" => page("<title>end</title>"),
        _ => answer("404 Not Found", "text/html", "no"),
    })
    .await;
    let names: Names = Arc::new(|host| {
        let to = if host == "canary.example" { "127.0.0.2".parse().unwrap() } else { HERE };
        Box::pin(async move { Ok(vec![to]) })
    });
    let rules = Rules { names, ports: vec![web.port, port, 80], ..web.rules() };
    let found = fetch(&rules, &web.url("/b")).await.unwrap();
    assert_eq!((found.url.path(), found.body), ("/end", b"<title>end</title>".to_vec()));
    for closed in [
        "/a", "/round", "/private", "/name", "/mapped", "/scheme", "/user", "/far", "/nowhere", "/kept",
        "/missing",
    ] {
        assert_eq!(fetch(&rules, &web.url(closed)).await, Err(Fault::Refused), "{closed}");
    }
    assert_eq!(canary.caught().await, 0);
    let rounds = web.paths().iter().filter(|path| *path == "/round").count();
    assert_eq!(rounds, 4, "the first and three more");
    // The third redirect of this one leads to the port of http, where nobody is.
    assert_eq!(fetch(&rules, &web.url("/1")).await, Err(Fault::Failed));
}

#[tokio::test]
async fn who_asks_says_what_it_is_and_nothing_of_anybody() {
    let web = Web::start(|path| match path {
        "/" => with_headers("302 Found", "location: /end\r\nset-cookie: a=b; path=/\r\n", ""),
        _ => page("<title>end</title>"),
    })
    .await;
    fetch(&web.rules(), &web.url("/#secret")).await.unwrap();
    for head in web.heads() {
        let head = head.to_ascii_lowercase();
        assert!(head.contains("user-agent: harmony (link preview)\r\n"), "{head}");
        for word in ["cookie", "referer", "secret", "authorization", "forwarded", "via:"] {
            assert!(!head.contains(word), "{word}: {head}");
        }
    }
    assert_eq!(web.paths(), ["/", "/end"]);
}

fn packed(bytes: usize) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(&vec![b' '; bytes]).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn a_body_is_counted_as_it_is_when_it_is_unpacked() {
    let web = Web::start(|path| match path {
        "/packed" => {
            with_headers("200 OK", "content-type: text/html\r\ncontent-encoding: gzip\r\n", packed(2_000))
        }
        "/bomb" => with_headers(
            "200 OK",
            "content-type: text/html\r\ncontent-encoding: gzip\r\n",
            packed(50_000_000),
        ),
        "/cut" => {
            let mut cut = with_headers("200 OK", "content-type: text/html\r\n", vec![b'x'; 500]);
            cut.truncate(cut.len() - 100);
            cut
        }
        _ => answer("200 OK", "text/html", vec![b'x'; 2_000]),
    })
    .await;
    let rules = web.rules();
    let get = async |path: &str, wants| {
        fetch_some(&rules, &web.url(path), wants).await.map(|answer| answer.body.len())
    };
    assert_eq!(get("/packed", Wants::Whole(2_000)).await, Ok(2_000));
    assert_eq!(get("/packed", Wants::Whole(1_999)).await, Err(Fault::Refused));
    assert_eq!(get("/packed", Wants::Beginning(1_999)).await, Ok(1_999));
    assert_eq!(get("/bomb", Wants::Whole(100_000)).await, Err(Fault::Refused));
    assert_eq!(get("/bomb", Wants::Beginning(100_000)).await, Ok(100_000));
    assert_eq!(get("/plain", Wants::Whole(1_999)).await, Err(Fault::Refused));
    assert_eq!(get("/plain", Wants::Nothing).await, Err(Fault::Refused));
    assert_eq!(get("/cut", Wants::Whole(1_000)).await, Err(Fault::Failed));
}

#[tokio::test]
async fn a_server_that_never_ends_or_never_answers_is_left() {
    // The one sends a little for ever, the other takes a connection and says nothing.
    for talks in [true, false] {
        let listener = TcpListener::bind((HERE, 0)).await.unwrap();
        let SocketAddr::V4(address) = listener.local_addr().unwrap() else { panic!("asked for IPv4") };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n").await;
                    while talks && stream.write_all(b"more").await.is_ok() {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    std::future::pending::<()>().await;
                });
            }
        });
        let names: Names = Arc::new(|_| Box::pin(async { Ok(vec![HERE]) }));
        let patience = Duration::from_millis(200);
        let rules = Rules { names, ports: vec![address.port()], exempt: vec![HERE], patience };
        let url = format!("http://slow.example:{}/", address.port());
        assert_eq!(fetch_some(&rules, &url, Wants::Whole(1 << 20)).await, Err(Fault::Failed));
    }
}

#[tokio::test]
async fn what_may_answer_another_time_is_told_apart() {
    let web = Web::start(|path| answer(&format!("{} Some", &path[1..]), "text/html", "")).await;
    for (status, fault) in [
        (204, Fault::Refused),
        (401, Fault::Refused),
        (404, Fault::Refused),
        (410, Fault::Refused),
        (408, Fault::Failed),
        (429, Fault::Failed),
        (500, Fault::Failed),
        (503, Fault::Failed),
    ] {
        assert_eq!(fetch(&web.rules(), &web.url(&format!("/{status}"))).await, Err(fault), "{status}");
    }
}
