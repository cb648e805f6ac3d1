//! What a server's answer means: a value, or a failure with its kind and whether another try makes sense.

use std::time::{Duration, SystemTime};

use reqwest::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, LOCATION, RETRY_AFTER,
};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;

use super::expect::Expect;
use super::refusal::{Refusal, kind_of};
use crate::tracking::error::{ErrorKind, Result, TrackingError};
use crate::tracking::protocol::unknown_status;

/// A failed try.
pub(super) struct FailedTry {
    pub(super) error: TrackingError,
    /// Whether another try may succeed.
    pub(super) transient: bool,
    /// How often to try again before the server has ever given a good answer: until then the address is more likely
    /// wrong than the server ill.
    pub(super) tries_at_first: u32,
    /// Whether it is no answer of MLflow.
    pub(super) is_odd: bool,
    pub(super) retry_after: Option<Duration>,
    pub(super) status: Option<StatusCode>,
}

/// Until a server has answered once, it is more likely misspelt than restarting.
const RETRIES_BEFORE_FIRST_CONTACT: u32 = 2;

impl FailedTry {
    pub(super) fn lasting(error: TrackingError) -> Self {
        Self { error, transient: false, tries_at_first: 0, is_odd: false, retry_after: None, status: None }
    }

    pub(super) fn passing(error: TrackingError) -> Self {
        Self { transient: true, tries_at_first: RETRIES_BEFORE_FIRST_CONTACT, ..Self::lasting(error) }
    }

    /// An answer that no MLflow server gives: something between here and there has answered in its place.
    pub(super) fn odd(error: TrackingError) -> Self {
        Self { transient: true, tries_at_first: 1, is_odd: true, ..Self::lasting(error) }
    }
}

/// The head of an answer.
pub(super) struct ResponseHead {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
}

/// The empty object that answers a write.
#[derive(serde::Deserialize)]
pub(super) struct EmptyResponse {}

/// Who answered what, for the words of an error.
pub(super) struct RequestContext<'a> {
    /// "the tracking server at …".
    pub(super) here: &'a str,
    /// What was asked for.
    pub(super) what: &'a str,
    /// Where it was sent.
    pub(super) url: &'a Url,
    pub(super) expect: Expect,
}

