//! A sweep as plain files, and back.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use sweep::testing::{Metric, RunInfo, Store};

use crate::support::agent::{AgentProcess, until};
use crate::support::mlflow_server::MlflowServer;
use crate::support::outcome::{Outcome, embedded, server};
use crate::support::sandbox::Sandbox;

mod lies;
mod priors;
mod tables;

/// Everything that a file format may stumble over: groups, quotes, line ends, the largest whole number, nothing at all.
const ODD: &str = r#"
command: 'printf "loss: %s\n" ${opt.lr}; test ${opt.lr} != 0.5'
name: 'an "odd" sweep: größe, 1'
experiment_name: odd
method: grid
metric: {name: loss, goal: minimize}
parameters:
  opt: {parameters: {lr: {values: [0.1, 1.0e-05, 0.5]}, name: {value: adam}}}
  text: {value: "a,b\n\"c\" 'd' \\ ü \u2028"}
  huge: {value: 18446744073709551615}
  big: {value: 9007199254740993}
  none: {value: null}
  list: {value: [1, 1.0, "x", true, null]}
  "NaN": {value: "NaN"}
  nan: {value: .nan}
  inf: {value: -.inf}
seed: 5
"#;

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Files by path, with what they hold.
fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path().strip_prefix(root).unwrap().display().to_string();
                let bytes = fs::read(entry.path()).unwrap();
                files.insert(path, bytes.iter().map(|byte| char::from(*byte)).collect());
            }
        }
    }
    files
}

/// The folder of a trial in an export.
fn trial_folder(export: &Path, trial: u64) -> std::path::PathBuf {
    let ending = format!("_{trial:06}");
    let mut found: Vec<_> = fs::read_dir(export)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.display().to_string().ends_with(&ending))
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn git(sandbox: &Sandbox, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
    let git =
        Command::new("git").args(identity).args(arguments).current_dir(sandbox.path()).output().unwrap();
    assert!(git.status.success(), "{arguments:?}");
}

/// A sweep of three trials in a work tree with changes, one of which fails. Its runs have odd metrics, tags and
/// artifacts.
fn odd_sweep(sandbox: &Sandbox, store: &dyn Store) -> String {
    sandbox.file("train.py", "rate = 1\n");
    git(sandbox, &["init", "-q", "-b", "trunk"]);
    git(sandbox, &["add", "train.py"]);
    git(sandbox, &["commit", "-q", "-m", "first"]);
    sandbox.file("train.py", "rate = \"ü\"\n");
    let id = sandbox.init(ODD);
    sandbox.run(&["run"]).expect(1);
    for run in Outcome::read(store, &id).runs.iter().filter(|run| run.tag("sweep.trial") != Some("1")) {
        block(add_odd_things(store, &run.info));
    }
    id
}

async fn add_odd_things(store: &dyn Store, run: &RunInfo) {
    let values = [0.1 + 0.2, -0.0, 5e-324, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0, 1.0];
    let at = |(step, value): (usize, &f64), key: &str| Metric {
        key: key.to_owned(),
        value: *value,
        timestamp: 1_700_000_000_000 + step as i64 % 2,
        step: step as i64 / 2 - 2,
    };
    let mut metrics: Vec<Metric> = values.iter().enumerate().map(|one| at(one, "val/größe: a b")).collect();
    metrics.extend(values.iter().take(5).enumerate().map(|one| at(one, "last is nan")));
    metrics.push(Metric { key: "loss".into(), value: 0.1, timestamp: 1_700_000_000_000, step: 0 });
    // More than one batch.
    metrics.extend((0..2500).map(|step| Metric {
        key: "long".into(),
        value: f64::from(step).sqrt(),
        timestamp: 1_700_000_000_000,
        step: step.into(),
    }));
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let params = [pair("logged/by the.script", "NaN"), pair("empty", "")];
    let tags =
        [pair("note", "a\r\nb\t\"c\", ü"), pair("mlflow.note.content", "# by hand"), pair("empty", "")];
    store.log_batch(&run.id, &metrics, &params, &tags).await.unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    for (path, bytes) in
        [("model/weights ü.bin", bytes), ("empty", Vec::new()), ("a/b/c.txt", b"x\n".to_vec())]
    {
        store.put_artifact(run, path, bytes).await.unwrap();
    }
}

