//! A certificate and its key, from two files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::Invalid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::parse_x509_certificate;

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// PEM: the certificate, and behind it those that lead to its authority.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
}

#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) ends: SystemTime,
    pub(super) stamp: Stamp,
}

/// By what it is seen that files have changed: when they were written, and how long they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp([Option<(SystemTime, u64)>; 2]);

impl Stamp {
    pub(super) fn of(settings: &TlsSettings) -> Self {
        Self([&settings.certificate, &settings.key].map(|file| {
            let about = std::fs::metadata(file).ok()?;
            Some((about.modified().ok()?, about.len()))
        }))
    }
}

impl Certificate {
    pub(super) fn read(settings: &TlsSettings, provider: &CryptoProvider) -> Result<Self, Invalid> {
        // Before the files: one that changes while they are read is read again.
        let stamp = Stamp::of(settings);
        let TlsSettings { certificate, key } = settings;
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| wrong(certificate, &error, "certificates in PEM"))?;
        let Some(first) = chain.first() else {
            return Err(wrong(certificate, &"there is none in it", "certificates in PEM"));
        };
        let ends =
            end(first).ok_or_else(|| wrong(certificate, &"it cannot be read", "an X.509 certificate"))?;
        let secret =
            PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, &error, "a private key in PEM"))?;
        let certified = CertifiedKey::from_der(chain, secret, provider)
            .map_err(|error| wrong(key, &error, &format!("the key of {}", certificate.display())))?;
        Ok(Self { key: Arc::new(certified), ends, stamp })
    }
}

/// When a certificate ends.
fn end(certificate: &CertificateDer<'_>) -> Option<SystemTime> {
    let (_, parsed) = parse_x509_certificate(certificate).ok()?;
    let seconds = u64::try_from(parsed.validity().not_after.timestamp()).unwrap_or(0);
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn wrong(file: &Path, why: &dyn std::fmt::Display, expected: &str) -> Invalid {
    Invalid::new(format!("{}: {why}; expected {expected}", file.display()))
}
