//! The whole job on a real `mlflow server`, with a script that uses MLflow's own client.

use std::collections::BTreeSet;

use sweep::testing::{Environment, RestStore, ServerSettings};

use crate::embedded_sweep::runs;
use crate::support::mlflow_server::MlflowServer;
use crate::support::python::mlflow_python;
use crate::support::sandbox::{Sandbox, finish};

/// Logs its own params, as Python writes them, and a metric with steps.
const SCRIPT: &str = r"
import argparse, mlflow
parser = argparse.ArgumentParser()
parser.add_argument('--lr', type=float)
parser.add_argument('--depth', type=int)
parser.add_argument('--opt')
args = parser.parse_args()
with mlflow.start_run():
    mlflow.log_param('lr', args.lr)
    mlflow.log_params({'depth': args.depth})
    for step in range(3):
        mlflow.log_metric('loss', args.lr * args.depth / (step + 1), step=step)
";

fn store(server: &MlflowServer) -> RestStore {
    let env = Environment { var: &|_| None, credentials: None };
    RestStore::new(ServerSettings::read(server.url(), &env).unwrap()).unwrap()
}

#[test]
fn four_agents_try_each_of_24_points_once_and_no_param_conflicts() {
    let server = MlflowServer::shared();
    let sandbox = Sandbox::tracking(server.url());
    let script = sandbox.file("train.py", SCRIPT);
    let id = sandbox.init(&format!(
        "command: '{} {} --lr ${{lr}} --depth ${{depth}} --opt ${{opt}}'\n\
         experiment_name: four-agents\nmethod: grid\nrun_cap: 100\nmetric: {{name: loss, goal: minimize}}\n\
         parameters:\n  lr: {{values: [0.10, 1e-3, 1e-05, 1]}}\n  depth: {{min: 1, max: 3}}\n  opt: {{values: [sgd, adam]}}\n",
        mlflow_python().display(),
        script.display(),
    ));
    let option = format!("--sweep-id={id}");
    let agents: Vec<_> = (0..4).map(|_| sandbox.spawn(&["run", &option])).collect();
    for agent in agents {
        let ran = finish(agent).expect(0);
        assert!(ran.stderr.contains("the grid is exhausted: all 24 points are taken"), "{}", ran.stderr);
    }

    let children: Vec<_> =
        runs(&store(server), "four-agents").into_iter().filter(|run| run.tag("sweep").is_none()).collect();
    assert_eq!(children.len(), 24);
    let mut points = BTreeSet::new();
    let mut agents = BTreeSet::new();
    for child in &children {
        assert_eq!(child.info.status.as_str(), "FINISHED", "{:?}", child.tags);
        assert_eq!(child.tag("mlflow.parentRunId"), Some(id.as_str()));
        points.insert(["lr", "depth", "opt"].map(|name| child.tag(&format!("sweep.param.{name}")).unwrap()));
        agents.insert(child.tag("sweep.agent").unwrap());
        // What the script logged stands as Python wrote it; what it did not log was added.
        let lr = child.param("lr").unwrap();
        assert!(["0.1", "0.001", "1e-05", "1.0"].contains(&lr), "{lr}");
        assert!(["sgd", "adam"].contains(&child.param("opt").unwrap()));
        assert_eq!(child.metric("loss").unwrap().step, 2);
    }
    assert_eq!(points.len(), 24);
    assert_eq!(agents.len(), 4, "an agent got nothing to do: {agents:?}");

    let ran = sandbox.run(&["finalize", &option, "--format", "json"]).expect(0);
    let answer = ran.json();
    assert_eq!(answer["trials"]["finished"], 24);
    assert_eq!(answer["analysis"]["trials_used"], 24);
    assert_eq!(answer["best"]["params"]["lr"], 1e-5);
}
