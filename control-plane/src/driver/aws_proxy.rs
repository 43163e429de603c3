//! A proxy between the driver and an emulated AWS.
//!
//! Drivers before 2.0 call AWS by its own names over HTTPS, and take no other endpoint. They do
//! take a proxy and a certificate authority: this one ends TLS under the name that was asked
//! for, and passes on what it reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::files::write_private;

/// The longest request for a connection, in bytes.
const MAX_HEAD: usize = 8 * 1024;

/// A running proxy; dropping this value stops it.
pub(crate) struct AwsProxy {
    url: String,
    authority: PathBuf,
    _runtime: Runtime,
}

impl AwsProxy {
    /// Passes on to the emulator at `endpoint`; the certificate authority is a file in `folder`.
    ///
    /// # Errors
    /// If the endpoint is not one of plain HTTP, or no port is free.
    pub(crate) fn start(endpoint: &str, folder: &Path) -> anyhow::Result<AwsProxy> {
        AwsProxy::start_at("127.0.0.1", endpoint, folder)
    }

    /// The same at another address of this machine.
    ///
    /// # Errors
    /// If the endpoint is not one of plain HTTP, or no port is free.
    pub(crate) fn start_at(host: &str, endpoint: &str, folder: &Path) -> anyhow::Result<AwsProxy> {
        let address = endpoint.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let Some(upstream) = address.filter(|address| !address.contains('/')) else {
            bail!("the driver cannot be led to `{endpoint}`: it is not `http://HOST:PORT`");
        };
        let upstream: Arc<str> = upstream.into();
        let authority = Arc::new(Authority::new().context("generating a certificate authority")?);
        let path = folder.join("aws.pem");
        write_private(&path, &authority.certificate)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("starting the async runtime")?;
        let listener = runtime.block_on(TcpListener::bind((host, 0)))?;
        let url = format!("http://{}", listener.local_addr()?);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (authority, upstream) = (Arc::clone(&authority), Arc::clone(&upstream));
                // A connection that fails is an error of the driver's call, which is in its log.
                tokio::spawn(async move { pass_on(client, &authority, &upstream).await });
            }
        });
        Ok(AwsProxy { url, authority: path, _runtime: runtime })
    }

    /// The file of its certificate authority.
    pub(crate) fn authority(&self) -> &Path {
        &self.authority
    }

    /// What leads a program of AWS's SDK through it.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        [
            ("HTTPS_PROXY", self.url.clone()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
            ("AWS_CA_BUNDLE", self.authority.display().to_string()),
            // There is no instance here whose metadata could be asked for.
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// Serves one connection.
async fn pass_on(
    mut client: TcpStream,
    authority: &Authority,
    upstream: &str,
) -> anyhow::Result<()> {
    let head = head(&mut client).await?;
    let Some(name) = aws_name(&head) else {
        client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await?;
        return Ok(());
    };
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    let mut client = TlsAcceptor::from(authority.server(name)?).accept(client).await?;
    let mut server = TcpStream::connect(upstream).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// A request for a connection, to the empty line that ends it. Nothing follows before it is
/// answered.
async fn head(client: &mut TcpStream) -> anyhow::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        ensure!(head.len() < MAX_HEAD, "the request is too long");
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// The name of AWS's that a connection is asked for; `None` where it is another's.
fn aws_name(head: &str) -> Option<&str> {
    let target = head.strip_prefix("CONNECT ")?.split(' ').next()?;
    let name = target.strip_suffix(":443")?;
    name.ends_with(".amazonaws.com").then_some(name)
}

/// Issues the certificates of servers.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    fn new() -> Result<Authority, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "emulated AWS");
        let certificate = params.self_signed(&key)?.pem();
        Ok(Authority { issuer: Issuer::new(params, key), certificate })
    }

    /// A server of this name.
    fn server(&self, name: &str) -> anyhow::Result<Arc<ServerConfig>> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(Arc::new(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_aws_are_passed_on() {
        for (head, expected) in [
            (
                "CONNECT elasticfilesystem.eu-west-1.amazonaws.com:443 HTTP/1.1\r\n\r\n",
                Some("elasticfilesystem.eu-west-1.amazonaws.com"),
            ),
            ("CONNECT sts.amazonaws.com:443 HTTP/1.1\r\n\r\n", Some("sts.amazonaws.com")),
            ("CONNECT example.com:443 HTTP/1.1\r\n\r\n", None),
            ("CONNECT sts.amazonaws.com:22 HTTP/1.1\r\n\r\n", None),
            ("GET http://sts.amazonaws.com/ HTTP/1.1\r\n\r\n", None),
        ] {
            assert_eq!(aws_name(head), expected, "{head}");
        }
    }

    #[test]
    fn an_endpoint_over_tls_is_refused_before_anything_is_started() {
        let folder = tempfile::tempdir().unwrap();
        for endpoint in ["https://127.0.0.1:1", "http://127.0.0.1:1/path", "127.0.0.1:1"] {
            assert!(AwsProxy::start(endpoint, folder.path()).is_err(), "{endpoint}");
        }
    }
}
