//! Which certificates are trusted: those of the platform, or of a file that the environment names.
//!
//! A certificate that stands in that file itself is trusted too, though it may sign others: the self-signed one of every
//! how-to says `CA:TRUE`, and MLflow's own client takes it. Its names and its dates count as ever.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::settings::ServerSettings;
use crate::tracking::error::{ErrorKind, Result, TrackingError};
use crate::tracking::regular::read_typed;

/// The largest file of certificates: 16 MiB, far above all authorities of a platform.
const LARGEST_BUNDLE: u64 = 16 << 20;

/// Sets up which servers are trusted, and who we are.
pub(super) fn tls(
    builder: reqwest::ClientBuilder,
    settings: &ServerSettings,
) -> Result<reqwest::ClientBuilder> {
    if let Some((path, variable)) = &settings.server_cert {
        return Ok(builder.tls_backend_preconfigured(listed(
            path,
            variable,
            settings.client_cert.as_deref(),
        )?));
    }
    let builder = builder.tls_danger_accept_invalid_certs(settings.insecure_tls);
    let Some(path) = &settings.client_cert else { return Ok(builder) };
    let identity = reqwest::Identity::from_pem(&read(path, CLIENT_CERT)?);
    Ok(builder.identity(identity.map_err(|error| bad_pem(path, CLIENT_CERT).caused_by(error))?))
}

/// A client that trusts the certificates in this file alone.
fn listed(path: &Path, variable: &str, own: Option<&Path>) -> Result<rustls::ClientConfig> {
    let verifier = ListedAuthorities::new(certificates(path, variable)?);
    let verifier = Arc::new(verifier.map_err(|error| bad_pem(path, variable).caused_by(error))?);
    let config = rustls::ClientConfig::builder().dangerous().with_custom_certificate_verifier(verifier);
    let Some(own) = own else { return Ok(config.with_no_client_auth()) };
    let pem = read(own, CLIENT_CERT)?;
    let chain = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| bad_pem(own, CLIENT_CERT).caused_by(error))?;
    let key =
        PrivateKeyDer::from_pem_slice(&pem).map_err(|error| bad_pem(own, CLIENT_CERT).caused_by(error))?;
    config.with_client_auth_cert(chain, key).map_err(|error| bad_pem(own, CLIENT_CERT).caused_by(error))
}

const CLIENT_CERT: &str = "MLFLOW_TRACKING_CLIENT_CERT_PATH";

/// The certificates of a PEM file, or of all files of a folder.
fn certificates(path: &Path, variable: &str) -> Result<Vec<CertificateDer<'static>>> {
    let files = if path.is_dir() { files_in(path, variable)? } else { vec![path.to_owned()] };
    let mut found = Vec::new();
    for file in files {
        let pem = read(&file, variable)?;
        let these = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
        found.extend(these.map_err(|error| bad_pem(&file, variable).caused_by(error))?);
    }
    if found.is_empty() { Err(bad_pem(path, variable)) } else { Ok(found) }
}

fn files_in(folder: &Path, variable: &str) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        TrackingError::new(ErrorKind::Io, format!("{variable}: {} can't be read", folder.display()))
            .caused_by(error)
    };
    let entries =
        std::fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    let mut files: Vec<PathBuf> =
        entries.iter().map(std::fs::DirEntry::path).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}

fn read(path: &Path, variable: &str) -> Result<Vec<u8>> {
    read_typed(path, LARGEST_BUNDLE).map_err(|error| {
        TrackingError::new(ErrorKind::Io, format!("{variable}: {} can't be read", path.display()))
            .caused_by(error)
    })
}

fn bad_pem(path: &Path, variable: &str) -> TrackingError {
    TrackingError::new(ErrorKind::Invalid, format!("{variable}: {} is not a PEM file", path.display()))
}

/// Trusts what the listed certificates vouch for, and themselves.
#[derive(Debug)]
struct ListedAuthorities {
    authorities: Arc<WebPkiServerVerifier>,
    listed: Vec<CertificateDer<'static>>,
}

impl ListedAuthorities {
    fn new(listed: Vec<CertificateDer<'static>>) -> Result<Self, rustls::client::VerifierBuilderError> {
        let mut roots = RootCertStore::empty();
        // What can't be an authority may still be the server's own certificate.
        roots.add_parsable_certificates(listed.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
        Ok(Self { authorities, listed })
    }
}

/// Whether all that is wrong with a certificate is that it is an authority's. Its dates were looked at before.
fn is_only_an_authority(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::Other(other)) if other.to_string() == "CaUsedAsEndEntity")
}

impl ServerCertVerifier for ListedAuthorities {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged =
            self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match judged {
            Err(error)
                if is_only_an_authority(&error) && self.listed.iter().any(|known| known == end_entity) =>
            {
                rustls::client::verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}