impl RequestContext<'_> {
    /// Refuses what is no answer of MLflow to this request; a 2xx one passes.
    pub(super) fn check(&self, head: &ResponseHead, body: &[u8]) -> Result<(), FailedTry> {
        if !head.status.is_success() {
            return Err(self.refused(head, body));
        }
        if let Some(refusal) = self.hidden_refusal(body) {
            let kind = refusal.kind(head.status, self.expect);
            let failure = match kind {
                ErrorKind::Unavailable => FailedTry::passing,
                _ => FailedTry::lasting,
            };
            let message =
                format!("{} refused {} ({}): {}", self.here, self.what, refusal.error_code, refusal.message);
            return Err(failure(with_hint(TrackingError::new(kind, message))));
        }
        self.check_head(head)?;
        match self.expect {
            Expect::Stored if !body.is_empty() && !is_object(body) => {
                Err(self.odd("something that is not MLflow's JSON"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses an answer whose headers already say that it is not what was asked for.
    pub(super) fn check_head(&self, head: &ResponseHead) -> Result<(), FailedTry> {
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let encoding = text(CONTENT_ENCODING).trim();
        if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
            let mut failure =
                self.odd(&format!("a body in the encoding `{encoding}`, which was not asked for"));
            failure.error.hint =
                Some("A proxy on the way compresses answers: let it pass them on as they are.".into());
            return Err(failure);
        }
        let page = text(CONTENT_TYPE).trim_start().to_ascii_lowercase().starts_with("text/html");
        // A server names the file it sends; a login page does not.
        if self.expect == (Expect::File { is_page: false })
            && page
            && !head.headers.contains_key(CONTENT_DISPOSITION)
        {
            return Err(self.odd("a web page"));
        }
        Ok(())
    }

    /// MLflow's JSON of a 2xx answer.
    pub(super) fn json<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, FailedTry> {
        // A struct may be read from a list, too: `[]` would be the empty object that answers a write.
        if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(self.odd("something that is not MLflow's JSON"));
        }
        serde_json::from_slice(body).map_err(|error| {
            if let Some(status) = unknown_status(&error) {
                let message = format!("{} answered {} with {status}", self.here, self.what);
                let error = TrackingError::new(ErrorKind::Protocol, message);
                return FailedTry::lasting(
                    error.hint("The server is newer than this version of sweep: `sweep --version`."),
                );
            }
            let mut failure = self.odd("something that is not MLflow's JSON");
            failure.error = failure.error.caused_by(error);
            failure
        })
    }

    fn hidden_refusal(&self, body: &[u8]) -> Option<Refusal> {
        match self.expect {
            // A file may hold anything.
            Expect::File { .. } => None,
            Expect::Json | Expect::Stored => Refusal::read(body),
        }
    }

    fn odd(&self, with: &str) -> FailedTry {
        let message = format!("{} answered {} with {with}", self.here, self.what);
        let error = TrackingError::new(ErrorKind::Protocol, message)
            .hint("Does the tracking URI name an MLflow server (and its path prefix, if it has one)?");
        FailedTry::odd(error)
    }

    /// The failure of an answer that is not 2xx, by MLflow's error code first and the HTTP status second.
    fn refused(&self, head: &ResponseHead, body: &[u8]) -> FailedTry {
        let status = head.status;
        if status.is_redirection() {
            return self.redirected(head);
        }
        let refusal = Refusal::read(body);
        let code = refusal.as_ref().map_or("", |refusal| refusal.error_code.as_str());
        let busy = refusal.as_ref().is_some_and(Refusal::is_of_a_busy_database);
        let kind = match &refusal {
            Some(refusal) => refusal.kind(status, self.expect),
            None => kind_of("", status, self.expect),
        };
        let hint = if code.is_empty() { hint_of(status) } else { None };
        let said = refusal.map_or_else(|| words_of(body), |refusal| refusal.message);
        let message = format!("{} refused {} ({status}): {said}", self.here, self.what);
        let mut error = with_hint(TrackingError::new(kind, message));
        if let Some(hint) = hint {
            error = error.hint(hint);
        }
        let failure =
            if busy || is_transient(status) { FailedTry::passing(error) } else { FailedTry::lasting(error) };
        FailedTry { retry_after: retry_after(&head.headers), status: Some(status), ..failure }
    }

    /// Following it would carry a login to another host, or turn a POST into a GET; but the new address is reported.
    fn redirected(&self, head: &ResponseHead) -> FailedTry {
        let place = head.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let target = place.and_then(|place| self.url.join(place).ok()).map(without_secrets);
        let base = target.as_ref().and_then(|target| base_of(target, self.url));
        let to = target.as_ref().map_or("nowhere", Url::as_str);
        let message = format!("{} redirects to {to} ({}), which is not followed", self.here, head.status);
        let hint = match base {
            Some(_) if target.as_ref() == Some(&without_secrets(self.url.clone())) => {
                "It sends each request back to itself: a login or a proxy in front of the server is in the way.".to_owned()
            }
            Some(base) => format!("Set MLFLOW_TRACKING_URI (or --tracking-uri) to {base}"),
            None => "Is that a login page? The tracking URI must name the MLflow server itself.".to_owned(),
        };
        let error = TrackingError::new(ErrorKind::Protocol, message).hint(hint);
        FailedTry { tries_at_first: 0, status: Some(head.status), ..FailedTry::odd(error) }
    }
}

/// The tracking URI by which the request would have gone to where it is redirected to; nothing where that is another
/// page altogether.
fn base_of(target: &Url, asked: &Url) -> Option<String> {
    let call = asked.path().find("/api/2.0/").or_else(|| asked.path().rfind("/version"))?;
    let base =
        target.path().trim_end_matches('/').strip_suffix(asked.path()[call..].trim_end_matches('/'))?;
    let mut shown = target.clone();
    shown.set_path(base);
    Some(shown.as_str().trim_end_matches('/').to_owned())
}

fn without_secrets(mut url: Url) -> Url {
    // These fail only for URLs without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn with_hint(error: TrackingError) -> TrackingError {
    match error.kind {
        ErrorKind::Unauthorized => error.hint(
            "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, \
             or write ~/.mlflow/credentials.",
        ),
        ErrorKind::Forbidden => error.hint("The login is right but has no permission for this."),
        ErrorKind::Protocol | ErrorKind::Unsupported => {
            error.hint("Does the tracking URI name an MLflow server (and its path prefix, if it has one)?")
        }
        _ => error,
    }
}

/// What to do where something else than MLflow's own code refuses.
fn hint_of(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        403 => Some(
            "The login has no permission for this, or something in front of the server refuses it: the name by which it \
             is called (Host), or an address.",
        ),
        407 => Some(
            "The proxy wants a login: HTTP_PROXY=http://USER:PASSWORD@HOST:PORT (HTTPS_PROXY for https).",
        ),
        413 => {
            Some("A proxy in front of the server limits the size of requests (nginx: client_max_body_size).")
        }
        _ => None,
    }
}

/// The statuses that MLflow's own client tries again.
fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

fn is_object(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body).is_ok()
}

