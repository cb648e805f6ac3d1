//! A real `sweep server`, that ends with the test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::sandbox::Sandbox;

/// A running server; dropping it kills it.
pub struct SweepServer {
    child: Child,
    url: String,
}

impl SweepServer {
    /// Starts a server on a new database in this folder.
    pub fn start_in(folder: &Path) -> Self {
        Self::start(folder, &[], &[])
    }

    /// The same with options and variables.
    pub fn start(folder: &Path, options: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::listening(folder, "0", options, environment)
    }

    /// A server on a port that one had before it.
    pub fn start_on(folder: &Path, port: &str) -> Self {
        Self::listening(folder, port, &[], &[])
    }

    fn listening(folder: &Path, port: &str, options: &[&str], environment: &[(&str, &str)]) -> Self {
        // For an environment that nothing outside decides.
        let sandbox = Sandbox::new();
        let mut command: Command = sandbox.command(&["server", "--port", port]);
        command.args(options).envs(environment.iter().copied()).current_dir(folder);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut url).expect("its first line");
        assert!(url.starts_with("http://"), "the server ended with {:?}", child.wait());
        Self { child, url: url.trim_end().to_owned() }
    }

    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a person does; returns its exit code.
    pub fn end(mut self, signal: Signal) -> Option<i32> {
        kill(Pid::from_raw(i32::try_from(self.child.id()).expect("a process id")), signal).expect("it runs");
        self.child.wait().expect("its state").code()
    }
}

impl Drop for SweepServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
