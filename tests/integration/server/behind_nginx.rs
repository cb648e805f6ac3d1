//! The server behind nginx with TLS, as docs/server.md configures it, where nginx and openssl are here.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::agent::until;
use crate::support::http;
use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::Sandbox;
use crate::support::sweep_server::SweepServer;

const PAGE: &str = include_str!("../../../docs/server.md");
const OPENING: &str = "<!-- held by tests/integration/server/behind_nginx.rs -->\n```nginx\n";
const LOGIN: [(&str, &str); 2] =
    [("SWEEP_SERVER_USERNAME", "ann"), ("SWEEP_SERVER_PASSWORD", "correct horse")];

/// A running nginx; dropping it ends it.
struct Nginx {
    child: Child,
    url: String,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let process = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        // Its workers end with it, other than by SIGKILL.
        let _ = nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The page's own configuration, with the addresses and files of this test.
fn server_block(folder: &Path, upstream: &str, port: u16) -> String {
    let (_, rest) = PAGE.split_once(OPENING).expect("the page has it");
    let (block, _) = rest.split_once("```").unwrap();
    let at = |name: &str| folder.join(name).display().to_string();
    let mut block = block.to_owned();
    for (from, to) in [
        ("listen 443", format!("listen 127.0.0.1:{port}")),
        ("proxy_pass http://127.0.0.1:5000", format!("proxy_pass {upstream}")),
        ("sweeps.example;", "localhost;".to_owned()),
        ("/etc/ssl/private/sweeps.example.key", at("key.pem")),
        ("/etc/ssl/sweeps.example.pem", at("cert.pem")),
    ] {
        assert!(block.contains(from), "the page has no {from}");
        block = block.replace(from, &to);
    }
    block
}

/// Starts nginx before a server; `None`: it is not here, which is said.
fn nginx(folder: &Path, upstream: &str) -> Option<Nginx> {
    for (program, version) in [("nginx", "-v"), ("openssl", "version")] {
        let there = Command::new(program).arg(version).stderr(Stdio::null()).stdout(Stdio::null()).status();
        if there.is_err() {
            eprintln!("skipped: no `{program}` here (Debian: apt install nginx-light openssl)");
            return None;
        }
    }
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let port = free_port();
    let user = if nix::unistd::geteuid().is_root() { "user root;\n" } else { "" };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {}/{name};\n", folder.display()))
        .concat();
    let at = folder.display();
    let conf = format!(
        "{user}daemon off;\npid {at}/nginx.pid;\nerror_log {at}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{}}}\n",
        server_block(folder, upstream, port)
    );
    std::fs::write(folder.join("nginx.conf"), conf).unwrap();
    let conf = folder.join("nginx.conf");
    let log = folder.join("error.log");
    let child = Command::new("nginx")
        .args(["-e", log.to_str().unwrap(), "-p", folder.to_str().unwrap(), "-c", conf.to_str().unwrap()])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let nginx = Nginx { child, url: format!("https://localhost:{port}") };
    until("nginx", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    Some(nginx)
}

/// A client that takes the test's certificate.
fn client() -> reqwest::Client {
    let _ = http::client();
    reqwest::Client::builder().no_proxy().danger_accept_invalid_certs(true).build().unwrap()
}

#[test]
fn a_sweep_runs_through_nginx_and_its_page_takes_orders() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        SweepServer::start(folder.path(), &["--allowed-hosts", "localhost", "--allow-control"], &LOGIN);
    let proxy = tempfile::tempdir().unwrap();
    let Some(nginx) = nginx(proxy.path(), server.url()) else { return };
    let sandbox = Sandbox::tracking(&nginx.url);
    let cert = proxy.path().join("cert.pem").display().to_string();
    let run = |args: &[&str]| {
        let mut command = sandbox.command(args);
        command.env("MLFLOW_TRACKING_SERVER_CERT_PATH", &cert);
        command.env("MLFLOW_TRACKING_USERNAME", LOGIN[0].1).env("MLFLOW_TRACKING_PASSWORD", LOGIN[1].1);
        crate::support::sandbox::Ran::from(command.output().unwrap())
    };
    // Larger than nginx lets pass of its own.
    let script =
        "head -c 3000000 /dev/urandom > big.$SWEEP_TRIAL; \"$SWEEP_BIN\" log artifact big.$SWEEP_TRIAL";
    sandbox.file(
        "sweep.yaml",
        &format!("command: '{script}'\nmethod: grid\nparameters: {{x: {{values: [1, 2, 3]}}}}\n"),
    );
    let init = run(&["init", "sweep.yaml"]).expect(0).stdout;
    let sweep = init.lines().last().unwrap().rsplit(' ').next().unwrap().to_owned();
    run(&["run"]).expect(0);
    let outcome = Outcome::read(&embedded(folder.path()), &sweep);
    outcome.each_trial_counts_once(3);
    for trial in 0..3 {
        let run = &outcome.attempts(trial)[0].info;
        let found = folder.path().join("mlartifacts").join(&run.experiment_id.0).join(run.id.as_str());
        let size = std::fs::metadata(found.join(format!("artifacts/big.{trial}"))).unwrap().len();
        assert_eq!(size, 3_000_000);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(page_takes_orders(&nginx.url, &sweep));
}

/// The page reads, hears events as they happen, and gives an order from its own origin alone.
async fn page_takes_orders(url: &str, sweep: &str) {
    let client = client();
    let ask = |path: &str| client.get(format!("{url}{path}")).basic_auth("ann", Some("correct horse"));
    let api = format!("/api/sweeps/{sweep}");
    let stranger = client.get(format!("{url}{api}")).send().await.unwrap();
    assert_eq!(stranger.status().as_u16(), 401);
    let state = ask(&api).send().await.unwrap().text().await.unwrap();
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    let token = state["control"].as_str().unwrap();
    // The first event comes at once, not when a buffer is full.
    let mut events = ask(&format!("{api}/events")).send().await.unwrap();
    assert_eq!(events.status().as_u16(), 200);
    assert!(events.chunk().await.unwrap().is_some());
    for (origin, status) in [(url, 200), ("https://evil.example", 403)] {
        let order = client
            .post(format!("{url}{api}/order"))
            .basic_auth("ann", Some("correct horse"))
            .header("X-Sweep-Token", token)
            .header("Origin", origin)
            .json(&json!({"order": "pause"}));
        assert_eq!(order.send().await.unwrap().status().as_u16(), status, "{origin}");
    }
}
