//! Files that somebody chose, and sending them while telling how far they are, which `fetch` cannot.

use std::cell::{Cell, RefCell};

use protocol::entity::Attachment;
use protocol::{ChannelId, Error, json};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    ClipboardEvent, DataTransfer, DragEvent, Event, File, FileList, HtmlInputElement, XmlHttpRequest,
};

/// A file that was chosen here. The page holds it until [`forget`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// What the page knows it by.
    pub key: u32,
    /// Its name, without a path.
    pub name: String,
    /// Its bytes.
    pub size: u64,
}

/// What becomes of a file on its way.
#[derive(Debug, Clone)]
pub enum Told {
    /// Hundredths of it that were sent.
    Sent(u8),
    /// What the backend says.
    Answered(Result<Attachment, Error>),
}

struct Held {
    key: u32,
    file: File,
    request: Option<(XmlHttpRequest, [Heard; 2])>,
}

/// Hears of a request until it is dropped.
type Heard = Closure<dyn FnMut(Event)>;

thread_local! {
    static HELD: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
    static NEXT_KEY: Cell<u32> = const { Cell::new(0) };
}

/// Takes the files out of an input, which can be used anew then.
pub fn taken(input: &HtmlInputElement) -> Vec<Chosen> {
    let chosen = input.files().map(|files| hold(&files)).unwrap_or_default();
    if !chosen.is_empty() {
        input.set_value("");
    }
    chosen
}

/// The files in what is dropped or pasted. Programs that copy text with a picture of it mean the text.
pub fn carried(event: &Event) -> Vec<Chosen> {
    let Some(carried) = transfer(event) else { return Vec::new() };
    if event.has_type::<ClipboardEvent>() && carried.get_data("text/plain").is_ok_and(|text| !text.is_empty())
    {
        return Vec::new();
    }
    carried.files().map(|files| hold(&files)).unwrap_or_default()
}

/// Whether what is dragged over the page are files.
pub fn carries_files(event: &Event) -> bool {
    transfer(event).is_some_and(|carried| carried.types().includes(&"Files".into(), 0))
}

/// Whether what was dragged has left the window.
pub fn has_left(event: &Event) -> bool {
    event.dyn_ref::<DragEvent>().is_some_and(|event| event.related_target().is_none())
}

fn transfer(event: &Event) -> Option<DataTransfer> {
    match event.dyn_ref::<ClipboardEvent>() {
        Some(pasted) => pasted.clipboard_data(),
        None => event.dyn_ref::<DragEvent>()?.data_transfer(),
    }
}

fn hold(files: &FileList) -> Vec<Chosen> {
    let all = (0..files.length()).filter_map(|at| files.get(at));
    all.map(|file| {
        let key = NEXT_KEY.replace(NEXT_KEY.get().wrapping_add(1));
        // A whole number of bytes, far below where f64 has holes.
        let chosen = Chosen { key, name: file.name(), size: file.size() as u64 };
        HELD.with_borrow_mut(|held| held.push(Held { key, file, request: None }));
        chosen
    })
    .collect()
}

/// Sends a file that waits for a message in a channel. `told` hears how far it is, and once what the backend says.
pub fn send(key: u32, channel: ChannelId, name: &str, told: impl Fn(Told) + Clone + 'static) {
    if begin(key, channel, name, told.clone()).is_none() {
        told(Told::Answered(Err(Error::Disconnected)));
    }
}

fn begin(key: u32, channel: ChannelId, name: &str, told: impl Fn(Told) + Clone + 'static) -> Option<()> {
    let request = XmlHttpRequest::new().ok()?;
    let name = String::from(js_sys::encode_uri_component(name));
    let path = ["/api/attachments/upload?channel_id=", &channel.to_string(), "&filename=", &name].concat();
    request.open("POST", &path).ok()?;
    request.set_request_header("Content-Type", "application/octet-stream").ok()?;
    let (sent, asked) = (told.clone(), request.clone());
    let on_progress: Heard = Closure::new(move |event: Event| {
        if let Some(progress) = event.dyn_ref::<web_sys::ProgressEvent>() {
            // Between 0 and 100; 0 of 0 is not a number, and becomes 0.
            sent(Told::Sent((progress.loaded() / progress.total() * 100.0) as u8));
        }
    });
    let on_end: Heard = Closure::new(move |_| told(Told::Answered(answer(&asked))));
    request.upload().ok()?.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
    request.set_onloadend(Some(on_end.as_ref().unchecked_ref()));
    HELD.with_borrow_mut(|held| {
        let held = held.iter_mut().find(|held| held.key == key)?;
        request.send_with_opt_blob(Some(&held.file)).ok()?;
        held.request = Some((request, [on_progress, on_end]));
        Some(())
    })
}

fn answer(request: &XmlHttpRequest) -> Result<Attachment, Error> {
    let status = request.status().unwrap_or_default();
    let body = request.response_text().ok().flatten().unwrap_or_default();
    match status {
        0 => Err(Error::Disconnected),
        200 => json::read(&body).map_err(|_| Error::Internal),
        _ => Err(json::read(&body).unwrap_or(Error::Internal)),
    }
}

/// Lets go of a file. One that is on its way is stopped, and nothing more is told of it.
pub fn forget(key: u32) {
    let gone = HELD.with_borrow_mut(|held| {
        let at = held.iter().position(|held| held.key == key)?;
        Some(held.swap_remove(at))
    });
    if let Some((request, _told)) = gone.and_then(|gone| gone.request) {
        request.set_onloadend(None);
        // An ended request takes it as well.
        _ = request.abort();
    }
}

/// Lets go of all of them.
pub fn forget_all() {
    let keys: Vec<u32> = HELD.with_borrow(|held| held.iter().map(|held| held.key).collect());
    keys.into_iter().for_each(forget);
}
