//! What may be changed from the page, and by whom.

use serde_json::{Value as Json, json};

use crate::support::agent::until;
use crate::support::browser::Browser;
use crate::support::page_server::PageServer;
use crate::support::sandbox::{Sandbox, finish};
use crate::support::sweep_server::SweepServer;

/// Trials that wait for the file `go`; the first fails.
const WAITING: &str = "command: 'while [ ! -e go ]; do sleep 0.02; done; [ ${x} != 1 ]'\nmethod: grid\nsweep_name: held\nrun_cap: 100\n\
                       parameters:\n  x: {values: [1, 2, 3, 4]}\n";

fn send(page: &PageServer, path: &str, token: &str, body: &Json) -> (u16, Json) {
    let answer = page.post(path, &format!("X-Sweep-Token: {token}\r\n"), &body.to_string());
    (answer.status, answer.json())
}

#[test]
fn a_page_that_only_reads_gives_no_orders() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(WAITING);
    let page = PageServer::start(&sandbox);
    assert_eq!(page.json(&format!("/api/sweeps/{id}"))["control"], Json::Null);
    for (path, body) in [
        ("order", json!({"order": "stop"})),
        ("retry", json!({"trials": [0]})),
        ("end", json!({"trial": 0})),
        ("edit", json!({"run_cap": 9})),
    ] {
        let (status, said) = send(&page, &format!("/api/sweeps/{id}/{path}"), "", &body);
        assert_eq!(status, 403);
        assert!(said["hint"].as_str().unwrap().contains("--allow-control"), "{said}");
    }
}

#[test]
fn orders_need_the_token_of_the_page_and_come_from_it() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(WAITING);
    let page = PageServer::try_start(&sandbox, &["--port", "0", "--allow-control"]).unwrap();
    let path = format!("/api/sweeps/{id}/order");
    let token = page.json(&format!("/api/sweeps/{id}"))["control"].as_str().unwrap().to_owned();
    let order = json!({"order": "pause"});
    assert_eq!(send(&page, &path, "", &order).0, 403);
    assert_eq!(send(&page, &path, &token[1..], &order).0, 403);
    let foreign = format!("X-Sweep-Token: {token}\r\nOrigin: http://evil.example\r\n");
    assert_eq!(page.post(&path, &foreign, &order.to_string()).status, 403);
    assert_eq!(send(&page, &path, &token, &json!({"order": "explode"})).0, 400);
    assert_eq!(send(&page, &path, &token, &order).0, 200);
    let state = sandbox.run(&["status", "--format", "json"]).json()["state"].clone();
    assert_eq!(state, "paused");
}

#[test]
fn orders_come_through_a_proxy_that_changes_the_host() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(WAITING);
    for options in [&[][..], &["--cors-allowed-origins", "https://sweeps.example"]] {
        let server = SweepServer::start(sandbox.path(), &[&["--allow-control"], options].concat(), &[]);
        let page = PageServer::at(server.url());
        let path = format!("/api/sweeps/{id}/order");
        let token = page.json(&format!("/api/sweeps/{id}"))["control"].as_str().unwrap().to_owned();
        let headers = format!("X-Sweep-Token: {token}\r\nOrigin: https://sweeps.example\r\n");
        let order = json!({"order": "pause"}).to_string();
        let vouched = format!("{headers}Sec-Fetch-Site: same-origin\r\n");
        assert_eq!(page.post(&path, &vouched, &order).status, 200);
        let expected = if options.is_empty() { 403 } else { 200 };
        assert_eq!(page.post(&path, &headers, &order).status, expected, "{options:?}");
    }
}

#[test]
fn failed_trials_are_run_again() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(WAITING);
    sandbox.file("go", "");
    sandbox.run(&["run"]).expect(1);
    let page = PageServer::try_start(&sandbox, &["--port", "0", "--allow-control"]).unwrap();
    let token = page.json(&format!("/api/sweeps/{id}"))["control"].as_str().unwrap().to_owned();
    let path = format!("/api/sweeps/{id}/retry");
    let (status, said) = send(&page, &path, &token, &json!({"trials": null}));
    assert_eq!((status, said), (200, json!({"trials": [0]})));
    sandbox.run(&["run"]).expect(1);
    until("the second attempt", || {
        let shown = page.json(&format!("/api/sweeps/{id}"));
        (shown["trials"]["attempt"] == json!([2, 1, 1, 1])).then_some(())
    });
    assert_eq!(send(&page, &path, &token, &json!({"trials": [99]})).0, 400);
}

#[test]
fn a_running_trial_is_ended_alone_from_the_page() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(WAITING);
    let page = PageServer::try_start(&sandbox, &["--port", "0", "--allow-control"]).unwrap();
    let token = page.json(&format!("/api/sweeps/{id}"))["control"].as_str().unwrap().to_owned();
    let (status, said) = send(&page, &format!("/api/sweeps/{id}/end"), &token, &json!({"trial": 3}));
    assert!(status == 400 && said["message"] == "trial 3 is not running", "{said}");
    browser.open(&page.url(&format!("/sweep/{id}")));
    let agent = sandbox.spawn(&["run"]);
    browser.wait_for("document.querySelector('panel-running tbody tr')");
    browser.value("(window.confirm = () => true)");
    browser.wait_for(
        "(() => { const b = [...document.querySelectorAll('panel-running button')].find((b) => b.textContent === 'end'); \
         b?.click(); return b; })()",
    );
    until("its end", || {
        (page.json(&format!("/api/sweeps/{id}"))["trials"]["state"].as_str()?.starts_with('S')).then_some(())
    });
    sandbox.file("go", "");
    finish(agent).expect(0);
}

