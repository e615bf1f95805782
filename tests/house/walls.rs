//! Which room may name which, and which crates stay behind which wall.

use crate::source::{Code, File, Finding, paths};

/// A room, and the rooms it may name beside itself. What is not listed is a wall.
type Room = (&'static str, &'static [&'static str]);

/// Crates hold the big walls by themselves; this holds those inside `backend` and inside the root package.
const ROOMS: &[Room] = &[
    // What both sides say stands on nothing.
    ("protocol", &[]),
    // The backend, from the ground up.
    ("backend::config", &[]),
    ("backend::telemetry", &["backend::config"]),
    // Knows files and nothing of who may have them.
    ("backend::media", &["protocol", "backend::config"]),
    ("backend::store", &["protocol"]),
    ("backend::hub", &["protocol"]),
    ("backend::bus", &["protocol"]),
    // Rates count by the address that `auth::peer` finds out.
    ("backend::rate", &["protocol", "backend::config", "backend::auth"]),
    ("backend::auth", &["protocol", "backend::config", "backend::state", "backend::store"]),
    // The only one between store, hub and bus: neither of them knows another.
    // It says what was said also to `indexing`, which sees it nowhere else.
    (
        "backend::delivery",
        &[
            "protocol",
            "backend::store",
            "backend::hub",
            "backend::bus",
            "backend::indexing",
            "backend::state",
        ],
    ),
    ("backend::indexing", &["protocol", "backend::state", "backend::store"]),
    // What is asked of strangers knows nothing of who wants it.
    ("backend::outbound", &[]),
    (
        "backend::previews",
        &["protocol", "backend::media", "backend::outbound", "backend::state", "backend::store"],
    ),
    ("backend::queue", &["protocol", "backend::previews", "backend::state", "backend::store"]),
    // A deletion asks `jobs` to begin its clean-up.
    (
        "backend::actions",
        &[
            "protocol",
            "backend::auth",
            "backend::bus",
            "backend::config",
            "backend::hub",
            "backend::jobs",
            "backend::media",
            "backend::state",
            "backend::store",
        ],
    ),
    ("backend::jobs", &["protocol", "backend::auth", "backend::media", "backend::state", "backend::store"]),
    // Never the store: what a socket may hear is decided by actions.
    (
        "backend::gateway",
        &[
            "protocol",
            "backend::actions",
            "backend::auth",
            "backend::config",
            "backend::hub",
            "backend::state",
        ],
    ),
    // State puts the parts together, so it names them all; nobody reaches another room through it in secret,
    // since naming a type of that room still needs the wall open.
    (
        "backend::state",
        &[
            "backend::auth",
            "backend::bus",
            "backend::config",
            "backend::delivery",
            "backend::hub",
            "backend::indexing",
            "backend::jobs",
            "backend::media",
            "backend::previews",
            "backend::queue",
            "backend::rate",
            "backend::store",
        ],
    ),
    // Files are no server functions: their bodies are streams.
    (
        "backend::router",
        &[
            "protocol",
            "backend::actions",
            "backend::auth",
            "backend::config",
            "backend::gateway",
            "backend::media",
            "backend::state",
        ],
    ),
    // Knows of requests only that they come from an address.
    ("backend::listen", &["backend::auth"]),
    // The root package.
    ("api", &["protocol", "backend"]),
    // Serving puts what takes plain forms around the pages.
    ("command", &["protocol", "backend", "api", "app"]),
    ("browser", &["protocol"]),
    ("app", &["api", "protocol", "app::view"]),
    ("app::words", &["protocol"]),
    // A macro, for all that is seen.
    ("app::view", &[]),
    // Props in, callbacks out. Some props are entities.
    ("app::controls", &["protocol", "browser", "app::view"]),
    ("app::store", &["protocol", "browser"]),
    ("app::shell", &["protocol", "api", "app", "app::words", "app::view"]),
    // A form that was refused tells its fields what was typed.
    ("app::form", &["protocol", "api", "browser", "app::controls", "app::view"]),
    // What does not arrive is told on a page.
    ("app::later", &["app::controls", "app::pages", "app::view"]),
    ("app::pages", SCREEN),
    ("app::settings", SCREEN),
    ("app::chat", SCREEN),
    // Tools and rigs are outside the house.
    ("rig", &["protocol", "backend"]),
    ("load", &["protocol"]),
    ("xtask", &[]),
];

/// What a screen is made of. Screens link to one another.
const SCREEN: &[&str] = &[
    "protocol",
    "api",
    "browser",
    "app::chat",
    "app::controls",
    "app::form",
    "app::later",
    "app::pages",
    "app::settings",
    "app::shell",
    "app::store",
    "app::view",
    "app::words",
];

/// Crates of others that only some rooms may name.
const FENCES: &[(&str, &[&str])] = &[
    // Whoever asks a stranger for something does it through the guard.
    ("reqwest", &["backend::outbound"]),
    ("sqlx", &["backend::store", "rig"]),
    ("argon2", &["backend::auth"]),
    ("image", &["backend::media"]),
    ("html5gum", &["backend::previews"]),
    ("fast_image_resize", &["backend::media"]),
    ("infer", &["backend::media"]),
    ("axum::extract::ws", &["backend::gateway", "backend::hub"]),
    ("web_sys", BROWSER),
    ("js_sys", BROWSER),
    ("gloo_net", BROWSER),
    ("wasm_bindgen", BROWSER),
    ("wasm_bindgen_futures", BROWSER),
    ("leptos::web_sys", BROWSER),
    ("leptos::wasm_bindgen", BROWSER),
    ("leptos::server_fn::codec", &["api"]),
];

/// The crate root is on the list for `hydrate` alone, which has to show a crash without the framework.
const BROWSER: &[&str] = &["browser", "the root"];

/// What `protocol` may not name: no I/O, no clock, so that it is the same on both sides and in every test.
const OUTSIDE_WORLD: &[&str] =
    &["std::env", "std::fs", "std::io", "std::net", "std::process", "std::thread", "std::time", "tokio"];

/// Names the backend's root hands on, and the rooms they are from.
const FRONT_DOOR: &[(&str, &str)] = &[("Actor", "auth"), ("AppState", "state"), ("Config", "config")];

/// Names of rooms behind a wall.
pub(crate) fn walls(file: &File) -> Vec<Finding> {
    // Integration tests and examples are outside the house.
    if !file.is_rust() || !(file.path.starts_with("src/") || file.path.contains("/src/")) {
        return Vec::new();
    }
    let module = module_of(&file.path);
    let room = room_of(&module);
    let Some((_, open)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return match room.as_str() {
            "the root" | "backend" => fences(file, &room),
            _ => vec![file.finding(1, format!("{room} is a room without walls: add it to the table"))],
        };
    };
    let is_open = |target: &str| {
        let inside = |room: &str| target == room || target.starts_with(&format!("{room}::"));
        inside(&room) || open.iter().any(|room| inside(room))
    };
    let mut found = fences(file, &room);
    for (line, path) in paths(&Code::of(&file.text).without_tests()) {
        if let Some(target) = target_of(&module, &path).filter(|target| !is_open(target)) {
            found.push(file.finding(line, format!("{room} may not name {target} ({})", path.join("::"))));
        }
    }
    found
}

fn fences(file: &File, room: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (line, path) in paths(&Code::of(&file.text).without_tests()) {
        let path = path.join("::");
        let is_below = |fence: &str| path == fence || path.starts_with(&format!("{fence}::"));
        let fenced = FENCES.iter().find(|(fence, rooms)| is_below(fence) && !rooms.contains(&room));
        if fenced.is_some()
            || (room == "protocol" && !file.is_test && OUTSIDE_WORLD.iter().any(|world| is_below(world)))
        {
            found.push(file.finding(line, format!("{room} may not name {path}")));
        }
    }
    found
}

/// The module a file holds, with its crate first; the root package is `harmony`.
fn module_of(path: &str) -> Vec<String> {
    let (owner, inside) = match path.strip_prefix("crates/").and_then(|path| path.split_once("/src/")) {
        Some(split) => split,
        None => match path.split_once("src/") {
            Some(("xtask/", inside)) => ("xtask", inside),
            Some((_, inside)) => ("harmony", inside),
            None => ("harmony", path),
        },
    };
    let names = inside.trim_end_matches(".rs").split('/').filter(|name| !matches!(*name, "lib" | "main"));
    std::iter::once(owner).chain(names).map(str::to_owned).collect()
}

/// The room a module is in: `backend::store`, `app::pages`, `api`, `protocol`, …
fn room_of(module: &[String]) -> String {
    let names: Vec<&str> = module.iter().map(String::as_str).collect();
    match names[..] {
        ["backend", room, ..] => format!("backend::{room}"),
        ["harmony", "app", room, ..] if is_room(&format!("app::{room}")) => format!("app::{room}"),
        ["harmony", room, ..] => room.to_owned(),
        ["harmony"] => "the root".to_owned(),
        [owner, ..] => owner.to_owned(),
        [] => String::new(),
    }
}

fn is_room(name: &str) -> bool {
    ROOMS.iter().any(|(room, _)| *room == name)
}

/// The room a path leads to; none when it leads out of the house.
fn target_of(module: &[String], path: &[String]) -> Option<String> {
    let (mut place, rest) = match path.first()?.as_str() {
        "crate" => (module[..1].to_vec(), &path[1..]),
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            (module[..module.len().saturating_sub(ups)].to_vec(), &path[ups..])
        }
        "backend" | "harmony" | "load" | "protocol" | "rig" | "xtask" => (Vec::new(), path),
        _ => return None,
    };
    place.extend(rest.iter().cloned());
    if let [owner, name, ..] = &mut place[..]
        && owner == "backend"
        && let Some((_, room)) = FRONT_DOOR.iter().find(|(door, _)| *door == name.as_str())
    {
        *name = (*room).to_owned();
    }
    match &place[..] {
        [owner, name, ..] if owner == "backend" && !is_room(&format!("backend::{name}")) => None,
        [owner] if owner == "harmony" || owner == "backend" => None,
        _ => Some(room_of(&place)),
    }
}

/// Manifests that let in what a wall keeps out.
pub(crate) fn manifests(file: &File) -> Vec<Finding> {
    let allowed: &dyn Fn(&str) -> bool = match file.path.as_str() {
        "crates/protocol/Cargo.toml" => &|name| matches!(name, "serde" | "thiserror"),
        "crates/backend/Cargo.toml" => &|name| !name.starts_with("leptos") && name != "harmony",
        "xtask/Cargo.toml" => &|_| false,
        _ => return Vec::new(),
    };
    let section = file.text.lines().enumerate().skip_while(|(_, line)| *line != "[dependencies]").skip(1);
    let entries =
        section.take_while(|(_, line)| !line.starts_with('[')).filter(|(_, line)| line.contains('='));
    entries
        .filter_map(|(at, line)| Some((at + 1, line.split(['.', ' ', '=']).next()?)))
        .filter(|(_, name)| !name.starts_with('#') && !allowed(name))
        .map(|(line, name)| file.finding(line, format!("{name} does not belong here")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{manifests, walls};
    use crate::source::File;

    fn findings(path: &str, text: &str) -> usize {
        walls(&File::sample(path, text)).len()
    }

    #[test]
    fn a_name_from_behind_a_wall_is_found_however_it_is_written() {
        let store = "crates/backend/src/store/messages.rs";
        assert_eq!(findings(store, "use crate::actions::messages;"), 1);
        assert_eq!(findings(store, "use super::super::hub::Hub;"), 1);
        assert_eq!(findings(store, "use crate::{hub, store, actions as a};"), 2);
        assert_eq!(findings(store, "fn f(x: crate::AppState) {}"), 1);
        assert_eq!(findings(store, "// crate::actions\nuse crate::store::tx; use super::Tx;"), 0);
        assert_eq!(findings("crates/backend/src/gateway/live.rs", "use crate::store::streams;"), 1);
        assert_eq!(findings("src/api/dms.rs", "use crate::app::words;"), 1);
        assert_eq!(
            findings("src/app/controls/menu.rs", "use crate::api::dms; use crate::app::store::Store;"),
            2
        );
        assert_eq!(findings("src/app/store/sync.rs", "use super::super::pages::Front;"), 1);
        assert_eq!(findings("src/app/store/sync.rs", "use crate::api::pages;"), 1);
    }

    #[test]
    fn a_crate_behind_a_fence_is_found() {
        assert_eq!(findings("crates/backend/src/actions/dms.rs", "sqlx::query(sql)"), 1);
        assert_eq!(findings("src/app/chat/composer.rs", "use leptos::web_sys::Element;"), 1);
        assert_eq!(findings("src/app/store.rs", "use gloo_net::websocket;"), 1);
        assert_eq!(
            findings("src/browser/socket.rs", "use gloo_net::websocket; use leptos::web_sys::Element;"),
            0
        );
        assert_eq!(findings("crates/protocol/src/id.rs", "use std::time::SystemTime;"), 1);
    }

    #[test]
    fn a_room_nobody_gave_walls_is_found() {
        assert_eq!(findings("crates/backend/src/voice.rs", ""), 1);
        assert_eq!(findings("src/voice.rs", ""), 1);
    }

    #[test]
    fn a_dependency_that_opens_a_wall_is_found() {
        let manifest =
            "[package]\nname = \"x\"\n[dependencies]\nserde.workspace = true\ntokio = \"1\"\n[lints]\na = 1";
        let found = manifests(&File::sample("crates/protocol/Cargo.toml", manifest));
        assert_eq!(found.len(), 1, "tokio alone");
        let manifest = "[dependencies]\nleptos_axum.workspace = true\n";
        assert_eq!(manifests(&File::sample("crates/backend/Cargo.toml", manifest)).len(), 1);
    }
}
