//! The winner in a form that runs it, and trials that are run again.

use sweep::testing::{Metric, Store};

use super::{block, store, swept};
use crate::embedded_sweep::runs;
use crate::support::sandbox::Sandbox;

/// Writes what it was given: its arguments, each ended by NUL, and three variables, to a file each.
const RECORD: &str = "#!/bin/sh\nout=${OUT:-$MLFLOW_RUN_ID}\nfor arg in \"$@\"; do printf '%s\\0' \"$arg\"; done > \"$out\"\n\
                      printf %s \"$GREETING\" > \"$out.greeting\"\nprintf %s \"$SWEEP_TRIAL_SEED\" > \"$out.seed\"\n\
                      printf %s \"$SWEEP_PARAMS\" > \"$out.params\"\n";
/// Values that a shell would trip over.
const NASTY: &str =
    r#"["it's \"$(touch broken)\" `id`", "two\nlines", " spaces  ", "-n", "ä 字 \\ * ? ; & | > #", ""]"#;

/// Runs the winner by `sh -c "$(sweep best --as command)"`, as a person would.
fn run_winner(sandbox: &Sandbox) {
    let line = sandbox.run(&["best", "--as", "command"]).expect(0).stdout;
    sandbox.file("winner.sh", &line);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "line=$(cat winner.sh); sh -c \"$line\""]).current_dir(sandbox.path());
    let status = shell.env("OUT", "again").status().unwrap();
    assert!(status.success(), "{line}");
}

#[test]
fn the_winners_command_runs_exactly_as_the_trial_did_whatever_its_values_are() {
    for command in [
        r#"command: ["sh", "record.sh", "${args}", "${name}"]"#,
        r#"command: ["sh", "record.sh", "--file", "${name}"]"#,
        r#"command: 'sh record.sh --name ${name} "${name}" --seed ${trial_seed}'"#,
        "command: |\n  # two lines\n  set -e\n  sh record.sh ${name}",
    ] {
        let sandbox = Sandbox::new();
        sandbox.file("record.sh", RECORD);
        sandbox.init(&format!(
            "{command}\nmethod: grid\nenv: {{GREETING: \"hello $(touch broken) 'you'\"}}\n\
             metric: {{name: loss, goal: minimize}}\nparameters:\n  name: {{values: {NASTY}}}\n  lr: {{value: 1.0e-05}}\n"
        ));
        // What they are worth is logged afterwards.
        sandbox.run(&["run", "--quiet", "--max-failures", "100"]).expect(1);
        let trials: Vec<_> = runs(&store(&sandbox), "Default")
            .into_iter()
            .filter(|run| run.tag("sweep.trial").is_some())
            .collect();
        assert_eq!(trials.len(), 6);
        // Each of them is the best in its turn.
        for (place, run) in trials.iter().enumerate() {
            let metric = Metric { key: "loss".into(), value: -(place as f64), timestamp: 1, step: 0 };
            block(store(&sandbox).log_batch(&run.info.id, &[metric], &[], &[])).unwrap();
            run_winner(&sandbox);
            let read = |name: String| std::fs::read_to_string(sandbox.path().join(name)).unwrap();
            for (part, told) in [
                ("", false),
                (".greeting", false),
                // What stands on the command line is not told twice.
                (".seed", command.contains("trial_seed")),
                (".params", command.contains("args")),
            ] {
                if !told {
                    assert_eq!(
                        read(format!("{}{part}", run.info.id)),
                        read(format!("again{part}")),
                        "{command}"
                    );
                }
            }
        }
        assert!(!sandbox.path().join("broken").exists(), "a value was read as code");
    }
}

#[test]
fn the_winner_comes_as_arguments_environment_json_and_yaml() {
    let sandbox = Sandbox::new();
    swept(&sandbox, "forms");
    let form = |form: &str| sandbox.run(&["best", "--as", form]).expect(0).stdout;
    assert_eq!(form("args"), "--depth=4 --lr=0.1 --opt=adam\n");
    assert_eq!(form("json"), "{\"depth\":4,\"lr\":0.1,\"opt\":\"adam\"}\n");
    assert_eq!(form("yaml"), "depth: 4\nlr: 0.1\nopt: \"adam\"\n");
    let env = form("env");
    assert!(env.contains("export SWEEP_PARAM_LR=0.1\n") && env.contains("export SWEEP_TRIAL=0\n"), "{env}");
    let two = sandbox.run(&["best", "-n", "2", "--as", "json"]).expect(0).stdout;
    assert_eq!(two.lines().count(), 2);
}

#[test]
fn a_trial_run_again_with_other_seeds_is_no_trial_of_the_sweep() {
    let sandbox = Sandbox::new();
    let id = swept(&sandbox, "again");
    let before = sandbox.run(&["finalize", "--reopen", "--format", "json"]).expect(0).json();
    let ran = sandbox.run(&["rerun", "0", "--seeds", "3", "--format", "json"]).expect(0).json();
    let values: Vec<f64> =
        ran["runs"].as_array().unwrap().iter().map(|run| run["value"].as_f64().unwrap()).collect();
    let mean = values.iter().sum::<f64>() / 3.0;
    assert!(
        (ran["mean"].as_f64().unwrap() - mean).abs() < 1e-12 && ran["std"].as_f64().unwrap() > 0.0,
        "{ran:#}"
    );
    let more = sandbox.run(&["rerun", "0", "--seeds", "2"]).expect(0);
    assert!(more.stdout.contains("mean and SD of 2 runs"), "{}", more.stdout);
    let shown = sandbox.run(&["show", "0", "--format", "json"]).expect(0).json();
    let reruns: Vec<&str> =
        shown["reruns"].as_array().unwrap().iter().map(|run| run.as_str().unwrap()).collect();
    assert_eq!(reruns.len(), 5);
    let seeds: std::collections::BTreeSet<u64> = reruns
        .iter()
        .map(|run| sandbox.run(&["show", run, "--format", "json"]).expect(0).json())
        .map(|run| {
            assert_eq!((&run["rerun_of"], &run["sweep_id"]), (&shown["run_id"], &id.as_str().into()));
            assert_eq!(run["log"], "logs/output.txt");
            run["seed"].as_u64().unwrap()
        })
        .chain([shown["seed"].as_u64().unwrap()])
        .collect();
    assert_eq!(seeds.len(), 6, "each has a seed of its own");
    // Nothing else of the sweep has changed: neither the counts, nor the analysis, nor what may still be run.
    let after = sandbox.run(&["finalize", "--reopen", "--format", "json"]).expect(0).json();
    assert_eq!(before, after);
    assert_eq!(sandbox.run(&["status", "--format", "json"]).expect(0).json()["trials"]["begun"], 6);
    assert_eq!(sandbox.run(&["trials", "--format", "csv"]).expect(0).stdout.lines().count(), 7);
    let ran = sandbox.run(&["run"]).expect(0);
    assert!(ran.stderr.contains("This agent: 0 finished"), "{}", ran.stderr);
    assert!(std::fs::read_dir(sandbox.path().join(".sweep/logs")).unwrap().next().is_none());
}

#[test]
fn a_rerun_that_fails_says_so_by_its_exit_code() {
    let sandbox = Sandbox::new();
    swept(&sandbox, "fails");
    let ran = sandbox.run(&["rerun", "5", "--seeds", "1", "--format", "json"]).expect(1).json();
    assert_eq!((&ran["runs"][0]["status"], &ran["n"]), (&"FAILED".into(), &0.into()));
}
