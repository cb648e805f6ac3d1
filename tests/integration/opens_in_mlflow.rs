//! What the embedded default wrote is a database that MLflow itself opens.

use std::process::Command;

use serde_json::Value as Json;

use crate::embedded_sweep::example;
use crate::support::mlflow_server::MlflowServer;
use crate::support::python::mlflow_python;
use crate::support::sandbox::Sandbox;

/// Finds the sweep with MLflow's own client.
const READER: &str = r"
import json, sys, mlflow
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name('diabetes')
found = client.search_runs([experiment.experiment_id], max_results=1000)
parent = [run for run in found if run.data.tags.get('sweep') == 'True'][0]
children = client.search_runs([experiment.experiment_id], filter_string=f'tags.`mlflow.parentRunId` = \'{parent.info.run_id}\'')
print(json.dumps({
    'parent': {'name': parent.info.run_name, 'status': parent.info.status},
    'children': [{
        'status': child.info.status,
        'params': child.data.params,
        'metrics': child.data.metrics,
        'history': [m.value for m in client.get_metric_history(child.info.run_id, 'r2')],
    } for child in children],
}))
";

#[test]
fn mlflow_server_and_its_python_client_find_the_sweep_in_the_database_that_we_wrote() {
    let sandbox = Sandbox::new();
    example(&sandbox);
    sandbox.run(&["start", "sweep_config.example.yaml", "--jobs", "2", "--quiet"]).expect(0);

    let server = MlflowServer::start_on(&format!("sqlite:///{}", sandbox.path().join("mlflow.db").display()));
    let script = sandbox.file("read.py", READER);
    let output = Command::new(mlflow_python()).arg(script).arg(server.url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["parent"]["name"], "diabetes-elastic-net");
    assert_eq!(found["parent"]["status"], "FINISHED");
    let children = found["children"].as_array().unwrap();
    assert_eq!(children.len(), 20);
    for child in children {
        assert_eq!(child["status"], "FINISHED");
        assert_eq!(child["params"].as_object().unwrap().len(), 3);
        let history: Vec<f64> =
            child["history"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        assert_eq!(history.len(), 6);
        assert_eq!(child["metrics"]["r2"].as_f64().unwrap().to_bits(), history[5].to_bits());
    }
}
