//! Early stopping on a real `mlflow server`, with MLflow's own client, and what it costs the server.

use crate::support::mlflow_server::MlflowServer;
use crate::support::outcome::{Outcome, server};
use crate::support::proxy::Proxy;
use crate::support::python::mlflow_python;
use crate::support::sandbox::{Sandbox, finish};

use super::{config, stop_tags};

/// Reports with MLflow's client; with a large x it does so for ever.
const SCRIPT: &str = r"
import sys, time, mlflow
x = float(sys.argv[1])
with mlflow.start_run():
    step = 0
    while step < 3 or x > 0.5:
        step += 1
        mlflow.log_metric('loss', x if x > 0.5 else 0.0, step=step)
        time.sleep(0.05)
";

#[test]
fn agents_of_one_sweep_stop_each_others_bad_trials_on_a_server() {
    let mlflow = MlflowServer::shared();
    let sandbox = Sandbox::tracking(mlflow.url());
    sandbox.file("train.py", SCRIPT);
    let values = [0.1, 0.9, 0.8, 0.2, 0.7, 0.6];
    let command = format!("['{}', train.py, '${{x}}']", mlflow_python().display());
    // One of the small ones finishes before long; until then the large ones continue.
    let id = sandbox.init(&config("{type: median, min_trials: 1}", &values, &command, ""));
    let agents: Vec<_> = (0..2).map(|_| sandbox.spawn(&["run", "--sweep-id", &id, "--jobs", "2"])).collect();
    let ran: Vec<_> = agents.into_iter().map(|agent| finish(agent).expect(0)).collect();
    let outcome = Outcome::read(&server(mlflow.url()), &id);
    outcome.each_trial_counts_once(6);
    for trial in 0..6 {
        let run = outcome.attempts(trial)[0];
        let x: f64 = run.tag("sweep.param.x").unwrap().parse().unwrap();
        let state = if x > 0.5 { "KILLED*" } else { "FINISHED*" };
        assert_eq!(outcome.states(trial), [state], "{}", ran[0].stderr);
        assert_eq!(stop_tags(run, "stopped")[0], if x > 0.5 { "median" } else { "-" });
        assert_eq!(run.metric("loss").unwrap().value, if x > 0.5 { x } else { 0.0 });
    }
}

/// Reports at the first rung and then waits to be stopped, but for the first trial.
const SHELL: &str = r#"
report() { curl -sS --noproxy '*' -H 'Content-Type: application/json' -o /dev/null \
    -d "{\"run_id\": \"$MLFLOW_RUN_ID\", \"key\": \"loss\", \"value\": $1, \"step\": 1, \"timestamp\": 1}" \
    "$MLFLOW_TRACKING_URI/api/2.0/mlflow/runs/log-metric"; }
report $1
[ $1 = 0.0 ] || exec sleep 1000
"#;

#[test]
fn a_trial_costs_a_server_no_more_requests_however_many_there_were() {
    let mlflow = MlflowServer::shared();
    let proxy = Proxy::start(mlflow.url(), 1);
    let sandbox = Sandbox::tracking(&proxy.url());
    sandbox.file("train.sh", SHELL);
    let values: Vec<f64> = (0..21).map(f64::from).collect();
    let id = sandbox.init(&config("{type: asha}", &values, "[sh, train.sh, '${x}']", ""));
    let cost = |count: &str| {
        let before = proxy.requests();
        sandbox.run(&["run", "--sweep-id", &id, "--count", count]).expect(0);
        proxy.requests() - before
    };
    let _first = cost("1");
    let (early, late) = (cost("10"), cost("10"));
    eprintln!("requests of ten trials that were stopped at the first rung: {early}, then {late}");
    let outcome = Outcome::read(&server(mlflow.url()), &id);
    let stopped = (0..21).filter(|trial| outcome.states(*trial) == ["KILLED*"]).count();
    assert_eq!(stopped, 20);
    // A slow machine makes for some more looks; reading ten trials at each of ten rungs would be a hundred more.
    assert!(late <= early + 60, "{early} and then {late}");
    assert!(early <= 10 * 25, "{early}");
}
