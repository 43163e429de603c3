//! Registers the driver with the kubelet, in place of its chart's sidecar, whose program is not to
//! be had here.
//!
//! A kubelet asks a plugin for its name by gRPC over a socket in a folder that it watches
//! (`k8s.io/kubelet/pkg/apis/pluginregistration/v1/api.proto`). The responses to both of its
//! calls can be the same message, as that to the other one is empty, and fields that are not known
//! are passed over. The frames are written here: libraries refuse a kubelet's requests, as it names
//! the path of the socket as their authority.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::runtime::Runtime;

/// Where the driver's node plugin listens, by its chart.
const PLUGIN: &str = "/var/lib/kubelet/plugins/efs.csi.aws.com/csi.sock";

/// Where kubelets look for plugins.
const REGISTRATION: &str = "/var/lib/kubelet/plugins_registry/efs.csi.aws.com-reg.sock";

/// How often it is looked whether the plugin has come or gone.
const PAUSE: Duration = Duration::from_millis(200);

/// Registers the plugin whenever it listens; dropping this value stops it.
pub(super) struct Registrar {
    _runtime: Runtime,
}

impl Registrar {
    pub(super) fn start() -> anyhow::Result<Registrar> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("starting the async runtime")?;
        runtime.spawn(async {
            loop {
                if UnixStream::connect(PLUGIN).is_ok() && !Path::new(REGISTRATION).exists() {
                    if let Ok(listener) = UnixListener::bind(REGISTRATION) {
                        tokio::spawn(serve(listener));
                    }
                } else if UnixStream::connect(PLUGIN).is_err() {
                    // The kubelet takes the driver off the node's list when its socket goes.
                    let _ = std::fs::remove_file(REGISTRATION);
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
        Ok(Registrar { _runtime: runtime })
    }
}

async fn serve(listener: UnixListener) {
    while Path::new(REGISTRATION).exists() {
        let accepted = tokio::time::timeout(PAUSE, listener.accept()).await;
        let Ok(Ok((stream, _))) = accepted else { continue };
        // A connection that breaks is opened again by the kubelet.
        tokio::spawn(async move { speak(stream).await });
    }
}

/// What a client of HTTP/2 says first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Types of frames (RFC 9113, section 6), and two of their flags.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// Responds to each request of a connection as soon as it is complete.
async fn speak(mut stream: tokio::net::UnixStream) -> std::io::Result<()> {
    let mut preface = [0; PREFACE.len()];
    stream.read_exact(&mut preface).await?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload).await?;
        let reply = match kind {
            SETTINGS if flags & ACK == 0 => frame(SETTINGS, ACK, 0, &[]),
            PING if flags & ACK == 0 => frame(PING, ACK, 0, &payload),
            DATA | HEADERS if flags & END_STREAM != 0 => response(u32::from_be_bytes(id)),
            _ => continue,
        };
        stream.write_all(&reply).await?;
    }
}

/// A frame: the length of its payload, its type, its flags, and the stream that it belongs to.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A successful response of gRPC with the plugin's description.
fn response(stream: u32) -> Vec<u8> {
    let message = plugin_info();
    // Not compressed, and the length in four bytes.
    let length = u32::try_from(message.len()).unwrap_or_default().to_be_bytes();
    let body = [&[0], &length[..], &message].concat();
    // `:status: 200` is the entry 8 of HPACK's static table (RFC 7541, appendix A).
    let headers = [&[0x88][..], &field("content-type", "application/grpc")].concat();
    let trailers = field("grpc-status", "0");
    [
        frame(HEADERS, END_HEADERS, stream, &headers),
        frame(DATA, 0, stream, &body),
        frame(HEADERS, END_HEADERS | END_STREAM, stream, &trailers),
    ]
    .concat()
}

/// A header field, literally and not to be indexed (RFC 7541, section 6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let text =
        |text: &str| [&[u8::try_from(text.len()).unwrap_or_default()], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

/// `PluginInfo`: type, name, endpoint and supported versions are the fields 1 to 4, all texts.
fn plugin_info() -> Vec<u8> {
    let mut message = Vec::new();
    for (number, text) in [(1_u8, "CSIPlugin"), (2, "efs.csi.aws.com"), (3, PLUGIN), (4, "1.0.0")] {
        // Wire type 2: a length in one byte, as all are short, and the bytes.
        message.push(number << 3 | 2);
        message.push(u8::try_from(text.len()).unwrap_or_default());
        message.extend(text.as_bytes());
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_has_each_field_with_its_number_and_length() {
        let message = plugin_info();
        assert_eq!(message[..2], [0x0a, 9]);
        assert_eq!(&message[2..11], b"CSIPlugin");
        assert_eq!(message[11..13], [0x12, 15]);
        assert!(message.ends_with(b"\x22\x051.0.0"));
    }
}
