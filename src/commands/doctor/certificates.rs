//! Certificates of a server: which are trusted, and whether the files that name them can be read.

use std::path::Path;

use super::CheckResult;
use crate::tracking::open_regular;
use crate::tracking::rest::ServerSettings;

/// Looks at what decides whether a server is trusted; `None`: it is no https server.
pub(super) fn look(settings: &ServerSettings) -> Option<CheckResult> {
    if settings.base.scheme() != "https" {
        return None;
    }
    if settings.insecure_tls {
        return Some(CheckResult::warn(
            "certificates",
            "MLFLOW_TRACKING_INSECURE_TLS is set: anybody on the way can read and change everything",
            "For a private authority name its certificate instead: MLFLOW_TRACKING_SERVER_CERT_PATH=FILE.pem.",
        ));
    }
    let server = settings.server_cert.as_ref().map(|(path, variable)| (*variable, path, "CERTIFICATE"));
    let client = settings.client_cert.as_ref();
    let client = client.map(|path| ("MLFLOW_TRACKING_CLIENT_CERT_PATH", path, "PRIVATE KEY"));
    for (variable, path, needed) in server.into_iter().chain(client) {
        if let Some(problem) = problem(path, needed) {
            let found = format!("{variable}: {problem}");
            return Some(CheckResult::bad(
                "certificates",
                found,
                format!("Name a PEM file (`-----BEGIN {needed}-----`) by {variable}."),
            ));
        }
    }
    Some(CheckResult::ok(
        "certificates",
        match &settings.server_cert {
            Some((path, _)) => format!("those in {} are trusted", path.display()),
            None => {
                "those of public authorities are trusted; for a private one: MLFLOW_TRACKING_SERVER_CERT_PATH"
                    .to_owned()
            }
        },
    ))
}

/// What is wrong with a PEM file that is to hold such a part.
fn problem(path: &Path, needed: &str) -> Option<String> {
    use std::io::Read as _;

    // A folder of certificates, as OpenSSL knows it.
    if path.is_dir() {
        return None;
    }
    let mut text = Vec::new();
    let read = open_regular(path).and_then(|file| file.take(1 << 24).read_to_end(&mut text));
    match read {
        Err(error) => Some(format!("{} can't be read: {error}", path.display())),
        Ok(_) if !String::from_utf8_lossy(&text).contains(&format!("{needed}-----")) => {
            Some(format!("{} holds no {}", path.display(), needed.to_lowercase()))
        }
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;
    use crate::tracking::rest::Environment;

    fn found(uri: &str, set: &[(&str, &str)]) -> Option<CheckResult> {
        let var = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        look(&ServerSettings::read(uri, &Environment { var: &var, credentials: None }).unwrap())
    }

    #[test]
    fn certificates_that_can_not_be_used_are_found_and_a_switched_off_check_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let pem = file("ca.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
        let der = file("ca.der", "\x30\x01");
        let missing = folder.path().join("none.pem").to_str().unwrap().to_owned();
        let https = |set: &[(&str, &str)]| found("https://h.example", set).unwrap();
        assert_eq!(found("http://h.example", &[]), None);
        assert_eq!(https(&[]).state, CheckState::Ok);
        assert!(https(&[("MLFLOW_TRACKING_SERVER_CERT_PATH", &pem)]).found.contains("ca.pem"));
        for bad in [&der, &missing] {
            let found = https(&[("MLFLOW_TRACKING_SERVER_CERT_PATH", bad)]);
            assert_eq!(found.state, CheckState::Bad, "{found:?}");
            assert!(found.advice.unwrap().contains("PEM"));
        }
        assert_eq!(
            https(&[("MLFLOW_TRACKING_CLIENT_CERT_PATH", &pem)]).state,
            CheckState::Bad,
            "it has no key"
        );
        assert_eq!(https(&[("MLFLOW_TRACKING_INSECURE_TLS", "true")]).state, CheckState::Warn);
    }
}
