//! HTTP to a tracking server: one place that sends, authenticates and tries again.

use std::fs::File;
use std::io::Seek as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rand::RngExt as _;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::time::Instant;

use super::settings::Settings;
use crate::tracking::error::{ErrorKind, Result, TrackingError};
use crate::tracking::local_artifacts::Upload;
use crate::tracking::outage::Outage;

/// Answers beyond this size are refused: 64 MiB, far above a page of 1,000 runs.
const MAX_ANSWER: usize = 64 << 20;
/// A server that is back is found within this time.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// A server that asks for more time than this is asked again sooner.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);
/// The waits that tries are counted by grow no further.
const LONGEST_COUNTED: Duration = Duration::from_secs(120);
/// A file is on its way no longer than this.
const LONGEST_TRANSFER: Duration = Duration::from_secs(24 * 3600);
/// Until a server has answered once, it is more likely misspelt than restarting.
const RETRIES_BEFORE_FIRST_CONTACT: u32 = 2;

/// A tracking server's HTTP side.
pub(super) struct Client {
    http: reqwest::Client,
    settings: Settings,
    contacted: AtomicBool,
    calls: AtomicU64,
    outage: watch::Sender<Option<Outage>>,
}

/// How often and how long a request has been tried.
struct Tries {
    number: u32,
    begun: Instant,
}

impl Tries {
    fn none() -> Self {
        Self { number: 0, begun: Instant::now() }
    }
}

/// What is sent: a request that can be made again for every try.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Body<'a>,
}

/// The body of a request.
pub(super) enum Body<'a> {
    Empty,
    Json(serde_json::Value),
    Bytes(&'a [u8]),
}

impl Client {
    pub(super) fn new(settings: Settings) -> Result<Self> {
        Ok(Self {
            http: http_client(&settings)?,
            settings,
            contacted: false.into(),
            calls: 0.into(),
            outage: watch::Sender::new(None),
        })
    }

    /// The address is known to be right: a server that does not answer is away.
    pub(super) fn is_known(&self) {
        self.contacted.store(true, Ordering::Relaxed);
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

    /// POSTs a JSON request to `/api/2.0/mlflow/<path>` and reads the JSON answer.
    pub(super) async fn post<Res: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<Res> {
        let body = serde_json::to_value(body)
            .map_err(|error| protocol(format!("{path}: the request can't be written as JSON"), error))?;
        let url = self.api_url(path);
        self.json(path, Request { method: Method::POST, url, body: Body::Json(body) }).await
    }

    /// As [`Client::post`], with whether it was sent more than once: then the server may have done it twice.
    pub(super) async fn post_counted<Res: DeserializeOwned>(
        &self,
        path: &str,
        body: serde_json::Value,
    ) -> Result<(Res, bool)> {
        let request = Request { method: Method::POST, url: self.api_url(path), body: Body::Json(body) };
        let (bytes, tries) = self.send_counted(path, request).await?;
        Ok((self.read_json(path, &bytes)?, tries > 1))
    }

    /// GETs `/api/2.0/mlflow/<path>` with query parameters and reads the JSON answer.
    pub(super) async fn get<Res: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<Res> {
        let mut url = self.api_url(path);
        url.query_pairs_mut().extend_pairs(query);
        self.json(path, Request { method: Method::GET, url, body: Body::Empty }).await
    }

    /// Sends JSON to `/api/2.0/mlflow/<path>` with this method and reads the JSON answer.
    pub(super) async fn call<Res: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: serde_json::Value,
    ) -> Result<Res> {
        self.json(path, Request { method, url: self.api_url(path), body: Body::Json(body) }).await
    }

    fn api_url(&self, path: &str) -> Url {
        let mut segments = vec!["api", "2.0", "mlflow"];
        segments.extend(path.split('/'));
        self.url(&segments)
    }

    pub(super) async fn json<Res: DeserializeOwned>(&self, what: &str, request: Request<'_>) -> Result<Res> {
        let bytes = self.send(what, request).await?;
        self.read_json(what, &bytes)
    }

    fn read_json<Res: DeserializeOwned>(&self, what: &str, bytes: &[u8]) -> Result<Res> {
        let bytes = if bytes.is_empty() { b"{}".as_slice() } else { bytes };
        serde_json::from_slice(bytes).map_err(|error| {
            protocol(
                format!("{} answered {what} with something that is not MLflow's JSON", self.here()),
                error,
            )
            .hint("Does the tracking URI name an MLflow server (and its path prefix, if it has one)?")
        })
    }

