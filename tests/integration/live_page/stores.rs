//! The page of each kind of store, live while agents run.

use serde_json::json;

use crate::support::mlflow_server::MlflowServer;
use crate::support::page_server::PageServer;
use crate::support::sandbox::{Sandbox, finish};
use crate::support::sweep_server::SweepServer;

/// A trial ends once the page has shown one that runs.
const CONFIG: &str = "command: 'until [ -e shown ]; do sleep 0.02; done; echo loss=${x}.5; [ ${x} != 3 ]'\nmethod: grid\nsweep_name: shown\nexperiment_name: live\nrun_cap: 100\n\
                      metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}\nparameters:\n  x: {min: 0, max: 7}\n";

/// Opens the page of a new sweep, runs it, and follows the events until all is over; its id.
fn follow(sandbox: &Sandbox) -> String {
    let id = sandbox.init(CONFIG);
    let page = PageServer::start(sandbox);
    let path = format!("/api/sweeps/{id}");
    let before = page.json(&path);
    assert_eq!(before["head"]["state"], "new");
    let mut events = page.events(&format!("{path}/events?since={}", before["seen"].as_str().unwrap()), "");
    let agent = sandbox.spawn(&["run", "-j", "2"]);
    let mut ended = false;
    while !ended {
        let event = events.next();
        assert_eq!(event.kind, "change", "{event:?}");
        if event.data["trials"]["state"].as_str().unwrap().contains('R') {
            sandbox.file("shown", "");
        }
        let counts = &event.data["head"]["counts"];
        ended = counts["finished"] == 7 && counts["failed"] == 1 && event.data["head"]["state"] == "complete";
    }
    finish(agent).expect(1);
    let after = page.json(&path);
    assert_eq!(after["trials"]["state"], "FFFXFFFF");
    assert_eq!(after["trials"]["value"], json!([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]));
    let log = page.json(&format!("{path}/trials/5/log"));
    assert!(log["text"].as_str().unwrap().contains("loss=5.5"), "{log}");
    let list = page.json("/api/sweeps");
    let entry = list["sweeps"].as_array().unwrap().iter().find(|sweep| sweep["id"] == id.as_str()).unwrap();
    assert_eq!((&entry["state"], &entry["best"]), (&"complete".into(), &0.5.into()));
    id
}

#[test]
fn a_sweep_in_a_database_file_is_shown_live() {
    follow(&Sandbox::new());
}

#[test]
fn a_sweep_on_a_sweep_server_is_shown_live() {
    let folder = Sandbox::new();
    let server = SweepServer::start_in(folder.path());
    follow(&Sandbox::tracking(server.url()));
}

#[test]
fn a_sweep_on_an_mlflow_server_is_shown_live_with_links_to_its_runs() {
    let server = MlflowServer::shared();
    let sandbox = Sandbox::tracking(server.url());
    let id = follow(&sandbox);
    let page = PageServer::start(&sandbox);
    let link = page.json(&format!("/api/sweeps/{id}/trials/0"))["link"].clone();
    assert!(link.as_str().unwrap().starts_with(&format!("{}/#/experiments/", server.url())), "{link}");
}
