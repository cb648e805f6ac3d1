//! Hooks: what they are given, when they are run, and that nothing of a trial depends on them.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value as Json;

use crate::everyday::shapes::assert_shape;
use crate::support::agent::{AgentProcess, file_in};
use crate::support::sandbox::{Ran, Sandbox};
use crate::support::sweep_server::SweepServer;

/// Four trials, of which the third is the best and the last one fails; `hooks` is the rest of the file.
fn config(hooks: &str) -> String {
    format!(
        "sweep_name: hooked\ncommand: [sh, train.sh, '${{x}}']\nmethod: grid\nmetric: {{name: loss, goal: minimize, from_output: 'loss=(\\S+)'}}\n\
         parameters: {{x: {{values: [3, 4, 1, 2]}}}}\n{hooks}"
    )
}

const TRAIN: &str = "echo loss=$1\n[ \"$1\" != 2 ]\n";

fn sandbox_with(sandbox: Sandbox, hooks: &str) -> (Sandbox, String) {
    sandbox.file("train.sh", TRAIN);
    let id = sandbox.init(&config(hooks));
    (sandbox, id)
}

/// What the hooks were given, in the order of events.
fn events(sandbox: &Sandbox) -> Vec<Json> {
    let text = std::fs::read_to_string(sandbox.path().join("events")).unwrap_or_default();
    let events: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in &events {
        assert_shape("hook", event);
    }
    events
}

fn of(events: &[Json], name: &str) -> Vec<Json> {
    events.iter().filter(|event| event["event"] == name).cloned().collect()
}

#[test]
fn a_program_that_reports_runs_the_hooks_that_an_agent_would() {
    let (sandbox, id) = sandbox_with(Sandbox::new(), ALL);
    for loss in ["3", "4", "1"] {
        let trial = sandbox.run(&["ask"]).expect(0).json();
        let run = trial["run_id"].as_str().unwrap().to_owned();
        sandbox.run(&["tell", &run, "--metric", &format!("loss={loss}")]).expect(0);
        // The same report again is no news.
        sandbox.run(&["tell", &run, "--metric", &format!("loss={loss}")]).expect(0);
    }
    let given_back = sandbox.run(&["ask"]).expect(0).json()["run_id"].as_str().unwrap().to_owned();
    sandbox.run(&["tell", &given_back, "--give-back"]).expect(0);
    assert!(of(&events(&sandbox), "on_finish").is_empty());
    let last = sandbox.run(&["ask"]).expect(0).json()["run_id"].as_str().unwrap().to_owned();
    sandbox.run(&["tell", &last, "--failed"]).expect(0);
    let events = events(&sandbox);
    let ends = of(&events, "on_trial_end");
    let states: Vec<&Json> = ends.iter().map(|event| &event["trial"]["status"]).collect();
    assert_eq!(states, ["FINISHED", "FINISHED", "FINISHED", "FAILED"]);
    assert_eq!((&ends[3]["trial"]["exit_code"], &ends[3]["trial"]["run_id"]), (&1.into(), &last.into()));
    let bests: Vec<f64> =
        of(&events, "on_best").iter().map(|event| event["best"]["value"].as_f64().unwrap()).collect();
    assert_eq!(bests, [3.0, 1.0]);
    let finish = of(&events, "on_finish");
    assert_eq!(finish.len(), 1);
    assert_eq!((&finish[0]["reason"], &finish[0]["sweep"]["id"]), (&"complete".into(), &id.into()));
    assert_eq!((&finish[0]["trials"]["done"], &finish[0]["trials"]["failed"]), (&4.into(), &1.into()));
    // An agent that comes now finds the end announced.
    sandbox.run(&["run", "-q"]).expect(0);
}

#[test]
fn a_failing_hook_changes_nothing_of_a_report() {
    let (sandbox, _) = sandbox_with(Sandbox::new(), "hooks: {on_trial_end: exit 7}\n");
    let trial = sandbox.run(&["ask"]).expect(0).json();
    let told = sandbox.run(&["tell", trial["run_id"].as_str().unwrap(), "--metric", "loss=3"]).expect(0);
    assert!(told.stderr.contains("the hook on_trial_end failed"), "{}", told.stderr);
    assert!(told.stderr.contains("has its result"), "{}", told.stderr);
}

const ALL: &str =
    "hooks: {on_trial_end: cat >> events, on_best: [sh, -c, 'cat >> events'], on_finish: cat >> events}\n";

