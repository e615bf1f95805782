//! Holds `docs/PROTOCOL.md` to what is true: every frame, event, error, close code and endpoint is described there,
//! every example is exactly what this version says, and nothing is described that does not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use protocol::Error;
use protocol::event::Event;
use protocol::frame::{ClientFrame, CloseCode, ServerFrame};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The tags of an enum, as serde itself lists them when it is asked for one that does not exist. No list to keep.
fn tags<T: DeserializeOwned>(key: &str) -> BTreeSet<String> {
    let question = format!(r#"{{"{key}":"no such thing"}}"#);
    let Err(complaint) = serde_json::from_str::<T>(&question) else { panic!("{question} was understood") };
    let complaint = complaint.to_string();
    let (_, list) = complaint.split_once("expected ").expect("serde lists what it expected");
    let tags: BTreeSet<String> = list.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(tags.len() > 1, "{complaint}");
    tags
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/PROTOCOL.md");
    std::fs::read_to_string(path).unwrap()
}

/// All values in the page's JSON blocks, as they are written: the tag comes first, and a [`Value`] may not keep that.
fn examples(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for block in page.split("```json\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let (mut values, mut from) = (serde_json::Deserializer::from_str(block).into_iter::<Value>(), 0);
        while let Some(value) = values.next() {
            value.expect("an example is no JSON");
            found.push(block[from..values.byte_offset()].trim());
            from = values.byte_offset();
        }
    }
    found
}

/// Whether the example is what this version would say: nothing missing, nothing that it ignores.
fn is_exact<T: DeserializeOwned + Serialize>(example: &str) -> Result<(), String> {
    let read = |error| format!("{example}: {error}");
    let parsed: T = serde_json::from_str(example).map_err(read)?;
    let shown: Value = serde_json::from_str(example).map_err(read)?;
    let again = serde_json::to_value(parsed).map_err(|error| error.to_string())?;
    if again == shown { Ok(()) } else { Err(format!("{example} would be said as {again}")) }
}

/// The frames a page shows by op, and in an event frame also the event.
fn faults_of_examples(page: &str) -> Vec<String> {
    let (client, server) = (tags::<ClientFrame>("op"), tags::<ServerFrame>("op"));
    let mut shown: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut faults = Vec::new();
    for example in examples(page) {
        let value: Value = serde_json::from_str(example).expect("it was read before");
        let tag = |key| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let verdict = if let Some(op) = tag("op") {
            // `typing` goes both ways; what it holds tells which.
            let from_client = is_exact::<ClientFrame>(example);
            let from_server = is_exact::<ServerFrame>(example);
            if from_client.is_ok() {
                shown.entry("client").or_default().insert(op);
                Ok(())
            } else {
                shown.entry("server").or_default().insert(op);
                from_server
            }
        } else if let Some(kind) = tag("kind") {
            shown.entry("event").or_default().insert(kind);
            is_exact::<Event>(example)
        } else {
            is_exact::<Error>(example)
        };
        faults.extend(verdict.err());
    }
    for (what, wanted) in [("client", client), ("server", server), ("event", tags::<Event>("kind"))] {
        let missing = wanted
            .difference(shown.entry(what).or_default())
            .map(|tag| format!("no example of {what} {tag}"));
        faults.extend(missing);
    }
    faults
}

/// What is not in any table or text of the page, in backticks.
fn faults_of_words(page: &str) -> Vec<String> {
    let codes = (0..=u16::MAX).filter_map(CloseCode::from_number).map(|code| code.number().to_string());
    let words = tags::<Event>("kind").into_iter().chain(tags::<Error>("code")).chain(codes);
    words
        .filter(|word| !page.contains(&format!("| `{word}` |")))
        .map(|word| format!("no row for {word}"))
        .collect()
}

/// The endpoints of the server functions, read from their source.
fn endpoints() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/api");
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        // The attribute of a function begins its line; that of an argument never does.
        let functions = text.lines().filter(|line| line.starts_with("#[server")).count();
        let endpoints: Vec<&str> =
            text.split("endpoint = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(functions, endpoints.len(), "a server function without an endpoint of its own");
        found.extend(endpoints.into_iter().map(|endpoint| format!("/api/{endpoint}")));
    }
    found
}

fn faults_of_endpoints(page: &str, real: &BTreeSet<String>) -> Vec<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `/api/"));
    let written: BTreeSet<String> =
        rows.filter_map(|row| row.split('`').next()).map(|path| format!("/api/{path}")).collect();
    let missing = real.difference(&written).map(|path| format!("{path} is not described"));
    missing.chain(written.difference(real).map(|path| format!("{path} does not exist"))).collect()
}

#[test]
fn every_frame_and_event_has_an_example_that_is_true() {
    assert_eq!(faults_of_examples(&page()), Vec::<String>::new());
}

#[test]
fn every_event_error_and_close_code_is_described() {
    assert_eq!(faults_of_words(&page()), Vec::<String>::new());
}

#[test]
fn every_endpoint_is_described_and_no_other() {
    let real = endpoints();
    assert!(real.len() > 30, "{real:?}");
    assert_eq!(faults_of_endpoints(&page(), &real), Vec::<String>::new());
    let routes = [
        "GET /gateway",
        "GET /healthz",
        "POST /api/attachments/upload",
        "GET /files/{id}/",
        "GET /previews/{id}",
    ];
    for route in routes {
        assert!(page().contains(&format!("`{route}")), "{route}");
    }
}

#[test]
fn a_page_with_a_fault_does_not_pass() {
    let page = page();
    let faults = |from: &str, to: &str| {
        assert!(page.contains(from), "{from}");
        let faulty = page.replace(from, to);
        let mut faults = faults_of_examples(&faulty);
        faults.extend(faults_of_words(&faulty));
        faults.extend(faults_of_endpoints(&faulty, &endpoints()));
        faults.join("\n")
    };
    assert!(faults(r#"{"op":"live"}"#, "").contains("no example of server live"));
    assert!(faults(r#"{"op":"ping","n":7}"#, "").contains("no example of client ping"));
    assert!(faults(r#"{"kind":"devices_changed"}"#, "").contains("no example of event devices_changed"));
    assert!(
        faults(r#""heartbeat_ms":30000"#, r#""heartbeat":30"#).contains("heartbeat_ms"),
        "a field was renamed"
    );
    assert!(
        faults(r#"{"op":"live"}"#, r#"{"op":"live","since":1}"#).contains("would be said as"),
        "a field is invented"
    );
    assert!(faults("| `4009` |", "| 4009 |").contains("no row for 4009"));
    assert!(faults("| `busy` |", "| busy |").contains("no row for busy"));
    assert!(
        faults("| `/api/dms/open` |", "| `/api/dms/opened` |").contains("/api/dms/open is not described")
    );
    assert!(
        faults("| `/api/dms/open` |", "| `/api/dms/opened` |").contains("/api/dms/opened does not exist")
    );
}
