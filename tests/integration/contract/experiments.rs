//! Promises about experiments.

use sweep::testing::{ErrorKind, Store};

use super::fresh;

pub async fn an_experiment_is_found_by_its_name(store: &dyn Store) {
    let name = fresh("it's a \"name\" with spaces & ümläuts");
    assert!(store.experiment_by_name(&name).await.unwrap().is_none());
    let id = store.create_experiment(&name).await.unwrap();
    let found = store.experiment_by_name(&name).await.unwrap().unwrap();
    assert_eq!((found.id, found.name.as_str(), found.active), (id, name.as_str(), true));
    assert!(!found.artifact_location.is_empty());
}

pub async fn a_taken_name_is_refused(store: &dyn Store) {
    let name = fresh("taken");
    store.create_experiment(&name).await.unwrap();
    assert_eq!(store.create_experiment(&name).await.unwrap_err().kind, ErrorKind::AlreadyExists);
}

pub async fn all_active_experiments_are_listed(store: &dyn Store) {
    let id = store.create_experiment(&fresh("listed")).await.unwrap();
    let all = store.experiments().await.unwrap();
    assert!(all.iter().all(|experiment| experiment.active));
    assert!(all.iter().any(|experiment| experiment.id == id));
    assert!(all.iter().any(|experiment| experiment.name == "Default"));
}