    /// Sends a request, again on 408, 429, 5xx and broken connections, and returns the body of a 2xx answer.
    pub(super) async fn send(&self, what: &str, request: Request<'_>) -> Result<Vec<u8>> {
        Ok(self.send_counted(what, request).await?.0)
    }

    /// As [`Client::send`], with how often it was sent.
    async fn send_counted(&self, what: &str, request: Request<'_>) -> Result<(Vec<u8>, u32)> {
        let mut tries = Tries::none();
        loop {
            match self.send_once(what, &request).await {
                Ok(body) => {
                    self.is_back();
                    return Ok((body, tries.number + 1));
                }
                Err(failure) => self.wait_for_another_try(failure, &mut tries).await?,
            }
        }
    }

    /// Fetches what may be larger than memory into a file, which holds nothing of a try that failed.
    pub(super) async fn fetch(&self, what: &str, url: Url, into: &mut Upload) -> Result<()> {
        let mut tries = Tries::none();
        loop {
            match self.fetch_once(what, url.clone(), into).await {
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
    ///
    /// `MLFLOW_HTTP_REQUEST_MAX_RETRIES` and `_BACKOFF_FACTOR` say how long a request is tried, as for MLflow's clients;
    /// but the waits between do not grow beyond [`LONGEST_WAIT`], so that a server that is back is found soon.
    async fn wait_for_another_try(&self, failure: Failure, tries: &mut Tries) -> Result<()> {
        if !failure.transient {
            self.is_back();
            return Err(failure.error);
        }
        let most = if self.contacted.load(Ordering::Relaxed) {
            self.settings.max_retries
        } else {
            self.settings.max_retries.min(RETRIES_BEFORE_FIRST_CONTACT)
        };
        let is_over = tries.number >= most && tries.begun.elapsed() >= self.patience(most);
        let asked = failure.retry_after.map(|wait| wait.min(LONGEST_RETRY_AFTER));
        let wait = if is_over { Duration::ZERO } else { asked.unwrap_or_else(|| self.backoff(tries.number)) };
        self.is_away(wait);
        if is_over {
            return Err(failure.error);
        }
        tries.number += 1;
        tracing::debug!(error = %failure.error, ?wait, "trying again");
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// How long a request is tried: as long as waits that double take, of which so many are allowed.
    fn patience(&self, retries: u32) -> Duration {
        let waits = (1..retries).map(|tries| self.doubled(tries));
        // The waits are cut by a quarter on average.
        waits.sum::<Duration>().mul_f64(0.75)
    }

    fn doubled(&self, tries: u32) -> Duration {
        self.settings.backoff.saturating_mul(1 << (tries - 1).min(10)).min(LONGEST_COUNTED)
    }

    /// The first new try is near at once, as a restarted connection cures most faults; then the waits double.
    fn backoff(&self, tries: u32) -> Duration {
        if tries == 0 {
            return Duration::from_millis(rand::rng().random_range(20..120));
        }
        self.doubled(tries).min(LONGEST_WAIT).mul_f64(rand::rng().random_range(0.5..1.0))
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

    async fn send_once(&self, what: &str, request: &Request<'_>) -> Result<Vec<u8>, Failure> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let start = std::time::Instant::now();
        let mut builder = self.http.request(request.method.clone(), request.url.clone());
        builder = match &request.body {
            Body::Empty => builder,
            Body::Json(value) => builder.json(value),
            Body::Bytes(bytes) => builder.body(bytes.to_vec()),
        };
        let response = builder.send().await.map_err(|error| self.unreachable(error))?;
        self.contacted.store(true, Ordering::Relaxed);
        let (method, status, took) = (&request.method, response.status().as_u16(), start.elapsed());
        tracing::debug!(%method, what, status, ?took, "answered");
        self.read_answer(what, response).await
    }

    /// The body of a 2xx answer, in memory.
    async fn read_answer(&self, what: &str, mut response: Response) -> Result<Vec<u8>, Failure> {
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(error))? {
            if bytes.len() + chunk.len() > MAX_ANSWER {
                let message = format!("{} answered {what} with more than 64 MiB", self.here());
                return Err(Failure::lasting(TrackingError::new(ErrorKind::Protocol, message)));
            }
            bytes.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(bytes);
        }
        Err(Failure { error: self.refusal(what, status, &bytes), transient: transient(status), retry_after })
    }

    /// GETs a page, once: its status, the server's clock, and the beginning of its first line.
    pub(super) async fn look(&self, url: Url) -> Result<(StatusCode, Option<SystemTime>, String)> {
        let mut response = self.http.get(url).send().await.map_err(|error| self.unreachable(error).error)?;
        let (status, date) = (response.status(), date(response.headers()));
        let first = response.chunk().await.map_err(|error| self.unreachable(error).error)?;
        Ok((status, date, first_line(&first.unwrap_or_default())))
    }

    async fn fetch_once(&self, what: &str, url: Url, into: &mut Upload) -> Result<(), Failure> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        // The time-out of the settings holds for each piece here: a large file takes its time.
        let request = self.http.get(url).timeout(LONGEST_TRANSFER);
        let answer = self.in_time(request.send()).await?;
        self.contacted.store(true, Ordering::Relaxed);
        let mut response = answer.map_err(|error| self.unreachable(error))?;
        if !response.status().is_success() {
            return self.read_answer(what, response).await.map(drop);
        }
        loop {
            match self.in_time(response.chunk()).await?.map_err(|error| self.unreachable(error))? {
                Some(chunk) => into.write(&chunk).map_err(Failure::lasting)?,
                None => return Ok(()),
            }
        }
    }

    async fn send_file_once(&self, what: &str, url: Url, file: &File, size: u64) -> Result<(), Failure> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let from_the_start = file.try_clone().and_then(|mut file| file.rewind().map(|()| file));
        let file = from_the_start.map_err(|error| {
            let message = format!("{what} can't be read again");
            Failure::lasting(TrackingError::new(ErrorKind::Io, message).caused_by(error))
        })?;
        let request = self
            .http
            .put(url)
            .timeout(LONGEST_TRANSFER)
            .header(CONTENT_LENGTH, size)
            .body(tokio::fs::File::from_std(file));
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        self.contacted.store(true, Ordering::Relaxed);
        self.read_answer(what, response).await.map(drop)
    }

    /// What does not come within the time-out of the settings can't be reached.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::time::timeout(self.settings.timeout, work).await.map_err(|elapsed| {
            let message = format!("{} does not answer in time", self.here());
            let error = TrackingError::new(ErrorKind::Unavailable, message).caused_by(elapsed);
            Failure { error, transient: true, retry_after: None }
        })
    }

    fn here(&self) -> String {
        format!("the tracking server at {}", self.settings.display_uri())
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        let error = error.without_url();
        let what = if error.is_timeout() { "does not answer in time" } else { "can't be reached" };
        let transient = !error.is_builder();
        let error = TrackingError::new(ErrorKind::Unavailable, format!("{} {what}", self.here()))
            .hint("Is it running, and is MLFLOW_TRACKING_URI (or --tracking-uri) right?")
            .caused_by(error);
        Failure { error, transient, retry_after: None }
    }

    /// The error of an answer that is not 2xx, by MLflow's error code first and the HTTP status second.
    fn refusal(&self, what: &str, status: StatusCode, body: &[u8]) -> TrackingError {
        #[derive(serde::Deserialize)]
        struct Answer {
            error_code: String,
            #[serde(default)]
            message: String,
        }
        let answer = serde_json::from_slice::<Answer>(body).ok();
        let code = answer.as_ref().map_or("", |answer| answer.error_code.as_str());
        let kind = match (code, status.as_u16()) {
            (_, 401) => ErrorKind::Unauthorized,
            (_, 403) => ErrorKind::Forbidden,
            ("RESOURCE_ALREADY_EXISTS", _) => ErrorKind::AlreadyExists,
            ("RESOURCE_DOES_NOT_EXIST", _) => ErrorKind::NotFound,
            ("NOT_IMPLEMENTED" | "ENDPOINT_NOT_FOUND", _) => ErrorKind::Unsupported,
            (_, 408 | 429 | 500..) => ErrorKind::Unavailable,
            // Every MLflow has these: it is somebody else who does not know them, and says nothing of any run.
            ("", 404) if what.starts_with("runs/") || what.starts_with("experiments/") => ErrorKind::Protocol,
            ("", 404) => ErrorKind::NotFound,
            ("", _) => ErrorKind::Protocol,
            _ => ErrorKind::Invalid,
        };
        let said = answer.map_or_else(|| first_line(body), |answer| answer.message);
        let error = TrackingError::new(kind, format!("{} refused {what} ({status}): {said}", self.here()));
        match kind {
            ErrorKind::Unauthorized => error.hint(
                "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, \
                 or write ~/.mlflow/credentials.",
            ),
            ErrorKind::Forbidden => error.hint("The login is right but has no permission for this."),
            ErrorKind::Protocol => error.hint("Does the tracking URI name an MLflow server?"),
            _ => error,
        }
    }
}

