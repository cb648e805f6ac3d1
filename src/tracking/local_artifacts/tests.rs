use std::fs::{self, File};
use std::time::Duration;

use super::*;
use crate::tracking::ErrorKind;

#[tokio::test]
async fn a_name_that_no_file_can_have_is_a_wrong_request_and_not_a_broken_disk() {
    let root = tempfile::tempdir().unwrap();
    let at = || root.path().to_owned();
    put(at(), "a.txt".into(), b"a".to_vec()).await.unwrap();
    for path in ["n".repeat(300), format!("{}/b", "n".repeat(300)), "a.txt/b".into(), "a.txt/b/c".into()] {
        let error = put(at(), path.clone(), b"b".to_vec()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{path}: {error}");
        let error = get(at(), path.clone()).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound), "{path}: {error}");
    }
    assert_eq!(list(at(), "a.txt/b".into()).await.unwrap(), []);
}

#[tokio::test]
async fn a_pipe_is_no_artifact_and_is_not_waited_for() {
    let root = tempfile::tempdir().unwrap();
    nix::unistd::mkfifo(&root.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let at = || root.path().to_owned();
    assert_eq!(get(at(), "pipe".into()).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(list(at(), String::new()).await.unwrap(), []);
    let mut upload = ArtifactUpload::begin(root.path(), "pipe").unwrap();
    upload.write(b"file").unwrap();
    assert!(upload.keep_if_new().unwrap());
    assert_eq!(get(at(), "pipe".into()).await.unwrap(), b"file");
}

#[tokio::test]
async fn what_was_written_is_listed_and_read_back() {
    let root = tempfile::tempdir().unwrap();
    let at = || root.path().join("run/artifacts");
    put(at(), "logs/output.txt".into(), b"hello".to_vec()).await.unwrap();
    put(at(), "empty".into(), Vec::new()).await.unwrap();
    let names = |entries: Vec<ArtifactEntry>| {
        entries.into_iter().map(|entry| (entry.path, entry.is_dir, entry.size)).collect::<Vec<_>>()
    };
    let top = names(list(at(), String::new()).await.unwrap());
    assert_eq!(top, [("empty".into(), false, Some(0)), ("logs".into(), true, None)]);
    let below = names(list(at(), "logs".into()).await.unwrap());
    assert_eq!(below, [("logs/output.txt".into(), false, Some(5))]);
    assert_eq!(get(at(), "logs/output.txt".into()).await.unwrap(), b"hello");
    assert_eq!(get(at(), "none".into()).await.unwrap_err().kind, ErrorKind::NotFound);
    assert!(list(at(), "none".into()).await.unwrap().is_empty());
}

#[test]
fn what_a_killed_program_left_is_removed_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let old = std::time::SystemTime::now() - Duration::from_secs(60);
    let make = |name: &str| {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(&path).unwrap().set_modified(old).unwrap();
        path
    };
    let left = [make(".sweep-aB3dE9"), make("trial/artifacts/.sweep-000000")];
    let others = [make(".sweep-notes.txt"), make("trial/x"), make(".sweepx")];
    let mut upload = ArtifactUpload::begin(root.path(), "trial/y").unwrap();
    upload.write(b"y").unwrap();
    upload.file.as_file().set_modified(old).unwrap();
    let fresh = root.path().join(".sweep-fresh1");
    File::create(&fresh).unwrap();
    assert_eq!(remove_unfinished(root.path()), 2);
    assert!(left.iter().all(|path| !path.exists()) && others.iter().all(|path| path.exists()));
    assert!(fresh.exists());
    upload.keep().unwrap();
    assert!(root.path().join("trial/y").exists());
}

#[test]
fn names_that_no_file_can_have_are_refused_as_wrong() {
    let root = tempfile::tempdir().unwrap();
    let long = "x".repeat(300);
    let deep = vec!["d".repeat(200); 30].join("/");
    for path in [long.as_str(), &format!("a/{long}/b"), &deep] {
        let error = ArtifactUpload::begin(root.path(), path).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    }
    assert!(checked_path(&"x".repeat(255)).is_ok());
}

#[tokio::test]
async fn a_pipe_among_artifacts_is_none() {
    let root = tempfile::tempdir().unwrap();
    nix::unistd::mkfifo(&root.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let error = get(root.path().to_path_buf(), "pipe".into()).await.unwrap_err();
    assert!(error.kind == ErrorKind::NotFound && error.message.contains("named pipe"), "{error}");
}

#[tokio::test]
async fn no_path_leads_out_of_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(folder.path().join("secret"), "s").unwrap();
    std::os::unix::fs::symlink(folder.path(), root.join("link")).unwrap();
    for path in ["../secret", "/etc/passwd", "a/../../secret", "", "a//b", "a\\b", "link/secret"] {
        let error = get(root.clone(), path.into()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{path}");
        let error = put(root.clone(), path.into(), vec![1]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{path}");
    }
    assert_eq!(std::fs::read(folder.path().join("secret")).unwrap(), b"s");
}
