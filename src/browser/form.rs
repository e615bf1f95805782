//! What a form holds, whether that was changed, and sending it.

use gloo_net::http::{Request, Response};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, FormData, HtmlFormElement, HtmlInputElement, SubmitEvent, UrlSearchParams};

use super::{dom, focus};

/// Names and values, encoded as a form sends them.
#[derive(Debug, Clone)]
pub struct Fields(UrlSearchParams);

impl Fields {
    /// What the form of a `submit` event holds. `None` for an event of something else.
    pub fn of(event: &SubmitEvent) -> Option<Self> {
        let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
        let data = FormData::new_with_form(&form).ok()?;
        UrlSearchParams::new_with_str_sequence_sequence(&data).ok().map(Self)
    }

    /// Fields that no form holds.
    pub fn with(fields: &[(&str, &str)]) -> Option<Self> {
        let encoded = UrlSearchParams::new().ok()?;
        fields.iter().for_each(|(name, value)| encoded.append(name, value));
        Some(Self(encoded))
    }

    /// The text of a field; empty when there is none of that name.
    pub fn get(&self, name: &str) -> String {
        self.0.get(name).unwrap_or_default()
    }
}

/// What the instance answered.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: String,
    /// Where it sends the page, if it does.
    pub location: Option<String>,
}

/// Sends fields as a form would, except that the answer comes as JSON. `location` is told when the answer carries the
/// header `redirect`. `None` when no answer came.
pub async fn post(path: &str, fields: Fields, redirect: &str) -> Option<Reply> {
    let request = Request::post(path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Accept", "application/json")
        .body(JsValue::from(fields.0.to_string()))
        .ok()?;
    let response: Response = request.send().await.ok()?;
    let headers = response.headers();
    let location = headers.get(redirect).and_then(|_| headers.get("Location"));
    Some(Reply { status: response.status(), body: response.text().await.ok()?, location })
}

/// A form on the page, and what its inputs held when it was made or last kept.
#[derive(Debug, Clone)]
pub struct Kept(HtmlFormElement);

impl Kept {
    /// The form around an element.
    pub fn around(element: &Element) -> Option<Self> {
        dom::closest(element, "form")?.dyn_into().ok().map(Self)
    }

    fn inputs(&self) -> impl Iterator<Item = HtmlInputElement> {
        focus::find_all(&self.0, "input").into_iter().filter_map(|input| input.dyn_into().ok())
    }

    /// Whether something else is in it now.
    pub fn is_changed(&self) -> bool {
        self.inputs()
            .any(|input| input.value() != input.default_value() || input.checked() != input.default_checked())
    }

    /// What is in it now: text and tick of each input.
    pub fn values(&self) -> Vec<(String, bool)> {
        self.inputs().map(|input| (input.value(), input.checked())).collect()
    }

    /// From now on these are what it goes back to.
    pub fn keep(&self, values: &[(String, bool)]) {
        for (input, (text, checked)) in self.inputs().zip(values) {
            input.set_default_value(text);
            input.set_default_checked(*checked);
        }
    }

    /// Back to what it held.
    pub fn reset(&self) {
        self.0.reset();
    }
}
