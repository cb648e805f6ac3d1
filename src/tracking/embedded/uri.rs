//! `sqlite:///relative.db`, `sqlite:////absolute.db` or a plain path: which file is meant.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use crate::tracking::{ErrorKind, Result, TrackingError};

/// The database file that a tracking URI or a path names; relative to the current folder where it is relative.
pub(super) fn database_path(uri_or_path: &str) -> Result<PathBuf> {
    let Some((scheme, rest)) = uri_or_path.split_once(':') else {
        return plain(uri_or_path);
    };
    if scheme.contains(['/', '.']) {
        return plain(uri_or_path);
    }
    if scheme != "sqlite" && !scheme.starts_with("sqlite+") {
        return Err(wrong(uri_or_path, "is no SQLite address"));
    }
    let Some(path) = rest.strip_prefix("///") else {
        return Err(wrong(uri_or_path, "has too few slashes"));
    };
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    if path.is_empty() || path == ":memory:" {
        return Err(wrong(uri_or_path, "names no file"));
    }
    let decoded = percent_decode_str(path).decode_utf8();
    plain(&decoded.map_err(|_| wrong(uri_or_path, "is not UTF-8 after decoding"))?)
}

/// The URI that any process can open this absolute path by.
pub(super) fn uri_of(path: &Path) -> String {
    let mut uri = String::from("sqlite:///");
    for character in path.to_string_lossy().chars() {
        match character {
            '%' | '?' | '#' | ' ' => uri.push_str(&format!("%{:02X}", u32::from(character))),
            other => uri.push(other),
        }
    }
    uri
}

fn plain(path: &str) -> Result<PathBuf> {
    if path.is_empty() || path.contains('\0') {
        return Err(wrong(path, "names no file"));
    }
    Ok(PathBuf::from(path))
}

fn wrong(uri: &str, why: &str) -> TrackingError {
    TrackingError::new(ErrorKind::Invalid, format!("the tracking URI '{uri}' {why}"))
        .hint("write sqlite:///relative/path.db (three slashes) or sqlite:////absolute/path.db (four)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(uri: &str) -> String {
        database_path(uri).unwrap().to_string_lossy().into_owned()
    }

    #[test]
    fn three_slashes_are_relative_and_four_are_absolute() {
        assert_eq!(path("sqlite:///mlflow.db"), "mlflow.db");
        assert_eq!(path("sqlite:////data/mlflow.db"), "/data/mlflow.db");
        assert_eq!(path("sqlite+pysqlite:///a/b.db"), "a/b.db");
    }

    #[test]
    fn a_plain_path_is_taken_as_it_is() {
        assert_eq!(path("data/100%25.db"), "data/100%25.db");
        assert_eq!(path("/data/a:b.db"), "/data/a:b.db");
    }

    #[test]
    fn escapes_are_decoded_and_parameters_left_out() {
        assert_eq!(path("sqlite:///my%20runs.db?timeout=5"), "my runs.db");
        assert_eq!(path("sqlite:///100%"), "100%");
        assert_eq!(path("sqlite:///%zz%4"), "%zz%4");
    }

    #[test]
    fn too_few_slashes_are_an_error_with_a_hint() {
        for uri in
            ["sqlite://mlflow.db", "sqlite:mlflow.db", "sqlite:///", "sqlite:///:memory:", "sqlite:///%ff"]
        {
            let error = database_path(uri).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid, "{uri}");
            assert!(error.hint.is_some_and(|hint| hint.contains("sqlite:////absolute")), "{uri}");
        }
    }

    #[test]
    fn a_path_survives_the_way_through_its_uri() {
        for text in ["/a b/c%20d?e#f.db", "/ümläut/x.db"] {
            assert_eq!(path(&uri_of(Path::new(text))), text);
        }
    }
}