#[test]
fn the_cap_is_raised_and_a_point_is_added_from_the_page() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(
        "command: 'echo x=${x}'\nmethod: random\nsweep_name: capped\nrun_cap: 2\nparameters:\n  x: {min: 0.0, max: 1.0}\n",
    );
    sandbox.run(&["run"]).expect(0);
    let page = PageServer::try_start(&sandbox, &["--port", "0", "--allow-control"]).unwrap();
    let token = page.json(&format!("/api/sweeps/{id}"))["control"].as_str().unwrap().to_owned();
    let path = format!("/api/sweeps/{id}/edit");
    let (status, said) = send(&page, &path, &token, &json!({"run_cap": 4, "point": {"x": 0.125}}));
    assert_eq!((status, &said["version"]), (200, &json!(2)), "{said}");
    sandbox.run(&["run"]).expect(0);
    let shown = until("four trials", || {
        let shown = page.json(&format!("/api/sweeps/{id}"));
        (shown["trials"]["state"] == "FFFF").then_some(shown)
    });
    let tried = shown["trials"]["params"][0].as_array().unwrap();
    assert!(tried.contains(&json!(0.125)), "{tried:?}");
    let (status, said) = send(&page, &path, &token, &json!({"point": {"y": 1}}));
    assert!(status == 400 && said["message"] == "this point has no value for `x`", "{said}");
    assert_eq!(send(&page, &path, &token, &json!({"command": "rm"})).0, 400);
}

#[test]
fn a_person_adds_a_point_in_the_browser() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(
        "command: 'echo loss=${x}'\nmethod: random\nsweep_name: capped\nrun_cap: 2\nparameters:\n  x: {min: 0.0, max: 1.0}\n\
         metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}\n",
    );
    sandbox.run(&["run"]).expect(0);
    let page = PageServer::try_start(&sandbox, &["--port", "0", "--allow-control"]).unwrap();
    browser.open(&page.url(&format!("/sweep/{id}")));
    let press = |within: &str, text: &str| {
        browser.wait_for(&format!(
            "(() => {{ const b = [...document.querySelectorAll('{within} button')].find((b) => b.textContent === '{text}'); \
             b?.click(); return b; }})()"
        ));
    };
    browser.wait_for("document.querySelector('.live')?.textContent === 'live'");
    browser.value("(window.prompt = () => '3')");
    press(".control", "Cap");
    browser.wait_for("document.querySelector('.control').textContent.includes('there may be 3 trials now')");
    press(".control", "Add point");
    browser.value("(document.querySelector('dialog[open] input').value = '0.25')");
    press("dialog[open]", "Add");
    browser.wait_for("document.querySelector('.control').textContent.includes('the point is tried next')");
    sandbox.run(&["run"]).expect(0);
    browser.wait_for("document.querySelector('header .state').textContent === 'complete'");
    let tried = page.json(&format!("/api/sweeps/{id}"))["trials"]["params"][0].clone();
    assert!(tried.as_array().unwrap().contains(&json!(0.25)), "{tried}");
}

#[test]
fn a_person_pauses_and_resumes_a_sweep_and_sees_that_the_agents_took_note() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(WAITING);
    let page = PageServer::try_start(&sandbox, &["--port", "0", "--allow-control"]).unwrap();
    browser.open(&page.url(&format!("/sweep/{id}")));
    let agent = sandbox.spawn(&["run"]);
    browser.wait_for("document.querySelector('panel-running tbody tr')");
    let press = |text: &str| {
        browser.wait_for(&format!(
            "(() => {{ const b = [...document.querySelectorAll('.control button')].find((b) => b.textContent === '{text}'); \
             b?.click(); return b; }})()"
        ));
    };
    press("Pause");
    browser.wait_for("document.querySelector('header .state').textContent === 'paused'");
    browser.wait_for("document.querySelector('.control').textContent.includes('1 agent took note')");
    press("Resume");
    sandbox.file("go", "");
    finish(agent).expect(1);
    browser.wait_for("document.querySelector('header .state').textContent === 'complete'");
}

#[test]
fn sweep_server_shows_the_page_to_those_who_may_log_in() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(WAITING);
    let login = [("SWEEP_SERVER_USERNAME", "ada"), ("SWEEP_SERVER_PASSWORD", "lovelace")];
    let server = SweepServer::start(sandbox.path(), &[], &login);
    let page = PageServer::at(server.url());
    for path in ["/", "/assets/app.js", "/api/sweeps", &format!("/api/sweeps/{id}/events")] {
        assert_eq!(page.get(path).status, 401, "{path}");
    }
    let header = "Authorization: Basic YWRhOmxvdmVsYWNl\r\n";
    let root = page.ask("GET", "/", header);
    assert!(root.status == 200 && root.headers.contains("content-security-policy"), "{}", root.headers);
    let list = page.ask("GET", "/api/sweeps", header).json();
    assert_eq!(list["sweeps"][0]["name"], "held");
    // MLflow's API is where it was.
    assert_eq!(page.get("/health").status, 200);
}
