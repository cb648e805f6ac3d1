//! MLflow's own client gets the same answers from `sweep server` as from `mlflow server`.

use crate::support::mlflow_server::MlflowServer;
use crate::support::python::{run_python, with_system_metrics};
use crate::support::sweep_server::SweepServer;

const SCRIPT: &str = include_str!("../../data/mlflow/every_answer.py");

fn answers(url: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let printed = run_python(SCRIPT, folder.path(), &[("MLFLOW_TRACKING_URI", url)]);
    printed.lines().filter(|line| line.starts_with('[')).map(str::to_owned).collect()
}

#[test]
fn every_answer_is_that_of_mlflows_own_server() {
    with_system_metrics();
    let folder = tempfile::tempdir().unwrap();
    let ours = SweepServer::start_in(folder.path());
    let (ours, theirs) = std::thread::scope(|scope| {
        let ours = scope.spawn(|| answers(ours.url()));
        let server = MlflowServer::start();
        let theirs = answers(server.url());
        (ours.join().unwrap(), theirs)
    });
    assert!(theirs.len() > 250, "{}", theirs.len());
    let mut different = Vec::new();
    for (place, answer) in theirs.iter().enumerate() {
        let our = ours.get(place).map_or("nothing", String::as_str);
        if our != answer {
            different.push(format!("ours   {our}\ntheirs {answer}\n"));
        }
    }
    assert!(different.is_empty() && ours.len() == theirs.len(), "{}", different.join("\n"));
}
