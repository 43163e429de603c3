//! Whether EFS lets a node mount a volume. Nothing here serves NFS, so the sandbox is asked, which
//! decides as EFS does: by the mount targets, the access point and the file system's policy.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use emulators::Response;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::events::warn;
use crate::json::text;

/// The nodes as clients of a sandbox.
#[derive(Debug)]
pub(crate) struct NfsClients {
    /// Where the sandbox is asked, without the file system.
    url: String,
    /// The Availability Zone of each node.
    zones: BTreeMap<String, &'static str>,
}

/// Where the sandbox at `url` is asked about clients in a region, without the file system; `None`
/// where that emulator is another one, which knows no clients.
pub(crate) fn endpoint(url: &str, region: &str) -> Option<String> {
    let probe = emulators::request("GET", &format!("{url}/_sandbox/faults"), "sandbox", "");
    let is_sandbox = probe.is_ok_and(|response| response.status == 200);
    is_sandbox.then(|| format!("{url}/_sandbox/clients/{region}"))
}

/// What the sandbox decides about, as an action of IAM.
const MOUNT: &str = "elasticfilesystem:ClientMount";

impl NfsClients {
    /// Of the emulator at `url`, where that is the sandbox.
    pub(crate) fn of(
        url: &str,
        region: &str,
        zones: BTreeMap<String, &'static str>,
    ) -> Option<NfsClients> {
        Some(NfsClients { url: endpoint(url, region)?, zones })
    }

    /// What the mount helper says where a node cannot mount a volume; `None` where it can.
    ///
    /// # Errors
    /// If the sandbox does not respond, or does not understand the question.
    pub(crate) fn refusal(&self, volume: &Value, node: &str) -> anyhow::Result<Option<String>> {
        let handle = text(volume, "/spec/csi/volumeHandle");
        let mut parts = handle.split(':');
        let Some(file_system) = parts.next().filter(|id| id.starts_with("fs-")) else {
            return Ok(None);
        };
        // The driver encrypts in transit unless the volume says otherwise.
        let tls = text(volume, "/spec/csi/volumeAttributes/encryptInTransit") != "false";
        let client = json!({
            "AvailabilityZoneName": self.zones.get(node),
            "AccessPointId": parts.nth(1).filter(|id| !id.is_empty()),
            "Tls": tls,
        });
        let url = format!("{}/{file_system}", self.url);
        let Response { status, body, .. } =
            emulators::request("POST", &url, "sandbox", &client.to_string())?;
        match status {
            200 => {
                let decided: Value = serde_json::from_str(&body)
                    .with_context(|| format!("reading the response of {url}"))?;
                Ok((decided[MOUNT] != "allowed").then(denied))
            }
            404 | 409 => Ok(Some(unresolved(file_system))),
            _ => bail!("POST {url} failed with {status}: {body}"),
        }
    }
}

/// What `mount.nfs4` says where the server refuses; the address is that of the proxy for TLS.
fn denied() -> String {
    "exit status 32\nOutput: mount.nfs4: access denied by server while mounting 127.0.0.1:/"
        .to_owned()
}

/// What the mount helper of efs-utils says of a name without an address (its
/// `mount_efs/__init__.py`).
fn unresolved(file_system: &str) -> String {
    format!(
        "exit status 1\nOutput: Failed to resolve \"{file_system}.efs.eu-west-1.amazonaws.com\" - check that your \
         file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID."
    )
}

/// Writes the event of a volume that was not mounted, once for a pod, as the kubelet words it.
///
/// # Errors
/// If the API server does not take it, or has it already.
pub(crate) fn report(
    cluster: &Cluster,
    pod: &Value,
    volume: &str,
    why: &str,
) -> anyhow::Result<()> {
    let message = format!(
        "MountVolume.SetUp failed for volume \"{volume}\" : rpc error: code = Internal desc = \
         Could not mount: mount failed: {why}"
    );
    warn(cluster, pod, "mount", ("FailedMount", &message))
}