struct Failure {
    error: TrackingError,
    transient: bool,
    retry_after: Option<Duration>,
}

impl Failure {
    fn lasting(error: TrackingError) -> Self {
        Self { error, transient: false, retry_after: None }
    }
}

/// The statuses that MLflow's own client tries again.
fn transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn first_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4096)]);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given");
    line.chars().take(200).collect()
}

fn protocol(message: String, source: serde_json::Error) -> TrackingError {
    TrackingError::new(ErrorKind::Protocol, message).caused_by(source)
}

fn http_client(settings: &Settings) -> Result<reqwest::Client> {
    // The client asks for the process's provider even where no TLS is spoken. A second one is refused: then there is
    // one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    if let Some(secret) = &settings.authorization {
        let mut value = HeaderValue::from_str(secret.reveal()).map_err(|_| {
            TrackingError::new(ErrorKind::Invalid, "the credentials hold a character that a header can't")
        })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    if let Some(workspace) = &settings.workspace {
        let value = HeaderValue::from_str(workspace).map_err(|_| {
            TrackingError::new(ErrorKind::Invalid, "MLFLOW_WORKSPACE holds a character that a header can't")
        })?;
        headers.insert("X-MLFLOW-WORKSPACE", value);
    }
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("sweep/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .timeout(settings.timeout)
        .connect_timeout(settings.timeout.min(Duration::from_secs(20)))
        // A redirect would carry a login to another host, or turn a POST into a GET.
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true);
    builder = if settings.base.scheme() == "https" {
        tls(builder, settings)?.pool_idle_timeout(Duration::from_secs(4))
    } else {
        // Two reasons: a server with several workers holds kept-alive answers back some 40 ms (it sends head and body
        // apart, and the client's delayed ACK waits for the body); and the platform's certificates, which take
        // longest to load, are of no use here.
        builder.pool_max_idle_per_host(0).tls_certs_only([])
    };
    builder.build().map_err(|error| {
        TrackingError::new(ErrorKind::Io, "the HTTP client could not be set up").caused_by(error)
    })
}

