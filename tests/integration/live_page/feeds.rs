//! The JSON and the events that the page is fed with.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::support::page_server::{Events, PageServer};
use crate::support::sandbox::{Sandbox, finish};

/// A sweep of so many trials, which print their loss; those whose `x` is 3 fail.
fn config(trials: usize) -> String {
    format!(
        "command: 'echo loss=${{x}}.5; [ ${{x}} != 3 ]'\nmethod: grid\nsweep_name: shown\nrun_cap: 100\n\
         metric: {{name: loss, goal: minimize, from_output: 'loss=(\\S+)'}}\nparameters:\n  x: {{min: 0, max: {}}}\n\
         \x20 fixed: {{value: 7}}\n",
        trials - 1
    )
}

fn numbers(json: &Json) -> BTreeSet<u64> {
    json.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

/// Reads events until so many trials have ended; what they said of trials.
fn until_done(events: &mut Events, done: u64) -> (Vec<BTreeSet<u64>>, Json) {
    let mut changed = Vec::new();
    loop {
        let event = events.next();
        assert!(event.kind == "change" && event.id.contains('-'), "{event:?}");
        changed.push(numbers(&event.data["trials"]["trial"]));
        let counts = &event.data["head"]["counts"];
        if counts["finished"].as_u64().unwrap() + counts["failed"].as_u64().unwrap() == done {
            return (changed, event.data);
        }
    }
}

#[test]
fn a_page_hears_of_each_trial_and_only_of_what_changed() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(&config(12));
    let page = PageServer::start(&sandbox);
    let before = page.json(&format!("/api/sweeps/{id}"));
    assert_eq!(before["trials"]["trial"], serde_json::json!([]));
    assert_eq!((&before["head"]["name"], &before["head"]["state"]), (&"shown".into(), &"new".into()));
    let names: Vec<&str> =
        before["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["x"], "what has one value is no axis");
    let seen = before["seen"].as_str().unwrap();
    let mut events = page.events(&format!("/api/sweeps/{id}/events?since={seen}"), "");
    let agent = sandbox.spawn(&["run", "-j", "1"]);
    let (changed, last) = until_done(&mut events, 12);
    finish(agent).expect(1);
    let all: BTreeSet<u64> = changed.iter().flatten().copied().collect();
    assert_eq!(all, (0..12).collect());
    assert_eq!(last["head"]["best"], serde_json::json!({"trial": 0, "value": 0.5}));
    assert_eq!(last["head"]["counts"]["failed"], 1);
    // Once more, whole: the same trials, with their states and parameters.
    let after = page.json(&format!("/api/sweeps/{id}"));
    assert_eq!(after["trials"]["state"], "FFFXFFFFFFFF");
    assert_eq!(after["trials"]["params"][0][5], 5);
    assert_eq!(after["trials"]["value"][5], 5.5);
}

#[test]
fn a_page_that_comes_back_is_given_what_it_missed_and_one_of_another_server_starts_anew() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(&config(6));
    sandbox.run(&["run", "-n", "2"]);
    let page = PageServer::start(&sandbox);
    let path = format!("/api/sweeps/{id}");
    let first = page.json(&path);
    let seen = first["seen"].as_str().unwrap().to_owned();
    let known = numbers(&first["trials"]["trial"]);
    sandbox.run(&["run"]).expect(1);
    let mut events = page.events(&format!("{path}/events?since={seen}"), "");
    let (changed, _) = until_done(&mut events, 6);
    let missed: BTreeSet<u64> = changed.iter().flatten().copied().collect();
    assert!(missed.is_disjoint(&known) && missed.len() + known.len() == 6, "{known:?} {missed:?}");
    // A browser that connects again says so in a header, which counts before the address.
    let again = page.json(&path);
    let header = format!("Last-Event-ID: {seen}\r\n");
    let mut events =
        page.events(&format!("{path}/events?since={}", again["seen"].as_str().unwrap()), &header);
    let same: BTreeSet<u64> = until_done(&mut events, 6).0.into_iter().flatten().collect();
    assert_eq!(same, missed);
    let mut events = page.events(&format!("{path}/events?since=0badf00d-1"), "");
    assert_eq!(events.next().kind, "reset");
}

