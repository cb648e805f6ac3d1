//! MLflow's environment variables, read once into checked settings.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use reqwest::Url;

use crate::tracking::error::{ErrorKind, Result, TrackingError};
use crate::tracking::regular::read_typed;

/// The largest file of credentials, 1 MiB.
const LARGEST_CREDENTIALS: u64 = 1 << 20;

/// A text that never shows in logs or messages.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that sends it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a login comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Login {
    /// There is none.
    #[default]
    None,
    /// User and password from `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`.
    Environment,
    /// User and password from `~/.mlflow/credentials`.
    File,
    /// One of them from the environment, the other from the file.
    EnvironmentAndFile,
    /// User and password from the URI itself.
    Uri,
    /// `MLFLOW_TRACKING_TOKEN`.
    Token,
}

/// How a server is reached, as MLflow's own clients understand the environment.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Scheme, host, port and prefix: no trailing slash, no credentials.
    pub base: Url,
    /// The value of the `Authorization` header.
    pub authorization: Option<Secret>,
    /// Where that comes from.
    pub login: Login,
    /// `MLFLOW_TRACKING_INSECURE_TLS`.
    pub insecure_tls: bool,
    /// A file of trusted certificates in place of the platform's, and the variable that names it.
    pub server_cert: Option<(PathBuf, &'static str)>,
    /// `MLFLOW_TRACKING_CLIENT_CERT_PATH`: a PEM file with key and certificate.
    pub client_cert: Option<PathBuf>,
    /// `MLFLOW_WORKSPACE`.
    pub workspace: Option<String>,
    /// `MLFLOW_HTTP_REQUEST_TIMEOUT`.
    pub timeout: Duration,
    /// `MLFLOW_HTTP_REQUEST_MAX_RETRIES`.
    pub max_retries: u32,
    /// `MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR`: seconds that the waits start from.
    pub backoff: Duration,
}

/// Where settings come from: a seam, so that tests need not touch the process environment.
pub struct Environment<'a> {
    /// Looks a variable up.
    pub var: &'a dyn Fn(&str) -> Option<String>,
    /// The text of `~/.mlflow/credentials`, where there is one.
    pub credentials: Option<String>,
}

impl Environment<'_> {
    /// That of this process and its user.
    #[must_use]
    pub fn of_process() -> Environment<'static> {
        let file = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".mlflow/credentials"));
        Environment {
            var: &|name| std::env::var(name).ok(),
            credentials: file
                .and_then(|path| read_typed(&path, LARGEST_CREDENTIALS).ok())
                .and_then(|bytes| String::from_utf8(bytes).ok()),
        }
    }
}

impl ServerSettings {
    /// Reads the settings for the server at `uri` (`http://` or `https://`, with or without `user:password@`).
    ///
    /// # Errors
    /// `Invalid` for an unreadable URI or a variable with a senseless value.
    pub fn read(uri: &str, env: &Environment<'_>) -> Result<Self> {
        let mut base = Url::parse(uri.trim_end_matches('/')).map_err(|error| {
            // What stands before the host may be a password.
            let shown = uri.rsplit_once('@').map_or(uri, |(_, host)| host);
            invalid(format!("`{shown}` is not a tracking URI"))
                .hint("It should look like http://127.0.0.1:5000 or https://mlflow.example.org")
                .caused_by(error)
        })?;
        let in_url = (!base.username().is_empty()).then(|| {
            (percent_decoded(base.username()), percent_decoded(base.password().unwrap_or_default()))
        });
        // Both can only fail for URLs that can't have a host, which http URLs always have.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        let insecure_tls = boolean(env, "MLFLOW_TRACKING_INSECURE_TLS")?.unwrap_or(false);
        if insecure_tls && text(env, OWN_CERTIFICATES).is_some() {
            return Err(invalid(
                "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH are both set",
            )
            .hint("Unset one of them: either the certificate is checked, or it is not."));
        }
        let (authorization, login) = authorization(env, in_url);
        Ok(Self {
            base,
            authorization,
            login,
            insecure_tls,
            server_cert: if insecure_tls { None } else { certificates(env) },
            client_cert: text(env, "MLFLOW_TRACKING_CLIENT_CERT_PATH").map(PathBuf::from),
            workspace: text(env, "MLFLOW_WORKSPACE"),
            timeout: Duration::from_secs(number(env, "MLFLOW_HTTP_REQUEST_TIMEOUT", 120, 86_400)?),
            max_retries: u32::try_from(number(env, "MLFLOW_HTTP_REQUEST_MAX_RETRIES", 7, 10)?).unwrap_or(7),
            backoff: Duration::from_secs(number(env, "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", 2, 3_600)?),
        })
    }