fn hooks_are_given_what_happened(sandbox: Sandbox, has_pages: bool) {
    let (sandbox, id) = sandbox_with(sandbox, ALL);
    sandbox.run(&["run", "-q"]).expect(1);
    let events = events(&sandbox);
    let ends = of(&events, "on_trial_end");
    assert_eq!(ends.len(), 4);
    let failed = ends.iter().find(|event| event["trial"]["trial"] == 3).unwrap();
    assert_eq!((&failed["trial"]["status"], &failed["trial"]["exit_code"]), (&"FAILED".into(), &1.into()));
    assert_eq!(failed["trial"]["params"]["x"], 2);
    // 3, then 1: the one in between is worse, and the last one failed. The first is no news where the second is there already.
    let mut bests: Vec<f64> =
        of(&events, "on_best").iter().map(|event| event["best"]["value"].as_f64().unwrap()).collect();
    bests.sort_by(f64::total_cmp);
    assert!(bests == [1.0] || bests == [1.0, 3.0], "{bests:?}");
    let finish = of(&events, "on_finish");
    assert_eq!(finish.len(), 1);
    let finish = &finish[0];
    assert_eq!(finish, events.last().unwrap());
    assert_eq!((&finish["reason"], &finish["best"]["trial"]), (&"complete".into(), &2.into()));
    assert_eq!((&finish["trials"]["done"], &finish["trials"]["failed"]), (&4.into(), &1.into()));
    assert_eq!((&finish["sweep"]["id"], &finish["sweep"]["name"]), (&id.as_str().into(), &"hooked".into()));
    let page = finish["best"]["url"].as_str().map(str::to_owned);
    assert_eq!(page.is_some(), has_pages);
    assert!(page.is_none_or(|page| page.ends_with(finish["best"]["run_id"].as_str().unwrap())));
    // Whoever comes later finds the end announced.
    sandbox.run(&["run", "-q"]).expect(0);
    assert_eq!(self::events(&sandbox).len(), events.len());
}

#[test]
fn hooks_are_given_what_happened_in_a_file() {
    hooks_are_given_what_happened(Sandbox::new(), false);
}

#[test]
fn hooks_are_given_what_happened_on_a_server() {
    let folder = Sandbox::new();
    let server = SweepServer::start_in(folder.path());
    hooks_are_given_what_happened(Sandbox::tracking(server.url()), true);
}

#[test]
fn several_agents_announce_one_end_and_each_result_once() {
    let (sandbox, _) = sandbox_with(Sandbox::new(), ALL);
    let agents: Vec<AgentProcess> =
        (0..3).map(|_| AgentProcess::start(&sandbox, &["run", "-q"], &[])).collect();
    for agent in agents {
        agent.finish();
    }
    let events = events(&sandbox);
    let mut ended: Vec<u64> =
        of(&events, "on_trial_end").iter().map(|event| event["trial"]["trial"].as_u64().unwrap()).collect();
    ended.sort_unstable();
    assert_eq!(ended, [0, 1, 2, 3]);
    assert_eq!(of(&events, "on_finish").len(), 1);
}

#[test]
fn a_hook_that_fails_is_said_once_and_changes_no_trial() {
    let hooks =
        "hooks: {on_trial_end: 'echo what is wrong; exit 3', on_best: [no-such-program-of-this-name]}\n";
    let (sandbox, id) = sandbox_with(Sandbox::new(), hooks);
    let ran = sandbox.run(&["run"]).expect(1);
    assert_eq!(ran.stderr.matches("on_trial_end failed").count(), 1, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("on_best failed").count(), 1, "{}", ran.stderr);
    let status = sandbox.run(&["status", "--format", "json"]).expect(0).json();
    assert_eq!((&status["trials"]["finished"], &status["trials"]["failed"]), (&3.into(), &1.into()));
    let log =
        std::fs::read_to_string(sandbox.path().join(format!(".sweep/logs/hooks-{}.log", &id[..8]))).unwrap();
    assert_eq!(log.matches("what is wrong").count(), 4, "{log}");
    assert!(log.contains("on_trial_end trial 3: exit code 3"), "{log}");
}

#[test]
fn a_hook_that_hangs_is_killed_with_all_that_it_started() {
    let hooks = "hooks: {on_finish: 'echo $$ > hook; sleep 600 & echo $! > child; wait', timeout: 200ms}\n";
    let (sandbox, _) = sandbox_with(Sandbox::new(), hooks);
    let ran = sandbox.run(&["run"]).expect(1);
    assert!(ran.stderr.contains("killed after 0.2 s"), "{}", ran.stderr);
    for file in ["hook", "child"] {
        let pid = std::fs::read_to_string(sandbox.path().join(file)).unwrap();
        let environ = std::path::PathBuf::from(format!("/proc/{}/environ", pid.trim()));
        crate::support::agent::until("the end of the hook's processes", || {
            std::fs::read(&environ).map_or(true, |text| text.is_empty()).then_some(())
        });
    }
}

#[test]
fn trials_go_on_while_a_hook_runs() {
    // The hook of the first trial ends only once the last trial has run.
    let hooks =
        "hooks: {on_trial_end: 'until [ -s last ]; do sleep 0.02; done; cat >> events', timeout: 50s}\n";
    let (sandbox, _) = sandbox_with(Sandbox::new(), hooks);
    sandbox.file("train.sh", "echo loss=$1\nif [ \"$1\" = 2 ]; then echo here > last; fi\n");
    sandbox.run(&["run", "-q"]).expect(0);
    assert_eq!(events(&sandbox).len(), 4);
}

