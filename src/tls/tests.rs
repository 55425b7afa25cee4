use std::path::Path;

use rcgen::{CertifiedKey as Made, generate_simple_self_signed};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;

use super::*;

/// Writes a new certificate for `localhost`, and answers it.
fn write(folder: &Path) -> Vec<u8> {
    let Made { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("certificate.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    cert.der().to_vec()
}

fn settings(folder: &TempDir) -> TlsSettings {
    TlsSettings { certificate: folder.path().join("certificate.pem"), key: folder.path().join("key.pem") }
}

/// The certificate that a new connection is shown by `handshake`, if it is the one that is trusted.
async fn shown(handshake: &Handshake, trusted: &[u8]) -> io::Result<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.to_vec().into()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async {
        let (stream, _) = listener.accept().await?;
        let mut stream = handshake.accept(stream).await?;
        stream.write_all(b"hello").await?;
        stream.shutdown().await
    };
    let client = async {
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let mut said = String::new();
        stream.read_to_string(&mut said).await?;
        assert_eq!(said, "hello");
        Ok(stream.get_ref().1.peer_certificates().unwrap()[0].to_vec())
    };
    let (_, seen) = tokio::join!(server, client);
    seen
}

#[tokio::test]
async fn new_files_are_shown_and_wrong_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path());
    let tls = Tls::read(settings(&folder)).unwrap();
    let handshake = tls.handshake(&[]);
    assert_eq!(shown(&handshake, &first).await.unwrap(), first);

    let mut seen = tls.current.read().stamp.clone();
    std::fs::write(folder.path().join("certificate.pem"), "nothing of the kind").unwrap();
    tls.look(&mut seen);
    assert_eq!(shown(&handshake, &first).await.unwrap(), first, "the old one stays");

    let second = write(folder.path());
    tls.look(&mut seen);
    assert_eq!(shown(&handshake, &second).await.unwrap(), second);
    assert!(shown(&handshake, &first).await.is_err());
}

#[test]
fn complaints_name_the_file_and_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    let complaint = || Tls::read(settings.clone()).unwrap_err().to_string();
    assert!(complaint().contains("certificate.pem"), "{}", complaint());
    write(folder.path());
    std::fs::write(&settings.key, "-----BEGIN NOTHING-----").unwrap();
    assert!(
        complaint().contains("key.pem") && complaint().contains("a private key in PEM"),
        "{}",
        complaint()
    );
    write(folder.path());
    let other = std::fs::read(&settings.key).unwrap();
    write(folder.path());
    std::fs::write(&settings.key, other).unwrap();
    assert!(complaint().contains("expected the key of"), "{}", complaint());
}

#[test]
fn the_end_of_a_certificate_is_known() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let tls = Tls::read(settings(&folder)).unwrap();
    // The generator's own default is the end of the year 4095.
    assert!(tls.ends() > SystemTime::now() + SOON);
}