    /// The base as a person writes it.
    #[must_use]
    pub fn display_uri(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }
}

/// The variable for MLflow alone.
const OWN_CERTIFICATES: &str = "MLFLOW_TRACKING_SERVER_CERT_PATH";
/// Variables that name a file of trusted certificates; the first that is set counts. The middle ones are read by the
/// library that MLflow's own client is built on, so that a trial trusts what its agent trusts.
const CERTIFICATES: [&str; 4] = [OWN_CERTIFICATES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"];

fn certificates(env: &Environment<'_>) -> Option<(PathBuf, &'static str)> {
    CERTIFICATES.into_iter().find_map(|name| text(env, name).map(|path| (PathBuf::from(path), name)))
}

/// Basic wins over a token when both a user and a password are known, as in MLflow's client.
fn authorization(env: &Environment<'_>, in_url: Option<(String, String)>) -> (Option<Secret>, Login) {
    let file = env.credentials.as_deref().unwrap_or_default();
    let known = |variable: &str, key: &str| {
        let from_environment = text(env, variable).map(|value| (value, true));
        from_environment.or_else(|| ini(file, key).map(|value| (value, false)))
    };
    let user = known("MLFLOW_TRACKING_USERNAME", "mlflow_tracking_username");
    let password = known("MLFLOW_TRACKING_PASSWORD", "mlflow_tracking_password");
    let own = user.zip(password).map(|((user, here), (password, too))| {
        let login = match (here, too) {
            (true, true) => Login::Environment,
            (false, false) => Login::File,
            _ => Login::EnvironmentAndFile,
        };
        (user, password, login)
    });
    let basic = own.or(in_url.map(|(user, password)| (user, password, Login::Uri)));
    if let Some((user, password, login)) = basic {
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        return (Some(Secret(format!("Basic {encoded}"))), login);
    }
    match text(env, "MLFLOW_TRACKING_TOKEN") {
        Some(token) => (Some(Secret(format!("Bearer {token}"))), Login::Token),
        None => (None, Login::None),
    }
}

/// The value of `key` in the section `[mlflow]` of an INI text.
fn ini(file: &str, key: &str) -> Option<String> {
    let mut inside = false;
    for line in file.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[mlflow]";
        } else if inside
            && let Some((name, value)) = line.split_once('=')
            && name.trim().eq_ignore_ascii_case(key)
        {
            return Some(value.trim().to_owned());
        }
    }
    None
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn text(env: &Environment<'_>, name: &str) -> Option<String> {
    (env.var)(name).filter(|value| !value.is_empty())
}

fn boolean(env: &Environment<'_>, name: &str) -> Result<Option<bool>> {
    let Some(value) = text(env, name) else { return Ok(None) };
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(Some(true)),
        "false" | "0" => Ok(Some(false)),
        _ => Err(invalid(format!("{name} is `{value}`")).hint("Set it to true or false.")),
    }
}

