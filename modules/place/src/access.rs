//! How a cluster is reached.

use std::collections::BTreeSet;

use inputs::PARTITIONS;

use crate::plugin::TokenPlugin;

/// How a cluster is reached: what a kubeconfig, or the pod that this runs in, says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The name of the context; none inside a pod.
    pub context: Option<String>,
    /// The name of the kubeconfig's cluster entry, which `aws eks update-kubeconfig` names by
    /// the ARN under every alias.
    pub entry: Option<String>,
    /// The address of the API server.
    pub server: String,
    /// The certificates of the authorities that are trusted, each as base64 of its DER.
    pub certificates: BTreeSet<String>,
    /// The program that fetches tokens, where it is one for EKS.
    pub plugin: Option<TokenPlugin>,
}

impl Access {
    /// How people know it: the context, or the address.
    pub fn name(&self) -> &str {
        self.context.as_deref().unwrap_or(&self.server)
    }

    /// What it is, for a sentence.
    pub(crate) fn described(&self) -> String {
        match &self.context {
            Some(context) => format!("the context `{context}`"),
            None => format!("the cluster of this pod, {}", self.server),
        }
    }
}

/// The certificates of a PEM text, each as the base64 of its DER.
pub fn certificates(pem: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut body: Option<String> = None;
    for line in pem.lines().map(str::trim) {
        match (line, &mut body) {
            ("-----BEGIN CERTIFICATE-----", _) => body = Some(String::new()),
            ("-----END CERTIFICATE-----", _) => found.extend(body.take()),
            (line, Some(body)) => body.push_str(line),
            (_, None) => {}
        }
    }
    found
}

/// The region of an EKS endpoint; `None` for an address that is none.
///
/// An endpoint is `ID.XXX.REGION.eks.SUFFIX`, or `ID.XXX.REGION.api.aws` where it is
/// dual-stack; each partition has suffixes of its own
/// (<https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html>).
pub fn endpoint_region(server: &str) -> Option<&str> {
    let host = host(server);
    let named = PARTITIONS.iter().find_map(|partition| {
        let behind = |suffix: &str| host.strip_suffix(suffix)?.strip_suffix('.');
        let classic = || host.strip_suffix(partition.dns_suffix)?.strip_suffix(".eks.");
        // Those of China are also written without `api`.
        let without_api = partition.dual_stack_suffix.strip_prefix("api.");
        let without_api = without_api.filter(|_| partition.name == "aws-cn");
        classic().or_else(|| behind(partition.dual_stack_suffix)).or_else(|| behind(without_api?))
    })?;
    let (_, region) = named.rsplit_once('.')?;
    let is_region = region.contains('-') && region.ends_with(|c: char| c.is_ascii_digit());
    is_region.then_some(region)
}

/// Whether two addresses of API servers are the same.
pub(crate) fn same_server(one: &str, other: &str) -> bool {
    let port = |text: &str| after_host(text).map_or("443".to_owned(), str::to_owned);
    host(one).eq_ignore_ascii_case(host(other)) && port(one) == port(other)
}

fn host(server: &str) -> &str {
    let rest = authority(server);
    rest.rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|c| c.is_ascii_digit()))
        .map_or(rest, |(host, _)| host)
}

fn after_host(server: &str) -> Option<&str> {
    let (_, port) = authority(server).rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|c| c.is_ascii_digit())).then_some(port)
}

fn authority(server: &str) -> &str {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
