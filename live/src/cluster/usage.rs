//! How much the files of claims take, as the nodes that use them measure it.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use kubernetes::claim::Claim;
use kubernetes::{Usage, usage};
use serde_json::Value;

use super::Kube;
use crate::wait::{NODE_FIGURES, within};

impl Kube {
    /// Adds to claims what their files take, where a node that uses them reports it.
    pub(crate) async fn measure(&self, claims: &mut [Claim]) {
        let nodes: BTreeSet<String> =
            claims.iter().flat_map(|claim| claim.nodes.iter().cloned()).collect();
        let measured = join_all(nodes.iter().map(|node| self.usage_on(node))).await;
        let measured: Usage = measured.into_iter().flatten().collect();
        for claim in claims {
            let key = (claim.namespace.clone(), claim.name.clone());
            claim.used_bytes = measured.get(&key).copied();
        }
    }

    /// Needs `get` on `nodes/proxy`, and a node that responds.
    async fn usage_on(&self, node: &str) -> Usage {
        let path = format!("/api/v1/nodes/{node}/proxy/stats/summary");
        let Ok(request) = http::Request::get(path).body(Vec::new()) else { return Usage::new() };
        let response = self.client.request::<Value>(request);
        match within(NODE_FIGURES, response).await {
            Some(Ok(summary)) => usage(&summary),
            Some(Err(_)) | None => Usage::new(),
        }
    }
}
