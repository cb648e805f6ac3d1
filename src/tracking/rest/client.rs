//! HTTP to a tracking server: one place that sends, authenticates and tries again.

use std::fs::File;
use std::io::Seek as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::header::CONTENT_LENGTH;
use reqwest::{Method, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use super::answer::{FailedTry, RequestContext, ResponseHead, date, first_line};
use super::connect::{Route, http_client};
use super::expect::Expect;
use super::settings::ServerSettings;
use super::tries::Tries;
use super::window::RequestWindow;
use crate::tracking::error::{ErrorKind, Result, TrackingError};
use crate::tracking::local_artifacts::ArtifactUpload;
use crate::tracking::outage::Outage;

/// Answers beyond this size are refused: 64 MiB, far above a page of 1,000 runs.
const MAX_ANSWER: usize = 64 << 20;
/// A file is on its way no longer than this.
const LONGEST_TRANSFER: Duration = Duration::from_secs(24 * 3600);

/// A tracking server's HTTP side.
pub(super) struct Client {
    http: reqwest::Client,
    settings: ServerSettings,
    route: Route,
    /// Something has answered.
    contacted: AtomicBool,
    /// It has answered as MLflow does.
    known: AtomicBool,
    calls: AtomicU64,
    window: RequestWindow,
    outage: watch::Sender<Option<Outage>>,
}

/// What is sent: a request that can be made again for every try.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: RequestBody<'a>,
    /// What the answer has to hold.
    pub(super) expect: Expect,
}

/// The body of a request.
pub(super) enum RequestBody<'a> {
    Empty,
    Json(Value),
    Bytes(&'a [u8]),
}

impl Client {
    pub(super) fn new(settings: ServerSettings) -> Result<Self> {
        Ok(Self {
            http: http_client(&settings)?,
            route: Route::new(&settings),
            settings,
            contacted: false.into(),
            known: false.into(),
            calls: 0.into(),
            window: RequestWindow::new(),
            outage: watch::Sender::new(None),
        })
    }

    /// The address is known to be right: a server that does not answer is away.
    pub(super) fn is_known(&self) {
        self.contacted.store(true, Ordering::Relaxed);
        self.known.store(true, Ordering::Relaxed);
    }

    pub(super) fn outages(&self) -> watch::Receiver<Option<Outage>> {
        self.outage.subscribe()
    }

    /// Requests sent so far, further tries included.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// A URL below the server's base; `path` is put together from segments that are escaped one by one.
    pub(super) fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.settings.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// What an address such as `http://HOST/api/2.0/mlflow-artifacts/artifacts/1` names below the proxy of this server;
    /// nothing for other hosts, which must not be shown the login.
    pub(super) fn proxied(&self, uri: &str) -> Option<String> {
        let url = Url::parse(uri).ok().filter(|url| url.origin() == self.settings.base.origin())?;
        let (_, path) = url.path().split_once("/mlflow-artifacts/artifacts/")?;
        url.has_host().then(|| path.to_owned())
    }

    /// POSTs a JSON request to `/api/2.0/mlflow/<path>` and reads the JSON answer.
    pub(super) async fn post<Res: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<Res> {
        self.call(Method::POST, path, body).await
    }

    /// As [`Client::post`], with whether it was sent more than once: then the server may have done it twice.
    pub(super) async fn post_counted<Res: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<(Res, bool)> {
        let request =
            self.json_request(Method::POST, self.api_url(path), RequestBody::Json(as_json(path, body)?));
        let (answer, tries) = self.json_counted(path, request).await?;
        Ok((answer, tries > 1))
    }

    /// GETs `/api/2.0/mlflow/<path>` with query parameters and reads the JSON answer.
    pub(super) async fn get<Res: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<Res> {
        let mut url = self.api_url(path);
        url.query_pairs_mut().extend_pairs(query);
        self.json(path, url).await
    }

