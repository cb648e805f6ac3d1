//! The REST store before servers that answer as no MLflow server does.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;
use crate::trial::RunStatus;

/// What a server says to one request after the other; it ends with the last.
fn server(answers: Vec<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            read_request(&mut stream);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// Reads a request to its end, which is where its length says.
fn read_request(stream: &mut impl std::io::Read) {
    let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&seen).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return;
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(read) => seen.extend_from_slice(&piece[..read]),
        }
    }
}

fn said(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn json(body: &str) -> String {
    said("200 OK", "application/json", body)
}

fn store(uri: &str, more: &[(&str, &str)]) -> RestStore {
    let fixed = [("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0"), ("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")];
    let known =
        |name: &str| fixed.iter().chain(more).find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
    RestStore::new(ServerSettings::read(uri, &Environment { var: &known, credentials: None }).unwrap())
        .unwrap()
}

const RUN: &str = r#"{"run": {"info": {"run_id": "r", "experiment_id": "0", "status": "RUNNING",
    "artifact_uri": "mlflow-artifacts:/0/r/artifacts"}}}"#;

fn run_id() -> RunId {
    RunId("r".to_owned())
}

#[tokio::test]
async fn an_odd_answer_among_good_ones_is_asked_for_again() {
    let redirect =
        "HTTP/1.1 302 Found\r\nlocation: https://sso/login\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for odd in [
        said("200 OK", "text/html", "<html>Log in"),
        json(&RUN[..RUN.len() / 2]),
        json("{}"),
        json(""),
        json("[]"),
        redirect.to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 200000000\r\nconnection: close\r\n\r\n".to_owned(),
        json(r#"{"error_code": "TEMPORARILY_UNAVAILABLE", "message": "later"}"#),
    ] {
        let address = server(vec![json(RUN), odd.clone(), odd.clone(), json(RUN)]);
        let store = store(&format!("http://{address}"), &[]);
        store.run(&run_id()).await.unwrap();
        let again = store.run(&run_id()).await;
        assert!(again.is_ok(), "{odd}: {again:?}");
        assert_eq!(store.calls(), 4, "{odd}");
    }
}

#[tokio::test]
async fn a_status_that_is_not_known_is_an_error_that_names_it_at_once() {
    let paused = RUN.replace("RUNNING", "PAUSED");
    let store = store(&format!("http://{}", server(vec![json(RUN), json(&paused)])), &[]);
    store.run(&run_id()).await.unwrap();
    let error = store.run(&run_id()).await.unwrap_err();
    assert_eq!((error.kind, store.calls()), (ErrorKind::Protocol, 2));
    assert!(error.message.contains("the unknown run status `PAUSED`"), "{error}");
    assert!(error.hint.unwrap().contains("newer"));
}

#[tokio::test]
async fn a_server_that_is_none_is_told_at_once() {
    let page = || said("200 OK", "text/html", "<html>Welcome");
    let store = store(&format!("http://{}", server(vec![page(), page(), page()])), &[]);
    let error = store.run(&run_id()).await.unwrap_err();
    assert_eq!((error.kind, store.calls()), (ErrorKind::Protocol, 2));
    assert!(error.hint.unwrap().contains("name an MLflow server"));
}

