//! The shape of every command's JSON is the one in `docs/schema`, on both stores.

use std::path::Path;

use serde_json::Value as Json;

use super::swept;
use crate::support::big_sweep;
use crate::support::mlflow_server::MlflowServer;
use crate::support::sandbox::Sandbox;

/// Holds the output of a command to its schema.
#[track_caller]
pub fn assert_shape(command: &str, json: &Json) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{command}.json"));
    let schema: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let faults: Vec<String> =
        validator.iter_errors(json).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{command}: {faults:#?}\n{json:#}");
}

fn hold(sandbox: &Sandbox, command: &str, args: &[&str]) -> Json {
    let all = [&[command, "--format", "json"], args].concat();
    let ran = sandbox.run(&all);
    assert!(ran.code == Some(0) || command == "rerun", "{}", ran.stderr);
    let json = ran.json();
    assert_shape(command, &json);
    json
}

/// Every command once or more; `other` is a second sweep.
fn hold_all(sandbox: &Sandbox, name: &str, other: &str) {
    let listed = hold(sandbox, "list", &[]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    hold(sandbox, "status", &[name]);
    let trials = hold(sandbox, "trials", &[name]);
    assert_eq!(trials["trials"].as_array().unwrap().len(), 6);
    let some = hold(
        sandbox,
        "trials",
        &[name, "--where", "lr < 0.25 and status = 'FINISHED'", "--sort", "loss", "--desc"],
    );
    let lrs: Vec<f64> = some["trials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trial| trial["params"]["lr"].as_f64().unwrap())
        .collect();
    assert_eq!(lrs, [0.2, 0.1, 0.2, 0.1]);
    let top = hold(sandbox, "trials", &[name, "--top", "1"]);
    let best = hold(sandbox, "best", &[name, "-n", "2"]);
    assert_eq!(top["trials"][0]["run_id"], best["trials"][0]["run_id"]);
    let run = best["trials"][0]["run_id"].as_str().unwrap();
    let shown = hold(sandbox, "show", &[&run[..8], "--sweep-id", name]);
    assert_eq!((&shown["run_id"], &shown["histories"]["loss"][2]["step"]), (&run.into(), &2.into()));
    assert_eq!(shown["log"], "logs/output.txt");
    hold(sandbox, "show", &[&format!("{name}:trial-0005")]);
    let logs = sandbox.run(&["logs", run]).expect(0).stdout;
    assert!(logs.starts_with("lr=0.1 opt=adam seed="), "{logs}");
    let diff = hold(sandbox, "diff", &[&format!("{name}:0"), &format!("{other}:5")]);
    let differing = |of: &str| {
        let pairs = diff[of].as_array().unwrap().iter().filter(|pair| pair["differs"] == true);
        pairs.map(|pair| pair["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (differing("params"), differing("metrics")),
        (vec!["lr".into(), "opt".into()], vec!["accuracy".into(), "loss".into()])
    );
    assert!(differing("facts").contains(&"exit code".to_owned()), "{diff:#}");
    let again = hold(sandbox, "rerun", &[&format!("{name}:0"), "--seeds", "2"]);
    assert_eq!(again["n"], 2);
    hold(sandbox, "show", &[run]);
    assert_eq!(hold(sandbox, "list", &[])[1]["trials"]["begun"], 6);
}

#[test]
fn the_json_of_every_command_has_its_documented_shape_on_the_embedded_store() {
    let sandbox = Sandbox::new();
    swept(&sandbox, "first");
    swept(&sandbox, "second");
    hold_all(&sandbox, "first", "second");
}

#[test]
fn the_json_of_every_command_has_its_documented_shape_on_a_server() {
    let server = MlflowServer::shared();
    let sandbox = Sandbox::tracking(server.url());
    swept(&sandbox, "first-on-server");
    swept(&sandbox, "second-on-server");
    // Others use the server, too: their sweeps are not counted.
    let ours: Vec<String> = hold(&sandbox, "list", &[])
        .as_array()
        .unwrap()
        .iter()
        .map(|sweep| sweep["name"].as_str().unwrap().to_owned())
        .filter(|name| name.ends_with("-on-server"))
        .collect();
    assert_eq!(ours, ["second-on-server", "first-on-server"]);
    hold_on_server(&sandbox);
}

fn hold_on_server(sandbox: &Sandbox) {
    let (name, other) = ("first-on-server", "second-on-server");
    let top = hold(sandbox, "trials", &[name, "--top", "2"]);
    let best = hold(sandbox, "best", &[name, "-n", "2"]);
    assert_eq!(top["trials"][1]["run_id"], best["trials"][1]["run_id"]);
    let run = best["trials"][0]["run_id"].as_str().unwrap();
    assert_eq!(hold(sandbox, "show", &[&run[..8], "--sweep-id", name])["run_id"], run);
    let status = hold(sandbox, "status", &[name]);
    assert_eq!((&status["trials"]["finished"], &status["trials"]["failed"]), (&5.into(), &1.into()));
    assert_eq!(status["state"], "complete");
    let some = hold(sandbox, "trials", &[name, "--where", "opt = 'sgd' and loss > 1"]);
    assert_eq!(some["trials"].as_array().unwrap().len(), 3);
    hold(sandbox, "diff", &[&format!("{name}:0"), &format!("{other}:1")]);
    assert_eq!(hold(sandbox, "rerun", &[&format!("{name}:0"), "--seeds", "2"])["n"], 2);
    let logs = sandbox.run(&["logs", run]).expect(0).stdout;
    assert!(logs.starts_with("lr=0.1 opt=adam seed="), "{logs}");
}

#[test]
fn running_and_stopped_trials_have_their_documented_shape_too() {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 30);
    let status = hold(&sandbox, "status", &[]);
    assert_eq!((status["running"].as_array().unwrap().len(), &status["state"]), (3, &"running".into()));
    assert_eq!(status["running"][0]["history"].as_array().unwrap().len(), 10);
    hold(&sandbox, "trials", &[]);
    hold(&sandbox, "list", &[]);
    assert_eq!(hold(&sandbox, "show", &["8"])["stopped_by"], "hyperband");
    assert_eq!(hold(&sandbox, "show", &["29"])["status"], "RUNNING");
}
