//! `sweep doctor` finds what is wrong, says what to do, and shows no login.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value as Json;

use crate::everyday::shapes::assert_shape;
use crate::support::mlflow_server::MlflowServer;
use crate::support::python::{MLFLOW_VERSION, run_python};
use crate::support::sandbox::{Ran, Sandbox};

const CONFIG: &str = "command: 'true ${lr}'\nmethod: grid\nparameters: {lr: {values: [1, 2]}}\n";

/// What the doctor found of one thing: state, what was found, what to do.
fn of(answer: &Json, check: &str) -> (String, String, String) {
    assert_shape("doctor", answer);
    let all = answer["checks"].as_array().unwrap();
    let found = all.iter().find(|found| found["check"] == check);
    let found = found.unwrap_or_else(|| panic!("nothing of {check} in {answer:#}"));
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (text("state"), text("found"), text("advice"))
}

/// A server that answers every request with this status and clock.
fn fake_server(status: &'static str, date: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = Vec::new();
            while !head.ends_with(&["\r\n".to_owned()]) {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                head.push(line);
            }
            let length = |line: &String| {
                line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
            };
            // A connection that is closed with something unread is reset, and takes the answer along.
            let mut body = vec![0; head.iter().find_map(length).unwrap_or(0)];
            let _ = reader.read_exact(&mut body);
            let first = head.first().cloned().unwrap_or_default();
            let (status, body) =
                if first.contains("/version") { ("200 OK", "3.1.4") } else { (status, "{}") };
            let answer = format!(
                "HTTP/1.1 {status}\r\nDate: {date}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    uri
}

#[test]
fn where_nothing_is_yet_the_doctor_finds_no_fault_and_makes_nothing() {
    let sandbox = Sandbox::new();
    let answer = sandbox.run(&["doctor", "--format", "json"]).expect(0).json();
    let (state, found, _) = of(&answer, "store");
    assert_eq!(state, "ok");
    assert!(found.contains("no such file yet"), "{found}");
    assert_eq!(of(&answer, "git").0, "warn", "a sandbox is no repository");
    assert_eq!(std::fs::read_dir(sandbox.path()).unwrap().count(), 0, "something was made");
}

#[test]
fn a_database_of_ours_is_sound_and_so_is_one_that_mlflow_has_brought_up_to_date() {
    let sandbox = Sandbox::new();
    sandbox.init(CONFIG);
    let answer = sandbox.run(&["doctor", "--format", "json"]).expect(0).json();
    for check in ["store", "schema", "locking", "artifacts", "disk", "folder"] {
        assert_eq!(of(&answer, check).0, "ok", "{answer:#}");
    }
    assert!(of(&answer, "schema").1.contains("6953534de441"));

    let uri = format!("sqlite:///{}", sandbox.path().join("mlflow.db").display());
    run_python(
        "import mlflow; mlflow.search_experiments()",
        sandbox.path(),
        &[("MLFLOW_TRACKING_URI", &uri)],
    );
    let answer = sandbox.run(&["doctor", "--format", "json"]).expect(0).json();
    let (state, found, _) = of(&answer, "schema");
    assert_eq!(state, "ok");
    assert!(!found.contains("6953534de441") && found.contains("as MLflow left it"), "{found}");
}

#[test]
fn a_file_that_is_no_database_is_bad() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "mlflow.db",
        "this is a letter, and no database; it has to be long enough for SQLite to look at\n",
    );
    let answer = sandbox.run(&["doctor", "--format", "json"]).expect(1).json();
    assert_eq!((of(&answer, "store").0.as_str(), &answer["state"]), ("bad", &Json::from("bad")));
}

#[test]
fn a_server_is_named_with_its_version_and_no_login_is_shown() {
    let server = MlflowServer::shared();
    let uri = server.url().replace("http://", "http://ann:s3cret@");
    let sandbox = Sandbox::tracking(&uri);
    let text = sandbox.run(&["doctor"]).expect(0);
    assert!(text.stdout.contains(&format!("(MLflow {MLFLOW_VERSION})")), "{}", text.stdout);
    let answer = sandbox.run(&["doctor", "--format", "json"]).expect(0).json();
    assert_eq!(of(&answer, "login").0, "warn", "a login in a URI can be seen");
    assert_eq!(of(&answer, "clock").0, "ok");
    assert_eq!(of(&answer, "artifacts").1, "go through the server");
    assert!(!text.stdout.contains("s3cret") && !answer.to_string().contains("s3cret"));
}

#[test]
fn a_login_from_the_file_is_named_by_its_place_and_a_readable_file_warned_of() {
    let sandbox = Sandbox::tracking(&fake_server("200 OK", "Sat, 21 Nov 2026 05:14:23 GMT"));
    let file = sandbox.file(
        ".mlflow/credentials",
        "[mlflow]\nmlflow_tracking_username = ann\nmlflow_tracking_password = s3cret\n",
    );
    for (mode, state) in [(0o644, "warn"), (0o600, "ok")] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let ran = sandbox.run(&["doctor", "--format", "json"]);
        let (found, text, _) = of(&ran.json(), "login");
        assert_eq!(found, state, "{}", ran.stdout);
        assert!(text.contains("~/.mlflow/credentials") && !ran.stdout.contains("s3cret"), "{}", ran.stdout);
    }
}

#[test]
fn a_refused_login_a_wrong_clock_and_a_proxy_in_the_way_are_found() {
    let uri = fake_server("401 Unauthorized", "Sat, 21 Nov 2009 05:14:23 GMT");
    let sandbox = Sandbox::tracking(&uri);
    let answer = sandbox.run(&["doctor", "--format", "json"]).expect(1).json();
    let (state, _, advice) = of(&answer, "login");
    assert_eq!(state, "bad");
    assert!(advice.contains("MLFLOW_TRACKING_USERNAME"), "{advice}");
    let (state, found, _) = of(&answer, "clock");
    assert_eq!(state, "warn");
    assert!(found.contains("behind"), "{found}");

    let mut proxied = sandbox.command(&["doctor", "--format", "json"]);
    let ran = Ran::from(proxied.env("http_proxy", "http://u:s3cret@127.0.0.1:9").output().unwrap()).expect(1);
    let (state, _, advice) = of(&ran.json(), "proxies");
    assert_eq!((state.as_str(), advice.as_str()), ("bad", "export NO_PROXY=127.0.0.1"));
    assert!(!ran.stdout.contains("s3cret"), "{}", ran.stdout);
}

#[test]
fn a_server_that_is_away_is_bad_and_said_in_a_sentence() {
    let sandbox = Sandbox::tracking("http://127.0.0.1:9");
    let ran = sandbox.run(&["doctor"]).expect(1);
    assert!(ran.stdout.starts_with("bad   store"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("are fixed.\n"), "{}", ran.stdout);
}
