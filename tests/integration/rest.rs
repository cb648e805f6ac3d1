//! The REST store on a real `mlflow server`: the same contract as the embedded store.

use sweep::tracking::rest::{Environment, RestStore, Settings};

use crate::support::http;
use crate::support::mlflow_server::MlflowServer;

#[tokio::test]
async fn the_rest_store_keeps_every_promise() {
    let _ = http::client();
    let server = MlflowServer::start();
    let settings = Settings::read(server.url(), &Environment { var: &|_| None, credentials: None }).unwrap();
    let store = RestStore::new(settings).unwrap();
    crate::contract::contract_suite!(all & store);
}
