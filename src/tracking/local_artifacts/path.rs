//! Where artifacts lie: paths of artifacts, folders that URIs name. No path leads out of its root.

use std::path::{Path, PathBuf};

use super::super::error::{ErrorKind, Result, TrackingError};

/// The longest name of a file, bytes.
const LONGEST_NAME: usize = 255;

/// The pieces of an artifact path.
///
/// # Errors
/// `Invalid` for empty, absolute and climbing paths, backslashes, control characters, and names that no file can have.
pub fn checked_path(path: &str) -> Result<Vec<&str>> {
    let pieces: Vec<&str> = path.split('/').collect();
    let bad = |piece: &&str| piece.is_empty() || *piece == "." || *piece == "..";
    if pieces.iter().any(|piece| piece.len() > LONGEST_NAME) {
        let message = format!(
            "an artifact path has a part of more than {LONGEST_NAME} bytes, which no file can be named"
        );
        return Err(TrackingError::new(ErrorKind::Invalid, message).hint("Use shorter names."));
    }
    if pieces.iter().any(bad) || path.contains('\\') || path.chars().any(char::is_control) {
        return Err(TrackingError::new(
            ErrorKind::Invalid,
            format!("Invalid path: `{path}` is not an artifact path"),
        )
        .hint("Use a relative path with `/`, without `..`."));
    }
    Ok(pieces)
}

/// The folder that a local artifact URI names; `None` for any other scheme.
#[must_use]
pub fn folder_of(uri: &str) -> Option<PathBuf> {
    if uri.starts_with('/') {
        return Some(PathBuf::from(uri));
    }
    let rest = uri.strip_prefix("file:")?;
    let path = match rest.strip_prefix("//") {
        Some(with_host) => with_host.find('/').map(|slash| &with_host[slash..])?,
        None => rest,
    };
    path.starts_with('/')
        .then(|| PathBuf::from(&*percent_encoding::percent_decode_str(path).decode_utf8_lossy()))
}

/// The place of an artifact below a root.
pub(super) fn locate(root: &Path, path: &str) -> Result<PathBuf> {
    let place = checked_path(path)?.into_iter().fold(root.to_owned(), |folder, piece| folder.join(piece));
    inside(root, &place, path)?;
    Ok(place)
}

/// Refuses a place that a symbolic link leads out of the root. Of a place that is not there yet, the nearest folder
/// that is counts.
pub(super) fn inside(root: &Path, place: &Path, path: &str) -> Result<()> {
    // A root that is not there has no links below it.
    let Ok(real_root) = root.canonicalize() else { return Ok(()) };
    for ancestor in place.ancestors() {
        match ancestor.canonicalize() {
            Ok(real) if real.starts_with(&real_root) => return Ok(()),
            Ok(_) => break,
            // A dangling link could come to life after this look.
            Err(_) if ancestor.is_symlink() => break,
            Err(_) => {}
        }
    }
    Err(TrackingError::new(ErrorKind::Invalid, format!("`{path}` leads out of the run's artifacts")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_artifact_uris_name_folders() {
        assert_eq!(folder_of("/a/b"), Some("/a/b".into()));
        assert_eq!(folder_of("file:///a%20b"), Some("/a b".into()));
        assert_eq!(folder_of("file:/a"), Some("/a".into()));
        assert_eq!(folder_of("s3://bucket/a"), None);
        assert_eq!(folder_of("mlflow-artifacts:/1/x"), None);
    }
}
