//! What the API server asks a node's kubelet for: how much the files of claims take.
//!
//! Every stand-in node has the same address; what it tells is of all of them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use serde_json::{Value, json};

use crate::certificates;
use crate::cluster::Cluster;
use crate::nodes::text;

/// How long a client may take to ask and to hear.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers until the process ends; the answer is the port.
pub(crate) fn serve(kubeconfig: &Path, volumes: PathBuf) -> anyhow::Result<u16> {
    let config = configuration(kubeconfig)?;
    let cluster = Cluster::connect(kubeconfig)?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("listening as a kubelet")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // Who goes away early has seen enough.
            let _ = answer(connection, &config, &cluster, &volumes);
        }
    });
    Ok(port)
}

/// With the certificate of the control plane, which lies beside the kubeconfig.
fn configuration(kubeconfig: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let folder = kubeconfig.parent().context("finding the certificates of the control plane")?;
    let certificate = CertificateDer::from_pem_file(folder.join(certificates::SERVER))
        .context("reading the certificate of a kubelet")?;
    let key = PrivateKeyDer::from_pem_file(folder.join(certificates::SERVER_KEY))
        .context("reading the key of a kubelet")?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    Ok(Arc::new(config))
}

fn answer(
    mut connection: TcpStream,
    config: &Arc<ServerConfig>,
    cluster: &Cluster,
    volumes: &Path,
) -> anyhow::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    let mut tls = ServerConnection::new(Arc::clone(config))?;
    let mut stream = Stream::new(&mut tls, &mut connection);
    let mut asked = Vec::new();
    let mut piece = [0; 1024];
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        asked.extend_from_slice(&piece[..count]);
    }
    let (status, body) = if asked.starts_with(b"GET /stats/summary ") {
        ("200 OK", summary(cluster, volumes)?.to_string())
    } else {
        ("404 Not Found", String::new())
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()?;
    Ok(())
}

/// As a kubelet tells it, of the claims that are bound.
fn summary(cluster: &Cluster, volumes: &Path) -> anyhow::Result<Value> {
    let claims = cluster.list("/api/v1/persistentvolumeclaims")?;
    let volume = |claim: &Value| {
        let folder = volumes.join(text(claim, "/spec/volumeName"));
        folder.is_dir().then(|| {
            json!({
                "usedBytes": size(&folder),
                "pvcRef": {
                    "name": claim["metadata"]["name"],
                    "namespace": claim["metadata"]["namespace"],
                },
            })
        })
    };
    let told: Vec<Value> = claims.iter().filter_map(volume).collect();
    Ok(json!({"pods": [{"volume": told}]}))
}

/// The bytes of all files below a folder.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}