fn tls(builder: reqwest::ClientBuilder, settings: &Settings) -> Result<reqwest::ClientBuilder> {
    let mut builder = builder.tls_danger_accept_invalid_certs(settings.insecure_tls);
    if let Some(path) = &settings.server_cert {
        let pem = read(path, "MLFLOW_TRACKING_SERVER_CERT_PATH")?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|error| bad_pem(path, "MLFLOW_TRACKING_SERVER_CERT_PATH", error))?;
        builder = builder.tls_certs_only(certificates);
    }
    if let Some(path) = &settings.client_cert {
        let pem = read(path, "MLFLOW_TRACKING_CLIENT_CERT_PATH")?;
        let identity = reqwest::Identity::from_pem(&pem)
            .map_err(|error| bad_pem(path, "MLFLOW_TRACKING_CLIENT_CERT_PATH", error))?;
        builder = builder.identity(identity);
    }
    Ok(builder)
}

fn read(path: &std::path::Path, variable: &str) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        TrackingError::new(ErrorKind::Io, format!("{variable}: {} can't be read", path.display()))
            .caused_by(error)
    })
}

fn bad_pem(path: &std::path::Path, variable: &str, error: reqwest::Error) -> TrackingError {
    TrackingError::new(ErrorKind::Invalid, format!("{variable}: {} is not a PEM file", path.display()))
        .caused_by(error)
}
