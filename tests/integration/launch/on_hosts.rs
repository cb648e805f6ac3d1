//! Agents as plain processes: on this machine, and over ssh.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::launches;
use crate::support::agent::{file_in, no_process_is_left, until};
use crate::support::outcome::{self, Outcome};
use crate::support::sandbox::{Ran, Sandbox};

const GRID: &str = "command: 'echo gpu=$CUDA_VISIBLE_DEVICES'\nmethod: grid\n\
                    parameters: {x: {values: [1, 2, 3, 4, 5, 6]}}\n";
/// One trial, which runs until the file `go` is there.
const UNTIL_GO: &str = "command: 'echo $$ > running; until [ -e go ]; do sleep 0.05; done'\nmethod: grid\n\
                        grace: 1s\nparameters: {x: {values: [1]}}\n";

fn all_done(sandbox: &Sandbox, sweep: &str, trials: u64) {
    let store = outcome::embedded(sandbox.path());
    until("all results", || (Outcome::read(&store, sweep).results.len() as u64 == trials).then_some(()));
    until("the end of the agents", || {
        launches(sandbox).iter().all(|launch| launch["alive"] == 0).then_some(())
    });
    Outcome::read(&store, sweep).each_trial_counts_once(trials);
}

#[test]
fn agents_of_this_machine_drain_a_sweep_and_each_has_its_gpu() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(GRID);
    let launched = sandbox.run(&["launch", "local", "--agents", "2", "--gpus", "4-5"]).expect(0);
    assert!(
        launched.stderr.contains("Launch 1 of ") && launched.stderr.contains("2 agents here"),
        "{launched:?}"
    );
    all_done(&sandbox, &sweep, 6);
    let logs: Vec<String> = (0..6)
        .map(|trial| sandbox.run(&["logs", &trial.to_string()]).expect(0).stdout.trim().to_owned())
        .collect();
    assert!(logs.iter().all(|log| log == "gpu=4" || log == "gpu=5"), "{logs:?}");
}

#[test]
fn what_is_printed_is_submitted_by_nobody() {
    let sandbox = Sandbox::new();
    sandbox.init(GRID);
    let printed = sandbox.run(&["launch", "slurm", "--agents", "2", "--print"]).expect(0).stdout;
    assert!(printed.starts_with("#!/bin/bash\n#SBATCH ") && printed.contains("--array=0-1"), "{printed}");
    sandbox.run(&["launch", "local", "--save", "script"]).expect(0);
    assert!(std::fs::read_to_string(sandbox.path().join("script")).unwrap().contains("nohup"));
    assert!(launches(&sandbox).is_empty());
}

#[test]
fn a_launch_is_cancelled_and_its_trial_given_back() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(UNTIL_GO);
    sandbox.run(&["launch", "local"]).expect(0);
    file_in(sandbox.path(), "running");
    assert_eq!(launches(&sandbox)[0]["alive"], 1);
    let cancelled = sandbox.run(&["launch", "cancel"]).expect(0);
    assert!(cancelled.stderr.contains("1 agent asked to end"), "{}", cancelled.stderr);
    until("the end of the agent", || (launches(&sandbox)[0]["alive"] == 0).then_some(()));
    no_process_is_left(&sweep);
    assert_eq!(launches(&sandbox)[0]["cancelled"], true);
    sandbox.run(&["launch", "cancel"]).expect(2);
    sandbox.file("go", "");
    sandbox.run(&["run"]).expect(0);
    let outcome = Outcome::read(&outcome::embedded(sandbox.path()), &sweep);
    assert_eq!(outcome.states(0), ["KILLED", "FINISHED*"]);
}

#[test]
fn missing_agents_are_submitted_once_however_many_top_up_at_once() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(
        "command: 'until [ -e go ]; do sleep 0.05; done'\nmethod: grid\nparameters: {x: {values: [1, 2, 3, 4]}}\n",
    );
    sandbox.run(&["launch", "top-up"]).expect(2);
    sandbox.run(&["launch", "local", "--agents", "1"]).expect(0);
    let at_once: Vec<Child> = (0..4).map(|_| sandbox.spawn(&["launch", "top-up", "--agents", "3"])).collect();
    let said: Vec<Ran> =
        at_once.into_iter().map(|child| crate::support::sandbox::finish(child).expect(0)).collect();
    let submitted = said.iter().filter(|ran| ran.stderr.contains("Launch 2 of ")).count();
    assert_eq!(submitted, 1, "{said:?}");
    let alive: u64 = launches(&sandbox).iter().map(|launch| launch["alive"].as_u64().unwrap()).sum();
    assert_eq!((launches(&sandbox).len(), alive), (2, 3));
    sandbox.file("go", "");
    all_done(&sandbox, &sweep, 4);
    let over = sandbox.run(&["launch", "top-up"]).expect(0);
    assert!(over.stderr.contains("Every trial has its result"), "{}", over.stderr);
}

/// An sshd of its own on loopback, which takes the key of the sandbox.
struct Sshd {
    server: Child,
    port: u16,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Sshd {
    fn start(sandbox: &Sandbox) -> Option<Self> {
        let program = "/usr/sbin/sshd";
        if !Path::new(program).is_file() {
            eprintln!("skipped: no {program} here (Debian: apt install openssh-server)");
            return None;
        }
        let at = |name: &str| sandbox.path().join(name).display().to_string();
        for key in ["host_key", "key"] {
            let made =
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &at(key)]).status();
            assert!(made.unwrap().success());
        }
        std::fs::copy(at("key.pub"), at("authorized_keys")).unwrap();
        std::fs::create_dir_all("/run/sshd").ok()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let conf = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\n\
             PermitRootLogin yes\nUsePAM no\nPidFile none\n",
            at("host_key"),
            at("authorized_keys")
        );
        sandbox.file("sshd_config", &conf);
        let log = std::fs::File::create(at("sshd.log")).unwrap();
        let server = Command::new(program)
            .args(["-D", "-e", "-f", &at("sshd_config")])
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        until("sshd", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
        Some(Self { server, port })
    }
}

#[test]
fn agents_on_hosts_that_ssh_reaches_drain_a_sweep() {
    let sandbox = Sandbox::new();
    let Some(sshd) = Sshd::start(&sandbox) else { return };
    let sweep = sandbox.init(GRID);
    let key = sandbox.path().join("key").display().to_string();
    let options = ["-i", &key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
    let port = sshd.port.to_string();
    let words = [&["launch", "ssh", "--hosts", "127.0.0.1:2", "--", "-p", &port][..], &options].concat();
    sandbox.run(&words).expect(0);
    all_done(&sandbox, &sweep, 6);
    assert_eq!(launches(&sandbox)[0]["engine"], "ssh");
    let unreachable = [&["launch", "ssh", "--hosts", "127.0.0.1", "--", "-p", "1"][..], &options].concat();
    let failed = sandbox.run(&unreachable).expect(1);
    assert!(failed.stderr.contains("on 127.0.0.1 failed"), "{}", failed.stderr);
}
