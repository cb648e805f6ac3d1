//! Real learning curves: the example of `examples/early_stopping`, against the same points trained to their ends.

use std::path::Path;

use sweep::testing::Store;

use crate::support::outcome::{Outcome, embedded};
use crate::support::python::{mlflow_python, run_python};
use crate::support::sandbox::Sandbox;

const EPOCHS: usize = 81;

/// Trains each of the points on standard input to the end and prints the best loss of each.
const TO_THE_END: &str = r"
import json, os
from train import losses
print(json.dumps([min(losses(81, **point)) for point in json.loads(os.environ['POINTS'])]))
";

#[test]
fn asha_finds_the_best_of_random_search_with_less_than_half_of_its_epochs() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/early_stopping");
    let read = |name: &str| std::fs::read_to_string(example.join(name)).unwrap();
    let sandbox = Sandbox::new();
    sandbox.file("train.py", &read("train.py"));
    let config = read("sweep.yaml");
    let python = format!("command: ['{}',", mlflow_python().display());
    assert!(config.contains("command: [python,"), "the example runs another command");
    let id = sandbox.init(&config.replace("command: [python,", &python));
    let ran = sandbox.run(&["run"]).expect(0);

    let store = embedded(sandbox.path());
    let outcome = Outcome::read(&store, &id);
    outcome.each_trial_counts_once(18);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut epochs, mut best) = (0, f64::INFINITY);
    let mut points = Vec::new();
    for run in &outcome.runs {
        let history = runtime.block_on(store.metric_history(&run.info.id, "val_loss")).unwrap();
        epochs += history.len();
        best = history.iter().map(|entry| entry.value).fold(best, f64::min);
        points.push(serde_json::from_str::<serde_json::Value>(run.tag("sweep.point").unwrap()).unwrap());
        let stopped = run.tag("sweep.stopped.rule").is_some();
        assert_eq!(history.len() < EPOCHS, stopped, "trial {} has {}", run.info.name, history.len());
    }
    let points = serde_json::to_string(&points).unwrap();
    let environment = [("POINTS", points.as_str()), ("OMP_NUM_THREADS", "1")];
    let to_the_end: Vec<f64> =
        serde_json::from_str(&run_python(TO_THE_END, sandbox.path(), &environment)).unwrap();
    let best_of_all = to_the_end.iter().copied().fold(f64::INFINITY, f64::min);
    let share = epochs as f64 / (EPOCHS * outcome.runs.len()) as f64;
    eprintln!("{epochs} epochs, {share:.3} of random search; best {best} and {best_of_all}");
    assert!((best - best_of_all).abs() < 1e-9, "{best} is not {best_of_all}\n{}", ran.stderr);
    assert!(share <= 0.4, "{share}");
}
