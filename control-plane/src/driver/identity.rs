//! Who a pod is: the token of its service account, and the role that the account names, as a
//! kubelet and EKS's webhook give them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use super::settings::RealDriver;
use crate::cluster::Cluster;
use crate::files::write_private;
use crate::json::text;

/// Names the role of a service account (IRSA). Source: Amazon EKS User Guide, "Assign IAM roles
/// to Kubernetes service accounts".
const ROLE: &str = "eks.amazonaws.com/role-arn";

/// How long tokens last, in seconds: longer than any run, as nobody renews them.
const LIFETIME: u64 = 86_400;

/// Writes the secrets of a pod into `folder/secrets`; returns the environment that tells
/// its containers of them.
pub(super) fn give(
    cluster: &Cluster,
    pod: &Value,
    driver: &RealDriver,
    folder: &Path,
) -> anyhow::Result<BTreeMap<String, String>> {
    let namespace = text(pod, "/metadata/namespace");
    let name = text(pod, "/spec/serviceAccountName");
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}");
    let account = cluster.get(&path)?;
    let secrets = folder.join("secrets");
    // A pod that is started again gets new ones.
    let _ = std::fs::remove_dir_all(&secrets);
    let own = secrets.join("kubernetes.io/serviceaccount");
    std::fs::create_dir_all(&own).context("creating a folder for secrets")?;
    let authority = std::fs::read_to_string(&driver.authority)
        .with_context(|| format!("reading `{}`", driver.authority.display()))?;
    write_private(&own.join("ca.crt"), &authority)?;
    write_private(&own.join("namespace"), namespace)?;
    write_private(&own.join("token"), &token(cluster, &path, pod, None)?)?;
    let mut environment = in_cluster(&driver.api_server);
    let role = account["metadata"]["annotations"][ROLE].as_str();
    if let Some(role) = role {
        let eks = secrets.join("eks.amazonaws.com/serviceaccount");
        std::fs::create_dir_all(&eks).context("creating a folder for secrets")?;
        write_private(&eks.join("token"), &token(cluster, &path, pod, Some("sts.amazonaws.com"))?)?;
        let token = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
        environment.insert("AWS_ROLE_ARN".to_owned(), role.to_owned());
        environment.insert("AWS_WEB_IDENTITY_TOKEN_FILE".to_owned(), token.to_owned());
    } else if let Some((id, secret)) = &driver.node_credentials {
        environment.insert("AWS_ACCESS_KEY_ID".to_owned(), id.clone());
        environment.insert("AWS_SECRET_ACCESS_KEY".to_owned(), secret.clone());
    }
    Ok(environment)
}

/// How a program in a pod finds the API server.
fn in_cluster(url: &str) -> BTreeMap<String, String> {
    let (host, port) = url.trim_start_matches("https://").rsplit_once(':').unwrap_or((url, "443"));
    [
        ("KUBERNETES_SERVICE_HOST", host),
        ("KUBERNETES_SERVICE_PORT", port),
        ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// A token of the service account at `path`, which ends with the pod.
fn token(
    cluster: &Cluster,
    path: &str,
    pod: &Value,
    audience: Option<&str>,
) -> anyhow::Result<String> {
    let bound = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "name": pod["metadata"]["name"],
        "uid": pod["metadata"]["uid"],
    });
    let audiences: Vec<&str> = audience.into_iter().collect();
    let spec =
        json!({"audiences": audiences, "expirationSeconds": LIFETIME, "boundObjectRef": bound});
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": spec,
    });
    let created = cluster.create(&format!("{path}/token"), &request)?;
    let token = text(&created, "/status/token");
    anyhow::ensure!(!token.is_empty(), "{path} got no token");
    Ok(token.to_owned())
}
