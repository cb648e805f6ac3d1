//! Promises about the model registry.

use sweep::testing::{ErrorKind, NewVersion, RunId, Store};

use super::{fresh, run};

fn version(model: &str, run: &RunId, tags: &[(&str, &str)]) -> NewVersion {
    NewVersion {
        model: model.to_owned(),
        source: format!("runs:/{run}/model"),
        run_id: Some(run.clone()),
        description: "said of it".to_owned(),
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        ..NewVersion::default()
    }
}

pub async fn a_registered_model_is_made_once(store: &dyn Store) {
    let registry = store.registry();
    let name = fresh("it's a model");
    assert!(registry.model(&name).await.unwrap().is_none());
    assert!(registry.ensure_model(&name).await.unwrap());
    assert!(!registry.ensure_model(&name).await.unwrap());
    let model = registry.model(&name).await.unwrap().unwrap();
    assert_eq!((model.name.as_str(), model.aliases.as_slice()), (name.as_str(), [].as_slice()));
    assert!(registry.models().await.unwrap().contains(&model));
    assert!(registry.versions(&name).await.unwrap().is_empty());
}

pub async fn versions_are_numbered_from_one_and_listed_newest_first(store: &dyn Store) {
    let registry = store.registry();
    let (name, run) = (fresh("versions"), run(store).await.id);
    registry.ensure_model(&name).await.unwrap();
    let first = registry.create_version(&version(&name, &run, &[("by", "a test")])).await.unwrap();
    assert_eq!((first.version, first.run_id.as_ref()), (1, Some(&run)));
    assert_eq!(first.source, format!("runs:/{run}/model"));
    assert_eq!(first.description, "said of it");
    assert_eq!(first.tags, [("by".to_owned(), "a test".to_owned())]);
    registry.create_version(&version(&name, &run, &[])).await.unwrap();
    registry.set_version_tag(&name, 2, "loss", "0.1").await.unwrap();
    registry.set_version_tag(&name, 2, "loss", "0.2").await.unwrap();
    let all = registry.versions(&name).await.unwrap();
    assert_eq!(all.iter().map(|version| version.version).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(all[0].tags, [("loss".to_owned(), "0.2".to_owned())]);
    assert_eq!(all[1].tags, first.tags);
    let unknown = registry.set_version_tag(&name, 3, "a", "b").await.unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::NotFound);
}

pub async fn an_alias_points_at_one_version_and_can_be_moved(store: &dyn Store) {
    let registry = store.registry();
    let (name, run) = (fresh("aliases"), run(store).await.id);
    registry.ensure_model(&name).await.unwrap();
    for _ in 0..2 {
        registry.create_version(&version(&name, &run, &[])).await.unwrap();
    }
    assert!(registry.by_alias(&name, "champion").await.unwrap().is_none());
    registry.set_alias(&name, "champion", 1).await.unwrap();
    registry.set_alias(&name, "also", 1).await.unwrap();
    assert_eq!(registry.by_alias(&name, "champion").await.unwrap().unwrap().version, 1);
    registry.set_alias(&name, "champion", 2).await.unwrap();
    let champion = registry.by_alias(&name, "champion").await.unwrap().unwrap();
    assert_eq!((champion.version, champion.aliases.as_slice()), (2, ["champion".to_owned()].as_slice()));
    let all = registry.versions(&name).await.unwrap();
    assert_eq!((&all[0].aliases, &all[1].aliases), (&vec!["champion".to_owned()], &vec!["also".to_owned()]));
    let model = registry.model(&name).await.unwrap().unwrap();
    assert_eq!(model.aliases, [("also".to_owned(), 1), ("champion".to_owned(), 2)]);
    assert_eq!(registry.set_alias(&name, "champion", 9).await.unwrap_err().kind, ErrorKind::NotFound);
}

pub async fn a_version_of_an_unknown_model_is_not_found(store: &dyn Store) {
    let registry = store.registry();
    let (name, run) = (fresh("unknown"), run(store).await.id);
    let error = registry.create_version(&version(&name, &run, &[])).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(registry.versions(&name).await.unwrap().is_empty());
    assert!(registry.by_alias(&name, "champion").await.unwrap().is_none());
}

pub async fn a_source_must_belong_to_the_run_that_is_named(store: &dyn Store) {
    let registry = store.registry();
    let (name, run) = (fresh("sources"), run(store).await);
    registry.ensure_model(&name).await.unwrap();
    for source in [
        "/etc/passwd",
        "file:///etc/passwd",
        "runs:/0123456789abcdef0123456789abcdef/model",
        "mlflow-artifacts:/0/other/artifacts/model",
        "models:/m-0123456789abcdef0123456789abcdef",
        &format!("{}/../../secret", run.artifact_uri),
        &format!("{}/%2e%2e/%2e%2e/secret", run.artifact_uri),
    ] {
        let new = NewVersion { source: source.to_owned(), ..version(&name, &run.id, &[]) };
        assert_eq!(registry.create_version(&new).await.unwrap_err().kind, ErrorKind::Invalid, "{source}");
    }
    for source in [&format!("{}/model", run.artifact_uri), "s3://bucket/model"] {
        let new = NewVersion { source: source.to_owned(), ..version(&name, &run.id, &[]) };
        assert_eq!(registry.create_version(&new).await.unwrap().source, *source);
    }
}

pub async fn reserved_and_odd_names_are_refused(store: &dyn Store) {
    let registry = store.registry();
    for name in ["", " ", "a/b", "a:b", ".."] {
        assert_eq!(registry.ensure_model(name).await.unwrap_err().kind, ErrorKind::Invalid, "{name}");
    }
    let (name, run) = (fresh("names"), run(store).await.id);
    registry.ensure_model(&name).await.unwrap();
    registry.create_version(&version(&name, &run, &[])).await.unwrap();
    for alias in ["", "latest", "Latest", "v1", "a b", "a/b", "a.b"] {
        let error = registry.set_alias(&name, alias, 1).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{alias}");
    }
    registry.set_alias(&name, "größte_1-x", 1).await.unwrap();
}

pub async fn a_run_without_models_has_none(store: &dyn Store) {
    let run = run(store).await;
    assert!(store.registry().logged_models(&run).await.unwrap().is_empty());
}
