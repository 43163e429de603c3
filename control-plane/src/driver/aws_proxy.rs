//! A proxy between the driver and an emulated AWS.
//!
//! Drivers before 2.0 call AWS by its own names over HTTPS, and take no other endpoint. They do
//! take a proxy and a certificate authority: this one ends TLS under the name that was asked
//! for, and passes on what it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
pub struct AwsProxy {
    url: String,
    authority: PathBuf,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

/// What the connections of a proxy share.
#[derive(Default)]
struct Shared {
    /// `USER:PASSWORD` that connections must give.
    login: Mutex<Option<String>>,
    /// Every destination that was requested, as `HOST:PORT`.
    destinations: Mutex<Vec<String>>,
}

impl AwsProxy {
    /// Passes on to the emulator at `endpoint`; the certificate authority is a file in `folder`.
    ///
    /// # Errors
    /// If the endpoint is not one of plain HTTP, or no port is free.
    pub fn start(endpoint: &str, folder: &Path) -> anyhow::Result<AwsProxy> {
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
        let shared = Arc::new(Shared::default());
        let of_connections = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (authority, upstream) = (Arc::clone(&authority), Arc::clone(&upstream));
                let shared = Arc::clone(&of_connections);
                // A connection that fails is an error of the driver's call, which is in its log.
                tokio::spawn(async move { pass_on(client, &authority, &upstream, &shared).await });
            }
        });
        Ok(AwsProxy { url, authority: path, shared, _runtime: runtime })
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Refuses connections without this login, `USER:PASSWORD`, from now on.
    pub fn require(&self, login: &str) {
        *lock(&self.shared.login) = Some(login.to_owned());
    }

    /// The destinations that were requested so far, as `HOST:PORT`, each once.
    pub fn destinations(&self) -> BTreeSet<String> {
        lock(&self.shared.destinations).iter().cloned().collect()
    }

    /// The file of its certificate authority.
    pub fn authority(&self) -> &Path {
        &self.authority
    }

    /// What leads a program of AWS's SDK through it.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        [
            ("HTTPS_PROXY", self.url.clone()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
            ("AWS_CA_BUNDLE", self.authority.display().to_string()),
            // There is no instance here whose metadata could be read.
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// What a proxy responds to a connection without its login.
const UNAUTHORIZED: &[u8] = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
    proxy-authenticate: Basic realm=\"company\"\r\ncontent-length: 0\r\n\r\n";

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves one connection.
async fn pass_on(
    mut client: TcpStream,
    authority: &Authority,
    upstream: &str,
    shared: &Shared,
) -> anyhow::Result<()> {
    let head = head(&mut client).await?;
    let login = lock(&shared.login).clone();
    if let Some(login) = login {
        let wanted = format!("Proxy-Authorization: Basic {}", STANDARD.encode(login));
        if !head.lines().any(|line| line.eq_ignore_ascii_case(&wanted)) {
            client.write_all(UNAUTHORIZED).await?;
            return Ok(());
        }
    }
    let destination = head.split(' ').nth(1).unwrap_or_default();
    lock(&shared.destinations).push(destination.to_owned());
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
    [".amazonaws.com", ".api.aws"].iter().any(|end| name.ends_with(end)).then_some(name)
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
