//! Resources that are added to a region from a file or through `/_sandbox/seed`: clusters, keys,
//! aliases and instances.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::service::Context;
use crate::world::Tags;
use crate::world::ec2::{Instance, Interface};
use crate::world::eks::Cluster;
use crate::world::kms::{Alias, Key};

/// A status of HTTP and a sentence.
type Refusal = (u16, String);

/// What is put into one region.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct Seed {
    /// Clusters by name; of one that exists, only the given members change.
    clusters: Vec<Map<String, Value>>,
    keys: Vec<Key>,
    aliases: Vec<Alias>,
    instances: Vec<Node>,
}

/// An instance with its one interface.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Node {
    instance_id: String,
    subnet_id: String,
    private_ip_address: Option<Ipv4Addr>,
    #[serde(default)]
    ipv6_addresses: Vec<Ipv6Addr>,
    #[serde(default)]
    group_ids: Vec<String>,
    #[serde(default = "instance_type")]
    instance_type: String,
    #[serde(default)]
    tags: Tags,
}

fn instance_type() -> String {
    "m6i.large".to_owned()
}

/// The regions of a file, each with what is put into it.
pub(crate) fn read(path: &Path) -> anyhow::Result<BTreeMap<String, Seed>> {
    let place = || format!("reading the seed `{}`", path.display());
    let text = std::fs::read(path).with_context(place)?;
    serde_json::from_slice(&text).with_context(place)
}

/// Puts what a body describes into a region.
pub(crate) fn apply_json(context: &mut Context<'_>, body: &[u8]) -> Result<(), Refusal> {
    let seed = serde_json::from_slice(body).map_err(|error| (400, format!("the body: {error}")))?;
    apply(context, seed)
}

/// Puts a seed into a region.
pub(crate) fn apply(context: &mut Context<'_>, seed: Seed) -> Result<(), Refusal> {
    for members in seed.clusters {
        put_cluster(context, members)?;
    }
    for key in seed.keys {
        context.region.kms.keys.insert(key.id.clone(), key);
    }
    for alias in seed.aliases {
        if !context.region.kms.keys.contains_key(&alias.target_key_id) {
            let (name, key) = (&alias.name, &alias.target_key_id);
            return Err((400, format!("`{name}` names the key `{key}`, which does not exist")));
        }
        context.region.kms.aliases.insert(alias.name.clone(), alias);
    }
    for node in seed.instances {
        put_instance(context, node)?;
    }
    Ok(())
}

fn put_cluster(context: &mut Context<'_>, members: Map<String, Value>) -> Result<(), Refusal> {
    let clusters = &mut context.region.eks.clusters;
    let name = members.get("name").and_then(Value::as_str).unwrap_or_default();
    let refused = |error: serde_json::Error| (400, format!("the cluster `{name}`: {error}"));
    let mut whole = match clusters.get(name) {
        Some(found) => serde_json::to_value(found).map_err(refused)?,
        None => json!({}),
    };
    if let Value::Object(whole) = &mut whole {
        whole.extend(members.clone());
    }
    let cluster: Cluster = serde_json::from_value(whole).map_err(refused)?;
    clusters.insert(cluster.name.clone(), cluster);
    Ok(())
}

fn put_instance(context: &mut Context<'_>, node: Node) -> Result<(), Refusal> {
    let ec2 = &mut context.region.ec2;
    let missing = |id: &str| (400, format!("`{id}` does not exist in this region"));
    if !ec2.subnets.contains_key(&node.subnet_id) {
        return Err(missing(&node.subnet_id));
    }
    if let Some(id) = node.group_ids.iter().find(|id| !ec2.security_groups.contains_key(id)) {
        return Err(missing(id));
    }
    let digits = node.instance_id.trim_start_matches("i-").to_owned();
    let instance = Instance {
        id: node.instance_id,
        reservation: format!("r-{digits}"),
        subnet: node.subnet_id,
        kind: node.instance_type,
        image: "ami-0c0dec00000000001".to_owned(),
        profile_arn: None,
        launched_ms: context.now,
        tags: node.tags,
    };
    let interface = Interface {
        address: node.private_ip_address,
        ipv6: node.ipv6_addresses,
        groups: node.group_ids,
        ..Interface::of_instance(format!("eni-{digits}"), &instance)
    };
    ec2.interfaces.insert(interface.id.clone(), interface);
    ec2.instances.insert(instance.id.clone(), instance);
    Ok(())
}
