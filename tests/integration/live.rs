//! What people and other agents learn of a sweep while it runs.

use std::time::Duration;

use sweep::testing::{Run, RunId, Store as _};

use crate::support::agent::{AgentProcess, until};
use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::{Ran, Sandbox};
use crate::support::sweep_server::SweepServer;

/// A grid over `x`, one trial after the other in the order of the list, whose command is this line of shell; `log VALUE…` logs
/// values of the metric.
pub fn grid(metric: &str, values: &str, command: &str) -> String {
    let sweep = env!("CARGO_BIN_EXE_sweep");
    let log = format!(
        "log() {{ step=0; for v in \"$@\"; do {sweep} log metric loss $v --step $step; step=$((step+1)); done; }}"
    );
    format!(
        "command: |\n  {log}\n  {command}\nmethod: grid\nsweep_name: live\nmetric: {{name: loss, {metric}}}\nrun_cap: 100\n\
         parameters:\n  x: {{values: [{values}]}}\n"
    )
}

fn run(config: &str, code: i32) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.init(config);
    sandbox.run(&["run"]).expect(code)
}

#[test]
fn an_infinity_reaches_no_target_and_is_no_best() {
    for (metric, infinity) in
        [("goal: minimize, target: 0.5", "-inf"), ("goal: maximize, target: 100", "inf")]
    {
        let command = format!("if [ ${{x}} = 1.0 ]; then log {infinity}; else log ${{x}}; fi");
        let ran = run(&grid(metric, "1.0, 2.0, 3.0", &command), 0);
        assert!(ran.stderr.contains("3 finished; the grid is exhausted"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("1.79769e308"), "{}", ran.stderr);
    }
}

#[test]
fn the_target_looks_at_the_value_that_the_summary_names() {
    let reached = |ran: &Ran| ran.stderr.contains("metric.target is reached");
    // It was at 0.95 and ended at 0.85.
    let metric = "goal: maximize, target: 0.9";
    assert!(reached(&run(&grid(&format!("{metric}, summary: best"), "1, 2, 3", "log 0.5 0.95 0.85"), 0)));
    assert!(!reached(&run(&grid(metric, "1, 2", "log 0.5 0.95 0.85"), 0)));
    // It ended at 0.95, and its mean is 0.5.
    assert!(!reached(&run(&grid(&format!("{metric}, summary: mean"), "1, 2", "log 0.05 0.95"), 0)));
    assert!(reached(&run(&grid(metric, "1, 2, 3", "log 0.05 0.95"), 0)));
}

#[test]
fn a_metric_that_is_not_logged_is_noticed_at_the_first_trial_and_ends_the_agent_after_the_third() {
    let config =
        grid("goal: minimize", "1, 2, 3, 4, 5, 6", "log ${x}").replace("name: loss", "name: val_loss");
    let ran = run(&config, 1);
    assert!(
        ran.stderr.contains("trial 0 did not log `val_loss`; it logged: `loss` – did you mean `loss`?"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("3 trials in a row did not log `val_loss`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("3 finished, 3 without the metric"), "{}", ran.stderr);
}

/// The parent run of a sweep in a sandbox's own file.
fn parent(sandbox: &Sandbox, sweep: &str) -> (Run, Vec<(i64, f64)>) {
    let store = embedded(sandbox.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let id = RunId(sweep.to_owned());
        let history = store.metric_history(&id, "loss").await.unwrap();
        (store.run(&id).await.unwrap(), history.into_iter().map(|one| (one.step, one.value)).collect())
    })
}

#[test]
fn the_parent_run_carries_the_best_a_step_for_each_result_counts_and_a_line_for_its_page() {
    let sandbox = Sandbox::new();
    let command = "if [ ${x} = 5 ]; then exit 3; fi; log ${x}";
    let sweep = sandbox.init(&grid("goal: minimize", "4, 3, 6, 2, 5", command));
    sandbox.run(&["run"]).expect(1);
    let (run, history) = parent(&sandbox, &sweep);
    assert_eq!(history, [(1, 4.0), (2, 3.0), (3, 3.0), (4, 2.0), (5, 2.0)]);
    let value = |key: &str| run.metric(key).map(|metric| metric.value);
    assert_eq!(value("loss"), Some(2.0));
    assert_eq!(
        [value("trials_done"), value("trials_failed"), value("trials_running")],
        [5.0, 1.0, 0.0].map(Some)
    );
    assert_eq!((run.tag("sweep.best_trial"), run.tag("sweep.best_params")), (Some("3"), Some("x=2")));
    let best = run.tag("sweep.best_run_id").unwrap();
    let note = run.tag("mlflow.note.content").unwrap();
    let link = format!(
        "Best loss 2 in [trial 3](#/experiments/{}/runs/{best}) – 5 of 5 trials, 1 failed",
        run.info.experiment_id
    );
    assert!(note.contains(&link), "{note}");
    let child = Outcome::read(&embedded(sandbox.path()), &sweep).runs.remove(3);
    assert_eq!((child.info.id.as_str(), child.info.name.as_str()), (best, "trial-0003 x=2"));
    // Its own line comes first once there is a table, too.
    sandbox.run(&["finalize"]).expect(0);
    let (run, _) = parent(&sandbox, &sweep);
    let note = run.tag("mlflow.note.content").unwrap();
    let lines: Vec<&str> = note.lines().collect();
    assert!(lines[1].starts_with("Best loss 2 in [trial 3]") && lines[3].starts_with("### Which"), "{note}");
}

#[test]
fn two_agents_at_once_leave_the_best_of_both_on_the_parent_run() {
    let sandbox = Sandbox::new();
    let values: Vec<String> = (1..=40).map(|k| ((k * 17) % 41).to_string()).collect();
    let sweep = sandbox.init(&grid("goal: minimize", &values.join(", "), "log ${x}"));
    let agents: Vec<AgentProcess> =
        (0..2).map(|_| AgentProcess::start(&sandbox, &["run", "-j", "2"], &[])).collect();
    for agent in agents {
        let said = agent.finish().expect(0).stderr;
        // Anyone who finishes after it has seen the best of both.
        assert!(!said.contains("does not count"), "{said}");
    }
    let (run, _) = parent(&sandbox, &sweep);
    let outcome = Outcome::read(&embedded(sandbox.path()), &sweep);
    let best = outcome.runs.iter().find(|run| run.metric("loss").unwrap().value == 1.0).unwrap();
    assert_eq!(run.metric("loss").unwrap().value, 1.0);
    assert_eq!(run.tag("sweep.best_run_id"), Some(best.info.id.as_str()));
    assert_eq!(run.metric("trials_done").unwrap().value, 40.0);
}

#[test]
fn a_second_agent_knows_the_best_of_the_first() {
    let sandbox = Sandbox::new();
    sandbox.init(&grid("goal: minimize", "2, 7, 9", "log ${x}"));
    sandbox.run(&["run", "-n", "1"]).expect(0);
    let said = sandbox.run(&["run"]).expect(0).stderr;
    assert!(said.contains("loss 7, best 2 (trial 0)"), "{said}");
    assert!(!said.contains("the best so far"), "{said}");
}

/// Trials that were started.
fn begun(sandbox: &Sandbox) -> u64 {
    sandbox.run(&["status", "--format", "json"]).expect(0).json()["trials"]["begun"].as_u64().unwrap()
}

/// Two agents on quick trials take note of each order before the verb returns, and obey.
fn orders_take_hold(sandbox: &Sandbox) {
    let config =
        "command: 'sleep 0.05'\nmethod: random\nrun_cap: 5000\nparameters: {x: {min: 0.0, max: 1.0}}\n";
    sandbox.init(config);
    let agents: Vec<AgentProcess> = (0..2).map(|_| AgentProcess::start(sandbox, &["run"], &[])).collect();
    let grows = |than: u64| {
        until("further trials", || (begun(sandbox) > than).then_some(()));
    };
    // On a busy machine an agent may take longer than the verb waits, which then says so.
    let is_heard = |verb: &str| {
        let said = sandbox.run(&[verb]).expect(0).stderr;
        let late = said.contains("not answered within") || said.contains("has answered within");
        assert!(late || said.contains("2 agents have taken note."), "{verb}: {said}");
        !late
    };
    let says = |verb: &str| until("both agents' answer", || is_heard(verb).then_some(()));
    grows(6);
    says("pause");
    let paused = begun(sandbox);
    // A dozen trials would begin in the time that this takes.
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(begun(sandbox), paused);
    says("resume");
    grows(paused + 3);
    let stopped = is_heard("stop").then(|| begun(sandbox));
    for agent in agents {
        let ran = agent.finish().expect(0);
        assert!(ran.stderr.contains("; stopped."), "{}", ran.stderr);
    }
    assert!(stopped.is_none_or(|stopped| begun(sandbox) == stopped));
}

#[test]
fn orders_take_hold_before_the_verb_returns_on_a_file() {
    orders_take_hold(&Sandbox::new());
}

#[test]
fn orders_take_hold_before_the_verb_returns_on_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start_in(folder.path());
    orders_take_hold(&Sandbox::tracking(server.url()));
}

/// Of two trials that never end by themselves, one is ended alone, with what it has logged; the other one continues.
fn one_trial_ends_alone(sandbox: &Sandbox) {
    let config = "command: 'echo loss=${x}; while [ ! -e go ]; do sleep 0.02; done'\nmethod: grid\nrun_cap: 9\n\
                  metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}\nparameters: {x: {values: [1, 2]}}\n";
    sandbox.init(config);
    let agent = AgentProcess::start(sandbox, &["run", "-j", "2"], &[]);
    until("two trials with a value", || {
        let running =
            sandbox.run(&["trials", "--where", "status = 'RUNNING'", "--format", "json"]).expect(0).json();
        let running = running["trials"].as_array().unwrap().clone();
        (running.len() == 2 && running.iter().all(|trial| !trial["value"].is_null())).then_some(())
    });
    let refused = sandbox.run(&["stop", "--trial", "7"]).expect(1).stderr;
    assert!(
        refused.contains("trial 7 is not running") && refused.contains("Running are: 0, 1."),
        "{refused}"
    );
    let said = sandbox.run(&["stop", "--trial", "0"]).expect(0).stderr;
    assert!(said.contains("trial 0"), "{said}");
    let state = |trial: usize| {
        let all = sandbox.run(&["trials", "--format", "json"]).expect(0).json();
        all["trials"].as_array().unwrap().iter().find(|one| one["trial"] == trial).unwrap().clone()
    };
    until("its end", || (state(0)["status"] == "STOPPED").then_some(()));
    assert_eq!(state(1)["status"], "RUNNING");
    sandbox.file("go", "");
    let ran = agent.finish().expect(0);
    assert!(ran.stderr.contains("by hand"), "{}", ran.stderr);
    let best = sandbox.run(&["best", "--format", "json"]).expect(0).json()["trials"][0].clone();
    assert_eq!((best["trial"].as_u64(), best["value"].as_f64()), (Some(0), Some(1.0)), "{best}");
    assert_eq!(state(0)["stopped_by"], "by hand");
}

#[test]
fn a_trial_that_a_person_ends_counts_with_what_it_logged_on_a_file() {
    one_trial_ends_alone(&Sandbox::new());
}

#[test]
fn a_trial_that_a_person_ends_counts_with_what_it_logged_on_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start_in(folder.path());
    one_trial_ends_alone(&Sandbox::tracking(server.url()));
}

#[test]
fn params_stand_in_the_order_of_the_config_wherever_they_are_shown() {
    let sandbox = Sandbox::new();
    let config = grid("goal: minimize", "1, 2", "log ${x}") + "  b: {value: 7}\n  a: {value: 8}\n";
    let sweep = sandbox.init(&config);
    let ran = sandbox.run(&["run", "-j", "2"]).expect(0).stderr;
    assert!(ran.contains("x=1 b=7 a=8"), "{ran}");
    let status = sandbox.run(&["status"]).expect(0).stdout;
    assert!(status.contains("with    x=1 b=7 a=8") && status.contains("x=2 b=7 a=8"), "{status}");
    let (run, _) = parent(&sandbox, &sweep);
    assert_eq!(run.tag("sweep.best_params"), Some("x=1 b=7 a=8"));
    let database = rusqlite::Connection::open(sandbox.path().join("mlflow.db")).unwrap();
    let named: i64 = database
        .query_row("SELECT count(*) FROM runs WHERE name = 'trial-0000 x=1 b=7 a=8'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(named, 1);
    sandbox.run(&["finalize", "-o", "report.html"]).expect(0);
    let page = std::fs::read_to_string(sandbox.path().join("report.html")).unwrap();
    let at = |text: &str| page.find(text).unwrap();
    assert!(at("<dt>x</dt>") < at("<dt>b</dt>") && at("<dt>b</dt>") < at("<dt>a</dt>"));
    assert!(at(">x</button>") < at(">b</button>") && at(">b</button>") < at(">a</button>"));
}

#[test]
fn an_order_that_would_change_nothing_points_to_the_next_step() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(&grid("goal: minimize", "1, 2", "log ${x}"));
    let said = sandbox.run(&["pause"]).expect(0).stderr;
    assert!(said.contains("No agent is running."), "{said}");
    sandbox.run(&["cancel"]).expect(0);
    let refused = sandbox.run(&["run"]).expect(2).stderr;
    assert!(refused.contains("was cancelled") && refused.contains("sweep resume"), "{refused}");
    sandbox.run(&["resume"]).expect(0);
    let ran = sandbox.run(&["run"]).expect(0).stderr;
    assert!(ran.contains(&format!("Next: sweep finalize {}", &sweep[..8])), "{ran}");
    let said = sandbox.run(&["cancel"]).expect(0).stderr;
    assert!(said.contains(&format!("sweep finalize {}", &sweep[..8])), "{said}");
    let state = sandbox.run(&["status", "--format", "json"]).json()["state"].clone();
    assert_eq!(state, "complete");
}

#[test]
fn a_sweep_with_nothing_to_analyse_stays_open_and_points_to_the_logs() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(&grid("goal: minimize", "1, 2", "exit 7"));
    let ran = sandbox.run(&["run", "--max-failures", "2"]).expect(1);
    let retry = format!("sweep retry --failed {}", &sweep[..8]);
    assert!(ran.stderr.contains(&retry), "{}", ran.stderr);
    let said = sandbox.run(&["finalize"]).expect(1).stderr;
    assert!(said.contains("nothing to analyse: 2 trials failed") && said.contains("sweep logs 0"), "{said}");
    let status = sandbox.run(&["status"]).expect(0).stdout;
    assert!(status.contains("sweep logs 0") && status.contains("exit code 7"), "{status}");
    let (run, _) = parent(&sandbox, &sweep);
    assert!(!run.info.status.is_final() && run.tag("sweep.reported_trials").is_none(), "{run:?}");
}

