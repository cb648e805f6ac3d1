//! The way to a server: the HTTP client with its headers, the proxy on the way, and what to say where it fails.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue};

use super::settings::ServerSettings;
use super::trust;
use crate::tracking::error::{ErrorKind, Result, TrackingError};

/// How a server is reached, for the words of errors.
pub(super) struct Route {
    /// "the tracking server at …", with the proxy on the way.
    pub(super) here: String,
    proxy: Option<String>,
    host: String,
    is_local: bool,
}

impl Route {
    pub(super) fn new(settings: &ServerSettings) -> Self {
        let proxy = proxy_for(&settings.base);
        let through = proxy.as_ref().map(|proxy| format!(" (through the proxy {proxy})")).unwrap_or_default();
        let host = settings.base.host_str().unwrap_or_default();
        let bare = host.trim_matches(['[', ']']);
        let is_local =
            bare == "localhost" || bare.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        Self {
            here: format!("the tracking server at {}{through}", settings.display_uri()),
            proxy,
            host: bare.to_owned(),
            is_local,
        }
    }

    /// The error of a request that got no answer, and whether another try makes sense.
    pub(super) fn unreachable(&self, error: reqwest::Error) -> (TrackingError, bool) {
        let error = error.without_url();
        let what = if error.is_timeout() { "does not answer in time" } else { "can't be reached" };
        let cause = causes(&error);
        let certificate = cause.contains("invalid peer certificate");
        let transient = !error.is_builder() && !certificate;
        let failure = TrackingError::new(ErrorKind::Unavailable, format!("{} {what}", self.here))
            .hint(self.hint(&cause, certificate))
            .caused_by(error);
        (failure, transient)
    }

    fn hint(&self, cause: &str, certificate: bool) -> String {
        if certificate && cause.contains("NotValidForName") || cause.contains("not valid for name") {
            return "Its certificate is for another name: use that name in MLFLOW_TRACKING_URI, or set \
                    MLFLOW_TRACKING_INSECURE_TLS=true to go without the check."
                .to_owned();
        }
        let dated = ["expired", "Expired", "not valid yet", "NotValidYet"];
        if certificate && dated.iter().any(|word| cause.contains(word)) {
            return "Its certificate is out of date, or the clock of this machine is wrong: renew it, or set \
                    MLFLOW_TRACKING_INSECURE_TLS=true to go without the check."
                .to_owned();
        }
        if certificate {
            return "Its certificate is not trusted here: set MLFLOW_TRACKING_SERVER_CERT_PATH to a PEM file with it, or \
                    with the authority that signed it; MLFLOW_TRACKING_INSECURE_TLS=true goes without the check."
                .to_owned();
        }
        if cause.contains("InvalidContentType") {
            return "It does not speak TLS: should MLFLOW_TRACKING_URI begin with http://?".to_owned();
        }
        match (&self.proxy, self.is_local) {
            (Some(proxy), true) => format!(
                "{proxy} comes from HTTP_PROXY or ALL_PROXY. For a server on this machine set NO_PROXY={}.",
                self.host
            ),
            (Some(proxy), false) => format!(
                "Does the proxy {proxy} run (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY)? To go without it set NO_PROXY={}. \
                 Is MLFLOW_TRACKING_URI (or --tracking-uri) right?",
                self.host
            ),
            (None, _) => "Is it running, and is MLFLOW_TRACKING_URI (or --tracking-uri) right?".to_owned(),
        }
    }
}

/// The proxy that the environment puts on the way, by the rules of the client, without its login.
fn proxy_for(base: &reqwest::Url) -> Option<String> {
    let proxy =
        hyper_util::client::proxy::matcher::Matcher::from_system().intercept(&base.as_str().parse().ok()?)?;
    let uri = proxy.uri();
    let host = uri.authority()?.as_str().rsplit('@').next()?;
    Some(format!("{}://{host}", uri.scheme_str().unwrap_or("http")))
}

/// An error with all its causes, as text.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

pub(super) fn http_client(settings: &ServerSettings) -> Result<reqwest::Client> {
    // The client asks for the process's provider even where no TLS is spoken. A second one is refused: then there is
    // one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    // Where nothing is said a proxy may compress an answer, which is not read here.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
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
        trust::tls(builder, settings)?.pool_idle_timeout(Duration::from_secs(4))
    } else {
        // Two reasons: a server with several workers holds kept-alive answers back some 40 ms (it sends head and body
        // apart, and the client's delayed ACK waits for the body); and the platform's certificates, which take
        // longest to load, are unusable here.
        builder.pool_max_idle_per_host(0).tls_certs_only([])
    };
    builder.build().map_err(|error| {
        TrackingError::new(ErrorKind::Io, "the HTTP client could not be set up").caused_by(error)
    })
}
