//! A tracking server: whether it answers, with which login, and whether its clock goes right.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::CheckResult;
use crate::commands::shared::CommandFailure;
use crate::tracking::local_artifacts::folder_of;
use crate::tracking::rest::{Environment, Login, Probe, RestStore, ServerSettings};
use crate::tracking::{ErrorKind, Experiment, Store as _, TrackingError};
use crate::ui::words;

/// Nobody who asks for a doctor waits two minutes.
const PATIENCE: Duration = Duration::from_secs(10);
/// A slower answer is felt in every trial.
const SLOW: Duration = Duration::from_millis(500);
/// A clock that differs by more makes times of runs look odd, seconds.
const SKEW: f64 = 5.0;

/// Looks at the server of this URI.
pub(super) async fn look(uri: &str) -> Vec<CheckResult> {
    let settings = match ServerSettings::read(uri, &Environment::of_process()) {
        Ok(settings) => settings,
        Err(error) => return vec![CheckResult::failed("store", &error.into())],
    };
    let login = login(&settings);
    let certificates = super::certificates::look(&settings);
    let settings = ServerSettings { timeout: settings.timeout.min(PATIENCE), max_retries: 0, ..settings };
    let store = match RestStore::new(settings) {
        Ok(store) => store,
        Err(error) => return unreachable_server(error, login, certificates),
    };
    let probe = match store.probe().await {
        Ok(probe) => probe,
        Err(error) => return unreachable_server(error, login, certificates),
    };
    let mut found = Vec::new();
    match store.first_call().await {
        Ok(first) => {
            found.push(answers(&store, &probe, first.took));
            found.push(login);
            found.extend(first.experiment.map(|experiment| artifacts(&experiment)));
        }
        Err(error) if matches!(error.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden) => {
            found.push(answers(&store, &probe, probe.took));
            found.push(CheckResult {
                check: "login",
                ..CheckResult::failed("login", &CommandFailure::from(error))
            });
        }
        Err(error) => found.extend([CheckResult::failed("store", &error.into()), login]),
    }
    found.extend(certificates);
    found.push(clock(&probe));
    found
}

fn unreachable_server(
    error: TrackingError,
    login: CheckResult,
    certificates: Option<CheckResult>,
) -> Vec<CheckResult> {
    [CheckResult::failed("store", &error.into()), login].into_iter().chain(certificates).collect()
}

fn answers(store: &RestStore, probe: &Probe, took: Duration) -> CheckResult {
    let version = match &probe.version {
        Some(version) => format!("MLflow {version}"),
        None => "it does not report its version".to_owned(),
    };
    let text = format!("{} answers in {} ({version})", store.uri(), words::duration(took));
    let major = probe.version.as_deref().and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    if took > SLOW {
        let advice = "Each trial makes some five calls. Is it far away, or busy? A server on PostgreSQL with several \
                      workers answers sooner.";
        return CheckResult::warn("store", text, advice);
    }
    if major.is_some_and(|major| major < 2) {
        return CheckResult::warn("store", text, "Servers before MLflow 2 were not tried: upgrade it.");
    }
    CheckResult::ok("store", text)
}

/// Where the login comes from; never what it is.
fn login(settings: &ServerSettings) -> CheckResult {
    let (text, advice) = match settings.login {
        Login::None => ("none is set".to_owned(), None),
        Login::Environment => {
            ("user and password from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD".to_owned(), None)
        }
        Login::File => ("user and password from ~/.mlflow/credentials".to_owned(), readable_by_others()),
        Login::EnvironmentAndFile => (
            "user and password, one from the environment, the other from ~/.mlflow/credentials".to_owned(),
            readable_by_others(),
        ),
        Login::Uri => (
            "user and password from the tracking URI".to_owned(),
            Some(
                "A URI is seen in lists of processes: MLFLOW_TRACKING_USERNAME and _PASSWORD are not."
                    .to_owned(),
            ),
        ),
        Login::Token => ("a token from MLFLOW_TRACKING_TOKEN".to_owned(), None),
    };
    let open = settings.login != Login::None && settings.base.scheme() == "http" && !is_loopback(settings);
    let advice = advice
        .or_else(|| open.then(|| "It goes over the network as plain text: use an https address.".to_owned()));
    match advice {
        Some(advice) => CheckResult::warn("login", text, advice),
        None => CheckResult::ok("login", text),
    }
}

fn is_loopback(settings: &ServerSettings) -> bool {
    super::machine::is_loopback(settings.base.host_str().unwrap_or_default())
}

fn readable_by_others() -> Option<String> {
    let file = PathBuf::from(std::env::var_os("HOME")?).join(".mlflow/credentials");
    let mode = std::fs::metadata(&file).ok()?.permissions().mode();
    (mode & 0o077 != 0)
        .then(|| "Others on this machine may read that file: chmod 600 ~/.mlflow/credentials".to_owned())
}

fn clock(probe: &Probe) -> CheckResult {
    match probe.ahead {
        None => CheckResult::ok("clock", "the server does not report the time"),
        Some(ahead) if ahead.abs() <= SKEW => {
            CheckResult::ok("clock", "the server's clock and this one agree")
        }
        Some(ahead) => {
            let by = words::duration(Duration::from_secs_f64(ahead.abs()));
            let side = if ahead > 0.0 { "ahead of" } else { "behind" };
            let advice = "Sweeps need no common clock, but times of runs will look odd: let NTP set both.";
            CheckResult::warn("clock", format!("the server's clock is {by} {side} this one"), advice)
        }
    }
}

/// Whether this machine can save artifacts where the server's experiments have them.
fn artifacts(experiment: &Experiment) -> CheckResult {
    let location = experiment.artifact_location.as_str();
    if location.starts_with("mlflow-artifacts:") {
        return CheckResult::ok("artifacts", "go through the server");
    }
    let of = format!("experiment `{}`", experiment.name);
    match folder_of(location) {
        Some(folder) if exists_below(&folder) => CheckResult::ok(
            "artifacts",
            format!("of {of} lie in {}, which this machine has", folder.display()),
        ),
        Some(folder) => CheckResult::warn(
            "artifacts",
            format!("of {of} lie in {}, which this machine does not have", folder.display()),
            "Start the server with --serve-artifacts and a new experiment, or share that folder with this machine.",
        ),
        None => {
            let scheme = location.split(':').next().unwrap_or_default();
            CheckResult::warn(
                "artifacts",
                format!("of {of} lie in {scheme}:, which sweep does not write to"),
                "Start the server with --serve-artifacts --artifacts-destination, and use a new experiment.",
            )
        }
    }
}

/// Whether a folder is there, or the first one above it that would hold it is a person's own, not the root.
fn exists_below(folder: &Path) -> bool {
    folder.ancestors().take(2).any(Path::is_dir)
}
