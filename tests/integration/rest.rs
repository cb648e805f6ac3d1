//! The REST store on a real `mlflow server`: the same contract as the embedded store.

use std::net::TcpListener;

use sweep::testing::{Environment, RestStore, ServerSettings};

use crate::support::http;
use crate::support::mlflow_server::MlflowServer;
use crate::support::sandbox::Sandbox;

#[tokio::test]
async fn the_rest_store_keeps_every_promise() {
    let _ = http::client();
    let server = MlflowServer::start();
    let settings =
        ServerSettings::read(server.url(), &Environment { var: &|_| None, credentials: None }).unwrap();
    let store = RestStore::new(settings).unwrap();
    crate::contract::contract_suite!(all & store);
}

/// An address that nobody listens on.
fn nowhere() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

#[test]
fn a_proxy_on_the_way_is_named_where_a_server_can_not_be_reached() {
    let (server, proxy) = (nowhere(), nowhere());
    let sandbox = Sandbox::tracking(&server);
    let list = |proxied: bool| {
        let mut command = sandbox.command(&["list"]);
        command.env("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0");
        if proxied {
            command.env("HTTP_PROXY", proxy.replace("http://", "http://ann:secret@"));
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        String::from_utf8(output.stderr).unwrap().replace('\n', " ")
    };
    let told = list(true);
    for words in [server.as_str(), proxy.as_str(), "NO_PROXY=127.0.0.1"] {
        assert!(told.contains(words), "{words} in {told}");
    }
    assert!(!told.contains("secret"), "{told}");
    assert!(!list(false).contains("PROXY"));
}