#[test]
fn a_finalized_sweep_that_is_taken_up_again_says_so_and_its_report_is_known_to_be_old() {
    let sandbox = Sandbox::new();
    sandbox.init(&grid("goal: minimize", "1, 2, 3, 4", "log ${x}"));
    sandbox.run(&["run", "-n", "3"]).expect(0);
    sandbox.run(&["finalize"]).expect(0);
    let said = sandbox.run(&["run"]).expect(0).stderr;
    assert!(said.contains("Reopened: live was finalized after 3 trials."), "{said}");
    let list = sandbox.run(&["list", "--format", "json"]).expect(0).json();
    assert_eq!((list[0]["state"].as_str(), list[0]["report_behind"].as_u64()), (Some("complete"), Some(1)));
    let list = sandbox.run(&["list"]).expect(0).stdout;
    assert!(list.contains("older than 1 trial"), "{list}");
    sandbox.run(&["finalize"]).expect(0);
    let list = sandbox.run(&["list", "--format", "json"]).expect(0).json();
    assert_eq!((list[0]["state"].as_str(), list[0]["report_behind"].as_u64()), (Some("finished"), None));
    // Nothing is left: it stays finalized.
    let said = sandbox.run(&["run"]).expect(0).stderr;
    assert!(!said.contains("Reopened"), "{said}");
}

