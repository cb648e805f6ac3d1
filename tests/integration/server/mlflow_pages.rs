//! MLflow's own web pages, served by `sweep server` from the installed package, in a real browser.

use serde_json::{Value as Json, json};

use crate::support::browser::Browser;
use crate::support::http;
use crate::support::mlflow_server::MlflowServer;
use crate::support::python::{mlflow_python, run_python};
use crate::support::sandbox::Sandbox;
use crate::support::sweep_server::SweepServer;

const SCRIPT: &str = r#"
import mlflow, numpy, os, pathlib
from sklearn.linear_model import LinearRegression
mlflow.set_experiment("shown")
with mlflow.start_run(run_name="first-run") as run:
    mlflow.log_params({"depth": 3, "kind": "<b>bold</b>"})
    for step in range(20):
        mlflow.log_metric("loss", 1 / (step + 1), step)
    mlflow.log_text("these words are in the file", "notes.txt")
    mlflow.set_tag("team", "ours")
    x = numpy.arange(6.0).reshape(-1, 1)
    model = LinearRegression().fit(x, x[:, 0])
    mlflow.sklearn.log_model(model, name="line", registered_model_name="line-fit", input_example=x[:2])
with mlflow.start_run(run_name="second-run"):
    mlflow.log_metric("loss", 0.5)
print(run.info.experiment_id, run.info.run_id)
"#;

/// What a page may not show.
const BANNERS: [&str; 5] =
    ["Can't load", "Experiment load error", "Something went wrong", "NOT_IMPLEMENTED", "Page not found"];

/// Parts of MLflow that have nothing to do with training.
const ELSEWHERE: [&str; 2] = ["assistant", "users/current"];

struct Team {
    server: SweepServer,
    experiment: String,
    run: String,
    _sandbox: Sandbox,
}

impl Team {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let python = mlflow_python();
        let venv = python.parent().and_then(|bin| bin.parent()).unwrap().display().to_string();
        let server = SweepServer::start(sandbox.path(), &["--mlflow-ui", &venv], &[]);
        let printed = run_python(SCRIPT, sandbox.path(), &[("MLFLOW_TRACKING_URI", server.url())]);
        let last = printed.lines().last().unwrap();
        let (experiment, run) = last.split_once(' ').unwrap();
        Self { server, experiment: experiment.to_owned(), run: run.trim().to_owned(), _sandbox: sandbox }
    }

    fn page(&self, path: &str) -> String {
        format!("{}/mlflow/#{path}", self.server.url())
    }

    /// Opens a page and waits until it shows these words; no page shows an error.
    fn shows(&self, browser: &Browser, path: &str, words: &[&str]) {
        browser.open("about:blank");
        browser.open(&self.page(path));
        for word in words {
            browser.wait_for(&format!("document.body.innerText.includes({})", json!(word)));
        }
        let text = browser.value("document.body.innerText");
        let text = text.as_str().unwrap();
        for banner in BANNERS {
            assert!(!text.contains(banner), "{path}: {text}");
        }
        let refused = browser.value(
            "performance.getEntriesByType('resource').filter(asked => asked.responseStatus >= 400) \
             .map(asked => `${asked.responseStatus} ${asked.name.split('/mlflow/').slice(1).join('/mlflow/')}`)",
        );
        for refused in refused.as_array().unwrap().iter().map(|one| one.as_str().unwrap()) {
            assert!(ELSEWHERE.iter().any(|part| refused.contains(part)), "{path}: {refused}");
        }
    }
}

#[test]
fn each_page_shows_what_was_logged_and_no_error() {
    let Some(browser) = Browser::start(1400) else { return };
    let team = Team::new();
    let (experiment, run) = (&team.experiment, &team.run);
    team.shows(&browser, "/experiments", &["shown"]);
    team.shows(&browser, &format!("/experiments/{experiment}/runs"), &["first-run", "second-run"]);
    let of_run = format!("/experiments/{experiment}/runs/{run}");
    team.shows(&browser, &of_run, &["first-run", "<b>bold</b>", "depth", "loss", "team"]);
    team.shows(&browser, &format!("{of_run}/model-metrics"), &["loss"]);
    team.shows(&browser, &format!("{of_run}/artifacts"), &["notes.txt"]);
    team.shows(&browser, &format!("{of_run}/artifacts/notes.txt"), &["these words are in the file"]);
    team.shows(&browser, "/models", &["line-fit"]);
    team.shows(&browser, "/models/line-fit", &["Version 1"]);
    team.shows(&browser, "/models/line-fit/versions/1", &["Version 1", "first-run"]);
    // A link as clients print them leads there.
    browser.open(&format!("{}/#{of_run}", team.server.url()));
    browser.wait_for("location.pathname === '/mlflow/' && document.body.innerText.includes('first-run')");
}

