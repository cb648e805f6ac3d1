//! An agent as the first process of a container.

use std::path::Path;

use nix::sys::signal::Signal;

use crate::support::agent::{AgentProcess, file_in, send, until};
use crate::support::outcome::{self, Outcome};
use crate::support::sandbox::Sandbox;

/// Fields of a process, such as `State`.
fn field(pid: u32, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

fn processes() -> Vec<u32> {
    let names = std::fs::read_dir("/proc").unwrap().flatten();
    names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The process that is number 1 of its container, and works in this folder.
fn first_process(folder: &Path) -> Option<u32> {
    let folder = folder.canonicalize().ok()?;
    processes().into_iter().find(|pid| {
        let works_here = std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == folder);
        works_here
            && field(*pid, "NSpid").is_some_and(|numbers| numbers.split_whitespace().nth(1) == Some("1"))
    })
}

#[test]
fn as_the_first_process_of_a_container_an_agent_reaps_and_obeys() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: a container needs root here");
        return;
    }
    let sandbox = Sandbox::new();
    let id = sandbox.init(
        "command: '(sleep 0.1 & exit 0); sleep 0.3; echo $$ > running; sleep 1000'\nmethod: grid\ngrace: 1s\n\
         parameters: {x: {values: [1]}}\n",
    );
    let container = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let agent = AgentProcess::of(&sandbox, sandbox.wrapped(&container, &["run", "--engine", "k8s"]));
    file_in(sandbox.path(), "running");
    let first = until("process 1", || first_process(sandbox.path()));
    let zombies = || {
        let children = processes().into_iter();
        let of_first = children.filter(|pid| field(*pid, "PPid") == Some(first.to_string()));
        of_first.filter(|pid| field(*pid, "State").is_some_and(|state| state.starts_with('Z'))).count()
    };
    until("the orphan is reaped", || (zombies() == 0).then_some(()));
    send(first, Signal::SIGTERM);
    agent.finish().expect(75);
    assert_eq!(Outcome::read(&outcome::embedded(sandbox.path()), &id).states(0), ["KILLED"]);
}
