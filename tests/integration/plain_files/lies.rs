//! A server that makes names up, and a connection that breaks: nothing is written elsewhere, and nothing by halves.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::plain_files::{PLAIN, block, id_of, odd_sweep, tree};
use crate::support::http::client;
use crate::support::mlflow_server::MlflowServer;
use crate::support::outcome::server;
use crate::support::proxy::Proxy;
use crate::support::sandbox::Sandbox;

/// Passes requests on, but adds artifacts to each listing that would lie elsewhere.
async fn lie(State(server): State<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let forward = client().request(parts.method.clone(), format!("{server}{path}")).body(body);
    let forward = match parts.headers.get("content-type") {
        Some(kind) => forward.header("content-type", kind),
        None => forward,
    };
    let answer = forward.send().await.unwrap();
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    let bytes = answer.bytes().await.unwrap();
    if is_listing(&parts.uri) {
        let mut listing: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        if let Some(files) = listing["files"].as_array_mut() {
            for path in
                ["../../../evil", "/evil", "a/../../../../evil", "..", "logs/../../../evil", "b\\evil"]
            {
                files.push(serde_json::json!({ "path": path, "is_dir": false, "file_size": 4 }));
                files.push(serde_json::json!({ "path": format!("{path}/x"), "is_dir": true }));
            }
        }
        return (status, listing.to_string()).into_response();
    }
    (status, bytes).into_response()
}

fn is_listing(uri: &Uri) -> bool {
    uri.path().ends_with("/mlflow-artifacts/artifacts")
        && uri.query().is_some_and(|query| query.contains("path="))
}

#[test]
fn a_server_that_names_files_elsewhere_writes_none() {
    let server = MlflowServer::shared();
    let honest = Sandbox::tracking(server.url());
    let id = honest.init(&format!("{PLAIN}experiment_name: lies\n"));
    honest.run(&["run"]).expect(0);

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(lie).with_state(server.url().to_owned());
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let liar = std::thread::spawn(move || {
        block(async move {
            listener.set_nonblocking(true).unwrap();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            tokio::select! {
                _ = axum::serve(listener, router) => {}
                _ = ended => {}
            }
        });
    });

    let lied_to = Sandbox::tracking(&url);
    let ran = lied_to.run(&["export", "a/b/out", "--sweep-id", &id]).expect(0);
    assert!(ran.stderr.contains("its name can't be a file's here"), "{}", ran.stderr);
    let files = tree(lied_to.path());
    assert!(files.keys().all(|path| path.starts_with("a/b/out/")), "{:?}", files.keys());
    assert!(!files.keys().any(|path| path.contains("evil")), "{:?}", files.keys());
    assert_eq!(files.keys().filter(|path| path.ends_with("artifacts/logs/output.txt")).count(), 3);
    assert!(!std::path::Path::new("/evil").exists());
    end.send(()).unwrap();
    liar.join().unwrap();
}

#[test]
fn a_connection_that_breaks_again_and_again_changes_no_byte() {
    let tracking = MlflowServer::shared();
    let here = Sandbox::tracking(tracking.url());
    let id = odd_sweep(&here, &server(tracking.url()));
    here.run(&["export", "out"]).expect(0);
    let first = tree(&here.path().join("out"));

    let proxy = Proxy::start(tracking.url(), 5);
    proxy.faults_in_a_hundred(10);
    let there = Sandbox::tracking(&proxy.url());
    there.run(&["export", "out", "--sweep-id", &id]).expect(0);
    assert_eq!(tree(&there.path().join("out")), first);
    let imported = id_of(&there.run(&["import", "out"]).expect(0).stdout);
    there.run(&["export", "again", "--sweep-id", &imported]).expect(0);
    assert_eq!(tree(&there.path().join("again")), first);
    assert!(proxy.faults() > 5, "{} of {}", proxy.faults(), proxy.requests());
}
