//! Who is let in, and how it ends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::http;
use crate::support::python::run_python;
use crate::support::sandbox::Sandbox;
use crate::support::sweep_server::SweepServer;

const LOGIN: [(&str, &str); 3] = [
    ("SWEEP_SERVER_USERNAME", "ann"),
    ("SWEEP_SERVER_PASSWORD", "correct horse"),
    ("SWEEP_SERVER_TOKEN", "a-long-token"),
];

#[test]
fn mlflows_client_logs_in_by_password_or_token() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("logins"), "bob:another one\n").unwrap();
    let server = SweepServer::start(folder.path(), &["--login-file", "logins"], &LOGIN);
    let script = r#"
import mlflow, pathlib
pathlib.Path("note.txt").write_text("hello")
with mlflow.start_run() as run:
    mlflow.log_metric("loss", 1)
    mlflow.log_artifact("note.txt")
assert mlflow.artifacts.load_text(run.info.artifact_uri + "/note.txt") == "hello"
"#;
    let uri = ("MLFLOW_TRACKING_URI", server.url());
    for login in [
        vec![("MLFLOW_TRACKING_USERNAME", "ann"), ("MLFLOW_TRACKING_PASSWORD", "correct horse")],
        vec![("MLFLOW_TRACKING_USERNAME", "bob"), ("MLFLOW_TRACKING_PASSWORD", "another one")],
        vec![("MLFLOW_TRACKING_TOKEN", "a-long-token")],
    ] {
        run_python(script, folder.path(), &[vec![uri], login].concat());
    }
    let refused = r#"
import mlflow
try:
    mlflow.search_experiments()
    raise SystemExit("let in")
except mlflow.exceptions.MlflowException as error:
    assert "401" in str(error), error
"#;
    run_python(refused, folder.path(), &[uri]);
    run_python(refused, folder.path(), &[uri, ("MLFLOW_TRACKING_TOKEN", "a-long-toke")]);
}

#[tokio::test]
async fn without_a_login_only_watchers_get_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start(folder.path(), &[], &LOGIN);
    let client = http::client();
    let status = async |path: &str| {
        let url = format!("{}{path}", server.url());
        client.get(&url).send().await.unwrap().status().as_u16()
    };
    for open in ["/health", "/api/3.0/mlflow/server-info"] {
        assert_eq!(status(open).await, 200, "{open}");
    }
    let closed = ["/", "/version", "/api/2.0/mlflow/experiments/get?experiment_id=0", "/get-artifact", "/x"];
    for path in closed.into_iter().chain(["//health", "/health/", "/api/2.0/mlflow/../../health"]) {
        assert_eq!(status(path).await, 401, "{path}");
    }
    let answer = client.get(format!("{}/", server.url())).send().await.unwrap();
    assert_eq!(answer.headers()["www-authenticate"], "Basic realm=\"mlflow\"");
    for (path, shown) in [("/", "/assets/app.js"), ("/about", "mlflow server")] {
        let url = format!("{}{path}", server.url());
        let answer = client.get(url).basic_auth("ann", Some("correct horse")).send().await;
        assert!(answer.unwrap().text().await.unwrap().contains(shown), "{path}");
    }
}

#[test]
fn an_address_that_others_reach_needs_a_login() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["server", "--host", "0.0.0.0", "--port", "0"]).expect(2);
    assert!(
        ran.stderr.contains("without authentication") && ran.stderr.contains("SWEEP_SERVER_TOKEN"),
        "{}",
        ran.stderr
    );
    let ran = sandbox.run(&["server", "--host", "no such host", "--port", "0"]).expect(2);
    assert!(ran.stderr.contains("not an address of this machine"), "{}", ran.stderr);
    let ran = sandbox.run(&["server", "--backend-store-uri", "postgresql://u:secret@h/db"]).expect(2);
    assert!(ran.stderr.contains("`postgresql://h/db`") && !ran.stderr.contains("secret"), "{}", ran.stderr);
    let server = SweepServer::start(sandbox.path(), &["--host", "0.0.0.0"], &LOGIN);
    assert!(server.url().starts_with("http://0.0.0.0:"));
    assert_eq!(server.end(Signal::SIGTERM), Some(0));
    for (name, value, said) in [
        ("SWEEP_SERVER_USERNAME", "ann", "only one of"),
        ("SWEEP_SERVER_TOKEN", "short", "less than 8 characters"),
    ] {
        let output = sandbox.command(&["server", "--port", "0"]).env(name, value).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(2) && stderr.contains(said) && !stderr.contains("short\n"),
            "{stderr}"
        );
    }
}

