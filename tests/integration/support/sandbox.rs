//! A directory of its own for a test, in which the real binary is run.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value as Json;

/// A fresh working directory; removed with all that is in it at the end of the test.
pub struct Sandbox {
    folder: tempfile::TempDir,
    tracking_uri: Option<String>,
}

impl Sandbox {
    /// One that uses the embedded default: `./mlflow.db`.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), tracking_uri: None }
    }

    /// One that uses a tracking server or another database.
    pub fn tracking(uri: &str) -> Self {
        Self { tracking_uri: Some(uri.to_owned()), ..Self::new() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The binary with these arguments, in this directory and an environment that nothing outside decides.
    pub fn command(&self, args: &[&str]) -> Command {
        self.wrapped(&[], args)
    }

    /// The same, started by a program that is given the binary and its arguments as its last arguments.
    pub fn wrapped(&self, wrapper: &[&str], args: &[&str]) -> Command {
        let all = [wrapper, &[env!("CARGO_BIN_EXE_sweep")], args].concat();
        let (program, args) = all.split_first().unwrap();
        let mut command = Command::new(program);
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("MLFLOW_")
                || name.starts_with("SWEEP_")
                || name.ends_with("_PROXY")
                || name.ends_with("_proxy")
                || name == "BROWSER"
            {
                command.env_remove(name);
            }
        }
        command.env("HOME", self.path()).env("NO_COLOR", "1").env("COLUMNS", "100");
        command.env("LC_ALL", "C.UTF-8").env("TERM", "xterm");
        // MLflow's client has a race of its own in its telemetry, which fails a call now and then.
        command.env("MLFLOW_DISABLE_TELEMETRY", "true");
        if let Some(uri) = &self.tracking_uri {
            command.env("MLFLOW_TRACKING_URI", uri);
        }
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    /// Starts the binary, its output kept for [`finish`].
    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// `sweep init` of this config: the id of the sweep.
    pub fn init(&self, config: &str) -> String {
        self.file("sweep.yaml", config);
        let ran = self.run(&["init", "sweep.yaml"]).expect(0);
        let line = ran.stdout.lines().last().unwrap();
        line.strip_prefix("Sweep initialized with ID: ")
            .unwrap_or_else(|| panic!("no id in: {line}"))
            .to_owned()
    }
}

/// Waits for a binary that was started.
pub fn finish(child: Child) -> Ran {
    Ran::from(child.wait_with_output().unwrap())
}

/// How a run of the binary came out.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Holds the exit code, and shows everything where it is another.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n-- stdout\n{}\n-- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in:\n{}", self.stdout))
    }
}