    /// As [`Client::get`], with the fields of a request as query parameters.
    pub(super) async fn query<Res: DeserializeOwned>(
        &self,
        path: &str,
        request: &impl Serialize,
    ) -> Result<Res> {
        let fields = as_json(path, request)?;
        let fields: Vec<(&str, String)> = fields
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(name, value)| parameters(name, value))
            .collect();
        let query: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.get(path, &query).await
    }

    /// Sends JSON to `/api/2.0/mlflow/<path>` with this method and reads the JSON answer.
    pub(super) async fn call<Res: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Res> {
        let request = self.json_request(method, self.api_url(path), RequestBody::Json(as_json(path, body)?));
        Ok(self.json_counted(path, request).await?.0)
    }

    fn api_url(&self, path: &str) -> Url {
        let mut segments = vec!["api", "2.0", "mlflow"];
        segments.extend(path.split('/'));
        self.url(&segments)
    }

    fn json_request<'a>(&self, method: Method, url: Url, body: RequestBody<'a>) -> Request<'a> {
        Request { method, url, body, expect: Expect::Json }
    }

    /// GETs a URL and reads the JSON answer.
    pub(super) async fn json<Res: DeserializeOwned>(&self, what: &str, url: Url) -> Result<Res> {
        let request = self.json_request(Method::GET, url, RequestBody::Empty);
        Ok(self.json_counted(what, request).await?.0)
    }

    /// Sends a request until MLflow's JSON comes back; with how often it was sent.
    async fn json_counted<Res: DeserializeOwned>(
        &self,
        what: &str,
        request: Request<'_>,
    ) -> Result<(Res, u32)> {
        let mut tries = Tries::none();
        loop {
            let answer = self.send_once(what, &request).await;
            let answer = answer.and_then(|body| self.asked(what, &request.url, request.expect).json(&body));
            match answer {
                Ok(answer) => {
                    self.known.store(true, Ordering::Relaxed);
                    self.is_back();
                    return Ok((answer, tries.number() + 1));
                }
                Err(failure) => self.wait_for_another_try(failure, &mut tries).await?,
            }
        }
    }

    /// Sends a request, again where another try may help, and returns the body of a 2xx answer.
    pub(super) async fn send(&self, what: &str, request: &Request<'_>) -> Result<Vec<u8>> {
        let mut tries = Tries::none();
        loop {
            match self.send_once(what, request).await {
                Ok(body) => {
                    self.is_back();
                    return Ok(body);
                }
                Err(failure) => self.wait_for_another_try(failure, &mut tries).await?,
            }
        }
    }

    /// As [`Client::send`], but a 500 ends it at once, with nothing: servers that answer so where there is no such file
    /// will not change their mind.
    pub(super) async fn send_unless_500(&self, what: &str, request: &Request<'_>) -> Result<Option<Vec<u8>>> {
        let mut tries = Tries::none();
        loop {
            match self.send_once(what, request).await {
                Ok(body) => {
                    self.is_back();
                    return Ok(Some(body));
                }
                Err(failure) if failure.status == Some(StatusCode::INTERNAL_SERVER_ERROR) => return Ok(None),
                Err(failure) => self.wait_for_another_try(failure, &mut tries).await?,
            }
        }
    }

    /// Fetches what may be larger than memory into a file, which holds nothing of a try that failed.
    pub(super) async fn fetch(
        &self,
        what: &str,
        url: Url,
        expect: Expect,
        into: &mut ArtifactUpload,
    ) -> Result<()> {
        let mut tries = Tries::none();
        loop {
            match self.fetch_once(what, url.clone(), expect, into).await {
                Ok(()) => {
                    self.is_back();
                    return Ok(());
                }
                Err(failure) => self.wait_for_another_try(failure, &mut tries).await?,
            }
            into.restart()?;
        }
    }

    /// Sends a file of `size` bytes that may be larger than memory.
    pub(super) async fn send_file(&self, what: &str, url: Url, file: &File, size: u64) -> Result<()> {
        let mut tries = Tries::none();
        loop {
            match self.send_file_once(what, url.clone(), file, size).await {
                Ok(()) => {
                    self.is_back();
                    return Ok(());
                }
                Err(failure) => self.wait_for_another_try(failure, &mut tries).await?,
            }
        }
    }

    /// Waits where another try makes sense; else the failure stands.
    async fn wait_for_another_try(&self, failure: FailedTry, tries: &mut Tries) -> Result<()> {
        let most = self.settings.max_retries;
        // An odd answer of a server that is known is an error on the way; of one that is not, most likely no server.
        let reached = if failure.is_odd { &self.known } else { &self.contacted };
        let most = if reached.load(Ordering::Relaxed) { most } else { most.min(failure.tries_at_first) };
        if !failure.transient || (failure.is_odd && most == 0) {
            self.is_back();
            return Err(failure.error);
        }
        let next = tries.next_wait(self.settings.backoff, most, failure.retry_after);
        self.window.close();
        self.is_away(next.unwrap_or_default());
        let Some(wait) = next else { return Err(failure.error) };
        tracing::debug!(error = %failure.error, ?wait, "trying again");
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn is_away(&self, wait: Duration) {
        let now = Instant::now();
        self.outage.send_modify(|outage| {
            let since = outage.map_or(now, |outage| outage.since);
            *outage = Some(Outage { since, next_try: now + wait });
        });
    }

    fn is_back(&self) {
        self.outage.send_if_modified(|outage| outage.take().is_some());
    }

    fn asked<'a>(&'a self, what: &'a str, url: &'a Url, expect: Expect) -> RequestContext<'a> {
        RequestContext { here: &self.route.here, what, url, expect }
    }

    async fn send_once(&self, what: &str, request: &Request<'_>) -> Result<Vec<u8>, FailedTry> {
        let _place = self.window.place().await;
        self.calls.fetch_add(1, Ordering::Relaxed);
        let start = std::time::Instant::now();
        let mut builder = self.http.request(request.method.clone(), request.url.clone());
        builder = match &request.body {
            RequestBody::Empty => builder,
            RequestBody::Json(value) => builder.json(value),
            RequestBody::Bytes(bytes) => builder.body(bytes.to_vec()),
        };
        let response = builder.send().await.map_err(|error| self.unreachable(error))?;
        self.contacted.store(true, Ordering::Relaxed);
        let (method, status, took) = (&request.method, response.status().as_u16(), start.elapsed());
        tracing::debug!(%method, what, status, ?took, "answered");
        self.read_answer(&self.asked(what, &request.url, request.expect), response).await
    }

    /// The body of an answer that is what was asked for, in memory.
    async fn read_answer(
        &self,
        asked: &RequestContext<'_>,
        mut response: Response,
    ) -> Result<Vec<u8>, FailedTry> {
        let too_large = || {
            let message = format!("{} answered {} with more than 64 MiB", self.route.here, asked.what);
            FailedTry::odd(TrackingError::new(ErrorKind::Protocol, message))
        };
        if response.content_length().is_some_and(|length| length > MAX_ANSWER as u64) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(error))? {
            if bytes.len() + chunk.len() > MAX_ANSWER {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        asked.check(&head(&mut response), &bytes)?;
        Ok(bytes)
    }

    /// GETs a page, once: its status, the server's clock, and the beginning of its first line.
    pub(super) async fn look(&self, url: Url) -> Result<(StatusCode, Option<SystemTime>, String)> {
        let mut response = self.http.get(url).send().await.map_err(|error| self.unreachable(error).error)?;
        let (status, date) = (response.status(), date(response.headers()));
        let first = response.chunk().await.map_err(|error| self.unreachable(error).error)?;
        Ok((status, date, first_line(&first.unwrap_or_default())))
    }

    async fn fetch_once(
        &self,
        what: &str,
        url: Url,
        expect: Expect,
        into: &mut ArtifactUpload,
    ) -> Result<(), FailedTry> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        // The time-out of the settings holds for each piece here: a large file takes its time.
        let request = self.http.get(url.clone()).timeout(LONGEST_TRANSFER);
        let answer = self.in_time(request.send()).await?;
        self.contacted.store(true, Ordering::Relaxed);
        let mut response = answer.map_err(|error| self.unreachable(error))?;
        let asked = self.asked(what, &url, expect);
        if !response.status().is_success() {
            return self.read_answer(&asked, response).await.map(drop);
        }
        asked.check_head(&head(&mut response))?;
        loop {
            match self.in_time(response.chunk()).await?.map_err(|error| self.unreachable(error))? {
                Some(chunk) => into.write(&chunk).map_err(FailedTry::lasting)?,
                None => return Ok(()),
            }
        }
    }

    async fn send_file_once(&self, what: &str, url: Url, file: &File, size: u64) -> Result<(), FailedTry> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let from_the_start = file.try_clone().and_then(|mut file| file.rewind().map(|()| file));
        let file = from_the_start.map_err(|error| {
            let message = format!("{what} can't be read again");
            FailedTry::lasting(TrackingError::new(ErrorKind::Io, message).caused_by(error))
        })?;
        let request = self
            .http
            .put(url.clone())
            .timeout(LONGEST_TRANSFER)
            .header(CONTENT_LENGTH, size)
            .body(tokio::fs::File::from_std(file));
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        self.contacted.store(true, Ordering::Relaxed);
        self.read_answer(&self.asked(what, &url, Expect::Stored), response).await.map(drop)
    }

    /// What does not come within the time-out of the settings can't be reached.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, FailedTry> {
        tokio::time::timeout(self.settings.timeout, work).await.map_err(|elapsed| {
            let message = format!("{} does not answer in time", self.route.here);
            FailedTry::passing(TrackingError::new(ErrorKind::Unavailable, message).caused_by(elapsed))
        })
    }

    fn unreachable(&self, error: reqwest::Error) -> FailedTry {
        let (error, transient) = self.route.unreachable(error);
        if transient { FailedTry::passing(error) } else { FailedTry::lasting(error) }
    }
}

fn as_json(path: &str, body: &impl Serialize) -> Result<Value> {
    serde_json::to_value(body).map_err(|error| {
        let message = format!("{path}: the request can't be written as JSON");
        TrackingError::new(ErrorKind::Protocol, message).caused_by(error)
    })
}

/// A field of a request in a query string, where a list is its name again and again.
fn parameters<'a>(name: &'a str, value: &Value) -> Vec<(&'a str, String)> {
    match value {
        Value::Array(members) => members.iter().flat_map(|member| parameters(name, member)).collect(),
        Value::String(text) => vec![(name, text.clone())],
        other => vec![(name, other.to_string())],
    }
}

/// Takes the head from an answer whose body is read, or is yet to be.
fn head(response: &mut Response) -> ResponseHead {
    ResponseHead { status: response.status(), headers: std::mem::take(response.headers_mut()) }
}