fn id_of(stdout: &str) -> String {
    stdout.lines().last().unwrap().strip_prefix("Sweep imported with ID: ").unwrap().to_owned()
}

#[test]
fn what_is_exported_can_be_read_with_cat_and_grep() {
    let sandbox = Sandbox::new();
    let store = embedded(sandbox.path());
    let id = odd_sweep(&sandbox, &store);
    let ran = sandbox.run(&["export", "out"]).expect(0);
    assert!(
        ran.stderr.contains("Exported 3 trials to ") && ran.stdout.is_empty(),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    let out = sandbox.path().join("out");
    let trial = trial_folder(&out, 0);

    let params = fs::read_to_string(trial.join("params.json")).unwrap();
    assert!(params.contains("    \"lr\": 0.1,\n") || params.contains("    \"lr\": 0.1\n"), "{params}");
    assert_eq!(json(&trial.join("params.json"))["text"], "a,b\n\"c\" 'd' \\ ü \u{2028}");
    assert_eq!(json(&trial.join("params.json"))["logged/by the.script"], "NaN");
    let metrics = fs::read_to_string(trial.join("metrics.csv")).unwrap();
    assert!(metrics.starts_with("step,name,value,timestamp\n"), "{metrics}");
    assert!(metrics.contains("\n-2,val/größe: a b,0.30000000000000004,1700000000000\n"), "{metrics}");
    for value in ["NaN", "Infinity", "-Infinity", "5e-324"] {
        assert!(metrics.contains(&format!(",val/größe: a b,{value},")), "{value}");
    }
    let git = json(&trial.join("git_info.json"));
    assert_eq!((git["branch"].as_str(), git["dirty"].as_bool()), (Some("trunk"), Some(true)));
    assert!(git["uncommitted_changes"].as_str().unwrap().contains("+rate = \"ü\"\n"), "{git}");
    let summary = json(&trial.join("summary.json"));
    assert_eq!(
        (&summary["trial"], &summary["status"], &summary["exit_code"]),
        (&0.into(), &"FINISHED".into(), &0.into())
    );
    assert_eq!(
        (&summary["metrics"]["loss"], &summary["metrics"]["last is nan"]),
        (&0.1.into(), &"NaN".into())
    );
    assert_eq!(summary["sweep_id"], id.as_str());
    assert!(summary["duration"].as_f64().unwrap() > 0.0 && summary["start"].as_str().unwrap().ends_with('Z'));
    assert_eq!(json(&trial.join("tags.json"))["note"], "a\r\nb\t\"c\", ü");
    assert_eq!(fs::read(trial.join("artifacts/model/weights ü.bin")).unwrap().len(), 300_000);
    assert_eq!(fs::read_to_string(trial.join("artifacts/logs/output.txt")).unwrap(), "loss: 0.1\n");

    let failed = json(&trial_folder(&out, 2).join("summary.json"));
    assert_eq!((&failed["status"], &failed["exit_code"]), (&"FAILED".into(), &1.into()));
    assert_eq!(fs::read_to_string(out.join("sweep_config.yaml")).unwrap(), ODD);
    let sweep = json(&out.join("sweep.json"));
    assert_eq!((&sweep["sweep_id"], &sweep["seed"]), (&id.as_str().into(), &5.into()));
    assert_eq!(sweep["metric"], serde_json::json!({ "name": "loss", "goal": "minimize" }));
    let table = fs::read_to_string(out.join("trials.csv")).unwrap();
    assert!(table.starts_with("index,attempt,run_id,status,") && !table.contains('\r'), "{table}");
    sandbox.run(&["analyze", "--csv", "out/trials.csv", "--metric", "loss"]).expect(0);
}

#[test]
fn export_import_export_gives_the_same_files_on_the_embedded_store() {
    let here = Sandbox::new();
    let id = odd_sweep(&here, &embedded(here.path()));
    here.run(&["export", "out"]).expect(0);
    let first = tree(&here.path().join("out"));
    assert!(first.len() > 20, "{:?}", first.keys());

    let there = Sandbox::new();
    let from = here.path().join("out").display().to_string();
    let imported = id_of(&there.run(&["import", &from]).expect(0).stdout);
    assert_ne!(imported, id);
    there.run(&["export", "again", "--sweep-id", &imported]).expect(0);
    assert_eq!(tree(&there.path().join("again")), first);

    // Into the folder of the original: it is the same sweep, and nothing is new.
    let ran = there.run(&["export", &from, "--sweep-id", &imported, "--refresh"]).expect(0);
    assert!(ran.stderr.contains("nothing new"), "{}", ran.stderr);

    // Back home, beside the original.
    let back = there.path().join("again").display().to_string();
    let twice = id_of(&here.run(&["import", &back, "--experiment", "elsewhere"]).expect(0).stdout);
    here.run(&["export", "third", "--sweep-id", &twice]).expect(0);
    let third = tree(&here.path().join("third"));
    let differ: Vec<&String> = first.keys().filter(|path| third.get(*path) != first.get(*path)).collect();
    assert_eq!(differ, ["sweep.json"], "but for the experiment nothing differs");
}

#[test]
fn export_import_export_gives_the_same_files_between_a_server_and_a_file() {
    let tracking = MlflowServer::shared();
    let here = Sandbox::tracking(tracking.url());
    odd_sweep(&here, &server(tracking.url()));
    here.run(&["export", "out"]).expect(0);
    let first = tree(&here.path().join("out"));

    let there = Sandbox::new();
    let from = here.path().join("out").display().to_string();
    let imported = id_of(&there.run(&["import", &from]).expect(0).stdout);
    there.run(&["export", "again", "--sweep-id", &imported]).expect(0);
    assert_eq!(tree(&there.path().join("again")), first);

    let back = there.path().join("again").display().to_string();
    let imported = id_of(&here.run(&["import", &back]).expect(0).stdout);
    here.run(&["export", "third", "--sweep-id", &imported]).expect(0);
    assert_eq!(tree(&here.path().join("third")), first);
}

#[test]
fn the_changes_in_a_work_tree_survive_an_export_without_artifacts() {
    let here = Sandbox::new();
    odd_sweep(&here, &embedded(here.path()));
    here.run(&["export", "out", "--no-artifacts"]).expect(0);
    let first = tree(&here.path().join("out"));
    assert!(!first.keys().any(|path| path.contains("artifacts")), "{:?}", first.keys());
    let there = Sandbox::new();
    let from = here.path().join("out").display().to_string();
    let imported = id_of(&there.run(&["import", &from]).expect(0).stdout);
    there.run(&["export", "again", "--no-artifacts", "--sweep-id", &imported]).expect(0);
    assert_eq!(tree(&there.path().join("again")), first);
}

#[test]
fn an_imported_sweep_is_a_finished_one_that_other_commands_work_on() {
    let here = Sandbox::new();
    let id = odd_sweep(&here, &embedded(here.path()));
    here.run(&["export", "out"]).expect(0);
    let there = Sandbox::new();
    let from = here.path().join("out").display().to_string();
    let imported = id_of(&there.run(&["import", &from]).expect(0).stdout);

    let (old, new) =
        (Outcome::read(&embedded(here.path()), &id), Outcome::read(&embedded(there.path()), &imported));
    new.each_trial_counts_once(3);
    let times = |outcome: &Outcome| {
        let of = |run: &sweep::testing::Run| {
            (run.info.name.clone(), run.info.status, run.info.start_time, run.info.end_time)
        };
        outcome.runs.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(times(&new), times(&old));
    for run in &new.runs {
        assert_eq!(run.tag("mlflow.parentRunId"), Some(imported.as_str()));
    }
    let answer = there.run(&["finalize", &imported, "--format", "json"]).expect(0).json();
    assert_eq!((&answer["trials"]["finished"], &answer["trials"]["failed"]), (&2.into(), &1.into()));
    // Its command is not run by accident.
    let ran = there.run(&["run", &imported]).expect(2);
    assert!(ran.stderr.contains("was stopped"), "{}", ran.stderr);
}

const PLAIN: &str = "\
command: 'echo x=${x}'
method: grid
parameters: {x: {values: [1, 2, 3]}}
";

#[test]
fn a_second_export_touches_only_what_has_changed() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(PLAIN);
    sandbox.run(&["run"]).expect(0);
    sandbox.run(&["export", "out"]).expect(0);
    let out = sandbox.path().join("out");
    let inodes = || {
        let files = tree(&out).into_keys();
        files
            .map(|path| (path.clone(), fs::metadata(out.join(path)).unwrap().ino()))
            .collect::<BTreeMap<_, _>>()
    };
    let before = inodes();
    let ran = sandbox.run(&["export", "out"]).expect(0);
    assert!(ran.stderr.contains("Exported 3 trials (nothing new) to "), "{}", ran.stderr);
    sandbox.run(&["export", "out", "--refresh"]).expect(0);
    assert_eq!(inodes(), before);

    let store = embedded(sandbox.path());
    let runs = Outcome::read(&store, &id).runs;
    block(async {
        let tag = ("note".to_owned(), "late".to_owned());
        store.log_batch(&runs[0].info.id, &[], &[], &[tag]).await.unwrap();
        store.put_artifact(&runs[1].info, "late.txt", b"late".to_vec()).await.unwrap();
    });
    let ran = sandbox.run(&["export", "out"]).expect(0);
    assert!(ran.stderr.contains("3 trials (2 new or changed, 1 as before)"), "{}", ran.stderr);
    let after = inodes();
    let changed: Vec<&String> = after.keys().filter(|path| after.get(*path) != before.get(*path)).collect();
    let name = |trial| trial_folder(&out, trial).file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(changed, [&format!("{}/tags.json", name(0)), &format!("{}/artifacts/late.txt", name(1))]);

    // A trial that is run again has another start: its former folder goes.
    sandbox.run(&["retry", "2"]).expect(0);
    let former = trial_folder(&out, 2);
    // Starts are told to the second.
    until("another second", || (sweep::testing::now_ms() / 1000 > start_second(&former)).then_some(()));
    sandbox.run(&["run"]).expect(0);
    sandbox.run(&["export", "out"]).expect(0);
    assert_ne!(trial_folder(&out, 2), former);
    assert_eq!(json(&trial_folder(&out, 2).join("summary.json"))["attempt"], 2);
}

fn start_second(folder: &Path) -> i64 {
    let start = json(&folder.join("summary.json"))["start"].as_str().unwrap().to_owned();
    sweep::testing::parse_moment(&start).unwrap() / 1000
}

#[test]
fn a_folder_that_holds_something_else_is_refused_and_left_as_it_is() {
    let sandbox = Sandbox::new();
    sandbox.init(PLAIN);
    sandbox.run(&["run"]).expect(0);
    sandbox.file("mine/notes.txt", "mine");
    let ran = sandbox.run(&["export", "mine"]).expect(2);
    assert!(ran.stderr.contains("holds something else: notes.txt"), "{}", ran.stderr);
    assert_eq!(tree(&sandbox.path().join("mine")).len(), 1);
    sandbox.run(&["export", "out"]).expect(0);
    let before = tree(&sandbox.path().join("out"));
    sandbox.init(PLAIN);
    let ran = sandbox.run(&["export", "out"]).expect(2);
    assert!(ran.stderr.contains("holds something else: sweep "), "{}", ran.stderr);
    assert_eq!(tree(&sandbox.path().join("out")), before);
}

#[test]
fn trials_appear_as_they_end_and_following_ends_with_the_sweep() {
    let sandbox = Sandbox::new();
    sandbox.init(
        "command: 'until test -e go-${x}; do sleep 0.02; done; echo done ${x}'\nmethod: grid\nparameters: {x: {values: [0, 1, 2]}}\n",
    );
    let out = sandbox.path().join("out");
    let follower = AgentProcess::start(&sandbox, &["export", "out", "--follow"], &[]);
    follower.says("Following sweep");
    let agent = AgentProcess::start(&sandbox, &["run"], &[]);
    for trial in 0..3u64 {
        assert!(
            !out.join("trials.csv").exists()
                || fs::read_to_string(out.join("trials.csv")).unwrap().lines().count() as u64 == trial + 1
        );
        sandbox.file(&format!("go-{trial}"), "");
        until("the trial's row", || {
            let table = fs::read_to_string(out.join("trials.csv")).ok()?;
            (table.lines().count() as u64 == trial + 2).then_some(())
        });
        let folder = trial_folder(&out, trial);
        assert_eq!(json(&folder.join("summary.json"))["status"], "FINISHED");
        let output = fs::read_to_string(folder.join("artifacts/logs/output.txt")).unwrap();
        assert_eq!(output, format!("done {trial}\n"));
    }
    agent.finish().expect(0);
    let ran = follower.finish().expect(0);
    assert!(ran.stderr.contains("Exported 3 trials to "), "{}", ran.stderr);
    let leftovers: Vec<String> = tree(&out).into_keys().filter(|path| path.contains(".sweep-")).collect();
    assert_eq!(leftovers, Vec::<String>::new());
}

#[test]
fn ctrl_c_ends_following_with_what_is_there() {
    let sandbox = Sandbox::new();
    sandbox.init(PLAIN);
    sandbox.run(&["run", "--count", "1"]).expect(0);
    let follower = AgentProcess::start(&sandbox, &["export", "out", "--follow"], &[]);
    until("the first trial", || sandbox.path().join("out/trials.csv").exists().then_some(()));
    follower.signal(Signal::SIGINT);
    let ran = follower.finish().expect(130);
    assert!(ran.stderr.contains("Exported 1 trial to "), "{}", ran.stderr);
    sandbox.run(&["run"]).expect(0);
    let ran = sandbox.run(&["export", "out", "--follow"]).expect(0);
    assert!(ran.stderr.contains("3 trials (2 new or changed, 1 as before)"), "{}", ran.stderr);
}

#[test]
fn links_in_a_folder_are_not_followed_on_import() {
    let sandbox = Sandbox::new();
    sandbox.init(PLAIN);
    sandbox.run(&["run"]).expect(0);
    sandbox.run(&["export", "out"]).expect(0);
    sandbox.file("secret/key", "s3cret");
    let out = sandbox.path().join("out");
    let artifacts = trial_folder(&out, 0).join("artifacts");
    symlink(sandbox.path().join("secret/key"), artifacts.join("key")).unwrap();
    symlink(sandbox.path().join("secret"), artifacts.join("folder")).unwrap();
    symlink("../../../secret/key", artifacts.join("relative")).unwrap();
    let there = Sandbox::new();
    let from = out.display().to_string();
    let ran = there.run(&["import", &from]).expect(0);
    assert!(ran.stderr.contains("3 artifacts left out"), "{}", ran.stderr);
    assert!(!tree(there.path()).values().any(|text| text.contains("s3cret")));

    // A file of the format itself that is a link is a fault, and nothing is left of the import.
    fs::remove_file(trial_folder(&out, 1).join("params.json")).unwrap();
    symlink(sandbox.path().join("secret/key"), trial_folder(&out, 1).join("params.json")).unwrap();
    let nowhere = Sandbox::new();
    let ran = nowhere.run(&["import", &from]).expect(1);
    assert!(ran.stderr.contains("leads out"), "{}", ran.stderr);
    assert!(!nowhere.path().join("mlflow.db").exists());
}

#[test]
fn a_folder_with_a_fault_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    sandbox.init(PLAIN);
    sandbox.run(&["run"]).expect(0);
    sandbox.run(&["export", "out"]).expect(0);
    let metrics = trial_folder(&sandbox.path().join("out"), 2).join("metrics.csv");
    fs::write(&metrics, "step,name,value\n0,x,1\n0,x,much\n").unwrap();
    let there = Sandbox::new();
    let from = sandbox.path().join("out").display().to_string();
    let ran = there.run(&["import", &from]).expect(2);
    assert!(ran.stderr.contains("metrics.csv, line 3: the value is `much`"), "{}", ran.stderr);
    let ran = there.run(&["export", "x"]).expect(2);
    assert!(ran.stderr.contains("there is no sweep"), "{}", ran.stderr);
}
