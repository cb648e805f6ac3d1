//! `sweep new`: what is run for it, what it writes, and what it leaves alone.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::agent::until;
use crate::support::sandbox::{Sandbox, finish};

const SCRIPT: &str = r#"
import argparse, sys
open("ran", "a").write(" ".join(sys.argv[1:]) + "\n")
parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
parser.add_argument("--lr", type=float, default=0.01, help="learning rate")
parser.add_argument("--layers", type=int, default=2)
parser.add_argument("--nesterov", action="store_true")
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()
print(f"loss={args.lr * args.layers}")
"#;

#[test]
fn a_script_is_run_with_help_alone_and_what_is_written_runs() {
    let sandbox = Sandbox::new();
    sandbox.file("train.py", SCRIPT);
    let ran = sandbox.run(&["new", "python3 train.py"]).expect(0);
    assert!(ran.stderr.contains("Running `python3 train.py --help`, and nothing else"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Wrote sweep.yaml: 3 parameters varied."), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(sandbox.path().join("ran")).unwrap(), "--help\n");
    let file = sandbox.path().join("sweep.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let schema = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
    let schema = std::fs::read(sandbox.path().join(schema)).unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&schema).unwrap().is_object());
    sandbox.run(&["check", "sweep.yaml"]).expect(0);

    let refused = sandbox.run(&["new", "python3 train.py"]).expect(2);
    assert!(refused.stderr.contains("there is a sweep.yaml already"), "{}", refused.stderr);
    // The metric is for the person to name.
    let named = text.replacen(
        "# metric: {name: val_loss, goal: minimize, from_output: 'val_loss",
        "metric: {name: loss, goal: minimize, from_output: 'loss",
        1,
    );
    assert_ne!(named, text);
    std::fs::write(&file, named.replace("run_cap: 20", "run_cap: 2 ")).unwrap();
    let started = sandbox.run(&["start", "sweep.yaml"]).expect(0);
    assert!(started.stdout.contains("loss"), "{}", started.stdout);
    sandbox.run(&["new", "python3", "train.py", "--force"]).expect(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_program_that_prints_no_help_is_ended_with_all_that_it_started() {
    let sandbox = Sandbox::new();
    sandbox.file("train.sh", "sleep 1000 & echo $! > pid.new; mv pid.new pid; echo epoch 1; wait\n");
    let refused = sandbox.run(&["new", "sh train.sh", "--timeout", "1s"]).expect(1);
    assert!(refused.stderr.contains("did not end within 1 s"), "{}", refused.stderr);
    let pid = std::fs::read_to_string(sandbox.path().join("pid")).unwrap();
    until("the end of what it started", || gone(&pid).then_some(()));

    std::fs::remove_file(sandbox.path().join("pid")).unwrap();
    let child = sandbox.spawn(&["new", "sh train.sh"]);
    let pid = until("the program", || std::fs::read_to_string(sandbox.path().join("pid")).ok());
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    finish(child).expect(130);
    until("the end of what it started", || gone(&pid).then_some(()));
    assert!(!sandbox.path().join("sweep.yaml").exists());
}

fn gone(pid: &str) -> bool {
    std::fs::read(format!("/proc/{}/environ", pid.trim())).map_or(true, |text| text.is_empty())
}

#[test]
fn what_is_no_help_is_shown_with_the_reason() {
    let sandbox = Sandbox::new();
    sandbox.file("broken.sh", "echo 'no module named torch' >&2; exit 3\n");
    let refused = sandbox.run(&["new", "sh broken.sh"]).expect(1).stderr;
    assert!(refused.contains("exit code 3") && refused.contains("no module named torch"), "{refused}");
    let refused = sandbox.run(&["new", "no-such-program"]).expect(2).stderr;
    assert!(refused.contains("no-such-program"), "{refused}");
    let refused = sandbox.run(&["new", "cd x && python train.py"]).expect(2).stderr;
    assert!(refused.contains("needs a shell"), "{refused}");
    let refused = sandbox.run(&["new"]).expect(2).stderr;
    assert!(refused.contains("sweep new --example"), "{refused}");
}

#[test]
fn the_example_runs_in_an_empty_directory() {
    let sandbox = Sandbox::new();
    let refused = sandbox.run(&["init"]).expect(2).stderr;
    assert!(refused.contains("sweep new --example"), "{refused}");
    sandbox.run(&["new", "--example"]).expect(0);
    let capped = std::fs::read_to_string(sandbox.path().join("sweep.yaml")).unwrap();
    sandbox.file("sweep.yaml", &capped.replace("run_cap: 20", "run_cap: 4"));
    let ran = sandbox.run(&["start", "sweep.yaml", "-j", "2"]).expect(0);
    assert!(ran.stdout.contains("penalty"), "{}", ran.stdout);
    assert_eq!(
        sandbox.run(&["trials", "--format", "json"]).expect(0).json()["trials"].as_array().unwrap().len(),
        4
    );
    sandbox.run(&["init"]).expect(0);
    let refused = sandbox.run(&["new", "--example", "-o", "other.yaml"]).expect(2).stderr;
    assert!(refused.contains("train.sh"), "{refused}");
}

#[test]
fn a_file_of_another_program_is_turned_into_a_sweep_file() {
    let sandbox = Sandbox::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/drafts/optuna_script.py");
    sandbox.file("study.py", &std::fs::read_to_string(script).unwrap());
    let printed = sandbox.run(&["new", "--from", "study.py", "-o", "-"]).expect(0).stdout;
    sandbox.file("sweep.yaml", &printed);
    sandbox.run(&["check", "sweep.yaml"]).expect(0);
    sandbox.file("wandb.yaml", "program: t.py\nmethod: grid\nparameters: {lr: {valuess: [1]}}\n");
    let refused = sandbox.run(&["new", "--from", "wandb.yaml", "-o", "-"]).expect(2).stderr;
    assert!(refused.contains("valuess") && refused.contains("wandb.yaml has errors"), "{refused}");
}