fn number(env: &Environment<'_>, name: &str, default: u64, most: u64) -> Result<u64> {
    let Some(value) = text(env, name) else { return Ok(default) };
    match value.parse::<u64>() {
        Ok(number) if number <= most => Ok(number),
        _ => Err(invalid(format!("{name} is `{value}`"))
            .hint(format!("Set it to a whole number from 0 to {most}."))),
    }
}

fn invalid(message: impl Into<String>) -> TrackingError {
    TrackingError::new(ErrorKind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str, vars: &[(&str, &str)], credentials: Option<&str>) -> Result<ServerSettings> {
        let var = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
        ServerSettings::read(uri, &Environment { var: &var, credentials: credentials.map(str::to_owned) })
    }

    fn header(settings: &ServerSettings) -> Option<&str> {
        settings.authorization.as_ref().map(Secret::reveal)
    }

    #[test]
    fn credentials_leave_the_uri_and_become_a_header() {
        let settings = read("http://ann:p%40ss@host:5000/prefix/", &[], None).unwrap();
        assert_eq!(settings.display_uri(), "http://host:5000/prefix");
        assert_eq!(header(&settings), Some("Basic YW5uOnBAc3M="));
        assert_eq!(settings.login, Login::Uri);
        assert!(!format!("{settings:?}").contains("YW5u"));
    }

    #[test]
    fn basic_wins_over_a_token_even_if_it_comes_from_the_file() {
        let file = "[other]\nmlflow_tracking_username = no\n[mlflow]\nmlflow_tracking_username = ann\n\
                    mlflow_tracking_password = pw\n";
        let settings = read("http://h", &[("MLFLOW_TRACKING_TOKEN", "t")], Some(file)).unwrap();
        assert_eq!((header(&settings), settings.login), (Some("Basic YW5uOnB3"), Login::File));
        let settings = read("http://h", &[("MLFLOW_TRACKING_TOKEN", "t")], None).unwrap();
        assert_eq!((header(&settings), settings.login), (Some("Bearer t"), Login::Token));
    }

    #[test]
    fn the_environment_overrides_the_file_key_by_key() {
        let file = "[mlflow]\nmlflow_tracking_username=ann\nmlflow_tracking_password=pw\n";
        let settings = read("http://h", &[("MLFLOW_TRACKING_USERNAME", "bob")], Some(file)).unwrap();
        assert_eq!(header(&settings), Some("Basic Ym9iOnB3"));
        assert_eq!(settings.login, Login::EnvironmentAndFile);
    }

    #[test]
    fn the_first_file_of_certificates_counts() {
        let chosen = |vars: &[(&str, &str)]| read("https://h", vars, None).unwrap().server_cert;
        assert_eq!(chosen(&[]), None);
        let (ssl, requests) = (("SSL_CERT_FILE", "/s"), ("REQUESTS_CA_BUNDLE", "/r"));
        assert_eq!(chosen(&[ssl]), Some(("/s".into(), "SSL_CERT_FILE")));
        assert_eq!(chosen(&[ssl, requests]), Some(("/r".into(), "REQUESTS_CA_BUNDLE")));
        let own = ("MLFLOW_TRACKING_SERVER_CERT_PATH", "/m");
        assert_eq!(chosen(&[ssl, requests, own]), Some(("/m".into(), own.0)));
        let insecure = ("MLFLOW_TRACKING_INSECURE_TLS", "true");
        assert_eq!(chosen(&[ssl, insecure]), None);
        assert!(read("https://h", &[own, insecure], None).is_err());
    }

    #[test]
    fn senseless_values_are_errors_that_name_the_variable() {
        for (name, value) in [
            ("MLFLOW_TRACKING_INSECURE_TLS", "maybe"),
            ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "11"),
            ("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon"),
        ] {
            let error = read("http://h", &[(name, value)], None).unwrap_err();
            assert!(error.message.contains(name), "{}", error.message);
        }
        let error = read("http://ann:pw@", &[], None).unwrap_err();
        assert!(!error.message.contains("pw"), "{}", error.message);
    }
}
