//! Who may use a server that runs for people: the `Host` it is called by, the `Origin` of the page that calls, the login.
//!
//! The checks are those of MLflow's own security middleware and of its basic-auth app, with their answers.

mod hosts;
mod login;
mod origins;
mod pause;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER, VARY,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::middleware::Next;
use axum::response::IntoResponse as _;

pub use hosts::Hosts;
pub use login::Logins;
pub use origins::Origins;
use pause::{LoginPauses, LoginTurn};

use super::error::ApiError;
use super::serve::PeerAddress;

/// Paths that anybody may ask for: watchers of servers have no login.
const OPEN: [&str; 3] = ["/health", "/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info"];
/// Paths that may be asked for by any name of the host.
const ANY_HOST: [&str; 2] = ["/health", "/version"];
/// What the browser says of the page that asks.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE, OPTIONS";

/// Who is let in.
#[derive(Debug, Clone)]
pub struct AccessRules {
    /// The names that the server may be called by.
    pub hosts: Hosts,
    /// The pages that may change anything.
    pub origins: Origins,
    /// The people.
    pub logins: Logins,
}

/// What a request carries whose origin the server was started with.
#[derive(Debug, Clone, Copy)]
pub struct NamedOrigin;

/// Access control of a running server: who is let in, and who was refused.
pub(super) struct AccessControl {
    access: AccessRules,
    pauses: LoginPauses,
}

impl AccessControl {
    pub fn new(access: AccessRules) -> Self {
        Self { access, pauses: LoginPauses::default() }
    }
}

/// Lets a request in, or answers it.
pub(super) async fn admit(
    State(door): State<Arc<AccessControl>>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let access = &door.access;
    let origin = header(request.headers(), &ORIGIN).map(str::to_owned);
    if origin.as_deref().is_some_and(|origin| access.origins.names(origin)) {
        request.extensions_mut().insert(NamedOrigin);
    }
    let path = request.uri().path();
    let asks_only = *request.method() == Method::OPTIONS && path.contains("api/");
    let verdict = match access.refusal(request.method(), path, request.headers()) {
        Some(refusal) => Admission::Refused(refusal),
        None if access.is_open(request.method(), path) => Admission::In,
        None => door.judge(&request),
    };
    let mut response = match verdict {
        Admission::Refused(refusal) => refusal,
        Admission::RefusedAfter(wait) => {
            tokio::time::sleep(wait).await;
            not_logged_in()
        }
        Admission::In if asks_only => plain(StatusCode::NO_CONTENT, ""),
        Admission::In => next.run(request).await,
        Admission::InAfter(wait) => {
            tokio::time::sleep(wait).await;
            next.run(request).await
        }
    };
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    if let Some(origin) = origin {
        access.tell_browser(&origin, headers);
    }
    response
}

impl AccessRules {
    fn refusal(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
        if headers.get_all(HOST).iter().nth(1).is_some() {
            return Some(plain(StatusCode::BAD_REQUEST, "Several Host headers"));
        }
        let host = header(headers, &HOST).unwrap_or_default();
        if !ANY_HOST.contains(&path) && !self.hosts.allow(host) {
            return Some(plain(
                StatusCode::FORBIDDEN,
                "Invalid Host header - possible DNS rebinding attack detected",
            ));
        }
        let workspace = headers.get("x-mlflow-workspace").and_then(|value| value.to_str().ok());
        if let Some(workspace) = workspace.filter(|name| !name.is_empty() && *name != "default") {
            let message = format!(
                "This server has no workspaces, and the request names '{workspace}'. Unset MLFLOW_WORKSPACE."
            );
            return Some(ApiError::invalid(message).into_response());
        }
        let changes = matches!(*method, Method::POST | Method::PUT | Method::DELETE | Method::PATCH);
        let foreign = |origin: &str| !(self.origins.allow(origin) || is_own_page(headers, origin));
        if changes && header(headers, &ORIGIN).is_some_and(foreign) {
            return Some(plain(StatusCode::FORBIDDEN, "Cross-origin request blocked"));
        }
        None
    }

    /// Whether this needs no login.
    fn is_open(&self, method: &Method, path: &str) -> bool {
        // A browser asks what it may do before it has a login to show.
        self.logins.is_empty() || OPEN.contains(&path) || *method == Method::OPTIONS
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

/// What becomes of a request at the door.
enum Admission {
    In,
    InAfter(Duration),
    Refused(Response<Body>),
    RefusedAfter(Duration),
}

impl AccessControl {
    /// Looks at the login, and when its turn is.
    fn judge(&self, request: &Request) -> Admission {
        let Some(shown) = header(request.headers(), &AUTHORIZATION) else {
            // Nothing was guessed: many clients ask first without a login.
            return Admission::Refused(not_logged_in());
        };
        let login = self.access.logins.which(shown);
        let from =
            request.extensions().get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |PeerAddress(from)| *from);
        match (self.pauses.turn(from, login, Instant::now()), login) {
            (LoginTurn::Never, _) => Admission::Refused(too_many()),
            (LoginTurn::After(wait), Some(_)) => Admission::InAfter(wait),
            (LoginTurn::After(wait), None) => Admission::RefusedAfter(wait),
        }
    }
}

/// Whether a page of this very server asks. Its name was looked at before this, so that a page which points its own name
/// here has not come so far.
///
/// Behind a proxy that changes `Host` only the browser knows it. It says so in a header that no page can set.
fn is_own_page(headers: &HeaderMap, origin: &str) -> bool {
    let host = header(headers, &HOST).unwrap_or_default();
    let own = |scheme| origin.strip_prefix(scheme).is_some_and(|rest| rest.eq_ignore_ascii_case(host));
    own("http://") || own("https://") || header(headers, &SEC_FETCH_SITE) == Some("same-origin")
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

fn too_many() -> Response<Body> {
    let mut response =
        plain(StatusCode::TOO_MANY_REQUESTS, "Too many wrong logins from your address. Try again later.");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
    response
}