#[tokio::test]
async fn hosts_and_origins_can_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let options = [
        "--allowed-hosts",
        "tracking.example,*.lab.example",
        "--cors-allowed-origins",
        "https://app.example",
    ];
    let server = SweepServer::start(folder.path(), &options, &[]);
    let client = http::client();
    let url = format!("{}/api/2.0/mlflow/experiments/create", server.url());
    let mut count = 0;
    let mut create = async |host: &str, origin: Option<&str>| {
        count += 1;
        let mut request = client.post(&url).header("Host", host).json(&json!({"name": format!("e{count}")}));
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        let response = request.send().await.unwrap();
        let told = response.headers().get("access-control-allow-origin").cloned();
        (response.status().as_u16(), told.map(|value| value.to_str().unwrap().to_owned()))
    };
    assert_eq!(create("tracking.example:80", None).await, (200, None));
    assert_eq!(create("a.lab.example", None).await.0, 200);
    assert_eq!(create("127.0.0.1", None).await.0, 403);
    let app = Some("https://app.example");
    assert_eq!(create("tracking.example", app).await, (200, app.map(str::to_owned)));
    assert_eq!(create("tracking.example", Some("https://evil.example")).await, (403, None));
    let asked = client.request(reqwest::Method::OPTIONS, &url).header("Host", "tracking.example");
    let answer = asked.header("Origin", "https://app.example").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 204);
    assert!(answer.headers()["access-control-allow-methods"].to_str().unwrap().contains("DELETE"));
}

#[tokio::test]
async fn its_own_pages_may_change_things_by_whatever_name_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let named = ["--allowed-hosts", "tracking.example,127.0.0.1:*"];
    let server = SweepServer::start(folder.path(), &named, &[]);
    let url = format!("{}/api/2.0/mlflow/experiments/create", server.url());
    let mut count = 0;
    let mut create = async |headers: &[(&str, &str)]| {
        count += 1;
        let mut request = http::client().post(&url).json(&json!({"name": format!("e{count}")}));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status().as_u16()
    };
    let host = ("Host", "tracking.example:5000");
    assert_eq!(create(&[host, ("Origin", "http://tracking.example:5000")]).await, 200);
    assert_eq!(create(&[host, ("Origin", "http://tracking.example:8000")]).await, 403);
    // Behind a proxy that changes the host, the browser vouches for the page.
    let page = ("Origin", "https://sweeps.example");
    assert_eq!(create(&[page]).await, 403);
    assert_eq!(create(&[page, ("Sec-Fetch-Site", "same-origin")]).await, 200);
    assert_eq!(create(&[page, ("Sec-Fetch-Site", "same-site")]).await, 403);
}

#[tokio::test]
async fn strangers_read_and_write_nothing_outside_the_artifact_root() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.txt");
    std::fs::write(&secret, "secret").unwrap();
    let server = SweepServer::start(folder.path(), &["--artifacts-destination", "files"], &[]);
    let client = http::client();
    let api = format!("{}/api/2.0/mlflow", server.url());
    for location in [folder.path().to_str().unwrap(), "file:///etc", "/etc", "files/../..", "."] {
        let body = json!({"name": location, "artifact_location": location});
        let (status, answer) = http::post(&client, &format!("{api}/experiments/create"), &body).await;
        assert_eq!((status, &answer["error_code"]), (400, &json!("INVALID_PARAMETER_VALUE")), "{location}");
    }
    let proxy = format!("{}/api/2.0/mlflow-artifacts/artifacts", server.url());
    for path in [
        "..%2Fsecret.txt",
        "%2e%2e/secret.txt",
        "a/%2e%2e/%2e%2e/secret.txt",
        "%2Fetc%2Fpasswd",
        "a%5C..%5Cb",
    ] {
        let got = client.get(format!("{proxy}/{path}")).send().await.unwrap();
        assert!([400, 404].contains(&got.status().as_u16()), "{path}: {}", got.status());
        let put = client.put(format!("{proxy}/{path}")).body("changed").send().await.unwrap();
        assert!([400, 404].contains(&put.status().as_u16()), "{path}: {}", put.status());
    }
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "secret");
    let put = client.put(format!("{proxy}/0/a.txt")).body("inside").send().await.unwrap();
    assert_eq!(put.status().as_u16(), 200);
    assert_eq!(std::fs::read_to_string(folder.path().join("files/0/a.txt")).unwrap(), "inside");
}

