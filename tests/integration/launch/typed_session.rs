//! The session that docs/clusters.md shows, typed again in a terminal of 80 columns before a Slurm of two nodes.
//!
//! `SWEEP_BLESS=1 cargo test --test integration typed_session` writes it again.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use regex::Regex;

use crate::support::agent::until;
use crate::support::outcome::{Outcome, server};
use crate::support::pty::in_terminal;
use crate::support::sandbox::Sandbox;
use crate::support::slurm::Slurm;
use crate::support::sweep_server::SweepServer;

const PAGE: &str = include_str!("../../../docs/clusters.md");
const OPENING: &str = "<!-- a session, held by tests/integration/launch/typed_session.rs -->\n```console\n";
const TRIALS: usize = 30;
/// The lease of a lost agent, and what Slurm needs to find a node lost.
const LONGEST: Duration = Duration::from_secs(240);

/// Who types, and before what.
struct Desk {
    slurm: Slurm,
    server: SweepServer,
    sandbox: Sandbox,
}

impl Desk {
    /// What a line shows; a comment is something that happens meanwhile.
    fn line(&self, line: &str) -> String {
        match line {
            "# the agents have started" => self.all_run(),
            "# the node of one of them loses its power" => self.slurm.lose("n2"),
            "# Slurm has noticed" => until("a lost agent", || (self.running() == 2).then_some(())),
            "# every trial has its result" => self.all_done(),
            command => return self.types(command),
        }
        String::new()
    }

    fn types(&self, command: &str) -> String {
        let mut shell = Command::new("sh");
        shell.args(["-c", command.trim_start_matches("$ ")]).current_dir(self.sandbox.path());
        self.slurm.reach(&mut shell);
        let here = Path::new(env!("CARGO_BIN_EXE_sweep")).parent().unwrap().display().to_string();
        let path = shell.get_envs().find_map(|(name, value)| (name == "PATH").then_some(value?));
        let path = format!("{here}:{}", path.unwrap().to_str().unwrap());
        shell.env("PATH", path).env("HOME", self.sandbox.path()).env("NO_COLOR", "1").stdin(Stdio::null());
        shell.env("MLFLOW_TRACKING_URI", self.server.url()).env("LC_ALL", "C.UTF-8");
        let (code, shown) = in_terminal(&mut shell, 80);
        assert_eq!(code, 0, "{command}:\n{shown}");
        shown
    }

    fn running(&self) -> usize {
        let states = self.slurm.ask("squeue", &["-h", "-r", "-o", "%T"]);
        states.lines().filter(|state| state.trim() == "RUNNING").count()
    }

    fn results(&self) -> usize {
        let list = self.sandbox.run(&["list", "--format", "json"]).expect(0).json();
        let id = list[0]["id"].as_str().unwrap_or_else(|| panic!("{list}")).to_owned();
        Outcome::read(&server(self.server.url()), &id).results.len()
    }

    fn all_run(&self) {
        until("three agents", || (self.running() == 3).then_some(()));
        // The node that is lost has a trial.
        until("a result of each", || (self.results() >= 6).then_some(()));
    }

    fn all_done(&self) {
        let deadline = Instant::now() + LONGEST;
        while self.results() < TRIALS {
            if Instant::now() >= deadline {
                let (jobs, status) =
                    (self.slurm.ask("squeue", &["-r"]), self.sandbox.run(&["status"]).stdout);
                panic!("the sweep does not end: {jobs}\n{status}");
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// What differs from run to run, and the widths that follow from it, made equal.
fn masked(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, mask) in [
        (r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}\b", "<id>"),
        (r"http://[0-9.a-z]+:\d+", "<server>"),
        (r"\b[0-9.]+ (ms|s|min|h)( ago)?\b|\bnow\b", "<time>"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d[:-]\d\d([:-]\d\d(\.\d+)?)?Z?", "<date>"),
        (r"[┬┳╇┼╈━─]+", "-"),
        (r" +", " "),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, mask).into_owned();
    }
    text
}

#[test]
fn the_session_of_the_page_is_what_a_terminal_before_slurm_shows() {
    let nodes = vec!["n1".to_owned(), "n2".to_owned()];
    let slurm = match Slurm::of_nodes(nodes, 2) {
        Ok(slurm) => slurm,
        Err(why) => return eprintln!("skipped: {why}"),
    };
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start_in(folder.path());
    let sandbox = Sandbox::tracking(server.url());
    let desk = Desk { slurm, server, sandbox };
    let (_, rest) = PAGE.split_once(OPENING).unwrap();
    let (session, _) = rest.split_once("\n```").unwrap();
    desk.sandbox.file("sweep.yaml", FILE);
    let typed = session.lines().filter(|line| line.starts_with("$ ") || line.starts_with("# "));
    let shown: Vec<String> =
        typed.map(|line| format!("{line}\n{}", desk.line(line)).trim_end().to_owned()).collect();
    let shown = shown.join("\n\n");
    if std::env::var_os("SWEEP_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clusters.md");
        std::fs::write(path, PAGE.replace(session, &shown)).unwrap();
        return;
    }
    for (ours, theirs) in masked(&shown).lines().zip(masked(session).lines()) {
        assert_eq!(ours, theirs, "docs/clusters.md shows another session; the terminal:\n{shown}");
    }
    assert_eq!(shown.lines().count(), session.lines().count(), "{shown}");
}

/// The file of the session.
const FILE: &str = "sweep_name: squares
command: sleep 1; echo loss=$(( (${x} - 7) * (${x} - 7) ))
metric: {name: loss, goal: minimize, from_output: 'loss=(.*)'}
method: grid
run_cap: 30
parameters:
  x: {min: 0, max: 29}
seed: 1
";