#[tokio::test]
async fn a_write_that_was_refused_in_a_200_is_not_believed() {
    let refused = json(r#"{"error_code": "INVALID_PARAMETER_VALUE", "message": "no"}"#);
    let update = RunUpdate { status: Some(RunStatus::Finished), ..RunUpdate::default() };
    let uri = format!("http://{}", server(vec![refused.clone(), refused.clone(), refused, json(RUN)]));
    let store = store(&uri, &[]);
    let error = store.update_run(&run_id(), &update).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(store.log_batch(&run_id(), &[], &[("a".into(), "b".into())], &[]).await.is_err());
}

#[tokio::test]
async fn a_login_page_stores_no_artifact_and_is_none() {
    let page = said("200 OK", "text/html", "<html>Log in");
    let answers = vec![json(RUN), page.clone(), json("{}"), page, said("200 OK", "text/plain", "hello")];
    let store = store(&format!("http://{}", server(answers)), &[]);
    let run = store.run(&run_id()).await.unwrap().info;
    store.put_artifact(&run, "a.txt", b"hello".to_vec()).await.unwrap();
    assert_eq!(store.artifact(&run, "a.txt").await.unwrap(), b"hello");
    assert_eq!(store.calls(), 5);
}

#[tokio::test]
async fn pages_that_never_end_are_an_error() {
    let pages = |page: &str| vec![json(page); 4];
    let experiments =
        pages(r#"{"experiments": [{"experiment_id": "1", "name": "e"}], "next_page_token": "t"}"#);
    let store_of = |answers| store(&format!("http://{}", server(answers)), &[]);
    let asked = store_of(experiments);
    let error = asked.experiments().await.unwrap_err();
    assert_eq!((error.kind, asked.calls()), (ErrorKind::Protocol, 2));
    assert!(error.hint.unwrap().contains("cache"));
    let history = pages(
        r#"{"metrics": [{"key": "m", "value": 1, "timestamp": 1, "step": 0}], "next_page_token": "t"}"#,
    );
    assert!(store_of(history).metric_history(&run_id(), "m").await.is_err());
}

#[tokio::test]
async fn a_500_for_a_file_that_is_not_listed_is_an_answer() {
    let failed =
        || said("500 Internal Server Error", "application/json", r#"{"error_code": "INTERNAL_ERROR"}"#);
    let listed = json(r#"{"files": [{"path": "output.txt", "is_dir": false, "file_size": 5}]}"#);
    let answers = vec![
        json(RUN),
        failed(),
        json("{}"),
        failed(),
        listed,
        failed(),
        said("200 OK", "text/plain", "hello"),
    ];
    let store = store(&format!("http://{}", server(answers)), &[]);
    let run = store.run(&run_id()).await.unwrap().info;
    let error = store.artifact(&run, "logs/output.txt").await.unwrap_err();
    assert_eq!((error.kind, store.calls()), (ErrorKind::NotFound, 3));
    assert_eq!(store.artifact(&run, "logs/output.txt").await.unwrap(), b"hello");
}

#[tokio::test]
async fn a_root_on_the_server_itself_is_read_through_it_and_another_hosts_is_not() {
    let address = server(vec![said("200 OK", "text/plain", "hello")]);
    let store = store(&format!("http://{address}"), &[]);
    let run = |host: &str| -> RunInfo {
        let uri = format!("http://{host}/api/2.0/mlflow-artifacts/artifacts/0/r/artifacts");
        let text = RUN.replace("mlflow-artifacts:/0/r/artifacts", &uri);
        serde_json::from_str::<One<Run>>(&text).unwrap().0.info
    };
    assert_eq!(store.artifact(&run(&address.to_string()), "a.txt").await.unwrap(), b"hello");
    let error = store.artifact(&run("elsewhere.example"), "a.txt").await.unwrap_err();
    assert_eq!((error.kind, store.calls()), (ErrorKind::Unsupported, 1));
}

const SELF_SIGNED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tls/self_signed_ca.pem");
const OTHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tls/other.pem");

/// A server on 127.0.0.1 with the self-signed certificate, which says CA:TRUE and names localhost and 127.0.0.1.
fn tls_server() -> SocketAddr {
    let key = PrivateKeyDer::from_pem_file(SELF_SIGNED.replace("self_signed_ca", "key")).unwrap();
    let chain = vec![CertificateDer::from_pem_file(SELF_SIGNED).unwrap()];
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = Arc::new(config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = speak(&config, stream);
        }
    });
    address
}

fn speak(config: &Arc<rustls::ServerConfig>, mut stream: TcpStream) -> std::io::Result<()> {
    let mut session = rustls::ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut stream = rustls::Stream::new(&mut session, &mut stream);
    read_request(&mut stream);
    stream.write_all(json(RUN).as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

#[tokio::test]
async fn the_usual_self_signed_certificate_is_trusted_where_it_is_named() {
    let uri = format!("https://{}", tls_server());
    for variable in ["MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"] {
        let found = store(&uri, &[(variable, SELF_SIGNED)]).run(&run_id()).await;
        assert!(found.is_ok(), "{variable}: {found:?}");
    }
    assert!(store(&uri, &[("MLFLOW_TRACKING_INSECURE_TLS", "true")]).run(&run_id()).await.is_ok());
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_names_the_ways_out() {
    let address = tls_server();
    let uri = format!("https://{address}");
    let error = store(&uri, &[("MLFLOW_TRACKING_SERVER_CERT_PATH", OTHER)]).run(&run_id()).await.unwrap_err();
    let hint = error.hint.unwrap();
    for variable in ["MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_INSECURE_TLS"] {
        assert!(hint.contains(variable), "{hint}");
    }
    // Its own certificate, but for another name: 127.0.0.2 is this machine, too.
    let listener = TcpListener::bind("127.0.0.2:0").unwrap();
    let elsewhere = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(address).unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _ = std::io::copy(&mut server, &mut client);
    });
    let trusted = [("MLFLOW_TRACKING_SERVER_CERT_PATH", SELF_SIGNED)];
    let error = store(&elsewhere, &trusted).run(&run_id()).await.unwrap_err();
    assert!(error.hint.as_ref().unwrap().contains("another name"), "{error:?}");
}