#[test]
fn the_page_of_a_sweep_has_the_browser_ask_for_its_data_at_once() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(&config(3));
    let page = PageServer::start(&sandbox);
    let preload = format!("link: </api/sweeps/{id}>; rel=preload; as=fetch; crossorigin");
    assert!(page.get(&format!("/sweep/{id}")).headers.contains(&preload));
    // What stands in an address can't leave it.
    let headers = page.get("/sweep/a%3E%2C%20%3Chttp%3A%2F%2Fevil.example%3E").headers;
    assert!(headers.contains("</api/sweeps/a%3e%2c%20%3chttp"), "{headers}");
}

#[test]
fn the_list_shows_all_sweeps_and_hears_of_new_ones() {
    let sandbox = Sandbox::new();
    sandbox.init(&config(3));
    sandbox.run(&["run"]).expect(0);
    let page = PageServer::start(&sandbox);
    let list = page.json("/api/sweeps");
    let entry = &list["sweeps"][0];
    assert_eq!((&entry["name"], &entry["state"]), (&"shown".into(), &"complete".into()));
    assert_eq!((&entry["counts"]["finished"], &entry["best"]), (&3.into(), &0.5.into()));
    let mut events = page.events(&format!("/api/events?since={}", list["seen"].as_str().unwrap()), "");
    let id = sandbox.init(&config(4).replace("shown", "second"));
    loop {
        let event = events.next();
        assert_eq!(event.kind, "change");
        let sweeps = event.data["sweeps"].as_array().unwrap();
        assert!(
            sweeps.iter().all(|sweep| sweep["name"] == "second"),
            "the other has not changed: {sweeps:?}"
        );
        if sweeps.iter().any(|sweep| sweep["id"] == id.as_str() && sweep["state"] == "new") {
            break;
        }
    }
}

#[test]
fn a_filter_is_that_of_trials_and_a_wrong_one_says_why() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(&config(6));
    sandbox.run(&["run"]).expect(1);
    let page = PageServer::start(&sandbox);
    let ask = |expression: &str| page.get(&format!("/api/sweeps/{id}/where?expr={expression}"));
    assert_eq!(ask("x%20%3E%202%20and%20status%20%3D%20%22FINISHED%22").json(), serde_json::json!([4, 5]));
    assert_eq!(ask("exit_code%20%3D%201").json(), serde_json::json!([3]));
    let wrong = ask("y%20%3E%202");
    assert_eq!(wrong.status, 400);
    assert!(wrong.json()["message"].as_str().unwrap().contains("unknown column `y`"), "{}", wrong.body);
}

#[test]
fn a_trial_shows_its_run_its_curve_and_its_output() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(&config(5));
    sandbox.run(&["run"]).expect(1);
    let page = PageServer::start(&sandbox);
    let trial = page.json(&format!("/api/sweeps/{id}/trials/3"));
    assert_eq!((&trial["status"], &trial["exit_code"]), (&"FAILED".into(), &1.into()));
    assert_eq!((&trial["point"]["x"], &trial["point"]["fixed"]), (&3.into(), &7.into()));
    assert_eq!(trial["curves"]["loss"], serde_json::json!([[0, 3.5]]));
    let log = page.json(&format!("/api/sweeps/{id}/trials/3/log"));
    assert!(log["text"].as_str().unwrap().contains("loss=3.5"), "{log}");
    assert_eq!(page.get(&format!("/api/sweeps/{id}/trials/99")).status, 404);
    assert_eq!(page.get("/api/sweeps/nothing").status, 404);
    let curves = page.json(&format!("/api/sweeps/{id}/curves?trials=1,4"));
    assert_eq!(curves, serde_json::json!([[1, [[0, 1.5]]], [4, [[0, 4.5]]]]));
    let importance = page.json(&format!("/api/sweeps/{id}/importance"));
    assert_eq!(importance["results"], 4);
    assert!(importance["analysis"]["forest_reason"].as_str().unwrap().contains("fewer"), "{importance}");
}
