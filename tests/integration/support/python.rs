//! MLflow's own Python package, in a virtual environment that the first test makes and all later ones share.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The version of MLflow that the tests speak to.
pub const MLFLOW_VERSION: &str = "3.17.2";

/// The `python` of a virtual environment that holds MLflow. It lies below cargo's target folder and is made
/// once; test processes that come at the same time wait for the first.
///
/// # Panics
///
/// Where it can't be made; the message says what to install.
pub fn mlflow_python() -> PathBuf {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| make(&home(MLFLOW_VERSION), &[&format!("mlflow=={MLFLOW_VERSION}")])).clone()
}

/// The `python` of another environment, with the last MLflow of the 2.x line. It takes minutes to make.
///
/// # Panics
///
/// Where it can't be made; the message says what to install.
pub fn mlflow_2_22() -> PathBuf {
    // Newer versions of SQLAlchemy lack what it uses.
    make(&home("2.22.1"), &["mlflow==2.22.1", "sqlalchemy<2.1"])
}

// For a benchmark.
#[allow(dead_code)]
/// The `python` of an environment with Optuna and its dashboard.
///
/// # Panics
///
/// Where it can't be made; the message says what to install.
pub fn optuna_dashboard() -> PathBuf {
    make(&place("optuna-dashboard-0.21.0"), &["optuna-dashboard==0.21.0", "optuna==5.0.0"])
}

/// `target/mlflow-<version>`.
fn home(version: &str) -> PathBuf {
    place(&format!("mlflow-{version}"))
}

fn place(name: &str) -> PathBuf {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tmp.parent().expect("target/tmp lies in target").join(name)
}

fn make(home: &Path, packages: &[&str]) -> PathBuf {
    let venv = home.join("venv");
    let python = venv.join("bin").join("python");
    // Written last: an environment whose making was broken off has none.
    let complete = home.join("complete");
    fs::create_dir_all(home).expect("the target folder can be written");
    let lock = File::create(home.join("lock")).expect("the target folder can be written");
    lock.lock().expect("the file system has locks");
    if complete.exists() && python.exists() {
        return python;
    }
    if venv.exists() {
        fs::remove_dir_all(&venv).expect("the broken environment can be removed");
    }
    run(
        Command::new("python3").args(["-m", "venv"]).arg(&venv),
        "the tests need Python 3.10 or newer with its `venv` module: install `python3` and `python3-venv`",
    );
    run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(packages),
        "the tests need MLflow from a Python package index: check the network and pip's settings",
    );
    fs::write(&complete, "there").expect("the target folder can be written");
    python
}

/// Adds what MLflow needs to speak to PostgreSQL to the environment.
///
/// # Panics
///
/// Where it can't be installed.
pub fn with_postgres_driver() {
    with("psycopg2-binary");
}

/// Adds what MLflow measures the system with.
///
/// # Panics
///
/// Where it can't be installed.
pub fn with_system_metrics() {
    with("psutil");
}

fn with(package: &str) {
    let python = mlflow_python();
    let lock = File::create(home(MLFLOW_VERSION).join("lock")).expect("the target folder can be written");
    lock.lock().expect("the file system has locks");
    // Within the environment, so that it goes with it.
    let complete = home(MLFLOW_VERSION).join("venv").join(format!("has-{package}"));
    if complete.exists() {
        return;
    }
    run(
        Command::new(python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .arg(package),
        &format!(
            "the tests need {package} from a Python package index: check the network and pip's settings"
        ),
    );
    fs::write(&complete, "there").expect("the target folder can be written");
}

fn run(command: &mut Command, advice: &str) {
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            panic!("{advice}\n{command:?} ended with {}:\n{}", output.status, last_words(&output.stderr))
        }
        Err(error) => panic!("{advice}\n{command:?} did not start: {error}"),
    }
}

fn last_words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// Runs a script in MLflow's Python against a tracking URI, in `folder`; returns what it printed.
///
/// # Panics
///
/// Where it fails; the message holds its errors.
pub fn run_python(script: &str, folder: &Path, environment: &[(&str, &str)]) -> String {
    let output = Command::new(mlflow_python())
        .arg("-c")
        .arg(script)
        .current_dir(folder)
        .env_remove("MLFLOW_TRACKING_URI")
        .env_remove("MLFLOW_RUN_ID")
        .env_remove("MLFLOW_EXPERIMENT_ID")
        .env_remove("MLFLOW_EXPERIMENT_NAME")
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        .env("NO_PROXY", "127.0.0.1,localhost")
        .envs(environment.iter().copied())
        .output()
        .expect("python starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the script ended with {}:\n{out}\n{err}", output.status);
    out.into_owned()
}