#[test]
fn a_hook_of_a_killed_agent_dies_with_it() {
    let hooks = "hooks: {on_trial_end: 'echo $$ > hook.new; mv hook.new hook; sleep 600', timeout: 1h}\n";
    let (sandbox, _) = sandbox_with(Sandbox::new(), hooks);
    let agent = AgentProcess::start(&sandbox, &["run", "-q"], &[]);
    let pid = file_in(sandbox.path(), "hook");
    drop(agent);
    let environ = std::path::PathBuf::from(format!("/proc/{}/environ", pid.trim()));
    crate::support::agent::until("the end of the hook", || {
        std::fs::read(&environ).map_or(true, |text| text.is_empty()).then_some(())
    });
}

#[test]
fn a_stopped_sweep_is_not_over() {
    let (sandbox, id) = sandbox_with(Sandbox::new(), "hooks: {on_finish: cat >> events}\n");
    sandbox.run(&["run", "-q", "-n", "1"]).expect(0);
    assert!(events(&sandbox).is_empty());
    sandbox.run(&["stop", &id]).expect(0);
    sandbox.run(&["run", "-q"]).expect(2);
    assert!(events(&sandbox).is_empty());
    sandbox.run(&["resume", &id]).expect(0);
    sandbox.run(&["run", "-q"]).expect(1);
    assert_eq!(events(&sandbox).len(), 1);
}

#[test]
fn a_target_that_is_reached_ends_the_sweep_with_that_reason() {
    let sandbox = Sandbox::new();
    sandbox.file("train.sh", TRAIN);
    sandbox.init(
        &config("hooks: {on_finish: cat >> events}\n")
            .replace("goal: minimize", "goal: minimize, target: 3.5"),
    );
    sandbox.run(&["run", "-q"]).expect(0);
    let events = events(&sandbox);
    assert_eq!((events.len(), &events[0]["reason"]), (1, &"target".into()));
}

#[test]
fn a_hook_cannot_be_given_a_value_in_its_command() {
    let sandbox = Sandbox::new();
    for (hooks, said) in [
        ("hooks: {on_best: 'echo ${x}'}", "trial.params.x"),
        ("hooks: {on_best: [echo, '${x}']}", "trial.params.x"),
        ("hooks: {on_end: echo}", "unknown key `on_end`"),
        ("hooks: {on_best: []}", "expected a command"),
        ("hooks: {on_best: 7}", "expected a command"),
        ("hooks: {on_best: echo, timeout: 0}", "a duration above 0"),
        ("hooks: echo", "expected a mapping"),
    ] {
        sandbox.file("sweep.yaml", &config(&format!("{hooks}\n")));
        let refused = sandbox.run(&["check", "sweep.yaml"]).expect(2);
        assert!(refused.stderr.contains(said), "{hooks}\n{}", refused.stderr);
    }
}

/// An example of `examples/hooks`, with a program in the place of the one that sends.
fn example(name: &str, args: &str, sender: &str) -> String {
    let sandbox = Sandbox::new();
    let script = format!("{}/examples/hooks/{name}", env!("CARGO_MANIFEST_DIR"));
    let (sandbox, _) = sandbox_with(sandbox, &format!("hooks: {{on_finish: 'sh {script} {args}'}}\n"));
    let fake = sandbox.file(&format!("bin/{sender}"), "#!/bin/sh\n{ printf '%s\\n' \"$@\"; cat; } > sent\n");
    std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", sandbox.path().join("bin").display(), std::env::var("PATH").unwrap());
    let mut run = sandbox.command(&["run"]);
    let ran =
        Ran::from(run.env("PATH", path).env("SLACK_WEBHOOK_URL", "http://hook").output().unwrap()).expect(1);
    assert!(!ran.stderr.contains("on_finish"), "{}", ran.stderr);
    std::fs::read_to_string(sandbox.path().join("sent")).unwrap()
}

#[test]
fn the_examples_send_what_a_person_wants_to_know() {
    if std::process::Command::new("jq").arg("--version").output().is_err() {
        eprintln!("this machine has no jq: the examples are not tried");
        return;
    }
    let posted = example("slack.sh", "", "curl");
    assert!(posted.contains("http://hook"), "{posted}");
    let json: Json = serde_json::from_str(&posted[posted.find('{').unwrap()..]).unwrap();
    assert_eq!(
        json["text"],
        "*hooked* is over (complete): 4/4 trials, 1 failed, best loss 1 in trial 2 (x=1)"
    );
    let mail = example("mail.sh", "me@example.org", "sendmail");
    assert!(mail.contains("To: me@example.org\nSubject: [sweep] hooked: over\n"), "{mail}");
    assert!(mail.contains("Best loss: 1 in trial 2\n  x=1\n"), "{mail}");
}
