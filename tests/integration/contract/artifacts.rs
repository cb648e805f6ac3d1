//! Promises about artifacts.

use std::io::{Seek, SeekFrom, Write};

use sweep::testing::{ArtifactEntry, ArtifactUpload, ErrorKind, Store};

use super::run;

pub async fn an_artifact_comes_back_as_it_was_saved(store: &dyn Store) {
    let info = run(store).await;
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    store.put_artifact(&info, "models/best model.bin", bytes.clone()).await.unwrap();
    assert_eq!(store.artifact(&info, "models/best model.bin").await.unwrap(), bytes);
    store.put_artifact(&info, "models/best model.bin", b"new".to_vec()).await.unwrap();
    assert_eq!(store.artifact(&info, "models/best model.bin").await.unwrap(), b"new");
}

pub async fn an_empty_artifact_is_an_artifact(store: &dyn Store) {
    let info = run(store).await;
    store.put_artifact(&info, "empty.txt", Vec::new()).await.unwrap();
    assert!(store.artifact(&info, "empty.txt").await.unwrap().is_empty());
    assert_eq!(store.artifacts(&info, "").await.unwrap().len(), 1);
}

pub async fn artifacts_are_listed_by_folder(store: &dyn Store) {
    let info = run(store).await;
    assert_eq!(store.artifacts(&info, "").await.unwrap(), []);
    for (path, size) in [("b.txt", 2), ("a/deep/x.txt", 3), ("a/y.txt", 4)] {
        store.put_artifact(&info, path, vec![b'x'; size]).await.unwrap();
    }
    let file = |path: &str, size| ArtifactEntry { path: path.to_owned(), is_dir: false, size: Some(size) };
    let folder = |path: &str| ArtifactEntry { path: path.to_owned(), is_dir: true, size: None };
    assert_eq!(store.artifacts(&info, "").await.unwrap(), [folder("a"), file("b.txt", 2)]);
    assert_eq!(store.artifacts(&info, "a").await.unwrap(), [folder("a/deep"), file("a/y.txt", 4)]);
    assert_eq!(store.artifacts(&info, "nowhere").await.unwrap(), []);
}

pub async fn a_missing_artifact_is_not_found(store: &dyn Store) {
    let info = run(store).await;
    assert_eq!(store.artifact(&info, "no/such.txt").await.unwrap_err().kind, ErrorKind::NotFound);
}

pub async fn paths_that_lead_outside_are_refused(store: &dyn Store) {
    let info = run(store).await;
    for path in ["../up.txt", "a/../../up.txt", "/etc/up.txt"] {
        assert_eq!(
            store.put_artifact(&info, path, b"x".to_vec()).await.unwrap_err().kind,
            ErrorKind::Invalid,
            "{path}"
        );
        assert_eq!(store.artifact(&info, path).await.unwrap_err().kind, ErrorKind::Invalid, "{path}");
    }
}

pub async fn a_file_goes_in_and_comes_out_piece_by_piece(store: &dyn Store) {
    let info = run(store).await;
    let bytes: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file.seek(SeekFrom::Start(10)).unwrap();
    store.put_artifact_file(&info, "models/large.bin", &file).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut upload = ArtifactUpload::begin(folder.path(), "a/copy.bin").unwrap().at_most(1_000_000);
    store.artifact_into(&info, "models/large.bin", &mut upload).await.unwrap();
    assert!(upload.keep_if_new().unwrap());
    assert_eq!(std::fs::read(folder.path().join("a/copy.bin")).unwrap(), bytes);

    let mut same = ArtifactUpload::begin(folder.path(), "a/copy.bin").unwrap();
    store.artifact_into(&info, "models/large.bin", &mut same).await.unwrap();
    assert!(!same.keep_if_new().unwrap(), "it holds the same already");
    let mut small = ArtifactUpload::begin(folder.path(), "b").unwrap().at_most(999_999);
    let error = store.artifact_into(&info, "models/large.bin", &mut small).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    let mut none = ArtifactUpload::begin(folder.path(), "b").unwrap();
    let error = store.artifact_into(&info, "no/such", &mut none).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    let empty = tempfile::tempfile().unwrap();
    store.put_artifact_file(&info, "empty", &empty).await.unwrap();
    assert!(store.artifact(&info, "empty").await.unwrap().is_empty());
}