#[test]
fn several_side_by_side_show_a_line_for_each_trial_and_output_only_where_it_is_asked_for() {
    let config =
        grid("goal: minimize", "1, 2, 3", "echo says ${x}; log ${x}; if [ ${x} = 2 ]; then exit 4; fi");
    let run = |args: &[&str]| {
        let sandbox = Sandbox::new();
        sandbox.init(&config);
        sandbox.run(args).expect(1)
    };
    let ran = run(&["run", "-j", "2"]);
    assert!(!ran.stdout.contains("says"), "{}", ran.stdout);
    assert_eq!(ran.stderr.matches("x=").count(), 3, "{}", ran.stderr);
    // Why it failed is shown all the same.
    assert!(ran.stderr.contains("    says 2"), "{}", ran.stderr);
    let ran = run(&["run", "-j", "2", "--output", "failed"]);
    assert!(ran.stdout.contains("says 2") && !ran.stdout.contains("says 1"), "{}", ran.stdout);
    let ran = run(&["run"]);
    assert!(["says 1", "says 2", "says 3"].iter().all(|line| ran.stdout.contains(line)), "{}", ran.stdout);
}

#[test]
fn what_is_run_again_is_no_trial_and_no_best() {
    let sandbox = Sandbox::new();
    sandbox.init(&grid("goal: minimize", "1, 2", "log ${x}"));
    sandbox.run(&["run"]).expect(0);
    let said = sandbox.run(&["rerun", "best", "--seeds", "2"]).expect(0).stderr;
    assert!(said.contains("again 1  FINISHED") && said.contains("again 2  FINISHED"), "{said}");
    assert!(!said.contains("the best so far") && !said.contains("trial 0  FINISHED"), "{said}");
}