#[test]
fn what_a_person_does_in_a_page_is_in_the_store() {
    let Some(browser) = Browser::start(1400) else { return };
    let team = Team::new();
    team.shows(&browser, &format!("/experiments/{}/runs/{}", team.experiment, team.run), &["first-run"]);
    // As the page itself does it: through the API beside it.
    let renamed = format!(
        "fetch('ajax-api/2.0/mlflow/runs/update', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, \
         body: JSON.stringify({{run_id: '{}', run_name: 'renamed-run'}})}}).then(answer => window.done = answer.status) && true",
        team.run
    );
    browser.value(&renamed);
    browser.wait_for("window.done === 200");
    team.shows(&browser, &format!("/experiments/{}/runs/{}", team.experiment, team.run), &["renamed-run"]);
}

#[tokio::test]
async fn only_the_files_of_the_pages_are_served_and_without_them_it_is_said_how_to_get_them() {
    let sandbox = Sandbox::new();
    sandbox.file("pages/index.html", "<p>pages</p>");
    sandbox.file("pages/static/js/main.js", "1");
    sandbox.file("secret.txt", "secret");
    std::os::unix::fs::symlink("../secret.txt", sandbox.path().join("pages/link.txt")).unwrap();
    let server = SweepServer::start(sandbox.path(), &["--mlflow-ui", "pages"], &[]);
    let client = http::client();
    let ask = async |path: &str| {
        let answer = client.get(format!("{}{path}", server.url())).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().clone(), answer.text().await.unwrap())
    };
    let (status, headers, text) = ask("/mlflow/").await;
    assert_eq!((status, text.as_str()), (200, "<p>pages</p>"));
    assert_eq!(headers["cache-control"], "no-cache");
    let (status, headers, _) = ask("/mlflow/static-files/static/js/main.js").await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "text/javascript; charset=utf-8"));
    for outside in [
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "static/../../secret.txt",
        "link.txt",
        "static",
        "/etc/passwd",
    ] {
        let (status, _, text) = ask(&format!("/mlflow/static-files/{outside}")).await;
        assert!(
            (400..500).contains(&status) && !text.contains("secret\n") && text != "secret",
            "{outside}: {text}"
        );
    }
    let plain = SweepServer::start_in(sandbox.path());
    let answer = client.get(format!("{}/mlflow/", plain.url())).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert!(answer.text().await.unwrap().contains("--mlflow-ui"));
    let ran = sandbox.run(&["server", "--port", "0", "--mlflow-ui", "nowhere"]).expect(2);
    assert!(ran.stderr.contains("nowhere") && ran.stderr.contains("pip install mlflow"), "{}", ran.stderr);
}

/// The same question to MLflow's server and to ours, with a document of its size.
#[tokio::test]
async fn a_document_that_is_too_large_is_refused_as_by_mlflow() {
    let sandbox = Sandbox::new();
    let ours = SweepServer::start_in(sandbox.path());
    let theirs = MlflowServer::shared();
    let client = http::client();
    let many: String = (0..40).map(|n| format!("a{n}: test(inputString: \"x\") {{ output }} ")).collect();
    for url in [ours.url(), theirs.url()] {
        let body = json!({"query": format!("{{ {many} }}")});
        let (status, answer) = http::post(&client, &format!("{url}/graphql"), &body).await;
        assert_eq!((status, &answer["data"]), (200, &Json::Null), "{url}: {answer}");
        assert!(answer["errors"][0].as_str().unwrap().contains("root fields"), "{answer}");
    }
}