pub(super) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

/// Seconds, or a date by the server's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = httpdate::parse_http_date(text).ok()?;
    Some(then.duration_since(date(headers)?).unwrap_or_default())
}

pub(super) fn first_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4096)]);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given");
    line.chars().take(200).collect()
}

/// What a body without an error code says: of a web page only its title.
fn words_of(body: &[u8]) -> String {
    let first = first_line(body);
    if !first.starts_with('<') {
        return first;
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(4096)]);
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    match title.map(|(title, _)| title.trim()).filter(|title| !title.is_empty()) {
        Some(title) => format!("a web page titled `{}`", title.chars().take(100).collect::<String>()),
        None => "a web page".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "http://mlflow.example/team/api/2.0/mlflow/runs/get?run_id=1";

    fn check(expect: Expect, status: u16, headers: &[(&str, &str)], body: &str) -> Result<(), FailedTry> {
        let url = Url::parse(API).unwrap();
        let asked = RequestContext { here: "the server", what: "runs/get", url: &url, expect };
        let status = StatusCode::from_u16(status).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                reqwest::header::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        asked.check(&ResponseHead { status, headers: map }, body.as_bytes())
    }

    #[test]
    fn a_redirect_names_the_uri_to_set() {
        for (place, uri) in [
            ("https://mlflow.example/team/api/2.0/mlflow/runs/get?run_id=1", "https://mlflow.example/team"),
            ("/new/api/2.0/mlflow/runs/get", "http://mlflow.example/new"),
            ("https://ann:pw@other:8443/api/2.0/mlflow/runs/get/", "https://other:8443"),
        ] {
            let failure = check(Expect::Json, 308, &[("location", place)], "").unwrap_err();
            let hint = failure.error.hint.unwrap();
            assert!(hint.ends_with(&format!(" to {uri}")), "{hint}");
            assert!(!failure.error.message.contains("pw"), "{}", failure.error.message);
        }
        let failure =
            check(Expect::Json, 302, &[("location", "https://sso/login?token=s3")], "").unwrap_err();
        assert!(
            failure.error.message.contains("redirects to https://sso/login (302"),
            "{}",
            failure.error.message
        );
        assert!(failure.error.hint.unwrap().contains("login page"));
        let itself = check(Expect::Json, 302, &[("location", API)], "").unwrap_err().error.hint.unwrap();
        assert!(itself.contains("back to itself"), "{itself}");
        assert!(check(Expect::Json, 302, &[], "").is_err());
    }

    #[test]
    fn a_server_whose_database_is_busy_is_asked_again_and_a_wrong_request_is_not() {
        let busy = "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00 \
                    (Background on this error at: https://sqlalche.me/e/21/3o7r)";
        let closed = "(psycopg2.InterfaceError) connection already closed (Background on this error at: https://sqlalche.me/e/20/rvf5)";
        let wrong = "(sqlite3.IntegrityError) UNIQUE constraint failed (Background on this error at: https://sqlalche.me/e/20/gkpj)";
        for (message, kind, again) in [
            (busy, ErrorKind::Unavailable, true),
            (closed, ErrorKind::Unavailable, true),
            (wrong, ErrorKind::Invalid, false),
            ("a name with /3o7r) in it", ErrorKind::Invalid, false),
        ] {
            let body = format!(r#"{{"error_code": "BAD_REQUEST", "message": "{message}"}}"#);
            for status in [400, 200] {
                let failure = check(Expect::Json, status, &[], &body).unwrap_err();
                assert_eq!((failure.error.kind, failure.transient), (kind, again), "{status} {message}");
            }
        }
    }

    #[test]
    fn an_error_code_is_an_error_whatever_the_status() {
        for (code, kind, again) in [
            ("RESOURCE_DOES_NOT_EXIST", ErrorKind::NotFound, false),
            ("RESOURCE_ALREADY_EXISTS", ErrorKind::AlreadyExists, false),
            ("INVALID_PARAMETER_VALUE", ErrorKind::Invalid, false),
            ("PERMISSION_DENIED", ErrorKind::Forbidden, false),
            ("INTERNAL_ERROR", ErrorKind::Unavailable, true),
        ] {
            let body = format!(r#"{{"error_code": "{code}", "message": "why"}}"#);
            for expect in [Expect::Json, Expect::Stored] {
                let failure = check(expect, 200, &[], &body).unwrap_err();
                assert_eq!((failure.error.kind, failure.transient), (kind, again), "{code}");
                assert!(failure.error.message.contains("why"));
            }
        }
        // A tag may hold the word, and a file anything.
        assert!(check(Expect::Json, 200, &[], r#"{"run": {"value": "\"error_code\""}}"#).is_ok());
        assert!(check(Expect::File { is_page: false }, 200, &[], r#"{"error_code": "x"}"#).is_ok());
    }

    #[test]
    fn a_page_of_a_proxy_is_no_file_and_stores_none() {
        let html = [("content-type", "text/html; charset=utf-8")];
        let file = Expect::File { is_page: false };
        assert!(check(file, 200, &html, "<html>").is_err_and(|failure| failure.transient));
        assert!(check(Expect::File { is_page: true }, 200, &html, "<html>").is_ok());
        let named = [html[0], ("content-disposition", "attachment; filename=a")];
        assert!(check(file, 200, &named, "<html>").is_ok());
        assert!(check(Expect::Stored, 200, &html, "<html>").is_err_and(|failure| failure.transient));
        assert!(check(Expect::Stored, 200, &[], "").is_ok() && check(Expect::Stored, 200, &[], "{}").is_ok());
        let packed = [("content-encoding", "gzip")];
        let failure = check(Expect::Json, 200, &packed, "\u{1f}").unwrap_err();
        assert!(failure.error.message.contains("`gzip`"), "{}", failure.error.message);
    }

    #[test]
    fn only_an_object_answers_a_write() {
        let url = Url::parse(API).unwrap();
        let asked =
            RequestContext { here: "the server", what: "runs/set-tag", url: &url, expect: Expect::Json };
        let read = |body: &str| asked.json::<EmptyResponse>(body.as_bytes());
        assert!(read("{}").is_ok() && read(" {\n}").is_ok());
        for odd in ["[]", "", "null", "true", "\"{}\"", "{"] {
            assert!(read(odd).is_err_and(|failure| failure.is_odd && failure.transient), "{odd}");
        }
    }

    #[test]
    fn a_web_page_is_told_by_its_title() {
        let page = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>";
        let message = check(Expect::Json, 404, &[], page).unwrap_err().error.message;
        assert!(message.ends_with("(404 Not Found): a web page titled `404 Not Found`"), "{message}");
        assert!(check(Expect::Json, 400, &[], "<p>").unwrap_err().error.message.ends_with(": a web page"));
    }

    #[test]
    fn who_refuses_in_the_place_of_the_server_is_named() {
        for (status, word) in
            [(403, "in front of the server"), (407, "HTTP_PROXY="), (413, "limits the size")]
        {
            let hint = check(Expect::Json, status, &[], "no").unwrap_err().error.hint.unwrap();
            assert!(hint.contains(word), "{status}: {hint}");
        }
        let body = r#"{"error_code": "PERMISSION_DENIED", "message": "no"}"#;
        let hint = check(Expect::Json, 403, &[], body).unwrap_err().error.hint.unwrap();
        assert!(hint.contains("login is right"), "{hint}");
    }

    #[test]
    fn a_404_without_a_code_says_nothing_of_a_run_but_all_of_a_file() {
        let kind = |expect| check(expect, 404, &[], "<html>Not Found").unwrap_err().error.kind;
        assert_eq!(kind(Expect::Json), ErrorKind::Unsupported);
        assert_eq!(kind(Expect::File { is_page: false }), ErrorKind::NotFound);
    }

    #[test]
    fn the_time_to_wait_is_in_seconds_or_a_date() {
        let wait = |headers: &[(&str, &str)]| check(Expect::Json, 429, headers, "").unwrap_err().retry_after;
        assert_eq!(wait(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        let dates =
            [("date", "Wed, 21 Oct 2015 07:28:00 GMT"), ("retry-after", "Wed, 21 Oct 2015 07:28:09 GMT")];
        assert_eq!(wait(&dates), Some(Duration::from_secs(9)));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
    }
}
