//! The everyday commands: what they show, what programs read of it, and that the winner can be run again.

mod looks;
mod output;
mod repeat;
pub mod shapes;

use std::path::PathBuf;

use sweep::testing::EmbeddedStore;

use crate::support::sandbox::Sandbox;

/// Logs to the tracking server or the gateway with nothing but Python's standard library.
const SCRIPT: &str = r#"
import json, os, sys, urllib.request
lr, opt = float(sys.argv[1]), sys.argv[2]
seed = int(os.environ["SWEEP_TRIAL_SEED"])
def log(key, value, step):
    body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": key, "value": value, "timestamp": 1700000000000 + step, "step": step}
    url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
    headers = {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)).read()
print(f"lr={lr} opt={opt} seed={seed}", flush=True)
for step in range(3):
    log("loss", lr + (opt == "sgd") + 1.0 / (step + 1) + seed % 1000 / 1e6, step)
log("accuracy", 1 - lr, 2)
sys.exit(3 if (lr, opt) == (0.3, "sgd") else 0)
"#;

/// Six trials, of which the last one fails and the first is the best.
fn config(script: &std::path::Path, name: &str) -> String {
    format!(
        "command: 'python3 {} ${{lr}} ${{opt}}'\nsweep_name: {name}\nmethod: grid\nrun_cap: 6\nseed: 1\n\
         metric: {{name: loss, goal: minimize}}\nparameters:\n  lr: {{values: [0.1, 0.2, 0.3]}}\n  \
         opt: {{values: [adam, sgd]}}\n  depth: {{value: 4}}\n",
        script.display()
    )
}

/// Runs them; the id of the sweep.
fn swept(sandbox: &Sandbox, name: &str) -> String {
    let script: PathBuf = sandbox.file("train.py", SCRIPT);
    let id = sandbox.init(&config(&script, name));
    sandbox.run(&["run", "--quiet"]).expect(1);
    id
}

fn store(sandbox: &Sandbox) -> EmbeddedStore {
    EmbeddedStore::open(&format!("sqlite:///{}", sandbox.path().join("mlflow.db").display())).unwrap()
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
