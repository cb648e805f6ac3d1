//! Files: new ones, those that MLflow made, and those that can't be used.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sweep::testing::{
    DatasetInput, Db, EmbeddedStore, ErrorKind, ExperimentId, ModelOutput, NewLoggedModel, NewRun, Store,
};

fn file(folder: &Path) -> PathBuf {
    folder.join("mlflow.db")
}

fn open(path: &Path) -> Db {
    Db::open(path.to_str().unwrap()).unwrap()
}

fn run_in(db: &Db, experiment: &str) -> String {
    let run = NewRun { experiment_id: ExperimentId(experiment.to_owned()), ..NewRun::default() };
    db.create_run(&run).unwrap().id.0
}

#[test]
fn a_new_file_is_made_with_its_folders_and_the_default_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("sqlite:///{}/new%20folder/deep/mlflow.db", folder.path().display());
    let store = EmbeddedStore::open(&uri).unwrap();
    assert_eq!(store.uri(), uri);
    let home = folder.path().join("new folder/deep");
    let default = store.db().experiment("0").unwrap();
    assert_eq!(default.artifact_location, home.join("mlruns/0").to_str().unwrap());
    let id = store.db().create_experiment("mine", None, &[]).unwrap();
    assert_eq!((id.as_str(), store.db().experiment("1").unwrap().name.as_str()), ("1", "mine"));
    let connection = Connection::open(home.join("mlflow.db")).unwrap();
    let revision: String =
        connection.query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0)).unwrap();
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0))
        .unwrap();
    assert_eq!((revision.as_str(), tables), ("6953534de441", 23));
}

#[test]
fn a_run_has_the_columns_that_mlflow_writes() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&file(folder.path()));
    let id = run_in(&db, "0");
    let row: (String, String, String, String, String, Option<i64>, String) = Connection::open(file(folder.path()))
        .unwrap()
        .query_row(
            "SELECT source_type, source_name, entry_point_name, source_version, status, deleted_time, lifecycle_stage
             FROM runs WHERE run_uuid = ?1",
            [&id],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?)),
        )
        .unwrap();
    let none = String::new();
    let expected =
        ("UNKNOWN".into(), none.clone(), none.clone(), none, "RUNNING".into(), None, "active".into());
    assert_eq!(row, expected);
    assert!(id.len() == 32 && id.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)), "{id}");
    assert_eq!(id.as_bytes()[12], b'4', "a random UUID says so: {id}");
}

#[test]
fn a_file_that_lacks_a_column_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&file(folder.path())));
    let connection = Connection::open(file(folder.path())).unwrap();
    connection.execute_batch("ALTER TABLE runs DROP COLUMN deleted_time").unwrap();
    let error = Db::open(file(folder.path()).to_str().unwrap()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    assert!(error.message.contains("runs.deleted_time"), "{error}");
    let hint = error.hint.unwrap();
    assert!(hint.contains("mlflow db upgrade sqlite:////"), "{hint}");
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(file(folder.path()), "dear diary ".repeat(200)).unwrap();
    assert_eq!(Db::open(file(folder.path()).to_str().unwrap()).unwrap_err().kind, ErrorKind::Protocol);
    assert_eq!(std::fs::read_to_string(file(folder.path())).unwrap(), "dear diary ".repeat(200));
}

#[test]
fn a_foreign_database_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = Connection::open(file(folder.path())).unwrap();
    foreign.execute_batch("CREATE TABLE diary (day TEXT)").unwrap();
    let error = Db::open(file(folder.path()).to_str().unwrap()).unwrap_err();
    assert!(error.message.contains("experiments.experiment_id"), "{error}");
    let tables: i64 = foreign.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}

/// What a file of MLflow 2.x holds: no logged models, no steps of outputs, and a stamp of its own.
#[test]
fn an_older_file_serves_for_all_but_what_it_can_not_hold() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&file(folder.path())));
    let connection = Connection::open(file(folder.path())).unwrap();
    connection
        .execute_batch(
            "DROP TABLE logged_model_metrics; DROP TABLE logged_model_params; DROP TABLE logged_model_tags;
             DROP TABLE logged_models; ALTER TABLE inputs DROP COLUMN step;
             UPDATE alembic_version SET version_num = '0584bdc529eb'",
        )
        .unwrap();
    let db = open(&file(folder.path()));
    let run = run_in(&db, "0");
    let link: DatasetInput = serde_json::from_str(
        r#"{"dataset": {"name": "d", "digest": "1", "source_type": "local", "source": "{}"}, "tags": [{"key": "k", "value": "v"}]}"#,
    )
    .unwrap();
    db.log_inputs(&run, &[link.clone(), link], &[]).unwrap();
    assert_eq!(db.run(&run).unwrap().inputs.dataset_inputs.len(), 1);
    let model = NewLoggedModel { experiment_id: ExperimentId("0".to_owned()), ..NewLoggedModel::default() };
    let outputs = [ModelOutput { model_id: "m-1".to_owned(), step: 0 }];
    for error in [db.create_model(&model).unwrap_err(), db.log_outputs(&run, &outputs).unwrap_err()] {
        assert_eq!(error.kind, ErrorKind::Unsupported);
        assert!(error.hint.is_some_and(|hint| hint.contains("mlflow db upgrade")));
    }
    let stamp: String =
        connection.query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0)).unwrap();
    assert_eq!(stamp, "0584bdc529eb");
}

#[test]
fn deleting_an_experiment_takes_its_runs_along_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&file(folder.path()));
    let experiment = db.create_experiment("gone", None, &[]).unwrap().0;
    let run = run_in(&db, &experiment);
    db.delete_experiment(&experiment).unwrap();
    assert_eq!(db.delete_experiment(&experiment).unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(db.set_tag(&run, "a", "b").unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(db.create_experiment("gone", None, &[]).unwrap_err().kind, ErrorKind::AlreadyExists);
    assert!(db.experiment_by_name("gone").unwrap().is_some());
    db.restore_experiment(&experiment).unwrap();
    db.set_tag(&run, "a", "b").unwrap();
}

#[tokio::test]
async fn links_that_lead_out_of_the_artifact_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "secret").unwrap();
    let store = EmbeddedStore::open(file(folder.path()).to_str().unwrap()).unwrap();
    let run = NewRun { experiment_id: ExperimentId("0".to_owned()), ..NewRun::default() };
    let info = store.db().create_run(&run).unwrap();
    let root = PathBuf::from(&info.artifact_uri);
    std::fs::create_dir_all(&root).unwrap();
    symlink(outside.path(), root.join("out")).unwrap();
    symlink(outside.path().join("not yet"), root.join("dangling")).unwrap();
    store.put_artifact(&info, "inside.txt", b"x".to_vec()).await.unwrap();
    symlink(root.join("inside.txt"), root.join("alias.txt")).unwrap();
    for path in ["out/secret", "out/new.txt", "dangling", "out"] {
        let error = store.put_artifact(&info, path, b"x".to_vec()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{path}");
        assert_eq!(store.artifact(&info, path).await.unwrap_err().kind, ErrorKind::Invalid, "{path}");
    }
    assert_eq!(store.artifact(&info, "alias.txt").await.unwrap(), b"x");
    let listed: Vec<_> =
        store.artifacts(&info, "").await.unwrap().into_iter().map(|entry| entry.path).collect();
    assert_eq!(listed, ["alias.txt", "inside.txt"]);
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
}
