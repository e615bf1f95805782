//! Forms that were sent without script. A form goes to the page it stands on and names the function it calls; what
//! worked leads on, what was refused brings the page back with the reason and with what was typed.

use protocol::Error;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub use answer::{Forms, refused_form, take};
#[cfg(not(feature = "ssr"))]
pub use nothing::refused_form;

/// The hidden field that names the function a form calls, by its path.
pub const CALL: &str = "call";

/// A form that was refused, for the page that comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedForm {
    /// Path of the function it called.
    pub call: String,
    /// Why.
    pub error: Error,
    /// Names and values as they were sent, without passwords.
    pub fields: Vec<(String, String)>,
}

impl RefusedForm {
    /// The value of a field; empty when there is none of that name.
    pub fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

#[cfg(feature = "ssr")]
mod answer {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::extract::{Form, FromRequest, Request, State};
    use axum::http::header::{
        ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE,
    };
    use axum::http::request::Parts;
    use axum::http::{Method, StatusCode, Uri};
    use axum::middleware::Next;
    use axum::response::{IntoResponse, Response};
    use backend::AppState;
    use leptos::prelude::use_context;
    use protocol::Error;
    use tower::ServiceExt;

    use super::{CALL, RefusedForm};
    use crate::api::{caller, form_files};

    /// Where functions are, and no page is.
    const CALLS: &str = "/api/";
    /// Bytes of an answer that is read again. A refusal is one short sentence; the value of what worked is not read.
    const ANSWER_BYTES: usize = 64 * 1024;

    /// The form that brought this page back, if one did.
    pub fn refused_form() -> Option<RefusedForm> {
        use_context::<Parts>()?.extensions.get().cloned()
    }

    /// What forms are taken with.
    #[derive(Clone, Debug)]
    pub struct Forms {
        /// The pages and functions, without what takes forms around them.
        pub pages: Router,
        /// Where their files go.
        pub state: AppState,
    }

    /// Takes forms that were sent to a page. Stands around every page and function.
    pub async fn take(State(forms): State<Forms>, mut request: Request, next: Next) -> Response {
        if request.uri().path().starts_with(CALLS) {
            // A function answers with JSON, whoever asks. Left alone, the framework sends whoever prefers HTML to
            // another page, with the reason in its address.
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
            return next.run(request).await;
        }
        if request.method() != Method::POST {
            return next.run(request).await;
        }
        let (parts, body) = request.into_parts();
        if form_files::is_in_parts(&parts.headers) {
            return take_with_files(forms, parts, body).await;
        }
        let pages = forms.pages;
        // The walls around all routes have bounded it.
        let Ok(body) = to_bytes(body, usize::MAX).await else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let copy = Request::from_parts(parts.clone(), Body::from(body.clone()));
        let fields =
            Form::<Vec<(String, String)>>::from_request(copy, &()).await.map_or_else(|_| Vec::new(), |f| f.0);
        let call =
            fields.iter().find(|(name, _)| name == CALL).map(|(_, path)| path.clone()).unwrap_or_default();
        match called(&pages, &parts, &call, Body::from(body)).await {
            Ok(answer) => led_on(&parts, &answer),
            Err((error, answer)) => {
                let fields = without_passwords(fields);
                brought_back(pages, parts, RefusedForm { call, error, fields }, answer).await
            }
        }
    }

    /// What may stand in the page that comes back.
    fn without_passwords(fields: Vec<(String, String)>) -> Vec<(String, String)> {
        fields.into_iter().filter(|(name, _)| !name.contains("password")).collect()
    }

    /// The same for a form with files, which calls the function with what it has become of them.
    async fn take_with_files(forms: Forms, parts: Parts, body: Body) -> Response {
        let Forms { pages, state } = forms;
        let taken = form_files::take(&state, &parts, body).await;
        let call = taken.fields.iter().find(|(name, _)| name == CALL).map(|(_, path)| path.clone());
        let call = call.unwrap_or_default();
        let answer = match taken.refused.clone() {
            Some(error) => Err((error.clone(), caller::refusal(&error))),
            None => {
                let encoded = Form(taken.arguments()).into_response();
                let mut parts = parts.clone();
                parts.headers.remove(CONTENT_LENGTH);
                parts.headers.extend(encoded.headers().clone());
                called(&pages, &parts, &call, encoded.into_body()).await
            }
        };
        match answer {
            Ok(answer) => led_on(&parts, &answer),
            Err((error, answer)) => {
                taken.give_back(&state, &parts).await;
                brought_back(
                    pages,
                    parts,
                    RefusedForm { call, error, fields: without_passwords(taken.fields) },
                    answer,
                )
                .await
            }
        }
    }

    /// Calls a function with the body of a form: its answer, and the reason when it refuses.
    async fn called(
        pages: &Router,
        form: &Parts,
        path: &str,
        body: Body,
    ) -> Result<Response, (Error, Response)> {
        let path =
            path.parse::<Uri>().ok().filter(|path| path.path().starts_with(CALLS) && path.host().is_none());
        let mut parts = form.clone();
        // No such function: nothing is there to answer.
        parts.uri = path.unwrap_or_else(|| Uri::from_static(CALLS));
        parts.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let Ok(answer) = pages.clone().oneshot(Request::from_parts(parts, body)).await;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (parts, body) = answer.into_parts();
        let reason = to_bytes(body, ANSWER_BYTES).await.unwrap_or_default();
        let error = serde_json::from_slice(&reason).unwrap_or(Error::Malformed);
        Err((error, Response::from_parts(parts, Body::empty())))
    }

    /// To where the function sends whoever called it, or back to the page. By another request, so that loading that
    /// again sends nothing again.
    fn led_on(form: &Parts, answer: &Response) -> Response {
        let here = || HeaderValue::from_str(form.uri.path_and_query().map_or("/", |here| here.as_str())).ok();
        let mut response = StatusCode::SEE_OTHER.into_response();
        if let Some(to) = answer.headers().get(LOCATION).cloned().or_else(here) {
            response.headers_mut().insert(LOCATION, to);
        }
        for cookie in answer.headers().get_all(SET_COOKIE) {
            response.headers_mut().append(SET_COOKIE, cookie.clone());
        }
        response
    }

    /// The page again, with the status of the error. A page that is not there any more, or asks for signing in first,
    /// says that instead.
    async fn brought_back(
        pages: Router,
        mut form: Parts,
        refused: RefusedForm,
        answer: Response,
    ) -> Response {
        let status = StatusCode::from_u16(refused.error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        form.method = Method::GET;
        for about_the_body in [CONTENT_LENGTH, CONTENT_TYPE] {
            form.headers.remove(about_the_body);
        }
        form.extensions.insert(refused);
        let Ok(mut page) = pages.oneshot(Request::from_parts(form, Body::empty())).await;
        if page.status() == StatusCode::OK {
            *page.status_mut() = status;
            if let Some(wait) = answer.headers().get(RETRY_AFTER) {
                page.headers_mut().insert(RETRY_AFTER, wait.clone());
            }
        }
        page
    }
}

#[cfg(not(feature = "ssr"))]
mod nothing {
    use super::RefusedForm;

    /// None: the page has told it already.
    pub fn refused_form() -> Option<RefusedForm> {
        None
    }
}