#[test]
fn ctrl_c_ends_it_after_the_requests_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start_in(folder.path());
    let mut upload = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let head = "PUT /api/2.0/mlflow-artifacts/artifacts/0/slow.bin HTTP/1.1\r\nHost: localhost\r\n\
                Content-Length: 12\r\nConnection: close\r\n\r\nfirst ";
    upload.write_all(head.as_bytes()).unwrap();
    // The server has the request once the file is being written.
    let files = folder.path().join("mlartifacts/0");
    while std::fs::read_dir(&files).map_or(0, Iterator::count) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let ended = std::thread::spawn(move || server.end(Signal::SIGINT));
    upload.write_all(b"second").unwrap();
    let mut answer = String::new();
    upload.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(ended.join().unwrap(), Some(0));
    assert_eq!(std::fs::read_to_string(files.join("slow.bin")).unwrap(), "first second");
}

#[test]
fn a_closed_terminal_and_the_warning_of_a_cluster_end_it_in_order() {
    for signal in [Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGXCPU] {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(SweepServer::start_in(folder.path()).end(signal), Some(0), "{signal}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start_in(folder.path());
    let mut upload = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let head = "PUT /api/2.0/mlflow-artifacts/artifacts/0/never.bin HTTP/1.1\r\nHost: localhost\r\n\
                Content-Length: 12\r\n\r\nfirst ";
    upload.write_all(head.as_bytes()).unwrap();
    let files = folder.path().join("mlartifacts/0");
    while std::fs::read_dir(&files).map_or(0, Iterator::count) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let process = nix::unistd::Pid::from_raw(server.id().try_into().unwrap());
    let ended = std::thread::spawn(move || (server.end(Signal::SIGTERM), Instant::now()));
    let start = Instant::now();
    // Two signals at one moment may be one: it is told until it is gone.
    while !ended.is_finished() && start.elapsed() < Duration::from_secs(30) {
        let _ = nix::sys::signal::kill(process, Signal::SIGTERM);
        std::thread::sleep(Duration::from_millis(50));
    }
    let (code, end) = ended.join().unwrap();
    assert_eq!(code, Some(0));
    // Without a second signal it would have waited ten seconds for the upload.
    assert!(end - start < Duration::from_secs(8), "{:?}", end - start);
}

#[test]
fn a_request_that_names_two_hosts_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start_in(folder.path());
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let request =
        "GET /version HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn it_starts_again_with_the_uri_set_that_it_printed_for_clients() {
    let folder = tempfile::tempdir().unwrap();
    let printed = [("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")];
    let server = SweepServer::start(folder.path(), &["--default-artifact-root", "file:///tmp/x"], &printed);
    assert!(folder.path().join("mlflow.db").exists());
    // A root stays as it was written: clients compare it with the sources of their models.
    let url = format!("{}/api/2.0/mlflow/experiments/get?experiment_id=0", server.url());
    let (_, found) = http::get(&http::client(), &url).await;
    assert_eq!(found["experiment"]["artifact_location"], "file:///tmp/x/0");
    // It has no workspaces, and does not act as if it had.
    let asked = http::client().get(&url).header("X-MLFLOW-WORKSPACE", "teamx").send().await.unwrap();
    assert_eq!(asked.status().as_u16(), 400);
}

#[test]
fn a_port_that_is_taken_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start_in(folder.path());
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    let ran = Sandbox::new().run(&["server", "--port", &port]).expect(2);
    assert!(ran.stderr.contains(&format!("port {port}")) && ran.stderr.contains("--port"), "{}", ran.stderr);
}
