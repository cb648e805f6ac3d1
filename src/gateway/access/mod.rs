//! Who may use a server that runs for people: the `Host` it is called by, the `Origin` of the page that calls, the login.
//!
//! The checks are those of MLflow's own security middleware and of its basic-auth app, with their answers.

mod hosts;
mod login;
mod origins;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, VARY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::middleware::Next;

pub use hosts::Hosts;
pub use login::{LoginError, Logins};
pub use origins::Origins;

/// Paths that anybody may ask for: watchers of servers have no login.
const OPEN: [&str; 2] = ["/health", "/api/3.0/mlflow/server-info"];
/// Paths that may be asked for by any name of the host.
const ANY_HOST: [&str; 2] = ["/health", "/version"];
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE, OPTIONS";

/// Who is let in.
#[derive(Debug, Clone)]
pub struct Access {
    /// The names that the server may be called by.
    pub hosts: Hosts,
    /// The pages that may change anything.
    pub origins: Origins,
    /// The people.
    pub logins: Logins,
}

/// Lets a request in, or answers it.
pub(super) async fn admit(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response<Body> {
    let path = request.uri().path();
    let origin = header(request.headers(), &ORIGIN).map(str::to_owned);
    let mut response = match access.refusal(request.method(), path, request.headers()) {
        Some(refusal) => refusal,
        None if request.method() == Method::OPTIONS && path.contains("api/") => {
            plain(StatusCode::NO_CONTENT, "")
        }
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    if let Some(origin) = origin {
        access.tell_browser(&origin, headers);
    }
    response
}

impl Access {
    fn refusal(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
        let host = header(headers, &HOST).unwrap_or_default();
        if !ANY_HOST.contains(&path) && !self.hosts.allow(host) {
            return Some(plain(
                StatusCode::FORBIDDEN,
                "Invalid Host header - possible DNS rebinding attack detected",
            ));
        }
        let changes = matches!(*method, Method::POST | Method::PUT | Method::DELETE | Method::PATCH);
        if changes && header(headers, &ORIGIN).is_some_and(|origin| !self.origins.allow(origin)) {
            return Some(plain(StatusCode::FORBIDDEN, "Cross-origin request blocked"));
        }
        // A browser asks what it may do before it has a login to show.
        if OPEN.contains(&path) || *method == Method::OPTIONS {
            return None;
        }
        let shown = header(headers, &AUTHORIZATION).unwrap_or_default();
        (!self.logins.allow(shown)).then(not_logged_in)
    }

    /// What a browser needs to hear before it gives a page the answer.
    fn tell_browser(&self, origin: &str, headers: &mut HeaderMap) {
        headers.insert(VARY, HeaderValue::from_static("Origin"));
        let Some(said) = self.origins.answer(origin).and_then(|text| HeaderValue::from_str(text).ok()) else {
            return;
        };
        // A page from anywhere may not act with a person's login.
        if said != "*" {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, said);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type, x-mlflow-client-version"),
        );
    }
}

/// The text of a header; one that is not text is as good as a wrong one.
fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// As MLflow's basic-auth app answers.
fn not_logged_in() -> Response<Body> {
    let mut response = plain(
        StatusCode::UNAUTHORIZED,
        "You are not authenticated. Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.",
    );
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"mlflow\""));
    response
}
